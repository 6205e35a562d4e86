"""A long ledger costs a launch no more than a short one, and hides no witness.

What is counted is work: files opened, folders listed. `make soak` measures time as well.
"""

import json
import time as real_time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient, launch
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import ApiError, ConsentNeeded
from ppio_widgets.launches import history, presets
from ppio_widgets.launches import ledger as ledger_module
from ppio_widgets.launches.ledger import INDEX, MOST_PRACTICE, MOST_UNINDEXED, Ledger, Record, ledger_for
from ppio_widgets.launches.names import folded
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.magics import greeting, ppio_magic
from ppio_widgets.practice.cloud import kernel_account
from tests.magics.conftest import run, shell
from tests.support.bodies import MINIMAL
from tests.support.ground import SOAK, launch_on
from tests.support.practice import RICH, refusal
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY, answers, faulty, launching

__all__ = ["run", "shell"]

MANY = 10_000 if SOAK else 500
S = LaunchState
STATES = (S.SENDING, S.SUCCEEDED, S.REJECTED, S.NOT_SENT, S.UNKNOWN, S.ABSENT)
NAMES = ("demo", "DEMO", "de mo", " de  mo ", "ｄｅｍｏ", "other", "")
# What a look at the ledger may open: the index, what is not in it yet, and what it is about.
FEW = MOST_UNINDEXED + 4
# A launch reads what may have changed since its first look, and its own record before it is replaced.
ONE_LAUNCH = FEW + 2


def record(number, name="other", state=S.SUCCEEDED, host="https://api.ppio.com"):
    identity = f"i-{number}" if state is S.SUCCEEDED else None
    body = {**MINIMAL, "name": name}
    return Record(
        f"{number:08x}", host, f"…{REAL_KEY[-4:]}", body, 1e9 + number, state=state, instance_id=identity
    )


def fill(folder, records):
    """Write records as they lie on a disk, only faster."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in records:
        (folder / f"{one.launch_id}.json").write_text(one.to_json())


@contextmanager
def counted(monkeypatch):
    """Count the files that are read meanwhile."""
    opened = []
    real = ledger_module.contents

    def contents(path, most):
        opened.append(path.name)
        return real(path, most)

    with monkeypatch.context() as patched:
        patched.setattr(ledger_module, "contents", contents)
        patched.setattr(presets, "contents", contents)
        yield opened


@pytest.fixture
def long_ledger(folder):
    """A ledger of many launches that was looked at before."""
    fill(folder, (record(number, f"demo-{number}") for number in range(MANY)))
    Ledger(folder).unresolved()
    return Ledger(folder)


def test_loading_opens_no_more_files_than_with_an_empty_ledger(long_ledger, monkeypatch, capsys):
    with counted(monkeypatch) as opened:
        greeting.tell_of_open_launches()
        assert history.left_open(words("en")) == []
    assert len(opened) <= 2 * FEW
    assert capsys.readouterr().out == ""


@pytest.fixture
def one_launch(quick):
    """Launch once over a real socket; returns the launch, and how many files were read for it."""

    def one_launch(monkeypatch, **body):
        def reply(request):
            made = {"id": "i-new"} if request.method == "POST" else {"data": [], "has_more": False}
            return 200, made

        with launching(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
            begun = launch_on(client, {**MINIMAL, **body})
            with counted(monkeypatch) as opened:
                begun.submit()
                begun.wait_for_answer(20)
            begun.stop_following()
            return begun, len(opened), server

    return one_launch


def test_a_launch_opens_no_more_files_than_with_an_empty_ledger(long_ledger, one_launch, monkeypatch):
    begun, opened, server = one_launch(monkeypatch, name="new")
    assert (begun.state, server.posts) == (S.SUCCEEDED, 1)
    assert opened <= ONE_LAUNCH


@pytest.mark.parametrize("proved", [False, True])
def test_a_look_for_one_that_is_gone_opens_no_more_files(proved, long_ledger, quick, time, monkeypatch):
    """Where it is not found the first time, and where that is written down."""
    with (
        faulty(answers(lambda _request: refusal("no_instance"))) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
    ):
        made = replace(record(MANY + 5, "mine", host=client.host.base_url), instance_id="i-mine")
        fill(long_ledger.folder, [made])
        mine = Instance("i-mine", client, seen=InstanceDetail("i-mine", "mine", "running"))
        for _look in range(2):
            with suppress(ApiError):
                mine.look()
            time.turn(60)
        with counted(monkeypatch) as opened:
            if proved:
                mine.look()
            else:
                with pytest.raises(ApiError):
                    Instance("i-other", client).look()
    # What is saved is read before.
    assert len(opened) <= FEW + 1
    assert long_ledger.get(made.launch_id).gone == ("not_seen" if proved else "")


def test_a_long_ledger_knows_the_launch_of_an_instance(long_ledger):
    (found,) = [one for one in long_ledger.of_instance("i-7").records if one.instance_id == "i-7"]
    assert found.name == "demo-7"
    assert len(long_ledger.of_instance("i-7").records) <= FEW
    # Its own kernel knows better than another one that had looked it up.
    long_ledger.save(record(7, "demo-7", S.UNKNOWN))
    assert long_ledger.get(found.launch_id).instance_id == "i-7"


def test_an_id_that_comes_late_is_found_too(folder):
    fill(folder, (record(number, "demo", S.ABSENT) for number in range(2 * MOST_UNINDEXED)))
    ledger = Ledger(folder)
    ledger.unresolved()
    ledger.save(record(3, "demo"))
    assert [one.launch_id for one in ledger.of_instance("i-3").records if one.instance_id] == ["00000003"]


# Between two looks of one launch others go on.


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(NAMES), st.sampled_from(STATES)), max_size=12),
    st.lists(st.tuples(st.integers(0, 14), st.sampled_from(NAMES), st.sampled_from(STATES)), max_size=8),
    st.sampled_from(NAMES),
    st.sets(st.integers(0, 14), max_size=3),
    st.sampled_from([2, MOST_UNINDEXED]),
)
def test_a_second_look_sees_what_the_first_one_would_now(
    tmp_path_factory, first, then, name, released, unindexed
):
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "launches")
    most, ledger_module.MOST_UNINDEXED = ledger_module.MOST_UNINDEXED, unindexed
    try:
        go_on(ledger, first)
        before = ledger.of_name(name)
        go_on(ledger, then)
        for number in released:
            if (one := ledger.get(f"{number:08x}")) is not None and one.unresolved:
                ledger.release(one)
        again, anew = ledger.of_name(name, before), ledger.of_name(name)
    finally:
        ledger_module.MOST_UNINDEXED = most
    found = {one.launch_id: one for one in again.records}
    for one in anew.records:
        if one.unresolved or folded(one.name) == folded(name):
            assert found[one.launch_id] == one
    there = {path.stem for path in ledger.folder.glob("*.json")}
    assert set(found) <= there
    assert again.unreadable == anew.unreadable


def go_on(ledger, steps):
    """Claim and settle as kernels may: who has an outcome keeps it, an absence may be known better."""
    for number, called, state in steps:
        kept = ledger.get(f"{number:08x}")
        if kept is None:
            ledger.claim(record(number, called, S.SENDING))
        elif kept.unresolved or kept.state is S.ABSENT:
            ledger.save(record(number, kept.name, state))


def test_a_second_look_at_a_ledger_that_was_closed_reads_it_whole(folder):
    fill(folder, [record(1, "demo", S.UNKNOWN)])
    ledger = Ledger(folder)
    closed = replace(ledger.of_name("other"), records=(), closed=ConsentNeeded("ledger_closed"))
    assert [one.name for one in ledger.of_name("other", closed).records] == ["demo"]


def test_the_oldest_of_many_is_still_a_witness(folder):
    fill(folder, (record(number, f"demo-{number}") for number in range(100, 100 + MANY)))
    fill(folder, [record(1, "ＤＥＭＯ  one")])
    ledger = Ledger(folder)
    ledger.unresolved()
    (old,) = ledger.of_name("demo one").records
    assert old.launch_id == f"{1:08x}"
    ledger.save(replace(old, state=S.UNKNOWN, instance_id=None, launch_id="aaaa0000"))
    assert [one.launch_id for one in ledger.unresolved().records] == ["aaaa0000"]


def test_an_unresolved_launch_among_many_refuses_a_second_copy(long_ledger, one_launch, monkeypatch):
    def reply(request):
        return (200, {"id": "i-new"}) if request.method == "POST" else (200, {"data": [], "has_more": False})

    with launching(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        fill(long_ledger.folder, [record(MANY + 5, "demo", S.UNKNOWN, client.host.base_url)])
        begun = launch_on(client, {**MINIMAL, "name": "demo"})
        begun.submit()
        begun.wait_for_answer(20)
        assert server.posts == 0
    assert begun.state is S.NOT_SENT
    assert isinstance(begun.error, ConsentNeeded)
    assert begun.error.code == "name_unresolved"


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 30), st.sampled_from(NAMES), st.sampled_from(STATES)), max_size=20),
        max_size=5,
    ),
    st.sampled_from(NAMES),
)
def test_whatever_is_in_the_index_the_same_is_found(tmp_path_factory, rounds, name):
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "launches")
    fill(ledger.folder, [record(99, "kept")])
    most, ledger_module.MOST_UNINDEXED = ledger_module.MOST_UNINDEXED, 2
    try:
        for round_ in rounds:
            for number, called, state in round_:
                if ledger.get(f"{number:08x}") is None:
                    ledger.claim(record(number, called, S.SENDING))
                ledger.save(record(number, ledger.get(f"{number:08x}").name, state))
            (ledger.folder / "0000torn.json").write_text("{")
            everything = plainly(ledger)
            assert ledger.unresolved().records == tuple(one for one in everything if one.unresolved)
            found = ledger.of_name(name)
            alike = [one for one in everything if folded(one.name) == folded(name)]
            assert {one.launch_id for one in alike} <= {one.launch_id for one in found.records}
            assert {one.launch_id for one in everything if one.unresolved} <= {
                one.launch_id for one in found.records
            }
            assert found.unreadable == ("0000torn",)
            assert ledger.read().records == everything
    finally:
        ledger_module.MOST_UNINDEXED = most


def plainly(ledger):
    """All records, read without any index."""
    found = [Record.from_json(path.read_text()) for path in sorted(ledger.folder.glob("*.json"))]
    records = [one for one in found if one is not None]
    return tuple(sorted(records, key=lambda one: (not one.unresolved, -one.sent_at)))


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"version": 0, "settled": {}}',
        b'{"version": 1, "settled": {"00000001": "other"}}',
        b'{"version": 2}',
        b'{"version": 2, "settled": []}',
        b'{"version": 2, "settled": {"00000001": 7}}',
        b'{"version": 2, "settled": {"00000001": "other"}}',
        b'{"version": 2, "settled": {"00000001": ["other"]}}',
        b'{"version": 2, "settled": {"00000001": ["other", null]}}',
        b'{"version": 2, "settled": {"nobody": ["demo", ""]}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_damaged_index_hides_nothing(damage, folder):
    count = 3 * MOST_UNINDEXED
    fill(folder, (record(number, "demo") for number in range(count)))
    fill(folder, [record(count, "demo", S.UNKNOWN)])
    ledger = Ledger(folder)
    ledger.unresolved()
    (folder / INDEX).write_bytes(damage)
    assert len(ledger.of_name("demo").records) == count + 1
    assert len(ledger.unresolved().records) == 1


def test_an_index_that_cannot_be_written_hides_nothing(folder, monkeypatch):
    fill(folder, (record(number, "demo") for number in range(3 * MOST_UNINDEXED)))
    (folder / INDEX).mkdir()
    assert len(Ledger(folder).of_name("demo").records) == 3 * MOST_UNINDEXED


def test_what_is_unresolved_again_is_found_again(folder):
    """Another kernel called it absent; its own then had a cut answer."""
    fill(folder, (record(number, "demo", S.ABSENT) for number in range(2 * MOST_UNINDEXED)))
    ledger = Ledger(folder)
    ledger.unresolved()
    assert (folder / INDEX).exists()
    ledger.save(record(3, "demo", S.UNKNOWN))
    assert [one.launch_id for one in ledger.unresolved().records] == ["00000003"]


def test_real_records_are_never_removed(folder):
    fill(folder, (record(number) for number in range(4 * MOST_PRACTICE)))
    ledger = ledger_for(practice=False)
    ledger.claim(record(10**6, "new", S.SENDING))
    assert len(ledger.read().records) == 4 * MOST_PRACTICE + 1


def test_practice_keeps_the_newest_launches_and_all_whose_outcome_is_unknown():
    ledger = ledger_for(practice=True)
    fill(ledger.folder, (record(number) for number in range(1, 2 * MOST_PRACTICE + 1)))
    fill(ledger.folder, [record(0, "lost", S.UNKNOWN)])
    ledger.claim(record(10**6, "new", S.SENDING))
    kept = ledger.read().records
    assert len(kept) == MOST_PRACTICE + 2
    assert {one.name for one in kept if one.unresolved} == {"lost", "new"}
    assert min(one.sent_at for one in kept if not one.unresolved) == 1e9 + MOST_PRACTICE + 1


@pytest.fixture
def practised(quick, monkeypatch):
    """Launch on the practice cloud and delete, so many times; returns what each opened and took."""
    monkeypatch.delenv("PPIO_WIDGETS_STATE_DIR")

    def practised(count):
        account = kernel_account()
        account.pay(RICH)
        opened, seconds = [], []
        for number in range(count):
            with counted(monkeypatch) as files:
                began = real_time.process_time()
                made = launch({**MINIMAL, "product_id": "a100-80g", "name": f"demo-{number}"}, practice=True)
                seconds.append(real_time.process_time() - began)
            made.stop_following()
            wait_for_threads("ppio-watch")  # it would look for what is gone
            account.act(made.id, "delete")
            account._instances.clear()
            opened.append(len(files))
        return opened, seconds

    return practised


def test_practice_launches_do_not_become_more_work(practised):
    opened, seconds = practised(1000 if SOAK else 2 * MOST_PRACTICE + 60)
    # Once in a hundred launches the oldest are removed, and all are read for it.
    assert sum(size > ONE_LAUNCH for size in opened) <= len(opened) // MOST_PRACTICE
    assert max(opened) <= 5 * MOST_PRACTICE
    assert len(ledger_for(practice=True).read().records) <= 2 * MOST_PRACTICE
    if SOAK:
        early, late = sorted(seconds[200:300]), sorted(seconds[-100:])
        assert late[50] <= 2 * early[50] + 0.01


def test_a_list_of_presets_looks_once_at_its_folder_and_once_at_each(monkeypatch, capsys):
    folder = presets.presets_folder()
    folder.mkdir(parents=True)
    for number in range(200):
        (folder / f"preset {number}.json").write_text(json.dumps(MINIMAL))
    looks = []
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: looks.append(path) or listed(path))
    with counted(monkeypatch) as opened:
        listed_presets = ppio_magic.preset_list()
    assert len(listed_presets.splitlines()) == 200
    assert looks == [folder]
    assert sorted(opened) == sorted(path.name for path in listed(folder))


def took(do):
    """The best of three, in seconds: what else the machine does is not our work."""
    times = []
    for _time in range(3):
        began = real_time.perf_counter()
        do()
        times.append(real_time.perf_counter() - began)
    return min(times)


def test_many_presets_and_launches_open_no_more_files_than_few(long_ledger, shell, monkeypatch):
    """`%load_ext` by IPython itself; that it takes no time is measured below."""
    with counted(monkeypatch) as opened:
        shell.run_line_magic("reload_ext", "ppio_widgets")
    assert len(opened) <= 2 * FEW


if SOAK:  # time is nothing that a busy machine can be held to

    def test_ten_thousand_launches_and_a_thousand_presets_take_no_time(
        long_ledger, shell, one_launch, monkeypatch
    ):
        folder = presets.presets_folder()
        folder.mkdir(parents=True)
        for number in range(1000):
            (folder / f"preset {number}.json").write_text(json.dumps(MINIMAL))
        assert took(ppio_magic.preset_list) < 0.3

        def load():
            shell.run_line_magic("reload_ext", "ppio_widgets")

        names = iter(range(100))

        def go():
            one_launch(monkeypatch, name=f"new {next(names)}")

        long = took(load), took(go)
        monkeypatch.setenv("PPIO_WIDGETS_STATE_DIR", str(folder.parent / "empty"))
        short = took(load), took(go)
        assert long[0] - short[0] < 0.1
        assert long[1] - short[1] < 0.1
