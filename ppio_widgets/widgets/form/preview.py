"""The right-hand side: preview, what it costs, what still blocks, and what is said beside the fields.

The preview is one HTML widget, so that a keystroke is one message. Errors and advice stand beside their
fields by CSS rules in another one, which seldom change: no model is opened for them. The price is a third
one, so that a keystroke that changes none of it sends nothing.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.body import folded, panel, preview
from ppio_widgets.cards.html import css_string, each, html, named
from ppio_widgets.cloud.catalogue import KINDS
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.locale.words import joined
from ppio_widgets.request.choices import limits, summary
from ppio_widgets.request.draft import renamed, value_at
from ppio_widgets.request.schema import dotted, path_of
from ppio_widgets.request.validation import field_name
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import Redactor
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part, close_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ppio_widgets.errors import PpioError
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.form.sections import Sections, Spot
    from ppio_widgets.widgets.view import Guarded

MOST_BLOCKERS = 6
MOST_RULES = 60
MOST_UNKNOWN = 4
MOST_WARNINGS = 2
LONGEST_NAME = 40


class Preview(Part):
    """The body with Copy, what blocks it, and the rules that put errors beside their fields."""

    def __init__(self, owner: Guarded, sections: Sections, scope: str) -> None:
        super().__init__(owner)
        self._sections = sections
        self._scope = scope
        self._unknown: list[tuple[Path, str]] = []
        self._fixes: list[w.Button] = []
        # By section, what it was made of: a summary is worked out anew when that changes.
        self._summed_up: dict[str, tuple[list[Any], str]] = {}
        names = [("JSON", "json"), ("curl", "curl"), ("Python", "python"), ("%ppio_launch", "line")]
        self._face = theme.control(
            w.ToggleButtons, "ppw-tabs", description=self.say("preview.title"), options=names
        )
        # It stands above Launch.
        self.told = theme.html(self._rules(self.session.errors(self.say)), "ppw-still")
        # What is said below its title goes with the request that is shown.
        self._shown = self._request()
        self._html = theme.html(_panel(self._shown), "ppw-readout")
        # Each copy is another text, so that the page sees it come.
        self._copies = itertools.count(1)
        self._copy = self._button(self.say("copy.button"), self._hand_over, "ppw-copy")
        # On a narrow page the request is folded below this head.
        self._head = theme.control(
            w.ToggleButton, "ppw-section", "ppw-request", description=self.say("preview.head")
        )
        self.box = theme.box(self._parts(), "ppw-panel")
        for control in (self._face, *sections.toggles):
            self._hear(control, self.render, "value")
        told = ("filled", "draft", "snapshot", "ceiling", "timer", "unreadable")
        self._hear(self.session, self.render, *told)

    def render(self, said: Markup | None = None) -> None:
        """Show the session's draft; a message for the body, another for what stands beside the fields.

        What is said of a request stays with it, whatever comes of the catalogue meanwhile.
        """
        self.told.value = self._rules(self.session.errors(self.say))
        shown = self._request()
        if said is not None or shown != self._shown:
            self._shown = shown
            self._html.value = _panel(shown, said)
        theme.fill(self.box, self._parts())

    def _parts(self) -> list[w.Widget]:
        """Return what stands there now: below what blocks, the way out where a click is one."""
        problems = self.session.report.problems.items()
        unknown = [
            (path, str(problem.params.get("meant", "")))
            for path, problem in problems
            if problem.code in ("unknown", "unknown_meant")
        ][:MOST_UNKNOWN]
        if unknown != self._unknown:
            close_all(self._fixes)
            self._unknown = unknown
            self._fixes = [button for path, meant in unknown for button in self._fixes_of(path, meant)]
        return [self._head, self._face, self._copy, self._html, *self._fixes]

    def _fixes_of(self, path: Path, meant: str) -> Iterator[w.Button]:
        """Yield buttons that give an unknown field the name that was meant, or remove it."""
        say, session, name = self.say, self.session, dotted(path)
        name = UNSAID if looks_like_key(name) else name
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        if meant and value_at(session.draft, (*path[:-1], meant)) is None:
            words = say("problem.rename", name=name, meant=meant)
            yield self._button(words, partial(self._rename, path, meant), "ppw-fix")
        words = say("problem.remove", name=name)
        yield self._button(words, partial(self._rename, path, None), "ppw-fix")

    def _rename(self, path: Path, meant: str | None) -> None:
        session = self.session
        session.fill(renamed(session.draft, path, meant), preset=session.preset)

    def _request(self) -> tuple[Markup, object]:
        """Return the request as it is shown, and all of what is folded there."""
        say, plan, name = self.say, self.session.plan, self._face.value
        taken = plan.taken(say)
        if name == "json":
            shown = Markup(preview(self.session.report.body, say))  # noqa: S704 - escaped there
            if taken and plan.target.practice:
                shown += html("\n<s>{}</s>", taken)
        else:
            shown = Markup(folded(plan.face(name, say), say, taken))  # noqa: S704 - escaped there
        return shown, self.session.report.body

    def tell_blockers(self) -> None:
        """Show the draft after a launch was tried; what blocks is said to whoever does not see its list."""
        say = self.say
        names = [field_name(path, say) for path in self.session.errors(say)]
        key = "blockers.told" if len(names) > 1 else "blockers.told_one"
        told = say(key, n=len(names), names=say("catalogue.and").join(_first(names, say)))
        self.render(html("<p hidden class=ppw-say>{}</p>", told) if names else Markup())

    def _todo(self, errors: Mapping[Path, str]) -> Markup:
        """Return what still blocks, a line each."""
        say = self.say
        blockers = [
            named(html("<b>{}</b>", field_name(path, say)), text, say) for path, text in errors.items()
        ]
        return theme.told(say("blockers.title"), _first(blockers, say), "ppw-todo") if blockers else Markup()

    def _rules(self, errors: Mapping[Path, str]) -> Markup:
        """Return CSS that says beside the fields what is wrong or doubtful, and what still blocks."""
        wrong = [(spot, text) for spot, text in self._placed(errors.items()) if spot.may_show]
        marked = wrong[:MOST_RULES]
        # Seen only: what is heard of it is the field's description.
        rules = [f'{spot.after}{{content:{css_string(text)}/""}}' for spot, text in marked]
        heard = each_of(marked, "ppw-bad")
        if marked:
            fields = ",".join(spot.field for spot, _text in marked)
            bordered = f":is({fields}) :is(input,select,textarea)"
            rules.insert(0, f"{bordered}{{border-color:var(--ppw-error)!important}}")
        notes = self._notes({spot.after for spot, _text in wrong})
        # With the root's own class too: a stylesheet that comes later must not win over it.
        rules += [
            f'.ppw.ppw{one.after}{{content:{css_string(text)}/"";color:var(--ppw-quiet)}}'
            for one, text in notes
        ]
        css = "".join([*rules, *self._advice(), *self._summaries()])
        style = Markup(f"<style>{css}</style>") if css else Markup()  # noqa: S704 - texts are CSS strings
        return style + heard + each_of(notes) + self._todo(errors)

    def _notes(self, taken: Collection[str]) -> list[tuple[Spot, str]]:
        """Return what product or class allow, or else what may not be meant, each with its spot.

        Where an error stands, none of them does.
        """
        offer, report = self.session.offer, self.session.report
        snapshot = self.session.snapshot
        allowed = limits(offer, self.say) if offer is not None else {}
        allowed |= snapshot.rules.limits(self.say, snapshot.currency)
        notes = [(path_of(name), text) for name, text in allowed.items()]
        notes += [(one.path, one.sentence(self.say)) for one in report.advice if one.is_doubt]
        told: dict[str, tuple[Spot, str]] = {}
        for spot, text in self._placed(notes):
            if spot.after not in taken:
                told.setdefault(spot.after, (spot, text))
        return list(told.values())[:MOST_RULES]

    def _summaries(self) -> Iterator[str]:
        """Yield CSS that says in the head of a closed section what stands in it."""
        body = self.session.report.body
        redactor: Redactor | None = None
        for section, names in self._sections.closed:
            values = [value_at(body, path_of(name)) for name in names]
            earlier = self._summed_up.get(section)
            if earlier is None or earlier[0] != values:
                redactor = redactor or Redactor.in_use()
                text = summary(names, body, self.say, redactor.redact) or self.say(f"none.{section}")
                rule = f".{self._scope} .s-{section}::after{{content:{css_string(text)}}}"
                earlier = self._summed_up[section] = (values, rule)
            yield earlier[1]

    def _advice(self) -> Iterator[str]:
        """Yield CSS that says beside the switch of a row why it may be better used."""
        envs = self._sections.lists.get("envs")
        for key, advised in envs.advised().items() if envs else ():
            rows = ",".join(f".{row.key}" for row in advised[:MOST_RULES])
            switch = f".{self._scope} :is({rows})>.ppw-switch>.widget-label-basic::after"
            yield f"{switch}{{content:{css_string(self.say(f'advice.{key}'))}}}"

    def _placed(self, told: Iterable[tuple[Path, str]]) -> Iterator[tuple[Spot, str]]:
        """Yield what is told of paths with the spot of each, where one stands."""
        for path, text in told:
            spot = self._sections.spot(path, self._scope)
            if spot is not None:
                yield spot, text

    def _hand_over(self) -> None:
        """Hand over the full text; the constant script copies it or selects it, else a person does."""
        say = self.say
        # Not read-only: from such a one JupyterLab takes Ctrl+A for the notebook, where no script keeps it.
        copied = esc_text(self.session.plan.face(self._face.value, say))
        label, done, manual = (say(f"copy.{key}") for key in ("label", "done", "manual"))
        self.render(
            html(
                "<div class=ppw-copied data-copy={}>{}<textarea aria-label='{}'>{}</textarea>"
                "<p class=ppw-bare>{}</p><span class=ppw-say data-done='{}' data-manual='{}'></span>{}</div>",
                *(
                    next(self._copies),
                    theme.stylesheet("copy.css"),
                    label,
                    copied,
                    say("copy.by_hand"),
                    done,
                    manual,
                ),
                theme.script("copy.js"),
            )
        )


def _panel(shown: tuple[Markup, object], said: Markup | None = None) -> Markup:
    """Return the request as a panel, with what is said of it below its title."""
    return Markup(panel(Markup("&nbsp;"), shown[0], said or ""))  # noqa: S704 - all of it is escaped


def _first(blockers: Sequence[str], say: Words) -> list[str]:
    """Return the first of what blocks, and how many more there are; a single one more is named as well."""
    rest = len(blockers) - MOST_BLOCKERS
    return [*blockers[:MOST_BLOCKERS], say("blockers.more", n=rest)] if rest > 1 else list(blockers)


def each_of(told: Iterable[tuple[Spot, str]], css: str = "") -> Markup:
    """Return texts that nobody sees, each with the selector of the fields that it describes."""
    pattern = f"<p hidden class='{css}' data-of='{{}}'>{{}}</p>"
    return Markup().join(html(pattern, spot.field, text) for spot, text in told)


def esc_text(text: str) -> Markup:
    """Escape text for a ``<textarea>``: exact, as it is to be copied."""
    # A newline right behind the tag is dropped by the parser; the body begins with a brace.
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;"))  # noqa: S704 - escaped here


class PricePanel(Part):
    """What it costs in figures, and what is worth knowing: what stands above Launch."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        self._shown: tuple[object, ...] = ()
        self.box = theme.html(self._markup(), "ppw-price")
        self._hear(self.session, self._render, "report", "snapshot", "timer")
        self._hear(self.session, self._on_loading, "loading")

    def _render(self) -> None:
        """Show what is known now; nothing is worked out anew, nor sent, when it is the same."""
        session = self.session
        known = (session.money, bool(session.loading), session.snapshot.failed)
        if known != self._shown:
            self._shown = known
            self.box.value = self._markup()

    def _markup(self) -> Markup:
        say, plan, session = self.say, self.session.plan, self.session
        bill = plan.figures(say, session.timer.after)
        costs, advice = plan.costs(say), plan.named_advice(say)
        failed = _failed(session.snapshot.failed, say)
        quiet = [failed, say("catalogue.loading") if session.loading else ""]
        amount, rows = html("<strong>{}</strong>", bill.unit), Markup()
        if bill.lines:
            amount = html("<b>{}</b> {}", bill.amount, bill.unit)
            rows = Markup().join(html("<dt>{}</dt><dd>{}</dd>", *line) for line in bill.lines)
            rows = html("<dl>{}</dl>", rows)
        more = advice[MOST_WARNINGS:]
        return html(
            "<p class=ppw-amount>{}</p>{}{}{}{}{}",
            *(amount, rows, each("<p class=ppw-warn>{}</p>", advice[:MOST_WARNINGS])),
            _details(say("cost.more", n=len(more)), more),
            _details(say("cost.in_words"), costs),
            each("<p class=ppw-quiet>{}</p>", filter(None, quiet)),
        )

    def _on_loading(self) -> None:
        if not self.session.loading:  # what begins is said with the next news
            self._render()


def _details(head: str, lines: Sequence[str]) -> Markup:
    """Return lines that are folded below their head; empty for none."""
    if not lines:
        return Markup()
    return html("<details><summary>{}</summary>{}</details>", head, each("<p>{}</p>", lines))


def _failed(failed: Mapping[str, PpioError], say: Words) -> str:
    """Return in one sentence what could not be loaded, and each kind of reason once; empty for nothing."""
    if not failed:
        return ""
    reasons = {(type(one), one.code, one.params.get("status")): one.sentence(say) for one in failed.values()}
    reason = joined(reasons.values())
    if set(failed) >= set(KINDS):
        return say("catalogue.all_failed", reason=reason)
    what = say("catalogue.and").join(say(f"catalogue.{kind}") for kind in failed)
    return say("catalogue.failed", what=what, reason=reason)
