"""What every peer offers, so that one script can use all of them."""

from __future__ import annotations

import html
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import ipywidgets as w


class Peer(ABC):
    """A form that shows a body.

    Attributes
    ----------
    widget : ipywidgets widget
        What is displayed.
    name : ipywidgets.Text
        The control of the body's name.
    add : ipywidgets.Button
        Adds an environment variable.
    preview : ipywidgets.HTML
    """

    widget: w.Widget
    name: w.Text
    add: w.Button
    preview: w.HTML

    @abstractmethod
    def __init__(self, body: Mapping[str, Any]) -> None:
        """Open the form with a body."""

    @abstractmethod
    def set_body(self, body: Mapping[str, Any]) -> None:
        """Replace everything, from Python."""

    @abstractmethod
    def remove(self) -> w.Button:
        """Return the button that removes the last variable."""

    @staticmethod
    def first() -> w.Widget:
        """Return what is shown before the form, so that the loading of its scripts is not counted."""
        import ipywidgets  # noqa: PLC0415 - no peer pays for the import of another

        return ipywidgets.Text(description="ready")

    def mark(self) -> None:
        """Have the page find the name and the preview."""
        self.name.add_class("bench-name")
        self.preview.add_class("bench-preview")

    def unfold(self) -> None:  # noqa: B027 - most forms hide nothing
        """Show the variables, where the form hides them at first."""

    def close(self) -> None:  # noqa: B027 - most forms cannot
        """End the form, if it can."""


def json_preview(body: Any) -> str:
    """Return the preview of all peers but ours: the whole body, as a person would write it in a minute."""
    return f"<pre>{html.escape(json.dumps(body, indent=2, ensure_ascii=False))}</pre>"


def every(widget: w.Widget) -> Iterator[w.Widget]:
    """Yield a widget and all within it, in reading order."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)
