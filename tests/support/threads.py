"""The threads that the product begins: to see them, and to wait for their end."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

# Every thread of the product has a name that begins so.
OURS = "ppio-"
PATIENCE = 60  # seconds, of which an idle machine needs none
CODE = tuple(Path(__file__).parents[2] / folder for folder in ("ppio_widgets", "tests"))


def threads_going(*names: str, earlier: Container[threading.Thread] = ()) -> list[threading.Thread]:
    """Return the threads of these names that go on, or all of ours, but for those that were there earlier."""
    return [
        one
        for one in threading.enumerate()
        if (one.name in names if names else one.name.startswith(OURS)) and one not in earlier
    ]


def threads_that_stay(*names: str, earlier: Container[threading.Thread] = ()) -> list[threading.Thread]:
    """Wait until such threads have ended; returns those that have not when patience is over."""
    until = time.monotonic() + PATIENCE
    while going := threads_going(*names, earlier=earlier):
        if time.monotonic() > until:
            return going
        with suppress(RuntimeError):  # it is only about to start
            going[0].join(0.1)
    return []


def wait_for_threads(name: str, *names: str, earlier: Container[threading.Thread] = ()) -> None:
    """Wait until the threads of these names have ended, so that nothing happens behind a test's back."""
    stay = threads_that_stay(name, *names, earlier=earlier)
    assert not stay, ", ".join(map(where, stay))


def where(thread: threading.Thread) -> str:
    """Name a thread, and the innermost line of this project that it is at."""
    frame = sys._current_frames().get(thread.ident or 0)
    lines = traceback.extract_stack(frame) if frame is not None else []
    own = [line for line in lines if any(map(Path(line.filename).is_relative_to, CODE))]
    return f"{thread.name} at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else thread.name
