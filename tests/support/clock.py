"""A clock that stands still until a test turns it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ppio_widgets.instances.watcher import Watchers
from ppio_widgets.runtime import clock, kernel

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 10


class Clock:
    """Unix seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


# A pause so short takes place: it is not what the clock is turned for.
SHORT = 0.1


def is_a_watchers(event: threading.Event) -> bool:
    """Whether what waits is a watcher between two looks; what it sees is not what a clock is turned for."""
    return any(event is one.wake for one in list(kernel.of(Watchers)._by_account.values()))


class LaunchClock(clock.Clock):
    """The clock of a launch, turned by hand; a pause between two looks is none, its time goes by instead.

    What is to happen at a moment (a late answer, an open confirmation) waits until it is turned past it.
    """

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.pauses: list[float] = []
        self.searching = threading.Event()
        self.searching.set()
        self._timer_until = 0.0

    @property
    def timer_rests(self) -> bool:
        """Whether the timer of an instance waits for this to be turned further."""
        return self.time < self._timer_until

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def turn(self, seconds: float) -> None:
        self.time += seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if is_a_watchers(event):
            return event.wait(0.002)
        if seconds < SHORT:
            return event.wait(seconds)
        if threading.current_thread().name == "ppio-deadline":  # it comes as the clock is turned
            self._timer_until = self.time + seconds
            try:
                return self.until(event, self._timer_until)
            finally:
                self._timer_until = 0.0
        self.searching.wait(PATIENCE)
        if event.is_set():
            return True
        self.pauses.append(seconds)
        self.time += seconds
        return False

    def until(self, event: threading.Event, moment: float) -> bool:
        while self.time < moment:
            if event.wait(0.005):
                return True
        return event.is_set()


class PartingClocks(clock.Clock):
    """The two clocks of a machine, which may part, and the true time: it goes by only while a timer waits.

    `later` says what happens after how many seconds: `set` sets the clock that shows the time, `sleep`
    suspends the machine. `counts_sleep` says whether the other clock goes on meanwhile.
    """

    def __init__(self) -> None:
        self.true = 1_700_000_000.0
        self.going = threading.Event()
        self.going.set()
        self._wall = self._tick = 0.0
        self._later: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self.true + self._wall

    def monotonic(self) -> float:
        return self.true + self._tick

    def turn(self, seconds: float) -> None:
        self.true += seconds

    def set(self, seconds: float) -> None:
        """Set the clock that shows the time, forth or back."""
        self._wall += seconds

    def sleep(self, seconds: float) -> None:
        """Suspend the machine: afterwards the clock that shows the time is as right as before."""
        self.true += seconds
        self._tick -= 0.0 if self.counts_sleep else seconds

    def later(self, seconds: float, happens: Callable[[], object]) -> None:
        """Have something happen once the true time is so far."""
        self._later.append((self.true + seconds, happens))
        self._later.sort(key=lambda one: one[0])

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if is_a_watchers(event):
            return event.wait(0.002)
        while not self.going.wait(0.002):
            if event.is_set():
                return True
        while self._later and self._later[0][0] <= self.true + seconds:
            when, happens = self._later.pop(0)
            seconds -= max(0.0, when - self.true)
            self.true = max(self.true, when)
            happens()
        if not event.is_set():
            self.true += seconds
        return event.is_set()
