"""Whatever is raised at any line of a launch or a look-up: nobody waits for ever, nothing is misjudged."""

from __future__ import annotations

import errno
import gc
import logging
import os
import random
import threading
from contextlib import suppress

import httpx
import pytest

from ppio_widgets import api
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches import history, reconcile
from ppio_widgets.launches import launch as launch_module
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.states import BUSY, LaunchState
from ppio_widgets.runtime import kernel, threads
from tests.support.fault_account import Account
from tests.support.fault_server import served
from tests.support.ground import BODY, PATIENCE, SOAK, launch_on
from tests.support.injection import KINDS, Injection
from tests.support.practice import refusal
from tests.support.sentences import sentence_of
from tests.support.wire import REAL_KEY, says, wait_for_launches

S = LaunchState
pytestmark = [
    pytest.mark.usefixtures("quick"),
    # What is raised between a socket and whoever would close it leaves that to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    # What is raised on a thread of ours has nowhere to go.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]

SEED = 14_011
SHARE = None if SOAK else 30  # of the lines of each scenario

# Seconds in which all that is quick has long come to its end.
LONG = 15


@pytest.fixture
def by_itself_never(quick, monkeypatch):
    """Nothing is looked up by itself."""
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())


class Cloud(Account):
    """Answers a create call, or loses or refuses it."""

    def __init__(self, answer):
        super().__init__(kernel.current().clock)
        self.loses = answer == "lost"
        self.refuses = answer == "refused"

    def _answer(self, request):
        if request.method == "POST" and self.refuses:
            self.asked.append("POST")
            return refusal("no_money", needed=2, left=1)
        return super()._answer(request)


@pytest.fixture(autouse=True)
def hooked(monkeypatch):
    """Timers that nobody calls off end soon."""
    monkeypatch.setattr(launch_module, "SOFT_SECONDS", 2.0)
    yield
    for one in threading.enumerate():
        if one.name == "ppio-watchdog":
            one.cancel()


def struck(act, injection):
    """Do something with an exception raised somewhere; a read raises an Interrupt in place of what came."""
    with suppress(injection.kind, KeyboardInterrupt), injection.on():
        act()


def ends_its_thread(change):
    """A listener of a person's, which raises as the request is about to be sent."""
    if change.owner.state is S.SENDING:
        raise SystemExit


def launched(answer, injection, folder, listener=None):
    """Launch once with something raised somewhere; returns why that did not end well, or nothing."""
    cloud, told = Cloud(answer), []
    with served(cloud.play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client, ledger=Ledger(folder / "launches"))
        if listener is not None:
            launch.observe(listener, "sight")
        launch.observe(lambda _change: told.append((launch.state, launch.pending)), "sight")

        def do():
            launch.submit()
            launch.wait_for_outcome(PATIENCE)
            launch.wait(LONG)

        struck(do, injection)
        launch.wait_for_outcome(LONG).wait(LONG)
        wait_for_launches(but="ppio-watch")  # what has become of it is told a moment later
        if "instances/observed.py" in injection.where:
            told = None  # a listener whose own call failed hears of the next change
        faults = list(misjudged(launch, cloud, told, Ledger(folder / "launches")))
        if launch.state is S.UNKNOWN and not faults:
            faults += found_by_a_look(launch, cloud)
        launch.stop_following()
        wait_for_launches()
    return f"{injection.where}: {', '.join(faults)}" if faults else ""


def misjudged(launch, cloud, told, ledger):
    """Say what is wrong with where a launch stands, by what the server has received."""
    yield from badly_ended(launch, cloud, told)
    yield from badly_written(launch, cloud, ledger)


def badly_ended(launch, cloud, told):
    state, posts, made = launch.state, cloud.posts(), bool(cloud.made)
    if state in (*BUSY, S.RECONCILING) or launch.pending:
        yield f"stuck at {state.value}"
    if posts > 1:
        yield f"{posts} requests"
    lawful = {S.SUCCEEDED: made, S.REJECTED: posts and not made, S.UNKNOWN: True}
    lawful |= dict.fromkeys((S.NOT_SENT, S.DRAFT), not posts)
    if not lawful.get(state):
        yield f"{state.value} after {posts} requests"
    if launch.id != (next(iter(cloud.made)) if state is S.SUCCEEDED else None):
        yield f"the id is {launch.id}"
    if state is S.SUCCEEDED and not (launch.settled or launch._unfollowed):
        yield "who waits for it waits for ever"
    if told is not None and state is not S.DRAFT and told[-1:] != [(state, False)]:
        yield f"who looks on was told {told[-1:]} and not {state.value}"
    if not sentence_of(launch):
        yield "nothing is said"


def badly_written(launch, cloud, ledger):
    state, posts, contents = launch.state, cloud.posts(), ledger.read()
    records = {one.launch_id: one for one in contents.records}
    record = records.get(launch.launch_id)
    if contents.unreadable:
        yield "a torn record"
    said = launch.unrecorded is not None and "could not be recorded" in sentence_of(launch)
    if record is not None and record.unresolved and state in (S.NOT_SENT, S.REJECTED, S.DRAFT) and not said:
        yield "an open record of what is settled"
    if posts and (record is None or (not record.unresolved and record.instance_id != launch.id)):
        yield f"the record is {record}"


def found_by_a_look(launch, cloud):
    launch.look()
    if cloud.made and launch.id not in cloud.made:
        yield f"a look leaves it {launch.state.value}"


def chosen(sites, name):
    """Return where to raise what: at every line, or at a share of them that is the same each time."""
    dice = random.Random(f"{SEED}-{name}")  # noqa: S311 - no secret
    every = [(kind, *site) for site in sites for kind in KINDS]
    return every if SHARE is None else dice.sample(every, min(SHARE, len(every)))


@pytest.mark.parametrize("answer", ["an id", "lost", "refused"])
def test_whatever_is_raised_at_any_line_of_a_launch(answer, tmp_path):
    counting = Injection()
    assert launched(answer, counting, tmp_path / "counted") == ""
    assert {"launches", "cloud"} <= {place.partition("/")[0] for place in counting.counts}
    faults, hit = [], 0
    for number, site in enumerate(chosen(counting.sites(), answer)):
        injection = Injection(*site)
        faults.append(launched(answer, injection, tmp_path / str(number)))
        hit += bool(injection.where)
    assert "\n".join(filter(None, faults)) == ""
    assert hit > len(faults) / 2


def test_whatever_is_raised_at_any_line_once_a_listener_has_raised(tmp_path):
    """The second of two: as the first is dealt with."""
    counting = Injection()
    assert launched("an id", counting, tmp_path / "counted", ends_its_thread) == ""
    faults, hit = [], 0
    dealt = [site for site in counting.sites() if "/launch.py" in site[0] or "/errors.py" in site[0]]
    for number, site in enumerate(chosen(dealt, "twice")):
        injection = Injection(*site)
        faults.append(launched("an id", injection, tmp_path / str(number), ends_its_thread))
        hit += bool(injection.where)
    assert "\n".join(filter(None, faults)) == ""
    assert hit > len(faults) / 2


@pytest.fixture(params=[logging.ERROR, logging.INFO])
def unloggable(request):
    """A filter of a person's that raises, at errors only or at all."""

    def full(record):
        if record.levelno >= request.param:
            raise MemoryError
        return True

    log = logging.getLogger("ppio_widgets")
    before = log.level
    log.addFilter(full)
    log.setLevel(logging.INFO)
    yield
    log.removeFilter(full)
    log.setLevel(before)


@pytest.mark.usefixtures("unloggable")
@pytest.mark.parametrize("answer", ["an id", "lost", "refused"])
def test_a_log_that_raises_keeps_nobody_waiting(answer, tmp_path):
    assert launched(answer, Injection(), tmp_path) == ""
    assert launched(answer, Injection(), tmp_path / "ended", ends_its_thread) == ""


@pytest.mark.usefixtures("unloggable", "quick")
def test_a_look_and_a_watch_that_cannot_begin_nor_be_logged_are_not_waited_for(cloud, empty, monkeypatch):
    server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    run = threads.run

    def no_thread(task, *, name, daemon):
        if name in ("ppio-look", "ppio-watch"):
            raise MemoryError
        run(task, name=name, daemon=daemon)

    monkeypatch.setattr(threads, "run", no_thread)
    launch = launch_on(client)
    launch.submit()
    assert launch.wait(LONG).id == "i-1"
    assert launch._unfollowed
    server.finish()
    launch = launch_on(client, {**BODY, "name": "another"})
    launch._search.begin()
    assert not launch._search.going


@pytest.mark.usefixtures("unloggable")
def test_all_listeners_hear_where_one_fails_and_that_cannot_be_logged(cloud, empty):
    server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    launch, heard = launch_on(client), []

    def fails(_change):
        raise ValueError

    launch.observe(fails, "sight")
    launch.observe(lambda _change: heard.append(launch.state), "sight")
    launch.submit()
    launch.wait_for_answer(PATIENCE)
    wait_for_launches(but="ppio-watch")
    server.finish()
    assert (heard[:2], heard[-1]) == ([S.CLAIMED, S.SENDING], S.SUCCEEDED)
    launch.stop_following()


@pytest.mark.usefixtures("by_itself_never")
@pytest.mark.parametrize("whose", ["this kernel's", "an earlier kernel's"])
def test_whatever_is_raised_at_any_line_of_a_look(whose, tmp_path):
    cloud = Cloud("lost")

    def unknown(client, folder):
        """Return a look at a launch that is unknown, where that stands, and the launch."""
        cloud.made.clear()
        ledger = Ledger(folder)
        launch = launch_on(client, ledger=ledger)
        launch.submit()
        assert launch.wait_for_outcome(PATIENCE).state is S.UNKNOWN
        if whose == "this kernel's":
            return launch.look, lambda: (launch.state, launch.id, launch.pending), launch

        def look():
            record = ledger.get(launch.launch_id)
            if record.unresolved:
                history.look_up(record, ledger, client)

        def standing():
            record = ledger.get(launch.launch_id)
            return (record.state, record.instance_id, False)

        return look, standing, launch

    with served(cloud.play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        counting = Injection()
        look, standing, launch = unknown(client, tmp_path / "counted")
        struck(look, counting)
        assert standing()[:2] == (S.SUCCEEDED, "i-0")
        launch.stop_following()
        faults = []
        points = chosen(counting.sites(), whose)  # once: a watch that goes on is counted still
        for number, (kind, place, nth) in enumerate(points):
            look, standing, launch = unknown(client, tmp_path / str(number))
            injection = Injection(kind, place, nth)
            struck(look, injection)
            if standing() not in ((S.UNKNOWN, None, False), (S.SUCCEEDED, "i-0", False)):
                faults.append(f"{injection.where}: {standing()}")
            look()
            if standing() != (S.SUCCEEDED, "i-0", False):
                faults.append(f"{injection.where}: a look leaves it {standing()}")
            if whose == "this kernel's":
                assert launch.wait(LONG).settled or launch._unfollowed
            launch.stop_following()
            wait_for_launches()
        assert "\n".join(faults) == ""
        assert cloud.posts() == len(points) + 1


# What a person meets.


def test_an_interrupt_as_its_thread_begins_leaves_nothing_to_wait_for(cloud, empty, monkeypatch):
    server, client = cloud(empty)
    launch = launch_on(client)
    told = []
    launch.observe(lambda _change: told.append(launch.state), "sight")

    def interrupted(*_task, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threads, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            launch.submit()
    assert (launch.state, told[-1], launch.pending) == (S.NOT_SENT, S.NOT_SENT, False)
    assert "Nothing was sent" in sentence_of(launch)
    assert launch.wait() is launch
    assert server.asked == {}


def test_an_interrupt_once_its_thread_has_begun_does_not_stop_it(cloud, empty, monkeypatch):
    server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    launch = launch_on(client)
    run = threads.run

    def begun_and_interrupted(task, **options):
        run(task, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threads, "run", begun_and_interrupted)
        with pytest.raises(KeyboardInterrupt):
            launch.submit()
    state = launch.wait_for_outcome(PATIENCE).state
    server.finish()
    assert (state, server.posts) in ((S.SUCCEEDED, 1), (S.NOT_SENT, 0))
    launch.stop_following()


@pytest.mark.parametrize("when", [S.CLAIMED, S.SENDING, S.SUCCEEDED])
@pytest.mark.parametrize("kind", KINDS)
def test_a_listener_that_raises_each_time_keeps_nobody_waiting(when, kind, cloud, empty):
    server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    launch, heard = launch_on(client), []

    def listen(change):
        if change.owner.state is when:
            raise kind

    launch.observe(listen, "sight")
    launch.observe(lambda _change: heard.append(launch.state), "sight")
    with suppress(BaseException):
        launch.submit()
    launch.wait_for_outcome(PATIENCE).wait(PATIENCE)
    wait_for_launches(but="ppio-watch")
    server.finish()
    sent = kind is MemoryError or when is S.SUCCEEDED
    assert launch.state is (S.SUCCEEDED if sent else S.NOT_SENT)
    assert server.posts == (1 if sent else 0)
    assert heard[-1] is launch.state
    launch.stop_following()


def test_who_waits_is_not_left_to_a_call_that_never_comes(cloud, empty, monkeypatch):
    _server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    launch = launch_on(client)
    monkeypatch.setattr(launch._changed, "notify_all", lambda: None)
    launch.submit()
    assert launch.wait_for_answer(PATIENCE).id == "i-1"
    launch.stop_following()


def test_an_id_that_is_written_nowhere_is_said_and_kept(cloud, empty, folder, monkeypatch, caplog):
    _server, client = cloud(empty, create=says(200, {"id": "i-1"}))

    def full(*_of):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(api, "finish", interrupted_wait)
    with pytest.raises(KeyboardInterrupt):
        api.launch(BODY, api_key=REAL_KEY, base_url=client.host.base_url, again="unrecorded")
    wait_for_launches()
    gc.collect()
    assert [*folder.iterdir()] == []
    text = repr(history.launches())
    assert "i-1" in text
    assert "could not be recorded" in text
    assert "i-1" in caplog.text


def interrupted_wait(launch, *, again):
    launch.submit(again=again)
    launch.stop_following()
    raise KeyboardInterrupt


class Silent(httpx.HTTPTransport):
    """A transport that tells nothing of the wire, or by names that nobody knows."""

    def __init__(self, names):
        super().__init__()
        self.names = names

    def handle_request(self, request):
        trace = request.extensions.pop("trace", None)
        if request.method == "POST":
            for name in self.names:
                trace(name, {})
        return super().handle_request(request)


@pytest.mark.parametrize("names", [(), ("connection.connect_tcp.started", "http4.begin_request.started")])
def test_of_a_transport_that_tells_nothing_a_lost_request_may_have_left(names, cloud, empty, monkeypatch):
    server, _client = cloud(empty)
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())
    silent = Silent(names)
    with PpioClient(REAL_KEY, base_url=server.url, transport=silent) as client:
        launch = launch_on(client)
        launch.submit()
        assert launch.wait_for_outcome(PATIENCE).state is S.UNKNOWN
        server.finish()
        assert server.posts == 1
