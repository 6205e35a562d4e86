"""The lessons as notebooks with their exercises done, as the page of each lesson answers them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("en/0*.ipynb"))
SHEETS = ["quickstart", *LESSONS]

# A lost answer is looked up for a minute and longer, and an instance comes up in seconds: not in tests.
HURRY = """\
from ppio_widgets import api
from ppio_widgets.instances import watcher
from ppio_widgets.launches import reconcile
from ppio_widgets.practice import account
api.LOOK_UP_SECONDS, reconcile.ABSENT_SECONDS, reconcile.LOOK_PAUSES = 3.0, 1.0, (0.3, 0.4, 0.4, 0.4, 60.0)
watcher.POLL_SECONDS, account.STUCK_SECONDS = 0.2, account.STUCK_SECONDS / 10
account.WALKS = {walk: [(after / 10, state) for after, state in row] for walk, row in account.WALKS.items()}
"""
# At the end of each: what the cloud holds to be passed.
PASSED = """\
from ppio_widgets import Classroom
print(" ".join(Classroom.connect().progress().students[0].passed))
"""

_SPEC = importlib.util.spec_from_file_location("docs_lessons", ROOT / "docs" / "_ext" / "lessons.py")
pages = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pages)


def page_of(language, lesson):
    return ROOT / "docs" / language / "lessons" / f"{lesson}.md"


def answers(language, lesson):
    """Return what is run in place of cells; the quickstart asks for nothing that is not in it."""
    page = page_of(language, lesson)
    return pages.answers(page.read_text(encoding="utf-8")) if page.exists() else {}


def done(language, lesson):
    return pages.done(NOTEBOOKS / language / f"{lesson}.ipynb", answers(language, lesson))


def lesson_of(sheet):
    """Return the lesson of a notebook."""
    from ppio_widgets.practice.classroom.lesson import packaged  # noqa: PLC0415 - `threadless` imports this first

    return packaged(re.sub(r"^\d\d-", "", sheet))
