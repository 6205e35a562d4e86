"""What fills a field with a click: templates, and values that are proposed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ppio_widgets.cards.html import esc, html
from ppio_widgets.request.choices import cuda_proposal, offered
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.validation import corrected_address, field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.segments import Segments
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import ipywidgets as w

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Template
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.view import Guarded

MOST_TEMPLATES = 8
# The last chip, which is no template: it offers those of strangers.
STRANGERS = "strangers"


class TemplateChips(Part):
    """The templates as chips: one fills what is empty at once, and asks before it replaces what was typed.

    `parts` are to be shown; `on_arrange` is called when they are others.
    """

    def __init__(self, owner: Guarded, on_arrange: Callable[[], None]) -> None:
        super().__init__(owner)
        self._on_arrange = on_arrange
        self._with_strangers = False
        self._asked = ""  # the template that waits for a Replace
        chosen, options = self._templates()
        name = self.say("template.choice")
        self._chips = Segments(
            self,
            name,
            self._on_chip,
            on_arrange,
            options=options,
            value=chosen,
            look="ppw-chips",
            classes=["ppw-step"],
        )
        self.parts: list[w.Widget] = self._chips.parts
        self._hear(self.session, self._offer, "snapshot", "filled", "proposed")

    @cached_property
    def _what(self) -> w.HTML:
        return theme.html("", "ppw-below")

    @cached_property
    def _replace(self) -> w.Button:
        return self._button(self.say("template.replace"), self._on_replace, "ppw-below")

    def _offer(self) -> None:
        """Offer the templates that there are by now, those of strangers only when they were asked for."""
        chosen, options = self._templates()
        asked = next((one for one in self._offered if one.id == self._asked), None)
        # News of the catalogue withdraw no question that is open; a draft that leaves none does.
        typed = self.session.filling(asked).overwrites if asked is not None else []
        self._chips.show(self._asked if typed else chosen, options)
        self._ask(typed)

    @property
    def _offered(self) -> list[Template]:
        return offered(self.session.snapshot.templates, strangers=self._with_strangers)

    def _templates(self) -> tuple[str, list[tuple[str, str]]]:
        """Return which template is chosen, by its image, and all that are offered."""
        found = self._offered
        image = self.session.draft.get("image")
        chosen = next((one.id for one in found if one.image == image), "")
        chips, used = [], {self.say("template.strangers")}
        for one in found[:MOST_TEMPLATES]:
            name = one.name or one.id  # a page checks the first of equal words
            chips.append((f"{name} ({one.id})" if name in used else name, one.id))
            used.add(name)
        if len(found) < len(self.session.snapshot.templates):
            chips.append((self.say("template.strangers"), STRANGERS))
        return chosen, chips

    def _ask(self, overwritten: Sequence[Path]) -> None:
        """Say what choosing it would replace, with the button that does it; nothing without any."""
        self._asked = self._chips.value if overwritten else ""
        if overwritten:
            names = ", ".join(field_name(path, self.say) for path in overwritten)
            self._what.value = html(
                "<span class=ppw-bad>{}</span>", self.say("template.overwrites", fields=names)
            )
        told = [self._what, self._replace] if overwritten else []
        if self._are_none:
            self._what.value = html("<span class=ppw-quiet>{}</span>", self.say("template.none"))
            told = [self._what]
        parts = [*self._chips.parts, *told]
        if parts != self.parts:
            self.parts = parts
            self._on_arrange()

    @property
    def _are_none(self) -> bool:
        """Whether the catalogue told that there is no template."""
        return "templates" in self.session.snapshot.told and not self.session.snapshot.templates

    @property
    def _chosen(self) -> Template | None:
        templates = self.session.snapshot.templates
        return next((one for one in templates if one.id == self._chips.value), None)

    def _on_chip(self) -> None:
        self._asked = ""
        if self._chips.value == STRANGERS:
            self._with_strangers = True
            self._offer()
        chosen = self._chosen
        if chosen is None:
            return
        typed = self.session.filling(chosen).overwrites
        if typed:
            self._ask(typed)
        else:
            self.session.choose(chosen)

    def _on_replace(self) -> None:
        chosen, self._asked = self._chosen, ""
        if chosen is not None:
            self.session.choose(chosen)


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
    """Says why a value is proposed, with a button that applies it; nothing while there is none.

    `parts` are to be shown; `on_arrange` is called when they are others.
    """

    def __init__(
        self,
        owner: Guarded,
        propose: Callable[[Mapping[str, Any], Words], Proposed | None],
        on_applied: Callable[[str], None],
        on_arrange: Callable[[], None],
    ) -> None:
        super().__init__(owner)
        self._propose = propose
        self._on_applied = on_applied
        self._on_arrange = on_arrange
        self.parts: list[w.Widget] = self._found()
        self._hear(self.session, self._show, "draft")

    @cached_property
    def _reason(self) -> w.HTML:
        return theme.html("", "ppw-below", "ppw-quiet")

    @cached_property
    def _apply(self) -> w.Button:
        return self._button("", self._on_apply, "ppw-below", "ppw-find")

    def _show(self) -> None:
        parts = self._found()
        if parts != self.parts:
            self.parts = parts
            self._on_arrange()

    def _found(self) -> list[w.Widget]:
        found = self._propose(self.session.draft, self.say)
        if found is None:
            return []
        self._apply.description = found.label
        if not found.reason:
            return [self._apply]
        self._reason.value = esc(found.reason)
        return [self._reason, self._apply]

    def _on_apply(self) -> None:
        found = self._propose(self.session.draft, self.say)
        if found is not None:
            self._on_applied(found.value)
