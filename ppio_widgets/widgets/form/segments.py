"""A few choices side by side, of which one is chosen; anything else can be typed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import ipywidgets as w

from ppio_widgets.locale.text import visible
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.widgets.view import Guarded

_OTHER = object()


class Segments(Part):
    """Radio buttons drawn as segments or chips; `on_change` is called after a person chose or typed.

    `other` are the words of a last segment that opens a text control: what is no choice stands there. Without
    it, what is no choice is a segment of its own. `options` are pairs of words and values. `on_arrange`
    is called when other `parts` are to be shown.
    """

    def __init__(  # noqa: PLR0913 - all by name but the first
        self,
        owner: Guarded,
        name: str,
        on_change: Callable[[], None],
        on_arrange: Callable[[], None],
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
        self._on_change, self._on_arrange = on_change, on_arrange
        self._options: list[tuple[str, object]] = []
        self._is_typed = False
        self._last = value
        shown = self._shown(value, options)
        chosen = self._chosen(value, shown)
        names = (look, "ppw-choice", *classes)
        self._radios = theme.control(w.RadioButtons, *names, description=name, options=shown, value=chosen)
        if self._is_typed:
            with self._filling():
                self._text.value = value
        self._hear(self._radios, self._on_choice, "value")

    @property
    def parts(self) -> list[w.Widget]:
        """What is to be shown: the choices and, where something else is typed, a control for it."""
        return [self._radios, self._text] if self._is_typed else [self._radios]

    @cached_property
    def _text(self) -> w.Text:
        made = theme.control(w.Text, "ppw-other", description=self._name, placeholder=self._hint)
        self._hear(made, self._on_change, "value")
        return made

    @property
    def is_typed(self) -> bool:
        """Whether something else than one of the choices is to be typed."""
        return self._is_typed

    @property
    def value(self) -> str:
        """What is chosen or typed; empty for nothing."""
        if self._is_typed:
            return str(self._text.value)
        return "" if self._radios.value is None else str(self._radios.value)

    def show(self, value: str, options: Sequence[tuple[str, str]] | None = None) -> None:
        """Show a value from outside, and other choices where they are given."""
        was_typed, self._last = self._is_typed, value
        shown = self._shown(value, options)
        chosen = self._chosen(value, shown)
        with self._filling():
            theme.choose(self._radios, shown, chosen)
            if self._is_typed:
                self._text.value = value
        if was_typed != self._is_typed:
            self._on_arrange()

    def _shown(self, value: str, options: Sequence[tuple[str, str]] | None) -> list[tuple[str, object]]:
        if options is not None:
            self._options = [*options, *([(self._other, _OTHER)] if self._other else [])]
        known = [one for _words, one in self._options]
        is_odd = bool(value) and value not in known
        self._is_typed = is_odd and bool(self._other)
        return [*self._options, *([(visible(value), value)] if is_odd and not self._other else [])]

    def _chosen(self, value: str, shown: Sequence[tuple[str, object]]) -> object:
        if self._is_typed:
            return _OTHER
        return value if value in [one for _words, one in shown] else None

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer other choices; what is chosen or typed stays."""
        if not self._is_typed:
            self.show(self.value, options)
            return
        shown = self._shown("", options)
        self._is_typed = True  # also when what is typed is a choice by now
        with self._filling():
            theme.choose(self._radios, shown, _OTHER)

    def disable(self, off: bool) -> None:  # noqa: FBT001 - it is or it is not
        """Let nobody choose, or let them again."""
        for part in self.parts:
            part.disabled = off

    def _on_choice(self) -> None:
        was_typed, self._is_typed = self._is_typed, self._radios.value is _OTHER
        if self._is_typed:
            with self._filling():
                self._text.value = self._last  # until another one is typed
        else:
            self._last = str(self._radios.value)
        if was_typed != self._is_typed:
            self._on_arrange()
        self._on_change()
