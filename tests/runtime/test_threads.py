"""Threads of ours see what their caller saw: in its context an ipykernel keeps the cell that runs."""

from __future__ import annotations

import contextvars
import threading

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
from tests.support.bodies import MINIMAL
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
