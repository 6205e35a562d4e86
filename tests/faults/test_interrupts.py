"""Whatever is raised at whichever line of a launch or a look-up: nobody waits for ever, nothing is misjudged."""

from __future__ import annotations

import random
import threading

import httpx
import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launcher import recovery, worker
from ppio_widgets.launcher.ledger import Ledger
from ppio_widgets.launcher.states import BUSY, LaunchState
from tests.faults.account import Account
from tests.faults.ground import PATIENCE, SOAK, launch_on
from tests.faults.injection import KINDS, Injection
from tests.faults.server import served
from tests.unit.wire import REAL_KEY, wait_for_launches

S = LaunchState
pytestmark = [
    pytest.mark.usefixtures("quick"),
    # What is raised between a socket and whoever would close it leaves that to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SEED = 14_011
SHARE = None if SOAK else 150  # of the lines of each scenario

# Seconds in which all that is quick has long come to its end.
LONG = 15


class Cloud(Account):
    """Answers a create call, or loses or refuses it."""

    def __init__(self, answer):
        super().__init__(worker.clock)
        self.loses = answer == "lost"
        self.refuses = answer == "refused"

    def _answer(self, request):
        if request.method == "POST" and self.refuses:
            self.asked.append("POST")
            return 400, {"code": 400, "reason": "BALANCE_NOT_ENOUGH", "message": "no"}
        return super()._answer(request)


@pytest.fixture(autouse=True)
def hooked(monkeypatch):
    """What is raised on a thread of ours has nowhere to go; that it is printed is no fault."""
    monkeypatch.setattr(threading, "excepthook", lambda _hook: None)


def launched(answer, injection, folder):
    """Launch once with something raised somewhere; returns why that did not end well, or nothing."""
    cloud, told = Cloud(answer), []
    with served(cloud.play) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        launch = launch_on(client, ledger=Ledger(folder / "launches"))
        launch.subscribe(lambda one: told.append((one.state, one.pending)))
        try:
            with injection.on():
                launch.submit()
                launch.wait_for_outcome(PATIENCE)
                launch.wait(LONG)
        except BaseException as error:
            assert type(error) is injection.kind
        launch.wait_for_outcome(LONG).wait(LONG)
        faults = list(misjudged(launch, cloud, told, Ledger(folder / "launches")))
        if launch.state is S.UNKNOWN and not faults:
            faults += found_by_a_look(launch, cloud)
        launch.stop_following()
        wait_for_launches()
    return f"{injection.where}: {', '.join(faults)}" if faults else ""


def misjudged(launch, cloud, told, ledger):
    """Say what is wrong with where a launch stands, by what the server has received."""
    state, posts, made = launch.state, cloud.posts(), bool(cloud.made)
    if state in (*BUSY, S.RECONCILING) or launch.pending:
        yield f"stuck at {state.value}"
    if posts > 1:
        yield f"{posts} requests"
    lawful = {S.SUCCEEDED: made, S.REJECTED: posts and not made, S.UNKNOWN: True}
    lawful |= dict.fromkeys((S.NOT_SENT, S.DRAFT), not posts)
    if not lawful.get(state):
        yield f"{state.value} after {posts} requests"
    if launch.id != (next(iter(cloud.made)) if state is S.SUCCEEDED else None):
        yield f"the id is {launch.id}"
    if state is S.SUCCEEDED and not (launch.settled or launch._following.ended):
        yield "who waits for it waits for ever"
    if state is not S.DRAFT and (not told or told[-1] != (state, False)):
        yield f"who looks on was told {told[-1:]} and not {state.value}"
    contents = ledger.read()
    records = {one.launch_id: one for one in contents.records}
    record = records.get(launch.launch_id)
    if contents.unreadable:
        yield "a torn record"
    said = launch.unrecorded is not None and "could not be recorded" in repr(launch)
    if record is not None and record.unresolved and state in (S.NOT_SENT, S.REJECTED, S.DRAFT) and not said:
        yield "an open record of what is settled"
    if posts and (record is None or (not record.unresolved and record.instance_id != launch.id)):
        yield f"the record is {record}"
    if not repr(launch):
        yield "nothing is said"


def found_by_a_look(launch, cloud):
    launch.look()
    if cloud.made and launch.id not in cloud.made:
        yield f"a look leaves it {launch.state.value}"


def chosen(sites, name):
    """Return where to raise what: at every line, or at a share of them that is the same each time."""
    dice = random.Random(f"{SEED}-{name}")  # noqa: S311 - no secret
    every = [(kind, *site) for site in sites for kind in KINDS]
    return every if SHARE is None else dice.sample(every, min(SHARE, len(every)))


@pytest.mark.parametrize("answer", ["an id", "lost", "refused"])
def test_whatever_is_raised_at_any_line_of_a_launch(answer, tmp_path):
    counting = Injection()
    assert launched(answer, counting, tmp_path / "counted") == ""
    assert {"launcher", "cloud"} <= {place.partition("/")[0] for place in counting.counts}
    faults, hit = [], 0
    for number, site in enumerate(chosen(counting.sites(), answer)):
        injection = Injection(*site)
        faults.append(launched(answer, injection, tmp_path / str(number)))
        hit += bool(injection.where)
    assert "\n".join(filter(None, faults)) == ""
    assert hit > len(faults) / 2
