"""What stands in a saved notebook: useful without a kernel, harmless, and without a secret."""

import json
import os
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings

from ppio_widgets import EnvRef, LaunchForm, PpioClient
from ppio_widgets.cards import static
from ppio_widgets.cloud.client import Target
from ppio_widgets.formats.line.parser import MAGIC, read_line
from ppio_widgets.instances.listing import open_board
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.launch import Launch, Timer
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.draft import compact
from ppio_widgets.request.envref import is_name, reference
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel
from tests.instances.test_instance import GoingClock
from tests.proofs.test_hostile import Page, whole_body
from tests.support.bodies import FULL, MINIMAL, bodies_with_refs
from tests.support.hostile import ACTING, TEXTS
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.sentences import sentence_of
from tests.support.sweep import ENV_SECRET, KEY, hits
from tests.support.wire import (
    PATIENCE,
    closes_after_reading,
    faulty,
    launching,
    listing,
    nothing_there,
    resets_after_reading,
    row,
    says,
    wait_for_launches,
)

SAY = words("en")
TARGET = Target("api.ppio.com", practice=False)
TAGS = {"div", "p", "b", "ul", "li", "pre"}


@pytest.fixture(autouse=True)
def _no_look_by_itself(monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())


def planned(body, **more):
    return LaunchPlan(check(body), TARGET, **more)


def line_of(card):
    """The line of a card that launches, or opens the form."""
    lines = [line for way in card.ways for line in way.code.split("\n")]
    return next((line for line in lines if line.startswith(MAGIC)), None)


def read(line):
    return compact(read_line(line.removeprefix(MAGIC), None).draft).body


@pytest.mark.parametrize(
    "name", ["hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "d-sk_live_Ab12Cd34Ef56Gh78", "redis://:hunter2@h"]
)
def test_what_looks_like_a_key_in_any_field_is_on_no_card(client, name):
    body = {**MINIMAL, "name": name}
    launch = Launch(LaunchPlan(check(body), Target.of(client)), client)
    for card in (static.of_draft(planned(body), SAY), static.of_launch(launch, SAY)):
        bundle = card.kept(SAY)
        assert name not in str(bundle)
        assert "hunter2" not in str(bundle)
        assert bundle["text/plain"]


@pytest.fixture
def launched(client, clock, quick):
    """Launches on the practice cloud, and waits until it runs."""

    def launched(body=MINIMAL, **more):
        launch = Launch(LaunchPlan(check(body), Target.of(client)), client, **more)
        launch.submit()
        launch.wait_for_outcome(PATIENCE)
        clock.turn(30)
        launch.wait(PATIENCE)
        launch.stop_following()
        wait_for_launches()
        return launch

    return launched


def played(*plays):
    """A launch against a server that plays, and what its card is then."""
    with launching(*plays) as server:
        form = LaunchForm(MINIMAL, client=_client(server.url))
        launch = form.launch().wait_for_outcome(PATIENCE)
        form.close()
        return launch, static.of_launch(launch, SAY)


def _client(url):
    return PpioClient(KEY, base_url=url)


def test_a_draft_says_what_it_is_and_how_to_get_it_back():
    text = static.of_draft(planned(MINIMAL), SAY).kept(SAY)["text/plain"]
    for said in ("api.ppio.com", "nothing was launched", "Name: demo", "Product: a100-80g", "ubuntu:24.04"):
        assert said in text
    assert re.search(r"As of \d{4}-\d\d-\d\d \d\d:\d\d UTC", text)
    assert "\n  %load_ext ppio_widgets\n  %ppio_launch --form --name demo --product a100-80g" in text


@settings(max_examples=40)
@given(bodies_with_refs)
def test_the_line_gives_the_body_back_with_its_variables_by_name(body):
    card = static.of_draft(planned(body), SAY)
    line = line_of(card)
    assert "--form" in line.split()
    back = read(line)
    assert {**back, "envs": None} == {**compact(body).body, "envs": None}
    for old, new in zip(compact(body).body["envs"], back["envs"], strict=True):
        assert new["key"] == old["key"]
        value = old.get("value")
        if value:
            assert is_name(reference(new["value"]).name)
            assert reference(value) in (None, reference(new["value"]))


def test_a_ceiling_and_a_timer_stay_with_the_line():
    plan = planned(MINIMAL, ceiling=Decimal(30))
    line = line_of(static.of_draft(plan, SAY, Timer(after=5400.0)))
    assert line.endswith(" --max-price 30 --stop-after 1h30m")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTS)
def test_hostile_text_is_only_text(kind, language):
    say = words(language)
    bundle = static.of_draft(planned(whole_body(TEXTS[kind])), say).kept(say, "ppio-1")
    page = Page(bundle["text/html"])
    assert set(page.tags) <= TAGS
    assert {name for name, _value in page.attributes} == {"class", "style"}
    assert ACTING.search(page.text + bundle["text/plain"]) is None
    assert bundle["text/html"].encode()


def test_what_is_no_body_at_all_is_no_fault():
    for odd in ({}, {"envs": "x", "billing": 3}, {"envs": [3, {"value": "x"}, {"key": 1}], "resource": []}):
        assert line_of(static.of_draft(planned(odd), SAY)).startswith(f"{MAGIC} --form")


@pytest.mark.parametrize("key", ["HF_TOKEN", "EPOCHS", "no name", "中"])
def test_no_value_of_a_variable_is_kept(key):
    body = {**MINIMAL, "envs": [{"key": key, "value": ENV_SECRET}], "unknown": ENV_SECRET}
    bundle = static.of_draft(planned(body), SAY).kept(SAY)
    assert hits(str(bundle)) == []
    assert key in bundle["text/plain"]


@pytest.mark.parametrize("practice", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_out_is_told_apart_from_what_is_taken_by_name(language, practice):
    say = words(language)
    taken = say("static.envs_practice" if practice else "static.envs", names="TOKEN")
    left_out = say("static.values", names="LEVEL, MODE")
    plain = [{"key": "LEVEL", "value": "INFO"}, {"key": "EMPTY", "value": ""}, {"key": "MODE", "value": "x"}]
    by_name = [{"key": "TOKEN", "value": EnvRef("HF_TOKEN")}]
    for envs, told in ((plain, {left_out}), (by_name, {taken}), ([*by_name, *plain], {taken, left_out})):
        plan = LaunchPlan(check({**MINIMAL, "envs": envs}), Target("host", practice=practice))
        text = static.of_draft(plan, say).as_text(say)
        assert {one for one in (taken, left_out) if one in text} == told


@pytest.mark.parametrize("field", ["name", "command", "image"])
def test_a_secret_elsewhere_takes_the_body_off_the_card(field, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    body = {**MINIMAL, field: f"x {ENV_SECRET}"}
    card = static.of_draft(planned(body), SAY)
    bundle = card.kept(SAY)
    assert hits(str(bundle)) == []
    assert "it holds a secret" in bundle["text/plain"]
    assert line_of(card) is None


def test_a_name_that_is_a_secret_leaves_the_id_of_what_was_launched(launched, monkeypatch):
    launch = launched({**MINIMAL, "name": "hunter2-and-more"})
    monkeypatch.setenv("MY_PASSWORD", "hunter2-and-more")
    bundle = static.of_launch(launch, SAY).kept(SAY)
    assert "hunter2" not in str(bundle)
    assert f"%ppio show {launch.id}" in bundle["text/plain"]


def test_a_launch_has_its_id_its_state_its_time_and_both_lines(launched):
    launch = launched({**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": EnvRef("HOME")}]})
    card = static.of_launch(launch, SAY)
    bundle = card.kept(SAY)
    for shown in (bundle["text/plain"], Page(bundle["text/html"]).text):
        assert f"(id {launch.id})" in shown
        assert "practice cloud" in shown
        assert re.search(r"As of \d{4}-\d\d-\d\d \d\d:\d\d UTC", shown)
        assert f"%ppio show {launch.id} --practice --base-url {launch.plan.target.base_url}" in shown
        assert "Cost:" in shown
    assert line_of(card).endswith("--practice")
    assert "--yes" not in bundle["text/plain"], "whoever pastes it is asked"


def test_its_timer_is_told_and_stays_with_the_line_for_another_one(launched):
    launch = launched(timer=Timer(after=3 * 3600.0))
    card = static.of_launch(launch, SAY)
    assert re.search(r"Stops at: \d{4}-\d\d-\d\d \d\d:\d\d UTC, by a timer of its kernel", card.as_text(SAY))
    assert line_of(card).endswith(" --stop-after 3h")
    assert static.another_line(launch, SAY).endswith(" --stop-after 3h")
    launch.instance.deadline.cancel()
    assert "Stops at" not in static.of_launch(launch, SAY).as_text(SAY)


def test_the_way_back_names_every_address_but_the_one_that_a_new_kernel_has():
    ways = {
        Target("api.ppio.com", practice=False, base_url="https://api.ppio.com"): "",
        Target("api.novita.ai", practice=False, base_url="https://api.novita.ai"): (
            " --base-url https://api.novita.ai"
        ),
        Target("gpu.example.com", False, "https://gpu.example.com", "gpu.example.com"): (
            " --base-url https://gpu.example.com --allow-host gpu.example.com"
        ),
        Target("127.0.0.1:8899", practice=True, base_url="http://127.0.0.1:8899"): (
            " --practice --base-url http://127.0.0.1:8899"
        ),
    }
    with faulty(listing(row("demo", "i-1"))) as server:
        board = open_board(_client(server.url))
    for target, options in ways.items():
        (way,) = static.of_board(board, SAY, target).ways
        assert way.code == f"%load_ext ppio_widgets\n%ppio ls{options}"


@pytest.mark.long
def test_what_was_stopped_and_deleted_says_so_and_is_not_shown_again(launched, clock, monkeypatch):
    machine = launched().instance
    machine.refresh()
    kernel.current().clock = GoingClock(clock)
    machine.stop()
    assert "confirmed stopped at" in static.of_instance(machine, SAY).as_text(SAY)
    machine.delete()
    text = static.of_instance(machine, SAY).as_text(SAY)
    assert "confirmed deleted at" in text
    assert "%ppio show" not in text


def test_addresses_of_the_machine_are_not_kept(launched):
    machine = launched({**MINIMAL, "ports": [{"port": 8080, "protocol": "http"}]}).instance
    machine.refresh()
    assert machine.ssh_command
    text = static.of_instance(machine, SAY).as_text(SAY)
    assert "ssh" not in text
    assert "http" not in text.replace(machine.target.base_url, "")


def test_a_refused_launch_can_be_tried_again():
    launch, card = played(says(400, {"message": "no such image", "reason": "BAD"}))
    assert launch.state is LaunchState.REJECTED
    assert "no such image" in card.title
    assert [way.what_for for way in card.ways] == ["To try again, after a question:"]


def test_a_launch_whose_outcome_is_unknown_is_looked_up_and_not_launched_again():
    launch, card = played(resets_after_reading)
    assert launch.state is LaunchState.UNKNOWN
    assert "not known whether demo was launched" in card.title
    assert [way.code for way in card.ways] == [
        f"%load_ext ppio_widgets\n%ppio launches look {launch.launch_id}"
    ]


def test_an_id_that_could_be_more_than_a_word_stands_in_no_line():
    _launch, card = played(says(200, {"id": "x=1@y"}), nothing_there)
    assert "x=1@y" in card.title
    assert "%ppio show" not in card.as_text(SAY)


def test_earlier_launches_from_the_same_place_are_named(launched):
    first, second = launched(), launched({**MINIMAL, "name": "second"})
    text = static.of_launch(second, SAY, (first, second)).as_text(SAY)
    assert f"Launched from here before: demo (id {first.id})" in text
    assert text.count(f"%ppio show {first.id}") == text.count(f"%ppio show {second.id}") == 1


def test_a_lost_answer_among_several_launches_is_told_by_its_name(launched):
    lost, _card = played(closes_after_reading, nothing_there)
    made = launched({**MINIMAL, "name": "made"})
    card = static.of_launch(made, SAY, (lost, made))
    told = [fact.text for fact in card.facts if "not known whether" in fact.text]
    assert told == [sentence_of(lost, SAY)]
    assert "made" in card.title
    assert [way.what_for for way in card.ways[:2]] == [
        "To see made again, with the same PPIO_WIDGETS_PRACTICE_KEY:",
        "To find out what became of demo:",
    ]
    assert f"%ppio launches look {lost.launch_id}" in card.ways[1].code


def test_a_cancelled_confirmation_sent_nothing():
    launch = Launch(planned(MINIMAL), None)
    launch.arm()
    assert "waiting for your confirmation" in static.of_launch(launch, SAY).title
    launch.withdraw()
    card = static.of_launch(launch, SAY)
    assert "cancelled; nothing was sent" in card.title
    assert line_of(card) == "%ppio_launch --name demo --product a100-80g --image ubuntu:24.04"


def test_a_launch_displays_its_card_where_nobody_can_click(launched):
    launch = launched()
    bundle = launch._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"].startswith(sentence_of(launch).removesuffix("."))
    assert f"%ppio show {launch.id}" in bundle["text/html"]


def test_a_board_is_a_table_with_the_line_that_lists_again():
    rows = [row(f"demo-{number}", f"i-{number}") for number in range(70)]
    with faulty(listing(*rows)) as server:
        board = open_board(_client(server.url))
    card = static.of_board(board, SAY, TARGET)
    text = card.as_text(SAY)
    assert text.startswith("70 instances on")
    assert "i-59" in text
    assert "i-60" not in text
    assert "… 10 more" in text
    assert text.endswith("%load_ext ppio_widgets\n  %ppio ls")
    assert card == static.of_board(board, SAY, TARGET)
    assert json.dumps(card.kept(SAY))


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_practice_cloud_that_ends_with_its_kernel_no_line_gets_anything_back(account, quick, language):
    say = words(language)
    transport = PracticeTransport(OneAccount(account))
    client = PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)
    bodies = [{**MINIMAL, "name": name} for name in ("first", "second")]
    launches = [Launch(LaunchPlan(check(body), Target.of(client)), client) for body in bodies]
    for launch in launches:
        launch.submit()
        launch.wait_for_outcome(PATIENCE)
        launch.stop_following()
    wait_for_launches()
    launch = launches[-1]
    board = static.of_board(open_board(client), say, Target.of(client))
    for card in (static.of_launch(launch, say, launches), static.of_instance(launch.instance, say), board):
        text = card.as_text(say)
        assert text.count(say("static.practice")) == 1
        assert "%ppio " not in text
        assert "\n  \n" not in text
        assert say("static.practice") in card.as_html(say)
    assert line_of(static.of_launch(launch, say)).endswith("--practice"), "another one can be launched"


def test_only_the_time_is_no_news(launched):
    launch = launched()
    one, other = static.of_launch(launch, SAY), static.of_launch(launch, SAY)
    assert one == other
    assert one != static.of_draft(launch.plan, SAY)


def test_the_environment_is_only_read():
    before = dict(os.environ)
    static.of_draft(planned(FULL), SAY).kept(SAY)
    assert dict(os.environ) == before
