"""From the button to the machine: Launch, the confirmation, the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import ApiError, LaunchRefused
from ppio_widgets.form import theme
from ppio_widgets.form.guard import guarded
from ppio_widgets.form.html import esc
from ppio_widgets.form.machine import MachinePanel
from ppio_widgets.form.preview import taken
from ppio_widgets.launcher.machine_session import MachineSession
from ppio_widgets.launcher.states import BUSY, UNRESOLVED, LaunchState
from ppio_widgets.launcher.wording import launch_asides
from ppio_widgets.request.envref import reference_names

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.launcher.launch import Launch
    from ppio_widgets.launcher.session import LaunchSession
    from ppio_widgets.locale import Words


class LaunchControls:
    """The buttons and what became of them; built when first needed.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    on_attempt : callable, optional
        Called when Launch was pressed while something still blocks. Without it there
        is no Launch button: a line's plan has only the confirmation.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self, session: LaunchSession, say: Words, *, on_attempt: Callable[[], None] | None = None
    ) -> None:
        self.session = session
        self._say = say
        self._on_attempt = on_attempt
        self._status: w.HTML | None = None
        self._question: w.HTML | None = None
        self._confirm: w.Button | None = None
        self._cancel: w.Button | None = None
        self._look: w.Button | None = None
        self._name: w.Text | None = None
        self._absent: w.Button | None = None
        self._launch: w.Button | None = None
        self._machine: MachinePanel | None = None
        self._untold = False  # whether something was to be shown, and did not reach the page
        if on_attempt is not None:
            self._launch = theme.button(say("launch.button"), "ppw-launch", button_style="primary")
            self._launch.on_click(self._on_launch)
        self.box = theme.box([self._launch] if self._launch else [], "ppw-actions")
        session.observe(self._on_session, ["status", "sight"])
        session.observe(self._on_more, ["shelf", "since"])
        session.observe(self._on_draft, "draft")
        self._arrange()

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed; what was typed stays."""
        self._untold = True
        self._show_status(f"<p class=ppw-bad>{esc(self._say('form.fault', kind=kind))}</p>")
        self._arrange()

    def close(self) -> None:
        """Close the controls that are out of sight as well."""
        built = (self._launch, self._status, self._question, self._confirm, self._cancel)
        for widget in (*built, self._look, self._name, self._absent, self._machine):
            if widget is not None:
                widget.close()

    @guarded
    def _on_launch(self, _button: Any) -> None:
        if not self.session.arm() and self.session.report.request is None and self._on_attempt:
            self._on_attempt()
        self._catch_up()

    @guarded
    def _on_confirm(self, _button: Any) -> None:
        refusal = ""
        try:
            self.session.confirm()
        except LaunchRefused as error:  # above the price ceiling: the question stays
            refusal = error.sentence(self._say)
        self._catch_up()
        if refusal:
            self._show_status(f"<p class=ppw-bad>{esc(refusal)}</p>")
            self._arrange()

    @guarded
    def _on_cancel(self, _button: Any) -> None:
        self.session.disarm()
        if self._launch is None:
            self._show_status(f"<p>{esc(self._say('line.cancelled'))}</p>")
            self._arrange()

    @guarded
    def _on_look(self, _button: Any) -> None:
        if self.session.launch is not None:
            self.session.launch.look_soon()

    @guarded
    def _on_absent(self, _button: Any) -> None:
        launch = self.session.launch
        if launch is None or self._name is None:
            return
        refusal = ""
        try:
            launch.declare_absent(self._name.value)
        except LaunchRefused as error:
            refusal = error.sentence(self._say)
        if refusal:
            self._show_status(self._outcome() + f"<p class=ppw-bad>{esc(refusal)}</p>")

    @guarded
    def _on_session(self, _change: Any) -> None:
        untold, self._untold = self._untold, False
        if untold:
            theme.tell_again(self.box)
        self._tell()

    @guarded
    def _on_draft(self, _change: Any) -> None:
        self._catch_up()

    def _catch_up(self) -> None:
        """Show what did not reach the page when it was news: whoever types or clicks can be told."""
        if self._untold:
            self._on_session(None)

    def _tell(self) -> None:
        """Show where the launch stands."""
        if self.session.status is LaunchState.ARMED:
            self._show_question()
            if self._status is not None and self.session.launch in self.session.launches:
                self._show_status(self._earlier(self.session.launch))  # it was checked, and is asked anew
        elif self.session.launch is not None:
            earlier = self._take_machine()
            self._show_status(self._outcome())
            self._arrange()
            if earlier is not None:
                earlier.close()
        self._arrange()

    @guarded
    def _on_more(self, _change: Any) -> None:
        """Say in an open confirmation what came to be known meanwhile."""
        if self.session.status is LaunchState.ARMED:
            self._show_question()

    def _arrange(self) -> None:
        status = self.session.status
        children: list[Any] = [self._status, self._machine.box if self._machine else None]
        if status is LaunchState.ARMED:
            children += [self._question, self._confirm, self._cancel]
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

    def _take_machine(self) -> MachinePanel | None:
        """Build the card of what was launched; returns the earlier one, whose id stays in sight."""
        machine = self.session.launch.machine() if self.session.launch is not None else None
        earlier = self._machine
        if machine is None or (earlier is not None and earlier.session.instance is machine):
            return None
        self._machine = MachinePanel(MachineSession(machine), self._say, self.show_fault)
        self._machine.session.watch()
        return earlier

    def _build_search(self) -> None:
        """Build what settles a launch whose answer was lost: look now, or say that one looked."""
        if self._look is None:
            say = self._say
            self._look = theme.button(say("launch.look"), "ppw-look")
            self._look.on_click(self._on_look)
            self._name = theme.text(description=say("launch.absent_name"), _dom_classes=["ppw-absent"])
            self._absent = theme.button(say("launch.absent_button"), "ppw-say-absent")
            self._absent.on_click(self._on_absent)

    def _show_question(self) -> None:
        say = self._say
        if self._question is None or self._confirm is None:
            self._question = theme.html("", "ppw-question")
            self._confirm = theme.button(say("launch.confirm"), "ppw-confirm", button_style="primary")
            self._cancel = theme.button(say("launch.cancel"), "ppw-cancel")
            self._confirm.on_click(self._on_confirm)
            self._cancel.on_click(self._on_cancel)
        launch = self.session.launch
        doubt = launch.doubt if launch is not None else None
        self._confirm.description = say("launch.all_the_same" if doubt else "launch.confirm")
        parts = self.session.plan.question(say)
        bold = {key: f"<b>{esc(text)}</b>" for key, text in parts.items()}
        billed = say("launch.unbilled" if self.session.target.practice else "launch.billed")
        costs = [esc(text) for text in self.session.plan.costs(say)]
        names = reference_names(self.session.report.body)
        from_kernel = [f"<b>{esc(taken(names, say))}</b>"] if names else []
        lines = [say("launch.question", **bold), *from_kernel, *costs, esc(billed)]
        if doubt is not None:
            lines.insert(0, f"<span class=ppw-bad>{esc(doubt.fact(say))}</span>")
        elif self.session.has_launched:
            lines.insert(1, esc(say("launch.again")))
        if self.session.since is not None:
            lines += [f"<span class=ppw-quiet>{esc(one)}</span>" for one in self.session.since.sentences(say)]
        if self.session.timer:
            lines.append(esc(self.session.timer.sentence(say)))
        self._question.value = f"<p>{'<br>'.join(lines)}</p>"

    def _show_status(self, html: str) -> None:
        if self._status is None:
            self._status = theme.html("", "ppw-status")
        self._status.value = f"<div role=status>{html}</div>" if html else ""

    def _outcome(self) -> str:
        launch = self.session.launch
        if launch is None:
            return ""
        if launch.state is LaunchState.SUCCEEDED:  # where it stands is on its card
            asides = "".join(f"<p>{esc(text)}</p>" for text in launch_asides(launch, self._say))
            return asides + self._earlier(launch)
        text = esc(launch.sentence(self._say)) + self._earlier(launch)
        if launch.state in BUSY or launch.state is LaunchState.RECONCILING:
            label = esc(self._say("launch.progress"))
            return f"<p>{text}</p><progress aria-label='{label}'></progress>"
        if launch.state is LaunchState.REJECTED:
            return f"<p class=ppw-bad>{text}</p>{self._countdown(launch)}"
        return f"<p class=ppw-bad>{text}</p>"

    def _earlier(self, current: Launch) -> str:
        """Keep the ids of earlier launches in sight: they may be running, and billed."""
        made = [one for one in self.session.launches if one.id is not None and one is not current]
        lines = [self._say("launch.earlier", name=one.name, id=one.id) for one in made]
        return "".join(f"<br><span class=ppw-quiet>{esc(line)}</span>" for line in lines)

    def _countdown(self, launch: Launch) -> str:
        """Return a countdown, where the server asked to wait; nothing is sent at its end."""
        error = launch.error
        if not isinstance(error, ApiError) or not error.retry_after:
            return ""
        done = esc(self._say("next.now"))
        return (
            f"<p role=timer aria-live=off data-left={round(error.retry_after)} data-done='{done}'></p>"
            "<img alt='' hidden src='data:,' onerror='window.ppw&&ppw.count(this)'>"
        )
