"""The way of the data: what is recorded, compared and sent derives from one compacted body."""

from __future__ import annotations

import json

import pytest

from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.formats.diff import changes
from ppio_widgets.launches.history import last_body_of
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import Ledger, ledger_for
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.request.envref import EnvRef
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.wire import PATIENCE, REAL_KEY, launching, says

pytestmark = pytest.mark.usefixtures("quick")

SECRET = "hf_5eCr3t"

# As it is typed: blanks, digits, rows out of order, values and references.
DRAFT = {
    "image": "ubuntu:24.04",
    **MINIMAL,
    "command": "",
    "network": {},
    "ports": [{"port": "8080", "protocol": "http"}, {}],
    "envs": [
        {"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}},
        {"key": "MODE", "value": "typed-value"},
        {"key": "EMPTY", "value": ""},
        {"key": "", "value": ""},
    ],
}


@pytest.fixture
def launched(monkeypatch, tmp_path):
    """A launch of the draft, the ledger that it is recorded in, and the bytes of its create call."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    ledger = Ledger(tmp_path / "launches")
    with launching(says(200, {"id": "i-1"})) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = Launch(LaunchPlan(check(DRAFT), Target.of(client)), client, ledger=ledger)
        assert launch.submit()
        launch.wait_for_answer(PATIENCE)
        launch.stop_following()
        yield launch, ledger, [one.content for one in server.received if one.method == "POST"]


def test_recorded_and_sent_are_the_plans_body_and_differ_in_the_values_of_variables_alone(launched):
    launch, ledger, (sent,) = launched
    body, recorded = launch.plan.body, ledger.get(launch.launch_id).body
    rest = {name: value for name, value in body.items() if name != "envs"}
    assert {**recorded, "envs": None} == {**json.loads(sent), "envs": None} == {**rest, "envs": None}
    assert body["envs"][0] == {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}, "nothing is resolved in it"
    assert recorded["envs"] == [{"key": row["key"]} for row in body["envs"]]
    assert json.loads(sent)["envs"] == [{**body["envs"][0], "value": SECRET}, *body["envs"][1:]]
    assert list(json.loads(sent)) == list(body) == list(launch.plan.report.require().body())


def test_what_is_compared_is_the_plans_body_and_the_record_of_it(launched, monkeypatch):
    launch, ledger, _sent = launched
    monkeypatch.setattr("ppio_widgets.launches.history.ledger_for", lambda **_which: ledger)
    before = last_body_of(launch.name, launch.plan.target)
    assert before == ledger.get(launch.launch_id).body
    assert changes(before, launch.plan.body, values_unknown=True) == ()


def test_a_record_has_no_value_of_a_variable(launched):
    _launch, ledger, _sent = launched
    (file,) = ledger.folder.glob("*.json")
    assert SECRET not in file.read_text()
    assert "typed-value" not in file.read_text()
    assert "value" not in json.dumps(json.loads(file.read_text())["body"])


def test_a_resolved_value_is_in_the_bytes_on_the_wire_and_nowhere_else(launched):
    launch, _ledger, (sent,) = launched
    assert SECRET.encode() in sent
    kept = [vars(launch), vars(launch.plan), launch.record, launch.plan.report.request]
    assert SECRET not in "".join(map(repr, kept)) + repr(launch) + str(launch._repr_mimebundle_())


def test_a_practice_cloud_gets_the_same_body_with_placeholders(client, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", SECRET)
    launch = Launch(LaunchPlan(check(DRAFT), Target.of(client)), client)
    sent, send = [], client.send_create

    def seen(body, *given, **more):
        sent.append(body)
        return send(body, *given, **more)

    monkeypatch.setattr(client, "send_create", seen)
    assert launch.submit()
    launch.wait_for_answer(PATIENCE)
    launch.stop_following()
    assert SECRET not in json.dumps(sent)
    assert {**sent[0], "envs": None} == {**launch.plan.body, "envs": None}
    assert ledger_for(practice=True).get(launch.launch_id).body == launch.record.body
