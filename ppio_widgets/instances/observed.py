"""What a launch and an instance have in common: observers are told of each change."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traitlets import All, HasTraits
from traitlets import Any as Any_

from ppio_widgets.errors import log_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from traitlets.utils.bunch import Bunch


class Observed(HasTraits):
    """Tells its observers of each change, on the thread that made it; ``change.owner`` is what changed."""

    sight = Any_(help="Changes whenever what is known does.")

    def tell(self) -> None:
        """Tell the observers that something changed; the caller holds no lock that one could wait for."""
        self.sight = object()

    def notify_change(self, change: Bunch) -> None:
        """Tell all of them, also where one fails; an Interrupt is raised when all have heard."""
        found = self._trait_notifiers
        of_name, of_all = (found.get(name, {}).get(change["type"], []) for name in (change["name"], All))
        interrupt: BaseException | None = None
        for observer in (*of_name, *of_all):
            try:
                observer(change)
            except Exception as error:  # noqa: BLE001, PERF203 - the others still hear of it
                log_fault(f"{type(self).__name__}: an observer", error)
            except BaseException as error:  # noqa: BLE001
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def unobserve(self, handler: Callable[..., Any], names: Any = All, type: Any = "change") -> None:  # noqa: A002
        """Tell an observer no longer; that it was removed before does no harm."""
        with suppress(ValueError):
            super().unobserve(handler, names, type)

    def subscribe(self, listener: Callable[[Any], object]) -> None:
        """Call `listener` with itself after each change; it is spelled `observe`."""
        _warn("subscribe(listener)", 'observe(handler, "sight")')
        self.observe(_Listener(listener), "sight")

    def unsubscribe(self, listener: Callable[[Any], object]) -> None:
        """Call `listener` no longer; it is spelled `unobserve`."""
        _warn("unsubscribe(listener)", 'unobserve(handler, "sight")')
        self.unobserve(_Listener(listener), "sight")


@dataclass(frozen=True)
class _Listener:
    """An observer of before, which is called with what changed."""

    listener: Callable[[Any], object]

    def __call__(self, change: Bunch) -> None:
        self.listener(change.owner)


def _warn(before: str, now: str) -> None:
    warnings.warn(
        f"{before} is spelled {now}, and goes with the next release", DeprecationWarning, stacklevel=3
    )
