"""Incidents: what is to happen to whom, and when it has happened often enough."""

from __future__ import annotations

import pytest

from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.errors import ApiError, PpioError
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import failure_of, verbs
from ppio_widgets.practice.incidents import Incident, Incidents
from ppio_widgets.practice.server import serving
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.wire import PATIENCE, wait_for_launches

KEYS = {name: f"sk_practice_{name}.4711" for name in ("ada", "bo")}
SPOT = {**MINIMAL, "billing": {"mode": "spot"}}


@pytest.fixture(params=["in this process", "over a socket"])
def room(request, clock):
    """A cloud, and clients of two students of it."""
    cloud = PracticeCloud(clock)
    cloud.sleep = clock.turn
    if request.param == "over a socket":
        with serving(cloud) as server:
            clients = {name: PpioClient(key, base_url=server.url) for name, key in KEYS.items()}
            yield cloud, clients
        return
    transport = PracticeTransport(cloud)
    yield (
        cloud,
        {
            name: PpioClient(key, base_url="http://localhost", transport=transport, practice=True)
            for name, key in KEYS.items()
        },
    )


def told(client, body=MINIMAL):
    """The API's name for why nothing was made; empty for an instance."""
    error = client.send_create(body).error
    return getattr(error, "reason", type(error).__name__) if error else ""


def test_it_strikes_whom_it_is_for_and_so_often(room):
    cloud, client = room
    cloud.incidents.add("real-name", student="ada", times=2)
    assert [told(client["bo"]), *(told(client["ada"]) for _ in range(3))] == [
        "",
        *["IDENTIFY_NOT_DONE"] * 2,
        "",
    ]
    assert cloud.incidents.pending() == ()


def test_for_everybody_it_strikes_each_so_often_and_stays(room):
    cloud, client = room
    cloud.incidents.add("sold-out", product="a100-80g")
    other = {**MINIMAL, "product_id": "4090.16c62g.os"}
    assert told(client["ada"], other) == ""
    assert [told(client[name]) for name in ("ada", "bo")] == ["INSUFFICIENT_RESOURCE"] * 2
    assert [told(client[name]) for name in ("ada", "bo")] == ["", ""]
    (left,) = cloud.incidents.pending()
    assert left.met == {"ada": 1, "bo": 1}
    cloud.incidents.clear()
    assert cloud.incidents.pending() == ()


def test_with_no_number_it_strikes_until_it_is_called_off(room):
    cloud, client = room
    cloud.incidents.add("quota", student="bo", times=0)
    assert {told(client["bo"]) for _ in range(3)} == {"CREATE_INSTANCE_LIMIT"}
    cloud.incidents.clear("ada")
    assert told(client["bo"]) == "CREATE_INSTANCE_LIMIT"
    cloud.incidents.clear("bo")
    assert told(client["bo"]) == ""


def test_a_launch_that_is_wrong_uses_none_up(room):
    cloud, client = room
    cloud.incidents.add("no-balance", student="ada")
    assert told(client["ada"], {**MINIMAL, "product_id": "none"}) == "RESOURCE_NOT_FOUND"
    assert told(client["ada"]) == "BALANCE_NOT_ENOUGH"


def test_only_a_spot_instance_is_reclaimed(room):
    cloud, client = room
    cloud.incidents.add("spot-reclaimed", student="ada")
    assert told(client["ada"]) == ""
    assert len(cloud.incidents.pending()) == 1
    assert told(client["ada"], SPOT) == ""
    assert cloud.incidents.pending() == ()


@pytest.mark.parametrize("verb", ["rate-limit", "wrong-key", "gateway-502"])
def test_it_strikes_other_calls_where_it_is_to(room, verb):
    cloud, client = room
    made = client["ada"].send_create(MINIMAL).instance_id
    calls = {
        "get": lambda: client["ada"].get_instance(made),
        "list": client["ada"].listing,
        "act": lambda: client["ada"].act(made, "delete"),
    }
    for call, ask in calls.items():
        cloud.incidents.add(verb, student="ada", call=call)
        with pytest.raises(ApiError) as caught:
            ask()
        row = failure_of(verb)
        assert (caught.value.status, caught.value.reason) == (row.status, row.reason)
        assert caught.value.retry_after == (row.retry_after or None)
    assert cloud.incidents.pending() == ()


def test_the_cloud_is_switched_off_for_any_call(room):
    cloud, client = room
    for call in ("create", "list"):
        cloud.incidents.add("cloud-off", student="ada", call=call)
    verdict = client["ada"].send_create(MINIMAL)
    assert verdict.instance_id is None
    with pytest.raises(PpioError):
        client["ada"].listing()
    assert client["ada"].listing().instances == ()
    assert client["bo"].send_create(MINIMAL).instance_id


def test_an_answer_that_is_late_comes_with_the_time_at_which_it_leaves(room, clock):
    cloud, client = room
    cloud.incidents.add("slow-answer", student="ada")
    began = clock.now
    assert client["ada"].send_create(MINIMAL).instance_id
    assert clock.now == began + failure_of("slow-answer").slow


# Where a launch ends whose answer is not there, and how many instances there are then.
ENDS = {
    "lost-answer": (LaunchState.SUCCEEDED, 1),
    "gateway-502": (LaunchState.SUCCEEDED, 1),
    "lost-answer-absent": (LaunchState.ABSENT, 0),
    "cloud-off": (LaunchState.ABSENT, 0),  # over an address: the request had left
    "lost-answer-unknown": (LaunchState.UNKNOWN, 1),
}


@pytest.mark.parametrize("verb", ENDS)
def test_over_a_socket_a_lost_answer_is_found_proved_absent_or_stays_unknown(verb, time):
    cloud = PracticeCloud(time.now)
    cloud.incidents.add(verb, student="ada")
    with serving(cloud) as server, PpioClient(KEYS["ada"], base_url=server.url) as client:
        launch = Launch(LaunchPlan(check(MINIMAL), Target.of(client)), client)
        launch.submit()
        launch.wait_for_answer(PATIENCE)
        launch.wait_for_outcome(PATIENCE)
        launch.stop_following()
        wait_for_launches()
        account = cloud.account(KEYS["ada"])
    assert (launch.state, len(account.seen())) == ENDS[verb]
    assert time.time > 1_700_000_000 + 60 or launch.id


@pytest.mark.parametrize(
    ("asked", "verb"),
    [
        ("sold-out", "sold-out"),
        ("sold_out", "sold-out"),
        ("INSUFFICIENT_RESOURCE", "sold-out"),
        (" Lost-Answer ", "lost-answer"),
        ("403", "no-right"),
        ("429", "rate-limit"),
    ],
)
def test_it_is_named_by_verb_by_the_apis_name_or_by_status(asked, verb):
    assert Incidents().add(asked).verb == verb


@pytest.mark.parametrize(("asked", "nearest"), [("lose_answer", "lost-answer"), ("soldout", "sold-out")])
def test_what_is_none_names_the_nearest(asked, nearest):
    with pytest.raises(ValueError, match=nearest):
        Incidents().add(asked)


@pytest.mark.parametrize("asked", ["", " ", "0", "400x", "{}"])
def test_what_is_like_none_names_some(asked):
    with pytest.raises(ValueError, match="-") as caught:
        Incidents().add(asked)
    assert str(caught.value) in verbs()


def test_a_class_goes_on_with_those_that_were_left():
    incidents = Incidents()
    for student in ("", "ada"):
        incidents.add("quota", student=student, times=2)
    assert incidents.take("create", "ada", MINIMAL)
    again = Incidents(Incident(**vars(one)) for one in incidents.pending())
    assert again.pending() == incidents.pending()
    assert sum(again.take("create", "ada", MINIMAL) is not None for _ in range(9)) == 3
