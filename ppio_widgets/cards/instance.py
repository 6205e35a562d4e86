"""An instance as a card; it holds no secret."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from markupsafe import Markup

from ppio_widgets.cards.card import Card, Fact
from ppio_widgets.cards.html import each, html
from ppio_widgets.cloud.answers import InstanceStatus, plain, status_words
from ppio_widgets.cloud.instances import InstanceDetail, is_ssh_command
from ppio_widgets.errors import PpioError, is_gone
from ppio_widgets.instances.actions import confirmed_words
from ppio_widgets.instances.instance import cost_words
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import pattern
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.locale.words import Words


def card(instance: Instance, say: Words) -> Card:
    """Return the card of an instance; one that nobody has looked at is looked at first."""
    if instance.detail is None:
        with suppress(PpioError):  # what fails is said on the card
            instance.refresh()
    return Card(headline(instance, say), facts=(*cost_facts(instance, say), *facts(instance, say)))


def headline(instance: Instance, say: Words) -> str:
    """Return name, id, cloud and status in one sentence."""
    seen = instance.known
    status = status_words(seen.status, say) if seen.status else say("status.unseen")
    name, cloud = plain(seen.name or seen.id), instance.target.words(say)
    return say("machine.head", name=name, id=plain(seen.id), cloud=cloud, status=status)


def cost_facts(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield how long it is on, about what that costs, and whether it renews; nothing before a look."""
    seen = instance.detail
    if seen is not None:
        yield Fact(say("machine.cost"), cost_words(instance, say))
        if seen.mode == BillingMode.PREPAID and not seen.is_gone:
            yield Fact(say("machine.renewal"), _renewal(seen, say))


def facts(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what else is known, in the order in which it matters."""
    seen = instance.known
    yield from news(instance, say)
    if seen.is_on:
        yield from _ways_in(seen, say)
    for kind, url in seen.logs:
        yield Fact(say("machine.log", kind=kind), url, kind="link")
    for path, text in seen.made_of:
        numbers = " ".join(str(part + 1) for part in path if isinstance(part, int))
        yield Fact(f"{say(f'field.{pattern(path)}')} {numbers}".rstrip(), text)
    if instance.deadline is not None:
        yield Fact(say("machine.deadline"), instance.deadline.sentence(say))


def news(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what the server says of it, what failed, and the last action; no address is in it."""
    seen = instance.known
    for text, kind in ((seen.error, "bad"), (seen.message, "")):
        if text:
            yield Fact(say("machine.server"), text, kind=kind)
    if instance.failed is not None:
        yield Fact(say("machine.failed"), instance.failed.sentence(say), kind="bad")
    if instance.missed is not None:
        yield Fact(say("machine.missed"), _missed(instance, instance.missed, say), kind="bad")
    if instance.done is not None:
        yield Fact(say("machine.done"), confirmed_words(*instance.done, say))


# The way up, and which step of it each of the API's words is.
_STEPS = ("queued", "pulling", "running")
_REACHED: Mapping[str, int] = {
    InstanceStatus.TO_CREATE: 1,
    InstanceStatus.CREATING: 1,
    InstanceStatus.TO_START: 1,
    InstanceStatus.STARTING: 1,
    InstanceStatus.TO_RESTART: 1,
    InstanceStatus.RESTARTING: 1,
    InstanceStatus.PULLING: 2,
    InstanceStatus.RUNNING: 3,
}


def progress(instance: Instance, say: Words) -> Markup:
    """Return the way up as HTML: its steps, each reached once it has begun; empty where it is not on it."""
    seen = instance.known
    reached = 0 if seen.error else _REACHED.get(seen.status, 0)
    if not reached:
        return Markup()
    marks = ["ppw-done"] * (reached - 1) + ["ppw-now aria-current=step"] + ["ppw-next"] * len(_STEPS)
    items = [
        html("<li class={}>{}", Markup(mark), say(f"step.{name}"))  # noqa: S704 - ours
        for name, mark in zip(_STEPS, marks, strict=False)
    ]
    return html(
        "<ol class=ppw-steps>{}</ol><progress aria-label='{}' max={} value={}></progress>",
        *(each("{}", items), say("launch.progress"), len(_STEPS), reached),
    )


def _missed(instance: Instance, error: PpioError, say: Words) -> str:
    """Return why it could not be looked at, and since when what is shown is old."""
    reason = error.sentence(say)
    if not instance.seen_at:
        return say("machine.not_yet", reason=reason) if is_gone(error) else reason
    key = "machine.not_found" if is_gone(error) else "machine.missed_since"
    return say(key, moment=moment_words(instance.seen_at, threads.now()), reason=reason)


def _renewal(seen: InstanceDetail, say: Words) -> str:
    """Return whether a prepaid instance renews automatically, and when its months end."""
    key = {True: "machine.renews", False: "machine.renews_not", None: "machine.renews_unknown"}[seen.renews]
    if not seen.ends_at:
        return say(key)
    return say("machine.renewal_until", renewal=say(key), moment=moment_words(seen.ends_at, 0.0))


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
