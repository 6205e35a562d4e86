"""The body as HTML: exact, escaped, and never longer than a screen or two.

A lean renderer of our own JSON: one short tag per kind of token (``b`` keys,
``i`` texts, ``u`` numbers). Long lists and long texts fold, so that a keystroke
costs the same with 5 rows and with 500; the full text is built when it is copied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.form.html import esc

if TYPE_CHECKING:
    from ppio_widgets.locale import Words

More = Callable[[int], str]

MOST_ROWS = 8
ROWS_WHEN_FOLDED = 3
LONGEST_TEXT = 160
LONGEST_LINE = 52


def preview(body: Mapping[str, Any], more: More) -> str:
    """Return the body as HTML for a ``<pre>``.

    Parameters
    ----------
    body : mapping
    more : callable
        Returns the words for `n` things that are folded away.
    """
    return _object(body, "", more)


def panel(title: str, body: Mapping[str, Any], say: Words, below_title: str = "") -> str:
    """Return a body as a titled panel; `title` and `below_title` have to be escaped already."""
    text = preview(body, lambda n: say("preview.more", n=n))
    return f"<div class=ppw-title>{title}</div>{below_title}<pre>{text}</pre>"


def _value(value: Any, indent: str, more: More) -> str:
    if isinstance(value, Mapping):
        return _object(value, indent, more)
    if isinstance(value, list | tuple):
        return _list(value, indent, more)
    if isinstance(value, str):
        return f"<i>{_text(value, more)}</i>"
    return f"<u>{esc(json.dumps(value, default=str))}</u>"


def _object(value: Mapping[str, Any], indent: str, more: More) -> str:
    if not value:
        return "{}"
    inner = indent + "  "
    lines = ",\n".join(f"{inner}{_key(key)}: {_value(item, inner, more)}" for key, item in value.items())
    return f"{{\n{lines}\n{indent}}}"


def _list(value: list[Any] | tuple[Any, ...], indent: str, more: More) -> str:
    inner = indent + "  "
    kept = value if len(value) <= MOST_ROWS else value[:ROWS_WHEN_FOLDED]
    lines = [inner + _row(item, inner, more) for item in kept]
    if len(value) > len(kept):
        lines.append(f"{inner}<s>{esc(more(len(value) - len(kept)))}</s>")
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def _row(item: Any, indent: str, more: More) -> str:
    """Return a flat row on one line, if it fits."""
    flat = isinstance(item, Mapping) and not any(
        isinstance(part, Mapping | list | tuple) for part in item.values()
    )
    if not flat or len(json.dumps(item, ensure_ascii=False, default=str)) > LONGEST_LINE:
        return _value(item, indent, more)
    return "{" + ", ".join(f"{_key(key)}: {_value(part, indent, more)}" for key, part in item.items()) + "}"


def _key(key: Any) -> str:
    return f"<b>{esc(json.dumps(str(key), ensure_ascii=False))}</b>"


def _text(value: str, more: More) -> str:
    if len(value) <= LONGEST_TEXT:
        return esc(json.dumps(value, ensure_ascii=False))
    head = esc(json.dumps(value[: LONGEST_TEXT // 2], ensure_ascii=False)[:-1])
    return f"{head}</i><s>{esc(more(len(value) - LONGEST_TEXT // 2))}</s><i>&quot;"
