"""Where a notebook is shown, each host in an environment of its own, and how a page of it is worked.

A host is a line of `HOSTS`, its environment a group of pyproject.toml and a name in the Makefile. One that is
served or worked otherwise than JupyterLab brings a server and a sheet of its own: whatever the actions of
`test_hosts.py` ask of a `Lab` and of a `Sheet`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.access import THEMES, choose_theme
from tests.browser.conftest import Lab, Notebook, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[3]
LIGHT, DARK = THEMES
VERSIONS = """import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))"""


def environments() -> Path | None:
    """Where the environments of hosts are; without them only what the tests' own one can serve is tried."""
    folder = os.environ.get("PPIO_WIDGETS_HOSTS")
    return ROOT / folder if folder else None


class Sheet(Notebook):
    """A notebook in a page of a host; cells are counted from 0."""

    def reopen(self) -> None:
        """Show what was saved, after its kernel has ended."""
        self.lab.end_kernels()
        self.lab.leave(self.page)
        self.show(self.path)
        until(self.lab.kernel_is_ready, "the next kernel is idle and connected")

    def save(self, text: str) -> None:
        """Save as a person does, until a text is in the file."""

        def is_there():
            self.cell(0).locator(".cm-content").click()
            self.page.keyboard.press("Control+s")
            return text in self.path.read_text(encoding="utf-8")

        until(is_there, f"{text!r} is saved")

    @contextmanager
    def dark(self):
        """The host's dark theme, before anything runs."""
        choose_theme(self.page, DARK)
        try:
            yield
        finally:
            choose_theme(self.page, LIGHT)


class NotebookServer(Lab):
    """Notebook 7: one page for each notebook."""

    PROGRAM = ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True")
    PAGE = "/notebooks/{name}?token={token}"

    def leave(self, page) -> None:
        page.goto("about:blank")


@dataclass(frozen=True)
class Host:
    """A place that shows notebooks, as `make hosts` tries it."""

    name: str  # of its environment; its dependencies are the group `host-<name>`
    title: str  # as people know it
    package: str  # whose version is the host's
    server: Callable[..., Lab] = Lab
    sheet: type[Sheet] = Sheet
    lacks: Mapping[str, str] = field(default_factory=dict)  # actions it has not, and why: a key of words.json
    is_short: bool = False  # `make test` tries the short actions in it, in the tests' own environment

    @property
    def python(self) -> str:
        folder = environments()
        return str(folder / self.name / "bin" / "python") if folder else sys.executable

    def versions(self) -> dict[str, str]:
        """What is installed there: the host itself, and what it shares with others."""
        asked = (self.package, "ipywidgets", "ipykernel")
        found = subprocess.run([self.python, "-c", VERSIONS, *asked], capture_output=True, check=True)
        return json.loads(found.stdout)

    def start(self, folder: Path, practice_url: str) -> Lab:
        return self.server(folder, practice_url, python=self.python)

    def open(self, server: Lab, page, cells: list[str]) -> Sheet:
        sheet = self.sheet(server, page)
        sheet.open(cells)
        return sheet


HOSTS = (
    Host("lab", "JupyterLab", "jupyterlab"),
    Host("lab-4-2", "JupyterLab", "jupyterlab"),
    Host("notebook", "Notebook", "notebook", NotebookServer, is_short=True),
    Host("notebook-7-0", "Notebook", "notebook", NotebookServer),
)
