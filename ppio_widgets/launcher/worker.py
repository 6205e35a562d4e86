"""Where network work runs: on a thread of ours, never on the kernel's event loop."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HAS_THREADS = sys.platform != "emscripten"


def run(task: Callable[[], None], *, name: str, daemon: bool) -> None:
    """Run `task` on a new thread; inline where threads do not exist (Pyodide).

    Parameters
    ----------
    task : callable
        It has to handle its own exceptions: nobody else will.
    name : str
        Name of the thread.
    daemon : bool
        False for a launch in flight: the process stays until its answer is there.
    """
    if not HAS_THREADS:
        task()
        return
    threading.Thread(target=task, name=name, daemon=daemon).start()
