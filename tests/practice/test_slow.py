"""The practice cloud for a demonstration: slowly, or one state at a time."""

import httpx
import pytest

from ppio_widgets import ApiError, HostRefused, InputError, Instance, PpioClient, Slow, launch
from ppio_widgets.api import connect
from ppio_widgets.practice import cloud as practice
from ppio_widgets.practice.catalogue import OFFERS
from ppio_widgets.practice.server import serving
from ppio_widgets.request import pricing
from tests.support.bodies import MINIMAL
from tests.support.practice import OneAccount
from tests.support.wire import REAL_KEY

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def _own_account(monkeypatch, account):
    one = OneAccount(account)
    monkeypatch.setattr(practice, "kernel_cloud", lambda: one)


def launched(slow):
    begun = launch(MINIMAL, practice=slow)
    begun.stop_following()
    return Instance(begun.id, connect(practice=True))


def status(instance):
    return instance.refresh().status


def test_a_walk_takes_so_many_times_as_long(clock):
    instance = launched(Slow(times=5))
    seen = []
    for _ in range(7):
        seen.append(status(instance))
        clock.turn(5)
    assert seen == ["toCreate", "creating", "creating", "pulling", "pulling", "pulling", "running"]
    assert not instance.waits


def test_each_next_state_waits_for_a_person(clock):
    instance = launched(Slow(step=True))
    seen = []
    while instance.waits:
        clock.turn(3600)
        assert status(instance) == status(instance)
        seen += [status(instance), instance.step().status]
    assert seen == ["toCreate", "creating", "creating", "pulling", "pulling", "running"]
    with pytest.raises(ApiError, match="running"):
        instance.step()
    assert status(instance) == "running"


def test_it_is_billed_from_the_step_to_pulling_on(account, clock):
    instance = launched(Slow(step=True))
    for state in ("creating", "pulling"):
        clock.turn(3600)
        assert account.spent == 0
        assert instance.step().status == state
    clock.turn(3600)
    hour = account.spent
    assert hour == pricing.hourly(OFFERS[MINIMAL["product_id"]], MINIMAL)
    instance.step()
    clock.turn(3600)
    assert account.spent == 2 * hour


def test_what_ends_it_is_stepped_as_well(clock):
    instance = launched(Slow(step=True))
    while instance.waits:
        instance.step()
    instance.client.act(instance.id, "stop")
    clock.turn(3600)
    assert [status(instance), instance.step().status, instance.step().status] == [
        "toStop",
        "stopping",
        "exited",
    ]
    instance.client.act(instance.id, "delete")
    assert [status(instance), instance.step().status, instance.step().status] == [
        "toRemove",
        "removing",
        "removed",
    ]
    assert not instance.waits


def test_what_else_is_launched_there_goes_on_by_itself(clock):
    launched(Slow(step=True))
    other = launch({**MINIMAL, "name": "other"}, practice=True)
    clock.turn(6)
    assert not other.instance.waits
    assert status(other.instance) == "running"


@pytest.mark.parametrize("times", [0, -1, float("inf"), float("nan"), "5"])
def test_a_pace_is_a_positive_number(times):
    with pytest.raises(InputError, match=r"Slow\(times=5\)"):
        Slow(times=times)


def test_it_is_for_the_cloud_of_this_kernel(monkeypatch):
    with serving() as server:
        with pytest.raises(HostRefused, match="own practice cloud"):
            connect(practice=Slow(), base_url=server.url)
        monkeypatch.setenv("PPIO_GPU_BASE_URL", server.url)
        with pytest.raises(HostRefused, match="own practice cloud"):
            launch(MINIMAL, practice=Slow())


@pytest.mark.parametrize("given", ["yes", 1, Slow])
def test_what_says_which_cloud_is_said_clearly(given):
    with pytest.raises(InputError, match="True, False or Slow"):
        connect(practice=given)


def test_a_real_cloud_is_never_asked_for_a_step():
    asked = []
    wire = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(200, json={}))
    instance = Instance("abc123", PpioClient(REAL_KEY, transport=wire))
    with pytest.raises(HostRefused, match="Nothing was sent"):
        instance.step()
    assert asked == []
