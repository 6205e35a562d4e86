"""README and docs: the Python runs as it stands, links lead somewhere, the README is one screen."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
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
    NotebookClient(sheet, timeout=120, kernel_name="python3").execute()
    assert "'running'" in str(sheet.cells[2].outputs)


def test_the_readme_is_one_screen():
    assert len(README.read_text(encoding="utf-8").split()) <= 700


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"], ids=lambda page: page.name
)
def test_links_to_our_own_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_the_readme_names_each_page():
    named = re.findall(r"\]\((docs/[^)]+)\)", README.read_text(encoding="utf-8"))
    assert {ROOT / one for one in named} == set(PAGES) - {README, ROOT / "docs" / "README.md"}
