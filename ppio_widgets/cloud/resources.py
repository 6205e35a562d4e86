"""What lies on the shelf: one row of an answer becomes one plain value, or is passed over.

Unknown fields and unknown words break nothing; a field of a wrong kind is not told, and
only a row without an id is no row. No reader raises, whatever comes. What is not named
here is dropped on arrival: a registry auth's password reaches no value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from ppio_widgets.cloud.answers import plain
from ppio_widgets.cloud.kinds import flag, identities, identity, mapping, rows, text, whole
from ppio_widgets.request.offers import (
    ImageTag,
    Network,
    Offer,
    Price,
    Region,
    RegistryAuth,
    Storage,
    Template,
)
from ppio_widgets.secrets.hosts import NOVITA, PPIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.secrets.hosts import Host

_Placed = TypeVar("_Placed", Region, Network, Storage, RegistryAuth, Template)

# No answer names a currency: it follows the host (inferred, PPIO GPU API v2, list products).
CURRENCIES: Mapping[str, str] = {PPIO: "CNY", NOVITA: "USD"}
PRACTICE_CURRENCY = "CNY"

LONGEST_IMAGE = 500  # of a body's image
LONGEST_COMMAND = 2047  # v1; more is no command that a form could send

_LARGEST_AMOUNT = 10**18
_MOST_DIGITS = 12
_BALANCE_DIGITS = 4  # balances are in 1/10000 of the currency
_AMOUNT = re.compile(r"-?[0-9]{1,18}")


def currency_of(host: Host, *, practice: bool) -> str:
    """Return the currency of a cloud; empty where it is not known."""
    return PRACTICE_CURRENCY if practice else CURRENCIES.get(host.base_url, "")


def read_offer(row: Any, currency: str = "", product_type: str = "gpu") -> Offer | None:
    """Read one product (v2, list products) of a listing of `product_type`.

    Prices are integers with ``pricing.precision`` decimal digits: without a precision
    no price is known. A limit or a storage price of 0 was left out (a Go server's zero);
    0 free is told. Whatever a CPU product says of GPUs is a zero that was left in.
    """
    product = mapping(row)
    key = identity(product.get("id"))
    if not key or product.get("category") == "serverless":
        return None
    spec = mapping(product.get("resource_spec"))
    kind = plain(product.get("type")) or product_type
    gpu = mapping(spec.get("gpu")) if kind != "cpu" else {}
    rootfs = mapping(spec.get("rootfs"))
    gpu_min, gpu_max = _bounds(gpu.get("min"), gpu.get("max"))
    rootfs_min, rootfs_max = _bounds(rootfs.get("min_gb"), rootfs.get("max_gb"))
    pricing = mapping(product.get("pricing"))
    digits = whole(pricing.get("precision"), 0, _MOST_DIGITS)
    purchasable = flag(mapping(product.get("activity")).get("purchasable"))
    return Offer(
        id=key,
        name=plain(product.get("name")),
        type=kind,
        gpu_name=plain(gpu.get("name")),
        gpu_memory_gb=whole(gpu.get("memory_gb"), 1),
        gpu_min=gpu_min,
        gpu_max=gpu_max,
        gpu_free=whole(gpu.get("available")),
        cpu=whole(spec.get("cpu"), 1),
        memory_gb=whole(spec.get("memory_gb"), 1),
        rootfs_min_gb=rootfs_min,
        rootfs_max_gb=rootfs_max,
        rootfs_free_gb=whole(rootfs.get("free_gb")),
        regions=identities(product.get("region_ids")),
        modes=identities(product.get("billing_methods")),
        postpaid=_hourly(pricing.get("postpaid"), digits),
        spot=_hourly(pricing.get("spot"), digits),
        prepaid=_by_months(pricing.get("prepaid"), digits),
        storage_price=_amount(pricing.get("storage_price_per_gb"), digits, least=1),
        stock=plain(product.get("inventory_state")),
        deployable=flag(product.get("deployable")) is not False,
        purchasable=purchasable is not False,
        currency=currency,
    )


def read_region(row: Any) -> Region | None:
    """Read one region; ``feature`` is known from public clients only (v2, list regions)."""
    region = mapping(row)
    feature = mapping(region.get("feature"))
    return _with_id(
        Region(
            id=identity(region.get("id")),
            name=plain(region.get("name")),
            has_storage=flag(feature.get("network_volume")),
            has_network=flag(feature.get("instance_vpc_network")),
        )
    )


def read_network(row: Any) -> Network | None:
    """Read one network; its page is cut off before the region (v2, list VPC; create has ``region_id``)."""
    network = mapping(row)
    region = identity(network.get("region_id")) or identity(network.get("region"))
    return _with_id(Network(identity(network.get("id")), plain(network.get("name")), region))


def read_storage(row: Any) -> Storage | None:
    """Read one network storage (v1, list network storage); its cluster is v2's region."""
    storage = mapping(row)
    return _with_id(
        Storage(
            id=identity(storage.get("storageId")),
            name=plain(storage.get("storageName")),
            size_gb=whole(storage.get("storageSize")),
            region=identity(storage.get("clusterId")),
        )
    )


def read_auth(row: Any) -> RegistryAuth | None:
    """Read one registry auth (v1, list repository auths); the password is not looked at."""
    auth = mapping(row)
    return _with_id(
        RegistryAuth(identity(auth.get("id")), plain(auth.get("name")), plain(auth.get("username")))
    )


def read_template(row: Any) -> Template | None:
    """Read one template (v2, list templates); what it fills into a body stays exactly as it came."""
    template = mapping(row)
    return _with_id(
        Template(
            id=identity(template.get("id")),
            name=plain(template.get("name")),
            image=identity(template.get("image"), LONGEST_IMAGE),
            registry_auth_id=identity(template.get("registry_auth_id")),
            command=text(template.get("command"), LONGEST_COMMAND),
            entrypoint=text(template.get("entrypoint"), LONGEST_COMMAND),
            ports=tuple(port for one in rows(template.get("ports")) for port in _port(mapping(one))),
            envs=tuple(env for one in rows(template.get("envs")) for env in _env(mapping(one))),
            rootfs_size_gb=whole(template.get("rootfs_size_gb"), 1),
            min_cuda_version=identity(template.get("min_cuda_version")),
            description=plain(mapping(template.get("metadata")).get("description")),
        )
    )


def read_images(row: Any) -> tuple[ImageTag, ...]:
    """Read the tags of one image (public clients only), or the image itself where it has none."""
    image = mapping(row)
    tags = [identity(mapping(tag).get("image"), LONGEST_IMAGE) for tag in rows(image.get("tags"))]
    found = [tag for tag in tags if tag] or [identity(image.get("image"), LONGEST_IMAGE)]
    return tuple(ImageTag(one) for one in dict.fromkeys(found) if one)


def read_balance(answer: Any) -> Decimal | None:
    """Return ``availableBalance``: a text in 1/10000 of the currency; below zero where money is owed."""
    available = mapping(answer).get("availableBalance")
    if not isinstance(available, str) or not _AMOUNT.fullmatch(available):
        return None
    return _decimal(int(available), _BALANCE_DIGITS)


def _row(row: Any) -> Mapping[str, Any]:
    return mapping(row)


def _with_id(value: _Placed) -> _Placed | None:
    return value if value.id else None


def _bounds(low: Any, high: Any) -> tuple[int | None, int | None]:
    """Return a least and a most; neither where they contradict each other and nothing would fit."""
    least, most = whole(low), whole(high, 1)
    contrary = least is not None and most is not None and least > most
    return (None, None) if contrary else (least, most)


def _decimal(amount: int, digits: int) -> Decimal:
    # From text: arithmetic on Decimals would round to the context's precision.
    return Decimal(f"{amount}E-{digits}")


def _amount(value: Any, digits: int | None, least: int = 0) -> Decimal | None:
    amount = whole(value, least, _LARGEST_AMOUNT)
    return None if amount is None or digits is None else _decimal(amount, digits)


def _price(block: Mapping[str, Any], digits: int | None) -> Price | None:
    final, listed = _amount(block.get("final_price"), digits), _amount(block.get("base_price"), digits)
    if final is None or (final == 0 and not listed):
        return None  # nothing to pay of nothing is a price that was left out
    return Price(final, listed)


def _hourly(value: Any, digits: int | None) -> Price | None:
    """Read a price for one hour; one in an unknown unit is not known."""
    block = mapping(value)
    return _price(block, digits) if block.get("unit", "per_hour") == "per_hour" else None


def _by_months(value: Any, digits: int | None) -> dict[int, Price]:
    """Read what so many months cost; of two prices for the same time the higher one."""
    prices: dict[int, Price] = {}
    for block in map(mapping, rows(value)):
        months, price = whole(block.get("duration_months"), 1), _price(block, digits)
        if months is None or price is None:
            continue
        if months not in prices or price.final > prices[months].final:
            prices[months] = price
    return dict(sorted(prices.items()))


def _port(port: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    number, protocol = whole(port.get("port"), 1, 65535), identity(port.get("protocol"))
    return ((number, protocol),) if number is not None and protocol else ()


def _env(env: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    key, value = text(env.get("key"), 511), env.get("value", "")
    sound = bool(key) and isinstance(value, str) and text(value) == value
    return ((key, value),) if sound else ()
