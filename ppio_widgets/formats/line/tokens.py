"""The words of a line, by shlex's POSIX rules, remembering what was quoted and how.

shlex itself forgets the quotes, and IPython's own expansion does not know them:
both would change an environment value on its way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from ppio_widgets.errors import InputError
from ppio_widgets.request.envref import LITERAL, IsVariable, variables_in
from ppio_widgets.secrets.redaction import input_error

# What ends a piece of a word that is neither quoted nor escaped.
_PLAIN_END = re.compile(r"[\s'\"\\]")


@dataclass(frozen=True)
class Part:
    """A piece of a word that was written in one way.

    Attributes
    ----------
    text : str
        What it stands for.
    mark : str
        The quotation mark around it, the backslash before it, or empty.
    """

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
        shown = "".join(part.text if part.mark in ("", '"') else LITERAL for part in self.parts)
        return variables_in(shown, is_variable)


def split_line(text: str) -> list[Word]:
    """Split a line into words by shlex's POSIX rules, keeping ``{expressions}`` whole.

    Raises
    ------
    InputError
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
                raise input_error("line_backslash")
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
    raise input_error("line_quote", mark=mark)


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
