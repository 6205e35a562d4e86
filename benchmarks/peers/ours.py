"""The form of this project, on the practice cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.face import Peer, every
from ppio_widgets import LaunchForm
from ppio_widgets.widgets import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets as w


class Form(Peer):
    """`LaunchForm`, its controls found by the names that a person reads.

    A body with variables is shown with their section open, as the others show their rows: closed, it
    would cost the same with any number of them.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.widget = LaunchForm(body, practice=True, language="en")
        named = {getattr(one, "description", ""): one for one in every(self.widget)}
        self.name, self.add, self._section = (named[one] for one in ("Name", "Add variable", "Environment"))
        if body["envs"]:
            self.unfold()
        self.preview = next(
            one for one in every(self.widget) if "ppw-readout" in getattr(one, "_dom_classes", ())
        )

    def set_body(self, body: Mapping[str, Any]) -> None:
        """Set `LaunchForm.value`."""
        self.widget.value = body

    def unfold(self) -> None:
        """Open the section of the variables."""
        self._section.value = True

    def remove(self) -> w.Button:
        """Return the last Remove button."""
        return [one for one in every(self.widget) if getattr(one, "description", "") == "Remove"][-1]

    def close(self) -> None:
        """Close the form, and the looks that all forms share: the next one is again a kernel's first."""
        self.widget.close()
        for look in vars(theme.looks()).values():
            look.close()


class Unloaded(Form):
    """The same without what no other form does: it asks for no catalogue when it is displayed."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.widget.session.load = lambda: None
