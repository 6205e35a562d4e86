"""Controls of single values: one field of the body each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.form import theme
from ppio_widgets.request.fields import Leaf, Path, leaves, pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.locale import Words

# Controls whose content is short get a short box.
_SHORT = ("whole", "choice")


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
    optional : bool
        Whether a dropdown may be left unset.

    Attributes
    ----------
    widget : ipywidgets widget
    touched : bool
        Whether a person has changed it.
    """

    def __init__(
        self,
        path: Path,
        say: Words,
        on_change: Callable[[Field], None],
        *,
        default: Any = None,
        optional: bool = False,
    ) -> None:
        self.path = path
        self.touched = False
        self._leaf: Leaf = leaves()[pattern(path)]
        self._optional = optional
        self._on_change = on_change
        self._false_given = False
        self.initial = default
        self.widget = self._build(say)
        self.show(default)
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
        return shown if shown != "" else None

    def show(self, value: Any) -> None:
        """Show a value from outside; a person's change is not assumed."""
        self.widget.unobserve_all("value")
        if self._leaf.kind == "switch":
            self._false_given = value is False
            self.widget.value = value is True
        elif self._leaf.kind == "choice":
            self._show_choice(value)
        else:
            self.widget.value = "" if value is None else str(value)
        self.widget.observe(self._on_value, "value")

    def reset(self) -> None:
        """Forget that it was touched."""
        self.touched = False

    def _show_choice(self, value: Any) -> None:
        wanted = "" if value is None else str(value)
        known = [option[1] for option in self.widget.options]
        if wanted not in known:
            # An unknown value from outside stays visible, so that its error has a place.
            self.widget.options = (*self.widget.options, (wanted or "—", wanted))
        self.widget.value = wanted

    def _build(self, say: Words) -> w.Widget:
        key = pattern(self.path)
        classes = ["ppw-field", self.css, *(["ppw-short"] if self._leaf.kind in _SHORT else [])]
        named: dict[str, Any] = {"description": say(f"field.{key}"), "_dom_classes": classes}
        if self._leaf.kind == "switch":
            return theme.check(indent=False, **named)
        if self._leaf.kind == "choice":
            unset = [(say(f"unset.{key}"), "")] if self._optional else []
            options = [*unset, *((choice, choice) for choice in self._leaf.choices)]
            value = "" if self._optional else self._leaf.choices[0]
            return theme.choice(options=options, value=value, **named)
        hint = f"hint.{key}"
        return theme.text(placeholder=say(hint) if hint in say else "", **named)

    def _on_value(self, _change: Any) -> None:
        self.touched = True
        self._on_change(self)
