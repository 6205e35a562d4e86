"""The served practice cloud keeps to its own machine, and nobody keeps it from others."""

import json
import socket
import threading
import time as real_time
from contextlib import ExitStack, contextmanager

import pytest

from ppio_widgets import PpioClient
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.server import MOST_CONNECTIONS, PracticeServer, serving
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import draw_practice_key
from tests.support.bodies import MINIMAL
from tests.support.practice import RICH, OneAccount
from tests.support.threads import wait_for_threads

KEY = draw_practice_key("tests")
BODY = json.dumps({**MINIMAL, "product_id": "a100-80g"}).encode()
PATIENCE = 20


@contextmanager
def served(seconds=0.2, most=MOST_CONNECTIONS):
    """A server that has little time, and its account."""
    account = PracticeAccount(balance=RICH)
    with PracticeServer(0, OneAccount(account), most) as server:
        server.request_seconds = seconds
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="ppio-practice")
        thread.start()
        try:
            yield server, account
        finally:
            server.shutdown()
            thread.join()


def connect(server):
    return socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE)


def told(connection):
    """All that comes until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def request(server, *headers, method="GET", path="/gpus/v2/instances", body=b"", host=None):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{server.server_port}'}"]
    lines += [f"Authorization: Bearer {KEY}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([line for line in lines if line != "Host: -"]).encode() + b"\r\n\r\n" + body


def status(server, *headers, **parts):
    with connect(server) as connection:
        connection.sendall(request(server, *headers, **parts))
        answer = told(connection)
    return int(answer.split(b" ", 2)[1]) if answer else 0


HALVES = {
    "nothing": b"",
    "half a line": b"POST /gpus/v2/inst",
    "half the headers": b"POST /gpus/v2/instances HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthor",
    "half a body": None,
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_is_let_go_and_does_nothing(half):
    with served() as (server, account), connect(server) as connection:
        sent = request(server, method="POST", body=BODY)[:-20] if half is None else half
        connection.sendall(sent)
        assert told(connection) == b""
        assert account.page()["data"] == []


def test_a_body_that_breaks_off_launches_nothing():
    with served(seconds=PATIENCE) as (server, account), connect(server) as connection:
        connection.sendall(request(server, method="POST", body=BODY + b" " * 9)[:-9])  # valid JSON so far
        connection.shutdown(socket.SHUT_WR)
        assert told(connection) == b""
        assert account.page()["data"] == []


def test_a_request_that_trickles_has_no_more_time_than_another():
    """Each byte comes in time; all of them do not."""
    with served(seconds=0.3) as (server, account), connect(server) as connection:
        began = real_time.monotonic()
        sent = request(server, method="POST", body=BODY)
        ended = threading.Event()

        def trickle():
            for number in range(len(sent)):
                try:
                    connection.sendall(sent[number : number + 1])
                except OSError:
                    return
                if ended.wait(0.05):
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        assert told(connection) == b""
        ended.set()
        thread.join()
        assert real_time.monotonic() - began < len(sent) * 0.05 / 2
        assert account.page()["data"] == []


@pytest.mark.long
def test_who_asks_nothing_more_is_let_go():
    with served(seconds=3) as (server, _account), connect(server) as connection:
        connection.sendall(request(server).replace(b"Connection: close\r\n", b""))
        assert told(connection).startswith(b"HTTP/1.1 200")


def test_more_connections_than_there_is_room_for_wait_and_are_served():
    with served(seconds=PATIENCE, most=3) as (server, _account), ExitStack() as idle:
        held = [idle.enter_context(connect(server)) for _one in range(3)]
        with connect(server) as late:
            late.sendall(request(server))
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.recv(1)
            handlers = [one for one in threading.enumerate() if "process_request_thread" in one.name]
            assert len(handlers) <= 3
            late.settimeout(PATIENCE)
            held[0].close()
            assert told(late).startswith(b"HTTP/1.1 200")


@pytest.mark.long
def test_idle_connections_do_not_keep_others_out_for_ever():
    with served(seconds=2, most=3) as (server, _account), ExitStack() as idle:
        for _one in range(6):
            idle.enter_context(connect(server))
        assert status(server) == 200


def test_a_server_that_is_full_can_be_stopped():
    earlier = threading.enumerate()
    with served(seconds=1, most=1) as (server, _account), connect(server), connect(server):
        pass
    wait_for_threads("ppio-practice", earlier=earlier)


OWN = ("127.0.0.1", "127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765")
OTHERS = (
    "evil.example",
    "evil.example:8765",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "evil.example@127.0.0.1",
    "127.0.0.2.nip.io",
    "10.0.0.1",
    "localhost:evil",
    "localhost:",
    "",
    "-",  # none at all
)


@pytest.fixture(scope="module")
def server():
    with serving(OneAccount(PracticeAccount(balance=RICH))) as server:
        yield server


@pytest.mark.parametrize("host", OWN)
def test_it_answers_to_its_own_names(host, server):
    assert status(server, host=host) == 200


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("path", ["/gpus/v2/instances", "/machines/ab12/jupyter"])
def test_it_answers_to_no_name_of_somebody_else(host, path, server):
    assert status(server, host=host or " ", path=path) == 421


def test_two_names_are_none(server):
    assert status(server, "Host: 127.0.0.1") == 421


FOREIGN = {
    "another site": ["Origin: https://evil.example"],
    "a page without an origin": ["Origin: null"],
    "another port": ["Origin: http://127.0.0.1:1"],
    "a cross-site image": ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"],
    "a frame": ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
    "JupyterLab's page": ["Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"],
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_page_of_another_origin_gets_no_answer(headers, method, server):
    assert status(server, *headers, method=method, body=BODY if method == "POST" else b"") == 403
    assert server.cloud.account(KEY).page()["data"] == []


def test_a_form_that_another_page_submits_launches_nothing(server):
    headers = ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"]
    assert status(server, *headers, "Sec-Fetch-Dest: document", method="POST", body=BODY) == 403


def test_a_link_that_a_person_opens_is_answered(server):
    headers = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
    assert status(server, *headers, path="/machines/ab12/jupyter") == 404  # there is no such machine
    assert status(server, "Sec-Fetch-Site: none", *headers[1:], path="/machines/ab12/jupyter") == 404


def test_its_own_page_is_answered(server):
    origin = f"Origin: http://127.0.0.1:{server.server_port}"
    assert status(server, origin, "Sec-Fetch-Site: same-origin") == 200


def test_a_class_may_launch_at_once():
    with served(seconds=PATIENCE) as (server, account):
        made, pupils = [], []

        def pupil():
            with PpioClient(KEY, base_url=server.url) as client:
                made.append(client.create_instance(check({**MINIMAL, "product_id": "a100-80g"}).require()))

        for _one in range(8):
            pupils.append(threading.Thread(target=pupil))
            pupils[-1].start()
        for one in pupils:
            one.join()
        assert len({*made}) == 8 == len(account.page()["data"])
