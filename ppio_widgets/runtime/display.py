"""Who draws a value: its display hooks ask here, as the value itself knows no cards and no widgets.

Names stand here and no functions: what draws is imported when something is displayed for the first time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel

_PACKAGE = "ppio_widgets."


class Drawn(NamedTuple):
    """Which function makes the card of a type, and which widget is its live view."""

    card: str
    view: str = ""


_drawn: dict[str, Drawn] = {}


def register(kind: str, card: str, view: str = "") -> None:
    """Say who draws a type; each is a ``module:name`` of this package."""
    _drawn[kind] = Drawn(card, view)


def text(value: object) -> str:
    """Return a value as a person reads it in a terminal."""
    return str(_card(value).as_text(words()))


def html(value: object) -> str:
    """Return a value as HTML that does without a kernel."""
    return str(_card(value).as_html(words()))


def bundle(value: object, **options: Any) -> dict[str, Any]:
    """Return what a front end shows of a value: a live view where one can be clicked, else text and HTML."""
    view = _of(value).view
    if not view or kernel.who_answers() != "buttons":
        say, card = words(), _card(value)
        return {"text/plain": card.as_text(say), "text/html": card.as_html(say)}
    return dict(kernel.named(_PACKAGE + view)(value)._repr_mimebundle_(**options))


def _of(value: object) -> Drawn:
    kind = type(value)
    return _drawn[f"{kind.__module__.removeprefix(_PACKAGE)}:{kind.__qualname__}"]


def _card(value: object) -> Any:
    return kernel.named(_PACKAGE + _of(value).card)(value, words())
