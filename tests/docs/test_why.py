"""What *Why* promises is held by tests: each rule names them, and they are there.

A rule ends with a remark that no reader of the site sees: ``<!-- held by tests/FILE.py::TEST, … -->``.
"""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from ppio_widgets.locale.words import LANGUAGES

from .pages import ROOT, pages, prose, text_of

RULES = ("once", "evidence", "money", "secrets", "outside")
WHY = [name for name in pages("en") if name.startswith("why/")]
_HELD = re.compile(r"<!-- held by (.*?) -->")


def rules(page):
    """What stands under the titles of a page, but for pictures, each with its remark."""
    _before, *sections = re.split(r"^## .*$", prose(page), flags=re.MULTILINE)
    parts = (part.strip() for section in sections for part in section.split("\n\n"))
    return [part for part in parts if part and not part.startswith("![")]


def held(page):
    return [test for named in _HELD.findall(text_of(page)) for test in named.split(", ")]


@cache
def names_in(path):
    """The names of the tests of a file."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return {
        node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_names_what_holds_it(language, name):
    found = rules(pages(language)[f"why/{name}.md"])
    assert len(found) >= 5
    assert [rule for rule in found if not re.search(r"\n<!-- held by .* -->$", rule)] == []


@pytest.mark.parametrize("name", WHY)
def test_what_holds_a_rule_is_a_test_that_is_there(name):
    named = [test.split("::") for test in held(pages("en")[name])]
    assert [test for path, test in named if test not in names_in(path)] == []


@pytest.mark.parametrize("name", WHY)
def test_both_languages_name_the_same_tests(name):
    assert held(pages("en")[name]) == held(pages("zh")[name])


@pytest.mark.parametrize("name", WHY)
def test_a_page_is_read_at_one_sitting(name):
    said = _HELD.sub("", prose(pages("en")[name]))
    assert len(said.split()) <= 720, "split it, or say less"
