"""What is on offer: a product, its limits and its prices, as plain values.

``cloud`` fills an `Offer` from an answer; money, advice, the form and the practice
cloud all read it. Every number that an answer did not give is None: nothing here is
ever invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ppio_widgets.request.price_time import PriceTime


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
