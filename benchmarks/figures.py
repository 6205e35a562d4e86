"""What was measured: one figure, many values, a median with its quartiles."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str, str, str, str]


@dataclass
class Figure:
    """One measure of one form, over all rounds.

    Attributes
    ----------
    part : str
        The module that measured it.
    what : str
        Such as ``"open, 50 rows"``.
    who : str
        The peer, or what else was measured.
    unit : str
    values : list of float
    """

    part: str
    what: str
    who: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between these two lies the middle half of the values."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _middle, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high


class Notes:
    """Takes values down as they come, in any order; a figure is made of each kind."""

    def __init__(self, part: str) -> None:
        self.part = part
        self._values: defaultdict[Key, list[float]] = defaultdict(list)

    def take(self, what: str, who: str, **values: float) -> None:
        """Take one value of each unit down; ``_`` in a unit stands for a blank."""
        for unit, value in values.items():
            self._values[self.part, what, who, unit.replace("_", " ")].append(value)

    def figures(self) -> list[Figure]:
        """Return what was taken down."""
        return [Figure(*key, values) for key, values in self._values.items()]


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Return figures as plain values."""
    return [vars(figure) for figure in figures]


def from_json(rows: Iterable[dict[str, Any]]) -> list[Figure]:
    """Return figures from plain values."""
    return [Figure(**row) for row in rows]
