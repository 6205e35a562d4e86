"""As in Pyodide, but for a loop: what comes later comes with the next who waits."""

import gc
import os
import threading

import pytest

from ppio_widgets import (
    Classroom,
    ConsentNeeded,
    Instance,
    InstanceBoard,
    LaunchForm,
    OutcomeUnknown,
    Slow,
    launch,
)
from ppio_widgets.api import connect
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.cloud import PracticeCloud, kernel_account, put_kernel_cloud
from ppio_widgets.runtime import forks, threads
from ppio_widgets.runtime.files import publish
from tests.instances.test_instance import GoingClock
from tests.support.bodies import MINIMAL
from tests.support.clock import Clock
from tests.support.consent import let_read
from tests.support.kernels import start_kernel
from tests.support.leftovers import open_views
from tests.support.practice import LOST_ANSWER
from tests.support.sentences import sentence_of
from tests.widgets.conftest import every, find, message, press, shown

LOST = {**MINIMAL, "image": f"{LOST_ANSWER}:1"}
LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"


class HereClock(GoingClock):
    """One clock for all; whoever waits lets the time go by."""

    def monotonic(self):
        return self.clock.now

    def sleep(self, seconds):
        self.clock.turn(seconds)


@pytest.fixture(autouse=True)
def clock(shell, monkeypatch):
    started, clock = [], Clock()

    def start(thread):
        started.append(thread.name)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.delattr(os, "link")
    start_kernel(HereClock(clock), threads=False)
    put_kernel_cloud(PracticeCloud(clock))
    yield clock
    assert started == []


def test_a_line_launches_waits_lists_stops_and_deletes(run, names):
    run("%ppio practice on")
    demo = run(f"demo = {LINE} --env HF_TOKEN --yes\ndemo")
    assert (demo.state, demo.source) == (LaunchState.SUCCEEDED, "answer")
    assert demo.wait(60).instance.status == "running"
    assert "demo" in str(run("%ppio ls"))
    run("%ppio stop demo")
    assert Instance(demo.id, connect(practice=True)).status == "exited"
    run("%ppio delete demo --yes")
    assert names() == []


def test_a_line_asks_with_buttons_and_the_card_launches(run, monkeypatch, names):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: "buttons")
    demo = run(f"demo = {LINE}\ndemo")
    assert names() == []
    (card,) = open_views()
    let_read()
    press(find(card, "Yes, launch it"))
    assert demo.wait(60).instance.status == "running"
    assert names() == ["demo"]


def test_a_button_leads_on_what_waits_for_a_person(monkeypatch, clock):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: "buttons")
    made = launch(MINIMAL, practice=Slow(step=True))
    made._repr_mimebundle_()
    (card,) = open_views()
    for status in ("creating", "pulling", "running"):
        press(find(card, "Next state"))
        threads.wait(forks.event(), 60)
        assert made.instance.known.status == status


def test_a_call_launches_waits_stops_and_deletes():
    made = launch(MINIMAL, practice=True)
    machine = made.wait(60).instance
    assert made.settled
    assert "running" in sentence_of(made)
    assert "confirmed stopped" in machine.stop().outcome
    assert machine.start().wait(timeout=60).status == "running"
    assert "confirmed deleted" in machine.delete().outcome


def test_a_class_of_one_is_begun_judged_and_led(run, capsys, clock):
    run("%ppio class start first-bill")
    run("%ppio_launch --name me-1 --product 3090.8c30g.os --image ubuntu:24.04 --yes")
    Classroom.connect().jump("1m")
    run("%ppio check 1.2")
    assert "✓ 1.2 is passed." in capsys.readouterr().out


def test_a_wait_ends_in_time(clock):
    made = launch(MINIMAL, practice=True)
    began = clock.now
    assert made.wait(3).instance.status == "creating"
    assert clock.now - began == pytest.approx(3)
    assert not made.settled


def test_a_form_launches_and_shows_what_became_of_it(names):
    form = LaunchForm(MINIMAL, practice=True, language="en")
    form._repr_mimebundle_()
    assert "¥12.60 per hour" in shown(form)
    press(find(form, "Launch"))
    let_read()
    press(find(form, "Yes, launch it"))
    made = form.session.launch
    assert made.id in shown(form)
    assert names() == ["demo"]
    made.wait(60)
    assert ">running" in shown(form)
    press(find(form, "Stop …"))
    let_read()
    press(find(form, "Yes, stop it"))
    assert "confirmed stopped" in shown(form)
    press(find(form, "Delete …"))
    let_read()
    press(find(form, "Yes, delete it for good"))
    assert "confirmed deleted" in shown(form)
    assert names() == []
    form.close()


def test_a_lost_answer_is_looked_up(run, names):
    made = launch(LOST, practice=True)
    assert (made.state, made.source) == (LaunchState.SUCCEEDED, "listing")
    assert made.wait(60).instance.status == "running"
    assert "launched, id" in str(run("%ppio launches"))
    assert names() == ["demo"]


def test_a_form_looks_a_lost_answer_up(names):
    form = LaunchForm(LOST, practice=True, language="en")
    press(find(form, "Launch"))
    let_read()
    press(find(form, "Yes, launch it"))
    form.session.launch.wait_for_outcome(60)
    assert "a look-up found it" in shown(form)
    assert names() == ["demo"]
    form.close()


def test_a_lost_answer_that_does_not_show_is_looked_up_on_its_schedule(clock, monkeypatch):
    account, began = kernel_account(), clock.now
    page = account.page
    empty = {"data": [], "next_cursor": "", "has_more": False}
    monkeypatch.setattr(account, "page", lambda **q: page(**q) if clock.now > began + 60 else empty)
    made = launch(LOST, practice=True)
    assert made.source == "listing"
    assert 60 < clock.now - began < 90


def test_one_that_does_not_show_in_time_is_looked_up_by_hand(run, clock, capsys):
    began = clock.now
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernel_account(), "page", lambda **_query: {"data": "odd"})
        with pytest.raises(OutcomeUnknown) as caught:
            launch(LOST, practice=True, again="unchecked")
    assert clock.now - began == pytest.approx(90, abs=1)
    launch_id = caught.value.params["launch_id"]
    del caught
    gc.collect()  # whether its launch is still there does not matter
    run(f"%ppio launches look {launch_id}")
    assert "a look-up found it" in capsys.readouterr().out


def test_a_board_lists_and_acts(names):
    for name in ("one", "two"):
        launch({**MINIMAL, "name": name}, practice=True).wait(60)
    board = InstanceBoard(practice=True, language="en")
    board._repr_mimebundle_()
    assert "2 instances" in shown(board)
    heads = next(one for one in every(board) if "ppw-heads" in one._dom_classes)
    message(heads, {"method": "update", "state": {"value": True}, "buffer_paths": []})
    press(find(board, "Delete …"))
    let_read()
    press(find(board, "Yes, delete it for good"))
    assert names() == []
    press(find(board, "Refresh"))
    assert "No instances" in shown(board)
    board.close()


def test_no_second_copy_and_no_claim_twice_without_links(tmp_path, names):
    launch(MINIMAL, practice=True)
    with pytest.raises(ConsentNeeded):
        launch(MINIMAL, practice=True)
    assert names() == ["demo"]
    assert [record.name for record in ledger_for(practice=True).read().records] == ["demo"]
    spare, path = tmp_path / "spare", tmp_path / "name"
    spare.write_text("whole")
    publish(spare, path)
    assert path.read_text() == "whole"
    with pytest.raises(FileExistsError):
        publish(spare, path)
