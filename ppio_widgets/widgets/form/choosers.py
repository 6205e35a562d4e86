"""What stands below a field and fills it: lists of products and templates, values that are proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as w

from ppio_widgets.cards.html import esc
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
from ppio_widgets.widgets.view import Part, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.locale.words import Words
    from ppio_widgets.widgets.view import Guarded


class Opener(Part):
    """A button that opens something below it, which is built when it is first opened.

    The words ``<words>.open`` and ``<words>.close`` stand on the button.
    """

    def __init__(self, owner: Guarded, words: str) -> None:
        super().__init__(owner)
        self._words = words
        self._parts: list[w.Widget] = []
        self._open = theme.button(self.say(f"{words}.open"), "ppw-find")
        self._open.on_click(self._on_open)
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

    @guarded
    def _on_open(self, _button: Any) -> None:
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
        self._filling = False
        self._type = ""
        self.session.observe(self._on_snapshot, "snapshot")
        self.session.observe(self._on_draft, "draft")

    def build(self) -> list[w.Widget]:
        """Return the filters, the list, and how many fit."""
        say, short = self.say, ["ppw-field", "ppw-short"]
        modes = leaves()["billing.mode"].choices
        self._text = theme.text(
            description=say("product.text"), placeholder="A100", _dom_classes=["ppw-field"]
        )
        self._memory = theme.choice(description=say("product.memory"), _dom_classes=short)
        self._region = theme.choice(description=say("product.region"), _dom_classes=short)
        self._mode = theme.choice(
            description=say("product.mode"),
            options=[(say("product.any"), ""), *((mode, mode) for mode in modes)],
            _dom_classes=short,
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
        offers = [offer for offer in self.session.snapshot.products if offer.type == self._type]
        sizes = sorted({size for offer in offers if (size := memory_of(offer))})
        regions = sorted({region for offer in offers for region in offer.regions})
        self._memory.description = self.say.first(f"product.memory@{self._type}", "product.memory")
        self._filling = True
        try:
            _offer_choices(self._memory, [(self.say("product.any"), 0), *((f"≥ {n} GB", n) for n in sizes)])
            _offer_choices(self._region, [(self.say("product.any"), ""), *((one, one) for one in regions)])
            mode = self._mode.value or value_at(self.session.draft, ("billing", "mode"), BillingMode.POSTPAID)
            wanted = Wanted(
                self._text.value, self._memory.value or 0, self._region.value or "", self._mode.value or ""
            )
            found = wanted.found_in(offers)
            rows = [(offer_row(offer, mode, self.say), offer.id) for offer in found[:MOST_MATCHES]]
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
            return self.say("product.none_known")
        return self.say("product.count", shown=min(found, MOST_MATCHES), found=found, known=known)

    @guarded
    def _on_filter(self, _change: Any) -> None:
        if not self._filling:
            self.fill()

    @guarded
    def _on_list(self, change: Any) -> None:
        if not self._filling and change.new is not None:
            self._on_chosen(change.new)

    @guarded
    def _on_snapshot(self, _change: Any) -> None:
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


class TemplateChooser(Opener):
    """The templates: choose one, see what it would overwrite, apply it; nothing is changed before."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner, "template")
        self.session.observe(self._on_session, ["snapshot", "draft"])

    def build(self) -> list[w.Widget]:
        """Return the list, what choosing would fill, and the button that does it."""
        self._choice = theme.choice(
            description=self.say("template.choice"), _dom_classes=["ppw-field"], options=[]
        )
        self._what = theme.html()
        self._apply = theme.button(self.say("template.apply"))
        self._apply.on_click(self._on_apply)
        self._choice.observe(self._on_choice, "value")
        return [self._choice, self._what, self._apply]

    def fill(self) -> None:
        """Show the templates that there are by now."""
        options = [(template.label, template.id) for template in self.session.snapshot.templates]
        if tuple(options) != tuple(self._choice.options):
            self._choice.options = options
        self._tell()

    def _filling(self) -> Filling | None:
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

    def _tell(self) -> None:
        """Say what choosing it fills, and what it would overwrite."""
        filling, say = self._filling(), self.say
        lines: list[str] = []
        if filling is None:
            lines.append(esc(self._why_none()))
        else:
            for key, paths in (("fills", filling.fills), ("overwrites", filling.overwrites)):
                names = ", ".join(field_name(path, say) for path in paths)
                bad = " class=ppw-bad" if key == "overwrites" else ""
                if names:
                    lines.append(f"<span{bad}>{esc(say(f'template.{key}', fields=names))}</span>")
        self._what.value = f"<p>{'<br>'.join(lines) or esc(say('template.same'))}</p>"

    @guarded
    def _on_choice(self, _change: Any) -> None:
        self._tell()

    @guarded
    def _on_apply(self, _button: Any) -> None:
        filling = self._filling()
        if filling is not None:
            self.session.fill(filling.draft)

    @guarded
    def _on_session(self, change: Any) -> None:
        if self.is_open:
            self.fill() if change.name == "snapshot" else self._tell()


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
        self._reason: w.HTML | None = None
        self._apply: w.Button | None = None
        self.box = theme.box([], "ppw-chooser")
        self._show()
        self.session.observe(self._on_draft, "draft")

    def _show(self) -> None:
        found = self._propose(self.session.draft, self.say)
        if found is None:
            if self.box.children:
                self.box.children = []
            return
        if self._reason is None or self._apply is None:
            self._reason = theme.html("", "ppw-quiet")
            self._apply = theme.button("")
            self._apply.on_click(self._on_apply)
        self._reason.value = esc(found.reason)
        self._apply.description = found.label
        if not self.box.children:
            self.box.children = [self._reason, self._apply] if found.reason else [self._apply]

    @guarded
    def _on_draft(self, _change: Any) -> None:
        self._show()

    @guarded
    def _on_apply(self, _button: Any) -> None:
        found = self._propose(self.session.draft, self.say)
        if found is not None:
            self._on_applied(found.value)
