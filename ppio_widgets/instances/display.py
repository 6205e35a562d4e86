"""Values that are displayed: who draws one, it asks the kernel, as it knows no cards and no widgets itself.

That is an outer name, imported when something is displayed for the first time.
"""

from __future__ import annotations

from typing import Any

from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames


@without_frames
class Displayed:
    """A value that has a card: as text where it is printed, as HTML that does without a kernel."""

    def __str__(self) -> str:
        return str(self._card.as_text(words()))

    def _repr_html_(self) -> str:
        return str(self._card.as_html(words()))

    @property
    def _card(self) -> Any:
        return kernel.outer(f"card of {_name(self)}")(self, words())


@without_frames
class Live(Displayed):
    """A value that a front end shows as a live view where one can be clicked, else as its card."""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        view = f"view of {_name(self)}"
        if view not in kernel.outer_names or kernel.who_answers() != "buttons":
            return {"text/plain": str(self), "text/html": self._repr_html_()}
        return dict(kernel.outer(view)(self)._repr_mimebundle_(**options))


def _name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__.removeprefix('ppio_widgets.')}:{kind.__qualname__}"
