"""The products and regions of the practice cloud: invented, in the documented shapes.

Prices are integers with ``precision`` decimal digits, as on the wire; a month is 720
hours (the documented example agrees with itself that way). The first product is that
example. Among the others one is sold out, one cannot be deployed and one cannot be
bought, one has a spot price above its on-demand price, some are not sold on spot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ppio_widgets.request.pricing import HOURS_PER_MONTH

if TYPE_CHECKING:
    from collections.abc import Mapping

REGIONS: tuple[dict[str, Any], ...] = tuple(
    {
        "id": key,
        "name": f"{key} ({place})",
        "gpus": [],  # filled in below
        "feature": {"network_volume": storage, "instance_vpc_network": network},
    }
    for key, place, storage, network in (
        ("cn-east-1", "Hangzhou", True, True),
        ("cn-south-1", "Shenzhen", True, True),
        ("cn-north-1", "Beijing", True, False),
        ("cn-west-1", "Chengdu", False, True),
        ("cn-north-2", "Ulanqab", False, False),
    )
)

EAST, SOUTH, NORTH, WEST, NORTH_2 = (region["id"] for region in REGIONS)

Price = tuple[int, int]  # list price, final price


class _Prices(NamedTuple):
    """Prices by the hour; of each number of months the percentage of the hourly price that is paid."""

    hour: Price
    spot: Price | None = None
    months: Mapping[int, int] = {}
    precision: int = 3
    storage: int = 5


_ALL_MONTHS = {1: 100, 3: 95, 6: 90, 12: 80}

_PRICES: Mapping[str, _Prices] = {
    "a100-80g": _Prices((18000, 12600), (12600, 6000), _ALL_MONTHS),
    "4090.16c62g.os": _Prices((2500, 2500), (1250, 1250), {1: 100, 3: 95}),
    "4090.24c120g.os": _Prices((3100, 2790), None, {1: 90}),
    "prod-5090-32g": _Prices((39900, 35900), (19900, 17950), {1: 100, 6: 85}, precision=4, storage=50),
    "prod-h100-80g": _Prices((26000, 23400), (13000, 11700), {1: 100, 12: 75}),
    "prod-h200-141g.8x": _Prices((3650, 3280), None, {3: 95, 6: 90, 12: 80}, precision=2, storage=1),
    "prod-l40s-48g": _Prices((6800, 4900), (6800, 5440), {1: 100}),  # spot is dearer
    "prod-l20-48g": _Prices((4200, 4200)),  # no spot, no months
    "prod-v100-32g": _Prices((3000, 2100), None, {1: 100}),
    "3090.8c30g.os": _Prices((1480, 1480), (740, 740), {1: 100, 3: 98, 6: 95}),
    "a10.12c48g.os": _Prices((2260, 1990), (995, 995)),
    "prod-t4-16g": _Prices((99000, 88000), (45000, 39600), {1: 100}, precision=5, storage=500),
    "prod-a800-80g": _Prices((15000, 12000), None, {1: 100}),
    "cpu.8c16g": _Prices((800, 640), None, {1: 100, 12: 80}),
    "cpu.32c64g": _Prices((3200, 2560), None, {1: 100}),
}

# Id, GPU and its GB; GPUs of one instance (least, most, free); cores and GB for each; root disk in GB
# (least, most, free); regions.
_GPUS = (
    ("a100-80g", "A100", 80, (1, 8, 6), (16, 128), (20, 500, 60), (EAST, SOUTH)),
    ("4090.16c62g.os", "RTX 4090", 24, (1, 8, 24), (16, 62), (10, 1000, 60), (EAST, NORTH)),
    ("4090.24c120g.os", "RTX 4090", 24, (2, 4, 4), (24, 120), (10, 1000, 60), (SOUTH,)),
    ("prod-5090-32g", "RTX 5090", 32, (1, 8, 11), (16, 92), (20, 800, 60), (EAST, WEST)),
    ("prod-h100-80g", "H100", 80, (1, 8, 0), (20, 240), (50, 2000, 100), (NORTH,)),
    ("prod-h200-141g.8x", "H200", 141, (8, 8, 16), (192, 2048), (100, 6144, 200), (NORTH_2,)),
    ("prod-l40s-48g", "L40S", 48, (1, 4, 3), (12, 96), (20, 500, 60), (SOUTH, WEST)),
    ("prod-l20-48g", "L20", 48, (1, 8, 9), (12, 100), (20, 500, 40), (EAST,)),
    ("prod-v100-32g", "V100", 32, (1, 4, 5), (8, 64), (20, 300, 40), (NORTH,)),
    ("3090.8c30g.os", "RTX 3090", 24, (1, 8, 40), (8, 30), (10, 600, 60), (EAST, SOUTH, NORTH, WEST)),
    ("a10.12c48g.os", "A10", 24, (1, 2, 2), (12, 48), (10, 400, 40), (SOUTH,)),
    ("prod-t4-16g", "T4", 16, (1, 4, 7), (8, 32), (10, 200, 30), (WEST, NORTH_2)),
    ("prod-a800-80g", "A800", 80, (1, 8, 8), (16, 128), (50, 500, 50), (NORTH_2,)),
)
# Id, cores, GB, regions; in none is in all of them (v1, list products).
_CPUS = (
    ("cpu.8c16g", 8, 16, (EAST, SOUTH)),
    ("cpu.32c64g", 32, 64, ()),
)
_NOT_DEPLOYABLE = "prod-v100-32g"
_NOT_PURCHASABLE = "prod-a800-80g"  # seen, but not sold to this account


def _product(key: str, regions: tuple[str, ...], spec: dict[str, Any], **told: str) -> dict[str, Any]:
    prices = _PRICES[key]
    on_sale = prices.hour[0] != prices.hour[1]
    pricing: dict[str, Any] = {"postpaid": _priced(prices.hour)}
    if prices.months:
        pricing["prepaid"] = [_month(key, prices.hour, *block) for block in prices.months.items()]
    if prices.spot:
        pricing["spot"] = _priced(prices.spot)
    return {
        "id": key,
        "category": "instance",
        **told,
        "region_ids": list(regions),
        "resource_spec": spec,
        "billing_methods": list(pricing),
        "pricing": {"precision": prices.precision, **pricing, "storage_price_per_gb": prices.storage},
        "deployable": key != _NOT_DEPLOYABLE,
        "activity": {
            "is_activity_product": on_sale,
            "active": on_sale,
            "purchasable": key != _NOT_PURCHASABLE,
        },
    }


def _priced(price: Price) -> dict[str, Any]:
    return {"base_price": price[0], "final_price": price[1], "unit": "per_hour"}


def _month(key: str, hour: Price, count: int, percent: int) -> dict[str, Any]:
    return {
        "spec_id": f"spec-{key}-{count}m",
        "duration_months": count,
        "final_price": hour[1] * HOURS_PER_MONTH * count * percent // 100,
        "base_price": hour[0] * HOURS_PER_MONTH * count,
    }


def _spec(host: tuple[int, int], rootfs: tuple[int, int, int]) -> dict[str, Any]:
    disk = dict(zip(("min_gb", "max_gb", "free_gb"), rootfs, strict=True))
    return {"cpu": host[0], "memory_gb": host[1], "rootfs": disk}


def stock_of(free: int) -> str:
    """Return the API's word for so many free GPUs."""
    steps = ((24, "high"), (5, "normal"), (1, "low"), (0, "none"))
    return next(word for enough, word in steps if free >= enough)


def _gpu_product(row: tuple[Any, ...]) -> dict[str, Any]:
    key, gpu, memory, (least, most, free), host, rootfs, regions = row
    block = {
        "spec_id": f"spec-{key}",
        "name": gpu,
        "memory_gb": memory,
        "min": least,
        "max": most,
        "available": free,
        "max_available": min(most, free),
    }
    name = f"{gpu} {memory} GB"
    told = {"name": name, "type": "gpu", "description": f"NVIDIA {name}", "inventory_state": stock_of(free)}
    return _product(key, regions, {"gpu": block, **_spec(host, rootfs)}, **told)


def _cpu_product(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a product without a GPU block, priced as a whole."""
    key, cores, memory, regions = row
    about = {"name": f"CPU {cores}C{memory}G", "type": "cpu", "description": f"{cores} cores, {memory} GB"}
    return _product(key, regions, _spec((cores, memory), (10, 500, 30)), **about, inventory_state="normal")


PRODUCTS = tuple(map(_gpu_product, _GPUS))
CPU_PRODUCTS = tuple(map(_cpu_product, _CPUS))

# The newest CUDA that the drivers of each product's hosts run; no answer tells it.
_CUDA = {"V100": (12, 2), "T4": (12, 2), "H200": (12, 9), "RTX 5090": (12, 9)}
NEWEST_CUDA = {key: _CUDA.get(gpu, (12, 8)) for key, gpu, *_ in _GPUS}

for _region in REGIONS:
    _region["gpus"] = [one["name"] for one in PRODUCTS if _region["id"] in one["region_ids"]]
