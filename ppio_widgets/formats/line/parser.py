"""The line ``%ppio_launch --name demo …``: its words, and the draft they stand for.

Only an unquoted word that is wholly ``$name`` or ``{expression}`` is taken from the
notebook, and behind ``--body`` one that is ``@name``; everything else arrives as it was
typed. A variable of the notebook that is named inside of a word is refused: other magics would
fill it in. ``--env NAME`` takes the value from the kernel's environment when the request is
sent, as docker does. What a line needs from a disk or a notebook is handed in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError, PpioError
from ppio_widgets.formats.dotenv import Note, rows_of_files
from ppio_widgets.formats.json_body import Nothing, Outside, body_in_cell, body_in_text, body_of
from ppio_widgets.formats.line.options import BY_FLAG, PROTOCOLS, Option, closest, of_docker
from ppio_widgets.formats.line.tokens import Part, Word, is_expression, split_line
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.advice import SHELL_FIELDS, Advice, named_variables
from ppio_widgets.request.draft import (
    DEFAULTS,
    JUPYTER_PORT,
    JUPYTER_PROTOCOL,
    merged,
    read_whole,
    value_at,
    why_not_whole,
    with_value,
)
from ppio_widgets.request.envref import EnvRef, IsVariable, is_name, key_fault, no_variable
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.request.schema import Group, Leaf, node_at
from ppio_widgets.runtime.times import read_span
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import hide_given, input_error

if TYPE_CHECKING:
    from ppio_widgets.request.schema import Path

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


@dataclass(frozen=True)
class Line:
    """A line, read; what an option says that is not of the body is in the attribute of its name."""

    draft: dict[str, Any]  # what the options and the body underneath say, over the defaults
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
    looked_up: set[str] = field(default_factory=set, repr=False)
    notes: tuple[Note, ...] = ()
    advice: list[Advice] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    given: dict[str, Any] = field(default_factory=dict, repr=False)  # by the attribute of a `Line`

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
            elif value is None and option.value_needed:
                raise input_error("option_needs_value", option=option.flag, metavar=option.metavar)
            else:
                self._take_word(option, word, value)

    def _take_word(self, option: Option, word: Word, value: str | None) -> None:
        """Take a word that stands for itself, unless it names a variable of the notebook."""
        named = word.variables(self.is_variable)
        if named and option.path not in SHELL_FIELDS:
            raise _names_variable(option, value or "", named)
        if named:
            self.advice.append(Advice(option.path, "variable_in_shell", {"named": ", ".join(named)}))
        self._take(option, value)

    def _take_looked_up(self, option: Option, value: Any) -> None:
        """Take what the notebook holds; the notebook does not show it, so no message repeats it."""
        self.looked_up.add(option.flag)
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
            self.body = body_in_text(value, self.outside) if isinstance(value, str) else _body(value)
        elif option.kind == "env_file":
            self.env_files.append(_text(option, value))
        elif option.kind == "consent":
            self.again.add(option.choices[0] if value is None else _choice(option, value))
        elif option.path:
            item = READERS[option.kind](option, value)
            rows = [*self.draft.get(option.path[0], []), item] if option.repeated else item
            self.draft = with_value(self.draft, option.path, rows)
        elif option.metavar:
            self.given[option.name.replace("-", "_")] = READERS[option.kind](option, value)

    def take_cell(self, cell: str) -> None:
        """Read the cell as the body underneath."""
        if "--body" in self.seen:
            raise input_error("body_twice")
        self.body = body_in_cell(cell)
        self.advice += named_variables(self.body, self.is_variable)

    def take_env_files(self) -> None:
        """Put the variables of the files underneath those of the line."""
        typed = self.draft.get("envs", [])
        try:
            found = rows_of_files(self.env_files, {row["key"] for row in typed}, self.outside)
        except InputError as error:
            if "--env-file" in self.looked_up:
                hide_given(error)
            raise
        self.notes = found.notes
        if found.rows:
            self.draft = with_value(self.draft, ("envs",), [*found.rows, *typed])


def read_line(
    text: str,
    lookup: Lookup,
    *,
    cell: str | None = None,
    outside: Outside | None = None,
    is_variable: IsVariable = no_variable,
) -> Line:
    """Read what stands behind ``%ppio_launch`` into a draft.

    `lookup` evaluates an expression in the notebook; `cell` is what stands below ``%%ppio_launch``, the body
    underneath the options; without `outside` there are no files, without `is_variable` no variables.

    Raises
    ------
    InputError
        For an unknown, abbreviated, doubled or incomplete option, a value, a cell or a
        file that cannot be read, a word that belongs to no option, or one that names a
        variable of the notebook and would be sent as it stands.
    """
    reader = _Reader(lookup, outside or Nothing(), is_variable)
    reader.read(split_line(text))
    of_body = {flag for flag in reader.seen if BY_FLAG[flag].of_body}
    if "--help" not in reader.seen:  # then nothing but the help is wanted
        if cell is not None:
            reader.take_cell(cell)
        reader.take_env_files()
    said = merged(reader.body, reader.draft)
    advice = (
        one
        for one in reader.advice
        if one.path in SHELL_FIELDS or value_at(said, one.path) == value_at(reader.body, one.path)
    )
    return Line(
        draft=merged(DEFAULTS, said),
        said=said,
        says_something=bool(of_body) or cell is not None,
        switches=frozenset(reader.seen - of_body),
        looked_up=frozenset(reader.looked_up),
        notes=reader.notes,
        advice=tuple(advice),
        again=frozenset(reader.again),
        **reader.given,
    )


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
    inner = named.removeprefix("$").removeprefix("{").removesuffix("}")
    shown = UNSAID if '"' in inner else inner
    return f"{{{shown}}}"


def _evaluated(expression: str, word: Word, option: Option, lookup: Lookup) -> Any:
    try:
        found = _looked_up(expression, word, option, lookup)
    except Exception as error:  # noqa: BLE001 - whatever the notebook's own expression raises
        kind = type(error).__name__
        raise input_error("line_expression", option=option.flag, word=word.text, kind=kind) from None
    if option.kind == "env" and "=" not in _text(option, found):
        raise input_error("option_env")  # no name was typed: this may be the secret itself
    return found


def _looked_up(expression: str, word: Word, option: Option, lookup: Lookup) -> Any:
    try:
        return lookup(expression)
    except SyntaxError:
        if option.kind != "body":
            raise
    return lookup(word.text)  # a dict written out: --body {'name': 'demo'}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _body(value: Any) -> Mapping[str, Any]:
    try:
        return body_of(value)
    except PpioError:
        kind = type(value).__name__
    raise input_error("body_object", kind=kind)


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


def _whole(option: Option, value: Any) -> int:
    return _number(option, value, option.path)


def _number(option: Option, value: Any, path: Path) -> int:
    text = _text(option, value)
    number = read_whole(text, path)
    if number is None:
        fault = why_not_whole(text, path)
        code = "option_port" if fault == "port" else f"option_whole_{fault}" if fault else "option_whole"
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


def _span(option: Option, value: Any) -> float:
    return read_span(_text(option, value))


def _switch(_option: Option, _value: Any) -> bool:
    return True


def _env(option: Option, value: Any) -> dict[str, Any]:
    key, equals, rest = _text(option, value).partition("=")
    if equals and key.strip() and key_fault(key):
        raise input_error("option_env_blank")
    if not key.strip() or not (equals or is_name(key)) or looks_like_key(key):
        raise input_error("option_env")  # what was typed may be a secret
    return {"key": key, "value": rest if equals else EnvRef(key)}


def _port(option: Option, value: Any) -> dict[str, Any]:
    port, slash, protocol = _text(option, value).partition("/")
    number = read_whole(port, (*option.path, 0, "port"))
    if number is None or (slash and protocol not in PROTOCOLS):
        raise input_error("option_port", option=option.flag, value=_text(option, value))
    return {"port": number, "protocol": protocol or PROTOCOLS[0]}


def _volume(option: Option, value: Any) -> dict[str, str]:
    text = _text(option, value)
    kind, _, rest = text.partition(":")
    if kind == "local":
        return {"type": kind, "mount_point": rest} if rest else {"type": kind}
    storage, _, mount_point = rest.partition(":")
    if kind != "network" or not storage:
        raise input_error("option_volume", value=text)
    return {"type": kind, "id": storage, "mount_point": mount_point}


def _jupyter(option: Option, value: Any) -> dict[str, Any]:
    if value is None:
        return {"enabled": True, "port": JUPYTER_PORT, "protocol": JUPYTER_PROTOCOL}
    port, slash, protocol = _text(option, value).partition("/")
    if slash and not protocol:
        raise input_error("option_port", option=option.flag, value=_text(option, value))
    return {
        "enabled": True,
        "port": _number(option, port, (*option.path, "port")),
        "protocol": protocol or JUPYTER_PROTOCOL,
    }


def _row(option: Option, value: Any) -> dict[str, Any]:
    """Read a row of a list by the columns that the models give it: ``path=/health,every=5``, or its JSON."""
    text = _text(option, value)
    found = node_at((*option.path, "*"))
    columns = found.fields if isinstance(found, Group) else {}
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError:
            raise _no_row(option, text, columns) from None
    row: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, said = part.partition("=")
        leaf = columns.get(name)
        if not equals or not isinstance(leaf, Leaf) or name in row:
            raise _no_row(option, part, columns)
        if leaf.kind == "whole":
            row[name] = _number(option, said, (*option.path, 0, name))
        elif leaf.kind != "switch":
            row[name] = said
        elif said in _SWITCHED:
            row[name] = _SWITCHED[said]
        else:
            raise _no_row(option, part, columns)
    return row


def _no_row(option: Option, text: str, columns: Mapping[str, object]) -> InputError:
    return input_error("option_row", option=option.flag, value=text, names=", ".join(columns))


def _renew(option: Option, value: Any) -> dict[str, Any]:
    return (
        {"enabled": True}
        if value is None
        else {"enabled": True, "months": _number(option, value, (*option.path, "months"))}
    )


_SWITCHED = {"true": True, "false": False}

# One for each kind of a value that stands for itself; those of the body have a writer each in `writer`.
READERS: dict[str, Callable[[Option, Any], Any]] = {
    "text": _text,
    "whole": _whole,
    "choice": _choice,
    "switch": _switch,
    "env": _env,
    "port": _port,
    "volume": _volume,
    "row": _row,
    "jupyter": _jupyter,
    "renew": _renew,
    "price": _price,
    "machine": _text,
    "preset": _text,
    "span": _span,
    "moment": _text,
    "cloud": _address,
}
