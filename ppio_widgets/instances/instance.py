"""An instance that exists: watch it, open it, stop paying for it, from any notebook on any day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.answers import InstanceStatus, plain
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.cloud.web_pages import is_public_page, page_answers
from ppio_widgets.errors import PpioError
from ppio_widgets.instances import autostop
from ppio_widgets.instances.actions import Errand, confirmed_words, still_holds, unexpected, wait_for
from ppio_widgets.instances.watched import Watched
from ppio_widgets.instances.watcher import look_anew
from ppio_widgets.locale.words import Span, words
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import BillingMode, price_moment
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.runtime.times import read_moment, read_span
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.cloud.instances import Endpoint, InstanceDetail
    from ppio_widgets.instances.autostop import Deadline
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer


# What was read back where it is gone, whatever was asked for.
_ENDS: Mapping[str, str] = {
    InstanceStatus.REMOVED: "delete",
    InstanceStatus.NOT_SEEN: InstanceStatus.NOT_SEEN,
}


# The address of Jupyter and the moment of the start that it belongs to.
Start = tuple[str, int]


def _seen(name: str, doc: str, shown: Callable[[Any], Any] = lambda value: value) -> Any:
    """Return a property of what was last seen of an instance; the first time that asks for a look."""
    return property(lambda instance: shown(getattr(instance.detail or instance.look(), name)), doc=doc)


@without_frames
class Instance(Displayed, Watched):
    """An instance, by its id.

    Every action is read back: it returns when the instance itself shows it, or raises
    `ActionUnconfirmed`. Interrupting a wait stops the waiting, not the machine.

    Parameters
    ----------
    id : str
    client : PpioClient, optional
        Its cloud; by default the one that a line would use.
    seen : InstanceDetail, optional
        What is known of it already.
    seen_at : float, optional
        Unix seconds when that was seen; by default just now.
    offer : Offer, optional
        Its product as it was when it was launched; by default, and once it is old, the catalogue is asked.

    Raises
    ------
    LaunchRefused
        For a text that can be no id.

    Attributes
    ----------
    id : str
    detail : InstanceDetail or None
        What was last seen of it; None before the first look.
    missed : PpioError or None
        Why the last look failed.
    done : tuple or None
        The last action that was read back, and the Unix seconds when it was; None while one begins, and
        while what is seen is something else, whoever did that.
    failed : PpioError or None
        Why the last action failed; it stays until one that was begun later is read back.
    seen_at : float
        Unix seconds of the last look that did not fail; 0 before the first.
    sight : object
        Changes whenever one of these does: ``instance.observe(handler, "sight")``.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - the API's own word
        client: PpioClient | None = None,
        *,
        seen: InstanceDetail | None = None,
        seen_at: float | None = None,
        offer: Offer | None = None,
    ) -> None:
        super().__init__(id, client or kernel.outer("cloud")(), seen, seen_at)
        self._offer = offer
        self._done: tuple[str, float] | None = None
        self.failed: PpioError | None = None
        self._begun = 0
        self._failed_in = 0
        self._answered: tuple[Start, float] | None = None

    def __repr__(self) -> str:
        status = plain(self.known.status) or "not looked at"
        return f"<Instance {self.title}: {status}>"

    @property
    def done(self) -> tuple[str, float] | None:
        """The last action that was read back, as long as nothing else is seen."""
        done = self._done
        return done if done is not None and still_holds(done[0], self.known) else None

    @property
    def error(self) -> PpioError | None:
        """Why the last action, or else the last look, failed."""
        return self.failed or self.missed

    @property
    def outcome(self) -> str:
        """The last action that was read back: ``"confirmed stopped at 17:32 UTC+08:00"``, or empty."""
        return outcome_words(self, words())

    @property
    def target(self) -> Target:
        """The cloud that it is on."""
        return Target.of(self.client)

    @property
    def title(self) -> str:
        """Name and id, as a question or a result names it; what was last seen."""
        name = plain(self.known.name)
        return f"{name} ({plain(self.id)})" if name else plain(self.id)

    name: str = _seen("name", "Its name; what was last seen.", plain)
    status: str = _seen(
        "status", 'The API\'s word for where it stands, as last seen; unknown words mean "in progress".'
    )
    message: str = _seen("message", "The server's own words about it, empty when all is well; as last seen.")
    created_at: int = _seen("created_at", "Unix seconds when it was made; 0 when not told.")
    at_rest: bool = _seen("at_rest", "Whether nothing more happens to it by itself, as last seen.")
    is_gone: bool = _seen(
        "is_gone", "Whether it was seen to be removed, or is proved not to be there any more."
    )
    jupyter_url: str = _seen("jupyter_url", "Address of its Jupyter, without a token; empty for none (yet).")
    ssh_command: str = _seen("ssh_command", "The command that connects by SSH; it changes with each start.")
    endpoints: tuple[Endpoint, ...] = _seen("ports", "Its ports, each with the address to reach it at.")
    logs: dict[str, str] = _seen("logs", "Addresses of its logs by the server's names for them.", dict)

    @property
    def cost_so_far(self) -> Decimal | None:
        """About what it has cost since its last start, by today's price; None when that is not known."""
        return self.known.cost_so_far(self.offer, self.client.now())

    @property
    def offer(self) -> Offer | None:
        """Its product, as planned or as the catalogue tells it: whichever was told later."""
        listed = self.client.prices.snapshot().offer(self.known.product_id)
        now = threads.tick()
        return min(filter(None, (listed, self._offer)), key=lambda one: one.time.age(now), default=None)

    @property
    def deadline(self) -> Deadline | None:
        """The timer of this kernel that stops it, if there is one."""
        return autostop.of(self.client.host.base_url, self.id)

    @property
    def jupyter_at(self) -> float | None:
        """When its Jupyter was first seen to answer since its last start: Unix seconds, 0 for not yet.

        None where there is none, nothing behind its address, or an address beside the kernel.
        """
        seen = self.known
        if not seen.jupyter_url or not seen.is_on or ".practice.invalid" in seen.jupyter_url:
            return None
        if not (self.client.host.loopback or is_public_page(seen.jupyter_url)):
            return None
        answered, moment = self._answered or (None, 0.0)
        return moment if answered == self._start else 0.0

    def ask_jupyter(self) -> None:
        """Look whether its Jupyter answers, and tell the observers once it does."""
        start = self._start
        if self.jupyter_at is not None and page_answers(start[0]):
            self._answered = start, threads.now()
            self.tell()

    @property
    def _start(self) -> Start:
        return self.known.jupyter_url, self.known.started_at

    def reveal_ssh_password(self) -> str | None:
        """Return the SSH password, read afresh; it is kept nowhere."""
        return self.client.reveal_ssh_password(self.id)

    def reveal_jupyter_url(self) -> str | None:
        """Return Jupyter's address with its token, if it has one, read afresh."""
        return self.client.reveal_jupyter_url(self.id)

    def refresh(self) -> Instance:
        """Look at it once, and at the price of its product.

        Returns
        -------
        Instance
            Itself.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        self.look()
        self.client.prices.load_products([self.known.product_id])
        return self

    def wait(self, until: str = InstanceStatus.RUNNING, timeout: float | None = None) -> Instance:
        """Wait until it is so far, or until it rests elsewhere.

        Parameters
        ----------
        until : str
            The API's word for a status.
        timeout : float, optional
            Seconds; without it, as long as it takes.

        Returns
        -------
        Instance
            Itself; look at `status`.

        Raises
        ------
        InputError
            For a status that is none: it would be waited for without an end.
        ApiError, CredentialsError
            When it cannot be looked at at all; what passes is tried again, more slowly.
        """
        if until not in tuple(InstanceStatus):
            known = {"call": "wait()", "argument": "timeout=", "known": ", ".join(InstanceStatus)}
            raise input_error("status_awaited", word=until, **known)
        wait_for(self, until, timeout)
        return self

    def start(self, timeout: float | None = None) -> Instance:
        """Start it, once, and read back that it runs. It is billed from then on."""
        return self._act("start", timeout)

    def stop(self, timeout: float | None = None) -> Instance:
        """Stop it and read back that it stopped; what lies on its own disk may be lost.

        Raises
        ------
        ActionUnconfirmed
            When it does not show in time: it may still be billed.
        ApiError, NotSent, CredentialsError
        """
        return self._act("stop", timeout)

    def restart(self, timeout: float | None = None) -> Instance:
        """Restart it, once, and read back that it runs again."""
        return self._act("restart", timeout)

    def delete(self, timeout: float | None = None) -> Instance:
        """Delete it for good and read back that it is gone; only network volumes survive.

        It is confirmed where the server says that it is removed. Where it is only not found, three
        looks over a minute are needed, and it is then called not seen any more, never confirmed.
        """
        self._act("delete", timeout)
        if self.known.product_id:  # the last time to say what it came to
            self.client.prices.load_products([self.known.product_id])
        return self

    def stop_renewing(self, timeout: float | None = None) -> Instance:
        """Turn the auto-renew of a prepaid instance off and read that back: it ends with its months.

        One that is not prepaid does not renew; then nothing is sent.

        Raises
        ------
        ActionUnconfirmed
            When it does not show in time: it may still renew, and be charged.
        ApiError, NotSent, CredentialsError
        """
        return self._act("stop_renewing", timeout)

    def step(self) -> Instance:
        """Lead it to its next state, where that waits for a person: ``practice=Slow(step=True)``.

        Raises
        ------
        ApiError
            When it does not wait.
        HostRefused
            On a cloud that is no practice cloud; nothing was sent.
        """
        self.client.act(self.id, "step")
        self.look()
        return self

    @property
    def waits(self) -> bool:
        """Whether its next state waits for `step`."""
        return self.client.waits(self.id)

    def stop_at(self, when: str | datetime) -> Deadline:
        """Have this kernel stop it at a time, ``"17:30"`` or ``"17:30+08:00"``.

        The timer is this notebook's, not PPIO's: it does not fire when the kernel is shut
        down or culled, or the machine it runs on sleeps.

        Raises
        ------
        MomentUnreadable
        """
        return self._timed(autostop.set_for(self, read_moment(when, self.client.now())))

    def stop_after(self, span: str | float | timedelta) -> Deadline:
        """Have this kernel stop it after ``"3h"``, ``"90m"`` or so many seconds; see `stop_at`.

        Raises
        ------
        MomentUnreadable
        """
        return self._timed(autostop.set_for(self, read_span(span), is_span=True))

    def _timed(self, made: Deadline) -> Deadline:
        self.tell()
        return made

    def cancel_deadline(self) -> bool:
        """Call the timer off; False when there was none."""
        found = self.deadline
        return found is not None and found.cancel()

    def fail_action(self, error: PpioError) -> None:
        """Take why an action failed that did not come as far as to be asked for."""
        self._fail(self._begin(), error.with_traceback(None))

    def _act(self, action: Action, timeout: float | None) -> Instance:
        try:
            return self._read_back(action, timeout)
        finally:  # whatever came of it, boards of this kernel list it anew
            look_anew(self.client)

    def _read_back(self, action: Action, timeout: float | None) -> Instance:
        number = self._begin()
        try:
            seen = Errand(self, action, timeout, known=self._seen_before() is not None).run()
        except Exception as error:
            self._fail(number, error if isinstance(error, PpioError) else unexpected(error))
            raise
        with self._lock:
            if self._failed_in <= number:
                self.failed = None
            # Whatever was asked for, one that is gone is not called stopped.
            self._done = _ENDS.get(seen.status, action), threads.now()
        self.tell()
        return self

    def _begin(self) -> int:
        """Return the number of an action that begins now; what was read back before is over."""
        with self._lock:
            self._begun += 1
            self._done = None
            return self._begun

    def _fail(self, number: int, error: PpioError) -> None:
        with self._lock:
            if self._failed_in <= number:
                self.failed, self._failed_in = error, number
        self.tell()


def outcome_words(instance: Instance, say: Words) -> str:
    """Return the last action that was read back, and of a delete about what it came to; empty for none."""
    done = instance.done
    if done is None:
        return ""
    confirmed = confirmed_words(*done, say)
    if not instance.known.is_gone or instance.cost_so_far is None:
        return confirmed
    return say("confirmed.and_cost", confirmed=confirmed, cost=cost_words(instance, say))


def cost_words(instance: Instance, say: Words) -> str:
    """Return how long it is on and about what that costs; what is unknown is said to be."""
    seen = instance.known
    seconds, cost, offer = seen.seconds_on(instance.client.now()), instance.cost_so_far, instance.offer
    span = Span(seconds).sentence(say) if seconds is not None else "?"
    currency = offer.currency if offer is not None else ""
    gone = seen.is_gone
    if seen.mode == BillingMode.PREPAID:
        return say("machine.prepaid_gone" if gone else "machine.prepaid", span=span)
    if cost is None:
        if gone:
            return say("machine.cost_gone_unknown", span=span)
        # A price that nobody has asked for is not called unknown.
        return say("machine.cost_unknown" if instance.client.prices.priced else "machine.on", span=span)
    rate = pricing.hourly(offer, seen.priced_body)
    shown = pricing.shown(rate, currency) if rate is not None else "?"
    off = "machine.cost_reclaimed" if seen.is_reclaimed else "machine.cost_off"
    key = "machine.cost_gone" if gone else "machine.cost_on" if seen.is_on else off
    told = say(key, span=span, cost=pricing.shown(cost, currency), rate=shown)
    if offer is None or not offer.time.is_old(threads.tick()):
        return told
    return say("machine.cost_by", cost=told, moment=price_moment(offer))
