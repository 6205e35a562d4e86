"""JupyterHub behind its proxy: a server for each person begins when they come and ends when it is idle."""

from __future__ import annotations

import copy
import json
import os
import secrets
import subprocess
from pathlib import Path

from tests.browser.conftest import PATIENCE, Lab, until
from tests.support.wire import free_port

from .sheet import IS_RESTORED, IS_THERE, Sheet

PEOPLE = ("ada", "bo", "chen", "dora", "emil")
SCOPES = ["list:users", "read:users:activity", "read:servers", "delete:servers", "access:servers"]
# What a server has of the hub's own environment beside the usual.
KEPT = ("JUPYTERLAB_SETTINGS_DIR", "PPIO_WIDGETS_PRACTICE", "PPIO_WIDGETS_LANG", "PPIO_GPU_BASE_URL")


class Hub(Lab):
    """A hub as one of its people has it; everybody may sign in."""

    PROGRAM = ("jupyterhub",)
    PAGE = "/hub/user-redirect/lab"

    def __init__(self, folder: Path, practice_url: str, *options: str, python: str) -> None:
        self._python = Path(python)
        self.person = PEOPLE[0]
        self.home = folder / "work"
        super().__init__(folder, practice_url, *options, python=python)

    def command(self) -> list[str]:
        config = self.folder.parent / "hub.json"
        self.folder = self.home / self.person
        self.folder.mkdir()
        config.write_text(json.dumps(self._config(config.parent)), encoding="utf-8")
        return [*self.PROGRAM, f"--config={config}"]

    def _config(self, folder: Path) -> dict:
        bin_folder = self._python.parent
        proxy = bin_folder.parent / "node_modules" / ".bin" / "configurable-http-proxy"
        usual = ("PATH", "PYTHONPATH", "LANG", "VIRTUAL_ENV")
        return {
            "JupyterHub": {
                "bind_url": self.base,
                "hub_port": free_port(),
                "authenticator_class": "dummy",
                "spawner_class": "simple",
                "db_url": f"sqlite:///{folder / 'hub.sqlite'}",
                "cookie_secret_file": str(folder / "cookie_secret"),
                "services": [{"name": "culler", "api_token": self.token}],
                "load_roles": [{"name": "culler", "scopes": SCOPES, "services": ["culler"]}],
            },
            "ConfigurableHTTPProxy": {
                "api_url": f"http://127.0.0.1:{free_port()}",
                "command": [str(proxy)],
                "pid_file": str(folder / "proxy.pid"),
            },
            "Authenticator": {"allow_all": True},
            "SimpleLocalProcessSpawner": {"home_dir_template": str(self.home / "{username}")},
            "Spawner": {
                "cmd": [str(bin_folder / "jupyterhub-singleuser")],
                "args": ["--allow-root", "--LabApp.expose_app_in_browser=True"],
                "env_keep": [*usual, *KEPT],
                "start_timeout": PATIENCE // 1000,
                "http_timeout": PATIENCE // 1000,
            },
        }

    def seats(self) -> list[Hub]:
        """The hub as each of its people has it, in a home of their own."""

        def seat(person):
            seat = copy.copy(self)
            seat.person = person
            seat.folder = self.home / person
            seat.folder.mkdir(exist_ok=True)
            return seat

        return [seat(person) for person in PEOPLE]

    def answers(self) -> bool:
        return self.get("/hub/api/") is not None

    def get(self, path: str, method: str = "GET"):
        return super().get(f"/user/{self.person}{path}" if path.startswith("/api/") else path, method)

    def runs(self) -> bool:
        """Whether the person's server is there."""
        return self.person in [user["name"] for user in self.get("/hub/api/users?state=active")]

    def end_kernels(self) -> None:
        if self.runs():
            super().end_kernels()

    def cull(self) -> None:
        """Wait until the culler has found the person's server idle, and has ended it."""
        culler = subprocess.Popen(
            [
                *(str(self._python), "-m", "jupyterhub_idle_culler", "--timeout=1", "--cull-every=1"),
                f"--url={self.base}/hub/api",
            ],
            env={**os.environ, "JUPYTERHUB_API_TOKEN": self.token},
        )
        try:
            until(lambda: not self.runs(), "the culler has ended the server")
        finally:
            culler.terminate()
            culler.wait(20)


class HubSheet(Sheet):
    """A notebook in somebody's JupyterLab on the hub; the first page signs in, and the server begins."""

    def load(self, path: Path) -> None:
        self.page.goto(self.lab.address(path), timeout=PATIENCE)
        name = self.page.get_by_label("Username")
        if name.count():
            name.fill(self.lab.person)
            self.page.get_by_label("Password").fill(secrets.token_hex(4))
            self.page.get_by_role("button", name="Sign in").click(timeout=PATIENCE)
        self.page.wait_for_function(IS_THERE, timeout=PATIENCE)
        self.page.evaluate(IS_RESTORED)
        self.show_instead(path)
