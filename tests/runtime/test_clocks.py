"""Timers while this machine's clocks are set, sleep or part: the instance stops when its time has come."""

import logging
import time as real_time
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day
from decimal import Decimal
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import ActionUnconfirmed, MomentUnreadable, PpioError
from ppio_widgets.instances.autostop import Deadline
from ppio_widgets.launches.launch import Timer
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import clock as clock_module
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.runtime.clock import Clock
from ppio_widgets.runtime.times import LONGEST_SPAN, read_moment, read_span, span_words
from tests.instances.test_instance import Pretend, at, on
from tests.support.clock import PATIENCE, PartingClocks
from tests.support.prices import pricing
from tests.support.threads import wait_for_threads

HOUR = 3600.0
NOW = 1_700_000_000.0
# Read-back and the slices of a wait: so much later it may be.
SOON = 60.0


@pytest.fixture
def time():
    time = PartingClocks()
    kernel.current().clock = time
    return time


@pytest.fixture
def cloud(time):
    """A cloud whose clock is right, whatever becomes of this machine's."""
    with pricing(lambda: time.true) as cloud:
        yield cloud


@pytest.fixture
def machine(cloud, time):
    with PpioClient(base_url=cloud.server.url) as client:
        one = Instance("i-1", client).refresh()
        yield one
        one.cancel_deadline()
        time.going.set()
        wait_for_threads("ppio-deadline")


def stopped_at(timer, cloud):
    """Wait until the instance has stopped; returns when that was asked for, by the true time."""
    wait_for_threads("ppio-deadline")
    assert timer.state == "done"
    return cloud.stops[0]


def wait_until(done):
    until = real_time.monotonic() + PATIENCE
    while not done():
        assert real_time.monotonic() < until
        threads.threading.Event().wait(0.002)


CHANGES = {
    "set forth": lambda time: time.set(HOUR),
    "set back": lambda time: time.set(-HOUR),
    "asleep": lambda time: time.sleep(HOUR),
    "asleep and set forth": lambda time: (time.sleep(HOUR), time.set(HOUR)),
    "asleep and set back": lambda time: (time.sleep(HOUR), time.set(-HOUR)),
    "set forth and back": lambda time: (time.set(HOUR), time.later(600, lambda: time.set(-HOUR))),
    "nothing": lambda _time: None,
}


@pytest.mark.parametrize("counts_sleep", [True, False])
@pytest.mark.parametrize("what", list(CHANGES))
@pytest.mark.parametrize("kind", ["after", "at"])
def test_it_stops_when_its_time_has_come_whatever_the_clocks_do(
    machine, cloud, time, kind, what, counts_sleep
):
    if what == "asleep and set back" and not counts_sleep:
        # Both are late alike, which nobody sees before one of them is mended.
        time.later(6000, lambda: time.set(HOUR))
    time.counts_sleep = counts_sleep
    due = time.true + 2 * HOUR
    time.later(900, lambda: CHANGES[what](time))
    timer = machine.stop_after("2h") if kind == "after" else machine.stop_at(utc(due))
    stopped = stopped_at(timer, cloud)
    assert due - 2 <= stopped <= due + SOON, f"{(stopped - due) / 60:.1f} min off"
    parted = what != "nothing" and not (what == "asleep" and counts_sleep)
    assert (timer.judge == "cloud") is parted
    assert ("the cloud's time counts" in repr(timer)) is parted


@given(
    st.lists(
        st.tuples(st.integers(0, 9000), st.sampled_from(["set", "sleep"]), st.integers(-4000, 4000)),
        max_size=4,
    )
)
def test_whatever_happens_to_a_machine_whose_clock_counts_sleep(changes):
    """Set by anything, asleep for anything: it is late by a sleep at most, and never early."""
    time = PartingClocks()
    time.counts_sleep = True
    asleep = sum(abs(seconds) for _when, what, seconds in changes if what == "sleep")
    for when, what, seconds in sorted(changes):
        time.later(when, partial(getattr(time, what), abs(seconds) if what == "sleep" else seconds))
    before, kernel.current().clock = kernel.current().clock, time
    try:
        due = time.true + 7200
        timer = Deadline(Stopped(time), 7200, is_span=True)
        threads.poll(timer._look)
    finally:
        kernel.current().clock = before
    assert due - 2 <= timer.instance.stopped <= due + SOON + asleep


class Stopped:
    """An instance that stops when it is told to, on a cloud whose clock is right."""

    id, detail, stopped, class_time = "i-1", None, 0.0, None

    def __init__(self, time):
        self.time = time
        self.client = self

    def now(self):
        return self.time.now()

    def ask_date(self, _id):
        return float(int(self.time.true))

    def stop(self):
        self.stopped = self.time.true
        self.detail = InstanceDetail("i-1", status="exited")

    def tell(self):
        pass


@pytest.mark.parametrize("what", ["set forth", "set back"])
def test_a_cloud_that_tells_no_time_leaves_the_clock_that_nobody_sets(machine, cloud, time, what):
    time.counts_sleep, cloud.dated = True, False
    due = time.true + 2 * HOUR
    time.later(900, lambda: CHANGES[what](time))
    timer = machine.stop_after("2h")
    assert due <= stopped_at(timer, cloud) <= due + SOON
    assert "the clock that nobody sets counts" in repr(timer)
    assert "以不受调整的时钟为准" in timer.sentence(words("zh"))
    assert len(cloud.server.received) < 10, "it is asked once, and not all the time"


def test_without_such_a_clock_the_earlier_one_counts(machine, cloud, time):
    time.counts_sleep, cloud.dated = False, False
    due = time.true + 2 * HOUR
    time.later(900, lambda: time.sleep(HOUR))
    timer = machine.stop_after("2h")
    assert due <= stopped_at(timer, cloud) <= due + SOON
    assert "the earlier one counts" in repr(timer)


def test_it_is_said_on_card_and_in_the_log_in_both_languages(machine, time, caplog):
    caplog.set_level(logging.WARNING)
    time.going.clear()
    time.later(900, lambda: time.set(HOUR))
    time.later(5 * HOUR, time.going.clear)  # so that it does not stop meanwhile
    timer = machine.stop_after("20h")
    assert "cloud's time" not in str(machine)
    time.going.set()
    wait_until(lambda: "the clocks do not agree for instance i-1: cloud" in caplog.text)
    assert "the cloud's time counts" in str(machine)
    assert "the cloud&#39;s time counts" in machine._repr_html_()
    assert "以云端时间为准" in timer.sentence(words("zh"))


NOT_FOUND = (404, {"reason": "RESOURCE_NOT_FOUND", "message": "instance not found"})
FAILURES = {
    "a gateway refuses": (403, {"message": "not you"}),
    "it breaks": (500, {"message": "not now"}),
    "not certain": (200, {"data": None, "error": "x"}),
}


def until_stopped(cloud, answer):
    """Have looks answered so until the instance was told to stop."""
    cloud.looks = iter(lambda: None if cloud.stops else answer, 0)


@pytest.mark.long
@pytest.mark.parametrize("why", list(FAILURES))
@pytest.mark.parametrize("kind", ["after", "at"])
def test_while_no_look_succeeds_the_clock_that_nobody_sets_tells_when_it_is_time(
    machine, cloud, time, kind, why
):
    time.counts_sleep = True
    due = time.true + 2 * HOUR

    def begin():
        time.set(-6 * HOUR)
        cloud.looks = iter(lambda: FAILURES[why] if time.true <= due else None, 0)

    time.later(900, begin)
    timer = machine.stop_after("2h") if kind == "after" else machine.stop_at(utc(due))
    stopped = stopped_at(timer, cloud)
    assert due - 2 <= stopped <= due + SOON, f"{(stopped - due) / 60:.1f} min off"
    assert timer.judge == "steady"


@pytest.mark.long
def test_a_stale_date_keeps_no_stop_from_its_time(machine, cloud, time):
    time.counts_sleep = True
    due = time.true + 2 * HOUR

    def begin():
        time.set(-6 * HOUR)
        cloud.dates = lambda: time.true - (0 if cloud.stops else HOUR)

    time.later(900, begin)
    timer = machine.stop_after("2h")
    assert due - 2 <= stopped_at(timer, cloud) <= due + SOON
    assert timer.judge == "steady"


@pytest.mark.long
@pytest.mark.parametrize("what", ["set forth", "set back", "asleep"])
def test_without_such_a_clock_and_a_look_the_earlier_one_counts(machine, cloud, time, what):
    time.counts_sleep = False
    due = time.true + 2 * HOUR
    early = HOUR if what == "set forth" else 0
    time.later(900, lambda: (CHANGES[what](time), until_stopped(cloud, FAILURES["it breaks"])))
    timer = machine.stop_after("2h")
    assert due - 2 <= stopped_at(timer, cloud) + early <= due + SOON
    assert "the earlier one counts; it is asked again" in repr(timer)
    assert "以较早到时的时钟为准" in timer.sentence(words("zh"))


@pytest.mark.parametrize(
    ("answer", "tells"),
    [
        (NOT_FOUND, True),
        ((403, {"reason": "FORBIDDEN", "message": "not you"}), True),
        ((*NOT_FOUND, "Age: 3600"), False),  # kept by somebody
        ((403, {"message": "a gateway's"}), False),
        ((404, "a page"), False),
    ],
)
def test_an_error_tells_the_time_where_it_is_the_apis_own_and_fresh(machine, cloud, time, answer, tells):
    cloud.looks = iter([answer])
    if tells:
        assert machine.client.ask_date("i-1") == time.true
    else:
        with pytest.raises(PpioError):
            machine.client.ask_date("i-1")


def test_a_cloud_that_cannot_be_asked_is_asked_until_it_can(machine, cloud, time):
    time.counts_sleep = False
    due = time.true + 2 * HOUR
    said = []
    machine.observe(lambda _change: machine.deadline and said.append(machine.deadline.judge), "sight")

    def begin():
        time.set(HOUR)
        cloud.looks = iter([FAILURES["it breaks"]] * 5)

    time.later(900, begin)
    timer = machine.stop_after("2h")
    assert due - 2 <= stopped_at(timer, cloud) <= due + SOON
    assert "unread" in said
    assert timer.judge == "cloud"


@pytest.mark.parametrize("counts_sleep", [True, False])
@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_length_of_time_is_as_long_though_the_first_looks_fail(machine, cloud, time, wrong, counts_sleep):
    time.counts_sleep = counts_sleep
    time.set(wrong)
    cloud.looks = iter([FAILURES["it breaks"]] * 3)
    due = time.true + 2 * HOUR
    time.later(900, lambda: time.set(-wrong))
    timer = machine.stop_after("2h")
    stopped = stopped_at(timer, cloud)
    assert due - 2 <= stopped <= due + SOON, f"{(stopped - due) / 60:.1f} min off"
    assert timer.judge == "cloud"
    assert len(cloud.server.received) < 15, "it is asked until it has told its time, and not all the time"


@pytest.mark.parametrize("counts_sleep", [True, False])
def test_a_machine_that_sleeps_during_the_first_look_stops_in_time(machine, cloud, time, counts_sleep):
    time.counts_sleep = counts_sleep
    due = time.true + 2 * HOUR

    def fall_asleep():
        time.sleep(HOUR)
        yield None

    cloud.looks = fall_asleep()
    timer = machine.stop_after("2h")
    stopped = stopped_at(timer, cloud)
    assert due - 2 <= stopped <= due + SOON, f"{(stopped - due) / 60:.1f} min off"


def test_not_found_tells_the_time_as_well(machine, cloud, time):
    """The id of an instance that was only just made may not be known everywhere."""
    time.counts_sleep = False
    until_stopped(cloud, NOT_FOUND)
    due = time.true + 2 * HOUR
    time.later(900, lambda: time.sleep(HOUR))
    time.later(900, lambda: time.set(-HOUR))
    time.later(6000, lambda: time.set(HOUR))
    timer = machine.stop_after("2h")
    assert due - 2 <= stopped_at(timer, cloud) <= due + SOON
    assert timer.judge == "cloud"


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_machine_whose_clock_is_wrong_stops_at_the_true_time(machine, cloud, time, wrong):
    time.set(wrong)  # before anything begins
    due = time.true + 3 * HOUR
    timer = machine.stop_at(utc(due))
    assert due - 2 <= stopped_at(timer, cloud) <= due + SOON
    assert timer.judge == "differ"
    assert "it differs from the cloud's" in repr(timer)
    assert "disagree" not in repr(timer), "its own clocks agreed"
    assert "请检查本机时钟" in timer.sentence(words("zh"))
    asked = len(cloud.server.received)
    assert asked < (140 if wrong > 0 else 10), "it is asked at each slice only once this one is due"


DAY = 24 * HOUR
WRONG_DATES = {
    "it stands still": lambda time, began: began - DAY,
    "it goes too slowly": lambda time, began: began - DAY + (time.true - began) / 2,
    "it is mended": lambda time, began: time.true - (DAY if time.true < began + 60 else 0),
    "it is told no more": lambda time, began: time.true - DAY,
}


@pytest.mark.parametrize("what", list(WRONG_DATES))
def test_a_date_by_itself_puts_off_no_stop(cloud, time, what):
    began = time.true
    cloud.dates = lambda: WRONG_DATES[what](time, began)
    time.later(HOUR, lambda: what == "it is told no more" and until_stopped(cloud, FAILURES["it breaks"]))
    with PpioClient(base_url=cloud.server.url) as client:
        due = began + 2 * HOUR
        timer = Instance("i-1", client).refresh().stop_at(utc(due))
        assert due - 2 <= stopped_at(timer, cloud) <= due + 3 * SOON
    if what == "it is mended":
        return
    assert timer.judge == "own"
    assert "disagree" not in repr(timer)
    assert "this machine's clock counts" in repr(timer)
    assert "以本机为准" in timer.sentence(words("zh"))


def test_small_differences_are_no_news(machine, cloud, time):
    time.counts_sleep = True
    due = time.true + 2 * HOUR
    for number, seconds in enumerate((20, 20, -30)):
        time.later(600 * number, partial(time.set, seconds))
    timer = machine.stop_after("2h")
    assert due <= stopped_at(timer, cloud) <= due + SOON
    assert timer.judge == ""


def test_a_clock_set_back_delays_no_read_back_and_no_wait(time):
    pretend = Pretend()
    pretend.plays = [pretend.forgets] * 3
    for number in range(60):
        time.later(5 * number, lambda: time.set(-HOUR))
    with on(pretend) as server:
        one = at(server)
        began = time.true
        with pytest.raises(ActionUnconfirmed):
            one.stop(timeout=100)
        assert time.true - began <= 101
        began = time.true
        one.wait("removed", timeout=100)
        assert time.true - began <= 101
        one.client.close()


def test_a_clock_set_back_delays_nothing_that_is_done_later(monkeypatch):
    class Asked(Clock):
        """Keeps how long is waited; the clock that shows the time is set back before anybody does."""

        def __init__(self):
            self.asked = []

        showed = iter((NOW, NOW - HOUR, NOW - HOUR))

        def now(self):
            return next(self.showed)

        def monotonic(self):
            return 5.0

        def wait(self, event, seconds):
            self.asked.append(seconds)
            return False

    clock = Asked()
    kernel.current().clock = clock
    done = threads.threading.Event()
    threads.after(120, done.set)
    assert done.wait(PATIENCE)
    assert clock.asked == [120]


def test_the_clock_that_nobody_sets_counts_sleep_where_the_system_has_one(monkeypatch):
    clock = Clock()
    if hasattr(real_time, "CLOCK_BOOTTIME"):
        assert clock.counts_sleep
        assert abs(clock.monotonic() - real_time.clock_gettime(real_time.CLOCK_BOOTTIME)) < 5
    monkeypatch.delattr(real_time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(clock_module.sys, "platform", "freebsd")
    assert clock_module._find_boot_clock() is None
    monkeypatch.setattr(clock_module.sys, "platform", "darwin")
    assert clock_module._find_boot_clock() == real_time.CLOCK_MONOTONIC
    monkeypatch.setattr(clock_module, "_boot", None)
    assert abs(clock.monotonic() - real_time.monotonic()) < 5


def test_a_system_that_does_not_give_its_clock_has_none(monkeypatch):
    def refuse(_clock):
        raise OSError("not here")

    monkeypatch.setattr(clock_module.time, "clock_gettime", refuse)
    assert clock_module._find_boot_clock() is None


class Odd:
    """Whose text cannot be had."""

    def __str__(self):
        raise RuntimeError("secret")


SPANS = [
    *(float("nan"), float("inf"), -float("inf"), -1, 0, -0.0, True, False, 10**400, -(10**5000), 1e308),
    *(LONGEST_SPAN + 1, None, [], {}, b"3h", "3 hours", "nan", "inf", "1e3", "-3h", "0s", "0h0m", "９h x"),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Fraction(-1, 2), 3 + 4j, object, Odd()),
    *(
        timedelta(0),
        timedelta(-1),
        timedelta.max,
        datetime(2023, 11, 15, tzinfo=timezone.utc),
        "9" * 5000 + "h",
    ),
]


@pytest.mark.parametrize("odd", SPANS, ids=lambda odd: type(odd).__name__)
def test_a_span_that_is_none_is_one_line(odd):
    with pytest.raises(MomentUnreadable, match="3h, 90m") as found:
        read_span(odd)
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 200


MOMENTS = [
    *(None, 5, 17.5, float("nan"), True, [], b"17:30", date(2023, 11, 15), time_of_day(17, 30), Odd(), ""),
    *("25:00", "17:30+99:00", "17:30+24:00", "0001-01-01T00:00", "9999-12-31T23:59", "nan", "inf", "-17:30"),
    *("2023-13-01T00:00", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    *(datetime.min, datetime.max),  # noqa: DTZ901 - the kernel's zone is meant
    *(datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "17:30 Mars", "9" * 5000),
]


@pytest.mark.parametrize("odd", MOMENTS, ids=lambda odd: type(odd).__name__)
def test_a_time_that_is_none_is_one_line(odd):
    with pytest.raises(MomentUnreadable) as found:
        read_moment(odd, NOW)
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 200


@pytest.mark.parametrize("odd", ["17:30+99:00", "inf", "nan", "9" * 5000 + "h", "-1h", "0001-01-01T00:00"])
def test_a_field_that_is_none_is_one_line(odd):
    with pytest.raises(MomentUnreadable) as found:
        Timer.read(odd)
    assert len(str(found.value)) < 200


def is_one_line(message):
    """Whether it is one line, and short: of what was given it repeats forty letters, ten for each at most."""
    return len(message.splitlines()) == 1 and len(message) < 600


def told(read, *given):
    """What was read, or the one line why not."""
    try:
        return read(*given)
    except MomentUnreadable as error:
        return str(error)


ANYTHING = st.one_of(
    st.floats(), st.integers(), st.decimals(), st.text(), st.booleans(), st.none(), st.dates()
)


@given(ANYTHING | st.timedeltas())
def test_whatever_is_given_is_a_length_of_time_or_one_line(value):
    seconds = told(read_span, value)
    assert is_one_line(seconds) if isinstance(seconds, str) else 0 < seconds <= LONGEST_SPAN


@given(ANYTHING | st.datetimes() | st.datetimes(timezones=st.timezones()))
def test_whatever_is_given_is_a_time_ahead_or_one_line(value):
    moment = told(read_moment, value, NOW)
    assert is_one_line(moment) if isinstance(moment, str) else NOW < moment <= NOW + LONGEST_SPAN


def utc(moment):
    return datetime.fromtimestamp(moment, tz=timezone.utc)


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (3600, "1 h", "1 小时"),
        (5400, "1 h 30 min", "1 小时 30 分钟"),
        (86400 + 60, "1 day 1 min", "1 天 1 分钟"),
        (2 * 86400, "2 days", "2 天"),
        (0.4, "1 s", "1 秒"),
    ],
)
def test_a_length_of_time_is_said_in_words(seconds, english, chinese):
    assert span_words(seconds, words("en")) == english
    assert span_words(seconds, words("zh")) == chinese
