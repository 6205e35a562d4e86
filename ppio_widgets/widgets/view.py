"""What form and card have in common: a session, the cell they stand in, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.launches.states import BUSY
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets.cells import CellView, earlier
from ppio_widgets.widgets.launch_card import LaunchPanel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets as w

    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.widgets.launch_controls import LaunchControls
    from ppio_widgets.widgets.saved_output import LaunchOutput


class View(CellView):
    """A box over one session; running its cell again replaces it.

    Parameters
    ----------
    session : LaunchSession
    controls : LaunchControls
    say : Words
    children : list of widgets
    classes : list of str
    remains : LaunchOutput

    Attributes
    ----------
    typed_before : mapping or None
        What a person had typed in the view that this one replaces.
    launches : tuple of Launch
        Every launch that was sent from here, by mouse or by call, in their order; first those of
        the views that this one replaces, whose cards stay in sight however often the cell runs.
    """

    def __init__(  # noqa: PLR0913 - what two views have in common
        self,
        session: LaunchSession,
        controls: LaunchControls,
        say: Words,
        children: list[w.Widget],
        classes: list[str],
        *,
        remains: LaunchOutput,
    ) -> None:
        self.session = session
        self._remains = remains  # at once: a view that cannot be built is closed as well
        self._before: list[LaunchPanel] = []
        self._controls = controls
        self._say = say
        self._begun_with = session.report.body
        replaced = earlier(kernel.cell_id(), kernel.execution())
        self.typed_before = next((view.typed for view in replaced if view.typed is not None), None)
        known = (launch for view in replaced for launch in view.launches)
        self.launches_before = tuple(dict.fromkeys(known))
        remains.take_over(self.launches_before)
        notices = self._notices()
        super().__init__([*children[:1], *notices, *children[1:]], classes, remains, say)

    @property
    def busy(self) -> bool:
        """Whether a request is on its way: then a new view must not close it."""
        return self.session.status in BUSY

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """What a person typed here, or before here and did not restore."""
        changed = self.session.report.body != self._begun_with
        return self.session.draft if changed else self.typed_before

    @property
    def launches(self) -> tuple[Launch, ...]:
        """Every launch that was sent from the views before, then from this one."""
        return (*self.launches_before, *self.session.launches)

    def show_fault(self, kind: str) -> None:
        """Say in the status line that something of ours failed."""
        self._controls.show_fault(kind)

    def close(self) -> None:
        """Close every widget. A launch in flight goes on; a machine is not stopped."""
        if "session" not in self.__dict__ or self.session.closed:
            return
        self.session.close()
        self._controls.close()
        for panel in self._before:
            panel.close()
        super().close()

    def appear(self) -> None:
        """Look at what was launched from the views that this one replaces."""
        for panel in self._before:
            panel.watch()

    def _notices(self) -> list[w.Widget]:
        """Keep the live card of each machine that the replaced views knew: nothing may be lost."""
        self._before = [
            LaunchPanel(launch, self.session, self._say, self.show_fault) for launch in self.launches_before
        ]
        return [panel.box for panel in self._before]
