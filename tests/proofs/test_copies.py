"""No second copy where a listing lags, a server changes names, or the key is another one."""

from __future__ import annotations

import json
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import launch as launch_now
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import CONSENTS, ConsentNeeded, LaunchRefused
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.claim import claim
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.names import SHORTEST_CUT, alike, filter_of, may_be
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale import words as locale
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.fault_account import Account
from tests.support.fault_server import served
from tests.support.ground import BODY, PATIENCE, launch_on, submitted
from tests.support.practice import refusal
from tests.support.wire import REAL_KEY, wait_for_launches

NOT_SENT, UNKNOWN = LaunchState.NOT_SENT, LaunchState.UNKNOWN

CHANGED_KEY = "sk_another_0123456789"
LONG = "Fine-tuning of the large model on many A100 in Ｘinjiang"


CHANGES = {
    "lowers": str.lower,
    "strips": str.strip,
    "cuts at 32": lambda name: name[:32],
    "cuts at 40": lambda name: name[:40],
    "normalises": lambda name: unicodedata.normalize("NFKC", name),
    "decomposes": lambda name: unicodedata.normalize("NFD", name),
    "joins blanks": lambda name: " ".join(name.split()),
    "all of it": lambda name: unicodedata.normalize("NFKC", name).lower().strip()[:40],
}


@pytest.fixture
def account(time):
    """An account and how to reach it."""
    cloud = Account(time)
    with served(cloud.play) as server:
        cloud.url = server.url
        cloud.connect = lambda key=REAL_KEY: PpioClient(key, base_url=server.url)
        yield cloud
        wait_for_launches()


@pytest.fixture
def client(account):
    with account.connect() as client:
        yield client


def named(name):
    return {**BODY, "name": name}


def run_all(account, body, key=REAL_KEY):
    """A notebook's cell that launches, run anew."""
    begun = launch_now(body, api_key=key, base_url=account.url)
    begun.stop_following()
    return begun


def sent(client, body=BODY, **options):
    """A launch, concluded; its instance is not followed."""
    begun = submitted(client, body=body, **options)
    begun.stop_following()
    return begun


def doubt_of(client, body=BODY, **options):
    begun = sent(client, body, **options)
    assert begun.state is NOT_SENT, begun
    assert isinstance(begun.error, ConsentNeeded)
    return begun.error


# The ledger is the first witness.


def test_run_all_three_times_while_the_listing_lags_is_one_request(account, time):
    account.lag = 10.0
    first = run_all(account, BODY)
    for _ in range(2):
        time.turn(3)
        with pytest.raises(ConsentNeeded) as caught:
            run_all(account, BODY)
        assert (caught.value.code, caught.value.params["id"]) == ("name_taken", first.id)
    assert account.posts() == 1
    # Who answers was asked, and no listing was waited for.
    assert account.asked == ["list", "POST", *account.asked[2:-2], first.id, first.id]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", [LONG, f" {LONG}  x ", "Demo", "Ｄemo é"])
def test_a_server_that_changes_names_gets_one_request(change, name, account, time):
    account.change, account.lag = CHANGES[change], 2.0
    first = run_all(account, named(name))
    for _ in range(2):
        time.turn(20)
        with pytest.raises(ConsentNeeded, match=first.id):
            run_all(account, named(name))
    assert account.posts() == 1


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", [LONG, f" {LONG}  x ", "Demo", "Ｄemo é"])
def test_without_a_ledger_the_listing_knows_a_changed_name(change, name, account, client, tmp_path):
    account.change = CHANGES[change]
    account.make(name, age=100)
    doubt = doubt_of(client, named(name), ledger=Ledger(tmp_path / "elsewhere"))
    assert (doubt.code, doubt.params["id"]) == ("name_taken", "i-0")
    assert account.posts() == 0


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", [LONG, f" {LONG}  x ", "Demo", "Ｄemo é"])
def test_a_lost_one_under_a_changed_name_is_never_said_to_be_absent(change, name, account, client, time):
    account.change, account.loses = CHANGES[change], True
    lost = sent(client, named(name))
    assert lost.state in (UNKNOWN, LaunchState.SUCCEEDED)
    account.loses = False
    time.turn(1_000)
    doubt_of(client, named(name))
    assert account.posts() == 1
    assert sum(time.pauses) == sum(reconcile.LOOK_PAUSES) or lost.id == "i-0"


@pytest.mark.parametrize("first", ["sweep-1", "training-of-the-large-model-on-many-a100-1"])
def test_names_that_begin_alike_are_names_of_their_own(first, account, client):
    """A long one could be a cut one; the ledger knows what it was called."""
    for number in ("", "0", "00"):
        assert sent(client, named(first + number)).id
    assert account.posts() == 3


def test_what_may_be_a_cut_name_and_is_of_nobody_is_refused(account, client):
    account.make(LONG[:SHORTEST_CUT])
    account.make("sweep-1")
    assert doubt_of(client, named(LONG)).params["id"] == "i-0"
    assert sent(client, named("sweep-10")).id


def test_one_that_was_removed_frees_its_name_and_is_not_asked_for_again(account, client, time):
    first = sent(client)
    account.made[first.id][0]["status"]["status"] = "removed"
    second = sent(client)
    assert second.id not in (None, first.id)
    account.made[second.id][0]["status"]["status"] = "removing"
    time.turn(5)
    before = account.asked.count(first.id)
    third = sent(client)
    assert third.id not in (None, second.id)
    assert account.asked.count(first.id) == before


def test_what_was_made_just_now_and_is_not_found_is_there(account, client, time):
    account.lag = 10.0
    first = sent(client)
    account.odd[first.id] = refusal("no_instance")
    time.turn(59)
    account.lag = 100.0
    assert doubt_of(client).params["id"] == first.id
    time.turn(-3_600)  # a clock that was set back makes nothing older: an answer from before is stale
    assert doubt_of(client).code in ("name_taken", "name_unchecked")
    time.turn(3_600 + 2)
    assert sent(client).id, "neither by its id nor in the listing"


@pytest.mark.parametrize(
    "odd",
    [
        (404, b"404 page not found"),
        (404, b"<html>nginx</html>"),
        (200, b"<html>sign in</html>"),
        (200, {}),
        (500, b""),
        (403, {"message": "no"}),
    ],
    ids=str,
)
def test_an_odd_answer_about_a_known_id_is_no_word_of_its_end(odd, account, client, time):
    first = sent(client)
    account.odd[first.id] = odd
    account.lag = 1e9
    time.turn(1_000)
    assert doubt_of(client).code == "name_unchecked"
    assert account.posts() == 1
    assert sent(client, again="unchecked").id


# Another key.


def test_a_changed_key_of_the_same_account_still_sees_it(account, client):
    account.lag = 1e9
    first = sent(client)
    with account.connect(CHANGED_KEY) as changed:
        assert doubt_of(changed).params["id"] == first.id
    assert account.posts() == 1


def test_what_another_account_does_not_see_proves_nothing(account, client):
    first = sent(client)
    account.blind.add(CHANGED_KEY)
    with account.connect(CHANGED_KEY) as stranger:
        assert sent(stranger).id == "i-1"
    assert account.asked.count(first.id) >= 1
    # It was not taken for gone: its own key is told that it is there.
    account.lag = 1e9
    doubt = doubt_of(client)
    assert first.id in doubt.params["of"]


@pytest.mark.usefixtures("by_hand")
def test_after_a_change_of_key_an_unresolved_launch_still_refuses(account, client):
    account.loses, account.lag = True, 1e9
    lost = sent(client)
    assert lost.state is UNKNOWN
    account.loses = False
    with account.connect(CHANGED_KEY) as changed:
        doubt = doubt_of(changed)
    assert (doubt.code, doubt.params["launch_id"]) == ("name_unresolved", lost.launch_id)
    with pytest.raises(ConsentNeeded):
        run_all(account, BODY, CHANGED_KEY)
    assert account.posts() == 1


# Two at the same moment.


class Together(Ledger):
    """Lets all of them claim at once, and none of them read again before."""

    def __init__(self, folder, together):
        super().__init__(folder)
        self._together = together

    def claim(self, record):
        self._together.wait(PATIENCE)
        super().claim(record)
        self._together.wait(PATIENCE)


@pytest.mark.parametrize("count", [2, 5])
def test_of_all_that_claim_at_the_same_moment_one_sends(count, account, client, tmp_path, monkeypatch):
    kernel.current().clock = Clock()
    together = threading.Barrier(count)
    launches = [launch_on(client, ledger=Together(tmp_path / "launches", together)) for _ in range(count)]
    for one in launches:
        assert one.submit()
    for one in launches:
        one.wait_for_outcome(PATIENCE)
        one.stop_following()
    assert account.posts() == 1
    (made,) = [one for one in launches if one.id]
    assert made.launch_id == min(one.launch_id for one in launches)
    assert {one.error.code for one in launches if one is not made} <= {"name_unresolved", "name_taken"}
    assert [record.launch_id for record in Ledger(tmp_path / "launches").read().records] == [made.launch_id]


def test_who_sees_one_that_has_begun_to_send_does_not_outwait_it(account, client, tmp_path, monkeypatch):
    """The other one saw nobody: it does not give way, however its id compares."""
    kernel.current().clock = Clock()
    monkeypatch.setattr("ppio_widgets.launches.claim.PAUSES", 2)
    folder = tmp_path / "launches"

    class Late(Ledger):
        def claim(self, record):
            super().claim(record)
            claim("ffffffff", BODY, client, Ledger(tmp_path / "elsewhere"))
            (tmp_path / "elsewhere" / "ffffffff.json").rename(folder / "ffffffff.json")

    late = launch_on(client, ledger=Late(folder), launch_id="00000000")
    assert late.submit()
    late.wait_for_outcome(PATIENCE)
    assert (late.state, late.error.code) == (NOT_SENT, "name_unresolved")
    assert account.posts() == 0
    assert [path.name for path in folder.iterdir()] == ["ffffffff.json"]


# Consent is for one fact.


def put_in_a_torn_file(account, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "abcd1234.json").write_bytes(b"{")


FACTS = {
    "copy": lambda account, _folder: account.make("demo"),
    "unchecked": lambda account, _folder: setattr(account, "listing", (500, b"")),
    "unreadable": put_in_a_torn_file,
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_doubt_has_a_kind_and_all_of_its_words(language):
    codes = {code for of_kind in CONSENTS.values() for code in of_kind}
    keys = json.loads((Path(locale.__file__).parent / f"{language}.json").read_text())
    for prefix in ("consent", "agree"):
        assert {key.partition(".")[2] for key in keys if key.startswith(f"{prefix}.")} == codes
    assert {f"error.{code}" for code in codes} <= keys.keys()
    assert {f"launch.yes_{kind}" for kind in CONSENTS} <= keys.keys()


@pytest.mark.parametrize("agreed", CONSENTS)
@pytest.mark.parametrize("fact", FACTS)
def test_a_consent_lets_only_its_own_fact_pass(fact, agreed, account, client, folder):
    FACTS[fact](account, folder)
    if agreed != fact:
        assert doubt_of(client, again=agreed).kind == fact
        assert account.posts() == 0
    else:
        assert sent(client, again=agreed).id
        assert account.posts() == 1


@pytest.mark.parametrize("fact", ["unchecked", "unreadable"])
def test_again_true_only_ever_means_the_copy(fact, account, client, folder):
    FACTS[fact](account, folder)
    assert doubt_of(client, again=True).kind == fact
    account.listing = None
    assert account.posts() == 0


def test_who_agreed_to_one_copy_is_asked_about_another(account, client):
    account.make("demo")
    doubt = doubt_of(client)
    assert doubt.facts == {"copy i-0"}
    account.make("demo")
    doubt = doubt_of(client, again=doubt.facts)
    assert (doubt.code, doubt.params["of"]) == ("name_taken", ("i-1",))
    assert sent(client, again=("copy i-0", "copy i-1")).id == "i-2"


def test_several_copies_are_named_at_once(account, client):
    account.make("demo", age=500)
    account.make("DEMO", age=60)
    doubt = doubt_of(client, named("Demo"))
    assert (doubt.code, doubt.facts) == ("names_taken", {"copy i-0", "copy i-1"})
    assert "i-0, i-1" in str(doubt)
    assert "60 s ago" in str(doubt)
    assert sent(client, named("Demo"), again=doubt.facts).id == "i-2"


def test_what_was_agreed_to_at_one_launch_is_asked_again_at_the_next(account, client):
    account.make("demo")
    assert sent(client, again=doubt_of(client).facts).id == "i-1"
    assert doubt_of(client).facts == {"copy i-1"}


@pytest.mark.parametrize("odd", ["yes", "", "copies", 1, ["copy", 7], None, "all"])
def test_a_consent_that_says_nothing_known_is_refused(odd, account, client):
    for call in (lambda: sent(client, again=odd), lambda: launch_now(BODY, base_url=account.url, again=odd)):
        with pytest.raises(LaunchRefused, match="copy, unchecked, unreadable, unrecorded"):
            call()
    assert account.asked == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_question_names_what_a_yes_agrees_to(language, account, client):
    say = words(language)
    account.make("demo")
    doubt = doubt_of(client)
    assert "i-0" in doubt.scope(say)


# Names.

NAMES = st.text(min_size=1, max_size=80)


@given(NAMES, st.integers(SHORTEST_CUT, 80), st.data())
def test_a_name_is_known_however_a_server_changes_it(name, length, data):
    changes = [str.lower, str.upper, str.casefold, str.strip, lambda text: " ".join(text.split())]
    changes += [
        lambda text, form=form: unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")
    ]
    changed = name
    made = data.draw(st.lists(st.sampled_from(changes), max_size=2))
    for change in made:
        changed = change(changed)
    if changed.strip():
        assert alike(name, changed)
        assert may_be(changed, name)
        # Plain names are searched for by the server's filter: it is trusted not to write them in capitals.
        if str.upper not in made:
            assert filter_of(name) in changed


@given(NAMES, st.integers(1, 80))
def test_a_beginning_counts_as_cut_only_from_some_length_on(name, length):
    cut = name[:length]
    if len(cut) >= SHORTEST_CUT and len(" ".join(unicodedata.normalize("NFKD", cut).split())) >= SHORTEST_CUT:
        assert may_be(cut, name)
    if len(" ".join(unicodedata.normalize("NFKD", cut.casefold()).split())) < SHORTEST_CUT // 2:
        assert may_be(cut, name) == alike(cut, name)


@given(st.integers(0, 99), st.integers(0, 99))
def test_numbers_at_the_end_tell_names_apart(one, other):
    assert may_be(f"sweep-{one}", f"sweep-{other}") == (one == other)
