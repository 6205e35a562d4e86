import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.errors import HostRefused
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE, KNOWN, NOVITA, PPIO, read_host
from tests.support.wire import all_that_shows


def test_the_default_is_ppio_then_the_variable_then_the_argument(monkeypatch):
    assert read_host().base_url == PPIO
    monkeypatch.setenv(BASE_URL_VARIABLE, NOVITA)
    assert read_host().base_url == NOVITA
    assert read_host(PPIO).base_url == PPIO


@pytest.mark.parametrize(
    "url", [" https://api.ppio.com/ \n", "HTTPS://API.PPIO.COM", "https://api.ppio.com:443"]
)
def test_a_known_address_is_brought_into_one_form(url):
    host = read_host(url)
    assert (host.base_url, host.name, host.loopback, host.known) == (PPIO, "api.ppio.com", False, True)


@pytest.mark.parametrize(
    ("url", "allow_host", "name"),
    [
        ("https://gpu.example.com", "gpu.example.com", "gpu.example.com"),
        ("https://GPU.example.com:443/", " Gpu.Example.Com ", "gpu.example.com"),
        ("https://gpu.example.com:8443", "gpu.example.com:8443", "gpu.example.com:8443"),
        ("https://api.ppio.com:8443", "api.ppio.com:8443", "api.ppio.com:8443"),
        ("https://api.ppio.com.", "api.ppio.com.", "api.ppio.com."),
        ("https://xn--fiqs8s.example", "xn--fiqs8s.example", "xn--fiqs8s.example"),
        ("https://10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443", "[2001:db8::1]:8443"),
    ],
)
def test_another_host_may_be_used_once_it_is_named(url, allow_host, name):
    host = read_host(url, allow_host=allow_host)
    assert (host.base_url, host.name, host.loopback, host.known) == (f"https://{name}", name, False, False)
    with pytest.raises(HostRefused) as caught:
        read_host(url)
    assert (caught.value.code, caught.value.params) == ("host_unknown", {"host": name})
    for language in LANGUAGES:
        assert f'allow_host="{name}"' in caught.value.sentence(words(language))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ppio.com.",
        "https://api.ppio.com:80",
        "https://api.ppio.com:0",
        "https://api.ppio.com.example.com",
        "https://api-ppio.com",
        "https://api.ppi0.com",
        "https://xapi.ppio.com",
        "https://ppio.com",
        "https://api.novita.ai.example.com",
        "https://localhost.example.com",
        "https://127.0.0.1.example.com",
        "https://localhost.",
        "https://0x7f.1",
        "https://2130706433",
    ],
)
def test_what_looks_like_a_known_host_is_a_stranger(url):
    with pytest.raises(HostRefused) as caught:
        read_host(url)
    assert caught.value.code == "host_unknown"


@pytest.mark.parametrize(
    "allow_host",
    [
        "",
        "example.com",
        "https://gpu.example.com",
        "gpu.example.com",
        "gpu.example.com:443",
        "gpu.example.com:8443/",
        "x.gpu.example.com:8443",
        "*",
        "gpu.example.com:٨443",
    ],
)
def test_only_the_exact_name_allows_a_host(allow_host):
    with pytest.raises(HostRefused) as caught:
        read_host("https://gpu.example.com:8443", allow_host=allow_host)
    assert caught.value.code == "host_unknown"


def test_a_foreign_letter_that_becomes_a_latin_one_names_no_host():
    with pytest.raises(HostRefused) as caught:
        read_host("https://kelvin.example", allow_host="\N{KELVIN SIGN}elvin.example")
    assert caught.value.code == "host_unknown"


@pytest.mark.parametrize("url", [PPIO, NOVITA, "http://127.0.0.1:8899", "https://localhost"])
def test_known_hosts_and_this_machine_need_no_permission(url):
    assert read_host(url, allow_host="gpu.example.com") == read_host(url)
    assert read_host(url).known == (url in KNOWN)


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
        ("https://api.pp\nio.com", "host_unreadable"),
        ("https://api.pp\tio.com", "host_unreadable"),
        ("https://api.ppio.com\u3002example.com", "host_unreadable"),
        ("https://\uff41pi.ppio.com", "host_unreadable"),  # a full-width letter
        ("https://api.ppio.com:pa55word@example.com", "host_user"),
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
    for allow_host in (None, "api.ppio.com", "example.com", "localhost.example.com", "10.0.0.1"):
        with pytest.raises(HostRefused) as caught:
            read_host(url, allow_host=allow_host)
        assert caught.value.code == code
        assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pa55word@api.ppio.com",
        "https://api.ppio.com:pa55word",
        "https://[pa55word",
        "https://api.ppio.com?key=pa55word",
    ],
)
def test_neither_an_exception_behind_the_refusal_nor_its_frames_hold_the_address(monkeypatch, url):
    monkeypatch.setenv(BASE_URL_VARIABLE, url)
    with pytest.raises(HostRefused) as caught:
        read_host()
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    frames = error.__traceback__.tb_next  # without this test's own
    assert "pa55word" not in all_that_shows(error.with_traceback(frames))


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
    except HostRefused as refused:
        if refused.code != "host_unknown":
            return
        host = read_host(url, allow_host=str(refused.params["host"]))
    seen = httpx.URL(host.base_url)
    assert (seen.userinfo, seen.path, seen.query) == (b"", "/", b"")
    assert host.name.startswith(seen.host) or host.name.startswith(f"[{seen.host}]")
    assert seen.scheme == "https" or host.loopback


def test_a_default_port_is_no_other_host():
    assert read_host("http://127.0.0.1:80").name == "127.0.0.1"
    assert read_host("https://127.0.0.1:80").name == "127.0.0.1:80"


# A class: an address for practice keys and no others


@pytest.mark.parametrize(
    ("url", "base_url", "name"),
    [
        ("https://gpu.example.com", "https://gpu.example.com", "gpu.example.com"),
        (
            "https://hub.example.com/services/class/",
            "https://hub.example.com/services/class",
            "hub.example.com",
        ),
        ("https://10.0.0.1:8443/user/a.b@c~d/proxy/8899", None, "10.0.0.1:8443"),
        ("http://127.0.0.1:8000/services/class", "http://127.0.0.1:8000/services/class", "127.0.0.1:8000"),
    ],
)
def test_with_a_practice_key_a_stranger_or_a_path_is_a_class(url, base_url, name):
    host = read_host(url, practises=True)
    assert (host.base_url, host.name, host.is_class, host.known) == (base_url or url, name, True, False)
    with pytest.raises(HostRefused):
        read_host(url)


@pytest.mark.parametrize("url", [PPIO, NOVITA, "http://127.0.0.1:8899", "https://localhost"])
def test_known_hosts_and_this_machine_are_no_class_of_their_own(url):
    assert read_host(url, practises=True) == read_host(url)
    assert not read_host(url).is_class


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://class.example.com", "host_http"),
        ("http://10.0.0.1/class", "host_http"),
        ("https://user:pa55word@class.example.com/a", "host_user"),
        ("https://api.ppio.com/class", "host_unreadable"),
        ("https://api.novita.ai/x", "host_unreadable"),
        ("https://class.example.com/a/../b", "host_unreadable"),
        ("https://class.example.com/..", "host_unreadable"),
        ("https://class.example.com/./b", "host_unreadable"),
        ("https://class.example.com//b", "host_unreadable"),
        ("https://class.example.com/a%2fb", "host_unreadable"),
        ("https://class.example.com/a?b", "host_unreadable"),
        ("https://class.example.com/a#b", "host_unreadable"),
        ("https://class.example.com/a\\b", "host_unreadable"),
        ("https://class.example.com/a;b", "host_unreadable"),
    ],
)
def test_what_is_no_address_of_a_class_is_refused_with_a_practice_key_too(url, code):
    with pytest.raises(HostRefused) as caught:
        read_host(url, practises=True)
    assert caught.value.code == code


@settings(deadline=None)
@given(_urlish.map(lambda end: f"https://class.example.com/{end}"))
def test_the_path_of_a_class_stands_before_every_call_on_the_wire(url):
    try:
        host = read_host(url, practises=True)
    except HostRefused:
        return
    with httpx.Client(base_url=host.base_url) as client:
        asked = client.build_request("GET", "/gpus/v2/instances").url
    assert asked.host == "class.example.com"
    assert str(asked) == f"{host.base_url}/gpus/v2/instances"
