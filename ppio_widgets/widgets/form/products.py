"""The first step: the table of products, the filters above it, and a product by its id."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.cards.html import esc, html
from ppio_widgets.request.pricing import is_cpu
from ppio_widgets.request.products import Wanted, table
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.request.offers import Offer
    from ppio_widgets.widgets.view import Guarded

FEW, MANY = 12, 50
# At most so many sizes of memory are filters, the common ones.
_SIZES = (24, 48, 80)


class ProductTable(Part):
    """One row for each product, of which one is chosen; `on_chosen` is called with its id.

    A filter never changes what is chosen: that stays the first row, also when it does not fit. An order that
    a person has seen stays until a filter changes it, whatever the catalogue tells anew.
    """

    def __init__(self, owner: Guarded, on_chosen: Callable[[str], None]) -> None:
        super().__init__(owner)
        say = self.say
        self._on_chosen = on_chosen
        self._most = FEW
        self._order: list[str] = []
        self._head = theme.html(
            html("<h3>{} <small>{}</small></h3>", say("product.head"), say("product.note")), "ppw-head"
        )
        self._text = theme.control(
            w.Text, "ppw-search", description=say("product.text"), placeholder=say("hint.product_id")
        )
        chip = {"indent": False, "value": False}
        self._in_stock = theme.control(w.Checkbox, "ppw-chip", description=say("product.in_stock"), **chip)
        self._spot = theme.control(w.Checkbox, "ppw-chip", description=say("product.spot"), **chip)
        self._memory = theme.control(
            w.RadioButtons, "ppw-chips", description=say("product.memory"), options=self._sizes()
        )
        self._region = theme.control(w.Dropdown, "ppw-region", description=say("product.region"))
        self._kind = theme.control(
            w.RadioButtons,
            "ppw-segments",
            description=say("product.kind"),
            options=[(say(f"product.kind.{kind}"), kind) for kind in ("gpu", "cpu")],
        )
        self._list = theme.control(w.RadioButtons, "ppw-offers", description=" ", options=[])
        self._count = theme.html("", "ppw-quiet")
        self._more = self._button("", self._on_more, "ppw-link")
        filters = [self._kind, self._text, self._in_stock, self._memory, self._spot, self._region]
        self.box = theme.box([self._head, *filters, self._list, self._count, self._more], "f-product_id")
        for control in filters:
            self._hear(control, self._on_filter, "value")
        self._text.on_msg(self._on_message)
        self._hear(self._list, self._on_row, "value")
        self.show()
        self._hear(self.session, self.show, "snapshot", "filled", "proposed")

    def show(self) -> None:
        """Show what fits the filters, in the order in which it was shown before."""
        self._fill([self._offers[one] for one in self._order if one in self._offers])

    @property
    def _offers(self) -> dict[str, Offer]:
        return {offer.id: offer for offer in self.session.snapshot.products}

    @property
    def _wanted(self) -> Wanted:
        return Wanted(
            self._text.value,
            self._memory.value or 0,
            self._region.value or "",
            "spot" if self._spot.value else "",
            self._kind.value or "gpu",
            self._in_stock.value,
        )

    def _fill(self, earlier: Sequence[Offer]) -> None:
        """Show the rows that fit: those of `earlier` first, in that order."""
        chosen = str(self.session.draft.get("product_id") or "")
        with self._filling():
            self._kind.value = "cpu" if is_cpu(self.session.draft) else "gpu"
            offers = [offer for offer in self._offers.values() if offer.type == self._kind.value]
            regions = sorted({region for offer in offers for region in offer.regions})
            any_region = (self.say("product.any_region"), "")
            theme.offer(self._region, [any_region, *((region, region) for region in regions)])
            fits = self._wanted.found_in(offers)
            places = {offer.id: number for number, offer in enumerate(earlier)}
            fits.sort(key=lambda offer: places.get(offer.id, len(places)))
            shown = fits[: self._most]
            if chosen in self._offers and chosen not in [offer.id for offer in shown]:
                shown = [self._offers[chosen], *shown][: self._most]
            self._order = [offer.id for offer in shown]
            head, rows = table(shown, self.say)
            options = tuple(zip(rows, self._order, strict=True))
            value = chosen if chosen in self._order else None
            with self._list.hold_sync():  # new options choose the first one
                if options != tuple(self._list.options):
                    self._list.options = options
                if self._list.value != value:
                    self._list.value = value
                self._list.description = head
        self._tell(len(shown), len(fits), len(offers))

    def _tell(self, shown: int, fit: int, known: int) -> None:
        say, typed = self.say, self._text.value.strip()
        counted = say("product.count", shown=shown, found=fit, known=known)
        self._count.value = esc(counted if known else say("product.none_known"))
        few = self._most == FEW
        self._more.description = say("product.more", n=MANY) if few else say("product.fewer", n=FEW)
        parts = [self._list, self._count, self._more if fit > FEW else None]
        if typed and not fit:
            self._take.description = say("product.take_id", id=typed)
            parts.append(self._take)
        theme.fill(self.box, [*self.box.children[:7], *parts])

    @cached_property
    def _take(self) -> w.Button:
        return self._button("", lambda: self._on_chosen(self._text.value.strip()), "ppw-link")

    def _sizes(self) -> list[tuple[str, int]]:
        say = self.say
        return [(say("product.any"), 0), *((say("product.least_memory", n=n), n) for n in _SIZES)]

    def _on_filter(self) -> None:
        if self._kind.value != ("cpu" if is_cpu(self.session.draft) else "gpu"):
            self.session.set(("type",), "cpu" if self._kind.value == "cpu" else None)
        self._fill([])

    def _on_more(self) -> None:
        self._most = MANY if self._most == FEW else FEW
        self._fill([])

    def _on_row(self) -> None:
        if self._list.value is not None:
            self._on_chosen(self._list.value)

    def _on_message(self, _text: Any, message: Any, _buffers: Any) -> None:
        if message.get("event") == "submit":
            self._on_news(self._on_enter, None)

    def _on_enter(self) -> None:
        """Take the first row that fits, or what was typed as an id."""
        typed = self._text.value.strip()
        found = self._wanted.found_in(self._offers.values())
        if found or typed:
            self._on_chosen(typed if typed in self._offers or not found else found[0].id)
            self.show()
