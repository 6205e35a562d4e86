"""What a card of an instance observes: the instance, the open question, the action on its way."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING

from traitlets import Any, Bool, HasTraits, Unicode
from traitlets import Tuple as TupleOf

from ppio_widgets.cloud.answers import GONE, OFF, InstanceStatus
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import listed
from ppio_widgets.errors import PpioError
from ppio_widgets.instances import autostop
from ppio_widgets.instances.actions import tried, unexpected, unheard
from ppio_widgets.instances.instance import Instance, outcome_words
from ppio_widgets.instances.listing import Board, Page, Row, Wanted, doubt_of, on_all
from ppio_widgets.instances.watcher import watch, watch_all
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail, Listing
    from ppio_widgets.instances.listing import Order
    from ppio_widgets.instances.watcher import Watch
    from ppio_widgets.locale.words import Words

# An open question that nobody answers is withdrawn.
ASKED_SECONDS = 120.0


# What can be asked for where an instance stands; whatever else it is doing, it can be made to stop.
_OFFERED: Mapping[str, tuple[Action, ...]] = {
    InstanceStatus.RUNNING: ("stop", "restart", "delete"),
    **dict.fromkeys(OFF, ("start", "delete")),
    **dict.fromkeys(GONE, ()),
}


def _offered(seen: InstanceDetail) -> tuple[Action, ...]:
    return ("delete",) if seen.is_reclaimed else _OFFERED.get(seen.status, ("stop", "delete"))


class _Session(HasTraits):
    """What a card and a board have in common: a watch, a question, an action, and prices that grow old."""

    asking = Unicode(help="The action whose confirmation is open, or empty.")
    acting = Unicode(help="The action on its way that was asked for last, or empty.")
    watching = Bool(False, help="Whether it is looked at by itself.")

    # What each does in its own way.
    _begin_watch: Callable[[], Watch]
    _load_prices: Callable[[], None]
    _can_ask: Callable[[Action], bool]
    _on_confirmed: Callable[[str], None]
    _act: Callable[[str], None]
    _not_begun: Callable[[str, PpioError], None]

    def __init__(self) -> None:
        self.lock = forks.rlock()
        self.closed = False
        self._watch: Watch | None = None
        self._prices_asked_at = -inf
        self._unasked = forks.event()
        self._question = 0
        super().__init__()

    def watch(self) -> None:
        """Look by itself from now on; prices are loaded in the background, and again when old."""
        with self.lock:
            if self.closed or self._watch is not None:
                return
            self.watching = True
            try:
                self._watch = self._begin_watch()
            except RuntimeError as error:  # the system has no thread left
                self.watching = False
                self._on_unwatched(unexpected(error))
        self._ask_prices()

    def stop_watching(self) -> None:
        """Look no longer; what is looked at goes on as it is."""
        with self.lock:
            watched, self._watch = self._watch, None
            self.watching = False
        if watched is not None:
            watched.end()

    def ask(self, action: Action) -> None:
        """Open the confirmation of an action, in place of one that is open."""
        with self.lock:
            self.cancel()
            if not self.closed and self._can_ask(action):
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
            self._on_confirmed(action)
            self.acting = action
        try:
            threads.run(lambda: self._act(action), name="ppio-act", daemon=True)
        except BaseException as error:  # an Interrupt as well; nothing was sent, and it looks so
            self._not_begun(action, unexpected(error))
            if not isinstance(error, RuntimeError):
                raise

    def close(self) -> None:
        """End quietly: nothing is stopped, and an action on its way goes on."""
        with self.lock:
            self.cancel()
            self.closed = True
            self.unobserve_all()
        self.stop_watching()

    def _on_unwatched(self, error: PpioError) -> None:
        """Take why watching could not begin."""

    def _on_nobody(self, number: int) -> None:
        with self.lock:
            if number == self._question:  # not one that was asked anew meanwhile
                self.cancel()

    def _ask_prices(self) -> None:
        """Have old prices asked for again, at most once in the life of one: what fails is not pressed."""
        now = threads.tick()
        if self.closed or now - self._prices_asked_at < PRICE_LIFE_SECONDS:
            return
        if self._prices_are_old(now):
            self._prices_asked_at = now
            threads.try_run(self._load_prices, name="ppio-catalogue")

    def _prices_are_old(self, _now: float) -> bool:
        return True


class InstanceSession(_Session):
    """One card's sight of an instance, and its verbs."""

    sight = Any(help="Changes with each look at the instance.")

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._going: tuple[str, ...] = ()
        self._told = False  # since the last look
        self._asking_jupyter = False
        super().__init__()
        instance.observe(self._on_instance, "sight")

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be asked for now."""
        seen = self.instance.known
        offered = _offered(seen)
        if seen.may_renew:
            offered = (*offered, "stop_renewing")
        going = (*self._going, *(("start", "restart") if self._going else ()))
        return tuple(one for one in offered if one not in going)

    def close(self) -> None:
        """End quietly: nothing is stopped, and an action on its way goes on."""
        super().close()
        self.instance.unobserve(self._on_instance, "sight")

    def step(self) -> None:
        """Lead an instance that waits for it to its next state."""
        threads.try_run(self._lead_on, name="ppio-act")

    def _lead_on(self) -> None:
        try:
            self.instance.step()
        except PpioError as error:
            self.instance.fail_action(error)

    def _begin_watch(self) -> Watch:
        return watch(self.instance, self._on_tick)

    def _can_ask(self, action: Action) -> bool:
        return action in self.actions

    def _on_confirmed(self, action: str) -> None:
        self._going = (*self._going, action)

    def _act(self, action: str) -> None:
        result = tried(getattr(self.instance, action))
        self._end(action, result if isinstance(result, PpioError) else None)

    def _not_begun(self, action: str, failed: PpioError) -> None:
        self.instance.fail_action(failed)
        self._end(action, failed)

    def _end(self, action: str, failed: PpioError | None) -> None:
        with self.lock:
            self._going = tuple(one for one in self._going if one != action)
            closed = self.closed
            if not closed:
                self.acting = self._going[-1] if self._going else ""
                self.sight = object()
        if closed and failed is not None:
            unheard(self.instance.id, action, failed)

    def _on_instance(self, _change: object = None) -> None:
        with self.lock:
            if not self.closed:
                self._told = True
                self.sight = object()

    def _on_tick(self) -> None:
        if not self._told:  # time and cost go on; what changed in this look was told
            self._on_instance()
        self._told = False
        if self.instance.known.is_gone:
            self.stop_watching()
        else:
            self._ask_prices()
            self._ask_jupyter()

    def _ask_jupyter(self) -> None:
        """Look whether the Jupyter of what runs answers, until it does."""
        runs = self.instance.known.status == InstanceStatus.RUNNING
        if runs and self.instance.jupyter_at == 0 and not self._asking_jupyter:
            self._asking_jupyter = True
            if not threads.try_run(self._look_at_jupyter, name="ppio-jupyter"):
                self._asking_jupyter = False

    def _look_at_jupyter(self) -> None:
        try:
            self.instance.ask_jupyter()
        finally:
            self._asking_jupyter = False

    def _prices_are_old(self, now: float) -> bool:
        offer = self.instance.offer
        return offer is None or offer.time.is_old(now)

    def _load_prices(self) -> None:
        self.instance.client.prices.load_products([self.instance.known.product_id])
        self._on_instance()


# Times and costs are counted on only so often: all rows are sent anew.
STALE_SECONDS = 60.0

# So many rows are shown at once, and so many while a text is typed into the filter.
MOST_ROWS, FEW_ROWS = 50, 8
# So many instances are read in full before what was read is shown.
READ_AT_ONCE = 8
ACTIONS: tuple[Action, ...] = ("stop", "start", "restart", "delete")


def _still_told(one: Instance, result: str | PpioError) -> str | PpioError | None:
    """Return what is to be said of an action: what was read back, as long as nothing else is seen."""
    is_over = isinstance(result, str) and result and one.done is None
    return None if is_over else result


class BoardSession(_Session):
    """All instances of an account, watched by one listing a tick, and the rows of them that are shown.

    An order that a person has seen stays until a filter, another order, another page or Refresh is asked for:
    what is new comes last, and what is gone keeps its place. Only what is shown can be chosen.
    """

    board = Any(Board(()), help="The instances as they were last listed, a Board.")
    loaded = Bool(False, help="Whether they were listed at all.")
    missed = Any(None, allow_none=True, help="Why the last listing failed, a PpioError.")
    page = Any(Page(), help="The rows that are shown, a Page.")
    chosen = TupleOf(help="Ids of the instances that are chosen.")
    results = TupleOf(
        help="Pairs of an `Instance` and what came of the action: words, a PpioError, or nothing yet."
    )

    def __init__(self, client: PpioClient, say: Words) -> None:
        self.client = client
        self._say = say
        self._asked: list[Instance] = []
        self.wanted = Wanted()
        self._first, self.most = 0, MOST_ROWS
        self._order: list[str] = []
        self._anew = True  # whether the next listing may change the order
        self._known: dict[str, InstanceDetail] = {}
        self._read: dict[str, int] = {}  # the start for which each was read in full
        self._reading = False
        super().__init__()

    def refresh(self) -> None:
        """List them now, and put them in order; where watching could not begin, it is tried again."""
        with self.lock:
            self._anew = True
            # What was read and told no way in is read again.
            self._read = {
                one: started
                for one, started in self._read.items()
                if one in self._known and (self._known[one].ssh_command or self._known[one].jupyter_url)
            }
        self._look()

    def search(self, text: str) -> None:
        """Show those whose name or id holds a text; while there is one, only a few of them."""
        most = FEW_ROWS if text.strip() else MOST_ROWS
        self._show_others(self.wanted._replace(text=text), most)

    def show_kind(self, kind: str) -> None:
        """Show those of one kind, see `listing.Kind`; all for an empty text."""
        self._show_others(self.wanted._replace(kind=kind))

    def sort(self, order: Order) -> None:
        """Show them in another order."""
        self._show_others(self.wanted._replace(order=order))

    def show_more(self) -> None:
        """Show as many rows as there may be at once."""
        self._show_others(self.wanted)

    def turn(self, pages: int) -> None:
        """Show the next rows, or with -1 those before."""
        self._show_others(self.wanted, first=self._first + pages * MOST_ROWS)

    def choose(self, ids: Sequence[str]) -> None:
        """Choose instances of those that are shown; an open confirmation is withdrawn."""
        with self.lock:
            self.cancel()
            self._keep_chosen(ids)

    def instances(self) -> list[Instance]:
        """Return the chosen instances that are still there; of an open question, all that it names."""
        if self.asking:
            return self._asked
        found = [self.board.by_id[one] for one in self.chosen if one in self.board.by_id]
        return [Instance(one.id, self.client, seen=one, seen_at=self.board.now) for one in found]

    @property
    def blocked(self) -> Mapping[Action, str]:
        """Why each action cannot be asked for now; empty where it can, at least for some that are chosen."""
        if self.acting:
            return dict.fromkeys(ACTIONS, self._say(f"acting.{self.acting}"))
        chosen = self.instances()
        if not chosen:
            return dict.fromkeys(ACTIONS, self._say("board.choose"))
        offered = {action for one in chosen for action in _offered(one.known)}
        return {one: "" if one in offered else self._say(f"board.only.{one}") for one in ACTIONS}

    def _look(self) -> None:
        if self._watch is not None:
            self._watch.soon()
        else:
            self.watch()

    def _begin_watch(self) -> Watch:
        return watch_all(self.client, self._on_listing)

    def _on_unwatched(self, error: PpioError) -> None:
        self.missed = error

    def _can_ask(self, action: Action) -> bool:
        if not self.acting:  # what is being acted on stays
            self._asked = [one for one in self.instances() if action in _offered(one.known)]
        return not self.acting and bool(self._asked)

    def _on_confirmed(self, _action: str) -> None:
        self.results = tuple((one, "") for one in self._asked)
        self._arrange()

    def _not_begun(self, _action: str, failed: PpioError) -> None:
        with self.lock:
            self.acting = ""
            self.results = tuple((one, failed) for one, _result in self.results)
            self._arrange()

    def _act(self, action: str) -> None:
        def do(machine: Instance) -> str:
            getattr(machine, action)()
            return outcome_words(machine, self._say)

        def heard(number: int, result: str | PpioError) -> None:
            with self.lock:
                if not self.closed:
                    rows = list(self.results)
                    rows[number] = (rows[number][0], result)
                    self.results = tuple(rows)
                    self._arrange()
                    return
            if isinstance(result, PpioError):
                unheard(self._asked[number].id, action, result)

        on_all(self._asked, do, heard)
        with self.lock:
            if not self.closed:
                self.acting = ""

    def _on_listing(self, listing: Listing | PpioError) -> None:
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
        if doubt is not None:  # what is not listed may be there
            gone = {one.id for one, _result in self.results if one.known.is_gone}
            known = gone.union(one.id for one in rows)
            rows = (*rows, *(one for one in self.board.instances if one.id not in known))
        rows = tuple(listed(self._known.get(one.id), one) for one in rows if not one.is_gone)
        offers, now, before = self.client.prices.snapshot().by_id, self.client.now(), self.board
        # A clock that was set back makes nothing fresh.
        fresh = 0 <= now - before.counted < STALE_SECONDS
        at = before.now if fresh and rows == before.instances else now
        counted = before.counted if fresh else now
        self._known = {one.id: one for one in rows}
        with self.hold_trait_notifications():
            self.board = Board(rows, offers, Target.of(self.client).words(self._say), at, doubt, counted)
            # Before there was any price, nothing could be put in order by what it costs.
            if self._anew or (offers and not before.offers):
                self._anew = False
                self._put_in_order(self.most, self._first)
            else:
                self._arrange()

    def _show_others(self, wanted: Wanted, most: int = MOST_ROWS, first: int = 0) -> None:
        """Show other rows; an open confirmation is withdrawn, as what it names may be hidden then."""
        with self.lock:
            self.cancel()
            self.wanted = wanted
            self._put_in_order(most, first)

    def _put_in_order(self, most: int, first: int = 0) -> None:
        """Show so many rows in the order that was asked for, without what is gone."""
        self._order = self._found()
        self.most = most
        self._first = max(0, min(first, len(self._order) - 1)) // most * most
        self._show_page({})

    def _arrange(self) -> None:
        """Show what is known now, each row in its place: also what is gone or does not fit any more."""
        before = {row.seen.id: row.seen for row in self.page.rows}
        found, known = dict.fromkeys(self._found()), set(self._order)
        self._order = [one for one in self._order if one in found or one in before]
        self._order += [one for one in found if one not in known]
        self._show_page(before)

    def _found(self) -> list[str]:
        return [one.id for one in self.board.found(*self.wanted)]

    def _show_page(self, before: Mapping[str, InstanceDetail]) -> None:
        shown = self._order[self._first : self._first + self.most]
        results = {one.id: _still_told(one, result) for one, result in self.results}
        rows = []
        for one in shown:
            seen = self.board.by_id.get(one)
            there = seen is not None
            rows.append(Row(seen or before[one], there, self._stops_at(one), results.get(one)))
        with self.hold_trait_notifications():
            self.page = Page(tuple(rows), self._first, len(self._order))
            self._keep_chosen(self.chosen)
        self._read_ways()

    def _stops_at(self, identity: str) -> float:
        timer = autostop.of(self.client.host.base_url, identity)
        return timer.at if timer is not None and timer.state == "waiting" else 0.0

    def _keep_chosen(self, ids: Sequence[str]) -> None:
        self.chosen = tuple(row.seen.id for row in self.page.rows if row.there and row.seen.id in ids)

    def _unread(self) -> list[InstanceDetail]:
        """Return what runs on the page and was not read in full since it was started."""
        return [
            row.seen
            for row in self.page.rows
            if row.there
            and row.seen.status == InstanceStatus.RUNNING
            and self._read.get(row.seen.id) != row.seen.started_at
        ]

    def _read_ways(self) -> None:
        """Have the ways into what runs on the page read, once for each start: a listing tells none."""
        if self.watching and not self.closed and not self._reading and self._unread():
            self._reading = True
            if not threads.try_run(self._load_ways, name="ppio-ways"):
                self._reading = False

    def _load_ways(self) -> None:
        try:
            while rows := self._unread()[:READ_AT_ONCE] if self.watching and not self.closed else []:
                found = [tried(partial(self.client.get_instance, one.id)) for one in rows]
                with self.lock:
                    for row, seen in zip(rows, found, strict=True):
                        self._read[row.id] = row.started_at
                        if not isinstance(seen, PpioError):
                            self._known[row.id] = seen
                    if not self.closed:
                        self._show(self.board.instances, self.board.doubt)
        finally:
            self._reading = False

    def _load_prices(self) -> None:
        self.client.prices.load_products()
        with self.lock:
            if not self.closed and self.loaded:
                self._show(self.board.instances, self.board.doubt)
