"""What stands below a field and fills it: lists of products and templates, values that are proposed."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.html import esc, html
from ppio_widgets.request.choices import (
    MOST_MATCHES,
    Filling,
    Wanted,
    cuda_proposal,
    fill,
    memory_of,
    offer_row,
)
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import is_cpu
from ppio_widgets.request.schema import leaves
from ppio_widgets.request.validation import corrected_address, field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.locale.words import Words
    from ppio_widgets.widgets.view import Guarded


class Opener(Part):
    """A button, ``<words>.open``, that opens something below it, which is built when first opened."""

    def __init__(self, owner: Guarded, words: str) -> None:
        super().__init__(owner)
        self._words = words
        self._parts: list[w.Widget] = []
        self._open = self._button(self.say(f"{words}.open"), self._on_open, "ppw-find")
        self.box = theme.box([self._open], "ppw-chooser")

    @property
    def is_open(self) -> bool:
        """Whether something stands below the button."""
        return len(self.box.children) > 1

    def build(self) -> list[w.Widget]:
        """Return what stands below the button, in its order."""
        raise NotImplementedError

    def fill(self) -> None:
        """Bring what stands below the button up to date, before it is shown."""
        raise NotImplementedError

    def shown(self) -> list[w.Widget]:
        """Return what of it is to be seen now."""
        return self._parts

    def fold(self) -> None:
        """Put away what was opened; what was typed there stays."""
        self.box.children = [self._open]
        self._open.description = self.say(f"{self._words}.open")

    def refill(self) -> None:
        """Bring up to date what is open."""
        if self.is_open:
            self.fill()

    def _on_open(self) -> None:
        if self.is_open:
            self.fold()
            return
        self._parts = self._parts or self.build()
        self.fill()
        self.box.children = [self._open, *self.shown()]
        self._open.description = self.say(f"{self._words}.close")


class ProductChooser(Opener):
    """Filters over a short list of products; `on_chosen` is called with the id of one."""

    def __init__(self, owner: Guarded, on_chosen: Callable[[str], None]) -> None:
        super().__init__(owner, "product")
        self._on_chosen = on_chosen
        self._type = ""
        self._hear(self.session, self.refill, "snapshot")
        self._hear(self.session, self._on_draft, "draft")

    def build(self) -> list[w.Widget]:
        """Return the filters, the list, and how many fit."""
        say = self.say
        modes = [(mode, mode) for mode in leaves()["billing.mode"].choices]
        self._text = theme.control(w.Text, "ppw-field", description=say("product.text"), placeholder="A100")
        dropdown = partial(theme.control, w.Dropdown, "ppw-field", "ppw-short")
        self._memory = dropdown(description=say("product.memory"))
        self._region = dropdown(description=say("product.region"))
        self._mode = dropdown(description=say("product.mode"), options=[(say("product.any"), ""), *modes])
        self._list = theme.control(
            w.Select, "ppw-offers", description=say("product.list"), options=[], rows=8
        )
        self._count = theme.html("", "ppw-quiet")
        filters = [self._text, self._memory, self._region, self._mode]
        for widget in filters:
            self._hear(widget, self.fill, "value")
        self._hear(self._list, self._on_list, "value")
        return [*filters, self._list, self._count]

    def fill(self) -> None:
        """Show what fits the filters; each message is sent only when something changes."""
        self._type, draft, say = self._wanted_type(), self.session.draft, self.say
        offers = [offer for offer in self.session.snapshot.products if offer.type == self._type]
        sizes = sorted({size for offer in offers if (size := memory_of(offer))})
        regions = sorted({region for offer in offers for region in offer.regions})
        self._memory.description = say.first(f"product.memory@{self._type}", "product.memory")
        with self._filling():
            theme.offer(self._memory, [(say("product.any"), 0), *((f"≥ {n} GB", n) for n in sizes)])
            theme.offer(self._region, [(say("product.any"), ""), *((one, one) for one in regions)])
            mode = self._mode.value or value_at(draft, ("billing", "mode"), BillingMode.POSTPAID)
            filters = (self._memory.value or 0, self._region.value or "", self._mode.value or "")
            found = Wanted(self._text.value, *filters).found_in(offers)
            rows = tuple((offer_row(offer, mode, say), offer.id) for offer in found[:MOST_MATCHES])
            if rows != tuple(self._list.options):
                self._list.options = rows
            chosen = draft.get("product_id")
            self._list.value = chosen if chosen in [key for _row, key in rows] else None
        shown, known = min(len(found), MOST_MATCHES), len(offers)
        counted = say("product.count", shown=shown, found=len(found), known=known)
        self._count.value = esc(counted if known else say("product.none_known"))

    def _wanted_type(self) -> str:
        return "cpu" if is_cpu(self.session.draft) else "gpu"

    def _on_list(self) -> None:
        if self._list.value is not None:
            self._on_chosen(self._list.value)

    def _on_draft(self) -> None:
        if self._type != self._wanted_type():
            self.refill()


class TemplateChooser(Opener):
    """The templates: choose one, see what it would overwrite, apply it; nothing is changed before."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner, "template")
        self._hear(self.session, self.refill, "snapshot", "draft")

    def build(self) -> list[w.Widget]:
        """Return the list, what choosing would fill, and the button that does it."""
        words = self.say("template.choice")
        self._choice = theme.control(w.Dropdown, "ppw-field", description=words, options=[])
        self._what = theme.html()
        self._apply = self._button(self.say("template.apply"), self._on_apply)
        self._hear(self._choice, self.fill, "value")
        return [self._choice, self._what, self._apply]

    def fill(self) -> None:
        """Show the templates that there are, what the chosen one fills, and what it would overwrite."""
        options = tuple((template.label, template.id) for template in self.session.snapshot.templates)
        if options != tuple(self._choice.options):
            with self._filling():
                self._choice.options = options
        filling, say = self._chosen(), self.say
        if filling is None:
            self._what.value = html("<p>{}</p>", self._why_none())
            return
        lines = []
        for css, key, paths in (("", "fills", filling.fills), ("ppw-bad", "overwrites", filling.overwrites)):
            names = ", ".join(field_name(path, say) for path in paths)
            if names:
                lines.append(html("<span class='{}'>{}</span>", css, say(f"template.{key}", fields=names)))
        self._what.value = html("<p>{}</p>", Markup("<br>").join(lines) or say("template.same"))

    def _chosen(self) -> Filling | None:
        chosen = next((one for one in self.session.snapshot.templates if one.id == self._choice.value), None)
        return None if chosen is None else fill(self.session.draft, chosen)

    def _why_none(self) -> str:
        """Say why none is chosen: nobody chose yet, they are loading, it failed, or there is none."""
        say, state = self.say, self.session.catalogue.state("templates")
        if self.session.snapshot.templates:
            return say("template.choose")
        if state.error is not None:
            return say("catalogue.failed", what=say("catalogue.templates"), reason=state.error.sentence(say))
        return say("template.none" if state.word == "ready" else "catalogue.loading")

    def _on_apply(self) -> None:
        filling = self._chosen()
        if filling is not None:
            self.session.fill(filling.draft)


class Proposed(NamedTuple):
    """What is proposed, and the words for it; no reason where the field's error says it."""

    value: str
    label: str
    reason: str = ""


def cuda_of_tag(draft: Mapping[str, Any], say: Words) -> Proposed | None:
    """Return the CUDA version that the image's tag speaks of, when it is not set already."""
    image = draft.get("image")
    found = cuda_proposal(image) if isinstance(image, str) else None
    if found is None or value_at(draft, ("resource", "min_cuda_version")) == found[0]:
        return None
    version, part = found
    reason = say("advice.cuda", version=version, part=part)
    return Proposed(version, say("advice.cuda.fix", version=version), reason)


def address_without_slips(draft: Mapping[str, Any], say: Words) -> Proposed | None:
    """Return the address that one with blanks or full-width marks was to be."""
    image = draft.get("image")
    address = corrected_address(image) if isinstance(image, str) else None
    return Proposed(address, say("image.correct", address=address)) if address else None


class Proposal(Part):
    """Says why a value is proposed, with a button that applies it; nothing while there is none."""

    def __init__(
        self,
        owner: Guarded,
        propose: Callable[[Mapping[str, Any], Words], Proposed | None],
        on_applied: Callable[[str], None],
    ) -> None:
        super().__init__(owner)
        self._propose = propose
        self._on_applied = on_applied
        self.box = theme.box([], "ppw-chooser")
        self._show()
        self._hear(self.session, self._show, "draft")

    @cached_property
    def _reason(self) -> w.HTML:
        return theme.html("", "ppw-quiet")

    @cached_property
    def _apply(self) -> w.Button:
        return self._button("", self._on_apply)

    def _show(self) -> None:
        found = self._propose(self.session.draft, self.say)
        if found is None:
            theme.fill(self.box, [])
            return
        self._reason.value = esc(found.reason)
        self._apply.description = found.label
        theme.fill(self.box, [self._reason if found.reason else None, self._apply])

    def _on_apply(self) -> None:
        found = self._propose(self.session.draft, self.say)
        if found is not None:
            self._on_applied(found.value)
