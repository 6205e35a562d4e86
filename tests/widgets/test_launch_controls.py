from decimal import Decimal

import pytest

from ppio_widgets.launches.states import LaunchState
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.sentences import sentence_of

from .conftest import answer, displayed, find, find_all, press, shown, shows


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
    assert sentence_of(card.launch) == "demo: cancelled; nothing was sent."
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
    answer(card, "Launch a copy")
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


PREPAID = {
    **MINIMAL,
    "product_id": "prod-1",
    "billing": {"mode": "prepaid", "prepaid": {"months": 12, "auto_renew": {"enabled": True, "months": 3}}},
    "resource": {"gpu_num": 8, "rootfs_size_gb": 20},
}


def make(client, body, **options):
    card = ConfirmCard(body, client, language="en", **options)
    try:
        yield displayed(card)
    finally:
        card.close()


def test_without_a_price_the_question_names_months_renewal_gpus_and_the_charge(wire, client):
    for card in make(client, PREPAID):
        assert "The price of prod-1 is unknown." in shown(card)
        terms = "prepaid for 12 months, charged now, renewing by 3 months until turned off"
        assert "<b>Rent 8 × prod-1? Its price is unknown.</b>" in shown(card)
        assert f"demo on the practice cloud: {terms}." in shown(card)
        assert f"Commits to 8 GPUs, {terms}." in shown(card)
        assert "Cannot be released early." in shown(card)
        assert "billed from the moment" not in shown(card)


def test_at_its_ceiling_it_is_sent(wire, client, cloud):
    for card in make(client, {**MINIMAL, "product_id": "a100-80g"}, ceiling=Decimal("12.60")):
        assert "price ceiling" not in shown(card)
        let_read()
        press(find(card, "Yes, launch it"))
        assert card.launch.wait_for_answer(10).id
        assert cloud.posts == 1


def test_above_its_ceiling_it_says_so_and_sends_nothing(wire, client, cloud):
    for card in make(client, {**MINIMAL, "product_id": "a100-80g"}, ceiling=Decimal("12.59")):
        assert "Costs ¥12.60 per hour, above the price ceiling of ¥12.59." in shown(card)
        let_read()
        press(find(card, "Yes, launch it"))
        assert card.launch.state is LaunchState.ARMED, "the question stands, with the reason"
        assert cloud.posts == 0


def test_what_does_not_fit_the_product_is_said_in_the_open_question(wire, client, cloud):
    body = {**MINIMAL, "product_id": "a100-80g", "resource": {"gpu_num": 8, "rootfs_size_gb": 20}}
    for card in make(client, body):
        assert "GPUs: Only 6 GPUs of this product are free right now" in shown(card)
        let_read()
        press(find(card, "Yes, launch it"))
        assert card.launch.state is LaunchState.ARMED
        assert cloud.posts == 0


def test_a_secret_that_is_typed_is_told_in_the_question_and_hidden_on_its_card(client):
    body = {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": "tulip-garden-77"}]}
    card = ConfirmCard(body, client, language="en")
    assert "Looks secret, yet its value is written out: HF_TOKEN." in shown(card._controls.box)
    assert "tulip" not in shown(card)
    assert "••••(env HF_TOKEN)" in shown(card)
    assert card.launch.plan.body["envs"] == body["envs"]
    card.close()
