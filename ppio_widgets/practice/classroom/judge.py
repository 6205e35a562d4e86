"""What the cloud judges an exercise by: the state of the account, and an answer to a prediction.

Nothing of what a student says is taken for true. A finding is a code with parameters; ``judge.<code>`` has
its words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ppio_widgets.practice.catalogue import OFFERS, region_of
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.request.rules import Rules
from ppio_widgets.runtime.times import write_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ppio_widgets.locale.words import Words
    from ppio_widgets.practice.account import PracticeAccount, Seen
    from ppio_widgets.practice.classroom.lesson import Bound, Expect, Prediction

FIXED = "fixed"
_HOUR = 3600


@dataclass(frozen=True)
class Finding:
    """One thing that was judged, and whether it is as it has to be."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    ok: bool = False

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        named = "_named" if "named" in self.params else ""
        return say(f"judge.{self.code}{named}", **self.params)

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"code": self.code, "params": dict(self.params), "ok": self.ok}


def judge(expect: Expect, account: PracticeAccount, answer: object = None) -> tuple[Finding, ...]:
    """Return what was found for each part of what is expected; all of them have to be so.

    ``named`` chooses the instances. They are counted, and each of them has to be as is expected: of those
    that are on where ``on`` is expected, else of those that are there.
    """
    chosen = _named(expect, account.seen())
    found = list(_findings(expect, account, chosen, answer))
    return tuple(one for number, one in enumerate(found) if one not in found[:number])


def _findings(
    expect: Expect, account: PracticeAccount, chosen: Sequence[Seen], answer: object
) -> Iterator[Finding]:
    called = {"named": expect.named} if expect.named else {}
    there = [one for one in chosen if not one.gone]
    on = [one for one in there if one.on]
    counted = {
        "on": (expect.on, len(on)),
        "count": (expect.count, len(there)),
        "deleted": (expect.deleted, len(chosen) - len(there)),
        "reclaimed": (expect.reclaimed, sum(one.reclaimed for one in chosen)),
    }
    for code, (bound, number) in counted.items():
        if bound is not None:
            found = {**called, "found": str(number), "expected": str(bound)}
            yield Finding(code, found, bound.holds(number))
    judged = on if expect.on is not None else there
    facts = list(_facts(expect, chosen))
    if facts and not judged:
        yield Finding("none", called)
    for code, expected, fact in facts if judged else ():
        yield _each(code, expected, judged, fact)
    if expect.stopped_within is not None:
        yield _stopped(expect.stopped_within, chosen) if chosen else Finding("none", called)
    if expect.off_for is not None:
        yield _off(expect.off_for, account.clock.time(), chosen) if chosen else Finding("none", called)
    if expect.spent is not None:
        spent = account.spent
        shown = {"found": f"{spent:.2f}", "expected": str(expect.spent)}
        yield Finding("spent", shown, expect.spent.holds(spent))
    if expect.prediction is not None:
        yield _predicted(expect.prediction, account, on, answer) or Finding("none", called)
    if expect.kernel is not None:  # it was judged there, see `play`
        yield Finding("kernel", {}, answer == expect.kernel)


def _named(expect: Expect, seen: Sequence[Seen]) -> list[Seen]:
    rules = Rules(name=expect.named or "")
    return [one for one in seen if rules.names(one.body["name"])]


# A fact of an instance: what is shown of it, and whether that is as it has to be.
_Fact = tuple[str, bool]


def _facts(expect: Expect, chosen: Sequence[Seen]) -> Iterator[tuple[str, str, Callable[[Seen], _Fact]]]:
    """Yield each fact that is expected of an instance: its code, what is expected, how it is read."""
    if expect.alone:
        yield "alone", "0", lambda one: _beside(one, chosen)
    if (memory := expect.gpu_memory_gb) is not None:
        yield (
            "gpu_memory_gb",
            str(memory),
            lambda one: _number(memory, OFFERS[one.product].gpu_memory_gb or 0),
        )
    if (hourly := expect.hourly) is not None:
        yield "hourly", str(hourly), lambda one: _number(hourly, one.hourly)
    if expect.billing:
        yield (
            "billing",
            ", ".join(expect.billing),
            lambda one: _word(expect.billing, one.body["billing"]["mode"]),
        )
    if expect.region:
        yield "region", ", ".join(expect.region), lambda one: _word(expect.region, region_of(one.body))
    if (tag := expect.image_tag) is not None:
        code = "image_fixed" if tag == FIXED else "image_tag"
        yield code, tag, lambda one: _tag(tag, one.body["image"])
    if expect.envs:
        shown = ", ".join(name if value is None else f"{name}={value}" for name, value in expect.envs.items())
        yield "envs", shown, lambda one: _envs(expect.envs, one.body)
    if expect.ports:
        yield "ports", ", ".join(expect.ports), lambda one: _ports(expect.ports, one.body)


def _beside(one: Seen, chosen: Sequence[Seen]) -> _Fact:
    """Count those that were on while it was; in a class whose time stands still, those that are."""
    others = [other for other in chosen if other is not one]
    beside = [
        other
        for other in others
        if (one.on and other.on) or (other.since < one.until and one.since < other.until)
    ]
    return str(len(beside)), not beside


def _each(code: str, expected: str, judged: Sequence[Seen], fact: Callable[[Seen], _Fact]) -> Finding:
    """Judge a fact of all; the first that is not so is told."""
    read = [(one.body["name"], *fact(one)) for one in judged]
    name, found, ok = next((row for row in read if not row[2]), read[0])
    return Finding(code, {"name": name, "found": found or "–", "expected": expected}, ok)


def _number(bound: Bound, number: Decimal | int) -> _Fact:
    return f"{Decimal(number).normalize():f}", bound.holds(number)


def _word(known: Sequence[str], word: str) -> _Fact:
    return str(word), word in known


def _tag(expected: str, image: str) -> _Fact:
    _repository, digest_mark, _digest = image.partition("@")
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    fixed = bool(digest_mark) or tag not in ("", "latest")
    return tag or "latest", fixed if expected == FIXED else (tag or "latest") == expected


def _envs(expected: Mapping[str, str | None], body: Mapping[str, Any]) -> _Fact:
    values = {row["key"]: row.get("value", "") for row in body.get("envs", ())}
    ok = all(name in values and value in (None, values[name]) for name, value in expected.items())
    return ", ".join(values), ok  # a value may be a secret, and is not shown


def _ports(expected: Sequence[str], body: Mapping[str, Any]) -> _Fact:
    open_ = [f"{row['port']}/{row['protocol']}" for row in body.get("ports", ())]
    ok = all(any(port in (one, one.partition("/")[0]) for one in open_) for port in expected)
    return ", ".join(open_), ok


def _stopped(most: float, chosen: Sequence[Seen]) -> Finding:
    """Judge that all were on for no longer than that, and none is on now."""
    expected = {"expected": write_span(most)}
    still = next((one for one in chosen if one.on), None)
    if still is not None:
        return Finding("still_on", {**expected, "name": still.body["name"]})
    longest = max(chosen, key=lambda one: one.longest)
    found = {"name": longest.body["name"], "found": write_span(max(1.0, round(longest.longest)))}
    return Finding("stopped_within", {**expected, **found}, longest.longest <= most)


def _off(least: float, now: float, chosen: Sequence[Seen]) -> Finding:
    """Judge that none is on, nor was within that time."""
    off = 0.0 if any(one.on for one in chosen) else now - max(one.until for one in chosen)
    found = {"found": write_span(off) if off else "0s", "expected": write_span(least)}
    return Finding("off_for", found, off >= least)


def _predicted(
    prediction: Prediction, account: PracticeAccount, on: Sequence[Seen], answer: object
) -> Finding | None:
    """Compare an answer with what is right, untold; None where there is nothing to compare with."""
    if answer in (None, ""):
        return Finding("answer_missing")
    given = read_amount(answer)
    if given is None:
        return Finding("answer_unreadable", {"answer": str(answer)[:40]})
    right = _right(prediction, account, on)
    if right is None:
        return None
    if prediction.within.allows(given, right):
        return Finding("prediction", {"answer": f"{given:f}"}, ok=True)
    return Finding("prediction_high" if given > right else "prediction_low", {"answer": f"{given:f}"})


def _right(prediction: Prediction, account: PracticeAccount, on: Sequence[Seen]) -> Decimal | None:
    """Return what is right; None where there is nothing to compare with."""
    if prediction.value is not None:
        return prediction.value
    if prediction.product is None and prediction.at is None and prediction.of != "hourly":
        return account.left if prediction.of == "left" else account.spent
    rates = [one.hourly for one in on]
    if prediction.product is not None:
        offer = OFFERS[prediction.product]
        rates = [] if offer.postpaid is None else [offer.postpaid.final]
    if not rates:
        return None
    hourly = sum(rates, Decimal(0))
    if prediction.of == "hourly":
        return hourly
    cost = hourly * Decimal(prediction.at or _HOUR) / _HOUR
    return account.left - cost if prediction.of == "left" else cost


# What only the kernel of a student has: a form that was built there. It is used as a person uses it.


def play(what: str, form: Any) -> tuple[Finding, ...]:
    """Return what was found by using a form of a notebook, as `Expect.kernel` names it, in its kernel.

    A form has a field ``name``, a ``preview`` and, with rows, a button ``add`` and its ``rows``: each has its
    control first and its Remove button last.
    """
    try:
        return tuple({"preview": _preview, "rows": _rows}[what](form))
    except Exception as error:  # noqa: BLE001 - the code of a student
        return (Finding("play_failed", {"kind": type(error).__name__}),)


def _preview(form: Any) -> Iterator[Finding]:
    before = form.name.value
    form.name.value = "follow-me"
    yield Finding("play_follows", ok="follow-me" in form.preview.value)
    form.name.value = "<b>"
    yield Finding("play_harmless", ok="<b>" not in form.preview.value and "&lt;b&gt;" in form.preview.value)
    form.name.value = before


def _rows(form: Any) -> Iterator[Finding]:
    ports = ("1001", "1002", "1003")
    for port in ports:
        form.add.click()
        form.rows[-1].children[0].value = int(port)
    first, second, third = form.rows[-3:]
    yield Finding("play_adds", ok=all(port in form.preview.value for port in ports))
    for row in (first, second):
        row.children[-1].click()
    shown = [port for port in ports if port in form.preview.value]
    yield Finding("play_removes", ok=shown == ["1003"])
    yield Finding("play_closes", ok=all(row.children[0].comm is None for row in (first, second)))
    third.children[-1].click()
