"""An exception at a chosen line: what an Interrupt, a full memory or a listener can raise there."""

from __future__ import annotations

import ast
import dis
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import ppio_widgets

PACKAGE = Path(ppio_widgets.__file__).parent

# What does nothing that could fail; on a `try` there is nothing else.
_NOTHING = ("RESUME", "NOP", "MAKE_CELL", "COPY_FREE_VARS", "RETURN_GENERATOR")

# How httpcore takes its locks and gives them back: to fail between is to leave one taken.
_LOCKS = "httpcore/_synchronization.py"

KINDS = (MemoryError, SystemExit, KeyboardInterrupt)


class Injection:
    """Counts how often each line is run below some folders, on every thread, and raises at one.

    Attributes
    ----------
    counts : Counter
        By place.
    where : str
        Where it was raised; empty as long as it was not.
    """

    def __init__(self, kind=KeyboardInterrupt, place="", nth=1, folders=(PACKAGE,)):
        self.kind = kind
        self.counts = Counter()
        self.where = ""
        self._place = place
        self._nth = nth
        self._folders = tuple(str(folder) for folder in folders)
        self._lock = threading.Lock()

    @contextmanager
    def on(self):
        """Count on this thread, and on all that begin meanwhile."""
        before = sys.gettrace()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            yield self
        finally:
            sys.settrace(before)
            threading.settrace(None)

    def sites(self):
        """Return each line that was run, with its first time and its last."""
        return sorted({(place, nth) for place, count in self.counts.items() for nth in (1, count)})

    def _enter(self, frame, _event, _arg):
        code = frame.f_code
        ours = code.co_filename.startswith(self._folders) and not code.co_filename.endswith(_LOCKS)
        places = _places(code) if ours else {}
        if not places:
            return None

        def step(frame, event, _arg):
            if event == "line" and frame.f_lasti in places:
                self._come_to(places[frame.f_lasti])
            return step

        return step

    def _come_to(self, place):
        with self._lock:
            self.counts[place] += 1
            here = place == self._place and self.counts[place] == self._nth
        if here:
            self.where = (
                f"{self.kind.__name__} at {place}, time {self._nth}, on {threading.current_thread().name}"
            )
            raise self.kind


@cache
def _places(code):
    """Return where lines begin at which something can be raised, and what each is called.

    Not as a ``try`` is entered, nor between a ``with`` and its end: the interpreter does not look for signals
    there, and needs no memory. An exception there would be ours alone, and leave a lock taken.
    """
    path = Path(code.co_filename)
    entered = _with_lines(code.co_filename)
    names = {one.offset: one.opname for one in dis.get_instructions(code)}
    found = {}
    for offset, line in dis.findlinestarts(code):
        enters = names[offset].startswith("LOAD_") and names[offset] != "LOAD_CONST"
        if names[offset] not in _NOTHING and (line not in entered or enters):
            found[offset] = f"{path.parent.name}/{path.name}:{line} {code.co_name}"
    return found


@cache
def _with_lines(filename):
    tree = ast.parse(Path(filename).read_text(encoding="utf-8"))
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.With)}
