"""What the practice cloud does wrong because it was asked to."""

from string import Formatter

import pytest

from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.errors import ApiError, OutcomeUnknown
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.failures import FAILURES, REGISTRY, Failure, Refused, failure_of, lesson_of, verbs
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import LOST_ANSWER, OneAccount
from tests.support.wire import PATIENCE, wait_for_launches

LOST = {**MINIMAL, "image": f"{LOST_ANSWER}:1"}


def in_process(account):
    transport = PracticeTransport(OneAccount(account))
    return PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)


@pytest.fixture(params=["in this process", "over a socket"])
def cloud(request, account, server):
    """The practice cloud, both ways to it."""
    served = request.param == "over a socket"
    with PpioClient(base_url=server.url) if served else in_process(account) as client:
        yield client
        wait_for_launches()


def names(client):
    return [one.name for one in client.list_instances()]


@pytest.mark.parametrize("ending", ["", ":1", ":latest", ":"])
def test_the_image_asks_for_an_instance_and_a_lost_answer(cloud, ending):
    verdict = cloud.send_create({**MINIMAL, "image": LOST_ANSWER + ending})
    assert (verdict.sent, verdict.instance_id) == (True, None)
    assert isinstance(verdict.error, OutcomeUnknown)
    assert "may be running" in str(verdict.error)
    assert names(cloud) == ["demo"]


def test_both_ways_lose_it_in_the_same_words(account, server):
    with PpioClient(base_url=server.url) as served, in_process(account) as near:
        kinds = [client.send_create(LOST).error.params["kind"] for client in (served, near)]
    assert kinds == ["RemoteProtocolError", "RemoteProtocolError"]


@pytest.mark.parametrize(
    "image", ["ubuntu:24.04", f"{LOST_ANSWER}-not:1", f"mirror/{LOST_ANSWER}", "lost-answer:1"]
)
def test_nobody_meets_it_by_chance(cloud, image):
    error = cloud.send_create({**MINIMAL, "image": image}).error
    assert error is None or error.reason == "IMAGE_NOT_FOUND"


def test_what_is_refused_is_answered(cloud):
    verdict = cloud.send_create({**LOST, "product_id": "prod-h100-80g"})
    assert verdict.error.reason == "VALIDATOR_PARAM"
    assert names(cloud) == []


def test_only_that_answer_is_lost(cloud):
    cloud.send_create(LOST)
    assert cloud.send_create({**MINIMAL, "name": "next"}).instance_id
    (lost,) = (one for one in cloud.list_instances() if one.name == "demo")
    assert cloud.get_instance(lost.id).name == "demo"


@pytest.mark.usefixtures("quick")
def test_a_launch_looks_it_up_and_sends_no_second_one(cloud, time):
    launch = Launch(LaunchPlan(check(LOST), Target.of(cloud)), cloud)
    launch.submit()
    launch.wait_for_answer(PATIENCE)
    launch.wait_for_outcome(PATIENCE)
    launch.stop_following()
    assert (launch.state, launch.source) == (LaunchState.SUCCEEDED, "listing")
    assert names(cloud) == ["demo"]


def test_a_failure_is_one_row_of_the_table(cloud, monkeypatch):
    busy = Failure("INSUFFICIENT_RESOURCE", "a lesson", status=429, verb="busy")
    monkeypatch.setitem(FAILURES, "busy", busy)
    verdict = cloud.send_create({**MINIMAL, "image": f"{REGISTRY}/lessons/busy:1"})
    assert (verdict.error.status, verdict.error.reason) == (429, "INSUFFICIENT_RESOURCE")
    assert "a lesson" in str(verdict.error)
    assert names(cloud) == []


@pytest.mark.parametrize("code", [code for code, failure in FAILURES.items() if failure.reason])
def test_every_refusal_says_its_sentence_and_what_is_at_fault(code):
    holes = [(name, form) for _text, name, form, _how in Formatter().parse(FAILURES[code].message) if name]
    given = {"field": "<field>"} | {name: 1.5 if form else f"<{name}>" for name, form in holes}
    answer = Refused(code, **given).answer
    assert "{" not in answer["message"]
    assert answer["metadata"] == {"field": "<field>"}
    assert Refused("no_instance", id="i-1").answer["metadata"] == {"id": "i-1"}


def test_each_verb_is_asked_for_by_one_image_and_one_row():
    assert len(set(verbs())) == len(verbs())
    for verb in verbs():
        assert lesson_of(f"{failure_of(verb).image}:1") is failure_of(verb)


@pytest.mark.parametrize("verb", verbs())
def test_what_was_asked_for_names_its_field_and_product(cloud, verb):
    row, mode = failure_of(verb), "spot" if failure_of(verb).notice else "postpaid"
    verdict = cloud.send_create({**MINIMAL, "billing": {"mode": mode}, "image": row.image})
    refused = isinstance(verdict.error, ApiError)
    assert refused == (bool(row.reason) and not row.walk)
    if refused:
        assert "{" not in verdict.error.message
        assert row.field in verdict.error.message
        assert names(cloud) == []
