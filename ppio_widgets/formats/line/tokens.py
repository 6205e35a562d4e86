"""The words of a line, by shlex's POSIX rules, remembering what was quoted and how.

shlex itself forgets the quotes, and IPython's own expansion does not know them:
both would change an environment value on its way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ppio_widgets.errors import InputError

if TYPE_CHECKING:
    from ppio_widgets.request.envref import IsVariable

# What ends a piece of a word that is neither quoted nor escaped.
_PLAIN_END = re.compile(r"[\s'\"\\]")


@dataclass(frozen=True)
class Part:
    """A piece of a word: what it stands for, and the quotation mark around it or the backslash before it."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Word:
    """One word of a line: how it was written, and whether it is an option."""

    parts: tuple[Part, ...] = ()
    is_flag: bool = False

    @cached_property
    def text(self) -> str:
        """What it stands for."""
        return "".join(part.text for part in self.parts)

    @property
    def quoted(self) -> bool:
        """Whether any of it was quoted."""
        return any(part.mark for part in self.parts)

    def variables(self, is_variable: IsVariable) -> tuple[str, ...]:
        """Return where it names variables, as written: ``$lr``, ``{lr:.3f}``.

        Single quotes and a backslash say that the text itself is meant.
        """
        from ppio_widgets.request.envref import LITERAL, variables_in  # noqa: PLC0415 - as below

        shown = "".join(part.text if part.mark in ("", '"') else LITERAL for part in self.parts)
        return variables_in(shown, is_variable)


def split_line(text: str) -> list[Word]:
    """Split a line into words by shlex's POSIX rules, keeping ``{expressions}`` whole."""
    words: list[Word] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        end = _expression_end(text, position)
        if end is not None:
            words.append(Word((Part(text[position:end]),)))
            position = end
        else:
            word, position = _read_word(text, position)
            words.append(word)
    return words


def _read_word(text: str, position: int) -> tuple[Word, int]:
    parts: list[Part] = []
    is_flag = text.startswith("--", position)
    while position < len(text) and not text[position].isspace():
        char = text[position]
        if char in "'\"":
            part, position = _read_quotation(text, position)
            parts.append(Part(part, char))
        elif char == "\\":
            if position + 1 == len(text):
                raise _unreadable("line_backslash")
            parts.append(Part(text[position + 1], char))
            position += 2
        else:
            end = _PLAIN_END.search(text, position)
            until = end.start() if end else len(text)
            parts.append(Part(text[position:until]))
            position = until
    return Word(tuple(parts), is_flag), position


def _read_quotation(text: str, start: int) -> tuple[str, int]:
    mark = text[start]
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        char = text[position]
        if char == mark:
            return "".join(parts), position + 1
        if mark == '"' and char == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 1
            char = text[position]
        parts.append(char)
        position += 1
    raise _unreadable("line_quote", mark=mark)


def _unreadable(code: str, **params: str) -> InputError:
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415 - %load_ext needs none of it

    return input_error(code, **params)


def _expression_end(text: str, start: int) -> int | None:
    """Return where the ``{expression}`` at `start` ends, if one word is wholly that."""
    if text[start] != "{":
        return None
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char in "'\"":
            try:
                _, position = _read_quotation(text, position)
            except InputError:
                return None
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        position += 1
        if depth == 0:
            ends_word = position == len(text) or text[position].isspace()
            return position if ends_word else None
    return None


def is_expression(text: str) -> bool:
    """Whether a word is wholly one ``{expression}``."""
    return text.startswith("{") and _expression_end(text, 0) == len(text)


# What stands for itself: no quote, no blank, no ``$`` or ``{``, and at the beginning neither
# the ``-`` of an option nor the ``@`` of a name.
_PLAIN = re.compile(r"[\w./:~][\w./:~@+=,-]*")

# What cannot stand in single quotes: their own mark, with the backslashes before it, or those at the end.
_NOT_SINGLE = re.compile(r"((?<!\\)(?:\\*')+|(?<!\\)\\+$)")


@dataclass(frozen=True)
class Typed:
    """An unfinished line."""

    before: tuple[Word, ...]  # the words that are finished
    raw: str  # the last word as typed, with its quotes; empty behind a blank
    text: str  # what that stands for so far
    mark: str  # the quotation that is open, or empty


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
    """Write a text without control characters as one word of a line, in quotes where it needs them.

    `mark` is the quotation mark that was begun with; not `closed` leaves it open, for a word that goes on.
    """
    if not mark and _PLAIN.fullmatch(text):
        return text
    if not mark and closed:
        return in_quotes(text)
    mark = mark or "'"
    if mark == "'" and mark not in text:
        return f"'{text}'" if closed else f"'{text}"
    quoted = _double(text)
    return quoted if closed else quoted[:-1]


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
    return _double(text)


def _double(text: str) -> str:
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
