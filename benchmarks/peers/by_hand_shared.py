"""The same form by hand, all widgets sharing one layout and one style of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle

from benchmarks.peers import by_hand

if TYPE_CHECKING:
    from collections.abc import Mapping


class Form(by_hand.Form):
    """A form of stock widgets with shared looks."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._layout = w.Layout()
        self._styles = {
            w.Text: TextStyle(),
            w.IntText: DescriptionStyle(),
            w.Checkbox: CheckboxStyle(),
            w.Button: w.ButtonStyle(),
            w.HTML: HTMLStyle(),
        }
        self._styles[w.Dropdown] = self._styles[w.IntText]
        super().__init__(body)

    def make(self, kind: type[w.Widget], **traits: Any) -> w.Widget:
        """Make a widget with the looks of all."""
        style = {"style": self._styles[kind]} if kind in self._styles else {}
        return kind(layout=self._layout, **style, **traits)
