"""The board: all instances, chosen and acted on together."""

import threading
import time

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets import Instance, InstanceBoard
from ppio_widgets.cloud.instances import Listing
from ppio_widgets.runtime import kernel
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.practice import RICH
from tests.support.threads import wait_for_threads

from .conftest import answer, choose, every, find, find_all, message, press, shown, shows, type_into, until
from .test_instance_card import AccountClock

BODY = {**MINIMAL, "product_id": "a100-80g"}
ACTIONS = ("Stop …", "Start …", "Restart …", "Delete …")


@pytest.fixture(autouse=True)
def quick(monkeypatch, account, clock):
    kernel.current().clock = AccountClock(clock)
    account.pay(RICH)


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
    wait_for_threads("ppio-watch", "ppio-act", "ppio-ways")


@pytest.fixture
def fill(account, clock):
    """Makes running instances of these names, a second apart."""

    def fill(*names, **more):
        made = {}
        for name in names:
            made[name] = account.create({**BODY, **more, "name": name})["id"]
            clock.turn(1)
        clock.turn(20)
        return made

    return fill


@pytest.fixture
def thousand(account, clock, monkeypatch):
    """A thousand instances that run."""
    monkeypatch.setattr("ppio_widgets.practice.account.MOST_INSTANCES", 2000)
    for number in range(1000):
        account.create({**BODY, "name": f"job-{number:03}"})
    clock.turn(20)


def lines(board):
    """The check boxes of the rows, in the order in which they are shown."""
    return [one for one in every(board) if "ppw-line" in one._dom_classes]


def heads(board):
    """What chooses all rows that are shown."""
    return next(one for one in every(board) if "ppw-heads" in one._dom_classes)


def texts(board):
    """What the label of each row says."""
    with board.session.lock:
        return [one.description for one in lines(board)]


def names(board):
    with board.session.lock:
        return [
            one.description.partition("<b ")[2].partition(">")[2].partition("<")[0] for one in lines(board)
        ]


def row(board, name):
    """The check box of an instance."""
    with board.session.lock:
        return lines(board)[names(board).index(name)]


def tick(box, *, value=True):
    """Tick a check box, or take its tick away, as the front end does."""
    message(box, {"method": "update", "state": {"value": value}, "buffer_paths": []})


def pick(board, *chosen):
    for name in chosen:
        tick(row(board, name))


def says(board, name, text):
    """Wait until the row of an instance says something."""
    until(lambda: text in row(board, name).description, f"{name}: {text}")


def priced(board):
    """Wait until the prices are there."""
    until(lambda: "¥" in texts(board)[0], "prices")


def read(board):
    """Wait until the ways into all that runs are there."""
    until(lambda: all(text.count("ssh -p") for text in texts(board) if "ppw-running" in text), "ways in")


def settled(board):
    """Wait until nothing more comes of what was listed."""
    priced(board)
    read(board)
    wait_for_threads("ppio-ways")


def asked(account, identity):
    """Wait until something was asked of an instance; only then may its time go by."""
    until(lambda: account.get(identity)["status"]["status"] != "running", "something was asked")


def blocked(board):
    return {name: find(board, name).disabled for name in ACTIONS}


def test_what_costs_most_comes_first_with_the_total(board_of, fill):
    fill("one")
    fill("four", resource={"gpu_num": 4, "rootfs_size_gb": 20})
    board = board_of()
    shows(board, "2 instances on the practice cloud, 2 of them not stopped")
    shows(board, "<strong>¥63.00/h now</strong>")
    shows(board, "disks not counted")
    assert names(board) == ["four", "one"]
    first = texts(board)[0]
    for cell in (
        "<i>4 × A100 80 GB</i>",
        "<i>¥50.40</i>",
        "<i>never</i>",
        "<em class='ppw-state ppw-running'>running</em>",
    ):
        assert cell in first
    assert "title='four: running'" in first, "its short name"
    for by, order in (("age", ["four", "one"]), ("name", ["four", "one"]), ("cost", ["four", "one"])):
        choose(find(board, "Sort by"), by)
        assert names(board) == order


def test_what_is_not_billed_by_the_hour_is_told_apart(board_of, fill, account, clock, client):
    made = fill("runs", "rests")
    fill("paid", billing={"mode": "prepaid", "prepaid": {"months": 1}})
    account.act(made["rests"], "stop")
    clock.turn(10)
    Instance(made["runs"], client).stop_after("3h")
    board = board_of()
    shows(board, "¥12.60/h now")
    shows(board, "paid in advance: 1 · disks not counted")
    assert names(board) == ["runs", "paid", "rests"]
    runs, paid, rests = texts(board)
    assert "<i>never</i>" not in runs
    assert "<i>paid</i>" in paid
    assert "<i>ends 1970-01-" in paid or "<i>ends " in paid
    assert rests.count("<i>–</i>") == 2
    assert Instance(made["runs"], client).cancel_deadline()


def test_filters_by_name_and_kind(board_of, fill, account, clock):
    made = fill("alpha", "beta", "gamma")
    account.act(made["beta"], "stop")
    clock.turn(10)
    board = board_of()
    shows(board, "3 instances")
    type_into(find(board, "Name or id"), "ALPH")
    assert names(board) == ["alpha"]
    type_into(find(board, "Name or id"), made["gamma"])
    assert names(board) == ["gamma"]
    shows(board, "1–1 of 1 that fit; 3 in all.")
    type_into(find(board, "Name or id"), "")
    kinds = find(board, "Show")
    assert [words for words, _kind in kinds.options] == ["All 3", "Running 2", "Stopped 1"]
    choose(kinds, "off")
    assert names(board) == ["beta"]


def test_several_are_stopped_after_one_question_that_names_them(board_of, fill, account, clock):
    made = fill("one", "two", "three")
    board = board_of()
    shows(board, "3 instances")
    assert all(blocked(board).values()), "nothing is chosen"
    assert find(board, "Stop …").tooltip == "Choose an instance first."
    shows(board, "Choose an instance first.")
    pick(board, "one", "two")
    assert blocked(board) == {"Stop …": False, "Start …": True, "Restart …": False, "Delete …": False}
    shows(board, "2 chosen · Only stopped ones can be started.")
    press(find(board, "Stop …"))
    question = shown(board)
    assert f"one ({made['one']})" in question
    assert f"two ({made['two']})" in question
    assert "three" not in question
    assert account.get(made["one"])["status"]["status"] == "running"
    answer(board, "Yes, stop it")
    for name in ("one", "two"):
        asked(account, made[name])
    clock.turn(10)
    for name in ("one", "two"):
        says(board, name, "<strong>confirmed stopped at")
    shows(board, "Done: 2 of 2.")
    assert account.get(made["three"])["status"]["status"] == "running"


def test_of_what_is_chosen_only_what_can_take_the_action_is_named(board_of, fill, account, clock):
    made = fill("runs", "rests")
    account.act(made["rests"], "stop")
    clock.turn(10)
    board = board_of()
    shows(board, "2 instances")
    tick(heads(board))
    press(find(board, "Start …"))
    assert f"taken its GPU or CPU: rests ({made['rests']})." in shown(board)
    press(find(board, "Esc"))
    press(find(board, "Stop …"))
    assert f"start may fail: runs ({made['runs']})." in shown(board)


def test_a_tick_counts_that_comes_while_rows_are_shown_from_another_thread(board_of, fill):
    made = fill("one", "two")
    board = board_of()
    shows(board, "2 instances")
    settled(board)
    for box, chosen in ((row(board, "one"), {made["one"]}), (heads(board), set(made.values()))):
        with board.session.lock:
            ticking = threading.Thread(target=tick, args=[box])
            ticking.start()
            until(lambda box=box: box.value, "it waits for the rows to be shown")
            board._rows.show()
            assert not box.value
        ticking.join(10)
        assert set(board.session.chosen) == chosen
        assert box.value


def test_all_that_is_shown_is_chosen_at_once(board_of, fill):
    made = fill("one", "two", "other")
    board = board_of()
    shows(board, "3 instances")
    type_into(find(board, "Name or id"), "o")
    type_into(find(board, "Name or id"), "w")
    tick(heads(board))
    assert board.session.chosen == (made["two"],)
    type_into(find(board, "Name or id"), "")
    assert not heads(board).value
    tick(heads(board))
    assert set(board.session.chosen) == set(made.values())
    tick(heads(board), value=False)
    assert board.session.chosen == ()
    assert not any(one.value for one in lines(board))


def test_what_the_filters_hide_is_not_acted_on(board_of, fill):
    made = fill("kept", "hidden")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "kept", "hidden")
    type_into(find(board, "Name or id"), "kept")
    assert board.session.chosen == (made["kept"],)
    type_into(find(board, "Name or id"), "")
    assert [name for name in names(board) if row(board, name).value] == ["kept"]
    press(find(board, "Delete …"))
    assert f"for good: kept ({made['kept']})." in shown(board)


def test_each_result_is_in_its_row_and_a_failure_is_loud(board_of, fill, account, clock, monkeypatch):
    made = fill("first", "second")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "first", "second")
    press(find(board, "Restart …"))
    account.act(made["second"], "stop")  # by somebody else, meanwhile
    answer(board, "Yes, restart it")
    says(board, "second", "<strong class=ppw-bad>")
    asked(account, made["first"])
    clock.turn(10)
    says(board, "first", "<strong>confirmed running again at")
    shows(board, "<p class=ppw-bad>Failed: 1; each says why.")
    type_into(find(board, "Name or id"), "first")
    shows(board, f"<p class=ppw-bad>second ({made['second']}): ")


def test_what_is_chosen_stays_chosen_and_in_its_place_when_the_list_changes(board_of, fill):
    made = fill("keep", "other")
    board = board_of()
    shows(board, "2 instances")
    priced(board)
    before = names(board)
    pick(board, "keep")
    fill("dear", resource={"gpu_num": 4, "rootfs_size_gb": 20})
    shows(board, "3 instances")
    assert names(board) == [*before, "dear"], "what is new comes last, whatever it costs"
    assert board.session.chosen == (made["keep"],)
    assert not find(board, "Stop …").disabled
    press(find(board, "Refresh"))
    until(lambda: names(board)[0] == "dear", "it is put in order")
    assert board.session.chosen == (made["keep"],)


def test_what_is_gone_keeps_its_place_until_a_refresh(board_of, fill, account, clock):
    made = fill("one", "two")
    board = board_of()
    shows(board, "2 instances")
    priced(board)
    pick(board, "one")
    before = names(board)
    account.act(made["one"], "delete")
    clock.turn(10)
    shows(board, "One instance")
    assert names(board) == before
    assert "no longer listed" in row(board, "one").description
    assert (row(board, "one").disabled, row(board, "one").value) == (True, False)
    assert blocked(board)["Stop …"]
    press(find(board, "Refresh"))
    until(lambda: names(board) == ["two"], "what is gone is gone")


def test_a_deleted_one_keeps_its_last_cost(board_of, fill, account, clock):
    made = fill("one", "other")
    board = board_of()
    shows(board, "2 instances")
    priced(board)
    clock.turn(3600 - 20)  # so long that the moment of the last look does not change the words
    pick(board, "one")
    press(find(board, "Delete …"))
    let_read()
    press(find(board, "Yes, delete it for good"))
    asked(account, made["one"])
    clock.turn(10)
    says(board, "one", "confirmed deleted at ")
    says(board, "one", "was on for 60 min until last seen, ≈ ¥12.6")
    shows(board, "One instance")
    press(find(board, "Refresh"))
    shows(board, "was on for 60 min until last seen, ≈ ¥12.6")


def test_a_new_choice_withdraws_the_question(board_of, fill):
    fill("one", "two")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "one")
    press(find(board, "Delete …"))
    tick(row(board, "one"), value=False)
    assert not find_all(board, "Yes, delete it for good")


def test_a_filter_withdraws_the_question(board_of, fill):
    fill("one", "two")
    board = board_of()
    shows(board, "2 instances")
    pick(board, "one")
    press(find(board, "Delete …"))
    type_into(find(board, "Name or id"), "two")
    assert not find_all(board, "Yes, delete it for good")
    assert all(blocked(board).values())


def test_what_runs_has_the_ways_in_once_for_each_start(board_of, fill, account, cloud, client, monkeypatch):
    made = fill("with", tools={"jupyter": {"enabled": True, "port": 8888}}) | fill("without")
    asked_for = []
    whole = client.get_instance
    monkeypatch.setattr(client, "get_instance", lambda one: asked_for.append(one) or whole(one))
    board = board_of()
    shows(board, "2 instances")
    read(board)
    with_, without = row(board, "with").description, row(board, "without").description
    assert f'<a href="https://{made["with"]}.cn-east-1.practice.invalid">Open</a>' in with_
    assert "<code>ssh -p 22 root@" in without
    assert "<a " not in without
    for _ in range(3):
        board.session._on_listing(client.listing())
    wait_for_threads("ppio-ways")
    assert sorted(asked_for) == sorted(made.values())


@pytest.mark.long
def test_a_thousand_instances_stay_usable(board_of, thousand, wire):
    board = board_of()
    shows(board, "1000 instances")
    assert len(lines(board)) == 50
    shows(board, "1–50 of 1000 that fit; 1000 in all.")
    settled(board)
    filters = find(board, "Name or id")
    typed = ["j", "jo", "job-", "job-0", "job-00", "job-007", "job-9", "job-1", "job-2", "job-3", ""]
    spent: list[float] = []
    for text in typed:
        wire.clear()
        began = time.thread_time()
        type_into(filters, text)
        spent.append(time.thread_time() - began)
        assert wire.size() <= 8_000, text
        assert wire.count("comm_open") == 0, text
    assert sorted(spent)[len(spent) // 2] <= 0.05, spent
    assert len(lines(board)) == 50


@pytest.mark.long
def test_pages_of_fifty(board_of, thousand, wire):
    board = board_of()
    shows(board, "1000 instances")
    settled(board)
    first = names(board)
    tick(lines(board)[0])
    assert find(board, "Previous 50").disabled
    wire.clear()
    press(find(board, "Next 50"))
    assert wire.count("comm_open") == 0
    shows(board, "51–100 of 1000")
    assert not set(first) & set(names(board))
    assert board.session.chosen == (), "what is not shown is not acted on"
    assert not any(one.value for one in lines(board))
    press(find(board, "Previous 50"))
    assert names(board) == first
    type_into(find(board, "Name or id"), "job-1")
    shows(board, "1–8 of 100 that fit")
    press(find(board, "Show up to 50"))
    shows(board, "1–50 of 100 that fit")


@pytest.mark.long
def test_opening_with_a_thousand_costs_fifty_rows(board_of, thousand, wire):
    wire.clear()
    board = board_of()
    shows(board, "1000 instances")
    settled(board)
    assert wire.count("comm_open") <= 76
    wire.clear()
    tick(lines(board)[0])
    assert wire.size() <= 3_000, "a tick of a row"
    wire.clear()
    tick(heads(board))
    assert wire.size() <= 12_000


def test_what_does_not_change_is_not_sent(board_of, fill, wire, client):
    fill("one", "two", "three")
    board = board_of()
    shows(board, "3 instances")
    settled(board)
    wire.clear()
    for _ in range(20):
        board.session._on_listing(Listing(board.session.board.instances))
    assert wire.count() == 0


def test_a_look_sends_the_row_that_changed(board_of, fill, account, clock):
    made = fill("one", "two", "three")
    board = board_of()
    shows(board, "3 instances")
    settled(board)
    account.act(made["two"], "stop")
    clock.turn(10)
    sent = []
    for one in lines(board):
        one.observe(lambda change: sent.append(change.owner), "description")
    # By the board itself, behind what it may have asked for before.
    board.session._look()
    says(board, "two", "two: stopped")
    assert sent == [row(board, "two")]


def test_an_empty_account_and_a_failing_one(board_of, cloud, monkeypatch):
    board = board_of()
    shows(board, "No instances on the practice cloud")
    assert lines(board) == []
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
    described = [one.description for one in every(board) if hasattr(one, "description")]
    assert {"Name or id", "Show", "Sort by", "Refresh", *ACTIONS} <= set(described)
    assert "title='Choose all shown'" in heads(board).description
    assert all(isinstance(one, ipywidgets.Checkbox) for one in lines(board))


def test_no_name_is_markup_or_a_formula(board_of, fill, account, cloud, clock):
    """A front end takes what stands between two dollars out of its sanitizer, and draws it as a formula."""
    made = fill("odd")
    text = r"<img src=x>'> $\href{javascript:1}{x}$"
    account._instances[made["odd"]].body = {**account._instances[made["odd"]].body, "name": text}
    board = board_of()
    shows(board, "One instance")
    description = texts(board)[0]
    assert "<img" not in description
    assert not set("$\\") & set(description)
    assert "&#36;&#92;href{javascript:1}" in description
    assert "mathjax_ignore" in description


def test_a_board_that_was_not_listed_yet_does_not_say_that_it_is_empty(wire, client, fill):
    fill("trial")
    board = InstanceBoard(client=client, language="en")
    assert repr(board) == "Listing the instances …"  # as a Tab around it is written in a terminal
    board.close()
