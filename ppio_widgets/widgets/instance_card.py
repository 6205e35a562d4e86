"""The card of an instance: how far it is, what it costs, the ways in, and the buttons that stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from ppio_widgets.widgets.view import Part, View, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ipywidgets as w

    from ppio_widgets.cloud.client import Action
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.widgets.view import Guarded


class AskingButtons(Part):
    """A button for each action of one or several instances; pressed, a question in their place.

    `beside` are buttons that ask nothing.
    """

    def __init__(self, owner: Guarded, beside: Sequence[w.Widget] = ()) -> None:
        super().__init__(owner)
        self._beside = beside
        # Built when first needed.
        self._actions: dict[Action, w.Button] = {}
        self._question: Question | None = None
        self._asked: tuple[str, ...] = ()
        self.box = theme.box([], "ppw-actions")

    def show(self, actions: Sequence[Action], instances: Sequence[Instance]) -> None:
        """Show what can be asked for, or what is being asked."""
        asking = self.session.asking
        question = self._ask(asking, instances) if asking else None
        if question is None:
            self._asked = ()
        shown: list[Any] = [question.box] if question else [*map(self._button, actions), *self._beside]
        if tuple(shown) != tuple(self.box.children):
            self.box.children = shown

    def _ask(self, action: str, instances: Sequence[Instance]) -> Question:
        """Return the question: in one sentence what will be lost, and of which instances."""
        say = self.say
        if self._question is None:
            self._question = Question(self, on_yes=self.session.confirm, on_cancel=self.session.cancel)
        lines = [say(f"lost.{action}", names="; ".join(one.title for one in instances))]
        if action == "delete" and any(one.detail and one.detail.mode == "prepaid" for one in instances):
            lines.append(say("lost.prepaid"))
        lines = list(map(esc, lines))
        asked = (action, *lines)
        if asked != self._asked:  # another action, other instances, or more of them is known to be lost
            self._question.ask(say(f"sure.{action}"), lines)
            self._asked = asked
        return self._question

    def _button(self, action: Action) -> w.Button:
        if action not in self._actions:
            self._actions[action] = theme.button(self.say(f"do.{action}"), "ppw-ask")
            self._actions[action].on_click(self._on_ask)
        return self._actions[action]

    @guarded
    def _on_ask(self, button: Any) -> None:
        self.session.ask(next(action for action, one in self._actions.items() if one is button))


class InstancePanel(Part):
    """What is seen of an instance, and its buttons; built where a card or a form shows it.

    What changes with each look (status, time, cost) is one HTML widget, the ways in are
    another: a link that is being clicked, or a command that is being copied, stays put.
    """

    def __init__(self, owner: Guarded, session: InstanceSession) -> None:
        super().__init__(owner, session)
        self._live = theme.html("", "ppw-live")
        self._facts = theme.html("", "ppw-facts")
        self._rest = theme.button(self.say("do.rest"), "ppw-refreshing")
        self._watch = theme.button(self.say("do.watch"), "ppw-refreshing")
        self._rest.on_click(self._on_rest)
        self._watch.on_click(self._on_watch)
        self._actions = AskingButtons(self)
        self.box = theme.box([self._live, self._facts, self._actions.box], "ppw-machine")
        self._render()
        session.observe(self._on_session, ["sight", "asking", "acting", "watching"])

    def close(self) -> None:
        """Look no longer; the instance goes on."""
        self.session.close()
        super().close()

    def _render(self) -> None:
        """Show what is known now; what has not changed is not sent."""
        self._live.value = self._progress()
        parts = theme.stylesheet("instance_card.css") + theme.script("copy.js")
        self._facts.value = parts + terms(facts(self.session.instance, self.say), self.say)
        self._arrange()

    def _progress(self) -> str:
        say, session = self.say, self.session
        parts = [html("<p role=status><b>{}</b></p>", headline(session.instance, say))]
        if session.acting:
            parts.append(html("<p role=status>{}</p>", say(f"acting.{session.acting}")))
        parts += [progress(session.instance, say), terms(cost_facts(session.instance, say), say)]
        if not session.watching and session.actions:
            parts.append(html("<p class=ppw-quiet>{}</p>", say("machine.unwatched")))
        return html("<div class='{}'>{}</div>", NO_FORMULAS, each("{}", parts))

    def _arrange(self) -> None:
        session = self.session
        looking = [] if not session.actions else [self._rest if session.watching else self._watch]
        # With what it is about, and away from Stop, which costs something else.
        shown = [self._live, *looking, self._facts, self._actions.box]
        if shown != list(self.box.children):
            self.box.children = shown
        self._actions.show(session.actions, [session.instance])

    @guarded
    def _on_session(self, _change: Any) -> None:
        self._render()

    @guarded
    def _on_rest(self, _button: Any) -> None:
        self.session.stop_watching()

    @guarded
    def _on_watch(self, _button: Any) -> None:
        self.session.watch()


class InstanceCard(View):
    """An instance as a live card; running its cell again replaces it."""

    def __init__(self, instance: Instance, language: str | None = None) -> None:
        self.session = InstanceSession(instance)
        self.say = words(language)
        self._told = theme.html("", "ppw-status")
        panel = InstancePanel(self, self.session)
        remains = SavedOutput(self.say, lambda: static.of_instance(instance, self.say), lambda: instance)
        top = theme.html(remains.style + theme.stylesheet() + theme.script())
        super().__init__(remains, [top, panel.box, self._told], ["ppw-card"], [panel])

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
        launch.observe(self._on_launch, "sight")

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
        text = "".join(f"<p>{esc(line)}</p>" for line in lines)
        self._status.value = f"<div role=status>{text}</div>" if text else ""

    @guarded
    def _on_launch(self, _change: Any) -> None:
        self._render()


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
        top = theme.html(remains.style + theme.stylesheet() + theme.script())
        super().__init__(remains, [top, self._panel.box, self._told], ["ppw-card"], [self._panel])

    def __repr__(self) -> str:
        return launch_sentence(self._launch, self.say)

    def appear(self) -> None:
        """Look at the instance from now on."""
        self._panel.watch()
