"""No second copy, a record before anything is sent, and what a later kernel makes of it."""

from __future__ import annotations

import errno
import json
import math
import multiprocessing
import os
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ppio_widgets import api
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.instances import Listing
from ppio_widgets.errors import ConsentNeeded, LaunchRefused
from ppio_widgets.launches import history
from ppio_widgets.launches import ledger as ledger_module
from ppio_widgets.launches.claim import refuse_rivals, refuse_unread
from ppio_widgets.launches.ledger import Contents, Ledger, Record, without_env_values
from ppio_widgets.launches.reconcile import judge
from ppio_widgets.launches.sentences import record_sentence
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from tests.support.child import Point, launch_and_die
from tests.support.ground import BODY, PATIENCE, files_agree, holds_no_secret, launch_on, submitted
from tests.support.sentences import sentence_of
from tests.support.wire import resets_after_reading, says

SUCCEEDED, UNKNOWN, ABSENT = LaunchState.SUCCEEDED, LaunchState.UNKNOWN, LaunchState.ABSENT
NOT_SENT, SENDING = LaunchState.NOT_SENT, LaunchState.SENDING

MADE = says(200, {"id": "i-1"})


# How each doubt is told to pass.
HOW = {
    "copy": "again=True",
    "unchecked": 'again="unchecked"',
    "unreadable": 'again="unreadable"',
    "unrecorded": 'again="unrecorded"',
}


def refused(launch, code):
    """It was refused until somebody says so once more: nothing was sent, and nothing written."""
    assert (launch.state, launch.error.code, launch.id) == (NOT_SENT, code, None)
    assert isinstance(launch.error, ConsentNeeded)
    assert "Nothing was sent" in sentence_of(launch)
    assert HOW[launch.error.kind] in sentence_of(launch)
    assert launch.record is None
    return sentence_of(launch)


# No second copy.


@pytest.mark.parametrize("status", ["running", "pulling", "toCreate", "exited", "stopped", "something new"])
def test_a_live_one_of_exactly_this_name_is_not_doubled(status, cloud, listings, folder):
    there = listings.page(lambda: listings.row("demo", "i-9", age=300, status=status))
    server, client = cloud(there, create=MADE)
    text = refused(submitted(client), "name_taken")
    assert "(id i-9, made 5 min ago)" in text
    assert server.posts == 0
    assert not folder.exists()
    assert submitted(client, again=True).id == "i-1"
    assert server.posts == 1


@pytest.mark.parametrize("ahead", [-7200.0, 7200.0])
def test_its_age_is_told_by_the_servers_clock(ahead, cloud, listings):
    listings.ahead = ahead
    _server, client = cloud(listings.page(lambda: listings.row("demo", "i-9", age=300)))
    assert "made 5 min ago" in refused(submitted(client), "name_taken")


@pytest.mark.parametrize(
    "other",
    [
        {"status": "toRemove"},
        {"status": "removing"},
        {"status": "removed"},
        {"name": "demo-2"},
        {"name": "dem"},
        {"name": "demonstration"},
    ],
)
def test_a_deleted_one_or_one_of_another_name_is_no_reason(other, cloud, listings):
    there = listings.page(lambda: listings.row(**{"name": "demo", "identity": "i-9", "age": 300, **other}))
    server, client = cloud(there, create=MADE)
    assert submitted(client).id == "i-1"
    assert server.posts == 1


@pytest.mark.parametrize(
    ("odd", "code", "kind"),
    [
        (says(404, b"404 page not found"), "name_unchecked", ConsentNeeded),
        (says(500, b""), "name_unchecked", ConsentNeeded),
        (says(200, b"<html></html>"), "name_unchecked", ConsentNeeded),
        (says(200, {"data": [], "has_more": True}), "name_unchecked", ConsentNeeded),
        (says(403, b""), "name_unchecked", ConsentNeeded),
        (says(401, b""), "api", None),
        (resets_after_reading, "not_sent", None),
    ],
)
def test_where_it_cannot_be_looked_for_nothing_is_sent(odd, code, kind, cloud):
    server, client = cloud(odd, create=MADE)
    for again in (False, True, "unrecorded", "unreadable"):
        launch = submitted(client, again=again)
        assert (launch.state, launch.error.code) == (NOT_SENT, code)
        assert (kind is not None) == isinstance(launch.error, ConsentNeeded)
    assert server.posts == 0
    launch = submitted(client, again="unchecked")
    assert (launch.id or launch.error.code) == ("api" if code == "api" else "i-1")


@pytest.mark.usefixtures("by_hand")
def test_an_unresolved_launch_of_the_name_is_not_doubled(cloud, empty, time, folder):
    server, client = cloud(empty, creates=[resets_after_reading, MADE])
    first = submitted(client)
    assert first.state is UNKNOWN
    time.turn(300)
    text = refused(submitted(client), "name_unresolved")
    assert f"from 5 min ago is unresolved (launch {first.launch_id})" in text
    assert server.posts == 1
    # Another name is not in its way; another key may be of the same account.
    assert submitted(client, body={**BODY, "name": "other"}).id == "i-1"
    with PpioClient("sk_another_0123456789", base_url=server.url) as changed:
        refused(submitted(changed), "name_unresolved")
    first.declare_absent("demo")
    assert submitted(client).id == "i-1"
    assert server.posts == 3
    assert len(Ledger(folder).read().records) == 3


@pytest.mark.usefixtures("by_hand")
def test_an_unresolved_one_is_doubled_on_purpose(cloud, empty):
    server, client = cloud(empty, creates=[resets_after_reading, MADE])
    assert submitted(client).state is UNKNOWN
    assert submitted(client, again=True).id == "i-1"
    assert server.posts == 2


def test_where_somebody_can_be_asked_the_confirmation_opens_again(cloud, listings):
    server, client = cloud(listings.page(lambda: listings.row("demo", "i-9", age=300)), create=MADE)
    launch = launch_on(client)
    launch.arm()
    assert launch.submit(ask=True)
    launch.wait_for_answer(PATIENCE)
    assert (launch.state, launch.doubt.code) == (LaunchState.ARMED, "name_taken")
    assert "i-9" in sentence_of(launch)
    assert server.posts == 0
    assert launch.submit(again=True, ask=True)
    assert launch.wait_for_outcome(PATIENCE).id == "i-1"
    assert server.posts == 1


# A ledger that cannot be read.


UNREADABLE = {
    "torn": b'{"version": 1, "launch_id": "torn", "ho',
    "empty": b"",
    "no JSON": b"\x00\xff" * 100,
    "no object": b"[]",
    "another version": b'{"version": 2}',
    "too deep": b"[" * 100_000,
    "too large": b" " * (1024 * 1024 + 1),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read_may_be_this_very_launch(kind, cloud, empty, folder):
    folder.mkdir(parents=True)
    (folder / "abcd1234.json").write_bytes(UNREADABLE[kind])
    server, client = cloud(empty, create=MADE)
    text = refused(submitted(client), "ledger_unreadable")
    assert "abcd1234" in text
    assert "%ppio launches forget" in text
    assert server.asked == {"look": 1}, "whether the name is taken is known before"
    assert "abcd1234" in repr(history.launches())
    assert any("abcd1234" in line for line in history.left_open(words("en")))
    refused(submitted(client, again=True), "ledger_unreadable")
    assert submitted(client, again="unreadable").id == "i-1"
    assert history.forget("abcd1234")
    assert not history.forget("abcd1234")
    assert (folder / "abcd1234.unreadable").read_bytes() == UNREADABLE[kind]
    assert Ledger(folder).read().unreadable == ()


def test_who_is_asked_about_an_unreadable_file_was_asked_about_the_name(cloud, listings, folder):
    """Else the consent to the one would be taken for consent to a second machine."""
    folder.mkdir(parents=True)
    (folder / "abcd1234.json").write_bytes(b"{")
    server, client = cloud(listings.page(listings.row("demo", "i-0")), create=MADE)
    assert "i-0" in refused(submitted(client), "name_taken")
    assert server.asked == {"look": 1}


def test_what_can_be_read_is_not_set_aside(cloud, empty, folder):
    _server, client = cloud(empty, create=MADE)
    launch = submitted(client)
    for name in (launch.launch_id, "nothing", "../x", "", "x" * 5_000):
        assert not history.forget(name)
    assert Ledger(folder).get(launch.launch_id) == launch.record


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
_WHOLE = json.loads(Record("abcd1234", "https://gpu.example.com", "…cdef", {"name": "demo"}).to_json())


@given(st.dictionaries(st.sampled_from(sorted(_WHOLE)), _json | st.sampled_from([*_WHOLE.values()])))
@example({"sent_at": 10**400})
@example({"sent_at": -math.inf, "state": "rejected"})
@example({"offset": math.nan})
@example({"state": "succeeded"})
@example({"state": "unknown", "instance_id": "i-1"})
@example({"state": "draft"})
@example({"candidates": [None, 7]})
def test_a_damaged_file_is_either_a_record_or_unreadable(tmp_path_factory, damage):
    ledger = Ledger(tmp_path_factory.getbasetemp() / "damaged")
    ledger.folder.mkdir(exist_ok=True)
    (ledger.folder / "abcd1234.json").write_text(json.dumps({**_WHOLE, **damage}))
    contents = ledger.read()
    assert len(contents.records) + len(contents.unreadable) == 1
    assert history.Launches(contents).lines(words("en")) != []
    ours = Record("ours", _WHOLE["host"], _WHOLE["account"], _WHOLE["body"], 1_700_000_000.0)
    rivals = any(one.unresolved and ours.rivals(one) for one in contents.records)
    for refuse, speaks_against in (
        (lambda: refuse_rivals(ours, contents), rivals),
        (lambda: refuse_unread(contents), bool(contents.unreadable)),
    ):
        if speaks_against:
            with pytest.raises(ConsentNeeded) as caught:
                refuse()
            assert str(caught.value)
        else:
            refuse()
    for record in contents.records:
        judge(record, Listing((), ours.sent_at), contents, ours.sent_at)
        assert ledger.save(record) is None
        assert ledger.get("abcd1234") == record


# A ledger that cannot be written.


def full(*_given):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(params=["fsync", "write"])
def fill_the_disk(request, monkeypatch):
    """A function that fills it; one that calls it frees it again."""

    class FullFile:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_exc):
            self._file.close()

        def __getattr__(self, name):
            return getattr(self._file, name)

        write = staticmethod(full)

    def fill(patched=monkeypatch):
        if request.param == "fsync":
            patched.setattr(os, "fsync", full)
        else:
            fdopen = os.fdopen
            patched.setattr(ledger_module.os, "fdopen", lambda *given: FullFile(fdopen(*given)))

    return fill


def put_a_file_in_its_place(folder):
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")


def put_a_file_above(folder):
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.write_text("no folder")


@pytest.mark.parametrize("block", [put_a_file_in_its_place, put_a_file_above])
def test_without_a_folder_nothing_is_sent_unless_it_is_said_once_more(block, cloud, empty, folder):
    block(folder)
    server, client = cloud(empty, create=MADE)
    launch = submitted(client)
    assert str(folder) in refused(launch, "ledger_closed")
    for again in (True, "unreadable"):
        assert submitted(client, again=again).state is NOT_SENT
    assert server.posts == 0
    sent_unrecorded(submitted(client, again="unrecorded"), folder)
    assert server.posts == 1


def sent_unrecorded(launch, folder):
    """It was sent, and what is said of it is that nothing of it is written down."""
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")
    assert "i-1" in sentence_of(launch)
    assert "could not be recorded" in sentence_of(launch)
    assert str(folder) in sentence_of(launch)
    assert "Nothing was sent" not in sentence_of(launch)
    assert "again=" not in sentence_of(launch)


def test_on_a_full_disk_nothing_is_sent_unless_it_is_said_once_more(cloud, empty, folder, fill_the_disk):
    server, client = cloud(empty, create=MADE)
    fill_the_disk()
    text = refused(submitted(client), "ledger_unwritable")
    assert "no space left on the disk" in text
    refused(submitted(client, again=True), "ledger_unwritable")
    assert [*folder.iterdir()] == []
    assert server.posts == 0
    sent_unrecorded(submitted(client, again="unrecorded"), folder)
    assert server.posts == 1
    assert [*folder.iterdir()] == []


def test_what_cannot_be_written_before_is_written_after_if_it_can(cloud, empty, folder, fill_the_disk):
    with pytest.MonkeyPatch.context() as patched:

        def frees(server, connection):
            patched.undo()
            MADE(server, connection)

        _server, client = cloud(empty, create=frees)
        fill_the_disk(patched)
        launch = submitted(client, again="unrecorded")
    assert launch.id == "i-1"
    assert "could not be recorded" not in sentence_of(launch)
    files_agree(launch, folder)


def test_an_outcome_that_cannot_be_written_is_said_with_its_id(cloud, empty, folder, fill_the_disk):
    def fills(server, connection):
        fill_the_disk()
        MADE(server, connection)

    _server, client = cloud(empty, create=fills)
    launch = submitted(client)
    assert (launch.state, launch.id) == (SUCCEEDED, "i-1")
    assert "i-1" in sentence_of(launch)
    assert "note the id yourself" in sentence_of(launch)
    # What is on the disk is older, not torn: it can be looked up.
    (record,) = Ledger(folder).read().records
    assert (record.launch_id, record.state) == (launch.launch_id, SENDING)
    assert [path.name for path in folder.iterdir()] == [f"{launch.launch_id}.json"]


def test_without_links_a_claim_is_exclusive_all_the_same(monkeypatch, tmp_path):
    def refuse(*_given):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    ledger = Ledger(tmp_path / "launches")
    record = Record("abcd1234", "https://gpu.example.com", "…cdef", {"name": "demo"})
    ledger.claim(record)
    with pytest.raises(LaunchRefused) as caught:
        ledger.claim(replace(record, body={}))
    assert caught.value.code == "claimed_before"
    assert ledger.read().records == (record,)
    assert [path.name for path in ledger.folder.iterdir()] == ["abcd1234.json"]


def test_a_claim_is_never_seen_half_written(monkeypatch, tmp_path):
    ledger = Ledger(tmp_path / "launches")
    record = Record("abcd1234", "https://gpu.example.com", "…cdef", {"name": "demo"})
    seen = []
    reading = False

    def read():
        nonlocal reading
        if not reading:  # to read opens files as well
            reading = True
            seen.append(ledger.read())
            reading = False

    def looking(call):
        def look(*given):
            read()
            done = call(*given)
            read()
            return done

        return look

    for name in ("open", "fdopen", "fsync", "link", "replace"):
        monkeypatch.setattr(os, name, looking(getattr(os, name)))
    ledger.claim(record)
    ledger.save(replace(record, instance_id="i-1", state=SUCCEEDED))
    assert {contents.unreadable for contents in seen} == {()}
    assert seen[0] == Contents()


# What a later kernel makes of it.


@pytest.fixture
def left(cloud, empty, time, tmp_path, _own_ledgers):
    """A launch whose process was killed when its request had arrived; its record, and its ledger."""

    def make(*looks, made=True, **more):
        server, client = cloud(empty, *looks, **more)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.support.child"])
        ours, theirs = context.Pipe()
        point = Point("recv", 2) if made else Point("send", 2)
        given = (server.url, str(tmp_path / "state"), True, point, theirs)
        child = context.Process(target=launch_and_die, args=given)
        child.start()
        assert ours.recv() == "ready"
        ours.send("go")
        child.join(PATIENCE)
        assert child.exitcode == -9
        for one in (ours, theirs, child):
            one.close()
        (launch_id,) = history.open_ids()
        record, ledger = history.find(launch_id)
        assert record.state is SENDING
        time.time = record.sent_at + 10  # the child's clock is the real one
        return server, client, record, ledger

    return make


def test_a_later_kernel_finds_what_was_left(left, listings, folder):
    _server, client, record, ledger = left(listings.page(listings.row))
    (line,) = history.left_open(words("en"))
    assert record.launch_id in line
    assert "may be running and billed" in line
    seen = history.look_up(record, ledger, client)
    assert (seen.state, seen.instance_id, seen.source) == (SUCCEEDED, "i-1", "listing")
    assert Ledger(folder).read().records == (seen,)
    assert history.left_open(words("en")) == []
    assert history.open_ids() == []
    holds_no_secret((folder / f"{record.launch_id}.json").read_text())


def test_a_later_kernel_does_not_declare_absent_what_may_still_be_on_its_way(left, empty, time):
    _server, client, record, ledger = left(empty, made=False)
    for _ in range(4):
        time.turn(80)
        record = history.look_up(record, ledger, client)
        assert (record.unresolved, record.absences) == (True, 0)
    for absences in (1, 2):
        time.turn(40)
        record = history.look_up(record, ledger, client)
        assert (record.state, record.absences) == (UNKNOWN, absences)
    time.turn(40)
    assert history.look_up(record, ledger, client).state is ABSENT
    assert history.open_ids() == []


def test_counting_absences_goes_on_in_the_next_kernel(left, empty, time):
    _server, client, record, ledger = left(empty)
    time.turn(400)
    for _ in range(3):
        time.turn(40)
        record, ledger = history.find(record.launch_id)
        history.look_up(record, ledger, client)
    assert Ledger(ledger.folder).get(record.launch_id).state is ABSENT


@pytest.mark.parametrize("odd", [says(404, b""), says(401, b""), says(200, b"ok"), resets_after_reading])
def test_an_odd_listing_tells_a_later_kernel_nothing(odd, left, time):
    _server, client, record, ledger = left(odd)
    time.turn(1_000)
    for _ in range(5):
        time.turn(100)
        record = history.look_up(record, ledger, client)
        assert (record.unresolved, record.absences) == (True, 0)


def test_another_accounts_key_is_not_asked(left, empty):
    server, _client, record, ledger = left(empty)
    asked = server.asked.copy()
    with PpioClient("sk_another_0123456789", base_url=server.url) as stranger:
        with pytest.raises(LaunchRefused) as caught:
            history.look_up(record, ledger, stranger)
        assert "…cdef" in str(caught.value)
    assert server.asked == asked
    assert ledger.get(record.launch_id) == record


def test_a_persons_word_settles_what_was_left(left, empty):
    _server, _client, record, ledger = left(empty)
    for wrong in ("", "Demo", "demo-2"):
        with pytest.raises(LaunchRefused):
            history.declare_absent(record, ledger, wrong)
    assert ledger.get(record.launch_id) == record
    absent = history.declare_absent(record, ledger, "demo")
    assert (absent.state, absent.source) == (ABSENT, "person")
    assert ledger.get(record.launch_id) == absent
    with pytest.raises(LaunchRefused):
        history.declare_absent(absent, ledger, "demo")


def test_an_instance_that_only_its_id_tells_of_settles_what_was_left(left, empty, listings):
    named = [listings.says(200, listings.row(name, one)) for name, one in (("Demo", "i-1"), ("demo", "i-2"))]
    other = Record("0badcafe", "", "", {"name": "other"}, state=SUCCEEDED, instance_id="i-2")
    _server, client, record, ledger = left(empty, follow=[*named, named[1]])
    with pytest.raises(LaunchRefused, match="i-1 is called Demo, not demo"):
        history.declare_found(record, ledger, client, "i-1")
    ledger.claim(replace(other, host=record.host))
    with pytest.raises(LaunchRefused, match="another launch made it"):
        history.declare_found(record, ledger, client, "i-2")
    ledger.save(replace(other, host=record.host, instance_id="i-3"))
    stranger = PpioClient("sk_another_0123456789", base_url=client.host.base_url)
    with stranger, pytest.raises(LaunchRefused, match="…cdef"):
        history.declare_found(record, ledger, stranger, "i-2")
    assert ledger.get(record.launch_id) == record
    found = history.declare_found(record, ledger, client, "i-2")
    assert (found.state, found.instance_id, found.source) == (SUCCEEDED, "i-2", "person")
    assert ledger.get(record.launch_id) == found
    assert history.open_ids() == []
    assert "id i-2" in record_sentence(found, 0.0, words("en"))
    with pytest.raises(LaunchRefused, match="unknown outcome"):
        history.declare_found(found, ledger, client, "i-2")


def test_one_that_was_listed_before_the_launch_is_not_what_it_made(left, empty, listings):
    _server, client, record, ledger = left(empty, follow=[listings.says(200, listings.row)])
    ledger.save(replace(record, listed=("i-1",)))
    with pytest.raises(LaunchRefused, match="was there before"):
        history.declare_found(ledger.get(record.launch_id), ledger, client, "i-1")


def test_what_its_own_kernel_came_to_know_is_not_written_over(left, listings):
    """A look-up takes time; meanwhile the answer may have come where it was sent from."""
    record = None

    def answers_meanwhile(server, connection):
        if record is not None:
            ledger.save(replace(record, state=LaunchState.REJECTED, source="answer"))
        listings.page()(server, connection)

    _server, client, record, ledger = left(answers_meanwhile)
    assert history.look_up(record, ledger, client).state is LaunchState.REJECTED
    assert ledger.get(record.launch_id).state is LaunchState.REJECTED


def test_an_id_is_never_written_over(tmp_path):
    ledger = Ledger(tmp_path / "launches")
    record = Record("abcd1234", "https://gpu.example.com", "…cdef", {"name": "demo"})
    known = replace(record, state=SUCCEEDED, instance_id="i-1")
    ledger.claim(record)
    assert ledger.save(known) is None
    for state in (UNKNOWN, ABSENT, LaunchState.REJECTED):
        assert ledger.save(replace(record, state=state)) is None
        assert ledger.get("abcd1234") == known


def test_who_asks_for_a_launch_by_its_id_is_told(left, listings):
    _server, _client, record, _ledger = left(listings.page(listings.row))
    with pytest.raises(LaunchRefused) as caught:
        api.look_up("nothing0")
    assert caught.value.code == "record_missing"
    assert "demo" in api.declare_absent(record.launch_id, "demo")


def test_the_body_in_the_ledger_keeps_names_of_variables_only():
    assert without_env_values(BODY)["envs"] == [{"key": "HF_TOKEN"}]
    assert without_env_values({"name": "demo"}) == {"name": "demo"}
    for odd in (None, "text", [None, "x", {}, {"value": "s3cret"}], ({"key": "A", "value": "s3cret"},)):
        assert "s3cret" not in json.dumps(without_env_values({"envs": odd}))
