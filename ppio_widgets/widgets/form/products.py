"""The first step: the table of products, the filters above it, and a product by its id."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.html import each, esc, html
from ppio_widgets.request.choices import GAP, Wanted, table
from ppio_widgets.request.pricing import type_of
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.fields import question
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.request.choices import Column, Page
    from ppio_widgets.request.offers import Offer
    from ppio_widgets.widgets.view import Guarded

FEW, MANY = 12, 50
# At most so many sizes of memory are filters, the common ones.
_SIZES = (24, 48, 80)
# The head of a column, whose words stand on the left or on the right; `i` and `b` are short.
_LEFT, _RIGHT = "<i style=width:{}ch>{}</i>", "<b style=width:{}ch>{}</b>"


def _head(columns: Sequence[Column]) -> Markup:
    """Return the head of the table: each word in a box as wide as its column, whatever the font."""
    cells = (html(_RIGHT if one.on_right else _LEFT, one.width, one.head) for one in columns)
    return each("{}" + GAP, cells)


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
        title = (say("product.head"), say("product.note"), question(say, "product"))
        self._head = theme.html(html("<h3>{} <small>{}</small>{}</h3>", *title), "ppw-head")
        self._text = self._filter(
            w.Text, "ppw-search", description=say("product.text"), placeholder=say("hint.product_id")
        )
        self._text.on_msg(self._on_message)
        kinds = [(say(f"product.kind.{kind}"), kind) for kind in ("gpu", "cpu")]
        kind = type_of(self.session.draft)
        self._kind = self._filter(
            w.RadioButtons, "ppw-segments", description=say("product.kind"), options=kinds, value=kind
        )
        # The class of this table alone, for what its stylesheet says of single rows.
        self._key = f"r{next(kernel.current().numbers)}"
        self.box = theme.box([self._head, self._kind, self._text], "f-product_id", self._key)
        # Before the catalogue told anything.
        self._untold = None if self._offers else self.session.snapshot
        if self._offers:
            self.show()
        self._hear(self.session, self.show, "snapshot", "filled", "proposed")

    def _filter(self, kind: type[w.Widget], css: str, **traits: Any) -> Any:
        made = theme.control(kind, css, **traits)
        self._hear(made, self._on_filter, "value")
        return made

    # What chooses among products is made when there are some.

    @cached_property
    def _in_stock(self) -> w.Checkbox:
        words = self.say("product.in_stock")
        return self._filter(w.Checkbox, "ppw-chip", description=words, indent=False, value=False)

    @cached_property
    def _spot(self) -> w.Checkbox:
        words = self.say("product.spot")
        return self._filter(w.Checkbox, "ppw-chip", description=words, indent=False, value=False)

    @cached_property
    def _memory(self) -> w.RadioButtons:
        say = self.say
        sizes = [(say("product.any"), 0), *((say("product.least_memory", n=n), n) for n in _SIZES)]
        return self._filter(w.RadioButtons, "ppw-chips", description=self._memory_words, options=sizes)

    @property
    def _memory_words(self) -> str:
        return self.say.first(f"product.memory@{self._kind.value}", "product.memory")

    @cached_property
    def _region(self) -> w.Dropdown:
        words = self.say("product.region")
        return self._filter(w.Dropdown, "ppw-region", description=words, options=self._regions)

    @cached_property
    def _list(self) -> w.RadioButtons:
        made = theme.control(
            w.RadioButtons,
            "ppw-offers",
            description=self._head_row,
            description_allow_html=True,
            options=self._rows,
            value=self._chosen_row,
        )
        self._hear(made, self._on_row, "value")
        return made

    @cached_property
    def _count(self) -> w.HTML:
        return theme.html(self._counted, "ppw-quiet")

    @property
    def _refresh_words(self) -> str:
        return self.say("catalogue.retry" if self.session.snapshot.failed else "catalogue.refresh")

    @cached_property
    def _more(self) -> w.Button:
        return self._button(self.say("product.more", n=MANY), self._on_more, "ppw-link")

    def show(self) -> None:
        """Show what fits the filters, in the order in which it was shown before."""
        self._fill(self._order)

    @property
    def _offers(self) -> dict[str, Offer]:
        return self.session.snapshot.by_id

    @property
    def _chosen(self) -> str:
        return str(self.session.draft.get("product_id") or "")

    @property
    def _wanted(self) -> Wanted:
        if not self._offers:
            return Wanted(self._text.value, type=self._kind.value or "gpu")
        return Wanted(
            self._text.value,
            self._memory.value or 0,
            self._region.value or "",
            "spot" if self._spot.value else "",
            self._kind.value or "gpu",
            self._in_stock.value,
        )

    def _fill(self, earlier: Sequence[str] = ()) -> None:
        """Show the rows that fit: those of `earlier` first, in that order."""
        with self._filling():
            self._kind.value = type_of(self.session.draft)
            if self.session.snapshot is self._untold and not self._text.value:
                return
            offers = {key: one for key, one in self._offers.items() if one.type == self._kind.value}
            regions = sorted({region for offer in offers.values() for region in offer.regions})
            self._regions = [(self.say("product.any_region"), ""), *((region, region) for region in regions)]
            if self._offers:
                theme.offer(self._region, self._regions)
                self._memory.description = self._memory_words
            found = self._wanted.page(offers, self._most, self._chosen, earlier)
            self._order = [offer.id for offer in found.shown]
            rows = table(found.shown, self.say)
            self._head_row = _head(rows.columns)
            self._stop = rows.columns[0].width + len(GAP)
            self._rows = tuple(zip(rows.rows, self._order, strict=True))
            if found.shown:
                with self._list.hold_sync():
                    theme.choose(self._list, self._rows, self._chosen_row)
                    self._list.description = self._head_row
        self._tell(found, len(offers))

    @property
    def _chosen_row(self) -> str | None:
        return self._chosen if self._chosen in self._order else None

    def _tell(self, found: Page, known: int) -> None:
        say, typed, fit = self.say, self._text.value.strip(), found.found
        counted = say("product.count", shown=found.fitting, found=fit, known=known)
        self._counted = self._rules(found.shown) + esc(counted if known else say("product.none_known"))
        self._count.value = self._counted
        self._refresh.description = self._refresh_words
        parts: list[w.Widget | None] = [self._head, self._kind, self._text]
        if self._offers:
            parts += [self._in_stock, self._memory, self._spot, self._region]
        parts += [self._list if found.shown else None, self._count, self._refresh]
        if fit > FEW:
            few = self._most == FEW
            self._more.description = say("product.more", n=MANY) if few else say("product.fewer", n=FEW)
            parts.append(self._more)
        if typed and not fit:
            self._take.description = say("product.take_id", id=typed)
            parts.append(self._take)
        theme.fill(self.box, parts)

    def _rules(self, shown: Sequence[Offer]) -> Markup:
        """Return the rules by which the columns are so wide, and the rows that cannot be launched grey."""
        rows = f".ppw .{self._key} .ppw-offers label"
        gone = [f":nth-child({row})" for row, offer in enumerate(shown, 1) if not offer.available]
        grey = f"{rows}:is({','.join(gone)}){{color:var(--ppw-quiet)}}" if gone else ""
        rules = f"<style>{rows}{{tab-size:{self._stop}}}{grey}</style>" if shown else ""
        return Markup(rules)  # noqa: S704 - numbers of ours

    @cached_property
    def _refresh(self) -> w.Button:
        return self._button(self._refresh_words, partial(self.session.load, anew=True), "ppw-link")

    @cached_property
    def _take(self) -> w.Button:
        return self._button("", lambda: self._on_chosen(self._text.value.strip()), "ppw-link")

    def _on_filter(self) -> None:
        self.session.note_key()
        if self._kind.value != type_of(self.session.draft):
            self.session.set(("type",), "cpu" if self._kind.value == "cpu" else None)
        self._fill()

    def _on_more(self) -> None:
        self._most = MANY if self._most == FEW else FEW
        self._fill()

    def _on_row(self) -> None:
        if self._list.value is not None:
            self._on_chosen(self._list.value)

    def _on_message(self, _text: Any, message: Any, _buffers: Any) -> None:
        if message.get("event") == "submit":
            self._on_news(self._on_enter, None)

    def _on_enter(self) -> None:
        """Take the first row that fits, as they are seen, or what was typed as an id."""
        typed = self._text.value.strip()
        fits = {offer.id for offer in self._wanted.found_in(self._offers.values())}
        first = next((one for one in self._order if one in fits), "")
        if first or typed:
            self._on_chosen(typed if typed in self._offers or not first else first)
            self.show()
