"""Stock ipywidgets, put together by hand for this body: every widget with its own layout and style.

What somebody writes who knows ipywidgets and has an afternoon: a table of fields, a row of two texts
for each variable, and one observer that writes the JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from benchmarks.peers.face import Peer, json_preview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str, ...]

# Where a field stands in the body, and how its control is made.
FIELDS: dict[Path, tuple[type[w.Widget], dict[str, Any]]] = {
    ("name",): (w.Text, {}),
    ("product_id",): (w.Text, {}),
    ("image",): (w.Text, {}),
    ("type",): (w.Dropdown, {"options": ["gpu", "cpu"]}),
    ("billing", "mode"): (w.Dropdown, {"options": ["postpaid", "prepaid", "spot"]}),
    ("billing", "prepaid", "months"): (w.IntText, {}),
    ("billing", "prepaid", "auto_renew", "enabled"): (w.Checkbox, {}),
    ("billing", "prepaid", "auto_renew", "months"): (w.IntText, {}),
    ("resource", "gpu_num"): (w.IntText, {"value": 1}),
    ("resource", "rootfs_size_gb"): (w.IntText, {"value": 20}),
    ("resource", "min_cuda_version"): (w.Text, {}),
    ("registry_auth_id",): (w.Text, {}),
    ("entrypoint",): (w.Text, {}),
    ("command",): (w.Text, {}),
    ("network", "id"): (w.Text, {}),
    ("network", "ip"): (w.Text, {}),
    ("tools", "jupyter", "enabled"): (w.Checkbox, {}),
    ("tools", "jupyter", "port"): (w.IntText, {}),
    ("tools", "jupyter", "protocol"): (w.Text, {}),
    ("auto_migrate", "enabled"): (w.Checkbox, {}),
    ("auto_migrate", "include_system_disk"): (w.Checkbox, {}),
}
# The columns of each list.
LISTS: dict[str, tuple[str, ...]] = {
    "envs": ("key", "value"),
    "ports": ("port", "protocol"),
    "volumes": ("type", "id", "mount_point"),
    "candidate_regions": ("",),
}


class Form(Peer):
    """A form of stock widgets."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._fields = {
            path: self.make(kind, description=path[-1], **traits) for path, (kind, traits) in FIELDS.items()
        }
        self._lists = {name: _List(self, name) for name in LISTS}
        self.preview = self.make(w.HTML)
        self._show(body)
        self.render()
        for field in self._fields.values():
            field.observe(self._on_change, "value")
        boxes = [rows.box for rows in self._lists.values()]
        self.widget = self.make(w.VBox, children=[*self._fields.values(), *boxes, self.preview])
        self.name = self._fields[("name",)]
        self.add = self._lists["envs"].add

    def make(self, kind: type[w.Widget], **traits: Any) -> w.Widget:
        """Make a widget; `by_hand_shared` gives it a layout and a style."""
        return kind(**traits)

    def render(self) -> None:
        """Show the JSON; what is empty is left out."""
        body: dict[str, Any] = {}
        for path, field in self._fields.items():
            if field.value not in ("", 0, False):
                inner = body
                for part in path[:-1]:
                    inner = inner.setdefault(part, {})
                inner[path[-1]] = field.value
        rows = {name: one.value for name, one in self._lists.items() if one.rows}
        self.preview.value = json_preview({**body, **rows})

    def set_body(self, body: Mapping[str, Any]) -> None:
        """Fill every control; a changed one writes the JSON, as when a person types."""
        self._show(body)
        self.render()

    def remove(self) -> w.Button:
        """Return the last row's button."""
        return self._lists["envs"].rows[-1].children[-1]

    def _show(self, body: Mapping[str, Any]) -> None:
        for path, field in self._fields.items():
            value: Any = body
            for part in path:
                value = value.get(part) if value else None
            if value is not None:
                field.value = value
        for name, rows in self._lists.items():
            rows.show(body.get(name, ()))

    def _on_change(self, _change: Any) -> None:
        self.render()


class _List:
    """Rows of texts with a Remove button each, and an Add button."""

    def __init__(self, form: Form, name: str) -> None:
        self._form = form
        self._columns = LISTS[name]
        self.rows: list[w.HBox] = []
        self.add = form.make(w.Button, description=f"Add {name}")
        self.add.on_click(self._on_add)
        self.box = form.make(w.VBox, children=[self.add])

    @property
    def value(self) -> list[Any]:
        """What the rows say."""
        said = [[text.value for text in row.children[:-1]] for row in self.rows]
        return [
            texts[0] if self._columns == ("",) else dict(zip(self._columns, texts, strict=True))
            for texts in said
        ]

    def show(self, values: Sequence[Any]) -> None:
        """Replace all rows; the old ones stay alive, as ipywidgets has it."""
        if values or self.rows:
            self.rows = []
            for value in values:
                self._append(value)
            self._publish()

    def _append(self, given: Any = None) -> None:
        form = self._form
        values = given if isinstance(given, dict) else {"": given}
        texts = [
            form.make(w.Text, description=column, value=str(values.get(column) or ""))
            for column in self._columns
        ]
        for text in texts:
            text.observe(form._on_change, "value")
        remove = form.make(w.Button, description="Remove")
        row = form.make(w.HBox, children=[*texts, remove])
        remove.on_click(lambda _button: self._on_remove(row))
        self.rows.append(row)

    def _publish(self) -> None:
        self.box.children = [*self.rows, self.add]

    def _on_add(self, _button: Any) -> None:
        self._append()
        self._publish()
        self._form.render()

    def _on_remove(self, row: w.HBox) -> None:
        self.rows.remove(row)
        self._publish()
        self._form.render()
