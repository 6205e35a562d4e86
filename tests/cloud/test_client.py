import json
import socket
import threading

import httpx
import pytest

from ppio_widgets.cloud import client as client_module
from ppio_widgets.cloud.client import PinnedBearer, PpioClient
from ppio_widgets.cloud.web_pages import is_public_page, page_answers
from ppio_widgets.errors import (
    AccessDenied,
    AnswerUnreadable,
    ApiError,
    CredentialsError,
    HostRefused,
    OutcomeUnknown,
    PpioError,
    Unreachable,
)
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import ApiKey
from ppio_widgets.secrets.hosts import read_host
from tests.support.bodies import FULL, MINIMAL
from tests.support.wire import (
    PATIENCE,
    REAL_KEY,
    all_that_shows,
    answers,
    breaks_off_within_the_answer,
    closed_port,
    closes_after_reading,
    faulty,
    hangs_up_at_the_first_bytes,
    packed,
    resets_after_reading,
    resets_before_reading,
    says,
    speaks_no_http,
    stays_silent,
)

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def no_socket(monkeypatch):
    """Touching the network fails the test; the list says who tried."""
    touched = []

    def touch(*given, **_options):
        touched.append(given)
        raise AssertionError("the network was touched")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, touch)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, touch)
    return touched


def test_the_create_call_is_one_post_with_the_body_as_it_is():
    with faulty(says(201, {"id": "new-1"})) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        assert client.create_instance(check(FULL).require()) == "new-1"
        (request,) = server.received
    assert (request.method, request.target) == ("POST", "/gpus/v2/instances")
    assert json.loads(request.content) == FULL
    assert request.headers["authorization"] == f"Bearer {REAL_KEY}"
    assert request.headers["content-type"] == "application/json"


def test_making_a_client_touches_no_network_and_needs_no_key(no_socket):
    with PpioClient() as client:
        assert not client.is_practice
        with pytest.raises(CredentialsError):
            client.require_key()
        with pytest.raises(CredentialsError):
            client.get_instance("abc")
    assert no_socket == []


def test_a_refused_address_makes_no_client():
    with pytest.raises(HostRefused):
        PpioClient(REAL_KEY, base_url="http://gpu.example.com")


def test_what_counts_as_practice():
    assert PpioClient(base_url="http://localhost:8899").is_practice
    assert not PpioClient(REAL_KEY, base_url="http://localhost:8899").is_practice


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    with (
        faulty(says(200, {"id": "abc", "data": []})) as elsewhere,
        faulty(says(status, b"", f"Location: {elsewhere.url}/gpus/v2/instances")) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
    ):
        for call in (lambda: list(client.list_instances()), lambda: client.get_instance("abc")):
            with pytest.raises(ApiError) as caught:
                call()
            assert caught.value.status == status
        verdict = client.send_create(MINIMAL)
        assert isinstance(verdict.error, ApiError if status in (307, 308) else OutcomeUnknown)
        assert elsewhere.connections == 0
        assert server.posts == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_goes_through_no_proxy(monkeypatch, scheme):
    play = says(200, {"data": [], "has_more": False}) if scheme == "http" else hangs_up_at_the_first_bytes
    with faulty(resets_before_reading) as proxy, faulty(play) as server:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with PpioClient(base_url=f"{scheme}://127.0.0.1:{server.port}") as client:
            if scheme == "http":
                assert list(client.list_instances()) == []
            else:
                with pytest.raises(Unreachable):
                    list(client.list_instances())
        assert server.connections == 1
        assert proxy.connections == 0


def test_no_header_leaves_before_the_tls_handshake():
    with (
        faulty(hangs_up_at_the_first_bytes) as server,
        PpioClient(REAL_KEY, base_url=f"https://127.0.0.1:{server.port}") as client,
    ):
        verdict = client.send_create(MINIMAL)
        assert (verdict.sent, server.connections, server.received) == (False, 1, [])
        assert REAL_KEY.encode() not in server.raw


@pytest.mark.parametrize(
    ("status", "content", "kind", "words"),
    [
        (
            400,
            {"code": 400, "reason": "RESOURCE_NOT_FOUND", "message": "instance not found", "metadata": {}},
            ApiError,
            "instance not found [RESOURCE_NOT_FOUND]",
        ),
        (401, {"message": "failed to authenticate API key"}, AccessDenied, "failed to authenticate"),
        (
            403,
            {"error": {"message": "not yours", "type": "forbidden"}},
            AccessDenied,
            "not yours [forbidden]",
        ),
        (404, b"404 page not found", ApiError, "404 page not found"),
        (429, {"error": "slow down"}, ApiError, "slow down"),
        (500, b"<html><head><title>x</title></head><body><h1>Oops</h1></body></html>", ApiError, "Oops"),
        (502, b"", ApiError, "no reason was given"),
        (503, b'{"message": "cut', ApiError, "cut"),
    ],
)
def test_an_error_answer_to_a_read_becomes_one_clear_error(status, content, kind, words):
    with faulty(says(status, content)) as server, PpioClient(base_url=server.url) as client:
        for call in (lambda: client.get_instance("abc"), lambda: list(client.list_instances())):
            with pytest.raises(ApiError) as caught:
                call()
            assert type(caught.value) is kind
            assert caught.value.status == status
            assert words in str(caught.value)
            assert "\n" not in str(caught.value)
        assert len(server.received) == 2


@pytest.mark.parametrize(
    "play",
    [
        resets_before_reading,
        resets_after_reading,
        closes_after_reading,
        breaks_off_within_the_answer,
        speaks_no_http,
    ],
)
def test_a_read_without_an_answer_is_unreachable_and_not_repeated(play):
    with faulty(play) as server, PpioClient(base_url=server.url) as client:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{server.port}"):
            client.get_instance("abc")
        assert server.connections == 1


def test_a_read_that_nobody_takes_is_unreachable():
    with PpioClient(base_url=f"http://127.0.0.1:{closed_port()}") as client, pytest.raises(Unreachable):
        client.get_instance("abc")


def test_a_read_that_is_never_answered_ends(monkeypatch):
    monkeypatch.setattr(client_module, "_TIMEOUT", httpx.Timeout(0.1))
    with faulty(stays_silent) as server, PpioClient(base_url=server.url) as client:
        with pytest.raises(Unreachable, match="ReadTimeout"):
            client.get_instance("abc")
        assert len(server.received) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b'{"id": ""}', b'{"id": 5}', b'{"id": "abc"', b"<html></html>", b"\xff\xfe"],
)
def test_a_success_that_is_not_the_apis_is_unreadable(content):
    with faulty(says(200, content)) as server, PpioClient(base_url=server.url) as client:
        with pytest.raises(AnswerUnreadable):
            client.get_instance("abc")
        with pytest.raises(AnswerUnreadable):
            list(client.list_instances())


def test_an_answer_that_is_too_large_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 1000)
    large = {"id": "abc", "name": "x" * 2000}
    with (
        faulty(says(200, large)) as server,
        PpioClient(base_url=server.url) as client,
        pytest.raises(AnswerUnreadable),
    ):
        client.get_instance("abc")


def test_an_id_is_one_part_of_the_path():
    with faulty(says(404, b"404 page not found")) as server, PpioClient(base_url=server.url) as client:
        with pytest.raises(ApiError):
            client.get_instance("a..b:c=+@d")
        assert server.received[0].target == "/gpus/v2/instances/a..b%3Ac%3D%2B%40d"


def test_paging_follows_the_cursor_to_the_end():
    pages = {
        "": {"data": [{"id": "a"}, {"id": "b"}], "next_cursor": "two", "has_more": True},
        "two": {"data": [{"id": "c"}, {"no": "id"}, 5], "next_cursor": "three", "has_more": True},
        "three": {"data": [{"id": "d"}], "next_cursor": "", "has_more": False},
    }

    def reply(request):
        query = httpx.QueryParams(request.target.partition("?")[2])
        assert (query["name"], query["limit"]) == ("de mo&", "100")
        return 200, pages[query.get("cursor", "")]

    with faulty(answers(reply)) as server, PpioClient(base_url=server.url) as client:
        found = []
        with pytest.raises(AnswerUnreadable, match="a row that cannot be read"):
            found.extend(info.id for info in client.list_instances(name="de mo&"))
        assert found == ["a", "b", "c"], "what could be read comes first"
        assert len(server.received) == 2
        pages["two"]["data"] = [{"id": "c"}]
        assert [info.id for info in client.list_instances(name="de mo&")] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("cursor", ["same", "", None, 5])
def test_a_cursor_that_leads_nowhere_ends_the_listing_and_is_said(cursor):
    page = {"data": [{"id": "a"}], "next_cursor": cursor, "has_more": True}
    with faulty(says(200, page)) as server, PpioClient(base_url=server.url) as client:
        found = []
        with pytest.raises(AnswerUnreadable, match="Not certain"):
            found.extend(info.id for info in client.list_instances())
        assert found == ["a"] * len(server.received)
        assert len(server.received) == (2 if cursor == "same" else 1)


def test_a_listing_is_read_page_by_page_and_a_fault_comes_where_it_happens():
    first = says(200, {"data": [{"id": "a"}], "next_cursor": "two", "has_more": True})
    with (
        faulty(first, says(500, {"message": "boom"})) as server,
        PpioClient(base_url=server.url) as client,
    ):
        found = client.list_instances()
        assert server.connections == 0
        assert next(found).id == "a"
        assert server.connections == 1
        with pytest.raises(ApiError, match="boom"):
            next(found)


@pytest.mark.long
def test_practice_pages_over_a_real_socket(client, server):
    made = [client.create_instance(check({**MINIMAL, "name": f"demo-{n}"}).require()) for n in range(120)]
    assert [info.id for info in client.list_instances()] == made[::-1]
    assert {info.name for info in client.list_instances(name="demo-11")} == {"demo-11"} | {
        f"demo-11{n}" for n in range(10)
    }


def test_secrets_of_an_answer_are_dropped_on_arrival():
    answer = {
        "id": "abc",
        "name": "demo",
        "status": {"status": "running"},
        "envs": [{"key": "TOKEN", "value": "s3cret"}],
        "tools": {"ssh": {"password": "s3cret"}},
    }
    with faulty(says(200, answer)) as server, PpioClient(base_url=server.url) as client:
        seen = client.get_instance("abc")
    assert (seen.name, seen.status) == ("demo", "running")
    assert "s3cret" not in repr(seen)


def test_a_closed_client_can_be_used_again(server):
    client = PpioClient(base_url=server.url)
    client.close()
    for _ in range(2):
        assert list(client.list_instances()) == []
        client.close()
    client.close()


def test_one_client_serves_many_threads(client, server):
    start = threading.Barrier(20)
    request = check(MINIMAL).require()
    made, faults = [], []

    def create():
        start.wait(PATIENCE)
        try:
            made.append(client.create_instance(request))
        except PpioError as error:
            faults.append(error)

    threads = [threading.Thread(target=create) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert faults == []
    assert len(set(made)) == 20
    assert {info.id for info in client.list_instances()} == set(made)


def test_a_keep_alive_connection_that_the_server_has_closed_is_not_used():
    listing = json.dumps({"data": [], "has_more": False}).encode()

    def pretends_to_stay(server, connection):
        server.read(connection)
        connection.sendall(packed(200, listing).replace(b"Connection: close", b"Connection: keep-alive"))

    with faulty(pretends_to_stay) as server, PpioClient(base_url=server.url) as client:
        assert list(client.list_instances()) == []
        server.closed.wait(PATIENCE)
        assert list(client.list_instances()) == []
        assert server.connections == 2


PPIO = "https://api.ppio.com"
LOCAL = "http://127.0.0.1:8899"


def pinned(url):
    host = read_host(url, allow_host=url.partition("://")[2].lower())
    return PinnedBearer(host, ApiKey(REAL_KEY, "api_key"))


def sent(auth, url, **options):
    """The requests that went out, without a network."""
    requests = []

    def answer(request):
        requests.append(request)
        where = {"Location": "https://api.ppio.com.example.com/"} if request.url.path == "/away" else {}
        return httpx.Response(302 if where else 200, headers=where)

    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth, **options) as http:
        try:
            http.get(url)
        except HostRefused as refused:
            return requests, refused
    return requests, None


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (PPIO, "https://api.ppio.com/gpus/v2/instances?name=a"),
        (PPIO, "https://api.ppio.com:443/"),
        (PPIO, "HTTPS://API.PPIO.COM/"),
        (LOCAL, "http://127.0.0.1:8899/x"),
        ("http://localhost", "http://localhost:80/x"),
        ("http://[::1]:8899", "http://[::1]:8899/x"),
        ("https://gpu.example.com:8443", "https://gpu.example.com:8443/"),
    ],
)
def test_the_header_goes_to_the_pinned_origin(base_url, url):
    requests, refused = sent(pinned(base_url), url)
    assert refused is None
    assert [request.headers["authorization"] for request in requests] == [f"Bearer {REAL_KEY}"]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (PPIO, "http://api.ppio.com/"),
        (PPIO, "http://api.ppio.com:443/"),
        (PPIO, "https://api.ppio.com:8443/"),
        (PPIO, "https://api.ppio.com:80/"),
        (PPIO, "https://api.ppio.com./"),
        (PPIO, "https://api.ppio.com.example.com/"),
        (PPIO, "https://api.novita.ai/"),
        (PPIO, "https://api.ppio.com@example.com/"),
        (PPIO, "https://api.pp\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}o.com/"),
        (LOCAL, "http://127.0.0.1:8898/"),
        (LOCAL, "http://localhost:8899/"),
        (LOCAL, "https://127.0.0.1:8899/"),
        (LOCAL, "http://127.0.0.1/"),
    ],
)
def test_a_request_to_anywhere_else_is_not_sent(base_url, url):
    requests, refused = sent(pinned(base_url), url)
    assert requests == []
    assert refused.code == "host_pinned"
    assert read_host(base_url).name in str(refused)
    assert REAL_KEY not in all_that_shows(refused)


def test_even_a_client_that_follows_redirects_takes_no_key_along():
    requests, _refused = sent(pinned(PPIO), "https://api.ppio.com/away", follow_redirects=True)
    assert [request.headers.get("authorization") for request in requests] == [f"Bearer {REAL_KEY}", None]


def test_a_refused_request_carries_no_header():
    request = httpx.Request("GET", "https://example.com/")
    with pytest.raises(HostRefused):
        next(pinned(PPIO).auth_flow(request))
    assert "authorization" not in request.headers


def test_it_shows_where_it_is_pinned_and_not_the_key():
    auth = pinned(PPIO)
    assert repr(auth) == f"PinnedBearer(api.ppio.com, ApiKey(••••{REAL_KEY[-4:]} from api_key))"
    assert REAL_KEY not in f"{auth} {vars(auth)}"
    assert not auth.requires_request_body
    assert not auth.requires_response_body


@pytest.mark.parametrize(
    ("code", "is_up"), [(200, True), (302, True), (401, True), (405, True), (404, False), (502, False)]
)
def test_a_page_of_an_instance_answers_or_does_not(code, is_up):
    with faulty(says(code, {}, "Location: http://127.0.0.1:9/elsewhere")) as server:
        assert page_answers(f"{server.url}/lab") is is_up
    assert [(one.method, one.target) for one in server.received] == [("GET", "/lab")], "once, no redirect"
    assert not {"authorization", "cookie"} & {name.lower() for name in server.received[0].headers}


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "tcp://127.0.0.1:1", "http://me@127.0.0.1/"])
def test_what_is_no_page_is_not_asked(address):
    assert page_answers(address) is False


NEAR = (
    "127.0.0.1 127.1 2130706433 0x7f.0.0.1 0x7f000001 localhost Lab.LocalHost. [::1] 10.0.0.1 192.168.1.1 "
    "172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 [fe80::1] [fd00::1] [::ffff:10.0.0.1] metadata "
    "nas.local hub.internal 1.2.3.4.5"
)
FAR = "8.8.8.8 h.example.com a-1.gpu.ppio.com. [2606:4700::1] 例子.cn"


@pytest.mark.parametrize("host", NEAR.split())
def test_an_instance_of_a_cloud_has_no_page_in_the_network_of_the_kernel(host):
    """The server names the address: nothing of the person's own is asked because of that."""
    assert not is_public_page(f"http://{host}:8888/lab")


@pytest.mark.parametrize("host", FAR.split())
def test_a_page_of_an_instance_is_in_the_internet(host):
    assert is_public_page(f"https://{host}/lab")


def test_where_nothing_listens_no_page_answers():
    with faulty(says(200, {})) as server:
        pass
    assert page_answers(server.url) is False
