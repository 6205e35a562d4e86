"""When the prices of a product were told: a price counts for a while, and is then asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING

from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from ppio_widgets.request.offers import Offer

# After so many seconds a price is old: it is asked for again, or counts as unknown.
PRICE_LIFE_SECONDS = 300.0


@dataclass(frozen=True)
class PriceTime:
    """When an answer with prices came.

    Attributes
    ----------
    told_at : float
        The answer's own time as Unix seconds, to be shown; 0 where it tells none.
    heard_at : float or None
        Seconds by a clock that nobody sets and that counts sleep, for the age; None where not known.
    """

    told_at: float = 0.0
    heard_at: float | None = None


def age(offer: Offer, tick: float) -> float:
    """Return how many seconds ago its prices were told, by the clock of `heard_at`; endless if unknown."""
    time = offer.time
    return inf if time is None or time.heard_at is None else tick - time.heard_at


def is_old(offer: Offer, tick: float) -> bool:
    """Whether its prices do not count before they are asked for again."""
    return age(offer, tick) >= PRICE_LIFE_SECONDS


def price_moment(offer: Offer) -> str:
    """Return when an offer's prices were told, by the answer's own time; ``"?"`` where that is not known."""
    now = threads.clock.now()
    time, since = offer.time, age(offer, threads.tick())
    if time is not None and time.told_at:
        return moment_words(time.told_at, now)
    return moment_words(now - since, now) if isfinite(since) else "?"
