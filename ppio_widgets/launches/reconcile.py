"""Looking a lost answer up: what a listing proves, and when the next one is asked for.

Only a complete and well-formed listing says anything. What is odd, late or cut is
no evidence that an instance is not there.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import GONE, InstanceStatus, not_certain, plain
from ppio_widgets.errors import LaunchRefused, PpioError, is_gone, log_fault
from ppio_widgets.launches.names import filter_of, made_of, may_be
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail, Listing
    from ppio_widgets.launches.ledger import Contents, Ledger, Record

# Both clocks tell whole seconds, so an instance may seem older than it is.
SLACK_SECONDS = 3.0
# A name in one of these is free again.
GOING = (InstanceStatus.TO_REMOVE, InstanceStatus.REMOVING, *GONE)
ABSENCES_NEEDED = 3
ABSENT_SECONDS = 60.0
# So long another kernel may still be sending: within a minute it leaves, for five it is listened to.
OPEN_SECONDS = 360.0
# Pauses before each look: four fall into a minute and a quarter, then it takes its time.
LOOK_PAUSES = (2.0, 8.0, 20.0, 45.0, 60.0, 120.0, 240.0, 480.0)


def offset(listing: Listing, now: float) -> float | None:
    """Return how far the server's clock is ahead of ours, in seconds."""
    return listing.server_time - now if listing.server_time else None


def look_once(record: Record, wire: PpioClient, ledger: Ledger, now: float) -> Record:
    """Look an unresolved launch up; returns what is known of it now, and does not save it."""
    try:
        listing = wire.look(filter_of(record.name), made_of(record.name))
    except PpioError as error:
        why = plain(error.sentence(words()))
        return replace(record, state=LaunchState.UNKNOWN, absences=0, missed=why)
    seen = judge(record, listing, ledger.of_name(record.name), now)
    odd = "" if listing.odd is None else plain(not_certain(wire.host.name, listing.odd).sentence(words()))
    return replace(seen, missed=odd)


def judge(record: Record, listing: Listing, contents: Contents, now: float) -> Record:
    """Judge an unresolved launch by a listing.

    Exactly one instance of this very name, made since, not listed before and belonging to no
    other launch, is it. Three complete absences over a minute mean that it is not there.
    Everything else leaves it unknown: above all one of the name that seems older than the
    request, as a clock may be wrong, ours, the server's or its database's.
    """
    others = [other for other in contents.records if record.rivals(other)]
    known = {*ids_of_others(record, contents), *(record.listed or ())}
    since = _begun_at(record, listing, now) - SLACK_SECONDS
    named = [one for one in listing.instances if may_be(one.name, record.name) and one.id not in known]
    found = [one for one in named if one.name == record.name and one.created_at >= since]
    there = [one for one in named if one.status not in GOING]
    looked_before = record.name_was_free or record.listed is not None or record.offset is not None
    if there and not (looked_before or listing.server_time):
        # Neither a look before nor the server's clock: nobody can tell which of them is new.
        return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(there))
    if found:
        if len(found) > 1 or any(other.unresolved for other in others):
            return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(found))
        return replace(
            record, state=LaunchState.SUCCEEDED, instance_id=found[0].id, source="listing", candidates=()
        )
    changed = [one for one in named if one.name != record.name and one.created_at >= since]
    doubtful = list(dict.fromkeys((*changed, *there)))
    if doubtful or not listing.certain:
        return replace(record, state=LaunchState.UNKNOWN, absences=0, candidates=_ids(doubtful))
    return _absent(record, listing, now)


def _begun_at(record: Record, listing: Listing, now: float) -> float:
    """Return when it was sent, by the clock that dates instances; endless where nobody can tell.

    The time of a class goes at any rate, but never back: what was made later is not older than what was told
    before. Only a look just before told it.
    """
    if listing.class_time:
        return record.class_time or math.inf
    ahead = record.offset if record.offset is not None else offset(listing, now) or 0.0
    return record.sent_at + ahead


def _absent(record: Record, listing: Listing, now: float) -> Record:
    """Count one more complete absence; what one clock says is believed where no other contradicts it."""
    since_sent = now - record.sent_at
    if listing.server_time:
        since_sent = min(since_sent, listing.server_time - record.sent_at - (record.offset or 0.0))
    if record.state is LaunchState.SENDING and since_sent < OPEN_SECONDS:
        return replace(record, absences=0, candidates=())
    begun = record if record.absences else _begin(record, listing, now)
    seconds = kernel.of(_Begun).seconds(begun.launch_id, begun.absent_since, now)
    if begun.absent_date and listing.server_time:
        seconds = min(seconds, listing.server_time - begun.absent_date)
    absences = begun.absences + 1
    gone = absences >= ABSENCES_NEEDED and seconds >= ABSENT_SECONDS
    return replace(
        begun,
        state=LaunchState.ABSENT if gone else LaunchState.UNKNOWN,
        source="listing" if gone else "",
        absences=absences,
        candidates=(),
    )


def _begin(record: Record, listing: Listing, now: float) -> Record:
    kernel.of(_Begun).begin(record.launch_id, now)
    return replace(record, absent_since=now, absent_date=listing.server_time)


class _Begun:
    """When this kernel began to count the absences of each launch, by a clock that nobody sets."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, float]] = {}

    def begin(self, launch_id: str, now: float) -> None:
        self._began[launch_id] = now, threads.tick()

    def seconds(self, launch_id: str, since: float, now: float) -> float:
        """Return the seconds since; where another kernel began, by the clock that both have."""
        began, tick = self._began.get(launch_id, (0.0, 0.0))
        return threads.tick() - tick if began == since else now - since


def declared_absent(record: Record, name: str) -> Record:
    """Return it with a person's word, given by typing the name, that the instance is not there."""
    if not record.unresolved:
        raise LaunchRefused("absent_state", name=plain(record.name))
    if name.strip() != record.name.strip():
        raise LaunchRefused("absent_name", name=plain(record.name))
    return replace(record, state=LaunchState.ABSENT, source="person")


def declared_found(record: Record, one: InstanceDetail, ledger: Ledger) -> Record:
    """Return it with a person's word that an instance is the one that it made, which only its id could tell.

    That has its very name, was not listed before, and belongs to no other launch. When it was made is no
    evidence: whoever looked by the clocks has not settled it.
    """
    if not record.unresolved:
        raise LaunchRefused("absent_state", name=plain(record.name))
    identity = plain(one.id)
    if one.name != record.name:
        raise LaunchRefused("found_name", id=identity, other=plain(one.name), name=plain(record.name))
    if one.id in {*ids_of_others(record, ledger.of_instance(one.id)), *(record.listed or ())}:
        raise LaunchRefused("found_other", id=identity)
    found = replace(record, state=LaunchState.SUCCEEDED, instance_id=one.id, source="person", candidates=())
    return replace(found, gone=one.status, gone_at=threads.now()) if one.is_gone else found


def seen_by_id(wire: PpioClient, instance_id: str) -> InstanceDetail:
    """Return an instance by its id: as it is, or as this kernel saw it last where it is gone."""
    try:
        return wire.get_instance(instance_id)
    except PpioError as error:
        gone = recent.last_gone(wire.host.base_url, instance_id)
        if not is_gone(error):
            raise
        if gone is None or gone.id != instance_id:
            raise LaunchRefused("no_such_instance", name=plain(instance_id)) from None
        return gone


def ids_of_others(record: Record, contents: Contents) -> set[str | None]:
    """Return the ids that other launches on this host were given, of whichever name."""
    return {
        other.instance_id
        for other in contents.records
        if other.host == record.host and other.launch_id != record.launch_id
    }


def _ids(instances: list[InstanceDetail]) -> tuple[str, ...]:
    return tuple(plain(one.id) for one in instances)


class Search:
    """Has a lost answer looked up until nothing is open, or a quarter of an hour.

    `going` while a look is to come; `look` looks once, `tell` tells who waits and observes.
    """

    def __init__(
        self, look: Callable[[], object], tell: Callable[[], None], is_open: Callable[[], bool]
    ) -> None:
        self.going = False
        self._look = look
        self._tell = tell
        self._is_open = is_open
        self._schedule = forks.lock()
        self._pauses: Iterator[float] = iter(())
        self._wake = forks.event()
        self._waited = False  # for the pause before a look

    def begin(self, *, at_once: bool = False) -> None:
        """Begin the schedule, or begin it anew."""
        try:
            with self._schedule:
                self._pauses = iter((0.0, *LOOK_PAUSES) if at_once else LOOK_PAUSES)
                begun, self.going = self.going, True
            if begun:
                threads.wake(self._wake)
                return
            self._wake.clear()
            self._waited = False
            threads.keep(self._step, self._wake, name="ppio-look")
        except BaseException as error:
            self.going = False  # first: else somebody would wait for a look that nobody makes
            log_fault("search", error)
            if not isinstance(error, Exception):
                raise

    def after_fork(self) -> None:
        """Look no more: who is told on this thread may have forked, and then it goes on there as well."""
        self.going, self._pauses = False, iter(())

    def end(self) -> None:
        """Stop: there is nothing to look for any more."""
        self._wake.set()

    def _step(self) -> float | None:
        """Look once its pause is over; returns the next one, None when there is none."""
        if self._wake.is_set():  # it is settled, or begins anew
            self._wake.clear()
        elif self._waited:
            self._waited = False  # whatever is raised, the schedule goes on
            self._look()
        pause = self._next_pause()
        if pause is None:
            self._tell()
        return pause

    def _next_pause(self) -> float | None:
        with self._schedule:
            pause = next(self._pauses, None) if self._is_open() else None
            self.going = self._waited = pause is not None
            return pause
