"""The products as a person chooses one: which fit, in what order, and the cells of each in a table."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ppio_widgets.locale.columns import fitted, width
from ppio_widgets.locale.text import visible
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price


class Page(NamedTuple):
    """The products that are shown, so many of them `fitting`, of so many that were `found`."""

    shown: tuple[Offer, ...]
    fitting: int
    found: int


@dataclass(frozen=True)
class Wanted:
    """What a person looks for."""

    text: str = ""  # words that all have to occur in the id, the name or the GPU's name
    memory_gb: int = 0  # at least so much, see `memory_of`; 0: any
    region: str = ""  # empty, as mode and type: any
    mode: str = ""
    type: str = ""
    in_stock: bool = False  # only what can be launched now

    def found_in(self, offers: Iterable[Offer]) -> list[Offer]:
        """Return what fits: GPUs first, then what can be launched now, then what costs least."""
        words = self.text.casefold().split()
        return sorted((offer for offer in offers if self._fits(offer, words)), key=self._rank)

    def page(
        self, offers: Mapping[str, Offer], most: int, chosen: str = "", earlier: Sequence[str] = ()
    ) -> Page:
        """Return so many products that fit: those of `earlier` first, in that order.

        What is chosen is always among them, before the others where it does not fit.
        """
        found = self.found_in(offers.values())
        places = {one: number for number, one in enumerate(earlier)}
        found.sort(key=lambda offer: places.get(offer.id, len(places)))
        shown, fits = found[:most], {offer.id for offer in found}
        if chosen in offers and chosen not in [offer.id for offer in shown]:
            shown = [offers[chosen], *shown][:most]
        return Page(tuple(shown), sum(offer.id in fits for offer in shown), len(found))

    def _rank(self, offer: Offer) -> tuple[object, ...]:
        least = least_cost(offer, self.mode)
        return (offer.type == "cpu", not offer.available, least is None, least or 0, offer.id)

    def _fits(self, offer: Offer, words: list[str]) -> bool:
        known = f"{offer.id} {offer.name} {offer.gpu_name} {memory_of(offer) or ''}gb".casefold()
        return (
            all(word in known for word in words)
            and (not self.memory_gb or (memory_of(offer) or 0) >= self.memory_gb)
            and (not self.region or offer.sold_in(self.region))
            and (not self.type or self.type == offer.type)
            and (not self.mode or not offer.modes or self.mode in offer.modes)
            and (not self.in_stock or offer.available)
        )


def least_cost(offer: Offer, mode: str = "") -> Decimal | None:
    """Return what the smallest launch costs in an hour: eight times the price where only eights are sold."""
    price = _hourly(offer, mode)
    return None if price is None else price.final * (offer.gpu_min or 1)


def memory_of(offer: Offer) -> int | None:
    """Return the GB of memory that a product is chosen by: of one GPU, or of a CPU product."""
    return offer.memory_gb if offer.type == "cpu" else offer.gpu_memory_gb


def closest_offer(text: str, offers: Sequence[Offer]) -> Offer | None:
    """Return the product that was likely meant by an id that is not there, or by a name."""
    named = Wanted(text).found_in(offers)
    if named:
        return named[0]
    by_id = {offer.id.casefold(): offer for offer in offers}
    close = difflib.get_close_matches(text.casefold(), by_id, 1)
    return by_id[close[0]] if close else None


def offer_row(offer: Offer, mode: str, say: Words) -> str:
    """Return a product as one line: ``A100 80 GB · 8 GPU max · 6 free · ¥12.60/h``."""
    name = offer.title
    memory = f"{offer.gpu_memory_gb} GB" if offer.gpu_memory_gb else ""
    parts = [f"{name} {memory}".strip() if memory not in name else name]
    if offer.type == "cpu":
        parts += [say("product.cores", n=offer.cpu)] if offer.cpu else []
        parts += [say("product.host_memory", n=offer.memory_gb)] if offer.memory_gb else []
    if offer.gpu_max is not None:
        parts.append(say("product.max", n=offer.gpu_max))
    if offer.gpu_free is not None:
        parts.append(say("product.free", n=offer.gpu_free))
    price = _hourly(offer, mode)
    known = "" if price is None else shown(price.final, offer.currency)
    parts.append(say("product.price", price=known) if known else say("product.no_price"))
    if not offer.allowed:
        parts.append(say("product.not_allowed"))
    elif not (offer.deployable and offer.purchasable):
        parts.append(say("product.blocked"))
    elif not offer.available:
        parts.append(say("product.sold_out"))
    return " · ".join(parts)


# The columns of the table and how wide each may get. Those between the first and the last are written in
# narrow characters alone: a wide one is as wide as the font likes.
_WIDEST = {"gpu": 20, "memory": 8, "on_demand": 11, "spot": 11, "free": 5, "host": 14, "regions": 0}
_ON_THE_RIGHT = ("memory", "on_demand", "spot", "free")
MOST_NAMED_REGIONS = 2
GAP = "  "  # between two columns
# A blank at which no line ends: a page too narrow for a row leaves out whole cells, never half of a price.
_BLANK = "\u00a0"


class Column(NamedTuple):
    """A column of the table: its head, how many characters wide it is, and on which side its cells stand."""

    head: str
    width: int
    on_right: bool


class Table(NamedTuple):
    """A table of products: its columns, and a row of each product as one text; no two rows are the same.

    Between the first cell of a row and the others stands a tab, for a stop behind the first column.
    """

    columns: tuple[Column, ...]
    rows: tuple[str, ...]


def table(offers: Sequence[Offer], say: Words) -> Table:
    """Return a table of products."""
    kind = "cpu" if any(offer.type == "cpu" for offer in offers) else "gpu"
    head = {name: say.first(f"product.column.{name}@{kind}", f"product.column.{name}") for name in _WIDEST}
    rows = [{name: _on_one_line(cell) for name, cell in _cells(offer, say).items()} for offer in offers]
    for row in rows:
        row["gpu"] = fitted(row["gpu"], _WIDEST["gpu"])
        row["regions"] = row["regions"].replace(" ", _BLANK)
    names = Counter(row["gpu"] for row in rows)
    for offer, row in zip(offers, rows, strict=True):
        if names[row["gpu"]] > 1:  # told apart at the end, where there is room
            row["regions"] = f"{row['regions']}{GAP}{_on_one_line(offer.id)}".strip()
    columns = {}
    for name, most in _WIDEST.items():
        widest = max((width(row.get(name, "")) for row in rows), default=0)
        wide = max(width(head[name]), min(most, widest))  # the last one is as wide as the page leaves it
        columns[name] = Column(head[name], wide, name in _ON_THE_RIGHT)
    return Table(tuple(columns.values()), tuple(_line(row, columns) for row in rows))


def _on_one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _line(cells: Mapping[str, str], columns: Mapping[str, Column]) -> str:
    first, *between, _last = (_cell(cells[name], column) for name, column in columns.items() if name in cells)
    return f"{first.rstrip()}\t{GAP.join([*between, cells['regions']])}".rstrip()


def _cell(text: str, column: Column) -> str:
    cut = fitted(text, column.width)
    blanks = " " * (column.width - width(cut))
    return (blanks + cut if column.on_right else cut + blanks).replace(" ", _BLANK)


def _cells(offer: Offer, say: Words) -> dict[str, str]:
    memory, least = memory_of(offer), offer.gpu_min or 1
    name = offer.title
    memory_gb = offer.memory_gb if offer.type != "cpu" else None  # of a CPU product it has a column
    host = filter(None, [f"{offer.cpu}" if offer.cpu else "", f"{memory_gb} GB" if memory_gb else ""])
    free = "" if offer.gpu_free is None else str(offer.gpu_free)
    why = ""
    if not offer.allowed:
        free, why = "–", say("product.not_allowed")
    elif not (offer.deployable and offer.purchasable):
        free, why = "–", say("product.not_sold")
    elif not offer.available:
        free, why = "0", say("product.sold_out")
    many = len(offer.regions) > MOST_NAMED_REGIONS
    regions = say("product.regions", n=len(offer.regions)) if many else ", ".join(offer.regions)
    cells = {
        "gpu": say("product.from", name=name, n=least) if least > 1 else name,
        "memory": f"{memory} GB" if memory else "",
        "on_demand": _amount(offer.postpaid, offer),
        "spot": _amount(offer.spot, offer),
        "free": free,
    }
    # Why it cannot be launched stands where every page has room, in the place of what it would have.
    return {**cells, "regions": why} if why else {**cells, "host": " · ".join(host), "regions": regions}


def _amount(price: Price | None, offer: Offer) -> str:
    return "–" if price is None else shown(price.final, offer.currency)


def _hourly(offer: Offer, mode: str) -> Price | None:
    return offer.spot if mode == BillingMode.SPOT else offer.postpaid
