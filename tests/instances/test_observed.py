"""Observers of what changes: each hears once, on the thread that changed it, whatever another one does."""

import threading

import pytest

from ppio_widgets.instances.observed import Observed


@pytest.fixture
def one():
    return Observed()


def test_each_change_is_told_once_on_its_own_thread(one):
    told = []
    one.observe(lambda change: told.append((change.owner, threading.current_thread())), "sight")
    one.tell()
    thread = threading.Thread(target=one.tell)
    thread.start()
    thread.join()
    assert told == [(one, threading.current_thread()), (one, thread)]


def test_who_observes_everything_hears_as_well(one):
    told = []
    one.observe(told.append)
    one.tell()
    assert [change.name for change in told] == ["sight"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_raised_when_all_have_heard(one, kind, caplog):
    told = []

    def interrupted(_change):
        raise kind

    one.observe(lambda _change: {}["secret"], "sight")
    one.observe(interrupted, "sight")
    one.observe(told.append, "sight")
    with pytest.raises(kind):
        one.tell()
    assert len(told) == 1
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text.replace("secrets", "")


def test_an_observer_that_removes_itself_and_others_keeps_nobody_from_hearing(one):
    told = []

    def leaves(_change):
        one.unobserve(leaves, "sight")
        one.unobserve(told.append, "sight")
        one.unobserve(leaves, "sight")  # once more does no harm

    one.observe(leaves, "sight")
    one.observe(told.append, "sight")
    one.tell()
    one.tell()
    assert len(told) == 1
