"""Voilà: a page for each visitor, with a kernel of its own that runs all cells as the page loads."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.conftest import PATIENCE, Lab

from .sheet import Sheet

if TYPE_CHECKING:
    from pathlib import Path


class VoilaServer(Lab):
    """Voilà, over a folder of notebooks."""

    PROGRAM = ("voila",)
    PAGE = "/voila/render/{name}?token={token}"

    def command(self) -> list[str]:
        return [
            *(*self.PROGRAM, str(self.folder), "--no-browser", "--Voila.ip=127.0.0.1"),
            *(f"--port={self.port}", f"--token={self.token}", "--show_tracebacks=True"),
        ]

    def seats(self) -> list[VoilaServer]:
        """The server as each of two visitors has it."""
        return [self, self]

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port)):
            return True

    def leave(self, page) -> None:
        page.goto("about:blank")

    def kernel_is_ready(self) -> bool:
        return True  # else there would be no page

    def end_kernels(self) -> None:
        """A kernel ends with its page."""


class VoilaSheet(Sheet):
    """A page of Voilà; its cells have run by the time it is there."""

    def show_file(self, path: Path) -> None:
        self.load(path)

    def load(self, path: Path, choice: str = "") -> None:
        self.path = path
        self.page.goto(self.lab.address(path) + choice, timeout=PATIENCE)
        self.page.locator(".jp-CodeCell").first.wait_for(timeout=PATIENCE)

    def run(self, number: int) -> None:
        """All have run."""

    @contextmanager
    def dark(self):
        self.load(self.path, "&theme=dark")
        yield
