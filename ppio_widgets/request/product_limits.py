"""What of a body the chosen product would refuse: errors beside the field, by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.request import pricing
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ppio_widgets.request.offers import Offer
    from ppio_widgets.request.schema import Path

# So many ids are listed in a sentence.
_LISTED = 8


def fits(body: Mapping[str, Any], offer: Offer | None) -> dict[Path, Problem]:
    """Return what of a body does not fit its product.

    Parameters
    ----------
    body : mapping
        Rows are numbered as in it; ``Compact.in_draft`` moves a path to the draft.
    offer : Offer or None
        The product; nothing is judged by another product's offer, nor by what an
        answer did not give.

    Returns
    -------
    dict of path to Problem
    """
    offer = pricing.offer_for(offer, body)
    if offer is None:
        return {}
    rules = (_product, _type, _mode, _months, _gpus, _rootfs, _regions)
    return {path: problem for rule in rules for path, problem in rule(body, offer)}


def _product(_body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    # deployable and activity.purchasable block a choice (inferred from their names, v2, list products).
    if not offer.deployable:
        yield ("product_id",), Problem("undeployable")
    elif not offer.purchasable:
        yield ("product_id",), Problem("not_purchasable")
    elif not offer.available:
        yield ("product_id",), Problem("sold_out")


def _type(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    # Unset means gpu (v2, create instance). The error stands where something was chosen.
    if offer.type in ("gpu", "cpu") and (offer.type == "cpu") != pricing.is_cpu(body):
        given = value_at(body, ("type",))
        yield ("type" if given else "product_id",), Problem(f"product_of_{offer.type}")


def _mode(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    # The server's UNSUPPORTED_BILLING_MODE (error page).
    mode = pricing.mode_of(body)
    if mode and offer.modes and mode not in offer.modes:
        yield ("billing", "mode"), Problem("mode_not_sold", {"modes": ", ".join(offer.modes)})


def _months(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    months = pricing.months_of(body)
    if pricing.mode_of(body) == "prepaid" and months and offer.prepaid and months not in offer.prepaid:
        sold = ", ".join(str(count) for count in sorted(offer.prepaid))
        yield ("billing", "prepaid", "months"), Problem("months_not_sold", {"months": sold})


def _gpus(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    path = ("resource", "gpu_num")
    gpus, free = pricing.gpus_of(body), offer.gpu_free
    if gpus is None:
        return
    problem = _outside(gpus, offer.gpu_min, offer.gpu_max)
    if problem is None and free and gpus > free:  # with none free, the product itself says so
        problem = Problem("above_free", {"free": free})
    if problem is not None:
        yield path, problem


def _rootfs(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    # The console checks just this on the v1 names minRootFS and maxRootFS.
    path = ("resource", "rootfs_size_gb")
    size = pricing.whole_at(body, path)
    if size is not None and (problem := _outside(size, offer.rootfs_min_gb, offer.rootfs_max_gb)):
        yield path, problem


def _regions(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    chosen = value_at(body, ("candidate_regions",))
    if not isinstance(chosen, list | tuple):
        return
    some = ", ".join(offer.regions[:_LISTED]) + (" …" if len(offer.regions) > _LISTED else "")
    for number, region in enumerate(chosen):
        if not offer.sold_in(region):
            yield ("candidate_regions", number), Problem("region_not_sold", {"regions": some})


def _outside(value: int, low: int | None, high: int | None) -> Problem | None:
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    if low is None:
        return Problem("offer_most", {"high": high})
    if high is None:
        return Problem("offer_least", {"low": low})
    return Problem("offer_only" if low == high else "offer_range", {"low": low, "high": high})
