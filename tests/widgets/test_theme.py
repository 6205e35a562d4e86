"""Looks: what a stylesheet may say."""

import re
from importlib.resources import files

SHEETS = sorted(files("ppio_widgets").joinpath("widgets").rglob("*.css"))


def test_every_size_of_a_text_follows_jupyterlab():
    """Sizes in pixels would ignore its presentation mode; only a fallback elsewhere may be one."""
    said = [
        (sheet.name, found)
        for sheet in SHEETS
        for found in re.findall(r"[\w-]*font(?:-size)?\s*:[^;}]*", sheet.read_text(encoding="utf-8"))
    ]
    assert len(said) > 10
    fixed = [
        (name, found)
        for name, found in said
        if re.search(r"\d(?:px|pt|rem)", re.sub(r"var\([^)]*\)", "", found))
    ]
    assert fixed == []
