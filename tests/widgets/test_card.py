import pytest

from ppio_widgets.form.confirm import ConfirmCard
from ppio_widgets.launcher.states import LaunchState
from tests.bodies import MINIMAL
from tests.consent import let_read

from .conftest import answer, find, find_all, press, shown, shows


@pytest.fixture
def card(wire, client):
    card = ConfirmCard(MINIMAL, client, language="en")
    yield card
    card.close()


def test_confirm_sends_once_and_the_launch_follows(card, cloud):
    confirm = find(card, "Yes, launch it")
    let_read()
    press(confirm)
    press(confirm)
    launch = card.launch.wait_for_answer(10)
    shows(card, launch.id)
    assert cloud.posts == 1


def test_cancel_says_so_and_the_launch_can_no_longer_be_sent(card, cloud):
    assert card.launch.wait(10).state is LaunchState.ARMED, "waiting for what was not sent returns at once"
    answer(card, "Cancel")
    assert card.launch.state is LaunchState.WITHDRAWN
    assert "nothing was sent" in shown(card)
    assert repr(card.launch) == "demo: cancelled; nothing was sent."
    assert not find_all(card, "Yes, launch it")
    assert card.launch.submit() is False
    assert cloud.posts == 0


def test_closing_withdraws(card, cloud):
    card.close()
    assert card.launch.submit() is False
    assert cloud.posts == 0


def test_a_taken_name_is_asked_for_once_more_on_the_same_card(card, client, cloud, wire):
    other = ConfirmCard(MINIMAL, client, language="en")
    answer(other, "Yes, launch it")
    first = other.launch.wait_for_answer(10)
    other.close()
    answer(card, "Yes, launch it")
    shows(card, f"already there (id {first.id}")
    assert cloud.posts == 1
    answer(card, "Launch all the same")
    second = card.launch.wait_for_answer(10)
    shows(card, second.id)
    assert cloud.posts == 2


def test_consent_given_in_the_line_is_not_asked_for_again(card, client, cloud, wire):
    answer(card, "Yes, launch it")
    card.launch.wait_for_answer(10)
    again = ConfirmCard(MINIMAL, client, again=True, language="en")
    answer(again, "Yes, launch it")
    assert again.launch.wait_for_answer(10).id
    assert cloud.posts == 2
    again.close()
