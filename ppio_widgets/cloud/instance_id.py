"""What can be the id of an instance, from wherever it comes: it becomes a part of an address.

The contract says no more than "a text of 1 to 255 characters" (PPIO GPU API v2, get instance). A
blank, a slash, a query or dots would be another address, or none; nothing is asked for by such a text.
"""

from __future__ import annotations

import re
from typing import TypeGuard

from ppio_widgets.errors import LaunchRefused
from ppio_widgets.locale.text import visible

_MOST_SHOWN = 60

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~:@=+-]{0,254}")


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value can be the id of an instance."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def require_id(value: object) -> str:
    """Return an id as it is.

    Raises
    ------
    LaunchRefused
        For what can be none; nothing is sent.
    """
    if not is_id(value):
        shown = visible(str(value))
        cut = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
        raise LaunchRefused("instance_id", id=cut)
    return value
