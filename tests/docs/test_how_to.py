"""Each how-to page says the same five things in the same order, and is short."""

from __future__ import annotations

import re

import pytest

from ppio_widgets.locale.words import LANGUAGES

from .pages import blocks, links, pages, prose, text_of

# What is seen, what it costs, the way out: behind the steps, which hold the code.
PARTS = {
    "en": ("**You see**", "**Cost**", "**If it fails**", "\nMore: "),
    "zh": ("**您会看到**", "**费用**", "**不成功时**", "\n更多："),
}
MOST_WORDS = 220  # about a screen, with the code: a Chinese character counts as half of one
PRACTICE = "%ppio practice on"

NAMES = [name for name in pages("en") if name.startswith("how-to/") and not name.endswith("/index.md")]


@pytest.fixture(params=[(language, name) for language in LANGUAGES for name in NAMES], ids="-".join)
def page(request):
    language, name = request.param
    return language, pages(language)[name]


def test_there_are_as_many_as_there_are_tasks():
    assert len(NAMES) >= 15


def test_it_says_what_is_wanted_the_steps_what_is_seen_the_cost_and_the_way_out(page):
    language, path = page
    text = text_of(path)
    begins = re.search(r"^(?:```|\d\. )", text, re.MULTILINE)
    assert begins is not None
    at = [text.index(part) for part in PARTS[language]]
    assert [begins.start(), *at] == sorted([begins.start(), *at])
    assert all(text.count(part) == 1 for part in PARTS[language])
    wanted = text[: begins.start()].split("\n\n", 1)[1]
    assert len(wanted.strip()) > 20


def test_it_is_under_a_screen(page):
    _language, path = page
    said = prose(path)
    chinese = len(re.findall(r"[\u3400-\u9fff]", said))
    assert len(re.findall(r"[\w`$%.]+", re.sub(r"[\u3400-\u9fff]", " ", said))) + chinese / 2 <= MOST_WORDS


def test_code_that_launches_is_on_the_practice_cloud_as_it_stands(page):
    _language, path = page
    code = "\n".join(content for kind, content in blocks(path) if kind == "python")
    spends = re.search(r"%ppio_launch|launch\(|LaunchForm|InstanceBoard", code)
    assert spends is None or PRACTICE in code[: spends.start()] or "practice=True" in code


def test_it_leads_to_where_all_of_it_stands(page):
    _language, path = page
    assert any("../reference/" in link for link in links(path))
