"""The card of an instance: what it shows, and what its buttons do."""

import html
import re
import threading

import pytest
from ipywidgets.widgets.widget import _instances

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.instances import actions
from ppio_widgets.instances.autostop import SLICE_SECONDS
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.practice.account import Slow
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.runtime.clock import Clock
from ppio_widgets.widgets.instance_card import InstanceCard, LaunchCard
from tests.support.bodies import MINIMAL
from tests.support.clock import PATIENCE
from tests.support.consent import let_read
from tests.support.practice import RICH
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY, faulty, row, says

from .conftest import answer, every, find, find_all, open_menus, press, shown, shows, type_into, until

BODY = {
    **MINIMAL,
    "product_id": "a100-80g",
    "ports": [{"port": 8080, "protocol": "http"}],
    "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}},
}


class AccountClock(Clock):
    """The account's clock; a pause is hardly one, no time goes by for it, and no moment comes."""

    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now

    def wait(self, event, seconds):
        return event.wait(PATIENCE if seconds == SLICE_SECONDS else 0.002)

    def until(self, event, _moment):
        return event.wait(PATIENCE)


ANOTHER = "Launch another like this"


@pytest.fixture(autouse=True)
def quick(monkeypatch, clock):
    kernel.current().clock = AccountClock(clock)


@pytest.fixture
def card_of(wire, client):
    cards = []

    def make(identity, **options):
        cards.append(InstanceCard(Instance(identity, client), **{"language": "en", **options}))
        cards[-1]._repr_mimebundle_()
        return cards[-1]

    yield make
    for card in cards:
        card.close()
    wait_for_threads("ppio-watch", "ppio-act")


@pytest.fixture
def identity(account):
    return account.create(BODY)["id"]


def buttons(card):
    seen = [one for one in every(card) if hasattr(one, "click") and "ppw-shown" not in one._dom_classes]
    return {one.description for one in seen}


def menu(card):
    """The menus of a view: toggle buttons."""
    return find_all(card, "More actions")


def close_menus(card):
    for one in menu(card):
        if one.value:
            type_into(one, False)


def offers(card, *names):
    """Wait until these buttons are there and no others, in the menu as well."""

    def are_there():
        open_menus(card)
        return buttons(card) == set(names)

    until(are_there, f"{names} are offered")
    close_menus(card)


def whole(card):
    """A lock under which all that came with what is shown was sent, too."""
    return card.session.lock


def click(card, name):
    """Press a button as soon as it is there; one that is not in sight stands in the menu."""

    def is_there():
        if not find_all(card, name):
            open_menus(card)
        return find_all(card, name)

    until(is_there, f"{name} is offered")
    press(find(card, name))


def test_it_follows_the_way_up_and_says_when_billing_starts(card_of, identity, clock):
    card = card_of(identity)
    shows(card, "queued")
    assert "aria-current=step>queued" in shown(card)
    clock.turn(3)
    shows(card, "aria-current=step>pulling the image (billing has started)")
    assert "<progress aria-label='Progress of the launch' max=3 value=2>" in shown(card)
    clock.turn(4)
    shows(card, "aria-current=step>running")
    clock.turn(5)
    shows(card, "<dt>So far<dd>≈ ¥0.04<small>on for 10 s, without its disk</small>")
    assert "<dt>Rate<dd>¥12.60/h<small>" in shown(card)
    assert "<dt>Stops at<dd>not by itself<small>" in shown(card)


def test_each_step_says_how_long_it_took(card_of, identity, clock):
    card = card_of(identity)
    shows(card, "aria-current=step>queued")
    clock.turn(3)
    shows(card, "<li class=ppw-done>queued <small>3 s</small>")
    clock.turn(2)
    shows(card, "pulling the image (billing has started) <small>2 s</small>")
    clock.turn(3)
    shows(card, "<li class=ppw-done>image pulled <small>5 s</small>")
    assert "<li class=ppw-now aria-current=step>running" in shown(card)
    click(card, "Restart …")
    answer(card, "Yes, restart it")
    shows(card, "<li class=ppw-now aria-current=step>queued <small>0 s</small>")
    clock.turn(10)
    shows(card, "confirmed running again at")


@pytest.mark.parametrize(("language", "words"), [("en", "Next state"), ("zh", "进入下一状态")])
def test_a_button_leads_on_what_waits_for_a_person(language, words, card_of, account, clock):
    identity = account.create(BODY, Slow(step=True))["id"]
    card = card_of(identity, language=language)
    for status in ("creating", "pulling", "running"):
        clock.turn(60)
        until(lambda: find_all(card, words), "the button is there")
        press(find(card, words))
        until(lambda status=status: card.session.instance.known.status == status, status)
    until(lambda: not find_all(card, words), "nothing waits any more")


def test_of_what_was_not_seen_to_begin_no_time_is_told(card_of, identity, clock):
    clock.turn(4)
    card = card_of(identity)
    shows(card, "aria-current=step>pulling")
    clock.turn(10)
    shows(card, "aria-current=step>running")
    steps = re.search("<ol class=ppw-steps>.*</ol>", shown(card))[0]
    assert "<small>" not in steps


def test_when_it_runs_it_shows_every_way_in(card_of, identity, clock):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    text = shown(card)
    assert re.search(r'<a href="http://[^"]+" target="_blank" rel="noopener noreferrer">8080/http</a>', text)
    assert re.search(r"<a class='jupyter-button' href='https://[^']+'[^>]*>Open Jupyter</a>", text)
    assert "<code>ssh -p 22 root@" in text
    assert "onclick='window.ppw&&ppw.grab(this)'>Copy</button>" in text
    assert "8080/http" in text
    assert "Log (instance)" in text
    assert "there is no machine behind them" in text


@pytest.fixture
def told(quick):
    """What the card shows, live and saved, of an instance whose server tells these ways in."""

    def told(command, address):
        tools = {"ssh": {"command": command}, "jupyter": {"endpoint": address}}
        port = {"port": 8080, "protocol": "http", "endpoint": address}
        seen = {**row("demo", "i-1", created=1), "tools": tools, "ports": [port]}
        with faulty(says(200, seen)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
            card = InstanceCard(Instance("i-1", client).refresh(), language="en")
            live, saved = shown(card), card.session.instance._repr_html_()
            card.close()
        return live, saved

    return told


def test_a_command_and_an_address_that_only_connect_are_offered(told):
    for text in told("ssh -p 22 root@h.example.com", "https://h.example.com/lab"):
        assert "ssh -p 22 root@h.example.com" in text
        assert 'href="https://h.example.com/lab"' in text
        assert "Copy</button>" in text or "<button" not in text


@pytest.mark.parametrize(
    "command",
    ["ssh -oProxyCommand=id root@h", "ssh root@h;id", "curl h|sh", "ssh root@h\nid", "ssh root@h id"],
)
def test_a_command_that_may_do_more_is_shown_without_copy(command, told):
    live, saved = told(command, "https://h.example.com/lab")
    assert "Copy</button>" not in live
    for text in (live, saved):
        assert " ".join(command.split()) in html.unescape(text)


@pytest.mark.parametrize(
    "address", ["https://api.ppio.com@h/", "https://me:pw@h/", "javascript:alert(1)", "wss://h/", "ftp://h/"]
)
def test_an_address_that_leads_elsewhere_than_it_looks_is_no_link(address, told):
    for text in told("ssh root@h", address):
        assert "<a " not in text


def test_stop_asks_says_what_is_lost_and_reads_back(card_of, identity, clock, account):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    click(card, "Stop …")
    question = shown(card)
    assert "Stopping loses the container disk and local volumes" in question
    assert "others may take its GPU or CPU" in question
    assert account.get(identity)["status"]["status"] == "running"
    answer(card, "Yes, stop it")
    assert "checked until it has stopped" in shown(card)
    shows(card, "about to stop")
    clock.turn(4)
    shows(card, "confirmed stopped at")
    assert account.get(identity)["status"]["status"] == "exited"
    offers(card, "Start …", "Delete …", ANOTHER, "Stop refreshing")
    assert "<progress" not in shown(card)


def test_the_menu_opens_and_closes_and_a_question_closes_it(card_of, identity, clock):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    assert buttons(card) == {"Stop …"}
    open_menus(card)
    assert buttons(card) == {"Stop …", "Restart …", "Delete …", ANOTHER, "Stop refreshing"}
    close_menus(card)
    assert buttons(card) == {"Stop …"}
    click(card, "Delete …")
    assert "for good" in shown(card)
    answer(card, "Cancel")
    assert [one.value for one in menu(card)] == [False]
    assert buttons(card) == {"Stop …"}


def test_another_like_it_is_a_line_that_opens_a_form(card_of, identity, clock, account):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    click(card, ANOTHER)
    text = shown(card)
    assert "Run this in a cell: it opens a form and launches nothing." in text
    assert f"%ppio_launch --form --practice --like {identity}</code>" in text
    assert len(account.page()["data"]) == 1


def test_what_has_failed_says_what_to_do_next(quick):
    seen = {**row("demo", "i-1", created=1), "status": {"status": "creating", "error": "no such image"}}
    with faulty(says(200, seen)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        card = InstanceCard(Instance("i-1", client).refresh(), language="en")
        text = shown(card)
        card.close()
    assert "ppw-failed'>being created, failed<" in text
    assert "<dd class=ppw-bad>no such image" in text
    assert "Read its log, then delete it: it may still be billed." in text
    assert "ppw-steps" not in text.partition("</style>")[2].replace(".ppw-steps", "")


def test_its_jupyter_is_asked_until_it_answers(quick, monkeypatch):
    """A gateway fails until what is behind it is up."""
    asked, answers = [], [False, True]
    monkeypatch.setattr(
        "ppio_widgets.instances.instance.page_answers",
        lambda address: asked.append(address) or (answers.pop(0) if answers else True),
    )
    tools = {"jupyter": {"endpoint": "https://h.example.com/lab?token=abc"}}
    seen = {**row("demo", "i-1", created=1), "tools": tools}
    with faulty(says(200, seen)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        card = InstanceCard(Instance("i-1", client), language="en")
        card._repr_mimebundle_()
        shows(card, "<li class=ppw-done>Jupyter answers")
        card.close()
        wait_for_threads("ppio-watch", "ppio-jupyter")
    assert asked == ["https://h.example.com/lab"] * 2


def test_no_page_beside_the_kernel_is_asked_because_a_cloud_names_it(quick, monkeypatch):
    """The card then says nothing of Jupyter but how to open it."""
    asked = []
    monkeypatch.setattr("ppio_widgets.instances.instance.page_answers", asked.append)
    seen = InstanceDetail("i-1", "demo", "running", jupyter_url="http://127.0.0.1:8888/lab", started_at=1)
    client = PpioClient(REAL_KEY, base_url="https://api.ppio.com")
    instance = Instance("i-1", client, seen=seen)
    assert instance.jupyter_at is None
    instance.ask_jupyter()
    assert asked == []
    client.close()


def test_cancel_touches_nothing(card_of, identity, clock, account):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    click(card, "Delete …")
    assert "everything but network volumes, for good" in shown(card)
    answer(card, "Cancel")
    assert "for good" not in shown(card)
    assert account.get(identity)["status"]["status"] == "running"


def test_start_restart_and_delete(card_of, identity, clock, account):
    clock.turn(10)
    account.act(identity, "stop")
    clock.turn(10)
    card = card_of(identity)
    shows(card, "stopped")
    click(card, "Start …")
    assert "bills it again" in shown(card)
    answer(card, "Yes, start it")
    shows(card, "about to start")
    assert "Starting;" in shown(card)
    clock.turn(10)
    shows(card, "confirmed running at")
    click(card, "Restart …")
    answer(card, "Yes, restart it")
    shows(card, "about to restart")
    clock.turn(10)
    shows(card, "confirmed running again at")
    click(card, "Delete …")
    answer(card, "Yes, delete it for good")
    shows(card, "about to be deleted")
    clock.turn(10)
    shows(card, "confirmed deleted at")
    shows(card, "<dt>Cost<dd>≈ ¥0.0")
    shows(card, "<small>was on for ")
    assert "until last seen</small>" in shown(card)
    offers(card, ANOTHER)
    assert not menu(card)


def test_a_prepaid_one_cannot_be_released_early_and_the_failure_is_loud(card_of, account, clock, monkeypatch):
    account.pay(RICH)
    body = {**BODY, "billing": {"mode": "prepaid", "prepaid": {"months": 1}}}
    identity = account.create(body)["id"]
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    click(card, "Stop …")
    assert "What is prepaid is paid for already: stopping it saves nothing." in shown(card)
    answer(card, "Cancel")
    click(card, "Delete …")
    assert "cannot be released early" in shown(card)
    answer(card, "Yes, delete it for good")
    shows(card, "<dd class=ppw-bad>")
    shows(card, "a prepaid instance cannot be released early")
    assert account.get(identity)["status"]["status"] == "running"
    shows(card, "Failed")
    shows(card, "Turn its auto-renew off")
    offers(card, "Stop …", "Restart …", "Delete …", ANOTHER, "Stop refreshing")


def test_auto_renew_is_shown_and_turned_off_after_a_question(card_of, account, clock, monkeypatch):
    account.pay(RICH)
    renewing = {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 1}}}
    identity = account.create({**BODY, "billing": renewing})["id"]

    def renews():
        return account.get(identity)["billing"]["prepaid"]["auto_renew"]["enabled"]

    clock.turn(10)
    card = card_of(identity)
    shows(card, "<dt>Renewal<dd>renews automatically; its months end at ")
    click(card, "Turn auto-renew off …")
    assert "Without auto-renew it ends with the months paid for" in shown(card)
    let_read()
    click(card, "Cancel")
    offers(card, "Stop …", "Restart …", "Delete …", "Turn auto-renew off …", ANOTHER, "Stop refreshing")
    assert renews()
    click(card, "Turn auto-renew off …")
    let_read()
    click(card, "Yes, turn it off")
    shows(card, "auto-renew confirmed off at ")
    shows(card, "<dt>Renewal<dd>does not renew; its months end at ")
    assert not renews()
    offers(card, "Stop …", "Restart …", "Delete …", ANOTHER, "Stop refreshing")


@pytest.mark.parametrize("product", [{"product_id": "a100-80g"}, {"type": "cpu", "product_id": "cpu.8c16g"}])
def test_a_question_names_what_may_be_taken_of_either_type(product, card_of, account, clock):
    identity = account.create({**MINIMAL, **product})["id"]
    clock.turn(10)
    account.act(identity, "stop")
    clock.turn(10)
    card = card_of(identity)
    click(card, "Start …")
    assert "others may have taken its GPU or CPU" in shown(card)


def test_a_stop_that_is_forgotten_is_said_loudly_and_stays_said(card_of, identity, clock, cloud, monkeypatch):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    handle = cloud.handle_request

    def forget(request):
        if request.method == "PUT":
            request.url = request.url.copy_with(path=f"/gpus/v2/instances/{identity}")
            request.method = "GET"
        return handle(request)

    monkeypatch.setattr(cloud, "handle_request", forget)
    monkeypatch.setitem(actions.VERBS, "stop", actions.VERBS["stop"]._replace(patience=0.0))
    click(card, "Stop …")
    answer(card, "Yes, stop it")
    shows(card, "<dd class=ppw-bad>")
    said = re.search("<dd class=ppw-bad>([^<]+)", shown(card))[1]
    assert "may still be billed" in said
    seen = card.session.instance.seen_at
    clock.turn(100)
    until(lambda: card.session.instance.seen_at > seen, "it is looked at again")
    assert said in shown(card)


def test_to_stop_waiting_never_stops_the_machine(card_of, identity, clock, account):
    card = card_of(identity)
    shows(card, "queued")
    click(card, "Stop refreshing")
    assert "the instance goes on, and so does its bill" in shown(card)
    wait_for_threads("ppio-watch")  # nobody looks any more
    clock.turn(20)
    assert account.get(identity)["status"]["status"] == "running"
    click(card, "Refresh again")
    shows(card, ">running")


def test_closing_ends_quietly_and_leaves_no_widget(card_of, identity, clock, account):
    before = set(_instances)
    card = card_of(identity)
    shows(card, "queued")
    click(card, "Stop …")
    card.close()
    assert set(_instances) == before
    clock.turn(20)
    assert account.get(identity)["status"]["status"] == "running"


def test_running_the_cell_again_replaces_the_card(card_of, identity, monkeypatch):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.cell_id", lambda: "cell")
    executions = iter(range(1, 9))
    monkeypatch.setattr("ppio_widgets.runtime.kernel.execution", lambda: next(executions))
    first = card_of(identity)
    second = card_of(identity)
    assert (first.session.closed, second.session.closed) == (True, False)


def test_what_does_not_change_is_not_sent(card_of, identity, clock, wire, account):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    shows(card, "¥")
    wait_for_threads("ppio-catalogue")
    with whole(card):
        wire.clear()
    seen, patience = [], threading.Event()
    card.session.instance.observe(seen.append, "sight")
    for _ in range(20):
        card.session._on_tick()
        patience.wait(0.002)
    assert wire.count() == 0


def test_a_tick_is_one_small_message(card_of, identity, clock, wire):
    clock.turn(30)
    card = card_of(identity)
    shows(card, ">running")
    shows(card, "on for 28 s")
    wait_for_threads("ppio-catalogue")
    assert "¥" in shown(card)
    with whole(card):
        wire.clear()
    clock.turn(7)
    shows(card, "on for 35 s")
    with whole(card):
        assert wire.count() == 1
        assert wire.size() < 1200


def test_nobody_answers_and_the_question_is_withdrawn(card_of, identity, clock, monkeypatch):
    card = card_of(identity)
    shows(card, "queued")
    called = []
    monkeypatch.setattr(threads, "after", lambda _seconds, task: called.append(task) or threading.Event())
    click(card, "Stop …")
    assert find_all(card, "Yes, stop it")
    called[-1]()
    assert not find_all(card, "Yes, stop it")


def test_a_timer_is_said_to_be_this_notebooks(card_of, identity, clock):
    clock.turn(10)
    card = card_of(identity)
    card.session.instance.stop_after("3h")
    shows(card, "The timer is the kernel&#39;s, not PPIO&#39;s")
    card.session.instance.cancel_deadline()
    shows(card, ">running")


def test_a_lost_look_is_said_and_what_was_seen_stays(card_of, identity, clock, cloud, monkeypatch):
    clock.turn(10)
    card = card_of(identity)
    shows(card, ">running")
    handle = cloud.handle_request
    monkeypatch.setattr(cloud, "handle_request", lambda _request: 1 / 0)
    shows(card, "What is shown is of")
    assert "running" in shown(card)
    monkeypatch.setattr(cloud, "handle_request", handle)
    until(lambda: "What is shown is of" not in shown(card), "it is seen again")
    assert "Not reached" not in shown(card)


def test_an_instance_displays_as_a_card_where_one_can_click(client, identity, monkeypatch, wire):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: "buttons")
    made = []
    monkeypatch.setattr(
        "ppio_widgets.widgets.instance_card.InstanceCard._repr_mimebundle_",
        lambda card, **_options: made.append(card) or {"view": 1},
    )
    bundle = Instance(identity, client)._repr_mimebundle_()
    assert bundle == {"view": 1}
    made[0].close()


@pytest.mark.parametrize("answers", ["input", None])
def test_elsewhere_it_is_text_and_html(client, identity, monkeypatch, answers):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: answers)
    bundle = Instance(identity, client)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert identity in bundle["text/plain"]


def test_the_chinese_card(identity, client, clock, wire):
    clock.turn(10)
    card = InstanceCard(Instance(identity, client), language="zh")
    card._repr_mimebundle_()
    shows(card, "运行中")
    click(card, "停止…")
    assert "停止会丢失" in shown(card)
    card.close()


def test_each_view_of_a_cell_takes_over_what_the_earlier_ones_knew(
    card_of, make_form, identity, monkeypatch, cloud
):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.cell_id", lambda: "cell")
    monkeypatch.setattr("ppio_widgets.runtime.kernel.execution", lambda: 1)
    form = make_form({**MINIMAL, "name": "earlier"})
    launch = form.launch().wait_for_answer(PATIENCE)
    shows(form, launch.id)
    monkeypatch.setattr("ppio_widgets.runtime.kernel.execution", lambda: 2)
    card_of(identity)
    assert form.session.closed
    assert launch.id in shown(make_form())


def test_a_launch_displays_as_a_card_from_its_first_moment(client, cloud, clock, wire):
    launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
    card = LaunchCard(launch, language="en")
    card._repr_mimebundle_()
    assert "demo: not sent." in shown(card)
    cloud.hold = threading.Event()
    launch.submit()
    assert cloud.arrived.wait(PATIENCE)
    shows(card, "Sending demo to the practice cloud")
    cloud.hold.set()
    launch.wait_for_answer(PATIENCE)
    shows(card, "aria-current=step>queued")
    clock.turn(20)
    shows(card, "aria-current=step>running")
    offers(card, "Stop …", "Restart …", "Delete …", ANOTHER, "Stop refreshing")
    card.close()
    assert account_status(client, launch.id) == "running"


@pytest.mark.parametrize(("language", "words"), [("en", "Wire"), ("zh", "请求过程")])
def test_what_was_on_the_wire_is_built_when_it_is_opened(language, words, client, wire):
    launch = Launch(LaunchPlan(check(MINIMAL), Target.of(client)), client)
    card = LaunchCard(launch, language=language)
    assert not find_all(card, words), "nothing was on the wire"
    launch.submit()
    launch.wait_for_answer(PATIENCE)
    launch.stop_following()
    wait_for_threads("ppio-launch", "ppio-watch")  # what it opened is on the wire
    assert find_all(card, words), "it can be opened"
    assert "POST /gpus/v2/instances" not in shown(card)
    wire.clear()
    type_into(find(card, words), True)
    assert wire.count("comm_open") == 1
    shows(card, "POST /gpus/v2/instances HTTP/1.1")
    assert launch.id in shown(card)
    type_into(find(card, words), False)
    assert "POST /gpus/v2/instances" not in shown(card)
    card.close()


def test_a_launch_that_was_refused_says_why_on_its_card(client, wire, identity):
    launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
    card = LaunchCard(launch, language="en")
    launch.submit()
    launch.wait_for_answer(PATIENCE)
    shows(card, f"already there (id {identity}")
    card.close()


def account_status(client, identity):
    return client.get_instance(identity).status
