"""What is different between two bodies, in words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets import EnvRef, Launch, LaunchPlan, check
from ppio_widgets.api import finish
from ppio_widgets.cloud.client import Target
from ppio_widgets.formats.diff import changes
from ppio_widgets.launches.history import last_body_of
from ppio_widgets.launches.ledger import Record, ledger_for, without_env_values
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.draft import compact, value_at, with_value
from ppio_widgets.secrets.patterns import looks_secret
from ppio_widgets.secrets.redaction import Hidden
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs

LISTS = ("envs", "ports", "volumes", "candidate_regions")
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "8080", "HF_TOKEN"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*MINIMAL, *LISTS, "key", "value", "port", "tools", "zz"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
DRAFTS = st.dictionaries(st.sampled_from([*MINIMAL, *LISTS, "tools", "zz"]), JUNK, max_size=6)


def said(before, after, language="en", **more):
    say = words(language)
    return [change.sentence(say) for change in changes(before, after, **more)]


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


# In words.


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        ({}, {}, []),
        ({"resource": {"gpu_num": 1}}, {"resource": {"gpu_num": 2}}, ["GPUs: 1 → 2"]),
        ({"resource": {"gpu_num": 1}}, {"resource": {"gpu_num": "1"}}, []),
        (
            {"billing": {"mode": "postpaid"}},
            {"billing": {"mode": "prepaid", "prepaid": {"months": 3}}},
            ["Billing mode: postpaid → prepaid", "Months: 3 (was not set)"],
        ),
        ({"type": "gpu"}, {}, ["Type: no longer set (was gpu)"]),
        (
            {},
            {"tools": {"jupyter": {"enabled": True, "port": 8888}}},
            ["Run Jupyter on the instance: yes (was not set)", "Jupyter port: 8888 (was not set)"],
        ),
        (
            {"auto_migrate": {"enabled": True}},
            {"auto_migrate": {"enabled": False}},
            ["Migrate automatically on failure: yes → no"],
        ),
        ({}, {"ports": [{"port": 8080, "protocol": "tcp"}]}, ["Port 8080 added"]),
        ({"ports": [{"port": 8080, "protocol": "tcp"}]}, {"ports": []}, ["Port 8080 removed"]),
        (
            {"ports": [{"port": 22, "protocol": "tcp"}, {"port": 8080, "protocol": "tcp"}]},
            {"ports": [{"port": "8080", "protocol": "http"}, {"port": 22, "protocol": "tcp"}]},
            ["Protocol of port 8080: tcp → http"],
        ),
        (
            {"volumes": [{"type": "local", "mount_point": "/data"}]},
            {"volumes": [{"type": "network", "id": "st-1", "mount_point": "/data"}, {"type": "local"}]},
            [
                "Type of volume /data: local → network",
                "Storage of volume /data: st-1 (was not set)",
                "Volume local added",
            ],
        ),
        (
            {"candidate_regions": ["a", "b", "b"]},
            {"candidate_regions": ["c", "b", "a"]},
            ["Region c added", "Region b removed"],
        ),
        ({"command": "x" * 99}, {"command": "b"}, [f"Command: {'x' * 59}… → b"]),
        ({"zz": {"a": [1]}}, {"zz": {"a": [1, {"b": False}]}}, ['zz: {"a": [1]} → {"a": [1, {"b": false}]}']),
        (
            {"command": "a"},
            {"command": "set -e\nb\n", "envs": [{"key": "API=hunter2\nB=2", "value": ""}]},
            ["Command: a → set -e\\nb\\n", "Variable … added"],
        ),
        ({"name": "a\u202eb"}, {"name": "b"}, ["Name: a\\u202eb → b"]),
    ],
)
def test_a_change_is_one_sentence(before, after, sentences):
    assert said(before, after) == sentences


def test_it_reads_in_chinese():
    before = {"resource": {"gpu_num": 1}, "ports": [{"port": 80, "protocol": "tcp"}]}
    after = {"resource": {"gpu_num": 2}, "ports": [{"port": 80, "protocol": "http"}, {"port": 443}]}
    assert said(before, after, "zh") == ["GPU 数量：1 → 2", "端口协议 80：tcp → http", "新增端口 443"]


# Variables.


def env(*rows):
    return {
        "envs": [{"key": key, "value": value} if value is not None else {"key": key} for key, value in rows]
    }


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (("EPOCHS", "3"), ("EPOCHS", "5"), ['Variable EPOCHS: "3" → "5"']),
        (("EPOCHS", ""), ("EPOCHS", None), ['Variable EPOCHS: no longer set (was "")']),
        (("EPOCHS", "$X"), ("EPOCHS", EnvRef("X")), ['Variable EPOCHS: "$X" → $X']),
        (("EPOCHS", {"$env": "X"}), ("EPOCHS", EnvRef("X")), []),
        (("HF_TOKEN", "hush1"), ("HF_TOKEN", "hush2"), ["Variable HF_TOKEN changed"]),
        (("HF_TOKEN", "hush1"), ("HF_TOKEN", "hush1"), []),
        (
            ("HF_TOKEN", "hush1"),
            ("HF_TOKEN", EnvRef("HF_TOKEN")),
            ["Variable HF_TOKEN: ••••(env HF_TOKEN) → $HF_TOKEN"],
        ),
        (("HF_TOKEN", EnvRef("A")), ("HF_TOKEN", EnvRef("B")), ["Variable HF_TOKEN: $A → $B"]),
        (("HF_TOKEN", None), ("HF_TOKEN", "hush1"), ["Variable HF_TOKEN: ••••(env HF_TOKEN) (was not set)"]),
        (("A", "hush1"), ("B", "hush1"), ["Variable B added", "Variable A removed"]),
    ],
)
def test_values_of_variables_are_seen_only_where_the_name_is_harmless(before, after, sentences):
    assert said(env(before), env(after)) == sentences


def test_the_order_of_two_variables_of_one_key_matters_as_one_of_them_counts():
    one, two, other = ("A", "1"), ("A", "2"), ("B", "3")
    assert said(env(one, two, other), env(other, one, two)) == []
    assert said(env(one, two), env(two, one)) == ['Variable A: "1" → "2"', 'Variable A: "2" → "1"']


def test_with_unknown_values_only_keys_are_compared():
    before = env(("A", None), ("B", None), ("B", None))
    after = env(("A", "1"), ("B", EnvRef("B")), ("C", "2"))
    assert said(before, after, values_unknown=True) == ["Variable C added", "Variable B removed"]
    assert 'Variable A: "1" (was not set)' in said(before, after)


@pytest.mark.long
@settings(max_examples=40)
@given(bodies_with_refs, bodies_with_refs, st.booleans())
def test_no_secret_is_in_a_change_or_its_sentence(before, after, unknown):
    secret = "hush-0123456789"
    rows = [{"key": "MY_TOKEN", "value": secret}, {"key": "MY_TOKEN", "value": "b"}, secret]
    before, after = {**before, "envs": rows}, {**after, "envs": [*after["envs"], *reversed(rows)]}
    odd = {**after, "envs": {"MY_TOKEN": secret}}
    for one, other in ((before, after), (after, before), (before, MINIMAL), (MINIMAL, before), (odd, before)):
        found = changes(one, other, values_unknown=unknown)
        told = [repr(found), *(str((one.before, one.after)) for one in found)]
        told += [one.sentence(words(language)) for one in found for language in LANGUAGES]
        assert not any(secret in text for text in told)


@settings(max_examples=40)
@given(bodies, bodies)
def test_a_change_does_not_show_values_in_its_repr(before, after):
    for change in changes({**before, "command": "hush-0123"}, {**after, "command": "hush-4567"}):
        assert "hush" not in repr(change)


# For any bodies.


@pytest.mark.long
@settings(max_examples=40)
@given(bodies_with_refs)
def test_nothing_is_different_from_itself_nor_from_its_json(body):
    assert changes(body, body) == ()
    text = json.dumps(body, default=EnvRef.as_json)
    assert changes(body, json.loads(text)) == ()
    assert changes(body, without_env_values(body), values_unknown=True) == ()


@given(bodies, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_no_difference(body, random):
    other = {
        name: random.sample(value, len(value)) if name in LISTS and name != "envs" else value
        for name, value in body.items()
    }
    assert changes(body, other) == ()
    keys = [row["key"] for row in body.get("envs", ())]
    if len(set(keys)) == len(keys) and keys:
        assert changes(body, {**body, "envs": random.sample(body["envs"], len(keys))}) == ()


@pytest.mark.long
@settings(max_examples=40)
@given(bodies_with_refs, bodies_with_refs)
def test_there_and_back_are_the_same_changes_turned_round(before, after):
    there, back = changes(before, after), changes(after, before)
    turned = sorted((repr(one.before), repr(one.after), one.row) for one in there)
    assert turned == sorted((repr(one.after), repr(one.before), one.row) for one in back)


@pytest.mark.long
@settings(max_examples=40)
@given(bodies_with_refs, bodies_with_refs)
def test_a_change_stands_where_it_says(before, after):
    for change in changes(before, after):
        body, value = (before, change.before) if change.is_gone_row else (after, change.after)
        found = value_at(body, change.path)
        if change.path[0] == "envs" and change.is_row:
            assert found["key"] == value["key"] == change.row
        elif not isinstance(value, Hidden):
            assert found == value


@given(bodies, bodies)
def test_outside_of_rows_applying_the_changes_gives_the_later_body(before, after):
    before, after = ({key: body[key] for key in body if key not in LISTS} for body in (before, after))
    made = before
    for change in changes(before, after):
        made = with_value(made, change.path, change.after)
    assert compact(made).body == compact(after).body


@given(bodies, bodies)
def test_every_row_that_is_only_in_one_is_a_change(before, after):
    found = changes(before, after)
    for name in ("ports", "volumes", "candidate_regions"):
        same = sorted(map(repr, before.get(name, []))) == sorted(map(repr, after.get(name, [])))
        assert same == (not any(change.path[0] == name for change in found))


@given(DRAFTS, DRAFTS, st.booleans())
def test_any_draft_is_compared_and_put_into_words(before, after, unknown):
    assert changes(before, before) == ()
    for change in changes(before, after, values_unknown=unknown):
        assert change.path
        for language in LANGUAGES:
            assert change.sentence(words(language)).isprintable()
        if change.path[0] == "envs" and looks_secret(change.row):
            assert all(
                value is None or isinstance(value, Hidden | dict) for value in (change.before, change.after)
            )


def test_rows_are_numbered_as_in_the_draft():
    after = {"ports": [{}, {"port": "80"}]}
    (change,) = changes({}, after)
    assert (change.path, change.row) == (("ports", 1), "80")


# The last launch of a name.


def test_the_last_body_of_a_name_on_a_cloud_is_that_of_its_last_launch():
    live = Target("api.ppio.com", practice=False)
    assert last_body_of("demo", live) is None

    def launched(launch_id, sent_at, **more):
        practice = more.pop("practice", False)
        name, host = more.pop("name", "demo"), more.pop("host", "https://api.ppio.com")
        body = {"name": name, "image": launch_id}
        state = more.pop("state", LaunchState.SUCCEEDED)
        instance = "i-1" if state is LaunchState.SUCCEEDED else None
        record = Record(launch_id, host, "…abcd", body, sent_at, state=state, instance_id=instance)
        ledger_for(practice=practice).claim(record)

    launched("aaaa0001", 10.0)
    launched("aaaa0002", 30.0)
    launched("aaaa0003", 20.0, state=LaunchState.UNKNOWN)
    launched("aaaa0004", 40.0, state=LaunchState.REJECTED)
    launched("aaaa0005", 50.0, state=LaunchState.NOT_SENT)
    launched("aaaa0006", 60.0, name="demo ")
    launched("aaaa0007", 70.0, host="https://api.novita.ai")
    launched("aaaa0008", 80.0, host="http://localhost", practice=True)
    assert last_body_of("demo", live)["image"] == "aaaa0002"
    launched("aaaa0009", 31.0, state=LaunchState.UNKNOWN)
    assert last_body_of("demo", live)["image"] == "aaaa0009"
    assert last_body_of("demo", Target("api.novita.ai", practice=False))["image"] == "aaaa0007"
    assert last_body_of("demo", Target("localhost", practice=True))["image"] == "aaaa0008"
    assert last_body_of("other", live) is None


def test_the_last_body_is_found_by_the_target_of_its_client(client):
    target = Target.of(client)
    finish(
        Launch(LaunchPlan(check({**FULL, "billing": {"mode": "postpaid"}}), target), client)
    ).stop_following()
    body = last_body_of(FULL["name"], target)
    assert changes(body, FULL, values_unknown=True)[0].path == ("billing", "mode")
    assert said(without(body, "billing"), without(FULL, "billing"), values_unknown=True) == []
