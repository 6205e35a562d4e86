"""A board's buttons, while its list changes: what the question named is what is done, once."""

import threading
from dataclasses import replace

import pytest

from ppio_widgets.cloud.instances import Listing
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.sessions import BoardSession
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime import threads as worker
from tests.support.acting import PATIENCE, ActingClock, HeldCloud, acted, at_once, interrupted, the_timer


@pytest.fixture
def acting(clock):
    kernel.current().clock = ActingClock(clock)


@pytest.fixture
def cloud(account):
    return HeldCloud(account)


@pytest.fixture
def session(cloud, clock, acting):
    """A board of three instances that run, listed once and looked at by nobody."""
    for name in ("one", "two", "three"):
        cloud.running(name)
    clock.turn(20)
    session = BoardSession(cloud.client(), words("en"))
    session._on_listing(session.client.listing())
    yield session
    for held in cloud.hold.values():
        held.set()
    session.close()
    acted()
    acted("ppio-watch", "ppio-catalogue")


def ids(session):
    return [one.id for one in session.board.instances]


def listed(session, rows):
    """Have a listing arrive, as the watcher does."""
    session._on_listing(Listing(tuple(rows)))


def test_nobody_hears_of_a_list_that_is_there_before_it_is(cloud, clock, acting):
    cloud.running("one")
    clock.turn(20)
    session = BoardSession(cloud.client(), words("en"))
    heard = []
    session.observe(lambda _change: heard.append((session.loaded, ids(session))), ["loaded", "board"])
    session._on_listing(session.client.listing())
    assert heard
    assert {(loaded, len(known)) for loaded, known in heard} == {(True, 1)}
    session.close()


def test_yes_pressed_often_at_the_same_moment_is_one_action_for_each(session, cloud):
    session.choose(ids(session))
    session.ask("stop")
    at_once(20, session.confirm)
    acted()
    assert cloud.asked == ["stop"] * 3
    assert [one.id for one, result in session.results if "confirmed stopped" in result] == list(
        session.chosen
    )


def test_nobody_answers_and_the_question_is_withdrawn(session, acting):
    session.choose(ids(session)[:1])
    session.ask("stop")
    due, timer = the_timer(kernel.current().clock, 1)
    assert len(kernel.current().clock.timers) == 1
    due.set()
    timer.join(PATIENCE)
    assert session.asking == ""
    session.confirm()
    assert session.acting == ""


def test_a_list_that_is_empty_for_a_moment_takes_nothing_out_of_the_question(session, cloud):
    session.choose(ids(session)[:2])
    session.ask("delete")
    named = [one.title for one in session.instances()]
    listed(session, ())
    assert [one.title for one in session.instances()] == named
    session.confirm()
    acted()
    assert cloud.asked == ["delete"] * 2
    assert [one.title for one, _result in session.results] == named


def test_only_a_listing_that_is_certain_says_that_one_is_gone(session):
    """Of another one that is not listed may run on: it stays, in the total too, and can be stopped."""
    acted("ppio-catalogue")
    first, second, third = session.board.instances
    rates = dict(session.board.rates)
    assert all(rates.values())
    session._on_listing(Listing((first, second), odd="data"))
    assert ids(session) == [first.id, second.id, third.id]
    assert session.board.doubt is not None
    assert session.board.rates == rates
    assert all(row.there for row in session.page.rows)
    session.choose([third.id])
    session.ask("stop")
    session.confirm()
    acted()
    [(stopped, result)] = session.results
    assert (stopped.id, result.partition(" at ")[0]) == (third.id, "confirmed stopped")
    listed(session, (first, second))
    assert [row.there for row in session.page.rows if row.seen.id == third.id] == [False]
    assert ids(session) == [first.id, second.id]


def test_one_that_was_seen_to_be_gone_is_not_kept_by_a_listing_that_is_not_certain(session):
    first, second, third = session.board.instances
    session.choose([third.id])
    session.ask("delete")
    session.confirm()
    acted()
    assert session.results[0][1].startswith("confirmed deleted")
    gone = session.client.get_instance(second.id)
    session._on_listing(Listing((first, replace(gone, status="removed")), odd="data"))
    assert ids(session) == [first.id]


def test_what_is_gone_by_then_is_said_to_be_gone(session, cloud, account, clock):
    first, second, _third = ids(session)
    session.choose([first, second])
    session.ask("stop")
    account.act(first, "delete")
    clock.turn(60)
    listed(session, session.client.listing().instances)
    session.confirm()
    acted()
    (_one, gone), (_other, stopped) = session.results
    assert gone.startswith("confirmed deleted")
    assert stopped.startswith("confirmed stopped")
    assert cloud.asked == ["stop"]


def test_no_row_says_confirmed_stopped_of_what_was_started_again(session, account, clock):
    one = ids(session)[0]
    session.choose([one])
    session.ask("stop")
    session.confirm()
    acted()
    assert session.results[0][1].startswith("confirmed stopped")
    account.act(one, "start")  # by another kernel, or in the console
    clock.turn(20)
    runs, told = threading.Event(), []

    def look(_change):
        row = next(row for row in session.page.rows if row.seen.id == one)
        if row.seen.status == "running":
            told.append(row.result)
            runs.set()

    session.observe(look, "page")
    session.watch()
    assert runs.wait(PATIENCE)
    assert set(told) == {None}


def test_while_it_acts_nothing_else_is_asked_for(session, cloud):
    cloud.hold["stop"] = threading.Event()
    session.choose(ids(session)[:1])
    session.ask("stop")
    session.confirm()
    cloud.arrived("stop")
    session.ask("delete")
    session.confirm()
    assert (session.asking, session.acting) == ("", "stop")
    cloud.hold["stop"].set()
    acted()
    assert cloud.asked == ["stop"]


def test_a_new_choice_and_a_closed_board_do_nothing(session, cloud):
    first, second, _third = ids(session)
    session.choose([first])
    session.ask("delete")
    session.choose([second])
    session.confirm()
    session.ask("delete")
    session.close()
    session.confirm()
    session.ask("delete")
    acted()
    assert (cloud.asked, session.results) == ([], ())


def test_closing_lets_all_go_on_and_what_failed_is_logged(session, cloud, caplog):
    first, _second, _third = ids(session)
    cloud.hold = {"stop": threading.Event()}
    cloud.refuse = {"stop"}
    session.choose([first])
    session.ask("stop")
    session.confirm()
    cloud.arrived("stop")
    session.close()
    cloud.hold["stop"].set()
    acted()
    assert f"stop of instance {first} failed, it may still be billed: ApiError" in caplog.text


def test_a_listing_that_arrives_after_closing_and_a_refresh_change_nothing(session):
    session.watch()
    session.close()
    before = session.board
    session.refresh()
    listed(session, ())
    assert session.board is before


# Where the system has no thread left.


def test_an_interrupt_before_it_begins_leaves_nothing_that_seems_to_go_on(session, cloud, monkeypatch):
    session.choose(ids(session))
    session.ask("stop")
    with monkeypatch.context() as patch:
        patch.setattr(worker, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.confirm()
    assert session.acting == ""
    assert all(isinstance(result, PpioError) for _one, result in session.results)
    session.ask("stop")
    assert session.asking == "stop", "it is offered again"
    assert cloud.asked == []


def test_without_a_thread_each_is_said_to_have_failed_and_can_be_asked_for_again(session, cloud, starved):
    starved.left = 0
    session.choose(ids(session)[:2])
    session.ask("stop")
    session.confirm()
    assert (session.acting, cloud.asked) == ("", [])
    assert all(isinstance(result, PpioError) for _one, result in session.results)
    assert len(session.results) == 2
    starved.left = None
    session.ask("stop")
    session.confirm()
    acted()
    assert cloud.asked == ["stop"] * 2


@pytest.mark.parametrize("threads", [1, 2])
def test_with_one_thread_left_all_are_done_all_the_same(session, cloud, starved, threads):
    session.choose(ids(session))
    session.ask("stop")
    starved.left = threads
    session.confirm()
    acted()
    assert cloud.asked == ["stop"] * 3
    assert all("confirmed stopped" in result for _one, result in session.results)


def test_watching_that_could_not_begin_is_said_and_begins_with_a_refresh(session, starved):
    starved.left = 0
    session.watch()
    assert isinstance(session.missed, PpioError)
    starved.left = None
    seen = threading.Event()
    session.observe(lambda change: change["new"] is None and seen.set(), "missed")
    session.refresh()
    assert seen.wait(PATIENCE)
