"""The words of a line, by shlex's POSIX rules, remembering what was quoted and how.

shlex itself forgets the quotes, and IPython's own expansion does not know them:
both would change an environment value on its way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ppio_widgets.errors import PpioError
from ppio_widgets.secrets.patterns import looks_like_key

# How other magics name a variable within a text: `$name`, `{name}`, `{name * 2:.1f}`.
_DOLLAR = re.compile(r"\$([^\W\d]\w*)")
_BRACES = re.compile(r"\{([^{}]*)\}")
# In an expression: texts, attributes and numbers, and what is left, names.
_NAMES = re.compile(r"""\"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\.\s*\w+|\d\w*|([^\W\d]\w*)""")

# What ends a piece of a word that is neither quoted nor escaped.
_PLAIN_END = re.compile(r"[\s'\"\\]")

# Stands where a text is meant as it is: no name goes on across it.
_LITERAL = "\0"

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


# Whether a name is a variable that the person has made in the notebook.
IsVariable = Callable[[str], bool]


def no_variable(_name: str) -> bool:
    """Know no variable: for a line that is read outside of a notebook."""
    return False


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
        shown = "".join(part.text if part.mark in ("", '"') else _LITERAL for part in self.parts)
        return variables_in(shown, is_variable)


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
                raise LineError("line_backslash")
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


def variables_in(text: str, is_variable: IsVariable) -> tuple[str, ...]:
    """Return where a text names variables, as it stands there."""
    if "$" not in text and "{" not in text:
        return ()
    found = [match[0] for match in _DOLLAR.finditer(text) if is_variable(match[1])]
    for match in _BRACES.finditer(text):
        names = (one[1] for one in _NAMES.finditer(match[1]))
        if any(name and is_variable(name) for name in names):
            found.append(match[0])
    return tuple(dict.fromkeys(one.replace(_LITERAL, UNSAID) for one in found))


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
    except LineError:
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
