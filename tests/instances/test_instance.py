"""An instance: looked at, acted on and read back, on the practice cloud and over faulty sockets."""

import json
import logging
import pickle
from decimal import Decimal
from urllib.parse import quote, unquote

import pytest

import ppio_widgets
from ppio_widgets import Instance, PpioClient
from ppio_widgets.cards import static
from ppio_widgets.cards.card import MOST_ROWS
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.cloud.instances import address, jupyter_address, read_body, read_instance
from ppio_widgets.errors import ActionUnconfirmed, ApiError, InputError, LaunchRefused, NotSent
from ppio_widgets.instances.listing import open_board, resolve
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.locale.words import words
from ppio_widgets.practice import catalogue
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.practice import refusal
from tests.support.wire import REAL_KEY, answers, closed_port, faulty, packed

SAY = words("en")
PASSWORD = "pa55-w0rd/with+odd"
TOKEN = "t0k3n-5ecret"
ENV = "hf_5ecret-of-an-env"

BODY = {
    "name": "demo",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 2, "rootfs_size_gb": 20},
    "ports": [{"port": 8080, "protocol": "http"}],
    "envs": [{"key": "HF_TOKEN", "value": ENV}],
    "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}},
}


class GoingClock(Clock):
    """Time goes by only while somebody waits."""

    def __init__(self, clock):
        self.clock = clock
        self.pauses = []

    def now(self):
        return self.clock.now

    monotonic = now

    def wait(self, event, seconds):
        self.pauses.append(seconds)
        self.clock.turn(seconds)
        return event.is_set()


@pytest.fixture
def going(monkeypatch, clock):
    going = GoingClock(clock)
    kernel.current().clock = going
    return going


@pytest.fixture
def machine(client, account, clock, going):
    """A running instance of the practice cloud, over a real socket."""
    one = Instance(account.create(BODY)["id"], client)
    clock.turn(10)
    return one.refresh()


def told(status="running", error="", **more):
    """One instance as a server tells it, with every secret it can hold."""
    return {
        "id": "i-1",
        "name": "demo",
        "status": {"status": status, "error": error, "message": ""},
        "product_id": "p",
        "billing": {"mode": "postpaid"},
        "envs": [{"key": "HF_TOKEN", "value": ENV}],
        "tools": {
            "ssh": {"command": f"sshpass -p {PASSWORD} ssh root@h", "username": "root", "password": PASSWORD},
            "jupyter": {"endpoint": f"https://jupyter.example.com/lab?token={TOKEN}"},
            "web_terminal": {"endpoint": "wss://x", "password": PASSWORD},
            "log": {
                "instance_endpoint": "javascript:alert(1)",
                "system_endpoint": "https://log.example.com/x",
            },
        },
        "ports": [{"port": 8080, "protocol": "http", "endpoint": "http://1.2.3.4:8080"}, None, {"port": "x"}],
        **more,
    }


class Pretend:
    """A server with one instance, whose plays say what becomes of a PUT or DELETE."""

    def __init__(self, status="running", plays=(), **more):
        self.status = status
        self.plays = list(plays)
        self.asked = []
        self.more = more
        self.gets = []

    def __call__(self, request):
        path = unquote(request.target.partition("?")[0])
        if request.method == "GET" and "/instances" in path:
            answer = self.gets.pop(0) if self.gets else self.status
            if isinstance(answer, tuple):
                return answer
            if answer == "removed":
                return refusal("no_instance")
            return 200, told(answer, **self.more)
        if request.method == "GET":
            return 200, {"data": []}
        self.asked.append(f"{request.method} {path}")
        play = self.plays.pop(0) if self.plays else self.takes
        return play()

    def takes(self):
        verb = self.asked[-1]
        self.status = {"stop": "exited", "tart": "running"}.get(verb[-4:], "removed")
        return 200, {}

    def forgets(self):
        return 200, {}

    def fails(self):
        return 500, {"reason": "UNKNOWN", "message": f"oops {PASSWORD}"}

    def fails_but_does(self):
        self.takes()
        return self.fails()


def on(pretend):
    return faulty(answers(pretend))


def at(server):
    return Instance("i-1", PpioClient(REAL_KEY, base_url=server.url))


# Reading it


def test_an_instance_in_full(machine):
    detail = machine.detail
    assert (detail.product_id, detail.image, detail.gpu_num, detail.rootfs_gb) == (
        "a100-80g",
        "ubuntu:24.04",
        2,
        20,
    )
    assert (machine.name, machine.status, detail.mode) == ("demo", "running", "postpaid")
    assert machine.ssh_command.startswith("ssh -p 22 root@")
    assert machine.jupyter_url.startswith("http://127.0.0.1:")
    assert [one.port for one in machine.endpoints] == [8080]
    assert set(machine.logs) == {"instance", "system"}
    assert "Instance" in ppio_widgets.__all__


def test_secrets_are_dropped_on_arrival():
    detail = read_instance(told(error=f"cannot log in with {PASSWORD} or {ENV}"))
    for secret in (PASSWORD, TOKEN, ENV):
        assert secret not in repr(detail)
    assert detail.jupyter_url == "https://jupyter.example.com/lab"
    assert detail.logs == (("system", "https://log.example.com/x"),)
    assert len(detail.ports) == 1


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "javascript:alert(1)",
        "http://",
        "http://h:99999999/",
        "//h",
        "http://[",
        "x",
        "https://api.ppio.com@h/",
    ],
)
def test_what_is_no_address_is_none(odd):
    assert address(odd) == ""


def test_an_address_with_a_user_in_it_is_shown_nowhere_and_given_out_when_asked_for():
    whole = f"https://me:{quote(PASSWORD, safe='')}@jupyter.example.com/lab?token={TOKEN}"
    answer = told(ports=[{"port": 80, "protocol": "http", "endpoint": whole}])
    answer["tools"] |= {"jupyter": {"endpoint": whole}, "log": {"system_endpoint": whole}}
    detail = read_instance(answer)
    assert (detail.jupyter_url, detail.logs, detail.ports[0].url) == ("", (), "")
    assert "jupyter.example.com" not in repr(detail)
    assert jupyter_address(answer) == whole


@pytest.mark.parametrize("odd", [None, [], {}, {"id": 1}, "text"])
def test_what_is_no_instance_is_none(odd):
    assert read_instance(odd) is None
    assert read_body(odd) is None


@pytest.mark.parametrize("odd", [None, 1, "x", [], [1], {"a": 1}, True])
def test_any_field_may_be_anything(odd):
    for key in told():
        detail = read_instance({**told(), key: odd})
        assert detail is None or detail.id
        read_body({**told(), key: odd})


def test_the_password_is_read_afresh_and_kept_nowhere(machine, caplog):
    caplog.set_level(logging.DEBUG)
    first = machine.reveal_ssh_password()
    assert first
    machine.restart()
    second = machine.reveal_ssh_password()
    assert second not in (None, first)
    shown = f"{machine!r}{machine._repr_html_()}{vars(machine)}{machine.detail}{caplog.text}"
    for secret in (first, second, ENV):
        assert secret not in shown


def test_a_token_is_given_out_only_when_asked_for():
    with on(Pretend()) as server:
        one = at(server)
        shown = f"{one!r}{one._repr_html_()}{one.jupyter_url}{vars(one)}"
        assert (TOKEN in shown, PASSWORD in shown, ENV in shown) == (False, False, False)
        assert TOKEN in one.reveal_jupyter_url()
        assert one.reveal_ssh_password() == PASSWORD


def test_all_pages_of_a_listing(client, account):
    ids = {account.create({**BODY, "name": f"n{number}"})["id"] for number in range(230)}
    assert {one.id for one in client.listing().instances} == ids
    assert [one.name for one in client.listing(name="n229").instances] == ["n229"]
    assert client.listing(status="exited").instances == ()


def test_a_body_like_it_holds_no_env_value(machine, client):
    body, envs = client.get_body(machine.id)
    assert envs == ("HF_TOKEN",)
    assert "envs" not in body
    assert ENV not in repr(body)
    assert body["resource"] == BODY["resource"]
    assert body["ports"] == BODY["ports"]


# Acting on it, read back


def test_stop_start_restart_delete_are_read_back(machine, account):
    machine.stop()
    assert machine.status == "exited"
    assert machine.outcome.startswith("confirmed stopped at ")
    assert "UTC" in machine.outcome
    assert machine.start().status == "running"
    assert machine.restart().outcome.startswith("confirmed running again")
    assert machine.delete().status == "removed"
    assert account.page()["data"] == []


def test_whoever_acts_and_whoever_looks_every_object_of_the_kernel_shows_it(machine, client, account, clock):
    launched = Instance(machine.id, client).refresh()
    told = []
    launched.observe(lambda _change: told.append(launched.status), "sight")
    machine.stop()
    assert (repr(launched), told[-1]) == (f"<Instance demo ({machine.id}): exited>", "exited")
    Instance(machine.id, client).start()
    assert machine.status == launched.status == "running"
    account.act(machine.id, "stop")
    clock.turn(10)
    (row,) = client.listing().instances
    Instance(machine.id, client).see_row(row, launched.begin_look())
    assert launched.status == row.status == "exited"
    machine.delete()
    assert launched.is_gone


def test_no_card_says_confirmed_stopped_beside_what_was_started_again(machine, client):
    machine.stop()
    assert "confirmed stopped" in str(machine._repr_html_())
    Instance(machine.id, client).start()
    assert (machine.status, machine.done, machine.outcome) == ("running", None, "")
    assert "confirmed stopped" not in str(machine._repr_html_())
    machine.stop()
    Instance(machine.id, client).delete()
    assert machine.done[0] == "stop"  # it is not on, as was confirmed


def test_another_account_sees_nothing_of_it(machine, clock):
    other = Instance(machine.id, PpioClient("sk_practice_other", base_url=machine.client.host.base_url))
    machine.stop()
    assert other.detail is None


def test_a_stopped_one_is_not_stopped_again():
    with on(pretend := Pretend("exited")) as server:
        assert at(server).stop().status == "exited"
    assert pretend.asked == []


def test_a_stop_that_is_forgotten_is_asked_for_again(going):
    pretend = Pretend()
    pretend.plays = [pretend.forgets]
    with on(pretend) as server:
        assert at(server).stop().status == "exited"
    assert len(pretend.asked) == 2


def test_a_stop_that_is_always_forgotten_fails_loudly_after_three(going):
    pretend = Pretend()
    pretend.plays = [pretend.forgets] * 9
    with on(pretend) as server:
        one = at(server)
        with pytest.raises(ActionUnconfirmed, match=r"NOT CONFIRMED: stop was .* requests: 3\)") as caught:
            one.stop()
        assert "running" in str(caught.value)
        assert "may still be billed" in str(caught.value)
        assert "UTC" in str(caught.value)
        assert "NOT CONFIRMED" in str(one)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own
    assert caught.value.sentence(words("zh")).startswith("未确认")
    assert len(pretend.asked) == 3


@pytest.mark.parametrize("action", ["start", "restart"])
def test_start_and_restart_are_never_asked_for_twice(going, action):
    pretend = Pretend("exited" if action == "start" else "running")
    pretend.plays = [pretend.forgets] * 9
    with on(pretend) as server, pytest.raises(ActionUnconfirmed):
        getattr(at(server), action)()
    assert len(pretend.asked) == 1


@pytest.mark.parametrize(
    ("action", "word"), [("stop", "stopping"), ("delete", "removing"), ("start", "starting")]
)
def test_what_has_begun_already_is_waited_for_and_not_asked_again(going, action, word):
    pretend = Pretend({"stop": "exited", "delete": "removed", "start": "running"}[action])
    pretend.gets = [word] * 8
    with on(pretend) as server:
        getattr(at(server), action)()
    assert pretend.asked == []


def test_a_refusal_because_it_has_begun_is_none(going):
    pretend = Pretend("exited")
    pretend.gets = ["running", "toStop", "stopping"]
    pretend.plays = [lambda: (400, {"reason": "OPERATION_LIMIT", "message": "cannot stop"})]
    with on(pretend) as server:
        assert at(server).stop().status == "exited"
    assert len(pretend.asked) == 1


def test_a_long_pause_that_the_server_wants_ends_with_the_patience(going):
    def play(server, connection):
        request = server.read(connection)
        if request.method == "PUT":
            connection.sendall(packed(429, b"{}", "Retry-After: 3600"))
        else:
            connection.sendall(packed(200, json.dumps(told()).encode()))

    with faulty(play) as server, pytest.raises(ActionUnconfirmed, match="429"):
        at(server).stop()
    assert sum(going.pauses) < 400


def test_a_port_in_an_env_value_spoils_no_command():
    detail = read_instance(
        {**told(), "envs": [{"key": "A", "value": "root"}, {"key": "B", "value": "ssh root"}]}
    )
    assert detail.ssh_command.endswith("ssh root@h")


def test_a_500_that_was_taken_all_the_same_is_seen(going):
    pretend = Pretend()
    pretend.plays = [pretend.fails_but_does]
    with on(pretend) as server:
        at(server).stop()
    assert len(pretend.asked) == 1


def test_a_500_once_is_asked_for_again(going):
    pretend = Pretend()
    pretend.plays = [pretend.fails]
    with on(pretend) as server:
        at(server).delete()
    assert pretend.asked == ["DELETE /gpus/v2/instances/i-1"] * 2


def test_too_many_requests_wait_as_long_as_the_server_says(going):
    pretend = Pretend()

    def play(server, connection):
        request = server.read(connection)
        if request.method == "PUT" and not pretend.asked:
            pretend.asked.append("PUT")
            connection.sendall(packed(429, b"{}", "Retry-After: 7"))
        else:
            status, answer = pretend(request)
            connection.sendall(packed(status, json.dumps(answer).encode()))

    with faulty(play) as server:
        at(server).stop()
    assert 7.0 in going.pauses
    assert len(pretend.asked) == 2


def test_a_lost_look_is_looked_again(going):
    pretend = Pretend()
    pretend.gets = ["running", (500, {}), (503, {}), "stopping", "warping", "exited"]
    with on(pretend) as server:
        assert at(server).stop().status == "exited"
    assert len(pretend.asked) == 1


def test_a_stop_is_sent_although_the_look_before_it_fails(going):
    pretend = Pretend()
    pretend.gets = [(500, {})]
    with on(pretend) as server:
        at(server).stop()
    assert len(pretend.asked) == 1


def test_a_start_that_ends_in_an_error_says_the_servers_words(going):
    pretend = Pretend("exited", error="no GPU is free")

    def fails_later():
        pretend.status = "exited"
        return 200, {}

    pretend.plays = [fails_later]
    with on(pretend) as server, pytest.raises(ActionUnconfirmed, match="no GPU is free"):
        at(server).start()


@pytest.mark.parametrize(
    ("action", "seen"),
    [
        ("start", ["exited", "toStart", "stopping"]),
        ("start", ["exited", "starting"]),
        ("restart", ["running", "toRestart", "toStop"]),
    ],
)
def test_what_was_stopped_again_meanwhile_is_not_waited_for(going, action, seen):
    pretend = Pretend("exited", plays=[lambda: (200, {})])
    pretend.gets = list(seen)
    with on(pretend) as server, pytest.raises(ActionUnconfirmed, match="stopped"):
        getattr(at(server), action)()
    assert sum(going.pauses) < 60
    assert len(pretend.asked) == 1


def test_a_look_that_lags_behind_a_start_does_not_end_it(going):
    pretend = Pretend("running", plays=[lambda: (200, {})])
    pretend.gets = ["exited", "toStart", "exited", "exited", "starting"]
    with on(pretend) as server:
        assert at(server).start().status == "running"


def test_a_refusal_is_the_servers_own(machine, client, account, clock):
    prepaid = {**BODY, "name": "paid", "billing": {"mode": "prepaid", "prepaid": {"months": 1}}}
    one = Instance(account.create(prepaid)["id"], client)
    clock.turn(10)
    with pytest.raises(ApiError, match="cannot be released early") as caught:
        one.delete()
    assert "auto-renew" in str(caught.value)
    assert one.status == "running"


def test_an_id_that_neither_look_nor_stop_finds_is_an_error_at_once(client, going):
    with pytest.raises(ApiError, match="instance not found"):
        Instance("nobody", client).stop()
    assert going.pauses == []


@pytest.mark.usefixtures("going")
def test_a_key_that_is_not_accepted_ends_it_at_once():
    pretend = Pretend()
    pretend.gets = [(401, {"message": "no"})]
    with on(pretend) as server, pytest.raises(ApiError):
        at(server).stop()
    assert pretend.asked == []


def test_where_nothing_answers_it_says_so(going):
    one = Instance("i-1", PpioClient(REAL_KEY, base_url=f"http://127.0.0.1:{closed_port()}"))
    with pytest.raises(ActionUnconfirmed, match="did not answer"):
        one.stop()
    assert "did not" in str(one)


def test_a_start_that_could_not_leave_was_not_sent(going):
    pretend = Pretend("exited")
    client = PpioClient(REAL_KEY, base_url=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(NotSent):
        client.act("i-1", "start")
    assert pretend.asked == []


# Waiting and showing


def test_wait_until_it_runs_or_a_time_is_over(client, account, going):
    one = Instance(account.create(BODY)["id"], client)
    assert one.wait(timeout=1).status in ("toCreate", "creating")
    assert one.wait().status == "running"


def test_a_wait_survives_what_passes(going):
    pretend = Pretend()
    pretend.gets = ["pulling", (500, {}), (429, {}), "running"]
    with on(pretend) as server:
        assert at(server).wait().status == "running"


def test_the_cost_is_about_the_price_times_the_hours(machine, clock):
    clock.turn(3600 - 8)
    rate = machine.offer.postpaid.final * 2
    assert machine.cost_so_far == rate.quantize(Decimal("0.01"))
    assert f"≈ ¥{rate:.2f}" in str(machine)


def test_a_cpu_instance_costs_its_price_as_a_whole(client, account, going, clock):
    body = {
        **BODY,
        "type": "cpu",
        "product_id": "cpu.8c16g",
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
    }
    machine = Instance(account.create(body)["id"], client).wait()
    assert "not known" not in str(machine), "nobody has asked for the price"
    machine.refresh()
    clock.turn(3600 - machine.known.started_at % 3600)
    assert machine.offer.type == "cpu"
    assert machine.cost_so_far > 0
    assert "¥0.64 per hour" in str(machine)


def test_a_deleted_one_keeps_its_last_cost(machine, clock):
    clock.turn(3600 - 8)
    rate = machine.offer.postpaid.final * 2
    before = machine.cost_so_far
    cost = machine.delete().cost_so_far  # it took a moment
    assert before <= cost <= before + Decimal("0.02")
    told = f"Cost: was on for 60 min until last seen, ≈ ¥{cost} (¥{rate:.2f} per hour"
    clock.turn(7 * 3600)  # it costs nothing any more
    for text in (str(machine), static.of_instance(machine, SAY).as_text(SAY)):
        assert told in text
        assert "may go on costing" not in text
    assert "was on for 60 min" in machine.outcome
    assert machine.delete().status == "removed", "and nobody is asked"
    assert told in str(machine)


def test_of_one_that_nobody_asked_the_price_of_a_delete_knows_the_cost(client, account, clock, going):
    one = Instance(account.create(BODY)["id"], client)
    clock.turn(3600)
    assert "≈ ¥" in one.delete().outcome
    assert "not known" not in str(one)


def test_of_one_that_was_deleted_elsewhere_the_cost_is_as_of_the_last_sight(machine, account, clock):
    clock.turn(1800 - 8)
    machine.refresh()
    account.act(machine.id, "delete")
    clock.turn(9 * 3600)
    assert machine.wait("removed").status == InstanceStatus.NOT_SEEN
    assert machine.cost_so_far == machine.offer.postpaid.final.quantize(Decimal("0.01"))
    clock.turn(3600)
    machine.refresh()
    assert "was on for 30 min until last seen" in str(machine)


@pytest.mark.parametrize("until", [20, 60.5, "runing", "", None])
def test_what_is_no_status_is_not_waited_for_without_an_end(machine, until):
    with pytest.raises(InputError, match=r"wait\(\): .* is no status.* running, .*timeout="):
        machine.wait(until)


def test_of_one_that_was_stopped_before_it_was_deleted_the_disk_costs_no_more(machine, clock):
    machine.stop()
    stopped = machine.cost_so_far
    clock.turn(3600)
    assert machine.delete().cost_so_far == stopped
    assert "may go on costing" not in str(machine)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "what it cost is not known"),
        ({"billing": {"mode": "prepaid", "prepaid": {"months": 1}}}, "Cost: was paid in advance"),
    ],
)
def test_of_a_deleted_one_nothing_is_invented(going, more, told):
    pretend = Pretend("removed", **more)
    pretend.gets = ["running"]
    with on(pretend) as server:
        one = at(server).refresh()
        assert one.wait("removed").status == InstanceStatus.NOT_SEEN
        assert told in str(one)
        assert "≈" not in str(one)
        assert "Renewal" not in str(one)


def test_an_unknown_price_is_said_to_be_unknown(client, account, going, monkeypatch):
    one = Instance(account.create(BODY)["id"], client)
    monkeypatch.setattr(catalogue, "_ALL", ())  # no longer on sale
    assert one.cost_so_far is None
    assert "not known" in str(one)


def test_a_card_shows_the_ways_in_as_links(machine):
    html = machine._repr_html_()
    assert f'href="{machine.jupyter_url}"' in html
    assert machine.ssh_command in html
    assert "practice cloud" in html
    assert "running" in html


def test_the_servers_words_cannot_act_in_a_card():
    with on(Pretend(error="<script>alert(1)</script>\x1b[31m")) as server:
        html = at(server)._repr_html_()
    assert "<script>" not in html
    assert "\x1b" not in html


def test_a_listener_that_fails_keeps_nobody_from_hearing(machine, caplog):
    heard = []
    machine.observe(lambda _change: 1 / 0, "sight")
    machine.observe(lambda change: heard.append(change.owner.status), "sight")
    machine.stop()
    assert "exited" in heard
    assert "ZeroDivisionError" in caplog.text


# The board


@pytest.mark.long
def test_a_board_of_hundreds(client, account, clock, going):
    for number in range(300):
        clock.turn(1)
        account.create({**BODY, "name": f"n{number}"})
    board = open_board(client)
    assert len(board) == 300
    assert [one.name for one in board.instances[:2]] == ["n299", "n298"]
    assert len(str(board).splitlines()) == MOST_ROWS + 3
    assert "240 more" in str(board)
    html = board._repr_html_()
    assert html.count("<tr>") == 301
    assert ENV not in html + str(board) + repr(board.instances)


def test_a_name_that_only_one_has_stands_for_its_id(machine, client, account):
    assert resolve(client, "demo").id == machine.id
    assert resolve(client, machine.id).id == machine.id
    with pytest.raises(LaunchRefused, match="no instance"):
        resolve(client, "dem")
    account.create(BODY)
    with pytest.raises(LaunchRefused, match="Several"):
        resolve(client, "demo")


def test_of_one_that_a_listing_showed_the_last_sight_is_the_listing(machine, client, account, clock):
    """Its own first look may fail, and the next one find it deleted already."""
    clock.turn(1800 - 8)
    (row,) = client.listing().instances
    one = Instance(row.id, client, seen=row, seen_at=clock.now)
    account.act(row.id, "delete")
    clock.turn(30)
    one.look()
    assert one.status == "removed"
    assert one.cost_so_far == machine.offer.postpaid.final.quantize(Decimal("0.01"))
    assert "was on for 30 min until last seen" in str(one)


def test_of_one_that_was_reclaimed_the_disk_costs_nothing_and_it_never_starts_again(client, account, clock):
    made = account.create({**BODY, "billing": {"mode": "spot"}})["id"]
    clock.turn(10)
    machine = Instance(made, client).refresh()
    account.reclaim(0)
    clock.turn(3600)
    machine.refresh()
    for text in (str(machine), static.of_instance(machine, SAY).as_text(SAY)):
        assert "may go on costing" not in text
    with pytest.raises(ApiError, match="never starts again"):
        machine.start()
    assert InstanceSession(machine).actions == ("delete",)
