"""ipyautoui: a form from a JSON schema."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from ipyautoui import AutoUi

from benchmarks.bodies import schema
from benchmarks.peers.face import Peer, json_preview

if TYPE_CHECKING:
    from collections.abc import Mapping


class Form(Peer):
    """`AutoUi` with a preview."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        # It writes the value into the schema that it is given.
        self._form = AutoUi(copy.deepcopy(schema()), value=dict(body))
        self._list = self._form.di_widgets["envs"]
        self.name = self._form.di_widgets["name"]
        self.add = self._list.bn_add_from_zero
        self.preview = w.HTML(json_preview(self._form.value))
        self._form.observe(self._on_value, "_value")
        self.widget = w.VBox([self._form, self.preview])
        if self._list.boxes:
            self._point_at_last()

    def _on_value(self, _change: Any) -> None:
        self.preview.value = json_preview(self._form.value)
        self._point_at_last()

    def _point_at_last(self) -> None:
        """Add behind the last row: each row has an Add of its own, the list's one is for the first."""
        boxes = self._list.boxes
        self.add = boxes[-1].bn_add if boxes else self._list.bn_add_from_zero

    def set_body(self, body: Mapping[str, Any]) -> None:
        """Set `AutoUi.value`."""
        self._form.value = {**self._form.value, **body}

    def remove(self) -> w.Button:
        """Return the last row's button."""
        return self._list.boxes[-1].bn_remove

    def unfold(self) -> None:
        """Open the list of variables."""
        self._form.di_boxes["envs"].tgl.value = True
