"""An instance as a card of text or static HTML; it holds no secret and needs no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain
from ppio_widgets.cloud.details import InstanceDetail
from ppio_widgets.launcher import worker
from ppio_widgets.launcher.spent import body_of, seconds_on
from ppio_widgets.launcher.wording import status_words
from ppio_widgets.locale import Span
from ppio_widgets.request import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.launcher.instance import Instance
    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Fact:
    """One line of a card: its label, its text, and whether the text is a link that opens."""

    label: str
    text: str
    link: bool = False


def headline(instance: Instance, say: Words) -> str:
    """Return name, id, cloud and status in one sentence."""
    seen = instance.detail or InstanceDetail(instance.id)
    status = status_words(seen.status, say) if seen.status else say("status.unseen")
    name, cloud = plain(seen.name or seen.id), instance.target.words(say)
    return say("machine.head", name=name, id=plain(seen.id), cloud=cloud, status=status)


def facts(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what else is known, in the order in which it matters."""
    seen = instance.detail or InstanceDetail(instance.id)
    for text in (seen.error, seen.message):
        if text:
            yield Fact(say("machine.server"), text)
    if instance.error is not None:
        yield Fact(say("machine.failed"), instance.error.sentence(say))
    if instance.outcome:
        yield Fact(say("machine.done"), instance.outcome)
    yield Fact(say("machine.cost"), cost_words(instance, seen, say))
    if seen.is_on:
        yield from _ways_in(seen, say)
    for kind, url in seen.logs:
        yield Fact(say("machine.log", kind=kind), url, link=True)
    if instance.deadline is not None:
        yield Fact(say("machine.deadline"), instance.deadline.sentence(say))


def cost_words(instance: Instance, seen: InstanceDetail, say: Words) -> str:
    """Return how long it is on and about what that costs; what is unknown is said to be."""
    seconds, cost, offer = seconds_on(seen, worker.clock.now()), instance.cost_so_far, instance.offer
    span = Span(seconds).sentence(say) if seconds is not None else "?"
    currency = offer.currency if offer is not None else ""
    if seen.mode == "prepaid":
        return say("machine.prepaid", span=span)
    if cost is None:
        return say("machine.cost_unknown", span=span)
    rate = money.hourly(offer, body_of(seen))
    shown = money.shown(rate, currency) if rate is not None else "?"
    key = "machine.cost_on" if seen.is_on else "machine.cost_off"
    return say(key, span=span, cost=money.shown(cost, currency), rate=shown)


def as_text(instance: Instance, say: Words) -> str:
    """Return the card as lines of text."""
    lines = [f"  {say('problem.named', name=one.label, text=one.text)}" for one in facts(instance, say)]
    return "\n".join([headline(instance, say), *lines])


def as_html(instance: Instance, say: Words) -> str:
    """Return the card as HTML that stands in a saved notebook."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(one.label)}</th>"
        f"<td style='text-align:left'>{_html(one)}</td></tr>"
        for one in facts(instance, say)
    )
    head = escape(headline(instance, say))
    return f"<div class='ppio-machine'><strong>{head}</strong><table>{rows}</table></div>"


def _ways_in(seen: InstanceDetail, say: Words) -> Iterator[Fact]:
    if seen.jupyter_url:
        yield Fact(say("machine.jupyter"), seen.jupyter_url, link=True)
    if seen.ssh_command:
        yield Fact(say("machine.ssh"), seen.ssh_command)
    for one in seen.ports:
        if one.url:
            yield Fact(f"{one.port}/{one.protocol}", one.url, link=True)


def _html(fact: Fact) -> str:
    text = escape(plain(fact.text, 2000))
    if fact.link and fact.text.startswith(("http://", "https://")):
        return f'<a href="{text}" target="_blank" rel="noopener noreferrer">{text}</a>'
    return text
