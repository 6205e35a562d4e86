"""The right-hand side: preview, what still blocks, and what is said beside the fields.

All of it is one HTML widget, so that a keystroke is one message whatever changes.
Errors and advice stand beside their fields by CSS rules in it: no model is opened for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import css_string, esc
from ppio_widgets.request.choices import limits
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.preview import folded, panel, preview
from ppio_widgets.widgets.form.price_panel import CLASSES
from ppio_widgets.widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.form.sections import Sections

MOST_BLOCKERS = 6
MOST_RULES = 60


class Readout:
    """Preview with Copy, blockers, and the rules that put errors beside their fields.

    Attributes
    ----------
    box : ipywidgets.Box
    attempted : bool
        Whether a launch was tried: from then on every error shows.
    """

    def __init__(
        self,
        session: LaunchSession,
        sections: Sections,
        say: Words,
        scope: str,
        show_fault: Callable[[str], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self.attempted = False
        self._sections = sections
        self._say = say
        self._scope = scope
        names = [("JSON", "json"), ("curl", "curl"), ("Python", "python"), ("%ppio_launch", "line")]
        self._face = theme.tabs(description=say("preview.title"), options=names, _dom_classes=["ppw-tabs"])
        self._html = theme.html(self._markup(), "ppw-readout")
        self._copy = theme.button(say("copy.button"), "ppw-copy")
        self._copy.on_click(self._on_copy)
        self._face.observe(self._on_face, "value")
        self.box = theme.box(self._parts(), "ppw-panel")
        session.observe(self._on_session, ["shelf", "ceiling", "timer", "unreadable"])

    def render(self, extra: str = "") -> None:
        """Show the session's draft; one message, and none when nothing changes."""
        self._html.value = self._markup(extra)
        parts = self._parts()
        if tuple(parts) != tuple(self.box.children):
            self.box.children = parts

    def _parts(self) -> list[w.Widget]:
        """Return what stands there now: below what blocks, the way out where a click is one."""
        return [self._face, self._copy, self._html, *self._sections.unknown.buttons()]

    def _markup(self, extra: str = "") -> str:
        say = self._say
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
        marked: list[str] = []
        rules: list[str] = []
        for path, text in errors.items():
            found = self._place(path)
            if found is not None and len(rules) < MOST_RULES:
                selector, after = found
                marked.append(selector)
                rules.append(f"{after}{{content:{css_string(text)}}}")
        if marked:
            inputs = f":is({','.join(marked)}) :is(input,select,textarea)"
            rules.insert(0, f"{inputs}{{border-color:var(--ppw-error)!important}}")
        rules += [*self._advice(), *self._limits(errors), *self._doubts(errors)]
        return f"<style>{''.join(rules)}</style>" if rules else ""

    def _advice(self) -> list[str]:
        """Return CSS that says beside the switch of a row why it may be better used."""
        return [
            f".{self._scope} :is({','.join(f'.{row.key}' for row in advised[:MOST_RULES])})"
            f">.ppw-switch>.widget-label-basic::after{{content:{css_string(self._say(f'advice.{key}'))}}}"
            for rows in self._sections.lists.values()
            for key, advised in rows.advised().items()
        ]

    def _limits(self, errors: dict[Path, str]) -> list[str]:
        """Return CSS that says beside a field what the product allows, where no error says it."""
        offer = self.session.offer
        if offer is None:
            return []
        taken = {".".join(str(part) for part in path) for path in errors if self._place(path) is not None}
        return [
            # With the root's own class too: the stylesheet of a later form must not win over it.
            f".ppw.{self._scope} .{self._sections.fields[name].css}>.widget-label::after"
            f"{{content:{css_string(text)};color:var(--ppw-quiet)}}"
            for name, text in limits(offer, self._say).items()
            if name in self._sections.fields and name not in taken
        ]

    def _doubts(self, errors: dict[Path, str]) -> list[str]:
        """Return CSS that says beside a field what may not be meant, where no error stands there."""
        taken = {found[1] for path in errors if (found := self._place(path)) is not None}
        told: dict[str, str] = {}
        for one in self.session.report.advice:
            beside = self._selectors(one.path) if one.is_doubt else None
            if beside is not None and beside[1] not in taken:
                told.setdefault(beside[1], one.sentence(self._say))
        return [
            f"{after}{{content:{css_string(text)};color:var(--ppw-quiet)}}"
            for after, text in list(told.items())[:MOST_RULES]
        ]

    def _place(self, path: Path) -> tuple[str, str] | None:
        """Return selectors of the field to mark and of where its sentence goes, once it may show."""
        found = self._selectors(path)
        return found[:2] if found is not None and (found[2] or self.attempted) else None

    def _selectors(self, path: Path) -> tuple[str, str, bool] | None:
        """Return selectors of a field and of where its sentence goes, and whether it was touched."""
        if path in CLASSES:
            selector = f".{self._scope} .{CLASSES[path]}"
            return selector, f"{selector}>.widget-label::after", True
        rows = self._sections.lists.get(str(path[0]))
        if rows is not None:
            at = rows.field_at(path)
            if at is None:
                return None
            row, field = at
            touched = any(one.touched for one in row.fields.values()) if field is None else field.touched
            selector = f".{self._scope} .{row.key}"
            return f"{selector} .{field.css}" if field else selector, f"{selector}::after", touched
        field = self._sections.fields.get(".".join(str(part) for part in path))
        if field is None:
            return None
        selector = f".{self._scope} .{field.css}"
        return selector, f"{selector}>.widget-label::after", field.touched

    @guarded
    def _on_session(self, _change: Any) -> None:
        self.render()

    @guarded
    def _on_face(self, _change: Any) -> None:
        self.render()

    @guarded
    def _on_copy(self, _button: Any) -> None:
        """Hand over the full text; the constant script copies it, or leaves it selected."""
        text = esc_text(self.session.plan.face(self._face.value, self._say))
        label, done, manual = (esc(self._say(f"copy.{key}")) for key in ("label", "done", "manual"))
        self.render(
            f"<div class=ppw-copied><textarea readonly aria-label='{label}'>{text}</textarea>"
            f"<span role=status data-done='{done}' data-manual='{manual}'></span>"
            f"{theme.script('copy.js')}</div>"
        )


def esc_text(text: str) -> str:
    """Escape text for a ``<textarea>``: exact, as it is to be copied."""
    # A newline right behind the tag is dropped by the parser; the body begins with a brace.
    return text.replace("&", "&amp;").replace("<", "&lt;")
