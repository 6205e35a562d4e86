"""A body as JSON, as it is sent and as people read it; and JSON that people wrote, read."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.line.tokens import LineError
from ppio_widgets.locale.text import whole
from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.locale import Words

# Blanks that pages and word processors make; between two tokens they mean no more than any other.
_BLANKS = "\xa0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_TEXT_OR_BLANK = re.compile(rf'"(?:[^"\\\n]|\\.)*"?|[{_BLANKS}]')

_SMART = re.compile("[“”„‟‘’‚‛«»＂]")
_COMMENT = re.compile(r"//|/\*|#")
_PYTHON = re.compile(r"'|(?:True|False|None)\b")


@dataclass(frozen=True)
class JsonFault:
    """Where a text is no JSON, and the way out; nothing of the text is repeated.

    Parameters
    ----------
    code : str
        Key of the sentence in ``locale/``, without its ``json.`` prefix.
    line, column : int
        From 1.
    reason : str
        As the parser says it.
    """

    code: str
    line: int
    column: int
    reason: str = ""

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        return say(f"json.{self.code}", line=self.line, column=self.column, reason=self.reason)


def to_json(body: Mapping[str, Any]) -> str:
    """Return a body as JSON, indented by two for people; what is no JSON as text.

    It is what is sent, but for a reference: that stays ``{"$env": "NAME"}``.
    """
    return whole(json.dumps(body, ensure_ascii=False, indent=2, default=_plain))


def read_json(
    text: str, code: str, *, before: str = "", finite: bool = False, **params: object
) -> tuple[Any, tuple[str, ...]]:
    """Read JSON that a person wrote.

    Parameters
    ----------
    text : str
    code : str
        Of the error, whose sentence says what the text is and gives the fault as ``{problem}``.
    before : str
        What stands before the text, so that a line's number is that of the whole.
    finite : bool
        Whether NaN and Infinity are refused; in our own texts they are what was typed.
    **params
        More for the sentence.

    Returns
    -------
    tuple
        The value, and the keys that an object of it gives twice.

    Raises
    ------
    LineError
        For a text that is no JSON; it holds nothing of the text.
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
        fault = _fault(plain, error, before)
    except (ValueError, RecursionError):  # a number of too many digits, NaN; too deep
        fault = JsonFault("value", *_place(before + plain[: len(plain) - len(plain.lstrip())]))
    else:
        return value, tuple(twice)
    raise LineError(code, problem=fault, **params)  # outside of the handler: json's exception holds the text


def _plain(value: object) -> object:
    return value.as_json() if isinstance(value, EnvRef) else str(value)


def _refused(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _fault(text: str, error: json.JSONDecodeError, before: str) -> JsonFault:
    """Say where a text is no JSON; for the slips that are common, what to do."""
    comma = _trailing_comma(text, error)
    if comma is not None:
        return JsonFault("comma", *_place(before + text[:comma]))
    found = (
        ("quotes", _SMART.match(text, error.pos)),
        ("comment", _COMMENT.match(text, error.pos)),
        ("python", _PYTHON.match(text, error.pos)),
        ("quotes", _SMART.search(text)),
    )
    for code, slip in found:
        if slip:
            return JsonFault(code, *_place(before + text[: slip.start()]))
    return JsonFault("other", *_place(before + text[: error.pos]), error.msg)


def _trailing_comma(text: str, error: json.JSONDecodeError) -> int | None:
    """Return where the comma before a closing bracket is, if that is it."""
    if error.msg.startswith("Illegal trailing comma"):  # from Python 3.13 on
        return error.pos
    before = text[: error.pos].rstrip()
    closes = text[error.pos : error.pos + 1] in ("}", "]")
    return len(before) - 1 if closes and before.endswith(",") else None


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")
