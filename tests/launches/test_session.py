"""The truth of a form: its draft, its question, its launches, and what loads beside it."""

import contextlib
import threading
from decimal import Decimal

import pytest

from ppio_widgets.api import connect
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import LaunchRefused, RequestInvalid
from ppio_widgets.launches import session as session_module
from ppio_widgets.launches.launch import Launch, Timer
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import threads as worker
from tests.support.bodies import MINIMAL
from tests.support.sentences import sentence_of
from tests.support.wire import PATIENCE, REAL_KEY, answers, faulty, launching, row, says, wait_for_launches

pytestmark = pytest.mark.usefixtures("quick")


def reached(session, *states, anew=False):
    """An event that is set once the session's status is one of these, or once it becomes one anew.

    Who waits for the launch itself is let go before the session is told.
    """
    event = threading.Event()

    def look(_change=None):
        if session.status in states:
            event.set()

    session.observe(look, "status")
    if not anew:
        look()
    return event


class Gate:
    """A server that answers the create call only when it is told to."""

    def __init__(self, status=200, answer=None):
        self.arrived, self.go = threading.Event(), threading.Event()
        self.status, self.answer = status, answer or {"id": "abc", "status": "running"}

    def __call__(self, request):
        if request.target.startswith("/gpus/v2/instances?"):
            return 200, {"data": [], "next_cursor": "", "has_more": False}
        if request.method == "POST":
            self.arrived.set()
            self.go.wait(PATIENCE)
        return self.status, self.answer


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def gated(gate):
    with faulty(answers(gate)) as server:
        yield server
        gate.go.set()


@pytest.fixture
def session(gated, gate):
    with PpioClient(base_url=gated.url) as client:
        session = LaunchSession(client, MINIMAL)
        yield session
        session.close()
        gate.go.set()
        wait_for_launches()


def test_a_new_session_is_a_draft_with_its_report(session, gated):
    assert session.status is LaunchState.DRAFT
    assert session.report.request is not None
    assert session.target.practice
    assert not session.has_launched
    assert session.plan.report is session.report
    assert gated.connections == 0


def test_nothing_is_confirmed_that_was_not_armed(session, gated):
    assert session.confirm() is None
    assert session.status is LaunchState.DRAFT
    assert gated.connections == 0


def test_a_draft_that_is_not_complete_is_not_armed_and_not_sent(session, gated):
    session.set(("image",), None)
    assert not session.arm()
    assert session.status is LaunchState.DRAFT
    with pytest.raises(RequestInvalid):
        session.send()
    assert session.status is LaunchState.DRAFT
    assert gated.connections == 0


@pytest.mark.parametrize(
    "withdraw",
    [
        lambda session: session.disarm(),
        lambda session: session.set(("name",), "other"),
        lambda session: session.set(("name",), MINIMAL["name"]),
        lambda session: session.replace({}),
    ],
)
def test_an_open_confirmation_is_withdrawn_by_cancel_and_by_every_edit(session, gated, withdraw):
    assert session.arm()
    assert session.status is LaunchState.ARMED
    armed = session.launch
    withdraw(session)
    assert session.status is LaunchState.DRAFT
    assert session.launch is None
    assert session.confirm() is None
    assert armed.state is LaunchState.WITHDRAWN
    assert gated.connections == 0


def test_what_is_sent_is_what_was_confirmed(session, gated, gate):
    session.set(("name",), "first")
    assert session.arm()
    launch = session.confirm()
    session.set(("name",), "second")
    gate.go.set()
    assert launch.wait(PATIENCE).name == "first"
    assert b'"first"' in gated.received[1].content
    assert session.draft["name"] == "second"


def test_confirming_twice_sends_once(session, gated, gate):
    assert session.arm()
    launch = session.confirm()
    assert launch is session.launch
    assert session.confirm() is None
    assert gate.arrived.wait(PATIENCE)
    assert session.status is LaunchState.SENDING
    gate.go.set()
    launch.wait(PATIENCE)
    assert gated.posts == 1


def test_while_sending_nothing_new_begins(session, gated, gate):
    launch = session.send()
    assert gate.arrived.wait(PATIENCE)
    assert session.send() is launch
    assert not session.arm()
    assert session.confirm() is None
    session.set(("name",), "other")
    session.disarm()
    assert session.send() is launch
    assert session.status is LaunchState.SENDING
    gate.go.set()
    launch.wait(PATIENCE)
    assert gated.posts == 1


def test_who_has_waited_for_a_refusal_launches_anew_before_the_session_is_told(session, gated, gate):
    gate.status, gate.answer = 429, {"reason": "RATE_LIMIT_EXCEEDED"}
    first = session.send()
    assert gate.arrived.wait(PATIENCE)
    with session.lock:  # the launch's own thread tells the session, and waits for it
        gate.go.set()
        assert first.wait_for_answer(PATIENCE).state is LaunchState.REJECTED
        assert session.status is LaunchState.SENDING
        gate.status, gate.answer = 200, {"id": "abc", "status": "running"}
        second = session.send()
    assert second is not first
    second.wait(PATIENCE)
    wait_for_launches()
    assert second.id == "abc"
    assert session.launch is second
    assert session.status is LaunchState.SUCCEEDED
    assert gated.posts == 2


def test_who_waits_for_a_launch_with_a_timer_waits_for_no_view(session, gated, gate):
    session.stop_by(Timer(after=3600))
    launch = session.send()
    assert gate.arrived.wait(PATIENCE)
    with session.lock:  # a view is being drawn, or closed: it asks the launch for its lock
        gate.go.set()
        waits = threading.Thread(target=launch.wait_for_answer)
        waits.start()
        waits.join(PATIENCE)
        assert not waits.is_alive()
        assert launch.instance.deadline.state == "waiting"
    launch.instance.cancel_deadline()


def test_fifty_clicks_from_many_threads_send_once(session, gated, gate):
    start = threading.Barrier(50)
    sent = []

    def click():
        start.wait(PATIENCE)
        sent.append(session.send())

    threads = [threading.Thread(target=click) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    gate.go.set()
    assert len(sent) == 50
    assert set(map(id, sent)) == {id(session.launch)}
    session.launch.wait(PATIENCE)
    assert gated.posts == 1


def test_two_clicks_at_the_same_moment_are_one_launch(session, gated, gate, monkeypatch):
    together = threading.Barrier(2)

    def slow_launch(*given, **named):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.1)  # in vain, as only one may come this far
        return Launch(*given, **named)

    monkeypatch.setattr(session_module, "Launch", slow_launch)
    other = threading.Thread(target=session.send)
    other.start()
    session.send()
    other.join(PATIENCE)
    gate.go.set()
    wait_for_launches()
    assert gated.posts == 1


def test_the_status_follows_the_launch_and_tells_observers(session, gate):
    seen = []
    running = threading.Event()
    session.observe(lambda change: seen.append(change["new"]), "status")
    session.observe(lambda _change: session.launch.seen and running.set(), "sight")
    gate.go.set()
    assert session.arm()
    session.confirm()
    assert running.wait(PATIENCE)
    assert seen == [LaunchState.ARMED, LaunchState.CLAIMED, LaunchState.SENDING, LaunchState.SUCCEEDED]
    assert session.launch.seen.status == "running"


def test_an_edit_is_judged_before_anybody_is_told(session):
    told = []
    session.observe(lambda _change: told.append(session.report.request is None), "draft")
    session.set(("name",), "")
    session.set(("name",), "demo")
    assert told == [True, False]


def test_the_draft_given_is_never_changed(session):
    given = {**MINIMAL}
    session.replace(given)
    session.set(("billing", "mode"), "spot")
    session.set(("command",), "x")
    assert given == MINIMAL
    assert session.draft["billing"] == {"mode": "spot"}


def test_a_second_launch_says_that_there_was_one_before(session, gated, gate):
    gate.go.set()
    done = reached(session, LaunchState.SUCCEEDED)
    first = session.send().wait(PATIENCE)
    assert done.wait(PATIENCE)
    assert session.arm()
    assert session.has_launched
    session.disarm()
    assert session.launch is first
    assert session.status is LaunchState.SUCCEEDED
    assert session.has_launched
    assert session.arm()
    asked_again = reached(session, LaunchState.ARMED, anew=True)
    second = session.confirm()
    assert asked_again.wait(PATIENCE)
    assert second is not first
    assert first.id in str(second.doubt), "the listing does not show it, and its id answers"
    assert gated.posts == 1
    session.confirm().wait(PATIENCE)
    assert gated.posts == 2


def test_an_instance_is_remembered_over_a_later_refusal(session, gate):
    gate.go.set()
    done = reached(session, LaunchState.SUCCEEDED)
    session.send().wait(PATIENCE)
    assert done.wait(PATIENCE)
    assert session.has_launched
    gate.status, gate.answer = 400, {"message": "no stock"}
    refused = reached(session, LaunchState.REJECTED)
    session.send(again=True)
    assert refused.wait(PATIENCE)
    assert session.arm()
    assert session.has_launched


@pytest.mark.parametrize(
    ("play", "state"),
    [
        (says(400, {"message": "no stock"}), LaunchState.REJECTED),
        (says(500, b""), LaunchState.UNKNOWN),
    ],
)
def test_after_a_fault_it_can_be_armed_again(play, state):
    with launching(play) as server, PpioClient(base_url=server.url) as client:
        session = LaunchSession(client, MINIMAL)
        ended = reached(session, state)
        session.send()
        assert ended.wait(PATIENCE)
        session.launch.wait_for_outcome(PATIENCE)
        assert session.arm()
        assert not session.has_launched
        session.disarm()
        assert session.status is state
        assert server.posts == 1
        session.close()


def test_a_closed_session_neither_arms_nor_confirms(session, gated):
    assert session.arm()
    session.close()
    assert session.confirm() is None
    assert not session.arm()
    assert gated.connections == 0


def test_closing_stops_the_looking_and_not_the_launch(session, gate):
    told = []
    launch = session.send()
    assert gate.arrived.wait(PATIENCE)
    session.observe(told.append, "status")
    session.close()
    gate.go.set()
    assert launch.wait(PATIENCE).id == "abc"
    assert told == []
    assert session.status is LaunchState.SENDING


def test_a_new_launch_stops_the_looking_of_the_one_before(client, clock):
    session = LaunchSession(client, MINIMAL)
    done = reached(session, LaunchState.SUCCEEDED)
    first = session.send()
    assert done.wait(PATIENCE)
    waiting = threading.Thread(target=first.wait, daemon=True)
    waiting.start()
    second = session.send(again=True).wait_for_answer(PATIENCE)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert not first.settled
    clock.turn(10)
    assert second.wait(PATIENCE).settled
    assert len(list(client.list_instances())) == 2
    session.close()


def test_an_open_confirmation_is_withdrawn_after_two_minutes(session, gated, time):
    withdrawn = reached(session, LaunchState.DRAFT, anew=True)
    assert session.arm()
    armed = session.launch
    time.turn(119)
    assert not withdrawn.wait(0.05)
    time.turn(2)
    assert withdrawn.wait(PATIENCE)
    assert armed.state is LaunchState.WITHDRAWN
    assert session.confirm() is None
    assert gated.connections == 0


def test_arming_anew_begins_the_two_minutes_anew(session, time):
    assert session.arm()
    time.turn(100)
    session.disarm()
    assert session.arm()
    time.turn(50)
    assert session.status is LaunchState.ARMED


def test_a_name_that_is_taken_is_asked_for_once_more(client, account, clock):
    session = LaunchSession(client, MINIMAL)
    done = reached(session, LaunchState.SUCCEEDED)
    first = session.send()
    assert done.wait(PATIENCE)
    clock.turn(60)
    assert session.arm()
    asked_again = reached(session, LaunchState.ARMED, anew=True)
    second = session.confirm()
    assert asked_again.wait(PATIENCE)
    assert first.id in str(second.doubt)
    assert "waiting for your confirmation" in sentence_of(second)
    assert len(account.page()["data"]) == 1
    assert session.confirm() is second
    second.wait_for_answer(PATIENCE)
    assert second.state is LaunchState.SUCCEEDED
    assert len(account.page()["data"]) == 2
    session.close()


def test_an_edit_withdraws_what_is_asked_for_once_more(client, account):
    session = LaunchSession(client, MINIMAL)
    done = reached(session, LaunchState.SUCCEEDED)
    session.send()
    assert done.wait(PATIENCE)
    assert session.arm()
    asked_again = reached(session, LaunchState.ARMED, anew=True)
    second = session.confirm()
    assert asked_again.wait(PATIENCE)
    session.set(("name",), "other")
    assert second.state is LaunchState.WITHDRAWN
    assert session.arm()
    assert session.launch.doubt is None
    session.disarm()
    assert len(account.page()["data"]) == 1
    session.close()


@pytest.mark.parametrize(
    "edit",
    [
        lambda session: session.set(("resource", "gpu_num"), 8),
        lambda session: session.limit(Decimal(1)),
        lambda session: session.stop_by(Timer.read("3h")),
    ],
)
def test_what_was_edited_while_it_was_checked_is_not_asked_for_once_more(edit):
    asked, go, posts = threading.Event(), threading.Event(), []

    def reply(request):
        if request.method == "POST":
            posts.append(request)
        asked.set()
        go.wait(PATIENCE)
        return 200, {"data": [row("demo", "old")], "next_cursor": "", "has_more": False}

    with faulty(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        session = LaunchSession(client, MINIMAL)
        ended = reached(session, LaunchState.WITHDRAWN)
        assert session.arm()
        launch = session.confirm()
        assert asked.wait(PATIENCE)
        edit(session)
        go.set()
        assert ended.wait(PATIENCE)
        assert launch.state is LaunchState.WITHDRAWN
        assert "nothing was sent. An instance called demo is already there" in sentence_of(
            launch, words("en")
        )
        assert session.confirm() is None
        session.limit(None)  # the price is not known here, so that any ceiling blocks
        assert session.arm(), "what it is now can be asked for"
        session.close()
    assert posts == []


def test_a_closed_session_sends_nothing(client, account):
    session = LaunchSession(client, MINIMAL)
    session.close()
    with pytest.raises(LaunchRefused):
        session.send()
    assert account.page()["data"] == []


def test_a_launch_that_was_sent_by_a_call_is_not_withdrawn_by_its_confirmation(client):
    session = LaunchSession(client, MINIMAL)
    launch = session.begin()
    assert launch.submit()
    assert launch.wait_for_answer(PATIENCE).state is LaunchState.SUCCEEDED
    session.disarm()
    assert launch.state is LaunchState.SUCCEEDED
    launch.stop_following()
    session.close()


def test_a_catalogue_that_no_thread_can_load_is_not_waited_for(monkeypatch):
    def none_left(*_args, **_options):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(worker, "run", none_left)
    session = LaunchSession(connect(practice=True), MINIMAL)
    session.load()
    assert not session.loading


def test_a_draft_from_elsewhere_is_told_first_and_even_when_it_is_an_equal_one():
    session = LaunchSession(connect(practice=True), MINIMAL)
    told = []
    session.observe(lambda change: told.append((change.name, session.draft.get("name"))))
    session.fill(MINIMAL)
    assert told == [("filled", MINIMAL["name"])]
    told.clear()
    session.fill({**MINIMAL, "name": "another"})
    assert told[0] == ("filled", "another"), "whoever shows it is told before all that is drawn beside it"
    assert {name for name, _draft in told} == {"filled", "report", "draft"}
    session.close()


def test_what_is_asked_for_anew_is_on_its_way_until_its_own_answer_comes():
    """The answer to what was asked before Refresh is dropped, and no news of the later one."""
    arrived, held = threading.Semaphore(0), [threading.Event(), threading.Event()]
    asked = iter(held)

    def answer(request):
        if request.target.startswith("/gpus/v2/products?"):
            mine = next(asked)
            arrived.release()
            assert mine.wait(PATIENCE)
        return 503, {}

    with faulty(answers(answer)) as server, PpioClient(base_url=server.url) as client:
        session = LaunchSession(client, MINIMAL)
        told = threading.Semaphore(0)
        session.observe(lambda _change: told.release(), "snapshot")
        session.load(kinds=["offers"])
        assert arrived.acquire(timeout=PATIENCE)
        session.load(anew=True, kinds=["offers"])
        assert arrived.acquire(timeout=PATIENCE)
        earlier, later = held
        earlier.set()
        assert told.acquire(timeout=PATIENCE)
        assert session.loading == {"offers"}
        later.set()
        assert told.acquire(timeout=PATIENCE)
        assert not session.loading
        session.close()
