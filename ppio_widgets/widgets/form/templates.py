"""Starting from a template: choose one, see what it would overwrite, apply it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.request.choices import Filling, fill
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.opener import Opener
from ppio_widgets.widgets.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words


class TemplateChooser(Opener):
    """A button that opens the templates; nothing is changed before Apply.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    show_fault : callable
        See `guard.View`.
    on_filled : callable
        Called with the new draft.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        on_filled: Callable[[Mapping[str, Any]], None],
    ) -> None:
        super().__init__(session, say, show_fault, "template")
        self._on_filled = on_filled
        session.observe(self._on_session, ["shelf", "draft"])

    def build(self) -> list[w.Widget]:
        """Return the list, what choosing would fill, and the button that does it."""
        self._choice = theme.choice(
            description=self._say("template.choice"), _dom_classes=["ppw-field"], options=[]
        )
        self._what = theme.html("", "ppw-what")
        self._apply = theme.button(self._say("template.apply"), "ppw-apply")
        self._apply.on_click(self._on_apply)
        self._choice.observe(self._on_choice, "value")
        return [self._choice, self._what, self._apply]

    def fill(self) -> None:
        """Show the templates that there are by now."""
        options = [(template.label, template.id) for template in self.session.shelf.templates]
        if tuple(options) != tuple(self._choice.options):
            self._choice.options = options
        self._tell()

    def _filling(self) -> Filling | None:
        chosen = next((one for one in self.session.shelf.templates if one.id == self._choice.value), None)
        return None if chosen is None else fill(self.session.draft, chosen)

    def _why_none(self) -> str:
        """Say why none is chosen: nobody chose yet, they are loading, it failed, or there is none."""
        say, state = self._say, self.session.catalogue.state("templates")
        if self.session.shelf.templates:
            return say("template.choose")
        if state.error is not None:
            return say("catalogue.failed", what=say("catalogue.templates"), reason=state.error.sentence(say))
        return say("template.none" if state.word == "ready" else "catalogue.loading")

    def _tell(self) -> None:
        """Say what choosing it fills, and what it would overwrite."""
        filling, say = self._filling(), self._say
        lines: list[str] = []
        if filling is None:
            lines.append(esc(self._why_none()))
        else:
            for key, paths in (("fills", filling.fills), ("overwrites", filling.overwrites)):
                names = ", ".join(field_name(path, say) for path in paths)
                kind = "ppw-bad" if key == "overwrites" else "ppw-what"
                if names:
                    lines.append(f"<span class={kind}>{esc(say(f'template.{key}', fields=names))}</span>")
        self._what.value = f"<p>{'<br>'.join(lines) or esc(say('template.same'))}</p>"

    @guarded
    def _on_choice(self, _change: Any) -> None:
        self._tell()

    @guarded
    def _on_apply(self, _button: Any) -> None:
        filling = self._filling()
        if filling is not None:
            self._on_filled(filling.draft)

    @guarded
    def _on_session(self, change: Any) -> None:
        if self.is_open:
            self.fill() if change.name == "shelf" else self._tell()
