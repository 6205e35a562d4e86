"""Controls of single values: one field of the body each; buttons for fields that the API lacks."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale.text import UNSAID, visible, whole
from ppio_widgets.request.draft import renamed, value_at
from ppio_widgets.request.envref import EnvRef, reference
from ppio_widgets.request.schema import Leaf, Path, dotted, leaves, pattern
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part, close_all, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets as w

    from ppio_widgets.cloud.catalogue import Snapshot
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

MOST_UNKNOWN = 4
LONGEST_NAME = 40


class Field(Part):
    """A control bound to a path; in a row, the path has the row's number left at 0.

    `on_change` is called with the field after a person changed it: from then on it is `touched`.
    `row` is the number of its row, from 1; it becomes part of the control's name.
    """

    _variant = ""  # of its words

    def __init__(
        self,
        path: Path,
        owner: Guarded,
        on_change: Callable[[Field], None],
        *,
        default: Any = None,
        row: int = 0,
    ) -> None:
        super().__init__(owner)
        say = self.say
        self.path = path
        self.touched = False
        self._key = pattern(path)
        self._leaf: Leaf = leaves()[self._key]
        unset = f"unset.{self._key}"
        self._unset_words = say(unset) if unset in say else None
        words = {choice: f"{path[-1]}.{choice}" for choice in self._leaf.choices}
        self._choices = [(say(key) if key in say else choice, choice) for choice, key in words.items()]
        self._on_change = on_change
        self._label = say(f"field.{self._key}{self._variant}")
        self._false_given = default is False
        self._showing = False
        self._has_area = f"{self._key}{self._variant}" in _OF_LINES or _has_lines(default)
        self._ids: dict[str, str] = {}
        self.widget = self._build(default, row)
        self.widget.observe(self._on_value, "value")
        self.suggest()

    @property
    def css(self) -> str:
        """The class by which the stylesheet finds it."""
        return "f-" + "-".join(str(part) for part in self.path if not isinstance(part, int))

    @property
    def value(self) -> Any:
        """What the control says, as typed; None when it says nothing."""
        shown = self.widget.value
        if self._leaf.kind == "switch":
            return True if shown else (False if self._false_given else None)
        if self._one_line and shown not in self._ids:
            shown = shown.replace(LINE_BREAK, "\n")
        return self._ids.get(shown, shown) if shown != "" else None

    @property
    def _one_line(self) -> bool:
        return self._leaf.kind in ("text", "whole") and not self._has_area

    def show(self, value: Any) -> None:
        """Show a value from outside; a person's change is not assumed."""
        self._showing = True
        try:
            self._false_given = value is False
            if self._leaf.kind == "choice" and _as_text(value) not in dict(self.widget.options).values():
                self.widget.options = self._options(value)
            self.widget.value = self._as_shown(value)
        finally:
            self._showing = False

    def suggest(self) -> None:
        """Offer the ids that the catalogue knows by now, by their words; an id may still be typed."""
        if self._key not in _LISTED or self._has_area:
            return
        labels = {one.id: one.label for one in _LISTED[self._key](self.session.shelf)}
        offer = self.session.offer
        if self._key == "candidate_regions.*" and offer is not None and offer.regions:
            labels = {region: labels.get(region, region) for region in offer.regions}
        ids = {label: one for one, label in labels.items()}
        if ids != self._ids:
            self._ids = ids
            self.widget.options = tuple(ids)

    def takes(self, value: Any) -> bool:
        """Whether the control can show a value without losing any of it."""
        return self._leaf.kind != "text" or not _has_lines(value) or self._has_area

    def name(self, row: int) -> None:
        """Name the control after the row it now stands in."""
        self.widget.description = self._named(row)

    def _named(self, row: int) -> str:
        return f"{self._label} {row}" if row else self._label

    def _build(self, value: Any, row: int) -> w.Widget:
        size = "ppw-short" if self._leaf.kind in _SHORT else "ppw-wide" if self._key in _WIDE else ""
        # What stands in a row is arranged by the row.
        classes = [self.css] if row else [one for one in ("ppw-field", size, self.css) if one]
        traits: dict[str, Any] = {
            "description": self._named(row),
            "_dom_classes": classes,
            "value": self._as_shown(value),
        }
        if self._leaf.kind == "switch":
            return theme.check(indent=False, **traits)
        if self._leaf.kind == "choice":
            return theme.choice(options=self._options(value), **traits)
        hint = f"hint.{self._key}{self._variant}"
        # A one-line control would drop line breaks at the first key.
        make = theme.text_area if self._has_area else theme.combo if self._key in _LISTED else theme.text
        return make(placeholder=self.say(hint) if hint in self.say else "", **traits)

    def _as_shown(self, value: Any) -> Any:
        if self._leaf.kind == "switch":
            return value is True
        text = _as_text(value)
        return _BREAKS.sub(LINE_BREAK, text) if self._one_line else text

    def _options(self, value: Any) -> list[tuple[str, str]]:
        """Return the choices; an unknown value from outside stays visible, so that its error has a place."""
        options = [*self._choices]
        if self._unset_words is not None:
            options.insert(0, (self._unset_words, ""))
        text = _as_text(value)
        return options if text in dict(options).values() else [*options, (visible(text) or "—", text)]

    @guarded
    def _on_value(self, _change: Any) -> None:
        if not self._showing:
            self.touched = True
            self._on_change(self)


class RefField(Field):
    """The control of a value that is taken from the kernel's environment: it holds a variable's name."""

    _variant = "@kernel"

    @property
    def value(self) -> EnvRef:
        """The reference, as typed; one without a name is blank."""
        return EnvRef(self.widget.value.strip())

    def _as_shown(self, value: Any) -> str:
        ref = reference(value)
        return "" if ref is None else _as_text(ref.name)


class UnknownFields(Part):
    """Buttons that remove each field that the API does not know, or give it the name that was meant."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        self._found: list[tuple[Path, str]] = []
        self._buttons: list[w.Widget] = []

    def buttons(self) -> list[w.Widget]:
        """Return the buttons for the fields of the draft as it is."""
        found = [
            (path, str(problem.params.get("meant", "")))
            for path, problem in self.session.report.problems.items()
            if problem.code in ("unknown", "unknown_meant")
        ][:MOST_UNKNOWN]
        if found != self._found:
            close_all(self._buttons)
            self._found = found
            self._buttons = [button for path, meant in found for button in self._of(path, meant)]
        return self._buttons

    def _of(self, path: Path, meant: str) -> list[w.Widget]:
        name = dotted(path)
        name = UNSAID if looks_like_key(name) else name
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        remove = theme.button(self.say("problem.remove", name=name), "ppw-fix")
        remove.on_click(partial(self._on_remove, path))
        if not meant or value_at(self.session.draft, (*path[:-1], meant)) is not None:
            return [remove]
        rename = theme.button(self.say("problem.rename", name=name, meant=meant), "ppw-fix")
        rename.on_click(partial(self._on_rename, path, meant))
        return [rename, remove]

    @guarded
    def _on_remove(self, path: Path, _button: Any) -> None:
        self.session.fill(renamed(self.session.draft, path, None))

    @guarded
    def _on_rename(self, path: Path, meant: str, _button: Any) -> None:
        self.session.fill(renamed(self.session.draft, path, meant))


def _as_text(value: Any) -> str:
    return "" if value is None else whole(str(value))


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and ("\n" in value or "\r" in value)
