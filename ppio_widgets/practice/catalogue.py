"""The practice cloud's catalogue: its answers, and what a known product refuses.

Its stock stands still: a class that shares one practice cloud does not sell it out.
A product that the catalogue does not know is taken as it is, so that any id may be
tried; a known one is held to its own limits, as the API would hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ppio_widgets.cloud import reader
from ppio_widgets.practice.belongings import AUTHS, BALANCE, IMAGES, NETWORKS, STORAGES, TEMPLATES
from ppio_widgets.practice.goods import CPU_PRODUCTS, PRODUCTS, REGIONS
from ppio_widgets.practice.refused import Refused, whole

Query = Mapping[str, str]
Row = dict[str, Any]

# A page holds no more, whatever is asked for: so a client meets a second page here.
LARGEST_PAGE = 10
LARGEST_NUMBERED_PAGE = 3

_ALL = (*PRODUCTS, *CPU_PRODUCTS)
_BY_ID = {product["id"]: product for product in _ALL}


def answer(method: str, path: str, query: Query) -> object | None:
    """Return the JSON of one of the catalogue's pages, not to be changed; None where there is no such page.

    Raises
    ------
    Refused
        400 ``VALIDATOR_PARAM`` for a query without what it needs.
    """
    page = _PAGES.get(path) if method == "GET" else None
    return page(query) if page is not None else None


def refusal(body: Mapping[str, Any]) -> Refused | None:
    """Return why a valid body is refused by its product, or None.

    First what is wrong with the body, then what the product does not sell, then what is
    not free just now.
    """
    product = _BY_ID.get(body["product_id"])
    if product is None:
        return None
    return next((refused for rule in _RULES for refused in rule(body, product)), None)


def region_of(body: Mapping[str, Any]) -> str | None:
    """Return the first region of a known product, or None."""
    product = _BY_ID.get(body["product_id"])
    return str(product["region_ids"][0]) if product and product["region_ids"] else None


def _products(query: Query) -> object:
    for name in ("type", "category"):
        # Empty counts as given, and an empty type means gpu; left out, both are a 400.
        if name not in query:
            raise Refused(400, "VALIDATOR_PARAM", f"{name} is required", {"field": name})
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


def _page(rows: list[Row], query: Query) -> object:
    start = whole(query.get("cursor", ""))
    end = start + min(whole(query.get("limit", "")) or LARGEST_PAGE, LARGEST_PAGE)
    more = end < len(rows)
    return {"data": rows[start:end], "next_cursor": str(end) if more else "", "has_more": more}


def _named(rows: list[Row], query: Query) -> list[Row]:
    return [row for row in rows if query.get("name", "") in row["name"]]


def _words(query: Query, name: str) -> set[str]:
    return {word for word in query.get(name, "").split(",") if word}


_PAGES: Mapping[str, Callable[[Query], object]] = {
    reader.PRODUCTS: _products,
    reader.REGIONS: lambda query: _page(list(REGIONS), query),
    reader.NETWORKS: lambda query: _page(_named(list(NETWORKS), query), query),
    reader.TEMPLATES: _templates,
    reader.IMAGES: _images,
    reader.STORAGES: _storages,
    reader.AUTHS: lambda _query: {"data": list(AUTHS)},
    reader.BALANCE: lambda _query: BALANCE,
}


def _refuse_limits(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    spec, resource = product["resource_spec"], body["resource"]
    gpu = spec.get("gpu", {"min": 1, "max": 1})  # the API wants a number of a CPU product as well
    for field, value, low, high in (
        ("resource.gpu_num", resource["gpu_num"], gpu["min"], gpu["max"]),
        (
            "resource.rootfs_size_gb",
            resource["rootfs_size_gb"],
            spec["rootfs"]["min_gb"],
            spec["rootfs"]["max_gb"],
        ),
    ):
        if not low <= value <= high:
            yield _invalid(field, f"{product['id']} takes {low} to {high}")


def _refuse_regions(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    for region in body.get("candidate_regions") or ():
        if product["region_ids"] and region not in product["region_ids"]:
            yield _invalid("candidate_regions", f"{product['id']} is not in {region}")


def _refuse_mode(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    billing = body["billing"]
    if billing["mode"] not in product["billing_methods"]:
        sold = ", ".join(product["billing_methods"])
        message = f"{product['id']} is not sold as {billing['mode']}, only as {sold}"
        yield Refused(400, "UNSUPPORTED_BILLING_MODE", message)
    elif billing["mode"] == "prepaid":
        months = [block["duration_months"] for block in product["pricing"]["prepaid"]]
        if billing["prepaid"]["months"] not in months:
            sold = ", ".join(map(str, months))
            yield _invalid("billing.prepaid.months", f"{product['id']} is sold for {sold} months")


def _refuse_stock(body: Mapping[str, Any], product: Row) -> Iterator[Refused]:
    gpu = product["resource_spec"].get("gpu")
    if not product["deployable"] or not product["activity"]["purchasable"]:
        yield Refused(400, "INSUFFICIENT_RESOURCE", f"{product['id']} cannot be launched at present")
    elif gpu and (product["inventory_state"] == "none" or body["resource"]["gpu_num"] > gpu["available"]):
        yield Refused(400, "INSUFFICIENT_RESOURCE", f"{product['id']} has {gpu['available']} GPUs free")


_RULES = (_refuse_limits, _refuse_regions, _refuse_mode, _refuse_stock)


def _invalid(field: str, message: str) -> Refused:
    return Refused(400, "VALIDATOR_PARAM", f"{field}: {message}", {"field": field})
