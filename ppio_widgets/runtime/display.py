"""Who draws a value: its display hooks ask here, as the value itself knows no cards and no widgets.

Names stand here and no functions: what draws is imported when something is displayed for the first time.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from ppio_widgets.locale import words
from ppio_widgets.runtime import kernel


class Drawn(NamedTuple):
    """Who draws a type, each as ``module:name`` of this package.

    `card` makes text and HTML of it, `kept` those that a notebook saves where they are others, and `view`
    is the widget of a live view.
    """

    card: str
    kept: str = ""
    view: str = ""


_PACKAGE = "ppio_widgets."

_drawn: dict[str, Drawn] = {}


def register(kind: str, card: str, *, kept: str = "", view: str = "") -> None:
    """Say who draws a type, itself named as ``module:name``, all within this package."""
    _drawn[kind] = Drawn(card, kept, view)


def text(value: object) -> str:
    """Return a value as a person reads it in a terminal."""
    return _card(_of(value).card, value)["text/plain"]


def html(value: object) -> str:
    """Return a value as HTML that does without a kernel."""
    return _card(_of(value).card, value)["text/html"]


def bundle(value: object, **options: Any) -> dict[str, Any]:
    """Return what a front end shows of a value: a live view where one can be clicked, else text and HTML."""
    drawn = _of(value)
    if not drawn.view or kernel.who_answers() != "buttons":
        return _card(drawn.kept or drawn.card, value)
    live = _named(drawn.view)(value)
    return {**live._repr_mimebundle_(**options), "text/plain": repr(live)}


def _of(value: object) -> Drawn:
    kind = type(value)
    return _drawn[f"{kind.__module__.removeprefix(_PACKAGE)}:{kind.__qualname__}"]


def _card(name: str, value: object) -> dict[str, str]:
    card: dict[str, str] = _named(name)(value, words())
    return card


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(_PACKAGE + module), attribute)
