"""What an instance costs by the hour, and about what it has cost since its last start."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.catalogue import open_catalogue
from ppio_widgets.request import pricing
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.request.offers import Offer


def offers_of(
    client: PpioClient, *, load: bool = True, seen: Iterable[InstanceDetail] | None = None
) -> Mapping[str, Offer]:
    """Return a cloud's products by id; empty when they cannot be loaded: then prices are unknown.

    Parameters
    ----------
    client : PpioClient
    load : bool
        Whether to ask the server for what is not there yet, or is old.
    seen : iterable of InstanceDetail, optional
        Only these instances' prices are wanted, so that not every listing need be asked for.
    """
    with client.prices_lock:
        catalogue = client.prices = client.prices or open_catalogue(client, clock=threads.tick)
    if load:
        catalogue.load_products(None if seen is None else {one.product_id for one in seen})
    return {offer.id: offer for offer in catalogue.snapshot().products}


def prices_told(client: PpioClient) -> bool:
    """Whether a cloud was asked for its prices, and has answered or could not."""
    with client.prices_lock:
        catalogue = client.prices
    return catalogue is not None and catalogue.state("offers").word in ("ready", "failed")


def body_of(seen: InstanceDetail) -> dict[str, Any]:
    """Return what of an instance decides its price, in the shape of a body."""
    billing: dict[str, Any] = {"mode": seen.mode}
    if seen.months:
        billing["prepaid"] = {"months": seen.months}
    return {"product_id": seen.product_id, "billing": billing, "resource": {"gpu_num": seen.gpu_num or None}}


def seconds_on(seen: InstanceDetail, now: float) -> float | None:
    """Return how long it has been on since its last start, or was on until its last stop or sight."""
    began = seen.started_at or seen.created_at
    if not began:
        return None
    if seen.is_on:
        return max(0.0, now - began)
    ended = seen.stopped_at if seen.stopped_at >= began else seen.seen_until
    return max(0.0, float(ended - began)) if ended else None


def cost_so_far(seen: InstanceDetail, offer: Offer | None, now: float) -> Decimal | None:
    """Return about what it has cost since its last start, or None where that is not known.

    By today's price, all GPUs together, without the disk; for prepaid what its months were
    charged at once.
    """
    body = body_of(seen)
    if seen.mode == "prepaid":
        return pricing.charged_now(offer, body)
    rate, seconds = pricing.hourly(offer, body), seconds_on(seen, now)
    if rate is None or seconds is None:
        return None
    return pricing.to_cents(Fraction(rate) * Fraction(seconds) / 3600)
