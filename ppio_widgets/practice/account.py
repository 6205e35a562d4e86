"""An account in memory: instances that walk through their states on a clock, and money that they cost.

They walk in true time, so that a pull takes seconds; they are billed in the time of the class (`clock`), in
which they are made, started, stopped, renewed and reclaimed as well. What it cannot do is refused
(`failures.Refused`), as the API would.
"""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from functools import partial
from math import inf, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.locale.words import words
from ppio_widgets.practice.bill import CYCLES, DAY, HOUR, LONGEST_BILL, Bill, Charge, to_parts, to_yuan
from ppio_widgets.practice.catalogue import OFFERS, page_of, refusals, region_of, sold_out, whole
from ppio_widgets.practice.clock import PracticeClock
from ppio_widgets.practice.failures import FAILURES, Refused, lesson_of
from ppio_widgets.practice.incidents import Incidents
from ppio_widgets.practice.resources import BALANCE
from ppio_widgets.request import pricing
from ppio_widgets.request.draft import compact, value_at, with_value
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.rules import Rules
from ppio_widgets.request.schema import dotted
from ppio_widgets.runtime import forks
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from ppio_widgets.practice.bill import Kind
    from ppio_widgets.practice.clock import Clock
    from ppio_widgets.practice.failures import Failure
    from ppio_widgets.request.offers import Offer

# Seconds after an action at which each state begins.
_PULLING = (
    (0, InstanceStatus.TO_CREATE),
    (1, InstanceStatus.CREATING),
    (2.5, InstanceStatus.PULLING),
)
WALKS: Mapping[str, tuple[tuple[float, InstanceStatus], ...]] = {
    "create": (*_PULLING, (6, InstanceStatus.RUNNING)),
    "stuck": _PULLING,  # its image cannot be pulled, which is told after `STUCK_SECONDS`
    "start": ((0, InstanceStatus.TO_START), (1, InstanceStatus.STARTING), (3, InstanceStatus.RUNNING)),
    "stop": ((0, InstanceStatus.TO_STOP), (1, InstanceStatus.STOPPING), (3, InstanceStatus.EXITED)),
    "restart": ((0, InstanceStatus.TO_RESTART), (1, InstanceStatus.RESTARTING), (4, InstanceStatus.RUNNING)),
    "delete": ((0, InstanceStatus.TO_REMOVE), (1, InstanceStatus.REMOVING), (3, InstanceStatus.REMOVED)),
}
_ALLOWED_IN: Mapping[str, str] = {
    "start": InstanceStatus.EXITED,
    "stop": InstanceStatus.RUNNING,
    "restart": InstanceStatus.RUNNING,
}
# The first state of a walk in which it is billed (PPIO: from pulling on).
_BILLED_FROM = (InstanceStatus.PULLING, InstanceStatus.STARTING)
# While it walks so, nothing is billed by the hour.
_OFF = ("stop", "delete")
# So long one that is removed is still answered about, by its id, so that a delete is confirmed at once.
REMOVED_SECONDS = 60.0
MONTH_SECONDS = 30 * DAY
MOST_INSTANCES = 1000
# So long it is pulled before it is told that it cannot be.
STUCK_SECONDS = 12.0
# So many characters does an instance take beside its body.
_FRAME = 1000

# What of a body an answer tells in another shape, or not at all; all else comes back as it was sent.
_RESHAPED = ("resource", "tools", "candidate_regions")
_UNTOLD = ("min_cuda_version",)


@dataclass(frozen=True)
class Slow:
    """How the practice cloud in this kernel leads what is launched through its states, for demonstrations.

    Parameters
    ----------
    times : float
        Each walk takes so many times as long.
    step : bool
        Each next state waits for a person: for the button on its card, or for `Instance.step`.

    Raises
    ------
    InputError
        When `times` is no positive number.
    """

    times: float = 1.0
    step: bool = False

    def __post_init__(self) -> None:
        times: object = self.times  # whatever was given
        if not isinstance(times, int | float) or not isfinite(times) or times <= 0:
            raise input_error("slow_times")


@dataclass
class _Instance:
    id: str
    body: dict[str, Any]
    created: float  # as all of its times, in the class's
    hourly: Decimal
    walk: str = "create"
    walk_began: float = 0  # the true time
    started: float = 0
    stopped: float = 0
    on_since: float = 0  # a restart leaves it on, and is told as a start all the same
    size: int = 0  # the room that it takes
    longest: float = 0  # the seconds that it was on in one go, before
    off_since: float = 0  # once it is off, until it is on again
    ends: float = 0  # when the months that were bought are over; 0 for none
    reclaim_at: float = 0  # when a spot one is taken away; 0 where nobody wants it back
    billed_from: float | None = None  # the true moment from which on it will be billed, once it is there
    error: str = ""
    message: str = ""
    listed: bool = True
    slow: Slow = field(default_factory=Slow)
    steps: list[float] = field(default_factory=list)  # when a person led it on, on this walk
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)

    @property
    def mode(self) -> str:
        return pricing.mode_of(self.body)

    @property
    def offer(self) -> Offer:
        return OFFERS[self.body["product_id"]]

    def go(self, walk: str, true: float) -> None:
        """Walk another way from a true moment on."""
        self.walk, self.walk_began, self.steps = walk, true, []
        billed = (moment for moment, state in self.begins() if state in _BILLED_FROM and moment < inf)
        self.billed_from = next(billed, None)

    def begins(self) -> list[tuple[float, InstanceStatus]]:
        """Return when each state of its walk began or begins; endless where it waits for a person."""
        states = WALKS[self.walk]
        if not self.slow.step:
            return [(self.walk_began + after * self.slow.times, state) for after, state in states]
        moments = [self.walk_began, *self.steps, *(inf for _state in states)]
        return [(moment, state) for moment, (_after, state) in zip(moments, states, strict=False)]

    def step(self, true: float) -> None:
        """Be led to its next state."""
        self.steps.append(true)
        if self.status(true) in _BILLED_FROM:
            self.billed_from = true

    def status(self, now: float) -> str:
        begins = self.begins()
        # A clock that was set back finds the walk at its beginning.
        return next((state for moment, state in reversed(begins) if now >= moment), begins[0][1])

    @property
    def waits(self) -> bool:
        """Whether its next state waits for a person."""
        return self.begins()[-1][0] == inf

    def trouble(self, now: float) -> tuple[str, str]:
        """Return the API's name of what is wrong with it, and its sentence; both empty where all is well."""
        if self.walk != "stuck" or now < self.walk_began + STUCK_SECONDS * self.slow.times:
            return self.error, self.message
        return FAILURES["stuck"].reason, FAILURES["stuck"].message

    def is_there(self, now: float, removed_since: float = 0) -> bool:
        """Whether it is there, or was until so many seconds ago."""
        return any(self.status(at) != InstanceStatus.REMOVED for at in (now, now - removed_since))


_STATES = TypeAdapter(list[_Instance])


@dataclass(frozen=True)
class Seen:
    """An instance as who judges a class sees it, also when it is gone; its times are of the class."""

    id: str
    body: Mapping[str, Any]
    hourly: Decimal
    on: bool  # whether it is billed by the hour now
    gone: bool
    since: float  # since when it is on, or was at last: a restart is no end of that
    until: float  # until when: now while it is on
    longest: float  # the most seconds that it was on in one go, and is
    reclaimed: bool  # whether it was a spot instance that was taken away

    @property
    def product(self) -> str:
        """The id of its product."""
        return str(self.body["product_id"])


@dataclass(frozen=True)
class Terms:
    """On which terms an account rents: by which rules, and beside whom who rents the same GPUs."""

    rules: Rules = field(default_factory=Rules)
    taken: Callable[[], Mapping[str, int]] = dict  # how many GPUs of each product others and it have
    selling: AbstractContextManager[object] = field(default_factory=nullcontext)  # one at a time buys
    room: float = inf  # for all instances that it ever made, in characters

    def refusals(self, body: Mapping[str, Any]) -> Iterator[Refused]:
        """Yield why a body cannot be launched: what the rules forbid first."""
        say = words("en")
        product = body.get("product_id")
        offer = OFFERS.get(product) if isinstance(product, str) else None
        for path, problem in self.rules.broken(body, offer).items():
            yield Refused("class_rule", field=dotted(path), problem=problem.sentence(path, say))
        yield from refusals(body, self.taken())


class PracticeAccount:
    """A pretend account.

    What is prepaid is taken from its balance (yuan) at once; what is on has to be covered for an hour.

    What no page tells of the real one is decided here. Once the balance is used up, what is billed by the
    hour is stopped, as by a person, and its disk is still charged. What is prepaid and does not renew, or
    cannot be paid for, is deleted as its months end. A spot instance that was reclaimed is stopped for good;
    its disk is gone, and it is listed until it is deleted.
    """

    def __init__(
        self,
        clock: Clock | PracticeClock = time.time,
        balance: Decimal = BALANCE,
        incidents: Incidents | None = None,
        student: str = "",
        terms: Terms = Terms(),
    ) -> None:
        self.clock = PracticeClock.of(clock)
        self._bill = Bill(balance)
        self._settled = self.clock.time()
        self.incidents = Incidents() if incidents is None else incidents
        self.student = student
        self.terms = terms
        self._lock = forks.lock()
        self._instances: dict[str, _Instance] = {}
        self._gone: list[_Instance] = []
        self._told: dict[str, Any] = {}
        self._told_at = self._settled

    def seen(self) -> list[Seen]:
        """Return every instance that there is or was, in the order of their making."""
        with self._lock:
            time = self._settle()
            return [_seen(one, time) for one in (*self._gone, *self._instances.values())]

    def taken(self) -> Iterator[tuple[str, int]]:
        """Yield the product and the GPUs of each instance that is on."""
        for one in self.seen():
            if one.on and "gpu_num" in one.body["resource"]:
                yield one.product, one.body["resource"]["gpu_num"]

    def state(self) -> dict[str, Any]:
        """Return all of it as JSON, to go on from (`restore`)."""
        with self._lock:
            self._settle()
            there = [*self._gone, *self._instances.values()]
            now = {"instances": _STATES.dump_python(there, mode="json"), "bill": self._bill.state()}
            if now != self._told:  # time alone is no other state: all that follows is due then
                self._told, self._told_at = now, self._settled
            return {**now, "settled": self._told_at}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what was once its state."""
        with self._lock:
            self._settled = state["settled"]
            self._instances = {one.id: one for one in _STATES.validate_python(state["instances"])}
            self._bill.restore(state["bill"])

    @property
    def is_empty(self) -> bool:
        """Whether it is as good as a new one."""
        with self._lock:
            self._settle()
            return not self._alive(self.clock.now())

    def balance(self) -> dict[str, str]:
        """Return what is left of the money, in 1/10000 yuan as the API tells it."""
        with self._lock:
            left = str(self._bill.left(self._settle()))
        told = {"creditLimit": "500000", "outstandingInvoices": "0"}
        return {"availableBalance": left, "cashBalance": left, **told}

    @property
    def left(self) -> Decimal:
        """What is left of the money, in yuan."""
        with self._lock:
            return to_yuan(self._bill.left(self._settle()))

    @property
    def spent(self) -> Decimal:
        """What was charged until now, in yuan."""
        with self._lock:
            return to_yuan(self._bill.spent(self._settle()))

    def pay(self, yuan: Decimal) -> None:
        """Pay money into it."""
        with self._lock:
            self._settle()
            self._bill.paid_in += to_parts(yuan)

    def reclaim(self, notice: float = HOUR, product: str = "") -> tuple[str, ...]:
        """Want the spot instances that are on back after so many seconds in class; returns which."""
        with self._lock:
            time = self._settle()
            wanted = [
                one
                for one in self._alive(self.clock.now())
                if one.mode == BillingMode.SPOT and one.walk not in _OFF and product in ("", one.offer.id)
            ]
            for one in wanted:
                self._want_back(one, time + notice)
        return tuple(one.id for one in wanted)

    def bill(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return what was charged by time, by instance and cycle (v1, bill list); for a month at most."""
        for name in ("cycleType", "productCategory"):
            if not query.get(name):
                raise Refused("query_missing", field=name)
        cycle = query["cycleType"]
        if cycle not in CYCLES:
            raise Refused("invalid", field="cycleType", problem=f"one of {', '.join(CYCLES)}")
        with self._lock:
            time = self._settle()
            until = float(whole(query.get("endTime", ""))) or time
            since = float(whole(query.get("startTime", ""))) or until - LONGEST_BILL
            if not 0 <= until - since <= LONGEST_BILL:
                raise Refused("invalid", field="startTime", problem="at most 31 days before endTime")
            is_gpu = query["productCategory"] == "gpu"
            owner = query.get("ownerId", "")
            rows = self._bill.statement(cycle, since, min(until, time), owner) if is_gpu else []
        return {"bills": rows}

    def purchases(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the months that were bought (v1, bill monthly list)."""
        with self._lock:
            self._settle()
            is_gpu = query.get("category", "gpu") == "gpu"
            return {"bills": self._bill.purchases(query.get("ownerId", "")) if is_gpu else []}

    def create(self, body: Any, slow: Slow | None = None) -> dict[str, Any]:
        """Create an instance and return ``{"id": …}``; the first thing that is wrong is refused.

        Where the image asks for a failure, or an incident is to strike, the call ends as that has it.
        """
        if not isinstance(body, Mapping):
            raise Refused("no_object")
        with self.terms.selling:
            return self._create(body, slow)

    def _create(self, body: Mapping[str, Any], slow: Slow | None) -> dict[str, Any]:
        for wrong in self.terms.refusals(body):
            raise wrong
        failure = lesson_of(body["image"]) or self.incidents.take("create", self.student, body)
        if failure is not None and not failure.done:
            raise failure.ending(product=body["product_id"])
        kept = compact(body).body
        hourly = None if pricing.is_prepaid(kept) else pricing.hourly(OFFERS[kept["product_id"]], kept)
        with self._lock:
            now, time = self.clock.now(), self._settle()
            instance = _Instance(
                secrets.token_hex(5), kept, time, hourly or Decimal(0), started=time, on_since=time
            )
            instance.slow, instance.size = slow or instance.slow, _FRAME + len(json.dumps(kept))
            instance.go("create", now)
            if failure is not None:
                self._fail(instance, failure, now)
            for key, one in list(self._instances.items()):
                if not one.is_there(now, REMOVED_SECONDS):
                    self._gone.append(self._instances.pop(key))
            if len(self._alive(now)) >= MOST_INSTANCES:
                raise Refused("instances_full", most=MOST_INSTANCES)
            made = (*self._gone, *self._instances.values(), instance)
            if sum(one.size for one in made) > self.terms.room:
                raise Refused("class_room")
            self._cover(instance, time)
            self._instances[instance.id] = instance
        return {"id": instance.id} if failure is None else failure.ended({"id": instance.id})

    def get(self, instance_id: str, served_at: str = "") -> dict[str, Any]:
        """Return one instance in full; `served_at` is where its own pages are, if anywhere."""
        with self._lock:
            self._settle()
            now = self.clock.now()
            return _detail(self._find(instance_id, now, REMOVED_SECONDS), now, served_at)

    def is_up(self, instance_id: str) -> bool:
        """Whether an instance runs."""
        with self._lock:
            self._settle()
            now = self.clock.now()
            return self._find(instance_id, now).status(now) == InstanceStatus.RUNNING

    def page(self, *, name: str = "", status: str = "", limit: int = 0, cursor: str = "") -> dict[str, Any]:
        """Return one page of instances, newest first, with a cursor to the next."""
        with self._lock:
            self._settle()
            now = self.clock.now()
            alive = self._alive(now)
        rows = [(_summary(item, now), item.listed) for item in reversed(alive)]
        rows = [row for row in rows if name in row[0]["name"] or name in row[0]["id"]]
        rows = [row for row in rows if status in ("", row[0]["status"]["status"])]
        page = page_of([row for row, listed in rows if listed], limit or 20, cursor)
        if not all(listed for _row, listed in rows):
            del page["has_more"]  # what is left out may be there: no look-up proves that it is not
        return page

    def act(self, instance_id: str, action: str) -> dict[str, Any]:
        """Start, stop, restart or delete an instance that is in a state for it."""
        if action != "start":
            return self._act(instance_id, action)
        with self.terms.selling:
            return self._act(instance_id, action, self.terms.taken())

    def _act(
        self, instance_id: str, action: str, taken: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Any]:
        with self._lock:
            now, time = self.clock.now(), self._settle()
            instance = self._find(instance_id, now)
            status = instance.status(now)
            if status != _ALLOWED_IN.get(action, status):
                raise Refused("wrong_state", action=action, status=status)
            if action == "delete" and instance.body["billing"]["mode"] == BillingMode.PREPAID:
                raise Refused("prepaid")
            if instance.error and action != "delete":
                raise Refused("wrong_state", action=action, status="reclaimed")
            if action == "start":
                for wrong in sold_out(instance.body, taken):
                    raise wrong
                self._cover(instance, time, anew=False)
            if action in _OFF:
                self._end(instance, action, now, time)
            else:
                if action == "start":
                    instance.go(action, now)
                    instance.on_since = time
                else:  # it goes on to be billed
                    instance.walk, instance.walk_began, instance.steps = action, now, []
                # As on the real one, what SSH needs is new with each start.
                instance.started, instance.password, instance.message = time, secrets.token_urlsafe(9), ""
        return {}

    def waits(self, instance_id: str) -> bool:
        """Whether the next state of an instance waits for a person (`Slow`)."""
        with self._lock:
            found = self._instances.get(instance_id)
            return found is not None and found.waits

    def step(self, instance_id: str) -> dict[str, Any]:
        """Lead an instance that waits for it to its next state."""
        with self._lock:
            self._settle()
            now = self.clock.now()
            instance = self._find(instance_id, now)
            if not instance.waits:
                raise Refused("wrong_state", action="step", status=instance.status(now))
            instance.step(now)
        return {}

    def set_auto_renew(self, instance_id: str, body: Any) -> dict[str, Any]:
        """Switch the renewal of a prepaid instance."""
        enabled, months = (value_at(body, ("auto_renew", key)) for key in ("enabled", "months"))
        if not isinstance(enabled, bool):
            raise Refused("invalid", field="auto_renew", problem="enabled is true or false")
        with self._lock:
            self._settle()
            instance = self._find(instance_id, self.clock.now())
            if instance.body["billing"]["mode"] != BillingMode.PREPAID:
                raise Refused("not_prepaid")
            renewal = {"enabled": enabled, "months": months if isinstance(months, int) else 0}
            instance.body = with_value(instance.body, ("billing", "prepaid", "auto_renew"), renewal)
        return {}

    def _fail(self, instance: _Instance, failure: Failure, now: float) -> None:
        """Have a failure make of a new instance what it does."""
        instance.listed = failure.listed
        if failure.walk:
            instance.go(failure.walk, now)
        if failure.notice and instance.mode == BillingMode.SPOT:
            self._want_back(instance, self.clock.time(now + failure.notice))

    def _alive(self, now: float) -> list[_Instance]:
        return [one for one in self._instances.values() if one.is_there(now)]

    def _cover(self, instance: _Instance, time: float, *, anew: bool = True) -> None:
        """Take what a launch charges at once; refuse what the balance does not cover. The lock is held."""
        months = pricing.months_of(instance.body) if anew and instance.mode == BillingMode.PREPAID else None
        charged = self._price(instance, months) if months else Decimal(0)
        on = (one.hourly for one in self._instances.values() if one.walk not in _OFF)
        needed, left = charged + sum(on, instance.hourly), to_yuan(self._bill.left(time))
        if needed > left:
            raise Refused("no_money", needed=needed, left=round(left, 2) + 0)  # nothing has no sign
        if months:
            instance.ends = time
            self._buy(instance, months, charged)

    def _price(self, instance: _Instance, months: int) -> Decimal:
        """Return what so many months cost; endless where they are not sold."""
        body = with_value(instance.body, ("billing", "prepaid", "months"), months)
        price = pricing.charged_now(instance.offer, body)
        return Decimal("inf") if price is None else price

    def _buy(self, instance: _Instance, months: int, price: Decimal) -> None:
        begins, instance.ends = instance.ends, instance.ends + months * MONTH_SECONDS
        self._bill.begin(_charge(instance, "months", price, begins=begins, ends=instance.ends))

    def _settle(self) -> float:
        """Have happened what was due until now, in its order; returns the class's time. The lock is held."""
        time = self.clock.time()
        while True:
            moment, act = min(self._due(time), key=lambda due: due[0], default=(time, None))
            used_up = self._bill.used_up(self._settled, moment) if self._on() else None
            if used_up is not None:
                moment, act = used_up, self._run_dry
            self._settled = max(self._settled, moment)
            if act is None:
                return time
            act(self._settled)

    def _due(self, time: float) -> Iterator[tuple[float, Callable[[float], None]]]:
        """Yield what is due until now, and when it was."""
        for one in self._instances.values():
            if one.billed_from is not None and one.billed_from <= self.clock.now():
                yield self.clock.time(one.billed_from), partial(self._begin, one)
            if 0 < one.ends <= time and one.walk != "delete":
                yield one.ends, partial(self._renew, one)
            if 0 < one.reclaim_at <= time:
                yield one.reclaim_at, partial(self._take_back, one)

    def _begin(self, instance: _Instance, time: float) -> None:
        """Charge an instance from now on: what is told of its start is what the bill says, too."""
        instance.billed_from, instance.started = None, time
        if instance.hourly:
            self._bill.begin(_charge(instance, "gpu", instance.hourly, begins=time))
        disk = _disk(instance)
        if disk and instance.walk != "start":
            self._bill.begin(_charge(instance, "disk", disk, begins=time))

    def _renew(self, instance: _Instance, time: float) -> None:
        """Buy the next months of an instance, or delete it."""
        renewal = value_at(instance.body, ("billing", "prepaid", "auto_renew")) or {}
        months = renewal.get("months") or pricing.months_of(instance.body) or 1
        price = self._price(instance, months)
        if renewal.get("enabled") and price <= to_yuan(self._bill.left(time)):
            self._buy(instance, months, price)
            return
        instance.message = "its months are over"
        self._end(instance, "delete", self.clock.when(time), time)

    def _want_back(self, instance: _Instance, time: float) -> None:
        instance.reclaim_at = time
        instance.message = f"this spot instance is reclaimed at {_utc(time)}"

    def _take_back(self, instance: _Instance, time: float) -> None:
        """Reclaim a spot instance, for good."""
        instance.reclaim_at = 0
        if instance.walk in _OFF:
            return
        instance.error, instance.message = "the spot instance was reclaimed", ""
        self._end(instance, "stop", self.clock.when(time), time)
        self._bill.end(instance.id, time, "disk")

    def _run_dry(self, time: float) -> None:
        """Stop what is billed by the hour."""
        for one in self._on():
            one.message = "stopped: the balance is used up"
            self._end(one, "stop", self.clock.when(time), time)

    def _on(self) -> list[_Instance]:
        """Return what is billed by the hour."""
        charged = {one.instance for one in self._bill.open if one.kind == "gpu"}
        return [self._instances[key] for key in charged]

    def _end(self, instance: _Instance, walk: str, true: float, time: float) -> None:
        """Stop or delete an instance."""
        if instance.walk not in _OFF:
            instance.longest = max(instance.longest, time - instance.on_since)
            instance.off_since = time
        instance.go(walk, true)
        self._bill.end(instance.id, time, "gpu", *(("disk",) if walk == "delete" else ()))
        if walk == "stop":
            instance.stopped = time

    def _find(self, instance_id: str, now: float, removed_since: float = 0) -> _Instance:
        instance = self._instances.get(instance_id)
        if instance is None or not instance.is_there(now, removed_since):
            raise Refused("no_instance", id=instance_id)
        return instance


def _seen(instance: _Instance, time: float) -> Seen:
    off = instance.walk in _OFF
    on_for = 0.0 if off else time - instance.on_since
    return Seen(
        instance.id,
        instance.body,
        instance.hourly,
        on=not off,
        gone=instance.walk == "delete",
        since=instance.on_since,
        until=instance.off_since if off else time,
        longest=max(instance.longest, on_for),
        reclaimed=bool(instance.error),
    )


def _summary(instance: _Instance, now: float) -> dict[str, Any]:
    body, region = instance.body, region_of(instance.body)
    error, message = instance.trouble(now)
    return {
        "type": "gpu",
        **{key: value for key, value in body.items() if key not in _RESHAPED},
        "id": instance.id,
        "billing": _billing(instance),
        "ports": [_with_endpoint(port, instance.id, region) for port in body.get("ports", [])],
        "resource_specs": {key: value for key, value in body["resource"].items() if key not in _UNTOLD},
        "region": region,
        "status": {"status": instance.status(now), "error": error, "message": message},
        "created_at": int(instance.created),
        "last_started_at": int(instance.started),
        "last_stopped_at": int(instance.stopped),
        "owner_id": "practice",
        **_spot(instance),
    }


def _spot(instance: _Instance) -> dict[str, str]:
    """Return where a spot instance stands with being reclaimed, and when that is or was, as v1 tells it."""
    if instance.mode != BillingMode.SPOT:
        return {}
    word = "notified" if instance.reclaim_at else "terminated" if instance.error else "running"
    moment = instance.reclaim_at or (instance.stopped if instance.error else 0)
    return {"spotStatus": word, "spotReclaimTime": f"{moment:.0f}"}


def _charge(
    instance: _Instance, kind: Kind, price: Decimal, *, begins: float, ends: float = math.inf
) -> Charge:
    name = instance.offer.name or instance.offer.id
    return Charge(instance.id, kind, instance.mode, name, price, begins, ends)


def _disk(instance: _Instance) -> Decimal | None:
    """Return what a day of its system disk costs above the free part; None for nothing."""
    size, free = instance.body["resource"]["rootfs_size_gb"], instance.offer.rootfs_free_gb
    price = instance.offer.storage_price
    return None if price is None or free is None or size <= free else price * (size - free)


def _utc(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _billing(instance: _Instance) -> dict[str, Any]:
    billing: dict[str, Any] = instance.body["billing"]
    if billing["mode"] != BillingMode.PREPAID:
        return billing
    prepaid = billing["prepaid"]
    renewal = {"enabled": False, "months": 0} | prepaid.get("auto_renew", {})
    return {**billing, "prepaid": {**prepaid, "end_time": int(instance.ends), "auto_renew": renewal}}


def _detail(instance: _Instance, now: float, served_at: str) -> dict[str, Any]:
    summary = _summary(instance, now)
    address = f"{instance.id}.{summary['region']}.practice.invalid"
    logs, notebook = f"https://log.{address}", f"https://{address}"
    if served_at:
        logs, notebook = (f"{served_at}/machines/{instance.id}/{page}" for page in ("log", "jupyter"))
    ssh = {"command": f"ssh -p 22 root@{address}", "username": "root", "password": instance.password}
    log = {f"{kind}_endpoint": f"{logs}/{kind}" for kind in ("instance", "system")}
    tools = {**instance.body.get("tools", {}), "ssh": ssh, "log": log}
    jupyter = tools.pop("jupyter", {})
    if jupyter.get("enabled"):
        tools["jupyter"] = {"port": 8888, **jupyter, "endpoint": notebook}
    return {**summary, "tools": tools}


def _with_endpoint(port: Mapping[str, Any], instance_id: str, region: str) -> dict[str, Any]:
    scheme = "http" if port["protocol"] == "http" else "tcp"
    return {**port, "endpoint": f"{scheme}://{instance_id}.{region}.practice.invalid:{port['port']}"}
