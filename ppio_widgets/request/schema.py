"""The body as a tree of fields, read off the models: whatever has to know the fields asks here.

A *path* is the address of a place in a body, ``("ports", 1, "port")``, as in pydantic's ``loc``. A *pattern*
is the same with every row number replaced by ``"*"``: words, options and controls are found by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ppio_widgets.request.models import CreateInstanceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

Path = tuple[str | int, ...]
Kind = Literal["text", "whole", "switch", "choice"]


@dataclass(frozen=True)
class Leaf:
    """A single value: its kind, and the limits that the contract gives it."""

    kind: Kind
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    longest: int | None = None


@dataclass(frozen=True)
class Group:
    """An object: its fields in their order, and which of them are required."""

    fields: dict[str, Node]
    required: frozenset[str]


@dataclass(frozen=True)
class Rows:
    """A list of any length."""

    item: Node


Node = Leaf | Group | Rows


def pattern(path: Path) -> str:
    """Return the key of a path: ``"ports.*.port"``."""
    return ".".join("*" if isinstance(part, int) else part for part in path)


def dotted(path: Path) -> str:
    """Return a path as a Python user reads it: ``"ports[1].port"``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def path_of(name: str) -> Path:
    """Return the path that a name without rows means: ``"billing.mode"``."""
    return tuple(name.split("."))


@cache
def tree() -> Group:
    """Return the whole body."""
    return _group(CreateInstanceRequest)


def node_at(path: Path) -> Node | None:
    """Return what stands at `path`, or None where the contract knows nothing."""
    node: Node | None = tree()
    for part in path:
        if isinstance(node, Group):
            node = node.fields.get(str(part))
        elif isinstance(node, Rows) and (isinstance(part, int) or part == "*"):
            node = node.item
        else:
            return None
    return node


@cache
def leaves() -> Mapping[str, Leaf]:
    """Return every leaf of the body by its pattern, in the body's order."""
    return {pattern(path): leaf for path, leaf in _walk(tree(), ())}


def is_required(path: Path) -> bool:
    """Whether the object around `path` cannot be without it."""
    around = node_at(path[:-1])
    return isinstance(around, Group) and path[-1] in around.required


def _walk(node: Node, path: Path) -> Iterator[tuple[Path, Leaf]]:
    if isinstance(node, Leaf):
        yield path, node
    elif isinstance(node, Rows):
        yield from _walk(node.item, (*path, 0))
    else:
        for name, child in node.fields.items():
            yield from _walk(child, (*path, name))


def _group(model: type[BaseModel]) -> Group:
    fields = model.model_fields
    return Group(
        {name: _node(_without_none(field.annotation), field) for name, field in fields.items()},
        frozenset(name for name, field in fields.items() if field.is_required()),
    )


def _without_none(annotation: Any) -> Any:
    kinds = [arg for arg in get_args(annotation) if arg is not type(None)]
    return kinds[0] if type(None) in get_args(annotation) else annotation


def _node(annotation: Any, field: FieldInfo | None) -> Node:
    if get_origin(annotation) is tuple:
        return Rows(_node(get_args(annotation)[0], None))
    if get_origin(annotation) is Literal:
        return Leaf("choice", choices=get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _group(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Leaf("choice", choices=tuple(one.value for one in annotation))
    kinds: dict[type, Kind] = {int: "whole", bool: "switch", str: "text"}
    bare = get_args(annotation)[0] if get_args(annotation) else annotation
    limits: dict[str, int] = {}
    for limit in field.metadata if field else ():
        limits |= {name: getattr(limit, name) for name in ("ge", "le", "max_length") if hasattr(limit, name)}
    return Leaf(kinds[bare], (), limits.get("ge"), limits.get("le"), limits.get("max_length"))
