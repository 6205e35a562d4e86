"""Who draws a value: its display hooks ask here, as the value itself knows no cards and no widgets.

It is an outer name of the kernel, imported when something is displayed for the first time.
"""

from __future__ import annotations

from typing import Any

from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel


def text(value: object) -> str:
    """Return a value as a person reads it in a terminal."""
    return str(_card(value).as_text(words()))


def html(value: object) -> str:
    """Return a value as HTML that does without a kernel."""
    return str(_card(value).as_html(words()))


def bundle(value: object, **options: Any) -> dict[str, Any]:
    """Return what a front end shows of a value: a live view where one can be clicked, else text and HTML."""
    view = f"view of {_name(value)}"
    if view not in kernel.outer_names or kernel.who_answers() != "buttons":
        say, card = words(), _card(value)
        return {"text/plain": card.as_text(say), "text/html": card.as_html(say)}
    return dict(kernel.outer(view)(value)._repr_mimebundle_(**options))


def _card(value: object) -> Any:
    return kernel.outer(f"card of {_name(value)}")(value, words())


def _name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__.removeprefix('ppio_widgets.')}:{kind.__qualname__}"
