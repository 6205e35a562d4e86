"""`RESULTS.md`, from the figures of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floors import FLOORS
from benchmarks.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.figures import Figure
    from benchmarks.targets import Target

PARTS = {
    "kernel_side": "Kernel side, a recording comm",
    "real_kernel": "A real kernel over ZMQ",
    "in_lab": "JupyterLab in a headless Chromium",
    "starting": "Loading",
    "launching": "A launch over loopback",
    "catalogue": "A catalogue of 1,000 products",
    "lasting": "What stays",
}

HEAD = """\
# Results

Written by `make bench`; not by hand. Times depend on the machine and nothing fails on one: what counts
is how the forms compare, each taking its turn in one run of {rounds} rounds.

A figure is a median, with the quartiles in brackets where the values differ. Each form shows the same
body, from the same JSON schema or by hand, beside a preview of its JSON; a row is an environment variable.
Ours keeps its rows in a section, which is open here, as the others have no other way to show theirs: closed,
50 rows open as fast as none. That a name looks secret only ours knows.
With 1,000 rows ipyautoui and ipywidgets-jsonschema were left out: they would take minutes.

- *ipyautoui*, *ipywidgets-jsonschema*: made from the contract's JSON schema.
- *hand-made*: 21 stock inputs and 4 lists with the default layouts and styles, 88 models.
- *hand-made, shared*: the same with one `Layout` and one `Style` of each kind, 37 models.
- *ppio_widgets*: this project's form, on the practice cloud.
- *ppio_widgets, nothing loaded*: the same without the load of its catalogue, in JupyterLab only.
- *the limit*: the fields, rows and preview of the form by hand in one model, drawn by JavaScript of its own
  (`anywidget`), in JupyterLab only: what a page can do at best, and what no stock widget can.

## How to run it again

    make bench                                    all parts, writes this file
    make bench ARGS="kernel_side starting"        some parts, printed
    make bench ARGS="--rounds 15"                 more rounds

Parts: {parts}. `make bench` sets up an environment of its own (`.venv-bench`) from the dependency group
`bench`, and takes the system's Chromium.
"""


def results(figures: Iterable[Figure], around: Mapping[str, str], rounds: int) -> str:
    """Return the whole page."""
    found = list(figures)
    judged = targets(found)
    missed = [target for target in judged if not target.met]
    pieces = [
        HEAD.format(rounds=rounds, parts=", ".join(f"`{part}`" for part in PARTS)),
        "## Machine and versions\n\n" + _table(("what", "which"), around.items()),
        f"## What was to be reached: {len(judged) - len(missed)} of {len(judged)} met\n\n" + _judged(judged),
        _floors(missed),
    ]
    for part, title in PARTS.items():
        mine = [figure for figure in found if figure.part == part]
        if mine:
            pieces.append(f"## {title}\n\n{_side_by_side(mine)}")
    return "\n".join(piece for piece in pieces if piece)


def _judged(judged: list[Target]) -> str:
    rows = (
        (
            str(one.number),
            one.text,
            _number(one.measured),
            _number(one.limit),
            one.unit,
            "met" if one.met else "**not met**",
        )
        for one in judged
    )
    return _table(("reach", "what", "measured", "at most", "unit", ""), rows)


def _floors(missed: list[Target]) -> str:
    """Say of what is not met what the floor is, and what stands in the way."""
    if not missed:
        return ""
    said = [f"- {text}\n" for number, text in FLOORS.items() if number in {one.number for one in missed}]
    return "## What stands in the way\n\n" + "".join(said) if said else ""


def _side_by_side(figures: list[Figure]) -> str:
    """Return a table for each unit: what was done downwards, who did it across."""
    tables = []
    for unit in dict.fromkeys(figure.unit for figure in figures):
        mine = {(one.what, one.who): one for one in figures if one.unit == unit}
        whos = list(dict.fromkeys(who for _what, who in mine))
        rows = [
            (what, *(_cell(mine.get((what, who))) for who in whos))
            for what in dict.fromkeys(what for what, _who in mine)
            if len(whos) == 1 or any(mine[what, who].median for who in whos if (what, who) in mine)
        ]
        if rows:
            tables.append(_table((unit, *whos), rows))
    return "\n".join(tables)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    low, high = (_number(one) for one in figure.quartiles)
    middle = _number(figure.median)
    return middle if low == high else f"{middle} ({low}–{high})"


def _number(value: float) -> str:
    """Return three or more digits that count, and no more."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = list(head)
    lines = [cells, ["---", *["---"] * (len(cells) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
