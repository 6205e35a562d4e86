"""One guard around every callback of a view."""

from __future__ import annotations

import functools
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppio_widgets.errors import frames_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

log = logging.getLogger("ppio_widgets")


class Session(Protocol):
    """What a view observes: it has a lock and an end."""

    lock: RLock
    closed: bool


class View(Protocol):
    """Whatever has callbacks: it knows its session and can show that one failed."""

    session: Session

    def show_fault(self, kind: str) -> None:
        """Tell the person, in the status line, that something of ours failed."""


V = TypeVar("V", bound=View)


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
                log.error("form: %s in %s", type(error).__name__, frames_of(error))  # noqa: TRY400 - no text of it
                with suppress(Exception):  # a page that cannot be told hears nothing of this either
                    self.show_fault(type(error).__name__)

    return callback
