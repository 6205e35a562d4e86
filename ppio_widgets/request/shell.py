"""Shell text as commands, words and here-documents; nothing is run and nothing is filled in.

The rules are those of POSIX ``sh``, with bash's ``$'…'``, ``<<<``, ``&>`` and ``<(…)``. What a shell would
fill in (``$NAME``, ``${…}``, ``$(…)``, backticks, a leading ``~``) is known by its place and stays as typed.
Patterns (``*.txt``) are plain text, as the shell leaves one that matches nothing. Blanks between a backslash
and the end of its line, which come from copying out of a page, are overlooked.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ppio_widgets.request.tokens import LineError

if TYPE_CHECKING:
    from collections.abc import Callable

# Stands in a word for what the shell would fill in: a code point that is no character, so no text needs it.
HOLE = "\ufdd0"

_CONTINUED = re.compile(r"\\[ \t]*\n")
_BLANK = rf"(?:[ \t]|{_CONTINUED.pattern})"
_SKIPPED = re.compile(rf"{_BLANK}+|#[^\n]*")
_REDIRECTION = re.compile(rf"(?:&>>?|[0-9]*(?P<mark><<<|<<-?|>>|[<>]&|<>|>\||[<>](?!\())){_BLANK}*")
_ENDS_COMMAND = "\n;&|()"
_ENDS_WORD = re.compile(r"[ \t\n;&|()]|[<>](?!\()")

# What is filled in: some to the end of a name, some up to a bracket.
_NAMED = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_BRACKETED = re.compile(r"\$[{(]|[<>]\(")
_HOME = re.compile(r"~[A-Za-z0-9_.-]*(?=[/ \t\n;&|()<>]|$)")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")

# What stands behind a mark, up to where it is closed; inside '…' a backslash is plain text.
_QUOTATIONS = {
    "'": re.compile(r"([^']*)'"),
    **{mark: re.compile(rf"((?:[^{mark[-1]}\\]|\\.)*){mark[-1]}", re.DOTALL) for mark in ('"', "`", "$'")},
}

# In $'…': numbers are bytes, but for those behind u and U.
_ESCAPE = re.compile(
    rb"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))", re.DOTALL
)
_LETTERS = dict(zip(b"abeEfnrtv\\'\"?", b"\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


@dataclass(frozen=True)
class ShellWord:
    """One word; it may hold a secret, so it is never shown.

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
        """The name of the variable that the word wholly is."""
        return variable_of(self.expansions[0]) if self.masked == HOLE else None

    def after(self, length: int) -> ShellWord:
        """Return the word without its first `length` characters of `masked`."""
        return ShellWord(self.masked[length:], self.expansions[self.masked.count(HOLE, 0, length) :])

    def cut(self, mark: str) -> tuple[str, ShellWord | None]:
        """Return what stands, masked, before the first `mark`, and the word behind it, if there is one."""
        head, found, _ = self.masked.partition(mark)
        return head, self.after(len(head) + len(mark)) if found else None


@dataclass(frozen=True)
class Command:
    """A simple command: its words, and whether anything goes in or out by ``<`` and ``>``."""

    words: tuple[ShellWord, ...]
    redirected: bool = False


@dataclass(frozen=True)
class Script:
    """A shell text, read up to its end or to what cannot be read.

    Attributes
    ----------
    commands : tuple of Command
    documents : tuple of ShellWord
        What stands in here-documents and here-strings, whichever command they are for.
    problem : LineError or None
        A quotation or an expansion that is not closed, or a backslash at the very end: the command
        that it stands in, and what follows, was not read.
    """

    commands: tuple[Command, ...]
    documents: tuple[ShellWord, ...] = ()
    problem: LineError | None = None


def variable_of(expansion: str) -> str | None:
    """Return the name of the variable that an expansion is and no more: ``$NAME``, ``${NAME}``."""
    found = _VARIABLE.fullmatch(expansion)
    return (found[1] or found[2]) if found else None


def read_shell(text: str) -> Script:
    """Read a shell text; ``;``, ``&``, ``|``, brackets and a line's end end a command."""
    reader = _Reader(text.replace("\r\n", "\n").replace(HOLE, "\ufffd"))
    problem = None
    try:
        reader.read()
    except LineError as error:
        problem = error
    return Script(tuple(reader.commands), tuple(reader.documents), problem)


class _Reader:
    """Reads commands, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._words: list[ShellWord] = []
        self._redirected = False
        self._announced: list[Callable[[], ShellWord]] = []
        self.commands: list[Command] = []
        self.documents: list[ShellWord] = []

    def read(self) -> None:
        while self._at < len(self._text):
            char = self._text[self._at]
            if skipped := _SKIPPED.match(self._text, self._at):
                self._at = skipped.end()
            elif redirection := _REDIRECTION.match(self._text, self._at):
                self._redirect(redirection)
            elif char in _ENDS_COMMAND:
                self._end_command()
                self._at += 1
                if char == "\n":
                    self.documents += [read() for read in self._announced]
                    self._announced = []
            else:
                self._words.append(self._word())
        self._end_command()

    def _end_command(self) -> None:
        if self._words or self._redirected:
            self.commands.append(Command(tuple(self._words), self._redirected))
        self._words, self._redirected = [], False

    def _word(self) -> ShellWord:
        reader = _WordReader(self._text, self._at)
        word = reader.bare()
        self._at = reader.at
        return word

    def _redirect(self, redirection: re.Match[str]) -> None:
        """Read what follows ``<`` or ``>``: a text is kept, the name of a file is none of ours."""
        start = self._at = redirection.end()
        word = self._word()
        self._redirected = True
        if redirection["mark"] == "<<<":
            self.documents.append(word)
        elif redirection["mark"] in ("<<", "<<-"):
            tabs = redirection["mark"] == "<<-"
            literal = any(mark in self._text[start : self._at] for mark in "'\"\\")
            self._announced.append(partial(self._document, word.text, tabs=tabs, literal=literal))

    def _document(self, end: str, *, tabs: bool, literal: bool) -> ShellWord:
        indent = "\t*" if tabs else ""
        line = re.compile(f"^{indent}{re.escape(end)}$", re.MULTILINE)
        found = line.search(self._text, self._at)
        text = self._text[self._at : found.start() if found else len(self._text)]
        self._at = found.end() + 1 if found else len(self._text)
        text = re.sub(r"^\t+", "", text, flags=re.MULTILINE) if tabs else text
        return ShellWord(text) if literal else _WordReader(text).quoted("")


class _WordReader:
    """Reads one word of a text, or what stands between two marks in it."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at
        self._parts: list[str] = []
        self._expansions: list[str] = []

    def bare(self) -> ShellWord:
        """Read up to what ends a word."""
        text, start = self.text, self.at
        while self.at < len(text) and not _ENDS_WORD.match(text, self.at):
            char = text[self.at]
            if continued := _CONTINUED.match(text, self.at):
                self.at = continued.end()
            elif char == "\\":
                if self.at + 1 == len(text):
                    raise LineError("line_backslash")
                self._take(text[self.at + 1], self.at + 2)
            elif char == "'":
                quotation = _quotation(text, "'", self.at)
                self._take(quotation[1], quotation.end())
            elif text.startswith("$'", self.at):
                quotation = _quotation(text, "$'", self.at)
                self._take(_unescaped(quotation[1]), quotation.end())
            elif char == '"':
                self.at += 1
                self.quoted('"')
            elif self.at == start and (home := _HOME.match(text, self.at)):
                self._fill_in(home.end())
            else:
                self._plain(quoted=False)
        return self._word()

    def quoted(self, mark: str) -> ShellWord:
        """Read up to `mark`, or with none to the end, by the rules between double quotation marks."""
        text = self.text
        while self.at < len(text) and not (mark and text[self.at] == mark):
            escaped = text[self.at + 1 : self.at + 2] if text[self.at] == "\\" else ""
            if escaped == "\n":
                self.at += 2
            elif escaped and escaped in f"$`\\{mark}":
                self._take(escaped, self.at + 2)
            else:
                self._plain(quoted=True)
        if mark and self.at == len(text):
            raise LineError("line_quote", mark=mark)
        self.at += len(mark)
        return self._word()

    def _word(self) -> ShellWord:
        return ShellWord("".join(self._parts), tuple(self._expansions))

    def _plain(self, *, quoted: bool) -> None:
        """Read one character, or what the shell would put in its place."""
        end = _filled_in(self.text, self.at, quoted=quoted)
        if end is None:
            self._take(self.text[self.at], self.at + 1)
        else:
            self._fill_in(end)

    def _fill_in(self, end: int) -> None:
        self._expansions.append(self.text[self.at : end])
        self._take(HOLE, end)

    def _take(self, text: str, end: int) -> None:
        self._parts.append(text)
        self.at = end


def _filled_in(text: str, at: int, *, quoted: bool) -> int | None:
    """Return where what the shell would fill in at a place ends; None for plain text."""
    if text[at] == "`":
        return _quotation(text, "`", at).end()
    bracketed = _BRACKETED.match(text, at)
    if bracketed and not (quoted and text[at] in "<>"):
        return _bracket_end(text, bracketed.end() - 1, quoted=quoted)
    named = _NAMED.match(text, at)
    return named.end() if named else None


def _bracket_end(text: str, start: int, *, quoted: bool) -> int:
    """Return where the bracket at `start` is closed; quotations inside are passed over."""
    opening, closing = text[start], {"{": "}", "(": ")"}[text[start]]
    marks = '"' if quoted and opening == "{" else "'\""  # "${A:-it's}"
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        if char in marks:
            at = _quotation(text, char, at).end()
            continue
        at += 2 if char == "\\" else 1
        depth += {opening: 1, closing: -1}.get(char, 0)
        if depth == 0:
            return at
    raise LineError("line_quote", mark=closing)


def _quotation(text: str, mark: str, at: int) -> re.Match[str]:
    """Return the quotation that `mark` begins at a place; what stands in it is the first group."""
    found = _QUOTATIONS[mark].match(text, at + len(mark))
    if found is None:
        raise LineError("line_quote", mark=mark[-1])
    return found


def _unescaped(text: str) -> str:
    """Return what ``$'…'`` stands for; as in bash, a null character ends it."""
    made = _ESCAPE.sub(_escaped_bytes, text.encode("utf-8", "surrogatepass"))
    return made.partition(b"\0")[0].decode("utf-8", "replace").replace(HOLE, "\ufffd")


def _escaped_bytes(match: re.Match[bytes]) -> bytes:
    byte, short, long, octal, letter = match.groups()
    if short or long:
        point = int(short or long, 16)
        # Beyond Unicode a shell writes bytes that are no text.
        return chr(point).encode("utf-8", "surrogatepass") if point <= sys.maxunicode else b"\xff"
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8) % 256])
    return bytes([_LETTERS[letter[0]]]) if letter[0] in _LETTERS else match[0]
