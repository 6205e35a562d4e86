"""A body as the line that a person would type: ``%ppio_launch --name demo …``.

Every flag comes from the table in `options`, and is used only where its value reads back as exactly the
same. What is left stands in ``--body '{…}'``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.json_body import is_same
from ppio_widgets.formats.line.options import OPTIONS, PROTOCOLS, Option
from ppio_widgets.formats.line.parser import READERS
from ppio_widgets.formats.line.tokens import as_word
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import DEFAULTS, JUPYTER_PORT, compact, merged, value_at, with_value
from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAGIC = "%ppio_launch"


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
        words += ["--base-url", as_word(base_url)]
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
        if text != visible(text) or not is_same(_read(option, text), row):
            return None
        words += [option.flag, as_word(text)] if text else [option.flag]
    return words


def _read(option: Option, text: str) -> Any:
    """Return what the option makes of a text; None where it refuses it."""
    try:
        return READERS[option.kind](option, text or None)
    except InputError:
        return None


def _env(row: Any) -> str:
    key, value = value_at(row, ("key",)), value_at(row, ("value",))
    return value.name if isinstance(value, EnvRef) else f"{key}={value}"


def _port(row: Any) -> str:
    port, protocol = value_at(row, ("port",)), value_at(row, ("protocol",))
    return str(port) if protocol == PROTOCOLS[0] else f"{port}/{protocol}"


def _jupyter(value: Any) -> str:
    text = _port(value)
    return "" if text == str(JUPYTER_PORT) else text


def _volume(row: Any) -> str:
    kind, storage, mount_point = (value_at(row, (key,), "") for key in ("type", "id", "mount_point"))
    return f"local:{mount_point}" if kind == "local" else f"{kind}:{storage}:{mount_point}"


def _plain(value: object) -> object:
    return value.as_json() if isinstance(value, EnvRef) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


# One for each kind of the table that is of the body. Of a value of another shape they may say too much or the
# wrong thing: that does not read back as the same.
_WRITERS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "whole": str,
    "choice": str,
    "switch": lambda _value: "",
    "env": _env,
    "port": _port,
    "volume": _volume,
    "row": _json,
    "jupyter": _jupyter,
    "renew": lambda value: str(value_at(value, ("months",), "")),
}


def _json_word(rest: Mapping[str, Any]) -> str:
    """Return JSON as one word: in single quotes, and what cannot stand in them or in a line is escaped."""
    return "'" + visible(_json(rest)).replace("'", "\\u0027") + "'"


def _null_at(path: tuple[str, ...]) -> dict[str, Any]:
    value: Any = None
    for key in reversed(path):
        value = {key: value}
    return dict(value)
