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

# A piece of a word: in one quotation or the other, behind a backslash, or plain; and its mark.
_SINGLE, _DOUBLE = r"'([^']*)'", r'"((?:[^"\\]|\\.)*)"'
_PIECE = re.compile(rf"{_SINGLE}|{_DOUBLE}|\\(.)|([^\s'\"\\]+)", re.DOTALL)
_MARKS = ("'", '"', "\\", "")
_PIECE_OR_BLANK = re.compile(rf"\s+|{_PIECE.pattern}", re.DOTALL)
_IN_BRACES = re.compile(rf"{_SINGLE}|{_DOUBLE}|[{{}}'\"]", re.DOTALL)


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
        found = _PIECE.match(text, position)
        if found is None:
            from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415 - %load_ext needs none of it

            code = "line_backslash" if text[position] == "\\" else "line_quote"
            raise input_error(code, mark=text[position])
        kind = found.lastindex or 0
        piece = re.sub(r'\\(["\\])', r"\1", found[kind]) if _MARKS[kind - 1] == '"' else found[kind]
        parts.append(Part(piece, _MARKS[kind - 1]))
        position = found.end()
    return Word(tuple(parts), is_flag), position


def _expression_end(text: str, start: int) -> int | None:
    """Return where the ``{expression}`` at `start` ends, if one word is wholly that."""
    depth = 0
    for found in _IN_BRACES.finditer(text, start if text[start] == "{" else len(text)):
        if found[0] in ("'", '"'):  # it is not closed
            return None
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            end = found.end()
            return None if text[end : end + 1].strip() else end
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
    start = position = 0
    while found := _PIECE_OR_BLANK.match(line, position):
        position = found.end()
        start = position if found[0].isspace() else start
    mark = line[position : position + 1].strip("\\")
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
    quoted = f"'{text}'" if mark == "'" and mark not in text else _double(text)
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
