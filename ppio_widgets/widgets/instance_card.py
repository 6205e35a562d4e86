"""The card of an instance: how far it is, what it costs, the ways in, and the buttons that stop it."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards import static
from ppio_widgets.cards.card import Fact, terms
from ppio_widgets.cards.html import NO_FORMULAS, each, esc, html
from ppio_widgets.cards.instance import figures, head, headline, progress, way_in, ways_in
from ppio_widgets.cards.lists import wire_card
from ppio_widgets.instances.listing import lost_words
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.sentences import launch_asides, launch_sentence
from ppio_widgets.launches.states import BUSY, UNRESOLVED
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import forks
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.question import Question
from ppio_widgets.widgets.saved_output import SavedOutput
from ppio_widgets.widgets.view import Part, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ppio_widgets.cloud.client import Action
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.launches.launch import Launch, Wire
    from ppio_widgets.widgets.view import Guarded


class AskingButtons(Part):
    """A button for each action, beside others that ask nothing; pressed, a question in their place."""

    # Where the buttons stand on the right, Yes stands on the left: it must not take their place.
    _yes_on_left = False

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
            theme.fill(self.box, self._arranged(actions))

    def _arranged(self, actions: Sequence[Action]) -> list[w.Widget]:
        """Return the buttons in their order."""
        return [*map(self._button_of, actions), *self._beside]

    def _ask(self, action: str, instances: Sequence[Instance]) -> None:
        """Ask in one sentence what will be lost, and of which instances."""
        say = self.say
        lines = lost_words(action, instances, say)
        asked = (action, *lines)
        if asked != self._asked:  # another action, other instances, or more of them is known to be lost
            self._question.ask(say(f"sure.{action}"), map(esc, lines), yes_on_left=self._yes_on_left)
            self._asked = asked

    def _button_of(self, action: Action) -> w.Button:
        if action not in self._actions:
            ask = partial(self.session.ask, action)
            self._actions[action] = self._button(self.say(f"do.{action}"), ask, "ppw-ask")
        return self._actions[action]


# What stands beside the menu; all else stands in it.
_IN_SIGHT: tuple[Action, ...] = ("stop", "start")


class InstanceButtons(AskingButtons):
    """The way in, the button that stops or starts, and a menu with all else."""

    _yes_on_left = True

    def __init__(self, owner: Guarded, on_another: Callable[[], object]) -> None:
        super().__init__(owner)
        self._on_another = on_another
        self._way_in = theme.html("", "ppw-way-in")
        self._menu = theme.control(w.ToggleButton, "ppw-more", description=self.say("machine.menu"))
        self._hear(self._menu, self._open, "value")

    @cached_property
    def _items(self) -> w.Box:
        return theme.box([], "ppw-menu")

    @cached_property
    def _another(self) -> w.Button:
        press = partial(self._close, self._on_another)
        return self._button(self.say("machine.another"), press, "ppw-another")

    @cached_property
    def _rest(self) -> w.Button:
        return self._button(self.say("do.rest"), partial(self._close, self.session.stop_watching))

    def show(self, actions: Sequence[Action], instances: Sequence[Instance]) -> None:
        """Show what can be done with the one instance; a question closes the menu."""
        if self.session.asking and self._menu.value:
            with self._filling():
                self._menu.value = False
        self._way_in.value = way_in(instances[0], self.say)
        super().show(actions, instances)

    def _arranged(self, actions: Sequence[Action]) -> list[w.Widget]:
        in_sight = [one for one in actions if one in _IN_SIGHT]
        if not actions:
            return [self._way_in, self._another]
        shown = [self._way_in, *map(self._button_of, in_sight), self._menu]
        if not self._menu.value:
            return shown
        items = [*(self._button_of(one) for one in actions if one not in in_sight), self._another]
        theme.fill(self._items, [*items, self._rest if self.session.watching else None])
        return [*shown, self._items]

    def _open(self) -> None:
        self.show(self.session.actions, [self.session.instance])

    def _close(self, then: Callable[[], object]) -> None:
        self._menu.value = False
        then()


class InstancePanel(Part):
    """What is seen of an instance, and its buttons; built where a card or a form shows it.

    What changes with each look (time, cost) is one HTML widget, its head and the ways in are others: a
    link that is being clicked, or a command that is being copied, stays put. `on_another` fills a form
    with the body of the instance; without it `another` is the code that opens one.
    """

    def __init__(
        self,
        owner: Guarded,
        session: InstanceSession,
        *,
        on_another: Callable[[], object] | None = None,
        another: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(owner, session)
        self._another_line = another or partial(static.like_line, session.instance)
        self._another = Markup()
        self._head = theme.html("", "ppw-live")
        self._progress = theme.html("", "ppw-progress")
        self._facts = theme.html("", "ppw-facts")
        self._watch = self._button(self.say("do.watch"), session.watch, "ppw-refreshing")
        self._actions = InstanceButtons(self, on_another or self._show_another)
        self.box = theme.box([self._head, self._actions.box, self._progress, self._facts], "ppw-machine")
        self._render()
        self._hear(session, self._render, "sight", "asking", "acting", "watching")

    @cached_property
    def _step(self) -> w.Button:
        return self._button(self.say("do.step"), self.session.step, "ppw-refreshing")

    def close(self) -> None:
        """Look no longer; the instance goes on."""
        self.session.close()
        super().close()

    def _render(self) -> None:
        """Show what is known now; what has not changed is not sent."""
        session = self.session
        self._head.value = html("<div class='{}'>{}</div>", NO_FORMULAS, head(session.instance, self.say))
        self._progress.value = self._told()
        looks = theme.stylesheet("state.css") + theme.stylesheet("instance_card.css")
        scripts = theme.script("copy.js") + theme.script("instance_card.js")
        self._facts.value = looks + scripts + ways_in(session.instance, self.say) + self._another
        watch = self._watch if session.actions and not session.watching else None
        step = self._step if session.instance.waits else None
        theme.fill(self.box, [self._head, self._actions.box, self._progress, step, watch, self._facts])
        self._actions.show(session.actions, [session.instance])

    def _told(self) -> Markup:
        say, session = self.say, self.session
        parts = [html("<p class=ppw-say>{}</p>", say(f"acting.{session.acting}"))] if session.acting else []
        parts += [progress(session.instance, say), figures(session.instance, say)]
        if not session.watching and session.actions:
            parts.append(html("<p class=ppw-quiet>{}</p>", say("machine.unwatched")))
        return html("<div class='{}'>{}</div>", NO_FORMULAS, each("{}", parts))

    def _show_another(self) -> None:
        """Show the code that opens a form with its body; nothing is launched by that."""
        line = self._another_line()
        key = "machine.another_line" if line else "machine.no_line"
        told = [Fact(self.say("machine.another"), line, kind="copy")] if line else []
        self._another = html("<p class=ppw-say>{}</p>{}", self.say(key), terms(told, self.say))
        self._render()


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

    def __init__(
        self, owner: Guarded, launch: Launch, on_another: Callable[[Launch], object] | None = None
    ) -> None:
        super().__init__(owner)
        self._launch = launch
        self._on_another = partial(on_another, launch) if on_another else None
        self._watching = False
        self._machine: InstancePanel | None = None
        self._told_wire: Wire | None = None
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
            self._machine = InstancePanel(
                self,
                InstanceSession(machine),
                on_another=self._on_another,
                another=partial(static.another_line, self._launch, self.say),
            )
            if self._watching:
                self._machine.session.watch()
        lines = (
            launch_asides(self._launch, self.say) if machine else [launch_sentence(self._launch, self.say)]
        )
        self._status.value = each("<p>{}</p>", lines)
        above = self._machine.box if self._machine else None
        theme.fill(self.box, [above, self._status, *self._wire_view()])

    @cached_property
    def _wire_button(self) -> w.ToggleButton:
        button = theme.control(w.ToggleButton, "ppw-section", "ppw-wire", description=self.say("wire.button"))
        self._hear(button, self._render, "value")
        return button

    @cached_property
    def _wire(self) -> w.HTML:
        return theme.html("", "ppw-wire-told")

    def _wire_view(self) -> Iterator[w.Widget]:
        """Yield what opens the requests of the launch, and once it is open these."""
        wire = self._launch.wire
        if not wire:
            return
        yield self._wire_button
        if self._wire_button.value:
            if wire is not self._told_wire:
                self._wire.value, self._told_wire = wire_card(wire, self.say).as_html(self.say), wire
            yield self._wire


class LaunchCards(Part):
    """A card for each launch that made an instance, or may have: the newest first.

    `place` puts their box where it stands, again with each instance that is new, and returns what it stands
    in; before the first one there is no box.
    """

    def __init__(
        self,
        owner: Guarded,
        place: Callable[[w.Box], w.Widget],
        on_another: Callable[[Launch], object] | None = None,
    ) -> None:
        super().__init__(owner)
        self._place = place
        self._on_another = on_another
        self._panels: dict[str, LaunchPanel] = {}  # by the id of the launch
        self._before: tuple[Launch, ...] = ()
        self._made: tuple[str, ...] = ()
        self._is_told = True  # whether all of it reached the page
        self._watching = False

    @cached_property
    def _box(self) -> w.Box:
        return theme.box([], "ppw-cards")

    def take_over(self, launches: Sequence[Launch]) -> None:
        """Show the launches of earlier views as well, but for what is deleted or was never made."""
        self._before = tuple(one for one in launches if _is_there(one))
        self.show(())

    def watch(self) -> None:
        """Look at what was launched before, too."""
        self._watching = True
        for one in self._panels.values():
            one.watch()

    def show(self, launches: Sequence[Launch], told: Launch | None = None) -> None:
        """Show all launches but the one whose outcome is told elsewhere, as long as it made no instance."""
        before = [one for one in self._before if one not in launches]
        due = [
            *before,
            *(one for one in launches if one.id is not None or (one is not told and one.state in UNRESOLVED)),
        ]
        if not due:
            return
        was_told, self._is_told = self._is_told, False
        for one in due:
            if one.launch_id not in self._panels:
                self._panels[one.launch_id] = panel = LaunchPanel(self, one, self._on_another)
                if self._watching or one not in before:
                    panel.watch()
        theme.fill(self._box, [self._panels[one.launch_id].box for one in reversed(due)])
        made = tuple(one.launch_id for one in launches if one.id is not None)
        if made != self._made or "_stands_in" not in vars(self):
            self._stands_in = self._place(self._box)
            self._made = made
        if not was_told:
            self.tell_again()
        self._is_told = True

    def tell_again(self) -> None:
        """Send all of it once more: a message of it was lost."""
        if "_stands_in" in vars(self):
            theme.tell_again(self._stands_in)


def _is_there(launch: Launch) -> bool:
    """Whether a launch made an instance that is not known to be gone, or may make one."""
    if launch.instance is not None:
        return not launch.instance.known.is_gone
    return launch.state in BUSY or launch.state in UNRESOLVED


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
