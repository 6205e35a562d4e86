"""A body as Python source that launches it, laid out as black would."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from ppio_widgets.locale import Words

WIDTH = 88
_INDENT = "    "


def to_python(
    body: Mapping[str, Any],
    say: Words,
    *,
    practice: bool = False,
    base_url: str = "",
    allow_host: str = "",
) -> str:
    """Return Python source that launches a body with the public API.

    Parameters
    ----------
    body : mapping
        Of a request, or of a draft.
    say : Words
        For the comment about what a run costs.
    practice : bool
        Whether the call goes to the practice cloud.
    base_url, allow_host : str
        See `ppio_widgets.launch`; empty ones are left out.
    """
    names = "EnvRef, launch" if any(_references(body)) else "launch"
    cloud = {"base_url": base_url, "allow_host": allow_host}
    arguments = ["body", *(["practice=True"] if practice else [])]
    arguments += [f"{name}={_text(value)}" for name, value in cloud.items() if value]
    return "\n".join(
        [
            f"from ppio_widgets import {names}",
            "",
            f"body = {_exploded(body, '')}",
            "",
            f"# {say('face.practice' if practice else 'face.billed')}",
            f"launched = launch({', '.join(arguments)})",
            "print(launched.id)",
            "",
        ]
    )


def _value(value: Any, indent: str, before: int, after: int) -> str:
    """Return a value, over several lines where it does not fit between what stands around it."""
    flat = _flat(value)
    fits = before + len(flat) + after <= WIDTH
    return flat if fits or not isinstance(value, Mapping | list | tuple) else _exploded(value, indent)


def _exploded(value: Any, indent: str) -> str:
    """Return an object or a list with each item on a line of its own, and a comma behind the last."""
    inner = indent + _INDENT
    mapping = isinstance(value, Mapping)
    lines = []
    for key, item in value.items() if mapping else enumerate(value):
        start = f"{inner}{_text(str(key))}: " if mapping else inner
        lines.append(f"{start}{_value(item, inner, len(start), len(','))},\n")
    left, right = "{}" if mapping else "[]"
    return f"{left}\n{''.join(lines)}{indent}{right}" if lines else left + right


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(key))}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flat(item) for item in value) + "]"
    if isinstance(value, EnvRef):
        return f"EnvRef({_text(str(value.name))})"
    if value is None or isinstance(value, bool | int):
        return repr(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return _text(str(value))


def _text(text: str) -> str:
    """Return a string literal: what cannot be printed is escaped, in double quotes if that costs nothing."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in text else literal


def _references(value: Any) -> Iterator[EnvRef]:
    if isinstance(value, EnvRef):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)
