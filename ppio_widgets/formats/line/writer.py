"""A body as the line that a person would type: ``%ppio_launch --name demo …``.

Every flag comes from the table in `options`, and is used only where the line's own
reader gives exactly the same value back. What is left stands in ``--body '{…}'``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.line.options import OPTIONS, Option
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.line.typed import in_quotes
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import (
    DEFAULTS,
    JUPYTER_PORT,
    JUPYTER_PROTOCOL,
    compact,
    merged,
    value_at,
    with_value,
)
from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ppio_widgets.request.schema import Path

MAGIC = "%ppio_launch"

# Beside letters and digits, what means nothing to the line's reader nor to IPython, which
# reads a cell as Python first: ``?`` at the end is help, ``=!`` and ``=%`` are assignments.
_PLAIN = frozenset("-_./:=,@+")


def to_line(body: Mapping[str, Any], *, practice: bool = False, base_url: str = "") -> str:
    """Return the line that launches a body.

    Parameters
    ----------
    body : mapping
        Of a request, or of a draft. What the line has by default is left out; what
        a draft lacks of it is taken away by a ``null``, so that no default is added.
    practice : bool
        Whether the line goes to the practice cloud.
    base_url : str
        Of the cloud; left out where it is empty.
    """
    words, rest = _options(compact(body).body)
    if rest:
        words += ["--body", _json_word(rest)]
    if practice:
        words.append("--practice")
    if base_url:
        words += ["--base-url", _word(base_url)]
    return " ".join([MAGIC, *words])


def _options(body: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
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
            absent = absent if default is None else merged(absent, _null_at(option.path))
            continue
        said = [] if _same(value, default) else _said(option, value)
        if said is not None:
            words += said
            rest = with_value(rest, option.path, None)
    return words, merged(absent, compact(rest).body)


def _said(option: Option, value: Any) -> list[str] | None:
    """Return the words that say a value, or None where they would not say exactly that."""
    rows = value if option.repeated else [value]
    if not isinstance(rows, list | tuple):
        return None
    write = _WRITERS[option.kind]
    texts = [write(row) for row in rows]
    words: list[str] = []
    for text in texts:
        if text is None or text != visible(text):
            return None
        words += [option.flag, _word(text)] if text else [option.flag]
    return words if _reads_back(option, words, value) else None


def _reads_back(option: Option, words: Sequence[str], value: Any) -> bool:
    try:
        line = read_line(" ".join(words), _no_notebook, is_variable=_any_variable)
    except InputError:
        return False
    return not line.advice and _same(value_at(compact(line.said).body, option.path), value)


def _no_notebook(expression: str) -> Any:
    raise NameError(expression)


def _any_variable(_name: str) -> bool:
    """Take every name for a variable: a line means the same in every notebook."""
    return True


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> str | None:
    return str(value) if isinstance(value, int) else None


def _switch(_value: Any) -> str:
    return ""


def _env(row: Any) -> str | None:
    key, value = value_at(row, ("key",)), value_at(row, ("value",))
    if isinstance(value, EnvRef):
        return value.name if value.name == key else None
    return f"{key}={value}"


def _port(row: Any) -> str | None:
    port, protocol = value_at(row, ("port",)), value_at(row, ("protocol",))
    return str(port) if protocol == "http" else f"{port}/{protocol}"


def _volume(row: Any) -> str | None:
    kind, storage, mount_point = (value_at(row, (key,), "") for key in ("type", "id", "mount_point"))
    return f"local:{mount_point}" if kind == "local" else f"{kind}:{storage}:{mount_point}"


def _jupyter(value: Any) -> str | None:
    port, protocol = value_at(value, ("port",)), value_at(value, ("protocol",))
    if protocol != JUPYTER_PROTOCOL:
        return f"{port}/{protocol}"
    return "" if port == JUPYTER_PORT else str(port)


def _renew(value: Any) -> str | None:
    months = value_at(value, ("months",))
    return "" if months is None else str(months)


# One for each kind of the table that is of the body. They may say too much or the wrong
# thing about a value of another shape: `_reads_back` finds that out.
_WRITERS: dict[str, Callable[[Any], str | None]] = {
    "text": _text,
    "whole": _whole,
    "choice": _text,
    "switch": _switch,
    "env": _env,
    "port": _port,
    "volume": _volume,
    "jupyter": _jupyter,
    "renew": _renew,
}


def _word(text: str) -> str:
    """Return a word that the line's reader gives back, quoted only where it has to be."""
    if not text.startswith("--") and all(char.isalnum() or char in _PLAIN for char in text):
        return text
    return in_quotes(text)


def _json_word(rest: Mapping[str, Any]) -> str:
    """Return JSON as one word: in single quotes, and what cannot stand in them or in a line is escaped."""
    text = visible(json.dumps(rest, ensure_ascii=False, default=_plain))
    return "'" + text.replace("'", "\\u0027") + "'"


def _null_at(path: Path) -> dict[str, Any]:
    value: Any = None
    for key in reversed(path):
        value = {key: value}
    return dict(value)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: ``1`` is not ``true``."""
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    return value.as_json() if isinstance(value, EnvRef) else str(value)
