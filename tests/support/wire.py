"""A server that fails in every way, over real sockets, and what to look at afterwards."""

from __future__ import annotations

import itertools
import json
import os
import socket
import struct
import threading
import time
import traceback
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tests.support.threads import wait_for_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

PATIENCE = 10

# The threads of a launch; others of ours (a practice server, a confirmation's timer) outlive it.
LAUNCHERS = ("ppio-launch", "ppio-watch", "ppio-look")

REAL_KEY = "sk_real_0123456789abcdef"
ENV_SECRET = "hf_5eCr3t/with+odd=chars"


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes


# Below the system's own, and of each worker: a port is used once, so whoever still asks a server that is gone
# by its port reaches no other one. None of them is given to a connection, or to who asks the system for any;
# and none is 10080, which a browser refuses.
_FIRST = 10_100 + 2_500 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_BEGIN = _FIRST + os.getpid() % 2_500  # two runs at once begin elsewhere
_PORTS = itertools.chain(range(_BEGIN, 32_000), range(_FIRST, _BEGIN))


def _listen() -> socket.socket:
    for port in _PORTS:
        with suppress(OSError):  # somebody else has it
            return socket.create_server(("127.0.0.1", port), backlog=64)
    raise AssertionError("every port was used")


def free_port() -> int:
    """A port that nobody listens on, and nobody else will: for a server that is told where to listen."""
    with _listen() as listener:
        return int(listener.getsockname()[1])


class FaultServer:
    """Plays one play for each connection (the last one again and again) and keeps what it received."""

    def __init__(self, plays: tuple[Play, ...]) -> None:
        self.received: list[Received] = []
        self.raw = b""
        self.connections = 0
        self.stopping = threading.Event()
        self.let_go = threading.Event()  # what is silent ends
        self.closed = threading.Event()  # a connection was closed on this side
        self._plays = plays
        self._players: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = _listen()
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, name="fault-server")

    @property
    def posts(self) -> int:
        return sum(request.method == "POST" for request in self.received)

    def read(self, connection: socket.socket) -> Received | None:
        """Read one request to its end; None when the other side went away before."""
        text = b""
        while b"\r\n\r\n" not in text:
            part = connection.recv(65536)
            self.raw += part
            if not part:
                return None
            text += part
        head, _, content = text.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(content) < int(headers.get("content-length", "0")):
            part = connection.recv(65536)
            self.raw += part
            content += part
        method, target, _version = first.split(" ")
        request = Received(method, target, headers, content)
        self.received.append(request)
        return request

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.let_go.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes the accept
        for connection in self._open:  # a stranger may have come to this port, and say nothing
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)  # from then on every player has begun
        for player in self._players:
            player.join(PATIENCE)
        self._listener.close()
        assert not any(thread.is_alive() for thread in (self._thread, *self._players))

    def _serve(self) -> None:
        while True:
            connection, _address = self._listener.accept()
            if self.stopping.is_set():
                connection.close()
                return
            play = self._plays[min(self.connections, len(self._plays) - 1)]
            self.connections += 1
            self._open.append(connection)
            player = threading.Thread(target=self._play, args=(play, connection), name="fault-player")
            self._players.append(player)
            player.start()

    def _play(self, play: Play, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client went away first
            play(self, connection)
        self.closed.set()


if TYPE_CHECKING:
    Play = Callable[[FaultServer, socket.socket], None]


def packed(status: int, content: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def says(status: int, content: object, *headers: str) -> Play:
    """Read the request and answer it."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()

    def play(server: FaultServer, connection: socket.socket) -> None:
        if server.read(connection):
            connection.sendall(packed(status, text, *headers))

    return play


def answers(reply: Callable[[Received], tuple[Any, ...]]) -> Play:
    """Answer by what was asked: status, JSON, and lines of headers."""

    def play(server: FaultServer, connection: socket.socket) -> None:
        request = server.read(connection)
        if request:
            status, content, *headers = reply(request)
            connection.sendall(packed(status, json.dumps(content).encode(), *headers))

    return play


def listing(*rows: dict[str, object], date: float | None = None) -> Play:
    """Answer with one page of instances, by a server whose clock is right unless it is given."""
    page = {"data": list(rows), "next_cursor": "", "has_more": False}
    return says(200, page, f"Date: {formatdate(time.time() if date is None else date, usegmt=True)}")


def row(
    name: str, identity: str = "i-1", *, created: float | None = None, status: str = "running"
) -> dict[str, object]:
    """One instance of a listing; it carries a secret, as real ones do."""
    return {
        "id": identity,
        "name": name,
        "status": {"status": status, "error": "", "message": ""},
        "created_at": int(time.time() if created is None else created),
        "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}],
    }


nothing_there = listing()
# What a practice key has asked before: whether it is a class.
no_class = says(404, {})


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_at_once(_server: FaultServer, connection: socket.socket) -> None:
    """Reset even while the other side may still be connecting."""
    _reset(connection)


def resets_before_reading(_server: FaultServer, connection: socket.socket) -> None:
    """Reset when the first byte is there, and leave it unread."""
    connection.recv(1, socket.MSG_PEEK)
    _reset(connection)


def resets_after_reading(server: FaultServer, connection: socket.socket) -> None:
    server.read(connection)
    _reset(connection)


def closes_after_reading(server: FaultServer, connection: socket.socket) -> None:
    server.read(connection)


def breaks_off_within_the_answer(server: FaultServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(packed(200, b'{"id": "abc"}')[:-4])


def speaks_no_http(server: FaultServer, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(b"220 mail.example.com ESMTP ready\r\n")


def hangs_up_at_the_first_bytes(server: FaultServer, connection: socket.socket) -> None:
    server.raw += connection.recv(65536)


def stays_silent(server: FaultServer, connection: socket.socket) -> None:
    server.read(connection)
    server.let_go.wait(PATIENCE)


@contextmanager
def faulty(*plays: Play) -> Iterator[FaultServer]:
    server = FaultServer(plays)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def launching(*plays: Play) -> AbstractContextManager[FaultServer]:
    """The same, after the look for a second copy found nothing."""
    return faulty(nothing_there, *plays)


def closed_port() -> int:
    """A port that nobody listens on."""
    return free_port()


def wait_for_launches(*, but: str = "", names: tuple[str, ...] = LAUNCHERS, earlier: Container = ()) -> None:
    """Wait until no thread of a launch is left, so that none opens a connection behind a test's back."""
    wait_for_threads(*(name for name in names if name != but), earlier=earlier)


def all_that_shows(error: BaseException, *, with_locals: bool = True) -> str:
    """Everything that an exception and those behind it could put on a screen."""
    shown: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            shown += [str(one), repr(one), repr(one.args), repr(vars(one))]
            shown += traceback.TracebackException.from_exception(one, capture_locals=with_locals).format()
            waiting += [one.__cause__, one.__context__]
    return "\n".join(shown)
