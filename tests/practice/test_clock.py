"""The clock of a class: as fast as a teacher likes, standing still, or a night later; never back."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.practice.clock import PracticeClock
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.transport import PracticeTransport
from tests.support.clock import Clock
from tests.support.practice import KEY

HOUR = 3600.0


def test_until_somebody_turns_it_it_is_the_true_time(clock):
    ours = PracticeClock(clock)
    clock.turn(1234.5)
    assert (ours.time(), ours.now(), ours.rate) == (clock.now, clock.now, 1)


def test_it_goes_faster_stands_still_and_lets_a_night_pass(clock):
    ours, began = PracticeClock(clock), clock.now
    ours.set(60)
    clock.turn(60)
    assert ours.time() == began + HOUR, "a class minute is an hour"
    ours.set(0)
    clock.turn(HOUR)
    assert ours.time() == began + HOUR
    ours.jump(15 * HOUR)
    clock.turn(HOUR)
    assert (ours.time(), ours.rate) == (began + 16 * HOUR, 0)
    ours.set(1)
    clock.turn(5)
    assert ours.time() == began + 16 * HOUR + 5
    assert ours.time(began + 30) == began + 1800, "as it was then"
    assert ours.now() == clock.now


@pytest.mark.parametrize("odd", [-1, float("inf"), float("nan")])
def test_no_clock_goes_back(clock, odd):
    ours = PracticeClock(clock)
    for turn in (ours.set, ours.jump):
        with pytest.raises(ValueError, match=str(odd)):
            turn(odd)
    clock.turn(-HOUR)
    assert ours.time() == clock.now + HOUR
    ours.set(2)
    clock.turn(HOUR + 10)
    assert ours.time() == clock.now + 10


turns = st.lists(
    st.tuples(st.sampled_from(["turn", "set", "jump"]), st.integers(0, 100_000)),
    max_size=30,
)


@given(turns)
def test_it_never_goes_back_is_found_by_its_time_and_goes_on_from_its_past(turned):
    clock = Clock()
    ours = PracticeClock(clock)
    moments = [(clock.now, ours.time())]
    for what, amount in turned:
        clock.turn(amount) if what == "turn" else getattr(ours, what)(amount)
        moments.append((clock.now, ours.time()))
    assert moments == sorted(moments)
    again = PracticeClock(clock, ours.past)
    for true, time in moments:
        assert again.time(true) == ours.time(true) >= time
        when = ours.when(time)
        assert when <= true + 0.001
        assert ours.time(when) >= time - 0.001
    assert (again.time(), again.rate) == (ours.time(), ours.rate)


def test_every_answer_tells_the_true_time_and_that_of_the_class(clock):
    cloud = PracticeCloud(clock)
    cloud.clock.set(60)
    clock.turn(0.5)
    with httpx.Client(base_url="http://localhost", transport=PracticeTransport(cloud)) as http:
        answers = [
            http.get(INSTANCES, headers={"Authorization": f"Bearer {KEY}"}),
            http.get(INSTANCES),
            http.get(f"{INSTANCES}/nothing/here"),
            http.get("/machines/abc/jupyter"),
        ]
    assert [one.status_code for one in answers] == [200, 401, 401, 404]
    for one in answers:
        assert one.headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        assert one.headers["Practice-Time"] == "1700000030.000; rate=60"
