"""The one call that is billed: whatever comes of it, a verdict comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cloud.outcome import Verdict
from ppio_widgets.errors import ApiError, OutcomeUnknown, PpioError, log_fault
from ppio_widgets.launches.states import LaunchState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ppio_widgets.launches.wire import Wire


def send(wire: Wire, body: Mapping[str, Any], secrets: tuple[str, ...], waited: float) -> Verdict:
    """Send the create call, once; a fault of our own leaves open whether it arrived."""
    try:
        return wire.send_create(body, secrets, waited=waited)
    except PpioError as error:  # refused on this side: no key, no such host
        return Verdict(sent=False, error=error.with_traceback(None))
    except BaseException as error:  # noqa: BLE001 - logged without its text; an Interrupt is one as well
        kind = type(error).__name__
        log_fault("sending", error)
    return Verdict(sent=True, error=OutcomeUnknown("fault", kind=kind))


def state_after(verdict: Verdict) -> LaunchState:
    """Return where a launch stands after its answer, or after none."""
    if verdict.instance_id is not None:
        return LaunchState.SUCCEEDED
    if not verdict.sent:
        return LaunchState.NOT_SENT
    return LaunchState.REJECTED if isinstance(verdict.error, ApiError) else LaunchState.UNKNOWN
