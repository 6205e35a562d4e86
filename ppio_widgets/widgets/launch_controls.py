"""From the button to the instance: Launch, the confirmation, the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.body import panel, preview
from ppio_widgets.cards.html import esc
from ppio_widgets.errors import ApiError, LaunchRefused
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.sentences import earlier_sentence, launch_asides, launch_sentence
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import BUSY, UNRESOLVED, LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.request.price_text import changes
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.instance_card import InstancePanel, LaunchPanel
from ppio_widgets.widgets.question import Question
from ppio_widgets.widgets.saved_output import LaunchOutput
from ppio_widgets.widgets.view import Part, View, earlier, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    import ipywidgets as w

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.launches.claim import Again
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.request.advice import Advice
    from ppio_widgets.widgets.view import Guarded


class LaunchControls(Part):
    """The buttons and what became of them; built when first needed.

    `on_attempt` is called when Launch was pressed while something still blocks. Without it there
    is no Launch button: a line's plan has only the confirmation.
    """

    def __init__(self, owner: Guarded, *, on_attempt: Callable[[], None] | None = None) -> None:
        super().__init__(owner)
        self._on_attempt = on_attempt
        self._status: w.HTML | None = None
        self._question: Question | None = None
        self._look: w.Button | None = None
        self._name: w.Text | None = None
        self._absent: w.Button | None = None
        self._absence: Question | None = None
        self._declared = ""
        self._launch: w.Button | None = None
        self._machine: InstancePanel | None = None
        self._untold = False  # whether something was to be shown, and did not reach the page
        if on_attempt is not None:
            self._launch = theme.button(
                self.say("launch.button"), "ppw-launch", "ppw-ask", button_style="primary"
            )
            self._launch.on_click(self._on_launch)
        self.box = theme.box([self._launch] if self._launch else [], "ppw-actions")
        self.session.observe(self._on_session, ["status", "sight"])
        self.session.observe(self._on_more, ["snapshot", "since", "pricing"])
        self.session.observe(self._on_repriced, "repriced")
        self.session.observe(self._on_draft, "draft")
        self._arrange()

    def tell_fault(self, kind: str) -> None:
        """Say that something of ours failed; what was typed stays."""
        self._untold = True
        self._show_status(f"<p class=ppw-bad>{esc(self.say('form.fault', kind=kind))}</p>")
        self._arrange()

    def ask_anew(self) -> None:
        """Begin the time to read an open confirmation: only now is it on the screen."""
        if self.session.status is LaunchState.ARMED and self._question is not None:
            self._ask()
            self._question.begin()

    @guarded
    def _on_launch(self, _button: Any) -> None:
        if not self.session.arm() and self.session.blocked and self._on_attempt:
            self._on_attempt()
        self._catch_up()

    def _confirm(self) -> None:
        if self.session.confirm() is None and self.session.status is LaunchState.ARMED:
            self._ask()  # with what blocks it by now
        self._catch_up()

    def _cancel(self) -> None:
        self.session.disarm()
        if self._launch is None:
            self._show_status(f"<p>{esc(self.say('line.cancelled'))}</p>")
            self._arrange()

    @guarded
    def _on_look(self, _button: Any) -> None:
        if self.session.launch is not None:
            self.session.launch.look_soon()

    @guarded
    def _on_absent(self, _button: Any) -> None:
        if self.session.launch is None or self._name is None:
            return
        name, say = self._name.value, self.say
        try:
            self.session.launch.check_absent(name)
        except LaunchRefused as error:
            self._refuse_absent(error)
            return
        if self._absence is None:
            self._absence = Question(self, on_yes=self._declare_absent, on_cancel=self._keep_unknown)
        self._declared = name
        self._absence.ask(
            say("launch.absent_sure"), [esc(say("launch.absent_ask", name=name.strip()))], yes_on_left=True
        )
        self._arrange()

    def _declare_absent(self) -> None:
        name, self._declared = self._declared, ""
        self._arrange()
        try:
            if self.session.launch is not None:
                self.session.launch.declare_absent(name)
        except LaunchRefused as error:
            self._refuse_absent(error)

    def _keep_unknown(self) -> None:
        self._declared = ""
        self._arrange()

    def _refuse_absent(self, error: LaunchRefused) -> None:
        self._show_status(self._outcome() + f"<p class=ppw-bad>{esc(error.sentence(self.say))}</p>")

    @guarded
    def _on_session(self, change: Any) -> None:
        untold, self._untold = self._untold, False
        if untold:
            theme.tell_again(self.box)
        if change.name == "status" and change.new not in UNRESOLVED:
            self._declared = ""
        self._tell(anew=change.name == "status")

    @guarded
    def _on_draft(self, _change: Any) -> None:
        self._catch_up()

    def _catch_up(self) -> None:
        """Show what did not reach the page when it was news: whoever types or clicks can be told."""
        if self._untold:
            self._untold = False
            theme.tell_again(self.box)
            self._tell(anew=True)

    def _tell(self, *, anew: bool) -> None:
        """Show where the launch stands; a question that is asked anew has to be read again."""
        earlier = self._take_machine()
        if self._told() is not None or self.session.launches:
            self._show_status(self._outcome())
        if self.session.status is LaunchState.ARMED:
            self._ask(anew=anew)
        self._arrange()
        if earlier is not None:
            earlier.close()

    @guarded
    def _on_more(self, _change: Any) -> None:
        """Say in an open confirmation what came to be known meanwhile."""
        if self.session.status is LaunchState.ARMED:
            self._ask()

    @guarded
    def _on_repriced(self, change: Any) -> None:
        """Ask anew: what was read before is another price."""
        if change.new is not None and self.session.status is LaunchState.ARMED:
            self._ask(anew=True)

    def _arrange(self) -> None:
        status = self.session.status
        children: list[Any] = [self._status, self._machine.box if self._machine else None]
        if not self._has_card(self._told()):  # the card is of an earlier launch, and so is above
            children.reverse()
        if status is LaunchState.ARMED and self._question is not None:
            children += [self._question.box]
        elif self._declared and self._absence is not None:
            children += [self._absence.box]
        elif status in UNRESOLVED and status not in BUSY:
            self._build_search()
            children += [self._look, self._launch, self._name, self._absent]
        elif status not in BUSY:
            children += [self._launch]
        if self._launch is not None:  # while one may be running, another is not the thing to do
            self._launch.button_style = "" if status in UNRESOLVED else "primary"
        shown = [child for child in children if child is not None]
        if tuple(shown) != tuple(self.box.children):
            self.box.children = shown

    def _take_machine(self) -> InstancePanel | None:
        """Build the card of what was launched; returns the earlier one, whose id stays in sight."""
        machine = self.session.launch.instance if self.session.launch is not None else None
        earlier = self._machine
        if machine is None or (earlier is not None and earlier.session.instance is machine):
            return None
        self._machine = InstancePanel(self, InstanceSession(machine))
        self._machine.session.watch()
        return earlier

    def _build_search(self) -> None:
        """Build what settles a launch whose answer was lost: look now, or say that one looked."""
        if self._look is None:
            say = self.say
            self._look = theme.button(say("launch.look"), "ppw-look")
            self._look.on_click(self._on_look)
            self._name = theme.text(description=say("launch.absent_name"), _dom_classes=["ppw-absent"])
            self._absent = theme.button(say("launch.absent_button"), "ppw-say-absent", "ppw-ask")
            self._absent.on_click(self._on_absent)

    def _ask(self, *, anew: bool = False) -> None:
        """Show the open confirmation; asked anew, it has to be read again."""
        say = self.say
        if self._question is None:
            self._question = Question(self, on_yes=self._confirm, on_cancel=self._cancel, style="primary")
        launch = self.session.launch
        doubt = launch.doubt if launch is not None else None
        parts = (launch.plan if launch is not None else self.session.plan).question(say)
        bold = {key: f"<b>{esc(text)}</b>" for key, text in parts.items()}
        costs = [esc(text) for text in self.session.plan.costs(say)]
        costs += [esc(say("launch.unbilled"))] if self.session.target.practice else []
        taken = self.session.plan.taken(say)
        from_kernel = [f"<b>{esc(taken)}</b>"] if taken else []
        doubts = [f"<b>{esc(text)}</b>" for text in self.session.plan.named_doubts(say)]
        lines = [say("launch.question", **bold), *doubts, *from_kernel, *costs]
        # What came to be known since the question was opened: it is not sent like this.
        lines += [f"<span class=ppw-bad>{esc(one)}</span>" for one in self.session.blockers(say)]
        lines[1:1] = [f"<span class=ppw-bad>{esc(one)}</span>" for one in self._news_of_the_price()]
        if doubt is not None:
            lines.insert(0, f"<span class=ppw-bad>{esc(doubt.fact(say))}</span>")
            lines.insert(1, esc(doubt.scope(say)))
            lines += [esc(say("launch.agreed", fact=one.fact(say))) for one in self.session.agreed]
        elif self.session.has_launched:
            lines.insert(1, esc(say("launch.again")))
        if self.session.since is not None:
            lines += [f"<span class=ppw-quiet>{esc(one)}</span>" for one in self.session.since.sentences(say)]
        if self.session.timer:
            lines.append(esc(self.session.timer.sentence(say)))
        if anew:
            # The second time the Yes before it stood on the right.
            yes = say(f"launch.yes_{doubt.kind}" if doubt else "launch.confirm")
            self._question.ask(yes, lines, yes_on_left=doubt is not None)
        else:
            self._question.tell(lines)

    def _show_status(self, html: str) -> None:
        if self._status is None:
            if not html:
                return  # nothing to make room for: what is on the page stays where it is
            self._status = theme.html("", "ppw-status")
        self._status.value = f"<div role=status>{html}</div>" if html else ""

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

    def _has_card(self, launch: Launch | None) -> bool:
        shown = self._machine.session.instance if self._machine is not None else None
        return launch is not None and shown is not None and launch.instance is shown

    def _outcome(self) -> str:
        """Return what became of each launch, in their order, the one that is told last."""
        launch = self._told()
        if launch is None:
            return ""
        earlier = self._earlier(launch)
        if launch.state is LaunchState.SUCCEEDED:  # where it stands is on its card
            return earlier + "".join(f"<p>{esc(text)}</p>" for text in launch_asides(launch, self.say))
        text = esc(launch_sentence(launch, self.say))
        if launch.state in BUSY or launch.state is LaunchState.RECONCILING:
            label = esc(self.say("launch.progress"))
            return f"{earlier}<p>{text}</p><progress aria-label='{label}'></progress>"
        if launch.state is LaunchState.REJECTED:
            return f"{earlier}<p class=ppw-bad>{text}</p>{self._countdown(launch)}"
        style = theme.stylesheet("launch_controls.css") if launch.state in UNRESOLVED else ""
        return f"{style}{earlier}<p class=ppw-bad>{text}</p>"

    def _earlier(self, told: Launch) -> str:
        """Keep earlier launches in sight that made an instance, or may have: it may be billed."""
        lines = []
        for one in self.session.launches:
            if one is told or one is self.session.launch:
                continue
            if one.id is not None:
                lines.append(f"<p class=ppw-quiet>{esc(earlier_sentence(one, self.say))}</p>")
            elif one.state in UNRESOLVED:
                lines.append(f"<p class=ppw-bad>{esc(launch_sentence(one, self.say))}</p>")
        return "".join(lines)

    def _countdown(self, launch: Launch) -> str:
        """Return a countdown, where the server asked to wait; nothing is sent at its end."""
        error = launch.error
        if not isinstance(error, ApiError) or not error.retry_after:
            return ""
        done = esc(self.say("retry.now"))
        return (
            f"<p role=timer aria-live=off data-left={round(error.retry_after)} data-done='{done}'></p>"
            f"{theme.script('countdown.js')}"
        )


class LaunchView(View):
    """What a form and a line's confirmation have in common: a launch session and its controls.

    `typed_before` is what a person had typed in the view that this one replaces. `launches` is every
    launch that was sent from here, by mouse or by call, in their order; first those of the views that
    this one replaces, whose cards stay in sight however often the cell runs.
    """

    def __init__(
        self,
        controls: LaunchControls,
        remains: LaunchOutput,
        children: Sequence[w.Widget],
        classes: Sequence[str],
        parts: Sequence[Part] = (),
    ) -> None:
        self._controls = controls
        self._begun_with = self.session.report.body
        replaced = earlier()
        self.typed_before = next((view.typed for view in replaced if view.typed is not None), None)
        self._launched_before = tuple(dict.fromkeys(one for view in replaced for one in view.launches))
        remains.take_over(self._launched_before)
        self._before = [LaunchPanel(self, launch) for launch in self._launched_before]
        notices = [*self._notices(), *(one.box for one in self._before)]
        shown = [*children[:1], *notices, *children[1:]]
        super().__init__(remains, shown, classes, [controls, *self._before, *parts])

    @property
    def busy(self) -> bool:
        """Whether a request is on its way: then a new view must not close it."""
        return self.session.status in BUSY

    @property
    def typed(self) -> Mapping[str, Any] | None:
        """What a person typed here, or before here and did not restore."""
        changed = self.session.report.body != self._begun_with
        return self.session.draft if changed else self.typed_before

    @property
    def launches(self) -> tuple[Launch, ...]:
        """Every launch that was sent from the views before, then from this one."""
        return (*self._launched_before, *self.session.launches)

    def show_fault(self, kind: str) -> None:
        """Say in the status line that something of ours failed."""
        self._controls.tell_fault(kind)

    def appear(self) -> None:
        """Look at what was launched before, and load what there is to choose from, with its price."""
        for one in self._before:
            one.watch()
        self.session.load()

    def _notices(self) -> list[w.Widget]:
        """Return what stands above the cards of earlier launches."""
        return []


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
        controls = LaunchControls(self)
        self.launch = self.session.begin()
        head = esc(self.say("card.head", cloud=self.session.target.words(self.say)))
        body = panel(head, preview(self.session.report.body, self.say))
        shown = theme.html(f"{remains.style}{theme.stylesheet()}{theme.script()}{body}", "ppw-readout")
        super().__init__(controls, remains, [shown, controls.box], ["ppw-card"])

    def __repr__(self) -> str:
        return launch_sentence(self.launch, self.say)

    def appear(self) -> None:
        """Begin the time to read as well."""
        with self.session.lock:
            self._controls.ask_anew()
        super().appear()
