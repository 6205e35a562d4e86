"""Before a launch is sent: no second copy, and a record of it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import ApiError, ConsentNeeded, CredentialsError, NotSent, PpioError, Unreachable
from ppio_widgets.launcher import worker
from ppio_widgets.launcher.lookup import GOING, offset
from ppio_widgets.launcher.record import Record, without_env_values
from ppio_widgets.locale import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.answers import Listing
    from ppio_widgets.launcher.ledger import Contents, Ledger
    from ppio_widgets.launcher.wire import Wire


def claim(
    launch_id: str, body: Mapping[str, Any], wire: Wire, ledger: Ledger, *, again: bool
) -> tuple[Record, ConsentNeeded | None]:
    """Write a launch down as on its way, unless something speaks against it.

    Parameters
    ----------
    launch_id : str
    body : mapping
        Of the request; its env values are not written.
    wire : PpioClient
    ledger : Ledger
    again : bool
        Whether a second copy, or no record of it, was consented to.

    Returns
    -------
    tuple
        The record, and why it could not be written where that was consented to.

    Raises
    ------
    ConsentNeeded
        For a second copy, what could not be found out, or a ledger that cannot be written.
    LaunchRefused
        When another kernel has claimed this very launch.
    NotSent
        When the host cannot be reached.
    CredentialsError, ApiError
        When there is no key, or it is not accepted.
    """
    now = worker.clock.now()
    record = Record(
        launch_id,
        wire.host.base_url,
        wire.account,
        without_env_values(body),
        now,
        practice=wire.is_practice,
    )
    if again:
        try:
            ledger.claim(record)
        except ConsentNeeded as error:
            return record, error
        return record, None
    before = ledger.of_name(record.name)
    refuse_rivals(record, before)
    listing = refuse_second_copy(record, wire)
    # After the name: who consents to a file that cannot be read must know that one is there already.
    refuse_unread(before)
    now = worker.clock.now()
    record = replace(record, sent_at=now, offset=offset(listing, now), name_was_free=True)
    ledger.claim(record)
    rival: ConsentNeeded | None = None
    try:
        # Two kernels may have looked at the same moment: each sees the other's claim now,
        # or what has become of it.
        now_there = ledger.of_name(record.name)
        refuse_rivals(record, now_there, before)
        refuse_unread(now_there)
    except ConsentNeeded as error:
        rival = error
    if rival is not None:
        ledger.release(record)
        raise rival
    return record, None


def refuse_second_copy(record: Record, wire: Wire) -> Listing:
    """Return the listing when nothing in it speaks against sending.

    Raises
    ------
    ConsentNeeded
        When an instance of exactly this name is there, or that could not be found out.
    """
    failure: PpioError | None = None
    try:
        listing = wire.look(record.name)
    except PpioError as error:
        failure = error
    if isinstance(failure, CredentialsError) or (isinstance(failure, ApiError) and failure.status == 401):
        raise failure  # with such a key nothing can be sent either
    if isinstance(failure, Unreachable):
        raise NotSent("not_sent", **failure.params)
    if failure is not None:
        raise ConsentNeeded("name_unchecked", name=plain(record.name), reason=failure)
    now = record.sent_at + (offset(listing, record.sent_at) or 0)
    for one in listing.instances:
        if one.name == record.name and one.status not in GOING:
            age = Span(max(0, now - one.created_at))
            raise ConsentNeeded("name_taken", name=plain(one.name), id=plain(one.id), age=age)
    return listing


def refuse_rivals(record: Record, contents: Contents, before: Contents | None = None) -> None:
    """Pass when no launch of this name is unresolved.

    With what was read `before` the listing came, neither may one have been made since: the
    listing may not show it.

    Raises
    ------
    ConsentNeeded
    """
    known = {other.launch_id for other in (before or contents).records}
    for other in contents.records:
        if not record.rivals(other):
            continue
        name, age = plain(record.name), Span(max(0, record.sent_at - other.sent_at))
        if other.unresolved:
            raise ConsentNeeded("name_unresolved", name=name, launch_id=other.launch_id, age=age)
        if other.instance_id and other.launch_id not in known:
            raise ConsentNeeded("name_taken", name=name, id=plain(other.instance_id), age=age)


def refuse_unread(contents: Contents) -> None:
    """Pass when the whole ledger could be read.

    Raises
    ------
    ConsentNeeded
    """
    if contents.closed is not None:
        raise contents.closed
    if contents.unreadable:
        raise ConsentNeeded("ledger_unreadable", files=", ".join(contents.unreadable))
