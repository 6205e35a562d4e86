"""From the button to the instance: Launch, the confirmation, the status line."""

from __future__ import annotations

from functools import cached_property, partial
from math import ceil
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.body import panel, preview
from ppio_widgets.cards.html import esc, html
from ppio_widgets.errors import ApiError, LaunchRefused
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.sentences import launch_sentence
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import BUSY, UNRESOLVED, LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.request.draft import DEFAULTS, merged
from ppio_widgets.request.price_text import changes
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words
from ppio_widgets.secrets.redaction import input_error
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.instance_card import LaunchCards
from ppio_widgets.widgets.question import Question
from ppio_widgets.widgets.saved_output import LaunchOutput
from ppio_widgets.widgets.view import Part, View, earlier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.errors import ConsentNeeded
    from ppio_widgets.launches.claim import Again
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.request.advice import Advice
    from ppio_widgets.widgets.view import Guarded

_BAD = "<span class=ppw-bad>{}</span>"
_BOLD = "<b>{}</b>"


class Launches(tuple["Launch", ...]):
    """Launches in their order; where one is asked for that is not there, it says what to do."""

    __slots__ = ()

    @overload
    def __getitem__(self, which: SupportsIndex) -> Launch: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Launch, ...]: ...
    def __getitem__(self, which: SupportsIndex | slice) -> Launch | tuple[Launch, ...]:
        """Return one, or some."""
        try:
            return super().__getitem__(which)
        except IndexError:
            raise input_error("form_no_launch") from None


class LaunchControls(Part):
    """The buttons and what became of them; built when first needed.

    What was launched stands on `cards`; what made no instance is told here. `on_attempt` is called when
    Launch was pressed while something still blocks. Without it there is no Launch button: a line's plan has
    only the confirmation.
    """

    def __init__(
        self, owner: Guarded, cards: LaunchCards, *, on_attempt: Callable[[], None] | None = None
    ) -> None:
        super().__init__(owner)
        self.cards = cards
        self._on_attempt = on_attempt
        self._waits: dict[str, float] = {}  # by the id of a launch, until when the server asked to wait
        self._declared = ""  # the name of which it is asked whether there is no instance of it
        self._launch: w.Button | None = None
        self._priced: tuple[object, ...] = ()
        self._untold = False  # whether something was to be shown, and did not reach the page
        if on_attempt is not None:
            classes = ("ppw-launch", "ppw-ask")
            words = self._launch_words()
            self._launch = self._button(words, self._on_launch, *classes, button_style="primary")
        self.box = theme.box([self._launch] if self._launch else [], "ppw-actions")
        self._hear(self.session, partial(self._on_sight, anew=True), "status")
        self._hear(self.session, self._on_sight, "sight")
        self._hear(self.session, self._tell_question, "snapshot", "since", "loading")
        self._hear(self.session, self._on_repriced, "repriced")
        self._hear(self.session, self._catch_up, "draft")
        self._hear(self.session, self._price, "report", "snapshot")
        self._arrange()

    @cached_property
    def _status(self) -> w.HTML:
        return theme.html("", "ppw-status")

    @cached_property
    def _question(self) -> Question:
        return Question(self, on_yes=self._confirm, on_cancel=self._cancel, style="primary")

    @cached_property
    def _absence(self) -> Question:
        return Question(self, on_yes=self._declare_absent, on_cancel=self._close_absence)

    @cached_property
    def _look(self) -> w.Button:
        return self._button(self.say("launch.look"), self.session.launch.look_soon, "ppw-look")

    @cached_property
    def _name(self) -> w.Text:
        return theme.control(w.Text, "ppw-absent", description=self.say("launch.absent_name"))

    @cached_property
    def _absent(self) -> w.Button:
        return self._button(self.say("launch.absent_button"), self._on_absent, "ppw-say-absent", "ppw-ask")

    def _price(self) -> None:
        """Say on the button what a launch costs."""
        if self._launch is not None and self._priced != self.session.money:
            self._launch.description = self._launch_words()

    def _launch_words(self) -> str:
        """Return what stands on Launch: the price, or what is to be chosen first."""
        say, session = self.say, self.session
        self._priced = session.money
        figures = session.plan.figures(say)
        if figures.amount != "–":
            an_hour = say("figures.an_hour") if figures.is_hourly else ""
            return say("launch.priced", price=f"{figures.amount}{an_hour}")
        return say("launch.button") if "product_id" in session.report.body else figures.unit

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed; what was typed stays."""
        self._untold = True
        self._show_status(html("<p class=ppw-bad>{}</p>", self.say("form.fault", kind=kind)))
        self._arrange()

    def ask_anew(self) -> None:
        """Begin the time to read an open confirmation: only now is it on the screen."""
        if self.session.status is LaunchState.ARMED:
            self._tell_question()
            self._question.begin()

    def _on_launch(self) -> None:
        if not self.session.arm() and self.session.blocked and self._on_attempt:
            self._on_attempt()
        self._catch_up()

    def _confirm(self) -> None:
        if self.session.confirm() is None:
            self._tell_question()  # with what blocks it by now
        self._catch_up()

    def _cancel(self) -> None:
        self.session.disarm()
        if self._launch is None:
            self._show_status(html("<p>{}</p>", self.say("line.cancelled")))
            self._arrange()

    def _on_absent(self) -> None:
        say, name = self.say, self._name.value
        if self._is_refused(self.session.launch.check_absent, name):
            return
        self._declared = name
        question = esc(say("launch.absent_ask", name=name.strip()))
        self._absence.ask(say("launch.absent_sure"), [question], yes_on_left=True)
        self._arrange()

    def _declare_absent(self) -> None:
        name = self._declared
        self._close_absence()
        self._is_refused(self.session.launch.declare_absent, name)

    def _close_absence(self) -> None:
        self._declared = ""
        self._arrange()

    def _is_refused(self, declare: Callable[[str], object], name: str) -> bool:
        try:
            declare(name)
        except LaunchRefused as error:
            self._show_status(self._outcome() + html("<p class=ppw-bad>{}</p>", error.sentence(self.say)))
            return True
        return False

    def _on_sight(self, *, anew: bool = False) -> None:
        if self._untold:
            theme.tell_again(self.box)
            self.cards.tell_again()
        self._untold = False
        if anew and self.session.status not in UNRESOLVED:
            self._declared = ""
        self._tell(anew=anew)

    def _catch_up(self) -> None:
        """Show what did not reach the page when it was news: whoever types or clicks can be told."""
        if self._untold:
            self._on_sight(anew=True)

    def _tell(self, *, anew: bool) -> None:
        """Show where the launch stands; a question that is asked anew has to be read again."""
        told = self._told()
        self.cards.show(self.session.launches, told)
        if told is not None or self.session.launches:
            self._show_status(self._outcome())
        self._tell_question(anew=anew)
        self._arrange()

    def _on_repriced(self) -> None:
        """Ask anew: what was read before is another price."""
        if self.session.repriced is not None:
            self._tell_question(anew=True)

    def _arrange(self) -> None:
        status = self.session.status
        children: list[Any] = [vars(self).get("_status")]
        if status is LaunchState.ARMED:
            children.append(self._question.box)
        elif self._declared:
            children.append(self._absence.box)
        elif status in UNRESOLVED and status not in BUSY:
            children += [self._look, self._launch, self._name, self._absent]
        elif status not in BUSY:
            children.append(self._launch)
        if self._launch is not None:  # while one may be running, another is not the thing to do
            self._launch.button_style = "" if status in UNRESOLVED else "primary"
        theme.fill(self.box, children)

    def _tell_question(self, *, anew: bool = False) -> None:
        """Say in an open confirmation all that is known by now; asked anew, it has to be read again."""
        if self.session.status is not LaunchState.ARMED:
            return
        if anew:
            doubt = self._doubt
            yes = self.say(f"launch.yes_{doubt.kind}" if doubt else "launch.confirm")
            # The second time the Yes before it stood on the right.
            self._question.ask(yes, self._lines(), yes_on_left=doubt is not None)
        else:
            self._question.tell(self._lines())

    @property
    def _doubt(self) -> ConsentNeeded | None:
        launch = self.session.launch
        return launch.doubt if launch is not None else None

    def _lines(self) -> Iterator[Markup]:
        """Yield the question and what it means."""
        say, session, doubt = self.say, self.session, self._doubt
        asked = session.launch.plan if session.launch is not None else session.plan
        if doubt is not None:
            yield html(_BAD, doubt.fact(say))
            yield esc(doubt.scope(say))
        question = asked.question(say)
        yield html(_BOLD, question.headline)
        if doubt is None and session.has_launched:
            yield esc(say("launch.again"))
        for text in self._news_of_the_price():
            yield html(_BAD, text)
        for text in (*session.plan.named_doubts(say), session.plan.taken(say)):
            if text:
                yield html(_BOLD, text)
        # What it costs is said as it is known by now, the rest as it was asked.
        now = question if session.blocked else session.plan.question(say)
        yield from map(esc, now.lines)
        for text in now.warnings:
            yield html("<span class=ppw-warn>{}</span>", text)
        yield from self._beside()

    def _beside(self) -> Iterator[Markup]:
        """Yield what is to be known beside the question."""
        say, session = self.say, self.session
        if session.target.practice:
            yield esc(say("launch.unbilled"))
        # What came to be known since the question was opened: it is not sent like this.
        for text in session.blockers(say):
            yield html(_BAD, text)
        for one in session.agreed if self._doubt is not None else ():
            yield esc(say("launch.agreed", fact=one.fact(say)))
        if session.since is not None:
            yield html("<span class=ppw-quiet>{}</span>", session.since.line(say))
        if session.timer:
            yield esc(session.timer.sentence(say))

    def _show_status(self, text: Markup) -> None:
        # With nothing to make room for, what is on the page stays where it is.
        if text or "_status" in vars(self):
            self._status.value = text

    def _told(self) -> Launch | None:
        """Return the launch whose outcome is told: the last one, unless its confirmation is open."""
        launch = self.session.launch
        if self.session.status is not LaunchState.ARMED:
            return launch
        return next((one for one in reversed(self.session.launches) if one is not launch), None)

    def _news_of_the_price(self) -> list[str]:
        """Return that an old price is asked for again, or the old one and the new one."""
        session, say = self.session, self.say
        if session.pricing:
            return [say("launch.pricing")]
        if session.repriced is None:
            return []
        return changes(session.repriced.before, session.offer, session.report.body, say)

    def _outcome(self) -> Markup:
        """Return what became of the last launch; nothing where that stands on its card."""
        launch = self._told()
        if launch is None or launch.state is LaunchState.SUCCEEDED:
            return Markup()
        text = launch_sentence(launch, self.say)
        if launch.state in BUSY or launch.state is LaunchState.RECONCILING:
            label = self.say("launch.progress")
            return html("<p>{}</p><progress aria-label='{}'></progress>", text, label)
        told = html("<p class=ppw-bad>{}</p>", text)
        if launch.state is LaunchState.REJECTED:
            return told + self._countdown(launch)
        return theme.stylesheet("launch_controls.css") + told if launch.state in UNRESOLVED else told

    def _countdown(self, launch: Launch) -> Markup:
        """Return a countdown, where the server asked to wait; nothing is sent at its end.

        Where no script counts, its end stands there.
        """
        error = launch.error
        if not isinstance(error, ApiError) or not error.retry_after:
            return Markup()
        end = self._waits.setdefault(launch.launch_id, threads.now() + error.retry_after)
        full_minute = moment_words(60.0 * ceil(end / 60), threads.now())
        return html(
            "<p role=timer data-left={} data-done='{}'>{}</p>{}",
            *(round(error.retry_after), self.say("retry.now"), self.say("retry.from", moment=full_minute)),
            theme.script("countdown.js"),
        )


class LaunchView(View):
    """What a form and a line's confirmation have in common: a launch session and its controls.

    `launches` is every
    launch that was sent from here, by mouse or by call, in their order; first those of the views that
    this one replaces, whose cards stay in sight however often the cell runs.
    """

    def __init__(
        self,
        controls: LaunchControls,
        remains: LaunchOutput,
        children: Sequence[w.Widget],
        parts: Sequence[Part] = (),
        top: str = "",
    ) -> None:
        self._controls = controls
        self._begun_with = self._said
        replaced = [view for view in earlier() if isinstance(view, LaunchView)]
        self._typed_before = next((one for view in replaced if (one := view.typed_in) is not None), None)
        self._launched_before = tuple(dict.fromkeys(one for view in replaced for one in view.launches))
        remains.take_over(self._launched_before)
        controls.cards.take_over(self._launched_before)
        super().__init__(remains, [*self._notices(), *children], [controls, *parts], top)

    @property
    def busy(self) -> bool:
        """Whether a request is on its way: then a new view must not close it."""
        return self.session.status in BUSY

    @property
    def typed_in(self) -> LaunchView | None:
        """The view in which a person typed: this one, or one before it whose text was not restored."""
        return self if self._said != self._begun_with else self._typed_before

    @property
    def _said(self) -> tuple[object, ...]:
        """What a person may change before a launch."""
        session = self.session
        return session.own, session.ceiling, session.timer, tuple(session.unreadable)

    @property
    def typed_before(self) -> Mapping[str, Any] | None:
        """What was typed before here and not restored; from another cloud without what was proposed there."""
        if self._typed_before is None:
            return None
        session = self._typed_before.session
        return session.draft if session.target == self.session.target else merged(DEFAULTS, session.own)

    @property
    def launches(self) -> Launches:
        """Every launch that was sent from the views before, then from this one."""
        return Launches((*self._launched_before, *self.session.launches))

    def show_fault(self, kind: str) -> None:
        """Say in the status line that something of ours failed."""
        self._controls.show_fault(kind)

    def appear(self) -> None:
        """Look at what was launched before, and load what there is to choose from, with its price."""
        self._controls.cards.watch()
        self.session.load()

    def _notices(self) -> list[w.Widget]:
        """Return what stands above the cards of earlier launches."""
        return []


def _put(above: w.Box, cards: w.Box) -> w.Box:
    theme.fill(above, [cards])
    return above


class ConfirmCard(LaunchView):
    """Shows what a line would send, and sends it when confirmed: a form without its fields.

    `launch` waits for its confirmation; `notes` say what is worth knowing of the line itself, and
    `preset` names the preset that the draft began with.
    """

    def __init__(  # noqa: PLR0913 - all that a line can say beside its body
        self,
        draft: Mapping[str, Any],
        client: PpioClient,
        *,
        again: Again = False,
        ceiling: Decimal | None = None,
        timer: Timer | None = None,
        preset: str = "",
        notes: tuple[Advice, ...] = (),
        language: str | None = None,
    ) -> None:
        self.say = words(language)
        self.session = LaunchSession(client, draft, again=again, notes=notes)
        self.session.limit(ceiling)
        self.session.stop_by(timer or Timer())
        self.session.preset = preset
        remains = LaunchOutput(self.session, self.say)
        above = theme.box([])
        controls = LaunchControls(self, LaunchCards(self, partial(_put, above)))
        self.launch = self.session.begin()
        head = esc(self.say("card.head", cloud=self.session.target.words(self.say)))
        body = preview(self.session.plan.shown_body, self.say)
        shown = Markup(panel(head, body))  # noqa: S704 - escaped there
        super().__init__(controls, remains, [above, theme.html(shown, "ppw-readout"), controls.box])

    def __repr__(self) -> str:
        return launch_sentence(self.launch, self.say)

    def appear(self) -> None:
        """Begin the time to read as well."""
        with self.session.lock:
            self._controls.ask_anew()
        super().appear()
