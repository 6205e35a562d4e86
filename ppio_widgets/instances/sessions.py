"""What a card of an instance observes: the instance, the open question, the action on its way."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from traitlets import Any, Bool, HasTraits, Unicode
from traitlets import Tuple as TupleOf

from ppio_widgets.cloud.answers import ENDED, InstanceStatus
from ppio_widgets.cloud.client import Target
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.actions import unexpected, unheard
from ppio_widgets.instances.instance import Instance, outcome_words
from ppio_widgets.instances.listing import Board, doubt_of, on_all
from ppio_widgets.instances.watcher import watch, watch_all
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.cloud.instances import DetailListing, InstanceDetail
    from ppio_widgets.instances.watcher import Watch
    from ppio_widgets.locale.words import Words

# An open question that nobody answers is withdrawn.
ASKED_SECONDS = 120.0


class InstanceSession(HasTraits):
    """One card's sight of an instance, and its verbs."""

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
        self._told = False  # since the last look
        super().__init__()
        instance.observe(self._on_instance, "sight")

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be asked for now."""
        seen = self.instance.detail
        status = seen.status if seen is not None else ""
        if seen is not None and seen.is_gone:
            return ()
        if status in ENDED:
            offered: tuple[Action, ...] = ("start", "delete")
        elif status == InstanceStatus.RUNNING:
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
        self.instance.unobserve(self._on_instance, "sight")
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

    def _on_instance(self, _change: object = None) -> None:
        with self.lock:
            if not self.closed:
                self._told = True
                self.sight = object()

    def _on_tick(self) -> None:
        if not self._told:  # time and cost go on; what changed in this look was told
            self._on_instance()
        self._told = False
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
        if offer is None or offer.time.is_old(now):
            self._asked_at = now
            threads.try_run(self._load_price, name="ppio-catalogue")

    def _load_price(self) -> None:
        seen = self.instance.detail
        self.instance.client.prices.load_products(None if seen is None else [seen.product_id])
        self._on_instance()


# While nothing else changes, times and costs are counted on only so often: all rows are sent anew.
STALE_SECONDS = 60.0


class BoardSession(HasTraits):
    """All instances of an account, watched by one listing a tick."""

    board = Any(Board(()), help="The instances as they were last listed, a Board.")
    loaded = Bool(False, help="Whether they were listed at all.")
    missed = Any(None, allow_none=True, help="Why the last listing failed, a PpioError.")
    asking = Unicode(help="The action whose confirmation is open, or empty.")
    acting = Unicode(help="The action that is on its way, or empty.")
    chosen = TupleOf(help="Ids of the instances that are chosen.")
    results = TupleOf(
        help="Pairs of a title and what came of the action: words, a PpioError, or nothing yet."
    )

    def __init__(self, client: PpioClient, say: Words) -> None:
        self.client = client
        self.lock = forks.rlock()
        self.closed = False
        self._say = say
        self._watch: Watch | None = None
        self._asked: list[Instance] = []
        self._asked_at = -inf
        super().__init__()

    def watch(self) -> None:
        """List them by itself from now on; prices are loaded in the background, and again when old."""
        with self.lock:
            if self.closed or self._watch is not None:
                return
            try:
                self._watch = watch_all(self.client, self._on_listing)
            except RuntimeError as error:  # the system has no thread left
                self.missed = unexpected(error)
                return
        self._ask_prices()

    def refresh(self) -> None:
        """List them now; where watching could not begin, it is tried again."""
        watched = self._watch
        if watched is not None:
            watched.soon()
        else:
            self.watch()

    def choose(self, ids: Sequence[str]) -> None:
        """Choose instances; an open confirmation is withdrawn."""
        with self.lock:
            self.asking = ""
            self.chosen = tuple(ids)

    def ask(self, action: Action) -> None:
        """Open the confirmation of an action on all that are chosen."""
        with self.lock:
            self.asking = ""
            instances = self.instances()
            if not self.closed and not self.acting and instances:
                self._asked = instances
                self.asking = action

    def cancel(self) -> None:
        """Withdraw the open confirmation."""
        with self.lock:
            self.asking = ""

    def confirm(self) -> None:
        """Do what was asked about to each that is chosen; what comes of each is read back."""
        with self.lock:
            action, instances = self.asking, self.instances()
            self.asking = ""
            if self.closed or not action or not instances:
                return
            try:
                self.results = tuple((one.title, "") for one in instances)
                self.acting = action
                threads.run(lambda: self._act(action, instances), name="ppio-act", daemon=True)
            except BaseException as error:  # an Interrupt as well: nothing was sent, and it is not to look so
                self.acting = ""
                self.results = tuple((one.title, unexpected(error)) for one in instances)
                if not isinstance(error, RuntimeError):
                    raise

    def instances(self) -> list[Instance]:
        """Return the chosen instances that are still there; of an open question, all that it names."""
        if self.asking:
            return self._asked
        there = {one.id: one for one in self.board.instances}
        found = [there[one] for one in self.chosen if one in there]
        return [Instance(one.id, self.client, seen=one, seen_at=self.board.now) for one in found]

    def close(self) -> None:
        """End quietly: nothing is stopped, and an action on its way goes on."""
        with self.lock:
            self.closed = True
            self.unobserve_all()
            watched, self._watch = self._watch, None
        if watched is not None:
            watched.end()

    def _act(self, action: str, instances: list[Instance]) -> None:
        def do(machine: Instance) -> str:
            getattr(machine, action)()
            return outcome_words(machine, self._say)

        def heard(number: int, result: str | PpioError) -> None:
            with self.lock:
                if not self.closed:
                    rows = list(self.results)
                    rows[number] = (rows[number][0], result)
                    self.results = tuple(rows)
                    return
            if isinstance(result, PpioError):
                unheard(instances[number].id, action, result)

        on_all(instances, do, heard)
        with self.lock:
            if self.closed:
                return
            self.acting = ""
        self.refresh()

    def _on_listing(self, listing: DetailListing | PpioError) -> None:
        with self.lock:
            if self.closed:
                return
            # Together: an empty board that counts as loaded would say that there are no instances.
            with self.hold_trait_notifications():
                self.missed = listing if isinstance(listing, PpioError) else None
                if not isinstance(listing, PpioError):
                    self._show(listing.instances, doubt_of(self.client, listing))
                    self.loaded = True
            if self.missed is None:
                self._ask_prices()

    def _show(self, rows: tuple[InstanceDetail, ...], doubt: PpioError | None) -> None:
        rows = tuple(one for one in rows if not one.is_gone)
        offers, now = self.client.prices.snapshot().by_id, threads.now()
        # A clock that was set back makes nothing fresh.
        same = rows == self.board.instances and 0 <= now - self.board.now < STALE_SECONDS
        at = self.board.now if same else now
        self.board = Board(rows, offers, Target.of(self.client).words(self._say), at, doubt)

    def _ask_prices(self) -> None:
        """Have the prices asked for, at most once in the life of one."""
        now = threads.tick()
        if threads.HAS_THREADS and now - self._asked_at >= PRICE_LIFE_SECONDS:
            self._asked_at = now
            threads.try_run(self._load_prices, name="ppio-catalogue")

    def _load_prices(self) -> None:
        self.client.prices.load_products()
        with self.lock:
            if not self.closed and self.loaded:
                self._show(self.board.instances, self.board.doubt)
