import httpx
import pytest

from ppio_widgets.cloud.auth import PinnedBearer
from ppio_widgets.errors import HostRefused
from ppio_widgets.secrets.credentials import ApiKey
from ppio_widgets.secrets.hosts import read_host
from tests.support.wire import REAL_KEY, all_that_shows

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
