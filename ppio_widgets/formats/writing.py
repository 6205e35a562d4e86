"""The formats of a body: the same request as JSON, as curl, as Python and as the line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.curl import to_curl
from ppio_widgets.formats.line.parser import to_line
from ppio_widgets.request.draft import to_json
from ppio_widgets.request.envref import EnvRef, reference_names

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

FORMATS = ("json", "curl", "python", "line")

_WIDTH = 88  # of Python source


def write(  # noqa: PLR0913 - what the cloud adds to a body
    body: Mapping[str, Any],
    name: str,
    say: Words,
    *,
    practice: bool = False,
    base_url: str = "https://api.ppio.com",
    key_name: str = "PPIO_API_KEY",
    address: str = "",
    allow_host: str = "",
) -> str:
    """Return a body, or a draft, as text that can be run as it stands; a reference stays a name.

    `base_url` and `key_name` are of the cloud, for curl; `address` is its base URL for Python and the line,
    empty for the practice cloud in this process. The line says no `allow_host`: whoever pastes one allows
    a stranger.
    """
    if name == "curl":
        return to_curl(body, say, base_url=base_url, key_name=key_name, practice=practice)
    if name == "python":
        return to_python(body, say, practice=practice, base_url=address, allow_host=allow_host)
    if name == "line":
        return to_line(body, practice=practice, base_url=address)
    return to_json(body)


def to_python(
    body: Mapping[str, Any],
    say: Words,
    *,
    practice: bool = False,
    base_url: str = "",
    allow_host: str = "",
) -> str:
    """Return Python source that launches a body, laid out as black would; `say` is for its comment."""
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
    lines = [f"{start}{_source(item, _WIDTH - len(start) - len(','), inner)},\n" for start, item in starts]
    return f"{left}\n{''.join(lines)}{indent}{right}"


def _atom(value: Any) -> str:
    """Return a single value; a text is escaped where it cannot be printed."""
    if isinstance(value, EnvRef):
        return f"EnvRef({_atom(str(value.name))})"
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    literal = repr(str(value))
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal
