"""A lesson as a page of the site: its notebook is run, and what its cells show stands below them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ppio_widgets.locale.words import LANGUAGES
from tests.support.kernel import channels
from tests.support.lessons import NOTEBOOKS, answers
from tests.support.lessons import pages as lessons

from .pages import blocks, links, pages

PAGES = [name for name in pages("en") if re.fullmatch(r"lessons/(?!index).*", name)]
LINE = (
    "%load_ext ppio_widgets\n"
    "%ppio_launch --practice --name page --product a100-80g --image ubuntu:24.04 --dry-run"
)
ANSWERED = "exercise"
CELLS = [
    nbformat.v4.new_markdown_cell("# The title\n\nOn to [the next](02-the-line.ipynb#more)."),
    nbformat.v4.new_code_cell("print('it is said')"),
    nbformat.v4.new_code_cell("print('your answer')", id=ANSWERED),
    nbformat.v4.new_code_cell("print(chr(96) * 4)"),
    nbformat.v4.new_code_cell("import ipywidgets\n\nipywidgets.Text('no page shows it')"),
    nbformat.v4.new_code_cell(LINE),
    nbformat.v4.new_code_cell("import os\n\n[name for name in os.environ if 'API_KEY' in name]"),
]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PPIO_API_KEY", "sk_live_0123456789")
        patch.setattr(lessons, "NotebookClient", partial(NotebookClient, config=channels()))
        return lessons.lesson(path, {ANSWERED: "print(6 * 7)"})


def test_what_a_cell_shows_stands_below_it(shown):
    said, done, answered, unseen, planned = re.split(r"^```python$", shown, flags=re.MULTILINE)[1:6]
    assert re.search(
        r"^```\{code-block\} text\n:class: lesson-output\n\nit is said\n```$", said, re.MULTILINE
    )
    assert "print('your answer')" in done, "as it is given out"
    assert re.search("^42$", done, re.MULTILINE), "as it is answered"
    assert answered.count("`````") == 2, "a fence is longer than what is in it"
    assert "lesson-output" not in unseen
    assert '```{raw} html\n<div class="lesson-output">' in planned
    assert "a100-80g&#34;" in planned


def test_a_lesson_on_a_page_has_no_key_and_leads_to_pages(shown):
    assert shown.rstrip().endswith("[]\n```")
    assert "# The title" not in shown
    assert "[the next](02-the-line.md#more)" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_shows_the_lesson_of_its_language_and_leads_to_its_notebook(name, language):
    page = pages(language)[name]
    *others, last = [kind for kind, _content in blocks(page)]
    assert last == f"{{lesson}} {page.stem}"
    cells = {cell.id for cell in nbformat.read(NOTEBOOKS / language / f"{page.stem}.ipynb", 4).cells}
    assert others == [f"python answer={cell}" for cell in answers(language, page.stem)]
    assert cells >= set(answers(language, page.stem)), "each is the answer of a cell"
    assert f"../../../notebooks/{language}/{page.stem}.ipynb" in links(page)


def test_each_lesson_has_its_page():
    assert {path.stem for path in NOTEBOOKS.glob("*/*.ipynb")} == {Path(name).stem for name in PAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_the_address_of_a_site_a_lesson_can_be_run_in_the_browser(language):
    notebook = Path("02-the-line.ipynb")
    link = lessons.offer("https://class.example/lite/", notebook, language)
    assert f"](https://class.example/lite/lab/index.html?path={language}/02-the-line.ipynb)" in link
    assert lessons.offer("", notebook, language) == ""
