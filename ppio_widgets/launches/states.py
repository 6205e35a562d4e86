"""The states of a launch, and which may follow which."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class LaunchState(str, enum.Enum):
    """Where a launch stands.

    ::

        DRAFT → ARMED → CLAIMED → SENDING → SUCCEEDED | REJECTED | NOT_SENT | UNKNOWN
        UNKNOWN → RECONCILING → SUCCEEDED | ABSENT | UNKNOWN

    ARMED: its confirmation is open. CLAIMED: confirmed, being checked; nothing has
    left. UNKNOWN: it may have arrived. RECONCILING: being looked up. ABSENT: looked
    up, and it is not there. WITHDRAWN: the confirmation was given up.
    """

    DRAFT = "draft"
    ARMED = "armed"
    WITHDRAWN = "withdrawn"
    CLAIMED = "claimed"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    RECONCILING = "reconciling"
    ABSENT = "absent"


_S = LaunchState

# From CLAIMED back to ARMED: the check before sending found a reason to ask once more.
# From SENDING to SUCCEEDED also by look-up, when the answer is late; from UNKNOWN by a person's word alone.
FOLLOWING: Mapping[LaunchState, frozenset[LaunchState]] = {
    _S.DRAFT: frozenset({_S.ARMED, _S.CLAIMED}),
    _S.ARMED: frozenset({_S.CLAIMED, _S.WITHDRAWN}),
    _S.CLAIMED: frozenset({_S.ARMED, _S.SENDING, _S.NOT_SENT}),
    _S.SENDING: frozenset({_S.SUCCEEDED, _S.REJECTED, _S.NOT_SENT, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.RECONCILING, _S.SUCCEEDED, _S.ABSENT}),
    _S.RECONCILING: frozenset({_S.SUCCEEDED, _S.ABSENT, _S.UNKNOWN}),
    _S.WITHDRAWN: frozenset(),
    _S.SUCCEEDED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.NOT_SENT: frozenset(),
    _S.ABSENT: frozenset(),
}

# Confirmed, and no answer yet: nothing else may be begun meanwhile.
BUSY = (_S.CLAIMED, _S.SENDING)
# A machine may be running that nobody knows the id of.
UNRESOLVED = (_S.SENDING, _S.UNKNOWN, _S.RECONCILING)


class IllegalTransition(RuntimeError):
    """A launch was asked to go where it cannot; a fault of ours."""

    def __init__(self, before: LaunchState, after: LaunchState) -> None:
        super().__init__(f"a launch cannot go from {before.value} to {after.value}")
