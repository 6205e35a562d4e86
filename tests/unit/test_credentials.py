import copy
import logging
import pickle

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.credentials import PRACTICE_KEY, ApiKey, find_key, require_key, reveal
from ppio_widgets.cloud.host import read_host
from ppio_widgets.errors import ApiError, CredentialsError, PpioError
from ppio_widgets.request.check import check
from tests.bodies import MINIMAL
from tests.unit.wire import (
    REAL_KEY,
    all_that_shows,
    closed_port,
    faulty,
    resets_after_reading,
    says,
    speaks_no_http,
)

PPIO_HOST = read_host("https://api.ppio.com")
NOVITA_HOST = read_host("https://api.novita.ai")
OTHER_HOST = read_host("https://gpu.example.com")
LOOPBACK = read_host("http://127.0.0.1:8899")


def test_each_host_gets_its_own_variable_and_no_other(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    monkeypatch.setenv("NOVITA_API_KEY", "sk_for_novita")
    assert reveal(require_key(PPIO_HOST)) == "sk_for_ppio"
    assert reveal(require_key(NOVITA_HOST)) == "sk_for_novita"
    assert find_key(OTHER_HOST) is None
    assert reveal(require_key(LOOPBACK)) == PRACTICE_KEY


@pytest.mark.parametrize(
    "url",
    ["https://api.ppio.com.example.com", "https://xapi.ppio.com", "https://ppio.com", "http://localhost"],
)
def test_a_look_alike_gets_no_real_key(monkeypatch, url):
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    key = find_key(read_host(url))
    assert key is None or reveal(key) == PRACTICE_KEY


def test_an_argument_comes_first_everywhere(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    for host in (PPIO_HOST, NOVITA_HOST, OTHER_HOST, LOOPBACK):
        key = require_key(host, REAL_KEY)
        assert (reveal(key), key.source) == (REAL_KEY, "api_key")
    assert require_key(PPIO_HOST).source == "PPIO_API_KEY"


def test_without_a_key_the_message_names_the_variable():
    with pytest.raises(CredentialsError, match="PPIO_API_KEY"):
        require_key(PPIO_HOST)
    with pytest.raises(CredentialsError, match="NOVITA_API_KEY"):
        require_key(NOVITA_HOST)
    with pytest.raises(CredentialsError, match="api_key="):
        require_key(OTHER_HOST)


def test_a_blank_variable_is_no_key(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "  \n")
    assert find_key(PPIO_HOST) is None


def test_blanks_around_a_key_are_dropped(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", f" {REAL_KEY}\n")
    assert reveal(require_key(PPIO_HOST)) == REAL_KEY


@pytest.mark.parametrize(
    "value",
    ["", "short", "k" * 513, "sk real key with blanks", "sk_real\r\nX: y", "sk_密钥_0123", "sk_\x00_012345"],
)
def test_what_cannot_be_a_key_is_refused_without_being_repeated(monkeypatch, value):
    with pytest.raises(CredentialsError) as caught:
        ApiKey(value, "api_key")
    assert not value or value not in str(caught.value)
    with pytest.raises(CredentialsError):
        PpioClient(value)


def test_a_bad_variable_is_an_error_and_not_a_missing_key(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk real")
    with pytest.raises(CredentialsError, match="PPIO_API_KEY"):
        find_key(PPIO_HOST)


def test_a_key_shows_its_source_and_can_be_neither_pickled_nor_copied():
    key = ApiKey(REAL_KEY, "PPIO_API_KEY")
    assert key.last_four == REAL_KEY[-4:]
    for shown in (repr(key), str(key), f"{key}", repr([key])):
        assert "PPIO_API_KEY" in shown
        assert REAL_KEY not in shown
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(key)


@pytest.mark.parametrize(
    "play",
    [
        says(401, {"code": 401, "reason": "FAILED_TO_AUTH", "message": "failed to authenticate API key"}),
        says(400, {"message": f"the key {REAL_KEY} is not known"}),
        says(403, f"<html><body>No entry for Bearer {REAL_KEY}</body></html>".encode()),
        says(500, {"error": f"token {REAL_KEY}"}),
        says(200, b"<html>hello</html>"),
        says(302, b"", "Location: https://example.com/"),
        resets_after_reading,
        speaks_no_http,
    ],
)
def test_the_key_shows_in_no_exception_no_traceback_and_no_log(caplog, play):
    caplog.set_level(logging.DEBUG)
    request = check(MINIMAL).require()
    with faulty(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        for call in (
            lambda: client.create_instance(request),
            lambda: client.get_instance("abc"),
            lambda: list(client.list_instances()),
        ):
            with pytest.raises(PpioError) as caught:
                call()
            assert REAL_KEY not in all_that_shows(caught.value)
        assert REAL_KEY.encode() in server.raw
        assert REAL_KEY not in repr(client) + str(client)
    assert caplog.records
    assert REAL_KEY not in caplog.text


def test_the_key_shows_nowhere_when_nobody_listens(caplog):
    caplog.set_level(logging.DEBUG)
    with PpioClient(REAL_KEY, base_url=f"http://127.0.0.1:{closed_port()}") as client:
        with pytest.raises(PpioError) as caught:
            client.create_instance(check(MINIMAL).require())
        assert REAL_KEY not in all_that_shows(caught.value)
    assert REAL_KEY not in caplog.text


@pytest.mark.parametrize("variable", ["PPIO_API_KEY", "NOVITA_API_KEY"])
def test_a_key_of_the_environment_never_goes_to_loopback(monkeypatch, variable):
    monkeypatch.setenv(variable, REAL_KEY)
    with faulty(says(401, {"message": "no"})) as server:
        monkeypatch.setenv("PPIO_GPU_BASE_URL", server.url)
        with PpioClient() as client:
            with pytest.raises(ApiError):
                client.get_instance("abc")
            client.send_create(MINIMAL)
        assert [request.headers["authorization"] for request in server.received] == [
            f"Bearer {PRACTICE_KEY}",
            f"Bearer {PRACTICE_KEY}",
        ]
        assert REAL_KEY.encode() not in server.raw


def test_the_practice_server_knows_a_real_key_is_not_its_own(server):
    with PpioClient(REAL_KEY, base_url=server.url) as client:
        assert not client.is_practice
        with pytest.raises(ApiError) as caught:
            list(client.list_instances())
    assert caught.value.status == 401
