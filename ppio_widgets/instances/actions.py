"""An action on an instance, asked for and read back until the instance itself shows it.

Stop, delete and the end of auto-renew may be asked for again (twice is the same as once); start
and restart never are. What cannot be confirmed fails loudly: the machine may still be billed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import ENDED, GONE, OFF, InstanceStatus, plain, status_words
from ppio_widgets.cloud.instances import kept
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
from ppio_widgets.instances import absence
from ppio_widgets.instances.watcher import POLL_SECONDS
from ppio_widgets.locale.words import Phrase, joined
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime import forks, threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.instances.watcher import Watched
    from ppio_widgets.locale.words import Words

SLOWEST_POLL_SECONDS = 30.0
# How long an instance may stand still after a stop or delete before it is asked for again.
STANDSTILL_SECONDS = 20.0
MOST_ASKED = 3
PATIENCE = {"stop": 300.0, "delete": 300.0, "stop_renewing": 300.0, "start": 900.0, "restart": 900.0}
# What may be asked for again: twice is the same as once.
REPEATABLE = ("stop", "delete", "stop_renewing")


def _stands_at(*statuses: str) -> Callable[[InstanceDetail], bool]:
    return lambda seen: seen.status in statuses


def _renews_no_more(seen: InstanceDetail) -> bool:
    """Whether it surely does not renew; that only a prepaid one does goes by the API's own words."""
    return seen.renews is False or seen.mode in (BillingMode.POSTPAID, BillingMode.SPOT) or seen.is_gone


_REACHED: Mapping[str, Callable[[InstanceDetail], bool]] = {
    "stop": _stands_at(*ENDED),
    "delete": _stands_at(*GONE),
    "stop_renewing": _renews_no_more,
    "start": _stands_at(InstanceStatus.RUNNING),
    "restart": _stands_at(InstanceStatus.RUNNING),
}

_REMOVING = (InstanceStatus.TO_REMOVE, InstanceStatus.REMOVING)
# What was asked for has begun, by whomever: nothing more is asked for then.
_ON_ITS_WAY = {
    "stop": (InstanceStatus.TO_STOP, InstanceStatus.STOPPING, *_REMOVING),
    "delete": _REMOVING,
    "stop_renewing": (),
    "start": (
        InstanceStatus.TO_START,
        InstanceStatus.STARTING,
        InstanceStatus.TO_CREATE,
        InstanceStatus.CREATING,
        InstanceStatus.PULLING,
    ),
    "restart": (InstanceStatus.TO_RESTART, InstanceStatus.RESTARTING),
}


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
        told = " ".join(text for text in self.told if text)
        reason = self.reason.sentence(say) if self.reason else ""
        return joined([say.ended(told) if told else "", reason])


@dataclass
class Errand:
    """One action: asked for, and read back.

    `begin_look` gives each look a number, and `tell` is called with each new sight of the instance and the
    number of its look. `known` is what was seen of it before: what was never seen is not called gone.
    """

    client: PpioClient
    id: str
    action: Action
    begin_look: Callable[[], int]
    tell: Callable[[InstanceDetail, int], None]
    timeout: float | None = None
    known: InstanceDetail | None = None
    seen: InstanceDetail | None = None
    look: int = 0  # the number of the last one
    started_at: int = 0
    moved: bool = False
    until: float = 0.0
    asked: int = 0
    reason: PpioError | None = None
    missing: bool = False  # what was heard last is that it is not found, which is not proved yet
    pause: float = POLL_SECONDS
    standing: float = -inf  # until when it is given time, before it is asked for again

    def run(self) -> InstanceDetail:
        """Ask for it and return the instance as it was read back.

        What was asked for and is not seen to have happened is `ActionUnconfirmed`; any other error says
        that it was refused, or surely not asked for.
        """
        before = self._before()
        if before is not None and _REACHED[self.action](before) and self.action != "restart":
            return before
        self.until = threads.tick() + (PATIENCE[self.action] if self.timeout is None else self.timeout)
        threads.poll(self._step)
        assert self.seen is not None  # noqa: S101 - for mypy: the last step has just seen it
        return self.seen

    def _step(self) -> float | None:
        """Ask where that may be, and look; returns the seconds until the next step, None when it is done."""
        again = self.action in REPEATABLE
        may_ask = not self.asked or (again and self.asked < MOST_ASKED and not self.missing)
        if may_ask and self.standing <= threads.tick() and not self._on_its_way():
            self._ask()
            self.standing = threads.tick() + max(STANDSTILL_SECONDS, self.pause)
        status = self.seen.status if self.seen else ""
        if self._look():
            return None
        if self.seen is not None and self.seen.status not in (status, InstanceStatus.RUNNING):
            self.standing = threads.tick() + STANDSTILL_SECONDS  # it moves: give it time
        exhausted = again and self.asked >= MOST_ASKED and self.standing <= threads.tick()
        still = (self.seen is None or self.seen.at_rest) and not self.missing
        if threads.tick() >= self.until or (exhausted and still) or self._failed():
            raise self._unconfirmed()
        return self._pause()

    def _pause(self) -> float:
        return min(self.pause, max(0.1, self.until - threads.tick()))

    def _before(self) -> InstanceDetail | None:
        """Look first; that it is not found, or the look is lost, keeps no stop from being sent."""
        self.look = self.begin_look()
        try:
            self.seen = absence.look(self.client, self.id, self.known)
        except PpioError as error:
            hopeless = isinstance(error, CredentialsError | AccessDenied | LaunchRefused)
            if hopeless or self.action not in REPEATABLE:
                raise
            self.reason, self.missing = error, is_gone(error)
        else:
            self.started_at = self.seen.started_at
            self.tell(self.seen, self.look)
        return self.seen

    def _ask(self) -> None:
        """Ask once; a clear refusal ends it, anything else is read back."""
        self.asked += 1
        never_found = self.missing and self.known is None
        self.reason = None
        log_line(logging.INFO, "%s %s: asked, %s", self.action, self.id, self.asked)
        try:
            self.client.act(self.id, self.action)
        except NotSent as error:
            if self.action not in REPEATABLE:
                raise
            self.reason = error
        except PpioError as error:
            self.reason = error
        if isinstance(self.reason, CredentialsError | AccessDenied):
            raise self.reason
        if isinstance(self.reason, ApiError):
            if never_found and is_gone(self.reason):  # a slip in an id, most likely: that is said at once
                raise self.reason
            self._refused(self.reason)

    def _refused(self, error: ApiError) -> None:
        if error.status == 429:
            if self.action not in REPEATABLE:
                raise error
            self.pause = max(self.pause, error.retry_after or 0.0)
            threads.wait(forks.event(), self._pause())
        elif error.status < 500 and not (is_gone(error) or self._look() or self._on_its_way()):
            raise error

    def _on_its_way(self) -> bool:
        return self.seen is not None and self.seen.status in _ON_ITS_WAY[self.action]

    def _look(self) -> bool:
        """Read the instance once; True when it shows what was asked for."""
        before = self.seen
        self.look = self.begin_look()
        try:
            self.seen = kept(before, absence.look(self.client, self.id, before or self.known))
            self.missing = False
            self.pause = POLL_SECONDS if self.seen != before else min(self.pause * 1.5, SLOWEST_POLL_SECONDS)
        except PpioError as error:
            self.reason, self.missing = error, is_gone(error)
            if isinstance(error, CredentialsError | AccessDenied):
                raise self._unconfirmed() from None
            asked_to_wait = error.retry_after if isinstance(error, ApiError) else None
            self.pause = max(min(self.pause * 2, SLOWEST_POLL_SECONDS), asked_to_wait or 0.0)
            return False
        if self.seen != before:
            self.tell(self.seen, self.look)
        self.moved = (
            self.moved or self.seen.status not in ("", InstanceStatus.RUNNING) or self._started_anew()
        )
        done = _REACHED[self.action](self.seen)
        return done and (self.action != "restart" or self.moved)

    def _started_anew(self) -> bool:
        return self.seen is not None and self.seen.started_at > self.started_at

    def _failed(self) -> bool:
        """Whether a start or restart has ended elsewhere; a stop goes on in spite of an error."""
        if self.action in REPEATABLE or self.seen is None or not self.moved:
            return False
        return bool(self.seen.error) or self.seen.is_gone

    def _unconfirmed(self) -> ActionUnconfirmed:
        return unconfirmed(self.id, self.action, self.asked, self.seen, self.reason)


def wait_for(instance: Watched, until: str, timeout: float | None) -> None:
    """Return when the instance is so far, rests elsewhere, or the time is over; for who does not watch it.

    That it cannot be looked at at all is raised; what passes is tried again, more slowly.
    """
    ends, pause = inf if timeout is None else threads.tick() + timeout, POLL_SECONDS

    def look() -> float | None:
        nonlocal pause
        try:
            instance.look()
            pause = POLL_SECONDS
        except ApiError as error:
            missing = is_gone(error) and instance.detail is not None  # it is looked for until that is proved
            if 400 <= error.status < 500 and error.status != 429 and not missing:
                raise
            pause = max(min(pause * 2, SLOWEST_POLL_SECONDS), error.retry_after or 0.0)
        except CredentialsError:
            raise
        except PpioError as error:
            log_line(logging.INFO, "wait: %s", type(error).__name__)
            pause = min(pause * 2, SLOWEST_POLL_SECONDS)
        left, seen = ends - threads.tick(), instance.detail
        over = (seen is not None and _is_over(seen, until)) or left <= 0
        return None if over else min(pause, left)

    threads.poll(look)


def _is_over(seen: InstanceDetail, until: str) -> bool:
    there = seen.status == until or (until in OFF and seen.status in OFF)
    return there or bool(seen.error) or seen.is_gone or (seen.at_rest and until == InstanceStatus.RUNNING)


def unconfirmed(
    instance_id: str, action: str, asked: int, seen: InstanceDetail | None, reason: PpioError | None
) -> ActionUnconfirmed:
    """Return the loud failure of an action."""
    now = threads.now()
    return ActionUnconfirmed(
        "renewal_unconfirmed" if action == "stop_renewing" else "action_unconfirmed",
        name=plain(seen.name if seen and seen.name else instance_id),
        id=plain(instance_id),
        action=Phrase(f"action.{action}"),
        asked=asked,
        status=_Sight(seen.status if seen else ""),
        moment=moment_words(now, now),
        reason=_Because((seen.error, seen.message) if seen else (), reason),
    )


def unexpected(error: BaseException) -> PpioError:
    """Return a fault of our own as something to show: its kind only, never its text."""
    return PpioError("action_fault", kind=type(error).__name__)


def unheard(instance_id: str, action: str, error: PpioError) -> None:
    """Log that an action failed whose card was closed meanwhile: there is no other place to say it."""
    kind = type(error).__name__
    said = "%s of instance %s failed, it may still be billed: %s"
    log_line(logging.ERROR, said, action, plain(instance_id), kind)


def confirmed_words(action: str, moment: float, say: Words) -> str:
    """Return ``confirmed stopped at 17:32 UTC+08:00``."""
    return say(f"confirmed.{action}", moment=moment_words(moment, threads.now()))
