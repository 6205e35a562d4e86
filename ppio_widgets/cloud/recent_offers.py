"""What each cloud's catalogues told lately, by base URL: read by who must not wait, such as completion.

It is of this kernel or session only, as old as it is, and asks nobody. A catalogue belongs to one
client; this outlives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ppio_widgets.runtime import forks, kernel


@dataclass(frozen=True)
class Told:
    """One kind, as it was loaded last.

    Attributes
    ----------
    value : tuple or Decimal
    at : float
        When it was, by the clock of the catalogue that told it.
    """

    value: Any
    at: float


class _Memory:
    """By base URL and kind."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.told: dict[tuple[str, str], Told] = {}


def keep(base_url: str, kind: str, value: Any, at: float) -> None:
    """Know what a load brought, and when; None, of a load that failed, lets go of what was there."""
    memory = kernel.of(_Memory)
    with memory.lock:
        if value is None:
            memory.told.pop((base_url, kind), None)
        else:
            memory.told[base_url, kind] = Told(value, at)


def told(base_url: str, kind: str) -> Told | None:
    """Return what a cloud has of a kind, as far as this kernel knows."""
    memory = kernel.of(_Memory)
    with memory.lock:
        return memory.told.get((base_url, kind))
