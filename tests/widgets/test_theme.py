"""Looks: what a stylesheet may say."""

import re
from pathlib import Path

import ppio_widgets
from ppio_widgets.instances.listing import KINDS

PACKAGE = Path(ppio_widgets.__file__).parent
# Of widgets; the teacher's page is a document of its own.
SHEETS = sorted((PACKAGE / "widgets").rglob("*.css"))


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


def read(*patterns):
    """The text of the package's files of these kinds, without comments."""
    found = [path for pattern in patterns for path in PACKAGE.rglob(pattern)]
    comments = re.compile(r"/\*.*?\*/|^ *//.*?$|^ *#.*?$", flags=re.DOTALL | re.MULTILINE)
    # Of each alone: none that only seems to begin one takes away what stands in another.
    return "\n".join(comments.sub("", path.read_text(encoding="utf-8")) for path in found)


def test_no_rule_is_for_what_nobody_shows():
    """Every class of ours that a stylesheet names is set by a widget or a script."""
    named = set(re.findall(r"\.(ppw-[\w-]+)", read("*.css")))
    # Of an instance's mark the class is made of its kind.
    made = set(re.findall(r"[\w-]+", read("*.py", "*.js"))) | {f"ppw-{kind}" for kind in KINDS}
    assert len(named) > 50
    assert named - made == set()


def test_what_comes_with_a_part_wins_over_what_comes_with_every_view():
    """A later view brings the common stylesheet along once more, behind those of the views before."""
    parts = [sheet for sheet in SHEETS if sheet.name != "theme.css"]
    outermost = re.findall(r"^[^\s@}/].*(?= \{)", read(*(one.name for one in parts)), flags=re.MULTILINE)
    assert len(outermost) >= len(parts)
    assert [one for one in outermost if not re.match(r"(body\S* )?\.ppw\.ppw", one)] == []
