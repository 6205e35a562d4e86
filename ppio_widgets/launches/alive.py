"""The launches that were made in this kernel or session and are still known."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from ppio_widgets.runtime import forks, kernel

if TYPE_CHECKING:
    from ppio_widgets.launches.launch import Launch


class _Alive:
    """By their own ids."""

    def __init__(self) -> None:
        self.launches: weakref.WeakValueDictionary[str, Launch] = weakref.WeakValueDictionary()
        self.unrecorded: dict[str, Launch] = {}
        forks.tell(self)

    def after_fork(self) -> None:
        """Know none: the parent's are copies here, and what becomes of them is in the ledger."""
        self.launches = weakref.WeakValueDictionary()
        self.unrecorded = {}


def remember(launch: Launch) -> None:
    """Know a launch as long as anybody else does."""
    kernel.of(_Alive).launches[launch.launch_id] = launch


def live_launch(launch_id: str) -> Launch | None:
    """Return the launch of this id, when it was made here and is still known."""
    return kernel.of(_Alive).launches.get(launch_id)


def keep(launch: Launch) -> None:
    """Know a launch as long as the kernel lives: the ledger does not hold what has become of it."""
    kernel.of(_Alive).unrecorded[launch.launch_id] = launch


def unrecorded_launches() -> tuple[Launch, ...]:
    """Return the launches of this kernel of which only it knows what has become of them."""
    return tuple(one for one in kernel.of(_Alive).unrecorded.values() if one.unrecorded is not None)


def ids_of_this_kernel() -> frozenset[str]:
    """Return the ids of the instances that were launched here."""
    return frozenset(
        launch.id for launch in list(kernel.of(_Alive).launches.values()) if launch.id is not None
    )
