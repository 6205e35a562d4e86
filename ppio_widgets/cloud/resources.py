"""What there is to choose from: the calls, each to its end, and each row of an answer as one plain value.

Unknown fields and unknown words break nothing; a field of a wrong kind is not told, and only a row without
an id is no row. What is not named here is dropped on arrival: a registry auth's password reaches no value.
Requests are made on the caller's thread; threads, caching and sharing are others' business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import partial, partialmethod
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppio_widgets.cloud.answers import (
    as_flag,
    as_id,
    as_ids,
    as_mapping,
    as_rows,
    as_text,
    as_whole,
    not_certain,
    plain,
)
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.cloud.paging import Page, Source, ask, by_cursor, by_number, read_page
from ppio_widgets.errors import ApiError
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import (
    BillingMode,
    Network,
    Offer,
    Price,
    PriceTime,
    Region,
    RegistryAuth,
    Storage,
    Template,
)
from ppio_widgets.request.pricing import amount, charged
from ppio_widgets.request.rules import Rules, read_rules
from ppio_widgets.runtime import threads
from ppio_widgets.secrets.hosts import NOVITA, PPIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ppio_widgets.secrets.hosts import Host


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T")
_I = TypeVar("_I", bound=_Identified)

PRODUCTS = "/gpus/v2/products"
REGIONS = "/gpus/v2/regions"
NETWORKS = "/gpus/v2/networks"
TEMPLATES = "/gpus/v2/templates"
IMAGES = "/gpus/v2/images"
# These have no v2 page: storages and auths stay on v1, the balance on billing's path.
STORAGES = "/gpu-instance/openapi/v1/networkstorages/list"
AUTHS = "/gpu-instance/openapi/v1/repository/auths"
BALANCE = "/openapi/v1/billing/balance/detail"
BILL = "/openapi/v1/billing/bill/list"
PURCHASES = "/openapi/v1/billing/bill/monthly/list"

# Of a class on a practice cloud.
LESSON = "/practice/v1/lesson"

# No answer names a currency: it follows the host (inferred, PPIO GPU API v2, list products).
CURRENCIES: Mapping[str, str] = {PPIO: "CNY", NOVITA: "USD"}
PRACTICE_CURRENCY = "CNY"

LONGEST_IMAGE = 500  # of a body's image
LONGEST_COMMAND = 2047  # v1; more is no command that a form could send
LONGEST_ENV_KEY = 511

# The API tells no more of a bill at once (PPIO billing, bill list).
MOST_BILLED_DAYS = 31
# So many times that is the whole of a class.
PRACTICE_WINDOWS = 12

_LARGEST_AMOUNT = 10**18
_BALANCE_DIGITS = 4  # balances are in 1/10000 of the currency
_AMOUNT = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


@dataclass(frozen=True)
class Charge:
    """A row of a bill: what one instance was charged for between two moments, in Unix seconds.

    `seconds` is for how long it was billed, None where that is not told. What is `bought` are months.
    """

    instance: str
    product: str
    amount: Decimal
    begins: int
    ends: int
    seconds: int | None = None
    bought: bool = False


@dataclass(frozen=True)
class Bill(Displayed):
    """What an account was charged from one moment to another; what months came to that it bought before."""

    charges: tuple[Charge, ...]
    currency: str
    since: float
    until: float
    practice: bool = False
    bought_before: Decimal = Decimal(0)
    # What the instances are called, by id, as far as that is known.
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """What all of it comes to."""
        return sum((one.amount for one in self.charges), Decimal(0))

    def by_instance(self) -> list[tuple[Charge, ...]]:
        """Return the charges by instance and product, each purchase by itself; what costs most first."""
        found: dict[tuple[str, str, int], list[Charge]] = {}
        for one in self.charges:
            bought = one.begins if one.bought else 0
            found.setdefault((one.instance, one.product, bought), []).append(one)
        return sorted((tuple(row) for row in found.values()), key=lambda row: -sum(one.amount for one in row))

    def __repr__(self) -> str:
        return f"<Bill: {charged(self.total, self.currency)}, {len(self.charges)} rows>"


def ask_bill(source: Source, now: Callable[[], float], days: int | None = None) -> Bill:
    """Return the bill of the last days, 31 at most; `now` is the cloud's time.

    Without `days` a practice cloud is asked for all of it, as months of a class pass in minutes.
    """
    all_of_it = days is None and source.is_practice
    bought = ask(source, PURCHASES, {"category": "gpu"}, lambda reply: read_bill(reply.value, bought=True))
    # Later: that answer told what time it is.
    until = ceil(now())
    window = min(days or MOST_BILLED_DAYS, MOST_BILLED_DAYS) * 86400
    used: list[Charge] = []
    for number in range(PRACTICE_WINDOWS if all_of_it else 1):
        end = until - number * window
        times = {"startTime": str(max(0, end - window)), "endTime": str(end)}
        query = {"cycleType": "Day", "productCategory": "gpu", **times}
        used += ask(source, BILL, query, lambda reply: read_bill(reply.value, bought=False))
    begun = [one.begins for one in (*used, *bought)] if all_of_it else []
    since = min(begun, default=until - window)
    currency = currency_of(source.host, practice=source.is_practice)
    within = tuple(one for one in bought if one.begins >= since)
    before = sum((one.amount for one in bought if one.begins < since), Decimal(0))
    return Bill((*used, *within), currency, since, until, source.is_practice, bought_before=before)


def read_bill(answer: Any, *, bought: bool) -> tuple[Charge, ...] | None:
    """Return the rows of a bill; None where one cannot be read, as the sum would look like all of it."""
    rows = as_mapping(answer).get("bills")
    if not isinstance(rows, list | None) or "bills" not in as_mapping(answer):
        return None
    found = [_charge(as_mapping(row), bought=bought) for row in rows or ()]
    return None if None in found else tuple(one for one in found if one is not None)


def _charge(row: Mapping[str, Any], *, bought: bool) -> Charge | None:
    begins, ends = (_whole_text(row.get(name)) for name in ("startTime", "endTime"))
    instance, amount = as_id(row.get("ownerID")), _charged(row)
    if not instance or amount is None or begins is None or ends is None:
        return None
    seconds = None if bought else _whole_text(row.get("billNum0"))
    return Charge(instance, plain(row.get("productName")), amount, begins, ends, seconds, bought)


def _charged(row: Mapping[str, Any]) -> Decimal | None:
    """Return what is to be paid: an exact text, else a whole number that the row's divisor makes money.

    The whole number can be 0 for a charge that is not (a third party's account), so the text comes first.
    """
    for name in ("payableDecimal", "amountDecimal"):
        text = row.get(name)
        if isinstance(text, str) and _DECIMAL.fullmatch(text):
            return Decimal(text)
    divisor = _whole_text(row.get("pricePrecision"))
    wholes = (_whole_text(row.get(name)) for name in ("payAmount", "amount"))
    whole = next((one for one in wholes if one is not None), None)
    return Decimal(whole) / divisor if whole is not None and divisor else None


def _whole_text(value: Any) -> int | None:
    """Return a whole number that came as one or as text, as 64 bits are written in JSON."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        value = int(value)
    return as_whole(value, 0, _LARGEST_AMOUNT)


def currency_of(host: Host, *, practice: bool) -> str:
    """Return the currency of a cloud; empty where it is not known."""
    return PRACTICE_CURRENCY if practice else CURRENCIES.get(host.base_url, "")


class CatalogueReader:
    """Reads each kind of thing; a failure is raised as a `PpioError` that holds no answer."""

    def __init__(self, source: Source, clock: Callable[[], float] = threads.tick) -> None:
        self.currency = currency_of(source.host, practice=source.is_practice)
        self._source = source
        self._clock = clock

    def offers(self, *, product_type: str = "gpu") -> tuple[Offer, ...]:
        """Return the GPU or CPU products for instances, asked for by billing mode and merged by id."""
        # Without type and category the answer is a 400 (a public client's tests).
        params = {"type": product_type, "category": "instance"}
        read = partial(read_offer, currency=self.currency, product_type=product_type)
        merged: dict[str, Offer] = {}
        listed: dict[str, tuple[str, ...]] = {}
        for mode in BillingMode:
            query = {**params, "billing_method": mode.value}
            for page in by_cursor(self._source, PRODUCTS, query, read):
                for row in self._rows(page):
                    offer = replace(row, time=PriceTime(page.server_time, self._clock()))
                    listed[offer.id] = (*listed.get(offer.id, ()), mode.value)
                    merged[offer.id] = _merge(merged.get(offer.id, offer), offer)
        # Where an answer does not name the modes, the listings that a product is in do.
        return tuple(
            offer if offer.modes else replace(offer, modes=listed[key]) for key, offer in merged.items()
        )

    def images(self) -> tuple[str, ...]:
        """Return the images, each with its tag as a body has it: ``registry/name:tag``."""
        pages = by_cursor(self._source, IMAGES, {}, read_images)
        return tuple(dict.fromkeys(tag for page in pages for tags in self._rows(page) for tag in tags))

    def auths(self) -> tuple[RegistryAuth, ...]:
        """Return the account's registry auths; passwords are dropped, and an error repeats no words."""
        read = partial(read_row, RegistryAuth)
        page = ask(self._source, AUTHS, {}, lambda reply: read_page(reply, read), words=False)
        return _each_id(self._rows(page))

    def balance(self) -> Decimal:
        """Return what the account has left, in the host's currency."""
        return ask(self._source, BALANCE, {}, lambda reply: read_balance(reply.value))

    def rules(self) -> Rules:
        """Return what the lesson of a class allows; a practice cloud that is no class limits nothing."""
        try:
            return ask(self._source, LESSON, {}, lambda reply: read_rules(reply.value.get("allow")))
        except ApiError as error:
            if error.status == 404:
                return Rules()
            raise

    def _all(self, path: str, kind: type[_I], pages: Callable[..., Any] = by_cursor) -> tuple[_I, ...]:
        listed = pages(self._source, path, {}, partial(read_row, kind))
        return _each_id(row for page in listed for row in self._rows(page))

    cpu_offers = partialmethod(offers, product_type="cpu")
    regions = partialmethod(_all, REGIONS, Region)
    networks = partialmethod(_all, NETWORKS, Network)
    templates = partialmethod(_all, TEMPLATES, Template)
    storages = partialmethod(_all, STORAGES, Storage, by_number)

    def _rows(self, page: Page[T]) -> tuple[T, ...]:
        """Return the rows of a page; only one without a list cannot be read."""
        if not page.has_list:
            raise not_certain(self._source.host.name, "shape")
        return page.rows


def _each_id(values: Iterable[_I]) -> tuple[_I, ...]:
    """Return the values, each id once: a listing may move while it is read."""
    return tuple({value.id: value for value in values}.values())


def _merge(known: Offer, offer: Offer) -> Offer:
    """Fill in what one listing did not tell from another one of the same product."""
    told = {
        one.name: getattr(offer, one.name)
        for one in fields(Offer)
        if getattr(known, one.name) in (None, "", (), {})
    }
    return replace(
        known,
        **told,
        deployable=known.deployable or offer.deployable,
        purchasable=known.purchasable or offer.purchasable,
    )


def read_offer(row: Any, currency: str = "", product_type: str = "gpu") -> Offer | None:
    """Read one product of a listing of `product_type` (v2, list products).

    Prices are integers with ``pricing.precision`` decimal digits: without a precision
    no price is known. A limit or a storage price of 0 was left out (a Go server's zero);
    0 free is told. Whatever a CPU product says of GPUs is a zero that was left in.
    """
    product = as_mapping(row)
    key = as_id(product.get("id"))
    if not key or product.get("category") == "serverless":
        return None
    spec = as_mapping(product.get("resource_spec"))
    kind = plain(product.get("type")) or product_type
    gpu = as_mapping(spec.get("gpu")) if kind != "cpu" else {}
    rootfs = as_mapping(spec.get("rootfs"))
    gpu_min, gpu_max = _bounds(gpu.get("min"), gpu.get("max"))
    rootfs_min, rootfs_max = _bounds(rootfs.get("min_gb"), rootfs.get("max_gb"))
    pricing = as_mapping(product.get("pricing"))
    digits = pricing.get("precision")
    purchasable = as_flag(as_mapping(product.get("activity")).get("purchasable"))
    return Offer(
        id=key,
        name=plain(product.get("name")),
        type=kind,
        gpu_name=plain(gpu.get("name")),
        gpu_memory_gb=as_whole(gpu.get("memory_gb"), 1),
        gpu_min=gpu_min,
        gpu_max=gpu_max,
        gpu_free=as_whole(gpu.get("available")),
        cpu=as_whole(spec.get("cpu"), 1),
        memory_gb=as_whole(spec.get("memory_gb"), 1),
        rootfs_min_gb=rootfs_min,
        rootfs_max_gb=rootfs_max,
        rootfs_free_gb=as_whole(rootfs.get("free_gb")),
        regions=as_ids(product.get("region_ids")),
        modes=as_ids(product.get("billing_methods")),
        postpaid=_hourly(pricing.get("postpaid"), digits),
        spot=_hourly(pricing.get("spot"), digits),
        prepaid=_by_months(pricing.get("prepaid"), digits),
        storage_price=_amount(pricing.get("storage_price_per_gb"), digits, least=1),
        stock=plain(product.get("inventory_state")),
        deployable=as_flag(product.get("deployable")) is not False,
        purchasable=purchasable is not False,
        currency=currency,
    )


def read_images(row: Any) -> tuple[str, ...]:
    """Read the tags of one image (public clients only), or the image itself where it has none."""
    image = as_mapping(row)
    tags = [as_id(as_mapping(tag).get("image"), LONGEST_IMAGE) for tag in as_rows(image.get("tags"))]
    found = [tag for tag in tags if tag] or [as_id(image.get("image"), LONGEST_IMAGE)]
    return tuple(dict.fromkeys(filter(None, found)))


def read_balance(answer: Any) -> Decimal | None:
    """Return ``availableBalance``: a text in 1/10000 of the currency; below zero where money is owed."""
    available = as_mapping(answer).get("availableBalance")
    if not isinstance(available, str) or not _AMOUNT.fullmatch(available):
        return None
    return amount(int(available), _BALANCE_DIGITS)


def _bounds(low: Any, high: Any) -> tuple[int | None, int | None]:
    """Return a least and a most; neither where they contradict each other and nothing would fit."""
    least, most = as_whole(low), as_whole(high, 1)
    contrary = least is not None and most is not None and least > most
    return (None, None) if contrary else (least, most)


def _amount(value: Any, digits: Any, least: int = 0) -> Decimal | None:
    return None if as_whole(value, least, _LARGEST_AMOUNT) is None else amount(value, digits)


def _price(block: Mapping[str, Any], digits: Any) -> Price | None:
    final, listed = _amount(block.get("final_price"), digits), _amount(block.get("base_price"), digits)
    if final is None or (final == 0 and not listed):
        return None  # nothing to pay of nothing is a price that was left out
    return Price(final, listed)


def _hourly(value: Any, digits: Any) -> Price | None:
    """Read a price for one hour; one in an unknown unit is not known."""
    block = as_mapping(value)
    return _price(block, digits) if block.get("unit", "per_hour") == "per_hour" else None


def _by_months(value: Any, digits: Any) -> dict[int, Price]:
    """Read what so many months cost; of two prices for the same time the higher one."""
    prices: dict[int, Price] = {}
    for block in map(as_mapping, as_rows(value)):
        months, price = as_whole(block.get("duration_months"), 1), _price(block, digits)
        if months is None or price is None:
            continue
        if months not in prices or price.final > prices[months].final:
            prices[months] = price
    return dict(sorted(prices.items()))


def _network_region(network: Any) -> str:
    # The page of networks is cut off before the region (v2, list VPC; create has ``region_id``).
    return as_id(value_at(network, ("region_id",))) or as_id(value_at(network, ("region",)))


def _ports(value: Any) -> tuple[tuple[int, str], ...]:
    ports = map(as_mapping, as_rows(value))
    read = [(as_whole(one.get("port"), 1, 65535), as_id(one.get("protocol"))) for one in ports]
    return tuple((number, protocol) for number, protocol in read if number is not None and protocol)


def _envs(value: Any) -> tuple[tuple[str, str], ...]:
    envs = map(as_mapping, as_rows(value))
    read = [(as_text(one.get("key"), LONGEST_ENV_KEY), one.get("value", "")) for one in envs]
    return tuple((key, text) for key, text in read if key and isinstance(text, str) and as_text(text) == text)


# How each field of a row is read, and the keys that lead to it. What a template fills into a body stays
# exactly as it came; an auth's password is not looked at.
_COLUMNS: Mapping[type, Mapping[str, tuple[Any, ...]]] = {
    Region: {  # v2, list regions; ``feature`` is known from public clients only
        "id": (as_id, "id"),
        "name": (plain, "name"),
        "has_storage": (as_flag, "feature", "network_volume"),
        "has_network": (as_flag, "feature", "instance_vpc_network"),
    },
    Network: {"id": (as_id, "id"), "name": (plain, "name"), "region": (_network_region,)},
    Storage: {  # v1, list network storage; its cluster is v2's region
        "id": (as_id, "storageId"),
        "name": (plain, "storageName"),
        "size_gb": (as_whole, "storageSize"),
        "region": (as_id, "clusterId"),
    },
    RegistryAuth: {"id": (as_id, "id"), "name": (plain, "name"), "username": (plain, "username")},
    Template: {  # v2, list templates
        "id": (as_id, "id"),
        "name": (plain, "name"),
        "image": (partial(as_id, longest=LONGEST_IMAGE), "image"),
        "registry_auth_id": (as_id, "registry_auth_id"),
        "command": (partial(as_text, longest=LONGEST_COMMAND), "command"),
        "entrypoint": (partial(as_text, longest=LONGEST_COMMAND), "entrypoint"),
        "ports": (_ports, "ports"),
        "envs": (_envs, "envs"),
        "rootfs_size_gb": (partial(as_whole, low=1), "rootfs_size_gb"),
        "min_cuda_version": (as_id, "min_cuda_version"),
        "description": (plain, "metadata", "description"),
        "visibility": (plain, "visibility"),
    },
}


def read_row(kind: type[_I], row: Any) -> _I | None:
    """Read one row as a value of a kind; None without an id."""
    values = {name: read(value_at(row, tuple(path))) for name, (read, *path) in _COLUMNS[kind].items()}
    return kind(**values) if values["id"] else None
