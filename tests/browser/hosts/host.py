"""Where a notebook is shown, each host in an environment of its own, and how a page of it is worked.

A host is a line of `HOSTS`, its environment a group of pyproject.toml and a name in the Makefile. One that is
served or worked otherwise than JupyterLab brings a server and a sheet of its own, a module each: whatever the
actions of `test_hosts.py` ask of a `Lab` and of a `Sheet`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.conftest import Lab
from tests.browser.policy import StrictLab
from tests.support.hosts import environments

from .hub import Hub, HubSheet
from .lite import LiteSheet, Site
from .sheet import NotebookServer, Sheet
from .voila import VoilaServer, VoilaSheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

VERSIONS = """import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))"""


# Actions that a host has not, and why: a key of words.json.
NO_VISITORS = {"apart": "one person", "signed_in": "asks", "culled": "no hub"}
IN_VOILA = {"again": "runs once", "reopened": "saves nothing", "culled": "no hub"}
IN_LITE = {**NO_VISITORS, "signed_in": "practises", "renewed": "practises"}


@dataclass(frozen=True)
class Host:
    """A place that shows notebooks, as `make hosts` tries it."""

    name: str
    title: str  # as people know it
    package: str  # whose version is the host's
    server: Callable[..., Lab] = Lab
    sheet: type[Sheet] = Sheet
    lacks: Mapping[str, str] = field(default_factory=dict)
    home: str | None = None  # whose environment it has, where that is another host's
    is_short: bool = False  # `make test` tries the short actions in it, in the tests' own environment
    is_strict: bool = False  # no inline script runs there: an action may do something else instead

    @property
    def environment(self) -> str:
        """The name of its environment; its dependencies are the group `host-<name>`."""
        return self.name if self.home is None else self.home

    @property
    def python(self) -> str:
        folder = environments()
        return str(folder / self.environment / "bin" / "python") if folder else sys.executable

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


class LiteHost(Host):
    """The site that `make lite` builds; Python and all that it has lie in the page."""

    def versions(self) -> dict[str, str]:
        return Site.versions()

    def start(self, folder: Path, practice_url: str) -> Lab:
        """The cloud is in the kernel."""
        return Site()


HOSTS = (
    Host("lab", "JupyterLab", "jupyterlab", lacks=NO_VISITORS),
    Host("lab-4-2", "JupyterLab", "jupyterlab", lacks=NO_VISITORS),
    Host("notebook", "Notebook", "notebook", NotebookServer, lacks=NO_VISITORS, is_short=True),
    Host("notebook-7-0", "Notebook", "notebook", NotebookServer, lacks=NO_VISITORS),
    Host("voila", "Voilà", "voila", VoilaServer, VoilaSheet, IN_VOILA, is_short=True),
    Host("jupyterhub", "JupyterHub", "jupyterhub", Hub, HubSheet, {"signed_in": "asks"}),
    Host(
        "strict",
        "Strict CSP, JupyterLab",
        "jupyterlab",
        StrictLab,
        lacks=NO_VISITORS,
        home="lab",
        is_strict=True,
    ),
    LiteHost("lite", "JupyterLite", "jupyterlite", Site, LiteSheet, IN_LITE, home=""),
)
