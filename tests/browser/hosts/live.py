"""A stand-in of the live service: to a kernel it is api.ppio.com, over TLS and behind a proxy.

What is launched there has a real key's ledger, which outlives its kernel; no byte leaves this machine.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import trustme

from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.transport import answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppio_widgets.practice.account import PracticeAccount

HOST = "api.ppio.com"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: LiveService

    def do_CONNECT(self) -> None:
        """Be the host that is asked for, and no other."""
        if self.path != f"{HOST}:443":
            self.send_error(502)
            return
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.setup()
        self.close_connection = False

    def _reply(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = httpx.Request(
            self.command, f"https://{HOST}{self.path}", headers=list(self.headers.items()), content=content
        )
        key = self.headers["Authorization"].removeprefix("Bearer ")
        asked.headers["Authorization"] = f"Bearer {_known_as(key)}"
        result = answer(self.server.cloud, asked)
        self.send_response_only(result.status_code)
        for name, value in result.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(result.content)

    do_GET = do_POST = do_PUT = do_DELETE = _reply  # noqa: N815 - http.server's names

    def finish(self) -> None:
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def log_message(self, *_arguments) -> None:
        pass


def _known_as(key: str) -> str:
    return f"sk_practice_{key}"


class LiveService(ThreadingHTTPServer):
    """A proxy that leads to an account for each key."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        authority = trustme.CA()
        self._bundle = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self._bundle))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(self.context)
        self.cloud = PracticeCloud()

    def account(self, key: str) -> PracticeAccount:
        return self.cloud.account(_known_as(key))

    def cell(self) -> str:
        """The lines that lead a kernel here and make it live, without a key."""
        here = {"https_proxy": f"http://127.0.0.1:{self.server_port}", "SSL_CERT_FILE": str(self._bundle)}
        return (
            f"import os\nos.environ.update({here!r})\n"
            "for name in ('PPIO_WIDGETS_PRACTICE', 'PPIO_GPU_BASE_URL'):\n"
            "    os.environ.pop(name, None)\n"
        )


@contextmanager
def live_service(folder: Path) -> Iterator[LiveService]:
    with LiveService(folder) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
