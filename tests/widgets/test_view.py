"""Views that nobody displays by themselves: in a box or a tab the page's script tells of them."""

from __future__ import annotations

import re
import threading
from functools import partial
from unittest.mock import Mock

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets import Instance, InstanceBoard
from ppio_widgets.cloud.resources import CatalogueReader
from ppio_widgets.errors import NotSent
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from ppio_widgets.widgets import view as cells
from ppio_widgets.widgets.instance_card import InstanceCard, LaunchCard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.front_end import Page
from tests.support.threads import threads_going, wait_for_threads

from .conftest import answer, every, find, find_all, press, shown, shows, states, type_into, until
from .test_instance_card import AccountClock

BODY = {**MINIMAL, "product_id": "a100-80g"}
BOXES = (ipywidgets.VBox, ipywidgets.HBox, ipywidgets.Tab, ipywidgets.Accordion)


class Waits(Clock):
    """A clock whose wait for an announcement the test ends; other waits are short, questions stay open."""

    def __init__(self):
        self.unannounced = threading.Event()
        self.asked = []

    def wait(self, event, seconds):
        if seconds > cells.UNANNOUNCED_SECONDS or seconds <= 2:
            return event.wait(min(seconds, 0.002))
        self.asked.append(seconds)
        while not event.wait(0.002):
            if self.unannounced.is_set():
                return False
        return True

    def until(self, event, moment):
        if moment - self.monotonic() > cells.UNANNOUNCED_SECONDS:
            return event.wait()
        return super().until(event, moment)


@pytest.fixture
def clock_of_the_page(monkeypatch):
    waits = Waits()
    kernel.current().clock = waits
    return waits


@pytest.fixture
def buttons(monkeypatch):
    """A front end with widgets."""
    monkeypatch.setattr(kernel, "who_answers", lambda: "buttons")


@pytest.fixture
def boxed(wire):
    """Put a view into a container and display that."""
    made = []

    def boxed(kind, view):
        box = kind([view])
        box._repr_mimebundle_()
        made.append((box, view))
        return view

    yield boxed
    for box, view in made:
        view.close()
        for part in (box.layout, getattr(box, "style", None), box):
            if part is not None:
                part.close()
    wait_for_threads("ppio-watch", "ppio-catalogue")


@pytest.mark.parametrize("kind", BOXES)
def test_a_form_loads_once_its_container_shows_it(make_form, boxed, kind):
    form = boxed(kind, make_form(BODY))
    assert not form.session.snapshot.offers
    assert not threads_going("ppio-catalogue")
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    assert form.session.snapshot.offers
    assert "¥12.60" in shown(form)


def test_each_press_is_answered_and_only_the_first_one_loads(make_form, wire):
    form = make_form(BODY)
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    for _ in range(3):
        wire.clear()
        before = form._shown.description
        press(form._shown)
        assert form._shown.description != before
        assert wire.count() == 1
        assert wire.size() <= 200


def test_the_button_is_seen_and_heard_by_nobody(form):
    assert form._shown._dom_classes == ("ppw-shown",)
    sheets = "".join(one.value for one in every(form) if isinstance(one, ipywidgets.HTML))
    assert re.search(r"\.ppw-shown[^{}]*{display:none}", sheets)
    assert form._shown.tooltip == "The kernel does not answer: it is busy, or gone."


def test_boards_and_cards_begin_to_look_once_their_container_shows_them(client, account, boxed):
    identity = account.create(BODY)["id"]
    board = boxed(ipywidgets.VBox, InstanceBoard(client=client, language="en"))
    card = boxed(ipywidgets.Tab, InstanceCard(Instance(identity, client), language="en"))
    assert not threads_going("ppio-watch")
    press(board._shown)
    shows(board, "One instance")
    press(card._shown)
    shows(card, identity)
    assert card.session.watching


def test_the_card_of_a_line_and_of_a_launch_too(client, boxed):
    line = boxed(ipywidgets.HBox, ConfirmCard(BODY, client, language="en"))
    press(line._shown)
    shows(line, "¥12.60")
    let_read()
    press(find(line, "Yes, launch it"))
    launch = line.launch.wait_for_answer(10)
    card = boxed(ipywidgets.HBox, LaunchCard(launch, language="en"))
    press(card._shown)
    shows(card, f"(id {launch.id})")
    launch.stop_following()


def test_a_form_that_is_displayed_loads_only_once_a_page_has_drawn_it(make_form, buttons, monkeypatch):
    monkeypatch.setattr(cells, "DISPLAYED_SECONDS", 1000.0)
    form = make_form(BODY)
    form._repr_mimebundle_()
    assert not threads_going("ppio-catalogue", "ppio-names")
    assert not form.session.loading
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    assert form.session.snapshot.offers


class Typing(Clock):
    """A clock by which a key comes in each of the first pauses."""

    def __init__(self, keys):
        self.keys = keys
        self.pauses = []
        self.seconds = 1000.0

    def monotonic(self):
        return self.seconds

    def wait(self, event, seconds):
        if threading.current_thread().name != "ppio-catalogue":
            return super().wait(event, seconds)
        self.pauses.append(seconds)
        self.seconds += seconds
        if self.keys:
            self.keys.pop(0)()
        return False


def test_what_the_catalogue_tells_waits_while_somebody_types(make_form, wire):
    form = make_form(BODY)
    name = find(form, "Name")
    told = []
    form.session.observe(lambda change: told.append(name.value), "snapshot")
    keys = [partial(type_into, name, "typed"[:end]) for end in range(1, 6)]
    kernel.current().clock = clock = Typing(keys)
    type_into(name, "")
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    assert not clock.keys
    assert told[0] == "typed", "not before the last key"
    assert len(clock.pauses) >= 6
    assert "¥12.60" in shown(form)
    assert name.value == form.value["name"] == "typed"


def test_who_never_pauses_is_told_all_the_same(make_form):
    form = make_form(BODY)
    name = find(form, "Name")
    keys = [partial(type_into, name, f"key {number}") for number in range(10_000)]
    kernel.current().clock = clock = Typing(keys)
    type_into(name, "")
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    assert clock.keys
    assert "¥12.60" in shown(form)


class TestWhereNoScriptMayRun:
    def test_loading_begins_a_moment_after_it_was_displayed(self, make_form, buttons, monkeypatch):
        monkeypatch.setattr(cells, "DISPLAYED_SECONDS", 0.0)
        form = make_form(BODY)
        form._repr_mimebundle_()
        wait_for_threads("ppio-timer", "ppio-catalogue")
        assert form.session.snapshot.offers

    def test_loading_begins_a_moment_after_the_form_was_made(self, make_form, buttons, clock_of_the_page):
        form = make_form(BODY)
        assert not form.session.snapshot.offers
        clock_of_the_page.unannounced.set()
        wait_for_threads("ppio-timer", "ppio-catalogue")
        assert form.session.snapshot.offers

    def test_voila_makes_its_page_later_and_there_a_form_waits_for_it(self, make_form, buttons, monkeypatch):
        """What is told while that page is made it misses: it would have no products."""
        waited = []

        class Patient(Clock):
            def wait(self, event, seconds):
                if not 20 < seconds <= cells.VOILA_SECONDS:
                    return super().wait(event, seconds)
                waited.append(event)
                return event.wait(10)

        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
        kernel.current().clock = Patient()
        form = make_form(BODY)
        form._repr_mimebundle_()
        until(lambda: any(not one.is_set() for one in waited), "it waits")
        assert not form.session.snapshot.offers
        press(form._shown)
        wait_for_threads("ppio-timer", "ppio-catalogue")
        assert form.session.snapshot.offers

    def test_a_launch_from_a_container_leaves_its_static_card(
        self, make_form, boxed, buttons, clock_of_the_page, monkeypatch
    ):
        """Nothing told that the view is shown: whoever asks for a launch sees it."""
        outputs = {}

        def publish(bundle, display_id, *, update=False):
            outputs[display_id] = bundle

        monkeypatch.setattr(kernel, "publish", publish)
        form = boxed(ipywidgets.VBox, make_form(BODY))
        clock_of_the_page.unannounced.set()
        wait_for_threads("ppio-timer", "ppio-catalogue")
        assert [one["text/html"] for one in outputs.values()] == [""]
        press(find(form, "Launch"))
        let_read()
        press(find(form, "Yes, launch it"))
        launch = form.session.launch.wait_for_answer(10)
        until(lambda: any(launch.id in one["text/html"] for one in outputs.values()), "the card is written")
        assert len(outputs) == 1
        launch.stop_following()

    def test_where_scripts_are_known_to_run_nothing_waits(self, make_form, buttons, clock_of_the_page):
        first = make_form(BODY)
        press(first._shown)
        wait_for_threads("ppio-timer", "ppio-catalogue")
        make_form(BODY)
        assert threads_going("ppio-timer") == []
        assert len(clock_of_the_page.asked) == 1

    def test_a_form_that_is_displayed_or_closed_waits_no_longer(self, make_form, buttons, clock_of_the_page):
        make_form(BODY)._repr_mimebundle_()
        make_form(BODY).close()
        wait_for_threads("ppio-timer", "ppio-catalogue")

    def test_another_form_that_told_of_itself_spares_this_one(self, make_form, buttons, clock_of_the_page):
        silent, told = make_form(BODY), make_form(BODY)
        press(told._shown)
        clock_of_the_page.unannounced.set()
        wait_for_threads("ppio-timer", "ppio-catalogue")
        assert told.session.snapshot.offers
        assert not silent.session.snapshot.offers

    def test_where_nobody_can_look_nothing_is_loaded(self, make_form, monkeypatch):
        monkeypatch.setattr(kernel, "who_answers", lambda: None)
        make_form(BODY)
        assert threads_going("ppio-timer") == []


def ids_of_cards(view):
    """The instances that have a card, from top to bottom."""
    heads = (one.value for one in every(view) if "ppw-live" in one._dom_classes)
    return [re.search(r"\(id (\w+)\)", text)[1] for text in heads]


class TestRunningTheCellAgain:
    @pytest.fixture
    def run(self, make_form, monkeypatch, clock):
        """Run a cell; returns its form."""
        count, forms = iter(range(1, 100)), []
        kernel.current().clock = AccountClock(clock)
        monkeypatch.setattr(kernel, "cell_id", lambda: "cell-1")
        monkeypatch.setattr(kernel, "execution", lambda: self.number)

        def run(**options):
            self.number = next(count)
            forms.append(make_form(BODY, **options))
            press(forms[-1]._shown)
            return forms[-1]

        yield run
        for form in forms:
            form.close()
        wait_for_threads("ppio-watch", "ppio-act")

    def launched(self, form, name):
        form.value = {**BODY, "name": name}
        press(find(form, "Launch"))
        let_read()
        press(find(form, "Yes, launch it"))
        launch = form.launches[-1].wait_for_answer(10)
        until(lambda: find_all(form, "Launch"), "another one can be launched")
        shows(form, f"(id {launch.id})")  # its card follows on the launch's thread
        return launch

    def test_every_machine_keeps_its_live_card(self, run, account, clock):
        first = run()
        launches = [self.launched(first, "one"), self.launched(first, "two")]
        second = run()
        launches.append(self.launched(second, "three"))
        third = run()
        assert first.session.closed
        assert second.session.closed
        assert third.launches == tuple(launches)
        clock.turn(20)
        for launch in launches:
            shows(third, f": running (id {launch.id})")
        cards = [one for one in every(third) if "ppw-machine" in one._dom_classes]
        assert len(cards) == 3
        press(find(cards[1], "Stop …"))
        let_read()
        press(find(cards[1], "Yes, stop it"))
        shows(third, "about to stop")
        clock.turn(5)
        shows(third, "confirmed stopped")
        assert account.get(launches[1].id)["status"]["status"] == "exited"
        assert account.get(launches[0].id)["status"]["status"] == "running"

    def test_the_newest_card_stands_first_and_what_is_deleted_has_none(self, run, account, clock):
        first = run()
        one, two, three = [self.launched(first, name) for name in ("one", "two", "three")]
        assert ids_of_cards(first) == [three.id, two.id, one.id]
        clock.turn(20)
        shows(first, f": running (id {two.id})")
        account.act(two.id, "delete")
        clock.turn(20)
        shows(first, f": deleted (id {two.id})")
        second = run()
        assert second.launches == (one, two, three), "it is still known"
        assert ids_of_cards(second) == [three.id, one.id]

    def test_the_form_folds_below_a_card_and_what_was_typed_stays(self, run, cloud):
        form = run()
        assert not find_all(form, "Launch another")
        self.launched(form, "one")
        (fold,) = find_all(form, "Launch another")
        until(lambda: not fold.value, "it is folded")
        type_into(fold, True)
        type_into(find(form, "Name"), "two")
        press(find(form, "Launch"))
        answer(form, "Cancel")
        assert fold.value, "nothing was launched: it stays open"
        assert form.value["name"] == "two"
        (fold,) = find_all(run(), "Launch another")
        assert fold.value, "whoever runs the cell wants the form"

    def test_another_like_it_fills_the_form_and_sends_nothing(self, run, cloud):
        form = run()
        launch = self.launched(form, "one")
        (fold,) = find_all(form, "Launch another")
        type_into(find(form, "Name"), "else")
        type_into(fold, False)
        type_into(find(form, "More actions"), True)
        press(find(form, "Launch another like this"))
        until(lambda: form.value["name"] != "else", "the form is filled")
        assert form.value == {**launch.plan.report.body, "name": "one-1"}
        assert fold.value
        assert cloud.posts == 1

    def test_a_page_that_is_loaded_again_is_sent_all_cards(self, run, clock, wire):
        """What a front end asks for when it comes back to a kernel that lives on."""
        form = run()
        launch = self.launched(form, "one")
        clock.turn(20)
        shows(form, f": running (id {launch.id})")
        with form.session.lock:
            kept = states()
        page = Page()
        for model_id, state in kept.items():
            page.take("comm_open", {"comm_id": model_id, "data": {"state": state}})
        assert f": running (id {launch.id})" in page.html(form.model_id)
        assert page.button(form.model_id, "Stop …")
        press(_instances[page.button(form.model_id, "Stop …")])
        assert "Stopping loses" in shown(form)

    def test_one_that_is_on_its_way_becomes_a_card(self, run, cloud):
        first = run()
        cloud.hold = threading.Event()
        press(find(first, "Launch"))
        let_read()
        press(find(first, "Yes, launch it"))
        assert cloud.arrived.wait(10)
        second = run()
        assert not first.session.closed, "a request is on its way"
        assert "Sending demo" in shown(second)
        cloud.hold.set()
        launch = first.launches[-1].wait_for_answer(10)
        shows(second, f"(id {launch.id})")
        assert [one for one in every(second) if "ppw-machine" in one._dom_classes]

    def test_launches_are_known_by_mouse_and_by_call(self, run):
        form = run()
        assert form.launches == ()
        by_mouse = self.launched(form, "by-mouse")
        form.value = {**BODY, "name": "by-call"}
        by_call = form.launch()
        by_call.wait_for_answer(10)
        assert form.launches == (by_mouse, by_call)


@pytest.mark.parametrize("kind", ["some", "none", "failed"])
def test_only_where_there_is_none_it_is_said_that_there_is_no_template(make_form, monkeypatch, kind):
    none = "There is no template to choose."
    if kind == "none":
        monkeypatch.setattr(CatalogueReader, "templates", lambda _reader: ())
    elif kind == "failed":
        monkeypatch.setattr(
            CatalogueReader,
            "templates",
            Mock(side_effect=NotSent("not_sent", host="localhost", kind="Timeout")),
        )
    form = make_form(BODY)
    assert none not in shown(form)
    press(form._shown)
    wait_for_threads("ppio-catalogue")
    assert (none in shown(form)) == (kind == "none")
    assert bool(find(form, "Software").options) == (kind == "some")
