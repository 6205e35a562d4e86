"""What a launch said on the wire: live and practice clouds, over a socket and within the kernel."""

import json

import pytest

from ppio_widgets import EnvRef, PpioClient, PpioError, check
from ppio_widgets.api import finish
from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.launch import MOST_ENTRIES, Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.transport import PracticeTransport
from tests.support.bodies import FULL, MINIMAL
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import LOST_ANSWER, OneAccount
from tests.support.wire import (
    REAL_KEY,
    closed_port,
    faulty,
    listing,
    nothing_there,
    resets_after_reading,
    row,
    says,
)

pytestmark = pytest.mark.usefixtures("quick")

EVENTS = ["connected", "sent", "head", "end"]
TOKEN = "hf_not_to_be_seen_0123456789"
BODY = {
    **MINIMAL,
    "envs": [
        {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")},
        {"key": "DATASET", "value": EnvRef("DATASET")},
        {"key": "PASSWORD", "value": "typed by hand"},
        {"key": "EPOCHS", "value": "3"},
    ],
}


def launched(client, body=MINIMAL, **options):
    launch = Launch(LaunchPlan(check(body), Target.of(client)), client)
    try:
        finish(launch, **options)
    except PpioError:
        launch.wait_for_outcome(10)
    launch.stop_following()
    return launch


@pytest.fixture
def within(account):
    """A client of a practice cloud in this kernel."""
    transport = PracticeTransport(OneAccount(account))
    return PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)


@pytest.fixture(params=["within the kernel", "over a socket"])
def practice(request, server):
    return request.getfixturevalue("within") if "within" in request.param else PpioClient(base_url=server.url)


def test_it_has_the_request_its_answer_and_each_event(practice):
    launch = launched(practice, FULL)
    [post] = launch.wire
    assert (post.method, post.target, post.status, post.failure) == ("POST", "/gpus/v2/instances", 200, "")
    assert post.body == launch.plan.report.body
    assert post.answer == {"id": launch.id}
    assert [name for name, _ms in post.events] == EVENTS
    assert [ms for _name, ms in post.events] == sorted(ms for _name, ms in post.events)
    headers = {name.lower(): value for name, value in post.headers}
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer ••••(key)"


def test_what_was_taken_from_the_environment_or_is_secret_is_hidden(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("DATASET", "cats")
    answer = {"id": "i-1", "echo": TOKEN, "metadata": {"said": TOKEN}}
    with faulty(nothing_there, says(200, answer)) as server:
        launch = launched(PpioClient(REAL_KEY, base_url=server.url), BODY)
        sent = json.loads(next(one for one in server.received if one.method == "POST").content)
    assert [row["value"] for row in sent["envs"]] == [TOKEN, "cats", "typed by hand", "3"]
    [post] = launch.wire
    hidden = ["••••(env HF_TOKEN)", "••••(env DATASET)", "••••(env PASSWORD)", "3"]
    assert [row["value"] for row in post.body["envs"]] == hidden
    assert post.answer == {"id": "i-1", "echo": "…", "metadata": {"said": "••••(env HF_TOKEN)"}}
    for shown in (repr(list(launch.wire)), repr(launch.wire), str(launch.wire), launch.wire._repr_html_()):
        assert TOKEN not in shown
        assert REAL_KEY not in shown
        assert "typed by hand" not in shown


def test_looks_for_a_lost_answer_belong_to_it_and_show_no_ones_secrets():
    found = listing(row("demo"), row("other", "i-2"))
    with faulty(nothing_there, resets_after_reading, found) as server:
        launch = launched(PpioClient(REAL_KEY, base_url=server.url))
    post, look = launch.wire
    assert (post.status, post.failure, post.answer) == (0, "ReadError", None)
    assert [name for name, _ms in post.events] == ["connected", "sent", "end"]
    assert look.target.startswith("/gpus/v2/instances?name=demo")
    assert (look.method, look.status, look.body) == ("GET", 200, None)
    assert {one["name"] for one in look.answer["data"]} == {"demo", "other"}
    assert {one["envs"] for one in look.answer["data"]} == {"…"}
    assert launch.id == "i-1"


def test_the_lost_answer_of_the_practice_cloud_looks_the_same(within):
    launch = launched(within, {**MINIMAL, "image": f"{LOST_ANSWER}:1"})
    post, look = launch.wire
    assert (post.status, post.failure) == (0, "RemoteProtocolError")
    assert [name for name, _ms in post.events] == ["connected", "sent", "end"]
    assert look.answer["data"][0]["id"] == launch.id


def test_what_could_not_leave_ends_where_it_failed():
    client = PpioClient(REAL_KEY, base_url=f"http://127.0.0.1:{closed_port()}")
    [post] = launched(client, again="unchecked").wire
    assert (post.status, post.failure) == (0, "ConnectError")
    assert [name for name, _ms in post.events] == ["end"]


def test_only_so_much_of_it_is_kept():
    shut = says(503, b"<html>busy" + b"!" * 3_000)
    huge = {"id": "i-1", "name": "x" * 300_000}
    with faulty(nothing_there, resets_after_reading, shut, says(200, huge)) as server:
        launch = launched(PpioClient(REAL_KEY, base_url=server.url))
        for _ in range(MOST_ENTRIES + 5):
            launch.look()
    assert len(launch.wire) == MOST_ENTRIES
    assert launch.wire[0].method == "POST"
    assert launch.wire[-1].answer is None
    assert launch.wire[-1].size > 300_000
    assert len(repr(list(launch.wire))) < 50_000


def test_nothing_was_on_the_wire_yet(within):
    launch = Launch(LaunchPlan(check(MINIMAL), Target.of(within)), within)
    assert launch.wire == ()
    assert str(launch.wire) == "Nothing was on the wire yet"


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_card_and_its_repr(within, language, monkeypatch):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    launch = launched(within, {**MINIMAL, "name": "a-<b>-c"})
    assert repr(launch.wire) == "<Wire: POST /gpus/v2/instances 200>"
    bundle = launch.wire._repr_mimebundle_()
    say = words(language)
    for shown in (bundle["text/plain"], bundle["text/html"]):
        assert "POST /gpus/v2/instances HTTP/1.1" in shown
        assert "Authorization: Bearer ••••(key)" in shown
        assert say("wire.status", status=200) in shown
        assert launch.id in shown
    assert "<b>-c" not in bundle["text/html"]
    assert "a-&lt;b&gt;-c" in bundle["text/html"]
