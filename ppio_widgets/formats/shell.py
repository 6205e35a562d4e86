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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ppio_widgets.errors import InputError
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# In a word one of these characters, which mean nothing in any text, stands for what the shell would fill in:
# the same one for the same thing. The last one stands for a blank that ends a word.
HOLE = "[\U00100000-\U0010fffc]"
_CODES, _SPLIT = range(0x100000, 0x10FFFD), "\U0010fffd"
_HOLE = re.compile(HOLE)
_OURS = re.compile(f"{HOLE}|{_SPLIT}")
# Such a character as JSON escapes it: read by others later on, it is one of the text.
_ESCAPED_HOLE = re.compile(r"\\u(db[c-f][0-9a-f])\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)

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
_PROMPTED = re.compile(f"({BLANK}*){PROMPT}")
# Before each further line of a command, or of a quotation.
_MARK = re.compile(rf"({BLANK}*)>{{1,2}}(?:{BLANK}|$)")

# How a line goes on in the next one: in a word (HEAD^ may end one), and between two of them.
_JOINED = re.compile(rf"[\\`]{BLANK}*\n|\^\n(?={BLANK})|[{_NO_WIDTH}]")
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

# What is filled in: by its name, or up to where a bracket or a quotation is closed.
_VARIABLE = re.compile(
    r"\$(?i:env:)?([A-Za-z_][A-Za-z0-9_]*)|\$\{(?i:env:)?([A-Za-z_][A-Za-z0-9_]*)\}|%([A-Za-z_][A-Za-z0-9_]*)%"
)
_SURELY_OF_CMD = re.compile(r"[A-Z_][A-Z0-9_]{2,}|cd|CD")
_PARAMETER = re.compile(r"\$[0-9@*#?$!-]")
_BRACKET = re.compile(r"\$[{(]|[<>]\(")
_IN_BRACKETS = re.compile(r"""\\.|'[^']*'|"(?:[^"\\]|\\.)*"|[(){}]""", re.DOTALL)
_IN_QUOTED_BRACES = re.compile(r"""\\.|"(?:[^"\\]|\\.)*"|[{}]""", re.DOTALL)  # "${A:-it's}"
_TO_REPLACE = re.compile(_PLACEHOLDER)
_HOME = re.compile(rf"~[A-Za-z0-9_.-]*(?=[/\n;&|()<>{_BLANKS}]|$)")
# `$(cat <<END …)`, which is its document.
_CAT = re.compile(
    rf"\$\({BLANK}*cat{BLANK}*<<(?P<tabs>-?){BLANK}*(?P<mark>['\"\\]?)(?P<end>\w+)['\"]?{BLANK}*\n"
    r"(?P<text>(?:.*\n)*?)\t*(?P=end)\s*\)"
)

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?", re.DOTALL)
# `$name = "value"` and `$env:NAME="value"` of PowerShell.
_OF_POWERSHELL = re.compile(rf"({HOLE}){_SPLIT}?={_SPLIT}?([^{_SPLIT}]*)")
_ASSIGNING = frozenset({"export", "declare", "typeset", "local", "readonly", "set"})
_EXPORTING = frozenset({"export", "set"})

# What may stand before a program and changes nothing of what it runs.
_BEFORE = frozenset({"sudo", "doas", "env", "exec", "command", "nohup", "time"})

# Of all variables together, so that none that holds others grows without end.
MOST_FILLED_IN = 1_000_000

# What is quoted, but by double marks: behind a backslash, in '…' (where that is plain text), in $'…'.
_QUOTED = re.compile(r"\\(.)|'([^']*)'|\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_BACKTICKS = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
# In $'…', as browsers copy a request; another one is refused.
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-7][0-9a-fA-F]|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def shown(word: str) -> str:
    """Return a word for a message: what the shell would fill in may hold a secret (``${A:-s3cret}``)."""
    return _HOLE.sub("…", word)


def is_open(word: str) -> bool:
    """Whether the shell would fill something in."""
    return _HOLE.search(word) is not None


def variable_of(expansion: str) -> str | None:
    """Return the name of the variable that an expansion is and no more: ``$NAME``, ``${NAME}``."""
    found = _VARIABLE.fullmatch(expansion)
    return found[found.lastindex or 0] if found else None


def program(words: list[str], names: Collection[str]) -> int | None:
    """Return where one of these programs is called: behind variables, or ``sudo`` and its options."""
    before = ""
    for place, word in enumerate(words):
        name = re.split(r"[/\\]", word)[-1].removesuffix(".exe")
        if name in names:
            return place
        if not (word.startswith("-") or before.startswith("-") or "=" in word or name in _BEFORE):
            return None
        before = word
    return None


@dataclass(frozen=True)
class Command:
    """A simple command, and the variables that the text gives to its programs up to there."""

    words: list[str] = field(repr=False)  # without their quotes; they may hold a secret
    redirected: bool = False  # whether anything goes in or out by ``<`` and ``>``
    assigns: bool = False  # whether it only gives variables their values, for where they are used
    exported: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Script:
    """A shell text, read up to its end or to what cannot be read."""

    commands: list[Command]
    # Here-documents and here-strings, whichever command they are for.
    documents: list[str] = field(repr=False)
    holes: Mapping[int, str] = field(repr=False)  # what was typed for each hole
    # A quotation or an expansion that is not closed, or a backslash at the very end: the command that it
    # stands in, and what follows, was not read; but for the words that it begins with.
    problem: InputError | None = None
    begun: list[str] = field(default_factory=list, repr=False)

    def typed(self, word: str) -> str:
        """Return a word, what the shell would fill in as it was typed."""
        return word.translate(self.holes)

    def variable(self, word: str) -> str | None:
        """Return the name of the variable that a word wholly is."""
        return variable_of(self.holes.get(ord(word), "")) if _HOLE.fullmatch(word) else None


def read_shell(text: str) -> Script:
    """Read a shell text; ``;``, ``&``, ``|``, brackets and a line's end end a command."""
    reader = _Reader(_without_marks(_OURS.sub("\ufffd", text.replace("\r\n", "\n"))))
    problem = None
    try:
        reader.read()
    except InputError as error:
        problem = error
    return Script(reader.commands, reader.documents, reader.holes, problem, reader.begun)


def _without_marks(text: str) -> str:
    """Take off what stands before each further line of a command in a terminal, or of a quotation."""
    lines: list[str] = []
    indent = -1  # of the prompt, while such lines may follow
    for line in text.split("\n"):
        mark = _MARK.match(line)
        if mark and len(mark[1]) <= indent:
            lines.append(line[mark.end() :])
            continue
        prompt = _PROMPTED.match(line)
        indent = len(prompt[1]) if prompt else -1
        lines.append(line)
    return "\n".join(lines)


class _Reader:
    """Reads commands, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._redirected = False
        self._announced: list[tuple[str, bool, bool]] = []  # the end of a document, and how it is written
        self._values: dict[str, str] = {}  # of variables, but for secrets: those stay names
        self._left = MOST_FILLED_IN
        self._exported: Mapping[str, str] = {}
        self._hole_of: dict[str, str] = {}
        said = {_joined(*pair) for pair in _ESCAPED_HOLE.findall(text)}
        self._codes = iter(code for code in _CODES if code not in said)
        self.holes: dict[int, str] = {}
        self.commands: list[Command] = []
        self.begun: list[str] = []  # the words of the next one
        self.documents: list[str] = []

    def read(self) -> None:
        while self._at < len(self._text):
            if skipped := (_SKIPPED.match(self._text, self._at) or self._prompt()):
                self._at = skipped.end()
            elif cut_off := _CUT_OFF.match(self._text, self._at):
                raise input_error("shell_cut_off", mark=cut_off[1])
            elif redirection := _REDIRECTION.match(self._text, self._at):
                self._redirect(redirection)
            elif self._text[self._at] in _ENDS_COMMAND:
                self._end_command()
                self._at += 1
                if self._text[self._at - 1] == "\n":
                    self._read_documents()
            else:
                self.begun += self._word()
        self._end_command()

    def _prompt(self) -> re.Match[str] | None:
        """Return the prompt that a line begins with here."""
        found = None if self.begun or self._redirected else _PROMPT.match(self._text, self._at)
        line = self._text.rfind("\n", 0, self._at) + 1 if found else 0
        return found if not self._text[line : self._at].strip() else None

    def _end_command(self) -> None:
        if self.begun or self._redirected:
            exported = self._exported
            assigns = self._assign(self.begun)
            self.commands.append(Command(self.begun, self._redirected, assigns, exported))
        self.begun, self._redirected = [], False

    # -- what goes in and out

    def _redirect(self, redirection: re.Match[str]) -> None:
        """Read what follows ``<`` or ``>``: a text is kept, the name of a file is none of ours."""
        start = self._at = redirection.end()
        word = next(iter(self._word()), "")
        self._redirected = True
        if redirection["mark"] == "<<<":
            self.documents.append(word)
        elif redirection["mark"] in ("<<", "<<-"):
            is_quoted = any(mark in self._text[start : self._at] for mark in "'\"\\")
            self._announced.append((word.translate(self.holes), redirection["mark"] == "<<-", is_quoted))

    def _read_documents(self) -> None:
        for end, tabs, is_quoted in self._announced:
            indent = "\t*" if tabs else ""
            found = re.compile(f"^{indent}{re.escape(end)}$", re.MULTILINE).search(self._text, self._at)
            text = self._text[self._at : found.start() if found else len(self._text)]
            self._at = found.end() + 1 if found else len(self._text)
            self.documents.append(self._document(text, tabs=tabs, is_quoted=is_quoted))
        self._announced = []

    def _document(self, text: str, *, tabs: bool, is_quoted: bool) -> str:
        text = re.sub(r"^\t+", "", text, flags=re.MULTILINE) if tabs else text
        return text if is_quoted else self._quoted(text, 0, "")[0]

    # -- words

    def _word(self) -> list[str]:
        """Read one word; it may be none or several, as a shell splits what a variable holds."""
        text, start = self._text, self._at
        parts: list[str] = []
        while self._at < len(text) and not _ENDS_WORD.match(text, self._at):
            if joined := _JOINED.match(text, self._at):
                self._at = joined.end()
                continue
            home = _HOME.match(text, self._at) if self._at == start else None
            to_replace = home or _TO_REPLACE.match(text, self._at)
            end = to_replace.end() if to_replace else self._end_of_open(text, self._at, quoted=False)
            if end:
                is_first = not parts or parts[-1].endswith(_SPLIT)
                value = self._filled_in(text[self._at : end])
                part = re.sub(r"[ \t\n]+", _SPLIT, value) if is_first else value
                parts += [part] if part else []
                self._at = end
            else:
                part, self._at = self._piece(self._at)
                parts.append(part)
        word = "".join(parts)
        return [one for one in word.split(_SPLIT) if one] if _SPLIT in word else [word] * bool(parts)

    def _piece(self, at: int) -> tuple[str, int]:
        """Return what is quoted at a place, in whichever way, or the character there, and where it ends."""
        text = self._text
        if text[at] == '"':
            return self._quoted(text, at + 1, '"')
        if quoted := _QUOTED.match(text, at):
            piece = quoted[quoted.lastindex or 0]
            return piece if quoted[3] is None else _ESCAPE.sub(_escaped, piece), quoted.end()
        if text[at] == "\\":
            raise input_error("shell_cut_off", mark="\\")
        if text[at] == "'" or text.startswith("$'", at):
            raise input_error("line_quote", mark="'")
        return text[at], at + 1

    def _quoted(self, text: str, at: int, mark: str) -> tuple[str, int]:
        """Read up to `mark`, or with none to the end, by the rules between double quotation marks."""
        parts: list[str] = []
        while at < len(text) and text[at] != mark:
            escaped = text[at + 1 : at + 2] if text[at] == "\\" else ""
            if escaped and escaped in f"\n$`\\{mark}":
                parts.append(escaped.strip("\n"))
                at += 2
            elif end := self._end_of_open(text, at, quoted=True):
                parts.append(self._filled_in(text[at:end]))
                at = end
            else:
                parts.append(text[at])
                at += 1
        if mark and at == len(text):
            raise input_error("line_quote", mark=mark)
        return "".join(parts), at + len(mark)

    # -- what the shell would fill in

    def _end_of_open(self, text: str, at: int, *, quoted: bool) -> int | None:
        """Return where what the shell would fill in here ends; None for plain text."""
        if text[at] not in "$`%<>":
            return None
        if backticks := _BACKTICKS.match(text, at):
            return backticks.end()
        if text[at] == "`":
            raise input_error("line_quote", mark="`")
        variable = _VARIABLE.match(text, at)
        if variable and variable[3]:  # of cmd.exe, unless it is a plain per cent sign
            known = variable[3] in self._values or _SURELY_OF_CMD.fullmatch(variable[3])
            return variable.end() if known else None
        if found := variable or _PARAMETER.match(text, at) or _CAT.match(text, at):
            return found.end()
        bracket = _BRACKET.match(text, at)
        if bracket is None or (quoted and text[at] in "<>"):
            return None
        return _bracket_end(text, bracket.end() - 1, quoted=quoted)

    def _filled_in(self, expansion: str) -> str:
        """Return what an expansion stands for, where the text says so, or else a hole."""
        name, cat = variable_of(expansion), _CAT.fullmatch(expansion)
        value = self._values.get(name) if name else None
        if cat:
            value = self._document(cat["text"], tabs=bool(cat["tabs"]), is_quoted=bool(cat["mark"]))
        if value is not None and len(value) <= self._left:
            self._left -= len(value)
            return value
        if expansion not in self._hole_of:
            code = next(self._codes, None)
            if code is None:
                raise input_error("import_unknown")
            self._hole_of[expansion] = chr(code)
            self.holes[code] = expansion
        return self._hole_of[expansion]

    def _assign(self, words: list[str]) -> bool:
        """Note the variables that a command gives a value; False where it does anything else."""
        kind = words[0].lower() if words else ""
        of_powershell = _OF_POWERSHELL.fullmatch(_SPLIT.join(words))
        expansion = self.holes[ord(of_powershell[1])] if of_powershell else ""
        if of_powershell and (name := variable_of(expansion)):
            self._note(name, of_powershell[2], exports=expansion[1:5].lower() == "env:")
            return True
        if kind in _ASSIGNING:
            words = [word for word in words[1:] if not word.startswith("-")]
        found = [_ASSIGNMENT.fullmatch(word) for word in words]
        given = [(one[1], one[2]) for one in found if one and (kind in _EXPORTING or one[2] is not None)]
        if len(given) < len(words):
            return False
        for name, value in given:
            self._note(name, value, exports=kind in _EXPORTING)
        return bool(given)

    def _note(self, name: str, value: str | None, *, exports: bool) -> None:
        """Note a variable, and whether programs are given it; without a value it keeps its own."""
        if value is not None:
            self._values.pop(name, None)
            self._exported = {key: one for key, one in self._exported.items() if key != name}
            if not looks_secret(name) and not looks_like_key(value.translate(self.holes)):
                self._values[name] = value
        if exports and name in self._values:
            self._exported = {**self._exported, name: self._values[name]}


def _bracket_end(text: str, start: int, *, quoted: bool) -> int:
    """Return where the bracket at `start` is closed; quotations inside are passed over."""
    opening, closing = text[start], {"{": "}", "(": ")"}[text[start]]
    depth = 0
    for found in (_IN_QUOTED_BRACES if quoted and opening == "{" else _IN_BRACKETS).finditer(text, start):
        depth += {opening: 1, closing: -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    raise input_error("line_quote", mark=closing)


def _joined(high: str, low: str) -> int:
    """Return the character that two halves are."""
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00


def _escaped(found: re.Match[str]) -> str:
    letter = found[1]
    if letter not in _ESCAPES and len(letter) == 1:
        raise input_error("shell_escape", escape=found[0])
    return _ESCAPES.get(letter) or chr(int(letter[1:], 16))
