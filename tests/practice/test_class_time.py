"""What a kernel makes of the time of a class: money, ages and timers go by it, and nothing else does."""

import threading
import time as real_time

import httpx
import pytest

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cards.instance import card
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import InstanceDetail, Listing
from ppio_widgets.instances.listing import open_board
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import Contents, Record
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.failures import LESSONS
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import threads
from tests.support.bodies import MINIMAL
from tests.support.practice import KEY, RICH, OneAccount
from tests.support.wire import PATIENCE, REAL_KEY, answers, faulty, wait_for_launches

HOUR = 3600.0
LOST = {**MINIMAL, "image": f"{LESSONS}lost-answer:1"}


@pytest.fixture
def account(time):
    return PracticeAccount(time.now, RICH)


@pytest.fixture(params=["in this process", "over a socket"])
def student(request, account, server):
    transport = PracticeTransport(OneAccount(account))
    near = {"api_key": KEY, "base_url": "http://localhost", "transport": transport, "practice": True}
    with PpioClient(**(near if request.param == "in this process" else {"base_url": server.url})) as client:
        yield client
        wait_for_launches()


@pytest.fixture
def machine(student, account, time):
    one = Instance(account.create(MINIMAL)["id"], student)
    time.turn(10)
    yield one.refresh()
    one.cancel_deadline()


def turns(time, timer, seconds):
    """Turn the clock second by second, as long as the timer waits; returns for how long that was."""
    for turned in range(seconds):
        time.turn(1)
        if not rests(time, timer):
            return turned + 1
    return seconds


def rests(time, timer):
    """Wait until the timer has looked; returns whether it goes on waiting."""
    in_time(lambda: time.timer_rests or timer.state != "waiting")
    return timer.state == "waiting"


def in_time(done, between=lambda: None):
    ends = real_time.monotonic() + PATIENCE
    while not done() and real_time.monotonic() < ends:
        between()
        threads.threading.Event().wait(0.002)
    assert done()


# money and ages


def test_a_class_minute_is_an_hour_on_card_and_board(machine, student, account, time):
    before = machine.cost_so_far
    account.clock.set(60)
    machine.refresh()
    time.turn(120)
    assert before < 1
    assert float(machine.cost_so_far - before) == pytest.approx(25.2, abs=0.3), "before anybody looks again"
    assert "2 h" in card(machine, words()).as_text(words())
    board = open_board(student)
    (row,) = board.instances
    assert row.seconds_on(board.now) == pytest.approx(2 * HOUR, abs=60)


def test_what_was_deleted_has_cost_what_it_was_on_for_in_class(machine, account, time):
    account.clock.set(60)
    time.turn(120)
    machine.refresh()
    account.act(machine.id, "delete")
    time.turn(5)
    machine.refresh()
    assert machine.is_gone
    assert float(machine.cost_so_far) == pytest.approx(25.2, abs=0.5)


def test_a_night_passes_and_nothing_does(machine, account, time):
    account.clock.set(0)
    account.clock.jump(15 * HOUR)
    machine.refresh()
    for _ in range(2):
        assert float(machine.cost_so_far) == pytest.approx(15 * 12.6, abs=0.1)
        assert "15 h" in card(machine, words()).as_text(words())
        time.turn(10 * HOUR)


# timers


@pytest.mark.parametrize(("rate", "seconds"), [(60, 180), (1, 10_800), (3600, 3)])
def test_a_stop_after_three_hours_comes_after_three_hours_of_the_class(machine, account, time, rate, seconds):
    account.clock.set(rate)
    machine.refresh()
    timer = machine.stop_after("3h")
    assert rests(time, timer)
    time.turn(seconds - 2)
    assert rests(time, timer)
    assert turns(time, timer, 30) <= 3
    turns_until_done(time, timer)
    assert machine.refresh().status == "exited"


def turns_until_done(time, timer):
    in_time(lambda: timer.state == "done", lambda: time.turn(1))


def test_where_the_class_stands_still_no_timer_fires_until_it_goes_on(machine, account, time):
    timer = machine.stop_after("3h")
    account.clock.set(0)
    assert turns(time, timer, 20) == 20
    time.turn(100 * HOUR)
    assert turns(time, timer, 20) == 20
    account.clock.jump(3 * HOUR)
    assert turns(time, timer, 20) < 20
    turns_until_done(time, timer)


def test_a_timer_of_what_nobody_looked_at_learns_the_time_first(student, account, time):
    account.clock.jump(8 * HOUR)
    made = account.create(MINIMAL)["id"]
    time.turn(10)
    timer = Instance(made, student).stop_after("3h")
    assert turns(time, timer, 20) == 20
    account.clock.jump(3 * HOUR)
    assert turns(time, timer, 20) < 20
    turns_until_done(time, timer)


# launches


@pytest.mark.parametrize("what", ["as ever", "frozen", "fast", "a night later", "stopped meanwhile"])
def test_a_lost_answer_is_found_whatever_the_clock_of_the_class_does(student, account, time, what):
    if what == "frozen":
        account.clock.set(0)
    if what in ("fast", "stopped meanwhile"):
        account.clock.set(60)
    if what != "as ever":
        account.clock.jump(15 * HOUR)
    launch = Launch(LaunchPlan(check(LOST), Target.of(student)), student)
    time.searching.clear()
    launch.submit()
    if what == "stopped meanwhile":
        account.clock.set(0)
    if what == "a night later":
        account.clock.jump(15 * HOUR)
    time.searching.set()
    launch.wait_for_outcome(PATIENCE)
    assert (launch.state, launch.source) == (LaunchState.SUCCEEDED, "listing")
    time.turn(10)  # it runs, and is watched no longer


def record(**known):
    return Record("x", "http://localhost", "…cdef", MINIMAL, 1_700_000_000.0, practice=True, **known)


def judged(found, in_class, **known):
    one = InstanceDetail("i-1", MINIMAL["name"], "running", created_at=found)
    listing = Listing((one,), 1_700_000_010.0, class_time=in_class)
    return reconcile.judge(record(**known), listing, Contents(()), 1_700_000_010.0).state


def test_one_that_was_made_before_in_the_class_is_not_taken_for_it():
    now = 1_700_050_000.0
    told = {"offset": 0.0, "class_time": now}
    assert judged(int(now), now + 600, **told) is LaunchState.SUCCEEDED
    assert judged(int(now) - 600, now + 600, **told) is LaunchState.UNKNOWN
    assert judged(int(now), now + 600, offset=0.0) is LaunchState.UNKNOWN, "nobody looked before"


def test_an_answer_that_a_later_one_has_overtaken_turns_no_clock_back():
    """A teacher lets a night pass and stops the clock while a look is on its way."""
    arrived, go = threading.Event(), threading.Event()

    def answer(_request):
        told = "1700080000.000; rate=0"
        if not arrived.is_set():
            arrived.set()
            assert go.wait(PATIENCE)
            told = "1700050000.000; rate=60"
        return 200, {"data": [], "has_more": False}, f"Practice-Time: {told}"

    with faulty(answers(answer)) as server, PpioClient(KEY, base_url=server.url) as client:
        held = threading.Thread(target=client.listing)
        held.start()
        assert arrived.wait(PATIENCE)
        client.listing()
        go.set()
        held.join(PATIENCE)
        assert (client.class_time.time, client.class_time.rate) == (1_700_080_000, 0)


# only of a practice cloud


@pytest.mark.parametrize("key", [REAL_KEY, KEY])
def test_a_real_cloud_that_tells_a_time_of_a_class_is_not_heard(key, time):
    class Cloud(httpx.BaseTransport):
        def handle_request(self, _request):
            headers = {"Practice-Time": "1700050000.000; rate=60"}
            return httpx.Response(200, headers=headers, json={"data": [], "has_more": False})

    practice = key == KEY
    client = PpioClient(key, base_url="http://localhost", transport=Cloud(), practice=practice)
    client.listing()
    assert (client.class_time is not None) == practice
    assert client.now() == (1_700_050_000 if practice else time.now())
    time.turn(10)
    assert client.now() == (1_700_050_600 if practice else time.now())


@pytest.mark.parametrize(
    "odd", ["", "soon", "1700000000", "1; rate=-1", "1e9; rate=1", "1; rate=nan", "1; rate=1; x", "²; rate=1"]
)
def test_what_is_no_time_of_a_class_is_not_heard(odd):
    class Cloud(httpx.BaseTransport):
        def handle_request(self, _request):
            return httpx.Response(200, headers={"Practice-Time": odd.encode()}, json={"data": []})

    client = PpioClient(KEY, base_url="http://localhost", transport=Cloud(), practice=True)
    client.listing()
    assert client.class_time is None
