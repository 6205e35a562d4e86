"""Every notebook runs from top to bottom, with no key and nobody to answer."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def executed(monkeypatch, tmp_path):
    # A key is set: the notebooks have to stay on the practice cloud all the same.
    monkeypatch.setenv("PPIO_API_KEY", "sk_live_must_not_be_used")
    monkeypatch.delenv("PPIO_GPU_BASE_URL", raising=False)
    monkeypatch.delenv("PPIO_WIDGETS_PRACTICE", raising=False)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)

    def execute(path):
        sheet = nbformat.read(path, as_version=4)
        nbformat.validate(sheet)
        NotebookClient(sheet, timeout=120, kernel_name="python3").execute()
        return sheet

    return execute


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_it_is_saved_clean(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_quickstart_launches_on_the_practice_cloud(executed):
    sheet = executed(NOTEBOOKS / "quickstart.ipynb")
    texts = {cell["id"]: str(cell.get("outputs")) for cell in sheet.cells}
    assert "widget-view+json" in texts["form"]
    assert "{}" in texts["value"]
    assert "Nothing blocks it." in texts["dry-run"]
    assert "demo-line on the practice cloud" in texts["line"]
    assert "running" in texts["wait"]
    assert "demo-python on the practice cloud" in texts["python"]
    assert "demo-line-" in texts["again"]
    assert "¥25.20 per hour" in texts["price"]
    assert texts["launches"].count("launched, id") == 3
    assert "from $HF_TOKEN" in texts["secret-env"] or "$env" in texts["secret-env"]
    assert "must_not_be_used" not in nbformat.writes(sheet)
