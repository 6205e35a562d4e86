"""Loading the catalogue beside a form: one update for what comes together, and few threads.

A cloud that answers at once (the practice cloud) is read by one thread: eight would only
take the processor from each other, and from the form that is being drawn. What is not
there after a moment gets a thread for each kind, so that none waits for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.cloud.catalogue import Catalogue

MOMENT_SECONDS = 0.1


class Loading:
    """One load of some kinds.

    Parameters
    ----------
    catalogue : Catalogue
    kinds : sequence of str
        In the order in which they are wanted.
    on_landed : callable
        Called with the kinds that came (or failed) since the call before.
    """

    def __init__(
        self, catalogue: Catalogue, kinds: Sequence[str], on_landed: Callable[[Sequence[str]], None]
    ) -> None:
        self._catalogue = catalogue
        self._on_landed = on_landed
        self._count = len(kinds)
        self._waiting = list(kinds)
        self._landed: list[str] = []
        self._changed = forks.condition()

    def run(self) -> None:
        """Load everything; returns when the last kind was told."""
        told = 0
        self._begin_reader()
        while told < self._count:
            with self._changed:
                self._changed.wait_for(lambda: len(self._landed) == self._count, MOMENT_SECONDS)
                landed, waiting = self._landed[told:], len(self._waiting)
            if landed:
                told += len(landed)
                self._on_landed(landed)
            for _kind in range(waiting):
                self._begin_reader()

    def _begin_reader(self) -> None:
        if not threads.try_run(self._read, name="ppio-catalogue"):
            self._read()

    def _read(self) -> None:
        """Read one kind after the other until none waits."""
        while True:
            with self._changed:
                if not self._waiting:
                    return
                kind = self._waiting.pop(0)
            try:
                self._catalogue.load(kind)
            finally:
                with self._changed:
                    self._landed.append(kind)
                    self._changed.notify_all()
