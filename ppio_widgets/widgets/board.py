"""All instances of an account as a live list: filter, choose several, act once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.api import connect
from ppio_widgets.cards.html import NO_FORMULAS, esc
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
from ppio_widgets.widgets.view import View, guarded

if TYPE_CHECKING:
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

    def __init__(
        self,
        *,
        practice: bool | None = None,
        client: PpioClient | None = None,
        language: str | None = None,
    ) -> None:
        say = self.say = words(language)
        self.session = BoardSession(client or connect(practice=practice), say)
        self._filling = False
        remains = BoardOutput(self.session, say)
        styles = remains.style + theme.stylesheet() + theme.stylesheet("instance_card.css")
        self._top = theme.html(styles + theme.script())
        self._text = theme.text(description=say("board.filter"), _dom_classes=["ppw-field"])
        self._status = theme.choice(
            description=say("board.status_filter"),
            options=[(say("board.any"), "")],
            _dom_classes=["ppw-field"],
        )
        self._filters = theme.box([self._text, self._status], "ppw-filters")
        self._head = theme.html("", "ppw-columns-of")
        self._list = theme.select_several(description=say("board.list"), _dom_classes=["ppw-instances"])
        self._refresh = theme.button(say("board.refresh"), "ppw-refresh")
        self._told = theme.html("", "ppw-status")
        self._actions = AskingButtons(self, [self._refresh])
        shown = [self._top, self._filters, self._head, self._list, self._actions.box, self._told]
        super().__init__(remains, shown, ["ppw-board"], [self._actions])
        self._refresh.on_click(self._on_refresh)
        self._list.observe(self._on_chosen, "value")
        for widget in (self._text, self._status):
            widget.observe(self._on_filter, "value")
        self.session.observe(self._on_board, ["board", "loaded", "missed"])
        self.session.observe(self._on_session, ["asking", "acting", "results", "chosen", "missed"])
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
        more = f"<p class=ppw-quiet>{esc(say('board.hidden', n=hidden))}</p>" if hidden > 0 else ""
        columns = f"<pre>{esc(head)}</pre>" if rows else ""
        self._head.value = f"<div class='{NO_FORMULAS}'><b>{esc(told)}</b>{more}{columns}</div>"
        options = tuple(zip(map(visible, rows), ids, strict=True))
        statuses = sorted({one.status for one in session.board.instances} - {InstanceStatus.RUNNING})
        known = [(status_words(one, say), one) for one in (InstanceStatus.RUNNING, *statuses)]
        self._filling = True
        try:
            self._offer_statuses(((say("board.any"), ""), *known))
            if options != tuple(self._list.options):
                self._list.rows = max(3, min(15, len(options)))
                self._list.options = options
                self._list.value = tuple(one for one in session.chosen if one in ids)
        finally:
            self._filling = False

    def _offer_statuses(self, offered: tuple[tuple[str, str], ...]) -> None:
        if offered != tuple(self._status.options):
            kept = self._status.value
            self._status.options = offered
            self._status.value = kept if kept in [key for _label, key in offered] else ""

    def _arrange(self) -> None:
        session = self.session
        actions = _ACTIONS if session.chosen and not session.acting else ()
        self._actions.show(actions, session.instances() if session.asking else ())
        self._told.value = f"<div role=status>{self._results()}</div>"

    def _results(self) -> str:
        say, session = self.say, self.session
        lines = []
        if session.missed is not None:
            lines.append(f"<p class=ppw-bad>{esc(session.missed.sentence(say))}</p>")
        if session.acting:
            lines.append(f"<p>{esc(say(f'acting.{session.acting}'))}</p>")
        elif not session.chosen and session.loaded and session.board.instances and not session.results:
            lines.append(f"<p class=ppw-quiet>{esc(say('board.choose'))}</p>")
        for title, result in session.results:
            failed = isinstance(result, PpioError)
            text = result.sentence(say) if failed else result or "…"
            bad = " class=ppw-bad" if failed else ""
            lines.append(f"<p{bad}>{esc(say('problem.named', name=title, text=text))}</p>")
        return "".join(lines)

    @guarded
    def _on_board(self, _change: Any) -> None:
        self._render()

    @guarded
    def _on_session(self, _change: Any) -> None:
        self._arrange()

    @guarded
    def _on_filter(self, _change: Any) -> None:
        if not self._filling:
            self._render()
            self.session.choose(self._list.value)  # what the filters hide is not acted on unseen

    @guarded
    def _on_chosen(self, change: Any) -> None:
        if not self._filling:
            self.session.choose(change.new)

    @guarded
    def _on_refresh(self, _button: Any) -> None:
        self.session.refresh()
