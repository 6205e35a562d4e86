"""The API key beside a ``curl`` command: piped into it, set before it, or in a document.

It is never taken from a text; it is only noticed, so that it can be said that it was dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ppio_widgets.formats.shell import HOLE
from ppio_widgets.request.envref import is_account_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.formats.shell import ShellWord

# The header, as it is written on standard input and in a config of curl.
_HEADER = re.compile(r"""(?im)^\s*(?:header\s*[=:]?\s*)?["']?authorization\s*:""")

# What may stand in a command that writes it, and beside it, without being the key.
_NO_KEY = re.compile(
    rf"""(?i)\s|["']|%s|\\[nr]|{HOLE}|header\s*[=:]?|authorization\s*:|bearer|(?:printf|echo|cat)\s|-[ne]+\s"""
)
_ASSIGNED = re.compile(rf"([A-Za-z_]\w*)=[^{HOLE}]", re.ASCII)


def brings_key(words: Sequence[ShellWord]) -> bool:
    """Whether words of a command other than curl hold the key itself, and no variable for it."""
    if any((found := _ASSIGNED.match(word.masked)) and is_account_key(found[1]) for word in words):
        return True
    writes = any(_HEADER.search(word.masked) for word in words)
    return writes and bool(_NO_KEY.sub("", " ".join(word.masked for word in words)))


def holds_key(document: ShellWord) -> bool:
    """Whether a line of a document is the header with the key itself."""
    lines = [line for line in document.masked.split("\n") if _HEADER.match(line)]
    return bool(_NO_KEY.sub("", " ".join(lines)))
