"""The practice cloud on loopback, for curl, for classes and for tests over a real socket."""

from __future__ import annotations

import contextvars
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.mishaps import AnswerLost
from ppio_widgets.practice.refused import whole
from ppio_widgets.practice.routes import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BODY = 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the second waits 40 ms for an acknowledgement
    server: PracticeServer

    def _reply(self) -> None:
        length = self.headers.get("Content-Length", "0")
        size = whole(length)
        if self.headers.get("Transfer-Encoding") or size > LARGEST_BODY:
            self.close_connection = True  # what is not read is no next request
            self.send_error(411 if size <= LARGEST_BODY else 413)
            return
        content = self.rfile.read(size)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            result = answer(self.server.cloud, self.command, self.path, headers, content)
        except AnswerLost:
            self.close_connection = True
            return
        self.send_response_only(result.status)
        for name, value in result.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(result.content)))
        self.end_headers()
        self.wfile.write(result.content)

    do_GET = do_POST = do_PUT = do_DELETE = _reply  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: a request line may hold what a person typed."""


class PracticeServer(ThreadingHTTPServer):
    """A practice cloud on ``127.0.0.1``.

    Parameters
    ----------
    port : int
        0 takes any free one.
    cloud : PracticeCloud, optional
        Its own, unless given.
    """

    daemon_threads = True
    request_queue_size = 128  # a class may press Launch at once; with 5, some would be turned away

    def __init__(self, port: int = 0, cloud: PracticeCloud | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.cloud = cloud or PracticeCloud()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; anything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(cloud: PracticeCloud | None = None, port: int = 0) -> Iterator[PracticeServer]:
    """Serve on a thread of its own while the block runs."""
    with PracticeServer(port, cloud) as server:
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
