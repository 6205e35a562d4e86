"""What stays: 200 forms opened and closed, 1,000 rows added and removed."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import psutil
from ipywidgets.widgets.widget import _instances

from benchmarks import front_end
from benchmarks.bodies import body
from benchmarks.figures import Notes
from benchmarks.front_end import press
from benchmarks.peers import OURS
from benchmarks.peers.face import every
from ppio_widgets import LaunchForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Figure

FORMS = 200
ROWS = 1000
AT_ONCE = 50
WARM_UP = 20


def measure(_rounds: int) -> list[Figure]:
    """Measure once: it is long enough to be its own repetition."""
    front_end.record()
    notes = Notes("lasting")
    _forms(WARM_UP)
    _kept(f"{FORMS} forms opened and closed", notes, lambda: _forms(FORMS))
    form = LaunchForm(body(0), practice=True, language="en")
    _rows(form, AT_ONCE)
    _kept(f"{ROWS} rows added and removed", notes, lambda: _rows(form, ROWS))
    form.close()
    return notes.figures()


def _forms(count: int) -> None:
    for _number in range(count):
        form = LaunchForm(body(5), practice=True, language="en")
        form._repr_mimebundle_()
        for thread in threading.enumerate():
            if thread.name == "ppio-catalogue":
                thread.join()
        form.close()
        front_end.sent.clear()


def _rows(form: LaunchForm, count: int) -> None:
    add = next(one for one in every(form) if getattr(one, "description", "") == "Add variable")
    for _batch in range(count // AT_ONCE):
        for _number in range(AT_ONCE):
            press(add)
        for button in [one for one in every(form) if getattr(one, "description", "") == "Remove"]:
            press(button)
        front_end.sent.clear()


def _kept(what: str, notes: Notes, action: Callable[[], None]) -> None:
    """Do something and take down what is there afterwards that was not there before."""
    before = _state()
    action()
    after = _state()
    models, threads, size = (now - then for now, then in zip(after, before, strict=True))
    notes.take(what, OURS, models_left=models, threads_left=threads, MB_left=size / 1e6)


def _state() -> tuple[int, int, int]:
    gc.collect()
    return len(_instances), threading.active_count(), psutil.Process().memory_info().rss
