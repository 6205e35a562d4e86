"""The instances that this kernel saw last, by cloud, and those that are gone: completion asks nobody.

Memory of this kernel or session only. What was seen may be old: whoever acts on an instance looks it
up first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cloud.instances import kept
from ppio_widgets.runtime import forks, kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.cloud.instances import InstanceDetail

# More than that nobody chooses from by name.
MOST_SEEN = 500


class _Seen:
    """By base URL of their cloud, newest first."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.instances: dict[str, tuple[InstanceDetail, ...]] = {}
        self.gone: dict[str, tuple[InstanceDetail, ...]] = {}


def note(base_url: str, instances: Iterable[InstanceDetail], *, whole: bool = False) -> None:
    """Remember instances as they were seen just now; one that is removed is kept apart.

    Parameters
    ----------
    base_url : str
        Of their cloud.
    instances : iterable of InstanceDetail
    whole : bool
        Whether these are all that there are: what was known besides is forgotten.
    """
    looked_at = tuple(instances)
    seen = kernel.of(_Seen)
    with seen.lock:
        before = {one.id: one for one in seen.instances.get(base_url, ())}
        now = {one.id: kept(before.get(one.id), one) for one in looked_at}
        # Of two made at the same time, or at one that is not known, the one seen last comes first.
        found = now if whole else {**now, **{key: one for key, one in before.items() if key not in now}}
        alive = [one for one in found.values() if not one.is_gone]
        alive.sort(key=lambda one: one.created_at, reverse=True)
        seen.instances[base_url] = tuple(alive[:MOST_SEEN])
        removed = {one.id: one for one in looked_at if one.is_gone}
        gone = [one for one in seen.gone.get(base_url, ()) if one.id not in removed]
        seen.gone[base_url] = (*removed.values(), *gone)[:MOST_SEEN]


def last_seen(base_url: str) -> tuple[InstanceDetail, ...]:
    """Return the instances of a cloud as they were seen last, newest first."""
    seen = kernel.of(_Seen)
    with seen.lock:
        return seen.instances.get(base_url, ())


def last_gone(base_url: str, word: str) -> InstanceDetail | None:
    """Return what was last seen of an instance that is gone, by its id or exact name."""
    seen = kernel.of(_Seen)
    with seen.lock:
        gone = seen.gone.get(base_url, ())
    named = (one for one in gone if one.name == word)
    return next((one for one in gone if one.id == word), next(named, None))
