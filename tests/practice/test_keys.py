"""Each practice key is an account of its own; a practice cloud gets nothing of the kernel's environment."""

import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from ppio_widgets import EnvRef, launch
from ppio_widgets.api import connect
from ppio_widgets.cards.static import of_draft
from ppio_widgets.cloud.client import INSTANCES, PpioClient, Target
from ppio_widgets.errors import ApiError, CredentialsError, RequestInvalid
from ppio_widgets.formats.curl import read_curl, to_curl
from ppio_widgets.launches.history import launches
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice import cloud as clouds
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.cloud import PracticeCloud, kernel_account, kernel_cloud
from ppio_widgets.practice.failures import Refused
from ppio_widgets.practice.server import serving
from ppio_widgets.request.envref import on_wire, placeholder, placeholder_name, reference_names
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import draw_practice_key, is_practice_key, require_key, reveal
from ppio_widgets.secrets.hosts import read_host
from tests.support.bodies import MINIMAL, bodies_with_refs, env_names
from tests.support.kernels import start_kernel
from tests.support.sentences import sentence_of
from tests.support.wire import PATIENCE, REAL_KEY, faulty, says, wait_for_launches

ANNA, BEN = "sk_practice_anna.4711", "sk_practice_ben.0815"
VARIABLE = "PPIO_WIDGETS_PRACTICE_KEY"
SECRET = "hf_s3cret-of-the-kernel"
REFERRING = {**MINIMAL, "envs": [{"key": "TOKEN", "value": EnvRef("HF_TOKEN")}, {"key": "A", "value": "b"}]}
SENT = [{"key": "TOKEN", "value": "practice-placeholder-for-HF_TOKEN"}, {"key": "A", "value": "b"}]
SAY = words("en")


@pytest.fixture
def served(clock):
    with serving(PracticeCloud(clock)) as server:
        yield server


@pytest.fixture
def anna(served):
    with PpioClient(ANNA, base_url=served.url) as client:
        yield client


@pytest.fixture
def ben(served):
    with PpioClient(BEN, base_url=served.url) as client:
        yield client


def gone(action):
    with pytest.raises(ApiError) as caught:
        action()
    assert (caught.value.status, caught.value.reason) == (400, "RESOURCE_NOT_FOUND")


def ids(client):
    return [one.id for one in client.list_instances()]


# accounts


def test_nobody_lists_looks_at_stops_or_deletes_what_another_key_made(anna, ben, clock):
    mine = anna.create_instance(check(MINIMAL).require())
    clock.turn(10)
    assert (ids(anna), ids(ben)) == ([mine], [])
    gone(lambda: ben.get_instance(mine))
    for action in ("stop", "restart", "delete", "start"):
        gone(lambda action=action: ben.act(mine, action))
    assert anna.get_instance(mine).status == "running"
    anna.act(mine, "stop")
    clock.turn(10)
    assert anna.get_instance(mine).status == "exited"


def test_the_same_key_is_the_same_account_from_everywhere(served, anna):
    mine = anna.create_instance(check(MINIMAL).require())
    with PpioClient(ANNA, base_url=served.url) as later:
        assert ids(later) == [mine]


def test_a_name_is_not_taken_by_a_neighbour(anna, ben):
    for client in (anna, ben):
        made = Launch(LaunchPlan(check(MINIMAL), Target.of(client)), client)
        made.submit()
        assert made.wait_for_answer(PATIENCE).id
        made.stop_following()
    wait_for_launches()


@pytest.mark.parametrize(
    "wrong", ["sk_practice_", "sk_real_0123456789", "sk_practice_a b", "sk_practice_ä.1"]
)
def test_only_practice_keys_open_it(wrong):
    assert not is_practice_key(wrong)


def test_a_drawn_key_is_nobody_elses():
    drawn = {draw_practice_key("kernel") for _ in range(100)}
    assert len(drawn) == 100
    assert all(map(is_practice_key, drawn))


def test_what_runs_on_an_instance_answers_at_its_address_whoever_asks(served, anna, clock):
    mine = anna.create_instance(
        check({**MINIMAL, "tools": {"jupyter": {"enabled": True, "port": 8888}}}).require()
    )
    clock.turn(20)
    assert httpx.get(anna.get_instance(mine).jupyter_url, trust_env=False).status_code == 200


def test_accounts_are_bounded_and_none_with_instances_is_forgotten(monkeypatch):
    monkeypatch.setattr(clouds, "MOST_ACCOUNTS", 3)
    cloud = PracticeCloud()
    kept = [cloud.account(f"sk_practice_{number}").create(MINIMAL)["id"] for number in range(2)]
    for number in range(50):
        cloud.account(f"sk_practice_guest.{number}")
    assert len(cloud._accounts) == 3
    assert [cloud.account(f"sk_practice_{number}").get(kept[number])["id"] for number in range(2)] == kept
    cloud.account("sk_practice_last").create(MINIMAL)
    with serving(cloud) as server, PpioClient(BEN, base_url=server.url) as late:
        with pytest.raises(ApiError) as caught:
            ids(late)
        assert (caught.value.status, caught.value.reason) == (429, "RATE_LIMIT_EXCEEDED")


def test_a_class_at_once_has_an_account_each(served):
    def practise(number):
        with PpioClient(f"sk_practice_s{number:02}.1", base_url=served.url) as client:
            made = client.create_instance(check(MINIMAL).require())
            return ids(client) == [made]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(practise, range(30))) == [True] * 30


# keys


def test_a_kernel_without_a_key_draws_its_own_and_keeps_it(served, monkeypatch):
    with connect(practice=True, base_url=served.url) as one, connect(base_url=served.url) as two:
        assert one.require_key() == two.require_key()
        made = one.create_instance(check(MINIMAL).require())
        start_kernel()
        assert ids(two) == [made], "a client keeps the key it began with"
        with connect(practice=True, base_url=served.url) as stranger:
            assert stranger.is_practice
            assert ids(stranger) == []


def test_kernels_that_are_handed_a_key_share_it(served, anna, monkeypatch):
    monkeypatch.setenv(VARIABLE, ANNA)
    made = anna.create_instance(check(MINIMAL).require())
    for _kernel in range(2):
        start_kernel()
        with connect(practice=True, base_url=served.url) as client:
            assert ids(client) == [made]


def test_each_session_of_a_process_has_its_own_cloud_and_ledger(monkeypatch):
    seen = {}
    for session in ("one", "two"):
        start_kernel()
        made = launch(MINIMAL, practice=True)
        made.stop_following()
        seen[session] = kernel_account(), kernel_cloud(), made.record.account
        assert [row["id"] for row in kernel_account().page()["data"]] == [made.id]
        assert repr(launches()).count("on the practice cloud") == 1
    assert not set(seen["one"]) & set(seen["two"])
    wait_for_launches()


def test_a_practice_key_that_is_passed_is_used_within_the_kernel_as_well(monkeypatch):
    start_kernel()
    with connect(practice=True, api_key=ANNA) as client, connect(practice=True) as own:
        made = client.create_instance(check(MINIMAL).require())
        assert ids(client) == [made]
        assert ids(own) == []
    assert kernel_cloud().account(ANNA).get(made)


def test_any_other_key_in_the_place_of_a_practice_key_is_refused_and_not_shown(served, monkeypatch):
    monkeypatch.setenv(VARIABLE, REAL_KEY)
    for make in (lambda: connect(practice=True), lambda: PpioClient(base_url=served.url)):
        with pytest.raises(CredentialsError, match=VARIABLE) as caught:
            make()
        assert REAL_KEY not in str(caught.value)


@pytest.mark.parametrize("given", [ANNA, lambda: ANNA])
def test_a_practice_key_goes_to_no_real_cloud(given):
    with PpioClient(given, base_url="https://api.ppio.com") as client:
        assert not client.is_practice
        with pytest.raises(CredentialsError, match="practice key"):
            client.require_key()
        with pytest.raises(CredentialsError):
            client.send_create(MINIMAL)


def test_a_callable_that_returns_a_practice_key_has_to_be_said_to_be_practice():
    """Else the kernel's values would go to a practice cloud."""
    with faulty(says(200, {"id": "abc"})) as server:
        with PpioClient(lambda: ANNA, base_url=server.url) as client, pytest.raises(CredentialsError):
            client.create_instance(check(MINIMAL).require())
        assert server.received == []


def test_a_practice_cloud_gets_no_real_key():
    with (
        PpioClient(REAL_KEY, base_url="http://localhost", practice=True) as client,
        pytest.raises(CredentialsError),
    ):
        ids(client)


@pytest.mark.parametrize("listens", ["http://127.0.0.1:1", "http://localhost:9", "https://[::1]:8443"])
def test_on_loopback_only_practice_keys_are_sent_unasked(monkeypatch, listens):
    for name in ("PPIO_API_KEY", "NOVITA_API_KEY"):
        monkeypatch.setenv(name, REAL_KEY)
    assert is_practice_key(require_key(read_host(listens)))
    monkeypatch.setenv(VARIABLE, ANNA)
    assert reveal(require_key(read_host(listens))) == ANNA


# what goes on the wire


@pytest.mark.parametrize("value", [SECRET, None])
@pytest.mark.parametrize("served_there", [True, False])
def test_a_call_sends_a_placeholder_whether_the_variable_is_set_or_not(
    served, monkeypatch, value, served_there
):
    start_kernel()
    monkeypatch.delenv("HF_TOKEN", raising=False)
    if value:
        monkeypatch.setenv("HF_TOKEN", value)
    where = {"base_url": served.url} if served_there else {}
    made = launch(REFERRING, practice=True, api_key=ANNA, **where)
    cloud = served.cloud if served_there else kernel_cloud()
    assert cloud.account(ANNA).get(made.id)["envs"] == SENT
    made.stop_following()
    assert "Placeholders were sent for HF_TOKEN." in sentence_of(made)
    wait_for_launches()
    made.instance.client.close()


def test_the_bare_wire_sends_a_placeholder_as_well(anna, served, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", SECRET)
    made = anna.create_instance(check(REFERRING).require())
    assert served.cloud.account(ANNA).get(made)["envs"] == SENT


def test_a_real_cloud_is_sent_the_value():
    body, secrets = on_wire(REFERRING, practice=True)
    assert (body["envs"], secrets) == (SENT, ())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HF_TOKEN", SECRET)
        assert on_wire(REFERRING, practice=False)[0]["envs"][0]["value"] == SECRET
        patched.delenv("HF_TOKEN")
        with pytest.raises(RequestInvalid):
            on_wire(REFERRING, practice=False)


@given(bodies_with_refs)
def test_nothing_of_the_environment_is_in_any_body_for_practice(body):
    with pytest.MonkeyPatch.context() as patched:
        for name in reference_names(body):
            patched.setenv(name, SECRET)
        sent, secrets = on_wire(check(body).require().body(), practice=True)
    assert SECRET not in repr(sent)
    assert secrets == ()
    assert [placeholder_name(row.get("value")) for row in sent["envs"] if placeholder_name(row.get("value"))]


@given(env_names, st.text(max_size=30))
def test_a_placeholder_says_whose_it_is_and_nothing_else_does(name, text):
    assert placeholder_name(placeholder(name)) == name
    assert placeholder_name(text) == ""
    assert placeholder_name(None) == placeholder_name(5) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_plan_and_static_card_say_it(language, monkeypatch):
    say = words(language)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    practice = LaunchPlan(check(REFERRING), Target("localhost", practice=True))
    live = LaunchPlan(check(REFERRING), Target("api.ppio.com", practice=False))
    told = {say(f"taken.{key}", names="HF_TOKEN") for key in ("placeholders", "from_kernel")}
    for plan, key in ((practice, "placeholders"), (live, "from_kernel")):
        said = say(f"taken.{key}", names="HF_TOKEN")
        assert {text for text in told if text in str(plan)} == {said}
        assert escape(said) in plan._repr_mimebundle_()["text/html"]
    kept = say("static.envs_practice", names="TOKEN")
    assert kept in of_draft(practice, say).as_text(say)
    assert say("static.values", names="A") in of_draft(practice, say).as_text(say)
    assert kept not in of_draft(live, say).as_text(say)


# the curl face


def test_the_curl_face_of_practice_runs_with_the_key_of_the_account_and_sends_a_placeholder(served):
    plan = LaunchPlan(check(REFERRING), Target.of(PpioClient(ANNA, base_url=served.url)))
    text = plan.face("curl", SAY)
    assert "HF_TOKEN" in text
    environ = {**os.environ, "HF_TOKEN": SECRET, "PPIO_API_KEY": REAL_KEY, VARIABLE: ANNA}
    ran = subprocess.run(
        ["sh"], input=text, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert "HTTP 200" in ran.stdout
    account = served.cloud.account(ANNA)
    (row,) = account.page()["data"]
    assert row["envs"] == SENT
    assert served.cloud.account(BEN).page()["data"] == []


@settings(deadline=None)
@given(bodies_with_refs)
def test_the_curl_face_of_practice_names_its_placeholders_and_reads_back_as_the_body(body):
    text = to_curl(body, SAY, practice=True, key_name=VARIABLE)
    assert "$env" not in text.partition("curl")[2].replace("\\u0024env", "")
    assert "PPIO_API_KEY" not in text
    assert read_curl(text).draft == body


# money


def test_a_balance_pays_what_is_prepaid_at_once_and_an_hour_of_all_that_is_on(clock):
    account = PracticeAccount(clock, Decimal(700))
    t4 = {**MINIMAL, "product_id": "prod-t4-16g"}
    prepaid = {**t4, "billing": {"mode": "prepaid", "prepaid": {"months": 1}}}
    account.create(prepaid)
    assert account.balance()["availableBalance"] == "664000"
    refusals = []
    for body in (prepaid, {**MINIMAL, "resource": {"gpu_num": 6, "rootfs_size_gb": 20}}):
        with pytest.raises(Exception, match="left") as caught:
            account.create(body)
        refusals.append(caught.value.answer["reason"])
    assert refusals == ["BALANCE_NOT_ENOUGH"] * 2
    made = [account.create(MINIMAL)["id"] for _ in range(5)]
    with pytest.raises(Exception, match="left"):
        account.create(MINIMAL)
    clock.turn(10)
    account.act(made[0], "stop")
    assert account.create(MINIMAL)["id"]


def test_many_threads_never_overdraw_an_account():
    account = PracticeAccount(balance=Decimal(63))  # five hours of an A100
    made, start = [], threading.Barrier(8)

    def create():
        start.wait(PATIENCE)
        for _ in range(4):
            with suppress(Refused):
                made.append(account.create(MINIMAL)["id"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
    assert len(made) == 5


def test_the_balance_is_told_over_the_wire(anna, served):
    before = anna.get_reply("/openapi/v1/billing/balance/detail", {}).value["availableBalance"]
    assert before == "8664000"
    assert anna.get_reply(INSTANCES, {}).value["data"] == []
