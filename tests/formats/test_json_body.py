import json
from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import CreateInstanceRequest, check
from ppio_widgets.cloud.client import Target
from ppio_widgets.errors import InputError
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.launches.plan import LaunchPlan
from tests.support.bodies import FULL, MINIMAL


class Files(dict):
    @property
    def environ(self):
        return {}

    def text(self, path):
        return self.get(path)

    def holds_secret(self, _text):
        return False


def read(line, cell=None, files=(), **names):
    return read_line(line, lambda name: names[name], cell=cell, outside=Files(files))


def refused(line, cell=None, files=(), **names):
    with pytest.raises(InputError) as caught:
        read(line, cell, files, **names)
    assert caught.value.__context__ is None
    return str(caught.value)


def body_of(line, **more):
    return check(read(line, **more).draft).body


def test_a_cell_stands_underneath_the_options():
    line = read("--gpus 2 --port 80", json.dumps(FULL, indent=2))
    assert line.says_something
    assert check(line.draft).body == {
        **FULL,
        "resource": {**FULL["resource"], "gpu_num": 2},
        "ports": [{"port": 80, "protocol": "http"}],
    }


@pytest.mark.parametrize("cell", ["", "\n", "  \n\n"])
def test_an_empty_cell_is_said_to_be(cell):
    assert "is empty" in refused("--practice", cell)


@pytest.mark.parametrize(
    ("cell", "where"),
    [
        ('{"name": "demo",\n "gpus": }\n', "line 3, column 10"),
        ("{'name': 'demo'}", "line 2, column 2"),
        ("\n\nname: demo", "line 4, column 1"),
        ('{"n": ' + "1" * 5000 + "}", "line 2, column 1"),
        ("[" * 100_000, "line 2, column 1"),
        ('{"name" "demo"}', "a colon is missing before line 2, column 9"),
        ('{"name": "demo" "image": ""}', "a comma or a closing bracket is missing before line 2, column 17"),
        ('{"name": "demo', "the quotation mark at line 2, column 10 is not closed"),
        ('{"name": "de\tmo"}', "takes no such character: line 2, column 13"),
        ('{"name": "demo"} {}', "the object has ended before line 2, column 18"),
        ('{name: "demo"}', "a name in double quotes belongs at line 2, column 2"),
        ('{"name": "demo",}', "the comma at line 2, column 16 is one too many: remove it"),
        ('{\n "name": "demo" // why\n}', "no comments: remove the one at line 3, column 17"),
    ],
)
def test_a_cell_that_is_no_json_is_refused_with_the_place_in_the_cell(cell, where):
    assert where in refused("", cell)


def test_a_cell_that_is_no_object_is_refused():
    assert "not a list" in refused("", "[1]")


def test_a_cell_and_a_body_are_one_too_many():
    assert "two bodies" in refused("--body {}", "{}")


@given(st.text(max_size=30))
def test_any_cell_is_read_or_refused_in_words(cell):
    with suppress(InputError):
        assert read("", cell).draft


def test_the_help_reads_neither_the_cell_nor_an_env_file():
    assert read("--help --env-file nowhere.env", "no json").switches >= {"--help"}


@pytest.mark.parametrize("line", ["--body a.json", "--body=a.json", "--body 'a.json'", "--body a --name x"])
def test_a_body_comes_from_a_file(line):
    files = {"a.json": json.dumps(MINIMAL), "a": json.dumps(MINIMAL)}
    assert body_of(line, files=files)["image"] == MINIMAL["image"]


def test_what_is_wrong_with_a_file_is_said_with_its_name_and_the_place():
    assert "a.json is not JSON: a value is missing at line 1, column 10." in refused(
        "--body a.json", files={"a.json": '{"name": }'}
    )
    assert "a.json is not JSON: the comma at line 1, column 9 is one too many" in refused(
        "--body a.json", files={"a.json": '{"n": "d",}'.replace("d", "")}
    )
    assert "there is no file b.json" in refused("--body b.json")
    assert "not a list" in refused("--body a.json", files={"a.json": "[1]"})
    assert "not JSON" in refused("--body demo")


@pytest.mark.parametrize("line", ["--body @x", "--body=@x", "--body $x", "--body {x}"])
@pytest.mark.parametrize("kind", ["dict", "request", "form", "plan", "launch"])
def test_a_body_comes_from_an_object_of_the_notebook(line, kind):
    target = Target("practice", practice=True)
    thing = {
        "dict": lambda: FULL,
        "request": lambda: CreateInstanceRequest.model_validate(FULL),
        "form": lambda: SimpleNamespace(session=SimpleNamespace(report=check(FULL))),
        "plan": lambda: LaunchPlan(check(FULL), target),
        "launch": lambda: SimpleNamespace(plan=LaunchPlan(check(FULL), target)),
    }[kind]()
    assert body_of(line, x=thing) == FULL


def test_a_name_in_quotes_is_a_file_and_no_object():
    assert "not JSON" in refused("--body '@x'", x=FULL)
    assert "not JSON" in refused("--body='@x'", x=FULL)
    assert body_of("--body '@x'", files={"@x": json.dumps(MINIMAL)})["image"] == MINIMAL["image"]


@pytest.mark.parametrize("thing", [3, [FULL], SimpleNamespace(value=3), SimpleNamespace(report=None), None])
def test_anything_else_is_refused(thing):
    assert refused("--body @x", x=thing)


def test_a_name_that_is_not_there_is_said():
    with pytest.raises(InputError, match="@missing"):
        read("--body @missing")
