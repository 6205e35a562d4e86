"""A body as the line that a person would type: ``%ppio_launch --name demo …``.

Every flag comes from the table in `options`, and is used only where its value reads back as exactly the
same. What is left stands in ``--body '{…}'``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.json_body import is_same, json_default
from ppio_widgets.formats.line.options import OPTIONS, Option
from ppio_widgets.formats.line.parser import READERS
from ppio_widgets.formats.line.tokens import in_quotes
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
    from collections.abc import Callable

MAGIC = "%ppio_launch"

# Beside letters and digits, what means nothing to the line's reader nor to IPython, which
# reads a cell as Python first: ``?`` at the end is help, ``=!`` and ``=%`` are assignments.
_PLAIN = frozenset("-_./:=,@+")


def to_line(body: Mapping[str, Any], *, practice: bool = False, base_url: str = "") -> str:
    """Return the line that launches a body, or a draft, on the practice cloud or the cloud of a URL.

    What the line has by default is left out; what a draft lacks of it is taken away by a ``null``, so that no
    default is added.
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
    words: list[str] = []
    for row in rows:
        text = _WRITERS[option.kind](row)
        if text is None or text != visible(text) or not is_same(_read(option, text), row):
            return None
        words += [option.flag, _word(text)] if text else [option.flag]
    return words


def _read(option: Option, text: str) -> Any:
    """Return what the option makes of a text; None where it refuses it."""
    try:
        return READERS[option.kind](option, text or None)
    except InputError:
        return None


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


def _row(row: Any) -> str | None:
    return json.dumps(row, ensure_ascii=False, default=json_default) if isinstance(row, Mapping) else None


def _jupyter(value: Any) -> str | None:
    port, protocol = value_at(value, ("port",)), value_at(value, ("protocol",))
    if protocol != JUPYTER_PROTOCOL:
        return f"{port}/{protocol}"
    return "" if port == JUPYTER_PORT else str(port)


def _renew(value: Any) -> str | None:
    months = value_at(value, ("months",))
    return "" if months is None else str(months)


# One for each kind of the table that is of the body. Of a value of another shape they may say too much or the
# wrong thing: that does not read back as the same.
_WRITERS: dict[str, Callable[[Any], str | None]] = {
    "text": _text,
    "whole": _whole,
    "choice": _text,
    "switch": _switch,
    "env": _env,
    "port": _port,
    "volume": _volume,
    "row": _row,
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
    text = visible(json.dumps(rest, ensure_ascii=False, default=json_default))
    return "'" + text.replace("'", "\\u0027") + "'"


def _null_at(path: tuple[str, ...]) -> dict[str, Any]:
    value: Any = None
    for key in reversed(path):
        value = {key: value}
    return dict(value)
