"""Who is told of each change of a launch or an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ppio_widgets.errors import log_fault

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Listeners(Generic[T]):
    """They are told one after the other; one that fails keeps nobody from hearing."""

    def __init__(self) -> None:
        self._all: tuple[Callable[[T], None], ...] = ()

    def add(self, listener: Callable[[T], None]) -> None:
        """Tell `listener` from now on."""
        self._all = (*self._all, listener)

    def remove(self, listener: Callable[[T], None]) -> None:
        """Tell `listener` no longer."""
        self._all = tuple(one for one in self._all if one != listener)

    def tell(self, changed: T, name: str) -> None:
        """Tell all of them; `name` is what a log calls it. An Interrupt is raised when all have heard."""
        interrupt: BaseException | None = None
        for listener in self._all:
            try:
                listener(changed)
            except Exception as error:  # noqa: BLE001, PERF203 - the others still hear of it
                log_fault(f"{name}: a listener", error)
            except BaseException as error:  # noqa: BLE001
                interrupt = error
        if interrupt is not None:
            raise interrupt
