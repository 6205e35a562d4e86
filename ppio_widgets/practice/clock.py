"""The time of a practice cloud: a true one, in which instances walk, and the class's, which is billed.

A teacher makes the second go faster, stops it, or lets a night pass; it never goes back. Until somebody does,
it is the true one.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from ppio_widgets.runtime import forks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Clock = Callable[[], float]


class Stretch(NamedTuple):
    """From a true moment on, it is so late in class, and goes on at this rate; both in Unix seconds."""

    true: float
    time: float
    rate: float


class PracticeClock:
    """The clock of a practice cloud.

    Parameters
    ----------
    clock : callable
        Returns the true Unix seconds; tests turn it by hand.
    past : iterable of Stretch
        What became of it before, where a class goes on (`past`).
    """

    def __init__(self, clock: Clock = time.time, past: Iterable[Stretch | tuple[float, ...]] = ()) -> None:
        self._clock = clock
        self._lock = forks.lock()
        self._past = [Stretch(*one) for one in past] or [Stretch(now := clock(), now, 1.0)]
        self._latest = self._past[-1].time

    @classmethod
    def of(cls, clock: Clock | PracticeClock) -> PracticeClock:
        """Return it, or one by a clock that returns Unix seconds."""
        return clock if isinstance(clock, PracticeClock) else cls(clock)

    def now(self) -> float:
        """Return the true Unix seconds."""
        return self._clock()

    def time(self, at: float | None = None) -> float:
        """Return how late it is in class, or was or will be at a true moment, in Unix seconds."""
        with self._lock:
            return self._now() if at is None else self._at(at)

    def when(self, moment: float) -> float:
        """Return from which true moment on it is so late in class; endless where it never will be."""
        with self._lock:
            after = bisect_left(self._past, moment, key=lambda one: one.time)
            if not after:
                return self._past[0].true
            true, begun, rate = self._past[after - 1]
            comes = true + (moment - begun) / rate if rate else float("inf")
            return min([comes, *(one.true for one in self._past[after : after + 1])])

    @property
    def rate(self) -> float:
        """How many seconds pass in class while one passes; 0 while it stands still."""
        return self._past[-1].rate

    @property
    def past(self) -> tuple[Stretch, ...]:
        """All that became of it, to go on from."""
        return tuple(self._past)

    def set(self, rate: float) -> None:
        """Let it go so many times as fast from now on; 0 stops it."""
        if not 0 <= rate < float("inf"):
            raise ValueError(rate)
        self._go_on(0.0, rate)

    def jump(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(seconds)
        self._go_on(seconds, None)

    def _go_on(self, seconds: float, rate: float | None) -> None:
        with self._lock:
            last = self._past[-1]
            true = max(self._clock(), last.true)
            self._latest = self._now() + seconds
            self._past.append(Stretch(true, self._latest, last.rate if rate is None else rate))

    def _now(self) -> float:
        # The clock of the machine may be set back.
        self._latest = max(self._latest, self._at(self._clock()))
        return self._latest

    def _at(self, moment: float) -> float:
        number = max(0, bisect_right(self._past, moment, key=lambda one: one.true) - 1)
        true, begun, rate = self._past[number]
        return begun + (moment - true) * rate if moment >= true else begun
