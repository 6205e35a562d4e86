"""The site of JupyterLite that `make lite` has built, on a server that only hands out files."""

from __future__ import annotations

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.browser.conftest import chromium

__all__ = ["chromium"]
SITE = os.environ.get("PPIO_WIDGETS_LITE")
# Who tries the site says where it is; all else here is about its source.
collect_ignore = [] if SITE else ["test_site.py"]
# A page may ask its own server and nobody else; what it tries is told to that server.
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; report-uri /refused"


class Files(SimpleHTTPRequestHandler):
    """A static host that writes down what its pages asked of others."""

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_POST(self):
        told = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.refused.append(told.decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


class Host(ThreadingHTTPServer):
    """The site in a folder of its server, as a course has it beside others."""

    daemon_threads = True

    def __init__(self, site):
        super().__init__(("127.0.0.1", 0), partial(Files, directory=site.parent))
        self.refused = []
        self.url = f"http://127.0.0.1:{self.server_port}/{site.name}"


@pytest.fixture(scope="session")
def host():
    with Host(Path(SITE)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
