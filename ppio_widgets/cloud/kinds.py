"""The kinds of JSON values in answers: what is of another kind than expected is not told.

Nothing here raises, whatever comes: a frame of a traceback would hold the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST_WHOLE = 10**9
LONGEST_ID = 255
LONGEST_TEXT = 4095


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> list[Any]:
    """Return an array, or an empty one."""
    return value if isinstance(value, list) else []


def flag(value: Any) -> bool | None:
    """Return a boolean, or None."""
    return value if isinstance(value, bool) else None


def whole(value: Any, low: int = 0, high: int = LARGEST_WHOLE) -> int | None:
    """Return a whole number within bounds, or None; ``true`` is none."""
    sound = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return value if sound else None


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return text exactly as it came; empty for what is none, too long, or could not be sent on.

    JSON may hold half of a surrogate pair, which has no UTF-8.
    """
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return "" if any("\ud800" <= char <= "\udfff" for char in value) else value


def identity(value: Any, longest: int = LONGEST_ID) -> str:
    """Return an id exactly as it came; empty for one that nobody could read or type."""
    sound = (
        isinstance(value, str) and len(value) <= longest and value.isprintable() and value == value.strip()
    )
    return value if sound else ""


def identities(value: Any) -> tuple[str, ...]:
    """Return the ids in an array, each once."""
    return tuple(dict.fromkeys(one for row in rows(value) if (one := identity(row))))
