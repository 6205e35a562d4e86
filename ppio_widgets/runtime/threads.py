"""Where network work runs: on a thread of ours, never on the kernel's event loop."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from typing import TYPE_CHECKING

from ppio_widgets.runtime import clock, forks, kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HAS_THREADS = clock.HAS_THREADS


def now() -> float:
    """Return the Unix seconds of this moment, by the clock that may be set."""
    return kernel.current().clock.now()


def tick() -> float:
    """Return the seconds of this moment, by the clock that nobody sets."""
    return kernel.current().clock.monotonic()


def wait(event: threading.Event, seconds: float) -> bool:
    """Wait until an event is set; False when the time is over before."""
    return kernel.current().clock.wait(event, seconds)


def poll(look: Callable[[], float | None], called_off: threading.Event | None = None) -> bool:
    """Look until there is nothing left to wait for; False when it was called off before.

    `look` returns the seconds until the next one, None for no more. Nothing is waited for after the last one.
    """
    event = called_off if called_off is not None else forks.event()
    while (pause := look()) is not None:
        if wait(event, pause):
            return False
    return True


def run(task: Callable[[], None], *, name: str, daemon: bool) -> None:
    """Run `task` on a new thread; inline where threads do not exist (Pyodide).

    It sees the caller's context, in which ipykernel 7.0 finds the cell that its output belongs to, and
    stays in the caller's `Kernel`. The task handles its own exceptions: nobody else will. Only a launch
    in flight is no daemon: the process stays until its answer is there.
    """
    if not HAS_THREADS:
        task()
        return
    context = contextvars.copy_context()
    context.run(kernel.current().enter)
    kernel.OwnThread(target=context.run, args=(task,), name=name, daemon=daemon).start()


def try_run(task: Callable[[], None], *, name: str) -> bool:
    """Run `task` on a new daemon thread; False when the system has no thread left for it."""
    try:
        run(task, name=name, daemon=True)
    except RuntimeError:
        return False
    return True


def run_all(tasks: Iterable[Callable[[], None]], *, name: str) -> None:
    """Run tasks on threads, eight at a time, and return when all are done.

    Where the system has no thread left, they are run on this one, one after the other.
    """
    waiting = deque(tasks)
    count, done = len(waiting), threading.Semaphore(0)

    def work() -> None:
        while True:
            try:
                task = waiting.popleft()
            except IndexError:
                return
            try:
                task()
            finally:
                done.release()

    begun = [try_run(work, name=name) for _worker in range(min(8, count))]
    if not any(begun):
        work()
    for _task in range(count):
        done.acquire()


def after(seconds: float, task: Callable[[], None]) -> threading.Event:
    """Run `task` on a thread once `seconds` are over; setting the event that is returned calls it off.

    Without threads nothing ever comes of it.
    """
    called_off = forks.event()
    due = tick() + seconds

    def run_when_due() -> None:
        if not kernel.current().clock.until(called_off, due):
            task()

    try:
        if HAS_THREADS:
            try_run(run_when_due, name="ppio-timer")  # without a thread nothing comes of it either
        return called_off  # noqa: TRY300 - an Interrupt may come here as well
    except BaseException:  # nobody gets it who could call it off
        called_off.set()
        raise
