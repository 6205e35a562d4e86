"""Buttons that ask before they act: what an instance, or several, can be made to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ppio_widgets.cards.html import esc
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.guard import guarded
from ppio_widgets.widgets.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import RLock

    import ipywidgets as w

    from ppio_widgets.cloud.instance_calls import Action
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.locale import Words


class Asked(Protocol):
    """A session whose actions are asked about first."""

    lock: RLock
    closed: bool
    asking: str

    def ask(self, action: Action) -> None:
        """Open the confirmation of an action."""

    def confirm(self) -> None:
        """Do what was asked about."""

    def cancel(self) -> None:
        """Withdraw the open confirmation."""


class AskingButtons:
    """A button for each action; pressed, a question in their place.

    Parameters
    ----------
    session : InstanceSession or BoardSession
    say : Words
    show_fault : callable
        See `view.Guarded`.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(self, session: Asked, say: Words, show_fault: Callable[[str], None]) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        # Built when first needed.
        self._actions: dict[Action, w.Button] = {}
        self._question: Question | None = None
        self._asked: tuple[str, ...] = ()
        self.box = theme.box([], "ppw-actions")

    def show(
        self, actions: Sequence[Action], machines: Sequence[Instance], beside: Sequence[w.Widget]
    ) -> None:
        """Show what can be asked for, or what is being asked.

        Parameters
        ----------
        actions : sequence of str
        machines : sequence of Instance
            What the question is about.
        beside : sequence of ipywidgets.Widget
            Buttons that ask nothing.
        """
        asking = self.session.asking
        question = self._ask(asking, machines) if asking else None
        if question is None:
            self._asked = ()
        shown: list[Any] = [question.box] if question else [*map(self._button, actions), *beside]
        if tuple(shown) != tuple(self.box.children):
            self.box.children = shown

    def close(self) -> None:
        """Close what is out of sight as well."""
        for one in (*self._actions.values(), self._question, self.box):
            if one is not None:
                one.close()

    def _ask(self, action: str, machines: Sequence[Instance]) -> Question:
        """Return the question: in one sentence what will be lost, and of which instances."""
        say = self._say
        if self._question is None:
            self._question = Question(
                self.session,
                say,
                self.show_fault,
                on_yes=self.session.confirm,
                on_cancel=self.session.cancel,
            )
        lines = [say(f"lost.{action}", names="; ".join(one.title for one in machines))]
        if action == "delete" and any(one.detail and one.detail.mode == "prepaid" for one in machines):
            lines.append(say("lost.prepaid"))
        lines = list(map(esc, lines))
        asked = (action, *lines)
        if asked != self._asked:  # another action, other instances, or more of them is known to be lost
            self._question.ask(say(f"sure.{action}"), lines)
            self._asked = asked
        return self._question

    def _button(self, action: Action) -> w.Button:
        if action not in self._actions:
            self._actions[action] = theme.button(self._say(f"do.{action}"), "ppw-ask")
            self._actions[action].on_click(self._on_ask)
        return self._actions[action]

    @guarded
    def _on_ask(self, button: Any) -> None:
        self.session.ask(next(action for action, one in self._actions.items() if one is button))
