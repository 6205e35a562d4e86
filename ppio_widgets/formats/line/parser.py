"""The line ``%ppio_launch --name demo …``: its words, the draft they stand for, and a body as such a line.

Only an unquoted word that is wholly ``$name`` or ``{expression}`` is taken from the
notebook, and behind ``--body`` one that is ``@name``; everything else arrives as it was
typed. A variable of the notebook that is named inside of a word is refused: other magics would
fill it in. ``--env NAME`` takes the value from the kernel's environment when the request is
sent, as docker does. What a line needs from a disk or a notebook is handed in.

A body is written in flags where the value of one reads back as exactly the same; what is left stands in
``--body '{…}'``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from ppio_widgets.errors import InputError, PpioError
from ppio_widgets.formats.dotenv import Note, rows_of_files
from ppio_widgets.formats.json_body import Outside, body_in_cell, body_in_text, body_of
from ppio_widgets.formats.line.options import BY_FLAG, OPTIONS, PROTOCOLS, Option, closest, of_docker
from ppio_widgets.formats.line.tokens import Part, Word, as_word, is_expression, split_line
from ppio_widgets.locale.text import UNSAID, visible
from ppio_widgets.request.advice import SHELL_FIELDS, Advice, named_variables
from ppio_widgets.request.draft import (
    DEFAULTS,
    JUPYTER_PORT,
    JUPYTER_PROTOCOL,
    as_json,
    compact,
    is_same,
    merged,
    read_whole,
    value_at,
    why_not_whole,
    with_value,
)
from ppio_widgets.request.envref import EnvRef, IsVariable, is_name, key_fault, no_variable
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.runtime.times import read_span
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import hide_given, input_error

MAGIC = "%ppio_launch"

Lookup = Callable[[str], Any]

_NAME = re.compile(r"\$[^\W\d]\w*")
_HANDLE = re.compile(r"@[^\W\d]\w*")

# What stands in an f-string as it is.
_SIMPLE = re.compile(r"[\w./:=@+,-]*")

# What somebody types who wants to give the key: it is refused before any of it is read.
_KEY_WORDS = frozenset({"api-key", "apikey", "key", "token"})

# Two ways to say one thing.
_ONE_OF = {
    "stop_twice": frozenset({"--stop-after", "--stop-at"}),
    "start_twice": frozenset({"--like", "--preset"}),
}


@dataclass
class Line:
    """A line, read; what an option says that is not of the body is in the attribute of its name."""

    # What the options and the body underneath say, over the defaults.
    draft: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)  # the same without the defaults
    says_something: bool = False  # whether any option of the body was given
    switches: frozenset[str] = frozenset()  # the flags that are not of the body
    looked_up: frozenset[str] = field(default=frozenset(), repr=False)  # no message repeats their values
    notes: tuple[Note, ...] = ()  # what is worth saying: `line.<code>` in the words, and the parameters
    advice: tuple[Advice, ...] = ()  # where a variable of the notebook is named and not filled in
    again: frozenset[str] = frozenset()  # what it agrees to, where a launch would be refused
    max_price: Decimal | None = None
    like: str = ""
    preset: str = ""
    stop_after: float | None = None  # seconds
    stop_at: str = ""  # as typed
    base_url: str = field(default="", repr=False)  # it may hold a password, and is refused later
    allow_host: str = ""

    def over(self, start: Mapping[str, Any]) -> Line:
        """Return the same line with another body underneath all that it says."""
        return replace(self, draft=merged(DEFAULTS, merged(start, self.said)), says_something=True)


@dataclass
class _Reader:
    """Reads the words of one line into a draft."""

    lookup: Lookup
    outside: Outside
    is_variable: IsVariable
    draft: dict[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    env_files: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    line: Line = field(default_factory=Line)

    def read(self, words: Sequence[Word]) -> None:
        position = 0
        option: Option | None = None
        while position < len(words):
            word = words[position]
            option, value = _option(word, option)
            position += 1
            if value is None and option.metavar and position < len(words) and not words[position].is_flag:
                word = words[position]
                value = word.text
                position += 1
            elif value is not None and not word.quoted and option.kind == "body" and _HANDLE.fullmatch(value):
                word = Word((Part(value),))  # --body=@name
            expression = _expression(word, option)
            if expression is not None:
                self._take_looked_up(option, _evaluated(expression, word, option, self.lookup))
                continue
            if value is None and option.value_needed:
                raise input_error("option_needs_value", option=option.flag, metavar=option.metavar)
            named = word.variables(self.is_variable)
            if named and option.path not in SHELL_FIELDS:
                raise _names_variable(option, value or "", named)
            if named:
                self.line.advice += (Advice(option.path, "variable_in_shell", {"named": ", ".join(named)}),)
            self._take(option, value)

    def _take_looked_up(self, option: Option, value: Any) -> None:
        """Take what the notebook holds; the notebook does not show it, so no message repeats it."""
        self.line.looked_up |= {option.flag}
        try:
            self._take(option, value)
        except PpioError as error:
            hide_given(error)
            raise

    def _take(self, option: Option, value: Any) -> None:
        if option.flag in self.seen and not option.repeated:
            raise input_error("option_twice", option=option.flag)
        self.seen.add(option.flag)
        for code, flags in _ONE_OF.items():
            if option.flag in flags <= self.seen:
                raise input_error(code)
        if option.kind == "body":
            self.body = body_in_text(value, self.outside) if isinstance(value, str) else body_of(value)
        elif option.kind == "env_file":
            self.env_files.append(_text(option, value))
        elif option.kind == "consent":
            self.line.again |= {option.choices[0] if value is None else _choice(option, value)}
        elif option.path:
            item = KINDS[option.kind].read(option, value)
            rows = [*self.draft.get(option.path[0], []), item] if option.repeated else item
            self.draft = with_value(self.draft, option.path, rows)
        elif option.metavar:
            setattr(self.line, option.name.replace("-", "_"), KINDS[option.kind].read(option, value))

    def take_cell(self, cell: str) -> None:
        """Read the cell as the body underneath."""
        if "--body" in self.seen:
            raise input_error("body_twice")
        self.body = body_in_cell(cell)
        self.line.advice += tuple(named_variables(self.body, self.is_variable))

    def take_env_files(self) -> None:
        """Put the variables of the files underneath those of the line."""
        typed = self.draft.get("envs", [])
        try:
            found = rows_of_files(self.env_files, {row["key"] for row in typed}, self.outside)
        except InputError as error:
            if "--env-file" in self.line.looked_up:
                hide_given(error)
            raise
        self.line.notes = found.notes
        if found.rows:
            self.draft = with_value(self.draft, ("envs",), [*found.rows, *typed])


def read_line(
    text: str | Sequence[Word],
    lookup: Lookup,
    *,
    cell: str | None = None,
    outside: Outside | None = None,
    is_variable: IsVariable = no_variable,
) -> Line:
    """Read what stands behind ``%ppio_launch`` into a draft; it may be taken apart into words already.

    `lookup` evaluates an expression in the notebook; `cell` is what stands below ``%%ppio_launch``, the body
    underneath the options; without `outside` there are no files, without `is_variable` no variables. An
    `InputError` for whatever cannot be read, and for a word that would be sent with a variable named in it.
    """
    reader = _Reader(lookup, outside or Outside(), is_variable)
    reader.read(split_line(text) if isinstance(text, str) else text)
    of_body = {flag for flag in reader.seen if BY_FLAG[flag].of_body}
    if "--help" not in reader.seen:  # then nothing but the help is wanted
        if cell is not None:
            reader.take_cell(cell)
        reader.take_env_files()
    line, said = reader.line, merged(reader.body, reader.draft)
    line.draft, line.said = merged(DEFAULTS, said), said
    line.says_something = bool(of_body) or cell is not None
    line.switches = frozenset(reader.seen - of_body)
    line.advice = tuple(
        one
        for one in line.advice
        if one.path in SHELL_FIELDS or value_at(said, one.path) == value_at(reader.body, one.path)
    )
    return line


def _option(word: Word, before: Option | None) -> tuple[Option, str | None]:
    """Return the option of a word, and its value where it is ``--flag=value``."""
    flag, equals, value = word.text.partition("=")
    if flag.startswith("-") and flag.lstrip("-").lower().replace("_", "-") in _KEY_WORDS:
        raise input_error("option_api_key", option=flag)
    if not word.is_flag and before is not None and not before.metavar:
        raise input_error("option_no_value", option=before.flag)
    if not word.is_flag and not word.text.startswith("-"):
        # Behind --env it is likely what was to follow a "=", and a secret.
        of_variable = before is not None and before.kind == "env"
        raise input_error("line_stray", word=UNSAID if of_variable else word.text)
    option = BY_FLAG.get(flag) if word.is_flag else None
    if option is None:
        code, flag = (None if word.is_flag else of_docker(word.text)) or ("", flag)
        meant = None if code else closest(flag if word.is_flag else f"-{flag}")
        code = code or ("option_meant" if meant else "option_unknown")
        raise input_error(code, option=flag, meant=meant)
    if equals and not option.metavar:
        raise input_error("option_no_value", option=flag)
    return option, value if equals else None


def _expression(word: Word, option: Option) -> str | None:
    """Return what of a word is taken from the notebook; None where it stands for itself."""
    if word.quoted or (option.kind == "body" and _is_json(word.text)):
        return None
    if _NAME.fullmatch(word.text) or (option.kind == "body" and _HANDLE.fullmatch(word.text)):
        return word.text[1:]
    return word.text[1:-1] if word.text.startswith("{") and is_expression(word.text) else None


def _names_variable(option: Option, text: str, named: Sequence[str]) -> InputError:
    """Say that a word would be sent with the name of a variable in it, and how to write what is meant."""
    around = filled = text
    for one in sorted(named, key=len, reverse=True):
        around = around.replace(one, "")
        filled = filled.replace(one, _in_braces(one))
    typed_value = option.kind == "env" and around.partition("=")[2]  # it may be a secret
    if typed_value or looks_like_key(text) or not _SIMPLE.fullmatch(around):
        filled = f"…{_in_braces(named[0])}…"
    return input_error("line_variable", option=option.flag, named=named[0], filled=f'{{f"{filled}"}}')


def _in_braces(named: str) -> str:
    """Return a variable as an f-string has it; an expression with quotes in it is left to the person."""
    inner = named.strip("${}")
    return "{" + (UNSAID if '"' in inner else inner) + "}"


def _evaluated(expression: str, word: Word, option: Option, lookup: Lookup) -> Any:
    try:
        try:
            found = lookup(expression)
        except SyntaxError:
            if option.kind != "body":
                raise
            found = lookup(word.text)  # a dict written out: --body {'name': 'demo'}
    except Exception as error:  # noqa: BLE001 - whatever the notebook's own expression raises
        kind = type(error).__name__
        raise input_error("line_expression", option=option.flag, word=word.text, kind=kind) from None
    if option.kind == "env" and "=" not in _text(option, found):
        raise input_error("option_env")  # no name was typed: this may be the secret itself
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(option: Option, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise input_error("option_kind", option=option.flag, kind=type(value).__name__)
    return str(value)


def _address(option: Option, value: Any) -> str:
    """Read a cloud's address; an empty one would be another cloud than was meant."""
    text = _text(option, value).strip()
    if not text:
        raise input_error("option_needs_value", option=option.flag, metavar=option.metavar)
    return text


def _whole(option: Option, value: Any, *inner: str) -> int:
    text, path = _text(option, value), (*option.path, *inner)
    number = read_whole(text, path)
    if number is None:
        code = f"option_whole_{why_not_whole(text, path)}".removesuffix("_")
        raise input_error(code, option=option.flag, value=text.strip())
    return number


def _price(option: Option, value: Any) -> Decimal:
    """Read an amount of money, exactly."""
    given = value if isinstance(value, float | Decimal) else _text(option, value)
    amount = read_amount(given)
    if amount is None:
        raise input_error("option_price", option=option.flag, value=str(given).strip())
    return amount


def _choice(option: Option, value: Any) -> str:
    text = _text(option, value)
    if text not in option.choices:
        raise input_error("option_choice", option=option.flag, value=text, choices=", ".join(option.choices))
    return text


def _env(option: Option, value: Any) -> dict[str, Any]:
    key, equals, rest = _text(option, value).partition("=")
    if equals and key.strip() and key_fault(key):
        raise input_error("option_env_blank")
    if not key.strip() or not (equals or is_name(key)) or looks_like_key(key):
        raise input_error("option_env")  # what was typed may be a secret
    return {"key": key, "value": rest if equals else EnvRef(key)}


def _write_env(row: Any) -> str:
    key, value = value_at(row, ("key",)), value_at(row, ("value",))
    return value.name if isinstance(value, EnvRef) else f"{key}={value}"


def _port(option: Option, value: Any) -> dict[str, Any]:
    text = _text(option, value)
    port, slash, protocol = text.partition("/")
    number = read_whole(port, (*option.path, "port"))
    if number is None or (slash and protocol not in PROTOCOLS):
        raise input_error("option_port", option=option.flag, value=text)
    return {"port": number, "protocol": protocol or PROTOCOLS[0]}


def _write_port(row: Any) -> str:
    port, protocol = value_at(row, ("port",)), value_at(row, ("protocol",))
    return str(port) if protocol == PROTOCOLS[0] else f"{port}/{protocol}"


def _jupyter(option: Option, value: Any) -> dict[str, Any]:
    port = {"port": JUPYTER_PORT, "protocol": JUPYTER_PROTOCOL} if value is None else _port(option, value)
    return {"enabled": True, **port}


def _write_jupyter(value: Any) -> str:
    text = _write_port(value)
    return "" if text == str(JUPYTER_PORT) else text


def _volume(option: Option, value: Any) -> dict[str, str]:
    text = _text(option, value)
    kind, _, rest = text.partition(":")
    if kind == "local":
        return {"type": kind, "mount_point": rest} if rest else {"type": kind}
    storage, _, mount_point = rest.partition(":")
    if kind != "network" or not storage:
        raise input_error("option_volume", value=text)
    return {"type": kind, "id": storage, "mount_point": mount_point}


def _write_volume(row: Any) -> str:
    kind, storage, mount_point = (value_at(row, (key,), "") for key in ("type", "id", "mount_point"))
    return f"local:{mount_point}" if kind == "local" else f"{kind}:{storage}:{mount_point}"


def _row(option: Option, value: Any) -> dict[str, Any]:
    """Read a row of a list: ``path=/health,every=5``, whose values are texts, or its JSON."""
    text = _text(option, value)
    try:
        pairs = (part.split("=", 1) for part in text.split(","))
        return dict(json.loads(text) if text.startswith("{") else pairs)
    except (ValueError, RecursionError):
        raise input_error("option_row", option=option.flag, value=text) from None


def _renew(option: Option, value: Any) -> dict[str, Any]:
    months = {} if value is None else {"months": _whole(option, value, "months")}
    return {"enabled": True, **months}


class Kind(NamedTuple):
    """How a value that stands for itself is read, and how one of the body is written.

    Of a value of another shape `write` may say the wrong thing: that does not read back as the same.
    """

    read: Callable[[Option, Any], Any]
    write: Callable[[Any], str] = str


KINDS: dict[str, Kind] = {
    "text": Kind(_text),
    "whole": Kind(_whole),
    "choice": Kind(_choice),
    "switch": Kind(lambda _option, _value: True, lambda _value: ""),
    "env": Kind(_env, _write_env),
    "port": Kind(_port, _write_port),
    "volume": Kind(_volume, _write_volume),
    "row": Kind(_row, as_json),
    "jupyter": Kind(_jupyter, _write_jupyter),
    "renew": Kind(_renew, lambda value: str(value_at(value, ("months",), ""))),
    "price": Kind(_price),
    "span": Kind(lambda option, value: read_span(_text(option, value))),
    "cloud": Kind(_address),
}


def to_line(body: Mapping[str, Any], *, practice: bool = False, base_url: str = "") -> str:
    """Return the line that launches a body, or a draft, on the practice cloud or the cloud of a URL.

    What the line has by default is left out; what a draft lacks of it is taken away by a ``null``, so that no
    default is added.
    """
    words, rest = _written(compact(body).body)
    if rest:
        # In single quotes; what cannot stand in them or in a line is escaped.
        words += ["--body", "'" + visible(as_json(rest)).replace("'", "\\u0027") + "'"]
    if practice:
        words.append("--practice")
    if base_url:
        words += ["--base-url", as_word(base_url)]
    return " ".join([MAGIC, *words])


def _written(body: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the words for all that has an option, and the rest of the body."""
    words: list[str] = []
    rest = body
    absent: dict[str, Any] = {}
    for option in OPTIONS:
        if not option.path:
            continue
        value = value_at(body, option.path)
        default = value_at(DEFAULTS, option.path)
        if value is None:
            if default is not None:
                absent = merged(absent, _null_at(option.path))
            continue
        said = [] if is_same(value, default) else _said(option, value)
        if said is not None:
            words += said
            rest = with_value(rest, option.path, None)
    return words, merged(absent, compact(rest).body)


def _said(option: Option, value: Any) -> list[str] | None:
    """Return the words that say a value, or None where they would not say exactly that."""
    rows = value if option.repeated else [value]
    if not isinstance(rows, list | tuple):
        return None
    kind = KINDS[option.kind]
    words: list[str] = []
    for row in rows:
        text = kind.write(row)
        try:
            read = kind.read(option, text or None)
        except InputError:
            return None
        if text != visible(text) or not is_same(read, row):
            return None
        words += [option.flag, as_word(text)] if text else [option.flag]
    return words


def _null_at(path: tuple[str, ...]) -> dict[str, Any]:
    value: Any = None
    for key in reversed(path):
        value = {key: value}
    return dict(value)
