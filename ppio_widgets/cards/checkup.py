"""What the doctor found: a table for the notebook and the terminal, and a report that may be handed on."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from ppio_widgets.cards.card import Card, Table, Way
from ppio_widgets.doctor.checkup import HEADING, STATES
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import joined
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ppio_widgets.doctor.checkup import Checkup, Finding
    from ppio_widgets.doctor.contract import Difference
    from ppio_widgets.locale.words import Sayable, Words

# Of one kind of difference so many are named; a report names all.
MOST_NAMED = 6
# Where nobody knows how wide a terminal is.
_COLUMNS = 100
_MARGIN = 2  # a full stop of Chinese begins no line
_LINE, _COMMAND = "%ppio doctor --report doctor.md", "ppio-widgets doctor --report doctor.md"


def checkup_card(checkup: Checkup, say: Words) -> Card:
    """Return what was found, as wide as the terminal is."""
    rows = (_row(one, one.told, _in_short(one.differences, say), say) for one in _worst_first(checkup))
    columns = shutil.get_terminal_size((_COLUMNS, 24)).columns - _MARGIN
    code = _COMMAND if kernel.shell() is None else _LINE
    ways = () if checkup.state == "well" else (Way(say("doctor.way"), code),)
    return Card(_title(checkup, say), table=_table(rows, say, columns), ways=ways)


def report(checkup: Checkup, say: Words) -> str:
    """Return what was found as Markdown, without what is nobody else's business.

    All of it stands in a block of code, so that no text of a server's is a mention, a link or a picture.
    """
    rows = (
        _row(one, one.told if one.shared is None else one.shared, _in_full(one.differences, say), say)
        for one in _worst_first(checkup)
    )
    when = f"{datetime.fromtimestamp(checkup.at, tz=timezone.utc):%Y-%m-%d %H:%M} UTC"
    lines = [_title(checkup, say), *map(visible, _table(rows, say, _COLUMNS).lines())]
    # A line of such signs would end the block.
    text = "\n".join(lines).replace("~~~", "~ ~ ~")
    return f"{HEADING}\n\n{when} · {say('doctor.report')}\n\n~~~text\n{text}\n~~~\n"


def _worst_first(checkup: Checkup) -> list[Finding]:
    return sorted(checkup.findings, key=lambda one: -STATES.index(one.state))


def _title(checkup: Checkup, say: Words) -> str:
    if checkup.state == "well":
        return say("doctor.well")
    counts = ((state, checkup.count(state)) for state in STATES[:0:-1])
    return joined(say(f"doctor.counted.{state}", n=n) for state, n in counts if n)


def _table(rows: Iterable[tuple[str, ...]], say: Words, columns: int) -> Table:
    heads = (say("doctor.head.state"), say("doctor.head.subject"), say("doctor.head.found"))
    return Table(heads, tuple(rows), "doctor.more", columns=columns)


def _row(
    finding: Finding, told: Iterable[Sayable], differences: Iterable[str], say: Words
) -> tuple[str, ...]:
    redact = Redactor.in_use().redact
    found = joined(map(redact, (*(one.sentence(say) for one in told), *differences)))
    subjects = [say(f"doctor.subject.{one}") for one in finding.subjects]
    state = say(f"doctor.state.{finding.state}")
    if len(subjects) == 1:
        return state, subjects[0], found
    return state, say("doctor.subject.answers"), say("problem.named", name=" · ".join(subjects), text=found)


def _in_short(found: Iterable[Difference], say: Words) -> Iterator[str]:
    """Yield a sentence for each kind of difference; what the contract leaves open is for a report."""
    for how, group in groupby(sorted(found, key=_how), _how):
        names = list(map(_named, group))
        cut = ["…"] if len(names) > MOST_NAMED else []
        if how != "more":
            yield say(f"doctor.differ.{how}", names=", ".join([*names[:MOST_NAMED], *cut]))


def _in_full(found: Iterable[Difference], say: Words) -> Iterator[str]:
    """Yield a sentence for each kind of difference and each call."""
    for (how, path), group in groupby(sorted(found, key=_place), _place):
        yield say(f"doctor.differ.{how}", names=f"GET {path} {', '.join(map(_named, group))}")


_how, _place = attrgetter("how"), attrgetter("how", "path")


def _named(one: Difference) -> str:
    return f"{one.at}: {one.found}" if one.found else one.at
