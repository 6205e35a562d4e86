"""Forms, cards and boards by the cell that made them: running a cell again closes its earlier ones.

What a view asks a cloud for it asks once it is on a page. A view that is displayed by itself is told so by
IPython. In a container (`VBox`, `Tab`) nobody tells it, so the constant script presses a button that nobody
sees. Where no script may run, loading begins a few seconds after the view was made.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.locale import Words
    from ppio_widgets.widgets.saved_output import SecondOutput

_ANSWERS = ("·", "··")

# By then a page whose scripts run has told of the view.
UNANNOUNCED_SECONDS = 5.0

_made: dict[str, weakref.WeakSet[CellView]] = {}
# By cell: the execution that last replaced something, and what. A cell may make several
# views, and each of them takes over what the earlier ones knew.
_replaced: dict[str, tuple[int | None, list[CellView]]] = {}


class _Page:
    """What is known of the pages of this kernel or session."""

    runs_scripts = False


class CellView(w.Box):
    """A box that belongs to a cell; it has a `session` with a lock and an end.

    Parameters
    ----------
    children : list of widgets
    classes : list of str
    remains : SecondOutput
        What is left of it in a notebook without its kernel.
    say : Words

    Attributes
    ----------
    execution : int or None
        The execution of the cell that made it.
    """

    children: Any  # a trait of ipywidgets, which ships no types
    session: Any

    def __init__(
        self, children: list[w.Widget], classes: list[str], remains: SecondOutput, say: Words
    ) -> None:
        self._remains = remains
        self._appeared = False
        self._unannounced = forks.event()
        cell, self.execution = kernel.cell_id(), kernel.execution()
        # Out of sight. The script presses it when the view comes to a page, and after each click; by
        # changing its words the kernel answers. Its tooltip is what the script says where none comes.
        self._shown = theme.button(_ANSWERS[0], "ppw-shown", tooltip=say("form.silent"))
        self._shown.on_click(self._on_shown)
        children = [*children, self._shown]
        super().__init__(children=children, layout=theme.looks().layout, _dom_classes=["ppw", *classes])
        # Only now, when the new one stands, may the old ones go.
        replaced = earlier(cell, self.execution)
        for view in replaced:
            if not view.busy:
                view.close()
        if cell:
            _replaced[cell] = self.execution, replaced
            _made.setdefault(cell, weakref.WeakSet()).add(self)
        if kernel.who_answers() == "buttons":
            remains.place()
            if not kernel.of(_Page).runs_scripts:
                self._unannounced = threads.after(UNANNOUNCED_SECONDS, self._on_unannounced)

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
        self._appear()
        if kernel.who_answers() != "buttons":
            return {**shown, **self._remains.bundle()}
        self._remains.show()
        return {**shown, "text/html": self._remains.pointer()}

    def appear(self) -> None:
        """Begin what a view on a page does: load, watch; called once."""

    def _appear(self) -> None:
        with self.session.lock:
            first, self._appeared = not self._appeared, True
        self._unannounced.set()
        if first and not self.session.closed:
            self.appear()

    @guarded
    def _on_shown(self, _button: Any) -> None:
        """Hear from the script that the view is on a page, or that somebody clicked; answer each time."""
        kernel.of(_Page).runs_scripts = True
        first, second = _ANSWERS
        self._shown.description = second if self._shown.description == first else first
        self._remains.stay()
        self._appear()

    @guarded
    def _on_unannounced(self) -> None:
        if not kernel.of(_Page).runs_scripts:
            self._appear()

    def close(self) -> None:
        """Close every widget."""
        self._unannounced.set()
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
