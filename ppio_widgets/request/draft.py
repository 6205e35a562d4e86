"""A draft: what a person has typed so far, in the shape of the body.

A draft is a nested dict whose values are as typed: ``"8080"`` may stand where
the body has ``8080``, rows may be blank, anything may be missing or wrong. The
value of a variable may be an `EnvRef`, or ``{"$env": "NAME"}``.
:func:`compact` brings it as near to a body as can be without judging it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ppio_widgets.locale.text import whole
from ppio_widgets.request.envref import EnvRef, reference
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import Group, Leaf, Node, Path, Rows, tree

Draft = Mapping[str, Any]

# Defaults of form and line. 20 GB is the contract's own example.
DEFAULTS: Draft = {
    "billing": {"mode": BillingMode.POSTPAID.value},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}

JUPYTER_PORT = 8888
JUPYTER_PROTOCOL = "http"


@dataclass(frozen=True)
class Compact:
    """A draft without its blanks.

    In its body, unset, ``None``, empty text, empty lists and empty objects are gone (but an env value may be
    ``""`` when its key is there); a text typed for a whole number is one (`read_whole`); ``{"$env": "NAME"}``
    is an `EnvRef`; fields stand in the contract's order.
    """

    body: dict[str, Any]
    # Of each list, where in the draft the rows stood that are left.
    numbers: dict[Path, list[int]] = field(default_factory=dict, repr=False)

    def in_draft(self, path: Path) -> Path:
        """Return a path of the body as a path of the draft."""
        moved: list[str | int] = []
        for depth, part in enumerate(path):
            places = self.numbers.get(path[:depth], [])
            moved.append(places[part] if isinstance(part, int) and part < len(places) else part)
        return tuple(moved)


def compact(draft: Draft) -> Compact:
    """Drop what is blank and read whole numbers; see :class:`Compact`."""
    numbers: dict[Path, list[int]] = {}
    return Compact(_compact_group(draft, tree(), (), numbers), numbers)


def merged(below: Draft, above: Draft) -> dict[str, Any]:
    """Return a new draft: objects are merged, everything else of `above` replaces."""
    result: dict[str, Any] = copied(below)
    for key, value in above.items():
        lower = result.get(key)
        both = isinstance(lower, Mapping) and isinstance(value, Mapping)
        result[key] = merged(lower, value) if both else copied(value)  # type: ignore[arg-type]
    return result


def copied(value: Any) -> Any:
    """Return a copy of a body or draft that is the caller's to change; texts and references are shared.

    The objects and lists of JSON only, and so several times as fast as `copy.deepcopy`.
    """
    if isinstance(value, str):  # most of them are
        return value
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


def to_json(body: Mapping[str, Any]) -> str:
    """Return a body as JSON, indented by two for people; what is no JSON as text.

    It is what is sent, but for a reference: that stays ``{"$env": "NAME"}``.
    """
    return whole(as_json(body, indent=2))


def as_json(value: Any, indent: int | None = None) -> str:
    """Return a part of a body as JSON, lone halves of characters in it too; else as `to_json`."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_no_json)


def _no_json(value: object) -> object:
    return value.as_json() if isinstance(value, EnvRef) else str(value)


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of drafts are the same JSON: ``1`` is neither ``true`` nor ``1.0``."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    kinds = {(isinstance(value, bool), isinstance(value, float)) for value in (one, other)}
    return one is other or (one == other and len(kinds) == 1)


def value_at(draft: Draft, path: Path, default: Any = None) -> Any:
    """Return the value at `path`, or `default` where there is none."""
    value: Any = draft
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part, default)
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return default
    return value


def renamed(draft: Any, path: Path, name: str | None) -> Any:
    """Return a new draft with another name for the field at `path`, in its place; ``None`` takes it away."""
    head, rest = path[0], path[1:]
    if rest and isinstance(draft, list | tuple):
        return [renamed(row, rest, name) if number == head else row for number, row in enumerate(draft)]
    if not isinstance(draft, Mapping):
        return draft
    result: dict[str, Any] = {}
    for key, value in draft.items():
        if key != head:
            result[key] = value
        elif rest:
            result[key] = renamed(value, rest, name)
        elif name is not None:
            result[name] = value
    return result


def with_value(draft: Draft, path: Path, value: Any) -> dict[str, Any]:
    """Return a new draft with `value` at `path` (of keys only); ``None`` takes it away."""
    head, *rest = path
    result = dict(draft)
    if rest:
        child = result.get(str(head))
        value = with_value(child if isinstance(child, Mapping) else {}, tuple(rest), value)
    if value is None:
        result.pop(str(head), None)
    else:
        result[str(head)] = value
    return result


def is_env_value(path: Path) -> bool:
    """Whether a path is the value of a variable."""
    return len(path) == 3 and path[0] == "envs" and path[2] == "value"


def _compact(value: Any, node: Node | None, path: Path, numbers: dict[Path, list[int]]) -> Any:
    if isinstance(value, str):  # first: most of them are, and they need the least
        if not isinstance(node, Leaf) or node.kind != "whole":
            return value
        number = read_whole(value, path)
        return (value.strip() or None) if number is None else number
    if isinstance(value, Mapping):
        ref = reference(value) if is_env_value(path) else None
        return ref or _compact_group(value, node, path, numbers)
    if isinstance(value, list | tuple):
        item = node.item if isinstance(node, Rows) else None
        rows = [_compact(row, item, (*path, number), numbers) for number, row in enumerate(value)]
        numbers[path] = [number for number, row in enumerate(rows) if not _is_blank(row)]
        return [rows[number] for number in numbers[path]]
    return value


def _compact_group(
    value: Draft, node: Node | None, path: Path, numbers: dict[Path, list[int]]
) -> dict[str, Any]:
    known = node.fields if isinstance(node, Group) else {}
    value = {str(name): item for name, item in value.items()}
    names = [*(name for name in known if name in value), *(name for name in value if name not in known)]
    result: dict[str, Any] = {}
    for name in names:
        inner = _compact(value[name], known.get(name), (*path, name), numbers)
        if not _is_blank(inner) or (is_env_value((*path, name)) and result.get("key")):
            result[name] = inner
    return result


def _is_blank(value: Any) -> bool:
    if isinstance(value, EnvRef):
        return not value.name
    return value is None or (isinstance(value, str | list | dict) and not value)


# Why a text is no whole number: a fraction; two readings (1,5); a unit, or another one than GB;
# more than one port; and empty for what is no number at all.
Fault = Literal["fraction", "unclear", "unit", "gb", "port", ""]

# Signs as Chinese input methods write them (U+FF01 to U+FF5E), and what else stands for one.
_SIGNS = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    0x3002: ".",
    0x2212: "-",
    0xFFE5: "¥",
}

# At most as many digits as a 64-bit number has, so that int() cannot refuse. Behind a point three
# zeros could be thousands.
_WHOLE = re.compile(
    r"([+-]?(?:[0-9]{1,18}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5}))(?:\.0{1,2}|\.0{4,18})?(\s*GB?)?", re.IGNORECASE
)

_LONGEST = 64  # so much of a text is looked at for the reason
_SEVERAL = re.compile(r"[0-9]+\s*(?:[^0-9\s.]|\s)\s*[0-9].*")
_UNCLEAR = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}\.[0-9]{3}|[0-9]+(?:[.,][0-9]+)*,[0-9]+(?:[.,][0-9]+)*)")
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_WITH_UNIT = re.compile(r"[+-]?[0-9][0-9.,]*\s*[^\W\d_][^0-9]*")


def read_whole(text: str, path: Path) -> int | None:
    """Return the number that a text says; None when it says none, or not for certain.

    Only a size in GB takes its unit, and in a port a comma stands between two of them.
    """
    found = _WHOLE.fullmatch(plain(text))
    if found is None or (found[2] and not _is_gigabytes(path)) or ("," in found[1] and _is_port(path)):
        return None
    return int(found[1].replace(",", ""))


def why_not_whole(text: str, path: Path) -> Fault:
    """Return why `read_whole` reads no number from a text; empty where it does."""
    if read_whole(text, path) is not None:
        return ""
    typed = plain(text)[:_LONGEST]
    if _is_port(path) and _SEVERAL.fullmatch(typed):
        return "port"
    if _UNCLEAR.fullmatch(typed):
        return "unclear"
    if _FRACTION.fullmatch(typed):
        return "fraction"
    if _WITH_UNIT.fullmatch(typed):
        return "gb" if _is_gigabytes(path) else "unit"
    return ""


def _is_gigabytes(path: Path) -> bool:
    return str(path[-1]).endswith("_gb")


def _is_port(path: Path) -> bool:
    return path[-1] == "port"


def plain(text: str) -> str:
    """Return in ASCII what was typed full-width, without the blanks around it."""
    return text.translate(_SIGNS).strip()
