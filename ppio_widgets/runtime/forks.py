"""What a forked child does not take over from its parent.

A child of `os.fork` (multiprocessing, ipyparallel) has all that its parent remembers, and of its threads
only the one that forked: a lock that another held is held for ever, and what another was about to do is
done by nobody. So the locks of this package are made here, and are free in a child; and what counts on
a thread (a watcher, a timer, a launch on its way) lets go of it there.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("ppio_widgets")

T = TypeVar("T")


class Forked(Protocol):
    """What lets go of its parent's threads."""

    def after_fork(self) -> None:
        """Let go; nothing else runs in the child yet."""


# Seconds that a fork waits for a handshake: as long as one takes, not as long as it may.
LONGEST_WAIT = 2.0

_locks: WeakSet[Any] = WeakSet()
_things: WeakSet[Forked] = WeakSet()


def _known(made: T) -> T:
    _locks.add(made)
    return made


def lock() -> threading.Lock:
    """Return a `threading.Lock` that is free in a child."""
    return _known(threading.Lock())


def rlock() -> threading.RLock:
    """Return a `threading.RLock` that is free in a child."""
    return _known(threading.RLock())


def condition(lock: threading.RLock | None = None) -> threading.Condition:
    """Return a `threading.Condition` that is free in a child, and that nobody waits for there."""
    return _known(threading.Condition(lock))


def event() -> threading.Event:
    """Return a `threading.Event` that can be set in a child, whoever set it as it was forked."""
    return _known(threading.Event())


def tell(thing: Forked) -> None:
    """Have its `after_fork` called in a child, as long as anybody else knows it."""
    _things.add(thing)


class _Gate:
    """Lets no fork pass while a thread of ours is within OpenSSL: its locks cannot be freed in a child."""

    def __init__(self) -> None:
        self.changed = threading.Condition()  # a signal's handler may fork on the thread that enters
        self.within = 0

    def shut(self) -> None:
        """Let nobody in and wait until nobody is within, though not for ever: a server may stall."""
        self.changed.acquire()
        self.changed.wait_for(lambda: not self.within, LONGEST_WAIT)


_gate = _Gate()


@contextmanager
def within_openssl() -> Iterator[None]:
    """Hold a fork up meanwhile."""
    with _gate.changed:
        _gate.within += 1
    try:
        yield
    finally:
        with _gate.changed:
            _gate.within = max(0, _gate.within - 1)  # a child begins anew
            _gate.changed.notify_all()


def _in_child() -> None:
    _gate.changed._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001
    _gate.within = 0
    for one in list(_locks):
        if getattr(one, "_is_owned", bool)():  # by the thread that forked, which goes on and gives it back
            continue
        one._at_fork_reinit()  # noqa: SLF001 - as the standard library does with its own
    for thing in list(_things):
        try:
            thing.after_fork()
        except BaseException as error:  # noqa: BLE001, PERF203 - all others let go as well
            with suppress(Exception):
                log.error("fork: %s", type(error).__name__)  # noqa: TRY400 - no text of it


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_gate.shut, after_in_parent=_gate.changed.release, after_in_child=_in_child)
