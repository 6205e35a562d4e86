import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud.host import BASE_URL_VARIABLE, PPIO, read_host
from ppio_widgets.errors import HostRefused


def test_the_default_is_ppio_then_the_variable_then_the_argument(monkeypatch):
    assert read_host().base_url == PPIO
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://api.novita.ai")
    assert read_host().base_url == "https://api.novita.ai"
    assert read_host("https://gpu.example.com").base_url == "https://gpu.example.com"


@pytest.mark.parametrize(
    ("given_url", "base_url", "name"),
    [
        (" https://api.ppio.com/ \n", "https://api.ppio.com", "api.ppio.com"),
        ("HTTPS://API.PPIO.COM", "https://api.ppio.com", "api.ppio.com"),
        ("https://gpu.example.com:8443", "https://gpu.example.com:8443", "gpu.example.com:8443"),
        ("https://xn--fiqs8s.example", "https://xn--fiqs8s.example", "xn--fiqs8s.example"),
    ],
)
def test_a_usable_address_is_brought_into_one_form(given_url, base_url, name):
    host = read_host(given_url)
    assert (host.base_url, host.name, host.loopback) == (base_url, name, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://LOCALHOST:8899/",
        "http://127.0.0.1:8899",
        "http://127.8.9.1",
        "http://[::1]:8899",
        "https://localhost:8443",
    ],
)
def test_loopback_may_be_plain_http(url):
    assert read_host(url).loopback


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.ppio.com", "host_http"),
        ("http://localhost.example.com", "host_http"),
        ("http://127.0.0.1.example.com", "host_http"),
        ("http://10.0.0.1", "host_http"),
        ("http://[2001:db8::1]", "host_http"),
        ("http://0.0.0.0", "host_http"),
        ("https://user:pa55word@api.ppio.com", "host_user"),
        ("https://pa55word@api.ppio.com", "host_user"),
        ("https://@api.ppio.com", "host_user"),
        ("https://api.ppio.com\\@example.com", "host_user"),
        ("http://localhost@example.com", "host_user"),
        ("https://api.ppio.com/gpus", "host_unreadable"),
        ("https://api.ppio.com?key=pa55word", "host_unreadable"),
        ("https://api.ppio.com#pa55word", "host_unreadable"),
        ("https://api.ppіo.com", "host_unreadable"),  # a Cyrillic letter
        ("https://例子.example", "host_unreadable"),
        ("https://api.ppio.com:pa55word", "host_unreadable"),
        ("https://api.ppio.com:99999", "host_unreadable"),
        ("https://api.ppio.com\\example.com", "host_unreadable"),
        ("https://api.ppio.com example.com", "host_unreadable"),
        ("https://api..ppio.com", "host_unreadable"),
        (f"https://{'x' * 64}.com", "host_unreadable"),
        ("https://api%2eppio.com", "host_unreadable"),
        ("https://[::1", "host_unreadable"),
        ("ftp://localhost", "host_unreadable"),
        ("file:///etc/hosts", "host_unreadable"),
        ("api.ppio.com", "host_unreadable"),
        ("//api.ppio.com", "host_unreadable"),
        ("https://", "host_unreadable"),
        ("   ", "host_unreadable"),
    ],
)
def test_anything_else_is_refused_and_nothing_of_a_secret_is_repeated(url, code):
    with pytest.raises(HostRefused) as caught:
        read_host(url)
    assert caught.value.code == code
    assert "pa55word" not in str(caught.value)


_urlish = st.text(st.sampled_from("abz019.-_:/@\\[]%? #\tİ中htps"), max_size=30)


@settings(deadline=None)
@given(
    st.one_of(
        _urlish,
        st.sampled_from(["https://", "http://localhost", "http://127.0.0.1"]).flatmap(
            lambda start: _urlish.map(lambda end: start + end)
        ),
        st.text(),
    )
)
def test_whatever_is_let_through_names_the_same_host_to_the_wire(url):
    try:
        host = read_host(url or "https://")
    except HostRefused:
        return
    seen = httpx.URL(host.base_url)
    assert (seen.userinfo, seen.path, seen.query) == (b"", "/", b"")
    assert host.name.startswith(seen.host) or host.name.startswith(f"[{seen.host}]")
    assert seen.scheme == "https" or host.loopback


def test_a_default_port_is_no_other_host():
    assert read_host("https://api.ppio.com:443").base_url == "https://api.ppio.com"
    assert read_host("http://127.0.0.1:80").name == "127.0.0.1"
    assert read_host("https://api.ppio.com:80").name == "api.ppio.com:80"
