"""What is on offer: a product, its limits and its prices, as plain values.

``cloud`` fills an `Offer` from an answer; money, advice, the form and the practice
cloud all read it. Every number that an answer did not give is None: nothing here is
ever invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True)
class Price:
    """A price in the account's currency, exact.

    Attributes
    ----------
    final : Decimal
        What is charged.
    listed : Decimal or None
        Before discount, where the answer names it.
    """

    final: Decimal
    listed: Decimal | None = None


@dataclass(frozen=True)
class Offer:
    """One product.

    Attributes
    ----------
    id, name : str
    type : str
        ``"gpu"`` or ``"cpu"``; of a CPU product nothing about GPUs is known.
    gpu_name : str
    gpu_memory_gb : int or None
        Of one GPU.
    gpu_min, gpu_max : int or None
        Bounds of ``resource.gpu_num``.
    gpu_free : int or None
        GPUs free right now.
    cpu, memory_gb : int or None
    rootfs_min_gb, rootfs_max_gb, rootfs_free_gb : int or None
        Bounds of ``resource.rootfs_size_gb``, and the part that costs nothing.
    regions : tuple of str
        Ids of the regions that have it; empty when all have it (v1, list products).
    modes : tuple of str
        Billing modes that it is sold in; empty when not told.
    postpaid, spot : Price or None
        For one hour and one GPU, or for one hour of a CPU product.
    prepaid : mapping of int to Price
        For so many months, in total.
    storage_price : Decimal or None
        Per GB; the period is not documented.
    stock : str
        The API's word: ``none``, ``low``, ``normal``, ``high``, or an unknown one.
    deployable, purchasable : bool
    currency : str
        ``"CNY"`` or ``"USD"``, by host; ``""`` when not known.
    time : PriceTime or None
        When its prices were told; None where that is not known.
    """

    id: str
    name: str = ""
    type: str = "gpu"
    gpu_name: str = ""
    gpu_memory_gb: int | None = None
    gpu_min: int | None = None
    gpu_max: int | None = None
    gpu_free: int | None = None
    cpu: int | None = None
    memory_gb: int | None = None
    rootfs_min_gb: int | None = None
    rootfs_max_gb: int | None = None
    rootfs_free_gb: int | None = None
    regions: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    postpaid: Price | None = None
    spot: Price | None = None
    prepaid: Mapping[int, Price] = field(default_factory=dict)
    storage_price: Decimal | None = None
    stock: str = ""
    deployable: bool = True
    purchasable: bool = True
    currency: str = ""
    # What was told again with the same prices is the same.
    time: PriceTime | None = field(default=None, compare=False)

    def sold_in(self, region: str) -> bool:
        """Whether a region has it."""
        return not self.regions or region in self.regions

    @property
    def available(self) -> bool:
        """Whether it can be launched now, as far as is told."""
        sold_out = self.stock == "none" or self.gpu_free == 0
        return self.deployable and self.purchasable and not sold_out


@dataclass(frozen=True)
class Region:
    """A region; whether it has network storage and VPC networks, where that is told."""

    id: str
    name: str = ""
    has_storage: bool | None = None
    has_network: bool | None = None

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id)``."""
        return _label(self.name, self.id)


@dataclass(frozen=True)
class Storage:
    """A network storage; `region` is the id of the region that it is tied to."""

    id: str
    name: str = ""
    size_gb: int | None = None
    region: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, region, size)``."""
        return _label(self.name, self.id, self.region, "" if self.size_gb is None else f"{self.size_gb} GB")


@dataclass(frozen=True)
class Network:
    """A VPC network; `region` is empty where the answer did not tell it."""

    id: str
    name: str = ""
    region: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, region)``."""
        return _label(self.name, self.id, self.region)


@dataclass(frozen=True)
class RegistryAuth:
    """Saved registry credentials, without what makes them secret."""

    id: str
    name: str = ""
    username: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, user)``."""
        return _label(self.name, self.id, self.username)


@dataclass(frozen=True)
class Template:
    """A template: what choosing it fills in.

    Attributes
    ----------
    ports : tuple of (int, str)
        Port and protocol.
    envs : tuple of (str, str)
        Key and value; never printed, as people put tokens there.
    """

    id: str
    name: str = ""
    image: str = ""
    registry_auth_id: str = ""
    command: str = ""
    entrypoint: str = ""
    ports: tuple[tuple[int, str], ...] = ()
    envs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    rootfs_size_gb: int | None = None
    min_cuda_version: str = ""
    description: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id)``."""
        return _label(self.name, self.id)


@dataclass(frozen=True)
class ImageTag:
    """An image with its tag, ready for the body: ``registry/name:tag``."""

    image: str


def _label(name: str, *facts: str) -> str:
    told = [fact for fact in facts if fact]
    return f"{name} ({', '.join(told)})" if name else ", ".join(told)


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
