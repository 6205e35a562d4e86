"""What a launch will cost, in sentences: the same for form, line and plan."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ppio_widgets.request import pricing
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import shown
from ppio_widgets.runtime.times import span_words, until_morning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price

_RENEW = ("billing", "prepaid", "auto_renew")
_DISK = ("resource", "rootfs_size_gb")


def cost_sentences(  # noqa: PLR0913 - each is one thing that money depends on
    offer: Offer | None,
    body: Mapping[str, Any],
    say: Words,
    *,
    balance: Decimal | None = None,
    now: datetime | None = None,
    asked: bool = True,
) -> list[str]:
    """Say what a body (or a draft on its way there) costs, and what of it is not known.

    The price comes first; without one, what the body commits to. Another product's offer says nothing about
    it. Clock times are said in the zone of `now`, in the kernel's without it. A price that the cloud was not
    `asked` for is not called unknown.
    """
    known = pricing.offer_for(offer, body)
    product = value_at(body, ("product_id",))
    if not product:
        return [say("money.no_product")]
    if pricing.mode_of(body) not in tuple(BillingMode):
        return [say("money.unknown_mode")]
    if known is None:
        first = say("money.unknown_product", product=product) if asked else say("money.not_asked")
        return [first, *commitment(body, say)]
    bill = _Bill(known, body, say)
    found = [*bill.price(now), *bill.disk()]
    return found if balance is None else [*found, bill.balance(balance)]


def commitment(body: Mapping[str, Any], say: Words) -> list[str]:
    """Say what a body commits to, whatever its price."""
    sentences = [say("money.commits", what=rented(body, say), terms=terms(body, say))]
    if pricing.is_prepaid(body):
        sentences.append(say("money.no_release"))
    elif pricing.mode_of(body) == BillingMode.SPOT:
        sentences.append(say("money.reclaim"))
    return sentences


def rented(body: Mapping[str, Any], say: Words) -> str:
    """Return what is rented, in a few words: ``2 GPUs``."""
    count = pricing.gpus_of(body)
    if pricing.is_cpu(body) or count is None:
        return say("money.cpu" if pricing.is_cpu(body) else "money.instance")
    return say("money.gpu") if count == 1 else say("money.gpus", n=count)


def terms(body: Mapping[str, Any], say: Words) -> str:
    """Return how a body is billed, with months and renewal: ``prepaid for 12 months, charged now``."""
    mode = pricing.mode_of(body)
    named = say(f"mode.{mode}") if mode in tuple(BillingMode) else mode
    if not pricing.is_prepaid(body):
        return say("money.terms_hourly", mode=named)
    months = pricing.months_of(body)
    if months is None:
        found = say("money.terms_prepaid_unset", mode=named)
    else:
        found = say("money.terms_prepaid", mode=named, months=months_words(months, say))
    if not renews(body):
        return found
    count = pricing.whole_at(body, (*_RENEW, "months"))
    if count is None:
        return say("money.terms_renewing_unset", terms=found)
    return say("money.terms_renewing", terms=found, months=months_words(count, say))


def headline(offer: Offer | None, body: Mapping[str, Any], say: Words) -> str:
    """Return the question that a launch is, with its rate: ``Rent 1 × A100 80 GB for ¥12.60 per hour?``."""
    known, what = pricing.offer_for(offer, body), product_words(offer, body)
    price = pricing.whole_price(known, body)
    if known is None or price is None:
        return say("ask.unknown", what=what)
    amount, months = shown(price, known.currency), pricing.months_of(body)
    if pricing.is_prepaid(body):
        return say("ask.prepaid", what=what, price=amount, months=months_words(months or 1, say))
    return say("ask.hourly", what=what, price=amount)


def product_words(offer: Offer | None, body: Mapping[str, Any]) -> str:
    """Return what is rented as people call it: ``2 × A100 80 GB``; by its id where that is all we know."""
    known = pricing.offer_for(offer, body)
    name = str(value_at(body, ("product_id",)) or "?")
    if known is not None:
        name = known.title
        if known.gpu_memory_gb and known.gpu_name:
            name = f"{name} {known.gpu_memory_gb} GB"
    return _counted(name, body)


def _counted(name: str, body: Mapping[str, Any]) -> str:
    count = pricing.gpus_of(body)
    return name if pricing.is_cpu(body) or count is None else f"{count} × {name}"


def warnings(offer: Offer | None, body: Mapping[str, Any], say: Words) -> list[str]:
    """Say what a person may regret: what cannot be undone, and spot that costs more than on demand."""
    found = [say("money.no_release")] if pricing.is_prepaid(body) else []
    known = pricing.offer_for(offer, body)
    if known is not None and pricing.mode_of(body) == BillingMode.SPOT:
        found += _Bill(known, body, say).dearer()
    volumes = value_at(body, ("volumes",)) or ()
    stays = any(value_at(volume, ("type",)) == "network" for volume in volumes)
    return [*found, say("ask.network_survives" if stays else "ask.nothing_survives")]


def charges(offer: Offer | None, body: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """Return each price that a body commits to, by kind; None where it is not known.

    ``hour`` or ``months`` is that of all GPUs, ``renewal`` of each renewal, ``disk`` of an extra GB.
    """
    known, prepaid = pricing.offer_for(offer, body), pricing.is_prepaid(body)
    found = {"months" if prepaid else "hour": pricing.whole_price(known, body)}
    if prepaid and renews(body):
        found["renewal"] = None if known is None else _renewal(known, body)
    size, free = pricing.whole_at(body, _DISK), known.rootfs_free_gb if known else None
    if known is not None and size is not None and free is not None and size > free:
        found["disk"] = known.storage_price
    return found


def changes(before: Offer | None, offer: Offer | None, body: Mapping[str, Any], say: Words) -> list[str]:
    """Say which prices changed since an offer was told, the old one and the new one."""
    old, new = charges(before, body), charges(offer, body)
    currency = next((one.currency for one in (offer, before) if one is not None), "")

    def words_of(price: Decimal | None) -> str:
        return say("money.changed_unknown") if price is None else shown(price, currency)

    return [
        say(f"money.changed_{kind}", old=words_of(price), new=words_of(new[kind]))
        for kind, price in old.items()
        if price is not None and kind in new and price != new[kind]
    ]


def _renewal(offer: Offer, body: Mapping[str, Any]) -> Decimal | None:
    """Return what each renewal costs at this offer's price, where that is known."""
    months, gpus = pricing.whole_at(body, (*_RENEW, "months")), pricing.count_of(offer, body)
    price = offer.prepaid.get(months or 0)
    return pricing.times(price.final, gpus) if price is not None and gpus is not None else None


@dataclass(frozen=True)
class Figures:
    """What a launch costs, in figures: the one that counts with its unit, and lines of words and figures."""

    amount: str
    unit: str
    lines: tuple[tuple[str, str], ...] = ()
    is_hourly: bool = False


def figures(  # noqa: PLR0913 - each is one thing that money depends on
    offer: Offer | None,
    body: Mapping[str, Any],
    say: Words,
    *,
    balance: Decimal | None = None,
    stops_after: Fraction | None = None,
    now: datetime | None = None,
) -> Figures:
    """Return what a body costs in figures; nothing is invented: what is not known is a dash.

    `stops_after` are the seconds after which it is stopped by itself.
    """
    known = pricing.offer_for(offer, body)
    hourly, charge = pricing.hourly(known, body), pricing.charged_now(known, body)
    if known is None or hourly is None:
        choose = "figures.choose_cpu" if pricing.is_cpu(body) else "figures.choose"
        return Figures("–", say("figures.unknown" if body.get("product_id") else choose))
    lines = [_what_line(known, body, hourly, say), _size_line(known, body, say)]
    if charge is not None:
        total, unit = charge, say("figures.now", months=months_words(pricing.months_of(body) or 1, say))
    else:
        total, unit = hourly, say("figures.hour")
        if stops_after is not None:
            cost = _for_seconds(hourly, stops_after)
            span = span_words(stops_after.__round__(), say)
            lines.append((say("figures.stops", span=span), f"≈ {shown(cost, known.currency)}"))
        seconds, clock = until_morning(now)
        morning = _for_seconds(hourly, seconds)
        lines.append((say("figures.morning", clock=clock), f"≈ {shown(morning, known.currency)}"))
    if balance is not None:
        left = (
            say("figures.hours_left", hours=_hours(Fraction(balance) / Fraction(hourly)))
            if hourly > 0
            else ""
        )
        lines.append((say("figures.balance", balance=shown(balance, known.currency)), left))
    return Figures(shown(total, known.currency), unit, tuple(lines), charge is None)


def _what_line(offer: Offer, body: Mapping[str, Any], hourly: Decimal, say: Words) -> tuple[str, str]:
    return _counted(offer.title, body), f"{shown(hourly, offer.currency)}{say('figures.an_hour')}"


def _size_line(offer: Offer, body: Mapping[str, Any], say: Words) -> tuple[str, str]:
    size, free = pricing.whole_at(body, _DISK), offer.rootfs_free_gb
    if size is None or free is None:
        return say("figures.disk", size="?"), say("figures.disk_unknown")
    return say("figures.disk", size=size), say(
        "figures.free" if size <= free else "figures.disk_extra", n=size - free
    )


def renews(body: Mapping[str, Any]) -> bool:
    """Whether a prepaid body renews by itself."""
    return value_at(body, (*_RENEW, "enabled")) is True


def months_words(count: int, say: Words) -> str:
    """Return so many months in words."""
    return say("money.month") if count == 1 else say("money.months", n=count)


@dataclass(frozen=True)
class _Bill:
    """One body at one offer; each method says one part."""

    offer: Offer
    body: Mapping[str, Any]
    say: Words

    def _say(self, key: str, **facts: object) -> str:
        """Return a sentence; its amounts are shown in the offer's currency."""
        currency = self.offer.currency
        for name, fact in facts.items():
            facts[name] = shown(fact, currency) if isinstance(fact, Decimal) else fact
        return self.say(key, **facts)

    def price(self, now: datetime | None) -> Iterator[str]:
        unit = pricing.unit_price(self.offer, self.body)
        if unit is None:
            yield self._unknown_price()
            yield from commitment(self.body, self.say)
            return
        count = pricing.count_of(self.offer, self.body)
        if count is None:
            yield self._say("money.unknown_gpus", price=unit.final)
        else:
            yield from self._total(unit, count, now)
        if pricing.is_prepaid(self.body):
            yield self._say("money.no_release")
            if renews(self.body):
                yield self._renewal()
        elif pricing.mode_of(self.body) == BillingMode.SPOT:
            if count is not None:
                yield self._against_on_demand(unit.final, count)
            yield self._say("money.reclaim")

    def disk(self) -> Iterator[str]:
        """Say what of the system disk costs nothing; above it only what is documented."""
        size, free = pricing.whole_at(self.body, _DISK), self.offer.rootfs_free_gb
        price = self.offer.storage_price
        if size is None:
            return
        if free is None:
            yield self._say("money.disk_unknown", size=size)
        elif size <= free:
            yield self._say("money.disk_free", size=size, free=free)
        elif price is not None:
            # storage_price_per_gb: neither unit nor period is on the page (v2, list products).
            yield self._say("money.disk_priced", size=size, free=free, extra=size - free, price=price)
        else:
            yield self._say("money.disk_extra", size=size, free=free, extra=size - free)

    def balance(self, balance: Decimal) -> str:
        charge, rate = pricing.charged_now(self.offer, self.body), pricing.hourly(self.offer, self.body)
        if charge is not None:
            left, short = pricing.minus(balance, charge), pricing.minus(charge, balance)
            key = "money.balance_left" if left >= 0 else "money.balance_short"
            return self._say(key, balance=balance, left=left, short=short)
        if rate is None or rate <= 0:
            return self._say("money.balance", balance=balance)
        if balance <= 0:
            return self._say("money.balance_empty", balance=balance)
        return self._say(
            "money.balance_hours", balance=balance, hours=_hours(Fraction(balance) / Fraction(rate))
        )

    def _total(self, unit: Price, count: int, now: datetime | None) -> Iterator[str]:
        """Say what all GPUs cost for an hour, or for the months bought, and what that comes to."""
        total, months = pricing.times(unit.final, count), pricing.months_of(self.body) or 1
        prepaid = pricing.is_prepaid(self.body)
        # Billed from pulling until stopped, by the second (novita.ai/docs/guides/gpu-instance-pricing).
        kind = "prepaid" if prepaid else "hourly"
        if count > 1:
            kind = f"{kind}_product"
        elif self.offer.type == "cpu" and not prepaid:
            kind = "hourly_cpu"
        term = months_words(months, self.say)
        yield self._say(f"money.{kind}", price=unit.final, gpus=count, total=total, months=term)
        if unit.listed is not None and unit.listed != unit.final:
            key = "money.listed" if prepaid else "money.listed_hourly"
            yield self._say(key, listed=pricing.times(unit.listed, count), final=total)
        if prepaid:
            rate = pricing.to_cents(Fraction(total) / (pricing.HOURS_PER_MONTH * months))
            yield self._say("money.prepaid_hourly", rate=rate, hours=pricing.HOURS_PER_MONTH)
        else:
            seconds, clock = until_morning(now)
            morning = _for_seconds(total, seconds)
            yield self._say("money.left_on", three=pricing.times(total, 3), clock=clock, morning=morning)

    def _renewal(self) -> str:
        """Say by how many months it renews, and what each time costs at today's price."""
        count = pricing.whole_at(self.body, (*_RENEW, "months"))
        if count is None:
            # v2 takes 0 and does not say what it means.
            return self._say("money.renews_unknown")
        each = _renewal(self.offer, self.body)
        key = "money.renews" if each is None else "money.renews_at"
        return self._say(key, months=months_words(count, self.say), total=each)

    def dearer(self) -> list[str]:
        """Say that spot costs more than on demand, where it does."""
        unit, count = pricing.unit_price(self.offer, self.body), pricing.count_of(self.offer, self.body)
        hourly = self.offer.postpaid
        if unit is None or count is None or hourly is None or unit.final <= hourly.final:
            return []
        return [self._against_on_demand(unit.final, count)]

    def _against_on_demand(self, spot: Decimal, count: int) -> str:
        """Compare spot with on-demand in plain words; a share saved is rounded down."""
        if self.offer.postpaid is None:
            return self._say("money.spot_unknown")
        on_demand = self.offer.postpaid.final
        price = pricing.times(on_demand, count)
        if spot > on_demand:
            more = pricing.times(pricing.minus(spot, on_demand), count)
            return self._say("money.spot_dearer", more=more, price=price)
        if spot == on_demand:
            return self._say("money.spot_same", price=price)
        percent = -pricing.percent_more(spot, on_demand)
        return self._say("money.spot_saves", share=str(percent) if percent else "<1", price=price)

    def _unknown_price(self) -> str:
        name, mode = self.offer.name or self.offer.id, pricing.mode_of(self.body)
        months = pricing.months_of(self.body)
        if pricing.is_prepaid(self.body) and months is not None:
            return self._say("money.unknown_months", product=name, months=months_words(months, self.say))
        return self._say("money.unknown_price", product=name, mode=self.say(f"mode.{mode}"))


def _for_seconds(hourly: Decimal, seconds: Fraction | int) -> Decimal:
    """Return what so many seconds cost."""
    return pricing.to_cents(Fraction(hourly) * seconds / 3600)


def _hours(hours: Fraction) -> str:
    """Return hours rounded down: to tenths below ten, else whole."""
    if hours >= 10:
        return f"{hours.__floor__():,}"
    whole, tenths = divmod((hours * 10).__floor__(), 10)
    return f"{whole}.{tenths}" if tenths else str(whole)
