"""What there is to choose from, kept in memory for a few minutes.

A `Catalogue` starts no thread: `Catalogue.load` blocks, wherever it is called, and
`Catalogue.snapshot` returns at once what is there. Each kind loads, fails and grows old
by itself, so that one that is slow or forbidden holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.cloud import recent_offers
from ppio_widgets.cloud.catalogue_reader import CatalogueReader
from ppio_widgets.cloud.paging import bare
from ppio_widgets.cloud.resources import currency_of
from ppio_widgets.errors import PpioError
from ppio_widgets.request.offers import PRICE_LIFE_SECONDS, Offer, PriceTime
from ppio_widgets.runtime import forks
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from decimal import Decimal

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.request.offers import ImageTag, Network, Region, RegistryAuth, Storage, Template

# Each is a method of the reader and an attribute of the shelf; what the form shows first comes first.
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
# The kinds that hold products; CPU products are a listing of their own, so that none waits for them.
OFFERS = ("offers", "cpu_offers")
# What a question about money is to know afresh.
PRICES = (*OFFERS, "balance")

# A load that a refresh made pointless cannot be stopped, and one new load need not wait for
# it; a third one does, so that nobody who presses Refresh again and again piles up requests.
MOST_FLIGHTS = 2

Clock = Callable[[], float]


@dataclass(frozen=True)
class KindState:
    """How far one kind is.

    Attributes
    ----------
    word : str
        ``"waiting"`` (nobody has loaded it), ``"loading"``, ``"ready"`` or ``"failed"``.
    error : PpioError or None
        Why it failed.
    """

    word: Literal["waiting", "loading", "ready", "failed"]
    error: PpioError | None = None


@dataclass(frozen=True)
class Snapshot:
    """All that is there at one moment; what has not come is empty.

    Attributes
    ----------
    offers, cpu_offers, regions, networks, storages, auths, templates, images : tuple
    balance : Decimal or None
    currency : str
        Of the balance and the prices; empty where it is not known.
    failed : mapping of str to PpioError
        The kinds that could not be loaded.
    loading : tuple of str
        The kinds that are on their way.
    """

    offers: tuple[Offer, ...] = ()
    cpu_offers: tuple[Offer, ...] = ()
    regions: tuple[Region, ...] = ()
    networks: tuple[Network, ...] = ()
    storages: tuple[Storage, ...] = ()
    auths: tuple[RegistryAuth, ...] = ()
    templates: tuple[Template, ...] = ()
    images: tuple[ImageTag, ...] = ()
    balance: Decimal | None = None
    currency: str = ""
    failed: Mapping[str, PpioError] = field(default_factory=lambda: MappingProxyType({}))
    loading: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[Offer, ...]:
        """All products, those with GPUs first."""
        return (*self.offers, *self.cpu_offers)

    def offer(self, product_id: str) -> Offer | None:
        """Return the product of an id, or None when it is not there."""
        return next((offer for offer in self.products if offer.id == product_id), None)


@dataclass
class _Slot:
    """One kind. A flight is one load; only the answer of the current one counts."""

    value: Any = None
    error: PpioError | None = None
    loaded_at: float | None = None
    flight: object | None = None
    landed: object | None = None
    flights: int = 0


@without_frames
class Catalogue:
    """One client's catalogue.

    Parameters
    ----------
    reader : CatalogueReader
    clock : callable
        Returns seconds that only grow; each product carries when it was heard by it.
    life : float
        After so many seconds a kind is loaded anew when somebody asks for it.
    base_url : str, optional
        Of the cloud; what is loaded is known as its own lately (`cloud.lately`).
    """

    def __init__(
        self,
        reader: CatalogueReader,
        *,
        clock: Clock,
        life: float = PRICE_LIFE_SECONDS,
        base_url: str = "",
    ) -> None:
        self._reader = reader
        self._base_url = base_url
        self._clock = clock
        self._life = life
        self._changed = forks.condition()
        self._slots = {kind: _Slot() for kind in KINDS}
        forks.tell(self)

    def after_fork(self) -> None:
        """Wait for no load of the parent's: none lands here."""
        for slot in self._slots.values():
            slot.flight, slot.flights = None, 0

    def load(self, kind: str) -> KindState:
        """Load one kind, unless it is fresh, and return how that went.

        Blocks the caller. While somebody else loads the same, this waits for that and
        makes no request of its own. A failure is an outcome; it is tried again by the
        next call.
        """
        slot = self._slots[kind]
        flight = self._take_off(slot)
        if flight is not None:
            with self._flying(slot, flight):
                outcome = self._read(kind)
                with self._changed:
                    if slot.flight is flight:  # else a refresh came meanwhile: this answer is stale
                        self._land(slot, outcome)
                        recent_offers.keep(self._base_url, kind, slot.value, self._clock())
        return self.state(kind)

    def load_products(self, ids: Collection[str] | None = None, *, cpu_first: bool = False) -> None:
        """Load all products, or until those of all `ids` are there."""
        for kind in OFFERS[::-1] if cpu_first else OFFERS:
            self.load(kind)
            if ids is not None and all(self.snapshot().offer(one) is not None for one in ids):
                return

    def refresh(self) -> None:
        """Let everything count as old; what is on its way will be dropped.

        What is there stays on the shelf until the answer of the next `load`.
        """
        with self._changed:
            for slot in self._slots.values():
                slot.flight = slot.loaded_at = None
            self._changed.notify_all()

    def due(self) -> tuple[str, ...]:
        """Return the kinds that a `load` would ask the server for."""
        with self._changed:
            return tuple(
                kind for kind, slot in self._slots.items() if slot.flight is None and not self._fresh(slot)
            )

    def state(self, kind: str) -> KindState:
        """Return how far a kind is."""
        with self._changed:
            return _state(self._slots[kind])

    def snapshot(self) -> Snapshot:
        """Return all that is there, at once."""
        with self._changed:
            states = {kind: _state(slot) for kind, slot in self._slots.items()}
            values = {kind: slot.value for kind, slot in self._slots.items() if slot.value is not None}
        failed = {kind: state.error for kind, state in states.items() if state.error is not None}
        loading = tuple(kind for kind, state in states.items() if state.word == "loading")
        return Snapshot(
            **values, currency=self._reader.currency, failed=MappingProxyType(failed), loading=loading
        )

    def _take_off(self, slot: _Slot) -> object | None:
        """Begin a flight, or wait for one to share and return None."""
        with self._changed:
            while True:
                flight = slot.flight
                if flight is not None:
                    self._wait_out(slot, flight)
                    if slot.landed is flight:
                        return None
                elif self._fresh(slot):
                    return None
                elif slot.flights >= MOST_FLIGHTS:
                    self._changed.wait()
                else:
                    slot.flight = flight = object()
                    slot.flights += 1
                    return flight

    def _wait_out(self, slot: _Slot, flight: object) -> None:
        self._changed.wait_for(lambda: slot.flight is not flight)

    @contextmanager
    def _flying(self, slot: _Slot, flight: object) -> Iterator[None]:
        """End a flight whatever happens to it: an Interrupt leaves nobody waiting."""
        try:
            yield
        finally:
            with self._changed:
                slot.flights -= 1
                if slot.flight is flight:
                    slot.flight = None
                self._changed.notify_all()

    def _read(self, kind: str) -> Any:
        """Return what the server has of a kind, or the `PpioError` why not."""
        try:
            return getattr(self._reader, kind)()
        except PpioError as error:
            return bare(error)

    def _land(self, slot: _Slot, outcome: Any) -> None:
        # After a failure nothing old stays: a price from before would look like today's.
        failed = isinstance(outcome, PpioError)
        now = self._clock()
        slot.value, slot.error = (None, outcome) if failed else (_heard(outcome, now), None)
        slot.loaded_at = None if failed else now
        slot.landed, slot.flight = slot.flight, None

    def _fresh(self, slot: _Slot) -> bool:
        return slot.loaded_at is not None and self._clock() - slot.loaded_at < self._life


def open_catalogue(client: PpioClient, *, clock: Clock) -> Catalogue:
    """Return a catalogue of a client's cloud; nothing is asked yet. `clock` is that of `PriceTime`."""
    currency = currency_of(client.host, practice=client.is_practice)
    reader = CatalogueReader(client, currency=currency, host=client.host.name)
    return Catalogue(reader, clock=clock, base_url=client.host.base_url)


def _heard(value: Any, now: float) -> Any:
    """Return a kind as it was loaded; each product knows when that was."""
    if not isinstance(value, tuple):
        return value
    return tuple(_heard_offer(one, now) if isinstance(one, Offer) else one for one in value)


def _heard_offer(offer: Offer, now: float) -> Offer:
    return replace(offer, time=replace(offer.time or PriceTime(), heard_at=now))


def _state(slot: _Slot) -> KindState:
    if slot.flight is not None:
        return KindState("loading")
    if slot.error is not None:
        return KindState("failed", slot.error)
    return KindState("waiting" if slot.value is None else "ready")
