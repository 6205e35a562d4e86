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
    """By base URL and kind: instances and those that are gone, newest first, and what is `Told`."""

    def __init__(self) -> None:
        self.lock = forks.lock()
        self.values: dict[tuple[str, str], Any] = {}

    def get(self, base_url: str, kind: str) -> Any:
        with self.lock:
            return self.values.get((base_url, kind))


def note(base_url: str, instances: Iterable[InstanceDetail], *, whole: bool = False) -> None:
    """Remember instances as they were seen just now; one that is removed is kept apart.

    Where these are the `whole` of what there is, what was known besides is forgotten.
    """
    looked_at = tuple(instances)
    recent = kernel.of(_Recent)
    with recent.lock:
        before = {one.id: one for one in recent.values.get((base_url, "instances"), ())}
        now = {one.id: kept(before.get(one.id), one) for one in looked_at}
        # Of two made at the same time, or at one that is not known, the one seen last comes first.
        found = now if whole else {**now, **{key: one for key, one in before.items() if key not in now}}
        alive = [one for one in found.values() if not one.is_gone]
        alive.sort(key=lambda one: one.created_at, reverse=True)
        recent.values[base_url, "instances"] = tuple(alive[:MOST_SEEN])
        removed = {one.id: one for one in looked_at if one.is_gone}
        gone = [one for one in recent.values.get((base_url, "gone"), ()) if one.id not in removed]
        recent.values[base_url, "gone"] = (*removed.values(), *gone)[:MOST_SEEN]


def last_seen(base_url: str) -> tuple[InstanceDetail, ...]:
    """Return the instances of a cloud as they were seen last, newest first."""
    return kernel.of(_Recent).get(base_url, "instances") or ()


def seen(base_url: str) -> tuple[InstanceDetail, ...]:
    """Return the instances of a cloud as they were seen last, those first that are gone."""
    gone: tuple[InstanceDetail, ...] = kernel.of(_Recent).get(base_url, "gone") or ()
    return (*gone, *last_seen(base_url))


def last_gone(base_url: str, word: str) -> InstanceDetail | None:
    """Return what was last seen of an instance that is gone, by its id or exact name."""
    gone: tuple[InstanceDetail, ...] = kernel.of(_Recent).get(base_url, "gone") or ()
    named = (one for one in gone if one.name == word)
    return next((one for one in gone if one.id == word), next(named, None))


def keep(base_url: str, kind: str, told: Told | None) -> None:
    """Know what a load brought; None, of a load that failed, lets go of what was there."""
    recent = kernel.of(_Recent)
    with recent.lock:
        recent.values[base_url, kind] = told


def told(base_url: str, kind: str) -> Told | None:
    """Return what a cloud has of a kind, as far as this kernel knows."""
    found: Told | None = kernel.of(_Recent).get(base_url, kind)
    return found
