"""The second output of a view: what it says, when it is written, and that it costs nothing else."""

import logging
import re
import threading

import ipywidgets
import pytest

from ppio_widgets import Instance, InstanceBoard, LaunchForm, PpioClient
from ppio_widgets.cards import static
from ppio_widgets.cloud.client import Target
from ppio_widgets.instances.watcher import Watch
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.locale.words import words
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets import saved_output
from ppio_widgets.widgets.instance_card import InstanceCard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.bodies import MINIMAL
from tests.support.clock import PATIENCE
from tests.support.sweep import ENV_SECRET, hits
from tests.support.threads import threads_going, wait_for_threads
from tests.support.wire import closed_port

from .conftest import answer, displayed, every, find, find_all, open_menus, press, type_into, until
from .test_instance_card import AccountClock

BODY = {**MINIMAL, "product_id": "a100-80g"}


class Publisher:
    """Takes what is published; `arrived` tells that there is something new."""

    def __init__(self):
        self.sent = []
        self.arrived = threading.Condition()
        self.broken = False

    def publish(self, data, metadata, *, transient, update):
        if self.broken:
            raise OSError("no socket")
        with self.arrived:
            self.sent.append((transient["display_id"], update, data))
            self.arrived.notify_all()

    def wait_for(self, text):
        """Wait until a text stands in an output, and return that output."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self._found(text), PATIENCE), (text, self.sent[-2:])
            return self._found(text)

    def _found(self, text):
        return next((data for _id, _update, data in self.sent if text in data.get("text/plain", "")), None)

    @property
    def ids(self):
        return [one for one, _update, _data in self.sent]

    @property
    def shown(self):
        """Displays, not updates."""
        return [one for one, update, _data in self.sent if not update]

    def last(self):
        return self.sent[-1][2]["text/plain"]


class Going(AccountClock):
    """The account's clock, but for the moment until the card is first written."""

    def until(self, event, moment):
        is_first = moment - self.monotonic() <= saved_output.FIRST_SECONDS
        return event.wait(saved_output.FIRST_SECONDS) if is_first else super().until(event, moment)


class Shell:
    """A front end with widgets, in which a cell runs."""

    def __init__(self):
        self.display_pub = Publisher()
        self.execution_count = 1
        self.cell = "cell-1"

    def get_parent(self):
        return {"metadata": {"cellId": self.cell}, "content": {}}


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setattr(kernel, "shell", lambda: shell)
    monkeypatch.setattr(saved_output, "FIRST_SECONDS", 0.01)
    return shell


@pytest.fixture
def page(shell):
    return shell.display_pub


@pytest.fixture
def going(monkeypatch, clock):
    kernel.current().clock = Going(clock)


@pytest.fixture
def made(wire):
    """Closes what a test made, and waits for its threads."""
    views = []
    yield lambda view: views.append(view) or view
    for view in views:
        view.close()
    wait_for_threads("ppio-watch", "ppio-act")


def appears(view, description):
    """Wait for a control: the panel of an instance follows the launch on a thread of its own."""

    def is_there():
        if not find_all(view, description):
            open_menus(view)
        return find_all(view, description)

    until(is_there, f"{description} is there")
    return find(view, description)


def test_it_is_empty_at_first_and_soon_says_what_the_form_is(make_form, page):
    shown = make_form(MINIMAL)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert page.sent[0][1:] == (False, saved_output.NOTHING)
    output = page.wait_for("nothing was launched")
    assert "%ppio_launch --form --name demo" in output["text/plain"]
    assert len(set(page.ids)) == 1
    assert page.sent[-1][1], "an update"


def test_the_view_carries_the_rule_that_hides_its_own_card(make_form, page):
    form = make_form(MINIMAL)
    form._repr_mimebundle_()
    output = page.wait_for("nothing was launched")
    name = page.ids[0]
    assert f"class='ppio-static {name} " in output["text/html"]
    # And beside the card the one that hides what stands for a dead view.
    beside = rf"\.{name}\)~[^{{]*\.lm-Panel>\*\)\){{display:none}}</style>$"
    assert re.search(beside, output["text/html"])
    styles = "".join(one.value for one in every(form) if isinstance(one, ipywidgets.HTML))
    assert re.search(rf"<style>\.{name},\.jp-OutputArea-child:has\([^{{]*\.{name}\){{display:none}}", styles)


def test_the_outcome_is_written_by_the_launch_itself(make_form, page, cloud):
    form = make_form(BODY)
    form._repr_mimebundle_()
    cloud.hold = threading.Event()
    launch = form.launch()
    page.wait_for("Sending demo")
    cloud.hold.set()
    output = page.wait_for(f"(id {launch.wait_for_answer(PATIENCE).id})")
    assert "This practice cloud ends with its kernel" in output["text/plain"]
    assert len(set(page.ids)) == 1


def test_what_becomes_of_the_machine_is_written_too(make_form, page, clock, going):
    form = make_form(BODY)
    form._repr_mimebundle_()
    launch = form.launch().wait_for_answer(PATIENCE)
    clock.turn(30)
    page.wait_for(f"running (id {launch.id})")
    press(appears(form, "Delete …"))
    answer(form, "Yes, delete it for good")
    page.wait_for("about to be deleted")
    clock.turn(10)
    assert "%ppio show" not in page.wait_for("confirmed deleted at")["text/plain"]


def test_a_keystroke_writes_nothing(make_form, page, wire):
    form = displayed(make_form(MINIMAL))
    page.wait_for("nothing was launched")
    wait_for_threads("ppio-catalogue")
    before = len(page.sent)
    wire.clear()
    type_into(find(form, "Name"), "other")
    assert len(page.sent) == before
    assert wire.count() <= 2


def test_what_was_typed_is_in_it_when_the_form_is_closed(make_form, page):
    form = make_form({**MINIMAL, "envs": [{"key": "A", "value": ENV_SECRET}]})
    form._repr_mimebundle_()
    type_into(find(form, "Name"), "typed-later")
    form.close()
    assert "--name typed-later" in page.last()
    assert hits(str(page.sent)) == []
    form.close()


def test_closed_before_its_first_card_nothing_waits_for_that_any_more(make_form, page, monkeypatch):
    monkeypatch.setattr(saved_output, "FIRST_SECONDS", 1000)
    form = make_form(MINIMAL)
    form._repr_mimebundle_()
    assert threads_going("ppio-timer")
    form.close()
    wait_for_threads("ppio-timer")
    assert "nothing was launched" in page.last()


def test_a_form_whose_question_was_given_up_is_a_form_again(make_form, page):
    form = make_form(MINIMAL)
    form._repr_mimebundle_()
    page.wait_for("nothing was launched")
    press(find(form, "Launch"))
    page.wait_for("waiting for your confirmation")
    answer(form, "Cancel")
    assert "nothing was launched" in page.last()


def test_a_line_whose_question_was_given_up_says_so(made, client, page):
    card = made(ConfirmCard(MINIMAL, client, language="en"))
    card._repr_mimebundle_()
    page.wait_for("waiting for your confirmation")
    answer(card, "Cancel")
    assert page.last().startswith("demo: cancelled; nothing was sent.")
    assert "%ppio_launch --name demo" in page.last()


def test_a_confirmed_line_ends_with_its_id(made, client, page):
    card = made(ConfirmCard(MINIMAL, client, language="en"))
    card._repr_mimebundle_()
    answer(card, "Yes, launch it")
    page.wait_for(f"(id {card.launch.wait_for_answer(PATIENCE).id})")


def test_shown_twice_in_a_cell_it_is_one_and_in_the_next_run_one_more(make_form, shell, page):
    form = make_form(MINIMAL)
    form._repr_mimebundle_()
    form._repr_mimebundle_()
    assert len(page.shown) == 1
    page.wait_for("nothing was launched")
    shell.execution_count, shell.cell = 2, "cell-2"
    form._repr_mimebundle_()
    assert len(page.shown) == 2
    assert "nothing was launched" in page.last(), "what was written already"
    assert len(set(page.ids)) == 1, "an update reaches both"


def test_two_views_of_a_cell_have_one_each(make_form, page):
    for _ in range(2):
        make_form(MINIMAL)._repr_mimebundle_()
    assert len(set(page.shown)) == len(page.shown) == 2


def test_running_the_cell_again_keeps_the_ids_of_what_was_launched(make_form, shell, page):
    form = make_form(BODY)
    form._repr_mimebundle_()
    launch = form.launch().wait_for_answer(PATIENCE)
    page.wait_for(f"(id {launch.id})")
    shell.execution_count = 2
    make_form(BODY)._repr_mimebundle_()
    with page.arrived:
        assert page.arrived.wait_for(
            lambda: page.sent[-1][0] != page.ids[0] and launch.id in str(page.sent[-1]), PATIENCE
        )


def empty_places(page):
    """Ids of the places that are kept; nothing else was published."""
    assert [(update, data) for _id, update, data in page.sent] == [(False, saved_output.NOTHING)] * len(
        page.sent
    )
    return page.ids


def test_never_displayed_or_closed_it_says_nothing(make_form, page):
    form = make_form(MINIMAL)
    repr(form)
    form.close()
    assert len(empty_places(page)) == 1


def test_in_a_box_its_place_is_in_the_cell_that_made_it(make_form, page):
    form = make_form(BODY)
    box = ipywidgets.VBox([form])
    box._repr_mimebundle_()
    (place,) = empty_places(page)
    press(form._shown)
    output = page.wait_for("nothing was launched")
    assert page.sent[-1][:2] == (place, True)
    assert "%ppio_launch --form --name demo" in output["text/plain"]
    press(form._shown)
    form._remains.show()
    assert page.shown == [place], "one output, however often it is announced"
    box.layout.close()
    box.close()


def test_made_in_one_cell_and_displayed_in_the_next_it_stands_beside_the_form(make_form, shell, page):
    form = make_form(BODY)
    (kept,) = empty_places(page)
    shell.cell, shell.execution_count = "cell-2", 2
    form._repr_mimebundle_()
    press(form._shown)
    page.wait_for("nothing was launched")
    form.close()
    assert [data for one, _update, data in page.sent if one == kept] == [saved_output.NOTHING]
    assert len(page.shown) == 2


def test_a_front_end_that_is_gone_keeps_nothing_from_being_launched(make_form, page, caplog, cloud):
    form = make_form(MINIMAL)
    form._repr_mimebundle_()
    page.broken = True
    assert form.launch().wait_for_answer(PATIENCE).id
    assert cloud.posts == 1
    wait_for_threads("ppio-launch", "ppio-timer")
    logged = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert logged
    assert all(one.startswith("static card: OSError in") for one in logged)
    form.close()
    wait_for_threads("ppio-watch")
    caplog.clear()


def test_the_card_of_an_instance(made, client, account, clock, going, page):
    identity = account.create(BODY)["id"]
    clock.turn(30)
    card = made(InstanceCard(Instance(identity, client), language="en"))
    card._repr_mimebundle_()
    press(card._shown)
    assert f"(id {identity})" in page.wait_for("demo on the practice cloud: running")["text/plain"]
    press(appears(card, "Stop …"))
    answer(card, "Yes, stop it")
    page.wait_for("about to stop")
    clock.turn(10)
    page.wait_for("confirmed stopped at")
    card.close()
    after = len(page.sent)
    account.act(identity, "delete")
    clock.turn(10)
    assert card.session.instance.refresh().status == "removed"
    assert len(page.sent) == after, "a card that is closed is followed no longer"


def test_one_look_at_what_was_launched_writes_one_card(client, clock, going, page):
    """The instance tells of it, and the launch that follows it as well."""
    launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
    launch.submit()
    launch.wait_for_outcome(PATIENCE)
    launch.stop_following()
    wait_for_threads("ppio-launch", "ppio-watch")  # they tell of it after it is known
    say = words("en")
    output = saved_output.SavedOutput(say, lambda: static.of_launch(launch, say), lambda: launch.instance)
    launch.observe(output.write, "sight")
    output.show()
    output._begin()
    for seconds, status in ((30, "running"), (0, "running")):
        clock.turn(seconds)
        before = len(page.sent)
        launch.instance.look()
        assert launch.instance.status == status
        assert len(page.sent) - before == (seconds > 0)
    output.close()


def test_one_look_at_a_launch_that_is_followed_makes_one_card(client, clock, going, page, monkeypatch):
    monkeypatch.setattr(saved_output, "FIRST_SECONDS", PATIENCE)  # it begins below, and only there
    launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
    say, made = words("en"), []
    output = saved_output.SavedOutput(say, lambda: made.append(launch.seen), lambda: launch.instance)
    launch.observe(output.write, "sight")
    output.show()
    output._begin()
    monkeypatch.setattr("ppio_widgets.launches.launch.watch", lambda *_given: Watch(client, print))
    launch.submit()
    launch.wait_for_answer(PATIENCE)
    wait_for_threads("ppio-launch")
    for seconds, makes in ((1, 1), (0, 0)):
        clock.turn(seconds)
        made.clear()
        launch.instance.look()
        assert len(made) == makes
    output.close()


def test_the_board(made, client, account, clock, going, page):
    identity = account.create(BODY)["id"]
    clock.turn(30)
    board = made(InstanceBoard(client=client, language="en"))
    board._repr_mimebundle_()
    press(board._shown)
    assert identity in page.wait_for("One instance on the practice cloud")["text/plain"]
    written = len(page.sent)
    account.act(identity, "delete")
    clock.turn(10)
    page.wait_for("No instances on the practice cloud")
    assert len(page.sent) <= written + 3, "as often as there is news"


@pytest.mark.parametrize("answers", ["input", None])
def test_where_nobody_can_click_the_form_itself_says_it_all(make_form, page, monkeypatch, answers):
    monkeypatch.setattr(kernel, "who_answers", lambda: answers)
    shown = make_form(MINIMAL)._repr_mimebundle_()
    assert set(shown) == {"application/vnd.jupyter.widget-view+json", "text/plain", "text/html"}
    for kind in ("text/plain", "text/html"):
        assert "%ppio_launch --form --name demo" in shown[kind]
    assert page.sent == []


@pytest.mark.parametrize("answers", ["buttons", None])
def test_what_is_shown_is_plain_text_which_every_host_can_write_down(make_form, page, monkeypatch, answers):
    """A subclass of it is an object to marimo, which shows none of that."""
    monkeypatch.setattr(kernel, "who_answers", lambda: answers)
    shown = make_form(MINIMAL)._repr_mimebundle_()
    assert type(shown["text/html"]) is str
    if answers == "buttons":
        assert {
            type(page.wait_for("nothing was launched")[kind]) for kind in ("text/plain", "text/html")
        } == {str}


def test_where_nobody_can_click_the_board_is_listed_at_once(made, client, account, monkeypatch):
    monkeypatch.setattr(kernel, "who_answers", lambda: None)
    identity = account.create(BODY)["id"]
    shown = made(InstanceBoard(client=client, language="en"))._repr_mimebundle_()
    for kind in ("text/plain", "text/html"):
        assert identity in shown[kind]
        assert "This practice cloud ends with its kernel" in shown[kind]


def test_a_board_that_cannot_be_listed_says_why(made, monkeypatch):
    monkeypatch.setattr(kernel, "who_answers", lambda: None)
    nobody = PpioClient("sk_0123456789", base_url=f"http://127.0.0.1:{closed_port()}")
    shown = made(InstanceBoard(client=nobody, language="en"))._repr_mimebundle_()
    assert "did not answer" in shown["text/plain"]


def test_it_speaks_the_language_of_its_form(wire, client, page):
    form = LaunchForm(MINIMAL, client=client, language="zh")
    form._repr_mimebundle_()
    page.wait_for("按同样内容重新打开表单")
    form.close()
