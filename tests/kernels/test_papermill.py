"""papermill runs every lesson to its end: it knows no tag that lets a cell end in an error."""

from __future__ import annotations

import pytest

from tests.notebooks.test_notebooks import BOTH, NOTEBOOKS
from tests.support.runners import run_notebook


@pytest.mark.parametrize("name", BOTH)
def test_a_lesson_runs_to_its_end(name, tmp_path):
    process, output = run_notebook("papermill", NOTEBOOKS / f"{name}.ipynb", tmp_path)
    assert process.returncode == 0, process.stderr
    assert '"status": "completed"' in output.read_text(encoding="utf-8")
