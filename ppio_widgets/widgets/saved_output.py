"""The second output of a view: what is left of it in a notebook that is opened without its kernel.

JupyterLab shows "model not found" in place of a dead widget, whatever stands beside the widget in
its own output. So each view has a second output with a `display_id` of its own. It is empty at
first; a worker writes the static card into it soon after, and again with each piece of news, never
with a keystroke. While the view lives, a rule within it takes its own card, and no other, off
the page.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from ppio_widgets.cards import static
from ppio_widgets.cards.html import esc
from ppio_widgets.errors import PpioError, log_fault
from ppio_widgets.instances.listing import open_board
from ppio_widgets.launches.plan import NO_FORMULAS
from ppio_widgets.runtime import forks, kernel, threads

if TYPE_CHECKING:
    import threading

    from ppio_widgets.cards.static import StaticCard
    from ppio_widgets.instances.board_session import BoardSession
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words

# By then the page shows the view, whose rule keeps the card out of sight: it is not seen to flash up.
FIRST_SECONDS = 2.0
# It may be saved as it is, and nbconvert warns of an output without any type.
NOTHING = {"text/html": ""}


class SecondOutput:
    """A static card in an output of its own; what it says is up to the subclass.

    Parameters
    ----------
    say : Words

    Attributes
    ----------
    style : str
        An element for the view's own HTML: it hides the card while the view is on the page.
    """

    def __init__(self, say: Words) -> None:
        self._say = say
        self._id = f"ppw-of-{token_hex(6)}"
        self._display_id = self._id
        self._home: tuple[str | None, int | None] | None = None
        # Two threads may have news at once: the later card has to be the last.
        self._lock = forks.rlock()
        self._places: set[tuple[str | None, int | None]] = set()
        self._written: StaticCard | None = None
        self._due = False
        self._beginning: list[threading.Event] = []
        child = f".jp-OutputArea-child:has(>.jp-OutputArea-output>.{self._id})"
        self.style = f"<style>.{self._id},{child}{{display:none}}</style>"

    def card(self) -> StaticCard | None:
        """Return what there is to say now; None for nothing yet."""
        raise NotImplementedError

    def bundle(self) -> dict[str, str]:
        """Return text and HTML for an output that holds the view itself, where nobody can click."""
        card = self.card()
        return card.bundle(self._say) if card is not None else {}

    def pointer(self) -> str:
        """Return HTML that stands beside the view where this output stands above it."""
        return f"<p class='{NO_FORMULAS}'>{esc(self._say('static.view'))}</p>"

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

    def write(self, _news: object = None) -> None:
        """Write what there is to say, once it may be seen and where there is news.

        It is called on the threads of launches and watches: whatever goes wrong here is
        logged, and keeps nothing else from being done.
        """
        if not self._due:
            return
        try:
            with self._lock:
                card = self.card()
                if card is not None and not card.says_the_same(self._written):
                    kernel.publish(self._content(card), self._display_id, update=True)
                    self._written = card
        except Exception as error:  # noqa: BLE001 - logged without its text, which may hold what was typed
            log_fault("static card", error)

    def close(self) -> None:
        """Say how it stands at the end: the view is gone, and the card is seen in its place."""
        for timer in self._beginning:
            timer.set()
        self._begin()

    def _begin_soon(self) -> None:
        if threads.HAS_THREADS:
            self._beginning.append(threads.after(FIRST_SECONDS, self._begin))
        else:
            self._begin()

    def _begin(self) -> None:
        """Write from now on, where it is shown."""
        self._due = bool(self._places)
        self.write()

    def _content(self, card: StaticCard) -> dict[str, str]:
        return card.bundle(self._say, self._id)


class LaunchOutput(SecondOutput):
    """What is left of a form, or of a line's confirmation.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    """

    def __init__(self, session: LaunchSession, say: Words) -> None:
        super().__init__(say)
        self._session = session
        self._before: tuple[Launch, ...] = ()
        self._heard: list[Launch] = []
        self._machines: list[Instance] = []
        session.observe(self._on_launch, "launch")

    def take_over(self, launches: tuple[Launch, ...]) -> None:
        """Tell of earlier launches as well: the output that told of them is cleared."""
        self._before = launches
        for launch in launches:
            self._hear(launch)

    def card(self) -> StaticCard:
        """Return the card of what was launched last, or else of the draft."""
        session, say = self._session, self._say
        known = (*self._before, *session.launches)
        launch = session.launch or (known[-1] if known else self._given_up())
        if launch is None:
            return static.of_draft(session.plan, say, session.timer)
        return static.of_launch(launch, say, known, session.timer)

    def write(self, _news: object = None) -> None:
        """Write what there is to say, and follow the instance that was launched last."""
        launch = self._session.launch
        if launch is not None:
            self._follow(launch)
        super().write()

    def close(self) -> None:
        """Follow the machines no longer; a launch in flight still writes its outcome."""
        super().close()
        for machine in self._machines:
            machine.unsubscribe(self.write)

    def _given_up(self) -> Launch | None:
        """Return the launch whose confirmation was given up, where there is nothing else to tell of."""
        return self._heard[-1] if self._heard else None

    def _hear(self, launch: Launch) -> None:
        if launch not in self._heard:
            self._heard.append(launch)
            launch.subscribe(self.write)

    def _follow(self, launch: Launch) -> None:
        machine = launch.instance
        if machine is not None and machine not in self._machines and not self._session.closed:
            self._machines.append(machine)
            machine.subscribe(self.write)

    def _on_launch(self, change: Any) -> None:
        if change.new is not None:
            self._hear(change.new)
            # Who asks for a launch sees the view, whether or not a script could tell of it.
            self.stay()
        self.write()


class FormOutput(LaunchOutput):
    """What is left of a form: where a confirmation was given up, that is the form itself."""

    def _given_up(self) -> Launch | None:
        return None


class OneLaunchOutput(SecondOutput):
    """What is left of the card of a launch.

    Parameters
    ----------
    launch : Launch
    say : Words
    """

    def __init__(self, launch: Launch, say: Words) -> None:
        super().__init__(say)
        self._launch = launch
        self._machine: Instance | None = None
        launch.subscribe(self.write)

    def card(self) -> StaticCard:
        """Return the launch as it stands."""
        return static.of_launch(self._launch, self._say)

    def write(self, _news: object = None) -> None:
        """Write what there is to say, and follow the instance as soon as there is one."""
        machine = self._launch.instance
        if machine is not None and self._machine is None and self._places:
            self._machine = machine
            machine.subscribe(self.write)
        super().write()

    def close(self) -> None:
        """Follow the instance no longer; a launch in flight still writes its outcome."""
        super().close()
        if self._machine is not None:
            self._machine.unsubscribe(self.write)


class InstanceOutput(SecondOutput):
    """What is left of an instance's card.

    Parameters
    ----------
    instance : Instance
    say : Words
    """

    def __init__(self, instance: Instance, say: Words) -> None:
        super().__init__(say)
        self._instance = instance
        self._follows = False

    def card(self) -> StaticCard:
        """Return the instance as it was last seen."""
        return static.of_instance(self._instance, self._say)

    def _begin_soon(self) -> None:
        """Follow the instance from then on."""
        if not self._follows:
            self._follows = True
            self._instance.subscribe(self.write)
        super()._begin_soon()

    def close(self) -> None:
        """Follow the instance no longer."""
        super().close()
        self._instance.unsubscribe(self.write)


class BoardOutput(SecondOutput):
    """What is left of a board.

    Parameters
    ----------
    session : BoardSession
    say : Words
    """

    def __init__(self, session: BoardSession, say: Words) -> None:
        super().__init__(say)
        self._session = session
        session.observe(self.write, ["board", "missed"])

    def card(self) -> StaticCard | None:
        """Return the instances as they were last listed; None before that."""
        session = self._session
        missed = None if session.loaded else session.missed
        if not session.loaded and missed is None:
            return None
        return static.of_board(session.board, self._say, missed, practice=session.client.is_practice)

    def bundle(self) -> dict[str, str]:
        """Return text and HTML; where nothing was listed yet, that is done now."""
        card = self.card()
        if card is None:
            client, missed = self._session.client, None
            board = self._session.board
            try:
                board = open_board(client)
            except PpioError as error:
                missed = error.with_traceback(None)
            card = static.of_board(board, self._say, missed, practice=client.is_practice)
        return card.bundle(self._say)
