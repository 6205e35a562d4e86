"""What the wire can say about one create call.

A launch decides by this and needs to know nothing about httpx.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import read_error, read_json, tells_error
from ppio_widgets.cloud.instances import is_id
from ppio_widgets.errors import NotSent, OutcomeUnknown, PpioError

if TYPE_CHECKING:
    from ppio_widgets.locale.text import Mask
    from ppio_widgets.locale.words import Sayable


@dataclass(frozen=True)
class Verdict:
    """The outcome of one create call."""

    # Whether any byte of the request may have left.
    sent: bool
    # The new instance, when the answer named it.
    instance_id: str | None = None
    # Why there is no id: `NotSent`, `ApiError` (surely refused) or `OutcomeUnknown`.
    error: PpioError | None = None
    # An id that the answer named beside an error: an instance may have been made, or not.
    candidate: str = ""


def judge_answer(
    status: int,
    content: bytes,
    *,
    cut: bool = False,
    retry_after: float | None = None,
    mask: Mask = str,
) -> Verdict:
    """Judge a complete answer to the create call.

    A 2xx with a JSON object whose ``id`` can be one, beside no error, is an instance. One of
    `errors.REFUSALS` is a refusal, in the server's words with secrets hidden by `mask`.
    Everything else leaves open whether an instance was made.
    """
    if 200 <= status < 300:
        answer = None if cut else read_json(content)
        identity = answer.get("id") if isinstance(answer, Mapping) else None
        if not isinstance(answer, Mapping) or not is_id(identity):
            return Verdict(sent=True, error=OutcomeUnknown("unknown_answer", status=status))
        if tells_error(answer):
            doubt = OutcomeUnknown("unknown_id", status=status, id=identity)
            return Verdict(sent=True, error=doubt, candidate=identity)
        return Verdict(sent=True, instance_id=identity)
    error = read_error(status, content, retry_after, mask)
    if error.refused:
        return Verdict(sent=True, error=error)
    return Verdict(sent=True, error=OutcomeUnknown("unknown_status", words=error))


def judge_failure(kind: Sayable | str, host: str, *, sent: bool) -> Verdict:
    """Judge a create call that ended without an answer; `kind` names the failure."""
    if sent:
        return Verdict(sent=True, error=OutcomeUnknown("unknown_lost", host=host, kind=kind))
    return Verdict(sent=False, error=NotSent("not_sent", host=host, kind=kind))
