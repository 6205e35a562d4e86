"""Where the system has no thread left, no click and no launch is lost."""

import pytest

from ppio_widgets import Instance
from ppio_widgets.errors import MomentUnreadable, PpioError
from ppio_widgets.instances import autostop
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel, threads
from tests.launches.test_session import reached
from tests.support.acting import ActingClock, HeldCloud, acted, interrupted
from tests.support.bodies import MINIMAL
from tests.support.sentences import sentence_of
from tests.support.threads import wait_for_threads
from tests.support.wire import PATIENCE


@pytest.fixture
def machine(account, clock):
    kernel.current().clock = ActingClock(clock)
    cloud = HeldCloud(account)
    identity = cloud.running()
    clock.turn(20)
    return Instance(identity, cloud.client()).refresh()


@pytest.mark.usefixtures("quick")
def test_a_launch_is_armed_and_sent_though_nobody_says_what_changed(client, account, starved):
    starved.left = 0
    session = LaunchSession(client, MINIMAL)
    session.load()
    assert session.loading == frozenset()
    assert session.arm()
    assert (session.status, session.since) == (LaunchState.ARMED, None)
    starved.left = 1
    launch = session.confirm().wait_for_answer(PATIENCE)
    assert launch.state is LaunchState.SUCCEEDED
    assert len(account.page()["data"]) == 1
    session.close()


@pytest.mark.usefixtures("quick")
def test_who_is_asked_once_more_is_asked_though_nobody_says_what_changed(client, account, starved):
    session = LaunchSession(client, MINIMAL)
    session.send().wait_for_answer(PATIENCE).stop_following()
    wait_for_threads("ppio-launch", "ppio-watch")  # none of theirs takes the one that is left
    starved.left = 0
    assert session.arm()
    asked_again = reached(session, LaunchState.ARMED)
    asked_again.clear()
    starved.left = 1
    second = session.confirm()
    assert asked_again.wait(PATIENCE)
    with session.lock:  # who asks once more would have it compared and withdrawn by threads as well
        starved.left = 1
        assert session.confirm() is second
    assert second.wait_for_answer(PATIENCE).state is LaunchState.SUCCEEDED
    assert len(account.page()["data"]) == 2
    session.close()


@pytest.mark.usefixtures("quick")
def test_a_launch_without_a_thread_was_not_sent_and_can_be_confirmed_again(client, account, starved):
    session = LaunchSession(client, MINIMAL)
    assert session.arm()
    starved.left = 0
    assert session.confirm().state is LaunchState.NOT_SENT
    assert account.page()["data"] == []
    starved.left = None
    assert session.arm()
    assert session.confirm().wait_for_answer(PATIENCE).state is LaunchState.SUCCEEDED
    session.close()


def test_an_action_without_a_thread_is_said_to_have_failed_and_is_offered_again(machine, starved):
    session = InstanceSession(machine)
    starved.left = 0
    session.ask("stop")
    session.confirm()
    assert isinstance(machine.failed, PpioError)
    assert session.acting == ""
    assert "stop" in session.actions
    starved.left = None
    session.ask("stop")
    session.confirm()
    acted()
    assert (machine.status, machine.failed) == ("exited", None)
    session.close()


def test_a_card_without_a_thread_is_not_watched_and_says_so(machine, starved):
    machine._offer = None
    session = InstanceSession(machine)
    starved.left = 0
    session.watch()
    assert not session.watching
    starved.left = None
    session.watch()
    assert session.watching
    session.close()
    acted("ppio-watch", "ppio-catalogue")


def test_a_timer_without_a_thread_is_none_and_the_one_before_stays(machine, starved):
    first = machine.stop_after("3h")
    starved.left = 0
    with pytest.raises(MomentUnreadable):
        machine.stop_after("1h")
    assert machine.deadline is first
    assert first.state == "waiting"
    assert machine.cancel_deadline()
    with pytest.raises(MomentUnreadable):
        machine.stop_after("1h")
    assert machine.deadline is None, "nothing is said to stop it that never will"


@pytest.mark.usefixtures("quick")
def test_a_timer_of_a_launch_is_set_as_soon_as_there_is_a_thread(client, starved):
    session = LaunchSession(client, MINIMAL)
    session.stop_by(Timer(after=3 * 3600.0))
    starved.left = 1  # the launch's own
    launch = session.send().wait_for_answer(PATIENCE)
    launch.stop_following()
    wait_for_threads("ppio-launch", "ppio-watch")  # what they tell is over: each change tries again
    assert launch.instance.deadline is None
    assert "Stop the instance by hand" in sentence_of(launch, words("en"))
    starved.left = None
    launch.tell()
    assert launch.instance.deadline.state == "waiting"
    assert "Stop the instance by hand" not in sentence_of(launch, words("en"))
    launch.instance.cancel_deadline()
    acted("ppio-deadline")
    assert autostop.of(client.host.base_url, launch.id) is None
    session.close()


def test_an_interrupt_before_an_action_begins_leaves_none_that_seems_to_go_on(machine, monkeypatch):
    session = InstanceSession(machine)
    session.ask("stop")
    with monkeypatch.context() as patch:
        patch.setattr(threads, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.confirm()
    assert session.acting == ""
    assert machine.failed is not None
    session.ask("stop")
    assert session.asking == "stop", "it is offered again"
    session.close()


def test_an_interrupt_before_a_timer_begins_leaves_the_one_before(machine, monkeypatch):
    before = machine.stop_after("3h")
    with monkeypatch.context() as patch:
        patch.setattr(threads, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            machine.stop_after("5h")
    assert machine.deadline is before
    assert before.state == "waiting"
    assert machine.cancel_deadline()
    acted("ppio-deadline")


def test_a_timer_that_fires_already_is_not_said_to_be_called_off(machine):
    timer = machine.stop_after("3h")
    timer.state = "stopping"
    assert not machine.cancel_deadline()
    acted("ppio-deadline")


def test_starving_is_what_it_says(starved):
    starved.left = 1
    threads.run(lambda: None, name="ppio-act", daemon=True)
    with pytest.raises(RuntimeError):
        threads.run(lambda: None, name="ppio-act", daemon=True)
    acted()
