"""The kernel's side of every form: models, messages, bytes and milliseconds, by a recording comm."""

from __future__ import annotations

import contextlib
import gc
import io
import time
from typing import TYPE_CHECKING, Any

from ipywidgets.widgets.widget import _instances

from benchmarks import front_end
from benchmarks.bodies import body
from benchmarks.figures import Notes
from benchmarks.front_end import counted, press, type_into
from benchmarks.peers import NAMES, OURS, load, most_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.figures import Figure
    from benchmarks.peers.face import Peer

ROWS = (0, 50, 200, 1000)
KEYS = 10
SET_ROWS = 50


def measure(rounds: int) -> list[Figure]:
    """Take turns with all forms: open, type, add and remove a row, set a body."""
    front_end.record()
    forms = {name: load(name) for name in NAMES}
    notes = Notes("kernel_side")
    for number in range(-1, rounds):
        for rows in ROWS:
            for name, form in forms.items():
                if rows <= most_rows(name):
                    # The round before the first warms up, and is not taken down.
                    _one(name, form, rows, notes if number >= 0 else Notes(""))
    return notes.figures()


def _one(name: str, kind: type[Peer], rows: int, notes: Notes) -> None:
    with _nothing_left():
        form = _timed(lambda: kind(body(rows)), notes, f"open, {rows} rows", name)
        for number in range(KEYS):
            _timed(lambda n=number: type_into(form.name, f"demo{n}"), notes, f"key, {rows} rows", name)
        if not rows:
            _timed(form.unfold, notes, "open the list, 0 rows", name)
        before = len(_instances)
        _timed(lambda: press(form.add), notes, f"add a row, {rows} rows", name)
        _timed(lambda: press(form.remove()), notes, f"remove a row, {rows} rows", name)
        notes.take(f"remove a row, {rows} rows", name, models_left=len(_instances) - before)
        if rows == 0:
            _timed(lambda: form.set_body(body(SET_ROWS)), notes, f"set a body of {SET_ROWS} rows", name)
            form.set_body(body(0))
            what = f"set a body of {SET_ROWS} rows that look secret"
            _timed(lambda: form.set_body(body(SET_ROWS, "KEY")), notes, what, name)
            if name == OURS:
                _errors(form, notes)
        form.close()
        if rows == SET_ROWS:
            what = f"open, {rows} rows that look secret"
            _timed(lambda: kind(body(rows, "KEY")), notes, what, name).close()


def _errors(form: Peer, notes: Notes) -> None:
    """Change the set of errors by one key, there and back; only ours shows errors."""
    for text in ("", "demo"):
        _timed(lambda t=text: type_into(form.name, t), notes, "key that changes the errors", OURS)


def _timed(action: Callable[[], Any], notes: Notes, what: str, who: str) -> Any:
    """Do one thing and take down what it cost."""
    front_end.sent.clear()
    with contextlib.redirect_stdout(io.StringIO()):  # one of them prints when a row is added
        began = time.perf_counter()
        result = action()
        seconds = time.perf_counter() - began
    notes.take(what, who, **counted(), ms=seconds * 1000)
    return result


@contextlib.contextmanager
def _nothing_left() -> Iterator[None]:
    """Close afterwards what a form left open: most forms cannot be closed."""
    gc.collect()
    before = set(_instances)
    yield
    for key in set(_instances) - before:
        if key in _instances:
            _instances[key].close()
    front_end.sent.clear()
