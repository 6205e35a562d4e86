"""All instances of an account: what they cost together, and which of them fit in what order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import LEFT_OUT, InstanceStatus, not_certain, plain, status_words
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.cloud.instances import Listing, is_id, require_id
from ppio_widgets.errors import AnswerUnreadable, LaunchRefused, PpioError, is_gone
from ppio_widgets.instances.actions import tried
from ppio_widgets.instances.instance import Instance
from ppio_widgets.locale.words import joined, words
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime import threads
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer


# What a person tells instances apart by; each API's word of a status belongs to one of them.
Kind = Literal["running", "moving", "off", "failed"]
KINDS: tuple[Kind, ...] = ("running", "moving", "off", "failed")
Order = Literal["cost", "age", "name"]
ORDERS: tuple[Order, ...] = ("cost", "age", "name")


class Wanted(NamedTuple):
    """What a person looks for on a board: a text, a kind, both empty for any, and the order."""

    text: str = ""
    kind: str = ""
    order: Order = "cost"


def kind_of(one: InstanceDetail) -> Kind:
    """Return whether an instance has failed, runs, is off, or is on its way."""
    if one.error:
        return "failed"
    if not one.is_on:
        return "off"
    return "running" if one.status == InstanceStatus.RUNNING else "moving"


@dataclass(frozen=True)
class Board(Displayed):
    """Instances as they were listed at one moment, `now`; `doubt` says why these may not be all.

    What they have cost is counted until `counted`. `beside` are those that a filter has left out.
    """

    instances: tuple[InstanceDetail, ...]
    offers: Mapping[str, Offer] = field(default_factory=dict)
    cloud: str = ""
    now: float = 0.0
    doubt: PpioError | None = None
    counted: float = 0.0
    beside: tuple[InstanceDetail, ...] = ()

    def __len__(self) -> int:
        return len(self.instances)

    @cached_property
    def by_id(self) -> dict[str, InstanceDetail]:
        """The instances by their ids."""
        return {one.id: one for one in self.instances}

    @cached_property
    def rates(self) -> dict[str, Decimal | None]:
        """What is billed by the hour now, by id; None where the price is not known."""
        return {
            one.id: pricing.hourly(self.offers.get(one.product_id), one.priced_body)
            for one in self.instances
            if one.is_on and one.mode != BillingMode.PREPAID
        }

    @cached_property
    def counts(self) -> Counter[Kind]:
        """How many there are of each kind."""
        return Counter(map(kind_of, self.instances))

    def found(self, text: str = "", kind: str = "", order: Order = "cost") -> list[InstanceDetail]:
        """Return in an order those whose name or id holds a text and that are of a kind, where given."""
        wanted = text.strip().lower()
        kept = [
            one
            for one in self.instances
            if (wanted in one.name.lower() or wanted in one.id.lower()) and (not kind or kind_of(one) == kind)
        ]
        keys: Mapping[Order, Callable[[InstanceDetail], tuple[Any, ...]]]
        keys = {"cost": self._by_cost, "age": _by_age, "name": _by_name}
        return sorted(kept, key=keys[order])

    def _by_cost(self, one: InstanceDetail) -> tuple[int, Decimal]:
        """Put first what costs most; what is paid in advance or stopped, last."""
        rate = self.rates.get(one.id)
        place = 0 if rate else 1 if one.id in self.rates else 2 if one.is_on else 3
        return place, -(rate or Decimal(0))

    def bill(self, say: Words) -> list[str]:
        """Return what all of them cost by the hour now, and what is not in it."""
        sums: dict[str, Decimal] = {}
        for one in self.instances:
            rate = self.rates.get(one.id)
            if rate is not None:
                currency = self.offers[one.product_id].currency
                sums[currency] = sums.get(currency, Decimal(0)) + rate
        unknown = sum(rate is None for rate in self.rates.values())
        prepaid = sum(one.is_on and one.mode == BillingMode.PREPAID for one in self.instances)
        total = " + ".join(pricing.shown(amount, currency) for currency, amount in sums.items())
        told = [say("board.total", rate=total)] if total else []
        told += [say("board.total_none")] if not self.rates else []
        told += [say("board.unpriced", n=unknown)] if unknown else []
        told += [say("board.prepaid", n=prepaid)] if prepaid else []
        return [*told, say("board.disks")] if self.instances else []

    def __repr__(self) -> str:
        return f"<Board: {len(self)} instances on {plain(self.cloud)}>"

    def head(self, say: Words) -> str:
        """Return how many there are, how many of them are not stopped, and whether that is all.

        Both count those as well that a filter has left out.
        """
        every = (*self.instances, *self.beside)
        count, on = len(every), sum(one.is_on for one in every)
        if self.doubt is not None and not count:
            return joined([say("board.unread", cloud=self.cloud), self.doubt.sentence(say)])
        key = "board.none" if not count else "board.one" if count == 1 else "board.head"
        key = "board.filtered" if self.beside else key
        told = say(key, n=count, on=on, cloud=self.cloud, shown=len(self.instances))
        if self.doubt is None:
            return told
        return joined([told, say("board.not_all"), self.doubt.sentence(say)])


def _by_age(one: InstanceDetail) -> tuple[int]:
    return (-one.created_at,)


def _by_name(one: InstanceDetail) -> tuple[str, str]:
    return one.name.casefold(), one.id


@dataclass(frozen=True)
class Row:
    """A row of a board: what was seen of an instance, and what came of the last action on it.

    `there` is False where it is not listed any more; `stops_at` is when a timer of this kernel stops it, 0
    for none. The result is words, why it failed, empty while it is awaited, or None.
    """

    seen: InstanceDetail
    there: bool = True
    stops_at: float = 0.0
    result: str | PpioError | None = None


@dataclass(frozen=True)
class Page:
    """The rows that are shown at once: `first` is the number of the first one, of so many `found`."""

    rows: tuple[Row, ...] = ()
    first: int = 0
    found: int = 0


def open_board(client: PpioClient, name: str = "", status: str = "") -> Board:
    """List the account's instances, once, and filter them; unknown prices do not keep it from being shown.

    `name` is a part of a name or id. `status` is a word as it is shown, or the API's own; one that is
    neither, and that no instance has, is `InputError`.
    """
    say = words()
    listing = client.listing()
    every, doubt = listing.instances, doubt_of(client, listing)
    recent.note(client.host.base_url, every, whole=doubt is None)
    wanted = _statuses(status, every, say)
    shown = [
        one
        for one in every
        if (name.lower() in one.name.lower() or name.lower() in one.id.lower())
        and (not status or one.status in wanted)
    ]
    beside = tuple(one for one in every if one not in shown)
    if shown:
        client.prices.load_products({one.product_id for one in shown})
    offers = client.prices.snapshot().by_id
    now = client.now()
    return Board(tuple(shown), offers, Target.of(client).words(say), now, doubt, now, beside)


def _statuses(word: str, seen: Sequence[InstanceDetail], say: Words) -> frozenset[str]:
    """Return the API's words of the statuses that a word stands for."""
    shown = {str(one): status_words(one, say) for one in (*InstanceStatus, *(one.status for one in seen))}
    meant = {told for one, told in shown.items() if word.casefold() in (one.casefold(), told.casefold())}
    if word and not meant:
        known = ", ".join(dict.fromkeys(status_words(one, say) for one in InstanceStatus))
        raise input_error("status_unknown", word=word, known=known)
    return frozenset(one for one, told in shown.items() if told in meant)


def doubt_of(client: PpioClient, listing: Listing) -> PpioError | None:
    """Return why a listing may not be all that there is."""
    return None if listing.odd is None else not_certain(client.host.name, listing.odd)


def lost_words(action: str, instances: Sequence[Instance], say: Words) -> list[str]:
    """Return what is lost by an action on instances, and what it does not spare where they are prepaid."""
    lines = [say(f"lost.{action}", names="; ".join(one.title for one in instances))]
    prepaid = f"lost.{action}_prepaid"
    if prepaid in say and any(one.known.mode == BillingMode.PREPAID for one in instances):
        lines.append(say(prepaid))
    return lines


def resolve(client: PpioClient, word: str) -> Instance:
    """Return the instance of an id, or of an exact name that only one has.

    Where none is found, several have the name, or the text can be neither, that is `LaunchRefused`.
    """
    if not word.strip().strip("."):  # an instance without a name would be called so
        require_id(word)
    doubt: PpioError | None
    try:
        listing = client.listing(word)
        doubt = doubt_of(client, listing)
    except AnswerUnreadable as error:  # an id can still be asked for by itself
        listing, doubt = Listing(), error.with_traceback(None)
    found = [one for one in listing.instances if not one.is_gone]
    by_id = [one for one in found if one.id == word]
    by_name = [one for one in found if one.name == word]
    # Where a row was not read, another one may have this very name.
    is_only_one = len(by_name) == 1 and (doubt is None or listing.odd in LEFT_OUT)
    if by_id or is_only_one:
        one = (by_id or by_name)[0]
        return Instance(one.id, client, seen=one)
    if len(by_name) > 1:
        ids = ", ".join(plain(one.id) for one in by_name)
        raise LaunchRefused("name_of_several", name=plain(word), ids=ids)
    # The server's filter is its own; the id itself has the last word.
    try:
        if is_id(word):
            return Instance(word, client, seen=client.get_instance(word))
    except PpioError as error:
        if not is_gone(error):
            raise
    raise doubt or LaunchRefused("no_such_instance", name=plain(word))


def on_all(
    instances: Sequence[Instance],
    do: Callable[[Instance], str],
    heard: Callable[[int, str | PpioError], None] | None = None,
) -> list[str | PpioError]:
    """Do one thing to each, eight at a time, and return what came of each, in their order.

    `heard` is called with the number and the result of each, as soon as it is there.
    """
    results: list[str | PpioError] = [""] * len(instances)

    def work(number: int) -> None:
        results[number] = tried(partial(do, instances[number]))
        if heard is not None:
            heard(number, results[number])

    threads.run_all([partial(work, number) for number in range(len(instances))], name="ppio-act")
    return results
