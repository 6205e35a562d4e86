import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud import client as client_module
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.outcome import judge_answer
from ppio_widgets.errors import AccessDenied, ApiError, NotSent, OutcomeUnknown, PpioError
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.wire import (
    breaks_off_within_the_answer,
    closed_port,
    closes_after_reading,
    faulty,
    resets_after_reading,
    resets_at_once,
    resets_before_reading,
    says,
    speaks_no_http,
    stays_silent,
)

PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
BODIES = [
    {"code": 1, "reason": "SOME_REASON", "message": "some words", "metadata": {"field": "name"}},
    {"message": "some words"},
    {"error": {"message": "some words", "type": "some_type"}},
    {"error": "some words"},
    b"some words",
    PAGE,
    b"",
    b'{"code": 400, "mess',
]


def judged(play):
    """The verdict of one create call, and what the server received."""
    with faulty(play) as server, PpioClient(base_url=server.url) as client:
        verdict = client.send_create(MINIMAL)
    return verdict, server


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_id_is_an_instance(status):
    verdict, server = judged(says(status, {"id": "abc", "more": 1}))
    assert (verdict.sent, verdict.instance_id, verdict.error) == (True, "abc", None)
    assert server.posts == 1


@pytest.mark.parametrize("content", BODIES)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429])
def test_a_client_error_is_a_refusal_whatever_its_body(status, content):
    verdict, server = judged(says(status, content))
    assert verdict.sent
    assert verdict.instance_id is None
    assert type(verdict.error) is (AccessDenied if status in (401, 403) else ApiError)
    assert verdict.error.status == status
    assert server.posts == server.connections == 1


@pytest.mark.parametrize("content", BODIES)
@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504])
def test_other_errors_leave_open_whether_an_instance_was_made(status, content):
    verdict, server = judged(says(status, content))
    assert verdict.sent
    assert type(verdict.error) is OutcomeUnknown
    assert str(status) in str(verdict.error)
    assert server.posts == server.connections == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"abc"',
        b"{}",
        b'{"id": ""}',
        b'{"id": 7}',
        b'{"id": null}',
        b'{"id": "abc"',
        PAGE,
    ],
)
def test_a_success_without_an_id_is_unknown(content):
    verdict, server = judged(says(200, content))
    assert type(verdict.error) is OutcomeUnknown
    assert server.posts == 1


@pytest.mark.parametrize(
    ("play", "read"),
    [
        (resets_before_reading, 0),
        (resets_after_reading, 1),
        (closes_after_reading, 1),
        (breaks_off_within_the_answer, 1),
        (speaks_no_http, 1),
        (says(200, b"no gzip at all", "Content-Encoding: gzip"), 1),
    ],
)
def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(play, read):
    verdict, server = judged(play)
    assert verdict.sent
    assert verdict.instance_id is None
    assert type(verdict.error) is OutcomeUnknown
    assert (server.connections, server.posts) == (1, read)


def test_a_reset_while_connecting_is_judged_by_what_may_have_left():
    verdict, server = judged(resets_at_once)
    assert type(verdict.error) is (OutcomeUnknown if verdict.sent else NotSent)
    assert (server.connections, server.posts) == (1, 0)


def test_an_answer_that_never_comes_is_unknown(monkeypatch):
    monkeypatch.setattr(client_module, "LISTEN_SECONDS", 0.1)
    verdict, server = judged(stays_silent)
    assert type(verdict.error) is OutcomeUnknown
    assert "RemoteProtocolError" in str(verdict.error)
    assert server.posts == 1


def test_an_answer_that_is_too_large_is_unknown(monkeypatch):
    monkeypatch.setattr(client_module, "LARGEST_CREATE_ANSWER", 100)
    verdict, _server = judged(says(200, {"id": "abc", "more": "x" * 200}))
    assert type(verdict.error) is OutcomeUnknown


def test_a_refused_connection_has_sent_nothing():
    with PpioClient(base_url=f"http://127.0.0.1:{closed_port()}") as client:
        verdict = client.send_create(MINIMAL)
    assert not verdict.sent
    assert type(verdict.error) is NotSent
    assert "ConnectError" in str(verdict.error)


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (says(400, {"message": "no"}), ApiError),
        (says(500, {"message": "no"}), OutcomeUnknown),
        (resets_after_reading, OutcomeUnknown),
    ],
)
def test_the_plain_call_raises_what_the_verdict_says(play, kind):
    with faulty(play) as server, PpioClient(base_url=server.url) as client:
        with pytest.raises(kind):
            client.create_instance(check(MINIMAL).require())
        assert server.connections == 1


def test_an_unknown_outcome_says_that_an_instance_may_be_running():
    for play in (says(500, b""), says(200, b"{}"), resets_after_reading):
        verdict, _server = judged(play)
        assert "may be running and billed" in str(verdict.error)


@settings(deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=60) | st.sampled_from(BODIES).map(lambda body: json.dumps(str(body)).encode()),
)
def test_any_answer_is_judged_and_only_a_client_error_is_a_sure_refusal(status, content):
    verdict = judge_answer(status, content)
    assert verdict.sent
    assert (verdict.instance_id is None) == isinstance(verdict.error, PpioError)
    if isinstance(verdict.error, ApiError):
        assert 300 <= status < 500
        assert status not in (408, 409, 425)


def test_an_unknown_outcome_gives_no_advice_to_launch_again():
    verdict, _server = judged(says(500, {"reason": "VALIDATOR_PARAM", "message": "bad field"}))
    assert "bad field [VALIDATOR_PARAM]" in str(verdict.error)
    assert "launch again" not in str(verdict.error)
