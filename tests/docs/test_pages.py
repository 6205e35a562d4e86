"""Both languages say the same on the same pages, and every link in them leads somewhere."""

from __future__ import annotations

import re

import pytest

from ppio_widgets.locale.words import LANGUAGES

from .pages import DOCS, LOOSE, anchors, blocks, links, pages, prose

ALL = [*LOOSE, *(page for language in LANGUAGES for page in pages(language).values())]
# What of a block is words to people: a remark behind code, and all of what is no code.
_REMARK = re.compile(r" *#(?![^'\"]*['\"]\S).*$", re.MULTILINE)
_WORDS = ("text", "console")


def code(page):
    return [(kind, "" if kind in _WORDS else _REMARK.sub("", content)) for kind, content in blocks(page)]


def test_both_languages_have_the_same_pages():
    assert list(pages("en")) == list(pages("zh"))
    assert len(pages("en")) > 40


@pytest.mark.parametrize("name", pages("en"))
def test_both_languages_have_the_same_code(name):
    assert code(pages("en")[name]) == code(pages("zh")[name])


@pytest.mark.parametrize("name", pages("zh"))
def test_a_chinese_page_is_in_chinese(name):
    first, *_rest = prose(pages("zh")[name]).splitlines()
    assert first.startswith("# ")
    assert len(re.findall(r"[\u4e00-\u9fff]", prose(pages("zh")[name]))) > 10


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(DOCS.parent).as_posix())
def test_every_link_leads_to_a_file_of_ours_and_to_a_place_in_it(page):
    for link in links(page):
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), link
        assert not place or place in anchors(target), link


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_the_contents_of_its_folder(language):
    for name, page in pages(language).items():
        if page.name != "index.md":
            continue
        listed = [content.splitlines() for kind, content in blocks(page) if kind == "{toctree}"]
        (entries,) = ([line for line in one if line and not line.startswith(":")] for one in listed)
        beside = sorted(one.stem for one in page.parent.glob("*.md") if one != page)
        below = sorted(f"{one.parent.name}/index" for one in page.parent.glob("*/index.md"))
        assert sorted(entries) == beside + below, name
        assert {f"{entry}.md" for entry in entries} <= set(links(page)), name
