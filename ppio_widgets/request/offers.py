"""What is on offer, and what an account has that a body can point to, as plain values.

``cloud`` fills these from answers; money, advice, the form and the practice cloud read them. What an answer
did not give is None or empty: nothing here is ever invented. Nothing here has room for a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import inf, isfinite
from typing import TYPE_CHECKING

from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

# After so many seconds a price is old: it is asked for again, or counts as unknown.
PRICE_LIFE_SECONDS = 300


class BillingMode(str, Enum):
    """How an instance is paid for; in every text it is the API's own word."""

    POSTPAID = "postpaid"
    PREPAID = "prepaid"
    SPOT = "spot"

    __str__ = str.__str__

    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class Price:
    """A price in the account's currency, exact and never below zero: what is charged, and the list price."""

    final: Decimal
    listed: Decimal | None = None


@dataclass(frozen=True)
class PriceTime:
    """When an answer with prices came."""

    told_at: float = 0.0  # the answer's own time as Unix seconds, to be shown; 0 where it tells none
    heard_at: float | None = None  # by a clock that nobody sets and that counts sleep; None where not known

    def age(self, tick: float) -> float:
        """Return how many seconds ago that was, by the clock of `heard_at`; endless if unknown."""
        return inf if self.heard_at is None else tick - self.heard_at

    def is_old(self, tick: float) -> bool:
        """Whether prices of that time do not count before they are asked for again."""
        return self.age(tick) >= PRICE_LIFE_SECONDS


@dataclass(frozen=True)
class Offer:
    """One product."""

    id: str
    name: str = ""
    type: str = "gpu"  # or "cpu"; of a CPU product nothing about GPUs is known
    gpu_name: str = ""
    gpu_memory_gb: int | None = None  # of one GPU
    gpu_min: int | None = None  # the bounds of resource.gpu_num
    gpu_max: int | None = None
    gpu_free: int | None = None  # right now
    cpu: int | None = None
    memory_gb: int | None = None
    rootfs_min_gb: int | None = None  # the bounds of resource.rootfs_size_gb
    rootfs_max_gb: int | None = None
    rootfs_free_gb: int | None = None  # the part that costs nothing
    regions: tuple[str, ...] = ()  # ids; empty when all have it (v1, list products)
    modes: tuple[str, ...] = ()  # the billing modes that it is sold in; empty when not told
    postpaid: Price | None = None  # for one hour and one GPU, or for one hour of a CPU product
    spot: Price | None = None
    prepaid: Mapping[int, Price] = field(default_factory=dict)  # for so many months, in total
    storage_price: Decimal | None = None  # per GB; the period is not documented
    stock: str = ""  # the API's word: none, low, normal, high, or an unknown one
    deployable: bool = True
    purchasable: bool = True
    allowed: bool = True  # by the lesson of a class
    currency: str = ""  # "CNY" or "USD", by host; empty when not known
    # When its prices were told. What was told again with the same prices is the same.
    time: PriceTime = field(default=PriceTime(), compare=False)

    @property
    def title(self) -> str:
        """What people call it: by its GPU, else by its name."""
        return self.gpu_name or self.name or self.id

    def sold_in(self, region: str) -> bool:
        """Whether a region has it."""
        return not self.regions or region in self.regions

    @property
    def available(self) -> bool:
        """Whether it can be launched now, as far as is told."""
        sold_out = self.stock == "none" or self.gpu_free == 0
        return self.allowed and self.deployable and self.purchasable and not sold_out


@dataclass(frozen=True)
class _Listed:
    """What an account or a cloud has, and a body names by its id."""

    id: str
    name: str = ""

    def _facts(self) -> tuple[str, ...]:
        """Return what tells it from others, beside its id; empty where it is not told."""
        return ()

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, region)``."""
        told = ", ".join(filter(None, (self.id, *self._facts())))
        return f"{self.name} ({told})" if self.name else told


@dataclass(frozen=True)
class Region(_Listed):
    """A region; whether it has network storage and VPC networks, where that is told."""

    has_storage: bool | None = None
    has_network: bool | None = None


@dataclass(frozen=True)
class Storage(_Listed):
    """A network storage; `region` is the id of the region that it is tied to."""

    size_gb: int | None = None
    region: str = ""

    def _facts(self) -> tuple[str, ...]:
        return (self.region, "" if self.size_gb is None else f"{self.size_gb} GB")


@dataclass(frozen=True)
class Network(_Listed):
    """A VPC network; `region` is empty where the answer did not tell it."""

    region: str = ""

    def _facts(self) -> tuple[str, ...]:
        return (self.region,)


@dataclass(frozen=True)
class RegistryAuth(_Listed):
    """Saved registry credentials, without what makes them secret."""

    username: str = ""

    def _facts(self) -> tuple[str, ...]:
        return (self.username,)


@dataclass(frozen=True)
class Template(_Listed):
    """A template: what choosing it fills in."""

    image: str = ""
    registry_auth_id: str = ""
    command: str = ""
    entrypoint: str = ""
    ports: tuple[tuple[int, str], ...] = ()  # port and protocol
    envs: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # people put tokens there
    rootfs_size_gb: int | None = None
    min_cuda_version: str = ""
    description: str = ""
    visibility: str = (
        ""  # the API's word: official, private (the account's own), community, or an unknown one
    )


def price_moment(offer: Offer) -> str:
    """Return when an offer's prices were told, by the answer's own time; ``"?"`` where that is not known."""
    now = threads.now()
    since = offer.time.age(threads.tick())
    if offer.time.told_at:
        return moment_words(offer.time.told_at, now)
    return moment_words(now - since, now) if isfinite(since) else "?"
