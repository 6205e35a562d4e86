"""What can be rented, as a table: price, stock and id; asked for once, shown as text and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain
from ppio_widgets.cloud.catalogue import open_catalogue
from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.plan import NO_FORMULAS
from ppio_widgets.locale import words
from ppio_widgets.locale.columns import padded, width
from ppio_widgets.request import pricing
from ppio_widgets.request.choices import Wanted
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.locale import Words
    from ppio_widgets.request.offers import Offer, Price

COLUMNS = ("id", "gpu", "most", "free", "stock", "postpaid", "spot")
# A terminal shows so many lines at most; the HTML scrolls.
MOST_LINES = 60
LONGEST_CELL = 40


@dataclass(frozen=True)
class Products:
    """Products as the catalogue listed them.

    Attributes
    ----------
    offers : tuple of Offer
        What can be launched now first, then the cheapest.
    text : str
        What they were filtered by, or empty.
    cloud : str
    """

    offers: tuple[Offer, ...]
    text: str = ""
    cloud: str = ""

    def __len__(self) -> int:
        return len(self.offers)

    def rows(self, say: Words) -> list[tuple[str, ...]]:
        """Return the cells of each product."""
        return [_cells(offer, say) for offer in self.offers]

    def head(self, say: Words) -> str:
        """Return how many there are, where, and what the prices are for."""
        key = "products.head" if self.offers else "products.none_like" if self.text else "products.none"
        return say(key, n=len(self.offers), cloud=self.cloud, text=self.text)

    def __repr__(self) -> str:
        say = words()
        if not self.offers:
            return self.head(say)
        table = [_heads(say), *self.rows(say)[:MOST_LINES]]
        widths = [max(map(width, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(padded, row, widths)).rstrip() for row in table]
        more = len(self.offers) - MOST_LINES
        return "\n".join([self.head(say), *lines, *([say("products.more", n=more)] if more > 0 else [])])

    def _repr_html_(self) -> str:
        say = words()
        head = escape(self.head(say))
        if not self.offers:
            return f"<div class='{NO_FORMULAS}'>{head}</div>"
        heads = "".join(f"<th>{escape(name)}</th>" for name in _heads(say))
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows(say)
        )
        return (
            f"<div class='{NO_FORMULAS}'>{head}<div style='max-height:30em;overflow:auto'>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
        )


def list_products(client: PpioClient, text: str = "") -> Products:
    """List what a cloud's catalogue has, asking it once.

    Parameters
    ----------
    client : PpioClient
    text : str
        Words that all have to occur in the id, the name or the GPU's name.

    Raises
    ------
    PpioError
        When the catalogue cannot be read.
    """
    catalogue = open_catalogue(client, clock=threads.tick)
    error = catalogue.load("offers").error
    if error is not None:
        raise error
    found = Wanted(text).found_in(catalogue.snapshot().offers)
    return Products(tuple(found), text, Target.of(client).words(words()))


def _heads(say: Words) -> tuple[str, ...]:
    return tuple(say(f"products.{column}") for column in COLUMNS)


def _cells(offer: Offer, say: Words) -> tuple[str, ...]:
    memory = "" if offer.gpu_memory_gb is None else f"{offer.gpu_memory_gb} GB"
    gpu = offer.gpu_name or offer.name
    return (
        plain(offer.id),
        plain(gpu if memory in gpu else f"{gpu} {memory}".strip(), LONGEST_CELL),
        _count(offer.gpu_max),
        _count(offer.gpu_free),
        _stock(offer, say),
        _price(offer.postpaid, offer),
        _price(offer.spot, offer),
    )


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _stock(offer: Offer, say: Words) -> str:
    """Return the API's word for the stock, or why it cannot be launched now."""
    if not (offer.deployable and offer.purchasable):
        return say("product.blocked")
    if not offer.available:
        return say("product.sold_out")
    key = f"stock.{offer.stock}"
    return say(key) if key in say else plain(offer.stock, LONGEST_CELL) or "?"


def _price(price: Price | None, offer: Offer) -> str:
    return "-" if price is None else pricing.shown(price.final, offer.currency)
