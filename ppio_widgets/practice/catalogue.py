"""The practice cloud's catalogue: its answers, and what of a launch it refuses, as the API would.

Its stock stands still, unless a lesson has it shared: then what is rented is not free. An image is
taken as it is, unless it is of the practice cloud's own registry, whose images are all known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ppio_widgets.cloud import resources
from ppio_widgets.cloud.resources import PRACTICE_CURRENCY, read_offer
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import words
from ppio_widgets.practice.failures import REGISTRY, Refused, lesson_of
from ppio_widgets.practice.products import CPU_PRODUCTS, NEWEST_CUDA, PRODUCTS, REGIONS, stock_of
from ppio_widgets.practice.resources import AUTHS, IMAGES, NETWORKS, STORAGES, TEMPLATES
from ppio_widgets.request.advice import advise
from ppio_widgets.request.draft import compact
from ppio_widgets.request.schema import dotted
from ppio_widgets.request.validation import fits, judge

Query = Mapping[str, str]
Taken = Mapping[str, int]
Row = dict[str, Any]

# A page holds no more, whatever is asked for: so a client meets a second page here.
LARGEST_PAGE = 10
LARGEST_NUMBERED_PAGE = 3

# Lists and tables in each other, of what a request holds.
DEEPEST = 20

_ALL = (*PRODUCTS, *CPU_PRODUCTS)
OFFERS = {offer.id: offer for row in _ALL if (offer := read_offer(row, PRACTICE_CURRENCY)) is not None}

_STORAGE_HOMES = {row["storageId"]: row["clusterId"] for row in STORAGES}
_NETWORK_HOMES = {row["id"]: row["region_id"] for row in NETWORKS}
_AUTHS = frozenset(row["id"] for row in AUTHS)
_IMAGES = frozenset(
    [tag["image"] for row in IMAGES for tag in row["tags"]] + [row["image"] for row in TEMPLATES]
)
_PRIVATE = frozenset(tag["image"] for row in IMAGES if row["type"] == "private" for tag in row["tags"])

# What only v1 documents as an error, or its console refuses; the form advises against it.
_AS_V1 = frozenset(
    {
        *("port_reserved", "many_ports", "port_twice", "many_envs", "too_long"),
        *("many_mounts", "mount_relative", "mount_root", "mount_blank", "mount_twice"),
    }
)
# What does not fit a product is "invalid", but for these, which the API calls otherwise.
_OF_PRODUCT = {
    "mode_not_sold": "mode",
    "undeployable": "not_offered",
    "not_purchasable": "not_offered",
    "sold_out": "sold_out",
    "above_free": "sold_out",
}
_STOCK = ("not_offered", "sold_out")

_CUDA = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})(?:\.[0-9]{1,3})?")


# The pages


def answer(method: str, path: str, query: Query, taken: Taken | None = None) -> object | None:
    """Return the JSON of one of the pages, not to be changed; None where there is no such page.

    `taken` says how many GPUs of each product are not free because a class has them.
    """
    if (method, path) == ("GET", resources.PRODUCTS):
        return _products(query, taken or {})
    page = _PAGES.get(path) if method == "GET" else None
    return page(query) if page is not None else None


def whole(text: str) -> int:
    """Return a number of a query or a header, 0 for anything else; one of many digits is merely large."""
    return int(text.lstrip("0")[:18] or "0") if text.isdecimal() else 0


def body_of(content: bytes) -> Any:
    """Return the JSON of a request, refused where it could not be told or written down again.

    Half a character is no text, and what is nested deeper than any body breaks who goes through it.
    """
    try:
        found = json.loads(content)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("no_json") from None
    if _is_deeper(found, DEEPEST):
        raise Refused("no_json")
    return found


def _is_deeper(value: object, most: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not most or any(_is_deeper(one, most - 1) for one in inside)


def page_of(rows: list[Row], size: int, cursor: str) -> dict[str, Any]:
    """Return the page of rows that begins where a cursor says, with a cursor to the next."""
    start = whole(cursor)
    end = start + size
    more = end < len(rows)
    return {"data": rows[start:end], "next_cursor": str(end) if more else "", "has_more": more}


# Whether a row is meant by what a query says under this name; what is empty or not said means all.
_FILTERS: Mapping[str, Callable[[Row, str], bool]] = {
    "type": lambda row, said: said == row["type"],
    "category": lambda row, said: said == row["category"],
    "billing_method": lambda row, said: said in row["billing_methods"],
    "region_ids": lambda row, said: not row["region_ids"] or not _list(said).isdisjoint(row["region_ids"]),
    "cpu": lambda row, said: whole(said) in (0, row["resource_spec"]["cpu"]),
    "memory_gb": lambda row, said: whole(said) in (0, row["resource_spec"]["memory_gb"]),
    "rootfs_size": lambda row, said: not whole(said) or _holds(row["resource_spec"]["rootfs"], whole(said)),
    "visibilities": lambda row, said: row["visibility"] in _list(said),
    "name": lambda row, said: said in row["name"],
    "storageName": lambda row, said: said in row["storageName"],
    "storageId": lambda row, said: said == row["storageId"],
}
_OF_PRODUCTS = ("type", "category", "billing_method", "region_ids", "cpu", "memory_gb", "rootfs_size")


def _list(said: str) -> set[str]:
    return {word for word in said.split(",") if word}


def _holds(disk: Mapping[str, int], size: int) -> bool:
    return disk["min_gb"] <= size <= disk["max_gb"]


def _meant(rows: Sequence[Row], query: Query, filters: tuple[str, ...]) -> list[Row]:
    said = {name: query[name] for name in filters if query.get(name)}
    return [row for row in rows if all(_FILTERS[name](row, text) for name, text in said.items())]


def _page(rows: Sequence[Row], query: Query, *filters: str) -> object:
    size = min(whole(query.get("limit", "")) or LARGEST_PAGE, LARGEST_PAGE)
    return page_of(_meant(rows, query, filters), size, query.get("cursor", ""))


def _products(query: Query, taken: Taken) -> object:
    for name in ("type", "category"):
        # Empty counts as given, and an empty type means gpu; left out, both are a 400.
        if name not in query:
            raise Refused("query_missing", field=name)
    rows = [_rest(row, taken.get(row["id"], 0)) for row in _ALL]
    return _page(rows, {**query, "type": query["type"] or "gpu"}, *_OF_PRODUCTS)


def _rest(row: Row, taken: int) -> Row:
    """Return what is told of a product of which so many GPUs are taken."""
    gpu = row["resource_spec"].get("gpu")
    if not taken or gpu is None:
        return row
    free = max(0, gpu["available"] - taken)
    block = {**gpu, "available": free, "max_available": min(gpu["max"], free)}
    spec = {**row["resource_spec"], "gpu": block}
    return {**row, "resource_spec": spec, "inventory_state": stock_of(free)}


def _storages(query: Query) -> object:
    rows = _meant(STORAGES, query, ("storageName", "storageId"))
    size = min(whole(query.get("pageSize", "")) or LARGEST_NUMBERED_PAGE, LARGEST_NUMBERED_PAGE)
    start = (max(whole(query.get("pageNo", "")), 1) - 1) * size
    return {"data": rows[start : start + size], "total": len(rows)}


_PAGES: Mapping[str, Callable[[Query], object]] = {
    resources.REGIONS: lambda query: _page(REGIONS, query),
    resources.NETWORKS: lambda query: _page(NETWORKS, query, "name"),
    resources.TEMPLATES: lambda query: _page(TEMPLATES, query, "visibilities", "type", "name"),
    resources.IMAGES: lambda query: _page(IMAGES, query, "type", "name"),
    resources.STORAGES: _storages,
    resources.AUTHS: lambda _query: {"data": list(AUTHS)},
}


# What is refused


def refusals(body: Mapping[str, Any], taken: Taken | None = None) -> Iterator[Refused]:
    """Yield why a body cannot be launched, where so many GPUs of each product are taken.

    First what is wrong with the body, then what the product does not sell, then what is not
    there, then what is not free just now.
    """
    say = words("en")
    for path, problem in judge(body)[1].items():
        yield _invalid(visible(dotted(path)), problem.sentence(path, say))
    body = compact(body).body
    product = body["product_id"]
    if product not in OFFERS:
        yield _missing("no_product", "product_id", product)
        return
    unfit = list(_unfit(body, taken))
    yield from (wrong for code, wrong in unfit if code not in _STOCK)
    for advice in advise(body):
        if advice.code in _AS_V1:
            yield _invalid(dotted(advice.path), f"{advice.reason(say)} (as v1 documents)")
    yield from _missing_things(body)
    yield from _elsewhere(body)
    yield from _cuda(body)
    yield from (wrong for code, wrong in unfit if code in _STOCK)


def sold_out(body: Mapping[str, Any], taken: Taken) -> Iterator[Refused]:
    """Yield why what was launched once is not free just now."""
    yield from (wrong for code, wrong in _unfit(body, taken) if code in _STOCK)


def _unfit(body: Mapping[str, Any], taken: Taken | None) -> Iterator[tuple[str | None, Refused]]:
    """Yield what of a body its product does not sell, or has not free, with its code."""
    say, product = words("en"), body["product_id"]
    offer = OFFERS[product]
    if offer.gpu_free is not None:
        offer = replace(offer, gpu_free=max(0, offer.gpu_free - (taken or {}).get(product, 0)))
    for path, problem in fits(body, offer).items():
        code, sentence = _OF_PRODUCT.get(problem.code), f"{product}: {problem.sentence(path, say)}"
        yield code, Refused(code, problem=sentence) if code else _invalid(dotted(path), sentence)


def region_of(body: Mapping[str, Any]) -> str:
    """Return where an instance comes to be: in the first of its regions that has what it needs."""
    needed = {home for _field, _id, home in _homes(body)}
    regions = _regions(body)
    return next((region for region in regions if needed <= {region}), regions[0])


def _regions(body: Mapping[str, Any]) -> list[str]:
    """Return the regions that an instance may come to be in; a product without any is in all of them."""
    everywhere = [region["id"] for region in REGIONS]
    return list(body.get("candidate_regions") or OFFERS[body["product_id"]].regions or everywhere)


def _homes(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what of a body is tied to a region: its field, its id, and the region; None for no such thing."""
    for number, volume in enumerate(body.get("volumes", ())):
        if volume["type"] == "network":
            key = volume.get("id", "")
            yield f"volumes[{number}].id", key, _STORAGE_HOMES.get(key)
    if key := body.get("network", {}).get("id", ""):
        yield "network.id", key, _NETWORK_HOMES.get(key)


def _missing_things(body: Mapping[str, Any]) -> Iterator[Refused]:
    for field, key, home in _homes(body):
        if home is None:
            yield _missing("no_network" if field == "network.id" else "no_storage", field, key)
    auth = body.get("registry_auth_id")
    if auth is not None and auth not in _AUTHS:
        yield _missing("no_auth", "registry_auth_id", auth)
    image = body["image"]
    if image.startswith(f"{REGISTRY}/") and lesson_of(image) is None and image not in _IMAGES:
        yield _missing("no_image", "image", image)
    elif image in _PRIVATE and auth is None:
        yield Refused("private_image", field="image")


def _elsewhere(body: Mapping[str, Any]) -> Iterator[Refused]:
    # Storage cannot be mounted from another region (v1 storage guide); a network is of one region.
    regions = _regions(body)
    for field, key, home in _homes(body):
        regions = [region for region in regions if region == home]
        if not regions:
            code = "network_elsewhere" if field == "network.id" else "storage_elsewhere"
            yield Refused(code, field=field, key=visible(key), home=home)


def _cuda(body: Mapping[str, Any]) -> Iterator[Refused]:
    field, asked = "resource.min_cuda_version", body["resource"].get("min_cuda_version")
    newest = NEWEST_CUDA.get(body["product_id"])
    if asked is None or newest is None:
        return
    version = _CUDA.fullmatch(asked)
    if version is None:
        yield _invalid(field, "write it like 12.4 (as v1 documents)")
    elif (int(version[1]), int(version[2])) > newest:
        yield Refused("cuda", field=field, product=body["product_id"], newest="{}.{}".format(*newest))


def _missing(code: str, field: str, key: str) -> Refused:
    return Refused(code, field=field, key=visible(key) or "id")


def _invalid(field: str, problem: str) -> Refused:
    return Refused("invalid", field=field, problem=problem)
