"""Controls of single values: one field of the body each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale.text import visible, whole
from ppio_widgets.request.envref import EnvRef, reference
from ppio_widgets.request.schema import Leaf, Path, leaves, pattern
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.suggestions import SUGGESTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets as w

    from ppio_widgets.locale import Words

# Controls whose content is short get a short box.
_SHORT = ("whole", "choice")
# And those that are long get all the room there is.
_WIDE = ("image", "entrypoint", "command")
# What is pasted into these may have several lines, which an area keeps.
_OF_LINES = ("entrypoint", "command", "envs.*.key", "envs.*.value")
# A one-line control would join them: there the constant script shows this mark for each line break.
LINE_BREAK = "↵"
_BREAKS = re.compile(r"\r\n?|\n")


class Field:
    """A control bound to a path.

    Parameters
    ----------
    path : tuple
        Of the field; in a row, with the row's number left at 0.
    say : Words
    on_change : callable
        Called with the field after a person changed it.
    default : optional
        What the control shows before anything was typed.
    row : int
        Number of its row, from 1; it becomes part of the control's name.

    Attributes
    ----------
    widget : ipywidgets widget
    touched : bool
        Whether a person has changed it.
    """

    _variant = ""  # of its words

    def __init__(
        self,
        path: Path,
        say: Words,
        on_change: Callable[[Field], None],
        *,
        default: Any = None,
        row: int = 0,
    ) -> None:
        self.path = path
        self.touched = False
        self._leaf: Leaf = leaves()[pattern(path)]
        unset = f"unset.{pattern(path)}"
        self._unset_words = say(unset) if unset in say else None
        words = {choice: f"{path[-1]}.{choice}" for choice in self._leaf.choices}
        self._choices = [(say(key) if key in say else choice, choice) for choice, key in words.items()]
        self._on_change = on_change
        self._label = say(f"field.{pattern(path)}{self._variant}")
        self._false_given = default is False
        self._showing = False
        self._has_area = f"{pattern(path)}{self._variant}" in _OF_LINES or _has_lines(default)
        self._ids: dict[str, str] = {}
        self.widget = self._build(say, default, row)
        self.widget.observe(self._on_value, "value")

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

    def suggest(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer what can be chosen, pairs of words and id; an id may still be typed."""
        ids = dict(choices)
        if ids != self._ids and not self._has_area:
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

    def _build(self, say: Words, value: Any, row: int) -> w.Widget:
        key = pattern(self.path)
        size = "ppw-short" if self._leaf.kind in _SHORT else "ppw-wide" if key in _WIDE else ""
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
        hint = f"hint.{key}{self._variant}"
        # A one-line control would drop line breaks at the first key.
        make = theme.text_area if self._has_area else theme.combo if key in SUGGESTED else theme.text
        return make(placeholder=say(hint) if hint in say else "", **traits)

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

    def _on_value(self, _change: Any) -> None:
        if self._showing:
            return
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


def _as_text(value: Any) -> str:
    return "" if value is None else whole(str(value))


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and ("\n" in value or "\r" in value)
