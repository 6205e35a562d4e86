"""``%ppio_launch`` and ``%%ppio_launch``: from a line, or a line and a cell, to a plan, a form, a launch."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from IPython.display import display

from ppio_widgets import api
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.recent import told
from ppio_widgets.errors import (
    ConsentNeeded,
    CredentialsError,
    HostRefused,
    InputError,
    LaunchRefused,
    MomentUnreadable,
    PresetRefused,
)
from ppio_widgets.formats.line.options import option_for, usage
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.instances.listing import resolve
from ppio_widgets.launches.importing import Disk
from ppio_widgets.launches.launch import Launch, Timer
from ppio_widgets.launches.plan import LaunchPlan, written_out
from ppio_widgets.launches.presets import changed_since, load_preset
from ppio_widgets.locale.words import joined, words
from ppio_widgets.magics.ppio_magic import UsageError, agreed
from ppio_widgets.request.price_text import changes
from ppio_widgets.request.validation import check, named
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.runtime.times import read_moment, write_span
from ppio_widgets.secrets.redaction import hide_given, unrepeated, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.formats.line.parser import Line
    from ppio_widgets.launches.claim import Consent
    from ppio_widgets.magics.ppio_magic import Lookup


# Options whose value is looked at only once the line is read.
_READ_LATER = ("--preset", "--stop-at")


def run(line: str, lookup: Lookup, cell: str | None = None) -> Any:
    """Do what a line and its cell say; what they cannot mean is refused in one line."""
    hides = False
    try:
        given = read_line(line, lookup, cell=cell, outside=Disk(), is_variable=kernel.is_variable)
        hides = not given.looked_up.isdisjoint(_READ_LATER)
        return _done(given)
    except (InputError, CredentialsError, HostRefused, MomentUnreadable, PresetRefused) as error:
        if hides:
            hide_given(error)
        message = str(unrepeated(error))
    raise UsageError(message)


def _shown(launch: Launch) -> Launch:
    """Return a launch that is not displayed once more: this execution has shown where it stands."""
    launch.shown_in = kernel.execution()
    return launch


def _done(given: Line) -> Any:
    say = words()
    if "--help" in given.switches:
        return _say_each([usage(say)])
    _say_each(say(f"line.{code}", **params) for code, params in given.notes)
    _say_each(named(one, say) for one in given.advice)
    given = _named_uniquely(_like(given))
    # A time that is none, or is over, is refused before anything is sent.
    at = read_moment(given.stop_at, threads.now()) if given.stop_at else None
    timer = Timer(given.stop_after, at)
    if "--dry-run" in given.switches:
        _announce(timer)
        return _plan(given, api.connect(**_cloud(given), need_key=False))
    if "--form" in given.switches or not (given.says_something or "--yes" in given.switches):
        return _form(given)
    return _launch(given, timer)


def _form(given: Line) -> Any:
    from ppio_widgets.widgets.form.launch_form import LaunchForm  # noqa: PLC0415 - not every line needs widgets

    return LaunchForm(
        given.draft,
        practice=_cloud(given)["practice"],
        client=api.connect(**_cloud(given)) if given.base_url else None,
        max_hourly_price=given.max_price,
        stop=given.stop_at or (write_span(given.stop_after) if given.stop_after else ""),
    )


def _plan(given: Line, client: PpioClient) -> LaunchPlan:
    """Return the plan with its price; without a key, or a network, the price is unknown."""
    report = check(given.draft)
    return api.priced_plan(report, client, given.max_price, (*given.advice, *written_out(report.body)))


def _launch(given: Line, timer: Timer) -> Launch:
    client = api.connect(**_cloud(given))
    known = told(client.host.base_url, "offers")  # nothing is asked
    rules = api.rules_of(client)
    report = check(given.draft, offers=known.value if known is not None else (), broken=rules.broken)
    plan = LaunchPlan(report, Target.of(client), price_asked=False)
    if plan.report.request is None:
        raise UsageError(_blocked(plan))
    answers = "yes" if "--yes" in given.switches else kernel.who_answers()
    # Only with a ceiling, or where somebody reads it, does anything wait for the price.
    if given.max_price is not None or rules.max_hourly is not None or answers == "input":
        plan = _plan(given, client)
        if rules and plan.report.request is None:  # too dear for the class
            raise UsageError(_blocked(plan))
        plan.refuse_price()
    if answers == "buttons":  # they say the timer in their question
        return _ask_by_buttons(given, client, timer)
    if answers is None:
        raise UsageError(words()("line.nobody"))
    _announce(timer)
    if answers == "input":
        return _ask_by_input(plan, given, client, timer)
    doubts = (one for one in plan.report.advice if one.is_doubt)
    _say_each(named(one, words()) for one in (*doubts, *written_out(plan.body)))
    _say_each(filter(None, [plan.taken(words())]))
    return _finish(Launch(plan, client, timer=timer), again=given.again)


def _ask_by_buttons(given: Line, client: PpioClient, timer: Timer) -> Launch:
    """Show the plan with Confirm and Cancel; the launch returned is not sent yet."""
    from ppio_widgets.widgets.launch_controls import ConfirmCard  # noqa: PLC0415 - as in `_form`

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
    return _shown(card.launch)


def _ask_by_input(plan: LaunchPlan, given: Line, client: PpioClient, timer: Timer) -> Launch:
    say, again = words(), given.again
    print(plan)  # noqa: T201 - a terminal is asked
    since = changed_since(plan.report.body, plan.target, given.preset)
    if since is not None:
        _say_each(since.sentences(say))
    launch = Launch(plan, client, timer=timer)
    question = say("line.ask", **plan.facts(say))
    while agreed(question, say("line.nobody")):
        if plan.price_is_old:  # the prompt waited that long: yes was said to a price that may be another
            before, plan = plan.offer, _plan(given, client)
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
    return _shown(launch)


def _finish(launch: Launch, *, again: Consent) -> Launch:
    """Send and wait; an Interrupt stops the waiting only, and says so."""
    try:
        return api.finish(launch, again=again, report=print)
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
    """Put the body of a preset or an instance underneath the line, and say what of it is left out."""
    if given.preset:
        body, names = without_secrets(load_preset(given.preset))
        left_out = "preset.by_name"
    elif given.like:
        client = api.connect(**_cloud(given))
        try:
            found = resolve(client, given.like)
        except LaunchRefused as error:
            if "--like" in given.looked_up:
                hide_given(error)
            raise
        body, envs = client.get_body(found.id)
        left_out, names = "ppio.like_envs", () if "envs" in given.said else envs
    else:
        return given
    if names:
        print(words()(left_out, names=", ".join(names)))  # noqa: T201
    return given.over(body)


def _say_each(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - a magic answers, before anything is planned or sent


def _announce(timer: Timer) -> None:
    """Say when it fires and whose it is, before anything is sent."""
    _say_each(filter(None, [timer.sentence(words())]))


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
