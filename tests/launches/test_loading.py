"""Loading the catalogue: few threads where it answers at once, none waits for another where not."""

import threading

import pytest

from ppio_widgets.launches import session
from ppio_widgets.launches.session import Loading
from ppio_widgets.runtime import threads
from tests.support.clock import PATIENCE

KINDS = ("offers", "regions", "balance")


class Catalogue:
    """Answers when a kind is let go, and remembers who asked."""

    def __init__(self, *slow):
        self.asked = []
        self.gates = {kind: threading.Event() for kind in slow}

    def load(self, kind):
        self.asked.append((kind, threading.get_ident()))
        gate = self.gates.get(kind)
        assert gate is None or gate.wait(PATIENCE)


@pytest.fixture
def moment(monkeypatch):
    """Set how long a moment is."""
    return lambda seconds: monkeypatch.setattr(session, "MOMENT_SECONDS", seconds)


def test_what_answers_at_once_is_read_by_one_thread_and_told_together(moment):
    moment(PATIENCE)
    told, catalogue = [], Catalogue()
    Loading(catalogue, KINDS, told.append).run()
    assert told == [list(KINDS)]
    assert [kind for kind, _thread in catalogue.asked] == list(KINDS)
    assert len({thread for _kind, thread in catalogue.asked}) == 1


@pytest.mark.parametrize("slow", KINDS)
def test_one_that_is_slow_holds_nothing_else_up(moment, slow):
    moment(0.001)
    told, catalogue = [], Catalogue(slow)

    def take(kinds):
        told.extend(kinds)
        if len(told) == len(KINDS) - 1:
            catalogue.gates[slow].set()

    Loading(catalogue, KINDS, take).run()
    assert told[-1] == slow
    assert sorted(told) == sorted(KINDS)


def test_all_slow_ones_are_asked_for_at_once(moment):
    moment(0.001)
    all_asked = threading.Barrier(len(KINDS))
    told, catalogue = [], Catalogue()
    catalogue.load = lambda _kind: all_asked.wait(PATIENCE)
    Loading(catalogue, KINDS, told.extend).run()
    assert sorted(told) == sorted(KINDS)


def test_a_fault_of_ours_in_one_kind_ends_the_load_all_the_same(moment, monkeypatch):
    moment(0.001)
    faults = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_type))
    told, catalogue = [], Catalogue()
    catalogue.load = lambda kind: {}["no such"] if kind == "regions" else None
    Loading(catalogue, KINDS, told.extend).run()
    assert sorted(told) == sorted(KINDS)
    assert faults == [KeyError]


def test_without_a_thread_left_it_is_read_where_it_is(monkeypatch):
    def none_left(*_args, **_options):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "run", none_left)
    told = []
    Loading(Catalogue(), KINDS, told.append).run()
    assert told == [list(KINDS)]


def test_without_threads_it_is_read_inline(monkeypatch):
    monkeypatch.setattr(threads, "HAS_THREADS", False)
    told, catalogue = [], Catalogue()
    Loading(catalogue, KINDS, told.append).run()
    assert told == [list(KINDS)]
    assert {thread for _kind, thread in catalogue.asked} == {threading.get_ident()}
