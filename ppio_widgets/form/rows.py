"""Dynamic rows: ports, envs, volumes, candidate regions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.form import theme
from ppio_widgets.form.fields import Field
from ppio_widgets.form.guard import guarded
from ppio_widgets.request.fields import Path, Rows, node_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.launcher.session import LaunchSession
    from ppio_widgets.locale import Words

# The columns of each list, in the order in which a person thinks of them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "envs": ("key", "value"),
    "ports": ("port", "protocol"),
    "volumes": ("type", "mount_point", "id"),
    "candidate_regions": ("",),  # a region is its own text
}
# What a new row's dropdown says.
_DEFAULTS: Mapping[str, str] = {"protocol": "http", "type": "local"}

_numbers = itertools.count(1)


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
        self.key = f"r{next(_numbers)}"
        self._owner = owner
        self._given = given
        self._names = COLUMNS[column]
        self._number = number
        self.fields: dict[str, Field] = {}
        for name in self._names:
            if name != "id" or "id" in self._extra():
                self._make(name)
        remove = theme.button(
            owner.say("row.remove"), "ppw-remove", tooltip=owner.say(f"row.remove.{column}")
        )
        remove.on_click(self._on_click)
        self._remove = remove
        self._make_missing()
        self.box = theme.box([*self._widgets(), remove], "ppw-row", self.key)

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
        path: Path = (self._owner.column, 0, *([name] if name else []))
        value = (
            _DEFAULTS.get(name) if self._given is None else self._extra().get(name) if name else self._given
        )
        self.fields[name] = Field(path, self._owner.say, self._on_field, default=value, row=self._number)

    def _make_missing(self) -> None:
        """Make the storage id when it is first needed; later it is only hidden, its text remembered."""
        for name in self._visible():
            if name not in self.fields:
                self._make(name)

    def _widgets(self) -> list[Any]:
        return [self.fields[name].widget for name in self._visible()]

    def _arrange(self) -> None:
        """Put the storage id there, or take it away."""
        self._make_missing()
        children = (*self._widgets(), self._remove)
        if children != tuple(self.box.children):
            self.box.children = children

    def _on_field(self, field: Field) -> None:
        if field.path[-1] == "type":
            self._arrange()
        self._owner.on_row(self)

    def _on_click(self, _button: Any) -> None:
        self._owner.on_remove(self)


class RowList:
    """A list of rows with its Add button.

    Parameters
    ----------
    column : str
        ``"ports"``, ``"envs"``, ``"volumes"`` or ``"candidate_regions"``.
    session : LaunchSession
    show_fault : callable
        See `guard.View`.
    """

    def __init__(
        self, column: str, session: LaunchSession, say: Words, show_fault: Callable[[str], None]
    ) -> None:
        self.column = column
        self.session = session
        self.show_fault = show_fault
        self.say = say
        self.rows: list[Row] = []
        self._add = theme.button(say(f"row.add.{column}"), "ppw-add")
        self._add.on_click(self._on_add)
        self._label = theme.html(f"<span>{say(f'list.{column}')}</span>", "ppw-label")
        self.box = theme.box([self._label, self._add], "ppw-list", f"l-{column}")

    def show(self, values: Any) -> None:
        """Replace all rows; nothing of the old ones stays."""
        old = self.rows
        self.rows = []
        for value in values if isinstance(values, list | tuple) else ():
            self.rows.append(self._new(value))
        if self.rows or old:
            self._publish()
        for row in old:
            row.close()

    def field_at(self, path: Path) -> tuple[Row, Field | None] | None:
        """Return the row and the control that a path of an error means."""
        number = path[1] if len(path) > 1 else None
        if not isinstance(number, int) or number >= len(self.rows):
            return None
        row = self.rows[number]
        name = str(path[2]) if len(path) > 2 else ""
        return row, row.fields.get(name)

    def _new(self, given: Any = None) -> Row:
        return Row(self, len(self.rows) + 1, given)

    def _publish(self) -> None:
        self.box.children = [self._label, *(row.box for row in self.rows), self._add]

    def _send(self) -> None:
        self.session.set((self.column,), [row.value for row in self.rows])

    @guarded
    def _on_add(self, _button: Any) -> None:
        self.rows.append(self._new())
        self._publish()

    @guarded
    def on_row(self, _row: Row) -> None:
        """Take what a person typed in a row."""
        self._send()

    @guarded
    def on_remove(self, row: Row) -> None:
        """Take a row away and close all it opened."""
        self.rows.remove(row)
        for number, later in enumerate(self.rows, 1):
            later.renumber(number)
        self._publish()
        row.close()
        self._send()


def is_list(path: Path) -> bool:
    """Whether a path is a list of rows."""
    return isinstance(node_at(path), Rows)
