"""Text in columns, for a terminal: a Chinese character takes two."""

from __future__ import annotations

import re
import unicodedata

# What may stand on a line of its own: a run of narrow characters, or one wide one.
_UNITS = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")
# What no line begins with.
_CLOSING = "，。；：、）！？"


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int) -> str:
    """Return a text filled up with blanks to so many columns."""
    return text + " " * (columns - width(text))


def fitted(text: str, columns: int) -> str:
    """Return a text cut to so many columns, with a mark where something is left out."""
    if width(text) <= columns:
        return text
    kept = text
    while kept and width(kept) > columns - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrapped(text: str, columns: int) -> list[str]:
    """Return a text in lines of at most so many columns; a longer word is not broken."""
    lines: list[str] = []
    end = 0
    for unit in _UNITS.finditer(text):
        gap = " " if text[end : unit.start()] else ""
        end = unit.end()
        last = lines[-1] if lines else ""
        fits = width(last + gap + unit[0]) <= columns or unit[0] in _CLOSING
        if lines and fits:
            lines[-1] = last + gap + unit[0]
        else:
            lines.append(unit[0])
    return lines
