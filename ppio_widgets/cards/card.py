"""A card: title, text, table, facts and ways, and the one place where that becomes text or HTML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ppio_widgets.cards.html import NO_FORMULAS, each, esc, html, link, named
from ppio_widgets.cloud.answers import plain
from ppio_widgets.locale.columns import padded, width, wrapped
from ppio_widgets.locale.text import visible
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ppio_widgets.locale.words import Words

KEPT = "ppio-static"
# So many rows of a table stand in text, and in what is saved.
MOST_ROWS = 60

_LONGEST_TEXT = 2000
# Columns that the last cell of a row has at least.
_NARROWEST = 20
_FRAME = "border:1px solid #bdbdbd;border-radius:3px;padding:8px 12px"
# Voilà gives code the letters of prose, and in the dark a darker ground.
_CODE = "font-family:var(--jp-code-font-family,monospace);line-height:1.5;background:none"


@dataclass(frozen=True)
class Fact:
    """One line of a card.

    `kind` is ``"link"`` for an address that opens, ``"open"`` for one that is offered by name,
    ``"copy"`` for a command that does only what it seems to, ``"bad"`` for what went wrong;
    empty for plain words.
    """

    label: str
    text: str
    kind: str = ""


@dataclass(frozen=True)
class Part:
    """A sentence, and what stands in a list below it."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """A way back: what for, and the lines of a cell that lead there; without lines, why there is none."""

    what_for: str
    code: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells below their heads; `cut` more are left out, which the words `more` tell.

    Where it is wider than so many `columns`, the last cell of a row goes on in lines of its own.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str
    cut: int = 0
    columns: int = 0

    def first(self, most: int) -> Table:
        """Return it with so many rows at most."""
        return replace(self, rows=self.rows[:most], cut=self.cut + max(0, len(self.rows) - most))

    def lines(self) -> list[str]:
        """Return heads and rows as lines of a fixed pitch."""
        table = [self.heads, *self.rows]
        widths = [max(map(width, column)) for column in zip(*table, strict=True)]
        room = self.columns - sum(widths[:-1]) - 2 * len(widths[:-1]) if self.columns else 0
        if room and room < widths[-1]:
            table = [line for row in table for line in _lines(row, max(room, _NARROWEST))]
        return ["  ".join(map(padded, row, widths)).rstrip() for row in table]

    def left_out(self, say: Words) -> list[str]:
        """Return how many rows are left out; nothing where all are there."""
        return [say(self.more, n=self.cut)] if self.cut else []


@dataclass(frozen=True)
class Card:
    """A value as a person sees it, before it is text or HTML.

    `as_of` says when it was true. Two cards are equal that tell the same but for the time; as hours and costs
    go on in a table, what of it is compared is `rows`.
    """

    title: str
    code: str = ""
    parts: tuple[Part, ...] = ()
    table: Table | None = field(default=None, compare=False)
    rows: tuple[object, ...] = ()
    facts: tuple[Fact, ...] = ()
    ways: tuple[Way, ...] = ()
    as_of: str = field(default="", compare=False)

    def without_secrets(self, say: Words) -> Card:
        """Return it as it is or, where a secret that is at hand here got into it, without what it tells."""
        holds_secret = Redactor.in_use().finds
        if not holds_secret(self.as_text(say)):
            return self
        ways = tuple(
            replace(way, what_for=say("static.way")) if holds_secret(way.what_for) else way
            for way in self.ways
            if not holds_secret(way.code)
        )
        return Card(say("static.secret"), ways=ways, as_of=self.as_of)

    def kept(self, say: Words, css: str = "") -> dict[str, str]:
        """Return text and HTML that may be saved: no secret that is at hand here is in it."""
        safe = self.without_secrets(say)
        return {"text/plain": safe.as_text(say), "text/html": str(safe.as_html(say, f"{KEPT} {css}"))}

    def as_text(self, say: Words) -> str:
        """Return it as lines of text."""
        lines = [visible(self.title), *map(visible, self.code.split("\n") if self.code else ())]
        for part in self.parts:
            lines += [part.title, *(f"  - {line}" for line in part.lines)]
        if self.table is not None and self.table.rows:
            shown = self.table.first(MOST_ROWS)
            lines += [*map(visible, shown.lines()), *shown.left_out(say)]
        lines += [f"  {fact}" for fact in self._facts(say)]
        lines += [self.as_of] if self.as_of else []
        for way in self.ways:
            lines += [way.what_for, *(f"  {line}" for line in way.code.split("\n") if line)]
        return "\n".join(lines)

    def as_html(self, say: Words, css: str = "") -> Markup:
        """Return it as one element, which does without a stylesheet and a script."""
        within = [html("<p><b>{}</b></p>", self.title), _pre(self.code)]
        within += [html("<p>{}</p>{}", part.title, _items(part.lines)) for part in self.parts]
        if self.table is not None and self.table.rows:
            within += [_scrolled(self.table), each("<p>{}</p>", self.table.left_out(say))]
        within += [_items(_fact(fact, say) for fact in self.facts)]
        within += [html("<p>{}</p>", self.as_of)] if self.as_of else []
        within += [html("<p>{}</p>{}", way.what_for, _pre(way.code)) for way in self.ways]
        classes = f"{css} {NO_FORMULAS}".strip()
        return html("<div class='{}' style='{}'>{}</div>", classes, _FRAME, each("{}", within))

    def _facts(self, say: Words) -> Iterator[str]:
        for one in self.facts:
            text = plain(one.text, _LONGEST_TEXT)
            yield say("problem.named", name=one.label, text=text) if one.label else text


def _lines(row: tuple[str, ...], room: int) -> Iterator[tuple[str, ...]]:
    """Yield a row as several, in which the last cell goes on."""
    first, *others = wrapped(row[-1], room) or [""]
    yield (*row[:-1], first)
    for line in others:
        yield (*("" for _cell in row[:-1]), line)


def _fact(fact: Fact, say: Words) -> Markup:
    """Return a fact in a line; an address is a link."""
    is_link = fact.kind in ("link", "open")
    text = link(fact.text) if is_link else esc(plain(fact.text, _LONGEST_TEXT))
    if not fact.label:
        return text
    return named(fact.label, text, say)


def terms(facts: Iterable[Fact], say: Words) -> Markup:
    """Return facts as a list of terms for a live page, whose constant script copies what is to be copied."""
    within = []
    for one in facts:
        text = esc(one.text)
        if one.kind == "link":
            text = link(one.text)
        elif one.kind == "open":
            text = html("{} <span class=ppw-quiet>{}</span>", link(one.text, say("machine.open")), text)
        elif one.kind == "copy":
            text = html(
                "<code>{}</code> <button type=button class='jupyter-button ppw-grab' "
                "data-done='{}' onclick='window.ppw&&ppw.grab(this)'>{}</button>"
                "<span class=ppw-bare>{}</span>",
                *(text, say("copy.done"), say("copy.button"), say("copy.by_hand")),
            )
        bad = Markup(" class=ppw-bad") if one.kind == "bad" else ""
        within.append(html("<dt>{}<dd{}>{}", one.label, bad, text))
    return html("<dl class='{}'>{}</dl>", NO_FORMULAS, each("{}", within))


def _items(lines: Iterable[object]) -> Markup:
    items = each("<li>{}</li>", lines)
    return html("<ul>{}</ul>", items) if items else items


def _pre(code: str) -> Markup:
    lines = Markup("\n").join(map(esc, code.split("\n")))
    return html("<pre style='{}'>{}</pre>", _CODE, lines) if lines else lines


def _scrolled(table: Table) -> Markup:
    rows = each("<tr>{}</tr>", (each("<td>{}</td>", row) for row in table.rows))
    return html(
        "<div style='max-height:30em;overflow:auto'>"
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        each("<th>{}</th>", table.heads),
        rows,
    )
