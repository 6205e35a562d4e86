"""Lists of rows: ports, variables, volumes, candidate regions.

The value of a variable may come from the kernel's environment instead. A text stays a text: only the
switch makes a reference of a row, whatever is typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets import environment
from ppio_widgets.cards.html import each, html
from ppio_widgets.errors import InputError
from ppio_widgets.formats.dotenv import rows_of_text, variables_in
from ppio_widgets.launches.importing import Disk
from ppio_widgets.request.envref import EnvRef, is_name, reference
from ppio_widgets.request.schema import Group, Path, Rows, node_at
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.fields import Field, RefField, question
from ppio_widgets.widgets.view import Part, close_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.widgets.view import Guarded

# A column that is shown while another one has a value, or when a value came from outside.
_SHOWN_WHEN: Mapping[str, tuple[str, str]] = {"volumes.id": ("type", "network")}
# What a new row's dropdown says.
_FIRST: Mapping[str, str] = {"protocol": "http", "type": "local"}
# How a shell refers to a variable; nobody replaces it here or at the other end.
_DOLLAR = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


class Row(Part):
    """One row of a list, a Part of it: its value, and a control for each of its columns.

    `given` is a row from outside; it counts even if its texts are empty. `key` is the CSS class
    of this row alone, so that an error finds it.
    """

    def __init__(self, owner: RowList, number: int, given: Any = None) -> None:
        super().__init__(owner)
        self.key = f"r{next(kernel.current().numbers)}"
        self._column = owner.column
        self._given = given
        self._names = columns(owner.column)
        self._number = number
        self._changed: Callable[[], None] = owner.changed
        self.fields: dict[str, Field] = {}
        # What the menu offers.
        self._ways: tuple[tuple[str, Callable[[], None]], ...] = (
            ("duplicate", partial(owner.duplicate, self)),
            ("up", partial(owner.move, self, -1)),
            ("down", partial(owner.move, self, 1)),
        )
        tooltip = self.say(f"row.remove.{owner.column}")
        remove = partial(owner.remove, self)
        self._remove = self._button(self.say("row.remove"), remove, "ppw-remove", tooltip=tooltip)
        tooltip = self.say(f"row.menu.{owner.column}")
        self._more = self._button(self.say("row.menu"), self._on_menu, "ppw-more", tooltip=tooltip)
        self._menu: w.Box | None = None
        self.box = theme.box(self._widgets(), "ppw-row", self.key)

    def renumber(self, number: int) -> None:
        """Say in the controls' names which row of the list this is now."""
        if number != self._number:
            self._number = number
            for field in self.fields.values():
                field.name(number)
            self.arrange()

    @property
    def touched(self) -> bool:
        """Whether a person changed any of it."""
        return any(field.touched for field in self.fields.values())

    @property
    def value(self) -> Any:
        """What the row says; empty when it is blank.

        A row from outside is itself until a person touches it, and each column of it
        until that column is touched: what was wrong stays visible, not half mended.
        """
        is_new = self._given is None
        if not is_new and not self.touched:
            return self._given
        if self._names == ("",):
            return self.fields[""].value
        said = {name: self.fields[name].value for name in self._visible()}
        if is_new and not any(said[name] for name in said if name not in _FIRST):
            return {}
        if said.get("key") and said["value"] is None and (is_new or self.fields["value"].touched):
            said["value"] = ""  # a variable may be empty
        extra = {key: item for key, item in self._extra.items() if key not in self._names}
        return {key: item for key, item in {**said, **extra}.items() if item is not None}

    @property
    def advice(self) -> str | None:
        """What may be better done otherwise: a key of ``advice.*`` in the words, or None."""
        return None

    def arrange(self) -> None:
        """Put the controls there that mean something now."""
        theme.fill(self.box, self._widgets())

    @property
    def _extra(self) -> Mapping[str, Any]:
        return self._given if isinstance(self._given, Mapping) else {}

    def _visible(self) -> list[str]:
        """Return the columns in use, made when first needed and later only hidden, their text remembered."""
        shown = []
        for name in self._names:  # one that depends on another stands behind it
            if self._is_visible(name):
                shown.append(name)
                if name not in self.fields:
                    self._make(name, self._first(name))
        return shown

    def _is_visible(self, name: str) -> bool:
        master, value = _SHOWN_WHEN.get(f"{self._column}.{name}", ("", ""))
        if not master or self.fields[master].value == value:
            return True
        return self._extra.get(name) is not None and not self.fields[master].touched

    def _first(self, name: str) -> Any:
        """Return what a column says before a person touches it."""
        if self._given is None:
            return _FIRST.get(name)
        return self._extra.get(name) if name else self._given

    def _make(self, name: str, value: Any) -> None:
        path: Path = (self._column, 0, *([name] if name else []))
        make = self._kind(name, value)
        self.fields[name] = make(path, self, self._on_field, given=value, row=self._number)

    def _kind(self, _name: str, _value: Any) -> type[Field]:
        """Return which control a column has for a value."""
        return Field

    def _widgets(self) -> list[w.Widget]:
        menu = [] if self._menu is None else [self._menu]
        return [*(self.fields[name].widget for name in self._visible()), self._remove, self._more, *menu]

    def _on_menu(self) -> None:
        """Open the menu, which is built then, or close it."""
        if self._menu is not None:
            close_all(self._menu)
            self._menu = None
        else:
            buttons = [self._button(self.say(f"row.{name}"), way, f"ppw-{name}") for name, way in self._ways]
            self._menu = theme.box(buttons, "ppw-menu")
        self.arrange()

    def _on_field(self, _field: Field) -> None:
        self.arrange()
        self._changed()


class EnvRow(Row):
    """A variable, with a switch between a value and the name of a variable of the kernel.

    The switch is made, one model, where it can be meant: when the name looks secret, the
    kernel has a variable of that name, or the value is typed as ``$NAME`` or looks like a key. A row
    that came with a value of its own, and that nobody touched, has it with its menu: fifty such rows
    cost no more than any others. Where the text of an env file was pasted, a button offers to make rows
    of it instead.
    """

    _was_switched = False

    def __init__(self, owner: RowList, number: int, given: Any = None) -> None:
        self._pasted: Callable[[EnvRow], None] = owner.make_rows
        super().__init__(owner, number, given)

    @cached_property
    def _switch(self) -> w.Checkbox:
        is_on = self._is_reference
        name = self._switch_name()
        made = theme.control(w.Checkbox, "ppw-switch", value=is_on, description=name, indent=False)
        self._hear(made, self._on_switch, "value")
        return made

    @cached_property
    def _make_rows(self) -> w.Button:
        return self._button(self._make_name(), partial(self._pasted, self), "ppw-make")

    @property
    def advice(self) -> str | None:
        """Say of a value that a person typed that it is seen, or that its ``$`` means nothing."""
        value = self.fields["value"].value
        if not self.touched or not isinstance(value, str):
            return None
        if _DOLLAR.fullmatch(value):
            return "dollar"
        return "secret" if self._is_secret(value) else None

    @property
    def pasted(self) -> str:
        """The text of variables, as in an env file, that a person put into one of the fields."""
        field = self._pasted_into()
        return field.value if field else ""

    def take_pasted(self) -> bool:
        """Empty the field with the text of variables; returns whether anything else is left in the row."""
        field = self._pasted_into()
        if field:
            field.show(None)
            field.touched = True
        return any(field.value not in (None, "", EnvRef("")) for field in self.fields.values())

    def _widgets(self) -> list[w.Widget]:
        widgets = super()._widgets()
        if self.pasted:
            self._make_rows.description = self._make_name()
            widgets.append(self._make_rows)
        elif self._is_offered() and (not self._came_with_value or self._menu is not None):
            self._switch.description = self._switch_name()
            widgets.append(self._switch)
        return widgets

    def _switch_name(self) -> str:
        return self.say("row.switch.envs", n=self._number)

    def _make_name(self) -> str:
        count = variables_in(self.pasted)
        return self.say("row.make_one") if count == 1 else self.say("row.make", n=count)

    def _kind(self, name: str, value: Any) -> type[Field]:
        return RefField if name == "value" and reference(value) is not None else Field

    def _pasted_into(self) -> Field | None:
        """Return the field with a text of variables: several in a value, and in a name one is enough."""
        for name, mark, least in (("key", "=", 1), ("value", "\n", 2)):
            field = self.fields[name]
            text = field.value if field.touched else None
            if isinstance(text, str) and mark in text and variables_in(text) >= least:
                return field
        return None

    @property
    def _came_with_value(self) -> bool:
        """Whether all of it is from elsewhere, its value a text."""
        return not self.touched and bool(self._extra.get("value")) and not self._is_reference

    @property
    def _is_reference(self) -> bool:
        return isinstance(self.fields["value"], RefField)

    def _is_offered(self) -> bool:
        value, key = self.fields["value"].value, self._key_text()
        if self._was_switched or self._is_reference:
            return True
        dollar = isinstance(value, str) and _DOLLAR.fullmatch(value) is not None
        return dollar or self._is_secret(value) or (is_name(key) and environment.variable(key) is not None)

    def _is_secret(self, value: Any) -> bool:
        return looks_secret(self._key_text()) or (isinstance(value, str) and looks_like_key(value))

    def _ref_for(self, typed: Any) -> EnvRef:
        """Return the reference to begin with: the ``$NAME`` that was typed, else the variable's own name."""
        match = _DOLLAR.fullmatch(typed) if isinstance(typed, str) else None
        name = (match[1] or match[2]) if match else self._key_text()
        return EnvRef(name if is_name(name) else "")

    def _key_text(self) -> str:
        return str(self.fields["key"].value or "").strip()

    def _on_switch(self) -> None:
        """Change over to the other kind of value; the one before is gone from every widget.

        The control is made anew, so that a key press still on its way cannot end up in it.
        """
        old = self.fields.pop("value")
        value = self._ref_for(old.value) if self._switch.value else ""
        self._was_switched = True
        if self._given is not None:
            self._given = {**self._extra, "value": value}
        self._make("value", value)
        self.fields["value"].touched = True
        self.arrange()
        old.close()
        self._changed()


class RowList(Part):
    """A list of rows above its Add button; what a person changes in it is the list of the draft."""

    def __init__(self, column: str, owner: Guarded, add: w.Button) -> None:
        super().__init__(owner)
        self.column = column
        self.rows: list[Row] = []
        # What was removed, with its place: the last one can be put back.
        self._removed: list[tuple[int, Any]] = []
        self._add = add
        title = self.say(f"list.{column}"), question(self.say, column)
        looks = theme.stylesheet("form/rows.css") + theme.script("form/rows.js")
        label = html("{}<span>{}</span>{}", looks, *title)
        self._label = theme.html(label, "ppw-label")
        self.box = theme.box([self._label, self._add], "ppw-list", f"l-{column}")

    @cached_property
    def _note(self) -> w.HTML:
        return theme.html("", "ppw-note")

    @cached_property
    def _undo(self) -> w.Button:
        return self._button(self.say(f"row.undo.{self.column}"), self._put_back, "ppw-undo")

    def show(self, values: Any) -> None:
        """Replace all rows; nothing of the old ones stays."""
        was_removed, self._removed = self._removed, []
        old, given = self.rows, values if isinstance(values, list | tuple) else ()
        self.rows = [self._new(number, value) for number, value in enumerate(given, 1)]
        if self.rows or old or was_removed:
            self._publish()
        for row in old:
            row.close()

    def suggest(self) -> None:
        """Offer in every row what the catalogue told meanwhile."""
        for row in self.rows:
            for field in row.fields.values():
                field.suggest()

    def field_at(self, path: Path) -> tuple[Row, Field | None] | None:
        """Return the row and the control that a path of an error means."""
        number = path[1] if len(path) > 1 else None
        if not isinstance(number, int) or number >= len(self.rows):
            return None
        row = self.rows[number]
        name = str(path[2]) if len(path) > 2 else ""
        return row, row.fields.get(name)

    def advised(self) -> dict[str, list[Row]]:
        """Return the rows that there is some advice for, by its key."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            advice = row.advice
            if advice is not None:
                found.setdefault(advice, []).append(row)
        return found

    def changed(self) -> None:
        """Take what the rows say by now."""
        self.session.set((self.column,), [row.value for row in self.rows])

    def remove(self, row: Row) -> None:
        """Take a row away and close all it opened; what it said can be put back."""
        if row.value:
            self._removed.append((self.rows.index(row), row.value))
        self.rows.remove(row)
        self._publish(*self._told)
        row.close()
        self.changed()

    def duplicate(self, row: Row) -> None:
        """Put a row that says the same behind a row."""
        self._insert(self.rows.index(row) + 1, row.value or None)

    def move(self, row: Row, steps: int) -> None:
        """Move a row among the others; the first and the last one stay where they end."""
        place = self.rows.index(row) + steps
        if 0 <= place < len(self.rows):
            self.rows.remove(row)
            self.rows.insert(place, row)
            self._publish(*self._told)
            self.changed()

    def _put_back(self) -> None:
        place, value = self._removed.pop()
        self._insert(min(place, len(self.rows)), value)

    def _insert(self, place: int, given: Any) -> None:
        self.rows.insert(place, self._new(place + 1, given))
        self._publish(*self._told)
        self.changed()

    def make_rows(self, row: EnvRow) -> None:
        """Make rows of the text of variables that was pasted into one."""
        try:
            found = rows_of_text(row.pasted, Disk())
        except InputError as error:
            self._publish(error.sentence(self.say))
            return
        stays = row.take_pasted()
        place = self.rows.index(row)
        first = place + 1 + stays
        made = [self._new(number, given) for number, given in enumerate(found.rows, first)]
        self.rows[place : place + 1] = [*([row] if stays else []), *made]
        self._publish(*(self.say(f"line.{code}", **params) for code, params in found.notes))
        if stays:
            row.arrange()
        else:
            row.close()
        self.changed()

    _told: tuple[str, ...] = ()

    def _new(self, number: int, given: Any = None) -> Row:
        kind = EnvRow if self.column == "envs" else Row
        return kind(self, number, given)

    def _publish(self, *told: str) -> None:
        """Show the rows by their numbers, below what is said about the list."""
        self._told = told
        for number, row in enumerate(self.rows, 1):
            row.renumber(number)
        if told:
            self._note.value = each("<p class=ppw-say>{}</p>", told)
        note = self._note if told else None
        undo = self._undo if self._removed else None
        theme.fill(self.box, [self._label, note, *(row.box for row in self.rows), self._add, undo])

    def add(self) -> None:
        """Add an empty row at the end."""
        self.rows.append(self._new(len(self.rows) + 1))
        self._publish(*self._told)


def columns(name: str) -> tuple[str, ...]:
    """Return the columns of a list as the contract has them, those that may be hidden last."""
    node = node_at((name,))
    item = node.item if isinstance(node, Rows) else None
    # A row that is no object is its own text.
    names = tuple(item.fields) if isinstance(item, Group) else ("",)
    return tuple(sorted(names, key=lambda one: f"{name}.{one}" in _SHOWN_WHEN))
