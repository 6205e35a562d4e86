"""One launch: claimed, recorded, sent at most once, looked up when its answer is lost."""

from __future__ import annotations

import logging
import warnings
import weakref
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.answers import DATES_DIFFER_SECONDS, plain
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.cloud.http import WireEntry, noted_by
from ppio_widgets.cloud.outcome import Verdict
from ppio_widgets.errors import (
    ApiError,
    ConsentNeeded,
    LaunchRefused,
    MomentUnreadable,
    NotSent,
    OutcomeUnknown,
    PpioError,
    log_fault,
    log_line,
)
from ppio_widgets.instances.autostop import set_for
from ppio_widgets.instances.instance import Instance
from ppio_widgets.instances.observed import Observed
from ppio_widgets.instances.watcher import watch
from ppio_widgets.launches.claim import claim, read_consent
from ppio_widgets.launches.ledger import Ledger, Record, ledger_for, new_launch_id
from ppio_widgets.launches.reconcile import Search, declared_absent, declared_found, look_once, seen_by_id
from ppio_widgets.launches.states import BUSY, FOLLOWING, UNRESOLVED, IllegalTransition, LaunchState
from ppio_widgets.request.envref import on_wire
from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.runtime.times import moment_words, read_moment, read_span, span_words
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.instances.watcher import Watch
    from ppio_widgets.launches.claim import Again, Consent
    from ppio_widgets.launches.plan import LaunchPlan
    from ppio_widgets.locale.words import Words

# From then on the answer is late: the instance may be running, and looking begins.
SOFT_SECONDS = 60.0


@dataclass(frozen=True)
class Timer:
    """When the kernel stops what is launched: seconds `after` its id is known, `at` a Unix time, or never."""

    after: float | None = None
    at: float | None = None

    def __bool__(self) -> bool:
        return self.after is not None or self.at is not None

    @classmethod
    def read(cls, text: str) -> Timer:
        """Read a length of time (``3h``) or a time (``17:30``); empty text is no timer."""
        if not text.strip():
            return cls()
        with suppress(MomentUnreadable):  # then it is a time, or its message says what both look like
            return cls(after=read_span(text))
        try:
            return cls(at=read_moment(text, threads.now()))
        except MomentUnreadable as error:
            if error.code != "moment":
                raise
        raise MomentUnreadable("stop_field", value=text.strip()[:40])

    def sentence(self, say: Words) -> str:
        """Return when it fires and whose it is; empty where there is none."""
        if self.at is not None:
            return say("line.stop_at", moment=moment_words(self.at, threads.now()))
        if self.after is not None:
            return say("line.stop_after", span=span_words(self.after, say))
        return ""

    def require(self) -> None:
        """Pass unless its time is over."""
        now = threads.now()
        if self.at is not None and self.at <= now:
            raise MomentUnreadable("moment_over", value=moment_words(self.at, now))

    def set_on(self, instance: Instance) -> None:
        """Have this kernel stop an instance then."""
        if self.after is not None:
            set_for(instance, self.after, is_span=True)
        elif self.at is not None:
            told = instance.client.class_time  # the time was said by the kernel's clock
            ahead = told.now() - threads.now() if told is not None else 0.0
            # What is less comes of the way that an answer takes, and a minute too early would be shown.
            set_for(instance, self.at + (round(ahead) if abs(ahead) > DATES_DIFFER_SECONDS else 0))


# So many requests are kept of what a launch said on the wire: the create call, and the last looks.
MOST_ENTRIES = 20


@without_frames
class Wire(Displayed, tuple[WireEntry, ...]):
    """What a launch said on the wire, and what came back: the create call, and the looks for a lost answer.

    Nothing of it is written to disk, and what is secret in it is hidden.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        told = [f"{one.method} {one.target} {one.status or one.failure}" for one in self]
        return f"<Wire: {'; '.join([*told[:2], *([f'{len(told) - 2} more'] if len(told) > 2 else [])])}>"


@without_frames
class Launch(Displayed, Observed):
    """A launch and what has become of it.

    Made by `ppio_widgets.launch`, by a form or by the line; not by hand.

    Parameters
    ----------
    plan : LaunchPlan
    wire : PpioClient
    ledger : Ledger, optional
        Where it is written down; by default the user's, or a throw-away one for practice.
    launch_id : str, optional
        Ours; by default a new one.
    timer : Timer, optional
        When this kernel stops its instance; by default never.

    Attributes
    ----------
    state : LaunchState
    id : str or None
        The instance's id; None until the server has confirmed it.
    source : str
        Who said so: ``"answer"``, ``"listing"`` (it was looked up), ``"person"`` or ``""``.
    instance : Instance or None
        What was launched, to watch, stop and delete; None until its id is known.
    seen : InstanceDetail or None
        What was last seen of it.
    error : PpioError or None
        Why there is no instance, or why it is not known.
    doubt : ConsentNeeded or None
        Why it is asked once more before it is sent.
    late : bool
        Whether the answer takes longer than a minute.
    unrecorded : PpioError or None
        Why the ledger does not hold what has become of it.
    copies : tuple of str
        Ids of the instances of its name that were listed before it was sent, and agreed to.
    wire : Wire
        Its requests as they were on the wire, each a `WireEntry`; empty before one was made.
    untimed : PpioError or None
        Why a timer that was promised with it does not run.
    sight : object
        Changes whenever one of these does: ``launch.observe(handler, "sight")``.
    """

    def __init__(
        self,
        plan: LaunchPlan,
        wire: PpioClient,
        *,
        ledger: Ledger | None = None,
        launch_id: str | None = None,
        timer: Timer | None = None,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.launch_id = launch_id or new_launch_id()
        self.state = LaunchState.DRAFT
        self.id: str | None = None
        self.other_id: str | None = None
        self.source = ""
        self.error: PpioError | None = None
        self.doubt: ConsentNeeded | None = None
        self.late = False
        self.unrecorded: PpioError | None = None
        self.copies: tuple[str, ...] = ()
        self.wire = Wire()
        self.untimed: PpioError | None = None
        self.record: Record | None = None
        self.shown_in: int | None = None  # the execution that has shown it already
        self._wire = wire
        self._ledger = ledger or ledger_for(practice=plan.target.practice)
        # The latch of the create call: one for a launch in its process, whichever kernel or session calls.
        # Taken by itself and not by the condition: an Interrupt within that one's Python would keep it.
        self._lock = forks.rlock()
        self._changed = forks.condition(self._lock)
        self._submitted: object | None = None  # by which call; none once its thread has begun
        self._claimed: Record | None = None
        self._claimed_at = 0.0
        self._leaving = False
        self._forked = False  # it is a copy: the launch is another process's
        self._verdict: Verdict | None = None
        self._search = self._new_search()
        self._looking = forks.lock()  # one at a time
        self._watch: Watch | None = None
        self._followed = False
        self._unfollowed = False  # nobody looks any more: it has settled, or somebody wanted that
        self.timer = timer or Timer()
        self._timing = forks.lock()  # once its timer is set, or while it is being set
        self._instance: Instance | None = None
        self._making = forks.lock()
        kernel.of(_Alive).launches[self.launch_id] = self
        forks.tell(self)

    def _new_search(self) -> Search:
        return Search(self.look, self.tell, lambda: self.state in UNRESOLVED)

    def __repr__(self) -> str:
        known = f"launch_id={self.launch_id!r}" if self.id is None else f"id={plain(self.id)!r}"
        return f"Launch({self.name!r}, {self.state.value}, {known})"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Be displayed (IPython's hook): as the card of its instance, else as it stands."""
        return {**super()._repr_mimebundle_(**options), "text/plain": str(self)}

    @property
    def name(self) -> str:
        """The instance's name."""
        return plain(self.plan.body.get("name"))

    @property
    def pending(self) -> bool:
        """Whether the answer, or a look-up of a lost one, is still to come."""
        return self.state in BUSY or (self.state in UNRESOLVED and self._search.going)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be expected without somebody doing something."""
        if self.state is LaunchState.SUCCEEDED:
            return self.seen is not None and self.seen.at_rest
        return not self.pending

    @property
    def instance(self) -> Instance | None:
        """What was launched, to watch, stop and delete; None until its id is known."""
        if self.id is not None and self._instance is None:
            made = self._made(self.id)
            with self._making:  # who waited asks at the very moment in which the launch's own thread does
                if self._instance is None:
                    self._instance = made
        return self._instance

    def _made(self, instance_id: str, seen: InstanceDetail | None = None) -> Instance:
        made = Instance(instance_id, self._wire, seen=seen, offer=self.plan.offer)
        made.observe(self._on_instance, "sight")  # first of all, so that others hear of both once
        return made

    @property
    def seen(self) -> InstanceDetail | None:
        """What was last seen of the instance."""
        return None if self._instance is None else self._instance.detail

    def machine(self) -> Instance | None:
        """Return `instance`; this spelling of before goes with the next release."""
        warnings.warn(
            "Launch.machine() is spelled Launch.instance, and goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.instance

    def arm(self) -> None:
        """Open the confirmation; nothing is sent."""
        self._go(LaunchState.ARMED)

    def withdraw(self) -> None:
        """Give up an open confirmation; this launch can then never be sent."""
        self._go(LaunchState.WITHDRAWN)

    def submit(self, *, again: Again = False, ask: bool = False) -> bool:
        """Send the request, at most once in this object's life.

        Before it, a second copy is looked for: a launch of this name that is unresolved, an
        instance that an earlier launch of this name made, or one of this name in the listing.

        Parameters
        ----------
        again : bool, str or iterable of str
            What was agreed to, and nothing else passes by it. True and ``"copy"``: a second copy;
            ``"unchecked"``: a name that cannot be checked; ``"unreadable"``: a record that cannot be
            read; ``"unrecorded"``: no record of this launch. ``"copy ID"``: a copy of that one.
        ask : bool
            Whether somebody is there to be asked once more: then the confirmation opens
            again, with `doubt`, where this would otherwise be refused.

        Returns
        -------
        bool
            False when it was submitted or withdrawn before: then nothing is done.

        Raises
        ------
        RequestInvalid
            When something still blocks; nothing was sent.
        LaunchRefused
            When its price is above the ceiling, or not known under one; for another `again`.
        """
        consent = read_consent(again)
        self.plan.report.require()
        self.plan.refuse_price()
        mine = object()
        try:
            with self._lock:
                if self.state not in (LaunchState.DRAFT, LaunchState.ARMED):
                    return False
                self._submitted = mine
                self._move(LaunchState.CLAIMED)
            self.tell()
            threads.run(partial(self._run, mine, consent, ask=ask), name="ppio-launch", daemon=False)
        except BaseException as error:
            if not self._take(mine):
                raise  # its thread has begun, and goes on
            self._break_off(error)
            if not isinstance(error, RuntimeError):  # that one: the system has no thread left
                raise
        return True

    def wait(self, timeout: float | None = None) -> Launch:
        """Wait until the instance runs, or until it is clear that it will not; return itself.

        It ends as well when nobody looks any more (the form was closed). Interrupting
        the wait does not stop the launch.

        Parameters
        ----------
        timeout : float, optional
            Seconds; without it, as long as it takes.
        """
        return self._wait(lambda: self.settled or (self._unfollowed and not self.pending), timeout)

    def wait_for_answer(self, timeout: float | None = None) -> Launch:
        """Wait until the server has answered the create call, or will not."""
        return self._wait(lambda: self.state not in BUSY, timeout)

    def wait_for_outcome(self, timeout: float | None = None) -> Launch:
        """Wait until the server has answered, or a lost answer was looked up."""
        return self._wait(lambda: not self.pending, timeout)

    def _wait(self, until: Callable[[], bool], timeout: float | None) -> Launch:
        """Wait until it is so far."""
        with self._lock:
            threads.wait_until(until, self._changed, timeout)
        return self

    def look(self) -> Launch:
        """Look a lost answer up now, once, and return itself; anything but UNKNOWN is left as it is."""
        with self._looking:
            try:
                self._look_up()
            except BaseException:  # what it had found counts
                self._end_look(self.record)
                raise
        return self

    def _look_up(self) -> None:
        with self._lock:
            if self.state is LaunchState.UNKNOWN and self.record is not None:
                self._move(LaunchState.RECONCILING)
            elif not (self.state is LaunchState.SENDING and self.late):
                return
            record = self.record
        if record is None:
            return
        seen = replace(record, state=LaunchState.UNKNOWN, absences=0)
        try:
            self.tell()
            with noted_by(self._note):
                seen = look_once(record, self._wire, self._ledger, threads.now())
        except Exception as error:  # noqa: BLE001 - a look that fails leaves it unknown
            log_fault(f"launch {self.launch_id}: a look", error)
        finally:  # an Interrupt leaves it unknown as well
            self._end_look(seen)

    def _end_look(self, seen: Record | None) -> None:
        """Take what a look-up found; while the answer may still come, only an instance counts."""
        with self._lock:
            found = seen is not None and seen.state is LaunchState.SUCCEEDED
            counts = self.state is LaunchState.RECONCILING or (self.state is LaunchState.SENDING and found)
            if counts and seen is not None:
                self._keep(seen, seen.state)
        self._announce()

    def look_soon(self) -> None:
        """Have a lost answer looked up at once, on its own thread."""
        if self.state is LaunchState.UNKNOWN:
            self._begin_search(at_once=True)

    def _begin_search(self, *, at_once: bool = False) -> None:
        """Have it looked up from now on; not in a forked child, where it is the parent's."""
        if self.record is not None:
            self._search.begin(at_once=at_once)

    def declare_absent(self, name: str) -> None:
        """Take a person's word that the instance is not there.

        Parameters
        ----------
        name : str
            The instance's name, typed, so that it is not said by accident.

        Raises
        ------
        LaunchRefused
            When the name is another one, or the launch is not unknown.
        """
        with self._lock:
            self._keep(self.check_absent(name), LaunchState.ABSENT)
        self._search.end()
        self.tell()

    def check_absent(self, name: str) -> Record:
        """Return its record once a person has said, by this name, that there is no instance.

        Raises
        ------
        LaunchRefused
            When the name is another one, or the launch is not unknown.
        """
        with self._lock:
            return declared_absent(self._require_unknown(), name)

    def declare_found(self, instance_id: str) -> None:
        """Take a person's word for the id of the instance that was launched, once that one was read.

        Parameters
        ----------
        instance_id : str
            From the bill or the console.

        Raises
        ------
        LaunchRefused
            When that one has another name, was there before or is another launch's, or the launch is not
            unknown.
        """
        with self._looking:
            self._require_unknown()
            one = seen_by_id(self._wire, instance_id)
            with self._lock:
                found = declared_found(self._require_unknown(), one, self._ledger)
                self._instance = self._made(one.id, one)
                self._keep(found, LaunchState.SUCCEEDED)
        self._announce()

    def _require_unknown(self) -> Record:
        """Return its record while its outcome is not known; the lock is held where that is written."""
        if self.state is not LaunchState.UNKNOWN or self.record is None:
            raise LaunchRefused("absent_state", name=self.name)
        return self.record

    def stop_following(self) -> None:
        """Stop looking at the instance; it goes on as it is. A lost answer is still looked up."""
        self._unfollowed = True
        self._end_watch_if_over()
        with self._lock:
            self._changed.notify_all()

    def _take(self, submitted: object) -> bool:
        """Whether the launch of this call is still to be begun: who is told so begins it or breaks it off."""
        with self._lock:
            due = self._submitted is submitted and self.state is LaunchState.CLAIMED
            if due:
                self._submitted = None
            return due

    def _run(self, submitted: object, consent: Consent, *, ask: bool) -> None:
        """Check, claim, send: the whole of it, on its own thread."""
        try:
            try:
                if self._take(submitted):
                    self._carry_out(consent, ask=ask)
            except BaseException as error:  # noqa: BLE001
                self._end_run(error)
        except BaseException as error:  # noqa: BLE001 - something more was raised as it was broken off
            self._end_run(error)

    def _end_run(self, error: BaseException) -> None:
        self._break_off(error)
        log_fault(f"launch {self.launch_id}", error)
        if not threads.exist() and not isinstance(error, Exception):
            raise error  # it is the thread of the person who pressed Interrupt

    def _carry_out(self, consent: Consent, *, ask: bool) -> None:
        ready = self._make_ready(consent)
        if not isinstance(ready, PpioError):
            if self.unrecorded is not None:
                self._stay_known()
            self._go(LaunchState.SENDING)
            self._send(*ready)
        elif ask and isinstance(ready, ConsentNeeded):
            self.doubt = ready
            self._go(LaunchState.ARMED)
        else:
            self._conclude(Verdict(sent=False, error=ready))

    def _make_ready(self, consent: Consent) -> tuple[Mapping[str, Any], tuple[str, ...]] | PpioError:
        """Claim it; what is recorded and what is sent come of one body.

        Returns that as it goes on the wire and what in it is secret, or why it must not be sent.
        """
        try:
            # Of what was checked: a person may have changed the body that is shown.
            body = self.plan.report.require().body()
            filled, secrets = on_wire(body, practice=self._wire.is_practice)
            self.record, self.unrecorded = claim(
                self.launch_id, body, self._wire, self._ledger, consent, self._note_claim
            )
        except PpioError as error:
            return error.with_traceback(None)  # its frames hold what was resolved
        except Exception as error:  # noqa: BLE001 - logged without its text
            kind = type(error).__name__
            log_fault(f"launch {self.launch_id}: the check before sending", error)
            return NotSent("fault_before", kind=kind)
        return filled, secrets

    def _note_claim(self, record: Record, copies: tuple[str, ...]) -> None:
        if self._forked:
            raise IllegalTransition(self.state, LaunchState.SENDING)
        self._claimed, self._claimed_at, self.copies = record, threads.tick(), copies

    def _send(self, body: Mapping[str, Any], secrets: tuple[str, ...]) -> None:
        waited = threads.tick() - self._claimed_at
        late = threads.after(SOFT_SECONDS, self._on_late)
        try:
            with self._lock:
                if self._forked:  # by who was told that it is being sent: this call goes on there as well
                    return
                self._leaving = True
            with noted_by(self._note):
                self._verdict = send(self._wire, body, secrets, waited)
        finally:
            late.set()
        self._conclude(self._verdict)

    def _note(self, entry: WireEntry) -> None:
        with self._lock:
            entries = [*self.wire, entry]
            if len(entries) > MOST_ENTRIES:
                entries.remove(next(one for one in entries if one.method != "POST"))
            self.wire = Wire(entries)

    def _break_off(self, error: BaseException) -> None:
        """End where a person can act, whatever was raised; what the wire has said counts, and is not lost.

        Once the request was handed to the wire it may have left, as long as that says nothing else.
        """
        try:
            self._end_after(error)
        except BaseException:
            if self.state in BUSY:  # nobody else would end it: once more, as most of it passes
                self._end_after(error)
            raise

    def _end_after(self, error: BaseException) -> None:
        if self._forked:
            return
        kind = type(error).__name__
        lost = Verdict(sent=True, error=OutcomeUnknown("fault", kind=kind)) if self._leaving else None
        verdict = self._verdict or lost
        if verdict is not None and self.state in (LaunchState.SENDING, LaunchState.SUCCEEDED):
            self._conclude(verdict)
        elif self.state in BUSY:
            no_thread = self.record is None and isinstance(error, RuntimeError)
            known = {"host": self.plan.target.name} if no_thread else {}
            failed = NotSent("not_sent" if no_thread else "fault_before", kind=kind, **known)
            self._conclude(Verdict(sent=False, error=failed))
        else:
            self._announce()

    def _conclude(self, verdict: Verdict) -> None:
        """Take what the wire said, or why nothing was sent; what was looked up meanwhile is never lost."""
        state, instance_id = state_after(verdict), verdict.instance_id
        with self._lock:
            if self._forked:
                return
            if verdict.candidate and self.record is not None:
                self.record = replace(self.record, candidates=(verdict.candidate,))
            if self.state is LaunchState.SUCCEEDED:
                if instance_id is not None and instance_id != self.id:
                    self.other_id = instance_id
                    if self.record is not None:
                        self._save(replace(self.record, candidates=(instance_id,)))
            elif self.record is None:
                try:
                    self._release()
                finally:
                    self.error = verdict.error
                    self._move(state)
            else:
                if state is LaunchState.UNKNOWN:
                    self._begin_search()  # first, so that who waits for the outcome waits on
                self.error = verdict.error
                source = "answer" if instance_id else ""
                self._keep(replace(self.record, instance_id=instance_id, source=source), state)
        self._announce()

    def _release(self) -> None:
        """Take a claim back under which nothing was sent; what another kernel wrote stays."""
        if self._claimed is not None and self._ledger.get(self.launch_id) == self._claimed:
            self._ledger.release(self._claimed)

    def _announce(self) -> None:
        """Tell where it stands, and go on from there whatever the listeners do."""
        try:
            self.tell()
        finally:
            if self.state is LaunchState.SUCCEEDED:
                self._follow()

    def _on_late(self) -> None:
        with self._lock:
            if self.state is not LaunchState.SENDING:
                return
            self.late = True
        try:
            self.tell()
        finally:
            self._begin_search()

    def after_fork(self) -> None:
        """Become a copy that sends, looks up and writes nothing: the launch is the parent's.

        Who forked may have been told of it on its own thread, and then its call goes on in the child.
        """
        self._forked = True
        self._claimed = self._submitted = self._verdict = None
        self._search.after_fork()
        self._search, self._watch, self._unfollowed = self._new_search(), None, True
        self.timer = Timer()
        self.unobserve_all()
        if self.state in (LaunchState.DRAFT, LaunchState.ARMED):
            self.state = LaunchState.WITHDRAWN
        elif self.state is LaunchState.CLAIMED or self.state in UNRESOLVED:
            self.state, self.record = LaunchState.UNKNOWN, None
            self.error = OutcomeUnknown("forked", launch_id=self.launch_id)

    def _follow(self) -> None:
        """Look at the instance from now on; nothing where that was begun, or ended, before."""
        self._search.end()
        instance = self.instance
        if instance is None:
            return
        try:
            with self._lock:
                if self._followed or self._unfollowed:
                    return
                self._followed = True
            self._watch = watch(instance, self._end_watch_if_over)
            self._end_watch_if_over()
        except BaseException as error:
            # No thread left, or an Interrupt: nobody may wait for what nobody sees.
            try:
                self.stop_following()
            finally:
                log_fault(f"launch {self.launch_id}: following did not begin", error)
            if not isinstance(error, Exception):
                raise

    def _on_instance(self, _change: object) -> None:
        if not self._unfollowed:
            self.tell()

    def _end_watch_if_over(self) -> None:
        if self._unfollowed or self.settled:
            self._unfollowed = True
            if self._watch is not None:
                self._watch.end()

    def _go(self, state: LaunchState) -> None:
        with self._lock:
            self._move(state)
        self.tell()

    def _move(self, state: LaunchState) -> None:
        """Change the state; the lock is held."""
        if state not in FOLLOWING[self.state]:
            raise IllegalTransition(self.state, state)
        self.state = state
        self._changed.notify_all()
        log_line(logging.INFO, "launch %s: %s", self.launch_id, state.value)

    def _keep(self, record: Record, state: LaunchState) -> None:
        """Write down what is known, then change the state; the lock is held."""
        self._save(replace(record, state=state))
        self.id, self.source = record.instance_id, record.source
        if self.id is not None:
            self.error = None  # of a lost answer that was looked up since
        try:
            self._set_timer()  # first, so that who waits for the id finds it set
        finally:
            self._move(state)

    def _save(self, record: Record) -> None:
        self.record = record
        try:
            reason = self._ledger.save(record)
        except Exception as error:  # noqa: BLE001 - what is known does not depend on the disk
            reason = type(error).__name__
        unsaved = PpioError("ledger_unsaved", folder=str(self._ledger.folder), reason=reason)
        self.unrecorded = None if reason is None else unsaved
        if reason is None:
            return
        self._stay_known()  # whoever began it may have been interrupted, and hold it no longer
        if record.instance_id is not None:
            identity = plain(record.instance_id)
            log_line(
                logging.WARNING, "launch %s: its instance %s is recorded nowhere", self.launch_id, identity
            )

    def _stay_known(self) -> None:
        """Be known as long as the kernel lives: the ledger does not hold what has become of it."""
        kernel.of(_Alive).unrecorded[self.launch_id] = self

    def tell(self) -> None:
        """Wake who waits, and tell the observers."""
        with self._lock:
            self._changed.notify_all()
        try:
            self._set_timer()
        finally:
            super().tell()

    def _set_timer(self) -> None:
        """Set its timer once its id is known; where that fails, the next change tries again."""
        if not self.timer or self.id is None or not self._timing.acquire(blocking=False):
            return
        try:
            if self.instance is not None:
                self.timer.set_on(self.instance)
            self.untimed = None
        except MomentUnreadable as error:
            self.untimed = error.with_traceback(None)
            self._timing.release()
            log_line(logging.ERROR, "launch: instance %s has NO timer: no thread for it", plain(self.id))
        except BaseException as error:
            self._timing.release()
            if not isinstance(error, Exception):
                raise
            log_fault(f"launch {self.launch_id}: its timer", error)


def send(wire: PpioClient, body: Mapping[str, Any], secrets: tuple[str, ...], waited: float) -> Verdict:
    """Send the create call, once; a fault of our own leaves open whether it arrived."""
    try:
        return wire.send_create(body, secrets, waited=waited)
    except PpioError as error:  # refused on this side: no key, no such host
        return Verdict(sent=False, error=error.with_traceback(None))
    except BaseException as error:  # noqa: BLE001 - logged without its text; an Interrupt is one as well
        kind = type(error).__name__
        log_fault("sending", error)
    return Verdict(sent=True, error=OutcomeUnknown("fault", kind=kind))


def state_after(verdict: Verdict) -> LaunchState:
    """Return where a launch stands after its answer, or after none."""
    if verdict.instance_id is not None:
        return LaunchState.SUCCEEDED
    if not verdict.sent:
        return LaunchState.NOT_SENT
    return LaunchState.REJECTED if isinstance(verdict.error, ApiError) else LaunchState.UNKNOWN


class _Alive:
    """The launches of this kernel or session that are still known, by their own ids."""

    def __init__(self) -> None:
        self.launches: weakref.WeakValueDictionary[str, Launch] = weakref.WeakValueDictionary()
        self.unrecorded: dict[str, Launch] = {}
        forks.tell(self)

    def after_fork(self) -> None:
        """Know none: the parent's are copies here, and what becomes of them is in the ledger."""
        self.launches = weakref.WeakValueDictionary()
        self.unrecorded = {}


def live_launch(launch_id: str) -> Launch | None:
    """Return the launch of this id, when it was made here and is still known."""
    return kernel.of(_Alive).launches.get(launch_id)


def unrecorded_launches() -> tuple[Launch, ...]:
    """Return the launches of this kernel of which only it knows what has become of them."""
    return tuple(one for one in kernel.of(_Alive).unrecorded.values() if one.unrecorded is not None)


def names_of_this_kernel() -> frozenset[str]:
    """Return the names of the instances that were launched here, or may have been."""
    return frozenset(
        launch.name
        for launch in list(kernel.of(_Alive).launches.values())
        if launch.id is not None or launch.state in {*BUSY, *UNRESOLVED}
    )


def ids_of_this_kernel() -> frozenset[str]:
    """Return the ids of the instances that were launched here."""
    return frozenset(
        launch.id for launch in list(kernel.of(_Alive).launches.values()) if launch.id is not None
    )
