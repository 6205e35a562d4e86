"""The launches that were made in this process and are still known."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppio_widgets.launcher.launch import Launch

_alive: weakref.WeakValueDictionary[str, Launch] = weakref.WeakValueDictionary()


def remember(launch: Launch) -> None:
    """Know a launch as long as anybody else does."""
    _alive[launch.launch_id] = launch


def live_launch(launch_id: str) -> Launch | None:
    """Return the launch of this id, when it was made in this process and is still known."""
    return _alive.get(launch_id)


def ids_of_this_kernel() -> frozenset[str]:
    """Return the ids of the instances that were launched in this process."""
    return frozenset(launch.id for launch in list(_alive.values()) if launch.id is not None)
