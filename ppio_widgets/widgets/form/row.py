"""One row of a list: its controls, and the value they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.schema import pattern
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.fields import Field
from ppio_widgets.widgets.form.suggestions import choices

if TYPE_CHECKING:
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.form.rows import RowList

# The columns of each list, in the order in which a person thinks of them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "envs": ("key", "value"),
    "ports": ("port", "protocol"),
    "volumes": ("type", "mount_point", "id"),
    "candidate_regions": ("",),  # a region is its own text
}
# What a new row's dropdown says.
_DEFAULTS: Mapping[str, str] = {"protocol": "http", "type": "local"}


class Row:
    """One row: its value, its controls, and the way to close them.

    Parameters
    ----------
    owner : RowList
    number : int
        Its place in the list, from 1.
    given : optional
        A row from outside; it counts even if its texts are empty.

    Attributes
    ----------
    key : str
        CSS class of this row alone, so that an error finds it.
    box : ipywidgets.Box
    """

    def __init__(self, owner: RowList, number: int, given: Any = None) -> None:
        column = owner.column
        self.key = f"r{next(kernel.current().numbers)}"
        self._owner = owner
        self._given = given
        self._names = COLUMNS[column]
        self._number = number
        self.fields: dict[str, Field] = {}
        for name in self._names:
            if name != "id" or "id" in self._extra():
                self._make(name)
        remove = theme.button(owner.say("row.remove"), tooltip=owner.say(f"row.remove.{column}"))
        remove.on_click(self._on_click)
        self._remove = remove
        self._make_missing()
        self.box = theme.box(self._widgets(), "ppw-row", self.key)

    def renumber(self, number: int) -> None:
        """Say in the controls' names which row of the list this is now."""
        if number != self._number:
            self._number = number
            for field in self.fields.values():
                field.name(number)

    @property
    def value(self) -> Any:
        """What the row says; empty when it is blank.

        A row from outside is itself until a person touches it, and each column of it
        until that column is touched: what was wrong stays visible, not half mended.
        """
        if self._given is not None and not any(field.touched for field in self.fields.values()):
            return self._given
        if self._names == ("",):
            return self.fields[""].value
        said = {name: self._said(name) for name in self._visible()}
        if self._given is None and not any(said[name] for name in said if name not in _DEFAULTS):
            return {}
        if (
            said.get("key")
            and said["value"] is None
            and (self._given is None or self.fields["value"].touched)
        ):
            said["value"] = ""  # a variable may be empty
        extra = {key: item for key, item in self._extra().items() if key not in self._names}
        return {key: item for key, item in {**said, **extra}.items() if item is not None}

    @property
    def advice(self) -> str | None:
        """What may be better done otherwise: a key of ``advice.*`` in the words, or None."""
        return None

    def arrange(self) -> None:
        """Put the controls there that mean something now; nothing is sent when nothing changes."""
        self._make_missing()
        children = self._widgets()
        if tuple(children) != tuple(self.box.children):
            self.box.children = children

    def _said(self, name: str) -> Any:
        field = self.fields[name]
        return field.value if field.touched or self._given is None else self._extra().get(name)

    def close(self) -> None:
        """Close every model of the row."""
        for field in self.fields.values():
            field.widget.close()
        self._remove.close()
        self.box.close()

    def _extra(self) -> Mapping[str, Any]:
        return self._given if isinstance(self._given, Mapping) else {}

    def _visible(self) -> list[str]:
        """Columns in use: a storage id only for network volumes, or where one was given."""
        if "type" not in self.fields:
            return list(self._names)
        kind = self.fields["type"]
        given = self._extra().get("id") is not None and not kind.touched
        return [name for name in self._names if name != "id" or given or kind.value == "network"]

    def _make(self, name: str) -> None:
        value = (
            _DEFAULTS.get(name) if self._given is None else self._extra().get(name) if name else self._given
        )
        self._show(name, value)

    def _show(self, name: str, value: Any) -> None:
        """Make the control of a column, showing a value."""
        path: Path = (self._owner.column, 0, *([name] if name else []))
        make = self._kind(name, value)
        field = make(path, self._owner.say, self._on_field, default=value, row=self._number)
        field.suggest(choices(pattern(path), self._owner.session))
        self.fields[name] = field

    def _kind(self, _name: str, _value: Any) -> type[Field]:
        """Return which control a column has for a value."""
        return Field

    def _make_missing(self) -> None:
        """Make the storage id when it is first needed; later it is only hidden, its text remembered."""
        for name in self._visible():
            if name not in self.fields:
                self._make(name)

    def _widgets(self) -> list[Any]:
        return [*(self.fields[name].widget for name in self._visible()), self._remove]

    def _on_field(self, _field: Field) -> None:
        self._owner.on_row(self)

    def _on_click(self, _button: Any) -> None:
        self._owner.on_remove(self)
