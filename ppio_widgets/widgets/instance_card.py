"""The card of an instance: how far it is, what it costs, the ways in, and the buttons that stop it."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from ppio_widgets.cards import static
from ppio_widgets.cards.card import terms
from ppio_widgets.cards.html import NO_FORMULAS, each, esc, html
from ppio_widgets.cards.instance import cost_facts, facts, headline, progress
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.sentences import launch_asides, launch_sentence
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import forks
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.question import Question
from ppio_widgets.widgets.saved_output import SavedOutput
from ppio_widgets.widgets.view import Part, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ipywidgets as w

    from ppio_widgets.cloud.client import Action
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.widgets.view import Guarded


class AskingButtons(Part):
    """A button for each action, beside others that ask nothing; pressed, a question in their place."""

    def __init__(self, owner: Guarded, beside: Sequence[w.Widget] = ()) -> None:
        super().__init__(owner)
        self._beside = beside
        self._actions: dict[Action, w.Button] = {}  # built when first needed
        self._asked: tuple[str, ...] = ()
        self.box = theme.box([], "ppw-actions")

    @cached_property
    def _question(self) -> Question:
        return Question(self, on_yes=self.session.confirm, on_cancel=self.session.cancel)

    def show(self, actions: Sequence[Action], instances: Sequence[Instance]) -> None:
        """Show what can be asked for, or what is being asked."""
        action = self.session.asking
        if action:
            self._ask(action, instances)
            theme.fill(self.box, [self._question.box])
        else:
            self._asked = ()
            theme.fill(self.box, [*map(self._button_of, actions), *self._beside])

    def _ask(self, action: str, instances: Sequence[Instance]) -> None:
        """Ask in one sentence what will be lost, and of which instances."""
        say = self.say
        lines = [say(f"lost.{action}", names="; ".join(one.title for one in instances))]
        if action == "delete" and any(one.detail and one.detail.mode == "prepaid" for one in instances):
            lines.append(say("lost.prepaid"))
        asked = (action, *lines)
        if asked != self._asked:  # another action, other instances, or more of them is known to be lost
            self._question.ask(say(f"sure.{action}"), map(esc, lines))
            self._asked = asked

    def _button_of(self, action: Action) -> w.Button:
        if action not in self._actions:
            ask = partial(self.session.ask, action)
            self._actions[action] = self._button(self.say(f"do.{action}"), ask, "ppw-ask")
        return self._actions[action]


class InstancePanel(Part):
    """What is seen of an instance, and its buttons; built where a card or a form shows it.

    What changes with each look (status, time, cost) is one HTML widget, the ways in are
    another: a link that is being clicked, or a command that is being copied, stays put.
    """

    def __init__(self, owner: Guarded, session: InstanceSession) -> None:
        super().__init__(owner, session)
        self._live = theme.html("", "ppw-live")
        self._facts = theme.html("", "ppw-facts")
        self._rest = self._button(self.say("do.rest"), session.stop_watching, "ppw-refreshing")
        self._watch = self._button(self.say("do.watch"), session.watch, "ppw-refreshing")
        self._actions = AskingButtons(self)
        self.box = theme.box([self._live, self._facts, self._actions.box], "ppw-machine")
        self._render()
        self._hear(session, self._render, "sight", "asking", "acting", "watching")

    def close(self) -> None:
        """Look no longer; the instance goes on."""
        self.session.close()
        super().close()

    def _render(self) -> None:
        """Show what is known now; what has not changed is not sent."""
        session = self.session
        self._live.value = self._progress()
        parts = theme.stylesheet("instance_card.css") + theme.script("copy.js")
        self._facts.value = parts + terms(facts(session.instance, self.say), self.say)
        looking = (self._rest if session.watching else self._watch) if session.actions else None
        # With what it is about, and away from Stop, which costs something else.
        theme.fill(self.box, [self._live, looking, self._facts, self._actions.box])
        self._actions.show(session.actions, [session.instance])

    def _progress(self) -> str:
        say, session = self.say, self.session
        parts = [html("<p class=ppw-say><b>{}</b></p>", headline(session.instance, say))]
        if session.acting:
            parts.append(html("<p class=ppw-say>{}</p>", say(f"acting.{session.acting}")))
        parts += [progress(session.instance, say), terms(cost_facts(session.instance, say), say)]
        if not session.watching and session.actions:
            parts.append(html("<p class=ppw-quiet>{}</p>", say("machine.unwatched")))
        return html("<div class='{}'>{}</div>", NO_FORMULAS, each("{}", parts))


class InstanceCard(View):
    """An instance as a live card; running its cell again replaces it."""

    def __init__(self, instance: Instance, language: str | None = None) -> None:
        self.session = InstanceSession(instance)
        self.say = words(language)
        self._told = theme.html("", "ppw-status")
        panel = InstancePanel(self, self.session)
        remains = SavedOutput(self.say, lambda: static.of_instance(instance, self.say), lambda: instance)
        super().__init__(remains, [panel.box, self._told], [panel])

    def __repr__(self) -> str:
        return headline(self.session.instance, self.say)


class LaunchPanel(Part):
    """How a launch stands, and the card of its instance as soon as there is one."""

    def __init__(self, owner: Guarded, launch: Launch) -> None:
        super().__init__(owner)
        self._launch = launch
        self._watching = False
        self._machine: InstancePanel | None = None
        self._status = theme.html("", "ppw-status")
        self.box = theme.box([self._status], "ppw-launched")
        self._render()
        self._hear(launch, self._render, "sight")

    def watch(self) -> None:
        """Look at the instance from now on, or as soon as there is one."""
        with self.session.lock:
            self._watching = True
            if self._machine is not None:
                self._machine.session.watch()

    def _render(self) -> None:
        """Say where the launch stands; with an instance, only what its card does not say."""
        machine = self._launch.instance
        if machine is not None and self._machine is None:
            self._machine = InstancePanel(self, InstanceSession(machine))
            self.box.children = [self._status, self._machine.box]
            if self._watching:
                self._machine.session.watch()
        lines = (
            launch_asides(self._launch, self.say) if machine else [launch_sentence(self._launch, self.say)]
        )
        self._status.value = each("<p>{}</p>", lines)


class _Sight:
    """What the card of a launch observes: the launch tells its own listeners, here are a lock and an end."""

    def __init__(self) -> None:
        self.lock = forks.rlock()
        self.closed = False

    def close(self) -> None:
        """End; the launch goes on."""
        with self.lock:
            self.closed = True


class LaunchCard(View):
    """A launch, live; running its cell again replaces it."""

    def __init__(self, launch: Launch, language: str | None = None) -> None:
        self.session = _Sight()
        self.say = words(language)
        self._launch = launch
        self._told = theme.html("", "ppw-status")
        self._panel = LaunchPanel(self, launch)
        remains = SavedOutput(self.say, lambda: static.of_launch(launch, self.say), lambda: launch.instance)
        launch.observe(remains.write, "sight")
        super().__init__(remains, [self._panel.box, self._told], [self._panel])

    def __repr__(self) -> str:
        return launch_sentence(self._launch, self.say)

    def appear(self) -> None:
        """Look at the instance from now on."""
        self._panel.watch()
