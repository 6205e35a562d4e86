"""The practice cloud's catalogue: its answers, and what of a launch it refuses, as the API would.

Its stock stands still: a class that shares one practice cloud does not sell it out. An image is
taken as it is, unless it is of the practice cloud's own registry, whose images are all known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ppio_widgets.cloud import resources
from ppio_widgets.cloud.resources import PRACTICE_CURRENCY, read_offer
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import words
from ppio_widgets.practice.failures import REGISTRY, Refused, lesson_of, refused
from ppio_widgets.practice.products import CPU_PRODUCTS, NEWEST_CUDA, PRODUCTS, REGIONS
from ppio_widgets.practice.resources import AUTHS, IMAGES, NETWORKS, STORAGES, TEMPLATES
from ppio_widgets.request.advice import advise
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import dotted

Query = Mapping[str, str]
Row = dict[str, Any]

# A page holds no more, whatever is asked for: so a client meets a second page here.
LARGEST_PAGE = 10
LARGEST_NUMBERED_PAGE = 3

_ALL = (*PRODUCTS, *CPU_PRODUCTS)
_BY_ID = {product["id"]: product for product in _ALL}
OFFERS = {offer.id: offer for row in _ALL if (offer := read_offer(row, PRACTICE_CURRENCY)) is not None}

_STORAGE_HOMES = {row["storageId"]: row["clusterId"] for row in STORAGES}
_NETWORK_HOMES = {row["id"]: row["region_id"] for row in NETWORKS}
_AUTHS = frozenset(row["id"] for row in AUTHS)
_IMAGES = frozenset(
    [tag["image"] for row in IMAGES for tag in row["tags"]] + [row["image"] for row in TEMPLATES]
)

# What only v1 documents as an error, or its console refuses; the form advises against it.
_AS_V1 = frozenset(
    {
        *("port_reserved", "many_ports", "port_twice", "many_envs", "too_long"),
        *("many_mounts", "mount_relative", "mount_root", "mount_blank", "mount_twice"),
    }
)

_CUDA = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})(?:\.[0-9]{1,3})?")


def answer(method: str, path: str, query: Query) -> object | None:
    """Return the JSON of one of the pages, not to be changed; None where there is no such page."""
    page = _PAGES.get(path) if method == "GET" else None
    return page(query) if page is not None else None


def refusal(body: Mapping[str, Any]) -> Refused | None:
    """Return why a valid body is refused, or None.

    First what is wrong with the body, then what the product does not sell, then what is not
    there, then what is not free just now.
    """
    product = _BY_ID.get(body["product_id"])
    if product is None:
        return _missing("no_product", "product_id", body["product_id"])
    return next((wrong for rule in _RULES for wrong in rule(body, product)), None)


def region_of(body: Mapping[str, Any]) -> str:
    """Return where an instance comes to be: in the first of its regions that has what it needs."""
    needed = {home for _field, _id, home in _homes(body)}
    regions = _regions(body)
    return next((region for region in regions if needed <= {region}), regions[0])


def _products(query: Query) -> object:
    for name in ("type", "category"):
        # Empty counts as given, and an empty type means gpu; left out, both are a 400.
        if name not in query:
            raise refused("query_missing", field=name)
    regions = _words(query, "region_ids")
    return _page(
        [
            product
            for product in _ALL
            if product["type"] == (query["type"] or "gpu")
            and query["category"] in ("", product["category"])
            and query.get("billing_method", "") in ("", *product["billing_methods"])
            and (not regions or not product["region_ids"] or regions.intersection(product["region_ids"]))
            and _holds(product["resource_spec"], query)
        ],
        query,
    )


def _holds(spec: Mapping[str, Any], query: Query) -> bool:
    disk = whole(query.get("rootfs_size", ""))
    tiers = all(whole(query.get(key, "")) in (0, spec[key]) for key in ("cpu", "memory_gb"))
    return tiers and (not disk or spec["rootfs"]["min_gb"] <= disk <= spec["rootfs"]["max_gb"])


def _templates(query: Query) -> object:
    shown = _words(query, "visibilities")
    rows = [row for row in TEMPLATES if not shown or row["visibility"] in shown]
    return _page(_named([row for row in rows if query.get("type", "") in ("", row["type"])], query), query)


def _images(query: Query) -> object:
    rows = [row for row in IMAGES if query.get("type", "") in ("", row["type"])]
    return _page(_named(rows, query), query)


def _storages(query: Query) -> object:
    rows = [
        row
        for row in STORAGES
        if query.get("storageName", "") in row["storageName"]
        and query.get("storageId", "") in ("", row["storageId"])
    ]
    size = min(whole(query.get("pageSize", "")) or LARGEST_NUMBERED_PAGE, LARGEST_NUMBERED_PAGE)
    start = (max(whole(query.get("pageNo", "")), 1) - 1) * size
    return {"data": rows[start : start + size], "total": len(rows)}


def whole(text: str) -> int:
    """Return a number of a query or a header, 0 for anything else; one of many digits is merely large."""
    return int(text.lstrip("0")[:18] or "0") if text.isdecimal() else 0


def _page(rows: list[Row], query: Query) -> object:
    size = min(whole(query.get("limit", "")) or LARGEST_PAGE, LARGEST_PAGE)
    return page_of(rows, size, query.get("cursor", ""))


def page_of(rows: list[Row], size: int, cursor: str) -> dict[str, Any]:
    """Return the page of rows that begins where a cursor says, with a cursor to the next."""
    start = whole(cursor)
    end = start + size
    more = end < len(rows)
    return {"data": rows[start:end], "next_cursor": str(end) if more else "", "has_more": more}


def _named(rows: list[Row], query: Query) -> list[Row]:
    return [row for row in rows if query.get("name", "") in row["name"]]


def _words(query: Query, name: str) -> set[str]:
    return {word for word in query.get(name, "").split(",") if word}


_PAGES: Mapping[str, Callable[[Query], object]] = {
    resources.PRODUCTS: _products,
    resources.REGIONS: lambda query: _page(list(REGIONS), query),
    resources.NETWORKS: lambda query: _page(_named(list(NETWORKS), query), query),
    resources.TEMPLATES: _templates,
    resources.IMAGES: _images,
    resources.STORAGES: _storages,
    resources.AUTHS: lambda _query: {"data": list(AUTHS)},
}


def _regions(body: Mapping[str, Any]) -> list[str]:
    """Return the regions that an instance may come to be in; a product without any is in all of them."""
    everywhere = [region["id"] for region in REGIONS]
    return list(body.get("candidate_regions") or _BY_ID[body["product_id"]]["region_ids"] or everywhere)


def _homes(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what of a body is tied to a region: its field, its id, and the region; None for no such thing."""
    for number, volume in enumerate(body.get("volumes", ())):
        if volume["type"] == "network":
            key = volume.get("id", "")
            yield f"volumes[{number}].id", key, _STORAGE_HOMES.get(key)
    if key := body.get("network", {}).get("id", ""):
        yield "network.id", key, _NETWORK_HOMES.get(key)


def _refuse_type(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    if body.get("type", "gpu") != product["type"]:
        yield _invalid("type", f"{product['id']} is a {product['type']} product")


def _refuse_limits(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    spec, resource = product["resource_spec"], body["resource"]
    limits = [("rootfs_size_gb", spec["rootfs"]["min_gb"], spec["rootfs"]["max_gb"])]
    if product["type"] == "gpu":
        limits.insert(0, ("gpu_num", spec["gpu"]["min"], spec["gpu"]["max"]))
    for field, low, high in limits:
        if not low <= resource[field] <= high:
            yield _invalid(f"resource.{field}", f"{product['id']} takes {low} to {high}")


def _refuse_as_v1(body: Mapping[str, Any], _product: Row) -> Iterator[Refused]:
    for advice in advise(body):
        if advice.code in _AS_V1:
            yield _invalid(dotted(advice.path), f"{advice.reason(words('en'))} (as v1 documents)")


def _refuse_cuda(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    field, asked = "resource.min_cuda_version", body["resource"].get("min_cuda_version")
    newest = NEWEST_CUDA.get(product["id"])
    if asked is None or newest is None:
        return
    version, most = _CUDA.fullmatch(asked), _CUDA.fullmatch(newest)
    if version is None:
        yield _invalid(field, "write it like 12.4 (as v1 documents)")
    elif most is not None and _numbers(version) > _numbers(most):
        yield refused("cuda", field=field, product=product["id"], newest=newest)


def _numbers(version: re.Match[str]) -> tuple[int, int]:
    return int(version[1]), int(version[2])


def _refuse_missing(body: Mapping[str, Any], _product: Row) -> Iterator[Refused]:
    for field, key, home in _homes(body):
        if home is None:
            yield _missing("no_network" if field == "network.id" else "no_storage", field, key)
    auth = body.get("registry_auth_id")
    if auth is not None and auth not in _AUTHS:
        yield _missing("no_auth", "registry_auth_id", auth)
    image = body["image"]
    if image.startswith(f"{REGISTRY}/") and lesson_of(image) is None and image not in _IMAGES:
        yield _missing("no_image", "image", image)


def _refuse_elsewhere(body: Mapping[str, Any], _product: Row) -> Iterator[Refused]:
    # Storage cannot be mounted from another region (v1 storage guide); a network is of one region.
    regions = _regions(body)
    for field, key, home in _homes(body):
        regions = [region for region in regions if region == home]
        if not regions:
            code = "network_elsewhere" if field == "network.id" else "storage_elsewhere"
            yield refused(code, field=field, key=visible(key), home=home)
            return


def _refuse_regions(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    for region in body.get("candidate_regions") or ():
        if product["region_ids"] and region not in product["region_ids"]:
            yield _invalid("candidate_regions", f"{product['id']} is not in {region}")


def _refuse_mode(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    billing = body["billing"]
    if billing["mode"] not in product["billing_methods"]:
        sold = ", ".join(product["billing_methods"])
        yield refused("mode", product=product["id"], mode=billing["mode"], sold=sold)
    elif billing["mode"] == BillingMode.PREPAID:
        months = [block["duration_months"] for block in product["pricing"]["prepaid"]]
        if billing["prepaid"]["months"] not in months:
            sold = ", ".join(map(str, months))
            yield _invalid("billing.prepaid.months", f"{product['id']} is sold for {sold} months")


def _refuse_stock(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    free = product["resource_spec"].get("gpu", {}).get("available")
    if not product["deployable"] or not product["activity"]["purchasable"]:
        yield refused("not_offered", product=product["id"])
    elif product["inventory_state"] == "none" or (free is not None and body["resource"]["gpu_num"] > free):
        yield refused("sold_out", product=product["id"], free=free)


_RULES = (
    _refuse_type,
    _refuse_limits,
    _refuse_as_v1,
    _refuse_regions,
    _refuse_mode,
    _refuse_missing,
    _refuse_elsewhere,
    _refuse_cuda,
    _refuse_stock,
)


def _missing(code: str, field: str, key: str) -> Refused:
    return refused(code, field=field, key=visible(key) or "id")


def _invalid(field: str, problem: str) -> Refused:
    return refused("invalid", field=field, problem=problem)
