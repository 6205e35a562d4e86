"""What a student builds in a notebook is judged by using it: lesson 6, done right, and with mistakes."""

from __future__ import annotations

from contextlib import suppress

import nbformat
import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets import PpioError
from ppio_widgets.api import connect
from ppio_widgets.practice.classroom.judge import play
from ppio_widgets.practice.classroom.student import check, start
from tests.support.kernels import own_kernel
from tests.support.lessons import NOTEBOOKS, answers

LESSON = "06-build-it"
SHEET, ROWS, BUTTON = (answers("en", LESSON)[cell] for cell in ("sheet", "rows", "button"))
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


LATCH = "        self.sent = True\n"
SENDS = "            self.said.value = self.client.create_instance(request)\n"
SHOWS = "            self.said.value = html.escape(str(error))\n"
LATE = changed(changed(BUTTON, LATCH, ""), SENDS, f"{SENDS}    {LATCH}")
REOPENS = changed(BUTTON, SHOWS, f"{SHOWS}            self.sent = False\n")


@pytest.fixture
def client():
    """A student of lesson 6, alone in this kernel, who is at the button."""
    with own_kernel():
        start("build-it")
        with connect(practice=True) as one:
            assert all(check(one, *done).passed for done in (("6.1", "preview"), ("6.2", "rows")))
            yield one


def clicked_twice(form, button):
    built = form(SHEET, ROWS, button)
    built.name.value = "twice"
    for _click in range(2):
        with suppress(PpioError):  # a notebook shows it, and goes on
            built.button.click()


@pytest.mark.parametrize("wrong", [SAVED["button"], LATE, REOPENS], ids=["none", "set late", "reopened"])
def test_only_a_latch_that_is_set_first_and_stays_passes_whatever_was_tried_before(form, client, wrong):
    for button, is_passed in ((SAVED["button"], False), (wrong, False), (BUTTON, True)):
        clicked_twice(form, button)
        assert check(client, "6.3").passed == is_passed
        first, *others = client.list_instances(name="twice")
        for one in others:
            client.act(one.id, "delete")
        assert check(client, "6.3").passed == is_passed, "nor is it by deleting the second one"
        client.act(first.id, "delete")


@pytest.mark.parametrize("built", [None, "sheet", object()], ids=["nothing", "a text", "anything"])
@pytest.mark.parametrize("what", FINE)
def test_what_is_no_form_stops_the_check_and_nothing_else(what, built):
    (finding,) = play(what, built)
    assert (finding.code, finding.params, finding.ok) == ("play_failed", {"kind": "AttributeError"}, False)
