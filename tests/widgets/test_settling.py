"""What a form shows when it is not plain sailing: a second copy, a lost answer, a wait, no key."""

import json
import re
import threading

import httpx
import pytest
from ipywidgets import Password

from ppio_widgets import PpioClient
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.runtime import kernel
from tests.support.bodies import MINIMAL
from tests.support.clock import LaunchClock
from tests.support.consent import let_read
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.threads import wait_for_threads

from .conftest import answer, every, find, find_all, message, press, shown, shows, type_into, until

KEY = "sk_live_0123456789abcd"


@pytest.fixture
def time():
    clock = LaunchClock()
    kernel.current().clock = clock
    return clock


class LosingTransport(PracticeTransport):
    """Takes the create call and loses its answer."""

    def __init__(self, account, *, arrives=True, status=None, headers=None):
        super().__init__(OneAccount(account))
        self.arrives, self.status, self.headers = arrives, status, headers or {}

    def handle_request(self, request):
        if request.method != "POST":
            return super().handle_request(request)
        if self.arrives and self.status is None:
            super().handle_request(request)
        else:
            self._fire(request, ("http11.send_request_headers.started",))
        if self.status is not None:
            return httpx.Response(self.status, headers=self.headers, json={"message": "slow down"})
        raise httpx.ReadError("lost", request=request)


def form_on(make_form, transport):
    client = PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)
    return make_form(MINIMAL, client=client)


def launched(form):
    press(find(form, "Launch"))
    answer(form, "Yes, launch it")
    return form.session.launch


def rests(launch):
    launch.wait_for_outcome(10)
    wait_for_threads("ppio-launch", "ppio-look")


def test_a_taken_name_opens_the_confirmation_once_more(form, cloud, account):
    form.value = MINIMAL
    first = form.launch().wait_for_answer(10)
    shows(form, first.id)
    launched(form)
    shows(form, f"already there (id {first.id}")
    assert find_all(form, "Yes, launch it") == []
    assert cloud.posts == 1
    answer(form, "Launch a copy")
    second = form.session.launch.wait_for_answer(10)
    assert second.id not in (None, first.id)
    assert cloud.posts == 2
    shows(form, second.id)
    assert f"(id {first.id})" in shown(form)


def test_cancel_gives_a_second_copy_up(form, cloud):
    form.value = MINIMAL
    shows(form, form.launch().wait_for_answer(10).id)
    launched(form)
    shows(form, "already there")
    answer(form, "Cancel")
    assert form.session.launch.state is LaunchState.SUCCEEDED
    assert cloud.posts == 1


def test_a_lost_answer_is_looked_up_and_found(make_form, account, time):
    form = form_on(make_form, LosingTransport(account))
    launch = launched(form)
    rests(launch)
    (made,) = account.page()["data"]
    assert launch.id == made["id"]
    shows(form, "a look-up found it")
    assert time.pauses == [2]


def test_a_lost_request_is_looked_up_and_absent(make_form, account, time, monkeypatch):
    monkeypatch.setattr(account.clock, "_clock", time.now)  # absence needs both clocks
    form = form_on(make_form, LosingTransport(account, arrives=False))
    launch = launched(form)
    rests(launch)
    assert launch.state is LaunchState.ABSENT
    shows(form, "you can launch again")
    assert find_all(form, "Launch")


def test_what_stays_unknown_can_be_looked_up_or_declared_absent(make_form, account, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", (0.0,))
    form = form_on(make_form, LosingTransport(account, arrives=False))
    launch = launched(form)
    shows(form, f"look it up once more (%ppio launches look {launch.launch_id})")
    press(find(form, "Look now"))
    rests(launch)
    assert launch.state is LaunchState.UNKNOWN
    type_into(find(form, "Not in the console either? Type its name:"), "wrong")
    press(find(form, "Declare it absent"))
    assert "type its name exactly: demo." in shown(form)
    assert launch.state is LaunchState.UNKNOWN
    type_into(find(form, "Not in the console either? Type its name:"), "demo")
    press(find(form, "Declare it absent"))
    assert "You looked in the console, and demo is not there?" in shown(form)
    assert launch.state is LaunchState.UNKNOWN
    answer(form, "Yes, it is not there")
    shows(form, "is not there")
    assert launch.state is LaunchState.ABSENT
    assert find_all(form, "Look now") == []


def test_each_question_names_the_one_fact_that_it_is_about(make_form, account):
    there = account.create(MINIMAL)["id"]
    folder = ledger_for(practice=True).folder
    folder.mkdir(parents=True, exist_ok=True)
    torn = folder / "abcd1234.json"
    torn.write_bytes(b"{")
    form = make_form(MINIMAL)
    try:
        launched(form)
        shows(form, f"Yes agrees to a copy of {there} and to nothing else; the rest is checked again.")
        assert "abcd1234" not in shown(form)
        answer(form, "Launch a copy")
        shows(form, "Yes agrees to leave abcd1234 unread and to nothing else")
        # What this Yes lets pass beside it was agreed to, and is said.
        shows(form, f"You agreed before: An instance called demo is already there (id {there}")
        second = account.create(MINIMAL)["id"]
        answer(form, "Launch without that record")
        shows(form, f"Yes agrees to a copy of {second} and to nothing else")
        assert len(account.page()["data"]) == 2
        answer(form, "Launch a copy")
        assert form.session.launch.wait_for_answer(10).id
    finally:
        torn.unlink()
    assert len(account.page()["data"]) == 3


def test_the_next_launch_is_asked_about_everything_anew(make_form, account):
    account.create(MINIMAL)
    form = make_form(MINIMAL)
    launched(form)
    shows(form, "already there")
    answer(form, "Cancel")
    launched(form)
    shows(form, "already there")
    assert "You agreed before" not in shown(form)
    assert len(account.page()["data"]) == 1


def test_while_one_is_unknown_the_same_name_needs_consent(make_form, account, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", (0.0,))
    form = form_on(make_form, LosingTransport(account, arrives=False))
    first = launched(form)
    shows(form, f"(%ppio launches look {first.launch_id})")
    rests(first)
    launched(form)
    shows(form, f"unresolved (launch {first.launch_id})")
    assert find_all(form, "Launch a copy")


class LosesByName(PracticeTransport):
    """Loses the create calls of what is called "lost"; they never arrive."""

    def handle_request(self, request):
        if request.method == "POST" and json.loads(request.read())["name"] == "lost":
            self._fire(request, ("http11.send_request_headers.started",))
            raise httpx.ReadError("lost", request=request)
        return super().handle_request(request)


def launched_as(form, name):
    form.value = {**MINIMAL, "name": name}
    return launched(form)


def order(form):
    """Cards of instances and sentences of launches, from top to bottom."""
    kinds = {"ppw-status": "sentence", "ppw-machine": "card"}
    told = [one for one in every(form) if getattr(one, "value", "told") != ""]
    return [kinds[css] for one in told for css in one._dom_classes if css in kinds]


@pytest.fixture
def two(make_form, account, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", (0.0,))
    return form_on(make_form, LosesByName(OneAccount(account)))


def test_the_sentence_of_a_lost_answer_does_not_stand_over_the_card_of_another(two):
    made = launched_as(two, "made").wait_for_answer(10)
    shows(two, f"made on the practice cloud: queued (id {made.id})")
    until(lambda: order(two) == ["card"], "its card is all that is told")
    lost = launched_as(two, "lost")
    shows(two, f"%ppio launches look {lost.launch_id}")
    rests(lost)
    until(lambda: order(two) == ["card", "sentence"], "the card of the earlier one is above")
    assert "It is not known whether lost was launched." in shown(two)
    press(find(two, "Launch"))  # while the next one is asked about, each stays where it is
    assert order(two) == ["card", "sentence"]
    let_read()
    press(find(two, "Cancel"))
    last = launched_as(two, "last").wait_for_answer(10)
    shows(two, f"last on the practice cloud: queued (id {last.id})")
    until(lambda: order(two) == ["card", "sentence", "card"], "all three are told, the newest first")
    text = shown(two)
    assert text.index("last on the") < text.index("whether lost was launched") < text.index("made on the")


def test_an_unresolved_launch_stays_in_sight_until_it_is_settled(two):
    lost = launched_as(two, "lost")
    rests(lost)
    made = launched_as(two, "made").wait_for_answer(10)
    shows(two, f"made on the practice cloud: queued (id {made.id})")
    assert f"look it up once more (%ppio launches look {lost.launch_id})" in shown(two)
    lost.declare_absent("lost")
    assert "whether lost was launched" not in shown(two)
    assert f"(id {made.id})" in shown(two)


def test_a_server_that_asks_to_wait_is_counted_down_and_sent_nothing(make_form, account):
    transport = LosingTransport(account, status=429, headers={"Retry-After": "30"})
    form = form_on(make_form, transport)
    launch = launched(form).wait_for_answer(10)
    assert launch.state is LaunchState.REJECTED
    shows(form, "role=timer")
    assert "data-left=30" in shown(form)
    assert re.search(r">You can try again from (\S+ )?\d\d:\d\d UTC\S*\.</p>", shown(form))
    assert "Wait 30 s before you try again; nothing is launched by itself." in shown(form)


def test_a_late_answer_says_so(make_form, cloud, time):
    cloud.hold = threading.Event()
    form = make_form(MINIMAL)
    launch = launched(form)
    assert cloud.arrived.wait(10)
    time.turn(61)
    shows(form, "has not answered yet")
    cloud.hold.set()
    assert launch.wait_for_answer(10).id


class TestSigningIn:
    @pytest.fixture
    def form(self, make_form, monkeypatch):
        monkeypatch.delenv("PPIO_API_KEY", raising=False)
        monkeypatch.delenv("PPIO_WIDGETS_PRACTICE", raising=False)
        monkeypatch.delenv("PPIO_GPU_BASE_URL", raising=False)
        monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: False)
        monkeypatch.setattr("ppio_widgets.runtime.kernel.is_one_persons", lambda: True)
        return make_form(MINIMAL, client=None)

    def test_the_field_is_built_when_it_is_asked_for(self, form):
        assert "Practice cloud." in shown(form)
        assert not [one for one in every(form) if isinstance(one, Password)]
        press(find(form, "Sign in to launch for real"))
        (field,) = [one for one in every(form) if isinstance(one, Password)]
        assert field.description == "API key for api.ppio.com, then Enter"

    def test_the_key_stays_in_no_widget_and_the_form_goes_live(self, form, wire):
        press(find(form, "Sign in to launch for real"))
        (field,) = [one for one in every(form) if isinstance(one, Password)]
        sent = []
        field.comm.publish_msg = lambda kind, data=None, **_rest: sent.append(data)
        type_into(field, f" {KEY} ")
        assert field.value == ""
        assert KEY not in json.dumps(sent)
        assert "api.ppio.com" in shown(form)
        assert "ending in abcd" in shown(form)
        assert form.session.target.name == "api.ppio.com"
        assert not form.session.target.practice
        assert form.value == MINIMAL
        everything = json.dumps([one.get_state() for one in every(form)], default=str)
        assert KEY not in everything + repr(form)
        assert not [one for one in every(form) if isinstance(one, Password)]

    def test_what_cannot_be_a_key_is_told_and_not_kept(self, form):
        press(find(form, "Sign in to launch for real"))
        (field,) = [one for one in every(form) if isinstance(one, Password)]
        type_into(field, "sk with blanks in it")
        assert field.value == ""
        assert "blank" in shown(form)
        assert "blanks in it" not in shown(form)
        assert form.session.target.practice

    def test_the_value_is_masked_in_every_saved_state(self, form):
        press(find(form, "Sign in to launch for real"))
        (field,) = [one for one in every(form) if isinstance(one, Password)]
        field.unobserve_all("value")
        message(field, {"method": "update", "state": {"value": KEY}, "buffer_paths": []})
        assert field.get_state()["value"] == ""
        assert field.get_state("value") == {"value": ""}
