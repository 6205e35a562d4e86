"""The lessons as notebooks with their exercises done, as the page of each lesson answers them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("en/0*.ipynb"))

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
