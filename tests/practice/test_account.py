import json
import socket
import struct
import threading

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud.client import INSTANCES, PpioClient
from ppio_widgets.practice import account as accounts
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.products import PRODUCTS
from ppio_widgets.practice.server import LARGEST_BODY, serving
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.validation import check
from tests.support.bodies import FULL, MINIMAL, bodies
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.wire import PATIENCE

KEY = {"Authorization": f"Bearer {PRACTICE_KEY}"}


@pytest.fixture
def http(server):
    with httpx.Client(base_url=server.url, headers=KEY, trust_env=False) as http:
        yield http


def made(http, **changes):
    answer = http.post(INSTANCES, json={**MINIMAL, **changes})
    assert answer.status_code == 200
    return answer.json()["id"]


def status_of(http, instance_id):
    return http.get(f"{INSTANCES}/{instance_id}").json()["status"]["status"]


def walk(http, clock, instance_id, seconds):
    """The different statuses seen while the clock is turned."""
    seen = []
    for _ in range(int(seconds * 4) + 1):
        status = status_of(http, instance_id)
        if status not in seen:
            seen.append(status)
        clock.turn(0.25)
    return seen


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "UNAUTHORIZED"),
        ({"Authorization": ""}, "UNAUTHORIZED"),
        ({"Authorization": PRACTICE_KEY}, "UNAUTHORIZED"),
        ({"Authorization": "Bearer sk_another_key"}, "FAILED_TO_AUTH"),
        ({"Authorization": f"Basic {PRACTICE_KEY}"}, "FAILED_TO_AUTH"),
        ({"Authorization": f"Bearer {PRACTICE_KEY}/"}, "FAILED_TO_AUTH"),
        ({"Authorization": "Bearer sk_practice_"}, "FAILED_TO_AUTH"),
        ({"Authorization": "Bearer sk_practice_" + "x" * 101}, "FAILED_TO_AUTH"),
    ],
)
def test_without_a_practice_key_nothing_is_answered(server, headers, reason):
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http:
        for answer in (
            http.post(INSTANCES, json=MINIMAL),
            http.get(INSTANCES),
            http.get(f"{INSTANCES}/abc"),
            http.delete(f"{INSTANCES}/abc"),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (401, reason)
            assert set(answer.json()) == {"code", "reason", "message", "metadata"}
    with PpioClient(base_url=server.url) as client:
        assert list(client.list_instances()) == []


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("name",), None, "name"),
        (("name",), "", "name"),
        (("image",), "x" * 501, "image"),
        (("type",), None, None),
        (("resource", "gpu_num"), 0, "resource.gpu_num"),
        (("resource", "gpu_num"), "1", "resource.gpu_num"),
        (("billing", "prepaid"), None, "billing.prepaid.months"),
        (("ports", 1, "port"), 70000, "ports[1].port"),
        (("envs", 0, "key"), "", "envs[0].key"),
        (("volumes", 0, "type"), "nfs", "volumes[0].type"),
        (("colour",), "red", "colour"),
    ],
)
def test_a_wrong_body_is_refused_and_the_field_named(http, path, value, field):
    body = json.loads(json.dumps(FULL))
    place = body
    for part in path[:-1]:
        place = place[part]
    if value is None:
        place.pop(path[-1])
    else:
        place[path[-1]] = value
    answer = http.post(INSTANCES, json=body)
    if field is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 400
    refusal = answer.json()
    assert (refusal["code"], refusal["reason"], refusal["metadata"]) == (
        400,
        "VALIDATOR_PARAM",
        {"field": field},
    )
    assert refusal["message"].startswith(f"{field}: ")
    assert http.get(INSTANCES).json()["data"] == []


@pytest.mark.parametrize("null", ["type", "command", "network"])
def test_null_is_refused(http, null):
    assert http.post(INSTANCES, json={**MINIMAL, null: None}).json()["metadata"] == {"field": null}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(http, content):
    answer = http.post(INSTANCES, content=content)
    assert (answer.status_code, answer.json()["reason"]) == (400, "REQUEST")


def test_an_instance_walks_from_queued_to_running(http, clock):
    instance_id = made(http)
    assert walk(http, clock, instance_id, 7) == ["toCreate", "creating", "pulling", "running"]
    clock.turn(1e6)
    assert status_of(http, instance_id) == "running"


def test_stop_start_restart_and_delete(http, clock):
    instance_id = made(http)
    one = f"{INSTANCES}/{instance_id}"
    clock.turn(10)
    assert http.put(f"{one}/stop").status_code == 200
    assert walk(http, clock, instance_id, 4) == ["toStop", "stopping", "exited"]
    assert http.put(f"{one}/start").status_code == 200
    assert walk(http, clock, instance_id, 4) == ["toStart", "starting", "running"]
    assert http.put(f"{one}/restart").status_code == 200
    assert walk(http, clock, instance_id, 5) == ["toRestart", "restarting", "running"]
    assert http.delete(one).status_code == 200
    assert walk(http, clock, instance_id, 2) == ["toRemove", "removing"]
    clock.turn(2)
    for answer in (http.delete(one), http.put(f"{one}/start")):
        assert (answer.status_code, answer.json()["reason"]) == (400, "RESOURCE_NOT_FOUND")
    for _ in range(2):
        assert status_of(http, instance_id) == "removed", "for a minute"
        clock.turn(58)
    answer = http.get(one)
    assert (answer.status_code, answer.json()["reason"]) == (400, "RESOURCE_NOT_FOUND")
    assert http.get(INSTANCES).json()["data"] == []


@pytest.mark.parametrize(("seconds", "action"), [(0, "stop"), (3, "restart"), (0, "start"), (10, "start")])
def test_an_action_out_of_its_state_is_refused_and_changes_nothing(http, clock, seconds, action):
    instance_id = made(http)
    clock.turn(seconds)
    before = status_of(http, instance_id)
    answer = http.put(f"{INSTANCES}/{instance_id}/{action}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "OPERATION_LIMIT")
    assert before in answer.json()["message"]
    assert status_of(http, instance_id) == before


def test_a_prepaid_instance_is_not_released_early(http, clock):
    instance_id = made(http, billing={"mode": "prepaid", "prepaid": {"months": 1}})
    clock.turn(10)
    answer = http.delete(f"{INSTANCES}/{instance_id}")
    assert answer.json()["reason"] == "PREPAID_INSTANCE_NOT_SUPPORT_RELEASE"
    assert status_of(http, instance_id) == "running"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_instance_that_is_not_there_is_a_400(http, method):
    answer = http.request(method, f"{INSTANCES}/nobody")
    assert (answer.status_code, answer.json()["reason"]) == (400, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/gpus/v1/instances"),
        ("GET", f"{INSTANCES}/"),
        ("POST", f"{INSTANCES}/abc"),
        ("PUT", INSTANCES),
        ("PUT", f"{INSTANCES}/abc/explode"),
        ("POST", f"{INSTANCES}/abc/stop"),
    ],
)
def test_an_unknown_path_is_a_plain_404(http, method, path):
    answer = http.request(method, path)
    assert (answer.status_code, answer.text) == (404, "404 page not found")
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_instance_shows_what_was_asked_for(http, clock):
    instance_id = made(http, **FULL)
    clock.turn(10)
    seen = http.get(f"{INSTANCES}/{instance_id}").json()
    paid = FULL["billing"]["prepaid"] | {"end_time": int(clock.now) - 10 + 30 * 86400}
    assert seen["billing"] == {"mode": "prepaid", "prepaid": paid}
    for key in ("name", "product_id", "image", "type", "command", "envs", "network", "volumes"):
        assert seen[key] == FULL[key]
    assert seen["resource_specs"] == {"gpu_num": 2, "rootfs_size_gb": 60}
    assert seen["region"] == "cn-east-1"
    assert [port["port"] for port in seen["ports"]] == [8080, 8888]
    assert all(instance_id in port["endpoint"] and ".invalid" in port["endpoint"] for port in seen["ports"])
    assert seen["tools"]["jupyter"]["port"] == 8888
    assert seen["created_at"] == int(clock.now) - 10


def test_a_field_that_a_body_will_have_comes_back_without_a_line_here(monkeypatch):
    monkeypatch.setattr(accounts, "refusals", lambda _body, _taken: ())  # the models do not know it
    account = PracticeAccount()
    made_up = {"colour": "red", "racks": [{"row": 1}]}
    resource = {**MINIMAL["resource"], "shm_gb": 8}
    body = {**MINIMAL, **made_up, "resource": resource, "tools": {"vnc": {"enabled": True}}}
    seen = account.get(account.create(body)["id"])
    assert {key: seen[key] for key in made_up} == made_up
    assert seen["resource_specs"]["shm_gb"] == 8
    assert seen["tools"]["vnc"] == {"enabled": True}


def test_the_listing_is_newest_first_filtered_and_paged(http, clock):
    ids = []
    for number in range(5):
        ids.append(made(http, name=f"demo-{number}"))
        clock.turn(4)

    def listed(**query):
        answer = http.get(INSTANCES, params=query).json()
        assert answer["has_more"] == bool(answer["next_cursor"])
        return [row["id"] for row in answer["data"]], answer["next_cursor"]

    newest = ids[::-1]
    assert listed() == (newest, "")
    assert listed(name="demo-3") == ([ids[3]], "")
    assert listed(name=ids[2][2:8]) == ([ids[2]], "")
    assert listed(name="nobody") == ([], "")
    assert listed(status="running")[0] == newest[1:]
    assert listed(status="pulling")[0] == [newest[0]]
    first, cursor = listed(limit=2)
    second, cursor = listed(limit=2, cursor=cursor)
    third, end = listed(limit=2, cursor=cursor)
    assert (first + second + third, end) == (newest, "")
    assert listed(limit=5) == (newest, "")


def test_a_page_has_twenty_unless_asked(http):
    for _ in range(21):
        made(http)
    answer = http.get(INSTANCES).json()
    assert (len(answer["data"]), answer["has_more"]) == (20, True)


@pytest.mark.parametrize("odd", ["-1", "x", "", "9" * 5000, "²", "1.5"])
@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_odd_numbers_in_a_query_do_no_harm(http, name, odd):
    made(http)
    assert http.get(INSTANCES, params={name: odd}).status_code == 200


def test_a_clock_that_is_set_back_does_no_harm(http, clock):
    instance_id = made(http)
    clock.turn(-3600)
    assert status_of(http, instance_id) == "toCreate"
    assert len(http.get(INSTANCES).json()["data"]) == 1


def test_accounts_know_nothing_of_each_other(clock):
    with (
        serving(PracticeCloud(clock)) as one,
        serving(PracticeCloud(clock)) as other,
        PpioClient(base_url=one.url) as client,
        PpioClient(base_url=other.url) as neighbour,
    ):
        client.create_instance(check(MINIMAL).require())
        assert len(list(client.list_instances())) == 1
        assert list(neighbour.list_instances()) == []


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Transfer-Encoding: chunked", 411),
        (f"Content-Length: {LARGEST_BODY + 1}", 413),
        (f"Content-Length: {10**40}", 413),
    ],
)
def test_a_body_that_is_not_read_ends_the_connection(server, header, status):
    host = "Host: 127.0.0.1"
    head = f"POST {INSTANCES} HTTP/1.1\r\n{host}\r\nAuthorization: Bearer {PRACTICE_KEY}\r\n{header}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.server_port), PATIENCE) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("linger", [[], [struct.pack("ii", 1, 0)]])
def test_a_client_that_goes_away_leaves_no_noise(account, capfd, linger):
    before = set(threading.enumerate())
    with serving(OneAccount(account)) as server:
        with socket.create_connection(("127.0.0.1", server.server_port), PATIENCE) as connection:
            connection.sendall(b"GET / HT")
            for how in linger:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)
        with PpioClient(base_url=server.url) as client:
            list(client.list_instances())
        for thread in set(threading.enumerate()) - before:
            if thread.name != "ppio-practice":
                thread.join(PATIENCE)
    assert capfd.readouterr() == ("", "")


def events_of(http):
    events = []
    http.get(INSTANCES, extensions={"trace": lambda event, _info: events.append(event)})
    return events


def test_the_transport_fires_the_events_of_a_real_one_in_their_order(account, http):
    with httpx.Client(
        base_url="http://localhost", headers=KEY, transport=PracticeTransport(OneAccount(account))
    ) as pretended:
        pretended_events = events_of(pretended)
    real_events = events_of(http)
    assert pretended_events == [event for event in real_events if event in pretended_events]
    left = next(
        number for number, event in enumerate(real_events) if event.endswith("send_request_headers.started")
    )
    assert pretended_events[: left + 1] == real_events[: left + 1]


def test_what_stops_the_request_before_it_leaves_reaches_no_account(account):
    def stop(event, _info):
        if event.endswith("send_request_headers.started"):
            raise httpx.ConnectError("stopped")

    with httpx.Client(
        base_url="http://localhost", headers=KEY, transport=PracticeTransport(OneAccount(account))
    ) as http:
        with pytest.raises(httpx.ConnectError):
            http.post(INSTANCES, json=MINIMAL, extensions={"trace": stop})
        assert http.get(INSTANCES).json()["data"] == []


def pretend(account):
    return PpioClient(
        PRACTICE_KEY,
        base_url="http://localhost",
        transport=PracticeTransport(OneAccount(account)),
        practice=True,
    )


# The names that an answer to "create instance" may have; PPIO's and Novita's error page.
DOCUMENTED = {
    "BALANCE_NOT_ENOUGH",
    "CUDA_VERSION_INCOMPATIBLE",
    "CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT",
    "IMAGE_NOT_FOUND",
    "IMAGE_URL_OR_AUTH_ERROR",
    "INSUFFICIENT_RESOURCE",
    "NETWORK_NOT_FOUND",
    "NETWORK_STORAGE_NOT_FOUND",
    "RESOURCE_NOT_FOUND",
    "UNSUPPORTED_BILLING_MODE",
    "VALIDATOR_PARAM",
}


@settings(deadline=None, max_examples=50)
@given(bodies)
def test_a_body_of_the_contract_that_names_what_is_there_is_taken_and_comes_back(body):
    of_nowhere = ("registry_auth_id", "network", "volumes", "candidate_regions", "ports", "tools", "type")
    known = {key: value for key, value in body.items() if key not in of_nowhere}
    known |= {key: MINIMAL[key] for key in ("product_id", "billing", "resource")}
    account = PracticeAccount()
    with pretend(account) as client:
        verdict = client.send_create(known)
        assert (verdict.sent, verdict.error) == (True, None)
        assert client.get_instance(verdict.instance_id).status == "toCreate"
    assert account.get(verdict.instance_id)["image"] == body["image"]


@settings(deadline=None, max_examples=50)
@given(bodies, st.sampled_from([None, *(row["id"] for row in PRODUCTS)]))
def test_every_other_body_is_taken_or_refused_by_a_name_of_the_api(body, product):
    account = PracticeAccount()
    with pretend(account) as client:
        verdict = client.send_create(body if product is None else {**body, "product_id": product})
    assert verdict.sent
    if verdict.error is None:
        assert account.get(verdict.instance_id)["image"] == body["image"]
    else:
        assert verdict.error.reason in DOCUMENTED
        assert account.is_empty


odd_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FULL, "key", "port", "\ud800", "\x1b"]) | st.text(), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    st.sampled_from([INSTANCES, f"{INSTANCES}/abc", f"{INSTANCES}/%FF", "/"]),
    st.dictionaries(
        st.sampled_from(["name", "limit", "cursor", "status", "x"]),
        st.text(st.characters(codec="utf-8"), max_size=5),
    ),
    st.binary(max_size=30) | odd_json.map(lambda value: json.dumps(value).encode()),
)
def test_any_request_gets_an_answer(method, path, query, content):
    with httpx.Client(
        base_url="http://localhost", headers=KEY, transport=PracticeTransport(PracticeCloud())
    ) as http:
        answer = http.request(method, path, params=query, content=content)
    assert answer.status_code in (200, 400, 404)
