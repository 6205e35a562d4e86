"""Which ways the environment names, whatever stands in it."""

import ipaddress
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud import proxies
from ppio_widgets.cloud.proxies import DIRECT, Way, Why, ways_to
from ppio_widgets.locale.words import words

URL = "https://api.ppio.com"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

# What the environment can hold at all.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
odd = texts | st.sampled_from(
    ["socks://h:1", "http://[", "://", "h:99999", "http://h:x", "https://h", "[::1]:7890"]
)


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def setting(**values):
    patch = pytest.MonkeyPatch()
    for name, value in values.items():
        patch.setenv(name, value)
    return patch


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, odd)))
def test_whatever_the_variables_hold_there_is_a_way_to_look_and_no_error(values):
    patch = setting(**values)
    try:
        anyhow, strictly = ways_to(URL, anyhow=True), ways_to(URL, anyhow=False)
    finally:
        patch.undo()
    assert anyhow[-1] == DIRECT
    assert len(strictly) == 1
    assert strictly[0] in anyhow


@given(odd, odd)
def test_the_create_call_goes_by_the_first_that_can_be_used_or_not_at_all(first, second):
    patch = setting(https_proxy=first, all_proxy=second)
    try:
        named = ways_to(URL, anyhow=True)[:-1]
        (way,) = ways_to(URL, anyhow=False)
    finally:
        patch.undo()
    usable = [one for one in named if one.fault is None]
    assert way == (usable or [*named, DIRECT])[0]


@given(st.ip_addresses(v=6) | st.ip_addresses(v=4), st.integers(0, 128))
def test_a_range_holds_its_addresses(address, length):
    network = ipaddress.ip_network((address, min(length, address.max_prefixlen)), strict=False)
    for entry in (f"{network}", f"x.example, {network}", f"{network},[", f"[{network}]", f"{address}"):
        assert proxies._goes_without(str(address), 443, entry)


@pytest.mark.parametrize(
    ("entry", "without"),
    [
        ("api.ppio.com", True),
        ("API.PPIO.com", True),
        ("ppio.com", True),
        (".ppio.com", True),
        ("*.ppio.com", True),
        ("*ppio.com", True),
        ("https://api.ppio.com", True),
        ("api.ppio.com:443", True),
        ("api.ppio.com:8443", False),
        ("pio.com", False),
        ("api.ppio", False),
        ("", False),
        (".", False),
        ("fd00::/8", False),
        ("localhost ppio.com", True),
        ("*", True),
    ],
)
def test_what_no_proxy_excepts(entry, without, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:7890")
    monkeypatch.setenv("NO_PROXY", entry)
    assert (ways_to(URL, anyhow=True) == (DIRECT,)) == without


def test_lower_case_comes_first_and_an_empty_one_is_none(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://upper:1")
    assert ways_to(URL, anyhow=False) == (Way("http://upper:1", "HTTPS_PROXY"),)
    monkeypatch.setenv("https_proxy", "lower:1")
    assert ways_to(URL, anyhow=False) == (Way("http://lower:1", "https_proxy"),)
    monkeypatch.setenv("https_proxy", "")
    assert ways_to(URL, anyhow=True) == (DIRECT,)


def test_a_proxy_for_http_alone_is_not_for_https(monkeypatch):
    monkeypatch.setenv("http_proxy", "gopher://x")
    assert ways_to(URL, anyhow=True) == (DIRECT,)
    assert ways_to("http://jupyter.example.com", anyhow=True)[0].fault == Why("proxy", "http_proxy")


def test_a_password_is_in_no_repr_and_a_setting_without_a_variable_has_words(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://me:s3cret@127.0.0.1:1")
    (way,) = ways_to(URL, anyhow=False)
    assert "s3cret" in way.proxy
    assert "s3cret" not in repr(way)
    monkeypatch.delenv("https_proxy")
    monkeypatch.setattr(proxies, "getproxies", lambda: {"https": "gopher://x"})
    assert ways_to(URL, anyhow=False) == (DIRECT,), "only these systems have settings beside"
    monkeypatch.setattr(sys, "platform", "darwin")
    (way,) = ways_to(URL, anyhow=False)
    assert way.fault.sentence(words("en")).startswith("the system's setting names no proxy")


def test_socks_needs_its_extra(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:7890/")
    assert ways_to(URL, anyhow=False) == (Way("socks5://127.0.0.1:7890/", "all_proxy"),)
    monkeypatch.setitem(sys.modules, "socksio", None)
    assert ways_to(URL, anyhow=False) == (Way(variable="all_proxy", fault=Why("socks", "all_proxy")),)
