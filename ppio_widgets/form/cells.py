"""Forms, cards and boards by the cell that made them: running a cell again closes its earlier ones."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets import notebook
from ppio_widgets.form import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.form.static import SecondOutput
    from ppio_widgets.launcher.launch import Launch

_made: dict[str, weakref.WeakSet[CellView]] = {}
# By cell: the execution that last replaced something, and what. A cell may make several
# views, and each of them takes over what the earlier ones knew.
_replaced: dict[str, tuple[int | None, list[CellView]]] = {}


class CellView(w.Box):
    """A box that belongs to a cell; it has a `session` with a lock and an end.

    Parameters
    ----------
    children : list of widgets
    classes : list of str
    remains : SecondOutput
        What is left of it in a notebook without its kernel.

    Attributes
    ----------
    execution : int or None
        The execution of the cell that made it.
    """

    children: Any  # a trait of ipywidgets, which ships no types
    session: Any

    def __init__(self, children: list[w.Widget], classes: list[str], remains: SecondOutput) -> None:
        self._remains = remains
        cell, self.execution = notebook.cell_id(), notebook.execution()
        super().__init__(children=children, layout=theme.looks().layout, _dom_classes=["ppw", *classes])
        # Only now, when the new one stands, may the old ones go.
        replaced = earlier(cell, self.execution)
        for view in replaced:
            if not view.busy:
                view.close()
        if cell:
            _replaced[cell] = self.execution, replaced
            _made.setdefault(cell, weakref.WeakSet()).add(self)

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """What a person typed in it."""
        return None

    @property
    def launches(self) -> tuple[Launch, ...]:
        """What was launched from it."""
        return ()

    @property
    def busy(self) -> bool:
        """Whether it must not be closed by a new one."""
        return False

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Be displayed (IPython's hook): beside the view there is always something that needs no kernel."""
        shown = dict(super()._repr_mimebundle_(**options))
        if notebook.who_answers() != "buttons":
            return {**shown, **self._remains.bundle()}
        self._remains.show()
        return {**shown, "text/html": self._remains.pointer()}

    def close(self) -> None:
        """Close every widget."""
        self._remains.close()
        for child in self.children:
            theme.close_all(child)
        super().close()


def earlier(cell: str | None, execution: int | None) -> list[CellView]:
    """Return what this run of a cell replaces: what earlier ones made and was open; none without an id."""
    views = list(_made.get(cell or "", ()))
    still_open = [view for view in views if not view.session.closed and view.execution != execution]
    by_execution, closed = _replaced.get(cell or "", (None, []))
    return [*(closed if by_execution == execution else []), *still_open]
