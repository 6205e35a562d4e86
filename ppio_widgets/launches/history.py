"""Launches of earlier kernels: found in the ledger, looked up, settled."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import CredentialsError, LaunchRefused
from ppio_widgets.launches.launch import live_launch, unrecorded_launches
from ppio_widgets.launches.ledger import Contents, Ledger, ledger_for
from ppio_widgets.launches.reconcile import declared_absent, declared_found, look_once, seen_by_id
from ppio_widgets.launches.sentences import launch_sentence, record_sentence
from ppio_widgets.launches.states import UNRESOLVED, LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ppio_widgets.cloud.client import PpioClient, Target
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.cloud.resources import Bill
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.ledger import Record
    from ppio_widgets.locale.words import Words


@dataclass(frozen=True)
class Launches:
    """What the ledger holds, for people, unresolved launches first, and what only this kernel knows."""

    contents: Contents
    unrecorded: tuple[Launch, ...] = ()

    def lines(self, say: Words) -> list[str]:
        """Return a sentence for each launch, and for each file that cannot be read."""
        now = threads.now()
        ours = {one.launch_id for one in self.unrecorded}
        told = [record for record in self.contents.records if record.launch_id not in ours]
        return [
            *self._torn(say),
            *(launch_sentence(launch, say) for launch in self.unrecorded),
            *(record_sentence(record, now, say) for record in told),
        ]

    def none_open(self, say: Words) -> str:
        """Return what is to be said where none is to be looked up: that says nothing of another kernel's."""
        known = say("record.none_open" if self.contents.records or self.unrecorded else "record.none")
        return "\n".join(self._torn(say)) or known

    def _torn(self, say: Words) -> list[str]:
        """Return what cannot be read: whatever is in there may be running."""
        torn = [say("record.unreadable", launch_id=plain(name)) for name in self.contents.unreadable]
        closed = self.contents.closed
        return torn if closed is None else [closed.fact(say), *torn]

    def __repr__(self) -> str:
        say = words()
        return "\n".join(self.lines(say)) or say("record.none")


def launches() -> Launches:
    """Return all launches of this user, those of this kernel on the practice cloud too."""
    real, practice = (ledger.read() for ledger in _ledgers())
    records = sorted((*real.records, *practice.records), key=lambda one: (not one.unresolved, -one.sent_at))
    contents = Contents(tuple(records), (*real.unreadable, *practice.unreadable), real.closed)
    return Launches(contents, unrecorded_launches())


def _ledgers() -> tuple[Ledger, Ledger]:
    """Return that of what is billed, and that of practice."""
    return ledger_for(practice=False), ledger_for(practice=True)


def left_open(say: Words) -> list[str]:
    """Return a sentence for each launch of an earlier kernel whose outcome is not known."""
    contents = ledger_for(practice=False).unresolved()
    ours = tuple(record for record in contents.records if live_launch(record.launch_id) is None)
    return Launches(replace(contents, records=ours)).lines(say)


def open_ids() -> list[str]:
    """Return the ids of all launches whose outcome is not known."""
    written = [record.launch_id for ledger in _ledgers() for record in ledger.unresolved().records]
    ours = [one.launch_id for one in unrecorded_launches() if one.state in UNRESOLVED]
    return list(dict.fromkeys((*written, *ours)))


def forget(launch_id: str) -> bool:
    """Set a file aside that cannot be read; False when there is none, or it can be read."""
    with suppress(OSError):  # a text that no file can be called
        return launch_id.isalnum() and any(ledger.forget(launch_id) for ledger in _ledgers())
    return False


def find(launch_id: str) -> tuple[Record, Ledger]:
    """Return a record and the ledger that holds it; `LaunchRefused` when there is none."""
    for ledger in _ledgers():
        record = ledger.get(launch_id) if launch_id.isalnum() else None
        if record is not None:
            return record, ledger
    raise LaunchRefused("record_missing", launch_id=plain(launch_id))


def last_body_of(name: str, target: Target) -> Mapping[str, Any] | None:
    """Return the body of the last launch of exactly this name on a cloud; its env values are not in it.

    Only of a launch that made an instance, or may have: what was refused was not launched.
    """
    made = [
        record
        for record in ledger_for(practice=target.practice).of_name(name).records
        if record.name == name and record.host.partition("://")[2] == target.name
        if _may_have_made_one(record)
    ]
    return max(made, key=lambda record: record.sent_at).body if made else None


def last_launches(target: Target, most: int) -> list[Record]:
    """Return the last launches on a cloud that made an instance, or may have: of each name the newest.

    Reads the ledger: not for the kernel's own thread.
    """
    found: dict[str, Record] = {}
    for record in sorted(ledger_for(practice=target.practice).read().records, key=lambda one: -one.sent_at):
        if record.host.partition("://")[2] == target.name and _may_have_made_one(record):
            found.setdefault(record.name, record)
    return list(found.values())[:most]


def used_names(target: Target) -> frozenset[str]:
    """Return all names that the ledger has; reads it: not for the kernel's own thread."""
    return frozenset(record.name for record in ledger_for(practice=target.practice).read().records)


def _may_have_made_one(record: Record) -> bool:
    return record.state is LaunchState.SUCCEEDED or record.unresolved


def look_up(record: Record, ledger: Ledger, wire: PpioClient) -> Record:
    """Look an unresolved launch up, once, and write down what is known now.

    It is refused with the key of another account: that would see nothing, which is no evidence of absence.
    """
    _require_account(record, wire)
    seen = look_once(record, wire, ledger, threads.now())
    now = ledger.get(record.launch_id)
    if now is not None and not now.unresolved:
        return now  # its own kernel had the answer meanwhile
    ledger.save(seen)
    return seen


def _require_account(record: Record, wire: PpioClient) -> None:
    if wire.account != record.account:
        raise LaunchRefused("record_account", account=record.account, launch_id=record.launch_id)


def declare_found(record: Record, ledger: Ledger, wire: PpioClient, instance_id: str) -> Record:
    """Take a person's word that an instance of this id is what it made, where nothing speaks against that."""
    _require_account(record, wire)
    found = declared_found(record, seen_by_id(wire, instance_id), ledger)
    now = ledger.get(record.launch_id)
    if now is not None and not now.unresolved:
        return now  # its own kernel had the answer meanwhile
    ledger.save(found)
    return found


def declare_absent(record: Record, ledger: Ledger, name: str) -> Record:
    """Take a person's word, given by typing the name, that the instance is not there."""
    absent = declared_absent(record, name)
    ledger.save(absent)
    return absent


def named(bill: Bill, client: PpioClient) -> Bill:
    """Return a bill with the names of those instances as well that the ledger alone knows."""
    ids = {one.instance for one in bill.charges} - bill.names.keys()
    found = {one: records[0].name for one in ids if (records := _records_of(client, one))}
    return replace(bill, names={**found, **bill.names})


def gone_name(client: PpioClient, instance_id: str) -> str | None:
    """Return the name of an instance that was proved to be gone; None for any other."""
    return next((one.name for one in _records_of(client, instance_id) if one.gone), None)


def note_gone(client: PpioClient, gone: InstanceDetail) -> None:
    """Store in the record of its launch, where there is one, that an instance is gone."""
    ledger = ledger_for(practice=client.is_practice)
    with suppress(CredentialsError):  # the key went meanwhile
        for record in _records_of(client, gone.id):
            if record.gone != gone.status:
                ledger.save(replace(record, gone=gone.status, gone_at=threads.now()))


def _records_of(client: PpioClient, instance_id: str) -> list[Record]:
    """Return what the ledger holds of an instance; what another key does not find says nothing of it."""
    made_here = (client.host.base_url, client.account, instance_id)
    records = ledger_for(practice=client.is_practice).of_instance(instance_id).records
    return [one for one in records if (one.host, one.account, one.instance_id) == made_here]
