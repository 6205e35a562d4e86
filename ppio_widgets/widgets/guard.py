"""One guard around every callback of a view."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppio_widgets.errors import log_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock


class Session(Protocol):
    """What a view observes: it has a lock and an end."""

    lock: RLock
    closed: bool


class Guarded(Protocol):
    """Whatever has callbacks: it knows its session and can show that one failed."""

    session: Session

    def show_fault(self, kind: str) -> None:
        """Tell the person, in the status line, that something of ours failed."""


V = TypeVar("V", bound=Guarded)


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a callback ``_on_<event>``.

    It runs under the session's lock, does nothing after `close`, and turns any
    exception into a status line and one log record: its type and our frames,
    never its text, which may hold what was typed.
    """

    @functools.wraps(method)
    def callback(self: V, *args: Any) -> None:
        with self.session.lock:
            if self.session.closed:
                return
            try:
                method(self, *args)
            except Exception as error:  # noqa: BLE001 - whatever a view raises
                log_fault("form", error)
                with suppress(Exception):  # a page that cannot be told hears nothing of this either
                    self.show_fault(type(error).__name__)

    return callback
