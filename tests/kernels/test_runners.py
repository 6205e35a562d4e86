"""What a program keeps of a notebook that it runs, and what its console says of a line that was refused."""

from __future__ import annotations

import nbformat
import pytest

from ppio_widgets.locale.words import LANGUAGES
from tests.support.lessons import NOTEBOOKS
from tests.support.runners import LAUNCHED, LINE, NOBODY, RUNNERS, run_notebook

VIEW = "application/vnd.jupyter.widget-view+json"


def notebook(folder, *cells):
    made = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext ppio_widgets", *cells)]
    path = folder / "sheet.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_program_that_runs_a_notebook_keeps_the_form_and_the_launch_as_text(runner, tmp_path):
    form = "from ppio_widgets import LaunchForm\nLaunchForm({'name': 'by-form'}, practice=True)"
    process, output = run_notebook(runner, notebook(tmp_path, form, f"{LINE} --yes"), tmp_path)
    assert process.returncode == 0, process.stderr
    _loaded, form, launched = (cell.outputs for cell in nbformat.read(output, as_version=4).cells)
    assert [VIEW in one.data for one in form] == [True]
    assert "%ppio_launch --form --name by-form" in form[0].data["text/plain"]
    assert LAUNCHED in launched[-1].data["text/plain"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_its_console_says_why_a_line_was_refused(runner, tmp_path):
    process, _output = run_notebook(runner, notebook(tmp_path, LINE), tmp_path)
    assert process.returncode != 0
    assert NOBODY in process.stderr + process.stdout


@pytest.mark.parametrize("lesson", ["quickstart", "05-when-it-goes-wrong"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_papermill_runs_lessons_to_their_end_though_it_knows_no_tag_that_lets_a_cell_fail(
    language, lesson, tmp_path
):
    process, output = run_notebook("papermill", NOTEBOOKS / language / f"{lesson}.ipynb", tmp_path)
    assert process.returncode == 0, process.stderr
    assert '"status": "completed"' in output.read_text(encoding="utf-8")
