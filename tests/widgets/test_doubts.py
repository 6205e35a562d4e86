"""What the form says beside a field where something else may be sent than was meant; it blocks nothing."""

import re

import pytest

from ppio_widgets import EnvRef
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.runtime import kernel
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read

from .conftest import choose_product, displayed, find, open_sections, press, shown, type_into

QUIET = re.compile(r"(\.ppw\d+ [^{}]*?)::after\{content:\"([^\"]*)\"/\"\";color:var\(--ppw-quiet\)\}")


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setattr(kernel, "is_variable", {"i", "lr"}.__contains__)


def beside(form):
    """What stands quietly beside the fields: the end of each selector, and the text."""
    found = {}
    for selector, text in QUIET.findall(shown(form)):
        field = selector.removesuffix(">.widget-label").rpartition(".")[2]
        found[field] = re.sub(r"\\([0-9a-f]+) ", lambda match: chr(int(match[1], 16)), text)
    return found


def test_a_variable_of_the_notebook_is_advice_beside_its_field(form):
    type_into(find(form, "Name"), "demo-$i")
    assert beside(form)["f-name"].startswith("$i names a variable of the notebook, but is sent as it stands.")
    assert "Name: $i names a variable" in shown(form)
    assert ("name",) not in form.errors
    assert form.value["name"] == "demo-$i"
    type_into(find(form, "Name"), "demo-$other {x}")
    assert "f-name" not in beside(form)
    type_into(find(form, "Image"), "repo/x:{lr:.1f}")
    assert beside(form)["f-image"].startswith("{lr:.1f} names")


@pytest.mark.parametrize("field", ["Command", "Entrypoint"])
def test_never_for_what_a_shell_reads(form, field):
    type_into(find(form, field), "train --lr $lr {i}")
    assert "names a variable" not in shown(form)


def test_a_value_of_a_variable_and_none_for_a_reference(make_form):
    form = make_form(
        {**MINIMAL, "envs": [{"key": "A", "value": "x$lr"}, {"key": "B", "value": EnvRef("lr")}]}
    )
    (row,) = form.session.report.advice
    assert row.path == ("envs", 0, "value")
    open_sections(form)
    assert form._sections.lists["envs"].rows[0].key in beside(form)
    press(find(form, "Launch"))
    assert form.session.status is LaunchState.ARMED
    assert "$lr names a variable of the notebook" in shown(form)


def test_an_error_at_the_same_place_comes_first(form):
    type_into(find(form, "GPUs"), "$i")
    assert ("resource", "gpu_num") in form.errors
    assert "f-resource-gpu_num" not in beside(form)


def test_a_product_that_is_not_there_is_said_beside_its_field_and_in_the_question(make_form):
    form = make_form({**MINIMAL, "product_id": "a100-80"})
    assert "f-product_id" not in beside(form), "nothing is known yet"
    displayed(form)
    said = "There is no product a100-80 in the catalogue. The closest is a100-80g."
    assert beside(form)["f-product_id"].startswith(said)
    press(find(form, "Launch"))
    assert f"<b>Product: {said}" in shown(form)
    let_read()
    press(find(form, "Cancel"))
    choose_product(form, "a100-80g")
    assert "f-product_id" not in beside(form)
    assert "in the catalogue" not in shown(form)


def test_it_is_in_the_message_of_the_keystroke(form, wire):
    type_into(find(form, "Name"), "demo")
    wire.clear()
    type_into(find(form, "Name"), "demo-x")
    plain = wire.count()
    wire.clear()
    type_into(find(form, "Name"), "demo-$i")
    assert wire.count() <= plain + 2, "what is worth knowing, beside the field and in the list"
