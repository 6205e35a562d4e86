"""Every notebook runs from top to bottom, its exercises done as its page answers them, with nobody to answer.

They are executed once, several at a time in kernels of their own: most of it is waiting. In
their environment is a key, and a proxy that takes note of whoever comes to it: what
practises calls nobody.
"""

from __future__ import annotations

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.kernel import channels, environment
from tests.support.lessons import HURRY, NOTEBOOKS, PASSED, SHEETS, done, lesson_of

BOTH = [f"{language}/{sheet}" for sheet in SHEETS for language in ("en", "zh")]
KEY = "sk_live_must_not_be_used"
AT_ONCE = 6


async def execute(name, folder, room, changes):
    folder.mkdir(parents=True)
    sheet = done(*name.split("/"))
    sheet.cells.insert(2, nbformat.v4.new_code_cell(HURRY, id="hurry"))
    sheet.cells.append(nbformat.v4.new_code_cell(PASSED, id="passed"))
    own = {"PPIO_WIDGETS_CONFIG_DIR": str(folder / "config"), "PPIO_API_KEY": KEY, **changes}
    async with room:
        client = NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels())
        await client.async_execute(env=environment(folder) | own)
    return sheet


async def execute_all(jobs):
    room = asyncio.Semaphore(AT_ONCE)
    ended = await asyncio.gather(
        *(execute(name, folder, room, changes) for name, folder, changes in jobs), return_exceptions=True
    )
    return dict(zip([name for name, _, _ in jobs], ended, strict=True))


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
    jobs = [(name, folder / name, proxy) for name in BOTH]
    with ThreadPoolExecutor(1) as own_loop:  # this thread may have one already: a browser's
        ended = own_loop.submit(asyncio.run, execute_all(jobs)).result()

    def sheet(name):
        if isinstance(ended[name], BaseException):
            raise ended[name]
        return ended[name]

    return sheet


def outputs(sheet):
    """What each cell shows, as text."""
    return {cell["id"]: str(cell.get("outputs")) for cell in sheet.cells}


@pytest.mark.parametrize("name", BOTH)
def test_a_notebook_runs_with_its_exercises_done_and_all_of_them_are_passed(executed, name):
    sheet = executed(name)
    assert "error" not in {one.output_type for cell in sheet.cells for one in cell.get("outputs", [])}
    assert KEY not in nbformat.writes(sheet)
    exercises = lesson_of(name.partition("/")[2]).exercises
    assert exercises
    assert sheet.cells[-1].outputs[0].text.split() == [one.id for one in exercises]


@pytest.mark.parametrize("name", BOTH)
def test_no_notebook_calls_anybody_although_there_is_a_key(executed, watched, name):
    executed(name)
    with pytest.raises(BlockingIOError):
        watched.accept()


LISTS = re.compile(r"^%ppio (?:ls|bill|launches|products)\b.*", re.MULTILINE)


@pytest.mark.parametrize("name", BOTH)
def test_a_cell_that_lists_something_shows_the_list(executed, name):
    given = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells
    listing = [cell for cell in executed(name).cells if LISTS.search(cell.source)]
    assert listing
    for cell in listing:
        last = [one.output_type for one in cell.outputs][-1:]
        assert last == ["execute_result"], cell.source
    for source in (cell.source for cell in (*given, *listing)):
        for line in LISTS.findall(source):
            assert source.endswith(line), "a value that is not the last one is not shown"


EXPECTED = {
    "quickstart": {
        "form": r"widget-view\+json",
        "value": "{}",
        "dry-run": "¥2.96 per hour",
        "line": r"demo-[0-9a-f]{6}-line on the practice cloud",
        "wait": "running",
        "python": "Its answer was lost; a look-up found it.",
        "again": "is already there",
        "launches": "demo-[0-9a-f]{6}-python",
        "secret-env": "Practice sends placeholders",
        "tidy": "confirmed deleted at(.|\\n)*confirmed deleted at",
    },
    "01-first-bill": {
        "form": r"widget-view\+json",
        "watch": "running",
        "again": "me-again",
        "bill": "confirmed deleted at",
    },
    "02-the-line": {
        "plan": "¥2.50 per GPU and hour × 2 GPUs = ¥5.00 per hour",
        "help": "--unique-name",
        "secret": "2.3 is passed",
        "big": "INSUFFICIENT_RESOURCE",
        "preset": "two-cards",
        "stop": "confirmed deleted at",
    },
    "03-the-request": {
        "json": '"product_id": "3090.8c30g.os"',
        "write": "by-hand on the practice cloud",
        "four": r"/gpus/v2/instances(.|\n)*practice=True(.|\n)*%ppio_launch --name formats .*--env HF_TOKEN",
        "colleague": "GPUs: 1 → 2",
        "docker": "--rm",
        "served": "RATE_LIMIT_EXCEEDED",
        "tidy": "confirmed deleted at",
    },
    "04-prices": {
        "products": "L40S(.|\\n)*5.44",
        "form": r"widget-view\+json",
        "check-spot": "6 is near enough",
        "reclaimed": "confirmed deleted at",
        "after-a-month": r"633\.60(.|\\n)*633\.60",
        "stop-renewing": "4.6 is passed",
        "ceiling": "above the price ceiling of ¥20.00",
    },
    "05-when-it-goes-wrong": {
        "field": "Say which image to run.(.|\\n)*nothing was sent",
        "refused": "IDENTIFY_NOT_DONE(.|\\n)*RATE_LIMIT_EXCEEDED",
        "stuck": "IMAGE_NOT_FOUND|cannot be pulled",
        "found": "a look-up found it",
        "two": "It is not known whether unknown was launched",
        "launches": "absent on the practice cloud, .*looked up, and not there",
        "unconfirmed": "NOT CONFIRMED(.|\\n)*confirmed stopped at",
        "last": "nothing was|not sent|did not leave|was not sent",
        "exit": "5.7 is passed",
    },
    "06-build-it": {
        "sheet": r"widget-view\+json",
        "rows-check": "The controls of a removed row are closed.",
        "twice": "6.3 is passed(.|\\n)*twice",
        "magic-check": "8888/http, 6006/http",
        "real-rows": "what it said can be put back",
    },
}


@pytest.mark.parametrize("sheet", EXPECTED)
def test_a_notebook_shows_what_its_words_say(executed, sheet):
    texts = outputs(executed(f"en/{sheet}"))
    assert {cell: words for cell, words in EXPECTED[sheet].items() if not re.search(words, texts[cell])} == {}


IN_CHINESE = {
    "quickstart": {"dry-run": "每小时 ¥2.96", "python": "没有收到", "tidy": "确认删除"},
    "01-first-bill": {"again": "me-again", "bill": "确认删除"},
    "02-the-line": {"plan": "检查通过，可以创建。", "help": "实例名称", "stop": "确认删除"},
    "03-the-request": {"colleague": "1 → 2", "tidy": "确认删除"},
    "04-prices": {"check-spot": "6 足够接近。", "ceiling": "价格上限"},
    "05-when-it-goes-wrong": {"found": "没有收到", "unconfirmed": "未确认", "exit": "确认删除"},
    "06-build-it": {"sheet-check": "预览随名称变化。", "twice": "6.3 已通过。"},
}


@pytest.mark.parametrize("sheet", IN_CHINESE)
def test_a_chinese_notebook_speaks_chinese(executed, sheet):
    texts = outputs(executed(f"zh/{sheet}"))
    assert {cell: words for cell, words in IN_CHINESE[sheet].items() if words not in texts[cell]} == {}
