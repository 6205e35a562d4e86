"""Each notebook as slides, by ``jupyter nbconvert --to slides``: a demo that can be shown."""

from __future__ import annotations

import re

import pytest
from nbconvert import SlidesExporter

from ppio_widgets.locale.words import LANGUAGES
from tests.support.lessons import NOTEBOOKS, SHEETS

_HEADING = re.compile(r"<h([1-6])[ >]")


@pytest.fixture(scope="module")
def exporter():
    return SlidesExporter()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sheet", SHEETS)
def test_each_section_is_a_slide_and_what_follows_in_it_stands_below(exporter, sheet, language):
    shown, _resources = exporter.from_filename(str(NOTEBOOKS / language / f"{sheet}.ipynb"))
    sections = shown.split("<section><section>")[1:]
    assert len(sections) >= 4
    assert all(_HEADING.search(section) for section in sections), "each says what it is about"
    first, *slides = [slide for section in sections for slide in section.split("</section><section>")]
    assert "jp-CodeCell" in first, "which sets the lesson up"
    for slide in slides:
        assert "jp-MarkdownCell" in slide, "words, and then what is to be done"
        assert slide.count("jp-CodeCell") == slide.count('class="fragment"') <= 1, "which comes when wanted"
