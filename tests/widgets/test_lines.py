"""Line breaks and the text of an env file in the form, and values written right with one click."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipywidgets import Textarea
from ipywidgets.widgets.widget import _instances

from ppio_widgets import EnvRef
from ppio_widgets.cards import static
from tests.support.bodies import MINIMAL
from tests.widgets.form.test_rows import add, advice, kept_anywhere, switches

from .conftest import find, find_all, open_sections, press, shown, type_into

SCRIPT = "#!/bin/bash\nset -e\n\tpython train.py \\\n  --lr '1e-3'\n"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabc==\n-----END PRIVATE KEY-----\n"
ENV = "# of the project\nEPOCHS=3\nexport NOTE='two words'\nHF_TOKEN=hf_s3cret\nEMPTY=\n"
ROWS = [
    {"key": "EPOCHS", "value": "3"},
    {"key": "NOTE", "value": "two words"},
    {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")},
    {"key": "EMPTY", "value": ""},
]
KEY, VALUE = "Variable", "Value of variable"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("EPOCHS", "NOTE", "HF_TOKEN", "EMPTY", "A", "B"):
        monkeypatch.delenv(name, raising=False)


def paste(form, text, into=KEY):
    press(find(form, "Add variable"))
    type_into(find_all(form, into)[-1], text)


def offers(form):
    return [one.description for one in every_make(form)]


def every_make(form):
    rows = form._sections.lists["envs"].rows
    return [child for row in rows for child in row.box.children if "ppw-make" in child._dom_classes]


def make(form):
    (button,) = every_make(form)
    press(button)


def note(form):
    found = form._sections.lists["envs"]._note
    return found.value if found in form._sections.lists["envs"].box.children else ""


@pytest.mark.parametrize("name", ["Command", "Entrypoint"])
def test_a_script_arrives_whole(form, name):
    area = find(form, name)
    assert isinstance(area, Textarea)
    assert area.rows == 1
    type_into(area, SCRIPT)
    assert form.value[name.lower()] == SCRIPT
    assert area.value == SCRIPT


ONE_LINE = {
    "Name": "name",
    "Registry auth": "registry_auth_id",
}


@pytest.mark.parametrize("name", ONE_LINE)
def test_the_mark_of_a_line_break_is_one_in_a_field_of_one_line(form, name):
    """The script shows the mark where the browser would join the lines that are pasted."""
    field = find(form, name)
    type_into(field, "one↵two")
    assert form.value[ONE_LINE[name]] == "one\ntwo"
    assert "A line break stands in it" in shown(form)
    assert field.value == "one↵two", "what is typed stays as it is seen"
    form.value = form.value
    assert form.value[ONE_LINE[name]] == "one\ntwo"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("Image", "ubuntu↵:24.04", "Write ubuntu:24.04"),
        ("GPUs", "1↵2", "GPUs"),
        ("Price ceiling per hour", "1↵2", "Type an amount like 15"),
    ],
)
def test_what_can_have_no_line_break_says_so(make_form, name, text, told):
    form = make_form(MINIMAL)
    type_into(find(form, name), text)
    press(find(form, "Launch"))
    assert told in shown(form)
    assert not find_all(form, "Yes, launch it")


def test_a_line_break_is_named_in_the_confirmation(make_form):
    form = make_form(MINIMAL)
    type_into(find(form, "Name"), "one↵two")
    press(find(form, "Launch"))
    assert find_all(form, "Yes, launch it")
    assert "A line break stands in it" in shown(form._controls.box)


def test_a_value_of_several_lines_arrives_whole_and_is_seen_to_be_secret(form):
    add(form, "CERTIFICATE", PEM)
    assert form.value["envs"] == [{"key": "CERTIFICATE", "value": PEM}]
    assert offers(form) == []
    assert "saved with the notebook" in advice(form)[0]
    assert len(switches(form)) == 1


@pytest.mark.long
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab=#'\"\\\n\r\t $é", min_size=1, max_size=30))
def test_every_text_with_line_breaks_is_what_was_typed(make_form, text):
    form = make_form(MINIMAL)
    type_into(find(form, "Command"), text)
    add(form, "A", text)
    assert form.value["command"] == text
    assert form.value["envs"] == [{"key": "A", "value": text}]
    form.close()


@pytest.mark.parametrize("into", [KEY, VALUE])
def test_the_text_of_an_env_file_becomes_rows_when_that_is_clicked(form, into):
    add(form, "BEFORE", "b")
    paste(form, ENV, into)
    add(form, "AFTER", "a")
    pasted = form.value["envs"][1]
    assert pasted["key" if into == KEY else "value"] == ENV, "nothing changes before"
    assert offers(form) == ["Make 4 rows"]
    make(form)
    assert form.value["envs"] == [
        {"key": "BEFORE", "value": "b"},
        *ROWS,
        {"key": "AFTER", "value": "a"},
    ]
    names = [one.description for one in find_all(form, KEY)]
    assert names == [f"{KEY} {number}" for number in range(1, 7)]
    assert offers(form) == []
    assert [path for path in form.errors if path[0] == "envs"] == []


def test_of_a_secret_only_the_name_is_taken_and_that_is_said(form):
    paste(form, ENV)
    assert kept_anywhere(form, "hf_s3cret")
    make(form)
    assert "HF_TOKEN: secret by name or value, so the written value is not taken" in note(form)
    assert "os.environ[&#34;HF_TOKEN&#34;] = getpass.getpass()" in note(form)
    assert not kept_anywhere(form, "hf_s3cret")
    paste(form, "X=${HOME}\nY=1")
    make(form)
    assert "X: ${…} in the value is left as it is written." in note(form)
    assert "HF_TOKEN" not in note(form)


def test_a_secret_by_its_value_is_taken_by_name_as_well(form):
    paste(form, f"A=b\nPLAIN='{PEM}'")
    make(form)
    assert form.value["envs"] == [{"key": "A", "value": "b"}, {"key": "PLAIN", "value": EnvRef("PLAIN")}]


def test_a_secret_that_the_kernel_has_otherwise_changes_nothing_and_is_said(form, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    paste(form, ENV)
    before = form.value
    make(form)
    assert form.value == before
    assert "HF_TOKEN look like secrets" in note(form)
    assert "Nothing was changed" in note(form)
    assert "s3cret" not in note(form)
    type_into(find(form, KEY), "A=1\nB=2")
    make(form)
    assert form.value["envs"] == [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]
    assert note(form) == ""


def test_one_line_in_the_name_is_split_and_what_the_value_says_stays(form):
    paste(form, "A=b c")
    assert offers(form) == ["Split it at the ="]
    assert form.errors["envs", 0, "key"].startswith("A name has no =.")
    make(form)
    assert form.value["envs"] == [{"key": "A", "value": "b c"}]
    type_into(find(form, KEY), "B=2")
    make(form)
    assert form.value["envs"] == [{"value": "b c"}, {"key": "B", "value": "2"}]


def test_a_name_beside_the_pasted_text_stays(form):
    add(form, "MINE", "A=1\nB=2")
    make(form)
    assert form.value["envs"] == [
        {"key": "MINE", "value": ""},
        {"key": "A", "value": "1"},
        {"key": "B", "value": "2"},
    ]
    type_into(find(form, VALUE), "kept")
    assert form.value["envs"][0] == {"key": "MINE", "value": "kept"}


@pytest.mark.parametrize(
    "text",
    [
        "a=b",
        "a b\nc d",
        SCRIPT,
        PEM,
        "A=1\nno variable here",
        "[section]\na=1",
        '{"a": 1,\n"b": 2}',
        "A=1\n\n",
        "x\ny\n",
    ],
)
def test_a_value_that_is_no_env_file_offers_nothing(form, text):
    add(form, "NAME", text)
    assert offers(form) == []


def test_a_name_with_a_line_break_or_a_blank_around_is_an_error_beside_it(form):
    paste(form, "A\n")
    assert form.errors["envs", 0, "key"].startswith("A name has no line break.")
    type_into(find(form, KEY), "A ")
    assert form.errors["envs", 0, "key"] == "Remove the blanks around the name."
    assert "Remove the blanks around the name." in shown(form)
    assert find(form, KEY).value == "A "
    type_into(find(form, KEY), "A")
    assert [path for path in form.errors if path[0] == "envs"] == []


def test_a_body_from_outside_offers_nothing_until_it_is_typed_in(form):
    form.value = {**MINIMAL, "envs": [{"key": "A", "value": "B=1\nC=2"}]}
    open_sections(form)
    assert offers(form) == []
    type_into(find(form, VALUE), "B=1\nC=2\n")
    assert offers(form) == ["Make 2 rows"]


def test_what_the_offer_costs(wire, form):
    paste(form, "A=1\nB=")
    wire.clear()
    type_into(find(form, KEY), "A=1\nB=2")
    assert wire.count() <= 2, "the echo and the preview"
    wire.clear()
    make(form)
    assert wire.count("comm_open") == 2 * 5
    assert wire.count("comm_close") == 6, "the row with its button"
    assert wire.count() <= 1 + 10 + 1 + 6 + 2, "the emptied field, rows, list, closed ones, body, rules"


def test_removing_closes_the_button_and_closing_the_note(form):
    press(find(form, "Add variable"))
    press(find(form, "Remove"))
    before = set(_instances)
    paste(form, ENV)
    press(find(form, "Remove"))
    assert set(_instances) - before == {find(form, "Put the variable back").model_id}
    paste(form, ENV)
    make(form)
    form.value = MINIMAL
    assert note(form) == ""


def test_pasted_variables_are_in_no_saved_card(form):
    form.value = {**MINIMAL, "name": "kept"}
    paste(form, "API=hunter2-of-mine\nB=2")
    paste(form, "API=hunter2-of-mine\nB=2", VALUE)
    card = static.of_draft(form.session.plan, form.say)
    assert "kept" in card.as_text(form.say)
    assert "hunter2" not in json.dumps(card.kept(form.say))


def test_a_slip_in_the_address_is_written_right_with_one_click(form):
    form.value = MINIMAL
    type_into(find(form, "Image"), "pytorch/pytorch：2.6.0-cuda12.4")
    assert form.errors["image",].endswith("Write pytorch/pytorch:2.6.0-cuda12.4")
    assert find(form, "Image").value == "pytorch/pytorch：2.6.0-cuda12.4"
    press(find(form, "Write pytorch/pytorch:2.6.0-cuda12.4"))
    assert form.value["image"] == find(form, "Image").value == "pytorch/pytorch:2.6.0-cuda12.4"
    assert form.errors == {}
    assert find_all(form, "Write pytorch/pytorch:2.6.0-cuda12.4") == []
    assert find(form, "Set minimum CUDA to 12.4")


@pytest.mark.parametrize(
    ("name", "typed", "path", "number"),
    [
        ("GPUs", "２", ("resource", "gpu_num"), 2),
        ("GPUs", " 2.0 ", ("resource", "gpu_num"), 2),
        ("System disk, GB", "1,000", ("resource", "rootfs_size_gb"), 1000),
        ("System disk, GB", "60 GB", ("resource", "rootfs_size_gb"), 60),
    ],
)
def test_a_number_is_in_the_body_and_what_was_typed_in_its_control(form, name, typed, path, number):
    form.value = MINIMAL
    type_into(find(form, name), typed)
    assert form.value[path[0]][path[1]] == number
    assert find_all(form, name)[-1].value == typed
    assert form.errors == {}
