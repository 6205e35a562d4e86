"""What is left of a form, a launch, an instance or a board where no kernel lives: text and static HTML.

A card stands in a file that is saved, mailed and put on the web. So it holds no secret, no value
of a variable, no balance and no address of a machine; it says when it was true, and gives the
line that leads back. It has to do without a stylesheet and without a script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.card import MOST_ROWS, Card, Fact, Part, Way
from ppio_widgets.cards.instance import cost_facts, headline, news
from ppio_widgets.cards.lists import costliest
from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import PresetRefused
from ppio_widgets.formats.line.parser import MAGIC, to_line
from ppio_widgets.formats.line.tokens import as_word
from ppio_widgets.launches.sentences import earlier_sentence, launch_asides, launch_sentence
from ppio_widgets.launches.states import UNRESOLVED, LaunchState
from ppio_widgets.request.draft import to_json, value_at
from ppio_widgets.request.envref import EnvRef, is_name, key_fault, reference
from ppio_widgets.request.price_text import cost_sentences
from ppio_widgets.request.pricing import is_cpu
from ppio_widgets.request.schema import tree
from ppio_widgets.request.validation import field_name
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words, write_span
from ppio_widgets.secrets.hosts import PPIO
from ppio_widgets.secrets.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.errors import PpioError
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.launch import Launch, Timer
    from ppio_widgets.launches.plan import LaunchPlan
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.schema import Path

LOAD = "%load_ext ppio_widgets"

# What a card tells of a body; the line has all of it.
_GPUS: Path = ("resource", "gpu_num")
_TOLD: tuple[Path, ...] = (("product_id",), ("image",), ("type",), _GPUS, ("billing", "mode"))
# An id that stands in a line as it is; of another one no line is written.
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
# The words for launching it again; none while one may be running unseen.
_AGAIN = {
    LaunchState.DRAFT: "static.launch",
    LaunchState.ARMED: "static.launch",
    LaunchState.WITHDRAWN: "static.launch",
    LaunchState.SUCCEEDED: "static.another",
    LaunchState.REJECTED: "static.retry",
    LaunchState.NOT_SENT: "static.retry",
    LaunchState.ABSENT: "static.retry",
}


def plan_card(plan: LaunchPlan, say: Words) -> Card:
    """Return the card of a plan: the body as it may be seen, what blocks, what is advised, what it costs."""
    blockers, advice = plan.blockers(say), plan.named_advice(say)
    parts = [Part(say("plan.blocked"), tuple(blockers)) if blockers else Part(say("plan.ready"))]
    parts += [Part(say("plan.advice"), tuple(advice))] if advice else []
    parts += map(Part, plan.asides(say))
    title = say("plan.head", cloud=plan.target.words(say))
    return Card(title, code=to_json(plan.shown_body), parts=tuple(parts))


def launch_card(launch: Launch, say: Words) -> Card:
    """Return the card of a launch that is displayed, and so saved."""
    return of_launch(launch, say).without_secrets(say)


def of_draft(plan: LaunchPlan, say: Words, timer: Timer | None = None) -> Card:
    """Return the card of a form from which nothing was launched."""
    body, facts = _what(plan, say)
    name = plain(value_at(body, ("name",))) if body is not None else ""
    named = [Fact(field_name(("name",), say), name)] if name else []
    line = _line(plan, body, timer, "--form")
    return Card(
        say("static.form", cloud=plan.target.words(say)),
        facts=(*named, *facts, *_costs(plan, body, say)),
        ways=(Way(say("static.reopen"), line),) if line else (),
        as_of=_as_of(say, key="static.as_typed"),
    )


def of_launch(launch: Launch, say: Words, others: Sequence[Launch] = ()) -> Card:
    """Return the card of a launch, wherever it stands.

    `others` are those from the same place: their instances may be running as well.
    """
    plan, instance = launch.plan, launch.instance
    others = [one for one in others if one is not launch]
    body, told = _what(plan, say)
    facts = list(told)
    if instance is not None and instance.detail is not None:
        title = headline(instance, say)
        facts += _seen(instance, say)
        asides = launch_asides(launch, say)
    else:
        title = launch_sentence(launch, say)
        facts += _costs(plan, body, say)
        asides = []
    facts += [Fact("", text) for text in (*asides, *_others(others, say))]
    ways = list(dict.fromkeys(way for one in (launch, *others) for way in _way_to(one, say)))
    again, line = _AGAIN.get(launch.state), _line(plan, body, launch.timer)
    if again is not None and line:
        ways.append(Way(say(again), line))
    as_of = _as_of(say, instance.seen_at if instance is not None else 0.0)
    return Card(title, facts=tuple(facts), ways=tuple(ways), as_of=as_of)


def of_instance(instance: Instance, say: Words) -> Card:
    """Return the card of an instance as it was last seen."""
    return Card(
        headline(instance, say),
        facts=tuple(_seen(instance, say)),
        ways=tuple(_way_to_instance(instance, say)),
        as_of=_as_of(say, instance.seen_at),
    )


def of_board(board: Board, say: Words, target: Target, missed: PpioError | None = None) -> Card:
    """Return the card of all instances as they were listed, or of why they could not be."""
    bill = " · ".join(board.bill(say))
    return Card(
        missed.sentence(say) if missed is not None else board.head(say),
        parts=(Part(bill),) if bill else (),
        table=costliest(board, say, MOST_ROWS),
        rows=tuple((one.id, one.name, one.status, one.error) for one in board.instances),
        ways=(_way_back(target, "static.list", "%ppio ls", say),),
        as_of=_as_of(say, board.now),
    )


def another_line(launch: Launch, say: Words) -> str:
    """Return the code that opens a form with the body of a launch; empty where a secret stands in it."""
    body, _facts = _what(launch.plan, say)
    return _line(launch.plan, body, launch.timer, "--form")


def like_line(instance: Instance) -> str:
    """Return the code that opens a form with the body of an instance; empty for an id that no line takes."""
    if instance.known.is_gone or not _PLAIN_ID.fullmatch(instance.id):
        return ""
    practice = "--practice " if instance.target.practice else ""
    return f"{LOAD}\n{MAGIC} --form {practice}--like {instance.id}"


def _without_values(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a body with the names of its variables only; None when a secret stands elsewhere in it.

    A form writes its card by itself, so it is stricter than a preset, which a person saves:
    whatever a variable holds, the line takes it by name.
    """
    known = {name: value for name, value in body.items() if name in tree().fields and name != "envs"}
    rows = body.get("envs")
    if isinstance(rows, list | tuple):
        known["envs"] = [_by_name(row) for row in rows if isinstance(row, Mapping)]
    try:
        return without_secrets(known)[0]
    except PresetRefused:
        return None


def _by_name(row: Mapping[str, Any]) -> dict[str, Any]:
    key, value = row.get("key"), row.get("value")
    if not isinstance(key, str) or key_fault(key):  # a value may stand in the place of the name
        return {}
    if value is None or value == "":
        return {"key": key, "value": value}
    ref = reference(value)
    if ref is None or not is_name(ref.name):
        name = re.sub(r"[^A-Za-z0-9_]", "_", key)
        ref = EnvRef(name if is_name(name) else f"_{name}")
    return {"key": key, "value": ref}


def _what(plan: LaunchPlan, say: Words) -> tuple[dict[str, Any] | None, tuple[Fact, ...]]:
    """Return what of a plan's body may be kept, and what is told of it."""
    body = _without_values(plan.report.body)
    if body is None:
        return None, (Fact("", say("static.body_secret")),)
    facts = []
    for path in _TOLD:
        value = None if path == _GPUS and is_cpu(body) else value_at(body, path)
        if isinstance(value, str | int) and value != "":
            facts.append(Fact(field_name(path, say), _told(path, value, plan, say)))
    facts += _variables(plan, body, say)
    return body, tuple(facts)


def _variables(plan: LaunchPlan, body: Mapping[str, Any], say: Words) -> Iterator[Fact]:
    """Yield which variables are taken by name, as they were, and of which the value is left out."""
    kept = [row["key"] for row in body.get("envs", ()) if isinstance(row.get("value"), EnvRef)]
    given = [row for row in plan.report.body["envs"] if isinstance(row, Mapping)] if kept else []
    by_name = [row.get("key") for row in given if reference(row.get("value")) is not None]
    taken, left_out = ([key for key in kept if (key in by_name) is found] for found in (True, False))
    if taken:
        told = "static.envs_practice" if plan.target.practice else "static.envs"
        yield Fact("", say(told, names=", ".join(taken)))
    if left_out:
        yield Fact("", say("static.values", names=", ".join(left_out)))


def _told(path: Path, value: str | int, plan: LaunchPlan, say: Words) -> str:
    if path == ("product_id",) and plan.offer is not None and plan.offer.name:
        return f"{plan.offer.name} ({value})"
    key = f"mode.{value}"
    return say(key) if path == ("billing", "mode") and key in say else str(value)


def _costs(plan: LaunchPlan, body: Mapping[str, Any] | None, say: Words) -> Iterator[Fact]:
    """Yield what it will cost; the balance is nobody else's business."""
    if body is not None:
        told = cost_sentences(plan.offer, body, say, asked=plan.price_asked, now=plan.now)
        for text in (*told, *filter(None, [plan.price_age(say)])):
            yield Fact(say("machine.cost"), text)


def _seen(machine: Instance, say: Words) -> Iterator[Fact]:
    """Yield what was last seen of an instance; of a deleted one the cost only where it is known."""
    if not machine.known.is_gone or machine.cost_so_far is not None:
        yield from cost_facts(machine, say)
    timer = machine.deadline
    if timer is not None and timer.state not in ("done", "gone", "cancelled"):
        yield Fact(say("figure.stops"), say("static.stops", moment=moment_words(timer.at, 0.0)))
    yield from news(machine, say)


def _others(others: Sequence[Launch], say: Words) -> Iterator[str]:
    for one in others:
        if one.id is not None:
            yield earlier_sentence(one, say)
        elif one.state in UNRESOLVED:
            yield launch_sentence(one, say)


def _way_to(launch: Launch, say: Words) -> Iterator[Way]:
    """Yield the way to what a launch made or may have made."""
    machine = launch.instance
    if machine is not None:
        yield from _way_to_instance(machine, say)
    elif launch.state in UNRESOLVED and launch.plan.target.ends_with_kernel:
        yield Way(say("static.practice"))
    elif launch.state in UNRESOLVED:
        yield Way(say("static.look", name=launch.name), f"{LOAD}\n%ppio launches look {launch.launch_id}")


def _way_to_instance(instance: Instance, say: Words) -> Iterator[Way]:
    if not instance.known.is_gone and _PLAIN_ID.fullmatch(instance.id):
        name = plain(instance.known.name or instance.id)
        yield _way_back(instance.target, "static.show", f"%ppio show {instance.id}", say, name=name)


def _line(plan: LaunchPlan, body: Mapping[str, Any] | None, timer: Timer | None, option: str = "") -> str:
    """Return the code that has a body launched, with its price ceiling and timer; empty for no body.

    A time at which it was to be stopped is over on another day, and left out.
    """
    if body is None:
        return ""
    where = plan.target
    # The address of a practice cloud ends with it, and the notebook is read on other days.
    line = to_line(body, practice=where.practice, base_url="" if where.practice else where.base_url)
    if option:
        line = line.replace(MAGIC, f"{MAGIC} {option}", 1)
    if plan.ceiling is not None:
        line += f" --max-price {plan.ceiling:f}"
    if timer is not None and timer.after is not None:
        line += f" --stop-after {write_span(timer.after)}"
    return f"{LOAD}\n{line}"


def _way_back(target: Target, key: str, line: str, say: Words, **known: str) -> Way:
    """Return the way to what a cloud has; where that ends with its kernel, that there is none."""
    if target.ends_with_kernel:
        return Way(say("static.practice"))
    options = ["--practice"] if target.practice else []
    # The kernel that reads the line may have another address, or none, in its environment.
    options += ["--base-url", as_word(target.base_url)] if target.base_url not in ("", PPIO) else []
    options += ["--allow-host", as_word(target.allow_host)] if target.allow_host else []
    # Never with the PIN: it is kept for the person's later kernels, or typed.
    joins = [f"%ppio class join {as_word(target.student)}"] if target.student else []
    kind = f"{key}@{'class' if joins else 'practice'}"
    what_for = say.first(*([kind] if target.practice else []), key, **known)
    return Way(what_for, "\n".join([LOAD, *joins, " ".join([line, *options])]))


def _as_of(say: Words, moment: float = 0.0, key: str = "static.as_of") -> str:
    """Return a time with its zone and always with its date: nobody knows when it will be read."""
    return say(key, moment=moment_words(moment or threads.now(), 0.0))
