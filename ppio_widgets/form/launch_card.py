"""A launch as a card: how it stands, and the card of its instance as soon as there is one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ppio_widgets.form import theme
from ppio_widgets.form.cells import CellView
from ppio_widgets.form.guard import guarded
from ppio_widgets.form.html import esc
from ppio_widgets.form.machine import MachinePanel
from ppio_widgets.form.static import OneLaunchOutput
from ppio_widgets.launcher.machine_session import MachineSession
from ppio_widgets.launcher.wording import launch_asides
from ppio_widgets.locale import words

if TYPE_CHECKING:
    from ppio_widgets.launcher.launch import Launch


class _Sight:
    """What the card stands on: a launch tells its own listeners, all it needs is a lock and an end."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.closed = False


class LaunchCard(CellView):
    """A launch, live; running its cell again replaces it.

    Parameters
    ----------
    launch : Launch
    language : str, optional
    """

    def __init__(self, launch: Launch, language: str | None = None) -> None:
        self.session = _Sight()
        self._launch = launch
        self._say = words(language)
        self._displayed = False
        self._panel: MachinePanel | None = None
        self._status = theme.html("", "ppw-status")
        remains = OneLaunchOutput(launch, self._say)
        self._top = theme.html(remains.style + theme.stylesheet() + theme.script())
        super().__init__([self._top, self._status], ["ppw-card"], remains)
        self._render()
        launch.subscribe(self._on_launch)

    def __repr__(self) -> str:
        return repr(self._launch)

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed."""
        self._status.value = f"<p class=ppw-bad>{esc(self._say('form.fault', kind=kind))}</p>"

    def close(self) -> None:
        """Close every widget and look no longer; launch and instance go on."""
        if self.session.closed:
            return
        with self.session.lock:
            self.session.closed = True
        if self._panel is not None:
            self._panel.close()
        super().close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Be displayed (IPython's hook); only then is the instance looked at."""
        shown = super()._repr_mimebundle_(**options)
        with self.session.lock:
            self._displayed = True
            if self._panel is not None:
                self._panel.session.watch()
        return shown

    def _render(self) -> None:
        """Say where the launch stands; with an instance, only what its card does not say."""
        machine = self._launch.machine()
        if machine is not None and self._panel is None:
            self._panel = MachinePanel(MachineSession(machine), self._say, self.show_fault)
            self.children = [self._top, self._status, self._panel.box]
            if self._displayed:
                self._panel.session.watch()
        lines = launch_asides(self._launch, self._say) if machine else [self._launch.sentence(self._say)]
        text = "".join(f"<p>{esc(line)}</p>" for line in lines)
        self._status.value = f"<div role=status>{text}</div>" if text else ""

    @guarded
    def _on_launch(self, _launch: Launch) -> None:
        self._render()
