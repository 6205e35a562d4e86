"""The kernel's own timer: it stops an instance, reads back, and does not give up."""

import itertools
import logging
import threading
import time as real_time
from datetime import datetime, timedelta, timezone

import pytest

from ppio_widgets import Instance
from ppio_widgets.cloud.answers import ClassTime
from ppio_widgets.errors import MomentUnreadable
from ppio_widgets.instances.autostop import set_for
from ppio_widgets.launches.launch import Timer
from ppio_widgets.locale.words import words
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words, read_moment, read_span
from tests.instances.test_instance import BODY, ENV, PASSWORD, TOKEN, Pretend, at, on
from tests.support.clock import PATIENCE
from tests.support.ground import launch_on
from tests.support.kernels import start_kernel

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    real_time.tzset()
    yield
    monkeypatch.undo()
    real_time.tzset()


@pytest.fixture
def account(time):
    return PracticeAccount(time.now)


@pytest.fixture
def machine(client, account, time):
    one = Instance(account.create(BODY)["id"], client)
    time.turn(10)
    return one.refresh()


def turn_until(time, done, step=1.0):
    """Turn the clock by small steps until something is so."""
    until = real_time.monotonic() + PATIENCE
    while not done() and real_time.monotonic() < until:
        time.turn(step)
        threads.threading.Event().wait(0.002)
    assert done()


def test_it_stops_the_instance_and_reads_back(machine, time):
    timer = machine.stop_after("3h")
    assert machine.deadline is timer
    assert "not PPIO's" in repr(timer)
    assert "UTC+08:00" in repr(timer)
    assert "culled" in str(machine)
    turn_until(time, lambda: timer.state == "done", 60)
    assert machine.refresh().status == "exited"
    assert "seen to have stopped" in repr(timer)
    assert machine.cancel_deadline() is False


def test_a_time_that_was_set_with_a_launch_is_that_time_to_the_minute(time, monkeypatch):
    now, looks = threads.now, itertools.count()
    with on(Pretend()) as server:
        one = at(server)
        when = read_moment("2023-11-15 17:30+08:00", NOW)
        monkeypatch.setattr(threads, "now", lambda: now() + next(looks) / 1000)  # as time goes on meanwhile
        Timer(at=when).set_on(one)
        assert one.deadline.at == when
        assert "17:30 UTC+08:00" in repr(one.deadline)
        one.cancel_deadline()


def test_it_can_be_called_off(machine, time):
    timer = machine.stop_after(60)
    assert machine.cancel_deadline() is True
    assert machine.deadline is None
    time.turn(1000)
    assert timer.state == "cancelled"
    assert machine.refresh().status == "running"
    assert machine.cancel_deadline() is False
    assert "called off" in repr(timer)


def test_a_second_one_takes_the_place_of_the_first(machine):
    first = machine.stop_after(600)
    second = Instance(machine.id, machine.client).stop_after(1200)
    assert first.state == "cancelled"
    assert machine.deadline is second
    machine.cancel_deadline()


def test_it_shouts_and_tries_again_until_it_has_stopped(time, caplog):
    caplog.set_level(logging.ERROR)
    pretend = Pretend()
    pretend.plays = [lambda: (400, {"reason": "OPERATION_LIMIT", "message": "not now"})] * 2
    heard = []
    with on(pretend) as server:
        one = at(server)
        one.observe(lambda _change: heard.append(one.deadline.state if one.deadline else ""), "sight")
        timer = one.stop_after(10)
        turn_until(time, lambda: "failing" in heard)
        turn_until(time, lambda: timer.state == "done", 5)
    assert timer.attempts == 3
    assert "NOT stopped" in caplog.text
    assert "ApiError" in caplog.text
    assert len(pretend.asked) == 3


def test_one_that_was_deleted_meanwhile_ends_the_timer(machine, time, account):
    timer = machine.stop_after(3600)
    account.act(machine.id, "delete")
    turn_until(time, lambda: timer.state == "gone", 60)
    assert "not seen any more" in repr(timer)


def test_of_one_that_was_seen_to_be_gone_no_timer_is_told_and_it_ends(machine, time, account):
    timer = Instance(machine.id, machine.client).stop_after(3600)
    assert "Timer:" in str(machine)
    account.act(machine.id, "delete")
    turn_until(time, lambda: machine.refresh().is_gone)
    assert machine.deadline is None
    assert "Timer:" not in str(machine)
    assert timer.state == "cancelled"
    turn_until(time, lambda: not any(one.name == "ppio-deadline" for one in threading.enumerate()), 0.0)
    assert machine.stop_after(3600).state == "cancelled", "nothing is left to stop"
    assert "Timer:" not in str(machine)


def test_it_fires_once_though_who_hears_of_it_breaks_off(machine, time, account):
    timer = machine.stop_after(60)

    def hear(_change):
        if timer.state == "done":
            account.act(machine.id, "start")
            machine.unobserve(hear, "sight")
            raise SystemExit

    machine.observe(hear, "sight")
    turn_until(time, lambda: not any(one.name == "ppio-deadline" for one in threading.enumerate()))
    assert timer.state == "done"
    assert account.get(machine.id)["status"]["status"] != "exited"


def test_what_is_no_time_sets_no_timer(machine):
    for odd in ("", "3", "h", "3x", "-3h", "99d", "3h and more"):
        with pytest.raises(MomentUnreadable, match="3h, 90m"):
            machine.stop_after(odd)
    for odd in ("", "25:00", "17", "17:61", "soon"):
        with pytest.raises(MomentUnreadable, match="17:30"):
            machine.stop_at(odd)
    with pytest.raises(MomentUnreadable, match="is over"):
        machine.stop_at("2020-01-01T00:00Z")
    assert machine.deadline is None


def test_with_neither_threads_nor_a_loop_it_says_so_instead_of_never_firing(machine):
    start_kernel(threads=False)
    with pytest.raises(MomentUnreadable, match="threads"):
        machine.stop_after("1h")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3h", 10800),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (" 2 d ", 172800),
        ("45 min", 2700),
        (90, 90),
    ],
)
def test_lengths_of_time(text, seconds):
    assert read_span(text) == seconds
    assert read_span(timedelta(seconds=seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("07:00", datetime(2023, 11, 14, 23, 0, tzinfo=timezone.utc)),  # the kernel's clock: 06:13 there
        ("06:00", datetime(2023, 11, 15, 22, 0, tzinfo=timezone.utc)),
        ("22:30Z", datetime(2023, 11, 14, 22, 30, tzinfo=timezone.utc)),
        ("22:00+00:00", datetime(2023, 11, 15, 22, 0, tzinfo=timezone.utc)),
        ("2023-11-16T08:00", datetime(2023, 11, 16, 0, 0, tzinfo=timezone.utc)),
        ("2023-11-16T08:00Z", datetime(2023, 11, 16, 8, 0, tzinfo=timezone.utc)),
    ],
)
def test_times_of_day(text, moment):
    assert read_moment(text, NOW) == moment.timestamp()


def test_a_time_is_shown_with_its_zone_and_its_date_unless_today():
    assert moment_words(NOW, NOW) == "06:13 UTC+08:00"
    assert moment_words(NOW + 86400, NOW) == "2023-11-16 06:13 UTC+08:00"


def test_its_words_in_chinese(machine):
    timer = machine.stop_after("1h")
    assert "不是 PPIO 的" in timer.sentence(words("zh"))
    machine.cancel_deadline()


def test_a_launch_that_is_looked_up_later_gets_its_timer_once(machine, time):
    launch = launch_on(machine.client, timer=Timer(at=time.now() + 600))
    launch.tell()
    assert machine.deadline is None
    launch.id = machine.id
    launch.tell()
    timer = machine.deadline
    assert timer is not None
    launch.tell()
    assert machine.deadline is timer
    machine.cancel_deadline()


@pytest.mark.parametrize("in_class", [True, False])
def test_it_is_set_to_the_time_that_was_said_while_the_clock_goes_on(machine, time, monkeypatch, in_class):
    def goes_on():
        time.turn(1e-6)
        return time.time

    moment = time.now() + 600
    monkeypatch.setattr(time, "now", goes_on)
    with on(Pretend()) as server:
        instance = machine if in_class else at(server)
        assert (instance.client.class_time is not None) == in_class
        Timer(at=moment).set_on(instance)
        assert instance.deadline.at == moment
        instance.cancel_deadline()


@pytest.mark.parametrize(("ahead", "moved"), [(-0.4, 0), (-1.5, 0), (1.5, 0), (3600.2, 3600)])
def test_the_way_of_an_answer_moves_no_timer_and_a_class_of_another_time_does(
    machine, time, monkeypatch, ahead, moved
):
    told = ClassTime(time.now() + ahead, 1.0, threads.tick())
    monkeypatch.setattr(type(machine.client), "class_time", property(lambda _client: told))
    moment = read_moment("2023-11-15 17:30+08:00", NOW)
    Timer(at=moment).set_on(machine)
    assert machine.deadline.at == moment + moved
    machine.cancel_deadline()


def test_a_time_that_is_over_when_the_id_comes_stops_it_at_once(machine, time):
    timer = set_for(machine, time.now())
    turn_until(time, lambda: timer.state == "done")
    assert machine.refresh().status == "exited"


def test_nothing_secret_in_what_a_timer_says_and_logs(time, caplog):
    caplog.set_level(logging.DEBUG)
    pretend = Pretend(error=f"cannot read {PASSWORD}")
    pretend.plays = [pretend.forgets] * 4
    said = []
    with on(pretend) as server:
        one = at(server)
        one.observe(lambda _change: said.append(f"{one!r}{one._repr_html_()}{one.deadline!r}"), "sight")
        timer = one.stop_after(5)
        turn_until(time, lambda: timer.state == "done", 5)
    text = "".join(said) + caplog.text + repr(timer.error)
    assert "••••" in text
    assert [secret for secret in (PASSWORD, TOKEN, ENV) if secret in text] == []
