"""How a value is displayed that itself knows no cards and no widgets.

Who draws it is an outer name of the kernel, imported when something is displayed for the first time.
"""

from __future__ import annotations

from typing import Any

from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames


@without_frames
class Displayed:
    """A value with a card: text, static HTML, or a live view where one can be clicked."""

    def __str__(self) -> str:
        return str(_card(self).as_text(words()))

    def _repr_html_(self) -> str:
        return str(_card(self).as_html(words()))

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Be displayed (IPython's hook)."""
        view = f"view of {_name(self)}"
        if view in kernel.outer_names and kernel.who_answers() == "buttons":
            return dict(kernel.outer(view)(self)._repr_mimebundle_(**options))
        say, card = words(), _card(self)
        return {"text/plain": card.as_text(say), "text/html": str(card.as_html(say))}


def _card(value: object) -> Any:
    return kernel.outer(f"card of {_name(value)}")(value, words())


def _name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__.removeprefix('ppio_widgets.')}:{kind.__qualname__}"
