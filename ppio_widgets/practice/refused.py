"""A refusal of the practice cloud, in the API's own shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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
