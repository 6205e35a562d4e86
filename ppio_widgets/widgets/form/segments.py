"""A few choices side by side, of which one is chosen; anything else can be typed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import ipywidgets as w

from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.widgets.view import Guarded

_OTHER = object()


class Segments(Part):
    """Radio buttons drawn as segments or chips; `on_change` is called after a person chose or typed.

    `other` are the words of a last segment that opens a text control: what is no choice stands there. Without
    it, what is no choice is a segment of its own. `options` are pairs of words and values.
    """

    def __init__(  # noqa: PLR0913 - all by name but the first
        self,
        owner: Guarded,
        name: str,
        on_change: Callable[[], None],
        *,
        options: Sequence[tuple[str, str]] = (),
        value: str = "",
        other: str = "",
        hint: str = "",
        classes: Sequence[str] = (),
        look: str = "ppw-segments",
    ) -> None:
        super().__init__(owner)
        self._name, self._other, self._hint = name, other, hint
        self._on_change = on_change
        self._options: list[tuple[str, object]] = []
        self._is_typed = False
        shown = self._shown(value, options)
        chosen = self._chosen(value, shown)
        self._radios = theme.control(w.RadioButtons, look, description=name, options=shown, value=chosen)
        if self._is_typed:
            self._text.value = value
        self.box = theme.box(
            [self._radios, *([self._text] if self._is_typed else [])], "ppw-choice", *classes
        )
        self._hear(self._radios, self._on_choice, "value")

    @cached_property
    def _text(self) -> w.Text:
        made = theme.control(w.Text, "ppw-other", description=self._name, placeholder=self._hint)
        self._hear(made, self._on_change, "value")
        return made

    @property
    def value(self) -> str:
        """What is chosen or typed; empty for nothing."""
        if self._is_typed:
            return str(self._text.value)
        return "" if self._radios.value is None else str(self._radios.value)

    def show(self, value: str, options: Sequence[tuple[str, str]] | None = None) -> None:
        """Show a value from outside, and other choices where they are given."""
        shown = self._shown(value, options)
        chosen = self._chosen(value, shown)
        with self._filling():
            with self._radios.hold_sync():  # new options choose the first one
                if tuple(shown) != tuple(self._radios.options):
                    self._radios.options = shown
                if self._radios.value != chosen:
                    self._radios.value = chosen
            if self._is_typed:
                self._text.value = value
        self._arrange()

    def _shown(self, value: str, options: Sequence[tuple[str, str]] | None) -> list[tuple[str, object]]:
        if options is not None:
            self._options = [*options, *([(self._other, _OTHER)] if self._other else [])]
        known = [one for _words, one in self._options]
        is_odd = bool(value) and value not in known
        self._is_typed = is_odd and bool(self._other)
        return [*self._options, *([(value, value)] if is_odd and not self._other else [])]

    def _chosen(self, value: str, shown: Sequence[tuple[str, object]]) -> object:
        if self._is_typed:
            return _OTHER
        return value if value in [one for _words, one in shown] else None

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer other choices; what is chosen or typed stays."""
        self.show(self.value, options)

    def _arrange(self) -> None:
        theme.fill(self.box, [self._radios, self._text if self._is_typed else None])

    def _on_choice(self) -> None:
        self._is_typed = self._radios.value is _OTHER
        self._arrange()
        self._on_change()
