"""A launch as a card: how it stands, and the card of its instance as soon as there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cards.html import esc
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.sentences import launch_asides, launch_sentence
from ppio_widgets.locale import words
from ppio_widgets.runtime import forks
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.cells import CellView
from ppio_widgets.widgets.guard import guarded
from ppio_widgets.widgets.instance_card import InstancePanel
from ppio_widgets.widgets.saved_output import OneLaunchOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.locale import Words
    from ppio_widgets.widgets.guard import Session


class _Sight:
    """What the card stands on: a launch tells its own listeners, all it needs is a lock and an end."""

    def __init__(self) -> None:
        self.lock = forks.rlock()
        self.closed = False


class LaunchPanel:
    """How a launch stands, and the card of its instance as soon as there is one.

    Parameters
    ----------
    launch : Launch
    session : guard.Session
        Of the view that it is part of.
    say : Words
    show_fault : callable
        See `guard.View`.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self, launch: Launch, session: Session, say: Words, show_fault: Callable[[str], None]
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._launch = launch
        self._say = say
        self._watching = False
        self._machine: InstancePanel | None = None
        self._status = theme.html("", "ppw-status")
        self.box = theme.box([self._status], "ppw-launched")
        self._render()
        launch.subscribe(self._on_launch)

    def watch(self) -> None:
        """Look at the instance from now on, or as soon as there is one."""
        with self.session.lock:
            self._watching = True
            if self._machine is not None:
                self._machine.session.watch()

    def close(self) -> None:
        """Look no longer; launch and instance go on."""
        if self._machine is not None:
            self._machine.close()

    def _render(self) -> None:
        """Say where the launch stands; with an instance, only what its card does not say."""
        machine = self._launch.instance
        if machine is not None and self._machine is None:
            self._machine = InstancePanel(InstanceSession(machine), self._say, self.show_fault)
            self.box.children = [self._status, self._machine.box]
            if self._watching:
                self._machine.session.watch()
        lines = (
            launch_asides(self._launch, self._say) if machine else [launch_sentence(self._launch, self._say)]
        )
        text = "".join(f"<p>{esc(line)}</p>" for line in lines)
        self._status.value = f"<div role=status>{text}</div>" if text else ""

    @guarded
    def _on_launch(self, _launch: Launch) -> None:
        self._render()


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
        remains = OneLaunchOutput(launch, self._say)
        self._fault = theme.html("", "ppw-status")
        self._panel = LaunchPanel(launch, self.session, self._say, self.show_fault)
        top = theme.html(remains.style + theme.stylesheet() + theme.script())
        super().__init__([top, self._panel.box, self._fault], ["ppw-card"], remains, self._say)

    def __repr__(self) -> str:
        return launch_sentence(self._launch, self._say)

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed."""
        self._fault.value = f"<p class=ppw-bad>{esc(self._say('form.fault', kind=kind))}</p>"

    def appear(self) -> None:
        """Look at the instance from now on."""
        self._panel.watch()

    def close(self) -> None:
        """Close every widget and look no longer; launch and instance go on."""
        if self.session.closed:
            return
        with self.session.lock:
            self.session.closed = True
        self._panel.close()
        super().close()
