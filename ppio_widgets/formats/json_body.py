"""A whole body from a cell, a file, a line or the notebook; nothing is read from a disk here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words


# What a file with a body is called.
BODY_FILE = ".json"

# Blanks that pages and word processors make; between two tokens they mean no more than any other.
_BLANKS = "\xa0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_TEXT_OR_BLANK = re.compile(rf'"(?:[^"\\\n]|\\.)*"?|[{_BLANKS}]')

_SMART = re.compile("[“”„‟‘’‚‛«»＂]")
_COMMENT = re.compile(r"//|/\*|#")
_PYTHON = re.compile(r"'|(?:True|False|None)\b")


@dataclass(frozen=True)
class JsonFault:
    """Where a text is no JSON, and the way out; nothing of the text is repeated."""

    code: str  # of the sentence: `json.<code>`
    line: int
    column: int

    @classmethod
    def found(cls, text: str, error: json.JSONDecodeError, *, before: str = "") -> JsonFault:
        """Return what the parser found in a text that stands behind another one."""
        return cls.at(*_fault(text, error), text, before)

    @classmethod
    def at(cls, code: str, position: int, text: str, before: str = "") -> JsonFault:
        """Return a fault at a position of a text that stands behind another one."""
        above = before + text[:position]
        return cls(code, above.count("\n") + 1, len(above) - above.rfind("\n"))

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        return say(f"json.{self.code}", line=self.line, column=self.column)


class Outside:
    """What a line can reach beyond itself: here no file and no variable; whoever has some hands them in."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the kernel."""
        return {}

    def text(self, _path: str) -> str | None:
        """Return what a file holds; None when there is no such file.

        `InputError` when it cannot be read, `PermissionError` when a text from elsewhere may not name it.
        """
        return None

    def holds_secret(self, text: str) -> bool:
        """Whether a secret that is known here, or what looks like one, stands in a text."""
        return looks_like_key(text)


def body_of(value: Any) -> Mapping[str, Any]:
    """Return the body of a mapping, a request, a plan, a launch, a session or a form.

    They are known by what they have, as no room further out is imported here.
    """
    if isinstance(value, CreateInstanceRequest):
        return value.body()
    if isinstance(value, Mapping):
        return value
    for holder in (value, getattr(value, "plan", None), getattr(value, "session", None)):
        body = getattr(getattr(holder, "report", None), "body", None)
        if isinstance(body, Mapping):
            return body
    return as_object(value)


def body_in_text(text: str, outside: Outside, option: str = "--body") -> Mapping[str, Any]:
    """Return the body that is given as text: JSON, or the path of a file that holds it.

    `option` is what it was given by, for the message of an `InputError`.
    """
    content = None if text.lstrip().startswith(("{", "[")) else outside.text(text)
    if content is not None:
        value, _ = read_json(content, "file_json", path=text)
    elif text.endswith(BODY_FILE):
        raise input_error("file_missing", option=option, path=text)
    else:
        value, _ = read_json(text, "body_json" if option == "--body" else "import_json")
    return as_object(value)


def body_in_cell(cell: str) -> Mapping[str, Any]:
    """Return the body that a cell of ``%%ppio_launch`` is; lines are counted from the magic's own."""
    if not cell.strip():
        raise input_error("cell_empty")
    value, _ = read_json(cell, "cell_json", before="\n")
    return as_object(value)


def as_object(value: Any) -> Mapping[str, Any]:
    """Return a value that is a JSON object; refuse any other as a body."""
    if not isinstance(value, Mapping):
        raise input_error("body_kind", kind=type(value).__name__)
    return value


def read_json(
    text: str, code: str, *, before: str = "", finite: bool = False, **params: object
) -> tuple[Any, tuple[str, ...]]:
    """Read JSON that a person wrote; return the value, and the keys that an object of it gives twice.

    `before` is what stands before the text, so that a line's number is that of the whole. With `finite` NaN
    and Infinity are refused; in our own texts they are what was typed. An `InputError` of `code` gives the
    fault as ``{problem}``; it holds nothing of the text.
    """
    twice: dict[str, None] = {}

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        twice.update(dict.fromkeys(key for key, count in counts.items() if count > 1))
        return dict(pairs)

    plain = _TEXT_OR_BLANK.sub(lambda found: found[0] if found[0][0] == '"' else " ", text)
    try:
        value = json.loads(plain, object_pairs_hook=kept, parse_constant=_refused if finite else None)
    except json.JSONDecodeError as error:
        fault = JsonFault.found(plain, error, before=before)
    except (ValueError, RecursionError):  # a number of too many digits, NaN; too deep
        fault = JsonFault.at("value", len(plain) - len(plain.lstrip()), plain, before)
    else:
        return value, tuple(twice)
    # Outside of the handler: json's exception holds the text.
    raise input_error(code, problem=fault, **params)


def _refused(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are no JSON


# How the parser's sentences begin, and what is said for each.
_PARSER = {
    "Expecting value": "nothing",
    "Expecting property name": "key",
    "Expecting ',' delimiter": "no_comma",
    "Expecting ':' delimiter": "no_colon",
    "Unterminated string": "open",
    "Invalid": "character",
    "Extra data": "extra",
}


def _fault(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """Return what is wrong with a text that is no JSON, for the slips that are common, and where."""
    before = text[: error.pos].rstrip()
    if error.msg.startswith("Illegal trailing comma"):  # from Python 3.13 on
        return "comma", error.pos
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        return "comma", len(before) - 1
    found = (
        ("quotes", _SMART.match(text, error.pos)),
        ("comment", _COMMENT.match(text, error.pos)),
        ("python", _PYTHON.match(text, error.pos)),
        ("quotes", _SMART.search(text)),
    )
    slips = [(kind, slip.start()) for kind, slip in found if slip]
    said = [(kind, error.pos) for begin, kind in _PARSER.items() if error.msg.startswith(begin)]
    return [*slips, *said, ("other", error.pos)][0]
