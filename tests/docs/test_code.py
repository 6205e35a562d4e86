"""The Python of README and docs runs as it stands, each page by itself."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

from tests.support.kernel import channels

from .pages import README, blocks, pages

# Of the page before nothing is left.
ALONE = """%reset -f
get_ipython().extension_manager.unload_extension("ppio_widgets")"""


def test_the_examples_run_in_order(monkeypatch, tmp_path):
    for name in ("PPIO_API_KEY", "PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = []
    for page in (README, *pages("en").values()):
        code = [content for kind, content in blocks(page) if kind == "python"]
        cells += [ALONE, *code] if code else []
        assert page != README or len(code) == 3
    sheet = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels()).execute()
    assert "'running'" in str(sheet.cells[3].outputs)
