"""What this kernel or session was told last, by base URL of the cloud: read by who must not wait.

Instances as they were seen, those that are gone, and what catalogues told; completion asks nobody. It may
be old: whoever acts on an instance looks it up first. A catalogue belongs to one client, this outlives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.instances import kept
from ppio_widgets.runtime import forks, kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.cloud.instances import InstanceDetail

# More than that nobody chooses from by name.
MOST_SEEN = 500


@dataclass(frozen=True)
class Told:
    """One kind of a catalogue as it was loaded last, and when, by the catalogue's clock."""

    value: Any
    at: float


class _Recent:
    def __init__(self) -> None:
        self.lock = forks.lock()
        self.instances: dict[str, tuple[InstanceDetail, ...]] = {}  # newest first
        self.gone: dict[str, tuple[InstanceDetail, ...]] = {}
        self.told: dict[tuple[str, str], Told] = {}  # by base URL and kind


def note(base_url: str, instances: Iterable[InstanceDetail], *, whole: bool = False) -> None:
    """Remember instances as they were seen just now; one that is removed is kept apart.

    Where these are the `whole` of what there is, what was known besides is forgotten.
    """
    looked_at = tuple(instances)
    recent = kernel.of(_Recent)
    with recent.lock:
        before = {one.id: one for one in recent.instances.get(base_url, ())}
        now = {one.id: kept(before.get(one.id), one) for one in looked_at}
        # Of two made at the same time, or at one that is not known, the one seen last comes first.
        found = now if whole else {**now, **{key: one for key, one in before.items() if key not in now}}
        alive = [one for one in found.values() if not one.is_gone]
        alive.sort(key=lambda one: one.created_at, reverse=True)
        recent.instances[base_url] = tuple(alive[:MOST_SEEN])
        removed = {one.id: one for one in looked_at if one.is_gone}
        gone = [one for one in recent.gone.get(base_url, ()) if one.id not in removed]
        recent.gone[base_url] = (*removed.values(), *gone)[:MOST_SEEN]


def last_seen(base_url: str) -> tuple[InstanceDetail, ...]:
    """Return the instances of a cloud as they were seen last, newest first."""
    recent = kernel.of(_Recent)
    with recent.lock:
        return recent.instances.get(base_url, ())


def last_gone(base_url: str, word: str) -> InstanceDetail | None:
    """Return what was last seen of an instance that is gone, by its id or exact name."""
    recent = kernel.of(_Recent)
    with recent.lock:
        gone = recent.gone.get(base_url, ())
    named = (one for one in gone if one.name == word)
    return next((one for one in gone if one.id == word), next(named, None))


def keep(base_url: str, kind: str, value: Any, at: float) -> None:
    """Know what a load brought, and when; None, of a load that failed, lets go of what was there."""
    recent = kernel.of(_Recent)
    with recent.lock:
        if value is None:
            recent.told.pop((base_url, kind), None)
        else:
            recent.told[base_url, kind] = Told(value, at)


def told(base_url: str, kind: str) -> Told | None:
    """Return what a cloud has of a kind, as far as this kernel knows."""
    recent = kernel.of(_Recent)
    with recent.lock:
        return recent.told.get((base_url, kind))
