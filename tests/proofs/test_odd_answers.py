"""Answers that are no evidence, over real sockets: a row each, and none becomes a state."""

from __future__ import annotations

import json
from email.utils import formatdate

import pytest
from markupsafe import escape

from ppio_widgets import Instance, PpioClient
from ppio_widgets.errors import ActionUnconfirmed, ApiError, PpioError
from ppio_widgets.instances.listing import open_board, resolve
from ppio_widgets.instances.sessions import BoardSession
from ppio_widgets.launches import history
from ppio_widgets.launches.ledger import Record, ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.acting import acted
from tests.support.kernels import start_kernel
from tests.support.practice import refusal
from tests.support.wire import REAL_KEY, faulty, packed

SAY = words("en")
NOW = 1_700_000_000.0
NOT_FOUND = refusal("no_instance")[1]


class Going(Clock):
    """Time goes by only while somebody waits."""

    def __init__(self):
        self.time = NOW

    def now(self):
        return self.time

    monotonic = now

    def wait(self, event, seconds):
        if not event.is_set():
            self.time += seconds
        return event.is_set()


@pytest.fixture
def going(monkeypatch):
    clock = Going()
    kernel.current().clock = clock
    return clock


def dated(seconds):
    return f"Date: {formatdate(NOW + seconds, usegmt=True)}"


def told(status="running", **more):
    return {"id": "i-1", "name": "demo", "status": {"status": status}, "created_at": int(NOW) - 100, **more}


def answer(status, content, *headers):
    """Bytes of an answer: JSON of a value, or the bytes as they are."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return packed(status, text, *headers)


class Cloud:
    """One instance: what it answers to each GET, and everything else is taken."""

    def __init__(self, *gets, writes=(200, {})):
        self.gets = list(gets)
        self.asked = []
        self.headers = []
        self.writes = writes

    def __call__(self, server, connection):
        request = server.read(connection)
        if request is None:
            return
        self.asked.append(request.method)
        self.headers.append(request.headers)
        if request.method != "GET":
            connection.sendall(answer(*self.writes))
            return
        if "/products" in request.target:
            connection.sendall(answer(200, {"data": []}))
            return
        connection.sendall(self.gets.pop(0) if len(self.gets) > 1 else self.gets[0])

    @property
    def looks(self):
        return self.asked.count("GET")


class Served:
    """A cloud on a socket, and the instance that is on it."""

    def __init__(self, cloud):
        self.cloud = cloud
        self._server = faulty(cloud)

    def __enter__(self):
        self.client = PpioClient(REAL_KEY, base_url=self._server.__enter__().url)
        return Instance("i-1", self.client)

    def __exit__(self, *exc):
        self.client.close()
        return self._server.__exit__(*exc)


WELL = answer(200, told(), dated(0))

# Each says that the instance is gone or stopped, and none of them is evidence.
NO_EVIDENCE = {
    "about another instance": answer(200, told("removed", id="i-2")),
    "about none": answer(200, {"status": {"status": "removed"}}),
    "kept on the way": answer(200, told("removed"), "Age: 3600"),
    "kept for a time that is no number": answer(200, told("removed"), "Age: soon"),
    "dated before an earlier one": answer(200, told("removed"), dated(-3)),
    "an id twice": answer(200, json.dumps(told("removed")).encode()[:-1] + b', "id": "i-1"}'),
    "an error beside it": answer(200, told("removed", error="busy")),
    "a code beside it": answer(200, told("removed", code=500)),
    "another success": answer(203, told("removed")),
    "UTF-16": answer(200, json.dumps(told("removed")).encode("utf-16")),
    "NaN": answer(200, json.dumps(told("removed", x=float("nan"))).encode()),
    "a page": answer(200, b"<html>removed</html>", "Content-Type: text/html"),
    "cut": answer(200, told("removed"))[:-2],
    "a gateway's page": answer(404, b"<html><h1>404 Not Found</h1></html>", "Content-Type: text/html"),
    "an empty 404": answer(404, b""),
    "a gateway's JSON": answer(404, {"message": "no route"}),
    "another server's word": answer(404, {"error": {"type": "RESOURCE_NOT_FOUND"}}),
    "not found, kept on the way": answer(400, NOT_FOUND, "Age: 3600"),
    "not found, dated before": answer(400, NOT_FOUND, dated(-60)),
    "not found beside data": answer(400, {**NOT_FOUND, "data": told()}),
    "not found, twice named": answer(400, b'{"reason": "X", "reason": "RESOURCE_NOT_FOUND"}'),
    "not found by a broken server": answer(500, NOT_FOUND),
}


@pytest.mark.usefixtures("going")
@pytest.mark.parametrize("action", ["stop", "delete"])
@pytest.mark.parametrize("odd", NO_EVIDENCE)
def test_what_is_no_evidence_confirms_nothing(odd, action):
    with Served(Cloud(WELL, NO_EVIDENCE[odd])) as one:
        with pytest.raises(ActionUnconfirmed, match="NOT CONFIRMED"):
            getattr(one, action)()
        assert (one.status, one.outcome) == ("running", "")
        assert "deleted" not in str(one)


@pytest.mark.usefixtures("going")
@pytest.mark.parametrize("odd", NO_EVIDENCE)
def test_a_look_that_is_no_evidence_changes_nothing_that_was_seen(odd):
    with Served(Cloud(WELL, NO_EVIDENCE[odd])) as one:
        one.refresh()
        with pytest.raises(PpioError):
            one.look()
        assert one.status == "running"
        assert one.missed is not None
        assert one.missed.sentence(SAY) in str(one)


PASSES = {
    "undocumented fields": answer(200, told("exited", trace_id="x", request={"a": 1})),
    "an undocumented content type": answer(200, told("exited"), "Content-Type: text/plain"),
    "no date": answer(200, told("exited")),
    "two seconds before": answer(200, told("exited"), dated(-2)),
    "a date that is none": answer(200, told("exited"), "Date: soon"),
    "just kept": answer(200, told("exited"), "Age: 0"),
    "code 0": answer(200, told("exited", code=0, error=None)),
    "code 200": answer(200, told("exited", code=200, error="")),
}


@pytest.mark.parametrize("fine", PASSES)
def test_what_nobody_documented_passes(fine, going):
    with Served(Cloud(WELL, PASSES[fine])) as one:
        assert one.stop().outcome.startswith("confirmed stopped")


def test_every_look_asks_for_a_fresh_answer():
    with Served(cloud := Cloud(WELL)) as one:
        one.refresh()
    assert {headers["cache-control"] for headers in cloud.headers} == {"no-store"}


def test_a_server_whose_clock_was_set_back_is_believed_after_the_next_change(going):
    """What answers a PUT can be kept by nobody, so its date counts from there."""
    early = answer(200, told("exited"), dated(-3600))
    cloud = Cloud(WELL, early, writes=(200, {}, dated(-3600)))
    with Served(cloud) as one:
        assert one.refresh().stop().status == "exited"
    assert cloud.asked.count("PUT") == 1


# Not found.


def missing(*before):
    return Cloud(*before, answer(400, NOT_FOUND))


def test_not_found_once_keeps_no_stop_from_being_sent(going):
    cloud = Cloud(answer(400, NOT_FOUND), answer(200, told()), answer(200, told("exited")))
    with Served(cloud) as one:
        assert one.stop().outcome.startswith("confirmed stopped")
    assert cloud.asked.count("PUT") == 1


@pytest.mark.parametrize("status", [400, 404])
def test_three_looks_over_a_minute_prove_it_and_it_is_never_called_confirmed(status, going):
    cloud = Cloud(WELL, answer(status, NOT_FOUND))
    with Served(cloud) as one:
        one.delete()
        assert going.time - NOW >= 60
        assert cloud.looks >= 1 + 3
        assert one.status == "not_seen"
        assert one.outcome.startswith("not seen any more at ")
        assert "confirmed" not in one.outcome + str(one)
        before = list(cloud.asked)
        for again in (one.look, one.stop, one.delete):
            assert again() is not None
        assert cloud.asked == before, "it is not asked for again"


def test_a_minute_alone_is_too_short_and_two_looks_are_too_few(going):
    with Served(missing(WELL)) as one:
        one.refresh()
        for seconds in (0, 1, 58):
            going.time += seconds
            with pytest.raises(ApiError):
                one.look()
        going.time += 1
        assert one.look().status == "not_seen"
    with Served(missing(WELL)) as one:
        one.refresh()
        for _ in range(2):
            going.time += 1000
            with pytest.raises(ApiError):
                one.look()
        assert one.look().status == "not_seen"


def test_a_sight_between_begins_the_count_anew(going):
    gone = answer(400, NOT_FOUND)
    with Served(Cloud(WELL, gone, gone, answer(200, told()), gone)) as one:
        one.refresh()
        states = []
        for _ in range(6):
            going.time += 40
            try:
                states.append(one.look().status)
            except ApiError:
                states.append("")
        assert states == ["", "", "running", "", "", "not_seen"]


def test_a_clock_that_jumps_proves_nothing(going, monkeypatch):
    monkeypatch.setattr(going, "monotonic", lambda: NOW)
    with Served(missing(WELL)) as one:
        one.refresh()
        for _ in range(5):
            going.time += 3600
            with pytest.raises(ApiError):
                one.look()


def test_the_proof_is_in_the_record_and_spares_another_kernel_the_minute(going, monkeypatch):

    cloud = missing(WELL)
    with Served(cloud) as one:
        account = one.client.account
        made = Record("aaaa1111", one.client.host.base_url, account, {"name": "demo"}, NOW - 100)
        ledger = ledger_for(practice=False)
        ledger.save(Record(**{**vars(made), "state": LaunchState.SUCCEEDED, "instance_id": "i-1"}))
        other = Record(**{**vars(made), "launch_id": "bbbb2222", "account": "…else"})
        ledger.save(Record(**{**vars(other), "state": LaunchState.SUCCEEDED, "instance_id": "i-1"}))
        seen = one.refresh().detail
        one.delete()
        kept = ledger.get("aaaa1111")
        assert (kept.gone, kept.gone_at) == ("not_seen", going.time)
        assert ledger.get("bbbb2222").gone == "", "another key's launch is not judged by it"
        start_kernel()
        before, time = cloud.looks, going.time
        assert Instance("i-1", one.client).look().status == "not_seen"
        assert Instance("i-1", one.client, seen=seen).stop().outcome.startswith("not seen any more")
        assert (cloud.looks - before, going.time - time) == (1, 0)
        assert "not seen any more" in repr(history.launches())


def test_another_key_that_does_not_find_it_proves_nothing(going):
    keys = [REAL_KEY]
    cloud = Cloud(WELL, answer(400, NOT_FOUND))
    with faulty(cloud) as server, PpioClient(lambda: keys[0], base_url=server.url) as client:
        one = Instance("i-1", client).refresh()
        keys[0] = "sk_other_0123456789abcdef"
        for _ in range(6):
            going.time += 60
            with pytest.raises(ApiError):
                one.look()
        assert one.status == "running"


# A timer.


TIMER_GOES_ON = {
    "a gateway's page": NO_EVIDENCE["a gateway's page"],
    "not found once": answer(400, NOT_FOUND),
    "kept on the way": NO_EVIDENCE["kept on the way"],
    "another instance": NO_EVIDENCE["about another instance"],
}


@pytest.mark.parametrize("odd", TIMER_GOES_ON)
def test_a_timer_goes_on_until_it_is_seen_to_have_stopped(odd, going):
    cloud = Cloud(WELL, TIMER_GOES_ON[odd], WELL, WELL, answer(200, told("exited")))
    with Served(cloud) as one:
        timer = one.refresh().stop_after(10)
        acted("ppio-deadline")
        assert timer.state == "done"
        assert one.status == "exited"


def test_a_timer_ends_in_peace_where_not_found_is_proved(going):
    with Served(missing(WELL)) as one:
        timer = one.refresh().stop_after(10)
        acted("ppio-deadline")
        assert timer.state == "gone"
        assert "not seen any more" in repr(timer)
        assert going.time - NOW >= 70


# A listing.

ROW = told()
ODD_LISTINGS = {
    "null": {"data": None, "has_more": False, "next_cursor": ""},
    "nothing about more": {"data": [ROW]},
    "empty, and nothing about more": {"data": []},
    "an error that says 200": {"code": 500, "data": None},
    "a code beside rows": {"code": 500, "data": [ROW], "has_more": False},
    "an error beside nothing": {"error": "busy", "data": [], "has_more": False},
    "a total beside nothing": {"data": [], "has_more": False, "total": 3},
    "a total that is a text": {"data": [ROW], "has_more": False, "total": "3"},
    "a row without an id": {"data": [ROW, {**ROW, "id": ""}], "has_more": False},
    "only rows without ids": {"data": [{"name": "demo"}], "has_more": False},
    "a row that is null": {"data": [None], "has_more": False},
    "more, and no way there": {"data": [ROW], "has_more": True, "next_cursor": ""},
    "no more, and a way there": {"data": [ROW], "has_more": False, "next_cursor": "x"},
    "a way back": {"data": [ROW], "has_more": True, "next_cursor": "same"},
    "no data": {"has_more": False},
    "a list": [ROW],
    "twice": b'{"data": [], "data": [], "has_more": false}',
    "a page": b"<html>No instances</html>",
    "nothing": b"",
}
ODD_HEADERS = {
    "kept on the way": "Age: 3600",
    "a part": "Content-Range: items 0-0/3",
    "a count": "X-Total-Count: 3",
    "another encoding": "Content-Encoding: gzip",
}
LISTINGS = {
    **{name: answer(200, value) for name, value in ODD_LISTINGS.items()},
    **{name: answer(200, {"data": [], "has_more": False}, line) for name, line in ODD_HEADERS.items()},
    "cut": answer(200, {"data": [], "has_more": False})[:-3],
    "a success of another kind": answer(206, {"data": [], "has_more": False}),
}


# What each is told as: nothing could be read, there may be more than the row, or only why.
NOTHING = "The instances on {host} could not be read. "
MORE = "One instance on {host}; not stopped: 1. There may be more: "
ONLY = ""
WHY = {
    "data": "Not certain: the answer of {host} leaves its list of instances out.",
    "more": "Not certain: the answer of {host} does not say whether there are more.",
    "error": "Not certain: the answer of {host} holds an error beside its data.",
    "total": "Not certain: the answer of {host} counts other rows than it holds.",
    "row": "Not certain: the answer of {host} holds a row that cannot be read.",
    "cursor": "Not certain: the answer of {host} leads to no next page, or back to one.",
    "shape": "Not certain: the answer of {host} has another shape than the API's.",
    "twice": "Not certain: the answer of {host} names one key twice.",
    "json": "Not certain: the answer of {host} is no JSON, such as a page.",
    "age": "Not certain: the answer of {host} is older than the question: something on the way kept it.",
    "cut": "Not certain: the answer of {host} was cut, or comes in an encoding that was not asked for.",
    "status": "Not certain: the answer of {host} has a status that none of its answers has.",
    "broken off": "{host} did not answer (RemoteProtocolError).",
}
TOLD = {
    "null": (NOTHING, "data"),
    "nothing about more": (MORE, "more"),
    "empty, and nothing about more": (NOTHING, "more"),
    "an error that says 200": (ONLY, "error"),
    "a code beside rows": (ONLY, "error"),
    "an error beside nothing": (ONLY, "error"),
    "a total beside nothing": (NOTHING, "total"),
    "a total that is a text": (MORE, "total"),
    "a row without an id": (MORE, "row"),
    "only rows without ids": (NOTHING, "row"),
    "a row that is null": (NOTHING, "row"),
    "more, and no way there": (MORE, "cursor"),
    "no more, and a way there": (MORE, "cursor"),
    "a way back": (MORE, "cursor"),
    "no data": (NOTHING, "shape"),
    "a list": (ONLY, "shape"),
    "twice": (ONLY, "twice"),
    "a page": (ONLY, "json"),
    "nothing": (ONLY, "json"),
    "kept on the way": (ONLY, "age"),
    "a part": (NOTHING, "total"),
    "a count": (NOTHING, "total"),
    "another encoding": (ONLY, "cut"),
    "cut": (ONLY, "broken off"),
    "a success of another kind": (ONLY, "status"),
}


def told_of(odd, client):
    frame, why = TOLD[odd]
    return (frame + WHY[why]).format(host=client.host.name)


@pytest.mark.parametrize("odd", LISTINGS)
def test_a_listing_that_is_not_certain_is_never_shown_as_all_or_none(odd):
    with Served(Cloud(LISTINGS[odd])) as one:
        told = told_of(odd, one.client)
        if TOLD[odd][0] == ONLY:
            with pytest.raises(PpioError) as caught:
                open_board(one.client)
            assert str(caught.value) == told
            return
        board = open_board(one.client)
        assert str(board).splitlines()[0] == told
        assert escape(told) in board._repr_html_()
        assert "No instances" not in f"{board!r}{board._repr_html_()}"


@pytest.mark.parametrize("odd", LISTINGS)
def test_a_live_board_says_so_too(odd):
    with Served(Cloud(LISTINGS[odd])) as one:
        session = BoardSession(one.client, SAY)
        try:
            session._on_listing(one.client.listing())
        except PpioError as error:
            session._on_listing(error)
        told = str(session.missed or session.board.head(SAY))
        assert session.loaded == (TOLD[odd][0] != ONLY)
        session.close()
        assert told == told_of(odd, one.client)


@pytest.mark.parametrize("odd", LISTINGS)
def test_an_id_is_found_by_itself_whatever_the_listing_is(odd):
    class Both(Cloud):
        def __call__(self, server, connection):
            request = server.read(connection)
            found = answer(200, told()) if request.target.endswith("/i-1") else LISTINGS[odd]
            connection.sendall(found)

    with Served(Both()) as one:
        if odd != "cut":  # nothing of it was received, so that the host is not asked again
            assert resolve(one.client, "i-1").id == "i-1"
        with pytest.raises(PpioError) as caught:
            resolve(one.client, "i-3")
        assert "no instance of the id" not in str(caught.value)
