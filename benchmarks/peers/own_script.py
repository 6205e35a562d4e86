"""The limit: the whole form is one model, drawn by JavaScript of its own.

No stock widget can be faster than this. It does what the form by hand does, no more: the fields, the lists
of rows, and a preview that the kernel writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as w
from traitlets import Dict, List, Unicode

from benchmarks.peers.by_hand import FIELDS, LISTS
from benchmarks.peers.face import Peer, json_preview

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = {w.Text: "text", w.Dropdown: "select", w.IntText: "number", w.Checkbox: "checkbox"}


class _Model(anywidget.AnyWidget):
    """The one model."""

    _esm = Path(__file__).with_name("own_script.js")
    fields = List().tag(sync=True)
    lists = Dict().tag(sync=True)
    body = Dict().tag(sync=True)
    preview = Unicode().tag(sync=True)


class Form(Peer):
    """A form in one model; only the page has its controls."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        fields = [(path, _KINDS[kind], traits.get("options", ())) for path, (kind, traits) in FIELDS.items()]
        self.widget = self.preview = _Model(fields=fields, lists=LISTS, body=body, preview=_shown(body))
        self.widget.observe(self._on_body, "body")

    @staticmethod
    def first() -> w.Widget:
        """Return one with a single field: it loads the scripts of all."""
        return _Model(fields=[(("ready",), "text", ())])

    def mark(self) -> None:
        """Leave it to the page: the fields and the preview have their classes."""

    def set_body(self, body: Mapping[str, Any]) -> None:
        """Set the model's body; the page is not told how to draw another one."""
        self.widget.body = dict(body)

    def remove(self) -> w.Button:
        """Return nothing: only the page has buttons."""
        raise NotImplementedError

    def _on_body(self, change: Any) -> None:
        self.widget.preview = _shown(change.new)


def _shown(body: Mapping[str, Any]) -> str:
    return json_preview(dict(_filled(body)))


def _filled(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is not empty, as the form by hand does."""
    for name, value in body.items():
        kept = dict(_filled(value)) if isinstance(value, dict) else value
        if kept not in ("", 0, False, {}, []):
            yield name, kept
