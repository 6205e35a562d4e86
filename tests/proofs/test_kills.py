"""A process that is killed at any point leaves a record of every request that the server received."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import stat
import threading
from collections import Counter

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches import history
from ppio_widgets.launches.ledger import Ledger, without_env_values
from ppio_widgets.launches.states import LaunchState
from tests.support.child import Point, launch_and_die
from tests.support.fault_server import served
from tests.support.ground import BODY, PATIENCE, SOAK, holds_no_secret
from tests.support.wire import REAL_KEY, listing, packed, row

SEED = 7_319
KILLS = 300 if SOAK else 30
SHARE = 5

# Around the claim, the first byte, the answer and the last save. After the look the sends are
# the head and the body of the create call.
NAMED = (
    *(Point("fsync", number, when) for number in (1, 2, 3, 4) for when in ("before", "after")),
    *(Point("send", number, when) for number in (2, 3) for when in ("before", "within", "after")),
    *(Point("recv", 2, when) for when in ("before", "after")),
    *(Point(call, 1, when) for call in ("link", "replace") for when in ("before", "after")),
)
SERVER = ("the head was read", "it was read", "half of the answer was said", "the answer was said")


class Cloud:
    """Makes an instance for each create call that arrives whole; kills when it is told to."""

    def __init__(self, stage, answer):
        self.made = False
        self.pid = None
        self.kills = bool(stage)
        self._stage = stage
        self._answer = answer

    def play(self, server, connection):
        while b"\r\n\r\n" not in server.heard.get(connection, b""):
            server.hear(connection)
        post = server.heard[connection].startswith(b"POST")
        self._at("the head was read", post)
        head, _, content = server.heard[connection].partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
        server.hear_exactly(connection, length - len(content))
        if not post:
            listing(*([row("demo", "i-1")] if self.made else []))(_Deaf(), connection)
            return
        self.made = True
        self._at("it was read", post)
        middle = len(self._answer) // 2
        connection.sendall(self._answer[:middle])
        self._at("half of the answer was said", post)
        connection.sendall(self._answer[middle:])
        self._at("the answer was said", post)

    def _at(self, stage, post):
        if post and stage == self._stage:
            os.kill(self.pid, signal.SIGKILL)


class _Deaf:
    """Stands for a server that has read the request already."""

    def read(self, _connection):
        return True


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.child"])
    return context


@pytest.fixture(scope="module")
def lines(processes, tmp_path_factory):
    """How many lines a launch takes that nobody kills."""
    counts = {}
    for kind in ("line", "any line"):
        for again in (False, True):
            cloud = Cloud("", packed(200, b'{"id": "i-1"}'))
            with served(cloud.play) as server:
                folder = tmp_path_factory.mktemp("counted")
                killed, count = run(processes, server, cloud, folder, again, Point(kind))
                assert not killed
                counts[kind, again] = count
    return counts


def run(processes, server, cloud, folder, again, point, delay=None):
    """Run a launch in a process of its own; whether it was killed, and how many lines it took."""
    ours, theirs = processes.Pipe()
    child = processes.Process(target=launch_and_die, args=(server.url, str(folder), again, point, theirs))
    child.start()
    theirs.close()
    cloud.pid = child.pid
    timer = threading.Timer(delay or 0, child.kill)
    count = None
    try:
        assert ours.recv() == "ready"
        ours.send("go")
        if delay is not None:
            timer.start()
        count = ours.recv()
        if not cloud.kills:
            ours.send("end")
    except (EOFError, ConnectionResetError, BrokenPipeError):
        pass  # it is dead
    child.join(PATIENCE)
    timer.cancel()
    assert child.exitcode in (0, -signal.SIGKILL)
    killed = child.exitcode != 0
    child.close()
    ours.close()
    return killed, count


def random_kill(number, lines):
    """Where the process dies: at a point of its own, at a stage of the server's, or after a while."""
    dice = random.Random(f"{SEED}-{number}")  # noqa: S311 - the same each time, and no secret
    again = dice.random() < 0.6
    answer = dice.choice((packed(200, b'{"id": "i-1"}'),) * 3 + (packed(400, b""), packed(502, b"")))
    kind = dice.choices(("named", "line", "any line", "server", "time"), (6, 4, 2, 2, 1))[0]
    point, stage, delay = Point("nowhere"), "", None
    if kind == "named":
        point, again = dice.choice(NAMED), True
    elif kind in ("line", "any line"):
        point = Point(kind, dice.randint(1, lines[kind, again] * 9 // 10))  # a few more or less each time
    elif kind == "server":
        stage = dice.choice(SERVER)
    else:
        delay = dice.random() * 0.05
    return again, answer, point, stage, delay


def left_behind(folder, server, cloud, answer):
    """What the dead process left, in a word, once it was found to be enough."""
    server.finish()
    ledger = Ledger(folder / "launches")
    contents = ledger.read()
    for path in folder.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            holds_no_secret(path.read_text())
    if not contents.records:
        assert server.posts_in_part == 0
        return "torn claim" if contents.unreadable else "no claim"
    (record,) = contents.records
    assert contents.unreadable == ()
    assert (record.name, record.body) == ("demo", without_env_values(BODY))
    if not record.unresolved:
        expected = {b"200": LaunchState.SUCCEEDED, b"400": LaunchState.REJECTED}
        assert record.state is expected[answer.split()[1]]
        assert record.instance_id == ("i-1" if record.state is LaunchState.SUCCEEDED else None)
        return "outcome kept"
    # Who comes afterwards finds it, if it was made; what did not arrive is not made up.
    with PpioClient(REAL_KEY, base_url=server.url) as client:
        seen = history.look_up(record, ledger, client)
    assert seen.instance_id == ("i-1" if cloud.made else None)
    assert (seen.state is LaunchState.SUCCEEDED) == cloud.made
    if server.posts_in_part == 0:
        return "claimed, nothing left"
    return "request arrived" if cloud.made else "request arrived in part"


@pytest.fixture(scope="module")
def seen():
    return Counter()


@pytest.mark.parametrize("first", range(0, KILLS, SHARE))
def test_no_request_lacks_a_record(first, processes, lines, seen, tmp_path):
    for number in range(first, first + SHARE):
        again, answer, point, stage, delay = random_kill(number, lines)
        cloud = Cloud(stage, answer)
        folder = tmp_path / str(number)
        folder.mkdir()
        with served(cloud.play) as server:
            killed, _count = run(processes, server, cloud, folder, again, point, delay)
            assert killed or delay is not None, (number, point, stage, lines)
            seen[left_behind(folder, server, cloud, answer)] += 1


def test_the_kills_hit_every_window(seen):
    if seen.total() < KILLS:
        pytest.skip("only some of the kills were run")
    windows = {
        "no claim",
        "claimed, nothing left",
        "request arrived in part",
        "request arrived",
        "outcome kept",
    }
    assert windows <= set(seen), seen
