"""A clock that stands still until a test turns it."""

from __future__ import annotations

import threading

from ppio_widgets.launcher import worker

PATIENCE = 10


class Clock:
    """Unix seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


class LaunchClock(worker.Clock):
    """The launcher's clock, turned by hand; a search never waits, its time goes by instead.

    Timers (a late answer, an open confirmation) stand still until the time is turned past them. Set
    `counts_sleep` for what `sleep` does.
    """

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.ahead = 0.0
        self.pauses: list[float] = []
        self.searching = threading.Event()
        self.searching.set()

    def now(self) -> float:
        return self.time + self.ahead

    def monotonic(self) -> float:
        return self.time

    def turn(self, seconds: float) -> None:
        self.time += seconds

    def set(self, seconds: float) -> None:
        """Set the clock that shows the time, forth or back; the other one goes on as it was."""
        self.ahead += seconds

    def sleep(self, seconds: float) -> None:
        """Suspend the machine: the clock that shows the time is right afterwards, the other one may not be."""
        if self.counts_sleep:
            self.turn(seconds)
        else:
            self.set(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if threading.current_thread().name == "ppio-look":
            self.searching.wait(PATIENCE)
            if event.is_set():
                return True
            self.pauses.append(seconds)
            self.time += seconds
            return False
        if threading.current_thread().name == "ppio-watch":
            return event.wait(0.002)  # watching is not what these tests turn the clock for
        until = self.time + seconds
        while self.time < until:
            if event.wait(0.005):
                return True
        return event.is_set()
