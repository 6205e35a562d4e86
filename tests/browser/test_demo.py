"""`make demo` as it is: the command starts JupyterLab on the quickstart."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_server.services.config.manager import ConfigManager
from jupyterlab.labapp import LabApp

from ppio_widgets import __main__ as command
from ppio_widgets import api, launch
from ppio_widgets.__main__ import main
from ppio_widgets.errors import Unreachable
from tests.support.bodies import MINIMAL
from tests.support.wire import wait_for_launches

from .conftest import until

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


BODY = {**MINIMAL, "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}}}


class Demo:
    """The command in a process of its own, and JupyterLab's interface to it."""

    def __init__(self, process, folder, port):
        self.process = process
        self.folder = folder
        address = rf"http://127\.0\.0\.1:{port}/lab/tree/\S+"
        found = (re.search(address, line) for line in process.stdout)
        self.page = next(line[0] for line in found if line)
        self.base, _, self.token = re.fullmatch(r"(http://[^/]+)/(.*)\?token=(\w+)", self.page).groups()

    def ask(self, path, method="GET"):
        key = {"Authorization": f"token {self.token}"}
        asked = urllib.request.Request(self.base + path, None, key, method=method)  # noqa: S310 - our own server
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own server
            return json.load(answer)

    def run(self, kernel, code):
        """Run code in a kernel and return what it prints."""
        client = BlockingKernelClient(connection_file=str(self.folder / f"kernel-{kernel}.json"))
        client.load_connection_file()
        client.hb_channel.time_to_dead = 60.0  # a kernel that is busy is not dead after a second
        client.start_channels()
        said = []
        try:
            client.wait_for_ready(60)
            reply = client.execute_interactive(code, timeout=60, output_hook=said.append)
        finally:
            client.stop_channels()
        assert reply["content"]["status"] == "ok"
        return "".join(one["content"]["text"] for one in said if one["msg_type"] == "stream").strip()


@pytest.fixture
def started(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        **{f"JUPYTER_{kind}_DIR": str(tmp_path) for kind in ("CONFIG", "RUNTIME")},
        "IPYTHONDIR": str(tmp_path),
        "PPIO_API_KEY": "sk_real_0123456789",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ppio_widgets", "demo", "--no-browser", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    giving_up = threading.Timer(90, process.kill)
    giving_up.start()
    try:
        yield Demo(process, tmp_path, port)
    finally:
        giving_up.cancel()
        process.terminate()
        process.communicate(timeout=30)


def answers(url):
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        return answer.status == 200


def test_a_demo_from_its_address_to_an_instance_that_outlives_its_kernel(started):
    assert "/lab/tree/quickstart.ipynb?token=" in started.page
    until(lambda: answers(started.page), f"{started.page} answers")
    beside = {one["name"] for one in started.ask("/api/contents")["content"]}
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} <= beside
    kernel = started.ask("/api/kernels", "POST")["id"]
    made = started.run(kernel, f"from ppio_widgets import launch\nprint(launch({BODY}).id)")
    started.ask(f"/api/kernels/{kernel}/restart", "POST")
    seen = started.run(
        kernel,
        f"from ppio_widgets import Instance\nseen = Instance({made!r})\n"
        "print(seen.name, seen.client.is_practice, seen.jupyter_url)",
    )
    name, practice, link = seen.split(" ")
    assert (name, practice) == ("demo", "True")
    until(lambda: answers(link), f"{link} opens")
    neighbour = started.ask("/api/kernels", "POST")["id"]
    listed = "from ppio_widgets.api import connect\nprint([one.id for one in connect().list_instances()])"
    assert started.run(neighbour, listed) == str([made]), "every notebook sees it"
    stranger = f"import os\ndel os.environ['PPIO_WIDGETS_PRACTICE_KEY']\n{listed}"
    assert started.run(neighbour, stranger) == "[]"


@pytest.fixture
def demo(monkeypatch):
    """Run the command with something else in JupyterLab's place."""
    monkeypatch.setenv("PPIO_API_KEY", "sk_real_0123456789")
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE", "0")
    monkeypatch.setenv("PPIO_GPU_BASE_URL", "https://api.ppio.com")
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", "sk_practice_before.1")

    def demo(instead, *arguments):
        monkeypatch.setattr(LabApp, "launch_instance", instead)
        assert main(["demo", *arguments]) == 0

    return demo


def test_demo_stays_on_the_practice_cloud_even_with_a_key(demo):
    begun = []
    demo(begun.append, "--no-browser", "--port", "9999")
    assert begun[0][1] == "--LabApp.default_url=/lab/tree/quickstart.ipynb"
    assert begun[0][2:5] == ["--no-browser", "--port", "9999"]
    assert os.environ["PPIO_WIDGETS_PRACTICE"] == "1"


def test_a_demo_asks_nothing_about_news(demo, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    found = []

    def as_lab_would(_arguments):
        labconfig = ConfigManager(config_dir_name="labconfig")
        found.append(labconfig.get("default_setting_overrides"))
        found.append(os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)[-1])

    demo(as_lab_would)
    assert found[0]["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert found[1] == str(tmp_path), "what was looked at before is looked at as well"


def test_the_kernels_of_a_demo_share_one_practice_cloud_that_ends_with_it(demo):
    clients = [api.connect, lambda: api.connect(practice=True)]

    def as_kernels_would(_arguments):
        clients[:] = [connect() for connect in clients]
        made = launch(BODY)
        made.stop_following()
        assert [[one.id for one in client.list_instances()] for client in clients] == [[made.id]] * 2
        assert made.instance.jupyter_url.startswith(os.environ["PPIO_GPU_BASE_URL"])
        wait_for_launches()
        made.instance.client.close()

    demo(as_kernels_would)
    assert [client.is_practice and client.host.loopback for client in clients] == [True] * 2
    for client in clients:
        client.close()
        with pytest.raises(Unreachable):
            list(client.list_instances())


def test_an_installed_demo_opens_a_copy_with_the_lessons_beside_it(demo, monkeypatch, tmp_path):
    installed = tmp_path / "site-packages" / "ppio_widgets"
    shutil.copytree(NOTEBOOKS, installed / "notebooks")
    monkeypatch.setattr(command, "__file__", str(installed / "__main__.py"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    begun = []
    demo(begun.append)
    folder = Path(begun[0][0].partition("=")[2])
    assert folder.parent == tmp_path
    assert begun[0][1] == "--LabApp.default_url=/lab/tree/quickstart.ipynb"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in NOTEBOOKS.glob("*.ipynb")
    )
