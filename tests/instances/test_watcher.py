"""Watching: one thread and one listing a tick, however many instances are watched."""

import threading

import pytest

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.errors import ApiError, CredentialsError
from ppio_widgets.instances import watcher
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.instances.watcher import watch, watch_all
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.practice import refusal
from tests.support.threads import threads_going, wait_for_threads
from tests.support.wire import REAL_KEY, answers, faulty

PATIENCE = 10
HASTE = {"reason": "RATE_LIMIT", "message": "slow down"}


class Steps(Clock):
    """A clock by which the watcher rests after each tick until a test lets it go on."""

    def __init__(self):
        self.time = 1_700_000_000.0
        self.pauses = []
        self._moved = threading.Condition()
        self._wakes = None  # what would wake the watcher, while it rests
        self._goes_on = False

    def now(self):
        return self.time

    monotonic = now

    def wait(self, event, seconds):
        with self._moved:
            self.pauses.append(seconds)
            self._wakes = event
            self._moved.notify_all()
            while not (event.is_set() or self._goes_on):
                self._moved.wait(0.005)
            self._wakes = None
            if event.is_set():
                return True
            self._goes_on = False
            self.time += seconds
            return False

    def _rests(self):
        """Whether the watcher rests, and is neither to go on nor woken by one more to be watched."""
        return self._wakes is not None and not self._wakes.is_set() and not self._goes_on

    def rest(self):
        """Wait until the watcher has ticked and rests; returns how long it means to."""
        with self._moved:
            assert self._moved.wait_for(self._rests, PATIENCE)
            return self.pauses[-1]

    def tick(self, times=1):
        for _ in range(times):
            self.rest()
            with self._moved:
                self._goes_on = True
                self._moved.notify_all()
        return self.rest()


@pytest.fixture
def steps(monkeypatch):
    clock = Steps()
    kernel.current().clock = clock
    return clock


class Account:
    """A server with many instances; counts what it is asked."""

    def __init__(self, count, status="running", page=100):
        self.statuses = {f"i-{number}": status for number in range(count)}
        self.page = page
        self.listings = self.pages = 0
        self.gets = []
        self.hidden = set()
        self.fails = []

    def row(self, identity, **more):
        status = {"status": self.statuses[identity], "error": "", "message": ""}
        return {"id": identity, "name": identity, "status": status, "created_at": 1, **more}

    def __call__(self, request):
        path, _, query = request.target.partition("?")
        if self.fails:
            return self.fails.pop(0)
        if path.endswith("/instances"):
            asked = dict(part.split("=") for part in query.split("&") if part)
            start = int(asked.get("cursor", 0))
            self.listings += start == 0
            self.pages += 1
            ids = [one for one in self.statuses if one not in self.hidden]
            more = start + self.page < len(ids)
            rows = [self.row(one) for one in ids[start : start + self.page]]
            return 200, {
                "data": rows,
                "next_cursor": str(start + self.page) if more else "",
                "has_more": more,
            }
        identity = path.rpartition("/")[2]
        self.gets.append(identity)
        if identity not in self.statuses:
            return refusal("no_instance")
        tools = {"jupyter": {"endpoint": f"https://{identity}.example.com"}}
        return 200, self.row(identity, tools=tools)


class HeldAccount(Account):
    """The first look at what ends so is answered when a test lets it go, with a failure."""

    def __init__(self, count, ending="i-0"):
        super().__init__(count)
        self.ending = ending
        self.arrived, self.go = threading.Event(), threading.Event()

    def __call__(self, request):
        if self.arrived.is_set() or not request.target.partition("?")[0].endswith(self.ending):
            return super().__call__(request)
        self.arrived.set()
        assert self.go.wait(PATIENCE)
        return 503, {}


@pytest.fixture
def served(steps):
    """Serves an account; what is watched of it has to be ended by then."""
    servers = []

    def serve(account):
        server = faulty(answers(account))
        servers.append(server)
        client = PpioClient(REAL_KEY, base_url=server.__enter__().url)
        servers.append(client)
        return client

    yield serve
    wait_for_threads("ppio-watch")
    for one in reversed(servers):
        one.__exit__(None, None, None)


@pytest.fixture
def watched(served):
    """Watches instances of an account, and ends all of it afterwards."""
    begun = []

    def begin(account, count):
        client = served(account)
        machines = [Instance(f"i-{number}", client) for number in range(count)]
        begun.extend(watch(one, lambda: None) for one in machines)
        return machines

    yield begin
    for one in begun:
        one.end()


def settled(steps, account):
    """Let what was begun settle, so that ticks can be counted exactly."""
    steps.rest()
    steps.tick(3)
    account.listings, account.pages, account.gets = 0, 0, []


def test_one_look_serves_all_who_show_an_instance_and_each_draws_it_once(watched, steps):
    """As a launch that follows it, two cards, and what is saved of them, which is written when it tells."""
    account = Account(1, "pulling")
    (one,) = watched(account, 1)
    drawn, told = [], []
    cards = [InstanceSession(one) for _card in range(2)]
    for number, card in enumerate(cards):
        card.watch()
        card.observe(lambda _change, number=number: drawn.append(number), "sight")
    one.observe(told.append, "sight")
    settled(steps, account)
    for status, changes in (("running", 1), ("running", 0), ("exited", 1)):
        drawn.clear(), told.clear(), account.gets.clear()
        account.statuses["i-0"] = status
        steps.tick()
        assert (account.gets, sorted(drawn), len(told)) == (["i-0"], [0, 1], changes)
    for card in cards:
        card.close()


@pytest.mark.long
def test_five_hundred_watched_instances_cost_one_thread_and_one_listing_a_tick(watched, steps):
    account = Account(500, "pulling")
    machines = watched(account, 500)
    settled(steps, account)
    assert len(threads_going("ppio-watch")) == 1
    steps.tick(4)
    assert (account.listings, account.pages, account.gets) == (4, 20, [])
    account.statuses["i-7"] = "running"
    steps.tick(3)
    assert account.listings == 7
    assert account.gets == ["i-7"], "one GET when an instance reaches running, and no more"
    assert machines[7].jupyter_url == "https://i-7.example.com"
    assert {one.detail.status for one in machines} == {"pulling", "running"}
    assert len(threads_going("ppio-watch")) == 1


def test_one_watched_instance_is_asked_for_by_itself(watched, steps):
    account = Account(300)
    watched(account, 1)
    settled(steps, account)
    steps.tick(3)
    assert (account.listings, account.gets) == (0, ["i-0"] * 3)


def test_ticks_grow_slower_while_nothing_changes_and_quick_again_with_a_change(watched, steps):
    account = Account(2, "pulling")
    watched(account, 2)
    settled(steps, account)
    moving = [steps.tick() for _ in range(12)]
    assert moving == sorted(moving)
    assert moving[-1] == watcher.SLOWEST_MOVING_SECONDS
    account.statuses["i-1"] = "running"
    assert steps.tick() == watcher.POLL_SECONDS
    account.statuses["i-0"] = "exited"
    assert steps.tick() == watcher.POLL_SECONDS
    assert [steps.tick() for _ in range(30)][-1] == watcher.SLOWEST_RESTING_SECONDS


def test_a_server_that_asks_to_wait_is_waited_for(watched, steps):
    account = Account(3, "pulling")
    machines = watched(account, 3)
    settled(steps, account)
    account.fails = [(429, HASTE, "Retry-After: 90")]
    assert steps.tick() == 90
    assert machines[0].missed.status == 429
    assert "What is shown is of" in str(machines[0])
    steps.tick()
    assert machines[0].missed is None


def test_failed_looks_grow_slower_and_what_was_seen_stays(watched, steps):
    account = Account(3, "pulling")
    machines = watched(account, 3)
    settled(steps, account)
    account.fails = [(500, {"message": "oops"})] * 8
    pauses = [steps.tick() for _ in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == watcher.SLOWEST_FAILING_SECONDS
    assert [one.status for one in machines] == ["pulling"] * 3
    assert steps.tick() < watcher.SLOWEST_FAILING_SECONDS


def test_what_a_listing_leaves_out_is_asked_for_by_itself_a_few_at_a_time(watched, steps):
    account = Account(40, "pulling")
    machines = watched(account, 40)
    settled(steps, account)
    account.hidden = {f"i-{number}" for number in range(20)}
    steps.tick()
    assert len(account.gets) == watcher.MOST_LOOKS
    steps.tick(3)
    assert set(account.gets) == account.hidden, "in turn"
    del account.statuses["i-0"]
    steps.tick(4)
    assert machines[0].status == "pulling", "it was not found once, which proves nothing"
    assert isinstance(machines[0].missed, ApiError)
    until = steps.time + 600
    while machines[0].status != InstanceStatus.NOT_SEEN and steps.time < until:
        steps.tick()
    assert machines[0].status == InstanceStatus.NOT_SEEN
    assert machines[1].status == "pulling"


def test_two_cards_of_one_instance_are_one_look(watched, steps):
    account = Account(1)
    (machine,) = watched(account, 1)
    other = Instance("i-0", machine.client)
    seen = []
    second = watch(other, lambda: seen.append(other.detail))
    settled(steps, account)
    steps.tick()
    assert account.gets == ["i-0"]
    assert seen[-1] == machine.detail
    second.end()


def test_clients_of_one_account_share_a_watcher(watched, steps):
    account = Account(2)
    (machine,) = watched(account, 1)
    with PpioClient(REAL_KEY, base_url=machine.client.host.base_url) as client:
        other = watch(Instance("i-1", client), lambda: None)
        settled(steps, account)
        assert len(threads_going("ppio-watch")) == 1
        steps.tick()
        assert account.listings == 1
        other.end()


def test_a_board_takes_whole_listings_and_errors(served, steps):
    account, seen = Account(250), []
    board = watch_all(served(account), seen.append)
    steps.rest()
    assert len(seen[-1].instances) == 250
    account.fails = [(403, {"message": "no right"})]
    steps.tick()
    assert seen[-1].status == 403
    board.end()


def test_the_thread_ends_with_the_last_watch_and_begins_anew(served, steps):
    machine = Instance("i-0", served(Account(1)))
    for _ in range(3):
        begun = watch(machine, lambda: None)
        steps.rest()
        assert len(threads_going("ppio-watch")) == 1
        begun.end()
        wait_for_threads("ppio-watch")


def test_a_listener_that_fails_keeps_nobody_from_hearing(served, steps, caplog):
    heard, client = [], served(Account(2))
    begun = [
        watch(Instance("i-0", client), lambda: 1 / 0),
        watch(Instance("i-1", client), lambda: heard.append(True)),
    ]
    steps.rest()
    steps.tick()
    assert heard
    assert "ZeroDivisionError" in caplog.text
    for one in begun:
        one.end()


def test_a_listing_keeps_the_connections_of_one_start_only(watched, steps):
    account = Account(2)
    machines = watched(account, 2)
    settled(steps, account)
    assert machines[0].jupyter_url == "https://i-0.example.com"
    account.statuses["i-0"] = "exited"
    steps.tick()
    assert machines[0].detail.jupyter_url == ""
    assert machines[1].detail.jupyter_url == "https://i-1.example.com"
    assert account.gets == []


# Clients come and go, and so do their keys.

OTHER_KEY = "sk_other_account_" + REAL_KEY[-4:]


class Accounts:
    """Two accounts on one server, each with an instance of its own: the key says which."""

    def __init__(self):
        self.asked = []

    def __call__(self, request):
        key = request.headers["authorization"].removeprefix("Bearer ")
        identity = {REAL_KEY: "i-1", OTHER_KEY: "o-1"}.get(key)
        if identity is None:
            return 401, {"message": "no such key"}
        path = request.target.partition("?")[0]
        self.asked.append((identity, path.rpartition("/")[2]))
        row = {"id": identity, "name": identity, "status": {"status": "running"}, "created_at": 1}
        if path.endswith("/instances"):
            return 200, {"data": [row], "has_more": False}
        if not path.endswith(identity):
            return 400, {"reason": "RESOURCE_NOT_FOUND", "message": "instance not found"}
        return 200, row


class Seen:
    """A watch, and waiting for what it sees."""

    def __init__(self, identity, client):
        self.machine = Instance(identity, client)
        self._ticked = threading.Condition()
        self._watch = watch(self.machine, self._on_tick)

    def _on_tick(self):
        with self._ticked:
            self._ticked.notify_all()

    def until(self, condition):
        with self._ticked:
            assert self._ticked.wait_for(lambda: condition(self.machine), PATIENCE)

    def ticks(self):
        """Wait for two whole looks from now on."""
        for _ in range(3):
            with self._ticked:
                assert self._ticked.wait(PATIENCE)

    def end(self):
        self._watch.end()


@pytest.fixture
def often(monkeypatch):
    class Often(Clock):
        def wait(self, event, _seconds):
            return event.wait(0.002)

    kernel.current().clock = Often()


@pytest.fixture
def on_accounts(often):
    """Makes watches on a server with two accounts."""
    begun, clients = [], []
    with faulty(answers(Accounts())) as server:

        def begin(identity, key):
            clients.append(PpioClient(key, base_url=server.url))
            begun.append(Seen(identity, clients[-1]))
            return begun[-1]

        yield begin
        for one in begun:
            one.end()
        wait_for_threads("ppio-watch")
        for client in clients:
            client.close()


def is_well(machine):
    return machine.detail is not None and machine.detail.status == "running" and machine.missed is None


def test_a_key_that_is_taken_away_is_only_its_own_clients_trouble(on_accounts):
    key = [REAL_KEY]
    first, second = on_accounts("i-1", lambda: key[0]), on_accounts("i-1", REAL_KEY)
    first.until(is_well)
    second.until(is_well)
    assert len(threads_going("ppio-watch")) == 1
    key[0] = ""
    first.until(lambda machine: isinstance(machine.missed, CredentialsError))
    assert first.machine.detail.status == "running", "what was seen stays"
    second.ticks()
    assert is_well(second.machine)
    key[0] = REAL_KEY
    first.until(is_well)


def test_a_key_of_another_account_makes_nobodys_instance_look_gone(on_accounts):
    key = [REAL_KEY]
    first, second = on_accounts("i-1", lambda: key[0]), on_accounts("i-1", REAL_KEY)
    third = on_accounts("o-1", OTHER_KEY)
    for one in (first, second, third):
        one.until(is_well)
    assert len(threads_going("ppio-watch")) == 2, "keys that only end alike are two accounts"
    key[0] = OTHER_KEY
    first.until(lambda machine: isinstance(machine.missed, ApiError))
    first.ticks()
    assert first.machine.detail.status == "running", "what another account's key does not find is no proof"
    second.ticks()
    third.ticks()
    assert is_well(second.machine)
    assert is_well(third.machine)


def test_a_key_that_is_revoked_is_the_trouble_of_all_who_use_it(on_accounts):
    revoked = on_accounts("i-1", "sk_revoked_0123456789")
    sound = on_accounts("i-1", REAL_KEY)
    revoked.until(lambda machine: getattr(machine.missed, "status", 0) == 401)
    sound.until(is_well)


def test_a_client_that_is_closed_keeps_nobody_from_seeing(on_accounts):
    first, second = on_accounts("i-1", REAL_KEY), on_accounts("i-1", REAL_KEY)
    second.until(is_well)
    first.machine.client.close()
    second.ticks()
    assert is_well(second.machine)
    first.end()
    first.machine.client.close()
    second.ticks()
    assert is_well(second.machine)


@pytest.mark.long
def test_a_watch_can_be_ended_while_its_key_comes_and_goes(on_accounts):
    for _ in range(20):
        keys = [REAL_KEY, OTHER_KEY, ""] * 200
        one = on_accounts("i-1", lambda keys=keys: keys.pop() if keys else REAL_KEY)
        one.ticks()
        one.end()
    wait_for_threads("ppio-watch")
    assert threads_going("ppio-watch") == []


def test_a_look_that_failed_says_nothing_of_what_a_later_one_saw(watched, steps):
    account = HeldAccount(1)
    (machine,) = watched(account, 1)
    assert account.arrived.wait(PATIENCE)
    assert machine.look().status == "running"
    account.go.set()
    steps.rest()
    assert (machine.status, machine.missed) == ("running", None)


def test_a_listing_that_failed_says_nothing_of_what_a_later_look_saw(watched, steps):
    account = HeldAccount(2, "/instances")
    seen, other = watched(account, 2)
    assert account.arrived.wait(PATIENCE)
    assert seen.look().status == "running"
    other_missed = threading.Event()
    other.observe(lambda _change: other.missed is not None and other_missed.set(), "sight")
    account.go.set()
    assert other_missed.wait(PATIENCE)
    assert (seen.status, seen.missed) == ("running", None)


def test_a_call_whose_look_failed_late_leaves_what_a_later_one_saw(served):
    account = HeldAccount(1)
    machine = Instance("i-0", served(account))
    failed = []

    def look():
        with pytest.raises(ApiError) as error:
            machine.look()
        failed.append(error.value)

    thread = threading.Thread(target=look)
    thread.start()
    assert account.arrived.wait(PATIENCE)
    machine.look()
    account.go.set()
    thread.join(PATIENCE)
    assert failed[0].status == 503
    assert machine.missed is None


def test_what_a_boards_listing_tells_every_object_shows_that_was_seen_before(served, steps):
    account = Account(1)
    client = served(account)
    seen = Instance("i-0", client).refresh()
    unseen = Instance("i-0", client)
    account.statuses["i-0"] = "exited"
    board = watch_all(client, lambda _listing: None)
    try:
        steps.rest()
        assert seen.status == "exited"
        assert unseen.detail is None  # asked for its ways in, it looks by itself
    finally:
        board.end()


class Stopping(Account):
    """What is asked to stop has stopped, unless that is refused."""

    refuses = False

    def __call__(self, request):
        if request.method == "GET":
            return super().__call__(request)
        if self.refuses:
            return 400, {"reason": "NO", "message": "not now"}
        self.statuses[request.target.split("/")[-2]] = "exited"
        return 200, {}


def test_whoever_acts_on_an_instance_what_is_listed_is_listed_anew(served, steps):
    client = served(Stopping(2))
    told, stopped = [], threading.Event()

    def tell(listing):
        told.append([one.status for one in listing.instances])
        if "exited" in told[-1]:
            stopped.set()

    board = watch_all(client, tell)
    try:
        steps.rest()
        Instance("i-1", client).stop()  # of another cell than the board's
        assert stopped.wait(PATIENCE)
    finally:
        board.end()
    assert told == [["running", "running"], ["running", "exited"]]


def test_what_could_not_be_done_is_listed_anew_as_well(served, steps):
    account = Stopping(1)
    account.refuses = True
    client = served(account)
    again = threading.Event()
    board = watch_all(client, lambda _listing: account.listings > 1 and again.set())
    try:
        steps.rest()
        with pytest.raises(ApiError):
            Instance("i-0", client).stop()
        assert again.wait(PATIENCE)
    finally:
        board.end()
