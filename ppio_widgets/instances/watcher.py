"""Watching instances: one thread for an account, however many of its instances are watched.

A tick is one request for a single instance, and one listing (its pages) for several or
for a board. A listing tells no connections, so an instance that reaches running is read
once in full. Nothing here changes anything on the server.

Whoever watches shares the looks of an account, so that the key of one is as good as that of
another. A key may change (a sign-out, a callable that returns another one): its watches
then go to where they belong now, and those of others are not looked at with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.errors import ApiError, CredentialsError, PpioError, log_fault
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import DetailListing, InstanceDetail

# Seconds between ticks: the first, then longer and longer while nothing changes or a look fails.
POLL_SECONDS = 2.0
SLOWER = 1.25
SLOWEST_MOVING_SECONDS = 10.0
SLOWEST_RESTING_SECONDS = 60.0
SLOWEST_FAILING_SECONDS = 60.0
# What a listing leaves out is asked for by itself, at most so many in a tick.
MOST_LOOKS = 5


class _Watchers:
    """Those of this kernel or session, by account."""

    def __init__(self) -> None:
        self.lock = forks.rlock()
        self.by_account: dict[Hashable, Watcher] = {}
        forks.tell(self)

    def after_fork(self) -> None:
        """Know none: their threads are the parent's."""
        self.by_account.clear()

    def of(self, identity: Hashable) -> Watcher:
        with self.lock:
            return self.by_account.setdefault(identity, Watcher(identity, self))


class Watched(Protocol):
    """An instance, as far as it is looked at."""

    id: str
    client: PpioClient
    detail: InstanceDetail | None

    def look(self) -> InstanceDetail:
        """Look at it once and return what was seen."""

    def begin_look(self) -> int:
        """Return the number of a look that begins now."""

    def see(self, seen: InstanceDetail, look: int) -> None:
        """Take what a look saw of it."""

    def see_row(self, row: InstanceDetail, look: int) -> None:
        """Take what a listing tells of it."""

    def fail(self, error: PpioError) -> None:
        """Take why it could not be looked at."""


@dataclass(eq=False)
class Watch:
    """Something that is watched until `end`; made by `watch` and `watch_all`."""

    client: PpioClient
    watcher: Watcher
    instance: Watched | None = None
    on_tick: Callable[[], None] | None = None
    on_listing: Callable[[DetailListing | PpioError], None] | None = None
    # The start for which it was read in full.
    read_for: int | None = None

    def end(self) -> None:
        """Watch no longer; the instance goes on as it is."""
        with self.watcher.watchers.lock:  # not while it goes to another watcher
            self.watcher.remove(self)

    def soon(self) -> None:
        """Look at once, and often again: something was done."""
        if threads.HAS_THREADS:
            self.watcher.soon()
        else:
            self.watcher.add(self)


def watch(instance: Watched, on_tick: Callable[[], None]) -> Watch:
    """Watch one instance, which is told what is seen of it.

    `on_tick` is called after each look, whether anything changed or not, on the watcher's thread. Where the
    system has no thread left, that is a `RuntimeError`.
    """
    watcher = kernel.of(_Watchers).of(instance.client.identity)
    return _added(Watch(instance.client, watcher, instance, on_tick))


def watch_all(client: PpioClient, on_listing: Callable[[DetailListing | PpioError], None]) -> Watch:
    """Watch all instances of an account; `on_listing` gets each listing, or why there is none."""
    watcher = kernel.of(_Watchers).of(client.identity)
    made = Watch(client, watcher, on_listing=on_listing)
    return _added(made)


def _added(made: Watch) -> Watch:
    """Begin to watch; what whoever asked never gets is not watched."""
    try:
        made.watcher.add(made)
        return made  # noqa: TRY300 - an Interrupt may come here as well
    except BaseException:
        made.end()
        raise


@dataclass
class Pace:
    """How long until the next look."""

    pause: float = field(default_factory=lambda: POLL_SECONDS)

    def after(self, *, changed: bool, moving: bool) -> float:
        """Return the pause after a look: short after a change, longer while nothing happens."""
        slowest = SLOWEST_MOVING_SECONDS if moving else SLOWEST_RESTING_SECONDS
        self.pause = POLL_SECONDS if changed else min(self.pause * SLOWER, slowest)
        return self.pause

    def failing(self, error: PpioError | None) -> float:
        """Return the pause after a failed look: twice as long, and as long as the server asks for."""
        hopeless = isinstance(error, CredentialsError)
        self.pause = SLOWEST_FAILING_SECONDS if hopeless else min(self.pause * 2, SLOWEST_FAILING_SECONDS)
        asked = error.retry_after if isinstance(error, ApiError) else None
        return max(self.pause, asked or 0.0)


class Watcher:
    """The one thread that looks at an account's instances; it ends when nothing is watched any more."""

    def __init__(self, identity: Hashable, watchers: _Watchers) -> None:
        self.watchers = watchers
        self._identity = identity
        self._lock = forks.lock()
        self._watches: list[Watch] = []
        self._running = False
        self._wake = forks.event()
        self._pace = Pace()
        self._ticks = 0
        self._known: tuple[tuple[str, str], ...] = ()
        forks.tell(self)

    def after_fork(self) -> None:
        """Watch nothing: who is told on this thread may have forked, and then it goes on there as well."""
        self._watches = []

    def add(self, made: Watch) -> None:
        """Watch something more; the thread begins with the first. Without threads it is one look."""
        if not threads.HAS_THREADS:
            self._tick([made])
            return
        with self._lock:
            self._watches.append(made)
            self.soon()
            if not self._running:
                try:
                    threads.run(self._run, name="ppio-watch", daemon=True)
                except BaseException:
                    self._watches.remove(made)
                    raise
                self._running = True
        self.soon()

    def remove(self, ended: Watch) -> bool:
        """Watch something no longer; False when it was not watched any more."""
        with self._lock:
            known = ended in self._watches
            if known:
                self._watches.remove(ended)
            if not self._watches:
                self._wake.set()  # the thread need not sleep to its end
            return known

    def soon(self) -> None:
        """Look at once, and often again."""
        self._pace = Pace()
        self._wake.set()

    def _run(self, pause: float = 0.0) -> None:
        while True:
            try:
                threads.wait(self._wake, pause)
                self._wake.clear()
                with self._lock:
                    watches = list(self._watches)
                    self._running = bool(watches)
                if not watches:
                    return
                ours = self._ours(watches)
                pause = self._tick(ours) if ours else POLL_SECONDS
            except BaseException as error:  # noqa: BLE001, PERF203 - nobody else would look again
                pause = self._pace.failing(None)
                log_fault("watch", error)

    def _ours(self, watches: list[Watch]) -> list[Watch]:
        """Return the watches whose client is of this account still; the others go to their own."""
        clients = {id(one.client): one.client for one in watches}
        now = {key: client.identity for key, client in clients.items()}
        for one in watches:
            if now[id(one.client)] != self._identity:
                self._hand_over(one, now[id(one.client)])
        return [one for one in watches if now[id(one.client)] == self._identity]

    def _hand_over(self, one: Watch, identity: Hashable) -> None:
        with self.watchers.lock:
            if not self.remove(one):  # it was ended meanwhile
                return
            one.watcher = self.watchers.of(identity)
            try:
                one.watcher.add(one)
            except RuntimeError as error:  # the system has no thread left for it; it is tried again
                one.watcher = self
                with self._lock:
                    self._watches.append(one)
                log_fault("watch", error)

    def _tick(self, watches: list[Watch]) -> float:
        """Look once at everything that is watched; returns the seconds until the next look."""
        before = self._standing(watches)
        failed: PpioError | None = None
        try:
            listing, failed = self._look(watches)
        except PpioError as error:
            listing, failed = None, error
            for one in watches:
                if one.instance is not None:
                    one.instance.fail(error)
        rows = () if listing is None else listing.instances
        if listing is not None:
            self._known = tuple((row.id, row.status) for row in rows)
        for one in watches:
            _call(one, failed if listing is None else listing)
        if failed is not None:
            return self._pace.failing(failed)
        moving = any(not row.at_rest for row in rows) or any(map(_moves, watches))
        return self._pace.after(changed=self._standing(watches) != before, moving=moving)

    def _standing(self, watches: list[Watch]) -> tuple[object, ...]:
        """Return all that is known, to compare."""
        return (*(one.instance.detail for one in watches if one.instance is not None), self._known)

    def _look(self, watches: list[Watch]) -> tuple[DetailListing | None, PpioError | None]:
        """Read what is watched; returns the listing, where it took one, and what failed for some."""
        client = watches[0].client
        by_id: dict[str, list[Watch]] = {}
        for one in watches:
            if one.instance is not None:
                by_id.setdefault(one.instance.id, []).append(one)
        if len(by_id) == 1 and all(one.instance is not None for one in watches):
            _read(watches)
            return None, None
        looks = {id(one): one.instance.begin_look() for one in watches if one.instance is not None}
        listing = client.listing()
        recent.note(client.host.base_url, listing.instances, whole=listing.certain)
        listed = {row.id: row for row in listing.instances}
        missing = [group for identity, group in by_id.items() if identity not in listed]
        due = [missing[(self._ticks + n) % len(missing)] for n in range(min(MOST_LOOKS, len(missing)))]
        self._ticks += len(due)
        for identity, row in listed.items():
            for one in by_id.get(identity, ()):
                _machine(one).see_row(row, looks[id(one)])
        due += [group for identity, group in by_id.items() if identity in listed and _unread(group)]
        failed: PpioError | None = None
        for group in due:
            error = _try_to_read(group)
            if isinstance(error, ApiError) and error.retry_after:
                return listing, error
            if group not in missing:  # what is not in the listing may not be there yet
                failed = failed or error
        return listing, failed


def _machine(one: Watch) -> Watched:
    assert one.instance is not None  # noqa: S101 - for mypy: only asked for watches of an instance
    return one.instance


def _read(group: list[Watch]) -> None:
    """Read one instance in full, for all who watch it."""
    first, *others = group
    looks = [_machine(one).begin_look() for one in others]
    detail = _machine(first).look()
    for one, number in zip(others, looks, strict=True):
        _machine(one).see(detail, number)
    for one in group:
        one.read_for = detail.started_at if detail.status == InstanceStatus.RUNNING else None


def _try_to_read(group: list[Watch]) -> PpioError | None:
    try:
        _read(group)
    except PpioError as error:
        for one in group:
            _machine(one).fail(error)
        return error
    return None


def _unread(group: list[Watch]) -> bool:
    """Whether it runs and was not read in full since it was started."""
    detail = _machine(group[0]).detail
    running = detail is not None and detail.status == InstanceStatus.RUNNING
    return running and any(detail is not None and one.read_for != detail.started_at for one in group)


def _moves(one: Watch) -> bool:
    machine = one.instance
    if machine is None:
        return False
    return machine.detail is None or not machine.detail.at_rest


def _call(one: Watch, seen: DetailListing | PpioError | None) -> None:
    try:
        if one.on_tick is not None:
            one.on_tick()
        if one.on_listing is not None and seen is not None:
            one.on_listing(seen)
    except Exception as error:  # noqa: BLE001 - the others still hear of it
        log_fault("watch", error)
