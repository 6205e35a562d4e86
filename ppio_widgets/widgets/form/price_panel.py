"""What it costs, what is worth knowing, and what could not be loaded: below the preview.

One HTML widget of its own, so that a keystroke that changes none of it sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.cloud.catalogue import KINDS
from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.session import CEILING, STOP
from ppio_widgets.locale.words import joined
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part, guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets as w

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
        self._refresh = theme.button(self.say("catalogue.refresh"), "ppw-refresh")
        self._refresh.on_click(self._on_refresh)
        self.box = theme.box([self._html, self._refresh], "ppw-cost")
        self.session.observe(self._on_session, ["report", "snapshot", "timer", "loading"])

    def render(self) -> None:
        """Show what is known now; no message when nothing changes."""
        self._html.value = self._markup()
        again = "catalogue.retry" if self.session.snapshot.failed else "catalogue.refresh"
        self._refresh.description = self.say(again)

    def _markup(self) -> str:
        say, plan = self.say, self.session.plan
        parts = [_list(say("cost.title"), plan.costs(say), " ppw-costs")]
        if self.session.timer:
            parts.append(f"<p>{esc(self.session.timer.sentence(say))}</p>")
        parts.append(_list(say("plan.advice"), plan.named_advice(say)))
        quiet = [
            _failed(self.session.snapshot.failed, say),
            say("catalogue.loading") if self.session.loading else "",
        ]
        parts += [f"<p class=ppw-quiet>{esc(line)}</p>" for line in quiet if line]
        return "".join(parts)

    @guarded
    def _on_session(self, change: Any) -> None:
        if change.name != "loading" or not change.new:  # what begins is said with the next news
            self.render()

    @guarded
    def _on_refresh(self, _button: Any) -> None:
        self.session.load(anew=True)
        self.render()


class Limits(Part):
    """Price ceiling and timer: what is no field of the body, and stands with the billing."""

    def __init__(self, owner: Guarded, stop: str) -> None:
        super().__init__(owner)
        ceiling = self.session.ceiling
        self.ceiling = self._text(CEILING, "" if ceiling is None else f"{ceiling:f}")
        self.ceiling.observe(self._on_ceiling, "value")
        self.stop = self._text(STOP, stop)
        self._take_stop()
        self.stop.observe(self._on_stop, "value")

    def _text(self, path: Path, value: str) -> w.Text:
        return theme.text(
            description=field_name(path, self.say),
            placeholder=self.say(f"hint.{path[0]}"),
            value=value,
            _dom_classes=["ppw-field", "ppw-short", CLASSES[path]],
        )

    def _take_stop(self) -> None:
        """Take the timer as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.stop_by(Timer.read(self.stop.value))
        except MomentUnreadable as error:
            self.session.stop_by(Timer(), error.with_traceback(None))

    @guarded
    def _on_stop(self, _change: Any) -> None:
        self._take_stop()

    @guarded
    def _on_ceiling(self, change: Any) -> None:
        """Take the ceiling as typed; one that cannot be read keeps a launch from being made."""
        text = change.new.strip()
        try:
            self.session.limit(read_ceiling(text or None, "ceiling_field"))
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


def _list(title: str, lines: list[str], kind: str = "") -> str:
    items = "".join(f"<li>{esc(line)}</li>" for line in lines)
    return f"<div class='ppw-told{kind}'><b>{esc(title)}</b><ul>{items}</ul></div>" if items else ""
