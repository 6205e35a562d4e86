"""An instance that is looked at: what is seen of it, and whether it is gone; how often is said by `watcher`.

"Not found" is proved by several looks, and not said once: a server that knows an id may say that it does
not, as it restarts or one of its copies lags. So the API's own RESOURCE_NOT_FOUND counts after three looks
over at least a minute, and a sight between begins the count anew. What was proved is written down, and
such an id is not asked for again.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakSet

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.cloud.instances import InstanceDetail, kept, listed, require_id
from ppio_widgets.errors import PpioError, is_gone
from ppio_widgets.instances.observed import Observed
from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from ppio_widgets.cloud.client import PpioClient

# The way up to running: in which step of it each of the API's words is. Other words are not on it.
STEPS: Mapping[str, int] = {
    InstanceStatus.TO_CREATE: 1,
    InstanceStatus.CREATING: 1,
    InstanceStatus.TO_START: 1,
    InstanceStatus.STARTING: 1,
    InstanceStatus.TO_RESTART: 1,
    InstanceStatus.RESTARTING: 1,
    InstanceStatus.PULLING: 2,
    InstanceStatus.RUNNING: 3,
}

LOOKS_NEEDED = 3
SECONDS_NEEDED = 60.0


@dataclass(frozen=True)
class _Count:
    """Looks in a row that found nothing; when the first and the last were, by a clock that nobody sets."""

    looks: int
    first: float
    last: float

    @property
    def proves(self) -> bool:
        return self.looks >= LOOKS_NEEDED and self.last - self.first >= SECONDS_NEEDED


class _Counts:
    """Of this kernel or session, by account and id."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.by_id: dict[Hashable, _Count] = {}


class _Shared:
    """All objects of this kernel or session by the id of their instance; they number their looks together."""

    def __init__(self) -> None:
        self.looks = itertools.count(1)
        self._lock = forks.lock()
        self._by_id: dict[str, WeakSet[Watched]] = {}

    def add(self, one: Watched) -> None:
        with self._lock:
            self._by_id.setdefault(one.id, WeakSet()).add(one)

    def others(self, one: Watched) -> list[Watched]:
        """Return those beside it that stand for the same instance of the same account."""
        return [other for other in self.of(one.id, one.client) if other is not one]

    def of(self, identity: str, client: PpioClient) -> list[Watched]:
        """Return those that stand for an instance of a client's account."""
        with self._lock:
            known = list(self._by_id.get(identity, ()))
        account = client.identity if known else None
        return [one for one in known if one.client.identity == account]


def begin_look() -> int:
    """Return the number of a look that begins now, at whichever instances."""
    return next(kernel.of(_Shared).looks)


@without_frames
class Watched(Observed):
    """An instance as far as it is looked at, by whomever; the last sight is what is shown.

    Whoever looks, all objects of this kernel that stand for the instance show what was seen: none of them
    says "stopped" while another one has started it.
    """

    def __init__(
        self, identity: str, client: PpioClient, seen: InstanceDetail | None, seen_at: float | None
    ) -> None:
        super().__init__()
        self.id = identity if seen is not None else require_id(identity)  # what a listing told can be shown
        self.client = client
        self.detail = seen
        self.missed: PpioError | None = None
        self.seen_at = 0.0
        self._there_at = 0.0  # the same by the time of its cloud, which is a class's
        # Of the way up that it is on: when each step was first seen, where its beginning was.
        self.reached: Mapping[int, float] = {}
        if seen is not None and not seen.is_gone:
            self.seen_at = threads.now() if seen_at is None else seen_at
            self._there_at = self.seen_at if client.class_time is None else client.now()
        self._seen_by = client.identity if seen is not None else None
        self._lock = forks.rlock()
        # Looks overlap: each has a number as it begins, and what is shown is of the one that began last.
        self._shown = 0
        self._shared = kernel.of(_Shared)
        self._shared.add(self)

    @property
    def known(self) -> InstanceDetail:
        """What was last seen of it; before the first look no more than its id."""
        return self.detail or InstanceDetail(self.id)

    def look(self) -> InstanceDetail:
        """Look at it once and return what is known then.

        One that is gone has the status ``"removed"`` where the server says so, and ``"not_seen"`` once
        three looks over a minute have not found it.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        look = self.begin_look()
        try:
            self._read(look)
        except PpioError as error:
            self._miss(error, look)
            raise
        return self.known

    def read(self) -> InstanceDetail:
        """Look at it once and return what this look saw; of a failure nothing is kept."""
        return self._read(self.begin_look())

    def _read(self, look: int) -> InstanceDetail:
        seen = kept(self.detail, self._ask(self._seen_before()))
        self.see(seen, look)
        for other in self._shared.others(self):
            other.see(kept(other.detail, seen), look)
        return seen

    @property
    def is_proved(self) -> bool:
        """Whether enough looks of this kernel have found nothing."""
        counts = kernel.of(_Counts)
        with counts.lock:
            found = counts.by_id.get((self.client.identity, self.id))
        return found is not None and found.proves

    def _ask(self, known: InstanceDetail | None) -> InstanceDetail:
        """Return what the server tells, or that it is gone; what is known to be gone is not asked for.

        "Not found" is raised as any other error until it is proved. What was never seen can be late, and is
        not called gone.
        """
        if known is not None and known.is_gone:
            return known
        if known is None or not self.is_proved:
            counts = kernel.of(_Counts)
            try:
                seen = self.client.get_instance(self.id)
            except PpioError as error:
                proved = is_gone(error) and self._count_not_found(counts)
                known = known or (self._recorded() if proved else None)
                if not proved or known is None:
                    raise
            else:
                with counts.lock:
                    counts.by_id.pop((self.client.identity, self.id), None)
                return seen
        return replace(known, status=InstanceStatus.NOT_SEEN, error="", message="")

    def _count_not_found(self, counts: _Counts) -> bool:
        """Count one more look that found nothing; returns whether it is proved, here or by another kernel."""
        key, now = (self.client.identity, self.id), threads.tick()
        with counts.lock:
            before = counts.by_id.get(key, _Count(0, now, now))
            counts.by_id[key] = _Count(before.looks + 1, before.first, now)
        if not before.looks and self._recorded() is not None:
            with counts.lock:
                counts.by_id[key] = _Count(LOOKS_NEEDED, now - SECONDS_NEEDED, now)
        return self.is_proved

    def _recorded(self) -> InstanceDetail | None:
        """Return what is recorded of it where it was proved to be gone."""
        name = kernel.outer("name of gone")(self.client, self.id)
        return None if name is None else InstanceDetail(self.id, name)

    def begin_look(self) -> int:
        """Return the number of a look that begins now, for `see`."""
        return next(self._shared.looks)

    def _note_step(self, step: int) -> None:
        """Note when a step was first seen; one that may have begun long before has no time."""
        before = STEPS.get(self.known.status, 0)
        known = {} if step < before or not step else self.reached
        if step != before and (step == 1 or before):
            known = {**known, step: threads.now()}
        self.reached = known

    def see_row(self, row: InstanceDetail, look: int) -> None:
        """Take what a listing tells of it."""
        for one in (self, *self._shared.others(self)):
            one.see(listed(one.detail, row), look)

    def see(self, seen: InstanceDetail, look: int) -> None:
        """Take what a look saw of it; one that began before what is shown is too old.

        What began before it was seen to be removed is too old as well: it will never be anything else.
        """
        account = self.client.identity
        with self._lock:
            if look < self._shown and not seen.is_gone:
                return
            removed = seen.status == InstanceStatus.REMOVED
            self._shown = self.begin_look() if removed else max(look, self._shown)
            gone = seen.is_gone and not self.known.is_gone
            if seen.is_gone:
                seen = replace(seen, seen_until=self._seen_until())
            changed = seen != self.detail or self.missed is not None
            self._note_step(STEPS.get(seen.status, 0))
            self.detail, self.missed, self.seen_at = seen, None, threads.now()
            self._there_at = self.client.now()
            self._seen_by = account
        if changed:
            recent.note(self.client.host.base_url, [seen])
            if gone:
                kernel.outer("note gone")(self.client, seen)
            self.tell()

    def fail(self, error: PpioError, look: int) -> None:
        """Take why a look failed; what was last seen stays, and where a later look saw it, that counts."""
        if self._miss(error.with_traceback(None), look):
            self.tell()

    def _miss(self, error: PpioError, look: int) -> bool:
        with self._lock:
            is_news = look >= self._shown
            if is_news:
                self.missed = error
            return is_news

    def stop(self) -> object:
        """Stop it and read that back."""
        raise NotImplementedError

    def _seen_before(self) -> InstanceDetail | None:
        """Return what this account saw of it: another one's "not found" says nothing."""
        return self.detail if self._seen_by == self.client.identity else None

    def _seen_until(self) -> int:
        """Return when it was last seen there."""
        return self.known.seen_until if self.known.is_gone else int(self._there_at)


def see_rows(client: PpioClient, rows: Iterable[InstanceDetail], look: int) -> None:
    """Have all objects of this kernel that were looked at before see what a listing tells of them.

    One that never was is left to look by itself: a listing tells no ways in.
    """
    shared = kernel.of(_Shared)
    for row in rows:
        for one in shared.of(row.id, client):
            if one.detail is not None:
                one.see(listed(one.detail, row), look)
