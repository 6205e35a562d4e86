"""The Python of README and docs runs as it stands, each page by itself; each line of `%ppio` is one."""

from __future__ import annotations

import asyncio
import re

import nbformat
import pytest
from nbclient import NotebookClient

from ppio_widgets.__main__ import main
from ppio_widgets.formats.line.options import BY_FLAG
from ppio_widgets.locale.words import LANGUAGES
from ppio_widgets.magics.verbs import VERBS, known_verb
from tests.support.kernel import channels, environment

from .pages import README, ROOT, blocks, pages, prose

# Of the page before nothing is left.
ALONE = """%reset -f
get_ipython().extension_manager.unload_extension("ppio_widgets")
from ppio_widgets.practice import cloud
cloud.put_kernel_cloud(cloud.PracticeCloud())"""
# A class that is served, whose teacher's key the environment has.
CLASS = """import os
from ppio_widgets.practice.classroom import cloud, lesson, roster
from ppio_widgets.practice.server import serving
from ppio_widgets.runtime import kernel
room = cloud.ClassCloud(lesson.packaged("first-bill"), roster.Roster())
for name in ("s07", "s12"):
    room.join(name, "4711")
served = serving(room)
os.environ.update(PPIO_GPU_BASE_URL=served.__enter__().url, PPIO_WIDGETS_PRACTICE_KEY=room.teacher_key)"""
AFTER_CLASS = """del os.environ["PPIO_GPU_BASE_URL"], os.environ["PPIO_WIDGETS_PRACTICE_KEY"]
kernel._kernels.clear()
served.__exit__(None, None, None)"""
# Instances come up in real seconds, for which a page waits: as many kernels wait at the same time.
KERNELS = 4

EVERY = [README, *(page for language in LANGUAGES for page in pages(language).values())]
# What a page says that its code shows.
SEEN = {
    "secret": '{\\n        "$env": "HF_TOKEN"',
    "docker": "8000 http",
    "lost": "confirmed deleted",
    "sweep": "sweep-0.01 (",
    "ssh": "confirmed stopped",
    "script": "running ssh -p",
    "stop": "will stop it 3 h after the launch",
}
_FLAG = re.compile(r"--[a-z][a-z-]*")
_INLINE = re.compile(r"`([^`]+)`")
# What is typed: behind a prompt or a name it is given, and before a remark.
_MAGIC = re.compile(r"^(?:\w+ = )?%?(%ppio(?:_launch)? .*?)(?:  |$)")
_COMMAND = re.compile(r"^(?:\$ )?(ppio-widgets [a-z].*?)(?:  |$)")


def python(page):
    return [content for kind, content in blocks(page) if kind == "python"]


def written(page, form):
    """Return what of a page has a form: of its lines of code, and of what its prose has as code."""
    lines = [line for _kind, content in blocks(page) for line in content.splitlines()]
    return [found[1] for line in (*lines, *_INLINE.findall(prose(page))) if (found := form.match(line))]


def magics(page):
    return written(page, _MAGIC)


def commands(page):
    return written(page, _COMMAND)


def taken(words):
    """Return the options that the words of a line take."""
    if words[0] == "%ppio_launch":
        return set(BY_FLAG)
    verb = VERBS[known_verb(words[1:])]
    return set(BY_FLAG) if verb.reads_words else {option.flag for option in verb.options}


def around(page):
    """Return a page's cells; those that join a class have one around them."""
    cells = python(page)
    joins = [at for at, cell in enumerate(cells) if "%ppio class join" in cell]
    return [*cells[: joins[0]], CLASS, *cells[joins[0] :], AFTER_CLASS] if joins else cells


async def run(ordered, folder):
    """Run pages one after another in a kernel of a folder; returns the cells of each."""
    folder.mkdir()
    cells = {page: [nbformat.v4.new_code_cell(cell) for cell in (ALONE, *around(page))] for page in ordered}
    sheet = nbformat.v4.new_notebook()
    sheet.cells = [cell for page in cells.values() for cell in page]
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels(), resources=place)
    await client.async_execute(env=environment(folder))
    return cells


def test_the_examples_run_in_order(tmp_path):
    coded = [page for page in (README, *pages("en").values()) if python(page)]
    shares = [coded[at::KERNELS] for at in range(KERNELS)]

    async def run_all():
        return await asyncio.gather(*(run(share, tmp_path / str(at)) for at, share in enumerate(shares)))

    cells = {page: shown for share in asyncio.run(run_all()) for page, shown in share.items()}
    assert len(python(README)) == 3
    assert "'running'" in str(cells[README][-1].outputs)
    said = {page.stem: str([cell.get("outputs") for cell in shown]) for page, shown in cells.items()}
    for name, words in SEEN.items():
        assert words in said[name], name


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_verb_and_option_that_a_page_writes_is_there(page):
    for line in magics(page):
        assert set(_FLAG.findall(line)) <= taken(line.split()), line


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_writes_is_there(page, capsys):
    for line in commands(page):
        name = line.split()[1]
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0, line
        assert set(_FLAG.findall(line)) <= set(_FLAG.findall(capsys.readouterr().out)), line
