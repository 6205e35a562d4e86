from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud import catalogue as catalogue_module
from ppio_widgets.cloud import resources
from ppio_widgets.cloud.answers import Reply
from ppio_widgets.cloud.catalogue import (
    KINDS,
    MOST_LOADS,
    RULES,
    Catalogue,
    KindState,
    Snapshot,
    load_kinds,
)
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.paging import MOST_PAGES, PAGE_SIZE
from ppio_widgets.cloud.resources import CatalogueReader
from ppio_widgets.errors import AccessDenied, AnswerUnreadable, ApiError, PpioError, Unreachable
from ppio_widgets.request.offers import Price, Region, RegistryAuth
from ppio_widgets.request.rules import NO_RULES
from ppio_widgets.runtime import threads
from ppio_widgets.secrets.hosts import read_host
from tests.support.clock import Clock
from tests.support.kernels import start_kernel
from tests.support.wire import PATIENCE, REAL_KEY, all_that_shows, answers, closed_port, faulty, says

PASSWORD = "Pa55/word+of-the-registry"
SECRET_AUTHS = {"data": [{"id": "20", "name": "team", "username": "me", "password": PASSWORD}]}


class Asked:
    """What is asked."""

    host = read_host("https://api.example", allow_host="api.example")
    is_practice = False


class Told(Asked):
    """A source that answers from a function and keeps what it was asked; its currency is known."""

    is_practice = True

    def __init__(self, reply):
        self.reply = reply
        self.asked = []

    def get_reply(self, path, params):
        self.asked.append((path, dict(params)))
        return Reply(self.reply(path, params))


def read(reply):
    source = Told(reply)
    return CatalogueReader(source), source


def rows(*keys):
    return [{"id": key} for key in keys]


def ids(values):
    return [value.id for value in values]


def pages_of(keys, size):
    """A listing by cursor over some ids."""

    def reply(_path, params):
        start = int(params.get("cursor", "0"))
        end = start + min(size, int(params["limit"]))
        more = end < len(keys)
        return {"data": rows(*keys[start:end]), "next_cursor": str(end) if more else "", "has_more": more}

    return reply


# reading to the end


@given(st.integers(0, MOST_PAGES), st.integers(1, 40))
def test_a_cursor_is_followed_to_the_end(count, size):
    keys = [f"r-{number}" for number in range(count)]
    catalogue, source = read(pages_of(keys, size))
    assert ids(catalogue.regions()) == keys
    assert len(source.asked) == max(1, -(-count // size))
    assert source.asked[0] == (resources.REGIONS, {"limit": str(PAGE_SIZE)})


@given(st.integers(0, 40), st.integers(1, 40), st.booleans(), st.booleans())
def test_numbered_pages_are_read_to_the_end(count, size, tells_total, wraps):
    keys = [f"s-{number}" for number in range(count)]

    def reply(_path, params):
        start = (int(params["pageNo"]) - 1) * size
        page = keys[start : start + size] or (keys[-size:] if wraps else [])
        return {"data": [{"storageId": key} for key in page], **({"total": count} if tells_total else {})}

    catalogue, source = read(reply)
    assert ids(catalogue.storages()) == keys
    assert [params["pageNo"] for _path, params in source.asked] == [
        str(number + 1) for number in range(len(source.asked))
    ]
    if tells_total:
        assert len(source.asked) == max(1, -(-count // size))


def test_a_server_that_knows_no_page_numbers_is_asked_twice():
    catalogue, source = read(lambda *_: {"data": [{"storageId": "s"}]})
    assert ids(catalogue.storages()) == ["s"]
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    "ending",
    [
        {},
        {"next_cursor": "", "has_more": False},
        {"next_cursor": "2", "has_more": False},
        {"next_cursor": None},
        {"next_cursor": 5, "has_more": True},
        {"has_more": True},
    ],
)
def test_an_answer_that_leads_nowhere_is_the_last(ending):
    catalogue, source = read(lambda *_: {"data": rows("a"), **ending})
    assert ids(catalogue.networks()) == ["a"]
    assert len(source.asked) == 1


def test_a_circle_of_cursors_ends():
    catalogue, source = read(
        lambda _path, params: {"data": rows("a"), "next_cursor": "y" if params.get("cursor") == "x" else "x"}
    )
    assert ids(catalogue.regions()) == ["a"]
    assert len(source.asked) == 3


@pytest.mark.parametrize("kind", ["regions", "storages"])
def test_an_endless_listing_is_bounded(kind):
    catalogue, source = read(
        lambda *_: {
            "data": [{"id": f"r-{len(source.asked)}", "storageId": f"s-{len(source.asked)}"}],
            "next_cursor": str(len(source.asked)),
        }
    )
    assert len(getattr(catalogue, kind)()) == len(source.asked) == MOST_PAGES


def test_rows_that_cannot_be_read_are_passed_over_and_each_id_comes_once():
    catalogue, _ = read(
        lambda *_: {"data": [{"id": "a"}, None, 5, {"name": "x"}, {"id": "a", "name": "new"}]}
    )
    assert catalogue.regions() == (Region("a", "new"),)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "answer", [[], "x", 5, {}, {"data": "x"}, {"data": {}}, {"code": 0, "message": "ok"}]
)
def test_an_answer_of_another_shape_is_an_error(kind, answer):
    catalogue, _ = read(lambda *_: answer)
    with pytest.raises(AnswerUnreadable, match="api\\.example"):
        getattr(catalogue, kind)()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "balance"])
def test_nothing_may_be_null(kind):
    catalogue, _ = read(lambda *_: {"data": None, "has_more": False})
    assert getattr(catalogue, kind)() == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "next_cursor", "has_more", "total", "id", "storageId", "tags", "image"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.sampled_from(KINDS), anything | st.builds(lambda inner: {"data": [inner]}, anything))
def test_whatever_comes_is_values_or_our_error(kind, answer):
    catalogue, source = read(lambda *_: answer)
    with suppress(AnswerUnreadable):
        getattr(catalogue, kind)()
    assert len(source.asked) <= 3 * MOST_PAGES


# products


def product(key, **more):
    return {"id": key, **more}


def test_products_are_asked_for_by_mode_with_what_the_api_requires():
    catalogue, source = read(lambda *_: {"data": []})
    assert catalogue.offers() == ()
    required = {"type": "gpu", "category": "instance", "limit": str(PAGE_SIZE)}
    assert source.asked == [
        (resources.PRODUCTS, {**required, "billing_method": mode}) for mode in ("postpaid", "prepaid", "spot")
    ]
    catalogue.offers(product_type="cpu")
    assert source.asked[-1][1]["type"] == "cpu"


def test_cpu_products_are_a_listing_of_their_own():
    catalogue, source = read(lambda _path, params: {"data": [product(params["type"])]})
    assert [(one.id, one.type) for one in catalogue.cpu_offers()] == [("cpu", "cpu")]
    assert {params["type"] for _path, params in source.asked} == {"cpu"}
    assert [(one.id, one.type) for one in catalogue.offers()] == [("gpu", "gpu")]


@pytest.mark.parametrize(
    ("ids", "cpu_first", "asked"),
    [
        (["gpu"], False, ["gpu"]),
        (["cpu"], False, ["gpu", "cpu"]),
        (["cpu"], True, ["cpu"]),
        (["gpu"], True, ["cpu", "gpu"]),
        (["own"], False, ["gpu", "cpu"]),
        ([], False, ["gpu"]),
        (None, False, ["gpu", "cpu"]),
    ],
)
def test_no_more_listings_are_asked_for_than_a_product_needs(ids, cpu_first, asked):
    source = Told(lambda _path, params: {"data": [product(params["type"])]})
    catalogue = Catalogue(source, clock=time.monotonic)
    catalogue.load_products(ids, cpu_first=cpu_first)
    assert list(dict.fromkeys(params["type"] for _path, params in source.asked)) == asked
    assert len(source.asked) == 3 * len(asked)


def test_the_same_product_in_several_listings_is_one():
    price = {"final_price": 5, "base_price": 5}
    listings = {
        "postpaid": [
            product("a", name="A", pricing={"precision": 0, "postpaid": price}, deployable=False),
            product("b", billing_methods=["postpaid", "spot"]),
        ],
        "prepaid": [],
        "spot": [
            product("a", name="other", region_ids=["cn-1"], pricing={"precision": 0, "spot": price}),
            product("c"),
        ],
    }
    catalogue, _ = read(lambda _path, params: {"data": listings[params["billing_method"]]})
    a, b, c = catalogue.offers()
    assert (a.id, a.name, a.regions, a.currency) == ("a", "A", ("cn-1",), "CNY")
    assert a.postpaid == a.spot == Price(Decimal(5), Decimal(5))
    assert a.deployable, "what one of the listings can deploy"
    assert (a.modes, b.modes, c.modes) == (("postpaid", "spot"), ("postpaid", "spot"), ("spot",))


# secrets


def shows_nothing(error):
    assert PASSWORD not in all_that_shows(error)
    return True


def refuses_with(status):
    return says(status, {"code": status, "reason": "UNKNOWN", "message": f"could not write {SECRET_AUTHS}"})


@pytest.mark.parametrize(
    "play",
    [
        says(200, {"rows": SECRET_AUTHS}),
        says(200, [SECRET_AUTHS]),
        says(200, f"{{'data': [{PASSWORD}".encode()),
        says(206, SECRET_AUTHS),
        says(200, {**SECRET_AUTHS, "data": {PASSWORD: 1}}),
        refuses_with(500),
        refuses_with(403),
        says(502, f"<html><body><p>{PASSWORD}</p></body></html>".encode()),
        says(500, {"error": PASSWORD}),
    ],
)
def test_no_error_and_no_log_repeats_a_password(play, caplog):
    caplog.set_level(logging.DEBUG)
    with faulty(play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        catalogue = Catalogue(client, clock=time.monotonic)
        state = catalogue.load("auths")
        assert state.word == "failed"
        assert shows_nothing(state.error)
        assert PASSWORD not in repr(catalogue.snapshot())
    direct = CatalogueReader(Told(lambda *_: {"rows": SECRET_AUTHS}))
    with pytest.raises(AnswerUnreadable) as caught:
        direct.auths()
    assert shows_nothing(caught.value)
    assert PASSWORD not in caplog.text


def test_an_error_of_the_reader_holds_no_frame_that_saw_an_answer():
    def cut_off(*_):
        answer = SECRET_AUTHS
        raise Unreachable("unreachable", host="h", kind=str(len(answer)))

    with pytest.raises(Unreachable) as caught:
        CatalogueReader(Told(cut_off)).auths()
    assert shows_nothing(caught.value)


def test_a_fault_of_ours_repeats_no_password_either(monkeypatch, caplog):
    def stumble(_kind, row):
        raise ValueError(row)

    monkeypatch.setattr("ppio_widgets.cloud.resources.read_row", stumble)
    catalogue = Catalogue(Told(lambda *_: SECRET_AUTHS), clock=time.monotonic)
    state = catalogue.load("auths")
    assert shows_nothing(state.error)
    assert "ValueError" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_password_reaches_no_object_and_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    with faulty(says(200, SECRET_AUTHS)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        catalogue = Catalogue(client, clock=time.monotonic)
        assert catalogue.load("auths") == KindState("ready")
        shelf = catalogue.snapshot()
    assert shelf.auths == (RegistryAuth("20", "team", "me"),)
    assert PASSWORD not in repr(shelf) + repr(vars(catalogue)) + repr(vars(shelf.auths[0])) + caplog.text


# on the wire


def open_on(server):
    client = PpioClient(REAL_KEY, base_url=server.url)
    return client, Catalogue(client, clock=time.monotonic)


def test_parts_fail_separately_on_the_wire():
    def reply(request):
        path = request.target.partition("?")[0]
        if path == resources.NETWORKS:
            return 403, {"code": 403, "reason": "FORBIDDEN", "message": "no right"}
        if path == resources.TEMPLATES:
            return 500, {"code": 500, "reason": "UNKNOWN", "message": "broken"}
        if path == resources.BALANCE:
            return 200, {"availableBalance": "25000"}
        if path == resources.IMAGES:
            return 200, ["odd"]
        return 200, {"data": [{"id": "one", "storageId": "s"}]}

    with faulty(answers(reply)) as server:
        client, catalogue = open_on(server)
        with client:
            for kind in KINDS:
                catalogue.load(kind)
        shelf = catalogue.snapshot()
        asked = {(request.method, request.headers["authorization"]) for request in server.received}
        assert asked == {("GET", f"Bearer {REAL_KEY}")}
    assert {kind: type(error) for kind, error in shelf.failed.items()} == {
        "networks": AccessDenied,
        "templates": ApiError,
        "images": AnswerUnreadable,
    }
    assert "no right" in str(shelf.failed["networks"])
    assert shelf.balance == Decimal("2.5")
    assert ids(shelf.offers) == ids(shelf.regions) == ids(shelf.auths) == ["one"]
    assert shelf.offer("one") is shelf.offers[0]
    assert shelf.offer("two") is None
    assert shelf.told == {*KINDS} - {*shelf.failed}


def test_without_network_every_kind_fails_and_nothing_else_does():
    with PpioClient(REAL_KEY, base_url=f"http://127.0.0.1:{closed_port()}") as client:
        catalogue = Catalogue(client, clock=time.monotonic)
        assert [type(catalogue.load(kind).error) for kind in KINDS] == [Unreachable] * len(KINDS)
    assert catalogue.snapshot().offers == ()


def test_a_slow_answer_holds_up_its_own_kind_only():
    def reply(request):
        if request.target.startswith(resources.REGIONS):
            server.let_go.wait(PATIENCE)
        return 200, {"data": [{"id": "one"}]}

    with faulty(answers(reply)) as server:
        client, catalogue = open_on(server)
        with client:
            slow = threading.Thread(target=catalogue.load, args=("regions",))
            slow.start()
            until(lambda: any(one.target.startswith(resources.REGIONS) for one in server.received))
            assert catalogue.load("networks") == KindState("ready")
            began = time.monotonic()
            shelf = catalogue.snapshot()
            assert time.monotonic() - began < 1
            assert (shelf.told, ids(shelf.networks), shelf.regions) == ({"networks"}, ["one"], ())
            server.let_go.set()
            slow.join(PATIENCE)
    assert ids(catalogue.snapshot().regions) == ["one"]


# the cache


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Gated(Asked):
    """A source whose every answer waits until it is let go; each is numbered."""

    def __init__(self):
        self.gates = []
        self.failing = set()
        self.lock = threading.Lock()

    def get_reply(self, _path, _params):
        with self.lock:
            number = len(self.gates)
            gate = threading.Event()
            self.gates.append(gate)
        assert gate.wait(PATIENCE)
        if number in self.failing:
            raise Unreachable("unreachable", host="h", kind="Odd")
        return Reply({"data": [{"id": f"answer-{number}"}]})


@pytest.fixture
def gated():
    return Gated()


@pytest.fixture
def catalogue(gated, clock):
    return Catalogue(gated, clock=clock)


@pytest.fixture
def loading(catalogue):
    """Starts a load on a thread of its own; all have ended when the test has."""
    threads = []

    def start(kind="regions"):
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(catalogue.load(kind)))
        thread.start()
        threads.append(thread)
        return thread, outcome

    yield start
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_at_first_nothing_is_asked(catalogue, gated):
    assert catalogue.snapshot() == Snapshot()
    assert {catalogue.state(kind).word for kind in KINDS} == {"waiting"}
    assert catalogue.due() == KINDS
    assert gated.gates == []


def test_callers_at_the_same_time_share_one_request(catalogue, gated, loading):
    started = [loading() for _ in range(8)]
    until(lambda: gated.gates)
    assert catalogue.state("regions") == KindState("loading")
    assert "regions" not in catalogue.due()
    gated.gates[0].set()
    for thread, outcome in started:
        thread.join(PATIENCE)
        assert outcome == [KindState("ready")]
    assert len(gated.gates) == 1
    assert ids(catalogue.snapshot().regions) == ["answer-0"]


def test_a_failure_is_shared_too_and_tried_again_by_the_next_call(catalogue, gated, loading):
    gated.failing.add(0)
    started = [loading() for _ in range(4)]
    until(lambda: gated.gates)
    time.sleep(0.02)  # all of them wait
    gated.gates[0].set()
    for thread, outcome in started:
        thread.join(PATIENCE)
        assert [state.word for state in outcome] == ["failed"]
    assert len(gated.gates) == 1
    assert "regions" in catalogue.due()
    thread, outcome = loading()
    until(lambda: len(gated.gates) == 2)
    assert catalogue.snapshot().failed == {}, "it is being tried again"
    gated.gates[1].set()
    thread.join(PATIENCE)
    assert outcome == [KindState("ready")]


def test_what_is_fresh_is_not_asked_for_again(catalogue, gated, loading, clock):
    loading()
    until(lambda: gated.gates)
    gated.gates[0].set()
    until(lambda: catalogue.state("regions").word == "ready")
    clock.turn(299)
    assert catalogue.load("regions") == KindState("ready")
    assert len(gated.gates) == 1
    clock.turn(1)
    assert "regions" in catalogue.due()
    thread, _ = loading()
    until(lambda: len(gated.gates) == 2)
    assert ids(catalogue.snapshot().regions) == ["answer-0"], "the old one stays until the new one is there"
    gated.gates[1].set()
    thread.join(PATIENCE)
    assert ids(catalogue.snapshot().regions) == ["answer-1"]


def test_after_a_failure_nothing_old_stays(catalogue, gated, loading):
    gated.failing.add(1)
    for number in range(2):
        thread, _ = loading()
        until(lambda number=number: len(gated.gates) == number + 1)
        gated.gates[number].set()
        thread.join(PATIENCE)
        catalogue.refresh()
    assert catalogue.snapshot().regions == ()
    assert isinstance(catalogue.snapshot().failed["regions"], Unreachable)


def test_an_answer_from_before_a_refresh_is_dropped_however_late(catalogue, gated, loading):
    old, _ = loading()
    until(lambda: gated.gates)
    catalogue.refresh()
    new, outcome = loading()
    until(lambda: len(gated.gates) == 2)
    gated.gates[1].set()
    new.join(PATIENCE)
    assert outcome == [KindState("ready")]
    gated.gates[0].set()
    old.join(PATIENCE)
    assert ids(catalogue.snapshot().regions) == ["answer-1"]


def test_a_stale_answer_that_comes_first_is_dropped_as_well(catalogue, gated, loading):
    old, outcome = loading()
    until(lambda: gated.gates)
    catalogue.refresh()
    assert catalogue.state("regions") == KindState("waiting")
    new, _ = loading()
    until(lambda: len(gated.gates) == 2)
    gated.gates[0].set()
    old.join(PATIENCE)
    assert outcome == [KindState("loading")]
    assert catalogue.snapshot().regions == ()
    gated.gates[1].set()
    new.join(PATIENCE)
    assert ids(catalogue.snapshot().regions) == ["answer-1"]


def test_who_waited_for_a_stale_answer_gets_a_new_one(catalogue, gated, loading):
    loading()
    until(lambda: gated.gates)
    waiting, outcome = loading()
    time.sleep(0.02)
    catalogue.refresh()
    until(lambda: len(gated.gates) == 2)
    gated.gates[1].set()
    waiting.join(PATIENCE)
    assert outcome == [KindState("ready")]
    gated.gates[0].set()


def test_refreshing_again_and_again_piles_up_no_requests(catalogue, gated, loading):
    started = []
    for _ in range(6):
        started.append(loading())
        time.sleep(0.01)
        catalogue.refresh()
    started.append(loading())
    time.sleep(0.05)
    assert len(gated.gates) == MOST_LOADS
    while any(thread.is_alive() for thread, _ in started):
        for gate in list(gated.gates):
            gate.set()
        time.sleep(0.001)
    assert catalogue.state("regions") == KindState("ready")
    assert ids(catalogue.snapshot().regions) == [f"answer-{len(gated.gates) - 1}"]


def test_an_interrupt_leaves_nobody_waiting(clock):
    def interrupt(*_):
        raise KeyboardInterrupt

    source = Told(interrupt)
    catalogue = Catalogue(source, clock=clock)
    with pytest.raises(KeyboardInterrupt):
        catalogue.load("regions")
    assert catalogue.state("regions") == KindState("waiting")
    source.reply = lambda *_: {"data": []}
    assert catalogue.load("regions") == KindState("ready")


def test_a_kept_error_holds_no_frames_and_no_answer(clock):
    def refuse(*_):
        raise ApiError("api", status=500, reason="UNKNOWN", message="broken") from ValueError("behind")

    state = Catalogue(Told(refuse), clock=clock).load("templates")
    assert isinstance(state.error, PpioError)
    assert (state.error.__traceback__, state.error.__cause__, state.error.__context__) == (None, None, None)
    assert "broken" in str(state.error)


def test_a_shelf_cannot_be_changed(catalogue):
    shelf = catalogue.snapshot()
    with pytest.raises(AttributeError):
        shelf.offers = ()
    with pytest.raises(TypeError):
        shelf.failed["offers"] = None


def test_a_kind_that_there_is_not_is_a_mistake(catalogue):
    with pytest.raises(KeyError):
        catalogue.load("products")


def test_the_clock_may_be_anything_that_returns_seconds():
    clock = Clock()
    catalogue = Catalogue(Told(lambda *_: {"data": []}), clock=clock, life=10)
    catalogue.load("images")
    clock.turn(9.5)
    assert "images" not in catalogue.due()
    clock.turn(0.5)
    assert "images" in catalogue.due()


THREE = ("offers", "regions", "balance")


class Slow:
    """Answers when a kind is let go, and remembers who asked."""

    def __init__(self, *slow):
        self.asked = []
        self.gates = {kind: threading.Event() for kind in slow}

    def load(self, kind):
        self.asked.append((kind, threading.get_ident()))
        gate = self.gates.get(kind)
        assert gate is None or gate.wait(PATIENCE)


@pytest.fixture
def moment(monkeypatch):
    """Set how long a moment is."""
    return lambda seconds: monkeypatch.setattr(catalogue_module, "MOMENT_SECONDS", seconds)


def test_what_answers_at_once_is_read_by_one_thread_and_told_together(moment):
    moment(PATIENCE)
    told, catalogue = [], Slow()
    load_kinds(catalogue, THREE, told.append)
    assert told == [list(THREE)]
    assert [kind for kind, _thread in catalogue.asked] == list(THREE)
    assert len({thread for _kind, thread in catalogue.asked}) == 1


@pytest.mark.parametrize("slow", THREE)
def test_one_that_is_slow_holds_nothing_else_up(moment, slow):
    moment(0.001)
    told, catalogue = [], Slow(slow)

    def take(kinds):
        told.extend(kinds)
        if len(told) == len(THREE) - 1:
            catalogue.gates[slow].set()

    load_kinds(catalogue, THREE, take)
    assert told[-1] == slow
    assert sorted(told) == sorted(THREE)


def test_all_slow_ones_are_asked_for_at_once(moment):
    moment(0.001)
    all_asked = threading.Barrier(len(THREE))
    told, catalogue = [], Slow()
    catalogue.load = lambda _kind: all_asked.wait(PATIENCE)
    load_kinds(catalogue, THREE, told.extend)
    assert sorted(told) == sorted(THREE)


def test_a_fault_of_ours_in_one_kind_ends_the_load_all_the_same(moment, monkeypatch):
    moment(0.001)
    faults = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_type))
    told, catalogue = [], Slow()
    catalogue.load = lambda kind: {}["no such"] if kind == "regions" else None
    load_kinds(catalogue, THREE, told.extend)
    assert sorted(told) == sorted(THREE)
    assert faults == [KeyError]


def test_without_a_thread_left_it_is_read_where_it_is(monkeypatch):
    def none_left(*_args, **_options):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "run", none_left)
    told = []
    load_kinds(Slow(), THREE, told.append)
    assert told == [list(THREE)]


def test_without_threads_it_is_read_inline():
    start_kernel(threads=False)
    told, catalogue = [], Slow()
    load_kinds(catalogue, THREE, told.append)
    assert told == [list(THREE)]
    assert {thread for _kind, thread in catalogue.asked} == {threading.get_ident()}


def test_only_a_practice_cloud_is_asked_for_the_rules_of_a_class(client):
    asked = []

    class Asked:
        host = client.host

        def __init__(self, practice):
            self.is_practice = practice

        def get_reply(self, path, params):
            asked.append(path)
            return client.get_reply(path, params)

    assert Catalogue(Asked(practice=False)).load(RULES) == KindState("ready")
    assert (asked, RULES in Catalogue(Asked(practice=False)).due()) == ([], False)
    catalogue = Catalogue(Asked(practice=True))
    assert catalogue.load(RULES) == KindState("ready")
    assert (asked, catalogue.snapshot().rules) == (["/practice/v1/lesson"], NO_RULES)
