"""The auto-renew of a prepaid instance: shown, turned off, read back; over real sockets."""

import json

import httpx
import pytest

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cards import static
from ppio_widgets.errors import ActionUnconfirmed, ApiError, NotSent
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.times import moment_words
from ppio_widgets.secrets.credentials import reveal
from tests.contract.test_contract import DOCUMENT, OAS30Validator, resolve
from tests.instances.test_instance import GoingClock
from tests.support.bodies import MINIMAL
from tests.support.wire import answers, closed_port, faulty

PREPAID = {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 1}}}
BODY = {**MINIMAL, "product_id": "a100-80g", "billing": PREPAID}


@pytest.fixture(autouse=True)
def going(monkeypatch, clock):
    """Time goes by only while somebody waits."""
    kernel.current().clock = GoingClock(clock)


class Renewing:
    """A server with one prepaid instance; `plays` say what becomes of each PUT."""

    def __init__(self, *plays, enabled=True, mode="prepaid"):
        self.plays = list(plays)
        self.enabled = enabled
        self.mode = mode
        self.asked = []

    def __call__(self, request):
        if request.method == "PUT":
            self.asked.append((request.target, json.loads(request.content)))
            play = self.plays.pop(0) if self.plays else "does"
            if play in ("does", "fails but does"):
                self.enabled = False
            if isinstance(play, tuple):
                return play
            return (502, {}) if play.startswith("fails") else (200, {})
        if "instances" not in request.target:
            return 200, {"data": []}
        renewal = {} if self.enabled is None else {"auto_renew": {"enabled": self.enabled, "months": 1}}
        billing = {"mode": self.mode, "prepaid": {"months": 1, "end_time": 1_800_000_000, **renewal}}
        status = {"status": "running", "error": "", "message": ""}
        return 200, {"id": "i-1", "name": "demo", "status": status, "billing": billing}


def on(pretend):
    return faulty(answers(pretend))


def at(server):
    return Instance("i-1", PpioClient(base_url=server.url))


def test_it_is_turned_off_once_by_the_call_that_the_contract_has():
    with on(pretend := Renewing()) as server:
        one = at(server).stop_renewing()
        assert one.detail.renews is False
        assert one.outcome.startswith("auto-renew confirmed off at ")
    ((target, body),) = pretend.asked
    assert target == "/gpus/v2/instances/i-1/auto-renew"
    assert body == {"auto_renew": {"enabled": False}}
    call = DOCUMENT["paths"]["/gpus/v2/instances/{instance_id}/auto-renew"]["put"]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    assert OAS30Validator(resolve(schema)).is_valid(body)
    assert not OAS30Validator(resolve(schema)).is_valid({"auto_renew": {"enabled": "no"}})


@pytest.mark.parametrize(
    ("plays", "asked"), [(["forgets"], 2), (["fails"], 2), (["fails but does"], 1), (["forgets", "fails"], 3)]
)
def test_it_may_be_asked_for_again_until_that_shows(plays, asked):
    with on(pretend := Renewing(*plays)) as server:
        assert at(server).stop_renewing().detail.renews is False
    assert len(pretend.asked) == asked


@pytest.mark.parametrize("enabled", [True, None])
def test_what_does_not_show_fails_loudly_after_three(enabled):
    with on(pretend := Renewing(*["forgets"] * 9, enabled=enabled)) as server:
        one = at(server)
        with pytest.raises(ActionUnconfirmed, match="NOT CONFIRMED: auto-renew of demo") as caught:
            one.stop_renewing()
        assert "(requests: 3)" in str(caught.value)
        assert "may renew and be charged" in str(caught.value)
        assert "NOT CONFIRMED" in str(one)
    assert caught.value.sentence(words("zh")).startswith("未确认")
    assert len(pretend.asked) == 3


def test_a_refusal_ends_it_in_the_servers_words():
    refusal = (400, {"reason": "CREATING_INSTANCE_NOT_SUPPORT_RENEWAL", "message": "not yet"})
    with on(pretend := Renewing(refusal)) as server, pytest.raises(ApiError, match="not yet") as caught:
        at(server).stop_renewing()
    assert "Wait until the instance runs" in str(caught.value)
    assert len(pretend.asked) == 1


@pytest.mark.parametrize(
    "known", [{"enabled": False}, {"enabled": None, "mode": "postpaid"}, {"mode": "spot"}]
)
def test_nothing_is_sent_where_nothing_renews(known):
    with on(pretend := Renewing(**{"enabled": False, **known})) as server:
        assert at(server).stop_renewing().outcome.startswith("auto-renew confirmed off")
    assert pretend.asked == []


def test_where_nothing_answers_it_says_so():
    client = PpioClient("sk_test_0123456789", base_url=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(NotSent, match="The request to turn auto-renew off did not leave; nothing") as caught:
        client.act("i-1", "stop_renewing")
    assert "关闭自动续费 请求没有发出" in caught.value.sentence(words("zh"))
    with pytest.raises(ActionUnconfirmed, match="did not answer"):
        Instance("i-1", client).stop_renewing(timeout=1)


def test_on_the_practice_cloud_the_form_switches_it_on_and_it_is_switched_off(
    client, account, clock, monkeypatch
):
    kernel.current().clock = GoingClock(clock)
    one = Instance(account.create(BODY)["id"], client)
    clock.turn(10)
    one.refresh()
    assert one.detail.renews is True
    assert one.detail.ends_at == int(clock.now) - 10 + 30 * 86400
    end = f"its months end at {moment_words(one.detail.ends_at, 0.0)}"
    assert f"Renewal: renews automatically; {end}" in str(one)
    one.stop_renewing()
    assert account.get(one.id)["billing"]["prepaid"]["auto_renew"] == {"enabled": False, "months": 0}
    for text in (
        str(one),
        one._repr_html_(),
        static.of_instance(one, words("en")).as_text(words("en")),
    ):
        assert f"does not renew; {end}" in text
    with pytest.raises(ApiError, match="%ppio auto-renew ID off"):
        one.delete()


@pytest.mark.parametrize(
    ("mode", "body", "reason"),
    [
        ("postpaid", {"auto_renew": {"enabled": False}}, "OPERATION_LIMIT"),
        ("prepaid", {"auto_renew": {"enabled": "no"}}, "VALIDATOR_PARAM"),
        ("prepaid", {"auto_renew": None}, "VALIDATOR_PARAM"),
        ("prepaid", [], "VALIDATOR_PARAM"),
    ],
)
def test_the_practice_cloud_refuses_what_says_nothing(client, account, mode, body, reason):
    billing = PREPAID if mode == "prepaid" else {"mode": mode}
    identity = account.create({**BODY, "billing": billing})["id"]
    url = f"{client.host.base_url}/gpus/v2/instances/{identity}/auto-renew"
    key = {"Authorization": f"Bearer {reveal(client.require_key())}"}
    answer = httpx.put(url, json=body, headers=key, trust_env=False)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


def test_the_servers_silence_is_no_answer():
    with on(Renewing(enabled=None)) as server:
        assert "the server does not say whether it renews" in str(at(server))
