"""ipywidgets-jsonschema: a form from a JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
import jsonschema
from ipywidgets_jsonschema import Form as SchemaForm

from benchmarks.bodies import schema
from benchmarks.peers.face import Peer, every, json_preview

if TYPE_CHECKING:
    from collections.abc import Mapping


class Form(Peer):
    """`Form` with a preview of its data, or of what is wrong with it."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._form = SchemaForm(schema())
        self.set_body(body)
        shown = self._form.widget
        self.preview = w.HTML()
        self._on_change(None)
        self._form.observe(self._on_change, names="value")
        self.widget = w.VBox([shown, self.preview])
        self._list = next(one for one in every(shown) if getattr(one, "titles", ()) == ("envs",))
        self.name = _beside(shown, "name")
        self.add = self._buttons("Add entry")[-1]

    def _on_change(self, _change: Any) -> None:
        try:
            self.preview.value = json_preview(self._form.data)
        except jsonschema.ValidationError as error:
            self.preview.value = json_preview(error.message)

    def _buttons(self, description: str, icon: str = "plus") -> list[w.Button]:
        return [
            one
            for one in every(self._list)
            if isinstance(one, w.Button) and (one.description, one.icon) == (description, icon)
        ]

    def set_body(self, body: Mapping[str, Any]) -> None:
        """Set `Form.data`."""
        self._form.data = dict(body)

    def remove(self) -> w.Button:
        """Return the last row's button."""
        return self._buttons("", "trash")[-1]

    def unfold(self) -> None:
        """Open the list of variables."""
        self._list.selected_index = 0


def _beside(form: w.Widget, label: str) -> w.Widget:
    """Return the control that stands behind a label."""
    found = list(every(form))
    place = next(n for n, one in enumerate(found) if isinstance(one, w.Label) and one.value == label)
    return found[place + 1]
