"""All instances of an account as a live table: filter, choose several, act once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.api import connect
from ppio_widgets.cards.html import NO_FORMULAS, each, html
from ppio_widgets.cards.lists import board_heads, board_labels, board_row
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.listing import KINDS, ORDERS
from ppio_widgets.instances.sessions import ACTIONS, FEW_ROWS, MOST_ROWS, BoardSession
from ppio_widgets.locale.words import words
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.instance_card import AskingButtons
from ppio_widgets.widgets.saved_output import BoardOutput
from ppio_widgets.widgets.view import Part, View, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markupsafe import Markup

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.instances.listing import Row
    from ppio_widgets.widgets.view import Guarded


class BoardRows(Part):
    """A check box for each row that is shown, its label our markup, below one that chooses them all.

    An instance keeps its box while others are shown. Of those that nobody needs, the one that was written
    last is written anew: a text that is typed into the filter changes the same few again and again.
    """

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        self._made: dict[str, w.Checkbox] = {}
        self._shown: list[w.Checkbox] = []
        self._heads = self._checkbox("ppw-heads")
        self.box = theme.box([], "ppw-instances")

    def show(self) -> None:
        """Show the rows of the session's page; what has not changed is not sent."""
        session = self.session
        rows: tuple[Row, ...] = session.page.rows
        needed = {row.seen.id for row in rows}
        spare = [one for one in self._made if one not in needed]
        with self._filling():
            self._shown = [self._row_of(row.seen.id, spare) for row in rows]
            for row, made in zip(rows, self._shown, strict=True):
                ticked = row.seen.id in session.chosen
                _tell(made, board_row(row, session.board, self.say), ticked=ticked, dead=not row.there)
            there = [row for row in rows if row.there]
            whole = bool(there) and len(session.chosen) == len(there)
            _tell(self._heads, board_heads(session.board, self.say), ticked=whole, dead=not there)
            theme.fill(self.box, [self._heads, *self._shown] if rows else [])

    def _row_of(self, identity: str, spare: list[str]) -> w.Checkbox:
        if identity not in self._made:
            made = self._made.pop(spare.pop()) if spare else self._checkbox("ppw-line")
            self._made[identity] = made
        return self._made[identity]

    def _checkbox(self, css: str) -> w.Checkbox:
        made = theme.control(w.Checkbox, css, description_allow_html=True, indent=False, value=False)
        made.observe(partial(self._on_tick, made), "value")
        return made

    @guarded
    def _on_tick(self, made: w.Checkbox, change: Mapping[str, Any]) -> None:
        """Take what a person did, whatever the box was told meanwhile: rows are shown from other threads."""
        session, is_on = self.session, change["new"]
        shown = zip(session.page.rows, self._shown, strict=True)
        meant = {row.seen.id for row, one in shown if made in (one, self._heads)}
        session.choose([*(one for one in session.chosen if one not in meant), *(meant if is_on else ())])
        self.show()  # also where that chose nothing else


def _tell(made: w.Checkbox, label: Markup, *, ticked: bool, dead: bool) -> None:
    with made.hold_sync():
        made.description, made.value, made.disabled = str(label), ticked, dead


class BoardPages(Part):
    """Which rows are shown, of how many, and the way to the others."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        say, session = self.say, self.session
        self._before = self._button(say("board.before", n=MOST_ROWS), partial(session.turn, -1), "ppw-link")
        self._next = self._button(say("board.next", n=MOST_ROWS), partial(session.turn, 1), "ppw-link")
        self._more = self._button(say("product.more", n=MOST_ROWS), session.show_more, "ppw-link")
        self._count = theme.html("")
        self.box = theme.box([self._count], "ppw-pages")

    def show(self) -> None:
        """Show where the page is; what has not changed is not sent."""
        page, session = self.session.page, self.session
        last = page.first + len(page.rows)
        counted = {"first": page.first + 1, "last": last, "found": page.found, "known": len(session.board)}
        self._count.value = self.say("board.range", **counted) if page.rows else ""
        self._before.disabled, self._next.disabled = not page.first, last >= page.found
        buttons: list[w.Button] = []
        if page.found > len(page.rows):
            buttons = [self._more] if session.most == FEW_ROWS else [self._before, self._next]
        theme.fill(self.box, [self._count, *buttons])


def _scripts() -> Markup:
    return theme.script("copy.js") + theme.script("board.js")


class BoardActions(AskingButtons):
    """Every action all the time: one that cannot be asked for says why."""

    def show_blocked(self, blocked: Mapping[Action, str]) -> None:
        """Show which of them can be asked for."""
        for action, why in blocked.items():
            button = self._button_of(action)
            button.disabled, button.tooltip = bool(why), why


@without_frames
class InstanceBoard(View):
    """All instances of the account, what costs most first, watched while it is open.

    Parameters
    ----------
    practice : bool, optional
        Which cloud, see `ppio_widgets.launch`.
    client : PpioClient, optional
        The cloud itself; `practice` is then not asked.
    language : str, optional

    Raises
    ------
    CredentialsError
        When there is no key.
    """

    _css = "ppw-board"

    def __init__(
        self,
        *,
        practice: bool | None = None,
        client: PpioClient | None = None,
        language: str | None = None,
    ) -> None:
        say = self.say = words(language)
        session = self.session = BoardSession(client or connect(practice=practice), say)
        self._head = theme.html("", "ppw-board-head")
        self._text = theme.control(
            w.Text, "ppw-search", description=say("board.filter"), placeholder=say("board.filter")
        )
        self._kind = theme.control(
            w.RadioButtons, "ppw-chips", description=say("board.kind"), options=self._kinds(), value=""
        )
        self._sort = theme.control(
            w.Dropdown,
            "ppw-sort",
            description=say("board.sort"),
            options=[(say(f"board.sort.{by}"), by) for by in ORDERS],
        )
        refresh = self._button(say("board.refresh"), session.refresh)
        filters = theme.box([self._text, self._kind, self._sort, refresh], "ppw-filters")
        self._rows = BoardRows(self)
        self._pages = BoardPages(self)
        self._why = theme.html("", "ppw-why")
        self._actions = BoardActions(self, [self._why])
        self._told = theme.html("", "ppw-status")
        super().__init__(
            BoardOutput(session, say),
            [self._head, filters, self._rows.box, self._pages.box, self._actions.box, self._told],
            [self._rows, self._pages, self._actions],
            top=theme.stylesheet("state.css")
            + theme.stylesheet("board.css")
            + board_labels(say)
            + _scripts(),
        )
        self._hear(self._text, lambda: session.search(self._text.value), "value")
        self._hear(self._kind, lambda: session.show_kind(self._kind.value or ""), "value")
        self._hear(self._sort, lambda: session.sort(self._sort.value), "value")
        self._hear(session, self._render, "board", "loaded", "missed", "page")
        self._hear(session, self._rows.show, "chosen")
        self._hear(session, self._arrange, "asking", "acting", "results", "chosen", "missed", "page")
        self._render()
        self._arrange()

    def __repr__(self) -> str:
        return str(self.session.board) if self.session.loaded else self.say("board.loading")

    def _kinds(self) -> list[tuple[str, str]]:
        """Return what can be shown, with how many there are; of what is not shown, none without any."""
        say, counts = self.say, self.session.board.counts
        kinds = [(say(f"board.kind.{kind}", n=counts[kind]), kind) for kind in KINDS]
        kept = [(text, kind) for text, kind in kinds if counts[kind] or kind == self.session.wanted.kind]
        return [(say("board.kind.all", n=len(self.session.board)), ""), *kept]

    def _render(self) -> None:
        """Show what is known now; what has not changed is not sent."""
        say, session = self.say, self.session
        told = session.board.head(say) if session.loaded else say("board.loading")
        total, *aside = session.board.bill(say) or [""]
        self._head.value = html(
            "<div class='{}' data-list='{}'><b>{}</b><strong>{}</strong><span>{}</span></div>",
            *(NO_FORMULAS, say("board.list"), told, total, " · ".join(aside)),
        )
        with self._filling():
            theme.offer(self._kind, self._kinds())
        self._rows.show()
        self._pages.show()

    def _arrange(self) -> None:
        session = self.session
        self._actions.show_blocked(session.blocked)
        self._actions.show(ACTIONS, session.instances() if session.asking else ())
        chosen = self.say("board.chosen", n=len(session.chosen)) if session.chosen else ""
        reasons = dict.fromkeys(filter(None, [chosen, *session.blocked.values()]))
        self._why.value = html("<span class=ppw-say>{}</span>", " · ".join(reasons))
        self._told.value = each("{}", self._results())

    def _results(self) -> Iterator[Markup]:
        """Give what came of the last listing and the last action."""
        say, session = self.say, self.session
        if session.missed is not None:
            yield html("<p class=ppw-bad>{}</p>", session.missed.sentence(say))
        if session.results and not session.acting:
            failed = sum(isinstance(result, PpioError) for _one, result in session.results)
            done = len(session.results) - failed
            yield html("<p>{}</p>", say("board.done", n=done, all=len(session.results)))
            if failed:
                yield html("<p class=ppw-bad>{}</p>", say("board.failed", n=failed))
        shown = {row.seen.id for row in session.page.rows}
        for one, result in session.results:
            if one.id not in shown:
                text = result.sentence(say) if isinstance(result, PpioError) else result or "…"
                pattern = "<p class=ppw-bad>{}</p>" if isinstance(result, PpioError) else "<p>{}</p>"
                yield html(pattern, say("problem.named", name=one.title, text=text))
