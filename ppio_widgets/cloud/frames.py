"""Exceptions that carry no values: what a frame of ours or of the wire held is dropped on the way out.

A traceback keeps alive every frame that it passed, with the key, a password or an env value in its
variables, and IPython's ``%xmode Verbose``, a debugger or an error reporter prints them. An Interrupt can
come at any line, so no care within a function helps: what a person calls is wrapped, and whatever leaves
it says where it came from and nothing more.
"""

from __future__ import annotations

import traceback
from functools import wraps
from inspect import isfunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# How a thing is displayed or used without its methods being named.
_HOOKS = frozenset(
    (
        *("__init__", "__repr__", "__call__", "__enter__", "__exit__"),
        *("_repr_html_", "_repr_mimebundle_", "_ipython_display_"),
    )
)


def without_frames(thing: T) -> T:
    """Return a function whose exceptions carry no values; of a class, all that is public becomes so.

    Lines and names stay, for whoever looks for a fault. What stood behind the exception goes: its words may
    repeat what was read.
    """
    if isinstance(thing, type):
        for name, member in list(vars(thing).items()):
            if name in _HOOKS or not name.startswith("_"):
                kept = _member(member)
                if kept is not member:
                    setattr(thing, name, kept)
        return thing
    wrapped: T = _member(thing)
    return wrapped


def _member(member: Any) -> Any:
    if isinstance(member, property):
        return property(_member(member.fget), _member(member.fset), _member(member.fdel), member.__doc__)
    if isinstance(member, classmethod | staticmethod):
        return type(member)(_member(member.__func__))
    if isgeneratorfunction(member):
        return _bare_generator(member)
    return _bare(member) if isfunction(member) else member


def _bare(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def bare(*given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except BaseException as error:
            del given, named  # this frame stays in the traceback as well
            drop_values(error)
            raise

    return bare


def _bare_generator(call: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @wraps(call)
    def bare(*given: Any, **named: Any) -> Iterator[Any]:
        try:
            yield from call(*given, **named)
        except BaseException as error:
            del given, named
            drop_values(error)
            raise

    return bare


def drop_values(error: BaseException) -> None:
    """Empty the frames that an exception has passed so far, and forget what stood behind it."""
    traceback.clear_frames(error.__traceback__)
    waiting, seen = [error.__cause__, error.__context__], {id(error)}
    while waiting:
        behind = waiting.pop()
        if behind is not None and id(behind) not in seen:
            seen.add(id(behind))
            traceback.clear_frames(behind.__traceback__)
            waiting += [behind.__cause__, behind.__context__]
    error.__cause__ = error.__context__ = None
