"""Every fault: what the launch says, what the server received and what the ledger holds must agree."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import time as real_time
from dataclasses import dataclass

import httpx
import pytest
import trustme

from ppio_widgets.cloud import client as client_module
from ppio_widgets.cloud import http
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import Unreachable
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import clock
from tests.support.fault_server import (
    ABROAD,
    answers_before_it_has_read,
    close,
    ends,
    ends_within_the_body,
    over_tls,
    reset,
    rests,
    sends,
    served,
    stall,
    stays_silent,
    through_a_tunnel,
    trickles,
)
from tests.support.ground import BODY, PATIENCE, concluded, files_agree, launch_on
from tests.support.sentences import sentence_of
from tests.support.wire import (
    REAL_KEY,
    closed_port,
    hangs_up_at_the_first_bytes,
    nothing_there,
    packed,
    resets_at_once,
    resets_before_reading,
    says,
    speaks_no_http,
)

pytestmark = pytest.mark.usefixtures("quick")

ID = b'{"id": "abc"}'
PAGE = b"<!DOCTYPE html><html><body><h1>Welcome to nginx!</h1></body></html>"

SUCCEEDED, REJECTED = LaunchState.SUCCEEDED, LaunchState.REJECTED
HOURS = 3600.0
NOT_SENT, UNKNOWN = LaunchState.NOT_SENT, LaunchState.UNKNOWN


@dataclass(frozen=True)
class Fault:
    """What happens to the create call.

    `posts` is how many the server must have read to the end.
    """

    name: str
    play: object
    state: LaunchState
    posts: int = 1
    retry_after: float | None = None


def chunked(*parts, end=b"0\r\n\r\n"):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def until_closed(content, head=b"HTTP/1.1 200 OK\r\n"):
    return head + b"\r\n" + content


WHOLE = packed(200, ID)
HEAD = len(WHOLE) - len(ID)

BROKEN_OFF = [
    Fault("reset before a byte is read", resets_before_reading, UNKNOWN, 0),
    Fault("closed before a byte is read", ends(close, at=0), UNKNOWN, 0),
    Fault("reset within the request's head", ends(reset, at=20), UNKNOWN, 0),
    Fault("closed within the request's head", ends(close, at=20), UNKNOWN, 0),
    Fault("reset within the request's body", ends_within_the_body(reset), UNKNOWN, 0),
    Fault("closed within the request's body", ends_within_the_body(close), UNKNOWN, 0),
    Fault("reset after the request", sends(b"", reset), UNKNOWN),
    Fault("closed after the request", sends(b""), UNKNOWN),
    Fault("closed within the status line", sends(WHOLE[:7]), UNKNOWN),
    Fault("reset within the answer's head", sends(WHOLE[: HEAD - 9], reset), UNKNOWN),
    Fault("closed within the answer's head", sends(WHOLE[: HEAD - 9]), UNKNOWN),
    Fault("closed after the answer's head", sends(WHOLE[:HEAD]), UNKNOWN),
    Fault("reset within the answer's body", sends(WHOLE[:-4], reset), UNKNOWN),
    Fault("closed within the answer's body", sends(WHOLE[:-4]), UNKNOWN),
    Fault("closed within a refusal's body", sends(packed(400, ID)[:-4]), UNKNOWN),
    Fault("closed within a body whose end is the close", sends(until_closed(ID[:-2])), UNKNOWN),
    Fault("chunked and cut in a chunk", sends(chunked(ID[:5], end=b"8\r\nabc")), UNKNOWN),
    Fault("chunked and cut between chunks", sends(chunked(ID, end=b"")), UNKNOWN),
    Fault("chunked with a size that is none", sends(chunked(ID, end=b"zz\r\n\r\n")), UNKNOWN),
]

STALLED = [
    Fault("stalled before a byte is read", ends(stall, at=0), UNKNOWN, 0),
    Fault("stalled within the request's head", ends(stall, at=20), UNKNOWN, 0),
    Fault("stalled within the request's body", ends_within_the_body(stall), UNKNOWN, 0),
    Fault("stalled after the request", sends(b"", stall), UNKNOWN),
    Fault("stalled within the answer's head", sends(WHOLE[: HEAD - 9], stall), UNKNOWN),
    Fault("stalled after the answer's head", sends(WHOLE[:HEAD], stall), UNKNOWN),
    Fault("stalled within the answer's body", sends(WHOLE[:-4], stall), UNKNOWN),
    Fault("stalled within a refusal's body", sends(packed(400, ID)[:-4], stall), UNKNOWN),
    Fault("stalled within a body whose end is the close", sends(until_closed(ID[:-2]), stall), UNKNOWN),
    Fault("stalled within a chunk", sends(chunked(ID[:5], end=b"8\r\nabc"), stall), UNKNOWN),
    Fault("stalled within an answer that came early", answers_before_it_has_read(WHOLE[:-4], stall), UNKNOWN),
    Fault("a trickled body", trickles(packed(200, ID).replace(b": 13", b": 99999")), UNKNOWN),
    Fault("a trickled head", trickles(b"HTTP/1.1 200 OK\r\nX-Slow: "), UNKNOWN),
]

GARBLED = [
    Fault("no HTTP", speaks_no_http, UNKNOWN),
    Fault("a status that is no number", sends(b"HTTP/1.1 2xx OK\r\n\r\n" + ID), UNKNOWN),
    Fault("a header without a colon", sends(b"HTTP/1.1 200 OK\r\nwrong\r\n\r\n" + ID), UNKNOWN),
    Fault("two lengths", sends(packed(200, ID, "Content-Length: 5")), UNKNOWN),
    Fault("a length that is none", sends(WHOLE.replace(b": 13", b": -1")), UNKNOWN),
    Fault("a length too long", sends(WHOLE.replace(b": 13", b": 14")), UNKNOWN),
    Fault("a length too short", sends(WHOLE.replace(b": 13", b": 12")), UNKNOWN),
    Fault("a head without an end", sends(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000), UNKNOWN),
    Fault("NUL in a header", sends(packed(200, ID, "X-Odd: a\x00b")), UNKNOWN),
    Fault("another protocol", sends(packed(101, b"", "Upgrade: websocket")), UNKNOWN),
    Fault("only an interim answer", sends(b"HTTP/1.1 102 Processing\r\n\r\n"), UNKNOWN),
    Fault("bytes that are no UTF-8", says(200, b'{"id": "\xff\xfe"}'), UNKNOWN),
    Fault("half of the JSON", says(200, ID[:-2]), UNKNOWN),
    Fault("JSON and more", says(200, ID + b"}"), UNKNOWN),
    Fault("JSON twice", says(200, ID * 2), UNKNOWN),
    Fault("JSON that is too deep", says(200, b"[" * 100_000), UNKNOWN),
    Fault("a number without an end", says(200, b'{"id": "abc", "n": ' + b"9" * 100_000 + b"}"), UNKNOWN),
]

ODD = [
    Fault("a page", says(200, PAGE, "Content-Type: text/html"), UNKNOWN),
    Fault("a page that says it is JSON", says(200, PAGE, "Content-Type: application/json"), UNKNOWN),
    Fault("nothing", says(200, b""), UNKNOWN),
    Fault("a list", says(200, [{"id": "abc"}]), UNKNOWN),
    Fault("null", says(200, None), UNKNOWN),
    Fault("a text", says(200, "abc"), UNKNOWN),
    Fault("true", says(200, True), UNKNOWN),
    Fault("no id", says(200, {"ID": "abc", "instance_id": "abc"}), UNKNOWN),
    Fault("an id within", says(200, {"data": {"id": "abc"}}), UNKNOWN),
    *(
        Fault(f"an id that is {json.dumps(identity)}", says(200, {"id": identity}), UNKNOWN)
        for identity in ("", None, 7, True, [], ["abc"], {"id": "abc"})
    ),
    Fault("larger than a megabyte", says(200, {"id": "abc", "more": "x" * 1024 * 1024}), UNKNOWN),
    Fault("larger than a megabyte in chunks", sends(chunked(ID, b" " * 600_000, b" " * 600_000)), UNKNOWN),
    Fault("gzip", says(200, gzip.compress(ID), "Content-Encoding: gzip"), UNKNOWN),
    Fault("gzip that is none", says(200, ID, "Content-Encoding: gzip"), UNKNOWN),
    Fault("gzip that nobody announces", says(200, gzip.compress(ID)), UNKNOWN),
    Fault("two encodings", says(200, ID, "Content-Encoding: identity, br"), UNKNOWN),
]

# Unusual, but the id is there.
READABLE = [
    Fault("plain text that is JSON", says(200, ID, "Content-Type: text/plain"), SUCCEEDED),
    Fault("a page that is JSON", says(200, ID, "Content-Type: text/html; charset=gbk"), SUCCEEDED),
    Fault("named as identity", says(200, ID, "Content-Encoding: Identity"), SUCCEEDED),
    Fault("an interim answer first", sends(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE), SUCCEEDED),
    Fault("early hints first", sends(b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" + WHOLE), SUCCEEDED),
    Fault("chunked", sends(chunked(ID[:4], ID[4:])), SUCCEEDED),
    Fault("ended by the close", sends(until_closed(ID)), SUCCEEDED),
    Fault("an old protocol", sends(until_closed(ID, b"HTTP/1.0 200 OK\r\n")), SUCCEEDED),
    Fault("an answer that came early", answers_before_it_has_read(WHOLE), SUCCEEDED),
    Fault("more bytes than the length", sends(WHOLE + b"HTTP/1.1 500 No\r\n\r\n"), SUCCEEDED),
    Fault("with a byte order mark", says(200, b"\xef\xbb\xbf" + ID), SUCCEEDED),
    Fault("as large as may be", says(200, ID + b" " * (1024 * 1024 - len(ID))), SUCCEEDED),
]

EXPECTED = {
    **dict.fromkeys((200, 201, 202, 203, 205, 206, 207, 226, 299), SUCCEEDED),
    **dict.fromkeys((204, 300, 301, 302, 303, 304, 305, 399), UNKNOWN),
    **dict.fromkeys((307, 308), REJECTED),
    **dict.fromkeys((400, 401, 402, 403, 404, 405, 406), REJECTED),
    **dict.fromkeys((407, 408, 409, 410), UNKNOWN),
    **dict.fromkeys((411, 412, 413, 414, 415), REJECTED),
    **dict.fromkeys((416, 417, 418, 421), UNKNOWN),
    422: REJECTED,
    **dict.fromkeys((423, 424, 425, 426, 428), UNKNOWN),
    **dict.fromkeys((429, 431, 451), REJECTED),
    **dict.fromkeys((444, 460, 499, 500, 501, 502, 503, 504, 505, 507, 520, 524, 599, 999), UNKNOWN),
}


def status_line(status):
    """An answer of this status; every one names an id, and it counts for a success only."""
    location = ("Location: http://127.0.0.1:9/elsewhere",) if 300 <= status < 400 else ()
    content = b"" if status in (204, 304) else b'{"id": "abc", "message": "some words"}'
    return says(status, content, *location)


STATUSES = [Fault(f"{status}", status_line(status), state) for status, state in EXPECTED.items()]

SERVERS_TIME = "Tue, 24 Nov 2026 10:00:00 GMT"
WAITS = [
    ("7", 7.0),
    (" 0 ", 0.0),
    ("Tue, 24 Nov 2026 10:01:30 GMT", 90.0),
    ("Tuesday, 24-Nov-26 10:01:30 GMT", 90.0),
    ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
    ("Wed, 24 Nov 2027 10:00:00 GMT", 3600.0),
    ("99999999999999999999", 3600.0),
    ("9" * 5000, 3600.0),
    ("-5", None),
    ("1e3", None),
    ("1.5", None),
    ("soon", None),
    ("", None),
    ("٣", None),
    ("Tue, 99 Nov 2026 10:00:00 GMT", None),
]
PAUSES = [
    Fault(
        f"429, wait {text[:30]!r}",
        sends(
            packed(429, b'{"message": "slow down"}', f"Date: {SERVERS_TIME}", "Retry-After: %")
            .decode()
            .replace("%", text)
            .encode()
        ),
        REJECTED,
        retry_after=seconds,
    )
    for text, seconds in WAITS
]

FAULTS = [*BROKEN_OFF, *STALLED, *GARBLED, *ODD, *READABLE, *STATUSES, *PAUSES]


def rows(faults):
    return pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in faults])


def concluded_at_once(launch):
    """The same, without looking at the instance."""
    launch.stop_following()
    assert launch.submit(again=True)
    return launch.wait_for_outcome(PATIENCE)


# What a sentence may claim: that the server refused, that nothing was launched, that something may run.
CLAIMS = {
    "en": ("The server refused", "was not launched", "may be running"),
    "zh": ("服务器拒绝", "未创建", "可能已在运行"),
}
CLAIMED = {
    SUCCEEDED: (False, False, False),
    REJECTED: (True, True, False),
    NOT_SENT: (False, True, False),
    UNKNOWN: (False, False, True),
}


def its_sentence_agrees_with_itself(launch):
    for language, claims in CLAIMS.items():
        sentence = sentence_of(launch, words(language))
        assert tuple(claim in sentence for claim in claims) == CLAIMED[launch.state], sentence


def all_agree(fault, launch, server, folder):
    server.finish()
    its_sentence_agrees_with_itself(launch)
    assert launch.state is fault.state
    assert launch.id == ("abc" if fault.state is SUCCEEDED else None)
    assert server.posts == fault.posts
    assert server.posts_in_part <= 1
    if fault.state is NOT_SENT:
        assert server.posts_in_part == 0
    else:
        assert launch.record is not None
    for request in server.received:
        if request.method == "POST":
            assert json.loads(request.content) == BODY
    files_agree(launch, folder)
    # A second try of the same launch does nothing, however it ended.
    assert not launch.submit(again=True)
    assert server.posts == fault.posts


@rows(FAULTS)
def test_over_plain_http(fault, folder, monkeypatch):
    with (
        served(nothing_there, fault.play, rests) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
    ):
        monkeypatch.setattr(http, "_watchdog", server.watchdog)
        launch = concluded(launch_on(client))
        all_agree(fault, launch, server, folder)
        if fault.state is REJECTED:
            assert launch.error.retry_after == fault.retry_after
            assert ("before you try again" in sentence_of(launch)) == (fault.retry_after is not None)


@rows([*BROKEN_OFF[1:], *STALLED, *READABLE])
def test_over_tls(fault, folder, secure, monkeypatch):
    plays = (over_tls(secure, play) for play in (nothing_there, fault.play, rests))
    with (
        served(*plays) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        monkeypatch.setattr(http, "_watchdog", server.watchdog)
        all_agree(fault, concluded(launch_on(client)), server, folder)


@rows([*BROKEN_OFF[1:], *STALLED, *READABLE[:2]])
def test_through_a_proxy_whose_tunnel_stands(fault, folder, secure, monkeypatch):
    plays = (through_a_tunnel(secure, play) for play in (nothing_there, fault.play, rests))
    with served(*plays) as server:
        monkeypatch.setattr(http, "_watchdog", server.watchdog)
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        with PpioClient(REAL_KEY, base_url=f"https://{ABROAD}", allow_host=ABROAD) as client:
            all_agree(fault, concluded(launch_on(client)), server, folder)


def hangs_up(_server, _connection):
    """Accepted, and closed at once."""


NO_TLS = [
    Fault("closed at once", hangs_up, NOT_SENT, 0),
    Fault("closed within the handshake", hangs_up_at_the_first_bytes, NOT_SENT, 0),
    Fault("reset within the handshake", resets_before_reading, NOT_SENT, 0),
    Fault("plain HTTP in place of a handshake", answers_before_it_has_read(WHOLE), NOT_SENT, 0),
    Fault("silent within the handshake", stays_silent, NOT_SENT, 0),
]

NO_TUNNEL = [
    *(
        Fault(f"the proxy says {status}", says(status, ID), NOT_SENT, 0)
        for status in (301, 307, 400, 403, 404, 407, 408, 429, 500, 502, 503, 504)
    ),
    Fault("the proxy resets", resets_before_reading, NOT_SENT, 0),
    Fault("the proxy hangs up", sends(b""), NOT_SENT, 0),
    Fault("the proxy speaks no HTTP", speaks_no_http, NOT_SENT, 0),
    Fault("the proxy cuts its answer", sends(b"HTTP/1.1 200 Conn"), NOT_SENT, 0),
    Fault("the proxy stalls", sends(b"", stall), NOT_SENT, 0),
    Fault("the proxy stalls within its answer", sends(b"HTTP/1.1 200 Conn", stall), NOT_SENT, 0),
    Fault("the tunnel dies at once", sends(b"HTTP/1.1 200 OK\r\n\r\n"), NOT_SENT, 0),
]

# Where it happens: when the name is looked for, or to the create call, after such a look or without one.
when = pytest.mark.parametrize("when", ["at the look", "after the look", "at both"])


def plays(fault, when):
    """The fault meets the look, the create call, or with the consent to that a failed look and the call."""
    return [fault.play] * (2 if when == "at both" else 1)


@when
@rows(NO_TLS)
def test_a_handshake_that_fails_has_sent_nothing(fault, when, folder, secure, monkeypatch):
    for name in ("_TIMEOUT", "_PATIENT"):
        monkeypatch.setattr(client_module, name, httpx.Timeout(PATIENCE, connect=0.2))
    first = [over_tls(secure, nothing_there)] if when == "after the look" else []
    with (
        served(*first, *plays(fault, when), over_tls(secure, rests)) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        launch = concluded(launch_on(client), again="unchecked" if when == "at both" else False)
        all_agree(fault, launch, server, folder)
        assert (launch.record is None) == (when == "at the look")


@when
@rows(NO_TUNNEL)
def test_a_proxy_that_does_not_connect_has_passed_nothing_on(fault, when, folder, secure, monkeypatch):
    first = [through_a_tunnel(secure, nothing_there)] if when == "after the look" else []
    with served(*first, *plays(fault, when), through_a_tunnel(secure, rests)) as proxy:
        monkeypatch.setattr(http, "_watchdog", proxy.watchdog)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with PpioClient(REAL_KEY, base_url=f"https://{ABROAD}", allow_host=ABROAD) as client:
            launch = concluded(launch_on(client), again="unchecked" if when == "at both" else False)
            all_agree(fault, launch, proxy, folder)
        plain = [text for one, text in proxy.heard.items() if not isinstance(one, ssl.SSLSocket)]
        assert {text.partition(b" ")[0] for text in plain} <= {b"CONNECT", b""}  # one resets unread
        assert REAL_KEY.encode() not in b"".join(plain)


@pytest.mark.parametrize("again", [False, "unchecked"])
def test_a_strangers_certificate_has_been_sent_nothing(again, folder, secure, tmp_path, monkeypatch):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger))
    fault = Fault("a stranger", None, NOT_SENT, 0)
    with (
        served(over_tls(secure, rests)) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        all_agree(fault, concluded(launch_on(client), again=again), server, folder)


@pytest.mark.parametrize("again", [False, "unchecked"])
@pytest.mark.parametrize("where", ["nobody listens", "no such name"])
def test_what_cannot_be_reached_has_been_sent_nothing(where, again, folder):
    base_url = f"http://127.0.0.1:{closed_port()}" if where == "nobody listens" else f"https://{ABROAD}"
    with PpioClient(REAL_KEY, base_url=base_url, allow_host=ABROAD) as client:
        launch = concluded(launch_on(client), again=again)
    assert launch.state is NOT_SENT
    assert launch.error.code == "not_sent"
    assert (launch.record is not None) == bool(again)
    files_agree(launch, folder)


def test_a_reset_while_connecting_is_judged_by_what_may_have_left(folder):
    with (
        served(nothing_there, resets_at_once, rests) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
    ):
        launch = concluded(launch_on(client))
        assert launch.state in (NOT_SENT, UNKNOWN)
        assert server.posts_in_part == 0
        files_agree(launch, folder)


@pytest.mark.parametrize("again", [False, "unchecked"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "no-such-file"), ("HTTPS_PROXY", "gopher://127.0.0.1:1"), ("HTTPS_PROXY", "http://[")],
)
def test_a_set_up_that_makes_no_connection_has_sent_nothing(variable, value, again, folder, monkeypatch):
    monkeypatch.setenv(variable, value)
    with PpioClient(REAL_KEY, base_url=f"https://{ABROAD}", allow_host=ABROAD) as client:
        launch = concluded(launch_on(client), again=again)
    assert launch.state is NOT_SENT
    assert launch.error.code == "not_sent"
    files_agree(launch, folder)


@pytest.mark.parametrize("again", [False, True])
def test_an_env_value_that_cannot_be_written_has_sent_nothing(again, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "\udcff")  # a byte that is no text, as the system hands it on
    body = {**BODY, "envs": [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}]}
    with served(nothing_there, rests) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = concluded(launch_on(client, body), again=again)
        assert launch.state is NOT_SENT
        assert server.posts_in_part == 0


class Forgetful:
    """A function that returns the key so many times, and fails from then on."""

    def __init__(self, times):
        self.times = times

    def __call__(self):
        self.times -= 1
        if self.times < 0:
            raise LookupError
        return REAL_KEY


@pytest.mark.parametrize("fault", [pytest.param(one, id=one.name) for one in (*STATUSES, *BROKEN_OFF[:4])])
def test_a_key_that_is_gone_when_the_answer_comes_changes_nothing(fault):
    key = Forgetful(3)  # asked for the record's label, for two headers, and by nobody after that
    with served(nothing_there, fault.play, rests) as server, PpioClient(key, base_url=server.url) as client:
        launch = concluded_at_once(launch_on(client))
        assert launch.state is fault.state
        assert launch.id == ("abc" if fault.state is SUCCEEDED else None)


@pytest.mark.parametrize("again", [False, True])
def test_what_could_not_leave_in_time_does_not_leave(again, folder, monkeypatch):
    monkeypatch.setattr(client_module, "LEAVE_WITHIN", -1.0)
    fault = Fault("too late", None, NOT_SENT, 0)
    with served(nothing_there, rests) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        all_agree(fault, concluded(launch_on(client), again=again), server, folder)


def test_a_deadline_that_passes_while_connecting_lets_nothing_leave(folder, secure, monkeypatch):
    def passes_in_the_handshake(server, connection):
        connection.recv(1, socket.MSG_PEEK)  # by now the handshake has begun, and the deadline is set
        server.pass_deadlines()
        over_tls(secure, rests)(server, connection)

    fault = Fault("too late", None, NOT_SENT, 0)
    with (
        served(over_tls(secure, nothing_there), passes_in_the_handshake, over_tls(secure, rests)) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        monkeypatch.setattr(http, "_watchdog", server.watchdog)
        all_agree(fault, concluded(launch_on(client)), server, folder)


def test_a_machine_that_sleeps_while_connecting_lets_nothing_leave(folder, secure, monkeypatch):
    """Others have judged by then that it never left; on Linux `time.monotonic` knows of no sleep."""
    awake, asleep = clock.steady, []

    def sleeps_in_the_handshake(server, connection):
        connection.recv(1, socket.MSG_PEEK)
        asleep.append(HOURS)
        over_tls(secure, rests)(server, connection)

    monkeypatch.setattr(clock, "steady", lambda: awake() + sum(asleep))
    fault = Fault("asleep", None, NOT_SENT, 0)
    with (
        served(over_tls(secure, nothing_there), sleeps_in_the_handshake, over_tls(secure, rests)) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        all_agree(fault, concluded(launch_on(client)), server, folder)


@pytest.mark.parametrize(("seconds", "state"), [(30, SUCCEEDED), (61, NOT_SENT), (9 * HOURS, NOT_SENT)])
def test_the_time_to_leave_begins_with_the_record(seconds, state, monkeypatch):
    """A machine may sleep between the two as well."""
    awake, asleep = clock.steady, []
    monkeypatch.setattr(clock, "steady", lambda: awake() + sum(asleep))

    def sleeps(change):
        if change.owner.state is LaunchState.SENDING:
            asleep.append(seconds)

    with served(nothing_there, says(200, {"id": "abc"}), rests) as server:
        with PpioClient(REAL_KEY, base_url=server.url) as client:
            launch = launch_on(client)
            launch.observe(sleeps, "sight")
            assert concluded(launch).state is state
            launch.stop_following()
        assert server.posts == (state is SUCCEEDED)


def asks_and_is_silent(server, connection):
    server.read(connection)
    server.let_go.wait(PATIENCE)


@pytest.mark.parametrize("way", ["plain", "tls", "tunnel"])
def test_the_hard_deadline_passes_by_itself(way, folder, secure, monkeypatch):
    monkeypatch.setattr(client_module, "LISTEN_SECONDS", 1.0)
    monkeypatch.setattr(client_module, "_PATIENT", httpx.Timeout(PATIENCE * 10))
    wrap = {
        "plain": lambda play: play,
        "tls": lambda play: over_tls(secure, play),
        "tunnel": lambda play: through_a_tunnel(secure, play),
    }[way]
    fault = Fault("silent", None, UNKNOWN)
    with served(*map(wrap, (nothing_there, asks_and_is_silent, rests))) as server:
        base_url = {"plain": server.url, "tls": f"https://127.0.0.1:{server.port}"}.get(
            way, f"https://{ABROAD}"
        )
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        began = real_time.monotonic()
        with PpioClient(REAL_KEY, base_url=base_url, allow_host=ABROAD) as client:
            launch = concluded(launch_on(client))
        assert 1.0 <= real_time.monotonic() - began < PATIENCE / 2
        all_agree(fault, launch, server, folder)


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504])
def test_who_may_have_a_machine_is_not_told_to_launch_again(status, folder):
    answer = packed(status, b'{"message": "busy"}', "Retry-After: 60")
    with (
        served(nothing_there, sends(answer), rests) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
    ):
        launch = concluded(launch_on(client))
    assert launch.state is UNKNOWN
    assert "busy" in sentence_of(launch)
    assert "launch again" not in sentence_of(launch).casefold().replace("before you launch again", "")


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["body", "head", "processing"],
)
def test_an_answer_that_trickles_ends(begins, goes_on, monkeypatch):
    def plays(server, connection):
        server.read(connection)
        connection.sendall(begins)
        while True:  # until the other side shuts it
            connection.sendall(goes_on)
            server.pass_deadlines()

    with served(plays) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        monkeypatch.setattr(http, "_watchdog", server.watchdog)
        with pytest.raises(Unreachable):
            client.get_reply("/gpus/v2/regions", {})
        assert server.connections == 1
