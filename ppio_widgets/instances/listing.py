"""All instances of an account as a table, newest first; asked for once, shown as text and HTML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import LEFT_OUT, not_certain, plain
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import Listing, is_id, require_id
from ppio_widgets.errors import AnswerUnreadable, LaunchRefused, PpioError, is_gone
from ppio_widgets.instances.actions import tried
from ppio_widgets.instances.display import Displayed
from ppio_widgets.instances.instance import Instance
from ppio_widgets.locale.words import joined, words
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer


@dataclass(frozen=True)
class Board(Displayed):
    """Instances as they were listed at one moment, `now`; `doubt` says why these may not be all."""

    instances: tuple[InstanceDetail, ...]
    offers: Mapping[str, Offer] = field(default_factory=dict)
    cloud: str = ""
    now: float = 0.0
    doubt: PpioError | None = None

    def __len__(self) -> int:
        return len(self.instances)

    def only(self, text: str = "", status: str = "") -> Board:
        """Return those whose name or id holds a text and that have a status, both where given."""
        wanted = text.strip().lower()
        kept = (
            one
            for one in self.instances
            if (wanted in one.name.lower() or wanted in one.id.lower())
            and (not status or one.status == status)
        )
        return replace(self, instances=tuple(kept))

    def __repr__(self) -> str:
        return f"<Board: {len(self)} instances on {plain(self.cloud)}>"

    def head(self, say: Words) -> str:
        """Return how many there are, how many of them are billed by the hour, and whether that is all."""
        count = len(self.instances)
        on = sum(one.is_on for one in self.instances)
        if self.doubt is not None and not count:
            return joined([say("board.unread", cloud=self.cloud), self.doubt.sentence(say)])
        key = "board.none" if not count else "board.one" if count == 1 else "board.head"
        told = say(key, n=count, on=on, cloud=self.cloud)
        if self.doubt is None:
            return told
        return joined([told, say("board.not_all"), self.doubt.sentence(say)])


def open_board(client: PpioClient, name: str | None = None, status: str | None = None) -> Board:
    """List the account's instances, once; unknown prices do not keep it from being shown."""
    listing = client.listing(name, status)
    instances, doubt = listing.instances, doubt_of(client, listing)
    recent.note(client.host.base_url, instances, whole=doubt is None and not (name or status))
    if instances:
        client.prices.load_products({one.product_id for one in instances})
    offers = client.prices.snapshot().by_id
    return Board(instances, offers, Target.of(client).words(words()), threads.now(), doubt)


def doubt_of(client: PpioClient, listing: Listing) -> PpioError | None:
    """Return why a listing may not be all that there is."""
    return None if listing.odd is None else not_certain(client.host.name, listing.odd)


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
