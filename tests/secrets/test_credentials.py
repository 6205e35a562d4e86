import copy
import logging
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import ApiError, CredentialsError, PpioError
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import (
    ApiKey,
    find_key,
    forget_keys,
    is_practice_key,
    keys_at_hand,
    remember_key,
    require_key,
    reveal,
)
from ppio_widgets.secrets.hosts import read_host
from tests.support.bodies import MINIMAL
from tests.support.wire import (
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
OTHER_HOST = read_host("https://gpu.example.com", allow_host="gpu.example.com")
LOOPBACK = read_host("http://127.0.0.1:8899")
HOSTS = (PPIO_HOST, NOVITA_HOST, OTHER_HOST, LOOPBACK)


class Vault:
    """Colab's secrets, or a keyring: what it keeps, and what it was asked."""

    def __init__(self):
        self.kept = {}
        self.asked = []
        self.failure = None

    def get(self, *names):
        self.asked.append(names)
        if self.failure is not None:
            raise self.failure
        return self.kept.get(names[-1])


@pytest.fixture(autouse=True)
def _no_key_is_kept(monkeypatch):
    for name in ("keyring", "google.colab"):
        monkeypatch.setitem(sys.modules, name, None)
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def keyring(monkeypatch):
    vault = Vault()
    module = ModuleType("keyring")
    module.get_password = vault.get
    monkeypatch.setitem(sys.modules, "keyring", module)
    return vault


@pytest.fixture
def colab(monkeypatch):
    vault = Vault()
    userdata = ModuleType("google.colab.userdata")
    userdata.get = vault.get
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    return vault


def on_another_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def without_this_test(error):
    """The same without the frame of the test, which knows the value."""
    return error.with_traceback(error.__traceback__.tb_next)


def test_each_host_gets_its_own_variable_and_no_other(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    monkeypatch.setenv("NOVITA_API_KEY", "sk_for_novita")
    assert reveal(require_key(PPIO_HOST)) == "sk_for_ppio"
    assert reveal(require_key(NOVITA_HOST)) == "sk_for_novita"
    assert find_key(OTHER_HOST) is None
    assert is_practice_key(require_key(LOOPBACK))


@pytest.mark.parametrize(
    "url",
    ["https://api.ppio.com.example.com", "https://xapi.ppio.com", "https://ppio.com", "http://localhost"],
)
def test_a_look_alike_gets_no_real_key(monkeypatch, url):
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    key = find_key(read_host(url, allow_host=url.partition("://")[2]))
    assert key is None or is_practice_key(key)


def test_an_argument_comes_first_everywhere(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    key = ApiKey(REAL_KEY, "mine")
    for host in HOSTS:
        found = require_key(host, REAL_KEY)
        assert (reveal(found), found.source) == (REAL_KEY, "api_key")
        assert require_key(host, key) is key
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


WRONG = [
    ("", "key_empty"),
    (" \u3000\n", "key_empty"),
    ("sk_real", "key_short"),
    ("k" * 513, "key_long"),
    ("sk real key with blanks", "key_blank"),
    ("Bearer sk_real_0123", "key_blank"),
    ("sk_real\r\nX: y_0123", "key_control"),
    ("sk_real\tkey_0123", "key_control"),
    ("sk_\x00_01234567", "key_control"),
    ("sk_real_\x7f_0123", "key_control"),
    ("sk_密钥_01234567", "key_ascii"),
    ("ｓｋ＿ｒｅａｌ＿０１２３", "key_ascii"),
    ("\ufeffsk_real_0123", "key_ascii"),
    ("sk_real\u200b_0123", "key_ascii"),
    ("sk_real\u2028_0123", "key_ascii"),
    ("sk_real\udcff_0123", "key_ascii"),
    ("ключ", "key_ascii"),
]


@pytest.mark.parametrize(("value", "code"), WRONG)
def test_what_cannot_be_a_key_is_refused_by_its_kind_without_being_repeated(value, code):
    def made():
        ApiKey(value, "the source")

    for attempt in (
        made,
        lambda: PpioClient(value).require_key(),
        lambda: require_key(PPIO_HOST, value),
        lambda: find_key(PPIO_HOST, lambda: value),
    ):
        with pytest.raises(CredentialsError) as caught:
            attempt()
        assert caught.value.code == code
        for language in LANGUAGES:
            sentence = caught.value.sentence(words(language))
            assert str(caught.value.params["source"]) in sentence
            assert not value.strip() or value.strip() not in sentence


@pytest.mark.parametrize("find", [find_key, require_key])
@pytest.mark.parametrize("given_as", ["argument", "callable", "environment", "keyring"])
def test_what_is_nearly_a_key_is_in_no_frame_and_behind_no_error(monkeypatch, keyring, find, given_as):
    nearly = "sk_nearly_a_key\n_01234567"
    if given_as == "environment":
        monkeypatch.setenv("PPIO_API_KEY", nearly)
    keyring.kept["api.ppio.com"] = nearly
    argument = {"argument": nearly, "callable": lambda: nearly}.get(given_as)
    with pytest.raises(CredentialsError) as caught:
        find(PPIO_HOST, argument)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "sk_nearly" not in all_that_shows(without_this_test(caught.value))
    with pytest.raises(CredentialsError) as caught:
        ApiKey(nearly, "here")
    assert "sk_nearly" not in all_that_shows(without_this_test(caught.value))


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=512))
def test_every_text_of_plain_characters_is_a_key(value):
    key = ApiKey(f"\n {value}\t", "api_key")
    assert reveal(key) == value
    assert len(value) < 13 or value not in f"{key!r}{key}{key:>600}"


@given(st.text(max_size=30))
def test_every_other_text_is_refused(value):
    sound = len(value.strip()) >= 8 and all("!" <= char <= "~" for char in value.strip())
    try:
        key = ApiKey(value, "api_key")
    except CredentialsError:
        assert not sound
    else:
        assert sound
        assert reveal(key) == value.strip()


@pytest.mark.parametrize("value", [None, 12345678, b"sk_real_0123", ["sk_real_0123"]])
def test_only_text_is_a_key(value):
    for attempt in (lambda: ApiKey(value, "api_key"), lambda: find_key(PPIO_HOST, lambda: value)):
        with pytest.raises(CredentialsError) as caught:
            attempt()
        assert caught.value.code == "key_kind"
        assert "sk_real" not in str(caught.value)


def test_a_callable_is_asked_and_may_return_text_or_a_key(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    key = ApiKey(REAL_KEY, "mine")
    for host in HOSTS:
        found = require_key(host, lambda: f" {REAL_KEY}\n")
        assert (reveal(found), found.source) == (REAL_KEY, "api_key")
        assert require_key(host, lambda: key) is key


def test_of_a_callable_that_fails_only_the_kind_of_failure_is_told():
    def fails():
        try:
            {}[REAL_KEY]
        except KeyError:
            raise LookupError(f"not {REAL_KEY}") from OSError(REAL_KEY)

    for find in (find_key, require_key):
        with pytest.raises(CredentialsError) as caught:
            find(PPIO_HOST, fails)
        assert (caught.value.code, caught.value.params) == ("key_callable", {"kind": "LookupError"})
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
        assert REAL_KEY not in all_that_shows(caught.value)


def test_an_interrupt_of_a_callable_is_an_interrupt():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_key(PPIO_HOST, interrupted)


def test_a_login_is_for_one_host_and_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    key = ApiKey(REAL_KEY, "%ppio login")
    remember_key(PPIO_HOST, key)
    assert find_key(PPIO_HOST) is key
    assert reveal(require_key(PPIO_HOST, "sk_argument")) == "sk_argument"
    assert find_key(NOVITA_HOST) is None
    assert find_key(OTHER_HOST) is None
    assert is_practice_key(require_key(LOOPBACK))
    for url in ("https://api.ppio.com.", "https://api.ppio.com:8443"):
        assert find_key(read_host(url, allow_host=url.partition("://")[2])) is None
    forget_keys()
    assert reveal(require_key(PPIO_HOST)) == "sk_for_ppio"


def test_a_login_may_be_for_an_allowed_host_and_never_for_this_machine():
    key = ApiKey(REAL_KEY, "%ppio login")
    remember_key(OTHER_HOST, key)
    assert find_key(OTHER_HOST) is key
    assert find_key(PPIO_HOST) is None
    assert key in keys_at_hand()  # so that it is hidden
    with pytest.raises(CredentialsError) as caught:
        remember_key(LOOPBACK, key)
    assert caught.value.code == "key_loopback"
    assert is_practice_key(require_key(LOOPBACK))


def test_the_keyring_is_asked_for_the_host_and_its_answer_kept_until_logout(keyring):
    keyring.kept = {"api.ppio.com": f"{REAL_KEY}\n", "api.novita.ai": "sk_for_novita"}
    for _time in range(3):
        assert reveal(require_key(PPIO_HOST)) == REAL_KEY
    assert require_key(PPIO_HOST).source == "keyring:ppio-widgets"
    assert reveal(require_key(NOVITA_HOST)) == "sk_for_novita"
    assert keyring.asked == [("ppio-widgets", "api.ppio.com"), ("ppio-widgets", "api.novita.ai")]
    forget_keys()
    keyring.kept = {}
    assert find_key(PPIO_HOST) is None
    keyring.kept = {"api.ppio.com": "sk_added_since"}
    assert reveal(require_key(PPIO_HOST)) == "sk_added_since"


def test_colab_is_asked_before_the_keyring_and_after_the_environment(monkeypatch, colab, keyring):
    keyring.kept = {"api.ppio.com": "sk_of_keyring"}
    colab.kept = {"PPIO_API_KEY": REAL_KEY}
    monkeypatch.setenv("PPIO_API_KEY", "sk_for_ppio")
    assert reveal(require_key(PPIO_HOST)) == "sk_for_ppio"
    monkeypatch.delenv("PPIO_API_KEY")
    key = require_key(PPIO_HOST)
    assert (reveal(key), key.source) == (REAL_KEY, "Colab:PPIO_API_KEY")
    assert find_key(NOVITA_HOST) is None
    assert colab.asked == [("PPIO_API_KEY",), ("NOVITA_API_KEY",)]
    assert keyring.asked == [("ppio-widgets", "api.novita.ai")]


def test_colab_is_asked_on_the_main_thread_and_answers_for_all(colab):
    colab.kept = {"PPIO_API_KEY": REAL_KEY}
    assert on_another_thread(lambda: find_key(PPIO_HOST)) is None
    assert colab.asked == []
    key = find_key(PPIO_HOST)
    assert on_another_thread(lambda: find_key(PPIO_HOST)) is key
    assert reveal(key) == REAL_KEY


def test_where_colab_is_only_installed_nobody_would_answer(monkeypatch, colab):
    monkeypatch.delenv("COLAB_RELEASE_TAG")
    colab.kept = {"PPIO_API_KEY": REAL_KEY}
    assert find_key(PPIO_HOST) is None
    assert colab.asked == []


def test_no_vault_is_asked_for_a_stranger_or_this_machine(colab, keyring):
    keyring.kept = {host.name: REAL_KEY for host in HOSTS}
    assert find_key(OTHER_HOST) is None
    assert is_practice_key(require_key(LOOPBACK))
    assert (colab.asked, keyring.asked) == ([], [])


@pytest.mark.parametrize("answer", [None, "", " \n", 12345678, b"sk_real_0123"])
def test_an_answer_of_a_vault_that_is_no_text_is_no_key(colab, keyring, answer):
    colab.kept = {"PPIO_API_KEY": answer}
    keyring.kept = {"api.ppio.com": answer}
    assert find_key(PPIO_HOST) is None
    assert len(colab.asked + keyring.asked) == 2


def test_a_vault_that_fails_has_no_key_and_only_the_kind_of_failure_is_logged(caplog, colab, keyring):
    caplog.set_level(logging.DEBUG)
    colab.failure = RuntimeError(f"no access to {REAL_KEY}")
    keyring.failure = OSError(f"locked {REAL_KEY}")
    with pytest.raises(CredentialsError) as caught:
        require_key(PPIO_HOST)
    assert caught.value.code == "key_missing"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert [record.getMessage() for record in caplog.records] == [
        "google.colab.userdata: RuntimeError",
        "keyring: OSError",
    ]
    assert [record.exc_info for record in caplog.records] == [None, None]


def test_a_vault_that_cannot_be_imported_has_no_key(monkeypatch, tmp_path):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    for package in ("keyring", "google"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError")
    for name in ("keyring", "google", "google.colab"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert find_key(PPIO_HOST) is None


def test_vaults_are_imported_when_they_are_asked_and_not_before(monkeypatch, tmp_path):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    for name in ("google", "google.colab", "google.colab.userdata", "keyring"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    colab = tmp_path / "google" / "colab"
    colab.mkdir(parents=True)
    for module in (colab.parent / "__init__.py", colab / "__init__.py"):
        module.write_text("")
    (colab / "userdata.py").write_text("def get(name):\n    return 'sk_of_colab_' + name\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert reveal(require_key(PPIO_HOST, REAL_KEY)) == REAL_KEY
    assert "google.colab" not in sys.modules
    assert reveal(require_key(PPIO_HOST)) == "sk_of_colab_PPIO_API_KEY"
    for name in [name for name in sys.modules if name == "google" or name.startswith("google.")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_malformed_key_of_a_vault_is_an_error_and_not_a_missing_key(colab, keyring):
    keyring.kept = {"api.ppio.com": REAL_KEY}
    colab.kept = {"PPIO_API_KEY": "sk real"}
    with pytest.raises(CredentialsError, match="Colab:PPIO_API_KEY") as caught:
        find_key(PPIO_HOST)
    assert caught.value.code == "key_blank"


def test_an_answer_that_comes_after_a_logout_is_not_kept(monkeypatch, keyring):
    keyring.kept = {"api.ppio.com": REAL_KEY}
    answer = keyring.get

    def slowly(*names):
        on_another_thread(forget_keys)
        return answer(*names)

    monkeypatch.setattr(sys.modules["keyring"], "get_password", slowly)
    assert reveal(require_key(PPIO_HOST)) == REAL_KEY
    keyring.kept = {}
    assert find_key(PPIO_HOST) is None


def test_logins_and_logouts_on_many_threads_leave_one_of_the_keys_or_none():
    keys = [ApiKey(f"sk_of_thread_{number}", "%ppio login") for number in range(8)]
    together = threading.Barrier(len(keys))

    def play(key):
        together.wait(10)
        for _time in range(200):
            remember_key(PPIO_HOST, key)
            assert find_key(PPIO_HOST) in (*keys, None)
            forget_keys()

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(play, keys))
    assert find_key(PPIO_HOST) is None


def test_a_bad_variable_is_an_error_and_not_a_missing_key(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk real")
    with pytest.raises(CredentialsError, match="PPIO_API_KEY"):
        find_key(PPIO_HOST)


def test_a_key_shows_its_source_and_can_be_neither_pickled_nor_copied():
    key = ApiKey(REAL_KEY, "PPIO_API_KEY")
    assert key.last_four == REAL_KEY[-4:]
    for shown in (
        repr(key),
        str(key),
        f"{key}",
        f"{key!r:>80}",
        f"{key:x^80}",
        f"{key:d}",
        f"{key:{REAL_KEY[:3]}}",
        "%s %r" % (key, key),  # noqa: UP031 - this way too
        "{:s}".format(key),  # noqa: UP032 - this way too
        repr([key]),
        repr({"key": key}),
    ):
        assert "PPIO_API_KEY" in shown
        assert REAL_KEY[-4:] in shown
        assert REAL_KEY[:-4] not in shown
    assert not hasattr(key, "__dict__")
    for duplicate in (
        *(lambda key, protocol=protocol: pickle.dumps(key, protocol) for protocol in range(6)),
        copy.copy,
        copy.deepcopy,
        lambda key: copy.deepcopy({"key": [key]}),
        lambda key: key.__getstate__(),
    ):
        with pytest.raises(TypeError) as caught:
            duplicate(key)
        assert REAL_KEY not in all_that_shows(caught.value)


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
        sent = {request.headers["authorization"].removeprefix("Bearer ") for request in server.received}
        assert len(server.received) == 2
        assert [is_practice_key(key) for key in sent] == [True]
        assert REAL_KEY.encode() not in server.raw


def test_the_practice_server_knows_a_real_key_is_not_its_own(server):
    with PpioClient(REAL_KEY, base_url=server.url) as client:
        assert not client.is_practice
        with pytest.raises(ApiError) as caught:
            list(client.list_instances())
    assert caught.value.status == 401
