"""https with a certificate authority of one's own, and through a proxy that sees no key."""

import json
import socket
import ssl
import threading

import pytest
import trustme

from ppio_widgets import NotSent, PpioClient, check
from ppio_widgets.api import connect
from ppio_widgets.errors import CredentialsError, HostRefused, OutcomeUnknown, Unreachable
from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.classroom.student import join
from ppio_widgets.practice.server import Place, serving
from ppio_widgets.secrets.credentials import ApiKey, remember_key
from ppio_widgets.secrets.hosts import read_host
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
        with pytest.raises(NotSent, match="certificate is not trusted here; SSL_CERT_FILE names whom"):
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


# A class on another machine, behind a proxy that gives it a path

CLASS = "https://class.example.com/services/class"
PRACTICE_KEY = "sk_practice_s07.4711"


@pytest.fixture
def far(authority, monkeypatch):
    """A class that is served by TLS, and the proxy that leads there; the environment names it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("class.example.com").configure_cert(context)
    place = Place(tls=context, url=CLASS)
    with (
        serving(ClassCloud(packaged("first-bill")), place=place) as server,
        faulty(tunnels(server.server_port, [])) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("PPIO_GPU_BASE_URL", CLASS)
        yield proxy


@pytest.mark.usefixtures("trusted", "far")
def test_a_class_behind_a_path_is_joined_and_used_by_tls():
    assert join("s07", "4711") == "s07"
    client = connect()
    assert (client.is_practice, client.host.base_url) == (True, CLASS)
    body = {**MINIMAL, "name": "s07-1", "resource": {"gpu_num": 1, "rootfs_size_gb": 20}}
    made = client.create_instance(check({**body, "product_id": "3090.8c30g.os"}).require())
    assert [one.id for one in client.list_instances()] == [made]


@pytest.mark.usefixtures("trusted")
def test_the_key_of_the_environment_opens_the_class_that_it_names_and_no_other(far, monkeypatch):
    join("s07", "4711")
    monkeypatch.setenv("PPIO_WIDGETS_STATE_DIR", "/nonexistent")
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", PRACTICE_KEY)
    assert connect().is_practice
    with pytest.raises(HostRefused):
        connect(base_url="https://other.example.com")


@pytest.mark.usefixtures("trusted")
def test_no_real_key_goes_to_a_class_wherever_it_comes_from(far, monkeypatch):
    for name in ("PPIO_API_KEY", "NOVITA_API_KEY"):
        monkeypatch.setenv(name, REAL_KEY)
    remember_key(read_host("https://api.ppio.com"), ApiKey(REAL_KEY, "%ppio login"))
    for key in (None, REAL_KEY, ApiKey(REAL_KEY, "test"), lambda: REAL_KEY, lambda: PRACTICE_KEY):
        with pytest.raises(HostRefused):
            PpioClient(key)
        with pytest.raises(HostRefused):
            connect(api_key=key)
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", REAL_KEY)
    with pytest.raises(HostRefused):
        connect()
    assert far.connections == 0
    monkeypatch.delenv("PPIO_WIDGETS_PRACTICE_KEY")
    join("s07", "4711")
    joined = far.connections
    assert joined > 0
    with pytest.raises(CredentialsError):
        remember_key(connect().host, ApiKey(REAL_KEY, "%ppio login"))
    with pytest.raises(HostRefused):
        connect(api_key=REAL_KEY)
    with pytest.raises(HostRefused):  # who says that it is no practice means a real cloud
        connect(practice=False)
    assert far.connections == joined
    assert [one.id for one in connect().list_instances()] == []  # with the key that was joined with


def test_an_authority_that_nobody_trusts_gets_no_pin(far):
    with pytest.raises(NotSent):
        join("s07", "4711")
