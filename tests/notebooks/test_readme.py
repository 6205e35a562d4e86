"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_run_in_order(monkeypatch, tmp_path):
    for name in ("PPIO_API_KEY", "PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    sheet = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block) for block in blocks])
    NotebookClient(sheet, timeout=120, kernel_name="python3").execute()
    assert "'running'" in str(sheet.cells[-1].outputs)
