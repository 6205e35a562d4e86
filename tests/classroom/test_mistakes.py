"""Each lesson with its usual mistakes: a check says ✗ and what is missing, and the lesson goes on.

A notebook runs as its page answers it; before some of its cells somebody errs, is told, and clears it
away. Only in `make class`; each check is judged for wrong deeds in tests/practice/classroom, too.
"""

from __future__ import annotations

from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient

from ppio_widgets.locale.words import LANGUAGES
from tests.support.kernel import channels, environment
from tests.support.lessons import HURRY, NOTEBOOKS, PASSED, SHEETS, done, lesson_of

CLEAR = """\
def clear(name):
    ids = [one.id for one in api.connect(practice=True).list_instances() if one.name == name]
    get_ipython().run_line_magic("ppio", f"delete {' '.join(ids)} --yes")
"""


class Mistake(NamedTuple):
    """What is done before a cell, what the check of it says, and the name that is cleared away again."""

    before: str
    deed: str | tuple[str, ...]  # or cells of the notebook, as they are given out
    check: str
    en: str
    zh: str
    name: str = ""


def rent(name, product="3090.8c30g.os", more=""):
    line = f"--name {name} --product {product} --image ubuntu:24.04 --rootfs 20 {more}"
    return f"%ppio_launch --practice {line} --again --yes"


STOP_ALL = "for one in form.launches:\n    one.instance.stop()"
TWO = "\n".join([rent("me-again")] * 2)
MISTAKES = {
    "quickstart": [
        Mistake("line", "", "0.1", "Instances on called *-line: 0;", "名为 *-line 的开着的实例：0 台"),
        Mistake("wait", rent("a-line"), "0.1", "a-line: ports –;", "a-line：端口 –", "a-line"),
        Mistake("tidy", "", "0.3", "Instances: 2;", "实例：2 台"),
    ],
    "01-first-bill": [
        Mistake("guess", "", "1.0 12.60", "12.60 is too low", "12.60 太低"),
        Mistake("first", rent("me-a", "prod-t4-16g"), "1.2", "me-a: 16 GB", "me-a：显存 16 GB", "me-a"),
        Mistake(
            "again", TWO, "1.4", "Instances called me-again: 2;", "名为 me-again 的实例：2 台", "me-again"
        ),
        Mistake("bill", STOP_ALL, "1.5 0", "Instances: 2;", "实例：2 台"),
    ],
    "02-the-line": [
        Mistake("guess", "", "2.1 5", "5 is too low", "5 太低"),
        Mistake("launch", rent("solo"), "2.2", "solo: ports –;", "solo：端口 –", "solo"),
        Mistake("big", rent("big"), "2.4", "big: ¥1.48 an hour", "big：每小时 ¥1.48", "big"),
    ],
    "03-the-request": [
        Mistake("guess", "", "3.1 6", "6 is too high", "6 太高"),
        Mistake("write", rent("by-hand"), "3.2", "by-hand: ports –;", "by-hand：端口 –", "by-hand"),
        Mistake(
            "one",
            rent("colleague", more="--gpus 2 --port 8080/http"),
            "3.3",
            "colleague: ¥2.96 an hour",
            "colleague：每小时 ¥2.96",
            "colleague",
        ),
    ],
    "04-prices": [
        Mistake("check-spot", rent("a", "a100-80g"), "4.1 6", "a: ¥12.6 an hour", "a：每小时 ¥12.6", "a"),
        Mistake(
            "forty-eight",
            rent("cheap", "prod-l40s-48g", "--billing spot"),
            "4.2",
            "cheap: ¥5.44 an hour",
            "cheap：每小时 ¥5.44",
            "cheap",
        ),
        Mistake("reclaimed", "", "4.3", "Instances called spot: 1;", "名为 spot 的实例：1 台"),
        Mistake("after-a-month", "", "4.5 633.60", "Spent: ¥6", "已花费 ¥6"),
    ],
    "05-when-it-goes-wrong": [
        Mistake(
            "instead",
            rent("instead", "prod-t4-16g"),
            "5.1",
            "instead: 16 GB",
            "instead：显存 16 GB",
            "instead",
        ),
        Mistake("stuck-check", "", "5.2", "Instances called stuck: 1;", "名为 stuck 的实例：1 台"),
        Mistake("exit", "%ppio stop instead", "5.7", "Instances: 5;", "实例：5 台"),
    ],
    "06-build-it": [
        Mistake("sheet", ("sheet",), "6.1 sheet", "The preview shows a name with <", "名称中的 < 和 >"),
        Mistake("rows", ("rows",), "6.2 sheet", "Remove takes its own row", "“移除”只移除自己那一行"),
        Mistake(
            "button",
            ("button", "twice"),
            "6.3",
            "Instances on called twice: 2;",
            "名为 twice 的开着的实例：2 台",
            "twice",
        ),
        Mistake(
            "magic-check",
            "%rent by-line --port 8888",
            "6.4",
            "by-line: ports 8888/http;",
            "by-line：端口 8888/http；",
            "by-line",
        ),
    ],
}


def with_mistakes(language, sheet):
    """Return a notebook with the mistakes, and the cells that are checked with what each has to say."""
    book = done(language, sheet)
    given = {one.id: one.source for one in nbformat.read(NOTEBOOKS / language / f"{sheet}.ipynb", 4).cells}
    book.cells.insert(2, nbformat.v4.new_code_cell(f"{HURRY}{CLEAR}"))
    checked = []
    for one in MISTAKES[sheet]:
        deed = one.deed if isinstance(one.deed, str) else "\n".join(given[cell] for cell in one.deed)
        place = next(number for number, cell in enumerate(book.cells) if cell.id == one.before)
        erring = nbformat.v4.new_code_cell(f"{deed}\n%ppio check {one.check}")
        clearing = nbformat.v4.new_code_cell(f"clear({one.name!r})" if one.name else "")
        book.cells[place:place] = [erring, clearing]
        checked.append((erring, one))
    book.cells.append(nbformat.v4.new_code_cell(PASSED))
    return book, checked


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_check_says_what_is_missing_with_a_hint_and_the_lesson_goes_on(tmp_path, sheet, language):
    book, checked = with_mistakes(language, sheet)
    own = environment(tmp_path) | {"PPIO_WIDGETS_LANG": language}
    NotebookClient(book, timeout=120, kernel_name="python3", config=channels()).execute(env=own)
    exercises = {one.id: one for one in lesson_of(sheet).exercises}
    assert len(checked) >= 3
    for cell, mistake in checked:
        told = "".join(one.text for one in cell.outputs if one.output_type == "stream")
        assert f"✗ {getattr(mistake, language)}" in told, cell.source
        hint = exercises[mistake.check.split()[0]].hint
        assert getattr(hint, language).replace("{student}", "me") in told, cell.source
    assert book.cells[-1].outputs[0].text.split() == list(exercises)
