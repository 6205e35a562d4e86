"""What the account has that an id can be chosen from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.catalogue import Snapshot
    from ppio_widgets.launches.session import LaunchSession

Choices = list[tuple[str, str]]

# The fields that hold an id of something, and where it is listed.
SUGGESTED: Mapping[str, Callable[[Snapshot], Choices]] = {
    "network.id": lambda shelf: [(one.label, one.id) for one in shelf.networks],
    "volumes.*.id": lambda shelf: [(one.label, one.id) for one in shelf.storages],
    "registry_auth_id": lambda shelf: [(one.label, one.id) for one in shelf.auths],
    "candidate_regions.*": lambda shelf: [(one.label, one.id) for one in shelf.regions],
}


def choices(pattern: str, session: LaunchSession) -> Choices:
    """Return what a field can be chosen from; of regions only those of the chosen product."""
    if pattern not in SUGGESTED:
        return []
    found = SUGGESTED[pattern](session.shelf)
    offer = session.offer
    if pattern == "candidate_regions.*" and offer is not None and offer.regions:
        known = {key: label for label, key in found}
        return [(known.get(region, region), region) for region in offer.regions]
    return found
