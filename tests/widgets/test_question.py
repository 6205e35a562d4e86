"""Consent that nobody gives by accident: when a question takes an answer, on every button that asks."""

import re

import pytest

from ppio_widgets import Instance, InstanceBoard
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.instance_card import InstanceCard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from ppio_widgets.widgets.question import READ_SECONDS
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.practice import RICH
from tests.support.threads import wait_for_threads

from .conftest import (
    answer,
    click,
    every,
    find,
    find_all,
    message,
    open_menus,
    press,
    shown,
    shows,
    type_into,
    until,
)
from .test_instance_card import AccountClock
from .test_settling import LosingTransport, form_on

BODY = {**MINIMAL, "product_id": "a100-80g"}
RENEWAL = "Turn auto-renew off …"
RENEWING = {
    **BODY,
    "billing": {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 1}}},
}
EARLY = "Read first"
NAME_IT = "Not in the console either? Type its name:"


class StillClock(AccountClock):
    """The account's clock, and a monotonic one that is turned by hand; from 0, where 0.7 is exact."""

    seconds = 0.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def still(monkeypatch, clock):
    still = StillClock(clock)
    kernel.current().clock = still
    return still


class Asked:
    """A view with an open question: the buttons by what they do, and whether anything was done.

    `again` asks once more, after the question was withdrawn or while it is open.
    """

    def __init__(self, view, yes, done, again):
        self.view = view
        self.yes = find(view, yes)
        self.cancel = find(view, "Cancel")
        self.escape = find(view, "Esc")
        self.done = done
        self.again = again
        self.name = yes

    @property
    def is_open(self):
        return bool(find_all(self.view, self.name))


@pytest.fixture
def requests(cloud, monkeypatch):
    """What the cloud has been asked beside looking, each once it has acted: only then may its time go by."""
    found = []
    handle = cloud.handle_request

    def note(request):
        try:
            return handle(request)
        finally:
            if request.method != "GET":
                found.append(request.method)

    monkeypatch.setattr(cloud, "handle_request", note)
    return found


@pytest.fixture
def opened(wire, clock):
    views = []
    yield lambda view: views.append(view) or view
    clock.turn(60)  # what was asked for is read back
    for view in views:
        view.close()
    wait_for_threads("ppio-watch", "ppio-act", "ppio-launch", "ppio-since")


def _launch(opened, make_form, client, account, clock, requests):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))

    def again():
        press(find(form, "Esc"))
        press(find(form, "Launch"))

    return Asked(form, "Yes, launch it", lambda: requests == ["POST"], again)


def _once_more(opened, make_form, client, account, clock, requests):
    account.create(MINIMAL)
    form = make_form(MINIMAL)

    def ask():
        press(find(form, "Launch"))
        kernel.current().clock.seconds += 1
        press(find(form, "Yes, launch it"))
        until(lambda: find_all(form, "Launch a copy"), "it is asked once more")

    def again():
        press(find(form, "Esc"))
        ask()

    ask()
    return Asked(form, "Launch a copy", lambda: requests == ["POST"], again)


def _line(opened, make_form, client, account, clock, requests):
    card = opened(ConfirmCard(BODY, client, language="en"))

    def again():
        """Its first price comes: it is another question."""
        card._repr_mimebundle_()
        wait_for_threads("ppio-catalogue")

    return Asked(card, "Yes, launch it", lambda: requests == ["POST"], again)


def _absent(opened, make_form, client, account, clock, requests):
    form = form_on(make_form, LosingTransport(account, arrives=False))
    press(find(form, "Launch"))
    kernel.current().clock.seconds += 1
    press(find(form, "Yes, launch it"))
    launch = form.session.launch
    until(lambda: find_all(form, "Declare it absent"), "it can be declared absent")
    type_into(find(form, NAME_IT), "demo")
    press(find(form, "Declare it absent"))

    def again():
        press(find(form, "Esc"))
        press(find(form, "Declare it absent"))

    return Asked(form, "Yes, it is not there", lambda: launch.state is LaunchState.ABSENT, again)


def another(view, name):
    """Ask about another action, and then about the same once more."""

    def again():
        for one in ("Stop …" if name == "Delete …" else "Delete …", name):
            press(find(view, "Esc"))
            open_menus(view)
            if find_all(view, one):
                press(find(view, one))

    return again


def _on_card(name, yes, method):
    def ask(opened, make_form, client, account, clock, requests):
        identity = account.create(RENEWING if name == RENEWAL else BODY)["id"]
        clock.turn(10)
        if name == "Start …":
            account.act(identity, "stop")
            clock.turn(10)
        machine = Instance(identity, client).refresh()
        card = opened(InstanceCard(machine, language="en"))
        press(find(card, name))
        return Asked(card, yes, lambda: requests[:1] == [method], another(card, name))

    return ask


def _on_board(name, yes, method):
    def ask(opened, make_form, client, account, clock, requests):
        identity = account.create(BODY)["id"]
        clock.turn(10)
        if name == "Start …":
            account.act(identity, "stop")
            clock.turn(10)
        board = opened(InstanceBoard(client=client, language="en"))
        board._repr_mimebundle_()
        shows(board, "One instance")
        with board.session.lock:  # a choice that comes while the rows are filled goes with the filling
            row = next(one for one in every(board) if "ppw-line" in one._dom_classes)
            message(row, {"method": "update", "state": {"value": True}, "buffer_paths": []})
        press(find(board, name))
        return Asked(board, yes, lambda: requests[:1] == [method], another(board, name))

    return ask


ACTIONS = {
    "Stop": ("Stop …", "Yes, stop it", "PUT"),
    "Start": ("Start …", "Yes, start it", "PUT"),
    "Restart": ("Restart …", "Yes, restart it", "PUT"),
    "Delete": ("Delete …", "Yes, delete it for good", "DELETE"),
}
QUESTIONS = {
    "Launch": _launch,
    "Launch once more": _once_more,
    "line": _line,
    "absent": _absent,
    **{f"{action} on the card": _on_card(*how) for action, how in ACTIONS.items()},
    "Renewal on the card": _on_card(RENEWAL, "Yes, turn it off", "PUT"),
    **{f"{action} on the board": _on_board(*how) for action, how in ACTIONS.items()},
}


@pytest.fixture(params=list(QUESTIONS))
def asked(request, monkeypatch, still, opened, make_form, client, account, clock, requests):
    account.pay(RICH)
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())
    return QUESTIONS[request.param](opened, make_form, client, account, clock, requests)


def test_yes_and_cancel_count_after_700_milliseconds_and_not_before(asked, still, requests):
    began = still.seconds
    for early in (0, 0.08, 0.4, 0.699):
        still.seconds = began + early
        press(asked.yes)
        press(asked.cancel)
    assert asked.is_open
    assert not asked.done()
    assert re.search(f"<p class=ppw-early role=alert [^>]*>{EARLY}", shown(asked.view)), "it is said"
    still.seconds = began + READ_SECONDS
    press(asked.yes)
    assert not asked.is_open
    until(asked.done, "what was confirmed is done")


def test_cancel_counts_at_700_milliseconds(asked, still):
    still.seconds += READ_SECONDS
    press(asked.cancel)
    assert not asked.is_open
    assert not asked.done()


def test_escape_counts_at_once(asked):
    press(asked.escape)
    assert not asked.is_open
    assert not asked.done()


def test_a_click_on_an_older_question_answers_no_later_one(asked, still):
    """A busy kernel handles it when the later one could have been read, and it names no question."""
    older = asked.yes.model_id
    asked.again()
    still.seconds += 1
    click(older)
    assert asked.is_open
    assert not asked.done()
    click(find(asked.view, asked.name).model_id)
    assert not asked.is_open
    until(asked.done, "what was confirmed is done")


def test_held_enter_and_double_clicks_on_what_asks_only_ask(asked, still, make_form, requests):
    """What the front end would send without the script: the answers of a held key are all early."""
    for _repeat in range(200):
        press(asked.yes)
        still.seconds += 0.003
    assert asked.is_open
    assert not asked.done()


def test_a_second_click_on_the_first_yes_does_not_answer_what_it_asked_for(
    make_form, account, requests, still
):
    account.create(MINIMAL)
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    still.seconds += 1
    first = find(form, "Yes, launch it").model_id
    click(first)
    until(lambda: find_all(form, "Launch a copy"), "it is asked once more")
    still.seconds += 1
    click(first)
    assert find_all(form, "Launch a copy")
    assert requests == []


def test_stop_does_not_answer_for_delete(opened, client, account, clock, requests, still):
    machine = Instance(account.create(BODY)["id"], client)
    clock.turn(10)
    card = opened(InstanceCard(machine.refresh(), language="en"))
    press(find(card, "Stop …"))
    stop = find(card, "Yes, stop it").model_id
    press(find(card, "Esc"))
    press(find(card, "Delete …"))
    still.seconds += 1
    click(stop)
    assert find_all(card, "Yes, delete it for good")
    assert requests == []


def test_what_an_open_question_comes_to_name_is_another_question(
    opened, client, account, clock, requests, still, monkeypatch
):
    """That the rest of the month is lost was not known when Yes was clicked."""
    account.pay(RICH)
    identity = account.create(RENEWING)["id"]
    clock.turn(10)
    machine = Instance(identity, client)
    card = opened(InstanceCard(machine, language="en"))
    press(find(card, "Delete …"))
    older = find(card, "Yes, delete it for good").model_id
    before = shown(card)
    still.seconds += 1
    machine.refresh()
    assert "prepaid" not in before
    assert "prepaid" in shown(card)
    still.seconds += 1
    click(older)
    assert find_all(card, "Yes, delete it for good")
    assert requests == []


def test_each_question_is_read_anew(make_form, account, requests, still):
    account.create(MINIMAL)
    form = make_form(MINIMAL)
    for _time in range(2):
        press(find(form, "Launch"))
        press(find(form, "Yes, launch it"))
        assert find_all(form, "Yes, launch it")
        assert EARLY in told(form)
        still.seconds += 1
        press(find(form, "Cancel"))
    press(find(form, "Launch"))
    assert told(form) == ""
    still.seconds += 1
    press(find(form, "Yes, launch it"))
    shows(form, "already there")
    for _click in range(50):
        press(find(form, "Launch a copy"))
    assert EARLY in told(form)
    assert requests == []
    still.seconds += 1
    press(find(form, "Launch a copy"))
    assert form.session.launch.wait_for_answer(10).id
    assert requests == ["POST"]


def test_what_comes_to_be_known_meanwhile_neither_hastens_nor_delays_the_answer(make_form, requests, still):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    still.seconds += 0.4
    form.session.snapshot = type(form.session.snapshot)(balance=None)
    press(find(form, "Yes, launch it"))
    assert requests == []
    still.seconds += 0.4
    press(find(form, "Yes, launch it"))
    assert form.session.launch.wait_for_answer(10).id


def test_a_line_is_read_from_when_it_is_displayed(opened, client, still, requests):
    card = opened(ConfirmCard(MINIMAL, client, language="en"))
    still.seconds += 60
    card._repr_mimebundle_()
    wait_for_threads("ppio-catalogue")
    press(find(card, "Yes, launch it"))
    assert requests == []
    assert card.session.status is LaunchState.ARMED


def test_an_early_answer_is_told_in_chinese(make_form):
    form = make_form(MINIMAL, language="zh")
    press(find(form, "创建实例"))
    press(find(form, "确认创建"))
    assert told(form) == "请先看完，再回答。"


def test_a_wrong_name_is_not_even_asked_about(make_form, account, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())
    form = form_on(make_form, LosingTransport(account, arrives=False))
    press(find(form, "Launch"))
    answer(form, "Yes, launch it")
    until(lambda: find_all(form, "Declare it absent"), "it can be declared absent")
    type_into(find(form, NAME_IT), "<b>other")
    press(find(form, "Declare it absent"))
    assert not find_all(form, "Yes, it is not there")
    assert "type its name exactly: demo." in shown(form)


def test_an_instance_that_is_found_meanwhile_withdraws_the_question(make_form, account, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())
    transport = LosingTransport(account)
    form = form_on(make_form, transport)
    press(find(form, "Launch"))
    answer(form, "Yes, launch it")
    launch = form.session.launch
    until(lambda: find_all(form, "Declare it absent"), "it can be declared absent")
    type_into(find(form, NAME_IT), "demo")
    press(find(form, "Declare it absent"))
    yes = find(form, "Yes, it is not there")
    launch.look()
    assert launch.state is LaunchState.SUCCEEDED
    let_read()
    press(yes)
    assert launch.state is LaunchState.SUCCEEDED
    assert not find_all(form, "Yes, it is not there")


def test_a_question_costs_nothing_until_it_is_asked_and_five_models_then(wire, make_form):
    form = make_form(MINIMAL)
    wait_for_threads("ppio-since")
    wire.clear()
    press(find(form, "Launch"))
    wait_for_threads("ppio-since")
    assert wire.count("comm_open") == 5
    assert wire.size() <= 8_000
    wire.clear()
    press(find(form, "Esc"))
    press(find(form, "Launch"))
    wait_for_threads("ppio-since")
    assert (wire.count("comm_open"), wire.count("comm_close")) == (1, 1), "a Yes of its own, and no more"
    assert wire.count() <= 8
    assert wire.size() <= 2_000


def test_the_stylesheet_keeps_clicks_away_for_as_long_as_the_kernel_does():
    assert f"animation:ppw-read {READ_SECONDS:g}s".replace("0.", ".") in theme.stylesheet("question.css")


def test_yes_changes_sides_where_it_would_stand_in_the_place_of_the_button_before(make_form, account):
    account.create(MINIMAL)
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    (first,) = boxes(form)
    assert "ppw-turned" not in first
    answer(form, "Yes, launch it")
    shows(form, "already there")
    (second,) = boxes(form)
    assert "ppw-turned" in second


def test_yes_takes_the_question_away_and_never_makes_it_anew(make_form):
    """A view that is made anew has lost the focus, and its buttons stand still once more."""
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    arranged = []
    form._controls.box.observe(lambda change: arranged.append(change.new), "children")
    answer(form, "Yes, launch it")
    form.session.launch.wait_for_answer(10)
    until(lambda: find_all(form, "Launch"), "it is there again")
    assert [one for children in arranged for one in children if "ppw-asked" in one._dom_classes] == []


def boxes(view):
    """The classes of each open question."""
    return [one._dom_classes for one in every(view) if "ppw-asked" in one._dom_classes]


def told(view):
    """What an early answer was told."""
    (found,) = re.findall("<p class=ppw-early [^>]*>([^<]*)</p>", shown(view))
    return found
