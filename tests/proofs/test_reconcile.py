"""What a listing proves of a lost launch, and what it does not."""

from __future__ import annotations

import json
import threading

import httpx
import pytest

from ppio_widgets.errors import LaunchRefused
from ppio_widgets.launches import claim, history, reconcile
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.ledger import Ledger, Record
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from tests.support.fault_server import reset, sends
from tests.support.ground import BODY, PATIENCE, files_agree, launch_on, submitted
from tests.support.kernels import start_kernel
from tests.support.sentences import sentence_of
from tests.support.wire import (
    answers,
    breaks_off_within_the_answer,
    closes_after_reading,
    packed,
    resets_after_reading,
    says,
    speaks_no_http,
)

SUCCEEDED, UNKNOWN, ABSENT = LaunchState.SUCCEEDED, LaunchState.UNKNOWN, LaunchState.ABSENT
HOURS = 3600.0


# What an empty listing proves, and when.


def test_three_absences_over_a_minute_are_an_absence(cloud, empty, folder, time):
    server, client = cloud(empty)
    launch = submitted(client)
    assert (launch.state, launch.source) == (ABSENT, "listing")
    # Looked at after 2, 10 and 30 s: three, but not yet a minute apart; then after 75 s.
    assert time.pauses == [2.0, 8.0, 20.0, 45.0]
    assert server.asked == {"look": 1 + 4, "create": 1}
    assert "is not there" in sentence_of(launch)
    assert "found" not in sentence_of(launch)
    assert "running" not in sentence_of(launch)
    files_agree(launch, folder)


@pytest.mark.usefixtures("by_hand")
def test_not_a_moment_earlier(cloud, empty, time):
    _server, client = cloud(empty)
    launch = submitted(client)
    for seconds in (0, 30, 29.9):
        time.turn(seconds)
        assert launch.look().state is UNKNOWN
    time.turn(0.1)
    assert launch.look().state is ABSENT


@pytest.mark.usefixtures("by_hand")
def test_two_absences_are_too_few_however_far_apart(cloud, empty, time):
    _server, client = cloud(empty)
    launch = submitted(client)
    for _ in range(2):
        time.turn(1_000)
        assert launch.look().state is UNKNOWN
    assert launch.look().state is ABSENT


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("odd", ["an error", "a page", "not certain"])
def test_an_odd_look_between_begins_the_count_anew(odd, cloud, empty, listings, time):
    between = {
        "an error": says(503, b""),
        "a page": says(200, b"<html></html>"),
        "not certain": listings.says(200, {"data": None}),
    }[odd]
    _server, client = cloud(empty, empty, empty, between, empty)
    launch = submitted(client)
    states = []
    for _ in range(6):
        time.turn(40)
        states.append(launch.look().state)
    assert states == [UNKNOWN] * 5 + [ABSENT]


def test_one_that_appears_late_is_found(cloud, empty, listings, folder):
    server, client = cloud(empty, empty, empty, listings.page(lambda: listings.row(age=5)))
    launch = submitted(client)
    assert (launch.state, launch.id, launch.source) == (SUCCEEDED, "i-1", "listing")
    assert launch.error is None  # that its answer was lost is the past
    assert server.asked["look"] == 1 + 3
    assert launch.wait(PATIENCE).instance.status == "running"
    assert "its answer was lost; a look-up found it" in sentence_of(launch).lower()
    assert server.posts == 1
    files_agree(launch, folder)


# What proves nothing.

ODD_ANSWERS = {
    "retired": says(404, b"404 page not found"),
    "retired for good": says(410, {"message": "use v3"}),
    "plain text": says(200, b"ok", "Content-Type: text/plain"),
    "a page": says(200, b"<html><body>Sign in</body></html>", "Content-Type: text/html"),
    "nothing": says(200, b""),
    "no content": says(204, b""),
    "null": says(200, None),
    "a list": says(200, []),
    "a text": says(200, "nothing"),
    "an empty object": says(200, {}),
    "an error that says 200": says(200, {"code": 500, "message": "busy"}),
    "no data": says(200, {"has_more": False, "next_cursor": ""}),
    "data that is an object": says(200, {"data": {}, "has_more": False}),
    "data that is a text": says(200, {"data": "", "has_more": False}),
    "data that is null": says(200, {"data": None, "has_more": False, "next_cursor": ""}),
    "nothing about more": says(200, {"data": []}),
    "more that is a text": says(200, {"data": [], "has_more": "false"}),
    "more and no cursor": says(200, {"data": [], "has_more": True, "next_cursor": ""}),
    "a cursor that is a number": says(200, {"data": [], "has_more": True, "next_cursor": 7}),
    "a cursor that leads back": says(200, {"data": [], "has_more": True, "next_cursor": "same"}),
    "a part": says(206, {"data": [], "has_more": False, "next_cursor": ""}),
    "accepted": says(202, {"data": [], "has_more": False, "next_cursor": ""}),
    "kept on the way": says(200, {"data": [], "has_more": False}, "Age: 3600"),
    "dated before": says(200, {"data": [], "has_more": False}, "Date: Mon, 06 Nov 2023 00:00:00 GMT"),
    "a total beside nothing": says(200, {"data": [], "has_more": False, "total": 3}),
    "a part of more": says(200, {"data": [], "has_more": False}, "Content-Range: items */3"),
    "an error beside nothing": says(200, {"data": [], "has_more": False, "error": {"type": "busy"}}),
    "a code beside nothing": says(200, {"data": [], "has_more": False, "code": 503}),
    "named twice": says(200, b'{"data": [], "has_more": false, "data": []}'),
    "a cursor behind the last": says(200, {"data": [], "has_more": False, "next_cursor": "x"}),
    "gzip": says(200, {"data": [], "has_more": False}, "Content-Encoding: gzip"),
    "cut": sends(packed(200, b'{"data": [], "has_more": false}')[:-9]),
    "not our key": says(401, {"message": "no"}),
    "no right": says(403, {"message": "no"}),
    "a redirect": says(302, b"", "Location: http://127.0.0.1:9/"),
    "too many": says(429, {"message": "slow down"}, "Retry-After: 1"),
    "broken": says(500, b""),
    "a bad gateway": says(502, b"<html></html>"),
    "reset": sends(b"", reset),
    "closed": closes_after_reading,
    "broken off": breaks_off_within_the_answer,
    "no HTTP": speaks_no_http,
}

ODD_ROWS = {
    "no object": 7,
    "no id": {"id": ""},
    "an id that is a number": {"id": 7},
    "no name": {"name": ""},
    "a name that is null": {"name": None},
    "no status": {"status": {}},
    "no time": {"created_at": 0},
    "a time that is a text": {"created_at": "2026-11-24"},
    "a time that is true": {"created_at": True},
    "a time that is a fraction": {"created_at": 1.5},
}


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_an_odd_answer_is_no_evidence_of_absence(odd, cloud, empty, folder, time):
    server, client = cloud(empty, ODD_ANSWERS[odd])
    launch = submitted(client)
    assert (launch.state, launch.id, launch.pending) == (UNKNOWN, None, False)
    assert time.pauses == list(reconcile.LOOK_PAUSES)
    assert sum(time.pauses) > 15 * 60
    assert f"look it up once more (%ppio launches look {launch.launch_id})" in sentence_of(launch)
    # Why it is not certain is said, also by the record.
    assert launch.record.missed
    assert launch.record.missed in sentence_of(launch)
    assert launch.record.missed in history.launches().lines(words("en"))[0]
    assert server.posts == 1
    files_agree(launch, folder)


# What a row that cannot be read says of its own name.
NAMELESS = {"no object", "no name", "a name that is null"}


@pytest.mark.parametrize("odd", ODD_ROWS)
@pytest.mark.parametrize("name", ["demo", "DEMO", " ", "other"])
def test_a_row_that_cannot_be_read_and_may_be_it_is_no_evidence_of_absence(name, odd, cloud, empty, listings):
    shape = ODD_ROWS[odd]
    other = (lambda: {**listings.row(name, "i-9"), **shape}) if isinstance(shape, dict) else shape
    _server, client = cloud(empty, listings.page(lambda: listings.row("third", "i-8"), other))
    another = name == "other" and odd not in NAMELESS
    assert submitted(client).state is (ABSENT if another else UNKNOWN)


LONG = "Fine-tuning of the large model on many A100"


@pytest.mark.parametrize("odd", ODD_ROWS)
@pytest.mark.parametrize(
    ("name", "other", "blocks"),
    [
        ("Run 1", "Run 2", False),
        ("Run 1", "run-1", False),
        ("Run 1", "run  1", True),
        ("Run 1", "RUN 1", True),
        (LONG, LONG[:32], True),
        (LONG, LONG[:20], False),
        ("Ｄemo", "demo", True),
        ("演示", "演示二", False),
    ],
)
def test_one_odd_row_of_another_name_keeps_no_name_from_being_checked(
    name, other, blocks, odd, cloud, listings
):
    """Such a name is looked for among all instances: a row that cannot be it says nothing of it."""
    shape = ODD_ROWS[odd]
    row = {**listings.row(other, "i-9"), **shape} if isinstance(shape, dict) else shape
    server, client = cloud(listings.page(row), create=says(200, {"id": "i-1"}))
    launch = submitted(client, body={**BODY, "name": name})
    if blocks or odd in NAMELESS:
        assert (launch.state, launch.error.code) == (LaunchState.NOT_SENT, "name_unchecked")
        assert server.posts == 0
    else:
        assert launch.id == "i-1"


def test_an_odd_row_among_many_hides_no_copy(cloud, listings):
    odd = {"id": "", "name": "Run 2"}
    server, client = cloud(listings.page(odd, listings.row("run 1", "i-9"), odd))
    launch = submitted(client, body={**BODY, "name": "Run 1"})
    assert (launch.state, launch.error.code, launch.error.params["id"]) == (
        LaunchState.NOT_SENT,
        "name_taken",
        "i-9",
    )
    assert server.posts == 0


@pytest.mark.parametrize("shape", [{"data": None}, {"data": []}, {"data": None, "has_more": False}])
def test_what_leaves_out_the_empty_still_finds_and_still_sends(shape, cloud, listings):
    """A server may leave out what is empty or false: such a listing finds, and proves no absence."""
    found = listings.page(listings.row, has_more=None, next_cursor=None)
    server, client = cloud(listings.says(200, shape), listings.says(200, shape), found)
    launch = submitted(client)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")
    assert server.posts == 1


# Pages.


def paged(listings, pages):
    """Answer each cursor with its own page, and what is no page with an error."""

    def reply(request):
        cursor = httpx.QueryParams(request.target.partition("?")[2]).get("cursor", "")
        page = pages[cursor]
        return page if isinstance(page, tuple) else (200, page)

    return answers(reply)


def page_of(*rows, cursor=""):
    return {"data": list(rows), "next_cursor": cursor, "has_more": bool(cursor)}


@pytest.fixture
def strangers(listings):
    return [listings.row(f"demo-{number}", f"i-{number}") for number in range(5)]


def test_it_is_found_on_a_later_page(cloud, empty, listings, strangers):
    pages = {
        "": page_of(*strangers, cursor="b"),
        "b": page_of(listings.row("demo", "i-44", age=-2), cursor="c"),
        "c": page_of(*strangers),
    }
    server, client = cloud(empty, paged(listings, pages))
    launch = submitted(client)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-44")
    assert server.asked["look"] == 1 + 3


def test_only_all_pages_together_prove_an_absence(cloud, empty, listings, strangers):
    pages = {"": page_of(*strangers, cursor="b"), "b": page_of(cursor="c"), "c": page_of(*strangers)}
    server, client = cloud(empty, paged(listings, pages))
    assert submitted(client).state is ABSENT
    assert server.asked["look"] == 1 + 4 * 3


@pytest.mark.parametrize(
    "last",
    [
        (500, {}),
        (404, {"message": "no such cursor"}),
        {"data": [], "has_more": True, "next_cursor": ""},
        {"data": [], "has_more": True},
        page_of(cursor="b"),
        page_of(cursor="c"),
        {"data": None},
        {"has_more": False},
        [],
    ],
    ids=str,
)
def test_a_page_that_is_missing_or_leads_back_is_no_evidence(last, cloud, empty, listings, strangers):
    pages = {"": page_of(*strangers, cursor="b"), "b": page_of(cursor="c"), "c": last}
    _server, client = cloud(empty, paged(listings, pages))
    assert submitted(client).state is UNKNOWN


# Which one it is.


def test_one_that_is_listed_twice_is_one(cloud, empty, listings):
    _server, client = cloud(empty, listings.page(listings.row, listings.row))
    launch = submitted(client)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")


def test_two_of_the_name_are_both_named(cloud, empty, listings, folder):
    both = listings.page(listings.row, lambda: listings.row("demo", "i-2"))
    _server, client = cloud(empty, both)
    launch = submitted(client)
    assert (launch.state, launch.id) == (UNKNOWN, None)
    assert launch.record.candidates == ("i-1", "i-2")
    assert "i-1, i-2" in sentence_of(launch)
    assert any("i-1, i-2" in line for line in history.launches().lines(words("en")))
    files_agree(launch, folder)


def test_one_that_belongs_to_another_launch_is_not_it(cloud, empty, listings):
    gone = listings.page(lambda: listings.row(status="removed"))
    both = listings.page(listings.row, lambda: listings.row("demo", "i-2"))
    _server, client = cloud(empty, gone, both, creates=[says(200, {"id": "i-1"}), resets_after_reading])
    assert submitted(client).id == "i-1"
    launch = submitted(client, again=True)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-2")


def test_an_older_one_of_the_name_is_not_it_and_proves_no_absence(cloud, listings):
    """Nobody could look before: it may be the new one, with the time of a clock that is wrong."""
    older = listings.row("demo", "i-0", age=600)
    _server, client = cloud(says(500, b""), listings.page(older))
    launch = submitted(client, again="unchecked")
    assert (launch.state, launch.id, launch.record.candidates) == (UNKNOWN, None, ("i-0",))


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("age", [0.0, 600.0])
@pytest.mark.parametrize("status", ["running", "exited", "removing"])
def test_what_was_listed_before_is_not_it_and_hides_no_absence(dated, age, status, cloud, listings, folder):
    listings.dated = dated
    older = listings.row("demo", "i-0", age=age, status=status)
    _server, client = cloud(listings.page(older))
    launch = submitted(client, again=True)
    assert (launch.state, launch.id, launch.source) == (ABSENT, None, "listing")
    assert launch.record.listed == ("i-0",)
    gone = status == "removing"
    assert sentence_of(launch).startswith("demo is not there" if gone else "Besides i-0 there is no demo")
    files_agree(launch, folder)


def test_of_many_copies_three_are_named_and_none_that_is_gone(cloud, listings):
    rows = [listings.row("demo", f"i-{number}", age=600) for number in range(5)]
    gone = [listings.row("demo", f"gone-{number}", age=600, status="removed") for number in range(20)]
    _server, client = cloud(listings.page(*gone, *rows))
    launch = submitted(client, again=True)
    assert (launch.state, len(launch.record.listed)) == (ABSENT, 25)
    assert sentence_of(launch, words("en")).startswith("Besides i-0, i-1, i-2 and 2 more there is no demo")
    assert sentence_of(launch, words("zh")).startswith("除 i-0, i-1, i-2 及另外 2 台外没有 demo")


@pytest.mark.parametrize("dated", [False, True])
def test_the_one_that_was_not_listed_before_is_it(dated, cloud, listings):
    listings.dated = dated
    older = [listings.row("demo", f"i-{number}", age=0.0) for number in range(3)]
    new = lambda: listings.row("demo", "i-9", age=0.0)  # noqa: E731 - as it is when it is asked for
    _server, client = cloud(listings.page(*older), listings.page(*older), listings.page(*older, new))
    launch = submitted(client, again=True)
    assert (launch.state, launch.id, launch.source) == (SUCCEEDED, "i-9", "listing")


def test_of_two_that_were_not_listed_before_nobody_knows_which(cloud, listings):
    older, more = listings.row("demo", "i-0", age=600), ("i-8", "i-9")
    both = listings.page(older, *(lambda one=one: listings.row("demo", one) for one in more))
    _server, client = cloud(listings.page(older), both)
    launch = submitted(client, again=True)
    assert (launch.state, launch.record.candidates) == (UNKNOWN, more)


def test_one_that_a_server_renamed_and_was_listed_before_is_not_it(cloud, listings):
    _server, client = cloud(listings.page(listings.row("DEMO", "i-0", age=600)))
    assert submitted(client, again=True).state is ABSENT


def test_too_many_to_be_written_down_leave_it_unknown(cloud, listings, monkeypatch):
    monkeypatch.setattr(claim, "MOST_LISTED", 2)
    rows = [listings.row("demo", f"i-{number}", age=600) for number in range(3)]
    _server, client = cloud(listings.page(*rows))
    launch = submitted(client, again=True)
    assert (launch.state, launch.record.listed) == (UNKNOWN, None)
    assert launch.record.candidates == ("i-0", "i-1", "i-2")


@pytest.mark.usefixtures("by_hand")
def test_another_kernel_leaves_out_what_was_listed_before(cloud, listings, time, monkeypatch):
    older = listings.row("demo", "i-0", age=600)
    _server, client = cloud(listings.page(older))
    launch_id = submitted(client, again=True).launch_id
    start_kernel()
    for _look in range(3):
        time.turn(40)
        seen = history.look_up(*history.find(launch_id), client)
    assert seen.state is ABSENT


@pytest.mark.usefixtures("by_hand")
def test_a_record_of_the_version_before_is_judged_as_then(cloud, listings, time, folder):
    older = listings.row("demo", "i-0", age=600)
    _server, client = cloud(listings.page(older))
    launch = submitted(client, again=True)
    path = folder / f"{launch.launch_id}.json"
    written = json.loads(path.read_text())
    assert written.pop("listed") == ["i-0"]
    path.write_text(json.dumps(written))
    for _look in range(4):
        time.turn(40)
        seen = history.look_up(*history.find(launch.launch_id), client)
    assert (seen.state, seen.candidates) == (UNKNOWN, ("i-0",))


def test_the_newer_of_two_is_it(cloud, listings):
    older = listings.row("demo", "i-0", age=600)
    _server, client = cloud(listings.page(older), listings.page(older, listings.row))
    launch = submitted(client, again=True)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")


def test_a_neighbour_of_a_fuzzy_filter_is_not_it(cloud, empty, listings):
    names = ("demo-2", "my-demo", "demo2", "dem", "demo.bak")
    _server, client = cloud(empty, listings.page(*(listings.row(name, name) for name in names)))
    assert submitted(client).state is ABSENT


@pytest.mark.parametrize("name", ["Demo", "DEMO", " demo", "demo\t", "ｄｅｍｏ"])
def test_a_name_that_the_server_may_have_changed_is_no_evidence_of_absence(name, cloud, empty, listings):
    _server, client = cloud(empty, listings.page(lambda: listings.row(name, "i-7")))
    launch = submitted(client)
    assert (launch.state, launch.id) == (UNKNOWN, None)
    assert "i-7" in sentence_of(launch)


def test_an_older_one_that_was_not_there_before_means_that_a_clock_is_wrong(cloud, empty, listings):
    _server, client = cloud(empty, listings.page(lambda: listings.row("demo", "i-7", age=7_200)))
    launch = submitted(client)
    assert (launch.state, launch.id) == (UNKNOWN, None)
    assert "i-7" in sentence_of(launch)


# Clocks that differ.

skews = pytest.mark.parametrize("ahead", [-2 * HOURS, 0.0, 2 * HOURS])
agains = pytest.mark.parametrize("again", [False, True])


@skews
@agains
def test_another_clock_still_finds_it(ahead, again, cloud, empty, listings):
    listings.ahead = ahead
    before = listings.page(lambda: listings.row("demo", "i-0", age=600)) if again else empty
    _server, client = cloud(before, listings.page(lambda: listings.row(age=1)))
    launch = submitted(client, again=again)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")


@skews
def test_another_clock_does_not_make_an_older_one_ours(ahead, cloud, listings):
    listings.ahead = ahead
    _server, client = cloud(says(500, b""), listings.page(listings.row("demo", "i-0", age=600)))
    launch = submitted(client, again="unchecked")
    assert (launch.state, launch.id) == (UNKNOWN, None)


@skews
def test_without_a_date_one_that_was_not_there_before_is_found_or_doubtful(ahead, cloud, empty, listings):
    listings.ahead, listings.dated = ahead, False
    _server, client = cloud(empty, listings.page(listings.row))
    launch = submitted(client)
    assert launch.state is (UNKNOWN if ahead < 0 else SUCCEEDED)
    assert "i-1" in sentence_of(launch)


@skews
@pytest.mark.parametrize("age", [0.0, 600.0])
def test_without_a_date_and_a_look_before_nobody_can_tell(ahead, age, cloud, listings):
    listings.ahead, listings.dated = ahead, False
    _server, client = cloud(says(500, b""), listings.page(listings.row("demo", "i-0", age=age)))
    launch = submitted(client, again="unchecked")
    assert (launch.state, launch.id) == (UNKNOWN, None)
    assert "i-0" in sentence_of(launch)


@agains
def test_without_a_date_an_empty_listing_proves_as_much(again, cloud, empty, listings):
    listings.dated = False
    _server, client = cloud(empty)
    assert submitted(client, again=again).state is ABSENT


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("dated", [False, True])
def test_our_clock_that_jumps_makes_no_absence(dated, cloud, empty, listings, time, monkeypatch):
    listings.dated = dated
    _server, client = cloud(empty)
    launch = submitted(client)
    began, ahead = time.time, listings.ahead
    monkeypatch.setattr(time, "monotonic", lambda: began + 1)
    for hours in range(1, 6):
        time.time, listings.ahead = began + hours * HOURS, ahead - hours * HOURS
        assert launch.look().state is UNKNOWN


@pytest.mark.usefixtures("by_hand")
def test_in_another_kernel_the_servers_clock_has_to_agree(cloud, empty, listings, time, monkeypatch):
    _server, client = cloud(empty)
    record = submitted(client).record
    ledger_of = Ledger(history.ledger_for(practice=False).folder)
    began = time.time
    for hours in range(1, 6):
        start_kernel()
        time.time, listings.ahead = began + hours * HOURS, -hours * HOURS
        record = history.look_up(record, ledger_of, client)
        assert record.state is UNKNOWN
    listings.ahead += 100
    assert history.look_up(record, ledger_of, client).state is ABSENT


@pytest.mark.usefixtures("by_hand")
def test_their_clock_that_jumps_makes_no_absence(cloud, empty, listings, time):
    _server, client = cloud(empty)
    launch = submitted(client)
    for hours in range(1, 6):
        listings.ahead = hours * HOURS
        assert launch.look().state is UNKNOWN


@agains
def test_a_database_behind_its_gateway_makes_no_absence(again, cloud, empty, listings):
    """The instance carries a time before the request, by the clock of the gateway."""
    before = listings.page(listings.row("demo", "i-0", age=600)) if again else empty
    _server, client = cloud(before, listings.page(listings.row("demo", "i-7", age=30)))
    launch = submitted(client, again=again)
    assert (launch.state, launch.record.candidates) == (UNKNOWN, ("i-7",))


def test_a_changed_name_with_an_older_time_is_no_absence_either(cloud, empty, listings):
    _server, client = cloud(empty, listings.page(listings.row("DEMO", "i-7", age=30)))
    launch = submitted(client)
    assert (launch.state, launch.record.candidates) == (UNKNOWN, ("i-7",))


@pytest.mark.usefixtures("by_hand")
def test_a_launch_that_another_kernel_is_sending_outlives_a_jump_of_our_clock(cloud, empty, listings, time):
    _server, client = cloud(empty)
    sent = Record("aaaa1111", client.host.base_url, client.account, {"name": "demo"}, time.time, offset=0.0)
    ledger_of = Ledger(history.ledger_for(practice=False).folder)
    ledger_of.claim(sent)
    time.turn(2 * HOURS)
    listings.ahead = -2 * HOURS
    for _ in range(4):
        listings.ahead += 30
        assert history.look_up(sent, ledger_of, client).state is LaunchState.SENDING


# An answer that is late.


class Held:
    """A create call that arrives and is answered only when it is let go."""

    def __init__(self, answer):
        self.arrived = threading.Event()
        self.go = threading.Event()
        self._answer = answer

    def __call__(self, server, connection):
        self.arrived.set()
        self.go.wait(PATIENCE)
        self._answer(server, connection)


@pytest.fixture
def late_on(cloud, empty, time):
    """A launch whose answer is late, and what holds the answer."""

    def make(answer, *looks):
        held = Held(answer)
        server, client = cloud(empty, *looks, create=held)
        launch = launch_on(client)
        late = threading.Event()
        launch.observe(lambda _change: launch.late and late.set(), "sight")
        assert launch.submit()
        assert held.arrived.wait(PATIENCE)
        assert not launch.late
        while not late.wait(0.02):  # the timer's thread may not have begun to count yet
            time.turn(61)
        return launch, held, server

    return make


ANSWERS_LATE = {
    "the same id": says(200, {"id": "i-1"}),
    "a refusal": says(400, {"message": "no stock"}),
    "a broken server": says(500, b""),
    "a reset": resets_after_reading,
    "a page": says(200, b"<html></html>"),
}


@pytest.mark.parametrize("answer", ANSWERS_LATE)
def test_a_late_one_is_found_while_the_answer_is_still_to_come(answer, late_on, listings, folder):
    launch, held, server = late_on(ANSWERS_LATE[answer], listings.page(listings.row))
    launch.wait_for_outcome(PATIENCE)
    assert (launch.state, launch.id, launch.source) == (SUCCEEDED, "i-1", "listing")
    assert launch.wait(PATIENCE).instance.status == "running"
    files_agree(launch, folder)
    ended = threading.Event()
    launch.observe(lambda _change: ended.set(), "sight")
    held.go.set()
    assert ended.wait(PATIENCE)
    # Whatever is answered then, it is there.
    assert (launch.state, launch.id, launch.other_id) == (SUCCEEDED, "i-1", None)
    assert "i-1" in sentence_of(launch)
    assert server.posts == 1
    files_agree(launch, folder)


def test_another_id_in_a_late_answer_is_said_loudly(late_on, listings, folder):
    launch, held, server = late_on(says(200, {"id": "i-2"}), listings.page(listings.row))
    launch.wait_for_outcome(PATIENCE)
    ended = threading.Event()
    launch.observe(lambda _change: launch.other_id and ended.set(), "sight")
    held.go.set()
    assert ended.wait(PATIENCE)
    assert (launch.id, launch.other_id) == ("i-1", "i-2")
    assert "Two may be running" in sentence_of(launch)
    assert "i-1" in sentence_of(launch)
    assert "i-2" in sentence_of(launch)
    (record,) = Ledger(folder).read().records
    assert (record.instance_id, record.candidates) == ("i-1", ("i-2",))
    (line,) = history.launches().lines(words("en"))
    assert "i-1" in line
    assert "i-2" in line
    assert server.posts == 1


def test_a_late_one_that_is_not_listed_is_waited_for(late_on, empty, folder):
    launch, held, server = late_on(says(200, {"id": "i-1"}), empty)
    looked = threading.Event()
    launch.observe(
        lambda _change: server.asked["look"] > len(reconcile.LOOK_PAUSES) and looked.set(), "sight"
    )
    assert looked.wait(PATIENCE)  # for a quarter of an hour, and found nothing
    assert launch.state is LaunchState.SENDING
    assert "do not launch it again" in sentence_of(launch)
    held.go.set()
    launch.wait_for_outcome(PATIENCE)
    assert (launch.state, launch.id, launch.source) == (SUCCEEDED, "i-1", "answer")
    files_agree(launch, folder)


def test_what_was_not_listed_before_the_answer_was_lost_does_not_count(late_on, empty, time):
    launch, held, server = late_on(resets_after_reading, empty)
    looked = threading.Event()
    launch.observe(
        lambda _change: server.asked["look"] > len(reconcile.LOOK_PAUSES) and looked.set(), "sight"
    )
    assert looked.wait(PATIENCE)
    time.pauses.clear()
    before = server.asked["look"]
    held.go.set()
    launch.wait_for_answer(PATIENCE)
    launch.wait_for_outcome(PATIENCE)
    assert launch.state is ABSENT
    assert server.asked["look"] == before + 4


# A person's word.


@pytest.mark.usefixtures("by_hand")
def test_a_persons_word_is_taken_when_the_name_is_typed(cloud, empty, folder):
    _server, client = cloud(empty)
    launch = submitted(client)
    for wrong in ("", "Demo", "demo2", "yes"):
        with pytest.raises(LaunchRefused) as caught:
            launch.declare_absent(wrong)
        assert caught.value.code == "absent_name"
    assert launch.state is UNKNOWN
    launch.declare_absent(" demo ")
    assert launch.state is ABSENT
    assert launch.record.source == "person"
    files_agree(launch, folder)
    with pytest.raises(LaunchRefused):
        launch.declare_absent("demo")


def test_a_persons_word_does_not_count_against_an_id(cloud, empty):
    _server, client = cloud(empty, create=says(200, {"id": "i-1"}))
    launch = submitted(client)
    with pytest.raises(LaunchRefused) as caught:
        launch.declare_absent("demo")
    assert caught.value.code == "absent_state"
    assert launch.id == "i-1"


@pytest.mark.usefixtures("by_hand")
def test_a_person_names_the_instance_that_no_listing_tells_of(cloud, empty, listings, folder):
    _server, client = cloud(
        empty, follow=[listings.says(200, listings.row("other")), listings.says(200, listings.row)]
    )
    launch = submitted(client, timer=Timer(after=7200))
    with pytest.raises(LaunchRefused) as caught:
        launch.declare_found("i-1")
    assert caught.value.code == "found_name"
    assert (launch.state, launch.id) == (UNKNOWN, None)
    launch.declare_found("i-1")
    assert (launch.state, launch.id, launch.source) == (SUCCEEDED, "i-1", "person")
    assert launch.error is None
    assert launch.instance.deadline is not None
    assert "running (id i-1)" in sentence_of(launch)
    assert launch.wait(PATIENCE).seen.status == "running"
    files_agree(launch, folder)
    with pytest.raises(LaunchRefused) as caught:
        launch.declare_found("i-1")
    assert caught.value.code == "absent_state"
    launch.instance.deadline.cancel()
    launch.stop_following()


@pytest.mark.usefixtures("by_hand")
def test_an_interrupted_look_leaves_it_unknown_and_can_be_repeated(cloud, empty, listings, monkeypatch):
    _server, client = cloud(empty, listings.page(listings.row))
    launch = submitted(client)

    def interrupt(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(client, "look", interrupt)
        with pytest.raises(KeyboardInterrupt):
            launch.look()
    assert launch.state is UNKNOWN
    assert launch.look().id == "i-1"
