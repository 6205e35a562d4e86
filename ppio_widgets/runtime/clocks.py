"""The clock that nobody sets, and that goes on while the machine sleeps where the system has such a one."""

from __future__ import annotations

import sys
import time


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
COUNTS_SLEEP = _boot is not None or sys.platform == "win32"


def steady() -> float:
    """Return seconds that no change of the clock moves."""
    return time.monotonic() if _boot is None else time.clock_gettime(_boot)
