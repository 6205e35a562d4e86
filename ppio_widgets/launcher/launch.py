"""One launch: submitted at most once, then followed until it runs."""

from __future__ import annotations

import enum
import logging
import threading
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Protocol

from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import ApiError, NotSent, PpioError, frames_of
from ppio_widgets.launcher import worker
from ppio_widgets.locale import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ppio_widgets.cloud.answers import InstanceInfo
    from ppio_widgets.cloud.verdict import Verdict
    from ppio_widgets.launcher.plan import LaunchPlan
    from ppio_widgets.locale import Words

log = logging.getLogger("ppio_widgets")

POLL_SECONDS = 2.0
SLOWEST_POLL_SECONDS = 30.0

# Where following ends (PPIO GPU API v1 status list); anything else is "in progress".
RUNNING = "running"
ENDED = ("exited", "stopped", "removed")
# In the order an instance walks through them; for the progress bar.
STEPS = ("toCreate", "creating", "pulling", RUNNING)


class LaunchState(str, enum.Enum):
    """Where a launch stands."""

    DRAFT = "draft"
    ARMED = "armed"
    WITHDRAWN = "withdrawn"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Wire(Protocol):
    """What a launch needs of a client."""

    def send_create(self, body: Mapping[str, Any]) -> Verdict:
        """Send the create call once."""

    def get_instance(self, instance_id: str) -> InstanceInfo:
        """Return one instance."""


class Launch:
    """A launch and what has become of it.

    Made by `ppio_widgets.launch`, by a form or by the line; not by hand.

    Attributes
    ----------
    plan : LaunchPlan
        What is sent, and where.
    state : LaunchState
    id : str or None
        The instance's id; None until the server has confirmed it.
    instance : InstanceInfo or None
        What was last seen of the instance.
    error : PpioError or None
        Why there is no instance.
    """

    def __init__(self, plan: LaunchPlan, wire: Wire) -> None:
        self.plan = plan
        self.state = LaunchState.DRAFT
        self.id: str | None = None
        self.instance: InstanceInfo | None = None
        self.error: PpioError | None = None
        self._wire = wire
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._listeners: list[Callable[[Launch], None]] = []

    def __repr__(self) -> str:
        return self.sentence(words())

    def _repr_html_(self) -> str:
        return f"<div>{escape(self.sentence(words()))}</div>"

    @property
    def name(self) -> str:
        """The instance's name."""
        return plain(self.plan.report.body.get("name"))

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be expected without somebody doing something."""
        if self.state is LaunchState.SUCCEEDED:
            seen = self.instance
            return seen is not None and (seen.status in (RUNNING, *ENDED) or bool(seen.error))
        return self.state is not LaunchState.SENDING

    def sentence(self, say: Words) -> str:
        """Return where it stands in one sentence."""
        where = self.plan.target.words(say)
        if self.state is not LaunchState.SUCCEEDED:
            reason = self.error.sentence(say) if self.error else ""
            return say(f"launch.{self.state.value}", name=self.name, cloud=where, reason=reason)
        seen = self.instance
        status = status_words(seen.status, say) if seen else say("status.accepted")
        trouble = " ".join(text for text in (seen.error, seen.message) if text) if seen else ""
        text = say("launch.succeeded", name=self.name, cloud=where, id=plain(self.id), status=status)
        return f"{text} {trouble}".rstrip()

    def subscribe(self, listener: Callable[[Launch], None]) -> None:
        """Call `listener` after each change, on the thread that made it."""
        self._listeners.append(listener)

    def arm(self) -> None:
        """Open the confirmation; nothing is sent."""
        with self._changed:
            if self.state is LaunchState.DRAFT:
                self.state = LaunchState.ARMED

    def withdraw(self) -> None:
        """Give up an open confirmation; this launch can then never be sent."""
        with self._changed:
            if self.state is LaunchState.ARMED:
                self.state = LaunchState.WITHDRAWN

    def submit(self) -> bool:
        """Send the request, at most once in this object's life.

        Returns
        -------
        bool
            False when it was submitted or withdrawn before: then nothing is done.

        Raises
        ------
        RequestInvalid
            When something still blocks; nothing was sent.
        """
        request = self.plan.report.require()
        with self._changed:
            if self.state not in (LaunchState.DRAFT, LaunchState.ARMED):
                return False
            self.state = LaunchState.SENDING
        self._tell()
        body = request.body()
        try:
            worker.run(lambda: self._send(body), name="ppio-launch", daemon=False)
        except RuntimeError as error:  # the system has no thread left: nothing has begun
            failed = NotSent("not_sent", host=self.plan.target.name, kind=type(error).__name__)
            self._conclude(LaunchState.NOT_SENT, error=failed)
        return True

    def wait(self, timeout: float | None = None) -> Launch:
        """Wait until the instance runs, or until it is clear that it will not.

        It returns at once for a launch that was not sent, and ends as well when
        nobody looks any more (the form was closed).
        Interrupting the wait does not stop the launch.

        Parameters
        ----------
        timeout : float, optional
            Seconds; without it, as long as it takes.

        Returns
        -------
        Launch
            Itself; look at `state` and `instance`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.settled or self._abandoned, timeout)
        return self

    def wait_for_answer(self, timeout: float | None = None) -> Launch:
        """Wait until the server has answered the create call, or will not."""
        with self._changed:
            self._changed.wait_for(lambda: self.state is not LaunchState.SENDING, timeout)
        return self

    def stop_following(self) -> None:
        """Stop looking; the instance goes on as it is."""
        with self._changed:
            self._stop.set()
            self._changed.notify_all()

    @property
    def _abandoned(self) -> bool:
        return self._stop.is_set() and self.state is not LaunchState.SENDING

    def _send(self, body: Mapping[str, Any]) -> None:
        verdict: Verdict | None = None
        fault = ""
        try:
            verdict = self._wire.send_create(body)
        except PpioError as error:  # refused on this side: no key, no such host
            self._conclude(LaunchState.NOT_SENT, error=error)
            return
        except Exception as error:  # noqa: BLE001 - logged without its text
            fault = type(error).__name__
            _log("sending failed", error)
        if verdict is None:
            self._conclude(LaunchState.UNKNOWN, error=PpioError("fault", kind=fault))
        elif verdict.instance_id is not None:
            self._conclude(LaunchState.SUCCEEDED, instance_id=verdict.instance_id)
            try:
                worker.run(self._follow, name="ppio-follow", daemon=True)
            except RuntimeError as error:
                _log("following did not begin", error)
                self.stop_following()
        else:
            self._conclude(_failed_state(verdict), error=verdict.error)

    def _conclude(
        self, state: LaunchState, *, instance_id: str | None = None, error: PpioError | None = None
    ) -> None:
        with self._changed:
            self.state, self.id, self.error = state, instance_id, error
            self._changed.notify_all()
        self._tell()

    def _follow(self) -> None:
        """Look at the instance until it runs; a failed look is tried again, more slowly."""
        pause = POLL_SECONDS
        while not self._stop.is_set():
            try:
                seen = self._wire.get_instance(str(self.id))
                pause = POLL_SECONDS
                self._see(seen)
            except Exception as error:  # noqa: BLE001 - nobody else would look again
                if self.instance is not None and _is_gone(error):
                    self._see(replace(self.instance, status="removed"))
                elif isinstance(error, PpioError):
                    log.info("follow: %s", type(error).__name__)
                else:
                    _log("a look failed", error)
                pause = min(pause * 2, SLOWEST_POLL_SECONDS)
            if self.settled or self._stop.wait(pause):
                return

    def _see(self, seen: InstanceInfo) -> None:
        with self._changed:
            changed = seen != self.instance
            self.instance = seen
            self._changed.notify_all()
        if changed:
            self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener(self)
            except Exception as error:  # noqa: BLE001, PERF203 - the others still hear of it
                _log("a listener failed", error)


def status_words(status: str, say: Words) -> str:
    """Return an instance's status in words; an unknown one as it is."""
    key = f"status.{status}"
    return say(key) if key in say else say("status.other", status=status or "?")


def _is_gone(error: Exception) -> bool:
    """Whether the server knows no such instance (PPIO's v2 API answers 400, not 404)."""
    return isinstance(error, ApiError) and (error.status == 404 or error.reason == "RESOURCE_NOT_FOUND")


def _log(what: str, error: Exception) -> None:
    """Log a fault's type and frames, never its text, which may hold what was typed."""
    log.error("launch: %s: %s in %s", what, type(error).__name__, frames_of(error))


def _failed_state(verdict: Verdict) -> LaunchState:
    if isinstance(verdict.error, NotSent):
        return LaunchState.NOT_SENT
    return LaunchState.REJECTED if isinstance(verdict.error, ApiError) else LaunchState.UNKNOWN
