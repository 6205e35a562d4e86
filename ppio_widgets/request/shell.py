"""Shell text as commands and words, by the quoting rules of POSIX and bash's ``$'…'``.

Nothing is run or filled in: of a ``$NAME`` only the name is noted, and the text
stays as it stands.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from ppio_widgets.request.tokens import LineError

# A variable, also as ${NAME:-…}; of the output of a command no name is known.
_FILLED_IN = re.compile(r"\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)[^}]*\}|\$\(|`", re.ASCII)
_DOUBLE_QUOTED = re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL)
_BLANKS = " \t"
_ENDS_COMMAND = "|&;()\n"
_ENDS_WORD = _BLANKS + _ENDS_COMMAND + "<>"

# bash's $'…': single letters, and the digits behind x, u, U or none.
_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
_CODE = re.compile(r"x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})")


@dataclass(frozen=True)
class ShellWord:
    """One word, without its quotes.

    Attributes
    ----------
    text : str
    fills_in : tuple of str
        Names of the variables whose values the shell would put in, ``(…)`` for a command's output.
    """

    text: str
    fills_in: tuple[str, ...] = ()


@dataclass
class Script:
    """A shell text, read.

    Attributes
    ----------
    commands : list of list of ShellWord
    documents : list of ShellWord
        What stands in here-documents and here-strings.
    """

    commands: list[list[ShellWord]] = field(default_factory=lambda: [[]])
    documents: list[ShellWord] = field(default_factory=list)


@dataclass(frozen=True)
class _Document:
    """A here-document that is announced and begins on the next line."""

    end: str
    literal: bool
    tabs: bool


def read_shell(text: str) -> Script:
    """Split a shell text into commands, words and here-documents.

    Raises
    ------
    LineError
        When a quotation is not closed.
    """
    reader = _Reader(text.replace("\r\n", "\n"))
    reader.read()
    return reader.script


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._pending: list[_Document] = []
        self.script = Script()

    def read(self) -> None:
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in _BLANKS:
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif char == "#":
                self._at = self._line_end()
            elif char in _ENDS_COMMAND:
                self._end_command(char)
            elif char in "<>":
                self._redirection()
            else:
                self._argument()

    def _end_command(self, char: str) -> None:
        self._at += 1
        if self.script.commands[-1]:
            self.script.commands.append([])
        if char == "\n":
            for document in self._pending:
                self.script.documents.append(self._document(document))
            self._pending = []

    def _argument(self) -> None:
        start = self._at
        word = self._word()
        number_of_file = word.text.isdecimal() and self._text[self._at : self._at + 1] in ("<", ">")
        if not number_of_file and self._at > start:
            self.script.commands[-1].append(word)

    def _redirection(self) -> None:
        """Read what follows ``<`` or ``>``: a document is kept, a file is none of ours."""
        text = self._text
        if text.startswith("<<<", self._at):
            self._skip(3)
            self.script.documents.append(self._word())
        elif text.startswith("<<", self._at):
            tabs = text.startswith("<<-", self._at)
            self._skip(3 if tabs else 2)
            start = self._at
            end = self._word().text
            literal = any(mark in text[start : self._at] for mark in "'\"\\")
            self._pending.append(_Document(end, literal, tabs))
        else:
            self._at += 1
            while text[self._at : self._at + 1] in (">", "&", "|"):
                self._at += 1
            self._skip(0)
            self._word()

    def _skip(self, length: int) -> None:
        self._at += length
        while self._at < len(self._text) and self._text[self._at] in _BLANKS:
            self._at += 1

    def _line_end(self) -> int:
        end = self._text.find("\n", self._at)
        return len(self._text) if end < 0 else end

    def _document(self, document: _Document) -> ShellWord:
        lines: list[str] = []
        while self._at < len(self._text):
            end = self._line_end()
            line = self._text[self._at : end]
            self._at = end + 1
            line = line.lstrip("\t") if document.tabs else line
            if line == document.end:
                break
            lines.append(line + "\n")
        text = "".join(lines)
        if document.literal:
            return ShellWord(text)
        return ShellWord(re.sub(r"\\(\n|[\\$`])", _unescaped, text), _filled_in(text))

    def _word(self) -> ShellWord:
        parts: list[str] = []
        names: list[str] = []
        while self._at < len(self._text) and self._text[self._at] not in _ENDS_WORD:
            start, char = self._at, self._text[self._at]
            if char == "'":
                parts.append(self._until("'", start + 1))
            elif self._text.startswith("$'", start):
                parts.append(self._ansi(start + 2))
            elif char == '"':
                text = self._quoted(start + 1)
                parts.append(re.sub(r'\\(\n|[\\$`"])', _unescaped, text))
                names += _filled_in(text)
            elif char == "\\":
                parts.append(self._text[start + 1 : start + 2].replace("\n", ""))
                self._at = start + 2
            elif char == "$" and (match := _FILLED_IN.match(self._text, start)):
                parts.append(match[0])
                names.append(_name(match))
                self._at = match.end()
            else:
                parts.append(char)
                self._at += 1
        return ShellWord("".join(parts), tuple(names))

    def _until(self, mark: str, start: int) -> str:
        end = self._text.find(mark, start)
        if end < 0:
            raise LineError("line_quote", mark=mark)
        self._at = end + 1
        return self._text[start:end]

    def _quoted(self, start: int) -> str:
        """Return what stands between double quotes, as it stands there."""
        match = _DOUBLE_QUOTED.match(self._text, start)
        if match is None:
            raise LineError("line_quote", mark='"')
        self._at = match.end()
        return match[1]

    def _ansi(self, start: int) -> str:
        """Return what bash makes of ``$'…'``; numbers in it are bytes, but for those of ``u`` and ``U``."""
        made = bytearray()
        position = start
        while self._text[position : position + 1] not in ("'", ""):
            if self._text[position] != "\\":
                made += self._text[position].encode("utf-8", "surrogatepass")
                position += 1
            elif match := _CODE.match(self._text, position + 1):
                made += _coded(match)
                position = match.end()
            else:
                letter = self._text[position + 1 : position + 2]
                made += _LETTERS.get(letter, "\\" + letter).encode("utf-8", "surrogatepass")
                position += 2
        if position >= len(self._text):
            raise LineError("line_quote", mark="'")
        self._at = position + 1
        return made.decode("utf-8", "replace")


def _coded(match: re.Match[str]) -> bytes:
    """Return the bytes that a number in ``$'…'`` stands for."""
    byte, short, long, octal = match.groups()
    if short or long:
        return chr(min(int(short or long, 16), sys.maxunicode)).encode("utf-8", "surrogatepass")
    return bytes([int(byte, 16) if byte else int(octal, 8) % 256])


def _filled_in(text: str) -> tuple[str, ...]:
    """Return what the shell fills into a text, but for what a backslash keeps from it."""
    return tuple(map(_name, _FILLED_IN.finditer(re.sub(r"\\.", "", text, flags=re.DOTALL))))


def _name(match: re.Match[str]) -> str:
    return match[1] or match[2] or "(…)"


def _unescaped(match: re.Match[str]) -> str:
    return match[1].replace("\n", "")
