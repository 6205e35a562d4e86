"""Whatever is done to a launch in whatever order: one request, lawful steps, and no id is lost."""

from __future__ import annotations

import errno
import os
import queue
import tempfile
import threading
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ppio_widgets.cloud.answers import not_certain
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import InstanceDetail, Listing
from ppio_widgets.cloud.outcome import Verdict
from ppio_widgets.errors import (
    AccessDenied,
    ApiError,
    ConsentNeeded,
    CredentialsError,
    LaunchRefused,
    NotSent,
    OutcomeUnknown,
    Unreachable,
)
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.claim import read_consent
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import Ledger, Record
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import FOLLOWING, IllegalTransition, LaunchState
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.hosts import Host
from tests.support.clock import LaunchClock
from tests.support.ground import BODY, PATIENCE, SOAK
from tests.support.sentences import sentence_of
from tests.support.wire import LAUNCHERS, wait_for_launches

S = LaunchState

ANSWERS = {
    "an id": Verdict(sent=True, instance_id="i-1"),
    "another id": Verdict(sent=True, instance_id="i-2"),
    "a refusal": Verdict(sent=True, error=ApiError("api", status=400, reason="", message="no")),
    "lost": Verdict(sent=True, error=OutcomeUnknown("unknown_answer", status=200)),
    "not sent": Verdict(sent=False, error=NotSent("not_sent", host="h", kind="K")),
    "no key": CredentialsError("key_missing_other", host="h"),
    "a fault": RuntimeError("ours"),
}
AFTER = {
    "an id": S.SUCCEEDED,
    "another id": S.SUCCEEDED,
    "a refusal": S.REJECTED,
    "lost": S.UNKNOWN,
    "not sent": S.NOT_SENT,
    "no key": S.NOT_SENT,
    "a fault": S.UNKNOWN,
}

# What is seen when the name is looked for before sending: what becomes of it, and what lets it pass.
BEFORE = {
    "nothing": (None, ""),
    "one of the name": ("consent", "copy"),
    "a page": ("consent", "unchecked"),
    "no right": ("consent", "unchecked"),
    "a wrong key": ("refused", ""),
    "nobody": ("refused", "unchecked"),
    "a fault": ("refused", ""),
}
EVERYTHING = ("copy", "unchecked", "unreadable", "unrecorded")
AGAIN = st.sampled_from([False, False, True, "unchecked", "unrecorded", EVERYTHING])
LOOKS = ("empty", "empty", "empty", "found", "two", "alike", "uncertain", "a page", "nobody", "a fault")


class PretendWire:
    """Answers when it is told to, and lists what it is told to."""

    host = Host("https://gpu.example.com", "gpu.example.com", loopback=False)
    is_practice = False
    account = "…cdef"
    class_time = None

    def now(self):
        return self._clock.now()

    def __init__(self, clock):
        self.sent = 0
        self.arrived = threading.Event()
        self.answers = queue.Queue()
        self.sight = "nothing"
        self._clock = clock

    def send_create(self, body, secrets=(), *, waited=0.0):
        assert body == BODY
        self.sent += 1
        self.arrived.set()
        answer = self.answers.get(timeout=PATIENCE)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look(self, name, may_be):
        assert name == "demo"
        failures = {
            "a page": not_certain("h", "json"),
            "no right": AccessDenied("api", status=403, reason="", message=""),
            "a wrong key": AccessDenied("api", status=401, reason="", message=""),
            "nobody": Unreachable("unreachable", host="h", kind="K"),
            "a fault": RuntimeError("ours"),
        }
        if self.sight in failures:
            raise failures[self.sight]
        now = int(self._clock.time)
        names = {
            "one of the name": {"i-0": "demo"},
            "found": {"i-1": "demo", "i-5": "demo-2"},
            "two": {"i-1": "demo", "i-2": "demo"},
            "alike": {"i-1": "DEMO"},
        }.get(self.sight, {})
        rows = tuple(InstanceDetail(one, names[one], "running", created_at=now) for one in names)
        return Listing(rows, self._clock.time, odd="more" if self.sight == "uncertain" else None)

    @property
    def identity(self):
        return id(self)

    def get_instance(self, instance_id):
        return InstanceDetail(instance_id, "demo", "running")


class Launching(RuleBasedStateMachine):
    """One launch, and a model of it that is written down apart from it."""

    clock: LaunchClock
    disk: dict[str, bool]
    earlier: list[threading.Thread]

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "launches")
        self.disk["full"] = False
        self.wire = PretendWire(self.clock)
        plan = LaunchPlan(check(BODY), Target("gpu.example.com", practice=False))
        self.launch = Launch(plan, self.wire, ledger=self.ledger, launch_id="abcd1234")
        self.states = [S.DRAFT]
        self.launch.observe(lambda change: self.states.append(change.owner.state), "sight")
        self.expected = S.DRAFT
        self.id = self.other = None
        self.claimed_elsewhere = self.doubt = False
        self.absent_since, self.absences = 0.0, 0

    def at_rest(self, but=""):
        """Wait for every thread of this launch, its timers too; those of other tests may go on."""
        wait_for_launches(but=but, names=(*LAUNCHERS, "ppio-timer"), earlier=self.earlier)

    def teardown(self):
        if self.wire.arrived.is_set():
            self.wire.answers.put(ANSWERS["lost"])
        self.launch.stop_following()
        self.at_rest()
        self.folder.cleanup()

    @initialize(
        claimed=st.sampled_from([False] * 9 + [True]),
        again=AGAIN,
        to=st.sampled_from(["draft", "sending", "late", "late", "unknown", "unknown", "unknown"]),
    )
    def begin(self, claimed, again, to):
        self.claimed_elsewhere = claimed
        if claimed:
            other = Record("abcd1234", self.wire.host.base_url, "…cdef", {"name": "demo"}, self.clock.time)
            self.ledger.claim(other)
        # Most of what can happen happens far from the beginning.
        if to != "draft":
            self._submit(again=again, ask=False, sight="nothing")
        if to == "late" and self.expected is S.SENDING:
            self._become_late()
        if to == "unknown" and self.expected is S.SENDING:
            self._take("lost")

    @rule()
    def arm(self):
        with self._lawful(S.ARMED, self.expected is S.DRAFT):
            self.launch.arm()

    @rule()
    def withdraw(self):
        with self._lawful(S.WITHDRAWN, self.expected is S.ARMED):
            self.launch.withdraw()

    @rule(full=st.booleans())
    def the_disk_fills_or_is_freed(self, full):
        self.disk["full"] = full

    @rule(again=AGAIN, ask=st.booleans(), sight=st.sampled_from(sorted(BEFORE)))
    def submit(self, again, ask, sight):
        self._submit(again=again, ask=ask, sight=sight)

    def _submit(self, *, again, ask, sight):
        self.wire.sight = sight
        can = self.expected in (S.DRAFT, S.ARMED)
        assert self.launch.submit(again=again, ask=ask) == can
        if not can:
            return
        assert until(lambda: self.wire.arrived.is_set() or self.launch.state not in (S.CLAIMED, S.SENDING))
        agreed = read_consent(again)
        against, passes = BEFORE[sight]
        if passes in agreed:
            against = None
        if against is None and self.claimed_elsewhere:
            against = "refused"
        elif against is None and self.disk["full"] and "unrecorded" not in agreed:
            against = "consent"
        self.doubt = against == "consent" and ask
        self.expected = S.SENDING if against is None else S.ARMED if self.doubt else S.NOT_SENT
        if self.doubt:
            assert isinstance(self.launch.doubt, ConsentNeeded)

    @precondition(lambda self: self.wire.arrived.is_set() and self.wire.sent and not self._answered)
    @rule(answer=st.sampled_from([*ANSWERS, "lost", "lost"]))
    def the_answer_comes(self, answer):
        self._take(answer)

    def _take(self, answer):
        self._answered = True
        self.wire.answers.put(ANSWERS[answer])
        self.at_rest()
        identity = getattr(ANSWERS[answer], "instance_id", None)
        if self.expected is S.SENDING:
            self.expected, self.id = AFTER[answer], identity
        elif identity not in (None, self.id):
            self.other = identity

    _answered = False

    @precondition(lambda self: self.expected is S.SENDING and not self.launch.late)
    @rule()
    def the_answer_is_late(self):
        self._become_late()

    def _become_late(self):
        def late():
            self.clock.turn(61)  # again, as the timer may not have begun to count
            return self.launch.late

        assert until(late)
        self.at_rest(but="ppio-launch")
        assert self.expected is S.SENDING

    @rule(sight=st.sampled_from(LOOKS), later=st.sampled_from([0.0, 25.0, 70.0]))
    def look(self, sight, later):
        self.wire.sight = sight
        before = self.expected
        waiting = before is S.SENDING and self.launch.late
        if before is not S.SENDING:  # else the answer may become late meanwhile
            self.clock.turn(later)
        self.launch.look()
        if before is not S.UNKNOWN and not waiting:
            return
        if sight == "found":
            self.expected, self.id = S.SUCCEEDED, "i-1"
            assert self.launch.source == "listing"
        elif before is S.UNKNOWN and sight == "empty":
            self.absent_since = self.absent_since if self.absences else self.clock.time
            self.absences += 1
            if self.absences >= 3 and self.clock.time - self.absent_since >= 60:
                self.expected = S.ABSENT
        elif before is S.UNKNOWN:
            self.absences = 0
        self.at_rest(but="ppio-launch")

    @rule(name=st.sampled_from(["demo", " demo ", "Demo", ""]))
    def declare_absent(self, name):
        taken = self.expected is S.UNKNOWN and name.strip() == "demo"
        if taken:
            self.launch.declare_absent(name)
            self.expected = S.ABSENT
        else:
            with pytest.raises(LaunchRefused):
                self.launch.declare_absent(name)

    @rule()
    def stop_following(self):
        self.launch.stop_following()

    @invariant()
    def it_is_where_the_model_is(self):
        assert self.launch.state is self.expected
        assert (self.launch.id, self.launch.other_id) == (self.id, self.other)
        assert sentence_of(self.launch)
        for identity in (self.id, self.other):
            assert identity is None or identity in sentence_of(self.launch)

    @invariant()
    def at_most_one_request(self):
        assert self.wire.sent == (1 if self.wire.arrived.is_set() else 0)
        assert self.wire.sent <= 1

    @invariant()
    def only_lawful_steps(self):
        steps = [state for at, state in enumerate(self.states) if state is not self.states[at - 1] or not at]
        for before, after in pairwise(steps):
            assert after in FOLLOWING[before], steps

    @invariant()
    def the_ledger_agrees(self):
        contents = self.ledger.read()
        assert contents.unreadable == ()
        if self.claimed_elsewhere:
            (record,) = contents.records
            assert (record.state, record.body) == (S.SENDING, {"name": "demo"})
        elif self.launch.record is None:
            assert contents.records == ()
            assert not self.wire.sent
        elif self.launch.unrecorded is None:
            assert contents.records == (self.launch.record,)
            assert (self.launch.record.state, self.launch.record.instance_id) == (self.expected, self.id)
            assert (self.other is None) or self.other in self.launch.record.candidates
        else:  # an older record, or none: it is said
            assert "could not be recorded" in sentence_of(self.launch)
            for record in contents.records:
                assert record.instance_id in (None, self.id)
                assert record.unresolved or record.state is self.expected

    @contextmanager
    def _lawful(self, state, lawful):
        if lawful:
            yield
            self.expected = state
        else:
            with pytest.raises(IllegalTransition):
                yield


def until(condition):
    """Whether a condition of other threads comes true."""
    return any(condition() or threading.Event().wait(0.002) for _ in range(int(PATIENCE / 0.002)))


def test_a_launch_keeps_to_its_model(monkeypatch):
    clock, disk = LaunchClock(), {"full": False}
    fsync = os.fsync

    def sync(descriptor):
        if disk["full"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    kernel.current().clock = clock
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Launching, "clock", clock, raising=False)
    monkeypatch.setattr(Launching, "disk", disk, raising=False)
    monkeypatch.setattr(Launching, "earlier", threading.enumerate(), raising=False)
    run_state_machine_as_test(
        Launching, settings=settings(max_examples=5_000 if SOAK else 60, stateful_step_count=25)
    )
