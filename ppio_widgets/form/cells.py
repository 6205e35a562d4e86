"""Forms and cards by the cell that made them: running a cell again closes its earlier ones."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppio_widgets.form.view import View

_made: dict[str, weakref.WeakSet[View]] = {}


def earlier(cell: str | None, execution: int | None) -> list[View]:
    """Return what earlier runs of a cell made and is still open; none without a cell's id."""
    views = list(_made.get(cell or "", ()))
    return [view for view in views if not view.session.closed and view.execution != execution]


def remember(view: View, cell: str | None) -> None:
    """Remember which cell made a form or a card."""
    if cell:
        _made.setdefault(cell, weakref.WeakSet()).add(view)
