"""The second output of a view: what is left of it in a notebook that is opened without its kernel.

JupyterLab shows "model not found" in place of a dead widget, whatever stands beside the widget in
its own output. So each view has a second output with a `display_id` of its own. It is empty at
first; a worker writes the static card into it soon after, and again with each piece of news, never
with a keystroke. While the view lives, a rule within it takes its own card, and no other, off
the page. Once it is dead, a rule beside the card takes off what JupyterLab says of that.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ppio_widgets.cards import static
from ppio_widgets.cards.html import NO_FORMULAS, html
from ppio_widgets.cloud.client import Target
from ppio_widgets.errors import PpioError, log_fault
from ppio_widgets.instances.listing import open_board
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from ppio_widgets.cards.card import Card
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.instances.sessions import BoardSession
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale.words import Words

# By then the page shows the view, whose rule keeps the card out of sight: it is not seen to flash up.
FIRST_SECONDS = 2.0
# It may be saved as it is, and nbconvert warns of an output without any type.
NOTHING = {"text/html": ""}
# A widget that is not shown, or not yet, is a panel with a text; the card stands in an output before it.
_INSTEAD = Markup(
    "<style>.jp-OutputArea-child:has(>.jp-OutputArea-output>.{id})"
    "~.jp-OutputArea-child:has(>.lm-Panel):not(:has(>.lm-Panel>*)){{display:none}}</style>"
)


class SavedOutput:
    """A static card in an output of its own.

    `card` returns what there is to say now, None for nothing yet; `instance` the one whose news are
    to be said as well. `style` is an element for the view's own HTML: it hides the card while the
    view is on the page.
    """

    def __init__(
        self,
        say: Words,
        card: Callable[[], Card | None],
        instance: Callable[[], Instance | None] = lambda: None,
    ) -> None:
        self.card = card
        self._instance = instance
        self._followed: list[Instance] = []
        self._ended = False
        self._say = say
        self._id = f"ppw-of-{token_hex(6)}"
        self._display_id = self._id
        self._home: tuple[str | None, int | None] | None = None
        # Two threads may have news at once: the later card has to be the last.
        self._lock = forks.rlock()
        self._places: set[tuple[str | None, int | None]] = set()
        self._written: Card | None = None
        self._sight: object = None  # of the instance, as the card was made last
        self._due = False
        self._beginning: list[threading.Event] = []
        child = f".jp-OutputArea-child:has(>.jp-OutputArea-output>.{self._id})"
        self.style = Markup(f"<style>.{self._id},{child}{{display:none}}</style>")  # noqa: S704 - of hex digits

    def bundle(self) -> dict[str, str]:
        """Return text and HTML for an output that holds the view itself, where nobody can click."""
        card = self.card()
        return card.kept(self._say) if card is not None else {}

    def pointer(self) -> Markup:
        """Return HTML that stands beside the view where this output stands above it."""
        return html("<p class='{}'>{}</p>", NO_FORMULAS, self._say("static.view"))

    def place(self) -> None:
        """Keep a place in the cell that makes the view; it is used if a container shows the view."""
        self._home = kernel.cell_id(), kernel.execution()
        kernel.publish(NOTHING, self._display_id)

    def stay(self) -> None:
        """Use the place that was kept, where the view is on a page and was not displayed by itself."""
        with self._lock:
            if self._places or self._home is None:
                return
            self._places.add(self._home)
        self._begin_soon()

    def show(self) -> None:
        """Show it in the cell that is running, once in each run of a cell."""
        place = kernel.cell_id(), kernel.execution()
        with self._lock:
            if place in self._places:
                return
            if not self._places and self._home not in (None, place):
                self._display_id = f"{self._id}-shown"  # the place that was kept stays empty
            first = not self._places
            self._places.add(place)
            if not (first and self._home == place):
                content = self._content(self._written) if self._written is not None else NOTHING
                kernel.publish(content, self._display_id)
        self._begin_soon()

    def write(self, news: Any = None) -> None:
        """Write what there is to say, once it may be seen and where there is news.

        It is called on the threads of launches and watches: whatever goes wrong here is
        logged, and keeps nothing else from being done.
        """
        if not self._due:
            return
        try:
            self._follow()
            instance = self._instance()
            with self._lock:
                sight = None if instance is None else instance.sight
                if news is not None and news.owner is instance and sight is self._sight:
                    return  # its launch has told of this look
                self._sight = sight
                card = self.card()
                if card is not None and card != self._written:
                    kernel.publish(self._content(card), self._display_id, update=True)
                    self._written = card
        except Exception as error:  # noqa: BLE001 - logged without its text, which may hold what was typed
            log_fault("static card", error)

    def close(self) -> None:
        """Say how it stands at the end: the view is gone, and the card is seen in its place.

        No instance is followed any longer; a launch in flight still writes its outcome.
        """
        for timer in self._beginning:
            timer.set()
        self._begin()
        with self._lock:
            self._ended = True
        for one in self._followed:
            one.unobserve(self.write, "sight")

    def _begin_soon(self) -> None:
        self._beginning.append(threads.after(FIRST_SECONDS, self._begin))

    def _begin(self) -> None:
        """Write from now on, where it is shown."""
        self._due = bool(self._places)
        self.write()

    def _follow(self) -> None:
        """Hear from the instance, as soon as there is one."""
        one = self._instance()
        with self._lock:
            if one is None or one in self._followed or self._ended:
                return
            self._followed.append(one)
            one.observe(self.write, "sight")

    def _content(self, card: Card) -> dict[str, str]:
        kept = card.kept(self._say, self._id)
        return {**kept, "text/html": f"{kept['text/html']}{_INSTEAD.format(id=self._id)}"}


class LaunchOutput(SavedOutput):
    """What is left of a form or, of its launch even where that was given up, of a line's confirmation."""

    def __init__(self, session: LaunchSession, say: Words, *, is_form: bool = False) -> None:
        super().__init__(say, self._card, lambda: session.launch.instance if session.launch else None)
        self._session = session
        self._is_form = is_form
        self._before: tuple[Launch, ...] = ()
        self._heard: list[Launch] = []
        session.observe(self._on_launch, "launch")

    def take_over(self, launches: tuple[Launch, ...]) -> None:
        """Tell of earlier launches as well: the output that told of them is cleared."""
        self._before = launches
        for launch in launches:
            self._hear(launch)

    def _card(self) -> Card:
        """Return the card of what was launched last, or else of the draft."""
        session, say = self._session, self._say
        known = (*self._before, *session.launches)
        launch = session.launch or (known[-1] if known else None)
        if launch is None and self._heard and not self._is_form:
            launch = self._heard[-1]
        if launch is None:
            return static.of_draft(session.plan, say, session.timer)
        return static.of_launch(launch, say, known)

    def _hear(self, launch: Launch) -> None:
        if launch not in self._heard:
            self._heard.append(launch)
            launch.observe(self.write, "sight")

    def _on_launch(self, change: Any) -> None:
        if change.new is not None:
            self._hear(change.new)
            # Who asks for a launch sees the view, whether or not a script could tell of it.
            self.stay()
        self.write()


class BoardOutput(SavedOutput):
    """What is left of a board: the instances as they were last listed, nothing before that."""

    def __init__(self, session: BoardSession, say: Words) -> None:
        super().__init__(say, self._card)
        self._session = session
        session.observe(self.write, ["board", "missed"])

    def bundle(self) -> dict[str, str]:
        """Return text and HTML; where nothing was listed yet, that is done now."""
        card = self._card()
        if card is None:
            board, missed = self._session.board, None
            try:
                board = open_board(self._session.client)
            except PpioError as error:
                missed = error.with_traceback(None)
            card = self._of(board, missed)
        return card.kept(self._say)

    def _card(self) -> Card | None:
        session = self._session
        missed = None if session.loaded else session.missed
        return self._of(session.board, missed) if session.loaded or missed is not None else None

    def _of(self, board: Board, missed: PpioError | None) -> Card:
        return static.of_board(board, self._say, Target.of(self._session.client), missed)
