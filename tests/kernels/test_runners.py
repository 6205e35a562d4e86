"""What is shown where there is no page: on a terminal, by `ipython -c`, in a notebook that a program runs."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest

from tests.support.runners import PATIENCE, RUNNERS, is_there, run_notebook, surroundings, talk

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"
NOBODY = "Nobody can confirm here, so nothing was sent: add --yes to launch, or --dry-run to look."
LAUNCHED = "demo on the practice cloud: "
VIEW = "application/vnd.jupyter.widget-view+json"
THERE = [name for name in RUNNERS if name != "papermill" or is_there(name)]


def notebook(folder, *cells):
    made = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext ppio_widgets", *cells)]
    path = folder / "sheet.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def ipython(folder, line):
    """Run lines by `ipython -c`, with nobody at a keyboard."""
    return subprocess.run(
        [sys.executable, "-m", "IPython", "-c", f"%load_ext ppio_widgets\n{line}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=surroundings(folder),
    )


@pytest.mark.parametrize("runner", THERE)
def test_a_program_that_runs_a_notebook_keeps_the_form_and_the_launch_as_text(runner, tmp_path):
    form = "from ppio_widgets import LaunchForm\nLaunchForm({'name': 'by-form'}, practice=True)"
    process, output = run_notebook(runner, notebook(tmp_path, form, f"{LINE} --yes"), tmp_path)
    assert process.returncode == 0, process.stderr
    _loaded, form, launched = (cell.outputs for cell in nbformat.read(output, as_version=4).cells)
    assert [VIEW in one.data for one in form] == [True]
    assert "%ppio_launch --form --name by-form" in form[0].data["text/plain"]
    assert LAUNCHED in launched[-1].data["text/plain"]


@pytest.mark.parametrize("runner", THERE)
def test_its_console_says_why_a_line_was_refused(runner, tmp_path):
    process, _output = run_notebook(runner, notebook(tmp_path, LINE), tmp_path)
    assert process.returncode != 0
    assert NOBODY in process.stderr + process.stdout


def test_ipython_c_shows_a_launch_as_text(tmp_path):
    process = ipython(tmp_path, f"{LINE} --yes")
    assert process.returncode == 0, process.stderr
    assert LAUNCHED in process.stdout


def test_ipython_c_refuses_what_nobody_can_confirm(tmp_path):
    process = ipython(tmp_path, LINE)
    assert process.returncode == 1
    assert NOBODY in process.stdout + process.stderr
    assert LAUNCHED not in process.stdout


@pytest.mark.parametrize(("answer", "shown"), [("y", LAUNCHED), ("n", "Not launched; nothing was sent.")])
def test_ipython_on_a_terminal_asks_and_launches_only_after_a_yes(answer, shown, tmp_path):
    command = ("-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit")
    turns = [
        ("In [1]:", "%load_ext ppio_widgets"),
        ("In [2]:", LINE),
        ("[y/N]", answer),
        (shown, ""),
        ("In [", "exit"),
    ]
    assert ("demo on the practice cloud: " in talk(command, surroundings(tmp_path), *turns)) == (
        answer == "y"
    )
