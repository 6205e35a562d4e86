"""What there is to choose from, kept in memory for a few minutes.

A `Catalogue` starts no thread: `Catalogue.load` blocks, wherever it is called, and
`Catalogue.snapshot` returns at once what is there. `load_kinds` loads several on threads.
Each kind loads, fails and grows old by itself, so that one that is slow or forbidden holds
nothing else up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.paging import bare
from ppio_widgets.cloud.resources import CatalogueReader
from ppio_widgets.errors import PpioError
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS, Offer
from ppio_widgets.request.rules import NO_RULES, Rules
from ppio_widgets.runtime import forks, threads
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from decimal import Decimal

    from ppio_widgets.cloud.paging import Source
    from ppio_widgets.request.offers import Network, Region, RegistryAuth, Storage, Template

# Each is a method of the reader and an attribute of the snapshot; what the form shows first comes first.
KINDS = (
    "offers",
    "regions",
    "balance",
    "templates",
    "storages",
    "auths",
    "networks",
    "images",
    "cpu_offers",
)
# What a class allows: another cloud is not asked for it.
RULES = "rules"
# The kinds that hold products; CPU products are a listing of their own, so that none waits for them.
OFFERS = ("offers", "cpu_offers")
# What a question about money is to know afresh.
PRICES = (*OFFERS, "balance")

# A load that a refresh made pointless cannot be stopped, and one new load need not wait for
# it; a third one does, so that nobody who presses Refresh again and again piles up requests.
MOST_LOADS = 2


@dataclass(frozen=True)
class KindState:
    """How far one kind is, and why it failed; nobody has loaded one that is waiting."""

    word: Literal["waiting", "loading", "ready", "failed"]
    error: PpioError | None = None


@dataclass(frozen=True)
class Snapshot:
    """All that is there at one moment; what has not come is empty."""

    offers: tuple[Offer, ...] = ()
    cpu_offers: tuple[Offer, ...] = ()
    regions: tuple[Region, ...] = ()
    networks: tuple[Network, ...] = ()
    storages: tuple[Storage, ...] = ()
    auths: tuple[RegistryAuth, ...] = ()
    templates: tuple[Template, ...] = ()
    images: tuple[str, ...] = ()
    balance: Decimal | None = None
    rules: Rules = NO_RULES
    # Of the balance and the prices; empty where it is not known.
    currency: str = ""
    # The kinds that came, also with nothing in them, and those that could not be loaded.
    told: frozenset[str] = frozenset()
    failed: Mapping[str, PpioError] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def products(self) -> tuple[Offer, ...]:
        """All products, those with GPUs first, each with whether a class allows it."""
        return self.rules.marked((*self.offers, *self.cpu_offers))

    def offer(self, product_id: str) -> Offer | None:
        """Return the product of an id, or None when it is not there."""
        return next((offer for offer in self.products if offer.id == product_id), None)

    @property
    def by_id(self) -> dict[str, Offer]:
        """All products by their ids."""
        return {offer.id: offer for offer in self.products}


@dataclass
class _Slot:
    """One kind; only the answer of its current load counts."""

    told: recent.Told | None = None
    old: bool = False  # whatever its age: a refresh came
    error: PpioError | None = None
    current: object | None = None
    answered: object | None = None
    loads: int = 0


@without_frames
class Catalogue:
    """One client's catalogue.

    Its clock tells seconds that only grow; each product carries when it was heard by it. After the seconds of
    its life a kind is loaded anew when somebody asks for it. What is loaded, `recent` keeps for its cloud.
    """

    def __init__(
        self,
        source: Source,
        *,
        clock: Callable[[], float] = threads.tick,
        life: float = PRICE_LIFE_SECONDS,
    ) -> None:
        self._reader = CatalogueReader(source, clock)
        self._base_url = source.host.base_url
        self._clock = clock
        self._life = life
        self._changed = forks.condition()
        kinds = (RULES, *KINDS) if source.is_practice else KINDS
        self._slots = {kind: _Slot() for kind in kinds}
        forks.tell(self)

    def after_fork(self) -> None:
        """Wait for no load of the parent's: none ends here."""
        for slot in self._slots.values():
            slot.current, slot.loads = None, 0

    def load(self, kind: str) -> KindState:
        """Load one kind, unless it is fresh, and return how that went.

        Blocks the caller. While somebody else loads the same, this waits for that and
        makes no request of its own. A failure is an outcome; it is tried again by the
        next call.
        """
        if kind == RULES and kind not in self._slots:
            return KindState("ready")
        slot = self._slots[kind]
        load = self._begin(slot)
        if load is None:
            return self.state(kind)
        outcome: Any = None
        try:
            outcome = getattr(self._reader, kind)()
        except PpioError as error:
            outcome = bare(error)
        finally:  # an Interrupt leaves nobody waiting
            with self._changed:
                slot.loads -= 1
                if slot.current is load:  # else a refresh came meanwhile: this answer is stale
                    slot.current = None
                    if outcome is not None:
                        self._take(slot, load, outcome)
                        recent.keep(self._base_url, kind, slot.told)
                self._changed.notify_all()
        return self.state(kind)

    def load_products(self, ids: Collection[str] | None = None, *, cpu_first: bool = False) -> None:
        """Load all products, or until those of all `ids` are there."""
        for kind in OFFERS[::-1] if cpu_first else OFFERS:
            self.load(kind)
            if ids is not None and all(self.snapshot().offer(one) is not None for one in ids):
                return

    def refresh(self) -> None:
        """Let everything count as old; what is on its way will be dropped.

        What is there stays until the answer of the next `load`.
        """
        with self._changed:
            for slot in self._slots.values():
                slot.current, slot.old = None, True
            self._changed.notify_all()

    def due(self) -> tuple[str, ...]:
        """Return the kinds that a `load` would ask the server for."""
        with self._changed:
            return tuple(
                kind for kind, slot in self._slots.items() if slot.current is None and not self._fresh(slot)
            )

    @property
    def priced(self) -> bool:
        """Whether prices were asked for, and came or could not be had."""
        return self.state("offers").word in ("ready", "failed")

    def state(self, kind: str) -> KindState:
        """Return how far a kind is."""
        with self._changed:
            return _state(self._slots[kind])

    def snapshot(self) -> Snapshot:
        """Return all that is there, at once."""
        with self._changed:
            states = {kind: _state(slot) for kind, slot in self._slots.items()}
            values = {kind: slot.told.value for kind, slot in self._slots.items() if slot.told is not None}
        failed = {kind: state.error for kind, state in states.items() if state.error is not None}
        return Snapshot(
            **values,
            currency=self._reader.currency,
            told=frozenset(values),
            failed=MappingProxyType(failed),
        )

    def _begin(self, slot: _Slot) -> object | None:
        """Begin a load, or wait for one to share and return None."""
        with self._changed:
            while slot.current is not None or (slot.loads >= MOST_LOADS and not self._fresh(slot)):
                shared = slot.current
                self._changed.wait()
                if shared is not None and slot.answered is shared:
                    return None
            if self._fresh(slot):
                return None
            slot.current = load = object()
            slot.loads += 1
            return load

    def _take(self, slot: _Slot, load: object, outcome: Any) -> None:
        # After a failure nothing old stays: a price from before would look like today's.
        failed = isinstance(outcome, PpioError)
        slot.error = outcome if failed else None
        slot.told = None if failed else recent.Told(outcome, self._clock())
        slot.answered, slot.old = load, False

    def _fresh(self, slot: _Slot) -> bool:
        return slot.told is not None and not slot.old and self._clock() - slot.told.at < self._life


def _state(slot: _Slot) -> KindState:
    if slot.current is not None:
        return KindState("loading")
    if slot.error is not None:
        return KindState("failed", slot.error)
    return KindState("waiting" if slot.told is None else "ready")


# What comes within it is told together.
MOMENT_SECONDS = 0.1


def load_kinds(
    catalogue: Catalogue,
    kinds: Sequence[str],
    on_landed: Callable[[Sequence[str]], None],
    await_pause: Callable[[], None] = lambda: None,
) -> None:
    """Load some kinds, in their order: one update for what comes together, and few threads.

    A cloud that answers at once (the practice cloud) is read by one thread: eight would only
    take the processor from each other, and from the form that is being drawn. What is not
    there after a moment gets a thread for each kind, so that none waits for another.
    `on_landed` is called with the kinds that came (or failed) since the call before. `await_pause` is
    called before each kind is read and before it lands: while somebody types, both wait.
    """
    waiting, landed, told = list(kinds), [], 0
    changed = forks.condition()

    def read() -> None:
        while True:
            with changed:
                if not waiting:
                    return
                kind = waiting.pop(0)
            try:
                await_pause()
                catalogue.load(kind)
            finally:
                with changed:
                    landed.append(kind)
                    changed.notify_all()

    readers = 1
    while told < len(kinds):
        for _reader in range(readers):
            if not threads.try_help(read, name="ppio-catalogue"):
                read()
        with changed:
            changed.wait_for(lambda: len(landed) == len(kinds), MOMENT_SECONDS)
        await_pause()
        with changed:
            news, readers = landed[told:], len(waiting)
        if news:
            told += len(news)
            on_landed(news)
