"""What a student builds in a notebook is judged by using it: lesson 6, done right, and with mistakes."""

from __future__ import annotations

import nbformat
import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets.practice.classroom.judge import play
from tests.support.lessons import NOTEBOOKS, answers

LESSON = "06-build-it"
SHEET, ROWS = (answers("en", LESSON)[cell] for cell in ("sheet", "rows"))
SAVED = {one.id: one.source for one in nbformat.read(NOTEBOOKS / "en" / f"{LESSON}.ipynb", 4).cells}
FINE = {
    "preview": {"play_follows": True, "play_harmless": True},
    "rows": {"play_adds": True, "play_removes": True, "play_closes": True},
}


@pytest.fixture
def form():
    """Builds the form of some cells; what it leaves open is closed afterwards."""
    before = set(_instances)

    def build(*cells):
        held = {}
        for source in cells:
            exec(source, held)  # noqa: S102 - the cells of a notebook
        return held["sheet"]

    yield build
    for key in set(_instances) - before:
        _instances[key].close()


def changed(source, old, new):
    assert old in source
    return source.replace(old, new)


def found(what, form):
    return {one.code: one.ok for one in play(what, form)}


def test_a_form_as_it_has_to_be_is_fine_and_is_left_as_it_was(form):
    built = form(SHEET, ROWS)
    assert {what: found(what, built) for what in FINE} == FINE
    assert (built.name.value, built.rows) == ("demo", [])


@pytest.mark.parametrize(
    ("sheet", "wrong"),
    [
        (SAVED["sheet"], {"play_harmless": False}),
        (changed(SHEET, "html.escape(text)", "text.replace('<', '')"), {"play_harmless": False}),
        (
            changed(SHEET, 'field.observe(self.show, "value")', "pass"),
            {"play_follows": False, "play_harmless": False},
        ),
    ],
    ids=["as saved", "hides", "does not follow"],
)
def test_a_preview_that_is_wrong_is_told_so(form, sheet, wrong):
    assert found("preview", form(sheet)) == FINE["preview"] | wrong


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (SAVED["rows"], {"play_removes": False, "play_closes": False}),
        (changed(ROWS, "child.close()", "pass"), {"play_closes": False}),
        (
            changed(ROWS, '        port.observe(self.show, "value")\n', ""),
            {"play_adds": False},
        ),
    ],
    ids=["as saved", "leaves open", "does not follow"],
)
def test_rows_that_are_wrong_are_told_so(form, rows, wrong):
    assert found("rows", form(SHEET, rows)) == FINE["rows"] | wrong


@pytest.mark.parametrize("built", [None, "sheet", object()], ids=["nothing", "a text", "anything"])
@pytest.mark.parametrize("what", FINE)
def test_what_is_no_form_stops_the_check_and_nothing_else(what, built):
    (finding,) = play(what, built)
    assert (finding.code, finding.params, finding.ok) == ("play_failed", {"kind": "AttributeError"}, False)
