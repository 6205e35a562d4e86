"""A card's buttons, while other things happen at the same moment: nothing twice, nothing lost."""

import threading

import pytest

from ppio_widgets import Instance
from ppio_widgets.errors import ApiError
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.runtime import kernel
from tests.support.acting import PATIENCE, ActingClock, HeldCloud, acted, at_once, the_timer


@pytest.fixture
def acting(clock):
    acting = ActingClock(clock)
    kernel.current().clock = acting
    return acting


@pytest.fixture
def cloud(account):
    return HeldCloud(account)


@pytest.fixture
def machine(cloud, clock, acting):
    identity = cloud.running()
    clock.turn(20)
    return Instance(identity, cloud.client()).refresh()


@pytest.fixture
def session(machine, cloud):
    session = InstanceSession(machine)
    yield session
    for held in cloud.hold.values():
        held.set()
    session.close()
    acted()


def hold(cloud, *actions):
    for action in actions:
        cloud.hold[action] = threading.Event()


def do(session, action):
    session.ask(action)
    assert session.asking == action
    session.confirm()
    assert session.asking == ""


@pytest.mark.parametrize("action", ["stop", "restart", "delete"])
def test_yes_pressed_often_at_the_same_moment_is_one_action(session, cloud, action):
    session.ask(action)
    at_once(20, session.confirm)
    acted()
    assert cloud.asked == [action]
    assert session.acting == ""
    assert session.instance.done[0] == action


def test_a_delete_that_is_confirmed_while_a_stop_is_read_back_is_one_delete(session, cloud):
    hold(cloud, "stop", "delete")
    do(session, "stop")
    cloud.arrived("stop")
    do(session, "delete")
    cloud.arrived("stop", "delete")
    assert session.acting == "delete"
    assert session.actions == ()
    cloud.hold["stop"].set()
    for action in ("stop", "delete", "restart", "start"):
        session.ask(action)
        session.confirm()
    cloud.hold["delete"].set()
    acted()
    assert cloud.asked == ["stop", "delete"]
    assert (session.acting, session.instance.status) == ("", "removed")


def test_a_read_back_leaves_an_open_question_open(session, cloud):
    hold(cloud, "stop")
    do(session, "stop")
    cloud.arrived("stop")
    session.ask("delete")
    cloud.hold["stop"].set()
    acted()
    assert (session.asking, session.acting) == ("delete", "")
    session.confirm()
    acted()
    assert cloud.asked == ["stop", "delete"]
    assert session.instance.outcome.startswith("confirmed deleted")


def test_a_delete_that_failed_is_not_forgotten_because_an_earlier_stop_succeeds(session, cloud):
    hold(cloud, "stop")
    cloud.refuse = {"delete"}
    do(session, "stop")
    cloud.arrived("stop")
    do(session, "delete")
    ends(session, "delete")
    assert session.acting == "stop"
    cloud.hold["stop"].set()
    acted()
    assert session.instance.done[0] == "stop"
    assert isinstance(session.instance.failed, ApiError)
    cloud.refuse = set()
    do(session, "delete")
    acted()
    assert session.instance.failed is None


def test_what_was_removed_meanwhile_is_said_to_be_gone(session, cloud, account, machine, clock):
    session.ask("delete")
    account.act(machine.id, "delete")
    clock.turn(60)
    machine.look()
    assert (machine.status, session.actions) == ("removed", ())
    session.confirm()
    acted()
    assert (machine.failed, machine.done[0]) == (None, "delete")
    assert cloud.asked == []


def test_closing_lets_an_action_go_on_and_its_failure_is_logged(session, cloud, caplog):
    hold(cloud, "stop")
    cloud.refuse = {"stop"}
    do(session, "stop")
    cloud.arrived("stop")
    session.close()
    cloud.hold["stop"].set()
    acted()
    assert isinstance(session.instance.failed, ApiError)
    assert f"stop of instance {session.instance.id} failed, it may still be billed: ApiError" in caplog.text


def test_closing_lets_an_action_go_on_and_its_success_is_quiet(session, cloud, account, caplog):
    hold(cloud, "stop")
    do(session, "stop")
    cloud.arrived("stop")
    session.close()
    cloud.hold["stop"].set()
    acted()
    assert account.get(session.instance.id)["status"]["status"] == "exited"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_closed_card_does_nothing(session, cloud):
    session.ask("stop")
    session.close()
    session.confirm()
    session.ask("delete")
    session.confirm()
    acted()
    assert cloud.asked == []


def test_a_question_asked_anew_is_not_withdrawn_by_the_time_of_the_one_before(session, acting):
    session.ask("stop")
    due, timer = the_timer(acting, 1)
    # It becomes due at the very moment in which the question is cancelled and asked again.
    with session.lock:
        due.set()
        session.cancel()
        session.ask("stop")
    timer.join(PATIENCE)
    assert session.asking == "stop"
    due, timer = the_timer(acting, 2)
    due.set()
    timer.join(PATIENCE)
    assert session.asking == ""


def test_two_cards_of_one_instance_both_hear_what_failed(session, cloud, machine):
    told = threading.Event()
    other = InstanceSession(machine)
    other.observe(lambda _change: machine.failed is not None and told.set(), "sight")
    cloud.refuse = {"stop"}
    do(session, "stop")
    assert told.wait(PATIENCE)
    other.close()


def ends(session, action):
    """Wait until an action is not on its way any more."""
    ended = threading.Event()

    def look(_change=None):
        if session.acting != action:
            ended.set()

    session.observe(look, "acting")
    look()
    assert ended.wait(PATIENCE)
    session.unobserve(look, "acting")


def _meanwhile(monkeypatch, client, name, happens):
    """Have something happen once after an answer came, and before who asked takes it."""
    plainly = getattr(client, name)

    def slowly(*given):
        monkeypatch.setattr(client, name, plainly)
        answer = plainly(*given)
        happens()
        return answer

    monkeypatch.setattr(client, name, slowly)


@pytest.mark.parametrize(("action", "status"), [("stop", "exited"), ("delete", "removed")])
def test_a_look_that_began_before_an_action_was_read_back_changes_nothing_of_it(
    monkeypatch, machine, action, status
):
    _meanwhile(monkeypatch, machine.client, "get_instance", getattr(machine, action))
    assert machine.look().status == status
    assert machine.done[0] == action


def test_a_listing_that_began_before_a_delete_was_read_back_changes_nothing_of_it(machine):
    look = machine.begin_look()
    (row,) = machine.client.listing().instances
    machine.delete()
    machine.see_row(row, look)
    assert machine.status == "removed"
    machine.see_row(row, machine.begin_look())
    assert machine.status == "running"  # what a later one tells counts, whatever it is
