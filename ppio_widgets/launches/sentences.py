"""A launch and a record in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain, status_words
from ppio_widgets.cloud.instances import SPOT_ENDS, next_words, spot_words
from ppio_widgets.errors import ConsentNeeded
from ppio_widgets.launches.states import UNRESOLVED, LaunchState
from ppio_widgets.locale.words import Span, joined
from ppio_widgets.request.envref import reference_names

if TYPE_CHECKING:
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.ledger import Record
    from ppio_widgets.locale.words import Words

# So many ids stand in a sentence; of more it is said how many.
MOST_NAMED = 3

# How an instance was found whose answer was lost, by who said so.
_FOUND = {"listing": "launch.found", "person": "launch.found_said"}


def launch_sentence(launch: Launch, say: Words) -> str:
    """Return where a launch stands."""
    where = launch.plan.target.words(say)
    made = launch.state is LaunchState.SUCCEEDED
    parts = [_with_instance(launch, where, say) if made else _without_instance(launch, where, say)]
    return joined([*parts, *launch_asides(launch, say)])


def launch_asides(launch: Launch, say: Words) -> list[str]:
    """Return what is to be said of a launch beside where its instance stands."""
    parts = []
    if launch.id is not None and launch.source in _FOUND:
        parts.append(say(_FOUND[launch.source]))
    if launch.id is not None and launch.other_id is not None:
        parts.append(say("launch.two", id=plain(launch.id), other=plain(launch.other_id)))
    names = reference_names(launch.plan.body) if launch.plan.target.practice else ()
    if launch.id is not None and names:
        parts.append(say("launch.placeholders", names=", ".join(names)))
    if launch.untimed is not None:
        parts.append(launch.untimed.sentence(say))
    unrecorded = launch.unrecorded
    if unrecorded is not None:  # consented to: how to consent is of no use any more
        parts.append(
            unrecorded.fact(say) if isinstance(unrecorded, ConsentNeeded) else unrecorded.sentence(say)
        )
    return parts


def earlier_sentence(launch: Launch, say: Words) -> str:
    """Return that a launch from the same place made an instance, and what is to be said beside that."""
    made = say("launch.earlier", name=launch.name, id=plain(launch.id))
    return joined([made, *launch_asides(launch, say)])


def record_sentence(record: Record, now: float, say: Words) -> str:
    """Return where a recorded launch stands, for people who may know nothing of it."""
    age = Span(max(0.0, now - record.sent_at)).sentence(say)
    host = say("cloud.practice") if record.practice else record.host.partition("://")[2]
    known = {"name": plain(record.name), "host": host, "age": age, "launch_id": record.launch_id}
    if record.instance_id is not None:
        identity = plain(record.instance_id)
        others = [say("launch.two", id=identity, other=plain(other)) for other in record.candidates]
        found = say(_FOUND[record.source]) if record.source in _FOUND else ""
        gone = say("record.gone", status=status_words(record.gone, say)) if record.gone else ""
        return joined([say("record.succeeded", **known, id=identity), found, gone, *others])
    state = LaunchState.UNKNOWN if record.unresolved else record.state
    text = say(f"record.{state.value}", **known)
    missed = record.missed if state is LaunchState.UNKNOWN else ""
    return joined([text, missed, _candidates(record, say)])


def _with_instance(launch: Launch, where: str, say: Words) -> str:
    seen = launch.seen
    status = status_words(seen.status, say) if seen else say("status.accepted")
    identity = plain(launch.id)
    parts = [say("launch.succeeded", name=launch.name, cloud=where, id=identity, status=status)]
    if seen is not None:
        told = " ".join(text for text in (seen.error, seen.message) if text)
        parts.append(say.ended(told) if told else "")
        parts.append(spot_words(seen, say))
        parts.append(next_words(seen, say) if seen.error or seen.spot in SPOT_ENDS else "")
    return joined(parts)


def _without_instance(launch: Launch, where: str, say: Words) -> str:
    state = launch.state
    error = launch.error.sentence(say) if launch.error is not None else ""
    doubt = launch.doubt.fact(say) if launch.doubt is not None else ""
    # That it may be running was said, and is settled once it is absent.
    reason = {LaunchState.ARMED: doubt, LaunchState.ABSENT: ""}.get(state, error)
    named, more = ", ".join(launch.copies[:MOST_NAMED]), len(launch.copies) - MOST_NAMED
    told = say(_key(launch), name=launch.name, cloud=where, reason=reason, ids=named, n=more).rstrip()
    parts = [told, doubt if state is LaunchState.WITHDRAWN else ""]
    if state in (LaunchState.UNKNOWN, LaunchState.RECONCILING):
        parts.append(say("launch.looks" if launch.pending else "launch.rests", launch_id=launch.launch_id))
    if state in UNRESOLVED and launch.record is not None:
        parts += [launch.record.missed, _candidates(launch.record, say)]
    return joined(parts)


def _key(launch: Launch) -> str:
    """Return which sentence says where a launch without an instance stands."""
    if launch.state is LaunchState.SENDING and launch.late:
        return "launch.late"
    if launch.state is LaunchState.ABSENT and launch.source == "person":
        return "launch.absent_said"
    if launch.state is LaunchState.ABSENT and launch.copies:
        return "launch.absent_copies" if len(launch.copies) > MOST_NAMED else "launch.absent_copy"
    return f"launch.{launch.state.value}"


def _candidates(record: Record, say: Words) -> str:
    ids = ", ".join(plain(one) for one in record.candidates)
    return say("launch.candidates", ids=ids) if ids else ""
