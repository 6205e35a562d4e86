"""Every notebook runs from top to bottom, with no key and nobody to answer.

They are executed once, several at a time in kernels of their own: most of it is waiting. In
their environment is a key, and a proxy that takes note of whoever comes to it: what
practises calls nobody.
"""

from __future__ import annotations

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.kernel import channels, environment

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("en/0*.ipynb"))
BOTH = [f"{language}/{lesson}" for lesson in LESSONS for language in ("en", "zh")]
KEY = "sk_live_must_not_be_used"
AT_ONCE = 6
QUICKSTARTS = ("en/quickstart", "zh/quickstart")


async def execute(name, folder, room, changes):
    folder.mkdir(parents=True)
    sheet = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    own = {"PPIO_WIDGETS_CONFIG_DIR": str(folder / "config"), "PPIO_API_KEY": KEY, **changes}
    async with room:
        client = NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels())
        await client.async_execute(env=environment(folder) | own)
    return sheet


async def execute_all(jobs):
    room = asyncio.Semaphore(AT_ONCE)
    done = await asyncio.gather(
        *(execute(name, folder, room, changes) for name, folder, changes in jobs), return_exceptions=True
    )
    return dict(zip([name for name, _, _ in jobs], done, strict=True))


@pytest.fixture(scope="module")
def watched():
    """A proxy for https that answers nobody, and knows afterwards whether somebody came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture(scope="module")
def executed(tmp_path_factory, watched):
    folder = tmp_path_factory.mktemp("notebooks")
    proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{watched.getsockname()[1]}"}
    lessons = [(name, folder / name, proxy) for name in BOTH]
    jobs = [*lessons, *((name, folder / name, {}) for name in QUICKSTARTS)]
    with ThreadPoolExecutor(1) as own_loop:  # this thread may have one already: a browser's
        done = own_loop.submit(asyncio.run, execute_all(jobs)).result()

    def sheet(name):
        if isinstance(done[name], BaseException):
            raise done[name]
        return done[name]

    return sheet


def outputs(sheet):
    """What each cell shows, as text."""
    return {cell["id"]: str(cell.get("outputs")) for cell in sheet.cells}


@pytest.mark.parametrize("name", QUICKSTARTS)
def test_the_quickstart_launches_on_the_practice_cloud(executed, name):
    sheet = executed(name)
    texts = outputs(sheet)
    assert "widget-view+json" in texts["form"]
    assert "{}" in texts["value"]
    assert re.search(r"demo-[0-9a-f]{6}-line-", texts["again"])
    assert KEY not in nbformat.writes(sheet)


def test_the_quickstart_shows_what_its_words_say(executed):
    texts = outputs(executed("en/quickstart"))
    assert "Nothing blocks it." in texts["dry-run"]
    assert re.search(r"demo-[0-9a-f]{6}-line on the practice cloud", texts["line"])
    assert "running" in texts["wait"]
    assert re.search(r"demo-[0-9a-f]{6}-python on the practice cloud", texts["python"])
    assert "¥25.20 per hour" in texts["price"]
    assert texts["launches"].count("launched, id") == 3
    assert "Practice sends placeholders" in texts["secret-env"]
    assert texts["tidy"].count("confirmed deleted at") == 3


def test_the_chinese_quickstart_speaks_chinese(executed):
    texts = outputs(executed("zh/quickstart"))
    assert "检查通过，可以创建。" in texts["dry-run"]
    assert "运行" in texts["wait"]
    assert "每小时 ¥25.20" in texts["price"]
    assert texts["tidy"].count("确认删除") == 3


@pytest.mark.parametrize("name", BOTH)
def test_a_lesson_runs_and_no_cell_ends_in_an_error(executed, name):
    sheet = executed(name)
    assert "error" not in {one.output_type for cell in sheet.cells for one in cell.get("outputs", [])}
    assert KEY not in nbformat.writes(sheet)


@pytest.mark.parametrize("name", BOTH)
def test_no_lesson_calls_anybody_although_there_is_a_key(executed, watched, name):
    executed(name)
    with pytest.raises(BlockingIOError):
        watched.accept()


EXPECTED = {
    "01-first-bill": {
        "form": "widget-view+json",
        "errors": "Give the instance a name.",
        "request": "CreateInstanceRequest(",
        "launch": "accepted (id ",
        "wait": "'running'",
        "machine": "practice.invalid:8080",
        "stop": "confirmed stopped at",
        "board": "widget-view+json",
        "tidy": "confirmed deleted at",
    },
    "02-the-line": {
        "practice": "this kernel uses the practice cloud",
        "dry-run": "Nothing blocks it.",
        "help": "--unique-name",
        "variables": '"$env": "HF_TOKEN"',
        "launch": "on the practice cloud",
        "ls": "One instance on the practice cloud",
        "show": "running",
        "cell": '"name": "another-name"',
        "preset": '"name": "from-a-preset"',
        "stop": "confirmed deleted at",
    },
    "03-the-request": {
        "curl": "/gpus/v2/instances",
        "python": "practice=True",
        "line": "%ppio_launch --name faces",
        "secret": "--env HF_TOKEN",
        "from-json": "True",
        "from-line": "widget-view+json",
        "diff": "GPUs: 1 → 2",
        "docker": "widget-view+json",
        "left-out": "--rm",
    },
    "04-prices": {
        "postpaid": "¥12.60 per GPU and hour × 2 GPUs = ¥25.20 per hour",
        "spot": "compared with on-demand",
        "prepaid": "charged now for 1 month",
        "disk": "cost extra",
        "ceiling": "above the price ceiling of ¥20.00",
        "launch": "on the practice cloud",
        "timer": "kernel stops lesson-4-",
        "cost": "so far: about ¥0.",
        "stop": "confirmed deleted at",
    },
    "05-when-it-goes-wrong": {
        "field": "Say which image to run.",
        "invalid": "RequestInvalid",
        "sold-out": "INSUFFICIENT_RESOURCE",
        "reason": "400 UNSUPPORTED_BILLING_MODE",
        "taken": "is already there",
        "lost": "Its answer was lost; a look-up found it.",
        "launches": "-lost on the practice cloud",
        "unconfirmed": "NOT CONFIRMED: stop was requested",
        "forgotten": "3 instances on the practice cloud",
        "tidy": "-lost (",
    },
}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_shows_what_its_words_say(executed, lesson):
    texts = outputs(executed(f"en/{lesson}"))
    assert {cell: words for cell, words in EXPECTED[lesson].items() if words not in texts[cell]} == {}


IN_CHINESE = {
    "01-first-bill": {"errors": "请给实例起个名称。", "stop": "确认停止", "tidy": "确认删除"},
    "02-the-line": {"dry-run": "检查通过，可以创建。", "help": "实例名称", "stop": "确认删除"},
    "03-the-request": {"from-json": "True", "diff": "1 → 2"},
    "04-prices": {"postpaid": "每小时 ¥25.20", "cost": "到现在：约 ¥0.", "stop": "确认删除"},
    "05-when-it-goes-wrong": {"lost": "没有收到它的响应", "unconfirmed": "未确认", "tidy": "确认删除"},
}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_chinese_lesson_speaks_chinese(executed, lesson):
    texts = outputs(executed(f"zh/{lesson}"))
    assert {cell: words for cell, words in IN_CHINESE[lesson].items() if words not in texts[cell]} == {}
