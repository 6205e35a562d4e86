"""The words of a line, by shlex's POSIX rules, remembering what was quoted.

shlex itself forgets the quotes, and IPython's own expansion does not know them:
both would change an environment value on its way.
"""

from __future__ import annotations

from dataclasses import dataclass

from ppio_widgets.errors import PpioError
from ppio_widgets.request.shapes import looks_like_key

# Stands in a message for what it must not repeat.
UNSAID = "…"

# What of a message repeats something that was given.
_REPEATED = ("value", "word", "path", "name")

# Of a path so much is shown at its beginning and at its end: a whole body may stand in place of one.
_HEAD, _TAIL = 30, 49


class LineError(PpioError):
    """A line that cannot be read; the message names the option and the way out.

    What looks like a key is never repeated, and of a path only as much as a path has.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, **{name: _repeated(name, value) for name, value in params.items()})


def hide_given(error: PpioError) -> None:
    """Take out of a message what it repeats of what was given."""
    error.params = {name: UNSAID if name in _REPEATED else value for name, value in error.params.items()}


def _repeated(name: str, value: object) -> object:
    """Return what a message may repeat of a parameter."""
    if not isinstance(value, str):
        return value
    if looks_like_key(value):
        return UNSAID
    is_long = name == "path" and len(value) > _HEAD + _TAIL + 1
    return f"{value[:_HEAD]}{UNSAID}{value[-_TAIL:]}" if is_long else value


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
