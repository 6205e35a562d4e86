"""The body as HTML: exact, escaped, and never longer than a screen or two.

A lean renderer of our own JSON: one short tag per kind of token (``b`` keys,
``i`` texts, ``u`` numbers). Long lists and long texts fold, so that a keystroke
costs the same with 5 rows and with 500; the full text is built when it is copied. What is taken
from the kernel's environment never folds: nobody is to send a secret that they have not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

MOST_ROWS = 8
ROWS_WHEN_FOLDED = 3
LONGEST_TEXT = 160
LONGEST_LINE = 52
# Of the other faces; what is copied is whole.
MOST_LINES = 40
LONGEST_FACE_LINE = 600


def preview(body: Mapping[str, Any], say: Words, indent: str = "") -> str:
    """Return a body, or an object in it, as HTML for a ``<pre>``; a reference shows its name behind dots."""
    if not body:
        return "{}"
    inner = indent + "  "
    lines = ",\n".join(f"{inner}{_key(key)}: {_value(item, inner, say)}" for key, item in body.items())
    return f"{{\n{lines}\n{indent}}}"


def folded(text: str, say: Words, taken: str = "") -> str:
    """Return a text as HTML for a ``<pre>``: its beginning, and how much of it is not shown.

    `taken` says what is taken from the kernel's environment; it is said where the text is not whole.
    """
    lines = text.split("\n")
    kept = [_cut(line, LONGEST_FACE_LINE) for line in lines]
    shown: list[str] = [esc(line) for line in kept[:MOST_LINES]]
    more = len(lines) - MOST_LINES
    if more > 0:
        shown.append(f"<s>{esc(say('preview.more_lines', n=more))}</s>")
    if taken and (more > 0 or kept != lines):
        shown.append(f"<s>{esc(taken)}</s>")
    return "\n".join(shown)


def panel(title: str, shown: str, below_title: str = "") -> str:
    """Return what goes into a ``<pre>`` as a titled panel; all of it has to be escaped already."""
    return f"<div class=ppw-title>{title}</div>{below_title}<pre>{shown}</pre>"


def _value(value: Any, indent: str, say: Words) -> str:
    if isinstance(value, Mapping):
        return preview(value, say, indent)
    if isinstance(value, list | tuple):
        return _list(value, indent, say)
    if isinstance(value, str):
        return f"<i>{_text(value, say)}</i>"
    if isinstance(value, EnvRef):
        name = _cut(str(value.name), LONGEST_LINE)
        return f"<s>{esc(say('preview.from_kernel', name=name))}</s>"
    return f"<u>{esc(json.dumps(value, default=str))}</u>"


def _list(value: list[Any] | tuple[Any, ...], indent: str, say: Words) -> str:
    inner = indent + "  "
    lines = []
    for is_shown, places in groupby(range(len(value)), lambda place: _is_shown(value, place)):
        run = [value[place] for place in places]
        if is_shown:
            lines += [inner + _row(item, inner, say) for item in run]
        else:
            lines.append(f"{inner}<s>{esc(say('preview.more', n=len(run)))}</s>")
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def _is_shown(rows: list[Any] | tuple[Any, ...], place: int) -> bool:
    """Whether a row of a list is shown: all of a short one, else the first ones and what refers."""
    if len(rows) <= MOST_ROWS or place < ROWS_WHEN_FOLDED:
        return True
    row = rows[place]
    return isinstance(row, Mapping) and any(isinstance(part, EnvRef) for part in row.values())


def _row(item: Any, indent: str, say: Words) -> str:
    """Return a flat row on one line, if it fits."""
    flat = isinstance(item, Mapping) and not any(
        isinstance(part, Mapping | list | tuple) for part in item.values()
    )
    if not flat or len(json.dumps(item, ensure_ascii=False, default=str)) > LONGEST_LINE:
        return _value(item, indent, say)
    return "{" + ", ".join(f"{_key(key)}: {_value(part, indent, say)}" for key, part in item.items()) + "}"


def _key(key: Any) -> str:
    return f"<b>{esc(json.dumps(str(key), ensure_ascii=False))}</b>"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _text(value: str, say: Words) -> str:
    if len(value) <= LONGEST_TEXT:
        return esc(json.dumps(value, ensure_ascii=False))
    head = esc(json.dumps(value[: LONGEST_TEXT // 2], ensure_ascii=False)[:-1])
    return f"{head}</i><s>{esc(say('preview.more', n=len(value) - LONGEST_TEXT // 2))}</s><i>&quot;"
