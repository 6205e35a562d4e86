"""A server that repeats secrets in other fields of its answer: none of them is shown."""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cards import static
from ppio_widgets.cloud.instances import InstanceDetail, read_instance
from ppio_widgets.instances.listing import open_board, resolve
from ppio_widgets.locale.words import words
from ppio_widgets.secrets import patterns
from ppio_widgets.secrets.credentials import ApiKey, reveal
from ppio_widgets.secrets.in_use import Secret, sent_secrets
from ppio_widgets.secrets.redaction import Redactor
from tests.support.wire import REAL_KEY, answers, faulty

PASSWORD = "Pw-zq99-hunter"
TOKEN = "5hort-t0k"
LONG = "envsecret-zq-0099"
SHAPED = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
SECRETS = (REAL_KEY, PASSWORD, TOKEN, LONG, SHAPED)


def row(**more):
    return {
        "id": "i-1",
        "name": "demo",
        "status": {"status": "running"},
        "created_at": 1,
        "envs": [
            {"key": "DB", "value": LONG},
            {"key": "MODEL_TOKEN", "value": TOKEN},
            {"key": "X", "value": SHAPED},
        ],
        "tools": {"ssh": {"password": PASSWORD}},
        **more,
    }


def echoing(secret):
    """An answer that repeats a secret wherever it can."""
    url = f"https://h.example.com/a/{secret}/b"
    return row(
        name=f"n {secret}",
        product_id=f"p {secret}",
        image=f"i {secret}",
        region=f"r {secret}",
        billing={"mode": f"m {secret}"},
        status={"status": f"s {secret}", "error": f"e {secret}", "message": f"m {secret}"},
        ports=[{"port": 80, "protocol": f"t {secret}", "endpoint": url}],
        tools={
            "ssh": {"password": PASSWORD, "command": f"ssh {secret}@h"},
            "jupyter": {"endpoint": url},
            "log": {"instance_endpoint": url, "system_endpoint": url},
        },
    )


KNOWS = Redactor([Secret("api_key", REAL_KEY, "key")])
REASONS = {REAL_KEY: "key", PASSWORD: "password", TOKEN: "env MODEL_TOKEN", LONG: "env DB", SHAPED: "env X"}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_field_repeats_a_secret(secret):
    answer = echoing(secret)
    detail = read_instance(answer, KNOWS)
    assert secret not in repr(detail)
    assert detail.jupyter_url == detail.ports[0].url == ""
    assert detail.logs == ()
    assert detail.image == f"i ••••({REASONS[secret]})"
    assert detail.ssh_command == f"ssh ••••({REASONS[secret]})@h"


@given(st.sampled_from(SECRETS), st.sampled_from(["{}.example.com/x", "example.com/{}", "e.com/a%20{}"]))
def test_half_a_link_is_none(secret, place):
    for spelt in (secret, quote(secret, safe=""), "".join(f"%{ord(char):02x}" for char in secret)):
        url = f"https://{place.format(spelt)}"
        detail = read_instance(
            row(tools={"ssh": {"password": PASSWORD}, "jupyter": {"endpoint": url}}), KNOWS
        )
        assert detail.jupyter_url == ""


def test_a_host_in_small_letters_gives_no_secret_away():
    url = f"https://{SHAPED.replace('_', '-')}.example.com/"
    envs = [{"key": "MY_TOKEN", "value": SHAPED.replace("_", "-")}]
    assert read_instance(row(envs=envs, tools={"jupyter": {"endpoint": url}})).jupyter_url == ""


def test_words_in_harmless_variables_spoil_nothing():
    envs = [
        {"key": "APP", "value": "jupyter"},
        {"key": "STATE", "value": "running"},
        {"key": "REGION", "value": "cn-hongkong-1"},
        {"key": "RUN_NAME", "value": "finetune-qwen2.5-7b"},
        {"key": "PORT_TOKEN", "value": "123456"},
    ]
    answer = row(
        envs=envs,
        name="finetune-qwen2.5-7b",
        region="cn-hongkong-1",
        tools={"jupyter": {"endpoint": "https://cn-hongkong-1.example.com:12345/jupyter"}},
    )
    detail = read_instance(answer)
    assert (detail.name, detail.region, detail.status) == ("finetune-qwen2.5-7b", "cn-hongkong-1", "running")
    assert detail.jupyter_url == "https://cn-hongkong-1.example.com:12345/jupyter"


WORDS = [
    ("hunter2", "sentence"),
    ("fifteen-letters", "sentence"),
    ("sixteen--letters", "field sentence"),
    ("jupyter", "sentence"),
]


@pytest.mark.parametrize(("value", "hidden_in"), WORDS)
def test_in_an_error_every_value_of_an_instance_is_hidden_and_elsewhere_the_words_are_not(value, hidden_in):
    answer = {**echoing(value), "name": value, "envs": [{"key": "PLAIN", "value": value}]}
    detail = read_instance(answer)
    stand_in = "••••(env PLAIN)"
    assert (detail.error, detail.message, detail.status) == (
        f"e {stand_in}",
        f"m {stand_in}",
        f"s {stand_in}",
    )
    in_fields = stand_in if "field" in hidden_in else value
    assert (detail.image, detail.region) == (f"i {in_fields}", f"r {in_fields}")
    assert bool(detail.jupyter_url) is ("field" not in hidden_in)
    assert detail.name == value


@pytest.mark.parametrize("value", [word for word, _where in WORDS])
def test_what_was_sent_is_hidden_everywhere_although_a_variable_of_the_instance_calls_it_a_word(value):
    answer = {**echoing(value), "name": value, "envs": [{"key": "PLAIN", "value": value}]}
    detail = read_instance(answer, Redactor([Secret("HF_TOKEN", value)]))
    assert value not in repr(detail).replace("jupyter_url", "")
    assert detail.name == "••••(env HF_TOKEN)"


def calls(read):
    """Count the calls of functions meanwhile, those in C too."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read()
    finally:
        sys.setprofile(before)
    return count


KINDS = [
    lambda n: f"value-{n:06d}-of-many",
    lambda n: f"value no. {n:06d} of many/all",
    lambda n: "!".join(f"{n:09d}"),
    lambda n: "".join(chr(0x4E00 + (n * 7 + place * 131) % 300) for place in range(16)),
]


@pytest.mark.parametrize("value", KINDS)
def test_many_variables_are_each_looked_at_once_and_not_for_every_text(value):
    message = "the value of many variables is all that went wrong: 0 1 2 3 4 5 6 7 8 9. " * 40

    def steps(number):
        envs = [{"key": f"V{n}", "value": value(n)} for n in range(number)]
        answer = row(envs=envs, status={"status": "running", "message": message})
        return calls(lambda: read_instance(answer, KNOWS))

    steps(10)
    few, many = steps(500), steps(2500)
    assert (many - few) / 2000 < 200


def test_a_listing_of_ordinary_rows_spells_no_secret_in_all_its_forms(monkeypatch):
    def no(*_given):
        raise AssertionError

    url = "https://host-1.pods.example.com:8443/path/{}"
    rows = [
        row(
            envs=[{"key": f"V{n}", "value": f"the value no. {n} of {count}"} for n in range(8)],
            image="prodcr.example.com/lib/pytorch:v2.1.0-py3.10",
            ports=[{"port": 80 + n, "protocol": "http", "endpoint": url.format(n)} for n in range(3)],
            tools={"ssh": {"password": PASSWORD, "command": "ssh -p 22 root@h.example.com"}},
        )
        for count in range(20)
    ]
    monkeypatch.setattr(patterns, "_base64_cores", no)
    monkeypatch.setattr(patterns, "_places", no)
    knows = Redactor([Secret("api_key", REAL_KEY, "key"), Secret("HF_TOKEN", "a secret & more")])
    read_instance(rows[0], knows)
    # Less than 3,000 for a row of eight variables, a password and three addresses.
    assert calls(lambda: [read_instance(one, knows) for one in rows]) < 20 * 3200


def test_a_name_that_repeats_a_secret_is_no_reason():
    envs = [
        {"key": f"KEY_{TOKEN.replace('-', '_')}", "value": TOKEN.replace("-", "_")},
        {"key": "no name", "value": LONG},
    ]
    detail = read_instance(row(image=f"{LONG} {TOKEN.replace('-', '_')}", envs=envs))
    assert detail.image == "••••(env) ••••(env)"


@given(
    st.lists(st.tuples(st.sampled_from(["A", "A_TOKEN"]), st.text(max_size=30)), max_size=4),
    st.lists(st.text(max_size=30), min_size=3, max_size=3),
)
def test_any_answer_is_read_and_no_password_of_it_is_kept(envs, texts):
    secret = "pass-0123456789"
    name, image, path = (f"{text}{secret}{text}" for text in texts)
    answer = row(
        name=name,
        image=image,
        envs=[{"key": key, "value": value} for key, value in envs],
        tools={"ssh": {"password": secret}, "jupyter": {"endpoint": f"https://h.example.com/{path}"}},
    )
    assert secret not in repr(read_instance(json.loads(json.dumps(answer))))


@pytest.mark.parametrize("secret", SECRETS[:3])
def test_no_card_and_no_board_shows_it(secret, caplog):
    caplog.set_level("DEBUG")
    answer = echoing(secret)

    def reply(request):
        if "/instances/" in request.target:
            return 200, answer
        return 200, {"data": [answer] if "/instances" in request.target else [], "has_more": False}

    say = words("en")
    with faulty(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        machine, board = Instance("i-1", client).refresh(), open_board(client)
        shown = [str(machine), machine._repr_html_(), repr(board), board._repr_html_(), caplog.text]
        shown += [str(static.of_instance(machine, say).kept(say))]
        shown += [str(static.of_board(board, say, machine.target).kept(say))]
    assert secret not in "\n".join(shown)


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN, LONG])
def test_what_is_kept_of_an_instance_repeats_no_secret_in_its_words(secret):
    answer = row(status={"status": "error", "error": f"e {secret}", "message": f"m {secret}"})

    def reply(request):
        one = "/instances/" in request.target
        return 200, answer if one else {"data": [answer], "next_cursor": "", "has_more": False}

    with faulty(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        seen = [client.get_instance("i-1"), *client.list_instances(), *client.look("demo").instances]
    hidden = f"••••({REASONS[secret]})"
    assert [(one.error, one.message) for one in seen] == [(f"e {hidden}", f"m {hidden}")] * 3


def test_an_instance_is_found_by_the_name_that_was_typed_although_a_variable_holds_it():
    name = "5ecret-name"
    answer = row(name=name, envs=[{"key": "NAME_TOKEN", "value": name}])

    def reply(request):
        if "/instances/" in request.target:
            return 400, {"reason": "RESOURCE_NOT_FOUND", "message": "instance not found"}
        return 200, {"data": [answer], "has_more": False}

    with faulty(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        assert resolve(client, name).id == "i-1"
        (listed,) = client.listing().instances
    assert listed.name == "••••(env NAME_TOKEN)"
    assert isinstance(listed, InstanceDetail)


def test_a_variable_that_goes_while_a_request_is_made_keeps_nothing_from_being_sent(monkeypatch):
    class Going(dict):
        def __iter__(self):
            return iter([*super().__iter__(), "GONE"])

    monkeypatch.setattr(os, "environ", Going(HF_TOKEN="hf_5ecret"))
    key = ApiKey("sk_practice_of-a-test", "given")
    sent = [*sent_secrets(key, ("hf_5ecret",))]
    assert [(one.source, one.value) for one in sent] == [("given", reveal(key)), ("HF_TOKEN", "hf_5ecret")]
