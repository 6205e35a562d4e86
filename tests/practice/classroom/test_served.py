"""A class on another machine: by TLS of its own or of a proxy, under its own names, below a path."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx
import pytest
import trustme

from ppio_widgets.__main__ import main
from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.server import Place, PracticeServer, serving
from tests.support.wire import PATIENCE

JOIN, LESSON = "/practice/v1/join", "/practice/v1/lesson"
PROXY = "https://class.example.org/gpu"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1", "class.example.org").configure_cert(context)
    return context


@contextmanager
def a_class(**place):
    with serving(ClassCloud(packaged("first-bill")), place=Place(**place)) as server:
        yield server


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with httpx.Client(verify=context, trust_env=False, timeout=PATIENCE) as http:
        yield http


def joined(http, url, **headers):
    return http.post(f"{url}{JOIN}", json={"student": "s07", "pin": "4711"}, headers=headers)


def test_a_class_with_a_certificate_is_reached_by_https(tls, trusting):
    with a_class(host="0.0.0.0", tls=tls) as server:  # noqa: S104 - what is tested
        url = f"https://localhost:{server.server_port}"
        key = joined(trusting, url).json()["key"]
        told = trusting.get(f"{url}{LESSON}", headers={"Authorization": f"Bearer {key}"})
        assert told.json()["id"] == "first-bill"
        assert server.url.startswith("https://")
        # By a name of its own, too, and by no request of another's page.
        assert joined(trusting, url, Host="class.example.org").status_code == 200
        assert joined(trusting, url, Origin="https://elsewhere.example").status_code == 403
        assert joined(trusting, url, Origin=url).status_code == 200
        assert joined(trusting, url, Host="a b").status_code == 421
        with httpx.Client(trust_env=False, timeout=PATIENCE) as plain, pytest.raises(httpx.TransportError):
            joined(plain, f"http://localhost:{server.server_port}")


def test_whoever_does_not_greet_keeps_nobody_waiting(tls, trusting):
    with a_class(tls=tls) as server, socket.create_connection(("127.0.0.1", server.server_port)):
        assert joined(trusting, f"https://localhost:{server.server_port}").status_code == 200


HOSTS = [
    ({"Host": "class.example.org"}, 200),
    ({"Host": "CLASS.example.org"}, 200),
    ({"Host": "127.0.0.1:8899"}, 200),  # a proxy may say so
    ({"Host": "class.example.org:8443"}, 421),
    ({"Host": "example.org"}, 421),
    ({"Host": "class.example.org.evil.example"}, 421),
    ({"Host": "class.example.org", "Origin": "https://class.example.org"}, 200),
    ({"Host": "127.0.0.1:8899", "Origin": "https://class.example.org"}, 200),
    ({"Host": "class.example.org", "Origin": "https://example.org"}, 403),
    ({"Host": "class.example.org", "Origin": "null"}, 403),
]


@pytest.mark.parametrize(("headers", "status"), HOSTS)
def test_behind_a_proxy_it_answers_to_its_own_address_alone(headers, status):
    with a_class(url=PROXY) as server, httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        assert joined(http, server.local_url, **headers).status_code == status
        assert server.url == PROXY


@pytest.mark.parametrize("prefix", ["", "/gpu"])
def test_below_a_path_which_a_proxy_may_have_taken_away(prefix):
    with a_class(url=PROXY) as server, httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        key = joined(http, f"{server.local_url}{prefix}").json()["key"]
        http.headers["Authorization"] = f"Bearer {key}"
        body = {
            "name": "s07-a",
            "product_id": "3090.8c30g.os",
            "image": "ubuntu:24.04",
            "billing": {"mode": "postpaid"},
            "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
        }
        made = http.post(f"{server.local_url}{prefix}/gpus/v2/instances", json=body).json()["id"]
        told = http.get(f"{server.local_url}{prefix}/gpus/v2/instances/{made}").json()
        assert told["tools"]["log"]["instance_endpoint"] == f"{PROXY}/machines/{made}/log/instance"
        assert http.get(f"{server.local_url}{prefix}/machines/{made}/jupyter").status_code == 502
        assert http.get(f"{server.local_url}/gpux{LESSON}").status_code == 404


def test_without_either_it_stays_as_strict_as_it_was():
    with a_class() as server, httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        for host in ("class.example.org", "0.0.0.0:80", socket.gethostname()):
            assert joined(http, server.url, Host=host).status_code == 421


def test_real_keys_are_refused():
    with a_class() as server, httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        for path in (LESSON, "/practice/v1/teacher", "/gpus/v2/instances"):
            told = http.get(f"{server.url}{path}", headers={"Authorization": "Bearer sk_real_0123456789"})
            assert told.status_code == 401


# The command


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


REFUSED = [
    (["--host", "0.0.0.0"], "--cert"),  # noqa: S104
    (["--host", "192.0.2.1"], "--cert"),
    (["--url", "http://class.example.org"], "https://"),
    (["--url", "https://class.example.org/?a=1"], "https://"),
    (["--url", "class.example.org"], "https://"),
    (["--url", "https://class.example.org:door"], "https://"),
    (["--url", "https://class.example.org/a b"], "https://"),
    (["--cert", "none.pem"], "--key"),
    (["--file", "."], "--file"),
    (["--roster", "none.csv"], "no such file"),
    (["--file", "none/small.class"], "no such file"),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("arguments", "words"), REFUSED)
def test_the_command_refuses_in_one_sentence(arguments, words, capsys):
    assert main(["class", "first-bill", "--port", "0", *arguments]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert words in shown.err


@pytest.mark.usefixtures("here")
def test_a_port_that_is_taken_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert main(["class", "first-bill", "--port", port]) == 1
    assert "--port" in capsys.readouterr().err


def test_the_command_tells_the_students_line_and_the_teachers_page(
    here, authority, monkeypatch, capsys, trusting
):
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(here / "both.pem"))
    (here / "names.csv").write_text("s07,Anna\n", encoding="utf-8")
    asked = []

    def ask(server):
        """In place of serving until somebody interrupts it."""
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with server:
            told = capsys.readouterr().out
            url = re.search(r"PPIO_GPU_BASE_URL=(\S+)", told)[1]
            page, key = re.search(r"(\S+/practice/v1/teacher/page)#key=(\S+)", told).groups()
            local = f"https://localhost:{server.server_port}"
            asked.append((url, page.removeprefix(url)))
            board = trusting.get(f"{local}/practice/v1/teacher", headers={"Authorization": f"Bearer {key}"})
            asked.append([one["name"] for one in board.json()["students"]])
            asked.append(trusting.get(f"{local}/practice/v1/teacher/page").status_code)
            server.shutdown()
            thread.join()

    monkeypatch.setattr("ppio_widgets.__main__._serve", ask)
    arguments = ["--host", "127.0.0.1", "--cert", "both.pem", "--url", "https://class.example.org/gpu/"]
    assert main(["class", "first-bill", "--port", "0", "--roster", "names.csv", *arguments]) == 0
    assert asked == [("https://class.example.org/gpu", "/practice/v1/teacher/page"), ["Anna"], 200]
    assert (here / "first-bill.class").exists()


def test_a_server_listens_where_it_is_told():
    with PracticeServer() as server:
        assert server.server_address[0] == "127.0.0.1"
