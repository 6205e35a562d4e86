"""All instances of an account as a live list: filter, choose several, act once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from ppio_widgets.api import connect
from ppio_widgets.cards.html import NO_FORMULAS, each, html
from ppio_widgets.cards.lists import instance_table
from ppio_widgets.cloud.answers import InstanceStatus, status_words
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.sessions import BoardSession
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import words
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.instance_card import AskingButtons
from ppio_widgets.widgets.saved_output import BoardOutput
from ppio_widgets.widgets.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from ppio_widgets.cloud.client import Action, PpioClient

# So many rows are shown at once; filters find the others.
MOST_ROWS = 200
_ACTIONS: tuple[Action, ...] = ("stop", "start", "restart", "delete")


@without_frames
class InstanceBoard(View):
    """All instances of the account, newest first, watched while it is open.

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
        self._text = theme.control(w.Text, "ppw-field", description=say("board.filter"))
        self._status = theme.control(
            w.Dropdown,
            "ppw-field",
            description=say("board.status_filter"),
            options=[(say("board.any"), "")],
        )
        filters = theme.box([self._text, self._status], "ppw-filters")
        self._head = theme.html("", "ppw-columns-of")
        self._list = theme.control(
            w.SelectMultiple, "ppw-instances", description=say("board.list"), options=[], rows=5
        )
        self._told = theme.html("", "ppw-status")
        refresh = self._button(say("board.refresh"), session.refresh, "ppw-refresh")
        self._actions = AskingButtons(self, [refresh])
        super().__init__(
            BoardOutput(session, say),
            [filters, self._head, self._list, self._actions.box, self._told],
            [self._actions],
            top=theme.stylesheet("instance_card.css"),
        )
        self._hear(self._list, self._choose, "value")
        for widget in (self._text, self._status):
            self._hear(widget, self._filter, "value")
        self._hear(session, self._render, "board", "loaded", "missed")
        self._hear(session, self._arrange, "asking", "acting", "results", "chosen", "missed")
        self._render()
        self._arrange()

    def __repr__(self) -> str:
        return str(self.session.board)

    def _render(self) -> None:
        """Show what fits the filters; what is chosen stays chosen, and unchanged rows are not sent."""
        say, session = self.say, self.session
        board = session.board.only(self._text.value, self._status.value or "")
        head, *rows = instance_table(board, say).first(MOST_ROWS).lines()
        ids = [one.id for one in board.instances[:MOST_ROWS]]
        told = session.board.head(say) if session.loaded else say("board.loading")
        hidden = len(board) - len(ids)
        more = html("<p class=ppw-quiet>{}</p>", say("board.hidden", n=hidden)) if hidden > 0 else ""
        columns = html("<pre>{}</pre>", head) if rows else ""
        self._head.value = html("<div class='{}'><b>{}</b>{}{}</div>", NO_FORMULAS, told, more, columns)
        options = tuple(zip(map(visible, rows), ids, strict=True))
        statuses = sorted({one.status for one in session.board.instances} - {InstanceStatus.RUNNING})
        known = [(status_words(one, say), one) for one in (InstanceStatus.RUNNING, *statuses)]
        with self._filling():
            theme.offer(self._status, [(say("board.any"), ""), *known])
            if options != tuple(self._list.options):
                self._list.rows = max(3, min(15, len(options)))
                self._list.options = options
                self._list.value = tuple(one for one in session.chosen if one in ids)

    def _arrange(self) -> None:
        session = self.session
        actions = _ACTIONS if session.chosen and not session.acting else ()
        self._actions.show(actions, session.instances() if session.asking else ())
        self._told.value = each("{}", self._results())

    def _results(self) -> Iterator[Markup]:
        say, session = self.say, self.session
        if session.missed is not None:
            yield html("<p class=ppw-bad>{}</p>", session.missed.sentence(say))
        if session.acting:
            yield html("<p>{}</p>", say(f"acting.{session.acting}"))
        elif not session.chosen and session.loaded and session.board.instances and not session.results:
            yield html("<p class=ppw-quiet>{}</p>", say("board.choose"))
        for title, result in session.results:
            failed = isinstance(result, PpioError)
            text = result.sentence(say) if failed else result or "…"
            pattern = "<p class=ppw-bad>{}</p>" if failed else "<p>{}</p>"
            yield html(pattern, say("problem.named", name=title, text=text))

    def _filter(self) -> None:
        self._render()
        self._choose()  # what the filters hide is not acted on unseen

    def _choose(self) -> None:
        self.session.choose(self._list.value)
