"""https with a certificate authority of one's own, and through a proxy that sees no key."""

import json
import socket
import ssl
import threading

import pytest
import trustme

from ppio_widgets import NotSent, PpioClient, check
from ppio_widgets.errors import OutcomeUnknown, Unreachable
from tests.support.bodies import MINIMAL
from tests.support.wire import PATIENCE, REAL_KEY, faulty, says

PROXIES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The authority is trusted, in the way that every https client of a machine is told."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def over_tls(authority, host, play):
    """Play over TLS, as this host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)

    def wrapped(server, connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            play(server, secure)

    return wrapped


def tunnels(port, connects):
    """A proxy: it takes CONNECT, and passes on what it cannot read."""

    def play(server, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        server.raw += head
        connects.append(head.split(b"\r\n", 1)[0].decode())
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=copy, args=(onward, connection))
            back.start()
            server.raw += copy(connection, onward)
            back.join(PATIENCE)

    return play


def copy(source, sink):
    passed = b""
    try:
        while part := source.recv(65536):
            passed += part
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two went away
    return passed


@pytest.mark.usefixtures("trusted")
def test_a_certificate_authority_of_ones_own_is_trusted(authority):
    play = over_tls(authority, "localhost", says(200, {"id": "i-1"}))
    with faulty(play) as server, PpioClient(REAL_KEY, base_url=f"https://localhost:{server.port}") as client:
        assert client.create_instance(check(MINIMAL).require()) == "i-1"
        assert server.received[0].headers["authorization"] == f"Bearer {REAL_KEY}"


def test_an_authority_that_nobody_trusts_gets_no_key(authority):
    play = over_tls(authority, "localhost", says(200, {"id": "i-1"}))
    with faulty(play) as server, PpioClient(REAL_KEY, base_url=f"https://localhost:{server.port}") as client:
        with pytest.raises(NotSent):
            client.create_instance(check(MINIMAL).require())
        assert server.received == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_gets_no_key(authority):
    play = over_tls(authority, "api.example.com", says(200, {"id": "i-1"}))
    with faulty(play) as server, PpioClient(REAL_KEY, base_url=f"https://localhost:{server.port}") as client:
        with pytest.raises(NotSent):
            client.create_instance(check(MINIMAL).require())
        assert server.received == []


@pytest.mark.usefixtures("trusted")
def test_a_proxy_passes_on_what_it_cannot_read(authority, monkeypatch):
    connects = []
    play = over_tls(authority, "api.ppio.com", says(200, {"id": "i-1"}))
    with faulty(play) as server, faulty(tunnels(server.port, connects)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with PpioClient(REAL_KEY) as client:
            assert client.create_instance(check(MINIMAL).require()) == "i-1"
        assert connects == ["CONNECT api.ppio.com:443 HTTP/1.1"]
        assert json.loads(server.received[0].content) == MINIMAL
        assert REAL_KEY.encode() not in proxy.raw
        assert server.posts == 1


def test_a_proxy_that_refuses_has_sent_nothing(monkeypatch):
    with faulty(says(407, b"who are you?")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with PpioClient(REAL_KEY) as client, pytest.raises(NotSent, match="did not leave"):
            client.create_instance(check(MINIMAL).require())
        assert [request.method for request in proxy.received] == ["CONNECT"]
        assert REAL_KEY.encode() not in proxy.raw


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_that_breaks_after_the_request_is_unknown(authority, monkeypatch):
    connects = []
    play = over_tls(authority, "api.ppio.com", lambda server, connection: server.read(connection))
    with faulty(play) as server, faulty(tunnels(server.port, connects)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with PpioClient(REAL_KEY) as client, pytest.raises(OutcomeUnknown):
            client.create_instance(check(MINIMAL).require())
        assert server.posts == 1


def test_a_proxy_for_http_alone_is_not_asked(monkeypatch):
    with faulty(says(200, {})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with PpioClient(REAL_KEY, base_url="http://127.0.0.1:9") as client, pytest.raises(Unreachable):
            client.get_instance("abc")
        assert proxy.connections == 0
