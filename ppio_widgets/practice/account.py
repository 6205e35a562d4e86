"""An account in memory: instances that walk through their states on a clock.

What it cannot do is refused (`failures.Refused`), as the API would.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.locale.words import words
from ppio_widgets.practice.catalogue import OFFERS, page_of, refusals, region_of
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

if TYPE_CHECKING:
    from ppio_widgets.practice.clock import Clock

# Seconds after an action at which each state begins.
_PULLING = (
    (0, InstanceStatus.TO_CREATE),
    (1, InstanceStatus.CREATING),
    (2.5, InstanceStatus.PULLING),
)
_WALKS: Mapping[str, tuple[tuple[float, InstanceStatus], ...]] = {
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
# While it is in one of these, nothing is billed by the hour.
_OFF = tuple(word for walk in ("stop", "delete") for _begins, word in _WALKS[walk])
# So long one that is removed is still answered about, by its id, so that a delete is confirmed at once.
REMOVED_SECONDS = 60.0
MONTH_SECONDS = 30 * 86400
MOST_INSTANCES = 1000
# So long it is pulled before it is told that it cannot be.
STUCK_SECONDS = 12.0

# What of a body an answer tells in another shape, or not at all; all else comes back as it was sent.
_RESHAPED = ("resource", "tools", "candidate_regions")
_UNTOLD = ("min_cuda_version",)


@dataclass
class _Instance:
    id: str
    body: dict[str, Any]
    created: float
    hourly: Decimal
    walk: str = "create"
    walk_began: float = 0
    started: float = 0
    stopped: float = 0
    listed: bool = True
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)

    def status(self, now: float) -> str:
        age = now - self.walk_began
        steps = _WALKS[self.walk]
        # A clock that was set back finds the walk at its beginning.
        return next((word for begins, word in reversed(steps) if age >= begins), steps[0][1])

    def trouble(self, now: float) -> tuple[str, str]:
        """Return the API's name of what is wrong with it, and its sentence; both empty where all is well."""
        if self.walk != "stuck" or now < self.walk_began + STUCK_SECONDS:
            return "", ""
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
    started: float
    stopped: float  # 0 while it was never stopped

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
        self._balance = balance
        self._begun_with = balance
        self.incidents = Incidents() if incidents is None else incidents
        self.student = student
        self.terms = terms
        self._lock = forks.lock()
        self._instances: dict[str, _Instance] = {}
        self._gone: list[_Instance] = []

    def seen(self) -> list[Seen]:
        """Return every instance that there is or was, in the order of their making."""
        with self._lock:
            now = self.clock.now()
            return [_seen(one, now, self.clock) for one in (*self._gone, *self._instances.values())]

    @property
    def left(self) -> Decimal:
        """What is left of the money, in yuan."""
        with self._lock:
            return self._balance

    @property
    def spent(self) -> Decimal:
        """What was charged, in yuan."""
        with self._lock:
            return self._begun_with - self._balance

    def taken(self) -> Iterator[tuple[str, int]]:
        """Yield the product and the GPUs of each instance that is on."""
        for one in self.seen():
            if one.on and "gpu_num" in one.body["resource"]:
                yield one.product, one.body["resource"]["gpu_num"]

    def state(self) -> dict[str, Any]:
        """Return all of it as JSON, to go on from (`restore`)."""
        with self._lock:
            return {
                "begun_with": str(self._begun_with),
                "balance": str(self._balance),
                "instances": _STATES.dump_python([*self._gone, *self._instances.values()], mode="json"),
            }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what was once its state."""
        with self._lock:
            self._begun_with, self._balance = (Decimal(state[key]) for key in ("begun_with", "balance"))
            self._instances = {one.id: one for one in _STATES.validate_python(state["instances"])}

    @property
    def is_empty(self) -> bool:
        """Whether it is as good as a new one."""
        with self._lock:
            return not self._alive(self.clock.now())

    def balance(self) -> dict[str, str]:
        """Return what is left of the money, in 1/10000 yuan as the API tells it."""
        with self._lock:
            left = f"{self._balance * 10_000:.0f}"
        told = {"creditLimit": "500000", "outstandingInvoices": "0"}
        return {"availableBalance": left, "cashBalance": left, **told}

    def create(self, body: Any) -> dict[str, Any]:
        """Create an instance and return ``{"id": …}``; the first thing that is wrong is refused.

        Where the image asks for a failure, or an incident is to strike, the call ends as that has it.
        """
        if not isinstance(body, Mapping):
            raise Refused("no_object")
        with self.terms.selling:
            return self._create(body)

    def _create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        for wrong in self.terms.refusals(body):
            raise wrong
        failure = lesson_of(body["image"]) or self.incidents.take("create", self.student, body)
        if failure is not None and not failure.done:
            raise failure.ending(product=body["product_id"])
        now, kept = self.clock.now(), compact(body).body
        hourly = None if pricing.is_prepaid(kept) else pricing.hourly(OFFERS[kept["product_id"]], kept)
        instance = _Instance(
            secrets.token_hex(5), kept, now, hourly or Decimal(0), walk_began=now, started=now
        )
        if failure is not None:
            instance.walk, instance.listed = failure.walk or "create", failure.listed
        with self._lock:
            for key, one in list(self._instances.items()):
                if not one.is_there(now, REMOVED_SECONDS):
                    self._gone.append(self._instances.pop(key))
            self._pay(instance, now)
            self._instances[instance.id] = instance
        return {"id": instance.id} if failure is None else failure.ended({"id": instance.id})

    def get(self, instance_id: str, served_at: str = "") -> dict[str, Any]:
        """Return one instance in full; `served_at` is where its own pages are, if anywhere."""
        with self._lock:
            now = self.clock.now()
            return _detail(self._find(instance_id, now, REMOVED_SECONDS), now, served_at)

    def is_up(self, instance_id: str) -> bool:
        """Whether an instance runs."""
        with self._lock:
            now = self.clock.now()
            return self._find(instance_id, now).status(now) == InstanceStatus.RUNNING

    def page(self, *, name: str = "", status: str = "", limit: int = 0, cursor: str = "") -> dict[str, Any]:
        """Return one page of instances, newest first, with a cursor to the next."""
        with self._lock:
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
        with self._lock:
            now = self.clock.now()
            instance = self._find(instance_id, now)
            status = instance.status(now)
            if status != _ALLOWED_IN.get(action, status):
                raise Refused("wrong_state", action=action, status=status)
            if action == "delete" and instance.body["billing"]["mode"] == BillingMode.PREPAID:
                raise Refused("prepaid")
            instance.walk, instance.walk_began = action, now
            if action == "stop":
                instance.stopped = now
            elif action != "delete":
                # As on the real one, what SSH needs is new with each start.
                instance.started, instance.password = now, secrets.token_urlsafe(9)
        return {}

    def set_auto_renew(self, instance_id: str, body: Any) -> dict[str, Any]:
        """Switch the renewal of a prepaid instance."""
        enabled, months = (value_at(body, ("auto_renew", key)) for key in ("enabled", "months"))
        if not isinstance(enabled, bool):
            raise Refused("invalid", field="auto_renew", problem="enabled is true or false")
        with self._lock:
            instance = self._find(instance_id, self.clock.now())
            if instance.body["billing"]["mode"] != BillingMode.PREPAID:
                raise Refused("not_prepaid")
            renewal = {"enabled": enabled, "months": months if isinstance(months, int) else 0}
            instance.body = with_value(instance.body, ("billing", "prepaid", "auto_renew"), renewal)
        return {}

    def _alive(self, now: float) -> list[_Instance]:
        return [one for one in self._instances.values() if one.is_there(now)]

    def _pay(self, instance: _Instance, now: float) -> None:
        """Take what a launch charges at once; the lock is held."""
        if len(self._alive(now)) >= MOST_INSTANCES:
            raise Refused("instances_full", most=MOST_INSTANCES)
        charged = pricing.charged_now(OFFERS[instance.body["product_id"]], instance.body) or Decimal(0)
        on = (one.hourly for one in self._instances.values() if one.status(now) not in _OFF)
        needed = charged + sum(on, instance.hourly)
        if needed > self._balance:
            raise Refused("no_money", needed=needed, left=self._balance)
        self._balance -= charged

    def _find(self, instance_id: str, now: float, removed_since: float = 0) -> _Instance:
        instance = self._instances.get(instance_id)
        if instance is None or not instance.is_there(now, removed_since):
            raise Refused("no_instance", id=instance_id)
        return instance


def _seen(instance: _Instance, now: float, clock: PracticeClock) -> Seen:
    status = instance.status(now)
    return Seen(
        instance.id,
        instance.body,
        instance.hourly,
        on=status not in _OFF,
        gone=status in (InstanceStatus.TO_REMOVE, InstanceStatus.REMOVING, InstanceStatus.REMOVED),
        started=clock.time(instance.started),
        stopped=clock.time(instance.stopped) if instance.stopped else 0,
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
    }


def _billing(instance: _Instance) -> dict[str, Any]:
    billing: dict[str, Any] = instance.body["billing"]
    if billing["mode"] != BillingMode.PREPAID:
        return billing
    prepaid = billing["prepaid"]
    ends = int(instance.created) + prepaid["months"] * MONTH_SECONDS
    renewal = {"enabled": False, "months": 0} | prepaid.get("auto_renew", {})
    return {**billing, "prepaid": {**prepaid, "end_time": ends, "auto_renew": renewal}}


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
