"""What time it is: by a clock that may be set, and by one that nobody sets.

The second goes on while the machine sleeps, where the system has such a one.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


def _find_boot_clock() -> int | None:
    """Return the system's clock that nobody sets and that goes on asleep, where it has a name of its own."""
    found = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    if sys.platform == "darwin":
        found = getattr(time, "CLOCK_MONOTONIC", None)  # clock_gettime(3): it goes on asleep
    try:
        time.clock_gettime(found)  # type: ignore[arg-type]
    except (AttributeError, TypeError, OSError):  # Windows; a sandbox that does not give it
        return None
    return found


_boot = _find_boot_clock()


def steady() -> float:
    """Return seconds that no change of the clock moves."""
    return time.monotonic() if _boot is None else time.clock_gettime(_boot)


class Clock:
    """What time it is, and waiting; a `Kernel` has one, and tests give it another."""

    # Whether `monotonic` goes on while the machine sleeps. Where it does not, a price seems younger after
    # a sleep, and a timer is told by the other clock, or by the cloud (`instances.autostop`).
    counts_sleep = _boot is not None or sys.platform == "win32"

    def now(self) -> float:
        """Return Unix seconds, by a clock that may be set."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that no change of the clock moves: for how long something has been there."""
        return steady()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set; False when the time is over before."""
        return event.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Let the time go by where there are no threads: nobody else could set an event meanwhile."""
        time.sleep(seconds)

    def until(self, event: threading.Event, moment: float) -> bool:
        """Wait until the event is set; False when a moment of `monotonic` has come before."""
        return self.wait(event, moment - self.monotonic())
