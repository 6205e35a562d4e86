"""``%ppio bill``: what the account was charged, in the time of its class."""

import re

import pytest
from IPython.core.error import UsageError

from ppio_widgets import launch
from ppio_widgets.cloud.resources import Bill
from ppio_widgets.practice.cloud import PracticeCloud, kernel_account, put_kernel_cloud
from tests.support.bodies import MINIMAL
from tests.support.clock import Clock
from tests.support.wire import wait_for_launches


@pytest.fixture
def clock(shell):
    clock = Clock()
    put_kernel_cloud(PracticeCloud(clock))
    return clock


def test_a_bill_is_a_card_with_the_sum_and_a_row_for_each_instance(run, clock):
    account = kernel_account()
    account.clock.set(0)
    made = account.create(MINIMAL)["id"]
    clock.turn(10)
    assert str(run("%ppio bill --practice")).startswith("Nothing was charged in 31 days")
    account.clock.jump(15 * 3600)
    found = run("%ppio bill --practice")
    assert isinstance(found, Bill)
    assert str(found).startswith("Charged ¥189.00 in 24 h, until 2023-11-15 ")
    assert made in str(found)


def test_an_instance_that_is_gone_keeps_its_name(run, clock):
    made = launch(MINIMAL, practice=True)
    made.stop_following()
    wait_for_launches()
    clock.turn(3610)
    kernel_account().act(made.id, "delete")
    clock.turn(3600)
    assert [one["id"] for one in kernel_account().page()["data"]] == []
    assert re.search(rf"{MINIMAL['name']} +{made.id} +A100", str(run("%ppio bill --practice")))


def test_it_takes_no_word(run, clock):
    with pytest.raises(UsageError, match="%ppio bill"):
        run("%ppio bill everything --practice")
