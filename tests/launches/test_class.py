"""A class beside a launch: a real cloud is asked nothing of it, and nothing of it holds a launch back."""

import json
import socket

import pytest

from ppio_widgets import PpioClient, PpioError, launch
from ppio_widgets.api import connect
from ppio_widgets.launches.plan import list_products
from ppio_widgets.launches.session import LaunchSession
from tests.support.bodies import MINIMAL
from tests.support.practice import KEY
from tests.support.threads import wait_for_threads
from tests.support.wire import (
    REAL_KEY,
    faulty,
    listing,
    no_class,
    resets_after_reading,
    resets_at_once,
    row,
    says,
    speaks_no_http,
)

pytestmark = pytest.mark.usefixtures("quick")

LESSON = "/practice/v1/lesson"
OFFER = {"product_id": MINIMAL["product_id"], "product_name": "p", "available": True, "billing_prices": []}


def cloud(lesson):
    """A cloud of this machine whose answer about the lesson of a class is a play."""

    def play(server, connection):
        head = connection.recv(4096, socket.MSG_PEEK).decode("latin-1")
        method, target = [*head.split(" "), ""][:2]  # of who only connects nothing
        if target == LESSON:
            lesson(server, connection)
        elif method == "POST":
            says(200, {"id": "i-1"})(server, connection)
        elif "/instances/" in target:
            says(200, row(MINIMAL["name"], "i-1"))(server, connection)
        elif target.startswith("/gpus/v2/instances"):
            listing()(server, connection)  # dated now
        else:
            says(200, {"data": [OFFER]})(server, connection)

    return faulty(play)


def asked(server):
    return [f"{one.method} {one.target.partition('?')[0]}" for one in server.received]


@pytest.mark.parametrize("key", [REAL_KEY, KEY])
def test_a_real_cloud_is_asked_nothing_of_a_class(key):
    practice = key == KEY
    with cloud(no_class) as server:
        client = PpioClient(key, base_url=server.url)
        session = LaunchSession(client)
        session.load()
        wait_for_threads("ppio-catalogue", "ppio-names")
        session.close()
        list_products(client)
        launch(MINIMAL, api_key=key, base_url=server.url).stop_following()
        calls = asked(server)
    assert calls.count("POST /gpus/v2/instances") == 1
    assert calls.index("GET /gpus/v2/products") < calls.index("POST /gpus/v2/instances")
    assert {one for one in calls if "/practice/" in one} == ({f"GET {LESSON}"} if practice else set())


def test_a_person_of_a_hub_joins_no_class_at_a_host_that_is_allowed(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    monkeypatch.setenv("PPIO_GPU_BASE_URL", "https://gpu.ppio-widgets.invalid")
    client = connect(allow_host="gpu.ppio-widgets.invalid", need_key=False)
    assert (client.is_practice, client.host.is_class) == (False, False)
    with pytest.raises(PpioError):
        connect(need_key=False)


@pytest.mark.parametrize(
    "lesson",
    [
        says(500, b"<html>"),
        says(502, b""),
        says(401, {}),
        says(403, {"reason": "CLASS_PIN"}),
        says(404, b"404 page not found"),
        says(429, {}, "Retry-After: 600"),
        says(302, b"", "Location: /gpus/v2/instances"),
        says(200, b""),
        says(200, b"["),
        says(200, []),
        says(200, None),
        says(200, {"id": "of-a-class", "name": MINIMAL["name"]}),
        says(200, {"allow": [1]}),
        says(200, {"allow": {"products": 5, "billing": "x", "max_hourly": "NaN", "name": 1, "locked": [1]}}),
        listing(row(MINIMAL["name"], "of-a-class")),
        resets_at_once,
        resets_after_reading,
        speaks_no_http,
    ],
)
def test_whatever_is_told_in_place_of_a_lesson_a_launch_is_sent_once_and_keeps_its_own_answer(lesson):
    with cloud(lesson) as server:
        launched = launch(MINIMAL, api_key=KEY, base_url=server.url)
        launched.stop_following()
        assert (server.posts, launched.id) == (1, "i-1")
        assert [one.method for one in launched.wire] == ["POST"]


def test_the_record_of_a_launch_elsewhere_is_as_before_there_were_classes(tmp_path):
    with cloud(no_class) as server:
        launch(MINIMAL, api_key=REAL_KEY, base_url=server.url).stop_following()
    (file,) = (tmp_path / "state" / "launches").glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8")).keys() == {
        *("version", "launch_id", "host", "account", "body", "sent_at", "offset", "name_was_free", "listed"),
        *("state", "instance_id", "source", "practice", "absences", "absent_since", "candidates"),
        *("absent_date", "missed", "gone", "gone_at"),
    }
