"""No module keeps what changes: it is asked of `Kernel.of`, so that nobody sees another person's."""

import ast
import logging
import re
import sys
from dataclasses import is_dataclass
from datetime import time, timedelta, timezone
from decimal import Context, Decimal
from enum import Enum
from functools import cache
from importlib import import_module
from ipaddress import IPv4Network
from operator import attrgetter
from pathlib import Path
from types import FunctionType, GenericAlias, MappingProxyType, ModuleType, UnionType
from typing import TypeVar, get_origin

import httpx
import pytest
from markupsafe import Markup
from pydantic import TypeAdapter

import ppio_widgets

ROOT = Path(ppio_widgets.__file__).parent

FORKS = "a fork is the process's; what stands here is cleaned up in every child"
CONSTANT = "of constants: nothing that anybody typed, chose or was told is in it"
EXCEPTIONS = {
    "__init__.__getattr__": "the public names, once they were imported",
    "cloud.client.bare_context": "trusts nobody, and is the same for all",
    "cloud.http._note": "who hears of the requests of a thread, while a launch makes one",
    "cloud.proxies._trusting": "25 to 40 ms for each; the authorities of the machine are the same for all",
    "locale.words._load": CONSTANT,
    "practice.classroom.lesson.packaged": CONSTANT,
    "practice.classroom.page._document": CONSTANT,
    "request.schema.leaves": CONSTANT,
    "request.schema.tree": CONSTANT,
    "runtime.forks._gate": FORKS,
    "runtime.forks._locks": FORKS,
    "runtime.forks._things": FORKS,
    "runtime.kernel._entered": "which of the kernels a thread is in",
    "runtime.kernel._kernels": "the kernels themselves",
    "runtime.kernel._opening": "the lock of the kernels",
    "runtime.kernel.outer_names": "a constant table that the package fills as it is imported",
    "secrets.patterns._spellings": CONSTANT + ": of single characters",
    "widgets.theme.lean": CONSTANT + ": of stock kinds",
    "widgets.theme.script": CONSTANT,
    "widgets.theme.stylesheet": CONSTANT,
}

IMMUTABLE = (
    *(str, bytes, int, float, complex, bool, type(None), type(...), range, object, FunctionType),
    *(Decimal, Context, timedelta, timezone, time, IPv4Network, re.Pattern, attrgetter),
    *(TypeVar, GenericAlias, UnionType, logging.Logger, httpx.Timeout, Markup, TypeAdapter),
)
CHANGES = {
    *("append", "extend", "insert", "add", "update", "setdefault"),
    *("pop", "popitem", "remove", "discard", "clear", "sort", "reverse"),
}
CACHES = {"cache", "lru_cache"}


# By the dotted name below the package.
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted(ROOT.rglob("*.py"))
}


@cache
def trees():
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imported(module):
    return import_module(f"ppio_widgets.{module}".removesuffix(".__init__"))


def names_of(target):
    if isinstance(target, ast.Tuple | ast.List):
        return [name for part in target.elts for name in names_of(part)]
    return [target.id] if isinstance(target, ast.Name) else []


def outside_of_functions(node):
    """Everything that runs as a module is imported, classes left out."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from outside_of_functions(child)


def bound(node):
    """The names that a module or a class binds to values."""
    for one in outside_of_functions(node):
        if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            yield from (name for target in targets for name in names_of(target))


@cache
def changed_names():
    """The last names of whatever is changed in place anywhere in the package."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                found.add(last_name(node.value))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found |= {last_name(node.func.value)} if node.func.attr in CHANGES else set()
            elif isinstance(node, ast.AugAssign):
                found.add(last_name(node.target))
    return found - {""}


def last_name(node):
    return getattr(node, "id", getattr(node, "attr", ""))


def is_constant(value, name):
    """Whether nothing can change a value, or it is a table that nothing changes."""
    if isinstance(value, dict | list | set | bytearray):
        return bool(value) and name not in changed_names()
    if isinstance(value, tuple | frozenset):
        return all(is_constant(part, name) for part in value)
    if isinstance(value, MappingProxyType):
        return True
    if is_dataclass(value) and not isinstance(value, type):
        return value.__dataclass_params__.frozen
    return type(value) in IMMUTABLE or isinstance(value, type | Enum) or get_origin(value) is not None


def caches(tree):
    """The functions that remember what they returned."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            named = {last_name(getattr(one, "func", one)) for one in node.decorator_list}
            if named & CACHES:
                yield node.name


def rebound(tree):
    """What functions bind outside of themselves: by `global`, in `globals()`, on a module or a class."""
    outer = {alias.asname or alias.name for node in tree.body for alias in getattr(node, "names", ())}
    outer |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        own = {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield from node.names
            elif isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ("globals()", "vars()"):
                    yield function.name
                elif isinstance(node, ast.Attribute) and last_name(node.value) in outer - own:
                    yield ast.unparse(node)


def found_in(module):
    tree = trees()[module]
    values = vars(imported(module))
    for name in bound(tree):
        if name in values and name != "__all__" and not is_constant(values[name], name):
            yield name
    yield from caches(tree)
    yield from rebound(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in shared_by_all(node))


def shared_by_all(node):
    """The names of a class that hold a dict, a list or a set, unless the type lets nobody change it."""
    for one in outside_of_functions(node):
        if isinstance(getattr(one, "value", None), ast.Dict | ast.List | ast.Set):
            typed = ast.unparse(getattr(one, "annotation", one.value))
            if not typed.startswith(("Mapping", "Sequence")):
                yield from (name for name in bound(ast.Module([one])))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_keeps_nothing_that_changes(module):
    found = {f"{module}.{name}" for name in found_in(module)}
    assert found == {name for name in EXCEPTIONS if name.rpartition(".")[0] == module}


@pytest.mark.parametrize(
    "code",
    [
        "known = {}",
        "known: list[str] = []",
        "from weakref import WeakSet\nknown = WeakSet()",
        "import itertools\nnumbers = itertools.count()",
        "from ppio_widgets.runtime import forks\nlock = forks.lock()",
        "TABLE = {1: 2}\ndef change():\n    TABLE[2] = 3",
        "from functools import cache\n@cache\ndef load(): ...",
        "one = None\ndef change():\n    global one\n    one = 1",
        "from ppio_widgets.runtime import threads\ndef change():\n    threads.one = 1",
        "class Thing:\n    known = {}",
        "class Thing: ...\ndef change():\n    Thing.one = 1",
        "class Thing: ...\nthing = Thing()",
    ],
)
def test_whatever_changes_is_found(code, monkeypatch):
    module = ModuleType("ppio_widgets.made_up")
    exec(code, vars(module))  # noqa: S102
    monkeypatch.setitem(trees(), "made_up", ast.parse(code))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    changed_names.cache_clear()
    assert list(found_in("made_up"))
    changed_names.cache_clear()
