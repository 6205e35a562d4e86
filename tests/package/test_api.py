import json
import pickle
import socket
import threading

import pytest

import ppio_widgets
from ppio_widgets.api import PRACTICE_VARIABLE, connect, launch
from ppio_widgets.errors import (
    AccessDenied,
    ApiError,
    ConsentNeeded,
    CredentialsError,
    HostRefused,
    LaunchAbsent,
    NotSent,
    OutcomeUnknown,
    PpioError,
    RequestInvalid,
)
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.practice import cloud as practice
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import is_practice_key
from tests.support.bodies import FULL, MINIMAL
from tests.support.kernels import start_kernel
from tests.support.practice import OneAccount
from tests.support.sentences import sentence_of
from tests.support.wire import (
    PATIENCE,
    REAL_KEY,
    all_that_shows,
    closed_port,
    faulty,
    launching,
    listing,
    resets_after_reading,
    row,
    says,
)

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def _own_account(monkeypatch, account):
    monkeypatch.setattr(practice, "kernel_cloud", lambda: OneAccount(account))


def test_a_practice_launch_in_one_call(account, clock):
    clock.turn(5)
    begun = launch(FULL, practice=True)
    assert begun.state is LaunchState.SUCCEEDED
    assert account.get(begun.id)["command"] == FULL["command"]
    clock.turn(10)
    assert begun.wait(PATIENCE).instance.status == "running"


def test_what_blocks_is_told_before_a_key_is_asked_for():
    with pytest.raises(RequestInvalid):
        launch({"name": "demo"})


def test_a_request_object_is_taken_as_it_is(account, clock):
    begun = launch(check(MINIMAL).require(), practice=True)
    clock.turn(10)
    assert begun.wait(PATIENCE).name == "demo"
    assert len(account.page()["data"]) == 1


def test_a_body_that_does_not_fit_is_refused_with_every_error(account):
    with pytest.raises(RequestInvalid) as caught:
        launch({"name": "demo", "ports": [{"port": 0, "protocol": "x"}]}, practice=True)
    for path in ("product_id", "image", "billing.mode", "ports[0].port", "ports[0].protocol"):
        assert f"{path}: " in str(caught.value)
    assert account.page()["data"] == []


def test_nothing_is_added_to_the_body():
    with launching(says(200, {"id": "abc", "status": "running"})) as server:
        launch(MINIMAL, base_url=server.url, api_key=REAL_KEY).wait(PATIENCE)
        assert server.posts == 1
        assert check(MINIMAL).body == MINIMAL
        assert json.loads(server.received[1].content) == MINIMAL


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (says(401, b""), AccessDenied),
        (says(400, {"message": "no stock"}), ApiError),
        (says(503, {"message": "later"}), OutcomeUnknown),
        (says(200, b"{}"), OutcomeUnknown),
        (resets_after_reading, OutcomeUnknown),
    ],
)
def test_each_outcome_is_its_exception_and_one_request(play, kind):
    with launching(play, says(500, b"")) as server:
        with pytest.raises(kind) as caught:
            launch(MINIMAL, base_url=server.url, api_key=REAL_KEY)
        assert type(caught.value) is kind
        # The frame of the call itself holds its argument.
        assert REAL_KEY not in all_that_shows(caught.value, with_locals=False)
        assert server.posts == 1


def test_a_closed_port_is_not_sent():
    with pytest.raises(NotSent):
        launch(MINIMAL, base_url=f"http://127.0.0.1:{closed_port()}")


def test_live_needs_a_key_and_touches_nothing_without_one(monkeypatch):
    def touch(*_given):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", touch)
    monkeypatch.setattr(socket, "getaddrinfo", touch)
    with pytest.raises(CredentialsError, match="PPIO_API_KEY"):
        launch(MINIMAL)


def test_a_second_launch_of_the_same_name_needs_consent(account, clock):
    clock.turn(5)
    first = launch(MINIMAL, practice=True)
    clock.turn(300)
    with pytest.raises(ConsentNeeded) as caught:
        launch(MINIMAL, practice=True)
    assert f"id {first.id}, made " in str(caught.value)
    second = launch(MINIMAL, practice=True, again=True)
    assert {row["id"] for row in account.page()["data"]} == {first.id, second.id}
    for one in (first, second):
        one.stop_following()


@pytest.mark.usefixtures("time")
def test_a_lost_answer_is_looked_up_before_the_call_returns():
    with launching(resets_after_reading, listing(row("demo", "found"))) as server:
        begun = launch(MINIMAL, base_url=server.url, api_key=REAL_KEY)
        assert (begun.id, begun.source, server.posts) == ("found", "listing", 1)
        assert "a look-up found it" in sentence_of(begun)
        begun.stop_following()


def test_an_instance_that_is_not_there_says_so(time):
    undated = says(200, {"data": [], "next_cursor": "", "has_more": False})
    with launching(resets_after_reading, undated) as server:
        with pytest.raises(LaunchAbsent, match="did not find it: you can launch again"):
            launch(MINIMAL, base_url=server.url, api_key=REAL_KEY)
        assert server.posts == 1
    assert time.pauses == [2, 8, 20, 45]


def test_a_refused_address_comes_before_everything():
    with pytest.raises(HostRefused):
        launch(MINIMAL, base_url="http://gpu.example.com", api_key=REAL_KEY)
    with pytest.raises(HostRefused):
        connect(practice=True, base_url="http://gpu.example.com")


def test_interrupting_the_wait_does_not_stop_the_launch(monkeypatch):
    arrived, go = threading.Event(), threading.Event()
    begun = []

    def interrupt(self, timeout=None):
        begun.append(self)
        arrived.wait(PATIENCE)
        raise KeyboardInterrupt

    def play(server, connection):
        arrived.set()
        go.wait(PATIENCE)
        says(200, {"id": "abc", "status": "running"})(server, connection)

    with launching(play) as server:
        with monkeypatch.context() as patch:
            patch.setattr("ppio_widgets.launches.launch.Launch.wait_for_answer", interrupt)
            with pytest.raises(KeyboardInterrupt):
                launch(MINIMAL, base_url=server.url, api_key=REAL_KEY)
        go.set()
        assert begun[0].wait(PATIENCE).id == "abc"
        assert server.posts == 1


def test_which_cloud(monkeypatch):
    with pytest.raises(CredentialsError):
        connect()
    assert not connect(need_key=False).is_practice
    assert connect(practice=True).is_practice
    assert connect(fall_back=True).is_practice
    with pytest.raises(CredentialsError):
        connect(practice=False, fall_back=True)
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    assert not connect().is_practice
    assert not connect(fall_back=True).is_practice
    assert connect(practice=True).is_practice
    monkeypatch.setenv(PRACTICE_VARIABLE, "1")
    assert connect().is_practice
    assert not connect(practice=False).is_practice
    monkeypatch.setenv(PRACTICE_VARIABLE, "0")
    assert not connect().is_practice


def test_a_variable_that_cannot_be_a_key_is_no_reason_to_practise(monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "not a key")
    with pytest.raises(CredentialsError, match="PPIO_API_KEY"):
        connect(fall_back=True)


def test_practice_is_the_one_served_at_a_loopback_address(monkeypatch):
    with faulty(says(401, {"message": "no"})) as server:
        monkeypatch.setenv("PPIO_GPU_BASE_URL", server.url)
        monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
        for chosen in (True, None, False):
            with connect(practice=chosen) as client:
                assert client.is_practice
                with pytest.raises(ApiError):
                    client.get_instance("abc")
        sent = {request.headers["authorization"].removeprefix("Bearer ") for request in server.received}
        assert len(server.received) == 3
        assert [is_practice_key(key) for key in sent] == [True]


def test_a_kernel_has_one_practice_account_and_the_next_one_another(monkeypatch):
    monkeypatch.undo()
    one = practice.kernel_account()
    assert practice.kernel_account() is one
    start_kernel()
    assert practice.kernel_account() is not one


def test_the_public_names_are_there_and_no_others():
    for name in ppio_widgets.__all__:
        assert getattr(ppio_widgets, name).__name__ == name
        assert name in dir(ppio_widgets)
    with pytest.raises(AttributeError):
        ppio_widgets.something_else  # noqa: B018 - looking is the test


@pytest.mark.parametrize(
    "error",
    [
        CredentialsError("key_missing", host="h", variable="V"),
        AccessDenied("api", status=401, reason="R", message="m"),
        OutcomeUnknown("unknown_lost", host="h", kind="ReadError"),
    ],
)
def test_an_error_is_one_line_in_both_languages_and_survives_pickling(monkeypatch, error):
    line = str(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(again), str(again), again.code) == (type(error), line, error.code)
    assert error._render_traceback_() == [f"{type(error).__name__}: {line}"]
    assert isinstance(error, PpioError)
    assert error.sentence(words("zh")) != line
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    assert str(error) == error.sentence(words("zh"))
