"""The form: banner, sections, preview and the way to launch, put together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from traitlets import Dict

from ppio_widgets import notebook
from ppio_widgets.api import connect
from ppio_widgets.form import cells, theme
from ppio_widgets.form.controls import LaunchControls
from ppio_widgets.form.guard import guarded
from ppio_widgets.form.html import esc
from ppio_widgets.form.readout import Readout
from ppio_widgets.form.sections import Sections
from ppio_widgets.launcher.session import LaunchSession
from ppio_widgets.locale import words
from ppio_widgets.request.draft import DEFAULTS
from ppio_widgets.request.models import CreateInstanceRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.launcher.launch import Launch
    from ppio_widgets.request.fields import Path

_numbers = itertools.count(1)


class LaunchForm(w.Box):
    """A form that assembles the body of "create instance", shows it and sends it once.

    Parameters
    ----------
    value : mapping or CreateInstanceRequest, optional
        The body to begin with. Without it: postpaid, 1 GPU, 20 GB.
    language : str, optional
        ``"en"`` or ``"zh"``; without it the environment decides.
    practice : bool, optional
        Which cloud, see `ppio_widgets.api.connect`. Without a key the form opens
        on the practice cloud.
    client : PpioClient, optional
        The cloud itself; `practice` is then not asked.

    Attributes
    ----------
    value : dict
        The body as it stands, valid or not; a new dict on each change. Setting it
        fills every control and replaces everything.
    """

    children: Any  # a trait of ipywidgets, which ships no types
    value = Dict(help="The body as it stands; set it to replace everything.")

    def __init__(
        self,
        value: Mapping[str, Any] | CreateInstanceRequest | None = None,
        *,
        language: str | None = None,
        practice: bool | None = None,
        client: PpioClient | None = None,
    ) -> None:
        self._say = words(language)
        cell, self.execution = notebook.cell_id(), notebook.execution()
        self._typed_before, sending = cells.close_earlier(cell, self.execution)
        client = client or connect(practice=practice, fall_back=True)
        self.session = LaunchSession(client, DEFAULTS if value is None else _body_of(value))
        self._begun_with = self.session.report.body
        self._filling = False
        number = next(_numbers)
        self._sections = Sections(self.session, self._say, self.show_fault)
        self._readout = Readout(self.session, self._sections, self._say, f"ppw{number}", self.show_fault)
        self._controls = LaunchControls(self.session, self._say, self._show_all_errors)
        self._banner = theme.html(self._banner_html(), "ppw-top")
        right = theme.box([self._readout.box, self._controls.box], "ppw-side")
        self._columns = theme.box([self._sections.box, right], "ppw-columns")
        self._restore = self._restore_notice()
        notices = [*self._restore, *([theme.html(self._still_sending(), "ppw-notice")] if sending else [])]
        super().__init__(
            children=[self._banner, *notices, self._columns],
            layout=theme.looks().layout,
            _dom_classes=["ppw", f"ppw{number}"],
            value=self.session.report.body,
        )
        self.session.observe(self._on_draft, "draft")
        self.observe(self._on_value, "value")
        cells.remember(self, cell)

    def __repr__(self) -> str:
        return f"LaunchForm({self.session.target.words(self._say)})"

    @property
    def request(self) -> CreateInstanceRequest | None:
        """The request, when nothing blocks."""
        return self.session.report.request

    @property
    def errors(self) -> dict[Path, str]:
        """What blocks: one sentence for each path."""
        return self.session.report.errors(self._say)

    def launch(self) -> Launch:
        """Launch what the form holds: one request, without the inline confirmation.

        Returns
        -------
        Launch
            At once, while the request is on its way; a launch in flight is returned
            instead of a second one.

        Raises
        ------
        RequestInvalid
            When something still blocks; the form then shows it.
        """
        self._show_all_errors()
        return self.session.send()

    def close(self) -> None:
        """Close every widget of the form. A launch in flight goes on; a machine is not stopped."""
        if self.session.closed:
            return
        self.session.close()
        for child in self.children:
            theme.close_all(child)
        self._sections.close()
        self._controls.close()
        super().close()

    def show_fault(self, kind: str) -> None:
        """Say in the status line that something of ours failed."""
        self._controls.show_fault(kind)

    def _banner_html(self) -> str:
        """Name the cloud that will be billed, with the stylesheet and the script."""
        client, say = self.session.client, self._say
        if client.is_practice:
            where = esc(f" ({client.host.name})") if client.host.name != "localhost" else ""
            kind, text = "practice", f"<b>{say('banner.practice')}</b> {say('banner.practice_means')}{where}"
        else:
            key = client.require_key()
            source = esc(say("banner.key", source=key.source, last=key.last_four))
            kind, text = "live", f"<b>{esc(client.host.name)}</b> {say('banner.live_means')} {source}"
            if client.is_live:
                text += f" {esc(say('error.live_off', host=client.host.name))}"
        return (
            f"{theme.stylesheet()}{theme.script()}<div class='ppw-banner ppw-{kind}' role=note>{text}</div>"
        )

    def _still_sending(self) -> str:
        return f"<p>{esc(self._say('form.still_sending'))}</p>"

    def _restore_notice(self) -> list[w.Widget]:
        """Offer what was typed in the form that this cell made before."""
        if self._typed_before is None:
            return []
        button = theme.button(self._say("form.restore"), "ppw-restore")
        button.on_click(self._on_restore)
        note = theme.html(f"<p>{esc(self._say('form.closed_earlier'))}</p>")
        return [theme.box([note, button], "ppw-notice")]

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """The draft, when a person changed anything since the form opened."""
        return self.session.draft if self.session.report.body != self._begun_with else None

    def _show_all_errors(self) -> None:
        self._readout.attempted = True
        self._readout.render()

    @guarded
    def _on_restore(self, _button: Any) -> None:
        self.value = dict(self._typed_before or {})
        self.children = [child for child in self.children if child not in self._restore]
        for widget in self._restore:
            theme.close_all(widget)
        self._restore = []

    @guarded
    def _on_draft(self, _change: Any) -> None:
        if not self._filling:
            self._readout.render()
            self._filling = True
            self.value = self.session.report.body
            self._filling = False

    @guarded
    def _on_value(self, change: Any) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            self._readout.attempted = False
            self.session.replace(_body_of(change["new"]))
            self._sections.show(self.session.draft)
            self.value = self.session.report.body
        finally:
            self._filling = False
        self._readout.render()


def _body_of(value: Mapping[str, Any] | CreateInstanceRequest) -> Mapping[str, Any]:
    return value.body() if isinstance(value, CreateInstanceRequest) else value
