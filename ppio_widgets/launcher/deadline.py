"""A timer of this kernel that stops an instance, and does not rest before it is seen to have stopped.

PPIO has no such timer. This one is gone with the kernel, and its words say so.

Two clocks of this machine count towards it: the one that shows the time and may be set, and the one that
nobody sets and that goes on asleep, where the system has such a clock. While they agree to a minute, the
time has come when they say so. Where they do not (one was set, or the machine slept and only one of them
counted that), the cloud's clock decides: it is asked when the timer begins and whenever they part.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ppio_widgets import forks, notebook
from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import MomentUnreadable, PpioError, frames_of
from ppio_widgets.launcher import unseen, worker
from ppio_widgets.launcher.actions import unexpected
from ppio_widgets.locale import joined, words
from ppio_widgets.request.moments import moment_words

if TYPE_CHECKING:
    from ppio_widgets.launcher.instance import Instance
    from ppio_widgets.launcher.launch import Launch
    from ppio_widgets.locale import Words

log = logging.getLogger("ppio_widgets")

# Slices of a long wait: a clock that jumped (the machine slept) is seen soon afterwards.
SLICE_SECONDS = 30.0
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
        """Forget them: they are the parent's, and fire there."""
        self.by_machine.clear()


class Deadline:
    """A time at which an instance is stopped.

    Parameters
    ----------
    instance : Instance
    when : float
        Unix seconds; with `is_span`, seconds from now on.
    is_span : bool

    Attributes
    ----------
    at : float
        Unix seconds; the cloud's, once it had to decide.
    judge : str
        What told the time where this machine's clocks did not agree: ``"cloud"``; where that tells none
        ``"steady"`` (the clock that nobody sets), or ``"earlier"`` where that may have slept; ``"unread"``
        while it cannot be asked. Empty where they agreed.
    state : str
        ``"waiting"``, ``"stopping"``, ``"failing"`` (it tries again), ``"done"``, ``"gone"`` (there
        was nothing to stop) or ``"cancelled"``.
    attempts : int
    error : PpioError or None
        Why the last attempt failed.
    """

    def __init__(self, instance: Instance, when: float, *, is_span: bool = False) -> None:
        self.instance = instance
        self.judge = ""
        self._is_span = is_span
        now = worker.clock.now()
        self._left(when if is_span else when - now)
        self.at = now + when if is_span else when
        self._cloud_at = self.at
        self.state = "waiting"
        self.attempts = 0
        self.error: PpioError | None = None
        self._called_off = forks.event()
        self._lock = forks.lock()

    def __repr__(self) -> str:
        return self.sentence(words())

    def sentence(self, say: Words) -> str:
        """Return whose timer it is, when it fires, and what has become of it."""
        now = worker.clock.now()
        reason = self.error.sentence(say) if self.error else ""
        known = {"name": plain(self._name), "moment": moment_words(self.at, now), "reason": reason}
        told = say(f"deadline.{self.state}", **known).rstrip()
        return joined([told, say(f"deadline.clocks_{self.judge}")]) if self.judge else told

    def begin(self) -> None:
        """Start the timer, on a daemon thread."""
        worker.run(self._run, name="ppio-deadline", daemon=True)

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

    @property
    def _name(self) -> str:
        seen = self.instance.detail
        return seen.name if seen is not None and seen.name else self.instance.id

    def _run(self) -> None:
        self._begin_by_cloud()
        while (left := self._seconds_left()) > 0:
            if worker.clock.wait(self._called_off, min(left, SLICE_SECONDS)):
                return
        pauses = [*PAUSES]
        while self._go("stopping"):
            self.attempts += 1
            if self._stop():
                self._go("gone" if self._is_gone() else "done")
                return
            pause = pauses.pop(0) if len(pauses) > 1 else pauses[0]
            if worker.clock.wait(self._called_off, pause):
                return

    def _left(self, seconds: float) -> None:
        """Take it that so many seconds are left, by both clocks of this machine."""
        self._wall_at, self._tick_at = worker.clock.now() + seconds, worker.tick() + seconds

    def _begin_by_cloud(self) -> None:
        """Learn what the cloud's clock says where it begins: a length of time is counted by it as well."""
        left = self._tick_at - worker.tick()
        date = None if self._called_off.is_set() else self._ask_date()
        if not date:
            return
        if self._is_span:
            self._cloud_at = date + left
        elif abs(date - worker.clock.now()) > CLOCKS_DIFFER_SECONDS:
            self._decide(date)

    def _seconds_left(self) -> float:
        """Return how long is left; where the clocks do not agree, by the cloud's."""
        by_wall, by_tick = self._wall_at - worker.clock.now(), self._tick_at - worker.tick()
        steady = worker.clock.counts_sleep
        soonest, latest = sorted((by_wall, by_tick))
        by_machine = by_tick if steady else soonest
        if latest <= 0 or latest - soonest <= CLOCKS_DIFFER_SECONDS:
            return by_machine
        date = self._ask_date()
        if date:
            return self._decide(date)
        if date is None:  # a cloud that cannot be asked could not be told to stop it either
            self._judge("unread")
            return SLICE_SECONDS
        self._left(by_machine)
        self._judge("steady" if steady else "earlier")
        return by_machine

    def _ask_date(self) -> float | None:
        """Return the cloud's time by a look; 0 where it tells none, None where it cannot be asked."""
        try:
            return self.instance.client.ask_date(self.instance.id)
        except Exception as error:  # noqa: BLE001 - the timer goes on, whatever it was
            log.info("deadline: the cloud's time: %s", type(error).__name__)
            return None

    def _decide(self, date: float) -> float:
        """Let the cloud's clock decide; returns how long is left by it."""
        left = self._cloud_at - date
        self._left(left)
        self.at = self._cloud_at
        self._judge("cloud")
        return left

    def _judge(self, judge: str) -> None:
        """Say what told the time, as the clocks did not agree."""
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
        if seen is not None:
            return seen.is_gone
        return unseen.is_proved(self.instance.client, self.instance.id)

    def _go(self, state: str) -> bool:
        with self._lock:
            if self.state == "cancelled":
                return False
            self.state = state
        self.instance.tell()
        return True


def of(host: str, instance_id: str) -> Deadline | None:
    """Return this kernel's timer of an instance, also one that has fired."""
    timers = notebook.of(_Timers)
    with timers.lock:
        found = timers.by_machine.get((host, instance_id))
    return None if found is None or found.state == "cancelled" else found


def set_for(instance: Instance, when: float, *, is_span: bool = False) -> Deadline:
    """Have an instance stopped at a time, or after one, in place of the timer it had.

    Parameters
    ----------
    instance : Instance
    when : float
        Unix seconds; with `is_span`, seconds from now on.
    is_span : bool

    Raises
    ------
    MomentUnreadable
        Where there is no thread for it, so that nothing could ever fire; a timer that it had stays.
    """
    if not worker.HAS_THREADS:
        raise MomentUnreadable("deadline_no_threads")
    made, key = Deadline(instance, when, is_span=is_span), (instance.client.host.base_url, instance.id)
    timers = notebook.of(_Timers)
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
    instance.tell()
    return made


def set_when_launched(launch: Launch, when: float, *, is_span: bool = False) -> None:
    """Set a timer as soon as a launch has an id, also when that has to be looked up.

    Whoever has waited for the id finds it set. Where there was no thread for it, each later
    change of the launch tries again.

    Parameters
    ----------
    launch : Launch
    when : float
        Unix seconds; with `is_span`, seconds from when the id is known.
    is_span : bool
    """
    once = threading.Lock()

    def listen(changed: Launch) -> None:
        machine = changed.machine()
        if machine is not None and once.acquire(blocking=False):
            try:
                set_for(machine, when, is_span=is_span)
                changed.untimed = None
            except MomentUnreadable as error:
                changed.untimed = error.with_traceback(None)
                once.release()
                log.error("deadline: instance %s has NO timer: no thread for it", machine.id)  # noqa: TRY400 - no text of it
            except BaseException:  # an Interrupt: the next change of the launch tries again
                once.release()
                raise

    launch.when_made(listen)
    launch.subscribe(listen)
