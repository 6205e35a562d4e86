"""What the form costs, counted exactly: messages, models, bytes."""

import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets.cloud import catalogue
from ppio_widgets.widgets import theme
from tests.support.bodies import FULL, MINIMAL

from .conftest import choose, displayed, every, find, find_all, open_sections, press, table, type_into

CHOSEN = {**MINIMAL, "product_id": "a100-80g"}


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
    assert wire.count("comm_open") <= 60
    assert wire.count() == wire.count("comm_open"), "nothing is sent twice"
    assert wire.size() <= 54_000


def test_what_the_catalogue_brings_is_told_together(wire, first_looks, make_form, live, monkeypatch):
    monkeypatch.setattr(catalogue, "MOMENT_SECONDS", 10)
    form = make_form(client=live)
    displayed(form)
    assert form.session.snapshot.images, "the last kind is there"
    assert wire.count("comm_open") <= 60
    assert wire.count("comm_msg") <= 2, "the table and the templates"
    assert wire.size() <= 60_000


def test_what_is_chosen_on_the_practice_cloud_is_told_together(wire, first_looks, make_form, monkeypatch):
    monkeypatch.setattr(catalogue, "MOMENT_SECONDS", 10)
    form = displayed(make_form())
    assert form.session.snapshot.images, "the last kind is there"
    assert wire.count("comm_open") <= 60
    said = "table, templates, image, disk, payment, a night, name, price, request, Launch, heads: each once"
    assert wire.count("comm_msg") <= 11, said
    assert wire.size() <= 63_500


def test_a_closed_section_is_not_built(wire, make_form):
    make_form(many(0))
    wire.clear()
    make_form(many(0))
    empty = wire.count("comm_open")
    wire.clear()
    make_form(many(50))
    assert wire.count("comm_open") == empty


@pytest.mark.parametrize(
    "section", ["Access", "Environment", "Storage", "Start command", "Region and network", "Limits"]
)
def test_opening_a_section(wire, make_form, section):
    form = make_form()
    wire.clear()
    open_sections(form, section)
    assert 0 < wire.count("comm_open") <= 12
    wire.clear()
    type_into(find(form, section), False)
    type_into(find(form, section), True)
    assert wire.count("comm_open") == 0, "it is built once"


def test_choosing_a_product(wire, make_form):
    form = displayed(make_form())
    wire.clear()
    choose(table(form), "a100-80g")
    assert wire.count("comm_open") == 0
    assert wire.size() <= 6_000


@pytest.mark.long
@pytest.mark.parametrize("rows", [0, 50, 1000])
def test_a_keystroke(wire, make_form, rows):
    form = make_form(many(rows))
    wire.clear()
    type_into(find(form, "Name"), "finetune-qwen")
    assert wire.count() <= 2
    assert wire.size() <= 3_000


def test_a_keystroke_in_a_form_with_little_in_it(wire, make_form):
    form = make_form(MINIMAL)
    name = find(form, "Name")
    wire.clear()
    type_into(name, "finetune-qwen")
    assert wire.count() <= 2
    assert wire.size() <= 1_200


def test_a_keystroke_in_a_row(wire, make_form):
    form = make_form(many(5))
    value = find(form, "Value of variable", 3)
    type_into(value, "x")
    wire.clear()
    type_into(value, "xy")
    assert wire.count() <= 2


def test_a_keystroke_that_changes_the_set_of_errors(wire, make_form):
    form = make_form(MINIMAL)
    wire.clear()
    disk = find(form, "System disk, GB")
    type_into(disk, "0")
    assert wire.count() <= 4, "the key, the field's error, what blocks, the request"
    wire.clear()
    type_into(disk, "20")
    assert wire.count() <= 4, "the key, the field's error, what blocks, the request"


@pytest.mark.parametrize(
    ("button", "models"), [("Add port", 5), ("Add variable", 5), ("Add volume", 5), ("Add region", 4)]
)
def test_a_row(wire, make_form, button, models):
    form = make_form()
    press(find(form, button))
    wire.clear()
    press(find(form, button))
    assert wire.count("comm_open") == models <= 5
    assert wire.count() == models + 1, "the models, and the list's new children"


def test_removing_a_row_closes_all_it_opened(wire, make_form):
    form = make_form()
    press(find(form, "Add volume"))
    press(find(form, "Remove"))
    before = set(_instances)
    for _ in range(20):
        press(find(form, "Add volume"))
    wire.clear()
    for button in find_all(form, "Remove"):
        press(button)
    assert set(_instances) == before
    assert wire.count("comm_close") == 100


def test_setting_a_body_suspends_the_preview(wire, make_form):
    form = make_form()
    press(find(form, "Add variable"))
    wire.clear()
    form.value = {**MINIMAL, "envs": [{"key": f"K{n}", "value": "v"} for n in range(50)]}
    assert wire.count("comm_open") == 250
    assert wire.count() <= 250 + 3 + 1 + 5 + 3, "models, three texts, the list, an old row, what is told"
    assert wire.size() <= 180_000


@pytest.mark.parametrize("value", [CHOSEN, None])
def test_what_the_catalogue_brings_leaves_the_controls_where_they_stand(make_form, value):
    """A page draws anew all that stands behind a control that comes between others."""
    form = make_form(value)
    parts = {
        one: tuple(one.children) for one in every(form) if {"ppw-form", "ppw-part"} & {*one._dom_classes}
    }
    displayed(form)
    assert {one: tuple(one.children) for one in parts} == parts
