"""Shell text as commands, words and here-documents; nothing is run.

The rules are those of POSIX ``sh``, with bash's ``$'…'``, ``<<<``, ``&>`` and ``<(…)``. What a shell would
fill in (``$NAME``, ``${…}``, ``$(…)``, backticks, a leading ``~``, ``<your own>``) is known by its place and
stays as typed, but for a variable that the text itself gives a value that is no secret. Patterns (``*.txt``)
are plain text, as the shell leaves one that matches nothing.

A text is read as pages and terminals show it: a line goes on behind a backslash, behind ``^`` of cmd.exe and
behind the backtick of PowerShell; blanks or a comment behind them, and lines of comments between, are
overlooked; prompts, and the mark before each line of a quotation, are none of it; blanks of pages are blanks;
``%NAME%``, ``$env:NAME`` and ``set`` are understood. The standard library's shlex does none of this, and
forgets what was quoted.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ppio_widgets.errors import InputError
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Stands in a word for what the shell would fill in: a code point that is no character, so no text needs it.
HOLE = "\ufdd0"

# Blanks, also those of web pages; and what has no width, which is there for the page alone.
_BLANKS = r" \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NO_WIDTH = "\u200b\u2060\ufeff"
BLANK = f"[{_BLANKS}]"

# What a terminal shows before a command, or a notebook's mark for the shell.
PROMPT = (
    rf"(?:(?:\([\w.-]{{1,40}}\){BLANK}+)?"
    rf"(?:PS(?:{BLANK}[^\n>]{{0,200}})?>{{1,3}}|\[?[\w.-]{{1,40}}@[^\n>$#%'\"=]{{0,200}}[>$#%]|\$?>{{1,2}}|[$%❯➜]){BLANK}+"
    rf"|[A-Za-z]:\\[^\n>]{{0,200}}>{BLANK}*|!{BLANK}*)"
)
_PROMPT = re.compile(PROMPT)
_PROMPTED = re.compile(f"{BLANK}*{PROMPT}")
# Before each further line of a command, or of a quotation.
_MARK = re.compile(rf"({BLANK}*)>{{1,2}}(?:{BLANK}|$)")

# How a line goes on in the next one: in a word (HEAD^ may end one), and between two of them.
_JOINED = re.compile(rf"[\\`]{BLANK}*\n|\^\n(?={BLANK})")
_CONTINUED = rf"[\\^`](?:{BLANK}*|{BLANK}+#[^\n]*)\n(?:{BLANK}*#[^\n]*\n)*"
_CUT_OFF = re.compile(r"([\\^`])\s*\Z")
_GAP = rf"(?:[{_BLANKS}{_NO_WIDTH}]|{_CONTINUED})"
_SKIPPED = re.compile(rf"{_GAP}+|#[^\n]*")

# What is to be replaced by whoever reads a page; `<in >out` is none.
_PLACEHOLDER = r"<(?![<(&\s])[^<>\n\"'`;|&]*(?<![<\s])>"
_REDIRECTION = re.compile(
    rf"(?!{_PLACEHOLDER})(?:&>>?|[0-9]*(?P<mark><<<|<<-?|>>|[<>]&|<>|>\||[<>](?!\())){_GAP}*"
)
_ENDS_COMMAND = "\n;&|()"
_ENDS_WORD = re.compile(rf"[\n;&|(){_BLANKS}]|(?!{_PLACEHOLDER})[<>](?!\()")

# What is filled in: some to the end of a name, some up to a bracket.
_NAMED = re.compile(r"\$(?:(?:(?i:env):)?[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_BRACKETED = re.compile(r"\$[{(]|[<>]\(")
_OF_CMD = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*)%")
_SURELY_OF_CMD = re.compile(r"[A-Z_][A-Z0-9_]{2,}|cd|CD")
_TO_REPLACE = re.compile(_PLACEHOLDER)
_HOME = re.compile(rf"~[A-Za-z0-9_.-]*(?=[/\n;&|()<>{_BLANKS}]|$)")
_VARIABLE = re.compile(
    r"\$(?:(?i:env):)?([A-Za-z_][A-Za-z0-9_]*)|\$\{(?:(?i:env):)?([A-Za-z_][A-Za-z0-9_]*)\}|%([A-Za-z_][A-Za-z0-9_]*)%"
)
_DOCUMENT = re.compile(rf"\$\({BLANK}*cat{BLANK}*(?=<<)")

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNING = frozenset({"export", "declare", "typeset", "local", "readonly", "set"})
_EXPORTING = frozenset({"export", "set"})

# Of all variables together, so that none that holds others grows without end.
MOST_FILLED_IN = 1_000_000

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
    """One word without its quotes; it may hold a secret, so it is never shown."""

    masked: str = field(repr=False)  # with a `HOLE` where the shell would fill something in
    expansions: tuple[str, ...] = field(default=(), repr=False)  # what was typed for each hole

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

    def split(self) -> list[ShellWord]:
        """Return the words that a shell makes of it where it stands without quotes."""
        words: list[ShellWord] = []
        taken = 0
        for found in re.finditer(r"[^ \t\n]+", self.masked):
            holes = found[0].count(HOLE)
            words.append(ShellWord(found[0], self.expansions[taken : taken + holes]))
            taken += holes
        return words


@dataclass(frozen=True)
class Command:
    """A simple command, and the variables that the text gives to its programs up to there."""

    words: tuple[ShellWord, ...]
    redirected: bool = False  # whether anything goes in or out by ``<`` and ``>``
    assigns: bool = False  # whether it only gives variables their values, for where they are used
    exported: Mapping[str, ShellWord] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Script:
    """A shell text, read up to its end or to what cannot be read."""

    commands: tuple[Command, ...]
    documents: tuple[ShellWord, ...] = ()  # here-documents and here-strings, whichever command they are for
    # A quotation or an expansion that is not closed, or a backslash at the very end: the command that it
    # stands in, and what follows, was not read.
    problem: InputError | None = None


def variable_of(expansion: str) -> str | None:
    """Return the name of the variable that an expansion is and no more: ``$NAME``, ``${NAME}``."""
    found = _VARIABLE.fullmatch(expansion)
    return next(name for name in found.groups() if name) if found else None


def read_shell(text: str) -> Script:
    """Read a shell text; ``;``, ``&``, ``|``, brackets and a line's end end a command."""
    plain = text.replace("\r\n", "\n").replace(HOLE, "\ufffd")
    reader = _Reader(_without_marks(plain), _Variables())
    problem = None
    try:
        reader.read()
    except InputError as error:
        problem = error
    return Script(tuple(reader.commands), tuple(reader.documents), problem)


def _without_marks(text: str) -> str:
    """Take off what stands before each further line of a command in a terminal, or of a quotation."""
    lines: list[str] = []
    indent: int | None = None  # of the prompt, while such lines may follow
    for line in text.split("\n"):
        mark = _MARK.match(line) if indent is not None else None
        if mark and len(mark[1]) <= indent:  # type: ignore[operator] # only looked at where there is one
            lines.append(line[mark.end() :])
            continue
        indent = len(line) - len(line.lstrip()) if _PROMPTED.match(line) else None
        lines.append(line)
    return "\n".join(lines)


class _Variables:
    """What the text itself gives variables as their values, but for secrets: those stay names."""

    def __init__(self) -> None:
        self._values: dict[str, ShellWord] = {}
        self._left = MOST_FILLED_IN
        self.exported: Mapping[str, ShellWord] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def assign(self, name: str, value: ShellWord | None, *, exports: bool) -> None:
        """Note a variable, and whether programs are given it; without a value it keeps its own."""
        if value is not None:
            self._values.pop(name, None)
            self.exported = {key: one for key, one in self.exported.items() if key != name}
            if not looks_secret(name) and not looks_like_key(value.text):
                self._values[name] = value
        if exports and name in self._values:
            self.exported = {**self.exported, name: self._values[name]}

    def fill_in(self, expansion: str) -> ShellWord | None:
        """Return what an expansion stands for, where the text says so."""
        name = variable_of(expansion)
        value = self._values.get(name) if name else self._document(expansion)
        if value is None or len(value.masked) > self._left:
            return None
        self._left -= len(value.masked)
        return value

    def _document(self, expansion: str) -> ShellWord | None:
        """Return the here-document that ``$(cat <<END …)`` stands for."""
        if not _DOCUMENT.match(expansion):
            return None
        reader = _Reader(expansion[2:-1], self)
        reader.read()
        return reader.documents[0] if len(reader.documents) == len(reader.commands) == 1 else None


class _Reader:
    """Reads commands, one after the other."""

    def __init__(self, text: str, variables: _Variables) -> None:
        self._text = text
        self._at = 0
        self._words: list[ShellWord] = []
        self._redirected = False
        self._announced: list[Callable[[], ShellWord]] = []
        self._variables = variables
        self.commands: list[Command] = []
        self.documents: list[ShellWord] = []

    def read(self) -> None:
        while self._at < len(self._text):
            char = self._text[self._at]
            if skipped := (_SKIPPED.match(self._text, self._at) or self._prompt()):
                self._at = skipped.end()
            elif cut_off := _CUT_OFF.match(self._text, self._at):
                raise input_error("shell_cut_off", mark=cut_off[1])
            elif redirection := _REDIRECTION.match(self._text, self._at):
                self._redirect(redirection)
            elif char in _ENDS_COMMAND:
                self._end_command()
                self._at += 1
                if char == "\n":
                    self.documents += [read() for read in self._announced]
                    self._announced = []
            else:
                self._words += self._read_word()
        self._end_command()

    def _prompt(self) -> re.Match[str] | None:
        """Return the prompt that a line begins with here."""
        found = None if self._words or self._redirected else _PROMPT.match(self._text, self._at)
        line = self._text.rfind("\n", 0, self._at) + 1 if found else 0
        return found if not self._text[line : self._at].strip() else None

    def _end_command(self) -> None:
        if self._words or self._redirected:
            words = tuple(self._words)
            assigned = _assigned(words)
            exported = self._variables.exported
            self.commands.append(Command(words, self._redirected, bool(assigned), exported))
            for name, value, exports in assigned:
                self._variables.assign(name, value, exports=exports)
        self._words, self._redirected = [], False

    def _read_word(self) -> list[ShellWord]:
        """Read one word; it may be none or several, as a shell splits what a variable holds."""
        reader = _WordReader(self._text, self._at, self._variables)
        words = reader.bare()
        self._at = reader.at
        return words

    def _redirect(self, redirection: re.Match[str]) -> None:
        """Read what follows ``<`` or ``>``: a text is kept, the name of a file is none of ours."""
        start = self._at = redirection.end()
        word = next(iter(self._read_word()), ShellWord(""))
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
        return ShellWord(text) if literal else _WordReader(text, 0, self._variables).quoted("")


# Name, value, and whether it is given to programs as well; no value where an older one is.
_Assigned = tuple[str, "ShellWord | None", bool]


def _assigned(words: tuple[ShellWord, ...]) -> list[_Assigned]:
    """Return the variables that a command gives a value, where it does no more than that."""
    kind = words[0].masked.lower() if words else ""
    of_powershell = _assigned_in_powershell(words)
    if of_powershell:
        return [of_powershell]
    if kind in _ASSIGNING:
        words = tuple(word for word in words[1:] if not word.masked.startswith("-"))
    exports = kind in _EXPORTING
    found = [_ASSIGNMENT.match(word.masked) for word in words]
    others = [word for one, word in zip(found, words, strict=True) if one is None]
    if not words or not all(exports and _NAME.fullmatch(word.masked) for word in others):
        return []
    named: list[_Assigned] = [(word.masked, None, True) for word in others]
    given = [(one[1], word.after(one.end()), exports) for one, word in zip(found, words, strict=True) if one]
    return [*given, *named]


def _assigned_in_powershell(words: tuple[ShellWord, ...]) -> _Assigned | None:
    """Return what ``$name = "value"`` assigns, and ``$env:NAME="value"``."""
    name = variable_of(words[0].expansions[0]) if words and words[0].masked.startswith(HOLE) else None
    if name is None:
        return None
    exports = words[0].expansions[0][1:5].lower() == "env:"
    rest = [word for word in (words[0].after(1), *words[1:]) if word.masked]
    if not rest or not rest[0].masked.startswith("="):
        return None
    values = [word for word in (rest[0].after(1), *rest[1:]) if word.masked]
    return (name, values[0] if values else ShellWord(""), exports) if len(values) <= 1 else None


class _WordReader:
    """Reads one word of a text, or what stands between two marks in it."""

    def __init__(self, text: str, at: int, variables: _Variables) -> None:
        self.text = text
        self.at = at
        self._variables = variables
        self._words: list[ShellWord] = []
        self._parts: list[str] = []
        self._expansions: list[str] = []
        self._is_word = False

    def bare(self) -> list[ShellWord]:
        """Read up to what ends a word."""
        text, start = self.text, self.at
        while self.at < len(text) and not _ENDS_WORD.match(text, self.at):
            if continued := _JOINED.match(text, self.at):
                self.at = continued.end()
            elif text[self.at] in _NO_WIDTH:
                self.at += 1
            elif self.at == start and (home := _HOME.match(text, self.at)):
                self._fill_in(home.end())
            elif placeholder := _TO_REPLACE.match(text, self.at):
                self._fill_in(placeholder.end())
            elif not self._taken_as_quoted():
                self._plain(quoted=False)
        return [*self._words, *([self._word()] if self._is_word else [])]

    def _taken_as_quoted(self) -> bool:
        """Take what is quoted here, in whichever way; False where nothing is."""
        text, at = self.text, self.at
        if text[at] == "\\":
            if at + 1 == len(text):
                raise input_error("shell_cut_off", mark="\\")
            self._take(text[at + 1], at + 2)
        elif text[at] == "'":
            quotation = _quotation(text, "'", at)
            self._take(quotation[1], quotation.end())
        elif text.startswith("$'", at):
            quotation = _quotation(text, "$'", at)
            self._take(_unescaped(quotation[1]), quotation.end())
        elif text[at] == '"':
            self.at += 1
            self.quoted('"')
        else:
            return False
        return True

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
            raise input_error("line_quote", mark=mark)
        self.at += len(mark)
        self._is_word = True
        return self._word()

    def _word(self) -> ShellWord:
        return ShellWord("".join(self._parts), tuple(self._expansions))

    def _plain(self, *, quoted: bool) -> None:
        """Read one character, or what the shell would put in its place."""
        end = self._filled_in(quoted=quoted)
        if end is None:
            self._take(self.text[self.at], self.at + 1)
        else:
            self._fill_in(end, quoted=quoted)

    def _filled_in(self, *, quoted: bool) -> int | None:
        """Return where what the shell would fill in here ends; None for plain text."""
        text, at = self.text, self.at
        if text[at] == "`":
            return _quotation(text, "`", at).end()
        bracketed = _BRACKETED.match(text, at)
        if bracketed and not (quoted and text[at] in "<>"):
            return _bracket_end(text, bracketed.end() - 1, quoted=quoted)
        of_cmd = _OF_CMD.match(text, at)
        if of_cmd:
            known = of_cmd[1] in self._variables or _SURELY_OF_CMD.fullmatch(of_cmd[1])
            return of_cmd.end() if known else None
        named = _NAMED.match(text, at)
        return named.end() if named else None

    def _fill_in(self, end: int, *, quoted: bool = False) -> None:
        """Take what stands up to a place: what the text says of it, or else a hole."""
        expansion = self.text[self.at : end]
        value = self._variables.fill_in(expansion)
        if value is None:
            self._expansions.append(expansion)
            self._take(HOLE, end)
        elif quoted or self._parts:
            self._expansions += value.expansions
            self._take(value.masked, end)
        else:
            self._take_split(value, end)

    def _take_split(self, value: ShellWord, end: int) -> None:
        """Take what a variable without quotes holds: each blank in it ends a word."""
        words = value.split()
        if not words or value.masked[-1].isspace():
            words.append(ShellWord(""))
        *self._words, last = [*self._words, *words]
        self._is_word = bool(last.masked)
        self._expansions, self.at = list(last.expansions), end
        self._parts = [last.masked] if self._is_word else []

    def _take(self, text: str, end: int) -> None:
        self._parts.append(text)
        self.at = end
        self._is_word = True


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
    raise input_error("line_quote", mark=closing)


def _quotation(text: str, mark: str, at: int) -> re.Match[str]:
    """Return the quotation that `mark` begins at a place; what stands in it is the first group."""
    found = _QUOTATIONS[mark].match(text, at + len(mark))
    if found is None:
        raise input_error("line_quote", mark=mark[-1])
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
