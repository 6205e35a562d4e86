"""Whether an instance is gone: "not found" is proved by several looks, and not said once.

A server that knows an id may say once that it does not: it restarts, or one of its copies lags. So the
API's own RESOURCE_NOT_FOUND counts after three looks over at least a minute, and a sight between begins
the count anew. What was proved is written down, and such an id is not asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import PpioError, is_gone
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ppio_widgets.cloud.client import PpioClient

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


def look(client: PpioClient, instance_id: str, known: InstanceDetail | None = None) -> InstanceDetail:
    """Look at an instance once, unless it is known to be gone; `NOT_SEEN` is its status once that is proved.

    "Not found" is raised as any other error until then. `known` is what was seen of it before: what was never
    seen can be late, and is not called gone.
    """
    if known is not None and (known.is_gone or is_proved(client, instance_id)):
        return known if known.is_gone else _not_seen(known)
    try:
        seen = client.get_detail(instance_id)
    except PpioError as error:
        proved = is_gone(error) and _counted(client, instance_id)
        known = known or (_recorded(client, instance_id) if proved else None)
        if not proved or known is None:
            raise
        return _not_seen(known)
    counts = kernel.of(_Counts)
    with counts.lock:
        counts.by_id.pop((client.identity, instance_id), None)
    return seen


def is_proved(client: PpioClient, instance_id: str) -> bool:
    """Whether enough looks of this kernel have found nothing."""
    counts = kernel.of(_Counts)
    with counts.lock:
        found = counts.by_id.get((client.identity, instance_id))
    return found is not None and found.proves


def _counted(client: PpioClient, instance_id: str) -> bool:
    """Count one more look that found nothing; returns whether it is proved now, or was by another kernel."""
    key, counts, now = (client.identity, instance_id), kernel.of(_Counts), threads.tick()
    with counts.lock:
        before = counts.by_id.get(key, _Count(0, now, now))
        counts.by_id[key] = _Count(before.looks + 1, before.first, now)
    if not before.looks and _recorded(client, instance_id) is not None:
        with counts.lock:
            counts.by_id[key] = _Count(LOOKS_NEEDED, now - SECONDS_NEEDED, now)
    return is_proved(client, instance_id)


def _recorded(client: PpioClient, instance_id: str) -> InstanceDetail | None:
    """Return what is recorded of an instance that was proved to be gone; None for any other."""
    name = kernel.outer("name of gone")(client, instance_id)
    return None if name is None else InstanceDetail(instance_id, name)


def _not_seen(known: InstanceDetail) -> InstanceDetail:
    return replace(known, status=InstanceStatus.NOT_SEEN, error="", message="")
