"""The words of a shell command, by the rules of POSIX ``sh``; nothing is run and nothing is expanded.

What the shell would fill in (``$NAME``, ``${…}``, ``$(…)``, backticks, a leading ``~``) is known as such and
stays as it was typed. Patterns (``*.txt``) are plain text, as the shell leaves one that matches nothing.
Two things are kinder than the shell: blanks between a backslash and the end of its line, which come from
copying out of a page, and ``$'…'``, which is refused because shells differ on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ppio_widgets.request.tokens import LineError

# Stands in a word for what the shell would fill in: a code point that is no character, so no text needs it.
HOLE = "\ufdd0"

_CONTINUED = re.compile(r"\\[ \t]*\n")
_ENDS_COMMAND = "\n;&|()"
_ENDS_WORD = f" \t<>{_ENDS_COMMAND}"
_REDIRECT = re.compile(r"[0-9]*(?P<mark><<<|<<-?|>>|[<>]&|<>|>\||[<>])")
_SIMPLE = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_HOME = re.compile(rf"~[A-Za-z0-9_.-]*(?=[/{re.escape(_ENDS_WORD)}]|$)")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_BRACKETS = {"{": "}", "(": ")"}


@dataclass(frozen=True)
class ShellWord:
    """One word; its values may be secret, so it is never shown.

    Attributes
    ----------
    masked : str
        The word without its quotes, with a `HOLE` where the shell would fill something in.
    expansions : tuple of str
        What was typed for each hole.
    """

    masked: str = field(repr=False)
    expansions: tuple[str, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The word without its quotes, expansions as typed."""
        typed = iter(self.expansions)
        return "".join(next(typed) if char == HOLE else char for char in self.masked)

    @property
    def shown(self) -> str:
        """The word for a message: what the shell would fill in may hold a secret (``${A:-s3cret}``)."""
        return self.masked.replace(HOLE, "…")

    @property
    def variable(self) -> str | None:
        """The name of the variable that the word wholly is, ``$NAME`` or ``${NAME}``."""
        if self.masked != HOLE:
            return None
        found = _VARIABLE.fullmatch(self.expansions[0])
        return (found[1] or found[2]) if found else None

    def after(self, length: int) -> ShellWord:
        """Return the word without its first `length` characters of `masked`."""
        return ShellWord(self.masked[length:], self.expansions[self.masked.count(HOLE, 0, length) :])

    def cut(self, mark: str) -> tuple[str, ShellWord | None]:
        """Return what stands, masked, before the first `mark`, and the word behind it, if there is one."""
        head, found, _ = self.masked.partition(mark)
        return head, self.after(len(head) + len(mark)) if found else None


@dataclass(frozen=True)
class Command:
    """A simple command: its words, where the next one begins, whether files were to be read or written."""

    words: tuple[ShellWord, ...]
    end: int
    redirected: bool = False


def next_command(text: str, start: int = 0) -> Command:
    """Read the command that begins at `start`; ``;``, ``&``, ``|``, brackets and a line's end end it.

    Raises
    ------
    LineError
        When a quotation or an expansion is not closed, or a backslash ends the text.
    """
    words: list[ShellWord] = []
    position, redirected = start, False
    while position < len(text):
        char = text[position]
        if char in " \t":
            position += 1
        elif continued := _CONTINUED.match(text, position):
            position = continued.end()
        elif char == "#":
            position = _until(text, "\n", position)
        elif char in _ENDS_COMMAND:
            return Command(tuple(words), position + 1, redirected)
        elif redirect := _REDIRECT.match(text, position):
            redirected = True
            if redirect["mark"] in ("<<", "<<-"):
                break  # a text follows, up to a mark of its own: nothing behind it is read
            position = _target_end(text, redirect.end())
        else:
            word = _Word(text, position)
            position = word.read()
            words.append(ShellWord("".join(word.parts), tuple(word.expansions)))
    return Command(tuple(words), position, redirected)


def _until(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    return len(text) if found < 0 else found


def _target_end(text: str, position: int) -> int:
    """Return where the file name of a redirection ends."""
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    return _Word(text, position).read()


class _Word:
    """Reads one word."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.parts: list[str] = []
        self.expansions: list[str] = []

    def read(self) -> int:
        """Read it, and return where it ends."""
        text, position = self.text, self.start
        while position < len(text) and text[position] not in _ENDS_WORD:
            char = text[position]
            if continued := _CONTINUED.match(text, position):
                position = continued.end()
            elif char == "'":
                position = self._quoted(position + 1)
            elif char == '"':
                position = self._double_quoted(position + 1)
            elif char == "\\":
                if position + 1 == len(text):
                    raise LineError("line_backslash")
                position = self._literal(position + 1)
            elif text.startswith("$'", position):
                raise LineError("shell_dollar_quote")
            elif position == self.start and (home := _HOME.match(text, position)):
                position = self._open(position, home.end())
            else:
                position = self._plain(position)
        return position

    def _literal(self, position: int) -> int:
        self.parts.append(self.text[position].replace(HOLE, "\ufffd"))
        return position + 1

    def _open(self, start: int, end: int) -> int:
        self.parts.append(HOLE)
        self.expansions.append(self.text[start:end])
        return end

    def _plain(self, position: int) -> int:
        """Read one character, or what the shell would put in its place."""
        end = _expansion_end(self.text, position)
        return self._literal(position) if end is None else self._open(position, end)

    def _quoted(self, position: int) -> int:
        end = _closing(self.text, "'", position)
        self.parts.append(self.text[position:end].replace(HOLE, "\ufffd"))
        return end + 1

    def _double_quoted(self, position: int) -> int:
        text = self.text
        while position < len(text):
            if text[position] == '"':
                return position + 1
            if text[position] == "\\" and text[position + 1 : position + 2] == "\n":
                position += 2
            elif text[position] == "\\" and text[position + 1 : position + 2] in tuple('$`"\\'):
                position = self._literal(position + 1)
            else:
                position = self._plain(position)
        raise LineError("line_quote", mark='"')


def _expansion_end(text: str, position: int) -> int | None:
    """Return where what the shell would fill in at `position` ends; None for plain text."""
    if text[position] == "`":
        return _closing(text, "`", position + 1) + 1
    if text[position] != "$":
        return None
    if text[position + 1 : position + 2] in _BRACKETS:
        return _bracket_end(text, position + 1)
    simple = _SIMPLE.match(text, position)
    return simple.end() if simple else None


def _bracket_end(text: str, start: int) -> int:
    """Return where the bracket at `start` is closed; quotations inside are passed over."""
    opening = text[start]
    closing = _BRACKETS[opening]
    depth, position = 0, start
    while position < len(text):
        char = text[position]
        if char in "'\"":
            position = _closing(text, char, position + 1)
        elif char == "\\":
            position += 1
        else:
            depth += {opening: 1, closing: -1}.get(char, 0)
        position += 1
        if depth == 0:
            return position
    raise LineError("line_quote", mark=closing)


def _closing(text: str, mark: str, position: int) -> int:
    """Return where the next `mark` is; inside ``'…'`` a backslash is plain text."""
    while position < len(text) and text[position] != mark:
        position += 2 if text[position] == "\\" and mark != "'" else 1
    if position >= len(text):
        raise LineError("line_quote", mark=mark)
    return position
