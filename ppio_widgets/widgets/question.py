"""A question before something is spent or destroyed: consent that nobody gives by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.runtime import threads
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        self._answer_cancel = on_cancel
        self._asked_at = UNASKED
        self._wording: tuple[str, Sequence[str], bool] = ("", (), False)
        self._early = self._anew = False
        self._lines: tuple[str, ...] = ()
        self._text = theme.html("", "ppw-question")
        self._cancel = theme.button(self.say("ask.cancel"), "ppw-no")
        self._yes: w.Button | None = None
        self._escape = theme.button("Esc", "ppw-esc")
        self.box = theme.box([self._text, self._cancel, self._escape], "ppw-asked")
        self._cancel.on_click(self._on_cancel)
        self._escape.on_click(self._on_escape)

    def ask(self, yes: str, lines: Sequence[str], *, yes_on_left: bool = False) -> None:
        """Ask anew: no click on what was asked before answers it, and the time to read begins.

        The lines are HTML: the question, then what it means. Where the button that asks stands on the
        right, Yes stands on the left: it must not take its place.
        """
        self._asked_at = UNASKED
        self._wording = (yes, lines, yes_on_left)
        before, self._yes = self._yes, theme.button(yes, "ppw-yes", button_style=self._style)
        self._yes.on_click(self._on_yes)
        with self.box.hold_sync():
            # At the end: a page makes the views anew from the first that is another one.
            self.box.children = [self._text, self._cancel, self._escape, self._yes]
            (self.box.add_class if yes_on_left else self.box.remove_class)("ppw-turned")
            # Cancel, which stays, becomes pale once more as well.
            self._anew = not self._anew
            (self.box.add_class if self._anew else self.box.remove_class)("ppw-anew")
        if before is not None:
            before.close()
        self._early = False
        self.tell(lines)
        self.begin()

    def begin(self) -> None:
        """Begin the time to read: only now is it on the screen."""
        self._asked_at = threads.tick()

    def tell(self, lines: Sequence[str]) -> None:
        """Say what came to be known of an open question meanwhile."""
        self._lines = tuple(lines)
        self._render()

    def _render(self) -> None:
        question, *meaning = self._lines
        told = esc(self.say("ask.early"))
        self._text.value = (
            f"{theme.stylesheet('question.css')}<p>{question}</p><p>{'<br>'.join(meaning)}</p>"
            f"<p class=ppw-early role=alert data-early='{told}'>{told if self._early else ''}</p>"
            f"{theme.script('question.js')}"
        )

    def _was_read(self) -> bool:
        """Whether an answer counts by now; an early one is told why it does not."""
        if threads.tick() - self._asked_at >= READ_SECONDS:
            return True
        if self._asked_at == UNASKED:  # a thread could not tell the page; whoever clicks can be told
            theme.tell_again(self.box)
            yes, lines, yes_on_left = self._wording
            self.ask(yes, lines, yes_on_left=yes_on_left)
        self._early = True
        self._render()
        return False

    @guarded
    def _on_yes(self, button: Any) -> None:
        if self._was_read() and button is self._yes:
            self._answer_yes()

    @guarded
    def _on_cancel(self, _button: Any) -> None:
        if self._was_read():
            self._answer_cancel()

    @guarded
    def _on_escape(self, _button: Any) -> None:
        self._answer_cancel()
