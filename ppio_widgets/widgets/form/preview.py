"""The right-hand side: preview, what still blocks, and what is said beside the fields.

All of it is one HTML widget, so that a keystroke is one message whatever changes.
Errors and advice stand beside their fields by CSS rules in it: no model is opened for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.body import folded, panel, preview
from ppio_widgets.cards.html import css_string, esc
from ppio_widgets.request.choices import limits
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.fields import UnknownFields
from ppio_widgets.widgets.view import Part, guarded

if TYPE_CHECKING:
    import ipywidgets as w

    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.form.sections import Sections, Spot
    from ppio_widgets.widgets.view import Guarded

MOST_BLOCKERS = 6
MOST_RULES = 60


class Preview(Part):
    """The body with Copy, what blocks it, and the rules that put errors beside their fields."""

    def __init__(self, owner: Guarded, sections: Sections, scope: str) -> None:
        super().__init__(owner)
        self._sections = sections
        self._scope = scope
        self._unknown = UnknownFields(self)
        names = [("JSON", "json"), ("curl", "curl"), ("Python", "python"), ("%ppio_launch", "line")]
        self._face = theme.tabs(
            description=self.say("preview.title"), options=names, _dom_classes=["ppw-tabs"]
        )
        self._html = theme.html(self._markup(), "ppw-readout")
        self._copy = theme.button(self.say("copy.button"), "ppw-copy")
        self._copy.on_click(self._on_copy)
        self._face.observe(self._on_face, "value")
        self.box = theme.box(self._parts(), "ppw-panel")
        self.session.observe(
            self._on_session, ["filled", "draft", "snapshot", "ceiling", "timer", "unreadable"]
        )

    def render(self, extra: str = "") -> None:
        """Show the session's draft; one message, and none when nothing changes."""
        self._html.value = self._markup(extra)
        parts = self._parts()
        if tuple(parts) != tuple(self.box.children):
            self.box.children = parts

    def _parts(self) -> list[w.Widget]:
        """Return what stands there now: below what blocks, the way out where a click is one."""
        return [self._face, self._copy, self._html, *self._unknown.buttons()]

    def _markup(self, extra: str = "") -> str:
        say = self.say
        report = self.session.report
        errors = self.session.errors(say)
        blockers = [
            "<li>" + say("problem.named", name=f"<b>{esc(field_name(path, say))}</b>", text=esc(text))
            for path, text in errors.items()
        ]
        if len(blockers) > MOST_BLOCKERS + 1:
            rest = len(blockers) - MOST_BLOCKERS
            blockers = [*blockers[:MOST_BLOCKERS], f"<li>{esc(say('blockers.more', n=rest))}"]
        todo = f"<div class=ppw-todo><b>{esc(say('blockers.title'))}</b><ul>{''.join(blockers)}</ul></div>"
        name, plan = self._face.value, self.session.plan
        taken = plan.taken(say)
        if name == "json":
            placeholders = f"\n<s>{esc(taken)}</s>" if taken and plan.target.practice else ""
            text = preview(report.body, say) + placeholders
        else:
            text = folded(plan.face(name, say), say, taken)
        shown = panel("&nbsp;", text, extra)
        return f"{self._rules(errors)}{shown}{todo if blockers else ''}"

    def _rules(self, errors: dict[Path, str]) -> str:
        """Return CSS that marks each field whose error may show, and gives advice; empty without any."""
        spots = {path: spot for path in errors if (spot := self._spot(path)) is not None and spot.may_show}
        marked = {path: spots[path] for path in list(spots)[:MOST_RULES]}
        rules = [f"{spot.after}{{content:{css_string(errors[path])}}}" for path, spot in marked.items()]
        if marked:
            selectors = ",".join(spot.field for spot in marked.values())
            rules.insert(
                0, f":is({selectors}) :is(input,select,textarea){{border-color:var(--ppw-error)!important}}"
            )
        taken = {spot.after for spot in spots.values()}
        rules += [*self._advice(), *self._limits(taken), *self._doubts(taken)]
        return f"<style>{''.join(rules)}</style>" if rules else ""

    def _advice(self) -> list[str]:
        """Return CSS that says beside the switch of a row why it may be better used."""
        return [
            f".{self._scope} :is({','.join(f'.{row.key}' for row in advised[:MOST_RULES])})"
            f">.ppw-switch>.widget-label-basic::after{{content:{css_string(self.say(f'advice.{key}'))}}}"
            for key, advised in self._sections.advised()
        ]

    def _limits(self, taken: set[str]) -> list[str]:
        """Return CSS that says beside a field what the product allows, where no error says it."""
        offer = self.session.offer
        if offer is None:
            return []
        told = [(self._spot(tuple(name.split("."))), text) for name, text in limits(offer, self.say).items()]
        return [
            # With the root's own class too: the stylesheet of a later form must not win over it.
            f".ppw{spot.after}{{content:{css_string(text)};color:var(--ppw-quiet)}}"
            for spot, text in told
            if spot is not None and spot.after not in taken
        ]

    def _doubts(self, taken: set[str]) -> list[str]:
        """Return CSS that says beside a field what may not be meant, where no error stands there."""
        told: dict[str, str] = {}
        for one in self.session.report.advice:
            spot = self._spot(one.path) if one.is_doubt else None
            if spot is not None and spot.after not in taken:
                told.setdefault(spot.after, one.sentence(self.say))
        return [
            f"{after}{{content:{css_string(text)};color:var(--ppw-quiet)}}"
            for after, text in list(told.items())[:MOST_RULES]
        ]

    def _spot(self, path: Path) -> Spot | None:
        return self._sections.spot(path, self._scope)

    @guarded
    def _on_session(self, _change: Any) -> None:
        self.render()

    @guarded
    def _on_face(self, _change: Any) -> None:
        self.render()

    @guarded
    def _on_copy(self, _button: Any) -> None:
        """Hand over the full text; the constant script copies it, or leaves it selected."""
        text = esc_text(self.session.plan.face(self._face.value, self.say))
        label, done, manual = (esc(self.say(f"copy.{key}")) for key in ("label", "done", "manual"))
        self.render(
            f"<div class=ppw-copied><textarea readonly aria-label='{label}'>{text}</textarea>"
            f"<span role=status data-done='{done}' data-manual='{manual}'></span>"
            f"{theme.script('copy.js')}</div>"
        )


def esc_text(text: str) -> str:
    """Escape text for a ``<textarea>``: exact, as it is to be copied."""
    # A newline right behind the tag is dropped by the parser; the body begins with a brace.
    return text.replace("&", "&amp;").replace("<", "&lt;")
