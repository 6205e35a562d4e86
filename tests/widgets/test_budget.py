"""What the form costs, counted exactly: messages, models, bytes."""

import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets.launches import session
from ppio_widgets.widgets import theme
from tests.support.bodies import FULL, MINIMAL

from .conftest import displayed, find, find_all, press, type_into

ROWS = {"envs": {"key": "KEY", "value": "value"}}


def many(count):
    return {**FULL, "envs": [{"key": f"KEY_{n}", "value": f"value {n}"} for n in range(count)]}


@pytest.fixture
def first_looks(wire):
    """No shared looks yet, as before the first form of a kernel."""
    for look in vars(theme.looks()).values():
        look.close()
    wire.clear()
    yield
    for look in vars(theme.looks()).values():
        look.close()


def test_opening_the_form(wire, first_looks, make_form):
    make_form()
    assert wire.count("comm_open") <= 65
    assert wire.count() == wire.count("comm_open"), "nothing is sent twice"
    assert wire.size() <= 58_000


def test_what_the_catalogue_brings_is_told_together(wire, first_looks, make_form, monkeypatch):
    monkeypatch.setattr(session, "MOMENT_SECONDS", 10)
    form = make_form({**MINIMAL, "product_id": "a100-80g"})
    opened = wire.count()
    displayed(form)
    assert form.session.snapshot.images, "the last kind is there"
    assert wire.count() - opened <= 4, "the cost, the limits, and two lists of ids"
    assert wire.size() <= 60_000


@pytest.mark.long
@pytest.mark.parametrize("rows", [0, 50, 1000])
def test_a_keystroke(wire, make_form, rows):
    form = make_form(many(rows))
    wire.clear()
    type_into(find(form, "Name"), "finetune-qwen")
    assert wire.count() <= 2
    assert wire.size() <= 3_000


def test_a_keystroke_in_a_row(wire, make_form):
    form = make_form(many(5))
    wire.clear()
    type_into(find(form, "Value of variable", 3), "x")
    assert wire.count() <= 2


def test_a_keystroke_that_changes_the_set_of_errors(wire, make_form):
    form = make_form(MINIMAL)
    wire.clear()
    type_into(find(form, "GPUs"), "0")
    assert wire.count() <= 3
    wire.clear()
    type_into(find(form, "GPUs"), "1")
    assert wire.count() <= 3


@pytest.mark.parametrize(
    ("button", "models"), [("Add port", 4), ("Add variable", 4), ("Add volume", 4), ("Add region", 3)]
)
def test_a_row(wire, make_form, button, models):
    form = make_form()
    wire.clear()
    press(find(form, button))
    assert wire.count("comm_open") == models <= 5
    assert wire.count() == models + 1, "the models, and the list's new children"


def test_removing_a_row_closes_all_it_opened(wire, make_form):
    form = make_form()
    before = set(_instances)
    for _ in range(20):
        press(find(form, "Add volume"))
    wire.clear()
    for button in find_all(form, "Remove"):
        press(button)
    assert set(_instances) == before
    assert wire.count("comm_close") == 80


def test_setting_a_body_suspends_the_preview(wire, make_form):
    form = make_form()
    wire.clear()
    form.value = {**MINIMAL, "envs": [{"key": f"K{n}", "value": "v"} for n in range(50)]}
    assert wire.count("comm_open") == 200
    said = "models, three texts, the children of the list, the preview, the advice"
    assert wire.count() == 200 + 3 + 1 + 1 + 1, said
    assert wire.size() <= 148_000
