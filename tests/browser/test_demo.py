"""`make demo` as it is: the command starts JupyterLab on a copy of the quickstart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_server.services.config.manager import ConfigManager
from jupyterlab.labapp import LabApp

from ppio_widgets import api, launch
from ppio_widgets.__main__ import main
from ppio_widgets.errors import Unreachable
from tests.support.bodies import MINIMAL
from tests.support.wire import free_port, wait_for_launches

from .conftest import until

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


GIVING_UP = 300  # seconds, for a server and its kernels; only a failure takes as long
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
    port = free_port()
    environment = {
        **os.environ,
        **{f"JUPYTER_{kind}_DIR": str(tmp_path) for kind in ("CONFIG", "RUNTIME")},
        "IPYTHONDIR": str(tmp_path),
        "PPIO_API_KEY": "sk_real_0123456789",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ppio_widgets", "demo", "--no-browser", "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    giving_up = threading.Timer(GIVING_UP, process.kill)
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
    assert "/lab/tree/en/quickstart.ipynb?token=" in started.page
    until(lambda: answers(started.page), f"{started.page} answers")
    beside = {one["name"] for one in started.ask("/api/contents/en")["content"]}
    assert {path.name for path in NOTEBOOKS.glob("en/*.ipynb")} <= beside
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
def demo(monkeypatch, tmp_path):
    """Run the command with something else in JupyterLab's place."""
    monkeypatch.chdir(tmp_path)
    for name in ("PPIO_WIDGETS_LANG", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, "en" if name.endswith("LANG") else str(tmp_path / name))
    for name in ("IPYTHONDIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_PREFER_ENV_PATH"):
        monkeypatch.setenv(name, "")
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
    assert begun[0][1] == "--LabApp.default_url=/lab/tree/en/quickstart.ipynb"
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


@pytest.fixture
def opened(demo, capsys):
    """Run the command; returns the folder and the notebook that JupyterLab opens, and what was said."""

    def opened(*arguments):
        begun = []
        demo(begun.extend, *arguments)
        told = dict(one.split("=") for one in begun if "=" in one)
        page = told["--LabApp.default_url"].removeprefix("/lab/tree/")
        return Path(told["--ServerApp.root_dir"]), page, capsys.readouterr().out

    return opened


def test_a_demo_opens_a_copy_with_the_lessons_beside_it_and_says_where(opened, tmp_path):
    folder, page, said = opened()
    assert (folder, page) == (tmp_path / "ppio-widgets-demo", "en/quickstart.ipynb")
    copied, ours = (
        {path.relative_to(place): path.read_text("utf-8") for path in place.glob("*/*.ipynb")}
        for place in (folder, NOTEBOOKS)
    )
    assert copied == ours
    assert f"Notebooks: {folder} ({len(ours)} copied, 0 kept" in said
    assert "Starting JupyterLab on the practice cloud; nothing is billed." in said


def test_a_demo_leaves_what_is_there_as_it_is(opened, tmp_path):
    mine = tmp_path / "my course 课程"
    (mine / "en").mkdir(parents=True)
    (mine / "en" / "quickstart.ipynb").write_text("mine", encoding="utf-8")
    folder, _page, said = opened("--folder", "my course 课程")
    assert folder == mine
    assert (mine / "en" / "quickstart.ipynb").read_text(encoding="utf-8") == "mine"
    assert (mine / "en" / "01-first-bill.ipynb").exists()
    assert not (mine / ".gitignore").exists()
    assert "1 kept as they were" in said


def test_a_home_that_no_shell_has_put_in_is_the_persons(opened, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert opened("--folder=~/course")[0] == tmp_path / "home" / "course"


def test_a_demo_opens_where_no_home_is_named(opened, monkeypatch, tmp_path):
    monkeypatch.delenv("HOME")
    assert opened()[0] == tmp_path / "ppio-widgets-demo"


@pytest.mark.parametrize("language", [("--lang", "zh"), ()], ids=["asked", "of the system"])
def test_a_demo_in_chinese_opens_the_chinese_notebook(opened, monkeypatch, language):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en" if language else "zh_CN.UTF-8")
    _folder, page, said = opened(*language)
    assert page == "zh/quickstart.ipynb"
    assert "正在打开 JupyterLab" in said
    assert os.environ["PPIO_WIDGETS_LANG"] == "zh", "the kernels speak it too"


def test_a_demo_makes_no_checkout_dirty(opened, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    before = subprocess.check_output(["git", "status", "--short"], cwd=tmp_path, text=True)
    assert opened()[0].exists()
    assert subprocess.check_output(["git", "status", "--short"], cwd=tmp_path, text=True) == before


def test_a_folder_that_cannot_be_used_gives_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    (tmp_path / "file").touch()
    assert main(["demo", "--folder", str(tmp_path / "file")]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        f"Notebooks cannot be copied to {tmp_path}/file (a part of its path is no folder)."
        " Choose another with --folder.\n"
    )


def test_under_a_home_that_cannot_be_written_jupyter_gets_another(opened, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    closed = tmp_path / "file" / "jupyter"  # root cannot write there either
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(closed))
    _folder, _page, said = opened()
    assert f"{closed} cannot be written" in said
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        assert "ppio-widgets-demo-" in os.environ[name]
