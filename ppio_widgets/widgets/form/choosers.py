"""Finding a product: filters over a short list, built when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.cards.html import esc
from ppio_widgets.request.choices import MOST_MATCHES, Wanted, memory_of, offer_row
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.pricing import is_cpu
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.opener import Opener
from ppio_widgets.widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words

_MODES = ("postpaid", "prepaid", "spot")


class ProductChooser(Opener):
    """A button under the product's field that opens filters and a list.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    show_fault : callable
        See `view.Guarded`.
    on_chosen : callable
        Called with the id of the product that was chosen.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        on_chosen: Callable[[str], None],
    ) -> None:
        super().__init__(session, say, show_fault, "product")
        self._on_chosen = on_chosen
        self._filling = False
        self._type = ""
        session.observe(self._on_shelf, "shelf")
        session.observe(self._on_draft, "draft")

    def build(self) -> list[w.Widget]:
        """Return the filters, the list, and how many fit."""
        say = self._say
        self._text = theme.text(
            description=say("product.text"), placeholder="A100", _dom_classes=["ppw-field"]
        )
        self._memory = theme.choice(
            description=say("product.memory"), _dom_classes=["ppw-field", "ppw-short"]
        )
        self._region = theme.choice(
            description=say("product.region"), _dom_classes=["ppw-field", "ppw-short"]
        )
        self._mode = theme.choice(
            description=say("product.mode"),
            options=[(say("product.any"), ""), *((mode, mode) for mode in _MODES)],
            _dom_classes=["ppw-field", "ppw-short"],
        )
        self._list = theme.select(description=say("product.list"), _dom_classes=["ppw-offers"])
        self._count = theme.html("", "ppw-quiet")
        for widget in (self._text, self._memory, self._region, self._mode):
            widget.observe(self._on_filter, "value")
        self._list.observe(self._on_list, "value")
        return [self._text, self._memory, self._region, self._mode, self._list, self._count]

    def fill(self) -> None:
        """Show what fits the filters; each message is sent only when something changes."""
        self._type = self._wanted_type()
        offers = [offer for offer in self.session.shelf.products if offer.type == self._type]
        sizes = sorted({size for offer in offers if (size := memory_of(offer))})
        regions = sorted({region for offer in offers for region in offer.regions})
        self._memory.description = self._say.first(f"product.memory@{self._type}", "product.memory")
        self._filling = True
        try:
            _offer_choices(self._memory, [(self._say("product.any"), 0), *((f"≥ {n} GB", n) for n in sizes)])
            _offer_choices(self._region, [(self._say("product.any"), ""), *((one, one) for one in regions)])
            mode = self._mode.value or value_at(self.session.draft, ("billing", "mode"), "postpaid")
            wanted = Wanted(
                self._text.value, self._memory.value or 0, self._region.value or "", self._mode.value or ""
            )
            found = wanted.found_in(offers)
            rows = [(offer_row(offer, mode, self._say), offer.id) for offer in found[:MOST_MATCHES]]
            _offer_choices(self._list, rows)
            chosen = self.session.draft.get("product_id")
            self._list.value = chosen if chosen in [key for _row, key in rows] else None
            self._count.value = esc(self._counted(len(found), len(offers)))
        finally:
            self._filling = False

    def _wanted_type(self) -> str:
        return "cpu" if is_cpu(self.session.draft) else "gpu"

    def _counted(self, found: int, known: int) -> str:
        if not known:
            return self._say("product.none_known")
        return self._say("product.count", shown=min(found, MOST_MATCHES), found=found, known=known)

    @guarded
    def _on_filter(self, _change: Any) -> None:
        if not self._filling:
            self.fill()

    @guarded
    def _on_list(self, change: Any) -> None:
        if not self._filling and change.new is not None:
            self._on_chosen(change.new)

    @guarded
    def _on_shelf(self, _change: Any) -> None:
        if self.is_open:
            self.fill()

    @guarded
    def _on_draft(self, _change: Any) -> None:
        if self.is_open and self._type != self._wanted_type():
            self.fill()


def _offer_choices(widget: w.Widget, options: list[tuple[str, Any]]) -> None:
    """Change the options of a widget, keeping its value where it is still offered."""
    if tuple(options) == tuple(widget.options):
        return
    value, keys = widget.value, [key for _label, key in options]
    widget.options = options
    if value in keys:
        widget.value = value
    elif not isinstance(widget, w.Select):
        widget.value = keys[0]  # a dropdown without a value shows nothing at all
