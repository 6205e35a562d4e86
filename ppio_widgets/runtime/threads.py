"""Where network work runs: on a thread of ours, never on the kernel's event loop."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from typing import TYPE_CHECKING

from ppio_widgets.runtime import clocks, forks, kernel

if TYPE_CHECKING:
    from collections.abc import Callable

HAS_THREADS = sys.platform != "emscripten"


class Clock:
    """What time it is, and waiting.

    Attributes
    ----------
    counts_sleep : bool
        Whether `monotonic` goes on while the machine sleeps. Where it does not, a price seems younger
        after a sleep, and a timer is told by the other clock, or by the cloud (`launcher.deadline`).
    """

    counts_sleep = clocks.COUNTS_SLEEP

    def now(self) -> float:
        """Return Unix seconds, by a clock that may be set."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that no change of the clock moves: for how long something has been there."""
        return clocks.steady()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set; False when the time is over before."""
        if HAS_THREADS:
            return event.wait(seconds)
        if not event.is_set():  # nobody else could set it meanwhile, and not all locks can wait there
            time.sleep(max(0.0, seconds))
        return event.is_set()


clock = Clock()


def tick() -> float:
    """Return the seconds of this moment's `clock` that nobody sets."""
    return clock.monotonic()


def run(task: Callable[[], None], *, name: str, daemon: bool) -> None:
    """Run `task` on a new thread; inline where threads do not exist (Pyodide).

    It sees the caller's context, in which ipykernel 7.0 finds the cell that its output belongs to, and
    stays in the caller's session (`kernel.of`).

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
    context = contextvars.copy_context()
    context.run(kernel.inherit_session)
    threading.Thread(target=context.run, args=(task,), name=name, daemon=daemon).start()


def try_run(task: Callable[[], None], *, name: str) -> bool:
    """Run `task` on a new daemon thread; False when the system has no thread left for it.

    For what may as well be left out, and for who does without a thread then.
    """
    try:
        run(task, name=name, daemon=True)
    except RuntimeError:
        return False
    return True


def after(seconds: float, task: Callable[[], None]) -> threading.Event:
    """Run `task` on a thread once `seconds` are over.

    Returns
    -------
    threading.Event
        Setting it calls the task off. Without threads nothing ever comes of it.
    """
    called_off = forks.event()
    due = tick() + seconds

    def wait() -> None:
        if not clock.wait(called_off, due - tick()):
            task()

    try:
        if HAS_THREADS:
            try_run(wait, name="ppio-timer")  # without a thread nothing comes of it either
        return called_off  # noqa: TRY300 - an Interrupt may come here as well
    except BaseException:  # nobody gets it who could call it off
        called_off.set()
        raise
