"""What a card of an instance observes: the instance, the open question, the action on its way."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from traitlets import Any, Bool, HasTraits, Unicode

from ppio_widgets.cloud.answers import ENDED, RUNNING
from ppio_widgets.cloud.instance_cost import offers_of
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.actions import unexpected, unheard
from ppio_widgets.instances.watcher import watch
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS, is_old
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.instance_calls import Action
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.watcher import Watch

# An open question that nobody answers is withdrawn.
ASKED_SECONDS = 120.0


class InstanceSession(HasTraits):
    """One card's sight of an instance, and its verbs.

    Parameters
    ----------
    instance : Instance

    Attributes
    ----------
    lock : threading.RLock
    closed : bool
    """

    asking = Unicode(help="The action whose confirmation is open, or empty.")
    acting = Unicode(help="The action on its way that was asked for last, or empty.")
    watching = Bool(False, help="Whether it is looked at by itself.")
    sight = Any(help="Changes with each look at the instance.")

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.lock = forks.rlock()
        self.closed = False
        self._watch: Watch | None = None
        self._unasked = forks.event()
        self._question = 0
        self._asked_at = -inf
        self._going: tuple[str, ...] = ()
        super().__init__()
        instance.subscribe(self._on_instance)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be asked for now."""
        seen = self.instance.detail
        status = seen.status if seen is not None else ""
        if seen is not None and seen.is_gone:
            return ()
        if status in ENDED:
            offered: tuple[Action, ...] = ("start", "delete")
        elif status == RUNNING:
            offered = ("stop", "restart", "delete")
        else:  # whatever it is doing, it can be made to stop
            offered = ("stop", "delete")
        if seen is not None and seen.may_renew:
            offered = (*offered, "stop_renewing")
        going = (*self._going, *(("start", "restart") if self._going else ()))
        return tuple(one for one in offered if one not in going)

    def watch(self) -> None:
        """Look at it by itself from now on; its price is loaded in the background, and again when old."""
        with self.lock:
            if self.closed or self._watch is not None:
                return
            self.watching = True
            try:
                self._watch = watch(self.instance, self._on_tick)
            except RuntimeError:  # the system has no thread left
                self.watching = False
        self._ask_price()

    def stop_watching(self) -> None:
        """Look no longer; the instance goes on as it is."""
        with self.lock:
            watched, self._watch = self._watch, None
            self.watching = False
        if watched is not None:
            watched.end()

    def ask(self, action: Action) -> None:
        """Open the confirmation of an action."""
        with self.lock:
            if not self.closed and action in self.actions:
                self.cancel()
                self._question += 1
                number = self._question
                self.asking = action
                self._unasked = threads.after(ASKED_SECONDS, lambda: self._on_nobody(number))

    def cancel(self) -> None:
        """Withdraw the open confirmation."""
        with self.lock:
            self._unasked.set()
            self.asking = ""

    def confirm(self) -> None:
        """Do what was asked about, on a thread of its own; what comes of it is read back."""
        with self.lock:
            action = self.asking
            self.cancel()
            if self.closed or not action:
                return
            self._going = (*self._going, action)
        try:
            self.acting = action
            threads.run(lambda: self._act(action), name="ppio-act", daemon=True)
        except BaseException as error:  # an Interrupt as well: nothing was sent, and it is not to look so
            failed = unexpected(error)
            self.instance.fail_action(failed)
            self._end(action, failed)
            if not isinstance(error, RuntimeError):
                raise

    def close(self) -> None:
        """End quietly: nothing is stopped, and an action on its way goes on."""
        with self.lock:
            self.cancel()
            self.closed = True
            self.unobserve_all()
        self.instance.unsubscribe(self._on_instance)
        self.stop_watching()

    def _act(self, action: str) -> None:
        failed: PpioError | None = None
        try:
            getattr(self.instance, action)()
        except PpioError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - said on the card: nobody else would
            failed = unexpected(error)
            self.instance.fail_action(failed)
        self._end(action, failed)

    def _end(self, action: str, failed: PpioError | None) -> None:
        with self.lock:
            self._going = tuple(one for one in self._going if one != action)
            closed, watched = self.closed, self._watch
            if not closed:
                self.acting = self._going[-1] if self._going else ""
                self.sight = object()
        if closed and failed is not None:
            unheard(self.instance.id, action, failed)
        if watched is not None:
            watched.soon()

    def _on_instance(self, _instance: Instance) -> None:
        with self.lock:
            if not self.closed:
                self.sight = object()

    def _on_tick(self) -> None:
        self._on_instance(self.instance)
        seen = self.instance.detail
        if seen is not None and seen.is_gone:
            self.stop_watching()
        else:
            self._ask_price()

    def _on_nobody(self, number: int) -> None:
        with self.lock:
            if number == self._question:  # not one that was asked anew meanwhile
                self.cancel()

    def _ask_price(self) -> None:
        """Have an old price asked for again, at most once in the life of one: what fails is not pressed."""
        offer, now = self.instance.offer, threads.tick()
        if self.closed or not threads.HAS_THREADS or now - self._asked_at < PRICE_LIFE_SECONDS:
            return
        if offer is None or is_old(offer, now):
            self._asked_at = now
            threads.try_run(self._load_price, name="ppio-catalogue")

    def _load_price(self) -> None:
        seen = self.instance.detail
        offers_of(self.instance.client, seen=None if seen is None else [seen])
        self._on_instance(self.instance)
