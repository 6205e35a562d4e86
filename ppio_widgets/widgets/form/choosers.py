"""What fills a field with a click: templates, values that are proposed, what opens below a button."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ppio_widgets.cards.html import esc, html
from ppio_widgets.request.choices import Filling, cuda_proposal, fill
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.validation import corrected_address, field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.segments import Segments
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import ipywidgets as w

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.view import Guarded

MOST_TEMPLATES = 8
# What a form says by itself: a template may say it otherwise.
_OFTEN_DEFAULT: tuple[Path, ...] = (("resource", "rootfs_size_gb"),)


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


class TemplateChips(Part):
    """The templates as chips: one fills what is empty at once, and asks before it replaces what was typed.

    `parts` are to be shown; `on_arrange` is called when they are others.
    """

    def __init__(self, owner: Guarded, on_arrange: Callable[[], None]) -> None:
        super().__init__(owner)
        self._on_arrange = on_arrange
        # Before the catalogue told anything.
        self._untold = self.session.snapshot
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
        self._hear(self.session, self._offer, "snapshot", "filled")

    @cached_property
    def _what(self) -> w.HTML:
        return theme.html("", "ppw-below")

    @cached_property
    def _replace(self) -> w.Button:
        return self._button(self.say("template.replace"), self._on_replace, "ppw-below")

    def _offer(self) -> None:
        """Offer the templates that there are by now."""
        self._chips.show(*self._templates())
        self._ask([])

    def _templates(self) -> tuple[str, list[tuple[str, str]]]:
        """Return which template is chosen, by its image, and all of them."""
        templates = self.session.snapshot.templates[:MOST_TEMPLATES]
        image = self.session.draft.get("image")
        chosen = next((one.id for one in templates if one.image == image), "")
        return chosen, [(one.name or one.id, one.id) for one in templates]

    def _ask(self, overwritten: Sequence[Path]) -> None:
        """Say what choosing it would replace, with the button that does it; nothing without any."""
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
        known = self.session.snapshot
        is_told = known is not self._untold and not {"templates"} & {*known.failed, *known.loading}
        return is_told and not known.templates

    def _chosen(self) -> Filling | None:
        templates = self.session.snapshot.templates
        chosen = next((one for one in templates if one.id == self._chips.value), None)
        return None if chosen is None else fill(self.session.draft, chosen)

    def _on_chip(self) -> None:
        filling = self._chosen()
        if filling is None:
            return
        typed = [path for path in filling.overwrites if path not in (("image",), *_OFTEN_DEFAULT)]
        if typed:
            self._ask(typed)
        else:
            self.session.fill(filling.draft)

    def _on_replace(self) -> None:
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
