"""Faults beyond those of the unit tests: broken off anywhere, over TLS, behind a proxy, past a deadline."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ppio_widgets.runtime import forks
from tests.support.ground import PATIENCE
from tests.support.wire import FaultServer, packed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.wire import Play, Received

# No such name exists: what is meant for it goes through a proxy, or nowhere.
ABROAD = "gpu.ppio-widgets.invalid"


class Server(FaultServer):
    """Hears, for each connection, every byte; says when a hard deadline has passed."""

    def __init__(self, plays: tuple[Play, ...]) -> None:
        super().__init__(plays)
        self.heard: dict[socket.socket, bytes] = {}
        self.asked: Counter[str] = Counter()
        self._taking = threading.Condition()
        self._taken: set[object] = set()
        self.deadlines: list[Callable[[], None]] = []
        self._deadlines_set = 0

    @property
    def posts_in_part(self) -> int:
        """Connections on which at least the first byte of a POST came in."""
        return sum(bool(text) and text[:4] in (b"P", b"PO", b"POS", b"POST") for text in self.heard.values())

    def hear(self, connection: socket.socket, most: int = 65536) -> bytes:
        part = connection.recv(most)
        if not part:
            raise ConnectionAbortedError  # the other side went away; the play is over
        self.heard[connection] = self.heard.get(connection, b"") + part
        return part

    def hear_exactly(self, connection: socket.socket, size: int) -> None:
        while size > 0:
            size -= len(self.hear(connection, size))

    def read(self, connection: socket.socket) -> Received | None:
        return super().read(_Ear(self, connection))

    def finish(self) -> None:
        """Wait until every play is over, so that what was received is known."""
        self.let_go.set()
        # Connections are taken in turn: once this one is, all before it are.
        with socket.create_connection(("127.0.0.1", self.port)) as last, self._taking:
            assert self._taking.wait_for(lambda: last.getsockname() in self._taken, PATIENCE)
        for player in list(self._players):
            if player.ident is not None:  # else it is of a later one, and about to begin
                player.join(PATIENCE)

    def _play(self, play: Play, connection: socket.socket) -> None:
        with self._taking, suppress(OSError):  # the other side may be gone already
            self._taken.add(connection.getpeername())
            self._taking.notify_all()
        super()._play(play, connection)

    def pass_deadlines(self) -> None:
        """Let every deadline that stands pass.

        The wire sets one a moment after its connection was taken here, and lifts it as soon as it has its
        answer, which may be before this is called.
        """
        with self._taking:
            assert self._taking.wait_for(lambda: self._deadlines_set >= self.connections, PATIENCE)
            passed = list(self.deadlines)
        for shut_down in passed:
            shut_down()

    def watchdog(self, _seconds: float, shut_down: Callable[[], None]) -> _Deadline:
        """In place of the wire's: a deadline that passes by order and not by time."""
        with self._taking:
            self.deadlines.append(shut_down)
            self._deadlines_set += 1
            self._taking.notify_all()
        return _Deadline(self, shut_down)


class _Ear:
    def __init__(self, server: Server, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection

    def recv(self, most: int) -> bytes:
        return self._server.hear(self._connection, most)


class _Deadline:
    def __init__(self, server: Server, shut_down: Callable[[], None]) -> None:
        self._deadlines = server.deadlines
        self._shut_down = shut_down

    def cancel(self) -> None:
        self._deadlines.remove(self._shut_down)


@contextmanager
def served(*plays: Play) -> Iterator[Server]:
    server = Server(plays)
    server.start()
    try:
        yield server
    finally:
        server.stop()


# How a connection ends.


def close(_server: Server, _connection: socket.socket) -> None:
    """In order: what was written still arrives."""


def reset(_server: Server, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stall(server: Server, _connection: socket.socket) -> None:
    """Nothing more comes, until the hard deadline has passed."""
    server.pass_deadlines()
    server.let_go.wait(PATIENCE)


# What is read and said before.


def ends(how: Play, *, at: int) -> Play:
    """Read so many bytes of the request and end."""

    def play(server: Server, connection: socket.socket) -> None:
        select.select([connection], [], [], PATIENCE)  # the request is on its way
        server.hear_exactly(connection, at)
        how(server, connection)

    return play


def ends_within_the_body(how: Play) -> Play:
    def play(server: Server, connection: socket.socket) -> None:
        while b"\r\n\r\n" not in server.heard.get(connection, b""):
            server.hear(connection, 1)
        server.hear_exactly(connection, 5)
        how(server, connection)

    return play


def sends(answer: bytes, how: Play = close) -> Play:
    """Read the request, answer exactly these bytes and end."""

    def play(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(answer)
        how(server, connection)

    return play


def answers_before_it_has_read(answer: bytes, how: Play = close) -> Play:
    def play(server: Server, connection: socket.socket) -> None:
        select.select([connection], [], [], PATIENCE)
        connection.sendall(answer)
        server.read(connection)
        how(server, connection)

    return play


def stays_silent(server: Server, connection: socket.socket) -> None:
    """Take the first bytes and say nothing, also after every deadline."""
    server.hear(connection)
    server.let_go.wait(PATIENCE)


def trickles(answer: bytes) -> Play:
    """One byte at a time; the deadline passes within it, and the bytes never end."""

    def play(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(answer)
        for count in range(100_000):
            connection.sendall(b" ")
            if count == 20:
                server.pass_deadlines()

    return play


def rests(server: Server, connection: socket.socket) -> None:
    """What comes after the create call: its instance runs, and no listing is to be had."""
    request = server.read(connection)
    identity = request.target.partition("/instances/")[2]
    if request.method == "GET" and identity:
        found = {"id": identity, "name": "demo", "status": {"status": "running"}}
        connection.sendall(packed(200, json.dumps(found).encode()))
    else:
        connection.sendall(packed(500, b""))


class _HasRead:
    """A server that has read the request already."""

    def __init__(self, server: Server, request: Received) -> None:
        self._server = server
        self._request = request

    def __getattr__(self, name: str):
        return getattr(self._server, name)

    def read(self, _connection: socket.socket) -> Received:
        return self._request


def by_kind(**plays: Sequence[Play]) -> Play:
    """Play by what is asked, ``create``, ``look`` or ``follow``: each in turn, the last again and again."""
    begun: Counter[str] = Counter()

    def play(server: Server, connection: socket.socket) -> None:
        request = server.read(connection)
        kind = "create" if request.method == "POST" else "look"
        kind = "follow" if "/instances/" in request.target else kind
        server.asked[kind] += 1
        chosen = plays.get(kind) or [rests]
        one = chosen[min(begun[kind], len(chosen) - 1)]
        begun[kind] += 1
        one(_HasRead(server, request), connection)

    return play


def over_tls(context: ssl.SSLContext, play: Play) -> Play:
    def wrapped(server: Server, connection: socket.socket) -> None:
        handshaking = {"server_side": True, "do_handshake_on_connect": False}
        with context.wrap_socket(connection, **handshaking) as secure:
            with forks.within_openssl():  # this side of it is in the process that is forked as well
                secure.do_handshake()
            play(server, secure)

    return wrapped


def through_a_tunnel(context: ssl.SSLContext, play: Play) -> Play:
    """A proxy that connects, and the server behind it."""

    def tunnelled(server: Server, connection: socket.socket) -> None:
        assert server.read(connection).method == "CONNECT"
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        over_tls(context, play)(server, connection)

    return tunnelled
