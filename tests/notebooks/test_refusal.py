"""Why a line refused where nobody looks at the notebook: what nbclient and papermill write on a console."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import ppio_widgets.magics

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LINE, "Nobody can confirm here, so nothing was sent: add --yes to launch, or --dry-run to look."),
        ("%ppio_launch --nam demo", "There is no option --nam. Did you mean --name?"),
        ("%ppio preset show nothere", "There is no preset nothere"),
    ],
)
def test_the_console_of_a_runner_says_why_a_line_refused(monkeypatch, tmp_path, line, reason):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    cells = ("%load_ext ppio_widgets", line, "print('not reached')")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError) as caught:
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    console = str(caught.value)
    assert reason in console
    assert "Traceback" not in console
    assert "magics/" not in console
    told = [output for output in notebook.cells[1].outputs if output.output_type == "error"]
    assert [len(output.traceback) for output in told] == [1]  # papermill reads it here
    assert reason in told[0].traceback[0]
    assert not notebook.cells[2].outputs


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
