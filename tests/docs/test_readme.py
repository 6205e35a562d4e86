"""The README is one screen, and leads to the documentation."""

from __future__ import annotations

import re

from ppio_widgets.locale.words import LANGUAGES

from .pages import DOCS, README, ROOT, links


def test_the_readme_is_one_screen():
    assert len(README.read_text(encoding="utf-8").split()) <= 560


def test_the_readme_says_what_was_not_tried_and_who_looks():
    text = README.read_text(encoding="utf-8")
    assert "Nothing was tried against the live service" in text
    assert "%ppio doctor" in text


def test_the_readme_leads_to_each_part_of_the_docs():
    named = {(ROOT / link).resolve() for link in links(README)}
    assert set((DOCS / "en").glob("*/index.md")) <= named
    assert {DOCS / language / "index.md" for language in LANGUAGES} <= named
    assert re.search(r"[\u4e00-\u9fff]", README.read_text(encoding="utf-8"))
