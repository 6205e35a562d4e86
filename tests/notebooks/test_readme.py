"""README and docs: the Python runs as it stands, links lead somewhere, the README is one screen."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.schema import leaves
from ppio_widgets.widgets.form.fields import ANCHORS, PAGE, question
from tests.support.kernel import channels

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FIELDS = ROOT / "docs" / "fields.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def test_the_examples_run_in_order(monkeypatch, tmp_path):
    for name in ("PPIO_API_KEY", "PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    blocks = [
        (page.name, block)
        for page in PAGES
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert [page for page, _block in blocks].count("README.md") == 3
    sheet = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block) for _page, block in blocks])
    NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels()).execute()
    assert "'running'" in str(sheet.cells[2].outputs)


def test_the_readme_is_one_screen():
    assert len(README.read_text(encoding="utf-8").split()) <= 560


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"], ids=lambda page: page.name
)
def test_links_to_our_own_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_the_readme_names_each_page():
    named = re.findall(r"\]\((docs/[^)]+\.md)\)", README.read_text(encoding="utf-8"))
    assert {ROOT / one for one in named} == set(PAGES) - {README, ROOT / "docs" / "README.md"}


@pytest.mark.parametrize("name", leaves())
def test_each_field_has_its_heading_with_its_words_and_something_below_it(name):
    labels = [words(language)(f"field.{name}") for language in ("en", "zh")]
    heading = f"### `{name}` · {labels[0]} · {labels[1]}\n\n"
    _before, found, after = FIELDS.read_text(encoding="utf-8").partition(heading)
    assert found, heading
    english, chinese = after.split("\n\n")[:2]
    assert re.search(r"[a-z]", english)
    assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_what_the_form_explains_has_its_place_on_the_page_of_fields():
    text = FIELDS.read_text(encoding="utf-8")
    assert re.findall(r"^<a id=\"(.*)\"></a>\n###", text, re.MULTILINE)
    assert set(re.findall(r"<a id=\"(.*)\">", text)) == set(ANCHORS.values())
    for language in LANGUAGES:
        said = {key for key in words(language)._sentences if key.startswith("help.")}
        assert said == {f"help.{name}" for name in ANCHORS} | {"help.label", "help.more"}


def test_the_page_that_the_form_leads_to_is_one_that_the_package_names():
    assert f'"{PAGE}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.urls]")[1]


@pytest.mark.parametrize("name", ANCHORS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_mark_opens_a_sentence_and_leads_to_its_place(name, language):
    say = words(language)
    opened = question(say, name)
    assert opened.startswith("<details ")
    assert say(f"help.{name}") in opened
    assert f"<a href='{PAGE}#{ANCHORS[name]}' target=_blank rel=noopener>{say('help.more')}</a>" in opened
    assert question(say, "name") == ""
