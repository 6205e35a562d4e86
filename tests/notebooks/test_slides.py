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
    slides = [slide for section in sections for slide in section.split("</section><section>")]
    assert max(slide.count("jp-CodeCell") for slide in slides) == 1
    worded = [slide for slide in slides if "jp-MarkdownCell" in slide]
    assert len(worded) >= len(slides) - 1, "only the cell that starts the lesson is by itself"
    for slide in worded:
        assert slide.count('class="fragment"') == slide.count("jp-CodeCell"), "it comes when it is wanted"
