"""A practice cloud whose answers can be held back, for what happens meanwhile."""

from __future__ import annotations

import threading

import httpx

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.instances.autostop import SLICE_SECONDS
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.runtime.clock import Clock
from tests.support.bodies import MINIMAL
from tests.support.clock import is_a_watchers
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.threads import wait_for_threads

PATIENCE = 10


def interrupted(*_args, **_options):
    """In place of what begins a thread: a person presses Interrupt."""
    raise KeyboardInterrupt


class HeldCloud(PracticeTransport):
    """Counts what is asked of instances; `hold` and `refuse` are about some of it, by its last word."""

    def __init__(self, account):
        super().__init__(OneAccount(account))
        self.asked = []
        self.hold = {}
        self.refuse = set()
        self._arrived = threading.Condition()

    def handle_request(self, request):
        if request.method in ("GET", "POST"):
            return super().handle_request(request)
        action = "delete" if request.method == "DELETE" else request.url.path.rpartition("/")[2]
        with self._arrived:
            self.asked.append(action)
            self._arrived.notify_all()
        held = self.hold.get(action)
        assert held is None or held.wait(PATIENCE)
        if action in self.refuse:
            return httpx.Response(400, json={"reason": "NO", "message": "not now"})
        return super().handle_request(request)

    def arrived(self, *actions):
        """Wait until exactly these were asked for, in this order."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.asked) >= len(actions), PATIENCE)
            assert self.asked == list(actions)

    def client(self):
        return PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=self, practice=True)

    def running(self, name="demo"):
        """Make an instance that runs soon, and return its id."""
        return self.cloud.one.create({**MINIMAL, "product_id": "a100-80g", "name": name})["id"]


class ActingClock(Clock):
    """The account's time goes by while an action is read back; timers are let go by hand.

    Each is the event that lets it go, and the thread that waits for it.
    """

    def __init__(self, clock):
        self._clock = clock
        self.timers = []

    def now(self):
        return self._clock.now

    monotonic = now

    def wait(self, event, seconds):
        if is_a_watchers(event):
            return event.wait(0.002)
        if seconds >= SLICE_SECONDS:  # an instance that is to stop much later
            return event.wait(PATIENCE)
        self._clock.turn(seconds)
        return event.is_set()

    def until(self, event, moment):
        due = threading.Event()
        self.timers.append((due, threading.current_thread()))
        while not due.wait(0.005):
            if event.is_set():
                return True
        return False  # it is due, whatever happens at this very moment


def at_once(count, what):
    """Have something done by many threads at the same moment."""
    start = threading.Barrier(count)

    def do():
        start.wait(PATIENCE)
        what()

    threads = [threading.Thread(target=do) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
        assert not one.is_alive()


def acted(*names):
    """Wait until no action is on its way any more."""
    wait_for_threads(*(names or ("ppio-act",)))


def the_timer(clock, number):
    """Wait until so many timers were begun by a clock, and return the last one: each begins on its thread."""
    begun = threading.Event()
    while len(clock.timers) < number:
        begun.wait(0.005)
    return clock.timers[-1]
