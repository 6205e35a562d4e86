"""All looks: shared `Layout` and `Style` instances, the stylesheet, the one script.

Every stock widget opens a layout and a style model of its own unless it is given
one. Nobody writes to a shared one; looks change by CSS class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

import ipywidgets as w
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_selection import ToggleButtonsStyle
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle
from markupsafe import Markup

from ppio_widgets.runtime import kernel


@dataclass(frozen=True)
class Looks:
    """The shared instances; one set for all forms of a kernel or session."""

    layout: w.Layout
    text: Any
    choice: Any
    check: Any
    tabs: Any
    button: Any
    html: Any

    @property
    def alive(self) -> bool:
        """Whether the front end still knows them (``Widget.close_all`` kills them)."""
        return all(getattr(self, field.name).comm is not None for field in fields(self))


class _Shared:
    """The looks of this kernel or session; None before they are first needed."""

    looks: Looks | None = None


def looks() -> Looks:
    """Return the shared looks, made anew when they were closed."""
    shared = kernel.of(_Shared)
    if shared.looks is None or not shared.looks.alive:
        shared.looks = Looks(
            layout=w.Layout(),
            text=TextStyle(),
            choice=DescriptionStyle(),
            check=CheckboxStyle(),
            tabs=ToggleButtonsStyle(),
            button=w.ButtonStyle(),
            html=HTMLStyle(),
        )
    return shared.looks


def text(**traits: Any) -> w.Text:
    """Make a text control."""
    return w.Text(layout=looks().layout, style=looks().text, **traits)


def text_area(*, rows: int = 1, **traits: Any) -> w.Textarea:
    """Make a text control of several lines; one of one row grows with what stands in it."""
    return w.Textarea(layout=looks().layout, style=looks().text, rows=rows, **traits)


def choice(**traits: Any) -> w.Dropdown:
    """Make a dropdown."""
    return w.Dropdown(layout=looks().layout, style=looks().choice, **traits)


def combo(**traits: Any) -> w.Combobox:
    """Make a text control with suggestions."""
    return w.Combobox(layout=looks().layout, style=looks().text, **traits)


def select(**traits: Any) -> w.Select:
    """Make a list of which one is chosen."""
    return w.Select(layout=looks().layout, style=looks().choice, options=[], rows=8, **traits)


def select_several(**traits: Any) -> w.SelectMultiple:
    """Make a list of which several are chosen."""
    return w.SelectMultiple(layout=looks().layout, style=looks().choice, options=[], rows=5, **traits)


def tabs(**traits: Any) -> w.ToggleButtons:
    """Make a row of buttons of which one is chosen."""
    return w.ToggleButtons(layout=looks().layout, style=looks().tabs, **traits)


def check(**traits: Any) -> w.Checkbox:
    """Make a checkbox."""
    return w.Checkbox(layout=looks().layout, style=looks().check, **traits)


def button(description: str, *classes: str, **traits: Any) -> w.Button:
    """Make a button with words."""
    return w.Button(
        description=description, layout=looks().layout, style=looks().button, _dom_classes=classes, **traits
    )


def html(value: str = "", *classes: str) -> w.HTML:
    """Make an HTML widget; `value` has to be escaped already."""
    return w.HTML(value=value, layout=looks().layout, style=looks().html, _dom_classes=classes)


def box(children: list[w.Widget], *classes: str) -> w.Box:
    """Make a box that its CSS class arranges."""
    return w.Box(children=children, layout=looks().layout, _dom_classes=classes)


def tell_again(widget: w.Widget) -> None:
    """Send the state of a widget, and of everything in it, once more: a message of it was lost."""
    for child in getattr(widget, "children", ()):
        tell_again(child)
    widget.send_state()


@cache
def stylesheet(name: str = "theme.css") -> Markup:
    """Return a stylesheet as an element, without comments and spare blanks."""
    css = files(__package__).joinpath(name).read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}")
    return Markup(f"<style>{css.strip()}</style>")  # noqa: S704 - a constant of ours


# Of a script: its texts, which stay as they are, and blanks beside a mark. No regular expression has any.
_QUOTES = ("'", "`")
_STRING = re.compile(r"('[^']*'|`[^`]*`)")
_SPARE_BLANK = re.compile(r" ?([^\w\s$]) ?")


@cache
def script(name: str = "behaviour.js") -> Markup:
    """Return a constant script, as an image that fails to load.

    ``<script>`` does not run inside an HTML widget, inline handlers do. Nothing
    of a person's or a server's ever becomes part of it.
    """
    code = files(__package__).joinpath(name).read_text(encoding="utf-8")
    code = " ".join(re.sub(r"^\s*//.*$", "", code, flags=re.MULTILINE).split())
    code = re.sub(r" ?([{};,=>]) ?", r"\1", code)
    code = "".join(
        part if part[:1] in _QUOTES else _SPARE_BLANK.sub(r"\1", part) for part in _STRING.split(code)
    )
    # Ours and constant: only what ends the attribute or may name a character is escaped.
    code = re.sub(r"&&(?=\w)", "&& ", code)
    code = re.sub(r"&(?=[\w#])", "&amp;", code).replace('"', "&quot;")
    return Markup(f'<img alt="" hidden src="data:," onerror="{code}">')  # noqa: S704 - a constant of ours
