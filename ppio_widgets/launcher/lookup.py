"""Looking a lost answer up.

Only a complete and well-formed listing says anything. What is odd, late or cut is
no evidence that an instance is not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import PpioError
from ppio_widgets.launcher.names import filter_of, may_be
from ppio_widgets.launcher.states import LaunchState

if TYPE_CHECKING:
    from ppio_widgets.cloud.answers import InstanceInfo, Listing
    from ppio_widgets.launcher.ledger import Contents, Ledger
    from ppio_widgets.launcher.record import Record
    from ppio_widgets.launcher.wire import Wire

# Both clocks tell whole seconds, so an instance may seem older than it is.
SLACK_SECONDS = 3.0
# A name in one of these is free again.
GOING = ("toRemove", "removing", "removed")
ABSENCES_NEEDED = 3
ABSENT_SECONDS = 60.0
# So long another kernel may still be sending: within a minute it leaves, for five it is listened to.
OPEN_SECONDS = 360.0


def offset(listing: Listing, now: float) -> float | None:
    """Return how far the server's clock is ahead of ours, in seconds."""
    return listing.server_time - now if listing.server_time else None


def look_once(record: Record, wire: Wire, ledger: Ledger, now: float) -> Record:
    """Look an unresolved launch up; returns what is known of it now, and does not save it."""
    try:
        listing = wire.look(filter_of(record.name))
    except PpioError:
        return replace(record, state=LaunchState.UNKNOWN, absences=0)
    return judge(record, listing, ledger.read(), now)


def judge(record: Record, listing: Listing, contents: Contents, now: float) -> Record:
    """Judge an unresolved launch by a listing.

    Exactly one instance of this very name, made since and belonging to no other
    launch, is it. Three complete absences over a minute mean that it is not there.
    Everything else leaves it unknown.
    """
    others = [other for other in contents.records if record.rivals(other)]
    known = ids_of_others(record, contents)
    ahead = record.offset if record.offset is not None else offset(listing, now) or 0.0
    since = record.sent_at + ahead - SLACK_SECONDS
    named = [one for one in listing.instances if may_be(one.name, record.name) and one.id not in known]
    found = [one for one in named if one.name == record.name and one.created_at >= since]
    there = [one for one in named if one.status not in GOING]
    if there and not (record.name_was_free or record.offset is not None or listing.server_time):
        # Neither a look before nor the server's clock: nobody can tell which of them is new.
        return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(there))
    if found:
        if len(found) > 1 or any(other.unresolved for other in others):
            return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(found))
        return replace(
            record, state=LaunchState.SUCCEEDED, instance_id=found[0].id, source="listing", candidates=()
        )
    # A name that the server may have changed; or an instance that seems older than the
    # request, though none was there before it: then a clock is wrong.
    changed = [one for one in named if one.name != record.name and one.created_at >= since]
    older = [one for one in there if one.name == record.name]
    doubtful = changed + (older if record.name_was_free else [])
    if doubtful or not listing.certain:
        return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(doubtful))
    if record.state is LaunchState.SENDING and now - record.sent_at < OPEN_SECONDS:
        return replace(record, absences=0, candidates=())
    first = record.absent_since if record.absences else now
    absences = record.absences + 1
    gone = absences >= ABSENCES_NEEDED and now - first >= ABSENT_SECONDS
    return replace(
        record,
        state=LaunchState.ABSENT if gone else LaunchState.UNKNOWN,
        source="listing" if gone else "",
        absences=absences,
        absent_since=first,
        candidates=(),
    )


def ids_of_others(record: Record, contents: Contents) -> set[str | None]:
    """Return the ids that other launches on this host were given, of whichever name."""
    return {
        other.instance_id
        for other in contents.records
        if other.host == record.host and other.launch_id != record.launch_id
    }


def _ids(instances: list[InstanceInfo]) -> tuple[str, ...]:
    return tuple(plain(one.id) for one in instances)
