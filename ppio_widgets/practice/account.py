"""An account in memory: instances that walk through their states on a clock.

What it cannot do is refused (`failures.Refused`), as the API would.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf, isfinite
from typing import Any

from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.errors import InputError
from ppio_widgets.practice.catalogue import OFFERS, page_of, refusals, region_of
from ppio_widgets.practice.failures import Refused, lesson_of
from ppio_widgets.practice.resources import BALANCE
from ppio_widgets.request import pricing
from ppio_widgets.request.draft import compact, value_at, with_value
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime import forks

Clock = Callable[[], float]

# Seconds after an action at which each state begins.
_WALKS: Mapping[str, tuple[tuple[float, InstanceStatus], ...]] = {
    "create": (
        (0, InstanceStatus.TO_CREATE),
        (1, InstanceStatus.CREATING),
        (2.5, InstanceStatus.PULLING),
        (6, InstanceStatus.RUNNING),
    ),
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
            raise InputError("slow_times")


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
    slow: Slow = field(default_factory=Slow)
    steps: list[float] = field(default_factory=list)  # when a person led it on, on this walk
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)

    def walks(self, walk: str, now: float) -> None:
        """Begin a walk."""
        self.walk, self.walk_began, self.steps = walk, now, []

    def begins(self) -> list[tuple[float, InstanceStatus]]:
        """Return when each state of its walk began or begins; endless where it waits for a person."""
        states = _WALKS[self.walk]
        if not self.slow.step:
            return [(self.walk_began + after * self.slow.times, state) for after, state in states]
        moments = [self.walk_began, *self.steps, *(inf for _state in states)]
        return [(moment, state) for moment, (_after, state) in zip(moments, states, strict=False)]

    def status(self, now: float) -> str:
        begins = self.begins()
        # A clock that was set back finds the walk at its beginning.
        return next((state for moment, state in reversed(begins) if now >= moment), begins[0][1])

    @property
    def waits(self) -> bool:
        """Whether its next state waits for a person."""
        return self.begins()[-1][0] == inf

    def is_there(self, now: float, removed_since: float = 0) -> bool:
        """Whether it is there, or was until so many seconds ago."""
        return any(self.status(at) != InstanceStatus.REMOVED for at in (now, now - removed_since))


class PracticeAccount:
    """A pretend account.

    What is prepaid is taken from its balance (yuan) at once; what is on has to be covered for an hour.
    """

    def __init__(self, clock: Clock = time.time, balance: Decimal = BALANCE) -> None:
        self._clock = clock
        self._balance = balance
        self._lock = forks.lock()
        self._instances: dict[str, _Instance] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it is as good as a new one."""
        with self._lock:
            return not self._alive(self._clock())

    def balance(self) -> dict[str, str]:
        """Return what is left of the money, in 1/10000 yuan as the API tells it."""
        with self._lock:
            left = f"{self._balance * 10_000:.0f}"
        told = {"creditLimit": "500000", "outstandingInvoices": "0"}
        return {"availableBalance": left, "cashBalance": left, **told}

    def create(self, body: Any, slow: Slow | None = None) -> dict[str, Any]:
        """Create an instance and return ``{"id": …}``; the first thing that is wrong is refused.

        Where the image asks for a lost answer the instance is there, and nobody is told.
        """
        if not isinstance(body, Mapping):
            raise Refused("no_object")
        for wrong in refusals(body):
            raise wrong
        lesson = lesson_of(body["image"])
        if isinstance(lesson, Refused):
            raise lesson
        now, kept = self._clock(), compact(body).body
        hourly = None if pricing.is_prepaid(kept) else pricing.hourly(OFFERS[kept["product_id"]], kept)
        instance = _Instance(
            secrets.token_hex(5), kept, now, hourly or Decimal(0), walk_began=now, started=now
        )
        instance.slow = slow or instance.slow
        with self._lock:
            self._instances = {
                key: one for key, one in self._instances.items() if one.is_there(now, REMOVED_SECONDS)
            }
            self._pay(instance, now)
            self._instances[instance.id] = instance
        if lesson is not None:
            raise lesson
        return {"id": instance.id}

    def get(self, instance_id: str, served_at: str = "") -> dict[str, Any]:
        """Return one instance in full; `served_at` is where its own pages are, if anywhere."""
        with self._lock:
            now = self._clock()
            return _detail(self._find(instance_id, now, REMOVED_SECONDS), now, served_at)

    def is_up(self, instance_id: str) -> bool:
        """Whether an instance runs."""
        with self._lock:
            now = self._clock()
            return self._find(instance_id, now).status(now) == InstanceStatus.RUNNING

    def page(self, *, name: str = "", status: str = "", limit: int = 0, cursor: str = "") -> dict[str, Any]:
        """Return one page of instances, newest first, with a cursor to the next."""
        with self._lock:
            now = self._clock()
            alive = self._alive(now)
        rows = [_summary(item, now) for item in reversed(alive)]
        rows = [row for row in rows if name in row["name"] or name in row["id"]]
        rows = [row for row in rows if status in ("", row["status"]["status"])]
        return page_of(rows, limit or 20, cursor)

    def act(self, instance_id: str, action: str) -> dict[str, Any]:
        """Start, stop, restart or delete an instance that is in a state for it."""
        with self._lock:
            now = self._clock()
            instance = self._find(instance_id, now)
            status = instance.status(now)
            if status != _ALLOWED_IN.get(action, status):
                raise Refused("wrong_state", action=action, status=status)
            if action == "delete" and instance.body["billing"]["mode"] == BillingMode.PREPAID:
                raise Refused("prepaid")
            instance.walks(action, now)
            if action == "stop":
                instance.stopped = now
            elif action != "delete":
                # As on the real one, what SSH needs is new with each start.
                instance.started, instance.password = now, secrets.token_urlsafe(9)
        return {}

    def waits(self, instance_id: str) -> bool:
        """Whether the next state of an instance waits for a person (`Slow`)."""
        with self._lock:
            found = self._instances.get(instance_id)
            return found is not None and found.waits

    def step(self, instance_id: str) -> dict[str, Any]:
        """Lead an instance that waits for it to its next state."""
        with self._lock:
            now = self._clock()
            instance = self._find(instance_id, now)
            if not instance.waits:
                raise Refused("wrong_state", action="step", status=instance.status(now))
            instance.steps.append(now)
        return {}

    def set_auto_renew(self, instance_id: str, body: Any) -> dict[str, Any]:
        """Switch the renewal of a prepaid instance."""
        enabled, months = (value_at(body, ("auto_renew", key)) for key in ("enabled", "months"))
        if not isinstance(enabled, bool):
            raise Refused("invalid", field="auto_renew", problem="enabled is true or false")
        with self._lock:
            instance = self._find(instance_id, self._clock())
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


def _summary(instance: _Instance, now: float) -> dict[str, Any]:
    body, region = instance.body, region_of(instance.body)
    return {
        "type": "gpu",
        **{key: value for key, value in body.items() if key not in _RESHAPED},
        "id": instance.id,
        "billing": _billing(instance),
        "ports": [_with_endpoint(port, instance.id, region) for port in body.get("ports", [])],
        "resource_specs": {key: value for key, value in body["resource"].items() if key not in _UNTOLD},
        "region": region,
        "status": {"status": instance.status(now), "error": "", "message": ""},
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
