"""Finding a product: what fits comes first, what it allows in a few words."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ppio_widgets.request.pricing import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.locale import Words
    from ppio_widgets.request.offers import Offer

# So many rows a list shows; more are found by narrowing the filter.
MOST_MATCHES = 50


@dataclass(frozen=True)
class Wanted:
    """What a person looks for.

    Attributes
    ----------
    text : str
        Words that all have to occur in the id, the name or the GPU's name.
    memory_gb : int
        At least so much memory, see `memory_of`; 0: any.
    region, mode, type : str
        Empty: any.
    """

    text: str = ""
    memory_gb: int = 0
    region: str = ""
    mode: str = ""
    type: str = ""

    def found_in(self, offers: Sequence[Offer]) -> list[Offer]:
        """Return what fits: GPUs first, then what can be launched now, then the cheapest."""
        words = self.text.casefold().split()
        found = [offer for offer in offers if self._fits(offer, words)]
        return sorted(
            found,
            key=lambda offer: (
                offer.type == "cpu",
                not offer.available,
                *_price_key(offer, self.mode),
                offer.id,
            ),
        )

    def _fits(self, offer: Offer, words: list[str]) -> bool:
        known = f"{offer.id} {offer.name} {offer.gpu_name} {memory_of(offer) or ''}gb".casefold()
        return (
            all(word in known for word in words)
            and (not self.memory_gb or (memory_of(offer) or 0) >= self.memory_gb)
            and (not self.region or offer.sold_in(self.region))
            and (not self.type or self.type == offer.type)
            and (not self.mode or not offer.modes or self.mode in offer.modes)
        )


def memory_of(offer: Offer) -> int | None:
    """Return the GB of memory that a product is chosen by: of one GPU, or of a CPU product."""
    return offer.memory_gb if offer.type == "cpu" else offer.gpu_memory_gb


def closest_offer(text: str, offers: Sequence[Offer]) -> Offer | None:
    """Return the product that was likely meant by an id that is not there, or by a name."""
    named = Wanted(text).found_in(offers)
    if named:
        return named[0]
    by_id = {offer.id.casefold(): offer for offer in offers}
    close = difflib.get_close_matches(text.casefold(), by_id, 1)
    return by_id[close[0]] if close else None


def offer_row(offer: Offer, mode: str, say: Words) -> str:
    """Return a product as one line: ``A100 80 GB · 8 GPU max · 6 free · ¥12.60/h``."""
    name = offer.gpu_name or offer.name or offer.id
    memory = f"{offer.gpu_memory_gb} GB" if offer.gpu_memory_gb else ""
    parts = [f"{name} {memory}".strip() if memory not in name else name]
    if offer.type == "cpu":
        parts += [say("product.cores", n=offer.cpu)] if offer.cpu else []
        parts += [say("product.host_memory", n=offer.memory_gb)] if offer.memory_gb else []
    if offer.gpu_max is not None:
        parts.append(say("product.max", n=offer.gpu_max))
    if offer.gpu_free is not None:
        parts.append(say("product.free", n=offer.gpu_free))
    parts.append(_price_words(offer, mode, say))
    if not (offer.deployable and offer.purchasable):
        parts.append(say("product.blocked"))
    elif not offer.available:
        parts.append(say("product.sold_out"))
    return " · ".join(parts)


def limits(offer: Offer, say: Words) -> dict[str, str]:
    """Return what a product allows, in a few words for each field that it bounds."""
    found: dict[str, str] = {}
    span = _span(offer.gpu_min, offer.gpu_max)
    if span:
        free = "" if offer.gpu_free is None else say("product.free", n=offer.gpu_free)
        found["resource.gpu_num"] = say("product.limits", span=span, free=free) if free else span
    elif offer.type == "cpu":
        found["resource.gpu_num"] = say("product.cpu_count")
    span = _span(offer.rootfs_min_gb, offer.rootfs_max_gb)
    if span:
        free = "" if offer.rootfs_free_gb is None else say("product.disk_free", n=offer.rootfs_free_gb)
        found["resource.rootfs_size_gb"] = (
            say("product.limits", span=f"{span} GB", free=free) if free else f"{span} GB"
        )
    if offer.modes:
        found["billing.mode"] = ", ".join(offer.modes)
    if offer.prepaid:
        found["billing.prepaid.months"] = ", ".join(str(months) for months in sorted(offer.prepaid))
    return found


def _span(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    return f"{'' if low is None else low}–{'' if high is None else high}"


def _price_key(offer: Offer, mode: str) -> tuple[bool, Decimal]:
    price = offer.spot if mode == "spot" else offer.postpaid
    return (price is None, price.final if price is not None else Decimal(0))


def _price_words(offer: Offer, mode: str, say: Words) -> str:
    price = offer.spot if mode == "spot" else offer.postpaid
    if price is None:
        return say("product.no_price")
    return say("product.price", price=shown(price.final, offer.currency))
