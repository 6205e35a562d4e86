"""A timer of this kernel that stops an instance, and does not rest before it is seen to have stopped.

PPIO has no such timer. This one is gone with the kernel, and its words say so.

Three clocks count towards it: the one of this machine that shows the time and may be set, the one that
nobody sets and that goes on asleep, where the system has such a clock, and the cloud's, by the `Date` of its
answers. The cloud is asked until it has told its time once, and again while the clocks differ by more than a
minute. Then its time decides. By itself it brings a stop forward; it puts one off where a clock of this
machine says the same, or else only while each slice of the wait hears it anew and it keeps the pace of the
clock that nobody sets. Without it, that clock decides; where that may have slept, the earlier one does: what
stops too late costs money, and what stops too early can be started again.

In a class on a practice cloud (`Practice-Time`) its time alone counts, at whatever rate it goes. A teacher
may turn it, so it is asked for anew while a timer waits, and before one fires.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, NamedTuple

from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import MomentUnreadable, PpioError, frames_of
from ppio_widgets.instances.actions import unexpected
from ppio_widgets.locale.words import joined, words
from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from traitlets.utils.bunch import Bunch

    from ppio_widgets.instances.watched import Watched
    from ppio_widgets.locale.words import Words

log = logging.getLogger("ppio_widgets")

# Slices of a long wait: a clock that jumped (the machine slept) is seen soon afterwards.
SLICE_SECONDS = 30.0
CLASS_SLICE_SECONDS = 5.0
# Clocks that differ by more do not agree.
CLOCKS_DIFFER_SECONDS = 60.0
# Between attempts; the last one again and again until it has stopped or is called off.
PAUSES = (5.0, 15.0, 60.0, 120.0, 300.0)


class _Timers:
    """The timers of this kernel or session, by host and instance id."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.by_machine: dict[tuple[str, str], Deadline] = {}
        forks.tell(self)

    def after_fork(self) -> None:
        """Forget them: they are the parent's, and fire there; one that forked as it fired ends here."""
        for one in self.by_machine.values():
            one.state = "cancelled"
        self.by_machine.clear()


def _differ(one: float, other: float) -> bool:
    """Whether clocks by which so much is left do not agree."""
    return abs(one - other) > CLOCKS_DIFFER_SECONDS


class _Left(NamedTuple):
    """How long is left: by the clock that may be set, by the one that is not, by the cloud's as heard."""

    wall: float
    tick: float
    heard: float

    @property
    def own(self) -> float:
        """By this machine alone: its clock that nobody sets, or the earlier one where that may have slept."""
        return self.tick if kernel.current().clock.counts_sleep else min(self.wall, self.tick)

    @property
    def parted(self) -> bool:
        """Whether it matters that this machine's clocks do not agree."""
        return max(self.wall, self.tick) > 0 and _differ(self.wall, self.tick)

    @property
    def put_off(self) -> bool:
        """Whether only the cloud's time says that it has not come yet."""
        return self.own <= 0 and self.own + CLOCKS_DIFFER_SECONDS < self.heard < math.inf

    def agrees(self, seconds: float) -> bool:
        """Whether a clock of this machine says so as well."""
        return not (_differ(seconds, self.wall) and _differ(seconds, self.tick))


class Deadline:
    """A time at which an instance is stopped: `when` in Unix seconds, with `is_span` in seconds from now on.

    `at` is when, in Unix seconds (the cloud's, once it had to decide); `state` one of ``"waiting"``,
    ``"stopping"``, ``"failing"`` (it tries again, `error` says why), ``"done"``, ``"gone"`` (there was
    nothing to stop) and ``"cancelled"`` (called off, or it was seen to be gone before). `judge` says what
    told the time where the clocks did not agree, and is empty where they did. Where those of this machine
    differed: ``"cloud"``; without its time ``"steady"`` (the clock that nobody sets), or where that may
    have slept ``"earlier"``, ``"unread"`` while it is asked again. Where only the cloud's differed from
    them: ``"differ"`` (it counts), or ``"own"`` where it could not be relied on.
    """

    def __init__(self, instance: Watched, when: float, *, is_span: bool = False) -> None:
        self.instance = instance
        self.judge = ""
        now = instance.client.now()
        self._set_clocks(when if is_span else when - now)
        self.at = now + when if is_span else when
        self._in_class = instance.client.class_time is not None
        # By the cloud's clock: a length of time is counted by it from when it is first heard.
        self._cloud_at = None if is_span else when
        # The soonest that the cloud has told so far, by the clock that nobody sets.
        self._heard_at = math.inf
        self._to_hear = True
        self.state = "waiting"
        self.attempts = 0
        self.error: PpioError | None = None
        self._called_off = forks.event()
        self._lock = forks.lock()

    def __repr__(self) -> str:
        return self.sentence(words())

    def sentence(self, say: Words) -> str:
        """Return whose timer it is, when it fires, and what has become of it."""
        now = self.instance.client.now()
        reason = self.error.sentence(say) if self.error else ""
        known = {
            "name": plain(self.instance.known.name or self.instance.id),
            "moment": moment_words(self.at, now),
            "reason": reason,
        }
        told = say(f"deadline.{self.state}", **known).rstrip()
        return joined([told, say(f"deadline.clocks_{self.judge}")]) if self.judge else told

    def begin(self) -> None:
        """Start the timer, in the background."""
        self.instance.observe(self._on_sight, "sight")
        threads.keep(self._look, self._called_off, name="ppio-deadline")
        self._on_sight()

    def cancel(self) -> bool:
        """Call it off; False when it has fired: a stop on its way is not taken back, only not repeated."""
        with self._lock:
            if self.state in ("done", "gone", "cancelled"):
                return False
            in_time = self.state != "stopping"
            self.state = "cancelled"
            self._called_off.set()
        self.instance.tell()
        return in_time

    def _on_sight(self, _change: Bunch | None = None) -> None:
        """End it while it waits for what is gone."""
        if self.state != "waiting":
            self.instance.unobserve(self._on_sight, "sight")
        elif self._is_gone():
            self.cancel()

    def _look(self) -> float | None:
        """Ask the clocks, and stop it once the time has come; returns the seconds until the next look."""
        if self._called_off.is_set() or self.state in ("done", "gone"):
            return None
        left = 0.0 if self.attempts else self._left()
        if left > 0:
            return min(left, SLICE_SECONDS)
        if not self._go("stopping"):
            return None
        self.attempts += 1
        if self._stop():
            self._go("gone" if self._is_gone() else "done")
            return None
        return PAUSES[min(self.attempts, len(PAUSES)) - 1]

    def _set_clocks(self, seconds: float) -> None:
        """Take it that so many seconds are left, by both clocks of this machine."""
        self._wall_at, self._tick_at = threads.now() + seconds, threads.tick() + seconds

    def _clocks(self) -> _Left:
        tick = threads.tick()
        return _Left(self._wall_at - threads.now(), self._tick_at - tick, self._heard_at - tick)

    def _left(self) -> float:
        """Return how long is left, by the clock that counts."""
        client = self.instance.client
        if not self._in_class:
            left = self._seconds_left()
            if client.class_time is None:
                return left
            self._in_class, self.at = True, client.now() + left
        told = client.class_time
        if told is None or told.now() >= self.at or threads.tick() - told.tick >= CLASS_SLICE_SECONDS:
            self._ask_date()
            told = client.class_time or told
        left = self.at - client.now()
        rate = 1.0 if told is None else told.rate
        return min(left / rate, CLASS_SLICE_SECONDS) if left > 0 and rate else min(left, CLASS_SLICE_SECONDS)

    def _seconds_left(self) -> float:
        """Return how long is left, by this machine's clocks and the cloud's."""
        left = self._clocks()
        if not (left.parted or left.put_off or self._to_hear):
            return left.own
        date = self._ask_date()
        left = self._clocks()  # a look takes its time, and the machine may have slept meanwhile
        self._to_hear = date is None
        told_first = bool(date) and self._cloud_at is None
        by_cloud = self._hear(date, left.own) if date else None
        if by_cloud is None or (told_first and left.parted):
            settled = date == 0 or told_first
            if left.parted:
                self._judge(
                    "steady" if kernel.current().clock.counts_sleep else "earlier" if settled else "unread"
                )
            elif left.put_off:
                self._judge("own")
            if settled:  # the clocks are not compared again before they part anew
                self._set_clocks(left.own)
            return left.own
        if left.parted or _differ(by_cloud, left.own):
            self.at = self._cloud_at or self.at
            self._judge("cloud" if left.parted else "differ")
            if by_cloud < left.own or left.agrees(by_cloud):
                self._set_clocks(by_cloud)
        elif left.put_off:
            self._judge("own")
        return by_cloud

    def _hear(self, date: float, own: float) -> float | None:
        """Return how long is left by the cloud's time; None where that has not kept the steady clock's pace.

        It may come sooner, as that clock may have slept.
        """
        if self._cloud_at is None:
            self._cloud_at = date + own
        left = self._cloud_at - date
        heard_at = threads.tick() + left
        if heard_at > self._heard_at + CLOCKS_DIFFER_SECONDS:
            return None
        self._heard_at = min(heard_at, self._heard_at)
        return left

    def _ask_date(self) -> float | None:
        """Return the cloud's time by a look; 0 where it tells none, None where it cannot be asked."""
        if self._called_off.is_set():
            return None
        try:
            return self.instance.client.ask_date(self.instance.id)
        except Exception as error:  # noqa: BLE001 - the timer goes on, whatever it was
            log.info("deadline: the cloud's time: %s", type(error).__name__)
            return None

    def _judge(self, judge: str) -> None:
        """Say what tells the time, as the clocks do not agree."""
        if judge != self.judge:
            self.judge = judge
            log.warning("deadline: the clocks do not agree for instance %s: %s", self.instance.id, judge)
            self.instance.tell()

    def _stop(self) -> bool:
        """Stop it once; what fails is shouted. True when nothing is left to do."""
        kind = ""
        try:
            self.instance.stop()
        except PpioError as error:
            self.error = error.with_traceback(None)
            kind = type(error).__name__
            if self._is_gone():
                # Deleted, by whomever. That another account's key does not find it is no proof.
                log.warning("deadline: instance %s is not seen any more", self.instance.id)
                return True
        except Exception as error:  # noqa: BLE001 - the timer goes on, whatever it was
            self.error = unexpected(error)
            kind = f"{type(error).__name__} in {frames_of(error)}"
        else:
            self.error = None
            return True
        log.error(
            "deadline: instance %s is NOT stopped and may be billed: %s (attempt %s)",
            self.instance.id,
            kind,
            self.attempts,
        )
        self._go("failing")
        return False

    def _is_gone(self) -> bool:
        """Whether nothing is left to stop, whatever a single answer says."""
        seen = self.instance.detail
        return seen.is_gone if seen is not None else self.instance.is_proved

    def _go(self, state: str) -> bool:
        with self._lock:
            if self.state == "cancelled":
                return False
            self.state = state
        self.instance.tell()
        return self.state != "cancelled"  # by who was told, or in a child that was forked meanwhile


def of(host: str, instance_id: str) -> Deadline | None:
    """Return this kernel's timer of an instance, also one that has fired."""
    timers = kernel.of(_Timers)
    with timers.lock:
        found = timers.by_machine.get((host, instance_id))
    return None if found is None or found.state == "cancelled" else found


def set_for(instance: Watched, when: float, *, is_span: bool = False) -> Deadline:
    """Have an instance stopped at a time, or after one, in place of the timer it had; see `Deadline`.

    The caller tells the observers, once it holds no lock that one could wait for.

    Where there is no thread for it, nor a loop, nothing could ever fire: that is `MomentUnreadable`, and a
    timer that it had stays.
    """
    if not threads.go_on():
        raise MomentUnreadable("deadline_no_threads")
    made, key = Deadline(instance, when, is_span=is_span), (instance.client.host.base_url, instance.id)
    timers = kernel.of(_Timers)
    with timers.lock:
        before = timers.by_machine.get(key)
        timers.by_machine[key] = made
    begun = False
    try:
        made.begin()
        begun = True
        if before is not None:
            before.cancel()
    except BaseException as error:
        if begun:  # an Interrupt came late: the new one counts, and the one before must not fire
            if before is not None:
                before.cancel()
            raise
        made.cancel()  # what of it may have begun stops nothing, and the one before stays
        with timers.lock:
            if timers.by_machine.get(key) is made:
                del timers.by_machine[key]
                timers.by_machine.update({} if before is None else {key: before})
        if isinstance(error, RuntimeError):  # the system has no thread left
            raise MomentUnreadable("deadline_no_threads") from None
        raise
    return made
