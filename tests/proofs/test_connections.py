"""Whose answer it is: each request has a connection of its own, and so has each forked child."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time as real_time
import traceback
from contextlib import contextmanager
from pathlib import Path

import pytest

from ppio_widgets import Instance
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import ActionUnconfirmed, PpioError
from ppio_widgets.instances.autostop import Deadline
from ppio_widgets.instances.watcher import Watcher, Watchers, watch
from ppio_widgets.launches import launch as launch_module
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.launch import Timer, live_launch
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.runtime import threads as worker
from ppio_widgets.runtime.clock import Clock
from tests.support.fault_server import over_tls, served
from tests.support.ground import BODY, PATIENCE, SOAK, launch_on
from tests.support.sentences import sentence_of
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY, row

SEED = 20_261_128
FORKS = 100 if SOAK else 10
LOOKS_OF_EACH = 2 if SOAK else 4

# Forking beside threads is what is tested; newer Pythons warn of it.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def kept(content, status=200):
    """An answer after which the connection stays open."""
    text = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(text)}\r\nConnection: keep-alive\r\n\r\n"
    return head.encode() + text


def stays_open(answer):
    """Answer one request after the other, as long as the other side likes."""

    def play(server, connection):
        while True:
            connection.sendall(kept(*answer(server.read(connection))))

    return play


def page(*rows):
    return {"data": [*rows], "next_cursor": "", "has_more": False}


EMPTY = kept(page())


@pytest.mark.parametrize("when", ["with the answer", "a moment later", "after the next request"])
def test_a_surplus_answer_is_nobody_elses(when, folder):
    """What a catalogue's connection says too much is an empty listing; the name is taken all the same."""

    def play(server, connection):
        while True:
            request = server.read(connection)
            if "/instances" in request.target:
                connection.sendall(kept(page(row("demo"))))
                continue
            connection.sendall(kept({}) + (EMPTY if when == "with the answer" else b""))
            if when == "a moment later":
                connection.sendall(EMPTY)
            elif when == "after the next request":
                server.read(connection)
                connection.sendall(EMPTY)

    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        for _ in range(3):
            client.get_reply("/gpus/v2/regions", {})
        launch = launch_on(client)
        assert launch.submit()
        launch.wait_for_outcome(PATIENCE)
        assert (launch.state, launch.error.code) == (LaunchState.NOT_SENT, "name_taken")
        assert server.posts == 0
        assert server.connections == len(server.received), "each request had one of its own"
    assert not folder.exists() or not list(folder.iterdir())


def test_a_stop_is_not_read_back_from_a_surplus_answer(monkeypatch):
    running = row("demo", "i-1")
    stopped = kept(row("demo", "i-1", status="exited"))

    def play(server, connection):
        while True:
            request = server.read(connection)
            connection.sendall(kept(running) + (stopped if request.method == "PUT" else b""))

    class Going(Clock):
        seconds = 0.0

        def now(self):
            return 1_700_000_000.0 + self.seconds

        monotonic = now

        def wait(self, event, seconds):
            self.seconds += seconds
            return event.is_set()

    kernel.current().clock = Going()
    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        with pytest.raises(ActionUnconfirmed):
            Instance("i-1", client).stop()
        assert server.connections == len(server.received)


def by_id(request):
    """Every id is an instance; its name says which."""
    identity = request.target.rpartition("/")[2]
    return (row(f"name-of-{identity}", identity),)


class Cloud:
    """Makes what it is asked for, and lists it from then on."""

    def __init__(self):
        self.made = []
        self.names = []
        self.lock = threading.Lock()

    def answer(self, request):
        with self.lock:
            if request.method == "POST":
                self.names.append(json.loads(request.content)["name"])
                self.made.append(row(self.names[-1], f"i-{len(self.made)}"))
                return ({"id": self.made[-1]["id"]},)
            wanted = request.target.partition("/instances/")[2]
            found = [one for one in self.made if one["id"] == wanted]
            return (found[0],) if found else (page(*self.made),)


def in_child(task):
    """Run a task in a forked child; returns what tells how it ended."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        signal.alarm(PATIENCE)  # who waits for a lock that nobody has ends here
        code = task()
    finally:
        os._exit(code)
    return None


def ended(child):
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@contextmanager
def busy(client, threads=3):
    """Threads that look all the time, each at an instance of its own."""
    over = threading.Event()
    wrong = []

    def look(number):
        while not over.is_set():
            seen = client.get_instance(f"ours-{number}")
            if (seen.id, seen.name) != (f"ours-{number}", f"name-of-ours-{number}"):
                wrong.append(seen)

    going = [threading.Thread(target=look, args=(number,), name="busy") for number in range(threads)]
    for one in going:
        one.start()
    try:
        yield
    finally:
        over.set()
        for one in going:
            one.join(PATIENCE)
    assert wrong == []


def test_forked_looks_see_what_they_asked_for():
    with served(stays_open(by_id)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        client.get_instance("before")

        def looks(number):
            wrong = 0
            for turn in range(LOOKS_OF_EACH):
                identity = f"child-{number}-{turn}"
                try:
                    wrong += client.get_instance(identity).name != f"name-of-{identity}"
                except PpioError:
                    wrong += 1
            return wrong

        def fork(count):
            children = [in_child(lambda number=number: looks(number)) for number in range(count)]
            assert [ended(child) for child in children] == [0] * count

        with busy(client):
            fork(FORKS // 2)
        client.get_instance("again")  # what it went out on rests as they are forked
        fork(FORKS // 2)


def test_a_child_looks_over_tls_as_well(secure):
    def play(server, connection):
        over_tls(secure, stays_open(by_id))(server, connection)

    with served(play) as server:
        client = PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}")
        with busy(client, threads=1):
            children = [
                in_child(lambda: client.get_instance("a-childs").name != "name-of-a-childs") for _ in range(4)
            ]
            assert [ended(child) for child in children] == [0] * 4


def test_a_fork_waits_for_a_handshake_that_has_begun(monkeypatch):
    monkeypatch.setattr(forks, "LONGEST_WAIT", PATIENCE)
    begun, may_end, ended_so = threading.Event(), threading.Event(), []

    def handshake():
        with forks.within_openssl():
            begun.set()
            may_end.wait(PATIENCE)
            ended_so.append("in order")

    thread = threading.Thread(target=handshake)
    thread.start()
    assert begun.wait(PATIENCE)
    ends = threading.Timer(0.1, may_end.set)
    ends.start()
    child = in_child(lambda: ended_so != ["in order"])
    for one in (thread, ends):
        one.join(PATIENCE)
    assert ended(child) == 0


def test_a_fork_waits_for_no_server_that_stalls(monkeypatch):
    monkeypatch.setattr(forks, "LONGEST_WAIT", 0.01)
    with forks.within_openssl():
        assert ended(in_child(lambda: False)) == 0


CHILD_ENDS_IN_ORDER = """
import os, sys
from ppio_widgets.launches.ledger import ledger_for
folder = ledger_for(practice=True).folder
child = os.fork()
if not child:
    sys.exit()
os.waitpid(child, 0)
print(folder, folder.is_dir())
"""


def test_a_child_that_ends_in_order_leaves_its_parent_the_ledger_of_practice():
    code = [sys.executable, "-W", "error", "-c", CHILD_ENDS_IN_ORDER]
    ran = subprocess.run(code, check=True, capture_output=True, text=True, timeout=60)
    folder, _, was_there = ran.stdout.strip().rpartition(" ")
    assert (was_there, Path(folder).exists(), ran.stderr) == ("True", False, "")


FIRST_LOOK = """
import sys
from ppio_widgets import PpioClient
from tests.support.wire import REAL_KEY, faulty, nothing_there
with faulty(nothing_there) as server:
    client = PpioClient(REAL_KEY, base_url=server.url)
    known = set(sys.modules)
    assert list(client.list_instances()) == []
    print(*sorted(set(sys.modules) - known))
"""


def test_a_first_look_imports_nothing_that_a_child_would_wait_for():
    imported = subprocess.run(
        [sys.executable, "-c", FIRST_LOOK], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert imported.stdout.split() == []


def test_a_child_of_multiprocessing_looks_as_well():
    with served(stays_open(by_id)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        client.get_instance("before")
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        with busy(client):
            child = context.Process(target=lambda: theirs.send(client.get_instance("a-childs").name))
            child.start()
            assert ours.poll(PATIENCE)
            assert ours.recv() == "name-of-a-childs"
            child.join(PATIENCE)
        assert child.exitcode == 0


def test_forked_launches_make_no_second_copy(tmp_path):
    dice = random.Random(SEED)  # noqa: S311 - the same each time, and no secret
    cloud = Cloud()
    with served(stays_open(cloud.answer)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        for number in range(FORKS):
            body = {**BODY, "name": f"demo-{number:03}"}
            launch, waiting = launch_on(client, body), launch_on(client, body)
            launch.stop_following()

            def again(launch=launch, waiting=waiting, body=body):
                sent = launch.submit() or waiting.submit()
                launch.wait(PATIENCE)
                other = launch_on(client, body)
                other.stop_following()
                other.submit()
                other.wait_for_outcome(PATIENCE)
                return 10 * sent + (other.state is LaunchState.UNKNOWN)

            assert launch.submit()
            threading.Event().wait(dice.random() * 0.03)
            child = in_child(again)
            launch.wait_for_outcome(PATIENCE)
            assert ended(child) == 0
            # Of two that claim a name at once either may be the one that sends.
            assert cloud.names == sorted(set(cloud.names)), "a second copy"
            assert len(cloud.names) == number + 1
        assert server.posts == FORKS
        wait_for_threads("ppio-launch", "ppio-look", "ppio-watch")


@contextmanager
def holding(locks):
    """Another thread holds these."""
    held, let_go = threading.Event(), threading.Event()

    def hold():
        within = [getattr(one, "_cond", one) for one in locks]  # an event has a lock of its own
        taken = [one for one in within if one.acquire(blocking=False)]
        held.set()
        let_go.wait(PATIENCE)
        for one in taken:
            one.release()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(PATIENCE)
    try:
        yield
    finally:
        let_go.set()
        thread.join(PATIENCE)


def test_a_child_waits_for_no_lock_that_a_thread_of_its_parent_holds():
    cloud = Cloud()
    with served(stays_open(cloud.answer)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        first = launch_on(client, {**BODY, "name": "first"})
        assert first.submit()
        machine = first.wait(PATIENCE).instance

        def all_of_it():
            assert machine.refresh().status == "running"
            second = launch_on(client, {**BODY, "name": "second"})
            assert second.submit()
            assert second.wait(PATIENCE).settled
            return 0 if second.instance.status == "running" else 1

        with holding(list(forks._locks)):
            child = in_child(all_of_it)
        assert ended(child) == 0
        assert cloud.names == ["first", "second"]
        wait_for_threads("ppio-launch", "ppio-watch")


def test_a_launch_on_its_way_is_its_parents(folder):
    """A child waits for no answer, sends nothing, writes nothing, and says whose it is."""
    asked, let_go = threading.Event(), threading.Event()

    def play(server, connection):
        request = server.read(connection)
        if request.method == "POST":
            asked.set()
            let_go.wait(PATIENCE)
        answer = {"id": "i-1"} if request.method == "POST" else page()
        connection.sendall(kept(row("demo", "i-1") if request.target.endswith("i-1") else answer))

    def looks_on(launch):
        launch.wait()
        launch.look()
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert launch.state is LaunchState.UNKNOWN
        assert "The parent process sends it" in sentence_of(launch, words("en"))
        assert not launch.submit()
        assert live_launch(launch.launch_id) is None
        assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
        return 0

    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client)
        assert launch.submit()
        assert asked.wait(PATIENCE)
        child = in_child(lambda: looks_on(launch))
        assert ended(child) == 0
        let_go.set()
        assert launch.wait(PATIENCE).id == "i-1"
        assert server.posts == 1
        wait_for_threads("ppio-launch", "ppio-watch")


class Forking:
    """Forks once, as it is called, and returns in both; a child that hangs is ended by its alarm."""

    def __init__(self):
        self.children = []

    def __call__(self, *_told, **_how):
        if self.children:
            return
        child = os.fork()
        self.children.append(child)
        if not child:
            signal.alarm(PATIENCE)

    def ended(self):
        """How the child ended, whose only thread goes on from the call."""
        (child,) = self.children
        return ended(child)


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """Ends the child of a thread that returns in both, with 1 where it wrote to the ledger there."""
    parent, wrote = os.getpid(), tmp_path / "child-wrote"

    def noting(name):
        real = getattr(Ledger, name)

        def write(ledger, record):
            if os.getpid() != parent:
                wrote.write_text(name)
            return real(ledger, record)

        monkeypatch.setattr(Ledger, name, write)

    def over():
        if os.getpid() != parent:
            os._exit(0)

    for name in ("claim", "save", "release"):
        noting(name)
    yield over
    assert not wrote.exists(), wrote.read_text()


def forked_where(fork, when, launch, monkeypatch):
    """Have it forked at one of the moments at which a launch calls somebody."""
    if when == "made":
        launch.timer = Timer(after=3600.0)
        monkeypatch.setattr(launch_module, "set_for", fork)
    elif when == "late":
        launch.observe(lambda _change: launch.late and fork(), "sight")
    else:
        launch.observe(lambda _change: launch.state.value == when and fork(), "sight")


@pytest.mark.parametrize("when", ["claimed", "sending", "late", "made", "succeeded"])
def test_who_forks_as_it_is_told_sends_once(when, alone, folder, monkeypatch):
    """The call that told it goes on in the child: that one sends nothing and writes nothing."""
    cloud, fork = Cloud(), Forking()

    def play(server, connection):
        request = server.read(connection)
        answer = cloud.answer(request)
        if when == "late" and request.method == "POST":
            assert eventually(lambda: fork.children)
        connection.sendall(kept(*answer))

    if when == "late":
        monkeypatch.setattr(launch_module, "SOFT_SECONDS", 0.05)
    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client)
        launch.stop_following()
        forked_where(fork, when, launch, monkeypatch)
        begun = launch.submit()
        alone()
        assert begun
        launch.wait_for_outcome(PATIENCE)
        wait_for_threads("ppio-launch")
        assert fork.ended() == 0
        assert (launch.state, launch.id) == (LaunchState.SUCCEEDED, "i-0")
        assert cloud.names == ["demo"]
        assert Ledger(folder).get(launch.launch_id).instance_id == "i-0"


@pytest.mark.parametrize("at", ["_make_ready", "send_create"])
def test_who_forks_as_it_is_asked_for_the_key_sends_once(at, alone, folder):
    cloud, fork = Cloud(), Forking()

    def key():
        if any(frame.name == at for frame in traceback.extract_stack()):
            fork()
        return REAL_KEY

    with served(stays_open(cloud.answer)) as server, PpioClient(key, base_url=server.url) as client:
        launch = launch_on(client)
        launch.stop_following()
        assert launch.submit()
        alone()
        launch.wait_for_outcome(PATIENCE)
        assert fork.ended() == 0
        assert (launch.state, launch.id) == (LaunchState.SUCCEEDED, "i-0")
        assert cloud.names == ["demo"]
        assert Ledger(folder).get(launch.launch_id).instance_id == "i-0"


def eventually(known):
    """Wait for what another thread does."""
    ends = real_time.monotonic() + PATIENCE
    while not known() and real_time.monotonic() < ends:
        threading.Event().wait(0.01)
    return known()


def test_who_forks_as_it_is_told_of_an_instance_watches_in_the_parent_only():
    fork = Forking()

    def play(server, connection):
        server.read(connection)
        connection.sendall(kept(row("demo", "i-1", status="pulling")))

    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        machine = Instance("i-1", client)
        ticked = threading.Event()

        def tick():
            fork()
            ticked.set()

        made = watch(machine, tick)
        assert ticked.wait(PATIENCE)
        assert fork.ended() == 0
        made.end()
        wait_for_threads("ppio-watch")


def test_a_copy_of_an_unknown_launch_is_not_looked_up(monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())

    def play(server, connection):
        request = server.read(connection)
        if request.method == "GET":
            connection.sendall(kept(page()))

    def looks_soon(launch):
        assert launch.state is LaunchState.UNKNOWN
        monkeypatch.setattr(worker, "run", lambda *_task, **_options: os._exit(98))
        launch.look_soon()
        assert not launch.pending
        assert threading.active_count() == 1
        return 0

    with served(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client)
        assert launch.submit()
        assert launch.wait_for_outcome(PATIENCE).state is LaunchState.UNKNOWN
        wait_for_threads("ppio-launch", "ppio-look")
        child = in_child(lambda: looks_soon(launch))
        assert ended(child) == 0


def test_a_timer_and_a_watch_are_their_parents():
    with served(stays_open(by_id)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        machine = Instance("i-1", client)
        machine.stop_after("3h")
        timer = machine.deadline

        def alone():
            assert machine.deadline is None
            assert timer.state == "cancelled", "one that forked as it fired goes no further"
            assert not machine.cancel_deadline()
            assert threading.active_count() == 1
            machine.wait(timeout=PATIENCE)
            return 0 if machine.status == "running" else 1

        child = in_child(alone)
        assert ended(child) == 0
        assert machine.deadline.state == "waiting", "what a child says of it changes nothing"
        assert machine.cancel_deadline()
        wait_for_threads("ppio-deadline")
        assert not [one for one in server.received if one.method == "PUT"]


def test_a_thousand_kept_objects_need_few_descriptors():
    cloud = Cloud()
    count_launches = 500 if SOAK else 40
    before, most, kept_objects = descriptors(), 0, []
    with served(stays_open(cloud.answer)) as server:
        for number in range(count_launches):
            client = PpioClient(REAL_KEY, base_url=server.url)
            launch = launch_on(client, {**BODY, "name": f"demo-{number:03}"})
            assert launch.submit()
            assert launch.wait(PATIENCE).id
            kept_objects.append(launch)
        for number in range(1000 - count_launches):
            client = PpioClient(REAL_KEY, base_url=server.url)
            kept_objects.append(Instance(f"i-{number % count_launches}", client))
            assert kept_objects[-1].look().status == "running"
            most = max(most, descriptors() - before)
        wait_for_threads("ppio-launch", "ppio-watch")
        assert len(kept_objects) == 1000
        assert most < 64
    assert descriptors() - before < 8


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_locks_of_a_child_are_free():
    made = [forks.lock(), forks.rlock(), forks.condition()]
    with holding(made):

        def take():
            return sum(not one.acquire(timeout=1) for one in made)

        child = in_child(take)
        began = real_time.monotonic()
        assert ended(child) == 0
        assert real_time.monotonic() - began < PATIENCE
        assert not any(one.acquire(blocking=False) for one in made), "the parent's are held still"


def test_events_of_a_child_can_be_set():
    """Who waits for one, or sets it, holds its lock for a moment: whatever lives long has one of ours."""
    with PpioClient(REAL_KEY, base_url="http://127.0.0.1:9") as client:
        launch = launch_on(client)
        watcher = Watcher("one", Watchers())
        deadline = Deadline(Instance("i-1", client), 3600.0, is_span=True)
        timer = worker.after(PATIENCE, lambda: None)
        made = [launch._search._wake, watcher.wake, deadline._called_off, timer]

        def set_all():
            for one in made:
                one.set()
            return sum(not one.wait(1) for one in made)

        with holding(made):
            child = in_child(set_all)
            assert ended(child) == 0
        timer.set()
        wait_for_threads("ppio-timer")


@pytest.mark.parametrize("kind", [MemoryError, SystemExit])
def test_one_that_cannot_let_go_keeps_no_other_from_it(kind):
    class Thing:
        gone = False

        def __init__(self, kind=None):
            self.kind = kind
            forks.tell(self)

        def after_fork(self):
            if self.kind is not None:
                raise self.kind
            self.gone = True

    things = [one for _number in range(10) for one in (Thing(kind), Thing())]

    def all_others():
        return sum(not one.gone for one in things if one.kind is None)

    assert ended(in_child(all_others)) == 0


def test_who_forks_holding_a_lock_gives_it_back_in_the_child():
    made = [forks.rlock(), forks.condition()]

    def give_back():
        for one in made:
            one.release()
        return sum(not one.acquire(timeout=1) for one in made)

    for one in made:
        one.acquire()
    child = in_child(give_back)
    for one in made:
        one.release()
    assert ended(child) == 0
