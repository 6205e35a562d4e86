"""Names of instances: when two may be one that a server has changed."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A listed name shorter than this is a name of its own: no server is known to cut so early.
SHORTEST_CUT = 32

# What no server is expected to change: such a name may be searched for by the server's filter.
_PLAIN = re.compile(rf"[a-z0-9._-]{{1,{SHORTEST_CUT - 1}}}")


def alike(one: str, other: str) -> bool:
    """Whether two names differ at most in case, Unicode form and blanks."""
    return folded(one) == folded(other)


def may_be(listed: str, sent: str) -> bool:
    """Whether a server may have made the listed name of the sent one: folded, or cut as well."""
    seen, whole = folded(listed), folded(sent)
    if seen == whole or not whole.startswith(seen):
        return seen == whole
    # Cut and then stripped, it is shorter by its blanks.
    lengths = range(SHORTEST_CUT, len(sent))
    return len(listed) >= SHORTEST_CUT or any(folded(sent[:length]) == seen for length in lengths)


def made_of(sent: str) -> Callable[[str], bool]:
    """Return a check of listed names: which a server may have made of the sent one."""
    return lambda listed: may_be(listed, sent)


def neighbours(name: str) -> Callable[[str], bool]:
    """Return a check of folded names: which may be this one, or cut from it. More pass than are."""
    key = folded(name)
    begun = key[:SHORTEST_CUT]
    return lambda other: key.startswith(other) or (len(begun) == SHORTEST_CUT and other.startswith(begun))


def filter_of(name: str) -> str:
    """Return what to filter a listing by, empty for all: what was changed would not pass its own name."""
    return name if _PLAIN.fullmatch(name) else ""


def folded(name: str) -> str:
    """Return what two names have in common that differ at most in case, Unicode form and blanks."""
    # Twice, as Unicode's compatibility caseless match has it. Decomposed, since a cut between a letter
    # and its mark leaves a beginning of it.
    for _ in range(2):
        name = unicodedata.normalize("NFKD", name).casefold()
    return " ".join(unicodedata.normalize("NFKD", name).split())
