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
from typing import TYPE_CHECKING

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.errors import ApiError, CredentialsError, PpioError, log_fault
from ppio_widgets.instances.watched import begin_look, see_rows
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import Listing
    from ppio_widgets.instances.watched import Watched

# Seconds between looks: the first, then longer and longer while nothing changes or a look fails.
POLL_SECONDS = 2.0
SLOWER = 1.25
SLOWEST_MOVING_SECONDS = 10.0
SLOWEST_RESTING_SECONDS = 60.0
SLOWEST_FAILING_SECONDS = 60.0
CLASS_SECONDS = 5.0
# What a listing leaves out is asked for by itself, at most so many in a tick.
MOST_LOOKS = 5


@dataclass
class Pace:
    """How long until the next look."""

    pause: float = field(default_factory=lambda: POLL_SECONDS)

    def after(self, *, changed: bool, moving: bool) -> float:
        """Return the pause after a look: short after a change, longer while nothing happens."""
        slowest = SLOWEST_MOVING_SECONDS if moving else SLOWEST_RESTING_SECONDS
        self.pause = POLL_SECONDS if changed else min(self.pause * SLOWER, slowest)
        return self.pause

    def failing(self, error: BaseException) -> float:
        """Return the pause after a failed look: twice as long, and as long as the server asks for."""
        hopeless = isinstance(error, CredentialsError)
        self.pause = SLOWEST_FAILING_SECONDS if hopeless else min(self.pause * 2, SLOWEST_FAILING_SECONDS)
        asked = error.retry_after if isinstance(error, ApiError) else None
        return max(self.pause, asked or 0.0)


class Watchers:
    """What is watched in this kernel or session, and by account who looks."""

    def __init__(self) -> None:
        self.watches: list[Watch] = []
        self._lock = forks.rlock()
        self._by_account: dict[Hashable, Watcher] = {}
        forks.tell(self)

    def after_fork(self) -> None:
        """Watch nothing: who is told on a watcher's thread may have forked, and it goes on there as well."""
        self.watches, self._by_account = [], {}

    def add(self, made: Watch) -> None:
        """Watch something more."""
        with self._lock:
            self.watches.append(made)
            self.soon(made.account)

    def remove(self, ended: Watch) -> None:
        """Watch something no longer."""
        with self._lock:
            if ended in self.watches:
                self.watches.remove(ended)
            looking = self._by_account.get(ended.account)
            if looking is not None and not self._any_of(ended.account):
                looking.wake.set()  # it need not sleep to its end

    def soon(self, account: Hashable) -> None:
        """Have an account looked at, at once and often again; its thread begins with the first time."""
        with self._lock:
            looking = self._by_account.get(account) or Watcher(account, self)
            looking.soon()
            if account in self._by_account:
                return
            self._by_account[account] = looking
            try:
                threads.keep(looking.look, looking.wake, name="ppio-watch")
            except BaseException:  # no thread for it, or an Interrupt: what has begun ends
                self._by_account.pop(account, None)
                raise

    def anew(self, account: Hashable) -> None:
        """Have an account looked at, at once and often again, where it is watched."""
        with self._lock:
            looking = self._by_account.get(account)
            if looking is not None:
                looking.soon()

    def of(self, watcher: Watcher) -> list[Watch] | None:
        """Return what a watcher is to look at, None where its thread is to end.

        What has become another account's is looked at by that one's watcher from now on.
        """
        with self._lock:
            found = [one for one in self.watches if one.account == watcher.account]
        clients = {id(one.client): one.client for one in found}
        now = {key: client.identity for key, client in clients.items()}  # may call a person's own function
        with self._lock:
            for one in found:
                if now[id(one.client)] != watcher.account and one in self.watches:
                    self._hand_over(one, now[id(one.client)])
            known = self._by_account.get(watcher.account) is watcher
            if not known or not self._any_of(watcher.account):
                if known:
                    del self._by_account[watcher.account]
                return None
        return [one for one in found if now[id(one.client)] == watcher.account]

    def _any_of(self, account: Hashable) -> bool:
        return any(one.account == account for one in self.watches)

    def _hand_over(self, one: Watch, account: Hashable) -> None:
        try:
            self.soon(account)
            one.account = account
        except RuntimeError as error:  # the system has no thread left for it; it is tried again
            log_fault("watch", error)


@dataclass(eq=False)
class Watch:
    """Something that is watched until `end`; `tell` gets the listing of each look, or why there is none."""

    client: PpioClient
    tell: Callable[[Listing | PpioError | None], None]
    watchers: Watchers = field(default_factory=lambda: kernel.of(Watchers))
    account: Hashable = None

    def begin(self) -> Watch:
        """Watch from now on; what whoever asked never gets is not watched."""
        self.account = self.client.identity
        try:
            self.watchers.add(self)
            return self  # noqa: TRY300 - an Interrupt may come here as well
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Watch no longer; the instance goes on as it is."""
        self.watchers.remove(self)

    def soon(self) -> None:
        """Look at once, and often again: something was done."""
        if self in self.watchers.watches:
            self.watchers.soon(self.account)


@dataclass(eq=False)
class InstanceWatch(Watch):
    """One instance that is watched, and the start for which it was read in full."""

    instance: Watched = field(kw_only=True)
    read_for: int | None = None


def watch(instance: Watched, on_tick: Callable[[], None]) -> Watch:
    """Watch one instance, which is told what is seen of it.

    `on_tick` is called after each look, whether anything changed or not, on the watcher's thread. Where the
    system has no thread left, that is a `RuntimeError`.
    """
    return InstanceWatch(instance.client, lambda _seen: on_tick(), instance=instance).begin()


def watch_all(client: PpioClient, on_listing: Callable[[Listing | PpioError], None]) -> Watch:
    """Watch all instances of an account; `on_listing` gets each listing, or why there is none."""
    return Watch(client, lambda seen: on_listing(seen) if seen is not None else None).begin()


def look_anew(client: PpioClient) -> None:
    """Have what is watched of an account looked at: something was done to one of its instances."""
    kernel.of(Watchers).anew(client.identity)


class Watcher:
    """Looks at an account's instances, on a thread of its own; it ends when nothing is watched any more."""

    def __init__(self, account: Hashable, watchers: Watchers) -> None:
        self.account = account
        self.wake = forks.event()
        self._watchers = watchers
        self._pace = Pace()
        self._ticks = 0
        self._listed: tuple[tuple[str, str], ...] = ()

    def soon(self) -> None:
        """Look at once, and often again."""
        self._pace = Pace()
        threads.wake(self.wake)

    def look(self) -> float | None:
        """Look at what is watched; returns the seconds until the next look, None where there is none."""
        try:
            self.wake.clear()
            watches = self._watchers.of(self)
            if watches is None:
                return None
            return self.tick(watches) if watches else POLL_SECONDS
        except Exception as error:  # noqa: BLE001 - more and more slowly
            log_fault("watch", error)
            return self._pace.failing(error)

    def tick(self, watches: list[Watch]) -> float:
        """Look once at everything that is watched; returns the seconds until the next look."""
        ours = [one for one in watches if isinstance(one, InstanceWatch)]
        before = [one.instance.known for one in ours], self._listed
        listing: Listing | None = None
        failed: PpioError | None = None
        look = begin_look()
        try:
            if len(ours) == len(watches) and len({one.instance.id for one in ours}) == 1:
                _read(ours)
            else:
                client = watches[0].client
                listing = client.listing()
                recent.note(client.host.base_url, listing.instances, whole=listing.certain)
                failed = self._take(listing, ours, look)
                see_rows(client, listing.instances, look)
        except PpioError as error:
            failed = error
            for one in ours:
                one.instance.fail(error, look)
        for watch in watches:
            try:
                watch.tell(failed if listing is None else listing)
            except Exception as error:  # noqa: BLE001, PERF203 - the others still hear of it
                log_fault("watch", error)
        if failed is not None:
            return self._pace.failing(failed)
        rows = () if listing is None else listing.instances
        details = [one.instance.known for one in ours]
        moving = any(not one.at_rest for one in (*rows, *details))
        pause = self._pace.after(changed=(details, self._listed) != before, moving=moving)
        in_class = watches[0].client.class_time
        # Where an hour is a minute, so is what it costs.
        return min(pause, CLASS_SECONDS) if in_class is not None and in_class.rate > 1 else pause

    def _take(self, listing: Listing, ours: list[InstanceWatch], look: int) -> PpioError | None:
        """Take what a listing tells, and read what it does not tell; returns what failed for some."""
        self._listed = tuple((row.id, row.status) for row in listing.instances)
        rows = {row.id: row for row in listing.instances}
        by_id: dict[str, list[InstanceWatch]] = {}
        for one in ours:
            by_id.setdefault(one.instance.id, []).append(one)
            if one.instance.id in rows:
                one.instance.see_row(rows[one.instance.id], look)
        missing = [group for identity, group in by_id.items() if identity not in rows]
        due = [missing[(self._ticks + n) % len(missing)] for n in range(min(MOST_LOOKS, len(missing)))]
        self._ticks += len(due)
        due += [group for identity, group in by_id.items() if identity in rows and _unread(group)]
        failed: PpioError | None = None
        for group in due:
            begun = begin_look()
            try:
                _read(group)
            except PpioError as error:  # the others are still read
                for one in group:
                    one.instance.fail(error, begun)
                if isinstance(error, ApiError) and error.retry_after:
                    return error
                if group not in missing:  # what is not in the listing may not be there yet
                    failed = failed or error
        return failed


def _read(group: list[InstanceWatch]) -> None:
    """Read one instance in full, for all who watch it."""
    detail = group[0].instance.look()
    for one in group:
        one.read_for = detail.started_at if detail.status == InstanceStatus.RUNNING else None


def _unread(group: list[InstanceWatch]) -> bool:
    """Whether it runs and was not read in full since it was started."""
    seen = group[0].instance.known
    return seen.status == InstanceStatus.RUNNING and any(one.read_for != seen.started_at for one in group)
