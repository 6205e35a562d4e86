"""The word that is being typed at the end of an unfinished line, and how to write a word.

A quotation may be open. What `as_word` writes, `split_line` reads as exactly one word that
nothing is taken from the notebook for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ppio_widgets.errors import InputError
from ppio_widgets.formats.line.tokens import Word, split_line

# What stands for itself: no quote, no blank, no ``$`` or ``{``, and at the beginning neither
# the ``-`` of an option nor the ``@`` of a name.
_PLAIN = re.compile(r"[\w./:~][\w./:~@+=,-]*")

# What cannot stand in single quotes: their own mark, with the backslashes before it, or those at the end.
_NOT_SINGLE = re.compile(r"((?<!\\)(?:\\*')+|(?<!\\)\\+$)")


@dataclass(frozen=True)
class Typed:
    """An unfinished line.

    Attributes
    ----------
    before : tuple of Word
        The words that are finished.
    raw : str
        The last word as typed, with its quotes; empty behind a blank.
    text : str
        What it stands for so far.
    mark : str
        The quotation that is open, or empty.
    """

    before: tuple[Word, ...]
    raw: str
    text: str
    mark: str


def typed(line: str) -> Typed | None:
    """Take an unfinished line apart; None where that cannot be told (behind a backslash)."""
    start, mark = _last_word(line)
    try:
        before = split_line(line[:start])
        last = split_line(line[start:] + mark)
    except InputError:
        return None
    return Typed(tuple(before), line[start:], last[0].text if last else "", mark)


def as_word(text: str, mark: str = "", *, closed: bool = True) -> str:
    """Write a text as one word of a line, in quotes where it needs them.

    Parameters
    ----------
    text : str
        Without control characters.
    mark : str
        The quotation mark that was begun with, if any.
    closed : bool
        False leaves a quotation open, for a word that goes on.
    """
    if not mark and _PLAIN.fullmatch(text):
        return text
    if not mark and closed:
        return in_quotes(text)
    mark = mark or "'"
    if mark == "'" and mark not in text:
        return f"'{text}'" if closed else f"'{text}"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if closed else f'"{escaped}'


def in_quotes(text: str) -> str:
    """Return a text as one quoted word that names no variable of the notebook.

    A quotation is one for Python's tokeniser too, which IPython lets see the cell first:
    no backslash stands before a mark that closes it.
    """
    if "$" in text or "{" in text:  # in double quotes they may name one
        return "".join(_quoted(part) for part in _NOT_SINGLE.split(text) if part)
    return _quoted(text)


def _quoted(text: str) -> str:
    if "'" not in text and not text.endswith("\\"):
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _last_word(line: str) -> tuple[int, str]:
    """Return where the last word begins, and the quotation that is open there."""
    start, mark, position = 0, "", 0
    while position < len(line):
        char = line[position]
        if char == "\\" and mark != "'":
            position += 1
        elif mark:
            mark = "" if char == mark else mark
        elif char in "'\"":
            mark = char
        elif char.isspace():
            start = position + 1
        position += 1
    return start, mark
