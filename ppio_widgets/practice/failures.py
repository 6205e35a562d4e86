"""What goes wrong on the practice cloud because somebody asked for it, to see what is done then.

It is asked for by the image, as a shop's test card asks for a refusal. So it is asked for in
the same way in a form, in a line, in Python and with curl, in this process or over a socket,
and nobody meets it by chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# With any tag. The instance is made; the connection breaks before its answer.
LOST_ANSWER = "registry.practice.invalid/lessons/lost-answer"


class AnswerLost(Exception):
    """The call was carried out, and its answer is to reach nobody."""


def lose_answer(body: Mapping[str, Any]) -> None:
    """Pass, unless the body of a create call that was carried out asks for a lost answer.

    Raises
    ------
    AnswerLost
    """
    if body["image"].partition(":")[0] == LOST_ANSWER:
        raise AnswerLost


class Refused(Exception):
    """A call that the account refuses, as the API would."""

    def __init__(
        self, status: int, reason: str, message: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"code": status, "reason": reason, "message": message, "metadata": dict(metadata or {})}


def whole(text: str) -> int:
    """Return a number of a query or a header, 0 for anything else; one of many digits is merely large."""
    return int(text.lstrip("0")[:18] or "0") if text.isdecimal() else 0
