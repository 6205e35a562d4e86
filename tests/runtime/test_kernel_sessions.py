"""One process, several people: what one of them typed or chose is never another's."""

from __future__ import annotations

import asyncio
import gc
import queue
import sys
import threading
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace

import pytest

from ppio_widgets import api
from ppio_widgets.cloud import recent
from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.instances import autostop
from ppio_widgets.instances.instance import Instance
from ppio_widgets.instances.watcher import watch
from ppio_widgets.launches import ledger
from ppio_widgets.launches.launch import Launch, live_launch
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.cloud import kernel_account
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.secrets.credentials import ApiKey, find_key, forget_keys, keys_at_hand, remember_key
from ppio_widgets.secrets.hosts import read_host
from tests.support.bodies import MINIMAL
from tests.support.sessions import SERVERS, Bokeh, Solara, Visit
from tests.support.threads import wait_for_threads

HOST = read_host("https://api.ppio.com")
KEYS = ("sk_of_the_first_visitor", "sk_of_the_second_visitor")


@pytest.fixture(params=SERVERS, ids=lambda host: host.__name__)
def host(request, monkeypatch):
    return request.param(monkeypatch)


@pytest.fixture
def visits():
    return Visit(), Visit()


def known_key():
    found = find_key(HOST)
    return None if found is None else found.last_four


def on_a_thread(task):
    """What a thread of ours finds out, begun here and run when nobody's turn is on."""
    go, found = threading.Event(), queue.SimpleQueue()
    threads.run(lambda: go.wait(10) and found.put(task()), name="ppio-act", daemon=True)

    def answer():
        go.set()
        return found.get(timeout=10)

    return answer


def test_a_key_serves_who_typed_it_and_nobody_else(host, visits):
    for visit, key in zip(visits, KEYS, strict=True):
        with host.turn_of(visit):
            assert known_key() is None
            remember_key(HOST, ApiKey(key, "typed"))
    assert known_key() is None, "nor the process"
    for visit, key in zip(visits, KEYS, strict=True):
        with host.turn_of(visit):
            assert known_key() == key[-4:]
            assert len(keys_at_hand()) == 1
    with host.turn_of(visits[0]):
        forget_keys()
    with host.turn_of(visits[1]):
        assert known_key() == KEYS[1][-4:]


def test_a_thread_is_of_the_session_that_began_it_whosever_turn_it_is(host, visits):
    answers = []
    for visit, key in zip(visits, KEYS, strict=True):
        with host.turn_of(visit):
            remember_key(HOST, ApiKey(key, "typed"))
            answers.append(on_a_thread(lambda: (known_key(), on_a_thread(known_key)())))
    with host.turn_of(visits[1]):
        assert answers[0]() == (KEYS[0][-4:], KEYS[0][-4:])
    with host.turn_of(visits[0]):
        assert answers[1]() == (KEYS[1][-4:], KEYS[1][-4:])


@pytest.mark.parametrize("host", [Solara, Bokeh], indirect=True, ids=lambda host: host.__name__)
def test_what_a_loop_does_for_the_next_visitor_is_his_though_a_thread_of_another_woke_it(host, visits):
    """As a server does that sends a message of our thread, and goes on serving in the context of that."""
    first, second = visits

    async def serve():
        loop, served = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

        def serve_the_next():
            with host.turn_of(second):
                served.set_result(known_key())

        with host.turn_of(first):
            remember_key(HOST, ApiKey(KEYS[0], "typed"))
            threads.run(lambda: loop.call_soon_threadsafe(serve_the_next), name="ppio-act", daemon=True)
        return await asyncio.wait_for(served, 10)

    assert asyncio.run(serve()) is None


def test_a_client_of_one_visitor_asks_with_his_key_on_its_threads(host, visits):
    client = PpioClient(base_url=HOST.base_url)
    labels = []
    for visit, key in zip(visits, KEYS, strict=True):
        with host.turn_of(visit):
            remember_key(HOST, ApiKey(key, "typed"))
            labels.append(on_a_thread(lambda: client.account))
    assert [label() for label in labels] == [f"…{key[-4:]}" for key in KEYS]


def test_what_was_chosen_or_seen_is_of_one_session(host, visits, client, account):
    first, second = visits
    with host.turn_of(first):
        api.switch_practice(True)
        recent.keep(HOST.base_url, "offers", recent.Told(("offer",), 0.0))
        machine = Instance(account.create(MINIMAL)["id"], client)
        recent.note(HOST.base_url, [machine.look()])
        launch = Launch(LaunchPlan(check(MINIMAL), Target.of(client)), client)
        timer = autostop.set_for(machine, kernel.current().clock.now() + 3600)
        accounts = [kernel_account()]

    def mine():
        return (
            api.wants_practice(),
            recent.told(HOST.base_url, "offers") is not None,
            len(recent.last_seen(HOST.base_url)),
            live_launch(launch.launch_id),
            autostop.of(client.host.base_url, machine.id),
        )

    with host.turn_of(second):
        assert mine() == (None, False, 0, None, None)
        accounts.append(kernel_account())
    with host.turn_of(first):
        assert mine() == (True, True, 1, launch, timer)
        assert kernel_account() is accounts[0]
    timer.cancel()
    assert len({*map(id, accounts), id(kernel_account())}) == 3
    wait_for_threads("ppio-deadline")


def test_practice_launches_of_two_visitors_do_not_stand_in_each_others_way(host, visits, monkeypatch):
    monkeypatch.undo()  # the real throw-away ledger
    host = type(host)(monkeypatch)
    launches = []
    for visit in visits:
        with host.turn_of(visit):
            launches.append(api.launch(MINIMAL, practice=True))
            assert ledger_for(practice=True).get(launches[-1].launch_id) is not None
    assert [one.state for one in launches] == [LaunchState.SUCCEEDED] * 2
    with host.turn_of(visits[0]):
        launches[0].stop_following()
    launches[1].stop_following()
    wait_for_threads("ppio-watch")
    for one in kernel._kernels.values():
        one.of(ledger.PracticeFolder)._removal()


def test_watching_does_not_go_over_to_another_visitor(host, visits, client, account):
    watches = []
    for visit in visits:
        with host.turn_of(visit):
            watches.append(watch(Instance(account.create(MINIMAL)["id"], client), lambda: None))
    assert watches[0].watchers is not watches[1].watchers
    for one in watches:
        one.end()
    wait_for_threads("ppio-watch")


def test_what_a_visitor_typed_goes_with_the_visit(host):
    visit = Visit()
    with host.turn_of(visit):
        remember_key(HOST, ApiKey(KEYS[0], "typed"))
        assert len(kernel._kernels) == 1
    del visit
    host.__dict__.clear()
    gc.collect()
    assert kernel._kernels == {}


def test_the_same_session_is_found_again(host, visits):
    found = []
    for visit in (*visits, *visits):
        with host.turn_of(visit):
            found.append(kernel.current())
    assert found[:2] == found[2:]
    assert len({*found, kernel.current()}) == 3


def kernel_app(*, initialized):
    module = ModuleType("ipykernel.kernelapp")
    module.IPKernelApp = SimpleNamespace(initialized=lambda: initialized)
    return module


def test_only_an_ipython_kernel_outside_of_any_servers_session_is_one_persons(host, visits, monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel.kernelapp", raising=False)
    assert not kernel.is_one_persons(), "no kernel at all"
    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", kernel_app(initialized=False))
    assert not kernel.is_one_persons(), "a server that has loaded ipykernel"
    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", kernel_app(initialized=True))
    assert kernel.is_one_persons()
    with host.turn_of(visits[0]):
        assert not kernel.is_one_persons(), "a page served from within a kernel"
        assert kernel.who_answers() == "buttons"


def test_no_server_is_loaded_in_order_to_ask_it():
    kernel.current()
    assert not {"solara", "panel", "bokeh"} & set(sys.modules)


def test_a_visit_that_ends_meanwhile_is_not_taken_for_the_process(monkeypatch):
    def over():
        raise RuntimeError("no context any more")

    solara = ModuleType("solara.server.kernel_context")
    solara.has_current_context, solara.get_current_context = lambda: True, over
    monkeypatch.setitem(sys.modules, "solara.server.kernel_context", solara)
    monkeypatch.setattr(kernel, "_entered", ContextVar("of_nobody"))
    with pytest.raises(RuntimeError):
        kernel.current()
