"""A form that stood open: its price is asked for again, and a question about another price is another one."""

import threading

import pytest

from ppio_widgets import Instance, LaunchRefused, PpioClient
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets.instance_card import InstanceCard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.clock import LaunchClock
from tests.support.consent import let_read
from tests.support.prices import BODY, pricing
from tests.support.threads import wait_for_threads

from .conftest import click, displayed, every, find, find_all, press, shown, type_into, until

HOURS = 2 * 3600.0
CEILING = "Price ceiling per hour"
YES = "Yes, launch it"


@pytest.fixture
def time():
    time = LaunchClock()
    kernel.current().clock = time
    return time


@pytest.fixture
def cloud(time):
    with pricing(time.now) as cloud:
        yield cloud
        wait_for_threads("ppio-launch", "ppio-watch", "ppio-catalogue")


@pytest.fixture
def form(make_form, cloud):
    """A form that has its prices, and whose client goes with it."""
    with PpioClient(base_url=cloud.server.url) as client:
        form = displayed(make_form(BODY, client=client))
        assert "¥12.60 per hour" in shown(form)
        find(form, "Limits").value = True
        yield form
        form.close()
        wait_for_threads("ppio-launch", "ppio-watch", "ppio-since", "ppio-timer")


def question(view):
    """What an open question says; empty where none is open."""
    asked = [one for one in every(view) if "ppw-asked" in one._dom_classes]
    return shown(asked[0]) if asked else ""


def looks(cloud):
    return sum("/instances/" in one.target for one in cloud.server.received)


def landed():
    wait_for_threads("ppio-catalogue")


def test_a_fresh_price_is_not_asked_for_again(form, cloud, time):
    before = cloud.listings
    time.turn(PRICE_LIFE_SECONDS - 10)
    press(find(form, "Launch"))
    landed()
    assert cloud.listings == before
    let_read()
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


def test_one_that_did_not_change_is_asked_for_again_and_taken(form, cloud, time):
    before = cloud.listings
    time.turn(PRICE_LIFE_SECONDS)
    cloud.gate = threading.Event()
    press(find(form, "Launch"))
    assert "Asking for the price again" in question(form)
    assert "This price is of 22:13 UTC; it may have changed." in question(form)
    time.turn(10)
    press(find(form, YES))
    assert form.session.status is LaunchState.ARMED
    assert cloud.posts == 0, "the price is not there yet"
    cloud.gate.set()
    landed()
    assert cloud.listings > before
    assert "Asking for" not in question(form)
    assert "This price is of" not in question(form) + shown(form)
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1
    assert form.session.launch.plan.price_is_old is False


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_that_changed_is_asked_about_anew_with_old_and_new(make_form, cloud, time, language):
    launch, yes, changed, early = {
        "en": ("Launch", YES, "it was ¥12.60 per hour, now it is ¥25.20", "Read first"),
        "zh": ("创建实例", "确认创建", "原为每小时 ¥12.60，现为 ¥25.20", "请先看完"),
    }[language]
    with PpioClient(base_url=cloud.server.url) as client:
        form = displayed(make_form(BODY, client=client, language=language))
        time.turn(HOURS)
        cloud.cents, cloud.gate = 2520, threading.Event()
        press(find(form, launch))
        time.turn(10)
        cloud.gate.set()
        landed()
        assert changed in question(form)
        press(find(form, yes))
        assert f"{early}" in question(form).split("role=alert")[1].split(">")[1], "it has to be read anew"
        assert cloud.posts == 0
        let_read()
        press(find(form, yes))
        assert form.session.launch.wait_for_answer(10).id
        assert form.session.launch.plan.costs(form.say)[0].count("¥25.20") == 1
        assert cloud.posts == 1
        form.close()
        wait_for_threads("ppio-launch", "ppio-watch", "ppio-timer")


def test_a_click_on_the_old_price_does_not_answer_the_new_one(form, cloud, time):
    """The kernel was busy: it handles the click when the new question could have been read."""
    time.turn(HOURS)
    cloud.cents, cloud.gate = 2520, threading.Event()
    press(find(form, "Launch"))
    old = find(form, YES).model_id
    assert "¥12.60" in question(form)
    cloud.gate.set()
    let_read()
    assert "now it is ¥25.20" in question(form)
    click(old)
    assert form.session.status is LaunchState.ARMED
    assert cloud.posts == 0
    click(find(form, YES).model_id)
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


def test_a_price_that_is_on_its_way_already_is_said_to_be(form, cloud, time):
    """Refresh was pressed before: the question waits for that answer, and says so."""
    time.turn(HOURS)
    before = cloud.listings
    cloud.gate = threading.Event()
    press(find(form, "Refresh prices and lists"))
    press(find(form, "Launch"))
    assert "Asking for the price again" in question(form)
    time.turn(10)
    press(find(form, YES))
    assert "Asking for the price again" in question(form)
    assert cloud.posts == 0
    cloud.gate.set()
    landed()
    assert "Asking for" not in question(form)
    assert cloud.listings == 2 * before, "each listing was asked for once more"
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


def test_a_question_whose_price_grows_old_is_not_answered(form, cloud, time, monkeypatch):
    monkeypatch.setattr("ppio_widgets.launches.session.ARMED_SECONDS", 10 * HOURS)
    press(find(form, "Launch"))
    time.turn(HOURS)
    cloud.cents = 1261
    press(find(form, YES))
    landed()
    assert cloud.posts == 0
    assert "it was ¥12.60 per hour, now it is ¥12.61" in question(form)
    let_read()
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


def test_a_refresh_that_changes_the_price_asks_anew_as_well(form, cloud, time):
    press(find(form, "Launch"))
    time.turn(10)
    cloud.cents = 1300
    press(find(form, "Refresh prices and lists"))
    landed()
    press(find(form, YES))
    assert "now it is ¥13.00" in question(form)
    assert cloud.posts == 0


def test_with_a_ceiling_a_price_that_cannot_be_read_again_is_unknown(form, cloud, time):
    type_into(find(form, CEILING), "15")
    time.turn(HOURS)
    cloud.cents = None
    press(find(form, "Launch"))
    landed()
    let_read()
    press(find(form, YES))
    assert form.session.status is LaunchState.ARMED
    assert "The price is unknown and may be above the price ceiling of" in question(form)
    assert "it was ¥12.60 per hour, now it is unknown" in question(form)
    with pytest.raises(LaunchRefused, match="unknown"):
        form.launch()
    assert cloud.posts == 0


def test_without_a_ceiling_it_is_asked_about_as_unknown(form, cloud, time):
    time.turn(HOURS)
    cloud.cents = None
    press(find(form, "Launch"))
    landed()
    assert "it was ¥12.60 per hour, now it is unknown" in question(form)
    let_read()
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


@pytest.mark.parametrize(("cents", "passes"), [(1500, True), (1501, False)])
def test_the_ceiling_holds_the_price_of_now(form, cloud, time, cents, passes):
    type_into(find(form, CEILING), "15")
    time.turn(HOURS)
    cloud.cents = cents
    press(find(form, "Launch"))
    landed()
    let_read()
    press(find(form, YES))
    wait_for_threads("ppio-launch")
    assert cloud.posts == passes
    assert ("above the price ceiling" in question(form)) is not passes


def test_an_old_price_above_the_ceiling_may_be_below_it_by_now(form, cloud, time):
    type_into(find(form, CEILING), "12")
    assert form.errors
    time.turn(HOURS)
    cloud.cents = 1100
    press(find(form, "Launch"))
    landed()
    let_read()
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id


@pytest.mark.parametrize("cents", [1260, 1600, None])
def test_a_call_asks_for_an_old_price_itself(form, cloud, time, cents):
    type_into(find(form, CEILING), "15")
    time.turn(HOURS)
    cloud.cents = cents
    if cents == 1260:
        assert form.launch().wait_for_answer(10).id
    else:
        with pytest.raises(LaunchRefused, match="unknown" if cents is None else r"16\.00"):
            form.launch()
    assert cloud.posts == (cents == 1260)


def test_the_price_of_a_form_that_is_edited_says_of_when_it_is(form, time):
    assert "This price is of" not in shown(form)
    time.turn(HOURS)
    type_into(find(form, "Name"), "later")
    assert "This price is of" in shown(form)
    press(find(form, "Refresh prices and lists"))
    landed()
    assert "This price is of" not in shown(form)


def test_the_time_that_is_shown_is_the_answers_own(make_form, cloud, time):
    cloud.now = lambda: time.now() + 7200 + 120  # the cloud's clock is ahead of this machine's
    with PpioClient(base_url=cloud.server.url) as client:
        form = displayed(make_form(BODY, client=client))
        time.turn(HOURS)
        assert "This price is of 00:15 UTC" in " ".join(form.session.plan.costs(form.say))
        cloud.dated = False
        press(find(form, "Refresh prices and lists"))
        landed()
        time.turn(HOURS)
        assert "This price is of 00:13 UTC" in " ".join(form.session.plan.costs(form.say))
        form.close()


def test_the_plan_of_a_line_is_asked_anew_once_its_first_price_is_there(wire, cloud, time):
    """Yes to a price that was not there yet is no answer to it."""
    with PpioClient(base_url=cloud.server.url) as client:
        cloud.gate = threading.Event()
        card = ConfirmCard(BODY, client, language="en")
        card._repr_mimebundle_()
        time.turn(10)
        cloud.gate.set()
        landed()
        press(find(card, YES))
        assert cloud.posts == 0
        assert "Read first" in question(card).split("role=alert")[1].split(">")[1]
        let_read()
        press(find(card, YES))
        assert card.launch.wait_for_answer(10).id
        card.close()
        wait_for_threads("ppio-launch", "ppio-watch", "ppio-timer", "ppio-since")


def test_without_a_thread_for_it_nothing_is_sent_at_an_old_price(form, cloud, time, starved):
    time.turn(HOURS)
    starved.left = 0
    press(find(form, "Launch"))
    let_read()
    press(find(form, YES))
    assert cloud.posts == 0
    assert find_all(form, YES)
    starved.left = None
    press(find(form, YES))
    landed()
    press(find(form, YES))
    assert form.session.launch.wait_for_answer(10).id


class TestTheCardOfAnInstance:
    @pytest.fixture
    def machine(self, cloud):
        with PpioClient(base_url=cloud.server.url) as client:
            yield Instance("i-1", client).refresh()

    def test_its_rate_says_of_when_an_old_price_is(self, machine, time):
        assert "(¥12.60 per hour, no disk)" in str(machine)
        assert "by the price of" not in str(machine)
        time.turn(HOURS)
        assert "per hour, no disk), by the price of 2023-11-14 22:13 UTC" in str(machine)

    def test_a_look_asks_for_it_again(self, machine, time, cloud):
        time.turn(HOURS)
        cloud.cents = 2520
        machine.refresh()
        assert "¥25.20 per hour" in str(machine)
        assert "by the price of" not in str(machine)

    def test_a_live_card_does_so_by_itself_and_does_not_press_a_cloud_that_fails(
        self, machine, time, cloud, wire
    ):
        card = InstanceCard(machine, language="en")
        card._repr_mimebundle_()
        time.turn(HOURS)
        cloud.cents = 2520
        until(lambda: "¥25.20/h" in shown(card), "the new price is shown")
        landed()
        assert "by the price of" not in shown(card)
        cloud.cents = None
        before = cloud.listings
        time.turn(HOURS)
        until(lambda: cloud.listings > before, "it is asked for")
        landed()
        seen = looks(cloud)
        until(lambda: looks(cloud) > seen + 5, "it is looked at")
        assert cloud.listings == before + 2, "of GPU and of CPU products, once"
        card.close()

    def test_a_launch_of_hours_ago_does_not_keep_its_plans_price(self, form, cloud, time):
        launch = form.launch().wait_for_answer(10)
        machine = launch.instance
        launch.stop_following()
        time.turn(HOURS)
        cloud.cents = 2520
        machine.refresh()
        assert "¥25.20 per hour" in str(machine)
