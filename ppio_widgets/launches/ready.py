"""What a launch needs before it may be sent: its values, a free name, and a record of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import NotSent, PpioError, log_fault
from ppio_widgets.launches.claim import claim
from ppio_widgets.request.envref import on_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.launches.consent import Consent
    from ppio_widgets.launches.ledger import Ledger
    from ppio_widgets.launches.record import Record
    from ppio_widgets.launches.wire import Wire
    from ppio_widgets.request.validation import Report


@dataclass(frozen=True)
class Ready:
    """A launch that is claimed, and may be sent now.

    Attributes
    ----------
    body : mapping
        As it goes on the wire.
    secrets : tuple of str
        Values in it that must not be repeated to anybody.
    record : Record
    unrecorded : PpioError or None
        Why the ledger does not hold it, where that was consented to.
    """

    body: Mapping[str, Any] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    record: Record
    unrecorded: PpioError | None


def make_ready(  # noqa: PLR0913, PLR0917 - each is a part of one launch
    launch_id: str,
    report: Report,
    wire: Wire,
    ledger: Ledger,
    consent: Consent,
    note: Callable[[Record, tuple[str, ...]], None],
) -> Ready | PpioError:
    """Return a launch that was claimed, or why it must not be sent; see `claim`."""
    try:
        body, secrets = on_wire(report.require().body(), practice=wire.is_practice)
        record, unrecorded = claim(launch_id, report.body, wire, ledger, consent, note)
    except PpioError as error:
        return error.with_traceback(None)  # its frames hold what was resolved
    except Exception as error:  # noqa: BLE001 - logged without its text
        kind = type(error).__name__
        log_fault(f"launch {launch_id}: the check before sending", error)
        return NotSent("fault_before", kind=kind)
    return Ready(body, secrets, record, unrecorded)
