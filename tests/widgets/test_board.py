"""The board: all instances, chosen and acted on together."""

import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets import InstanceBoard
from ppio_widgets.cloud.instances import Listing
from ppio_widgets.runtime import kernel
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.practice import RICH
from tests.support.threads import wait_for_threads

from .conftest import answer, choose, every, find, find_all, message, press, shown, shows, type_into, until
from .test_instance_card import AccountClock

BODY = {**MINIMAL, "product_id": "a100-80g"}


@pytest.fixture(autouse=True)
def quick(monkeypatch, clock):
    kernel.current().clock = AccountClock(clock)


@pytest.fixture
def board_of(wire, client):
    boards = []

    def make(**options):
        boards.append(InstanceBoard(client=client, language="en", **options))
        boards[-1]._repr_mimebundle_()
        return boards[-1]

    yield make
    for board in boards:
        board.close()
    wait_for_threads("ppio-watch", "ppio-act")


@pytest.fixture
def fill(account, clock):
    """Makes running instances of these names, a second apart."""

    def fill(*names):
        made = {}
        for name in names:
            made[name] = account.create({**BODY, "name": name})["id"]
            clock.turn(1)
        clock.turn(20)
        return made

    return fill


def rows(board):
    with board.session.lock:  # head and list change together
        return [label for label, _identity in the_list(board).options]


def the_list(board):
    return find(board, "Instances")


def priced(board):
    """Wait until the prices are there."""
    until(lambda: "¥" in rows(board)[0], "prices")


def asked(account, identity):
    """Wait until something was asked of an instance; only then may its time go by."""
    until(lambda: account.get(identity)["status"]["status"] != "running", "something was asked")


def pick(board, *names):
    """Choose rows as the front end does."""
    index = [number for number, row in enumerate(rows(board)) if row.split()[1] in names]
    message(the_list(board), {"method": "update", "state": {"index": index}, "buffer_paths": []})


def test_all_instances_newest_first_with_what_they_cost(board_of, fill):
    fill("old", "new")
    board = board_of()
    shows(board, "2 instances on the practice cloud, 2 of them not stopped")
    assert [row.split()[1] for row in rows(board)] == ["new", "old"]
    shows(board, "hours on")
    priced(board)
    assert "≈ ¥0.07" in rows(board)[0]
    assert "running" in rows(board)[0]


def test_filters_by_name_and_status(board_of, fill, account, clock):
    made = fill("alpha", "beta", "gamma")
    account.act(made["beta"], "stop")
    clock.turn(10)
    board = board_of()
    shows(board, "3 instances")
    type_into(find(board, "Name or id"), "ALPH")
    assert [row.split()[1] for row in rows(board)] == ["alpha"]
    type_into(find(board, "Name or id"), made["gamma"])
    assert [row.split()[1] for row in rows(board)] == ["gamma"]
    type_into(find(board, "Name or id"), "")
    choose(find(board, "Status"), "exited")
    assert [row.split()[1] for row in rows(board)] == ["beta"]


def test_several_are_stopped_after_one_question_that_names_them(board_of, fill, account, clock):
    made = fill("one", "two", "three")
    board = board_of()
    shows(board, "3 instances")
    assert not find_all(board, "Stop …"), "nothing is chosen"
    pick(board, "one", "two")
    press(find(board, "Stop …"))
    question = shown(board)
    assert f"two ({made['two']}); one ({made['one']})" in question
    assert "three" not in question
    assert account.get(made["one"])["status"]["status"] == "running"
    answer(board, "Yes, stop it")
    for name in ("one", "two"):
        asked(account, made[name])
    clock.turn(10)
    shows(board, f"one ({made['one']}): confirmed stopped at")
    shows(board, f"two ({made['two']}): confirmed stopped at")
    assert account.get(made["three"])["status"]["status"] == "running"


def test_each_result_is_a_row_and_a_failure_is_loud(board_of, fill, account, clock):
    made = fill("first", "second")
    account.act(made["second"], "stop")
    clock.turn(10)
    board = board_of()
    shows(board, "2 instances")
    pick(board, "first", "second")
    press(find(board, "Restart …"))
    answer(board, "Yes, restart it")
    shows(board, f"<p class=ppw-bad>second ({made['second']}): ")
    asked(account, made["first"])
    clock.turn(10)
    shows(board, f"first ({made['first']}): confirmed running again at")


def test_what_is_chosen_stays_chosen_when_the_list_changes(board_of, fill, account, clock):
    made = fill("keep", "other")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "keep")
    fill("late")
    shows(board, "3 instances")
    assert the_list(board).value == (made["keep"],)
    assert find_all(board, "Stop …")


def test_a_deleted_one_keeps_its_last_cost(board_of, fill, account, clock):
    made = fill("one", "other")
    board = board_of()
    shows(board, "2 instances")
    priced(board)
    clock.turn(3600 - 22)  # so long that the moment of the last look does not change the words
    pick(board, "one")
    press(find(board, "Delete …"))
    let_read()
    press(find(board, "Yes, delete it for good"))
    asked(account, made["one"])
    clock.turn(10)
    shows(board, f"one ({made['one']}): confirmed deleted at ")
    shows(board, "was on for 60 min until last seen, ≈ ¥12.6")
    until(lambda: len(rows(board)) == 1, "it is not listed any more")
    assert "was on for 60 min until last seen, ≈ ¥12.6" in shown(board)


def test_a_new_choice_withdraws_the_question(board_of, fill):
    fill("one", "two")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "one")
    press(find(board, "Delete …"))
    board.session.choose([])
    assert not find_all(board, "Yes, delete it for good")


@pytest.mark.long
def test_hundreds_of_instances_stay_usable(board_of, account, wire, clock, monkeypatch):
    monkeypatch.setattr(account, "_balance", RICH)
    for number in range(500):
        account.create({**BODY, "name": f"job-{number:03}"})
    clock.turn(20)
    board = board_of()
    shows(board, "500 instances")
    shows(board, "300 more are not shown")
    assert len(rows(board)) == 200
    priced(board)
    wire.clear()
    type_into(find(board, "Name or id"), "job-007")
    assert [row.split()[1] for row in rows(board)] == ["job-007"]
    assert wire.size() < 8_000
    wire.clear()
    type_into(find(board, "Name or id"), "")
    assert wire.size() < 60_000


def test_what_does_not_change_is_not_sent(board_of, fill, wire):
    fill("one")
    board = board_of()
    shows(board, "One instance")
    priced(board)
    wire.clear()
    for _ in range(20):
        board.session._on_listing(Listing(board.session.board.instances))
    assert wire.count() == 0


def test_an_empty_account_and_a_failing_one(board_of, cloud, monkeypatch):
    board = board_of()
    shows(board, "No instances on the practice cloud")
    monkeypatch.setattr(cloud, "handle_request", lambda _request: 1 / 0)
    shows(board, "<p class=ppw-bad>")


def test_closing_ends_quietly_and_leaves_no_widget(board_of, fill, account):
    made = fill("one")
    before = set(_instances)
    board = board_of()
    shows(board, "One instance")
    pick(board, "one")
    press(find(board, "Stop …"))
    board.close()
    assert set(_instances) == before
    assert account.get(made["one"])["status"]["status"] == "running"


def test_every_control_has_a_name(board_of, fill):
    fill("one")
    board = board_of()
    shows(board, "One instance")
    names = [one.description for one in every(board) if hasattr(one, "description")]
    assert {"Name or id", "Status", "Instances", "Refresh"} <= set(names)
