"""Whether a Jupyter answers is tried at an address that a server named: nothing may come of that."""

from __future__ import annotations

import socket
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud import probe as knock_module
from ppio_widgets.cloud.client import PpioClient
from tests.cloud.test_client import PROXIES
from tests.support.wire import REAL_KEY, answers, closed_port, faulty, packed, says, stays_silent

PUBLIC = "jupyter.example.com"

INSIDE = [
    "",
    "/relative",
    "//jupyter.example.com/",
    "ftp://jupyter.example.com/",
    "file:///etc/passwd",
    "wss://jupyter.example.com/",
    "http://",
    "http://localhost:8888/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://router/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://a.0x/",
    "http://017700000001/",
    "http://0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.168.1.1/reboot.cgi",
    "http://8.8.8.8/",
    "http://[::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1%25eth0]/",
    "http://[2606:4700::1111]/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://127\u30020\u30020\u30021/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "http://me:secret@jupyter.example.com/",
    "http://jupyter.example.com\\@127.0.0.1/",
    "http://jupyter.exam\nple.com/",
    "http://xn--/",
]


@pytest.fixture
def tried(monkeypatch):
    """Whom a name was asked of, or a connection was opened to."""
    tried = []

    def touch(host, *_given, **_options):
        tried.append(host)
        raise OSError

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, touch)
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    return tried


@pytest.fixture
def abroad():
    """A client of a cloud that is not on this machine."""
    with PpioClient(REAL_KEY, base_url="https://api.ppio.com") as client:
        yield client


@pytest.fixture
def names_lead_here(monkeypatch):
    """Every name is this machine's, as whoever rules over a name can have it."""
    ask = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *given, **more: ask("127.0.0.1", *given, **more))


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_inside_of_a_network_is_not_even_looked_up(abroad, tried, url):
    assert not abroad.knock(url)
    assert tried == []


@pytest.mark.parametrize("url", ["https://jupyter.example.com/i/1", "http://a-8888.gpu.example.com.:8888/"])
def test_a_public_name_is_knocked_at(abroad, tried, url):
    assert not abroad.knock(url)
    assert tried == [(httpx.URL(url).host, httpx.URL(url).port or 443)]


@given(st.text(max_size=40) | st.text(max_size=20).map("http://{}/".format))
def test_whatever_a_server_names_no_exception_and_no_address_of_numbers_comes_of_it(url):
    seen = []

    def handle(request):
        seen.append(request.url.raw_host.decode())
        return httpx.Response(200)

    client = PpioClient(
        REAL_KEY,
        base_url="https://gpu.example.com",
        allow_host="gpu.example.com",
        transport=httpx.MockTransport(handle),
    )
    assert client.knock(url) is bool(seen)
    for host in seen:
        assert "." in host
        assert not host.removesuffix(".").rpartition(".")[2].isdigit()


def test_a_public_name_that_leads_inside_is_sent_nothing(abroad, names_lead_here, monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for scheme in ("http", "https"):
        with faulty(says(200, {})) as server:
            assert not abroad.knock(f"{scheme}://{PUBLIC}:{server.port}/admin")
            assert server.closed.wait(10)
            assert (server.connections, server.raw) == (1, b"")


def test_a_proxy_on_this_machine_may_lead_to_a_public_name(abroad, monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    with faulty(says(200, {})) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert abroad.knock(f"http://{PUBLIC}/lab")
        (request,) = proxy.received
    assert request.target == f"http://{PUBLIC}/lab"
    assert "authorization" not in request.headers


def test_where_the_cloud_is_on_this_machine_its_jupyter_is_as_well():
    with faulty(says(200, {})) as jupyter, PpioClient(REAL_KEY, base_url="http://127.0.0.1:1") as client:
        assert client.knock(f"{jupyter.url}/machines/1/jupyter")
        assert not client.knock("")
        assert not client.knock("/lab")
        assert not client.knock(f"http://127.0.0.1:{closed_port()}/")


@pytest.mark.parametrize(("status", "answers_so"), [(200, True), (302, True), (404, True), (502, False)])
def test_what_counts_as_an_answer(status, answers_so):
    with (
        faulty(says(200, {})) as elsewhere,
        faulty(says(status, b"", f"Location: {elsewhere.url}/")) as jupyter,
        PpioClient(REAL_KEY, base_url="http://127.0.0.1:1") as client,
    ):
        assert client.knock(jupyter.url) is answers_so
        assert elsewhere.connections == 0, "a redirect is not followed"


@pytest.mark.parametrize("transport", [None, httpx.HTTPTransport])
def test_neither_a_key_nor_a_cookie_goes_there_and_none_comes_back(transport):
    def reply(_request):
        return 200, {"data": [], "has_more": False}, "Set-Cookie: session=5ecret; Path=/"

    with (
        faulty(answers(reply)) as server,
        PpioClient(REAL_KEY, base_url=server.url, transport=transport and transport()) as client,
    ):
        client.list_details()
        assert client.knock(f"{server.url}/lab")
        assert client.knock(f"{server.url}/lab")
        knocks = server.received[1:]
        client.list_details()
    assert len(knocks) == 2
    for request in knocks:
        assert "cookie" not in request.headers
        assert "authorization" not in request.headers
    assert REAL_KEY in str(server.received[-1].headers), "the connections of the reads are still there"


def test_a_body_that_trickles_in_is_not_waited_for():
    body = b"x" * 10_000
    with (
        faulty(trickling(packed(200, body).removesuffix(body), body)) as server,
        PpioClient(REAL_KEY, base_url="http://127.0.0.1:1") as client,
    ):
        assert client.knock(server.url), "its status is all that counts"


def test_headers_that_trickle_in_end_with_the_patience(monkeypatch):
    monkeypatch.setattr(knock_module, "KNOCK_SECONDS", 0.2)
    with (
        faulty(trickling(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 10_000)) as server,
        PpioClient(REAL_KEY, base_url="http://127.0.0.1:1") as client,
    ):
        began = time.monotonic()
        assert not client.knock(server.url)
        assert time.monotonic() - began < 5


def test_silence_ends_with_the_patience(monkeypatch):
    monkeypatch.setattr(knock_module, "KNOCK_SECONDS", 0.2)
    with faulty(stays_silent) as server, PpioClient(REAL_KEY, base_url="http://127.0.0.1:1") as client:
        assert not client.knock(server.url)


def test_a_proxy_whose_address_is_none_is_no_answer(abroad, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    monkeypatch.setenv("https_proxy", "http://[")
    assert not abroad.knock(f"https://{PUBLIC}/")


def trickling(first, rest):
    """Answer with a beginning, and byte by byte with what follows, until nobody listens."""

    def play(server, connection):
        server.read(connection)
        connection.sendall(first)
        for byte in rest:
            if server.let_go.wait(0.02):
                return
            connection.sendall(bytes([byte]))

    return play
