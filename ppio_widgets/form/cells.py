"""Forms and cards by the cell that made them: running a cell again closes its earlier ones."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Protocol

from ppio_widgets.launcher.launch import LaunchState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.launcher.session import LaunchSession


class Made(Protocol):
    """What a cell can have made."""

    session: LaunchSession
    execution: int | None

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """What a person typed there, if anything."""

    def close(self) -> None:
        """Close it."""


_made: dict[str, weakref.WeakSet[Any]] = {}


def close_earlier(cell: str | None, execution: int | None) -> tuple[Mapping[str, Any] | None, bool]:
    """Close what earlier runs of a cell made; one that is sending stays.

    Returns
    -------
    typed : mapping or None
        The draft that a person had typed there.
    sending : bool
        Whether one stays because its launch is in flight.
    """
    typed: Mapping[str, Any] | None = None
    sending = False
    for view in list(_made.get(cell or "", ())):
        if view.session.closed or view.execution == execution:
            continue
        if view.session.status is LaunchState.SENDING:
            sending = True
            continue
        typed = view.typed if view.typed is not None else typed
        view.close()
    return typed, sending


def remember(view: Made, cell: str | None) -> None:
    """Remember which cell made a form or a card."""
    if cell:
        _made.setdefault(cell, weakref.WeakSet()).add(view)
