"""What the practice cloud has on its shelves: invented, in the documented shapes.

Prices are integers with ``precision`` decimal digits, as on the wire; a month is 720
hours (the documented example agrees with itself that way). The first product is that
example. Among the others one is sold out, one cannot be deployed and one cannot be
bought, one has a spot price above its on-demand price, some are not sold on spot.
"""

from __future__ import annotations

from typing import Any

HOURS_PER_MONTH = 720

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


def _priced(price: Price) -> dict[str, Any]:
    return {"base_price": price[0], "final_price": price[1], "unit": "per_hour"}


def _months(key: str, hour: Price, sold: dict[int, int]) -> list[dict[str, Any]]:
    """Return the prepaid prices; `sold` maps months to the percentage of the hourly price that is paid."""
    return [
        {
            "spec_id": f"spec-{key}-{count}m",
            "duration_months": count,
            "final_price": hour[1] * HOURS_PER_MONTH * count * percent // 100,
            "base_price": hour[0] * HOURS_PER_MONTH * count,
        }
        for count, percent in sold.items()
    ]


def _product(  # noqa: PLR0913 - one line of the price list
    key: str,
    gpu: str,
    memory: int,
    *,
    hour: Price,
    regions: tuple[str, ...],
    gpus: tuple[int, int, int],
    host: tuple[int, int],
    rootfs: tuple[int, int, int],
    spot: Price | None = None,
    months: dict[int, int] | None = None,
    precision: int = 3,
    storage: int = 5,
    stock: str = "normal",
    deployable: bool = True,
    purchasable: bool = True,
) -> dict[str, Any]:
    least, most, free = gpus
    name = f"{gpu} {memory} GB"
    pricing: dict[str, Any] = {"precision": precision, "postpaid": _priced(hour)}
    if spot:
        pricing["spot"] = _priced(spot)
    if months:
        pricing["prepaid"] = _months(key, hour, months)
    modes = ("postpaid", *(("prepaid",) if months else ()), *(("spot",) if spot else ()))
    return {
        "id": key,
        "name": name,
        "type": "gpu",
        "category": "instance",
        "description": f"NVIDIA {name}",
        "region_ids": list(regions),
        "resource_spec": {
            "gpu": {
                "spec_id": f"spec-{key}",
                "name": gpu,
                "memory_gb": memory,
                "min": least,
                "max": most,
                "available": free,
                "max_available": min(most, free),
            },
            "cpu": host[0],
            "memory_gb": host[1],
            "rootfs": {"min_gb": rootfs[0], "max_gb": rootfs[1], "free_gb": rootfs[2]},
        },
        "pricing": {**pricing, "storage_price_per_gb": storage},
        "billing_methods": list(modes),
        "inventory_state": stock,
        "deployable": deployable,
        "activity": {
            "is_activity_product": hour[0] != hour[1],
            "active": hour[0] != hour[1],
            "purchasable": purchasable,
        },
    }


_ALL_MONTHS = {1: 100, 3: 95, 6: 90, 12: 80}

PRODUCTS: tuple[dict[str, Any], ...] = (
    _product(
        "a100-80g",
        "A100",
        80,
        hour=(18000, 12600),
        spot=(12600, 6000),
        months=_ALL_MONTHS,
        regions=(EAST, SOUTH),
        gpus=(1, 8, 6),
        host=(16, 128),
        rootfs=(20, 500, 60),
    ),
    _product(
        "4090.16c62g.os",
        "RTX 4090",
        24,
        hour=(2500, 2500),
        spot=(1250, 1250),
        months={1: 100, 3: 95},
        regions=(EAST, NORTH),
        gpus=(1, 8, 24),
        host=(16, 62),
        rootfs=(10, 1000, 60),
        stock="high",
    ),
    _product(
        "4090.24c120g.os",
        "RTX 4090",
        24,
        hour=(3100, 2790),
        months={1: 90},
        regions=(SOUTH,),
        gpus=(2, 4, 4),
        host=(24, 120),
        rootfs=(10, 1000, 60),
        stock="low",
    ),
    _product(
        "prod-5090-32g",
        "RTX 5090",
        32,
        hour=(39900, 35900),
        spot=(19900, 17950),
        months={1: 100, 6: 85},
        regions=(EAST, WEST),
        gpus=(1, 8, 11),
        host=(16, 92),
        rootfs=(20, 800, 60),
        precision=4,
        storage=50,
    ),
    _product(  # sold out
        "prod-h100-80g",
        "H100",
        80,
        hour=(26000, 23400),
        spot=(13000, 11700),
        months={1: 100, 12: 75},
        regions=(NORTH,),
        gpus=(1, 8, 0),
        host=(20, 240),
        rootfs=(50, 2000, 100),
        stock="none",
    ),
    _product(  # whole machines only
        "prod-h200-141g.8x",
        "H200",
        141,
        hour=(3650, 3280),
        months={3: 95, 6: 90, 12: 80},
        regions=(NORTH_2,),
        gpus=(8, 8, 16),
        host=(192, 2048),
        rootfs=(100, 6144, 200),
        precision=2,
        storage=1,
    ),
    _product(  # spot is dearer than on-demand
        "prod-l40s-48g",
        "L40S",
        48,
        hour=(6800, 4900),
        spot=(6800, 5440),
        months={1: 100},
        regions=(SOUTH, WEST),
        gpus=(1, 4, 3),
        host=(12, 96),
        rootfs=(20, 500, 60),
        stock="low",
    ),
    _product(  # no spot, and on-demand only
        "prod-l20-48g",
        "L20",
        48,
        hour=(4200, 4200),
        regions=(EAST,),
        gpus=(1, 8, 9),
        host=(12, 100),
        rootfs=(20, 500, 40),
    ),
    _product(  # cannot be deployed
        "prod-v100-32g",
        "V100",
        32,
        hour=(3000, 2100),
        months={1: 100},
        regions=(NORTH,),
        gpus=(1, 4, 5),
        host=(8, 64),
        rootfs=(20, 300, 40),
        deployable=False,
    ),
    _product(
        "3090.8c30g.os",
        "RTX 3090",
        24,
        hour=(1480, 1480),
        spot=(740, 740),
        months={1: 100, 3: 98, 6: 95},
        regions=(EAST, SOUTH, NORTH, WEST),
        gpus=(1, 8, 40),
        host=(8, 30),
        rootfs=(10, 600, 60),
        stock="high",
    ),
    _product(
        "a10.12c48g.os",
        "A10",
        24,
        hour=(2260, 1990),
        spot=(995, 995),
        regions=(SOUTH,),
        gpus=(1, 2, 2),
        host=(12, 48),
        rootfs=(10, 400, 40),
        stock="low",
    ),
    _product(
        "prod-t4-16g",
        "T4",
        16,
        hour=(99000, 88000),
        spot=(45000, 39600),
        months={1: 100},
        regions=(WEST, NORTH_2),
        gpus=(1, 4, 7),
        host=(8, 32),
        rootfs=(10, 200, 30),
        precision=5,
        storage=500,
    ),
    _product(  # seen, but not sold to this account
        "prod-a800-80g",
        "A800",
        80,
        hour=(15000, 12000),
        months={1: 100},
        regions=(NORTH_2,),
        gpus=(1, 8, 8),
        host=(16, 128),
        rootfs=(50, 500, 50),
        purchasable=False,
    ),
)


def _cpu_product(  # noqa: PLR0913 - one line of the price list
    key: str, cores: int, memory: int, *, hour: Price, regions: tuple[str, ...], months: dict[int, int]
) -> dict[str, Any]:
    """Return a CPU product: it has no GPU block, and is priced as a whole."""
    product = _product(
        key,
        "CPU",
        memory,
        hour=hour,
        regions=regions,
        gpus=(1, 1, 1),
        host=(cores, memory),
        rootfs=(10, 500, 30),
        months=months,
    )
    spec = {name: value for name, value in product["resource_spec"].items() if name != "gpu"}
    return {
        **product,
        "name": f"CPU {cores}C{memory}G",
        "type": "cpu",
        "description": f"{cores} cores, {memory} GB",
        "resource_spec": spec,
    }


CPU_PRODUCTS: tuple[dict[str, Any], ...] = (
    _cpu_product("cpu.8c16g", 8, 16, hour=(800, 640), regions=(EAST, SOUTH), months={1: 100, 12: 80}),
    # no region: it is available in all of them (v1, list products)
    _cpu_product("cpu.32c64g", 32, 64, hour=(3200, 2560), regions=(), months={1: 100}),
)
# The newest CUDA that the drivers of each product's machines run; no answer tells it.
NEWEST_CUDA = {
    product["id"]: {"V100": "12.2", "T4": "12.2", "H200": "12.9", "RTX 5090": "12.9"}.get(
        product["resource_spec"]["gpu"]["name"], "12.8"
    )
    for product in PRODUCTS
    if product["type"] == "gpu"
}

for _region in REGIONS:
    _region["gpus"] = [one["name"] for one in PRODUCTS if _region["id"] in one["region_ids"]]
