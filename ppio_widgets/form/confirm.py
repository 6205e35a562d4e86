"""The plan of a line with Confirm and Cancel: a form without its controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets import notebook
from ppio_widgets.form import cells, theme
from ppio_widgets.form.controls import LaunchControls
from ppio_widgets.form.html import esc
from ppio_widgets.form.preview import preview
from ppio_widgets.launcher.session import LaunchSession
from ppio_widgets.locale import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.launcher.launch import Launch


class ConfirmCard(w.Box):
    """Shows what a line would send, and sends it when confirmed.

    Parameters
    ----------
    draft : mapping
        A draft that nothing blocks.
    client : PpioClient
    language : str, optional

    Attributes
    ----------
    launch : Launch
        Armed; sent once Confirm is pressed.
    """

    typed = None

    def __init__(self, draft: Mapping[str, Any], client: PpioClient, *, language: str | None = None) -> None:
        say = words(language)
        cell, self.execution = notebook.cell_id(), notebook.execution()
        cells.close_earlier(cell, self.execution)
        self.session = LaunchSession(client, draft)
        self._controls = LaunchControls(self.session, say, self._on_attempt, button=False)
        self.launch: Launch = self.session.begin()
        head = esc(say("plan.head", cloud=self.session.target.words(say)))
        body = preview(self.session.report.body, lambda n: say("preview.more", n=n))
        shown = theme.html(
            f"{theme.stylesheet()}{theme.script()}<div class=ppw-title>{head}</div><pre>{body}</pre>",
            "ppw-readout",
        )
        super().__init__(
            children=[shown, self._controls.box],
            layout=theme.looks().layout,
            _dom_classes=["ppw", "ppw-card"],
        )
        cells.remember(self, cell)

    def __repr__(self) -> str:
        return repr(self.launch)

    def close(self) -> None:
        """Close every widget of the card; what is not confirmed is withdrawn."""
        if self.session.closed:
            return
        self.session.close()
        for child in self.children:
            theme.close_all(child)
        self._controls.close()
        super().close()

    def _on_attempt(self) -> None:
        """Nothing blocks a plan that was shown."""
