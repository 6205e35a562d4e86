"""The practice cloud over a socket: on loopback, or for a class on other machines.

Every program of the machine reaches it, and so does every page that a browser there shows. It
answers only to its own names, and no page of another origin; a request that does not arrive whole
in time is dropped, and no more connections are served at once than it has room for. Other machines
reach it by TLS alone: its own, or that of a proxy before it.
"""

from __future__ import annotations

import contextvars
import io
import re
import socket
import ssl
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from ppio_widgets.practice.catalogue import whole
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import AnswerLost
from ppio_widgets.practice.transport import answer, is_off

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BODY = 1024 * 1024

# So long has a request to arrive whole, and a client to take its answer or to ask for more.
REQUEST_SECONDS = 20.0
# A class at once, each with a kernel and a browser; with the files of a process it fits into the least
# that a system allows (256). Whoever comes next waits until one of them goes.
MOST_CONNECTIONS = 160

# Names of this machine, with any port: a tunnel may lead here. A name that somebody else owns may lead
# here too (DNS rebinding), and would make this server a part of their page's origin.
_OWN_NAME = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)


# With a certificate of its own it goes by any name that is one: under somebody else's name no browser gets as
# far as to ask.
_ANY_NAME = re.compile(r"(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a server listens, and what others know it by.

    Attributes
    ----------
    host : str
        The name or address that it listens at.
    tls : ssl.SSLContext
        With its certificate, where it has one.
    url : str
        Its address where a proxy stands before it or a name is to be told: ``https://…``, with a path if need
        be; empty for its own.
    """

    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    url: str = ""

    @property
    def scheme(self) -> str:
        """How it is spoken to without a proxy."""
        return "https" if self.tls is not None else "http"

    @property
    def prefix(self) -> str:
        """The path before each of its own, without a slash at its end."""
        return urlsplit(self.url).path.rstrip("/")

    def is_own(self, host: str) -> bool:
        """Whether a request's ``Host`` names it."""
        named = self.url and host.lower() == urlsplit(self.url).netloc.lower()
        known = _ANY_NAME if self.tls is not None and not self.url else _OWN_NAME
        return bool(named) or known.fullmatch(host) is not None

    def origins(self, host: str) -> tuple[str, ...]:
        """Return the origins of its own pages, as a request says them."""
        told = urlsplit(self.url)
        return (f"{self.scheme}://{host}", *([f"{told.scheme}://{told.netloc}"] if self.url else ()))

    def own_path(self, path: str) -> str:
        """Return a path without the prefix; a proxy may have taken that away."""
        return path.removeprefix(self.prefix) if path.startswith(f"{self.prefix}/") else path


class _Incoming(io.RawIOBase):
    """What a client sends, until the time for one request is over, however slowly it trickles."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the second waits 40 ms for an acknowledgement
    server: PracticeServer

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._incoming = _Incoming(self.connection)
        self.rfile = io.BufferedReader(self._incoming)

    def handle_one_request(self) -> None:
        self._incoming.until = time.monotonic() + self.server.request_seconds
        super().handle_one_request()

    def _refusal(self) -> tuple[int, str] | None:
        """Return why this request gets no answer: it names another host, or comes from another's page."""
        hosts = self.headers.get_all("Host", [])
        place = self.server.place
        if len(hosts) != 1 or not place.is_own(hosts[0]):
            return 421, "this practice cloud answers to its own names only"
        own = place.origins(hosts[0])
        foreign = any(origin not in own for origin in self.headers.get_all("Origin", []))
        # A browser says where a request comes from even if it sends no origin. A link that a person
        # opens in a page of its own shows nothing to the page that it stood in.
        elsewhere = self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        kind = self.headers.get("Sec-Fetch-Mode"), self.headers.get("Sec-Fetch-Dest")
        opened = self.command == "GET" and kind == ("navigate", "document")
        if foreign or (elsewhere and not opened):
            return 403, "this practice cloud gives no answer to pages of another origin"
        return None

    def _reply(self) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self.close_connection = True
            self.send_error(*refusal)
            return
        length = self.headers.get("Content-Length", "0")
        size = whole(length)
        if self.headers.get("Transfer-Encoding") or size > LARGEST_BODY:
            self.close_connection = True  # what is not read is no next request
            self.send_error(411 if size <= LARGEST_BODY else 413)
            return
        content = self.rfile.read(size)
        if len(content) < size:
            self.close_connection = True  # it broke off: half a body is no request
            return
        try:
            place = self.server.place
            asked = httpx.Request(
                self.command,
                f"{self.server.local_url}{place.own_path(self.path)}",
                headers=httpx.Headers(list(self.headers.items()), encoding="iso-8859-1"),
                content=content,
                extensions={"served_at": place.url or f"{place.scheme}://{self.headers['Host']}"},
            )
            if is_off(self.server.cloud, asked):
                self.close_connection = True
                return
            result = answer(self.server.cloud, asked)
        except httpx.InvalidURL:
            self.send_error(400)
            return
        except AnswerLost:
            self.close_connection = True
            return
        self.connection.settimeout(self.server.request_seconds)
        self.send_response_only(result.status_code)
        for name, value in result.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(result.content)

    do_GET = do_POST = do_PUT = do_DELETE = _reply  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: a request line may hold what a person typed."""


class PracticeServer(ThreadingHTTPServer):
    """A practice cloud, on ``127.0.0.1`` by default; port 0 is any free one, `most` are served at once."""

    daemon_threads = True
    request_queue_size = 128  # a class may press Launch at once; with 5, some would be turned away
    request_seconds = REQUEST_SECONDS  # for a request to arrive, and for an answer to be taken

    def __init__(
        self,
        port: int = 0,
        cloud: PracticeCloud | None = None,
        most: int = MOST_CONNECTIONS,
        place: Place = Place(),
    ) -> None:
        self._room = threading.BoundedSemaphore(most)
        self.place = place
        self.address_family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        super().__init__((place.host, port), _Handler)
        self.cloud = cloud or PracticeCloud()

    def server_bind(self) -> None:
        """Bind, without a look for the name of this machine, which can take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.place.host, self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection once there is room for it; until then it waits where the system keeps it."""
        if not self._room.acquire(timeout=0.05):
            raise TimeoutError  # the loop comes again, and can be stopped meanwhile
        try:
            connection, address = super().get_request()
            tls = self.place.tls
            if tls is not None:
                # Greeted on the connection's own thread, within the time for its first request.
                connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return connection, address  # noqa: TRY300 - whatever is raised before it
        except BaseException:
            self._room.release()
            raise

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and make room for another."""
        try:
            super().shutdown_request(request)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away or took too long; anything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return self.place.url or self.local_url

    @property
    def local_url(self) -> str:
        """Its base URL where no proxy stands before it."""
        everywhere = self.place.host in ("0.0.0.0", "::")  # noqa: S104 - it is compared
        host = socket.gethostname() if everywhere else self.place.host
        return f"{self.place.scheme}://{f'[{host}]' if ':' in host else host}:{self.server_port}"


@contextmanager
def serving(
    cloud: PracticeCloud | None = None,
    port: int = 0,
    place: Place = Place(),
) -> Iterator[PracticeServer]:
    """Serve on a thread of its own while the block runs."""
    with PracticeServer(port, cloud, place=place) as server:
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run, args=(server.serve_forever, 0.05), name="ppio-practice", daemon=True
        )
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
