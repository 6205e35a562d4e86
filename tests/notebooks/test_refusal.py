"""Why a line refused where nobody looks at the notebook: what nbclient and papermill write on a console."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import ppio_widgets.magics
from tests.support.kernel import channels

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"


REFUSED = {
    LINE: "Nobody can confirm here, so nothing was sent: add --yes to launch, or --dry-run to look.",
    "%ppio_launch --nam demo": "There is no option --nam. Did you mean --name?",
    "%ppio preset show nothere": "There is no preset nothere",
}


def test_the_console_of_a_runner_says_why_a_line_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    cells = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext ppio_widgets", *REFUSED)]
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells), timeout=120, kernel_name="python3", config=channels()
    )
    with client.setup_kernel():
        client.execute_cell(cells[0], 0)
        for number, (cell, reason) in enumerate(zip(cells[1:], REFUSED.values(), strict=True), 1):
            with pytest.raises(CellExecutionError) as caught:
                client.execute_cell(cell, number)
            console = str(caught.value)
            assert reason in console
            assert "Traceback" not in console
            assert "magics/" not in console
            told = [output for output in cell.outputs if output.output_type == "error"]
            assert [len(output.traceback) for output in told] == [1]  # papermill reads it here
            assert reason in told[0].traceback[0]


def test_no_magic_refuses_by_the_error_whose_reason_only_stderr_has():
    def imported(path):
        found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        return {
            f"{node.module}.{name.name}"
            for node in found
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }

    modules = sorted(Path(ppio_widgets.magics.__file__).parent.glob("*.py"))
    by_module = {path.stem: imported(path) for path in modules}
    assert "ppio_widgets.magics.ppio_magic.UsageError" in by_module["launch_magic"]
    assert not [name for name, taken in by_module.items() if "IPython.core.error.UsageError" in taken]
