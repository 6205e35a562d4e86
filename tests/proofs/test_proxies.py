"""Proxies and certificates as people have them: one that cannot be used is named, and a stop gets out."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import sys

import httpx
import pytest

from ppio_widgets import Instance
from ppio_widgets.cloud import proxies
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import NotSent, OutcomeUnknown, Unreachable
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from tests.support.fault_server import ABROAD, over_tls, served, through_a_tunnel
from tests.support.ground import concluded, launch_on
from tests.support.sentences import sentence_of
from tests.support.wire import REAL_KEY, closed_port, packed, row

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
SECRET = "pr0xy-s3cret"
SAY = words("en")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def without_socks(monkeypatch):
    """The extra is not installed."""
    monkeypatch.setitem(sys.modules, "socksio", None)


class Cloud:
    """An account over TLS: what is made runs until it is stopped."""

    def __init__(self, context):
        self.context = context
        self.asked = []
        self.status = ""

    def play(self, server, connection):
        over_tls(self.context, self._answer)(server, connection)

    def _answer(self, server, connection):
        request = server.read(connection)
        self.asked.append(request.method)
        one = row("demo", "i-1", status=self.status)
        if request.method == "POST":
            self.status, answer = "running", {"id": "i-1"}
        elif request.method == "PUT":
            self.status, answer = "exited", {}
        elif request.target.endswith("/i-1"):
            answer = one
        else:
            answer = {"data": [one] if self.status else [], "next_cursor": "", "has_more": False}
        connection.sendall(packed(200, json.dumps(answer).encode()))


@pytest.fixture
def cloud(secure):
    return Cloud(secure)


@pytest.fixture
def abroad(cloud, monkeypatch):
    """The cloud where it is reached without a proxy, by its name; returns its base URL."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *given, **more):
        return real("127.0.0.1" if host == ABROAD else host, *given, **more)

    with served(cloud.play) as server:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield f"https://{ABROAD}:{server.port}"


def client_of(base_url):
    return PpioClient(REAL_KEY, base_url=base_url, allow_host=base_url.partition("://")[2])


def through_connect(cloud):
    def play(server, connection):
        through_a_tunnel(cloud.context, cloud._answer)(server, connection)

    return play


def exactly(connection, size):
    text = b""
    while len(text) < size:
        part = connection.recv(size - len(text))
        if not part:
            raise ConnectionAbortedError
        text += part
    return text


def through_socks(cloud, names):
    """A SOCKS5 proxy that resolves the name by itself, and the cloud behind it."""

    def play(server, connection):
        assert exactly(connection, 1) == b"\x05"
        exactly(connection, exactly(connection, 1)[0])
        connection.sendall(b"\x05\x00")
        assert exactly(connection, 4) == b"\x05\x01\x00\x03"
        names.append(exactly(connection, exactly(connection, 1)[0]).decode())
        exactly(connection, 2)
        connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
        cloud.play(server, connection)

    return play


def launched(base_url=f"https://{ABROAD}"):
    with client_of(base_url) as client:
        return concluded(launch_on(client))


@pytest.mark.parametrize("socks", ["installed", "missing"])
def test_of_the_three_variables_of_clash_the_one_that_is_needed_is_used(socks, cloud, monkeypatch):
    if socks == "missing":
        monkeypatch.setitem(sys.modules, "socksio", None)
    with served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{proxy.port}")
        launch = launched()
    assert (launch.state, launch.id) == (LaunchState.SUCCEEDED, "i-1")
    assert cloud.asked.count("POST") == 1
    assert all(text.startswith(b"CONNECT") for one, text in proxy.heard.items() if not _is_tls(one))


def _is_tls(connection):
    return isinstance(connection, ssl.SSLSocket)


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h", "SOCKS5"])
@pytest.mark.parametrize("variable", ["all_proxy", "ALL_PROXY", "https_proxy"])
def test_a_socks_proxy_is_used_where_the_extra_is_there(scheme, variable, cloud, monkeypatch):
    names = []
    with served(through_socks(cloud, names)) as proxy:
        monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{proxy.port}/")
        launch = launched()
    assert launch.state is LaunchState.SUCCEEDED
    assert cloud.asked.count("POST") == 1
    assert set(names) == {ABROAD}, "the proxy looks the name up"


@pytest.mark.usefixtures("without_socks")
def test_a_socks_proxy_without_the_extra_is_said_and_a_stop_gets_out(cloud, abroad, monkeypatch, caplog):
    monkeypatch.setenv("all_proxy", f"socks://me:{SECRET}@127.0.0.1:{closed_port()}/")
    with caplog.at_level(logging.INFO), client_of(abroad) as client:
        launch = concluded(launch_on(client))
        assert launch.state is LaunchState.NOT_SENT
        said = sentence_of(launch, SAY)
        assert "all_proxy names a SOCKS proxy, which needs: pip install 'httpx[socks]'" in said
        assert "ImportError" not in said
        assert "POST" not in cloud.asked, "what is billed goes by no way that nobody named"
        cloud.status = "running"
        assert Instance("i-1", client).stop().status == "exited"
        assert cloud.asked.count("PUT") == 1
        with pytest.raises(NotSent, match="all_proxy"):
            client.act("i-1", "start")
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(told) == 1, "it is said once"
    assert told[0].startswith(f"{client.host.name} is reached another way: all_proxy names a SOCKS proxy")
    assert SECRET not in caplog.text + said


UNUSABLE = [
    f"gopher://u:{SECRET}@127.0.0.1:1",
    f"http://u:{SECRET}@[",
    "socks4://127.0.0.1:1",
    "http://:7890",
    "://x",
]


@pytest.mark.parametrize("value", UNUSABLE)
def test_what_is_no_proxy_is_named_and_the_next_variable_is_used(value, cloud, monkeypatch, caplog):
    monkeypatch.setenv("HTTPS_PROXY", value)
    with caplog.at_level(logging.INFO), served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        launch = launched()
    assert launch.state is LaunchState.SUCCEEDED
    assert cloud.asked.count("POST") == 1
    assert "HTTPS_PROXY names no proxy" in caplog.text
    assert SECRET not in caplog.text


def nothing_but_a_stop_gets_out(cloud, abroad):
    """Return what is said of a launch that did not leave, where a stop does."""
    with client_of(abroad) as client:
        launch = concluded(launch_on(client))
        assert launch.state is LaunchState.NOT_SENT
        cloud.status = "running"
        assert Instance("i-1", client).stop().status == "exited"
    assert cloud.asked.count("POST") == 0
    return sentence_of(launch, SAY)


@pytest.mark.parametrize("value", UNUSABLE)
def test_without_another_one_nothing_is_launched_and_a_stop_gets_out(
    value, cloud, abroad, monkeypatch, caplog
):
    monkeypatch.setenv("HTTPS_PROXY", value)
    said = nothing_but_a_stop_gets_out(cloud, abroad)
    assert "HTTPS_PROXY names no proxy" in said
    assert SECRET not in caplog.text + said


def test_a_proxy_that_is_not_there_is_named_and_a_stop_gets_out(cloud, abroad, monkeypatch, caplog):
    monkeypatch.setenv("https_proxy", f"http://u:{SECRET}@127.0.0.1:{closed_port()}")
    said = nothing_but_a_stop_gets_out(cloud, abroad)
    assert "(ConnectError, by the proxy in https_proxy)" in said
    assert "by the proxy in https_proxy" in caplog.text
    assert SECRET not in caplog.text + said


def test_where_no_way_is_open_the_variable_is_named(monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    with client_of(f"https://{ABROAD}") as client:
        with pytest.raises(Unreachable, match="ConnectError, by the proxy in https_proxy"):
            client.get_instance("i-1")
        with pytest.raises(NotSent, match="ConnectError, by the proxy in https_proxy"):
            client.act("i-1", "stop")


@pytest.mark.parametrize("action", ["stop", "start"])
def test_an_action_that_may_have_left_is_not_repeated_by_another_way(action, cloud, abroad, monkeypatch):
    def loses(server, connection):
        server.read(connection)

    with served(through_a_tunnel(cloud.context, loses)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with client_of(abroad) as client, pytest.raises(Exception, match="broke after the request"):
            client.act("i-1", action)
    assert cloud.asked == []


RANGES = "localhost,127.0.0.0/8,::1,fd00::/8,fe80::/10,[::1],10.0.0.0/8,*.local,<local>,http://[,.example.com"


def test_no_proxy_may_hold_ranges_and_whatever_else(cloud, monkeypatch):
    monkeypatch.setenv("no_proxy", RANGES)
    with served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        launch = launched()
        assert launch.state is LaunchState.SUCCEEDED
        assert proxy.connections == len(cloud.asked)


@pytest.mark.parametrize("entry", ["*", ABROAD, "ppio-widgets.invalid", ".ppio-widgets.invalid", "*.invalid"])
def test_no_proxy_is_heeded(entry, cloud, abroad, monkeypatch):
    monkeypatch.setenv("NO_PROXY", f"{RANGES}, {entry}")
    with served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert launched(abroad).state is LaunchState.SUCCEEDED
        assert proxy.connections == 0


@pytest.fixture
def everybodys(tmp_path, secure, monkeypatch):
    """What everybody trusts is the test's authority, and no variable names it."""
    bundle = tmp_path / "authority.pem"
    monkeypatch.delenv("SSL_CERT_FILE")
    context = ssl.create_default_context(cafile=bundle)
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **_options: context)
    proxies._trusting.cache_clear()
    yield bundle
    proxies._trusting.cache_clear()


@pytest.mark.parametrize("what", ["missing", "a folder", "no certificate"])
def test_a_file_of_certificates_that_cannot_be_read_is_named_and_a_stop_gets_out(
    what, cloud, abroad, everybodys, tmp_path, monkeypatch, caplog
):
    place = tmp_path / "own.pem"
    if what == "a folder":
        place.mkdir()
    elif what == "no certificate":
        place.write_text("nothing")
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    with client_of(abroad) as client:
        launch = concluded(launch_on(client))
        assert launch.state is LaunchState.NOT_SENT
        said = sentence_of(launch, SAY)
        assert "(SSL_CERT_FILE names no certificates that can be read)" in said
        cloud.status = "running"
        assert Instance("i-1", client).stop().status == "exited"
        with pytest.raises(NotSent, match="SSL_CERT_FILE"):
            client.act("i-1", "restart")
    assert cloud.asked.count("POST") == 0
    assert "SSL_CERT_FILE names no certificates" in caplog.text


def test_a_folder_of_certificates_stands_in_for_a_missing_file(
    cloud, abroad, everybodys, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "no-such-folder"))
    assert launched(abroad).state is LaunchState.NOT_SENT
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "1.pem").write_text(everybodys.read_text())
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    context, wrong = proxies.authorities(anyhow=False)
    assert context is not None
    assert wrong.variable == "SSL_CERT_FILE"


@pytest.fixture
def by_folder(everybodys, monkeypatch):
    """A file of certificates that is not there, and a folder that stands in for it."""
    real = ssl.create_default_context

    def trusting(*, cafile=None, capath=None):
        # OpenSSL finds certificates of a folder by names that only its own tool gives them.
        return real(cafile=cafile) if capath is None else real(cafile=everybodys)

    monkeypatch.setattr(ssl, "create_default_context", trusting)
    monkeypatch.setenv("SSL_CERT_FILE", str(everybodys.parent / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(everybodys.parent))


@pytest.mark.usefixtures("by_folder")
def test_a_lost_answer_is_not_explained_by_a_variable_that_was_passed_over(cloud, abroad, caplog):
    def lost(_server, _connection):
        cloud.asked.append("lost")

    cloud._answer = lost
    with client_of(abroad) as client:
        verdict = client.send_create({"name": "demo"})
    assert verdict.sent
    assert isinstance(verdict.error, OutcomeUnknown)
    said = verdict.error.sentence(SAY)
    assert "SSL_CERT_FILE" not in said
    assert "Error" in said
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(told) == 1
    assert "reached another way: SSL_CERT_FILE names no certificates" in told[0]


def test_a_create_call_that_passes_a_proxy_over_says_so(cloud, monkeypatch, caplog):
    monkeypatch.setenv("HTTPS_PROXY", "gopher://x")
    with served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with client_of(f"https://{ABROAD}") as client:
            assert client.send_create({"name": "demo"}).instance_id == "i-1"
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(told) == 1
    assert "HTTPS_PROXY names no proxy" in told[0]


def test_a_create_call_whose_proxy_does_not_answer_tries_no_other(cloud, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    with served(through_connect(cloud)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        launch = launched()
    assert launch.state is LaunchState.NOT_SENT
    assert "by the proxy in HTTPS_PROXY" in sentence_of(launch, SAY)
    assert "POST" not in cloud.asked
    assert "GET" in cloud.asked, "a look goes by the next"


@pytest.mark.parametrize("there", ["first", "last", "both"])
def test_a_list_of_folders_is_read_where_one_of_them_is_there(there, everybodys, tmp_path, monkeypatch):
    names = {"first": [tmp_path, "no-such-folder"], "last": ["", "no-such-folder", tmp_path]}
    folders = names.get(there, [tmp_path, tmp_path])
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(map(str, folders)))
    context, wrong = proxies.authorities(anyhow=False)
    assert context is not None
    assert wrong is None


def test_of_folders_that_are_all_missing_none_is_read(everybodys, monkeypatch):
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(["no-such-folder", "nor-this"]))
    context, wrong = proxies.authorities(anyhow=False)
    assert context is None
    assert wrong.variable == "SSL_CERT_DIR"


def test_where_the_usual_certificates_are_gone_an_action_fails_in_words(abroad, monkeypatch):
    def gone(**_options):
        raise FileNotFoundError("cacert.pem")

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(httpx, "create_ssl_context", gone)
    proxies._trusting.cache_clear()
    with client_of(abroad) as client:
        for action in ("stop", "start"):
            with pytest.raises(NotSent, match=r"usual certificates cannot be read \(FileNotFoundError\)"):
                client.act("i-1", action)
        with pytest.raises(Unreachable, match="usual certificates"):
            client.get_instance("i-1")
        verdict = client.send_create({"name": "demo"})
    assert not verdict.sent
    assert "usual certificates" in verdict.error.sentence(SAY)
