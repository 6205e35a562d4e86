"""Before a launch is sent: no second copy, and a record of it first."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.answers import InstanceStatus, plain
from ppio_widgets.errors import (
    CONSENTS,
    ApiError,
    ConsentNeeded,
    CredentialsError,
    LaunchRefused,
    NotSent,
    PpioError,
    Unreachable,
    is_gone,
)
from ppio_widgets.launches.ledger import Record, without_env_values
from ppio_widgets.launches.names import alike, filter_of, made_of, may_be
from ppio_widgets.launches.reconcile import ABSENT_SECONDS, GOING, SLACK_SECONDS, offset
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import Span
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import Listing
    from ppio_widgets.launches.ledger import Contents, Ledger

# Of two that claim at the same moment the one whose id comes first waits, so often and so long
# each time, for the other to give way.
PAUSES = 200
PAUSE_SECONDS = 0.05

# So many ids are written down at most; where there are more, nobody can tell which of them is new.
MOST_LISTED = 1_000

# What was agreed to before a launch: kinds of facts, or single facts that a question named. ``"copy"`` lets
# any copy pass, ``"copy i-1"`` only that one; nothing else passes by it.
Consent = frozenset[str]
Again = bool | str | Iterable[str]

NOTHING: Consent = frozenset()


def read_consent(again: Again) -> Consent:
    """Read what a call agrees to: True is a copy, else one kind or several; anything else is refused."""
    if isinstance(again, bool):
        return frozenset({"copy"}) if again else NOTHING
    given = [again] if isinstance(again, str) else again
    texts = list(given) if isinstance(given, Iterable) else [given]
    for text in texts:
        if not isinstance(text, str) or text.partition(" ")[0] not in CONSENTS:
            value = visible(text) if isinstance(text, str) else type(text).__name__
            raise LaunchRefused("again", value=value, choices=", ".join(CONSENTS))
    return frozenset(texts)


def allows(doubt: ConsentNeeded, consent: Consent) -> bool:
    """Whether just this doubt was agreed to."""
    return doubt.kind in consent or doubt.facts <= consent


def refuse(doubt: ConsentNeeded, consent: Consent) -> None:
    """Raise a doubt, unless just that was agreed to; every check below goes through here."""
    if not allows(doubt, consent):
        raise doubt


@dataclass(frozen=True)
class Copy:
    """An instance of the name that is there, and how many seconds ago it was made."""

    id: str
    name: str
    age: float


def claim(  # noqa: PLR0913, PLR0917 - each is a part of one launch
    launch_id: str,
    body: Mapping[str, Any],
    wire: PpioClient,
    ledger: Ledger,
    consent: Consent = NOTHING,
    note: Callable[[Record, tuple[str, ...]], None] = lambda _record, _copies: None,
) -> tuple[Record, ConsentNeeded | None]:
    """Write a launch down as on its way, unless something speaks against it that was not agreed to.

    `note` is told the record before it is written, so that whatever is raised from then on it can be taken
    back, and the ids of the copies that are listed and were agreed to. Returns the record, and why it could
    not be written where that was agreed to. Raises `ConsentNeeded` for a second copy, what could not be found
    out, or a ledger that cannot be written, and `LaunchRefused` when another kernel has claimed this launch.
    """
    record = Record(
        launch_id,
        wire.host.base_url,
        wire.account,
        without_env_values(body),
        threads.now(),
        practice=wire.is_practice,
    )
    before = ledger.of_name(record.name)
    refuse_rivals(record, before, consent=consent)
    refuse_copies(record, known_copies(record, before, wire, ledger, consent), consent)
    listing = look(record, wire, consent)
    copies = [] if listing is None else listed_copies(record, before, listing)
    refuse_copies(record, copies, consent)
    # After the name: who consents to a file that cannot be read must know that one is there already.
    refuse_unread(before, consent)
    refuse_rivals(record, ledger.of_name(record.name, before), before, consent)
    now = threads.now()
    ahead = None if listing is None else offset(listing, now)
    free = listing is not None and not copies
    record = replace(
        record,
        sent_at=now,
        offset=ahead,
        class_time=class_time_just_told(wire),
        name_was_free=free,
        listed=ids_listed(record, listing),
    )
    note(record, tuple(plain(one.id) for one in copies))
    try:
        ledger.claim(record)
    except ConsentNeeded as error:
        refuse(error, consent)
        return record, error
    try:
        give_way(record, ledger, before, consent)
    except BaseException:
        ledger.release(record)
        raise
    return record, None


def class_time_just_told(wire: PpioClient) -> float:
    """Return what time the class has just told, even with an answer that could not be read; 0 for none.

    What was told long ago says nothing of who made what since.
    """
    told = wire.class_time
    return told.time if told is not None and threads.tick() - told.tick <= SLACK_SECONDS else 0.0


def known_copies(
    record: Record, contents: Contents, wire: PpioClient, ledger: Ledger, consent: Consent
) -> list[Copy]:
    """Return what earlier launches of this name made and is there, by its id: no listing has to show it yet.

    What was agreed to is not asked for.
    """
    there = []
    for other in contents.records:
        if other.instance_id is None or other.gone or not record.rivals(other):
            continue
        for identity in (other.instance_id, *other.candidates):
            if _agreed(identity, consent):
                continue
            seen = _status_of(identity, wire)
            if isinstance(seen, PpioError) and not is_gone(seen):
                refuse_unchecked(record, seen, consent)
            elif _may_be_there(seen, other, record):
                there.append(Copy(identity, other.name, record.sent_at - other.sent_at))
            elif seen == InstanceStatus.REMOVED and not other.candidates:
                ledger.save(replace(other, gone=InstanceStatus.REMOVED, gone_at=record.sent_at))
    return there


def _status_of(identity: str, wire: PpioClient) -> str | PpioError:
    try:
        return wire.get_instance(identity).status
    except PpioError as error:
        return error


def _may_be_there(seen: str | PpioError, other: Record, record: Record) -> bool:
    """Whether an instance of an earlier launch may be there, by its status or that it was not found."""
    if isinstance(seen, str):
        return seen not in GOING
    # What was just made may not be to be seen yet. Another key may never see it, which proves nothing.
    return other.account == record.account and record.sent_at - other.sent_at < ABSENT_SECONDS


def look(record: Record, wire: PpioClient, consent: Consent) -> Listing | None:
    """Return what is listed; None when that could not be found out, and was agreed to."""
    try:
        return wire.look(filter_of(record.name), made_of(record.name))
    except PpioError as error:
        failure = error
    refuse_unchecked(record, failure, consent)
    return None


def listed_copies(record: Record, contents: Contents, listing: Listing) -> list[Copy]:
    """Return the instances of a listing that may be of this name, as a server may have changed it."""
    now = listing.class_time or record.sent_at + (offset(listing, record.sent_at) or 0)
    return [
        Copy(one.id, one.name, now - one.created_at)
        for one in listing.instances
        if one.status not in GOING and may_be(one.name, record.name)
        if alike(one.name, record.name) or not _has_another_name(one.id, record, contents)
    ]


def ids_listed(record: Record, listing: Listing | None) -> tuple[str, ...] | None:
    """Return what is listed before it is sent and may be of its name; None where that is not known."""
    if listing is None:
        return None
    ids = tuple(one.id for one in listing.instances if may_be(one.name, record.name))
    return ids if len(ids) <= MOST_LISTED else None


def _has_another_name(identity: str, record: Record, contents: Contents) -> bool:
    """Whether the ledger knows what an instance was called, so that its name is no cut one."""
    return any(
        other.instance_id == identity and other.host == record.host and not record.rivals(other)
        for other in contents.records
    )


def refuse_copies(record: Record, copies: list[Copy], consent: Consent) -> None:
    """Pass when there is no copy but what was agreed to; else all of them are asked about at once."""
    left = [one for one in copies if not _agreed(one.id, consent)]
    if not left:
        return
    ids = tuple(plain(one.id) for one in left)
    age = Span(max(0.0, min(one.age for one in left)))
    name = plain(left[0].name)
    if len(ids) == 1:
        raise ConsentNeeded("name_taken", of=ids, name=name, id=ids[0], age=age)
    raise ConsentNeeded("names_taken", of=ids, name=plain(record.name), ids=", ".join(ids), age=age)


def _agreed(identity: str, consent: Consent) -> bool:
    return "copy" in consent or f"copy {plain(identity)}" in consent


def refuse_unchecked(record: Record, failure: PpioError, consent: Consent) -> None:
    """Pass when it was agreed to that the name is not checked."""
    if isinstance(failure, CredentialsError) or (isinstance(failure, ApiError) and failure.status == 401):
        raise failure  # with such a key nothing can be sent either
    if isinstance(failure, Unreachable) and "unchecked" not in consent:
        raise NotSent("not_sent", **failure.params)
    refuse(ConsentNeeded("name_unchecked", name=plain(record.name), reason=failure), consent)


def refuse_rivals(
    record: Record, contents: Contents, before: Contents | None = None, consent: Consent = NOTHING
) -> None:
    """Pass when no launch of this name is unresolved, but what was agreed to.

    With what was read `before` the listing came, neither may one have been made since: the
    listing may not show it.
    """
    for _other, doubt in _rivals(record, contents, before):
        refuse(doubt, consent)


def _rivals(
    record: Record, contents: Contents, before: Contents | None
) -> Iterator[tuple[Record, ConsentNeeded]]:
    """Yield each launch of this name that speaks against sending, and what it says."""
    known = {other.launch_id for other in (before or contents).records}
    for other in contents.records:
        made_since = other.instance_id is not None and other.launch_id not in known
        if not ((other.unresolved or made_since) and record.rivals(other)):
            continue
        name, age = plain(other.name), Span(max(0.0, record.sent_at - other.sent_at))
        if other.unresolved:
            of = (other.launch_id,)
            yield other, ConsentNeeded("name_unresolved", of=of, name=name, launch_id=of[0], age=age)
        else:
            of = (plain(other.instance_id),)
            yield other, ConsentNeeded("name_taken", of=of, name=name, id=of[0], age=age)


def give_way(record: Record, ledger: Ledger, before: Contents, consent: Consent) -> None:
    """Pass when of all that claimed this name at the same moment only this launch is left.

    Each sees the claims before its own. Whoever sees one whose id comes first gives way. Whoever
    comes first waits for the others to do so: one that saw nobody does not, and sends.
    """
    for pause in range(PAUSES, -1, -1):
        contents = ledger.of_name(record.name, before)
        waiting = False
        for other, doubt in _rivals(record, contents, before):
            if not pause or other.state is not LaunchState.SENDING or other.launch_id < record.launch_id:
                refuse(doubt, consent)
            elif not allows(doubt, consent):
                waiting = True
        if not waiting:
            refuse_unread(contents, consent)
            return
        threads.wait(threading.Event(), PAUSE_SECONDS)


def refuse_unread(contents: Contents, consent: Consent = NOTHING) -> None:
    """Pass when the whole ledger could be read, but what was agreed to."""
    if contents.closed is not None:
        refuse(contents.closed, consent)
    if contents.unreadable:
        files = ", ".join(contents.unreadable)
        refuse(ConsentNeeded("ledger_unreadable", of=contents.unreadable, files=files), consent)
