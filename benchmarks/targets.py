"""What is to be reached, computed from the figures of one run.

A count is judged by its worst value, a time by its median.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.kernel_side import ROWS, SET_ROWS
from benchmarks.peers import DEFAULT, OURS, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.figures import Figure

# One more child in a list of children: ``"IPY_MODEL_<32 digits>", ``.
ID_BYTES = 46


@dataclass(frozen=True)
class Target:
    """One figure that is to be reached.

    Attributes
    ----------
    number : int
        Of the reach, as the issue counts them.
    text : str
    measured, limit : float
    unit : str
    """

    number: int
    text: str
    measured: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.measured <= self.limit


class Table:
    """Finds figures; a part that was not run has none, and its targets are left out."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = {(one.part, one.what, one.who, one.unit): one for one in figures}

    def median(self, part: str, what: str, unit: str, who: str = OURS) -> float:
        """Return the middle value."""
        return self._figures[part, what, who, unit].median

    def worst(self, part: str, what: str, unit: str, who: str = OURS) -> float:
        """Return the largest value."""
        return max(self._figures[part, what, who, unit].values)


def targets(figures: Iterable[Figure]) -> list[Target]:
    """Return every target that the figures say something about."""
    table = Table(figures)
    found: list[Target] = []
    for part in (
        _opening,
        _opening_in_lab,
        _keys,
        _keys_in_lab,
        _rows,
        _secret_rows,
        _secret_rows_in_lab,
        _loading,
        _launching,
        _catalogue,
        _lasting,
    ):
        found += _known(part, table)
    return sorted(found, key=lambda target: target.number)


def _known(part: Callable[[Table], Iterator[Target]], table: Table) -> list[Target]:
    try:
        return list(part(table))
    except KeyError:
        return []


def _opening(table: Table) -> Iterator[Target]:
    what = "open, 0 rows"
    opens, size = (table.worst("kernel_side", what, unit) for unit in ("comm opens", "bytes"))
    yield Target(1, "opening the form: comm_opens", opens, 60, "models")
    yield Target(1, "opening the form: bytes", size / 1000, 54, "kB")


_MOMENTS = {"ms to name": "the name painted", "ms to settled": "settled, the catalogue loaded"}


def _opening_in_lab(table: Table) -> Iterator[Target]:
    for unit, text in _MOMENTS.items():
        ours, theirs, shared = (
            table.median("in_lab", "open, 0 rows", unit, who) for who in (OURS, DEFAULT, SHARED)
        )
        yield Target(1, f"{text}, 0 rows, against {DEFAULT}", ours, theirs, "ms")
        yield Target(1, f"{text}, 0 rows, against {SHARED}: an aim", ours, shared, "ms")
        ours, theirs = (table.median("in_lab", "open, 50 rows", unit, who) for who in (OURS, SHARED))
        yield Target(1, f"{text}, 50 rows, against 1.2 × {SHARED}", ours, theirs * 1.2, "ms")


def _keys(table: Table) -> Iterator[Target]:
    whats = [f"key, {rows} rows" for rows in ROWS]
    messages = max(table.worst("kernel_side", what, "other messages") for what in whats)
    size = max(table.worst("kernel_side", what, "bytes") for what in whats)
    sizes = ", ".join(f"{rows:,}" for rows in ROWS)
    yield Target(2, f"a key in the name, {sizes} rows: messages", messages, 2, "messages")
    yield Target(2, f"a key in the name, {sizes} rows: bytes", size / 1000, 1.2, "kB")
    changed = table.worst("kernel_side", "key that changes the errors", "other messages")
    yield Target(2, "a key that changes the set of errors: messages", changed, 3, "messages")
    yield Target(
        2, "a key at 200 rows, kernel side", table.median("kernel_side", "key, 200 rows", "ms"), 2, "ms"
    )


def _keys_in_lab(table: Table) -> Iterator[Target]:
    for rows in (0, 50):
        what = f"key to preview, {rows} rows"
        ours, theirs = (table.median("in_lab", what, "ms", who) for who in (OURS, DEFAULT))
        yield Target(
            2, f"key to painted preview, {rows} rows, against 1.1 × {DEFAULT}", ours, theirs * 1.1, "ms"
        )
    for rows in (0, 50):
        ours, theirs = (table.median("in_lab", f"30 keys, {rows} rows", "ms", who) for who in (OURS, SHARED))
        yield Target(2, f"a burst of 30 keys, {rows} rows, against 1.1 × {SHARED}", ours, theirs * 1.1, "ms")


def _secret_rows(table: Table) -> Iterator[Target]:
    plain, secret = f"open, {SET_ROWS} rows", f"open, {SET_ROWS} rows that look secret"
    for unit in ("comm opens", "other messages", "bytes"):
        ours, theirs = (table.worst("kernel_side", what, unit) for what in (secret, plain))
        yield Target(3, f"{SET_ROWS} rows that look secret, against others: {unit}", ours, theirs, "")
    ours, theirs = (table.median("kernel_side", what, "ms") for what in (secret, plain))
    text = f"{SET_ROWS} rows that look secret, kernel side, against 1.1 × others"
    yield Target(3, text, ours, theirs * 1.1, "ms")


def _secret_rows_in_lab(table: Table) -> Iterator[Target]:
    plain, secret = f"open, {SET_ROWS} rows", f"open, {SET_ROWS} rows that look secret"
    for unit, text in _MOMENTS.items():
        ours, theirs = (table.median("in_lab", what, unit) for what in (secret, plain))
        yield Target(
            3, f"{text}, {SET_ROWS} rows that look secret, against 1.1 × others", ours, theirs * 1.1, "ms"
        )


def _rows(table: Table) -> Iterator[Target]:
    opened = table.worst("kernel_side", "open the list, 0 rows", "comm opens")
    yield Target(3, "opening a section: comm_opens", opened, 12, "models")
    opens = max(table.worst("kernel_side", f"add a row, {rows} rows", "comm opens") for rows in ROWS)
    yield Target(3, "adding a row: comm_opens", opens, 5, "models")
    low, high = (
        table.median("kernel_side", f"add a row, {rows} rows", "bytes") for rows in (ROWS[0], ROWS[-1])
    )
    growth = round((high - low) / (ROWS[-1] - ROWS[0]))
    yield Target(
        3, "adding a row: bytes more for each row there is, against one child's id", growth, ID_BYTES, "B"
    )
    left = max(table.worst("kernel_side", f"remove a row, {rows} rows", "models left") for rows in ROWS)
    yield Target(3, "removing the row: models left", left, 0, "models")
    what = f"set a body of {SET_ROWS} rows"
    for unit, shown, scale in (("messages", "messages", 1), ("bytes", "kB", 1000)):
        ours, theirs = (_all(table, what, unit, who) / scale for who in (OURS, SHARED))
        yield Target(3, f"setting a body with {SET_ROWS} rows: {unit}, against {SHARED}", ours, theirs, shown)


def _all(table: Table, what: str, unit: str, who: str) -> float:
    """Return the bytes, or all messages: those that open a model are messages too."""
    units = ("comm opens", "other messages") if unit == "messages" else (unit,)
    return sum(table.median("kernel_side", what, one, who) for one in units)


def _loading(table: Table) -> Iterator[Target]:
    loaded = table.median("starting", "%load_ext ppio_widgets", "ms")
    yield Target(4, "%load_ext in a kernel that has ipywidgets", loaded, 30, "ms")
    for name in ("httpx", "pydantic", "ipywidgets"):
        brought = table.worst("starting", "import ppio_widgets", "modules", f"brings {name}")
        yield Target(4, f"import ppio_widgets imports {name}", brought, 0, "")


def _launching(table: Table) -> Iterator[Target]:
    ours, bare = (table.median("launching", "create", "ms", who) for who in ("launch", "httpx.Client.post"))
    yield Target(5, "a launch over loopback, beside a bare POST and the look-up", ours - bare, 10, "ms")


def _catalogue(table: Table) -> Iterator[Target]:
    seconds, size = (table.worst("catalogue", "filter, one key", unit) for unit in ("ms", "bytes"))
    yield Target(6, "filtering 1,000 products, the slowest key", seconds, 50, "ms")
    yield Target(6, "filtering 1,000 products, the largest answer to a key", size / 1000, 6, "kB")
    chosen = table.worst("catalogue", "choose a product", "bytes")
    yield Target(6, "choosing one of 1,000 products: bytes", chosen / 1000, 6, "kB")
    opened = table.worst("catalogue", "open and load", "bytes")
    yield Target(6, "opening the form with 1,000 products: bytes, as in reach 1", opened / 1000, 60, "kB")


def _lasting(table: Table) -> Iterator[Target]:
    for what in ("200 forms opened and closed", "1000 rows added and removed"):
        for unit, limit in (("models left", 0), ("threads left", 0), ("MB left", 5)):
            yield Target(7, what, table.worst("lasting", what, unit), limit, unit)
