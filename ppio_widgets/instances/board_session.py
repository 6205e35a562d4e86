"""What a board observes: every instance of an account, what is chosen, what came of an action."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from traitlets import Any, Bool, HasTraits, Unicode
from traitlets import Tuple as TupleOf

from ppio_widgets.cards.instance import outcome_words
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instance_cost import offers_of
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.actions import unexpected, unheard
from ppio_widgets.instances.instance import Instance
from ppio_widgets.instances.listing import Board, doubt_of, on_all
from ppio_widgets.instances.watcher import watch_all
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instance_calls import Action
    from ppio_widgets.cloud.instances import DetailListing, InstanceDetail
    from ppio_widgets.instances.watcher import Watch
    from ppio_widgets.locale import Words


# While nothing else changes, times and costs are counted on only so often: all rows are sent anew.
STALE_SECONDS = 60.0


class BoardSession(HasTraits):
    """All instances of an account, watched by one listing a tick.

    Parameters
    ----------
    client : PpioClient
    say : Words

    Attributes
    ----------
    lock : threading.RLock
    closed : bool
    """

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
        offers, now = offers_of(self.client, load=False), threads.clock.now()
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
        offers_of(self.client)
        with self.lock:
            if not self.closed and self.loaded:
                self._show(self.board.instances, self.board.doubt)
