"""Whoever reads one language is shown no other: each state of form, card, board and line, in both."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import ipywidgets
import pytest

from ppio_widgets import InstanceBoard
from ppio_widgets.cards import static
from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import BUSY
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice import products, resources
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.request.schema import leaves
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets.instance_card import InstanceCard
from tests.support.bodies import FULL, MINIMAL
from tests.support.consent import let_read
from tests.support.practice import LOST_ANSWER, RICH
from tests.support.threads import wait_for_threads

from .conftest import choose, displayed, every, find, open_sections, press, shows, table, type_into, until
from .test_instance_card import AccountClock

CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]+")
WORD = re.compile(r"[A-Za-z]{2,}")
# What stands as it is: a line magic, an option, an assignment, a path, an exception's class.
TYPED = re.compile(r"%%?ppio\w*( [a-z-]+)?|--[a-z-]+( [A-Z]+)?|\b\w+=\S*|/[\w/.-]+|\b\w+(Error|Timeout)\b")
# Nobody reads these: looks, scripts, and the request itself, which is the API's.
UNREAD = ("style", "script", "pre", "code")
HEARD = ("aria-label", "title", "placeholder", "data-early", "data-done")


class Reader(HTMLParser):
    """What a person reads or hears of some HTML."""

    def __init__(self, markup):
        super().__init__()
        self.texts, self._unread = [], 0
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self._unread += tag in UNREAD
        self.texts += [value or "" for name, value in attrs if name in HEARD]

    def handle_endtag(self, tag):
        self._unread -= tag in UNREAD

    def handle_data(self, data):
        if not self._unread:
            self.texts.append(data)


def read(view):
    """All that a person reads or hears of a view."""
    for one in every(view):
        for name in ("description", "placeholder", "tooltip"):
            text = getattr(one, name, None) or ""
            yield from Reader(text).texts if getattr(one, "description_allow_html", False) else [text]
        for option in getattr(one, "options", None) or ():
            yield option[0] if isinstance(option, tuple) else option
        if isinstance(one, ipywidgets.HTML):
            yield from Reader(one.value).texts


def told_by(*things):
    """The words of names and texts that are not ours: the API's, a catalogue's, a person's."""
    return {word for thing in things for word in WORD.findall(str(thing))}


# Things that have no other name in Chinese: of the trade, of Jupyter, units, keys and programs.
NAMES = told_by(
    "API CPU CUDA Ctrl Esc GB GPU ID IP JSON Jupyter PPIO Python RAM Shift SSH TCP UTC VPC vCPU",
    "curl docker http https pip null true false",
)
SERVERS = told_by(
    *(vars(module)[name] for module in (products, resources) for name in dir(module) if name.isupper()),
    *(leaf.choices for leaf in leaves().values()),
    *leaves(),
    *(FULL, MINIMAL, "finetune-qwen-1", "localhost pulling latest practice invalid KEY VALUE NAME"),
)


@pytest.fixture(params=LANGUAGES)
def say(request):
    return words(request.param)


@pytest.fixture(autouse=True)
def quick(clock):
    kernel.current().clock = AccountClock(clock)
    yield
    wait_for_threads("ppio-watch", "ppio-act", "ppio-catalogue", "ppio-launch")


def foreign(texts, say, *, but=()):
    """The words of another language in what is read."""
    known = {name.lower() for name in NAMES | SERVERS | told_by(*but)}
    if say.language == "en":
        return {found for text in texts for found in CHINESE.findall(text)}
    return {
        found for text in texts for found in WORD.findall(TYPED.sub(" ", text)) if found.lower() not in known
    }


@pytest.fixture
def account(clock):
    return PracticeAccount(clock, balance=RICH)


@pytest.fixture
def own(make_form, say):
    """A form on the screen, in which product, template and name are proposed."""
    return displayed(make_form(language=say.language))


def test_a_form_and_all_its_sections(own, say):
    open_sections(own)
    for name in ("envs", "ports", "volumes", "candidate_regions"):
        press(find(own, say(f"row.add.{name}")))
    assert len(texts := [*read(own)]) > 100
    assert foreign(texts, say) == set()


def test_each_error_and_each_advice_beside_its_field(make_form, say):
    wrong = {
        "billing": {"mode": "monthly", "prepaid": {"months": 0, "auto_renew": {"months": -1}}},
        "resource": {"gpu_num": "1,5", "rootfs_size_gb": "1", "min_cuda_version": "x" * 300},
        "image": "ubuntu：latest",
        "envs": [{"key": "A=B", "value": "$HOME"}, {"key": "HF_TOKEN", "value": "hf_abcdefghijklmnop"}],
        "ports": [{"port": 2222, "protocol": "udp"}, {"port": "80,81"}, {"port": 2222, "protocol": "udp"}],
        "volumes": [{"type": "nfs", "mount_point": "data"}, {"type": "local", "mount_point": "/"}],
        "candidate_regions": ["mars"],
        "network": {"id": "mars", "nme": 1},
        "colour": "red",
    }
    form = displayed(make_form(wrong, language=say.language, max_hourly_price="1"))
    press(find(form, say("launch.button")))
    told = [*read(form), *form.errors.values()]
    assert len(form.errors) > 10
    code = "environ getpass"  # which is the same in each language
    assert foreign(told, say, but=("mars colour nme udp nfs monthly HF_TOKEN HOME color gpu", code)) == set()


def test_products_of_another_kind_and_a_text_that_none_has(own, say):
    type_into(find(own, say("product.kind")), "cpu")
    type_into(find(own, say("product.text")), "zzz")
    assert foreign(read(own), say, but=("zzz",)) == set()


@pytest.mark.parametrize("mode", ["postpaid", "spot", "prepaid"])
def test_a_question_with_each_charge(own, say, mode):
    choose(table(own), "a100-80g")
    type_into(find(own, say("field.billing.mode")), mode)
    type_into(find(own, say("field.resource.rootfs_size_gb")), "200")
    type_into(find(own, say("field.stop")), "3h")
    if mode == "prepaid":
        type_into(find(own, say("field.billing.prepaid.auto_renew.enabled")), True)
    press(find(own, say("launch.button")))
    press(find(own, say("launch.confirm")))  # too early
    assert say("ask.early") in [*read(own)]
    assert foreign(read(own), say) == set()


def launched(form, say):
    press(find(form, say("launch.button")))
    let_read()
    press(find(form, say("launch.confirm")))
    wait_for_threads("ppio-launch")
    return form.session.launch


def test_a_card_from_the_queue_to_its_end(own, say, clock):
    launch = launched(own, say)
    instance = launch.instance
    card = InstanceCard(instance, say.language)
    seen = [*read(card)]
    for seconds in (3, 5):
        clock.turn(seconds)
        instance.refresh()
        seen += [*read(card), *read(own)]
    shows(card, say("status.running"))
    press(find(card, say("do.stop")))
    seen += read(card)
    let_read()
    press(find(card, say("sure.stop")))
    seen += read(card)
    until(lambda: not card.session.acting or clock.turn(5), "it has stopped")
    seen += [*read(card), *read(own)]
    press(find(card, say("do.delete")))
    seen += read(card)
    seen += Reader(str(static.of_instance(instance, say).as_html(say))).texts
    seen += Reader(str(static.of_launch(launch, say).as_html(say))).texts
    assert foreign(seen, say, but=(instance.id, "ssh root log notebook east")) == set()
    card.close()


def test_each_end_of_a_launch(make_form, say):
    ends = {
        "taken": MINIMAL,
        "lost": {**MINIMAL, "name": "lost", "image": LOST_ANSWER},
        "refused": {**MINIMAL, "name": "refused", "product_id": "prod-h100-80g"},
    }
    seen, server = [], []
    for name, body in {"first": MINIMAL, **ends}.items():
        form = make_form(body, language=say.language)
        launch = launched(form, say)
        until(lambda: form.session.status not in BUSY, name)  # noqa: B023 - asked at once
        seen += [*read(form), *Reader(str(static.of_launch(launch, say).as_html(say))).texts]
        server += [launch.id, getattr(launch.error, "message", ""), getattr(launch.error, "reason", "")]
    assert any(server[-2:]), "the last was refused"
    assert foreign(seen, say, but=(*server, *ends, "registry lessons answer")) == set()


@pytest.mark.parametrize(
    "text",
    ["docker run --gpus all -v /a:/b --rm x", "curl https://api.ppio.com", "{'name': 1}", "nothing", ""],
)
def test_what_it_starts_from(make_form, say, text):
    form = make_form(language=say.language)
    press(find(form, say("import.open")))
    wait_for_threads("ppio-import")
    type_into(find(form, say("import.text")), text)
    wait_for_threads("ppio-import")
    assert foreign(read(form), say, but=("all rm run POST",)) == set()


def test_a_board(own, say, client, clock):
    launched(own, say)
    clock.turn(20)
    board = InstanceBoard(client=client, language=say.language)
    board._repr_mimebundle_()
    until(lambda: board.session.loaded, "it is read")
    seen = [*read(board)]
    board.session.choose((own.session.launch.id,))
    seen += read(board)
    seen += Reader(str(board.session.board._repr_html_())).texts if say.language == words().language else []
    board.close()
    assert foreign(seen, say, but=(own.session.launch.id,)) == set()


def test_a_plan_of_the_line(say, client):
    plan = LaunchPlan(check(FULL), Target.of(client))
    seen = Reader(str(static.plan_card(plan, say).as_html(say))).texts
    assert foreign(seen, say) == set()
