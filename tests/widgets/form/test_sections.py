"""What stands under More: closed, summed up in its head, opened by a plus, an error, and by whoever asks."""

import re

import pytest

from tests.support.bodies import FULL, MINIMAL
from tests.widgets.conftest import choose, displayed, every, find_all, press, shown, type_into

TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
A100 = {**MINIMAL, "product_id": "a100-80g"}
HEADS = ["Access", "Environment", "Storage", "Start command", "Region and network", "Limits"]


def head(form, name):
    return next(one for one in every(form) if "ppw-section" in one._dom_classes and one.description == name)


def said(form, css):
    """What a closed section says in its head."""
    found = re.search(rf"\.{css}::after\{{content:\"(.*?)\"", shown(form))
    return re.sub(r"\\([0-9a-f]+) ?", lambda one: chr(int(one[1], 16)), found[1]) if found else ""


def is_open(form):
    return [name for name in HEADS if head(form, name).value]


def test_all_are_closed_in_a_new_form_and_say_that_they_are_empty(form):
    assert is_open(form) == []
    assert said(form, "s-access") == "no port, no Jupyter"
    assert said(form, "s-environment") == "no variable"
    assert said(form, "s-storage") == "no volume: files are lost on delete"
    assert said(form, "s-limits") == "no price ceiling"


@pytest.mark.parametrize(
    ("plus", "section", "field", "typed", "path"),
    [
        ("Add port", "Access", "Port", "8080", ("ports", [{"port": 8080, "protocol": "http"}])),
        ("Add variable", "Environment", "Variable", "A", ("envs", [{"key": "A", "value": ""}])),
        ("Add volume", "Storage", "Mount point of volume", "/data", None),
        ("Add region", "Region and network", "Region", "cn-south-1", ("candidate_regions", ["cn-south-1"])),
    ],
)
def test_the_plus_in_a_head_opens_its_section_with_a_new_row(form, plus, section, field, typed, path):
    press(find_all(form, plus)[0])
    assert is_open(form) == [section]
    fields = [one for one in find_all(form, field) if one.description.endswith(" 1")]
    assert len(fields) == 1
    type_into(fields[0], typed)
    if path is None:
        [volume] = form.value["volumes"]
        assert volume["mount_point"] == typed
    else:
        assert form.value[path[0]] == path[1]
    press(find_all(form, plus)[0])
    assert find_all(form, f"{field} 2")


def test_a_closed_section_says_what_it_holds_and_no_value_of_a_variable(form):
    form.value = {
        **A100,
        "ports": [{"port": 8888, "protocol": "http"}, {"port": 22, "protocol": "tcp"}],
        "envs": [{"key": "MODE", "value": "zq-hunter2"}],
        "command": "python serve.py",
        "auto_migrate": {"enabled": True},
    }
    assert said(form, "s-access") == "Ports 8888/http, 22/tcp"
    assert said(form, "s-environment") == "MODE"
    assert said(form, "s-start") == "own command"
    assert said(form, "s-limits") == "moves when its host fails"
    heads = re.findall(r"\.s-[a-z]+::after\{content:\"(.*?)\"", shown(form))
    assert len(heads) == 6
    assert not any("zq-hunter2" in one for one in heads)


@pytest.mark.parametrize("length", range(4, 60, 6))
def test_no_part_of_a_secret_stands_in_the_head_of_a_closed_section(make_form, length):
    """Words that are too long are cut; a secret is hidden before that, as nobody knows half of one."""
    mounted = [{"type": "local", "mount_point": f"/{'d' * length}/{TOKEN}", "size_gb": 1}]
    told = said(make_form({**MINIMAL, "volumes": mounted}), "s-storage")
    assert told.startswith("/d")
    assert TOKEN[:5] not in told


def test_an_open_section_says_nothing_in_its_head_and_a_closed_one_follows_what_was_typed(form):
    press(find_all(form, "Add variable")[0])
    assert said(form, "s-environment") == ""
    type_into(find_all(form, "Variable")[0], "MODE")
    type_into(head(form, "Environment"), False)
    assert said(form, "s-environment") == "MODE"


def test_a_section_is_drawn_once_however_often_it_is_closed_and_opened(form):
    """Whoever types in it while the kernel is late types in what stays; a stylesheet hides it meanwhile."""
    press(find_all(form, "Add variable")[0])
    type_into(head(form, "Start command"), True)
    drawn = [one.model_id for one in every(form)]
    for opened in (False, True, False):
        type_into(head(form, "Environment"), opened)
        type_into(head(form, "Start command"), opened)
        assert [one.model_id for one in every(form)] == drawn
    type_into(find_all(form, "Variable")[0], "MODE")
    assert said(form, "s-environment") == "MODE"


@pytest.mark.parametrize(
    ("part", "section"),
    [
        ({"ports": [{"port": 99999, "protocol": "http"}]}, "Access"),
        ({"envs": [{"key": "", "value": "x"}]}, "Environment"),
        ({"volumes": [{"type": "tape", "mount_point": "/d"}]}, "Storage"),
        ({"tools": {"jupyter": {"enabled": True, "port": 0}}}, "Access"),
        ({"auto_migrate": {"enabled": "perhaps"}}, "Limits"),
        ({"candidate_regions": ["r-none"]}, "Region and network"),
    ],
)
def test_an_error_opens_its_section_when_a_launch_is_tried(make_form, cloud, part, section):
    form = displayed(make_form({**A100, **part}))
    assert is_open(form) == []
    assert form.errors
    press(find_all(form, "Launch")[0])
    assert is_open(form) == [section]
    assert not find_all(form, "Yes, launch it")
    assert cloud.posts == 0


def test_a_ceiling_that_is_none_opens_the_limits(form):
    form.value = A100
    head_of_limits = head(form, "Limits")
    type_into(head_of_limits, True)
    type_into(find_all(form, "Price ceiling per hour")[0], "ten")
    type_into(head_of_limits, False)
    press(find_all(form, "Launch")[0])
    assert is_open(form) == ["Limits"]


def test_what_a_person_closed_stays_closed_while_a_body_is_set(form):
    type_into(head(form, "Storage"), True)
    form.value = FULL
    assert is_open(form) == ["Storage"]
    type_into(head(form, "Storage"), False)
    choose(next(one for one in find_all(form, "GPUs") if hasattr(one, "options")), "2")
    assert is_open(form) == []


def test_cuda_of_a_tag_is_taken_where_it_is_to_be_seen(form):
    type_into(find_all(form, "Image")[0], "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime")
    press(next(one for one in every(form) if "ppw-find" in one._dom_classes and "12.4" in one.description))
    assert is_open(form) == ["Limits"]
    assert form.value["resource"]["min_cuda_version"] == "12.4"
