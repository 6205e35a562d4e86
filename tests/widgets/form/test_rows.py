"""Rows of variables whose value is taken from the kernel's environment."""

import json
import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipywidgets import Textarea
from ipywidgets.widgets.widget import _instances
from markupsafe import escape

from ppio_widgets import EnvRef, LaunchForm, check
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.request.schema import Group, Rows, tree
from ppio_widgets.secrets.patterns import looks_secret
from ppio_widgets.widgets.form.rows import columns
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.bodies import MINIMAL, bodies_with_refs, env_names
from tests.support.consent import let_read
from tests.support.sentences import sentence_of
from tests.widgets.conftest import (
    answer,
    displayed,
    every,
    find,
    find_all,
    is_kept,
    message,
    open_sections,
    press,
    shown,
    shows,
    type_into,
    until,
)

VALUE = "Value of variable"
NAME = "Kernel variable for variable"
REF = {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}


def switches(form, number=r"\d+"):
    label = f"Take variable {number} from the kernel's environment"
    return [one for one in every(form) if re.fullmatch(label, getattr(one, "description", None) or "")]


def switch(form, number=1):
    """The switch of a row; where its value came from elsewhere, it comes with the row's menu."""
    open_sections(form, "Environment")
    if not switches(form, number):
        press([one for one in find_all(form, "More") if "ppw-more" in one._dom_classes][number - 1])
    return switches(form, number)[0]


def tick(widget):
    """Click a checkbox as the front end does."""
    type_into(widget, not widget.value)


def add(form, key, value=""):
    press(find(form, "Add variable"))
    type_into(find_all(form, "Variable")[-1], key)
    if value:
        type_into(find_all(form, VALUE)[-1], value)


def advice(form):
    return re.findall(r"\.ppw-switch>\.widget-label-basic::after\{content:\"(.*?)\"\}", shown(form))


def panel(form, css):
    """What stands in the one panel of a class."""
    [found] = [one for one in every(form) if css in one._dom_classes]
    return found.value


def envs(*rows):
    return {**MINIMAL, "envs": list(rows)}


def kept_anywhere(form, text):
    """Whether the form or any widget of the test holds a text."""
    return is_kept(text) or text in repr(form) or text in repr(form.value) or text in repr(form.session.draft)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("EPOCHS", "HF_TOKEN", "MODE", "OTHER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IN_THE_KERNEL", "s3cret-of-the-kernel")


@pytest.mark.parametrize("key", ["HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "IN_THE_KERNEL"])
def test_the_switch_is_offered_by_itself_where_it_can_be_meant(form, key):
    add(form, "EPOCHS")
    assert not switches(form)
    type_into(find(form, "Variable"), key)
    assert switch(form).value is False
    assert form.value["envs"] == [{"key": key, "value": ""}], "it is an offer"
    type_into(find(form, "Variable"), "EPOCHS")
    assert not switches(form)


@pytest.mark.parametrize(
    ("typed", "name"), [("$OTHER", "OTHER"), ("${OTHER}", "OTHER"), ("$IN_THE_KERNEL", "IN_THE_KERNEL")]
)
def test_any_row_can_be_switched_by_typing_a_dollar_which_by_itself_means_nothing(form, typed, name):
    add(form, "MODE", typed)
    assert form.value["envs"] == [{"key": "MODE", "value": typed}]
    assert "exactly as typed" in advice(form)[0]
    tick(switch(form))
    assert form.value["envs"] == [{"key": "MODE", "value": EnvRef(name)}]
    assert advice(form) == []


@pytest.mark.parametrize("typed", ["a$OTHER", "$OTHER/x", "$", "$1-", "{OTHER}", "$$OTHER", "OTHER"])
def test_what_only_resembles_a_reference_is_text_and_offers_nothing(form, typed):
    add(form, "MODE", typed)
    assert form.value["envs"] == [{"key": "MODE", "value": typed}]
    assert not switches(form)


def test_switching_shows_the_name_and_back_an_empty_value(form):
    add(form, "HF_TOKEN")
    tick(switch(form))
    assert not find_all(form, VALUE)
    assert find(form, NAME).description == f"{NAME} 1"
    assert find(form, NAME).value == "HF_TOKEN"
    assert form.value["envs"] == [REF]
    assert "•••• (from $HF_TOKEN)" in shown(form)
    type_into(find(form, NAME), "OTHER")
    assert form.value["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("OTHER")}]
    tick(switch(form))
    assert not find_all(form, NAME)
    assert find(form, VALUE).value == ""
    assert form.value["envs"] == [{"key": "HF_TOKEN", "value": ""}]
    assert switch(form).value is False


def test_the_switch_stays_after_it_was_used(form):
    add(form, "HF_TOKEN")
    tick(switch(form))
    tick(switch(form))
    type_into(find(form, "Variable"), "EPOCHS")
    assert switches(form)
    tick(switch(form))
    assert form.value["envs"] == [{"key": "EPOCHS", "value": EnvRef("EPOCHS")}]


def test_a_secret_typed_by_mistake_is_gone_from_every_widget_at_once(form):
    add(form, "HF_TOKEN", "hf_s3cret")
    press(find(form, "Copy"))
    assert kept_anywhere(form, "hf_s3cret")
    late = find(form, VALUE)
    tick(switch(form))
    assert not kept_anywhere(form, "hf_s3cret")
    assert late.comm is None
    message(late, {"method": "update", "state": {"value": "hf_s3cret_late"}, "buffer_paths": []})
    assert form.value["envs"] == [REF], "a key press that was still on its way does not become a name"
    tick(switch(form))
    assert not kept_anywhere(form, "hf_s3cret")


def test_a_secret_given_from_outside_is_gone_as_well(form):
    form.value = envs({"key": "HF_TOKEN", "value": "hf_s3cret"})
    tick(switch(form))
    assert not kept_anywhere(form, "hf_s3cret")
    assert "hf_s3cret" not in repr(vars(form._sections.lists["envs"].rows[0]))
    type_into(find(form, NAME), "OTHER")
    tick(switch(form))
    assert form.value["envs"] == [{"key": "HF_TOKEN", "value": ""}]


def test_the_value_of_the_kernel_is_in_no_widget(form):
    add(form, "IN_THE_KERNEL")
    tick(switch(form))
    press(find(form, "Copy"))
    press(find(form, "Launch"))
    assert not kept_anywhere(form, os.environ["IN_THE_KERNEL"])


@pytest.mark.parametrize("value", [EnvRef("OTHER"), {"$env": "OTHER"}])
def test_a_reference_from_outside_is_shown_and_editable(form, value):
    form.value = envs({"key": "MODE", "value": value}, {"key": "A", "value": "b"})
    assert form.value == envs({"key": "MODE", "value": EnvRef("OTHER")}, {"key": "A", "value": "b"})
    assert form.errors == {}
    assert find(form, NAME).value == "OTHER"
    assert [one.value for one in switches(form)] == [True]
    type_into(find(form, "Variable"), "MODES")
    assert form.value["envs"][0] == {"key": "MODES", "value": EnvRef("OTHER")}
    type_into(find(form, NAME), "ANOTHER")
    assert form.value["envs"][0] == {"key": "MODES", "value": EnvRef("ANOTHER")}


@pytest.mark.parametrize("value", [{"$env": 5}, {"$env": "A", "more": 1}, EnvRef("1A"), {"$env": "a b"}])
def test_a_wrong_reference_from_outside_is_kept_and_said(form, value):
    form.value = envs({"key": "A", "value": value}, {"key": "B", "value": "b"})
    assert list(form.errors) == [("envs", 0, "value")]
    open_sections(form)
    type_into(find_all(form, VALUE)[-1], "c")
    assert list(form.errors) == [("envs", 0, "value")]
    assert "Variable 1" in shown(form)


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies_with_refs)
def test_any_body_with_references_goes_in_and_comes_out_unchanged(make_form, body):
    form = make_form(body)
    assert form.value == body
    press(find(form, "Add port"))
    type_into(find(form, "Name"), body["name"])
    assert form.value == body
    assert form.request == check(body).request
    form.close()


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(env_names)
def test_any_name_typed_is_the_name_of_the_reference(make_form, name):
    form = make_form(envs(REF))
    type_into(find(form, NAME), f" {name} ")
    assert form.value["envs"] == [{"key": "HF_TOKEN", "value": EnvRef(name)}]
    assert form.errors == {}
    form.close()


def test_a_bad_name_is_said_beside_its_row_once_it_was_typed(form):
    form.value = envs(REF)
    type_into(find(form, NAME), "1 A")
    assert form.errors["envs", 0, "value"].startswith("Name a variable of the kernel's environment")
    assert re.search(r"\.r\d+ \.f-envs-value.*border-color", shown(form))
    type_into(find(form, NAME), "")
    assert list(form.errors) == [("envs", 0, "value")]


def test_a_key_that_no_kernel_variable_can_have_leaves_the_name_empty(form):
    add(form, "my-api-key")
    tick(switch(form))
    assert find(form, NAME).value == ""
    assert [path for path in form.errors if path[0] == "envs"] == [("envs", 0, "value")]


def test_a_switched_row_without_any_name_is_blank(form):
    add(form, "HF_TOKEN")
    tick(switch(form))
    type_into(find(form, "Variable"), "")
    type_into(find(form, NAME), "")
    assert "envs" not in form.value


def test_advice_on_a_secret_that_is_typed_and_only_then(form):
    form.value = envs({"key": "API_KEY", "value": "given"})
    assert advice(form) == [], "it stands in the notebook already"
    add(form, "HF_TOKEN")
    assert advice(form) == [], "nothing is typed yet"
    type_into(find(form, VALUE, 1), "hf_x")
    assert "saved with the notebook" in advice(form)[0]
    row = form._sections.lists["envs"].rows[1]
    assert re.search(rf"\.ppw\d+ :is\(\.{row.key}\)>\.ppw-switch", shown(form))
    tick(switch(form, 2))
    assert advice(form) == []
    add(form, "EPOCHS", "3")
    assert advice(form) == []


def test_advice_for_many_rows_is_one_rule(form):
    for number in range(5):
        add(form, f"TOKEN_{number}", "x")
    assert len(advice(form)) == 1


def test_renumbering_names_switch_and_name_after_their_row(form):
    form.value = envs({"key": "A", "value": "b"}, REF)
    press(find(form, "Remove"))
    assert switches(form) == switches(form, 1) != []
    assert find(form, NAME).description == f"{NAME} 1"


def test_text_of_several_lines_can_be_switched(form):
    form.value = envs({"key": "SSH_PRIVATE_KEY", "value": "-----BEGIN\ns3cret"})
    assert isinstance(find(form, VALUE), Textarea)
    tick(switch(form))
    assert not isinstance(find(form, NAME), Textarea)
    assert form.value["envs"] == [{"key": "SSH_PRIVATE_KEY", "value": EnvRef("SSH_PRIVATE_KEY")}]
    assert not kept_anywhere(form, 's3cret"')


def test_a_row_that_was_wrong_can_be_switched(form):
    form.value = envs({"key": "API_KEY", "value": 5, "more": 1})
    tick(switch(form))
    assert form.value["envs"] == [{"key": "API_KEY", "value": EnvRef("API_KEY"), "more": 1}]


def test_what_a_switch_costs(wire, make_form):
    form = make_form()
    add(form, "EPOCHS", "3")
    wire.clear()
    type_into(find(form, "Variable"), "HF_TOKEN")
    assert wire.count("comm_open") == 1
    assert wire.count() <= 6, "the switch, the row's children, preview, rules, what is to know, the echo"
    wire.clear()
    type_into(find(form, VALUE), "x")
    assert wire.count() <= 3, "the preview, the advice, the echo"
    wire.clear()
    tick(switch(form))
    assert (wire.count("comm_open"), wire.count("comm_close")) == (1, 1)
    assert wire.count() <= 6
    wire.clear()
    type_into(find(form, NAME), "A")
    assert wire.count() <= 2


def test_only_a_row_that_shows_a_switch_costs_one_model_more(wire, make_form):
    form = make_form()
    add(form, "HF_TOKEN")
    wire.clear()
    form.value = envs(REF, {"key": "API_KEY", "value": "x"}, {"key": "A", "value": "b"})
    assert wire.count("comm_open") == 6 + 5 + 5


def test_a_row_that_came_with_a_value_has_its_switch_in_the_menu_until_it_is_touched(form):
    form.value = envs({"key": "API_KEY", "value": "x"}, {"key": "HF_TOKEN"})
    open_sections(form, "Environment")
    assert not switches(form, 1)
    assert switches(form, 2), "no value yet: the reference is offered before there is one"
    shown_with_menu = switch(form)
    assert shown_with_menu.value is False
    press(find(form, "More"))
    assert not switches(form, 1)
    type_into(find(form, VALUE), "y")
    assert switches(form, 1)


def test_fifty_rows_that_look_secret_cost_no_more_than_fifty_others(wire, make_form):
    def cost(stem):
        form = make_form()
        press(find(form, "Add variable"))
        wire.clear()
        form.value = envs(*({"key": f"{stem}_{n}", "value": f"value {n}"} for n in range(50)))
        filled = wire.count("comm_open"), wire.count(), wire.size()
        wire.clear()
        type_into(find(form, "Name"), "demo")
        return *filled, wire.count(), wire.size()

    assert looks_secret("_KEY_1")
    cost("STEP")  # what all forms share is there
    secret, plain = cost("_KEY"), cost("STEP")
    assert all(one <= other for one, other in zip(secret, plain, strict=True)), (secret, plain)


def test_removing_and_closing_close_the_switch_also_out_of_sight(form):
    press(find(form, "Add variable"))
    press(find(form, "Remove"))
    before = set(_instances)
    add(form, "HF_TOKEN")
    type_into(find(form, "Variable"), "EPOCHS")
    add(form, "HF_TOKEN")
    tick(switch(form, 2))
    for button in find_all(form, "Remove"):
        press(button)
    assert set(_instances) - before == {find(form, "Put the variable back").model_id}
    add(form, "HF_TOKEN")
    type_into(find(form, "Variable"), "EPOCHS")


def test_a_switch_does_nothing_after_close(form):
    add(form, "HF_TOKEN", "x")
    late = switch(form)
    form.close()
    tick(late)
    assert form.session.draft["envs"] == [{"key": "HF_TOKEN", "value": "x"}]


def test_the_copy_says_env(form):
    form.value = envs(REF)
    press(find(form, "Copy"))
    copied = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown(form), re.DOTALL)[1]
    assert json.loads(copied)["envs"] == [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}]


def test_in_chinese(make_form):
    form = make_form(envs(REF), language="zh")
    assert find(form, "内核中的变量名").value == "HF_TOKEN"
    assert "••••（取自 $HF_TOKEN）" in shown(form)
    assert any("变量 1 取自内核" in (getattr(one, "description", None) or "") for one in every(form))


def test_a_form_takes_a_request_with_a_reference(make_form):
    form = make_form(check(envs(REF)).require())
    assert isinstance(form, LaunchForm)
    assert form.value == envs(REF)


def test_a_launch_sends_the_value_and_no_widget_ever_has_it(make_form, live, account, monkeypatch):
    form = make_form(envs(REF, {"key": "A", "value": "b"}), client=live)
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    press(find(form, "Launch"))
    shows(form, escape("Taken from the kernel's environment and sent along: HF_TOKEN"))
    answer(form, "Yes, launch it")
    launch = form.session.launch.wait_for_answer(10)
    shows(form, launch.id)
    assert account.get(launch.id)["envs"] == [
        {"key": "HF_TOKEN", "value": "hf_s3cret"},
        {"key": "A", "value": "b"},
    ]
    assert not kept_anywhere(form, "hf_s3cret")
    assert "hf_s3cret" not in sentence_of(launch) + repr(launch) + str(launch.plan)


def test_a_practice_cloud_is_sent_a_placeholder_and_the_form_says_so(form, account, monkeypatch):
    form.value = envs(REF, {"key": "A", "value": "b"})
    said = escape("Practice sends placeholders, not the kernel's values: HF_TOKEN")
    assert said in shown(form)
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    press(find(form, "Launch"))
    until(lambda: shown(form).count(said) == 2, "the question says it as well")
    let_read()
    press(find(form, "Yes, launch it"))
    launch = form.session.launch.wait_for_answer(10)
    shows(form, "Placeholders were sent for HF_TOKEN.")
    assert account.get(launch.id)["envs"] == [
        {"key": "HF_TOKEN", "value": "practice-placeholder-for-HF_TOKEN"},
        {"key": "A", "value": "b"},
    ]
    assert "Placeholders were sent for HF_TOKEN." in sentence_of(launch) + repr(launch)
    assert not kept_anywhere(form, "hf_s3cret")


def test_practice_needs_no_variable_of_the_kernel(form, account):
    form.value = envs(REF)
    assert account.get(form.launch().wait_for_answer(10).id)["envs"][0]["key"] == "HF_TOKEN"


def test_a_form_that_goes_live_no_longer_speaks_of_placeholders(form, live):
    displayed(form).value = envs(REF)
    assert "Practice sends placeholders" in shown(form)
    form.session.use(live)
    assert "Practice sends placeholders" not in shown(form)


def test_a_variable_that_is_not_set_is_said_before_anything_is_sent(make_form, live, cloud):
    form = make_form(envs(REF), client=live)
    launch = form.launch().wait_for_answer(10)
    assert launch.state is LaunchState.NOT_SENT
    shows(form, "Not set in the kernel&#39;s environment: HF_TOKEN. Nothing was sent.")
    assert cloud.posts == 0


def test_the_card_of_a_line_shows_the_name_as_well(wire, client):
    card = ConfirmCard(envs(REF), client, language="en")
    assert "•••• (from $HF_TOKEN)" in shown(card)
    assert '"$env": "HF_TOKEN"' in str(card.launch.plan)
    card.close()


def test_the_columns_of_a_list_are_those_of_the_contract_and_what_may_be_hidden_is_last():
    for name, node in tree().fields.items():
        if isinstance(node, Rows):
            fields = set(node.item.fields) if isinstance(node.item, Group) else {""}
            assert set(columns(name)) == fields
    assert columns("volumes")[-1] == "id"


# -- the menu of a row, and what was removed


def values(form):
    return [(one["key"], one["value"]) for one in form.value.get("envs", [])]


def menu(form, number):
    """The entries of a row's menu by their words; it is opened where it is closed."""
    row = [one for one in every(form) if "ppw-row" in one._dom_classes][number - 1]
    if not any("ppw-menu" in one._dom_classes for one in row.children):
        press(next(one for one in every(row) if getattr(one, "description", "") == "More"))
    return {one.description: one for box in row.children for one in getattr(box, "children", ())}


def three(form):
    for key, value in (("A", "1"), ("B", "2"), ("C", "3")):
        add(form, key, value)


def test_a_row_is_duplicated_behind_itself(form):
    three(form)
    press(menu(form, 2)["Duplicate"])
    assert values(form) == [("A", "1"), ("B", "2"), ("B", "2"), ("C", "3")]
    assert [one.description for one in find_all(form, "Variable")] == [f"Variable {n}" for n in (1, 2, 3, 4)]
    type_into(find(form, VALUE, 2), "other")
    assert values(form)[1:3] == [("B", "2"), ("B", "other")], "it is a row of its own"


def test_rows_move_up_and_down_and_not_beyond_the_ends(form):
    three(form)
    press(menu(form, 3)["Up"])
    assert values(form) == [("A", "1"), ("C", "3"), ("B", "2")]
    press(menu(form, 1)["Down"])
    assert values(form) == [("C", "3"), ("A", "1"), ("B", "2")]
    press(menu(form, 1)["Up"])
    press(menu(form, 3)["Down"])
    assert values(form) == [("C", "3"), ("A", "1"), ("B", "2")]
    assert [one.value for one in find_all(form, "Variable")] == ["C", "A", "B"]


def test_a_row_that_was_removed_is_put_back_where_it_stood(form):
    three(form)
    press(find(form, "Remove", 1))
    assert values(form) == [("A", "1"), ("C", "3")]
    press(find(form, "Put the variable back"))
    assert values(form) == [("A", "1"), ("B", "2"), ("C", "3")]
    assert not find_all(form, "Put the variable back")
    for _row in range(3):
        press(find(form, "Remove"))
    assert "envs" not in form.value
    for _row in range(3):
        press(find(form, "Put the variable back"))
    assert values(form) == [("A", "1"), ("B", "2"), ("C", "3")]


def test_a_reference_is_put_back_as_one(form):
    form.value = {**MINIMAL, "envs": [REF]}
    open_sections(form, "Environment")
    press(find(form, "Remove"))
    press(find(form, "Put the variable back"))
    assert form.value["envs"] == [REF]


def test_a_blank_row_leaves_nothing_to_put_back_and_a_new_body_forgets_what_was_removed(form):
    press(find(form, "Add variable"))
    press(find(form, "Remove"))
    assert not find_all(form, "Put the variable back")
    three(form)
    press(find(form, "Remove"))
    form.value = {**MINIMAL, "envs": [{"key": "X", "value": "y"}]}
    assert not find_all(form, "Put the variable back")


def test_a_menu_is_built_when_it_is_opened_and_closed_with_its_row(form, wire):
    three(form)
    before = set(_instances)
    wire.clear()
    menu(form, 1)
    assert wire.count("comm_open") == 4, "three entries in a box"
    press(find(form, "More"))
    assert set(_instances) == before
    menu(form, 1)
    press(find(form, "Remove"))
    assert set(_instances) - before == {find(form, "Put the variable back").model_id}


@pytest.mark.parametrize("key", ["HF_TOKEN", "OPENAI_API_KEY", "db_password"])
def test_a_secret_looking_name_offers_the_reference_before_a_value_is_typed(form, key):
    press(find(form, "Add variable"))
    assert switches(form) == []
    type_into(find(form, "Variable"), key)
    assert len(switches(form)) == 1
    tick(switch(form))
    assert form.value["envs"] == [{"key": key, "value": EnvRef(key)}]


STEPS = ["Duplicate", "Up", "Down", "Remove", "back"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["Duplicate", "Up", "Down", "Remove", "back"]), st.integers(0, 9)),
        max_size=8,
    )
)
def test_any_steps_leave_what_a_list_would_have(make_form, steps):
    form = make_form({**MINIMAL, "envs": [{"key": f"K{n}", "value": str(n)} for n in range(3)]})
    open_sections(form, "Environment")
    expected, removed = [(f"K{n}", str(n)) for n in range(3)], []
    for what, number in steps:
        place = number % len(expected) if expected else 0
        if what == "back":
            if removed:
                at, row = removed.pop()
                expected.insert(min(at, len(expected)), row)
                press(find(form, "Put the variable back"))
            continue
        if not expected:
            continue
        if what == "Remove":
            removed.append((place, expected[place]))
            del expected[place]
            press(find(form, "Remove", place))
            continue
        entries = menu(form, place + 1)
        press(entries[what])
        if what == "Duplicate":
            expected.insert(place + 1, expected[place])
        else:
            to = place + (1 if what == "Down" else -1)
            if 0 <= to < len(expected):
                expected.insert(to, expected.pop(place))
    assert values(form) == expected
    assert [one.value for one in find_all(form, "Variable")] == [key for key, _value in expected]
    form.close()


def test_a_form_from_a_line_tells_of_the_secrets_in_it_until_they_are_taken_by_name(make_form):
    form = make_form(envs({"key": "HF_TOKEN", "value": "tulip-garden-77"}, {"key": "A", "value": "b"}))
    told = "Looks secret, yet its value is written out: HF_TOKEN."
    assert told in panel(form, "ppw-price")
    type_into(find(form, VALUE, 1), "c")
    assert told in panel(form, "ppw-price")
    tick(switch(form))
    assert told not in panel(form, "ppw-price")


def test_what_a_person_types_is_told_beside_it_alone(form):
    add(form, "HF_TOKEN", "hf_x")
    assert "saved with the notebook" in advice(form)[0]
    assert "written out" not in panel(form, "ppw-price")


def test_of_many_secrets_the_first_are_named(make_form):
    rows = [{"key": f"A_{n}_TOKEN", "value": f"tulip-{n}"} for n in range(40)]
    form = make_form(envs(*rows, {"key": "x" * 300 + "_TOKEN", "value": "tulip"}))
    assert "A_0_TOKEN, A_1_TOKEN" in panel(form, "ppw-price")
    assert "A_39_TOKEN" not in panel(form, "ppw-price")
    form = make_form(envs({"key": "x" * 300 + "_TOKEN", "value": "tulip"}))
    assert "written out: …." in panel(form, "ppw-price")
