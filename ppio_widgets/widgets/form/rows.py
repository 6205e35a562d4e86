"""Dynamic rows: ports, envs, volumes, candidate regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.errors import InputError
from ppio_widgets.formats.dotenv import rows_of_text
from ppio_widgets.launches.outside import Disk
from ppio_widgets.request.schema import Path, Rows, node_at, pattern
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.env_row import EnvRow
from ppio_widgets.widgets.form.row import Row
from ppio_widgets.widgets.form.suggestions import choices
from ppio_widgets.widgets.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.widgets.form.fields import Field


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
        self._note: w.HTML | None = None
        self.box = theme.box([self._label, self._add], "ppw-list", f"l-{column}")

    def show(self, values: Any) -> None:
        """Replace all rows; nothing of the old ones stays."""
        old = self.rows
        self.rows = []
        for value in values if isinstance(values, list | tuple) else ():
            self.rows.append(self._new(len(self.rows) + 1, value))
        if self.rows or old:
            self._tell("")
            self._publish()
        for row in old:
            row.close()

    def close(self) -> None:
        """Close the rows, and what is out of sight as well."""
        for row in self.rows:
            row.close()
        if self._note is not None:
            self._note.close()

    def suggest(self) -> None:
        """Offer in every row what the catalogue told meanwhile."""
        for row in self.rows:
            for field in row.fields.values():
                field.suggest(choices(pattern(field.path), self.session))

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

    def _new(self, number: int, given: Any = None) -> Row:
        kind = EnvRow if self.column == "envs" else Row
        return kind(self, number, given)

    def _publish(self) -> None:
        note = [self._note] if self._note is not None and self._note.value else []
        self.box.children = [self._label, *note, *(row.box for row in self.rows), self._add]

    def _tell(self, *sentences: str) -> None:
        """Say something about the list; it is seen once the list is published."""
        text = "".join(f"<p>{esc(sentence)}</p>" for sentence in sentences if sentence)
        if text and self._note is None:
            self._note = theme.html("", "ppw-note")
        if self._note is not None:
            self._note.value = text and f"<div role=status>{text}</div>"

    def _send(self) -> None:
        self.session.set((self.column,), [row.value for row in self.rows])

    @guarded
    def _on_add(self, _button: Any) -> None:
        self.rows.append(self._new(len(self.rows) + 1))
        self._publish()

    @guarded
    def on_row(self, row: Row) -> None:
        """Take what a person typed in a row."""
        row.arrange()
        self._send()

    @guarded
    def on_switch(self, row: EnvRow) -> None:
        """Take the value of a variable from elsewhere."""
        row.switch()
        self._send()

    @guarded
    def on_make(self, row: EnvRow) -> None:
        """Make rows of the text of variables that was pasted into one."""
        try:
            found = rows_of_text(row.pasted, Disk())
        except InputError as error:
            self._tell(error.sentence(self.say))
            self._publish()
            return
        stays = row.take_pasted()
        place = self.rows.index(row)
        first = place + 1 + stays
        made = [self._new(number, given) for number, given in enumerate(found.rows, first)]
        self.rows[place : place + 1] = [*([row] if stays else []), *made]
        for number, one in enumerate(self.rows, 1):
            one.renumber(number)
        self._tell(*(self.say(f"line.{code}", **params) for code, params in found.notes))
        self._publish()
        if stays:
            row.arrange()
        else:
            row.close()
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
