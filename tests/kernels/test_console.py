"""`jupyter console`: a front end that shows no widgets and can be typed into."""

from __future__ import annotations

import pytest

from tests.support.runners import LAUNCHED, LINE, surroundings, talk


@pytest.mark.parametrize(("answer", "shown"), [("y", LAUNCHED), ("n", "Not launched; nothing was sent.")])
def test_it_asks_and_launches_only_after_a_yes(answer, shown, tmp_path):
    command = ("-m", "jupyter_console", "--simple-prompt", "--no-confirm-exit")
    turns = [
        ("In [1]:", "%load_ext ppio_widgets"),
        ("In [2]:", LINE),
        ("[y/N]", answer),
        (shown, ""),
        ("In [", "exit"),
    ]
    console = talk(command, surroundings(tmp_path, "jupyter-console"), *turns)
    assert (LAUNCHED in console) == (answer == "y")
