"""A body as Python source that launches it, laid out as black would."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.envref import EnvRef, reference_names

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

WIDTH = 88


def to_python(
    body: Mapping[str, Any],
    say: Words,
    *,
    practice: bool = False,
    base_url: str = "",
    allow_host: str = "",
) -> str:
    """Return Python source that launches a body with `ppio_widgets.launch`; `say` is for its comment."""
    cloud = {"base_url": base_url, "allow_host": allow_host}
    arguments = ["body", *(["practice=True"] if practice else [])]
    arguments += [f"{name}={_atom(value)}" for name, value in cloud.items() if value]
    return (
        f"from ppio_widgets import {'EnvRef, ' if reference_names(body) else ''}launch\n\n"
        f"body = {_source(body, 0)}\n\n"
        f"# {say('face.practice' if practice else 'face.billed')}\n"
        f"launched = launch({', '.join(arguments)})\n"
        "print(launched.id)\n"
    )


def _source(value: Any, room: float, indent: str = "") -> str:
    """Return a value as source: one item a line where it is longer than the room that it has."""
    if isinstance(value, Mapping):
        items = [(f"{_atom(str(key))}: ", item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [("", item) for item in value]
    else:
        return _atom(value)
    left, right = "{}" if isinstance(value, Mapping) else "[]"
    flat = left + ", ".join(name + _source(item, math.inf) for name, item in items) + right
    if len(flat) <= room or not items:
        return flat
    inner = f"{indent}    "
    starts = [(f"{inner}{name}", item) for name, item in items]
    lines = [f"{start}{_source(item, WIDTH - len(start) - len(','), inner)},\n" for start, item in starts]
    return f"{left}\n{''.join(lines)}{indent}{right}"


def _atom(value: Any) -> str:
    """Return a single value; a text is escaped where it cannot be printed."""
    if isinstance(value, EnvRef):
        return f"EnvRef({_atom(str(value.name))})"
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    literal = repr(str(value))
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal
