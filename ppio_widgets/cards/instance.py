"""An instance as a card; it holds no secret."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from markupsafe import Markup

from ppio_widgets.cards.card import Card, Fact, terms
from ppio_widgets.cards.html import each, html, link
from ppio_widgets.cloud.answers import InstanceStatus, plain, status_words
from ppio_widgets.cloud.instances import InstanceDetail, is_ssh_command, is_web, next_words, spot_words
from ppio_widgets.errors import PpioError, is_gone
from ppio_widgets.instances.actions import confirmed_words
from ppio_widgets.instances.instance import cost_words
from ppio_widgets.instances.listing import kind_of
from ppio_widgets.instances.watched import STEPS
from ppio_widgets.locale.words import Span
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import BillingMode, price_moment
from ppio_widgets.request.schema import pattern
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if seen.mounts:
        yield Fact(say("machine.mounted"), say("catalogue.and").join(_mounts(seen, say)))
    for path, text in seen.made_of:
        numbers = " ".join(str(part + 1) for part in path if isinstance(part, int))
        yield Fact(f"{say(f'field.{pattern(path)}')} {numbers}".rstrip(), text)
    if instance.deadline is not None:
        yield Fact(say("machine.deadline"), instance.deadline.sentence(say))


def _mounts(seen: InstanceDetail, say: Words) -> Iterator[str]:
    for storage, point in seen.mounts:
        yield say("machine.mount", storage=storage, point=point) if point else storage


def news(instance: Instance, say: Words) -> Iterator[Fact]:
    """Yield what the server says of it, what failed, and the last action; no address is in it."""
    seen = instance.known
    for text, kind in ((seen.error, "bad"), (seen.message, "")):
        if text:
            yield Fact(say("machine.server"), text, kind=kind)
    for text, label in ((spot_words(seen, say), "machine.spot"), (next_words(seen, say), "machine.next")):
        if text:
            yield Fact(say(label), text)
    if instance.failed is not None:
        yield Fact(say("machine.failed"), instance.failed.sentence(say), kind="bad")
    if instance.missed is not None:
        yield Fact(say("machine.missed"), _missed(instance, instance.missed, say), kind="bad")
    done = instance.done
    if done is not None:
        yield Fact(say("machine.done"), confirmed_words(*done, say))


# The way up, and what is said of a step once it is over.
_STEPS = ("queued", "pulling", "running")
_OVER = {"pulling": "pulled"}


def head(instance: Instance, say: Words) -> Markup:
    """Return as HTML which instance it is and where it stands: in a colour, with a mark, and in a word.

    What is heard as it changes is one sentence: there may be several cards.
    """
    seen = instance.known
    status = status_words(seen.status, say) if seen.status else say("status.unseen")
    where = [instance.target.words(say), plain(seen.id), _hardware(instance, say), plain(seen.region)]
    return html(
        "<b>{}</b> <span class='ppw-state ppw-{}'>{}</span> <span class=ppw-quiet>{}</span>"
        "<span hidden class=ppw-say>{}</span>",
        plain(seen.name or seen.id),
        kind_of(seen),
        say("status.failed", status=status) if seen.error else status,
        " · ".join(filter(None, where)),
        headline(instance, say),
    )


def _hardware(instance: Instance, say: Words) -> str:
    """Return what is rented, as far as it is known: ``1 × A100 80 GB``."""
    seen, offer = instance.known, instance.offer
    name = plain(seen.product_name(offer))
    return say("machine.gpus", n=seen.gpu_num, gpu=name) if name and seen.gpu_num else name


def progress(instance: Instance, say: Words) -> Markup:
    """Return the way up as HTML: its steps with how long each took; empty where it is not on it."""
    seen = instance.known
    now = 0 if seen.error else STEPS.get(seen.status, 0)
    if not now:
        return Markup()
    items = [_step(name, number, now, instance, say) for number, name in enumerate(_STEPS, 1)]
    items += [_jupyter_step(instance, say)] if now == len(_STEPS) else []
    bar = html(
        "<progress aria-label='{}' max={} value={}></progress>", say("launch.progress"), len(_STEPS), now
    )
    return html("<ol class=ppw-steps>{}</ol>{}", each("{}", items), bar if now < len(_STEPS) else "")


def _step(name: str, number: int, now: int, instance: Instance, say: Words) -> Markup:
    begun, ended = instance.reached.get(number), instance.reached.get(number + 1)
    if number == now and now < len(_STEPS):
        ended = threads.now()
    took = Span(max(0.0, ended - begun)).sentence(say) if begun is not None and ended is not None else ""
    mark = "ppw-done" if number < now else "ppw-now aria-current=step" if number == now else "ppw-next"
    told = say(f"step.{_OVER.get(name, name) if number < now else name}")
    return _item(mark, told, took)


def _jupyter_step(instance: Instance, say: Words) -> Markup:
    """Return whether its Jupyter answers; empty where there is none to ask."""
    moment, runs_since = instance.jupyter_at, instance.reached.get(len(_STEPS))
    if moment is None:
        return Markup()
    if not moment:
        return _item("ppw-next", say("step.no_jupyter"), "")
    took = Span(max(0.0, moment - runs_since)).sentence(say) if runs_since is not None else ""
    return _item("ppw-done", say("step.jupyter"), took)


def _item(mark: str, told: str, took: str) -> Markup:
    time = html(" <small>{}</small>", took) if took else ""
    return html("<li class={}>{}{}", Markup(mark), told, time)  # noqa: S704 - ours


def figures(instance: Instance, say: Words) -> Markup:
    """Return as HTML what it costs, at which rate, and when it stops or ends; empty before a look."""
    if instance.detail is None:
        return Markup()
    rows = each(
        "{}", (html("<div><dt>{}<dd>{}<small>{}</small></div>", *row) for row in _figures(instance, say))
    )
    return html("<dl class=ppw-figures>{}</dl>", rows)


def _figures(instance: Instance, say: Words) -> Iterator[tuple[str, str, str]]:
    """Yield a label, what it is, and what is to be known of that."""
    seen = instance.known
    seconds, offer = seen.seconds_on(instance.client.now()), instance.offer
    span = Span(seconds).sentence(say) if seconds is not None else "?"
    phase = "on" if seen.is_on else "gone" if seen.is_gone else "reclaimed" if seen.is_reclaimed else "off"
    prepaid = seen.mode == BillingMode.PREPAID
    cost, currency = instance.cost_so_far, offer.currency if offer is not None else ""
    label = say("figure.so_far" if seen.is_on else "machine.cost")
    known = f"≈ {pricing.shown(cost, currency)}" if cost is not None else say("figure.unknown")
    if prepaid:
        yield label, say("figure.prepaid"), say("machine.on", span=span) if seen.is_on else ""
    else:
        yield label, known, say(f"figure.{phase}", span=span)
    rate = None if prepaid or offer is None else pricing.hourly(offer, seen.priced_body)
    if rate is not None and offer is not None and seen.is_on:
        is_old = offer.time.is_old(threads.tick())
        age = say("figure.by", moment=price_moment(offer)) if is_old else ""
        yield say("figure.rate"), f"{pricing.shown(rate, currency)}{say('figures.an_hour')}", age
    if seen.is_on:
        yield _stops(instance, say)
    if prepaid and not seen.is_gone:
        yield say("machine.renewal"), _renewal(seen, say), ""


def _stops(instance: Instance, say: Words) -> tuple[str, str, str]:
    timer = instance.deadline
    if timer is None or timer.state in ("done", "gone", "cancelled"):
        return say("figure.stops"), say("figure.never"), ""
    return say("figure.stops"), moment_words(timer.at, instance.client.now()), say("figure.timer")


def way_in(instance: Instance, say: Words) -> Markup:
    """Return as HTML a link to its Jupyter that looks like a button; empty where there is none."""
    seen = instance.known
    if seen.status != InstanceStatus.RUNNING or not is_web(seen.jupyter_url):
        return Markup()
    first = "" if instance.jupyter_at is None else " mod-primary"
    return html(
        "<a class='jupyter-button{}' href='{}' target=_blank rel='noopener noreferrer'>{}</a>",
        *(first, seen.jupyter_url, say("machine.open")),
    )


def ways_in(instance: Instance, say: Words) -> Markup:
    """Return as HTML what else is known; an address that a browser opens is a link by its name."""
    told = list(facts(instance, say))
    named = [one for one in told if one.kind == "link" and is_web(one.text)]
    links = html("<p class=ppw-links>{}</p>", each("{} ", (link(one.text, one.label) for one in named)))
    rest = [one for one in told if one not in named and one.kind != "open"]
    return html("{}{}", terms(rest, say), links if named else "")


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
