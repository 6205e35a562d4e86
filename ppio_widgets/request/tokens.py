"""The words of a line, by shlex's POSIX rules, remembering what was quoted.

shlex itself forgets the quotes, and IPython's own expansion does not know them:
both would change an environment value on its way.
"""

from __future__ import annotations

from dataclasses import dataclass

from ppio_widgets.errors import PpioError


class LineError(PpioError):
    """A line that cannot be read; the message names the option and the way out."""


@dataclass(frozen=True)
class Word:
    """One word of a line: whether any of it was quoted, and whether it is an option."""

    text: str
    quoted: bool = False
    is_flag: bool = False


def split_line(text: str) -> list[Word]:
    """Split a line into words by shlex's POSIX rules, keeping ``{expressions}`` whole.

    Raises
    ------
    LineError
        When a quotation is not closed, or a backslash ends the line.
    """
    words: list[Word] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        end = _expression_end(text, position)
        if end is not None:
            words.append(Word(text[position:end]))
            position = end
        else:
            word, position = _read_word(text, position)
            words.append(word)
    return words


def _read_word(text: str, position: int) -> tuple[Word, int]:
    parts: list[str] = []
    quoted = False
    is_flag = text.startswith("--", position)
    while position < len(text) and not text[position].isspace():
        char = text[position]
        if char in "'\"":
            part, position = _read_quotation(text, position)
            parts.append(part)
            quoted = True
        elif char == "\\":
            if position + 1 == len(text):
                raise LineError("line_backslash")
            parts.append(text[position + 1])
            position += 2
            quoted = True
        else:
            parts.append(char)
            position += 1
    return Word("".join(parts), quoted, is_flag), position


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
    raise LineError("line_quote", mark=mark)


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
            except LineError:
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
