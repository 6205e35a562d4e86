"""Threads of ours see what their caller saw: in its context an ipykernel keeps the cell that runs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ppio_widgets import api
from ppio_widgets.cloud.client import Target
from ppio_widgets.instances.instance import Instance
from ppio_widgets.instances.listing import on_all
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.clock import Clock
from tests.support.bodies import MINIMAL
from tests.support.clock import PATIENCE
from tests.support.injection import Injection
from tests.support.kernels import start_kernel
from tests.support.threadless import Loop
from tests.support.threads import wait_for_threads

cell = contextvars.ContextVar("cell")


@pytest.fixture
def heard(monkeypatch):
    """What the threads of ours that told something saw, by their names."""
    token = cell.set("cell-1")
    seen = {}

    def hear(*_news):
        thread = threading.current_thread()
        if thread is not threading.main_thread():
            seen.setdefault(thread.name, set()).add(cell.get("no cell"))

    seen["hear"] = hear
    yield seen
    cell.reset(token)


def told(heard):
    return {name: one for name, one in heard.items() if name != "hear"}


def test_a_launch_and_its_watch(heard, client, clock, quick):
    launch = Launch(LaunchPlan(check(MINIMAL), Target.of(client)), client)
    launch.observe(heard["hear"], "sight")
    api.finish(launch)
    clock.turn(10)
    launch.wait(10)
    launch.stop_following()
    wait_for_threads("ppio-watch")
    assert told(heard).keys() >= {"ppio-launch"}
    assert set().union(*told(heard).values()) == {"cell-1"}


def test_the_catalogue_of_a_form(heard, client):
    session = LaunchSession(client)
    session.observe(heard["hear"], "snapshot")
    session.load()
    wait_for_threads("ppio-catalogue")
    session.close()
    assert told(heard) == {"ppio-catalogue": {"cell-1"}}


def test_an_action_a_timer_and_what_is_done_to_several(heard, client, account, clock, monkeypatch):
    machine = Instance(account.create(MINIMAL)["id"], client)
    clock.turn(10)
    machine.look()
    session = InstanceSession(machine)
    session.observe(heard["hear"], ["acting", "sight"])
    monkeypatch.setattr(Instance, "stop", lambda _machine: None)  # how it is read back is another test's
    session.ask("stop")
    session.confirm()
    wait_for_threads("ppio-act")
    session.close()
    threads.after(0, heard["hear"])
    wait_for_threads("ppio-timer")
    on_all([machine], lambda _one: "", heard["hear"])
    wait_for_threads("ppio-act")
    assert told(heard).keys() >= {"ppio-act", "ppio-timer"}
    assert set().union(*told(heard).values()) == {"cell-1"}


# Without threads.


class TurnedClock(Clock):
    """Time goes by while somebody waits; `pressed` is raised by the next who does."""

    def __init__(self):
        self.time, self.pressed = 1_700_000_000.0, None

    def now(self):
        return self.time

    monotonic = now

    def sleep(self, seconds):
        pressed, self.pressed = self.pressed, None
        if pressed is not None:
            raise pressed
        self.time += seconds


@pytest.fixture
def turned():
    clock = TurnedClock()
    start_kernel(clock, threads=False)
    return clock


def wait_for(seconds):
    """Wait as a person does who calls for something."""
    pauses = [seconds, None]
    threads.poll(lambda: pauses.pop(0))


def test_what_is_due_is_done_at_its_time_while_somebody_waits(turned):
    began, told = turned.time, []
    threads.after(5, lambda: told.append(turned.time - began))
    called_off = threads.after(3, lambda: told.append("called off"))
    called_off.set()
    wait_for(4)
    assert told == []
    wait_for(20)
    assert told == [pytest.approx(5, abs=0.01)]
    assert turned.time - began == pytest.approx(24, abs=0.01)


def test_an_interrupt_ends_the_wait_and_nothing_that_is_due_later(turned):
    told = []
    threads.after(5, lambda: told.append("done"))
    turned.pressed = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        wait_for(10)
    wait_for(10)
    assert told == ["done"]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_a_look_that_raises_is_looked_again(turned, kind):
    looks, wake = [], threading.Event()

    def look():
        looks.append(turned.time)
        if len(looks) == 2:
            raise kind
        return 4.0 if len(looks) < 4 else None

    threads.keep(look, wake, name="ppio-watch")
    with contextlib.suppress(KeyboardInterrupt):
        wait_for(5)
    wait_for(60)
    pauses = [later - before for before, later in itertools.pairwise(looks)]
    assert pauses == pytest.approx([4, threads.AGAIN_SECONDS, 4], abs=0.01)


def test_what_waits_in_the_background_lets_nothing_else_in_between(turned):
    told = []

    def slow():
        wait_for(10)
        told.append("slow")

    threads.after(1, slow)
    threads.after(2, lambda: told.append("quick"))
    wait_for(30)
    assert told == ["slow", "quick"]


def test_each_loop_that_runs_does_what_is_left(turned):
    looks = []

    def look():
        looks.append(turned.time)
        return 1.0

    async def until_looked(times):
        threads.try_run(lambda: None, name="ppio-names")  # a call of ours, whichever
        while len(looks) < times:
            turned.time += 1
            await asyncio.sleep(0.01)

    threads.keep(look, threading.Event(), name="ppio-watch")
    for times in (2, 4):
        asyncio.run(asyncio.wait_for(until_looked(times), PATIENCE))


class LoopClock(Clock):
    """A loop's clock: the time goes by as the loop waits, and as somebody else does."""

    def __init__(self):
        self.loop = Loop()

    def now(self):
        return self.loop.now()

    monotonic = now

    def sleep(self, seconds):
        self.loop.turn(seconds)


@pytest.fixture
def looped():
    clock = LoopClock()
    start_kernel(clock, threads=False)
    yield clock.loop
    clock.loop.close()


def test_a_loop_goes_on_with_what_is_left_though_another_ran_meanwhile(looped):
    told = []

    async def begin():
        threads.after(60, lambda: told.append("done"))

    async def other():
        threads.try_run(lambda: None, name="ppio-names")

    looped.run_until_complete(begin())
    asyncio.run(other())
    looped.run_until_complete(asyncio.sleep(120))
    assert told == ["done"]


def by_the_loop(loop):
    loop.run_until_complete(asyncio.sleep(20))


def by_who_waits(_loop):
    wait_for(20)


@pytest.mark.parametrize("go_on", [by_the_loop, by_who_waits])
def test_an_interrupt_at_any_line_keeps_nothing_from_its_time(go_on):
    def play(place="", nth=1):
        """Have two things done in their time, one of them after an Interrupt at a place."""
        clock, told = LoopClock(), []
        start_kernel(clock, threads=False)

        async def later(name):
            threads.after(10, lambda: told.append(name))

        clock.loop.run_until_complete(later("first"))
        injected = Injection(place=place, nth=nth, folders=(threads.__file__,))
        with contextlib.suppress(KeyboardInterrupt), injected.on():
            go_on(clock.loop)
        clock.loop.run_until_complete(later("second"))  # a call of ours, whichever
        go_on(clock.loop)
        go_on(clock.loop)
        clock.loop.close()
        assert {"first", "second"} == set(told), injected.where
        return injected

    # On a thread of its own: what a trace raises within a handler stays handled on its thread for good.
    with ThreadPoolExecutor(1) as own:
        sites = own.submit(play).result().sites()
        assert len(sites) > 20
        for place, nth in sites:
            assert own.submit(play, place, nth).result().where
