"""Controls of single values: one field of the body each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.html import html
from ppio_widgets.locale.text import visible, whole
from ppio_widgets.request.choices import SEGMENTS
from ppio_widgets.request.envref import EnvRef, reference
from ppio_widgets.request.schema import Leaf, Path, is_required, leaves, pattern
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.segments import Segments
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.catalogue import Snapshot
    from ppio_widgets.locale.words import Words
    from ppio_widgets.widgets.view import Guarded

# Controls whose content is short get a short box.
_SHORT = ("whole", "choice")
# And those that are long get all the room there is.
_WIDE = ("image", "entrypoint", "command")
# What is pasted into these may have several lines, which an area keeps.
_OF_LINES = ("entrypoint", "command", "envs.*.key", "envs.*.value")
# A one-line control would join them: there the constant script shows this mark for each line break.
LINE_BREAK = "↵"
_BREAKS = re.compile(r"\r\n?|\n")

# The fields that hold an id of something that the account has, and where it is listed.
_LISTED: Mapping[str, Callable[[Snapshot], tuple[Any, ...]]] = {
    "network.id": lambda shelf: shelf.networks,
    "volumes.*.id": lambda shelf: shelf.storages,
    "registry_auth_id": lambda shelf: shelf.auths,
    "candidate_regions.*": lambda shelf: shelf.regions,
}


# The page behind each question mark: PPIO's own, until `reference/fields.md` has an address to put here.
PAGE = "https://ppio.com/docs/gpus"
# What a newcomer asks, each with its anchor in `reference/fields.md`.
ANCHORS: Mapping[str, str] = {
    "product": "product",
    "resource.rootfs_size_gb": "rootfs",
    "resource.min_cuda_version": "cuda",
    "ports": "port-protocol",
    "network.id": "vpc",
    "candidate_regions": "candidate-regions",
    "auto_migrate.enabled": "auto-migrate",
}


def question(say: Words, name: str) -> Markup:
    """Return a question mark that opens what a field means, in a sentence; nothing where nobody asks."""
    if name not in ANCHORS:
        return Markup()
    return html(
        "<details class=ppw-help><summary aria-label='{}'>?</summary><p>{} "
        "<a href='{}#{}' target=_blank rel=noopener>{}</a></p></details>",
        *(say("help.label"), say(f"help.{name}"), PAGE, ANCHORS[name], say("help.more")),
    )


class Field(Part):
    """A control bound to a path; in a row, the path has the row's number left at 0.

    `on_change` is called with the field after a person changed it: from then on it is `touched`.
    `row` is the number of its row, from 1; it becomes part of the control's name. `on_arrange` is called when
    other `widgets` are to be shown.
    """

    _variant = ""  # of its words

    def __init__(  # noqa: PLR0913 - all by name but the first three
        self,
        path: Path,
        owner: Guarded,
        on_change: Callable[[Field], None],
        *,
        given: Any = None,
        row: int = 0,
        on_arrange: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(owner)
        self.path = path
        self._on_arrange = on_arrange
        self.touched = False
        # The class by which the stylesheet finds it.
        self.css = "f-" + "-".join(str(part) for part in path if not isinstance(part, int))
        self._key = pattern(path)
        self._leaf: Leaf = leaves()[self._key]
        self._given = given
        self._has_area = f"{self._key}{self._variant}" in _OF_LINES or _has_lines(given)
        self._one_line = self._leaf.kind in ("text", "whole") and not self._has_area
        self._on_change = on_change
        self._ids: dict[str, str] = {}
        self.widget = self._build(row)
        self._listen()
        self.suggest()

    @property
    def widgets(self) -> list[w.Widget]:
        """What is to be shown of it."""
        return [self.widget]

    @property
    def after(self) -> str:
        """Behind which part of the control a sentence about it stands, as the end of a selector."""
        return ">.widget-label::after"

    @property
    def value(self) -> Any:
        """What was given or, once a person changed it, what was typed; None for nothing."""
        if not self.touched:
            return self._given
        shown = self.widget.value
        if self._leaf.kind == "switch":
            return True if shown else (False if self._given is False else None)
        if self._one_line and shown not in self._ids:
            shown = shown.replace(LINE_BREAK, "\n")
        return self._ids.get(shown, shown) if shown != "" else None

    def show(self, value: Any) -> None:
        """Show a value from outside, which no person changed yet."""
        self.touched, self._given = False, value
        with self._filling():
            if self._leaf.kind == "choice" and _as_text(value) not in dict(self.widget.options).values():
                self.widget.options = self._options()
            self.widget.value = self._as_shown()

    def suggest(self) -> None:
        """Offer the ids that the catalogue knows by now, by their words; an id may still be typed."""
        self.widget.disabled = self._is_locked
        if self._key not in _LISTED or self._has_area:
            return
        labels = {one.id: one.label for one in _LISTED[self._key](self.session.snapshot)}
        offer = self.session.offer
        if self._key == "candidate_regions.*" and offer is not None and offer.regions:
            labels = {region: labels.get(region, region) for region in offer.regions}
        ids = {label: one for one, label in labels.items()}
        if ids != self._ids:
            self._ids = ids
            self.widget.options = tuple(ids)

    @property
    def _is_locked(self) -> bool:
        """Whether the lesson of a class says the value."""
        return self._key in self.session.snapshot.rules.locked

    def takes(self, value: Any) -> bool:
        """Whether the control can show a value without losing any of it."""
        return self._leaf.kind != "text" or not _has_lines(value) or self._has_area

    def name(self, row: int) -> None:
        """Name the control after the row it now stands in."""
        self.widget.description = self._named(row)

    def _named(self, row: int) -> str:
        label = self.say(f"field.{self._key}{self._variant}")
        return f"{label} {row}" if row else label

    def _build(self, row: int) -> w.Widget:
        kind = self._leaf.kind
        size = "ppw-short" if kind in _SHORT else "ppw-wide" if self._key in _WIDE else ""
        # What stands in a row is arranged by the row.
        classes = [self.css] if row else [one for one in ("ppw-field", size, self.css) if one]
        classes += self._required
        traits: dict[str, Any] = {"description": self._named(row), "value": self._as_shown()}
        if kind == "switch":
            return theme.control(w.Checkbox, *classes, indent=False, **traits)
        if kind == "choice":
            return theme.control(w.Dropdown, *classes, options=self._options(), **traits)
        hint = f"hint.{self._key}{self._variant}"
        traits["placeholder"] = self.say(hint) if hint in self.say else ""
        if self._has_area:  # a one-line control would drop line breaks at the first key
            return theme.control(w.Textarea, *classes, rows=1, **traits)
        return theme.control(w.Combobox if self._key in _LISTED else w.Text, *classes, **traits)

    @property
    def _required(self) -> list[str]:
        return ["ppw-required"] if is_required(self.path) else []

    def _as_shown(self) -> Any:
        if self._leaf.kind == "switch":
            return self._given is True
        text = _as_text(self._given)
        return _BREAKS.sub(LINE_BREAK, text) if self._one_line else text

    def _options(self) -> list[tuple[str, str]]:
        """Return the choices; an unknown value from outside stays visible, so that its error has a place."""
        say, unset = self.say, f"unset.{self._key}"
        options = [(say(unset), "")] if unset in say else []
        for choice in self._leaf.choices:
            words = f"{self.path[-1]}.{choice}"
            options.append((say(words) if words in say else choice, choice))
        text = _as_text(self._given)
        return options if text in dict(options).values() else [*options, (visible(text) or "—", text)]

    def _listen(self) -> None:
        self._hear(self.widget, self._on_value, "value")

    def _on_value(self) -> None:
        self.touched = True
        self._on_change(self)


class SegmentField(Field):
    """The control of a value of which there are a few usual ones, side by side with their price."""

    after = "::after"

    @property
    def widgets(self) -> list[w.Widget]:
        """What is to be shown of it: the choices and, for another value, a control beside them."""
        return self._segments.parts

    @property
    def value(self) -> Any:
        """What was given or, once a person changed it, what was chosen or typed; None for nothing."""
        return (self._segments.value or None) if self.touched else self._given

    def show(self, value: Any) -> None:
        """Show a value from outside, which no person changed yet."""
        self.touched, self._given = False, value
        self._segments.show(_as_text(value), self._choices())

    def suggest(self) -> None:
        """Offer what the product, and a class, allows, at its prices."""
        self._segments.offer(self._choices())
        self._segments.disable(self._is_locked)

    def _build(self, row: int) -> w.Widget:
        hint = f"hint.{self._key}"
        self._segments = Segments(
            self,
            self._named(row),
            self._on_value,
            self._on_arrange or (lambda: None),
            options=self._choices(),
            value=_as_text(self._given),
            other="" if self._leaf.kind == "choice" else self.say("choice.other"),
            hint=self.say(hint) if hint in self.say else "",
            classes=(self.css, *self._required),
        )
        return self._segments.parts[0]

    def _listen(self) -> None:
        """Hear nothing: the segments tell by themselves."""

    def _choices(self) -> list[tuple[str, str]]:
        choices = SEGMENTS[self._key](self.session.offer, self.session.report.body, self.say)
        rules = self.session.snapshot.rules
        return [one for one in choices if self._key != "billing.mode" or rules.bills(one[1])]


class RefField(Field):
    """The control of a value that is taken from the kernel's environment: it holds a variable's name."""

    _variant = "@kernel"

    @property
    def value(self) -> Any:
        """The reference, as given or typed; one without a name is blank."""
        return EnvRef(self.widget.value.strip()) if self.touched else self._given

    def _as_shown(self) -> str:
        ref = reference(self._given)
        return "" if ref is None else _as_text(ref.name)


def _as_text(value: Any) -> str:
    return "" if value is None else whole(str(value))


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and ("\n" in value or "\r" in value)
