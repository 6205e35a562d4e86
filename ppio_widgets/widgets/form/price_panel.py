"""What it costs, what is worth knowing, and what could not be loaded: below the preview.

One HTML widget of its own, so that a keystroke that changes none of it sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from ppio_widgets.cards.html import each, html
from ppio_widgets.cloud.catalogue import KINDS
from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.session import CEILING, STOP
from ppio_widgets.locale.words import joined
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

    from ppio_widgets.errors import PpioError
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.view import Guarded

# The classes by which the stylesheet finds what is no field of the body.
CLASSES: Mapping[Path, str] = {CEILING: "f-ceiling", STOP: "f-stop"}


class PricePanel(Part):
    """Cost, advice and the state of the catalogue; below the preview."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        self._html = theme.html(self._markup())
        self._refresh = self._button(self.say("catalogue.refresh"), self._load, "ppw-refresh")
        self.box = theme.box([self._html, self._refresh], "ppw-cost")
        self._hear(self.session, self._render, "report", "shelf", "timer")
        self._hear(self.session, self._on_loading, "loading")

    def _render(self) -> None:
        """Show what is known now; no message when nothing changes."""
        self._html.value = self._markup()
        again = "catalogue.retry" if self.session.shelf.failed else "catalogue.refresh"
        self._refresh.description = self.say(again)

    def _markup(self) -> Markup:
        say, plan, session = self.say, self.session.plan, self.session
        costs, advice = plan.costs(say), plan.named_advice(say)
        failed = _failed(session.shelf.failed, say)
        quiet = [failed, say("catalogue.loading") if session.loading else ""]
        parts = [
            theme.told(say("cost.title"), costs, "ppw-told ppw-costs") if costs else "",
            html("<p>{}</p>", session.timer.sentence(say)) if session.timer else "",
            theme.told(say("plan.advice"), advice) if advice else "",
            each("<p class=ppw-quiet>{}</p>", filter(None, quiet)),
        ]
        return each("{}", parts)

    def _on_loading(self) -> None:
        if not self.session.loading:  # what begins is said with the next news
            self._render()

    def _load(self) -> None:
        self.session.load(anew=True)
        self._render()


class Limits(Part):
    """Price ceiling and timer: what is no field of the body, and stands with the billing."""

    def __init__(self, owner: Guarded, stop: str) -> None:
        super().__init__(owner)
        ceiling = self.session.ceiling
        self.ceiling = self._text(CEILING, "" if ceiling is None else f"{ceiling:f}", self._take_ceiling)
        self.stop = self._text(STOP, stop, self._take_stop)
        self._take_stop()

    def _text(self, path: Path, value: str, take: Callable[[], None]) -> w.Text:
        name, hint = field_name(path, self.say), self.say(f"hint.{path[0]}")
        classes = ("ppw-field", "ppw-short", CLASSES[path])
        text = theme.control(w.Text, *classes, description=name, placeholder=hint, value=value)
        self._hear(text, take, "value")
        return text

    def _take_stop(self) -> None:
        """Take the timer as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.stop_by(Timer.read(self.stop.value))
        except MomentUnreadable as error:
            self.session.stop_by(Timer(), error.with_traceback(None))

    def _take_ceiling(self) -> None:
        """Take the ceiling as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.limit(read_ceiling(self.ceiling.value.strip() or None, "ceiling_field"))
        except LaunchRefused as error:
            self.session.limit(None, error)


def _failed(failed: Mapping[str, PpioError], say: Words) -> str:
    """Return in one sentence what could not be loaded, and each kind of reason once; empty for nothing."""
    if not failed:
        return ""
    reasons = {(type(one), one.code, one.params.get("status")): one.sentence(say) for one in failed.values()}
    reason = joined(reasons.values())
    if set(failed) == set(KINDS):
        return say("catalogue.all_failed", reason=reason)
    what = say("catalogue.and").join(say(f"catalogue.{kind}") for kind in failed)
    return say("catalogue.failed", what=what, reason=reason)
