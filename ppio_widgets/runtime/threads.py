"""Where network work runs: on a thread of ours, never on the kernel's event loop.

Without threads (Pyodide, `Kernel.threads`) what a person waits for runs inline, and an `Agenda` has all that
comes in the background or later: the kernel's loop does it as it is due, and so does whoever waits
meanwhile. Nothing else in the package has to know.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from ppio_widgets.errors import log_fault
from ppio_widgets.runtime import forks, kernel

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

# No longer does who waits go without a look at where it stands.
LONGEST_SLEEP = 1.0
# What failed in the background is tried again after so long.
AGAIN_SECONDS = 2.0
# So often the loop looks whether anything is due: the clocks of a machine may jump, and events be set.
TICK_SECONDS = 0.25
# Nobody sleeps less: seconds since 1970 know no smaller parts of one.
SHORTEST_SLEEP = 0.001


def exist() -> bool:
    """Whether this kernel has threads."""
    return kernel.current().threads


def go_on() -> bool:
    """Whether what comes later comes by itself, by a thread or by a loop that runs."""
    return exist() or _running_loop() is not None


def now() -> float:
    """Return the Unix seconds of this moment, by the clock that may be set."""
    return kernel.current().clock.now()


def tick() -> float:
    """Return the seconds of this moment, by the clock that nobody sets."""
    return kernel.current().clock.monotonic()


def wait(event: threading.Event, seconds: float) -> bool:
    """Wait until an event is set; False when the time is over before. Nothing else is done meanwhile."""
    here = kernel.current()
    if here.threads:
        return here.clock.wait(event, seconds)
    if not event.is_set():
        here.clock.sleep(max(0.0, seconds))
    return event.is_set()


def poll(look: Callable[[], float | None]) -> None:
    """Look, for who waits, until there is nothing left to wait for.

    `look` returns the seconds until the next one, None for no more. Without threads, what is due
    is done in between.
    """
    never = forks.event()
    while (pause := look()) is not None:
        if exist():
            wait(never, pause)
        else:
            kernel.of(Agenda).rest(pause)


def wait_until(done: Callable[[], bool], changed: threading.Condition, timeout: float | None = None) -> None:
    """Wait until it is so, or the time is over; whoever may have made it so notifies the condition.

    Its lock is held by the caller. Who waits looks now and then, should nobody be left to wake it.
    """
    if not exist():
        ends = inf if timeout is None else tick() + timeout
        poll(lambda: None if done() or tick() >= ends else min(LONGEST_SLEEP, ends - tick()))
        return
    ends = inf if timeout is None else time.monotonic() + timeout
    while not done() and (left := ends - time.monotonic()) > 0:
        changed.wait(min(LONGEST_SLEEP, left))


def run(task: Callable[[], None], *, name: str, daemon: bool) -> None:
    """Run `task` on a new thread; inline where threads do not exist, as a person waits for it.

    It sees the caller's context, in which ipykernel 7.0 finds the cell that its output belongs to, and
    stays in the caller's `Kernel`. The task handles its own exceptions: nobody else will. Only a launch
    in flight is no daemon: the process stays until its answer is there.
    """
    if not exist():
        task()
        return
    kernel.OwnThread(target=_own_context().run, args=(task,), name=name, daemon=daemon).start()


def try_run(task: Callable[[], None], *, name: str) -> bool:
    """Run `task` in the background, on a new daemon thread; False when the system has no thread left for it.

    Without threads the loop runs it soon, or it is run now where none would.
    """
    if not exist():
        kernel.of(Agenda).add(_once(task, name), forks.event(), name)
        return True
    return try_help(task, name=name)


def try_help(task: Callable[[], None], *, name: str) -> bool:
    """Run part of what the caller waits for on a thread; False where there is none for it, or none at all."""
    if not exist():
        return False
    try:
        run(task, name=name, daemon=True)
    except RuntimeError:
        return False
    return True


def keep(look: Callable[[], float | None], wake: threading.Event, *, name: str) -> None:
    """Look again and again in the background, from now on, on a daemon thread or by the loop.

    `look` returns the seconds until the next one, None for no more; it comes sooner once `wake` is set,
    which `look` clears. Whatever is raised, it is looked again.
    """
    if not exist():
        kernel.of(Agenda).add(look, wake, name)
        return

    pause: float | None = 0.0

    def go_on_looking() -> None:
        nonlocal pause  # no line of the thread's own is without the `try`
        while True:
            try:
                if pause is None:
                    return
                if pause > 0:
                    wait(wake, pause)
                pause = look()
            except BaseException as error:  # noqa: BLE001, PERF203 - nobody else would look again
                pause = AGAIN_SECONDS
                log_fault(name, error)

    run(go_on_looking, name=name, daemon=True)


def wake(event: threading.Event) -> None:
    """Have what `keep` looks at by this event looked at now."""
    event.set()
    if not exist():
        kernel.of(Agenda).hurry(event)


def run_all(tasks: Iterable[Callable[[], None]], *, name: str) -> None:
    """Run tasks on threads, eight at a time, and return when all are done.

    Where the system has no thread for them, they are run on this one, one after the other.
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

    begun = [try_help(work, name=name) for _worker in range(min(8, count))]
    if not any(begun):
        work()
    for _task in range(count):
        done.acquire()


def after(seconds: float, task: Callable[[], None]) -> threading.Event:
    """Run `task` in the background once `seconds` are over; setting the returned event calls it off."""
    called_off = forks.event()
    due = tick() + seconds

    def run_when_due() -> None:
        if not kernel.current().clock.until(called_off, due):
            task()

    def look() -> float | None:
        left = due - tick()
        if left > 0 and not called_off.is_set():
            return left
        if not called_off.is_set():
            _once(task, "ppio-timer")()
        return None

    try:
        if exist():
            try_help(run_when_due, name="ppio-timer")  # without a thread left nothing comes of it
        else:
            kernel.of(Agenda).add(look, called_off, "ppio-timer")
        return called_off  # noqa: TRY300 - an Interrupt may come here as well
    except BaseException:  # nobody gets it who could call it off
        called_off.set()
        raise


def _own_context() -> contextvars.Context:
    """Return a copy of the caller's context that stays in its kernel."""
    context = contextvars.copy_context()
    context.run(kernel.current().enter)
    return context


def _once(task: Callable[[], None], name: str) -> Callable[[], None]:
    """Return a look that is not looked again; only an Interrupt, which is another's, lets it come anew."""

    def do() -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - as on a thread of its own
            log_fault(name, error)

    return do


def _running_loop() -> asyncio.AbstractEventLoop | None:
    import asyncio  # noqa: PLC0415 - only without threads, where the kernel has it

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@dataclass(eq=False)
class _Item:
    """A look, what brings it forward, and when it is due by the clock that nobody sets."""

    look: Callable[[], float | None]
    wake: threading.Event
    name: str
    due: float


class Agenda:
    """What comes in the background or later in a kernel without threads.

    The running loop does it, and whoever waits by `poll` meanwhile; where no loop runs it comes with the next
    who waits. One thing is done at a time: what it waits for itself is waited for with nothing
    in between, as it may hold a lock.
    """

    def __init__(self) -> None:
        self._kernel = kernel.current()
        self._items: list[_Item] = []
        # Held while something is done: no Interrupt keeps a lock of `with`.
        self._doing = threading.Lock()
        self._ticks: dict[asyncio.AbstractEventLoop, asyncio.TimerHandle] = {}

    def add(self, look: Callable[[], float | None], wake: threading.Event, name: str) -> None:
        """Have it looked from now on: by the loop, else at once."""
        self._items.append(_Item(partial(_own_context().run, look), wake, name, self._tick()))
        self.hurry(wake)

    def hurry(self, wake: threading.Event) -> None:
        """Have looked what an event brings forward: soon by the loop, else at once."""
        if not self._attach(0.0) and not self._doing.locked():
            for item in [one for one in self._items if one.wake is wake]:
                self._do(item)

    def rest(self, seconds: float) -> None:
        """Let the time go by, and do meanwhile what is due."""
        ends = self._tick() + seconds
        self._do_what_is_due()
        while (left := ends - self._tick()) > 0:
            first = inf if self._doing.locked() else min(map(self._left, self._items), default=inf)
            self._kernel.clock.sleep(max(SHORTEST_SLEEP, min(left, first)))
            self._do_what_is_due()

    def _tick(self) -> float:
        return self._kernel.clock.monotonic()

    def _left(self, item: _Item) -> float:
        return 0.0 if item.wake.is_set() else max(0.0, item.due - self._tick())

    def _do_what_is_due(self) -> None:
        for item in () if self._doing.locked() else tuple(self._items):
            if not self._left(item):
                self._do(item)
        self._attach()

    def _do(self, item: _Item) -> None:
        """Look as long as that is due now."""
        pause: float | None = AGAIN_SECONDS
        with self._doing:
            try:
                while (pause := item.look()) is not None and pause <= 0:
                    pause = AGAIN_SECONDS
            except Exception as error:  # noqa: BLE001 - nobody else would look again
                log_fault(item.name, error)
            finally:  # an Interrupt is the person's who waits, and the look comes later
                if pause is None:
                    self._items.remove(item)
                else:
                    item.due = self._tick() + pause

    def _attach(self, seconds: float | None = None) -> bool:
        """Have the running loop tick, after `seconds` where that is told; False where none runs."""
        loop = _running_loop()
        if loop is None:
            return False
        ticks = self._ticks.get(loop)
        if self._items and (ticks is None or seconds is not None):
            if ticks is not None:
                ticks.cancel()
            pause = TICK_SECONDS if seconds is None else seconds
            self._ticks[loop] = loop.call_later(pause, self._on_tick, loop)
        return True

    def _on_tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticks.pop(loop, None)
        self._attach()  # first: whatever is raised, it ticks again
        self._do_what_is_due()
