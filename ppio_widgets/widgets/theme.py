"""All looks: shared `Layout` and `Style` instances, the stylesheet, the one script.

Every stock widget opens a layout and a style model of its own unless it is given
one. Nobody writes to a shared one; looks change by CSS class.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from markupsafe import Markup
from traitlets import Undefined, Unicode, default

from ppio_widgets.cards.html import each, esc
from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

# Told even where they are defaults: a page makes a model by the first three, and takes an index that it
# was not told for another one.
_ALWAYS_TOLD = ("_model_module", "_model_module_version", "_model_name", "index")
# What a page has no default for, though the kernel has one.
_UNKNOWN: Mapping[type[w.Widget], Collection[str]] = {
    w.Checkbox: ("value", "disabled"),
    w.Combobox: ("ensure_option",),
    w.ToggleButtons: ("button_style",),
}
# To a page a button without a tooltip has an empty one; told of none it shows its own words, or "null".
_OF_BUTTONS = {"tooltip": ""}
_DEFAULTS: Mapping[type[w.Widget], Mapping[str, str]] = dict.fromkeys((w.Button, w.ToggleButton), _OF_BUTTONS)


class _Lean(w.Widget):
    """Opens a model by what differs from its defaults, which the page knows as well.

    `known` has for each trait the function that writes it, None where it is sent as it is, and its default.
    """

    comm: Any
    known: Mapping[str, tuple[Callable[[Any, w.Widget], Any] | None, Any]]
    _asked_by: str  # the front end whose cell it belongs to

    def open(self) -> None:
        """Open its model."""
        self._asked_by = kernel.asker()
        super().open()

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        """Take a message of a page; the first one tells that there are widgets."""
        kernel.hear_widget(msg, self._asked_by)
        super()._handle_msg(msg)

    @default("keys")
    def _default_keys(self) -> list[str]:
        return list(self.known)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return the state, as it is sent; of a model that is only being opened, what is no default."""
        if key is not None or self.comm is not None:
            return dict(super().get_state(key, drop_defaults))
        state = {}
        for name, (write, usual) in self.known.items():
            value = getattr(self, name)
            written = value if write is None else write(value, self)
            if written != usual or name in _ALWAYS_TOLD:
                state[name] = written
        return state


def _lean(kind: type[w.Widget]) -> type[_Lean]:
    other, unknown = _DEFAULTS.get(kind, {}), _UNKNOWN.get(kind, ())
    known = {}
    for name, trait in kind.class_traits(sync=True).items():
        usual = Undefined if name in unknown else other.get(name, trait.default_value)
        known[name] = trait.metadata.get("to_json"), usual
    inside = {"__doc__": kind.__doc__, "__module__": kind.__module__, "known": known}
    texts = {name: Unicode(text, allow_none=True).tag(sync=True) for name, text in other.items()}
    return type(kind.__name__, (_Lean, kind), {**inside, **texts})


# Returns the kind of a stock widget that is opened like that.
lean: Callable[[Any], Any] = cache(_lean)


class Looks:
    """The shared instances of this kernel or session, each made when first needed."""

    def shared(self, kind: type[w.Widget] = w.Layout) -> Any:
        """Return the instance of a class, made anew where a page would not know it.

        ``Widget.close_all`` closes it, and a server of several people has a registry for each of their pages.
        """
        made = vars(self).get(kind.__name__)
        if made is None or made.comm is None or made.model_id not in w.widgets.widget._instances:  # noqa: SLF001
            made = vars(self)[kind.__name__] = lean(kind)()
        return made


def looks() -> Looks:
    """Return the shared looks."""
    return kernel.of(Looks)


def control(kind: type[w.Widget], *classes: str, **traits: Any) -> Any:
    """Make a widget of one of the stock kinds."""
    style = looks().shared(kind.style.klass)
    return lean(kind)(layout=looks().shared(), style=style, _dom_classes=classes, **traits)


def html(value: str = "", *classes: str) -> w.HTML:
    """Make an HTML widget; what is no `Markup` is escaped."""
    return control(w.HTML, *classes, value=esc(value))


def box(children: Sequence[w.Widget], *classes: str) -> Any:
    """Make a box that its CSS class arranges."""
    return lean(w.Box)(children=children, layout=looks().shared(), _dom_classes=classes)


def fill(box: w.Box, children: Iterable[w.Widget | None]) -> None:
    """Put children into a box, None for nothing; nothing is sent when nothing changes."""
    shown = tuple(child for child in children if child is not None)
    if shown != tuple(box.children):
        box.children = shown


def choose(widget: Any, options: Sequence[tuple[str, Any]], value: Any) -> None:
    """Offer options of which one is chosen, None for none; nothing is sent when nothing changes."""
    with widget.hold_sync():  # new options choose the first one
        if tuple(options) != tuple(widget.options):
            widget.options = options
        if widget.value != value:
            widget.value = value


def offer(widget: Any, options: Sequence[tuple[str, Any]]) -> None:
    """Offer other options; what is chosen stays where it is still offered, else it is the first."""
    keys = [key for _label, key in options]
    choose(widget, options, widget.value if widget.value in keys else keys[0])


def told(title: str, lines: Collection[object], css: str = "ppw-told") -> Markup:
    """Return lines as a list below their title; without any, the title alone."""
    items = Markup("<ul>{}</ul>").format(each("<li>{}</li>", lines)) if lines else ""
    return Markup("<div class='{}'><b>{}</b>{}</div>").format(css, esc(title), items)


def tell_again(widget: w.Widget) -> None:
    """Send the state of a widget, and of everything in it, once more: a message of it was lost."""
    for child in getattr(widget, "children", ()):
        tell_again(child)
    widget.send_state()


@cache
def stylesheet(name: str = "theme.css") -> Markup:
    """Return a stylesheet as an element, without comments and spare blanks; a page keeps one of each."""
    css = Path(__file__).parent.joinpath(name).read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}")
    return Markup(f"<style class=ppw-sheet>{css.strip()}</style>")  # noqa: S704 - a constant of ours


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
    code = Path(__file__).parent.joinpath(name).read_text(encoding="utf-8")
    code = " ".join(re.sub(r"^\s*//.*$", "", code, flags=re.MULTILINE).split())
    code = re.sub(r" ?([{};,=>]) ?", r"\1", code)
    code = "".join(
        part if part[:1] in _QUOTES else _SPARE_BLANK.sub(r"\1", part) for part in _STRING.split(code)
    )
    # Ours and constant: only what ends the attribute or may name a character is escaped.
    code = re.sub(r"&&(?=\w)", "&& ", code)
    code = re.sub(r"&(?=[\w#])", "&amp;", code).replace('"', "&quot;")
    return Markup(f'<img alt="" hidden src="data:," onerror="{code}">')  # noqa: S704 - a constant of ours
