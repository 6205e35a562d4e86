"""The catalogue's calls: each reads one kind of thing to its end, as plain values.

Every method makes its requests on the caller's thread and raises `PpioError`; threads,
caching and sharing are others' business. No exception that leaves here holds an answer.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppio_widgets.cloud import resources
from ppio_widgets.cloud.answers import not_certain
from ppio_widgets.cloud.paging import Page, Source, ask, by_cursor, by_number, unpaged
from ppio_widgets.errors import ApiError, PpioError
from ppio_widgets.request.offers import Offer, PriceTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal

    from ppio_widgets.request.offers import ImageTag, Network, Region, RegistryAuth, Storage, Template

PRODUCTS = "/gpus/v2/products"
REGIONS = "/gpus/v2/regions"
NETWORKS = "/gpus/v2/networks"
TEMPLATES = "/gpus/v2/templates"
IMAGES = "/gpus/v2/images"
# These have no v2 page: storages and auths stay on v1, the balance on billing's path.
STORAGES = "/gpu-instance/openapi/v1/networkstorages/list"
AUTHS = "/gpu-instance/openapi/v1/repository/auths"
BALANCE = "/openapi/v1/billing/balance/detail"

MODES = ("postpaid", "prepaid", "spot")

T = TypeVar("T")


class CatalogueReader:
    """Reads what there is to choose from.

    Parameters
    ----------
    source : Source
        Makes the requests: a `PpioClient`.
    currency : str
        Of the prices, see `resources.currency_of`.
    host : str
        The server's name, for errors.
    """

    def __init__(self, source: Source, *, currency: str = "", host: str = "") -> None:
        self.currency = currency
        self._source = source
        self._host = host

    def offers(self, *, product_type: str = "gpu", region: str = "") -> tuple[Offer, ...]:
        """Return the products for instances, asked for by billing mode and merged by id.

        Parameters
        ----------
        product_type : str
            ``"gpu"`` or ``"cpu"``.
        region : str
            Only what this region has; every region without it.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        # Without type and category the answer is a 400 (a public client's tests).
        params = {"type": product_type, "category": "instance"}
        if region:
            params["region_ids"] = region
        read = partial(resources.read_offer, currency=self.currency, product_type=product_type)
        merged: dict[str, Offer] = {}
        listed: dict[str, tuple[str, ...]] = {}
        for mode in MODES:
            query = {**params, "billing_method": mode}
            for page in self._pages(by_cursor(self._source, PRODUCTS, query, _single(read))):
                for offer in page.values:
                    listed[offer.id] = (*listed.get(offer.id, ()), mode)
                    known = merged.get(offer.id)
                    told = replace(offer, time=PriceTime(page.server_time))
                    merged[offer.id] = told if known is None else _merge(known, told)
        # Where an answer does not name the modes, the listings that a product is in do.
        return tuple(
            offer if offer.modes else replace(offer, modes=listed[key]) for key, offer in merged.items()
        )

    def cpu_offers(self) -> tuple[Offer, ...]:
        """Return the CPU products for instances."""
        return self.offers(product_type="cpu")

    def regions(self) -> tuple[Region, ...]:
        """Return the public regions."""
        return _each_id(self._all(by_cursor(self._source, REGIONS, {}, _single(resources.read_region))))

    def networks(self) -> tuple[Network, ...]:
        """Return the account's VPC networks."""
        return _each_id(self._all(by_cursor(self._source, NETWORKS, {}, _single(resources.read_network))))

    def templates(self) -> tuple[Template, ...]:
        """Return the templates that the account sees."""
        return _each_id(self._all(by_cursor(self._source, TEMPLATES, {}, _single(resources.read_template))))

    def images(self) -> tuple[ImageTag, ...]:
        """Return the images, one value for each tag."""
        return tuple(dict.fromkeys(self._all(by_cursor(self._source, IMAGES, {}, resources.read_images))))

    def storages(self) -> tuple[Storage, ...]:
        """Return the account's network storages."""
        return _each_id(self._all(by_number(self._source, STORAGES, {}, _single(resources.read_storage))))

    def auths(self) -> tuple[RegistryAuth, ...]:
        """Return the account's registry auths; their passwords are dropped on arrival.

        The server's own words are left out of an error here: only its status and its name
        for the error are kept.
        """
        return _each_id(
            self._all(unpaged(self._source, AUTHS, {}, _single(resources.read_auth)), words=False)
        )

    def balance(self) -> Decimal:
        """Return what the account has left, in the host's currency."""
        amount = ask(self._source.get_reply, BALANCE, {}, lambda reply: resources.read_balance(reply.value))
        if isinstance(amount, PpioError):
            raise amount
        if amount is None:
            raise self._unreadable()
        return amount

    def _all(self, pages: Iterable[Page[T] | PpioError | None], *, words: bool = True) -> list[T]:
        """Return the values of all pages, or raise; no answer is at hand here."""
        return [value for page in self._pages(pages, words=words) for value in page.values]

    def _pages(self, pages: Iterable[Page[T] | PpioError | None], *, words: bool = True) -> Iterator[Page[T]]:
        """Yield all pages, or raise; no answer is at hand here."""
        for page in pages:
            if isinstance(page, PpioError):
                raise page if words else _wordless(page)
            if page is None:
                raise self._unreadable()
            yield page

    def _unreadable(self) -> PpioError:
        return not_certain(self._host, "shape")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_I = TypeVar("_I", bound=_Identified)


def _single(read: Callable[[Any], T | None]) -> Callable[[Any], tuple[T, ...]]:
    def values(row: Any) -> tuple[T, ...]:
        value = read(row)
        return () if value is None else (value,)

    return values


def _each_id(values: Iterable[_I]) -> tuple[_I, ...]:
    """Return the values, each id once: a listing may move while it is read."""
    return tuple({value.id: value for value in values}.values())


def _wordless(error: PpioError) -> PpioError:
    return (
        type(error)(error.code, **{**error.params, "message": ""}) if isinstance(error, ApiError) else error
    )


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
