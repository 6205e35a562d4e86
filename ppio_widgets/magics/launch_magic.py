"""``%ppio_launch`` and ``%%ppio_launch``: from a line, or a line and a cell, to a plan, a form, a launch."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from ppio_widgets.formats.line.options import option_for
from ppio_widgets.locale.words import joined, words
from ppio_widgets.magics.ppio_magic import UsageError
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.formats.line.parser import Line
    from ppio_widgets.launches.claim import Consent
    from ppio_widgets.launches.launch import Launch, Timer
    from ppio_widgets.launches.plan import LaunchPlan


# Options whose value is looked at only once the line is read.
_READ_LATER = ("--preset", "--stop-at")


@magics_class
class LaunchMagics(Magics):
    """``%ppio_launch`` and ``%%ppio_launch``, and how a launch displays itself."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        # The launch whose confirmation this execution has shown: it is not shown twice.
        self._shown: tuple[Launch, int | None] | None = None

    @no_var_expand
    @line_cell_magic
    @without_frames
    def ppio_launch(self, line: str, cell: str | None = None) -> Any:
        """Launch a PPIO GPU instance from a line; without options, open the form."""
        from ppio_widgets.errors import (  # noqa: PLC0415 - heavy, on first use
            CredentialsError,
            HostRefused,
            InputError,
            MomentUnreadable,
            PresetRefused,
        )
        from ppio_widgets.formats.line.parser import read_line  # noqa: PLC0415
        from ppio_widgets.launches.importing import Disk  # noqa: PLC0415
        from ppio_widgets.secrets.redaction import hide_given, unrepeated  # noqa: PLC0415

        hides = False
        try:
            given = read_line(line, self._lookup, cell=cell, outside=Disk(), is_variable=kernel.is_variable)
            hides = not given.looked_up.isdisjoint(_READ_LATER)
            if "--help" in given.switches:
                print(_doc())  # noqa: T201 - a magic answers
                return None
            _say_notes(given)
            given = _named_uniquely(_like(given))
            timer = _timer(given)
            if "--dry-run" in given.switches:
                _announce(timer)
                return self._plan(given)
            if "--form" in given.switches or not (given.says_something or "--yes" in given.switches):
                return self._form(given)
            return self._launch(given, timer)
        except (InputError, CredentialsError, HostRefused, MomentUnreadable, PresetRefused) as error:
            if hides:
                hide_given(error)
            message = str(unrepeated(error))
        raise UsageError(message)

    @without_frames
    def display_launch(self, launch: Launch) -> None:
        """Display a launch (IPython's hook); nothing when this execution already shows it."""
        if self._shown == (launch, kernel.execution()):
            return
        display(launch._repr_mimebundle_(), raw=True)

    def _lookup(self, expression: str) -> Any:
        return eval(expression, self.shell.user_global_ns, self.shell.user_ns)  # noqa: S307 - the person's own notebook

    def _form(self, given: Line) -> Any:
        from ppio_widgets.api import connect  # noqa: PLC0415
        from ppio_widgets.runtime.times import write_span  # noqa: PLC0415
        from ppio_widgets.widgets.form.launch_form import LaunchForm  # noqa: PLC0415

        return LaunchForm(
            given.draft,
            practice=_cloud(given)["practice"],
            client=connect(**_cloud(given)) if given.base_url else None,
            max_hourly_price=given.max_price,
            stop=given.stop_at or (write_span(given.stop_after) if given.stop_after else ""),
        )

    def _plan(self, given: Line, client: PpioClient | None = None) -> LaunchPlan:
        """Return the plan with its price; without a key, or a network, the price is unknown."""
        from ppio_widgets.api import connect, priced_plan  # noqa: PLC0415
        from ppio_widgets.request.validation import check  # noqa: PLC0415

        client = client or connect(**_cloud(given), need_key=False)
        return priced_plan(check(given.draft), client, given.max_price, given.advice)

    def _launch(self, given: Line, timer: Timer) -> Launch:
        from ppio_widgets.api import connect  # noqa: PLC0415
        from ppio_widgets.cloud.client import Target  # noqa: PLC0415
        from ppio_widgets.cloud.recent import told  # noqa: PLC0415
        from ppio_widgets.launches.launch import Launch  # noqa: PLC0415
        from ppio_widgets.launches.plan import LaunchPlan  # noqa: PLC0415
        from ppio_widgets.request.validation import check, named  # noqa: PLC0415

        client = connect(**_cloud(given))
        known = told(client.host.base_url, "offers")  # nothing is asked
        report = check(given.draft, offers=known.value if known is not None else ())
        plan = LaunchPlan(report, Target.of(client), price_asked=False)
        if plan.report.request is None:
            raise UsageError(_blocked(plan))
        answers = "yes" if "--yes" in given.switches else kernel.who_answers()
        # Only with a ceiling, or where somebody reads it, does anything wait for the price.
        if given.max_price is not None or answers == "input":
            plan = self._plan(given, client)
            plan.refuse_price()
        if answers in ("yes", "input"):  # buttons say it in their question
            _announce(timer)
        if answers == "yes":
            doubts = [named(one, words()) for one in plan.report.advice if one.is_doubt]
            _say_each([*doubts, *filter(None, [plan.taken(words())])])
            return _finish(Launch(plan, client, timer=timer), again=given.again)
        if answers == "buttons":
            return self._ask_by_buttons(given, client, timer)
        if answers == "input":
            return self._ask_by_input(plan, given, client, timer)
        raise UsageError(words()("line.nobody"))

    def _ask_by_buttons(self, given: Line, client: PpioClient, timer: Timer) -> Launch:
        """Show the plan with Confirm and Cancel; the launch returned is not sent yet."""
        from ppio_widgets.widgets.launch_controls import ConfirmCard  # noqa: PLC0415

        card = ConfirmCard(
            given.draft,
            client,
            again=given.again,
            ceiling=given.max_price,
            timer=timer,
            preset=given.preset,
            notes=given.advice,
        )
        display(card)
        self._shown = (card.launch, kernel.execution())
        return card.launch

    def _ask_by_input(self, plan: LaunchPlan, given: Line, client: PpioClient, timer: Timer) -> Launch:
        from ppio_widgets.errors import ConsentNeeded  # noqa: PLC0415
        from ppio_widgets.launches.launch import Launch  # noqa: PLC0415
        from ppio_widgets.launches.presets import changed_since  # noqa: PLC0415
        from ppio_widgets.request.price_text import changes  # noqa: PLC0415

        say, again = words(), given.again
        print(plan)  # noqa: T201 - a terminal is asked
        since = changed_since(plan.report.body, plan.target, given.preset)
        if since is not None:
            print("\n".join(since.sentences(say)))  # noqa: T201
        launch = Launch(plan, client, timer=timer)
        question = say("line.ask", **plan.question(say))
        while _ask(question).strip().lower() in ("y", "yes", "是"):
            if plan.price_is_old:  # the prompt waited that long: yes was said to a price that may be another
                before, plan = plan.offer, self._plan(given, client)
                plan.refuse_price()
                launch.plan = plan
                changed = changes(before, plan.offer, plan.report.body, say)
                if changed:
                    _say_each([*changed, *plan.costs(say)])
                    continue
            try:
                return _finish(launch, again=again)
            except ConsentNeeded as error:
                doubt = error
            asked = say(f"launch.yes_{doubt.kind}")
            question = say("line.ask_again", reason=doubt.fact(say), scope=doubt.scope(say), yes=asked)
            launch, again = Launch(plan, client, timer=timer), again | doubt.facts
        print(say("line.cancelled"))  # noqa: T201
        self._shown = (launch, kernel.execution())
        return launch


def _say_notes(given: Line) -> None:
    from ppio_widgets.request.validation import named  # noqa: PLC0415 - on first use

    say = words()
    _say_each([say(f"line.{code}", **params) for code, params in given.notes])
    _say_each([named(one, say) for one in given.advice])


def _say_each(lines: list[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - before anything is planned or sent


def _doc() -> str:
    """Return the help for `%ppio_launch?`: asked by IPython when it is shown."""
    from ppio_widgets.formats.line.options import usage  # noqa: PLC0415

    return usage(words())


LaunchMagics.ppio_launch.getdoc = _doc


def _finish(launch: Launch, *, again: Consent) -> Launch:
    """Send and wait; an Interrupt stops the waiting only, and says so."""
    from ppio_widgets.api import finish  # noqa: PLC0415

    try:
        return finish(launch, again=again, report=print)
    except KeyboardInterrupt:
        print(words()("line.interrupted", launch_id=launch.launch_id))  # noqa: T201 - the cell ends here
        raise


def _named_uniquely(given: Line) -> Line:
    """Append a short id to the name, where that was asked for."""
    name = given.draft.get("name")
    if "--unique-name" not in given.switches or not isinstance(name, str):
        return given
    return replace(given, draft={**given.draft, "name": f"{name}-{token_hex(3)}"})


def _like(given: Line) -> Line:
    """Put the body of an instance or a preset underneath the line, where that was asked for."""
    if given.preset:
        return given.over(_preset(given.preset))
    if not given.like:
        return given
    from ppio_widgets.api import connect  # noqa: PLC0415
    from ppio_widgets.errors import LaunchRefused  # noqa: PLC0415
    from ppio_widgets.instances.listing import resolve  # noqa: PLC0415
    from ppio_widgets.secrets.redaction import hide_given  # noqa: PLC0415

    client = connect(**_cloud(given))
    try:
        found = resolve(client, given.like)
    except LaunchRefused as error:
        if "--like" in given.looked_up:
            hide_given(error)
        raise
    body, envs = client.get_body(found.id)
    if envs and "envs" not in given.said:
        print(words()("ppio.like_envs", names=", ".join(envs)))  # noqa: T201 - nothing is left out unseen
    return given.over(body)


def _preset(name: str) -> Mapping[str, Any]:
    """Return the body of a preset; a secret that somebody typed into its file is not taken from there."""
    from ppio_widgets.launches.presets import load_preset  # noqa: PLC0415
    from ppio_widgets.secrets.redaction import without_secrets  # noqa: PLC0415

    body, names = without_secrets(load_preset(name))
    if names:
        print(words()("preset.by_name", names=", ".join(names)))  # noqa: T201 - nothing is left out unseen
    return body


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        message = words()("line.nobody")
    raise UsageError(message)


def _timer(given: Line) -> Timer:
    """Read the timer of a line; a time that is none, or is over, is refused before anything is sent."""
    from ppio_widgets.launches.launch import Timer  # noqa: PLC0415
    from ppio_widgets.runtime import threads  # noqa: PLC0415 - on first use
    from ppio_widgets.runtime.times import read_moment  # noqa: PLC0415

    at = read_moment(given.stop_at, threads.now()) if given.stop_at else None
    return Timer(given.stop_after, at)


def _announce(timer: Timer) -> None:
    """Say when it fires and whose it is, before anything is sent."""
    if timer:
        print(timer.sentence(words()))  # noqa: T201


def _cloud(given: Line) -> dict[str, Any]:
    """Return which cloud a line names, as arguments of `connect`; what it leaves open is None."""
    return {
        "practice": True if "--practice" in given.switches else None,
        "base_url": given.base_url or None,
        "allow_host": given.allow_host or None,
    }


def _blocked(plan: LaunchPlan) -> str:
    """Return what blocks in one line, each by the option that mends it."""
    say = words()
    parts = []
    for path, text in plan.report.errors(say).items():
        option = option_for(path)
        number = next((part for part in path if isinstance(part, int)), 0)
        name = option.flag if option else ".".join(str(part) for part in path)
        which = f"{name} ({number + 1})" if number else name
        parts.append(say("problem.named", name=which, text=text))
    return say("line.blocked", problems=joined(parts))
