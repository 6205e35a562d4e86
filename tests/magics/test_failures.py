"""Each failure that can be asked for, as a person meets it: what the product says of it, and what is next."""

from __future__ import annotations

import re
from html import unescape

import pytest
from IPython.core.error import UsageError

from ppio_widgets import ApiError, ConsentNeeded, Instance, LaunchForm, OutcomeUnknown, PpioError, launch
from ppio_widgets.api import connect, look_up
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.cloud import PracticeCloud, kernel_account, kernel_cloud, put_kernel_cloud
from ppio_widgets.practice.failures import failure_of, verbs
from tests.magics.test_without_threads import HereClock
from tests.support.bodies import MINIMAL
from tests.support.clock import Clock
from tests.support.consent import let_read
from tests.support.kernels import start_kernel
from tests.support.sentences import sentence_of
from tests.widgets.conftest import find, press, shown

BODY = {**MINIMAL, "product_id": "4090.16c62g.os"}
SPOT = {**BODY, "billing": {"mode": "spot"}}
LINE = "%ppio_launch --practice --name demo --product 4090.16c62g.os"

# Of what is no refusal: how many instances there are, and the sentences that a person reads.
ENDS = {
    "lost-answer": (1, ["launch.found"]),
    "lost-answer-absent": (0, ["error.absent"]),
    "lost-answer-unknown": (1, ["error.unknown_lost", "error.unknown_still"]),
    "gateway-502": (1, ["launch.found"]),
    "cloud-off": (0, ["error.not_sent"]),
    "slow-answer": (1, ["launch.succeeded"]),
    "image-not-found": (1, ["launch.succeeded", "next.IMAGE_NOT_FOUND", "machine.next_failed"]),
    "spot-reclaimed": (1, ["launch.succeeded", "spot.notice_at", "spot.next_notice"]),
}
REFUSED = [verb for verb in verbs() if verb not in ENDS]


@pytest.fixture(autouse=True)
def clock():
    """Nobody waits: who does lets the time go by."""
    clock = Clock()
    start_kernel(HereClock(clock), threads=False)
    cloud = PracticeCloud(clock)
    cloud.sleep = clock.turn
    put_kernel_cloud(cloud)
    return clock


def ended(ask, say):
    """What a person reads of a launch in the end: its error, or where it and its instance stand."""
    try:
        made = ask()
    except PpioError as error:
        return error.sentence(say)
    made.wait(60)
    return sentence_of(made, say)


def by_image(verb, body=BODY):
    return launch({**body, "image": f"{failure_of(verb).image}:1"}, practice=True)


def by_incident(verb, body=BODY):
    kernel_cloud().incidents.add(verb, student=kernel_account().student)
    return launch(body, practice=True)


WAYS = {"by its image": by_image, "by an incident": by_incident}


def says(text, key, say):
    """Whether a text has a sentence, whatever is filled in."""
    parts = map(re.escape, re.split(r"\{[a-z_]+\}", say._sentences[key]))
    return re.search(".*?".join(parts), text) is not None


def made():
    """The instances that there are, listed or not."""
    account = kernel_account()
    return [one for one in account._instances.values() if one.is_there(account.clock.now())]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verb", REFUSED)
def test_a_refusal_says_the_servers_words_and_our_next_step(verb, way, names):
    row = failure_of(verb)
    with pytest.raises(ApiError) as caught:
        WAYS[way](verb)
    error = caught.value
    assert (error.status, error.reason) == (row.status, row.reason)
    for say in map(words, LANGUAGES):
        told = error.sentence(say)
        assert error.message in told
        assert says(told, "error.api", say)
        assert say(f"next.{row.reason}") in told
        assert says(told, "retry.wait", say) == bool(row.retry_after)
    assert names() == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verb", ENDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_refusal_says_what_became_of_it(verb, way, language, clock):
    count, keys = ENDS[verb]
    began, say = clock.now, words(language)
    told = ended(lambda: WAYS[way](verb, SPOT if verb == "spot-reclaimed" else BODY), say)
    assert [key for key in keys if not says(told, key, say)] == []
    assert len(made()) == count
    assert clock.now - began >= failure_of(verb).slow


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", verbs())
def test_a_line_says_it_as_well(verb, language, run, capsys, monkeypatch):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    row, say = failure_of(verb), words(language)
    mode = "--billing spot" if verb == "spot-reclaimed" else ""
    told = ended(lambda: run(f"x = {LINE} {mode} --image {row.image}:1 --yes\nx"), say)
    keys = ENDS[verb][1] if verb in ENDS else ["error.api", f"next.{row.reason}"]
    told += capsys.readouterr().out
    assert [key for key in keys if not says(told, key, say)] == []


@pytest.mark.parametrize("verb", ["sold-out", "real-name", "lost-answer", "image-not-found"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_says_it_as_well(verb, language):
    row, say = failure_of(verb), words(language)
    form = LaunchForm({**BODY, "image": f"{row.image}:1"}, practice=True, language=language)
    press(find(form, say("launch.button")))
    let_read()
    press(find(form, say("launch.confirm")))
    form.session.launch.wait_for_outcome(60)
    form.session.launch.wait(60)
    keys = ENDS[verb][1] if verb in ENDS else [f"next.{row.reason}"]
    told = unescape(shown(form))
    form.close()
    assert [key for key in keys if key != "launch.succeeded" and not says(told, key, say)] == []


def test_one_that_is_never_pulled_is_billed_until_it_is_deleted(clock):
    stuck = by_image("image-not-found").wait(60).instance
    assert (stuck.status, stuck.detail.error) == ("pulling", "IMAGE_NOT_FOUND")
    assert "may still be billed" in str(stuck)
    assert stuck.wait("running", 60).status == "pulling"
    assert stuck.delete().is_gone


def test_an_answer_that_stays_unknown_is_found_by_nobody_but_who_knows_its_id(run, capsys, names):
    with pytest.raises(OutcomeUnknown) as caught:
        by_image("lost-answer-unknown")
    look = f"%ppio launches look {caught.value.params['launch_id']}"
    for _ in range(5):
        run(look)
    assert "there: you can launch again" not in capsys.readouterr().out
    with pytest.raises(ConsentNeeded):
        launch(BODY, practice=True)
    (hidden,) = made()
    assert names() == []
    Instance(hidden.id, connect(practice=True)).delete()
    for _ in range(5):
        kernel_cloud().sleep(30)
        run(look)
    assert "there: you can launch again" in capsys.readouterr().out


def test_who_knows_the_id_from_the_bill_settles_the_launch(run, capsys):
    line = f"{LINE} --image {failure_of('lost-answer-unknown').image}:1 --yes"
    with pytest.raises(OutcomeUnknown) as caught:
        run(line)
    launch_id = caught.value.params["launch_id"]
    (hidden,) = made()
    run(f"%ppio launches found {launch_id} {hidden.id}")
    assert f"id {hidden.id}" in (told := capsys.readouterr().out)
    assert "Its answer was lost; you named its instance." in told
    assert "unknown" not in str(run("%ppio launches"))
    assert look_up(launch_id).startswith("demo")
    with pytest.raises(ConsentNeeded, match=hidden.id):
        run(line)


def test_one_that_was_deleted_meanwhile_settles_it_as_well(run, capsys):
    with pytest.raises(OutcomeUnknown) as caught:
        by_image("lost-answer-unknown")
    launch_id = caught.value.params["launch_id"]
    other = launch({**BODY, "name": "other"}, practice=True)
    with pytest.raises(UsageError, match=f"{other.id} is called other, not demo"):
        run(f"%ppio launches found {launch_id} {other.id}")
    with pytest.raises(UsageError, match="no instance of the id"):
        run(f"%ppio launches found {launch_id} nothing")
    (hidden,) = [one for one in made() if one.id != other.id]
    run(f"%ppio delete {hidden.id} --yes --practice\n%ppio launches found {launch_id} {hidden.id}")
    assert f"id {hidden.id}" in capsys.readouterr().out
    assert "may be running" not in str(run("%ppio launches"))
    assert launch(BODY, practice=True).id not in (None, hidden.id)


def test_a_spot_instance_has_notice_is_taken_back_and_its_card_says_what_is_next(clock):
    spot = by_image("spot-reclaimed", SPOT).wait(60).instance
    assert (spot.status, spot.detail.spot) == ("running", "notified")
    assert "It is taken back at" in str(spot)
    assert "Save what you need" in str(spot)
    clock.turn(60)
    spot.refresh()
    assert (spot.status, spot.detail.spot, spot.detail.reclaimed_at) == (
        "exited",
        "terminated",
        1_700_000_040,
    )
    assert "It was taken back" in str(spot)
    assert "launch again" in str(spot)
    assert spot.delete().is_gone


def test_what_is_no_spot_instance_runs_on(clock):
    made = by_image("spot-reclaimed").wait(60).instance
    clock.turn(3600)
    assert made.refresh().status == "running"
    assert made.detail.spot == ""
