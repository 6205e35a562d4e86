"""Many at once: one launch is one request, and one name is one machine."""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
from collections import Counter
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.child import race
from tests.support.fault_account import Account
from tests.support.fault_server import rests, served
from tests.support.ground import PATIENCE, SOAK, concluded, launch_on
from tests.support.sentences import sentence_of
from tests.support.wire import REAL_KEY, answers, listing, resets_after_reading, row, says, wait_for_launches

SEED = 20_261_128
RACERS = 8
ROUNDS = 25 if SOAK else 3


class Cloud:
    """Makes what it is asked for, and tells it from then on: in the listing, and by its id."""

    def __init__(self):
        self.made = []
        self._lock = threading.Lock()

    def play(self, server, connection):
        answers(self._answer)(server, connection)

    def _answer(self, request):
        with self._lock:
            if request.method == "GET":
                identity = urlsplit(request.target).path.rpartition("/")[2]
                listed = {"data": [*self.made], "next_cursor": "", "has_more": False}
                return 200, next((one for one in self.made if one["id"] == identity), listed)
            name = json.loads(request.content)["name"]
            self.made.append(row(name, f"i-{len(self.made)}"))
            return 200, {"id": self.made[-1]["id"]}


@contextmanager
def racing(folder, cloud, racers_count=RACERS):
    """Racers, each a process of its own; yields how to run one round."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.child"])
    start = context.Barrier(racers_count)
    with served(cloud.play) as server:
        pipes, racers = [], []
        for _ in range(racers_count):
            ours, theirs = context.Pipe()
            racer = context.Process(target=race, args=(str(folder), server.url, start, theirs))
            racer.start()
            theirs.close()
            pipes.append(ours)
            racers.append(racer)

        def run(orders):
            before = server.posts
            for pipe, order in zip(pipes, orders, strict=True):
                pipe.send(order)
            results = [pipe.recv() for pipe in pipes]
            return server.posts - before, results

        try:
            yield run
        finally:
            for pipe in pipes:
                pipe.close()  # there are no more orders
            for racer in racers:
                racer.join(PATIENCE)
        assert [racer.exitcode for racer in racers] == [0] * racers_count


@pytest.mark.parametrize("again", [False, True])
def test_eight_kernels_race_for_one_launch_and_one_sends(again, tmp_path):
    with racing(tmp_path, Cloud()) as run:
        for number in range(ROUNDS):
            sent, results = run([(number, f"launch{number}", f"demo-{number}", again, 0)] * RACERS)
            assert sent == 1
            states = Counter(state for state, _id, _code in results)
            assert states == {LaunchState.SUCCEEDED: 1, LaunchState.NOT_SENT: RACERS - 1}
            (record,) = Ledger(tmp_path / str(number) / "launches").read().records
            assert (record.launch_id, record.state) == (f"launch{number}", LaunchState.SUCCEEDED)
            assert {(record.instance_id, "")} == {one[1:] for one in results if one[0] is record.state}


def test_eight_kernels_race_for_one_name_and_one_sends(tmp_path):
    with racing(tmp_path, Cloud()) as run:
        for number in range(ROUNDS):
            # The last one comes when the first one has its answer, as under load any of them may.
            late = [0] * (RACERS - 1) + [0.5]
            orders = [(number, f"launch{one}", f"demo-{number}", False, late[one]) for one in range(RACERS)]
            sent, results = run(orders)
            assert sent == 1
            states = [state for state, _id, _code in results]
            assert states.count(LaunchState.SUCCEEDED) == sent
            assert states.count(LaunchState.NOT_SENT) == RACERS - sent
            codes = {code for state, _id, code in results if state is LaunchState.NOT_SENT}
            assert codes <= {"name_unresolved", "name_taken"}
            records = Ledger(tmp_path / str(number) / "launches").read().records
            assert [record.state for record in records] == [LaunchState.SUCCEEDED] * sent


def test_two_kernels_a_moment_apart_are_one_request_though_the_listing_lags(tmp_path):
    dice = random.Random(SEED)  # noqa: S311 - the same each time, and no secret
    account = Account(Clock(), lag=1.0)
    with racing(tmp_path, account, 2) as run:
        for number in range(100 if SOAK else 8):
            after = dice.choice((0.0, dice.random() * 0.3))
            ids = dice.sample(("launch0", "launch1"), 2)
            orders = [
                (number, ids[0], f"demo-{number}", False, 0),
                (number, ids[1], f"demo-{number}", False, after),
            ]
            sent, results = run(orders)
            assert sent == 1, (number, after, results)
            assert sorted(bool(identity) for _state, identity, _code in results) == [False, True]
            assert {code for _state, _id, code in results} <= {"", "name_taken", "name_unresolved"}


def test_eight_kernels_with_eight_names_are_not_in_each_others_way(tmp_path):
    with racing(tmp_path, Cloud()) as run:
        for number in range(ROUNDS):
            sent, results = run(
                [(number, f"launch{one}", f"demo-{number}-{one}", False, 0) for one in range(RACERS)]
            )
            assert (sent, {code for _state, _id, code in results}) == (RACERS, {""})


def test_two_hundred_clicks_are_one_request():
    with served(Cloud().play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client)
        start = threading.Barrier(200)
        begun = []

        def click():
            start.wait(PATIENCE)
            begun.append(launch.submit(again=True))

        clicks = [threading.Thread(target=click) for _ in range(200)]
        for one in clicks:
            one.start()
        for one in clicks:
            one.join(PATIENCE)
        launch.stop_following()
        launch.wait_for_outcome(PATIENCE)
        assert sorted(begun) == [False] * 199 + [True]
        assert server.posts == 1


@pytest.fixture
def overtaken():
    """A launch whose look is answered only when another one of the same name was sent; both, at their end."""

    def run(identity):
        looked, made = threading.Event(), threading.Event()

        def looks_too_early(server, connection):
            looked.set()
            made.wait(PATIENCE)
            listing()(server, connection)

        answer = says(200, {"id": identity}) if identity else resets_after_reading
        with (
            served(looks_too_early, listing(), answer, rests) as server,
            PpioClient(REAL_KEY, base_url=server.url) as client,
        ):
            late = launch_on(client)
            assert late.submit()
            assert looked.wait(PATIENCE)
            other = concluded(launch_on(client))
            made.set()
            late.wait_for_outcome(PATIENCE)
            assert server.posts == 1
        return late, other

    return run


@pytest.mark.usefixtures("quick")
def test_what_another_kernel_made_during_the_look_is_no_second_copy(overtaken):
    late, other = overtaken("i-1")
    assert (late.state, late.error.code) == (LaunchState.NOT_SENT, "name_taken")
    assert other.id == "i-1"
    assert "i-1" in sentence_of(late)


@pytest.mark.usefixtures("quick")
def test_what_another_kernel_lost_during_the_look_is_no_second_copy(overtaken):
    late, other = overtaken(None)
    assert (late.state, late.error.code) == (LaunchState.NOT_SENT, "name_unresolved")
    assert other.state is LaunchState.UNKNOWN
    assert other.launch_id in sentence_of(late)


@pytest.mark.usefixtures("quick")
def test_a_refused_claim_is_taken_back(overtaken, folder):
    late, other = overtaken("i-1")
    assert late.record is None
    assert [path.name for path in folder.iterdir()] == [f"{other.launch_id}.json"]


# What comes in between on this side.


@pytest.fixture
def no_watchdog(monkeypatch):
    """The system has no thread left to watch over the time of a request."""

    def refuse(*_args):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", refuse)


def test_a_stop_goes_out_though_there_is_no_thread_to_watch_over_its_time(no_watchdog):
    with served(says(200, {"id": "i-1"})) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        client.act("i-1", "stop")
        server.finish()
        assert [request.method for request in server.received] == ["PUT"]


def test_a_launch_is_not_sent_without_a_thread_to_watch_over_its_time(no_watchdog):
    loses_nothing(says(200, {"id": "i-1"}), LaunchState.NOT_SENT, 0)


@pytest.mark.parametrize(
    ("number", "answer", "state", "posts"),
    [
        pytest.param(0, says(200, {"id": "i-1"}), LaunchState.NOT_SENT, 0, id="launch"),
        pytest.param(1, says(200, {"id": "i-1"}), LaunchState.SUCCEEDED, 1, id="timer"),
        pytest.param(2, says(200, {"id": "i-1"}), LaunchState.SUCCEEDED, 1, id="watch"),
        pytest.param(2, resets_after_reading, LaunchState.UNKNOWN, 1, id="look"),
    ],
)
def test_a_task_without_a_thread_loses_nothing(number, answer, state, posts, monkeypatch):
    """The system has no thread left when that many have begun, and has one again for whatever comes then."""
    begun = []

    def start(thread):
        begun.append(thread)
        if len(begun) == number + 1:
            raise RuntimeError("can't start new thread")
        threading.Thread.start(thread)

    monkeypatch.setattr(kernel.OwnThread, "start", start)
    loses_nothing(answer, state, posts)
    assert len(begun) > number


def loses_nothing(answer, state, posts):
    """Launch, whatever thread there is none for: it comes to this state, with so many create calls."""
    with served(listing(), answer, rests) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client)
        assert launch.submit()
        assert launch.wait_for_outcome(PATIENCE).state is state
        assert not launch.pending
        launch.wait(PATIENCE)
        server.finish()
        assert server.posts == posts


def interrupt_at(state):
    """A listener that is interrupted once, when a launch has come to this state."""
    left = [state]

    def listen(change):
        if change.owner.state in left:
            left.clear()
            raise KeyboardInterrupt

    return listen


def test_an_interrupt_before_anything_has_begun_sends_nothing(cloud, empty):
    server, client = cloud(empty)
    launch = launch_on(client)
    launch.observe(interrupt_at(LaunchState.CLAIMED), "sight")
    with pytest.raises(KeyboardInterrupt):
        launch.submit()
    assert launch.state is LaunchState.NOT_SENT
    assert not launch.pending
    assert "Nothing was sent" in sentence_of(launch)
    assert server.asked == {}


@pytest.mark.usefixtures("by_hand")
def test_an_interrupt_as_a_look_begins_leaves_it_unknown(cloud, empty, listings):
    _server, client = cloud(empty, listings.page(listings.row))
    launch = launch_on(client)
    launch.submit()
    launch.wait_for_outcome(PATIENCE)
    wait_for_launches()  # its own thread tells of the outcome, and could meet the interrupt
    launch.observe(interrupt_at(LaunchState.RECONCILING), "sight")
    with pytest.raises(KeyboardInterrupt):
        launch.look()
    assert launch.state is LaunchState.UNKNOWN
    assert launch.look().id == "i-1"
