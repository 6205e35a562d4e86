"""An instance as a card of text or static HTML; it holds no secret and needs no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import RUNNING, plain, status_words
from ppio_widgets.cloud.instance_cost import body_of, prices_told, seconds_on
from ppio_widgets.cloud.instances import InstanceDetail, is_web
from ppio_widgets.cloud.ssh import is_ssh_command
from ppio_widgets.errors import is_gone
from ppio_widgets.instances.actions import confirmed_words
from ppio_widgets.launches.plan import price_moment
from ppio_widgets.locale import Span
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import is_old
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ppio_widgets.errors import PpioError
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Fact:
    """One line of a card.

    Attributes
    ----------
    label, text : str
    kind : str
        ``"link"`` for an address that opens, ``"open"`` for one that is offered by name,
        ``"copy"`` for a command that does only what it seems to, ``"bad"`` for what went wrong;
        empty for plain words.
    """

    label: str
    text: str
    kind: str = ""


def headline(instance: Instance, say: Words) -> str:
    """Return name, id, cloud and status in one sentence."""
    seen = instance.detail or InstanceDetail(instance.id)
    status = status_words(seen.status, say) if seen.status else say("status.unseen")
    name, cloud = plain(seen.name or seen.id), instance.target.words(say)
    return say("machine.head", name=name, id=plain(seen.id), cloud=cloud, status=status)


def cost_facts(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield how long it is on, about what that costs, and whether it renews; nothing before a look."""
    seen = instance.detail
    if seen is not None:
        yield Fact(say("machine.cost"), cost_words(instance, seen, say))
        if seen.mode == "prepaid" and not seen.is_gone:
            yield Fact(say("machine.renewal"), renewal_words(seen, say))


def facts(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what else is known, in the order in which it matters."""
    seen = instance.detail or InstanceDetail(instance.id)
    yield from news(instance, say)
    if seen.is_on:
        yield from _ways_in(seen, say)
    for kind, url in seen.logs:
        yield Fact(say("machine.log", kind=kind), url, kind="link")
    if instance.deadline is not None:
        yield Fact(say("machine.deadline"), instance.deadline.sentence(say))


def news(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what the server says of it, what failed, and the last action; no address is in it."""
    seen = instance.detail or InstanceDetail(instance.id)
    for text, kind in ((seen.error, "bad"), (seen.message, "")):
        if text:
            yield Fact(say("machine.server"), text, kind=kind)
    if instance.failed is not None:
        yield Fact(say("machine.failed"), instance.failed.sentence(say), kind="bad")
    if instance.missed is not None:
        yield Fact(say("machine.missed"), missed_words(instance, instance.missed, say), kind="bad")
    if instance.done is not None:
        yield Fact(say("machine.done"), confirmed_words(*instance.done, say))


# The way up, and the API's words for each step on it.
STEPS: Mapping[str, tuple[str, ...]] = {
    "queued": ("toCreate", "creating", "toStart", "starting", "toRestart", "restarting"),
    "pulling": ("pulling",),
    "running": (RUNNING,),
}


def steps(instance: Instance) -> tuple[list[str], int]:
    """Return the steps on the way up, and how many of them are reached; none when it is not on it.

    A step is reached once it has begun.
    """
    seen = instance.detail
    if seen is None or seen.error:
        return [], 0
    reached = next((number for number, words in enumerate(STEPS.values(), 1) if seen.status in words), 0)
    return (list(STEPS), reached) if reached else ([], 0)


def missed_words(instance: Instance, error: PpioError, say: Words) -> str:
    """Return why it could not be looked at, and since when what is shown is old."""
    reason = error.sentence(say)
    if not instance.seen_at:
        return say("machine.not_yet", reason=reason) if is_gone(error) else reason
    key = "machine.not_found" if is_gone(error) else "machine.missed_since"
    return say(key, moment=moment_words(instance.seen_at, threads.clock.now()), reason=reason)


def outcome_words(instance: Instance, say: Words) -> str:
    """Return the last action that was read back, and of a delete about what it came to; empty for none."""
    if instance.done is None:
        return ""
    confirmed = confirmed_words(*instance.done, say)
    seen = instance.detail
    if seen is None or not seen.is_gone or instance.cost_so_far is None:
        return confirmed
    return say("confirmed.and_cost", confirmed=confirmed, cost=cost_words(instance, seen, say))


def cost_words(instance: Instance, seen: InstanceDetail, say: Words) -> str:
    """Return how long it is on and about what that costs; what is unknown is said to be."""
    seconds, cost, offer = seconds_on(seen, threads.clock.now()), instance.cost_so_far, instance.offer
    span = Span(seconds).sentence(say) if seconds is not None else "?"
    currency = offer.currency if offer is not None else ""
    gone = seen.is_gone
    if seen.mode == "prepaid":
        return say("machine.prepaid_gone" if gone else "machine.prepaid", span=span)
    if cost is None:
        if gone:
            return say("machine.cost_gone_unknown", span=span)
        # A price that nobody has asked for is not called unknown.
        return say("machine.cost_unknown" if prices_told(instance.client) else "machine.on", span=span)
    rate = pricing.hourly(offer, body_of(seen))
    shown = pricing.shown(rate, currency) if rate is not None else "?"
    key = "machine.cost_gone" if gone else "machine.cost_on" if seen.is_on else "machine.cost_off"
    told = say(key, span=span, cost=pricing.shown(cost, currency), rate=shown)
    if offer is None or not is_old(offer, threads.tick()):
        return told
    return say("machine.cost_by", cost=told, moment=price_moment(offer))


def renewal_words(seen: InstanceDetail, say: Words) -> str:
    """Return whether a prepaid instance renews automatically, and when its months end."""
    key = {True: "machine.renews", False: "machine.renews_not", None: "machine.renews_unknown"}[seen.renews]
    if not seen.ends_at:
        return say(key)
    return say("machine.renewal_until", renewal=say(key), moment=moment_words(seen.ends_at, 0.0))


def as_text(instance: Instance, say: Words) -> str:
    """Return the card as lines of text."""
    told = (*cost_facts(instance, say), *facts(instance, say))
    lines = [f"  {say('problem.named', name=one.label, text=one.text)}" for one in told]
    return "\n".join([headline(instance, say), *lines])


def as_html(instance: Instance, say: Words) -> str:
    """Return the card as HTML that stands in a saved notebook."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(one.label)}</th>"
        f"<td style='text-align:left'>{_html(one)}</td></tr>"
        for one in (*cost_facts(instance, say), *facts(instance, say))
    )
    head = escape(headline(instance, say))
    return f"<div class='ppio-machine'><strong>{head}</strong><table>{rows}</table></div>"


def _ways_in(seen: InstanceDetail, say: Words) -> Iterator[Fact]:
    if ".practice.invalid" in seen.ssh_command + seen.jupyter_url:
        yield Fact(say("machine.addresses"), say("machine.pretend"))
    if seen.jupyter_url:
        yield Fact(say("machine.jupyter"), seen.jupyter_url, kind="open")
    if seen.ssh_command:
        copied = is_ssh_command(seen.ssh_command)  # what a server says goes into no shell unread
        yield Fact(say("machine.ssh"), seen.ssh_command, kind="copy" if copied else "")
    for one in seen.ports:
        if one.url:
            yield Fact(f"{one.port}/{one.protocol}", one.url, kind="link")


def _html(fact: Fact) -> str:
    text = escape(plain(fact.text, 2000))
    if fact.kind in ("link", "open") and is_web(fact.text):
        return f'<a href="{text}" target="_blank" rel="noopener noreferrer">{text}</a>'
    return text
