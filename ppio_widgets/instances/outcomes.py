"""What came of the actions on an instance, of which several may be on their way at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from ppio_widgets.errors import PpioError


class Outcomes:
    """The last action that was read back, and the last that failed.

    Attributes
    ----------
    done : tuple of (str, float) or None
        The last action that was read back, and the Unix seconds when it was.
    failed : PpioError or None
        Why the last action failed, until one that was begun later is read back: that a stop
        was seen to have happened is no answer to a delete that failed after it.
    """

    def __init__(self) -> None:
        self.done: tuple[str, float] | None = None
        self.failed: PpioError | None = None
        self._begun = 0
        self._failed_in = 0
        self._lock = forks.lock()

    def begin(self) -> int:
        """Return the number of an action that begins now; what was read back before is over."""
        with self._lock:
            self._begun += 1
            self.done = None
            return self._begun

    def read_back(self, number: int, action: str) -> None:
        """Take that an action was seen to have happened."""
        with self._lock:
            if self._failed_in <= number:
                self.failed = None
            self.done = (action, threads.clock.now())

    def fail(self, number: int, error: PpioError) -> None:
        """Take why an action failed."""
        with self._lock:
            if self._failed_in <= number:
                self.failed, self._failed_in = error, number
