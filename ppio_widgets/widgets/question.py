"""A question before something is spent or destroyed: consent that nobody gives by accident."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from ppio_widgets.cards.html import html
from ppio_widgets.runtime import threads
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import ipywidgets as w

    from ppio_widgets.widgets.view import Guarded

# For so long a question takes neither Yes nor Cancel: a double click is over by then, and nobody has
# read it before. The stylesheet has the same number.
READ_SECONDS = 0.7

# When a question was asked that the page has not been told: no answer to it counts.
UNASKED = float("inf")


class Question(Part):
    """What will happen, with Cancel and Yes at opposite ends; an answer counts once it could be read.

    The constant script makes an alert dialog of `box` and gives it the focus, and presses the
    button that nobody sees for Esc: that cancels at any time. A click names no question, and a busy
    kernel handles it late: so each question has a Yes of its own, and that of an older one reaches nobody.
    """

    def __init__(
        self,
        owner: Guarded,
        *,
        on_yes: Callable[[], object],
        on_cancel: Callable[[], object],
        style: str = "danger",
    ) -> None:
        super().__init__(owner)
        self._style = style
        self._answer_yes = on_yes
        self._asked_at = UNASKED
        self._early = self._anew = False
        self._lines: tuple[Markup, ...] = ()
        self._text = theme.html("", "ppw-question")
        self._cancel = self._button(self.say("ask.cancel"), partial(self._take, on_cancel), "ppw-no")
        self._escape = self._button("Esc", on_cancel, "ppw-esc")
        self._yes: w.Button | None = None
        self.box = theme.box([self._text, self._cancel, self._escape], "ppw-asked")

    def ask(self, yes: str, lines: Iterable[Markup], *, yes_on_left: bool = False) -> None:
        """Ask anew: no click on what was asked before answers it, and the time to read begins.

        The first line is the question, the others are what it means. Where the button that asks stands on
        the right, Yes stands on the left: it must not take its place.
        """
        self._asked_at = UNASKED
        self._lines = tuple(lines)
        self._ask_again = partial(self.ask, yes, self._lines, yes_on_left=yes_on_left)
        before = self._yes
        new = self._yes = self._button(yes, lambda: self._on_yes(new), "ppw-yes", button_style=self._style)
        # Cancel, which stays, becomes pale once more as well.
        self._anew = not self._anew
        with self.box.hold_sync():
            # At the end: a page makes the views anew from the first that is another one.
            self.box.children = [self._text, self._cancel, self._escape, new]
            for name, is_on in (("ppw-turned", yes_on_left), ("ppw-anew", self._anew)):
                (self.box.add_class if is_on else self.box.remove_class)(name)
        if before is not None:
            before.close()
        self._early = False
        self._render()
        self.begin()

    def begin(self) -> None:
        """Begin the time to read: only now is it on the screen."""
        self._asked_at = threads.tick()

    def tell(self, lines: Iterable[Markup]) -> None:
        """Say what came to be known of an open question meanwhile."""
        self._lines = tuple(lines)
        self._render()

    def _render(self) -> None:
        question, *meaning = self._lines
        early = self.say("ask.early")
        self._text.value = html(
            "{}<p>{}</p><p>{}</p><p class=ppw-early role=alert data-early='{}'>{}</p>{}",
            theme.stylesheet("question.css"),
            question,
            Markup("<br>").join(meaning),
            early,
            early if self._early else "",
            theme.script("question_focus.js"),
        )

    def _take(self, answer: Callable[[], object]) -> None:
        """Take an answer once it counts; an early one is told why it does not."""
        if threads.tick() - self._asked_at >= READ_SECONDS:
            answer()
            return
        if self._asked_at == UNASKED:  # a thread could not tell the page; whoever clicks can be told
            theme.tell_again(self.box)
            self._ask_again()
        self._early = True
        self._render()

    def _on_yes(self, button: w.Button) -> None:
        self._take(self._answer_yes if button is self._yes else lambda: None)
