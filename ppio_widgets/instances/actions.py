"""An action on an instance, asked for and read back until the instance itself shows it.

Stop, delete and the end of auto-renew may be asked for again (twice is the same as once); start
and restart never are. What cannot be confirmed fails loudly: the machine may still be billed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ppio_widgets.cloud.answers import ENDED, GONE, OFF, InstanceStatus, plain, status_words
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import (
    AccessDenied,
    ActionUnconfirmed,
    ApiError,
    CredentialsError,
    LaunchRefused,
    NotSent,
    PpioError,
    is_gone,
    log_line,
)
from ppio_widgets.instances.watcher import Pace
from ppio_widgets.locale.words import Phrase, joined
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime import forks, threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.client import Action
    from ppio_widgets.instances.watched import Watched
    from ppio_widgets.locale.words import Words

T = TypeVar("T")

# How long an instance may stand still after a stop or delete before it is asked for again.
STANDSTILL_SECONDS = 20.0
MOST_ASKED = 3


class Verb(NamedTuple):
    """What an action leads to, what shows that it has begun, and how long it may take.

    What is `repeatable` may be asked for again; what is `anew` has to be seen to have left where it was.
    """

    reached: Callable[[InstanceDetail], bool]
    on_its_way: tuple[str, ...] = ()
    patience: float = 300.0
    repeatable: bool = True
    anew: bool = False


def _stands_at(*statuses: str) -> Callable[[InstanceDetail], bool]:
    return lambda seen: seen.status in statuses


def _renews_no_more(seen: InstanceDetail) -> bool:
    """Whether it surely does not renew; that only a prepaid one does goes by the API's own words."""
    return seen.renews is False or seen.mode in (BillingMode.POSTPAID, BillingMode.SPOT) or seen.is_gone


_RUNS = _stands_at(InstanceStatus.RUNNING)
_STARTING = (
    InstanceStatus.TO_START,
    InstanceStatus.STARTING,
    InstanceStatus.TO_CREATE,
    InstanceStatus.CREATING,
    InstanceStatus.PULLING,
)
_RESTARTING = (InstanceStatus.TO_RESTART, InstanceStatus.RESTARTING)
_REMOVING = (InstanceStatus.TO_REMOVE, InstanceStatus.REMOVING)
_STOPPING = (InstanceStatus.TO_STOP, InstanceStatus.STOPPING, *_REMOVING)
VERBS: Mapping[str, Verb] = {
    "stop": Verb(_stands_at(*ENDED), _STOPPING),
    "delete": Verb(_stands_at(*GONE), _REMOVING),
    "stop_renewing": Verb(_renews_no_more),
    "start": Verb(_RUNS, _STARTING, patience=900.0, repeatable=False),
    "restart": Verb(_RUNS, _RESTARTING, patience=900.0, repeatable=False, anew=True),
}


@dataclass
class Errand:
    """One action: asked for, and read back.

    `known` says whether the instance was seen before: what never was is not called gone.
    """

    instance: Watched
    action: Action
    timeout: float | None
    known: bool
    seen: InstanceDetail = field(init=False)  # by this action; only its id before the first look
    started_at: int = 0
    moved: bool = False
    begun: bool = False  # it was seen on its way
    until: float = inf
    asked: int = 0
    reason: PpioError | None = None
    missing: bool = False  # what was heard last is that it is not found, which is not proved yet
    pace: Pace = field(default_factory=Pace)
    pause: float = 0.0
    standing: float = -inf  # until when it is given time, before it is asked for again

    def __post_init__(self) -> None:
        self.seen = InstanceDetail(self.instance.id)

    @property
    def verb(self) -> Verb:
        """What is asked for."""
        return VERBS[self.action]

    def run(self) -> InstanceDetail:
        """Ask for it and return the instance as it was read back.

        What was asked for and is not seen to have happened is `ActionUnconfirmed`; any other error says
        that it was refused, or surely not asked for.
        """
        self._look_before()
        if self.verb.anew or not self.verb.reached(self.seen):
            self.until = threads.tick() + (self.verb.patience if self.timeout is None else self.timeout)
            threads.poll(self._step)
        return self.seen

    def _step(self) -> float | None:
        """Ask where that may be, and look; returns the seconds until the next step, None when it is done."""
        again = self.verb.repeatable
        may_ask = not self.asked or (again and self.asked < MOST_ASKED and not self.missing)
        if may_ask and self.standing <= threads.tick() and not self._on_its_way():
            self._ask()
            self.standing = threads.tick() + max(STANDSTILL_SECONDS, self.pause)
        status = self.seen.status
        if self._look():
            return None
        if self.seen.status not in (status, InstanceStatus.RUNNING):
            self.standing = threads.tick() + STANDSTILL_SECONDS  # it moves: give it time
        exhausted = again and self.asked >= MOST_ASKED and self.standing <= threads.tick()
        still = (not self.seen.status or self.seen.at_rest) and not self.missing
        if threads.tick() >= self.until or (exhausted and still) or self._failed():
            raise self._unconfirmed()
        return self._rest()

    def _rest(self) -> float:
        return min(self.pause, max(0.1, self.until - threads.tick()))

    def _look_before(self) -> None:
        """Look first; that it is not found, or the look is lost, keeps no stop from being sent."""
        error = self._read()
        hopeless = isinstance(error, CredentialsError | AccessDenied | LaunchRefused)
        if error is not None and (hopeless or not self.verb.repeatable):
            raise error
        self.started_at = self.seen.started_at

    def _ask(self) -> None:
        """Ask once; a clear refusal ends it, anything else is read back."""
        self.asked += 1
        never_found = self.missing and not self.known
        self.reason = None
        log_line(logging.INFO, "%s %s: asked, %s", self.action, self.instance.id, self.asked)
        try:
            self.instance.client.act(self.instance.id, self.action)
        except NotSent as error:
            if not self.verb.repeatable:
                raise
            self.reason = error
        except (CredentialsError, AccessDenied):
            raise
        except ApiError as error:
            if never_found and is_gone(error):  # a slip in an id, most likely: that is said at once
                raise
            self.reason = error
            self._refused(error)
        except PpioError as error:
            self.reason = error

    def _refused(self, error: ApiError) -> None:
        if error.status == 429:
            if not self.verb.repeatable:
                raise error
            self.pause = max(self.pause, error.retry_after or 0.0)
            threads.wait(forks.event(), self._rest())
        elif error.status < 500 and not (is_gone(error) or self._look() or self._on_its_way()):
            raise error

    def _on_its_way(self) -> bool:
        """Whether what is asked for has begun, by whomever: nothing more is asked for then."""
        return self.seen.status in self.verb.on_its_way

    def _read(self) -> PpioError | None:
        """Read the instance once; returns why that failed."""
        before = self.seen
        try:
            self.seen = self.instance.read()
        except PpioError as error:
            self.reason, self.missing = error, is_gone(error)
            self.pause = self.pace.failing(error)
            return error
        self.missing = False
        self.pause = self.pace.after(changed=self.seen != before, moving=True)
        return None

    def _look(self) -> bool:
        """Read the instance once; True when it shows what was asked for."""
        error = self._read()
        if isinstance(error, CredentialsError | AccessDenied):
            raise self._unconfirmed()
        if error is not None:
            return False
        started = self.seen.started_at > self.started_at
        self.begun = self.begun or self._on_its_way()
        self.moved = self.moved or started or self.seen.status not in ("", InstanceStatus.RUNNING)
        return self.verb.reached(self.seen) and (self.moved or not self.verb.anew)

    def _failed(self) -> bool:
        """Whether a start or restart has ended elsewhere; a stop goes on in spite of an error."""
        if self.verb.repeatable or not self.moved:
            return False
        # One copy of a server may lag: it has to stay off for a while.
        stopped_again = self.begun and self.seen.status in OFF and self.standing <= threads.tick()
        return bool(self.seen.error) or self.seen.is_gone or stopped_again

    def _unconfirmed(self) -> ActionUnconfirmed:
        seen, identity, now = self.seen, plain(self.instance.id), threads.now()
        return ActionUnconfirmed(
            "renewal_unconfirmed" if self.action == "stop_renewing" else "action_unconfirmed",
            name=plain(seen.name) or identity,
            id=identity,
            action=Phrase(f"action.{self.action}"),
            asked=self.asked,
            status=_Sight(seen.status),
            moment=moment_words(now, now),
            reason=_Because((seen.error, seen.message), self.reason),
        )


@dataclass(frozen=True)
class _Sight:
    """A status in words; empty for an instance that was not seen."""

    status: str

    def sentence(self, say: Words) -> str:
        return status_words(self.status, say) if self.status else say("status.unseen")


@dataclass(frozen=True)
class _Because:
    """The server's words, and what kept the last look or request from succeeding."""

    told: tuple[str, ...]
    reason: PpioError | None

    def sentence(self, say: Words) -> str:
        told = " ".join(filter(None, self.told))
        reason = self.reason.sentence(say) if self.reason else ""
        return joined([say.ended(told) if told else "", reason])


def wait_for(instance: Watched, until: str, timeout: float | None) -> None:
    """Return when the instance is so far, rests elsewhere, or the time is over; for who does not watch it.

    That it cannot be looked at at all is raised; what passes is tried again, more slowly.
    """
    ends, pace = inf if timeout is None else threads.tick() + timeout, Pace()

    def look() -> float | None:
        try:
            instance.look()
            pause = pace.after(changed=True, moving=True)  # somebody waits
        except PpioError as error:
            missing = is_gone(error) and instance.detail is not None  # it is looked for until that is proved
            refused = isinstance(error, ApiError) and 400 <= error.status < 500 and error.status != 429
            if isinstance(error, CredentialsError) or (refused and not missing):
                raise
            pause = pace.failing(error)
        left = ends - threads.tick()
        return None if left <= 0 or _is_over(instance.known, until) else min(pause, left)

    threads.poll(look)


def _is_over(seen: InstanceDetail, until: str) -> bool:
    there = seen.status == until or (until in OFF and seen.status in OFF)
    return there or bool(seen.error) or seen.is_gone or (seen.at_rest and until == InstanceStatus.RUNNING)


def unexpected(error: BaseException) -> PpioError:
    """Return a fault of our own as something to show: its kind only, never its text."""
    return PpioError("action_fault", kind=type(error).__name__)


def tried(do: Callable[[], T]) -> T | PpioError:
    """Return what comes of doing something, or why it failed: nobody else would say it."""
    try:
        return do()
    except PpioError as error:
        return error
    except Exception as error:  # noqa: BLE001 - ours
        return unexpected(error)


def unheard(instance_id: str, action: str, error: PpioError) -> None:
    """Log that an action failed whose card was closed meanwhile: there is no other place to say it."""
    said = "%s of instance %s failed, it may still be billed: %s"
    log_line(logging.ERROR, said, action, plain(instance_id), type(error).__name__)


def still_holds(done: str, seen: InstanceDetail) -> bool:
    """Whether an instance is seen where an action led that was read back; ``"not_seen"`` is no action."""
    verb = VERBS.get(done)
    return seen.is_gone if verb is None else verb.reached(seen)


def confirmed_words(action: str, moment: float, say: Words) -> str:
    """Return ``confirmed stopped at 17:32 UTC+08:00``."""
    return say(f"confirmed.{action}", moment=moment_words(moment, threads.now()))
