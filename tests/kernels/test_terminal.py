"""IPython without a notebook: on a terminal a line is asked in text, by `ipython -c` nobody can be asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.runners import LAUNCHED, LINE, NOBODY, PATIENCE, surroundings, talk


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
    assert (LAUNCHED in talk(command, surroundings(tmp_path), *turns)) == (answer == "y")
