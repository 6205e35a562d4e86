"""The plan of a line with Confirm and Cancel: a form without its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.sentences import launch_sentence
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.locale import words
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.preview import panel, preview
from ppio_widgets.widgets.launch_controls import LaunchControls
from ppio_widgets.widgets.saved_output import LaunchOutput
from ppio_widgets.widgets.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.launches.claim import Again
    from ppio_widgets.request.advice import Advice


class ConfirmCard(View):
    """Shows what a line would send, and sends it when confirmed.

    Parameters
    ----------
    draft : mapping
        A draft that nothing blocks.
    client : PpioClient
    again : bool, str or iterable of str
        What the line agrees to; see `ppio_widgets.launch`.
    ceiling : Decimal, optional
        The most that one hour may cost.
    timer : Timer, optional
        When the kernel stops what is launched.
    preset : str
        Name of the preset that the draft began with.
    notes : tuple of Advice
        What is worth knowing of the line.
    language : str, optional

    Attributes
    ----------
    launch : Launch
        Waiting for its confirmation; sent once Confirm is pressed.
    """

    def __init__(  # noqa: PLR0913 - all that a line can say beside its body
        self,
        draft: Mapping[str, Any],
        client: PpioClient,
        *,
        again: Again = False,
        ceiling: Decimal | None = None,
        timer: Timer | None = None,
        preset: str = "",
        notes: tuple[Advice, ...] = (),
        language: str | None = None,
    ) -> None:
        say = words(language)
        session = LaunchSession(client, draft, again=again, notes=notes)
        session.limit(ceiling)
        session.stop_by(timer or Timer())
        session.preset = preset
        remains = LaunchOutput(session, say)
        controls = LaunchControls(session, say)
        self.launch = session.begin()
        head = esc(say("card.head", cloud=session.target.words(say)))
        body = panel(head, preview(session.report.body, say))
        shown = f"{remains.style}{theme.stylesheet()}{theme.script()}{body}"
        children = [theme.html(shown, "ppw-readout"), controls.box]
        super().__init__(session, controls, say, children, ["ppw-card"], remains=remains)

    def appear(self) -> None:
        """Ask for the price, and look at what was launched before; the time to read begins."""
        super().appear()
        with self.session.lock:
            self._controls.ask_anew()
        self.session.load()

    def __repr__(self) -> str:
        return launch_sentence(self.launch, words())
