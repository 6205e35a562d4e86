"""Forms by the cell that made them: running a cell again closes its earlier forms."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppio_widgets.form.launch_form import LaunchForm

_forms: dict[str, weakref.WeakSet[LaunchForm]] = {}


def earlier_forms(cell: str | None, execution: int | None) -> list[LaunchForm]:
    """Return the open forms that an earlier run of a cell made; none without a cell's id."""
    forms = [form for form in _forms.get(cell or "", ()) if form.is_open]
    return [form for form in forms if form.execution != execution]


def remember(form: LaunchForm, cell: str | None) -> None:
    """Remember which cell made a form."""
    if cell:
        _forms.setdefault(cell, weakref.WeakSet()).add(form)
