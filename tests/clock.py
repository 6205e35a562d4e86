"""A clock that stands still until a test turns it."""

from __future__ import annotations


class Clock:
    """Unix seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds
