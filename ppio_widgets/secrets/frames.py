"""Exceptions that carry no values: what a frame of ours or of the wire held is dropped on the way out.

A traceback keeps alive every frame that it passed, with the key, a password or an env value in its
variables, and IPython's ``%xmode Verbose``, a debugger or an error reporter prints them. An Interrupt can
come at any line, so no care within a function helps: what a person calls is wrapped, and whatever leaves
it says where it came from and nothing more.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import wraps
from inspect import isfunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import TracebackType

    Handled = dict[int, tuple[BaseException, TracebackType | None]]

T = TypeVar("T")

# How a thing is displayed or used without its methods being named.
_HOOKS = frozenset(
    (
        *("__init__", "__repr__", "__str__", "__call__", "__enter__", "__exit__"),
        *("_repr_html_", "_repr_mimebundle_", "_ipython_display_"),
    )
)


def without_frames(thing: T) -> T:
    """Return a function whose exceptions carry no values; of a class, all that is public becomes so.

    Lines and names stay, for whoever looks for a fault. What of ours stood behind the exception
    goes: its words may repeat what was read.
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
        callers = _handled()
        try:
            return call(*given, **named)
        except BaseException as error:
            del given, named  # this frame stays in the traceback as well
            drop_values(error, callers)
            raise

    return bare


def _bare_generator(call: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @wraps(call)
    def bare(*given: Any, **named: Any) -> Iterator[Any]:
        values = call(*given, **named)
        del given, named
        # Whoever asks for the next one may be handling something else by then.
        yield from iter(_bare(values.__next__), object())

    return bare


def _handled() -> Handled:
    """Return what the caller is handling and all behind it, each with where it came from so far."""
    return {id(one): (one, one.__traceback__) for one in _with_behind(sys.exc_info()[1])}


def _with_behind(error: BaseException | None, but: Collection[int] = ()) -> Iterator[BaseException]:
    """Yield an exception and each that stands behind it."""
    waiting, seen = [error], set(but)
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__context__, one.__cause__]


def drop_values(error: BaseException, callers: Handled) -> None:
    """Empty the frames that an exception has passed so far, and forget what of ours stood behind it.

    What the caller was handling is the caller's: its frames keep their values, and it stands behind still.
    """
    if id(error) in callers:  # raised once more: only what it has passed since is ours
        _empty(error.__traceback__, until=callers[id(error)][1])
        return
    for one in _with_behind(error, callers):
        _empty(one.__traceback__)
    hidden = error.__suppress_context__
    error.__cause__ = None
    error.__context__ = next((one for one, _traceback in callers.values()), None)
    error.__suppress_context__ = hidden


def _empty(passed: TracebackType | None, until: TracebackType | None = None) -> None:
    while passed is not None and passed is not until:
        with suppress(RuntimeError):  # it is running still
            passed.tb_frame.clear()
        passed = passed.tb_next
