"""What a launch will cost, in sentences: the same for form, line and plan."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ppio_widgets.request import pricing
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import shown
from ppio_widgets.runtime.times import until_morning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price

_RENEW = ("billing", "prepaid", "auto_renew")


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
    return [*bill.price(now), *bill.disk(), *(bill.balance(balance) if balance is not None else ())]


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


def charges(offer: Offer | None, body: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """Return each price that a body commits to, by kind; None where it is not known.

    ``hour`` or ``months`` is that of all GPUs, ``renewal`` of each renewal, ``disk`` of an extra GB.
    """
    known, prepaid = pricing.offer_for(offer, body), pricing.is_prepaid(body)
    found = {"months" if prepaid else "hour": pricing.whole_price(known, body)}
    if prepaid and renews(body):
        found["renewal"] = None if known is None else _renewal(known, body)
    size, free = (
        pricing.whole_at(body, ("resource", "rootfs_size_gb")),
        known.rootfs_free_gb if known else None,
    )
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
    if price is None or gpus is None or not pricing.is_price(price.final):
        return None
    return pricing.times(price.final, gpus)


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

    def price(self, now: datetime | None) -> Iterator[str]:
        mode, unit, count = pricing.mode_of(self.body), pricing.unit_price(self.offer, self.body), self._count
        if unit is None:
            yield self._unknown_price(mode)
            yield from commitment(self.body, self.say)
            return
        if count is None:
            yield self.say("money.unknown_gpus", price=self._shown(unit.final))
        elif mode == BillingMode.PREPAID:
            yield from self._prepaid(unit, count)
        else:
            yield from self._by_the_hour(unit, count, now)
        if mode == BillingMode.PREPAID:
            yield self.say("money.no_release")
            yield from self._renewal()
        elif mode == BillingMode.SPOT:
            yield from self._against_on_demand()
            yield self.say("money.reclaim")

    def disk(self) -> Iterator[str]:
        """Say what of the system disk costs nothing; above it only what is documented."""
        size, free = pricing.whole_at(self.body, ("resource", "rootfs_size_gb")), self.offer.rootfs_free_gb
        price = self.offer.storage_price
        if size is None:
            return
        if free is None:
            yield self.say("money.disk_unknown", size=size)
        elif size <= free:
            yield self.say("money.disk_free", size=size, free=free)
        elif price is not None and pricing.is_price(price):
            # storage_price_per_gb: neither unit nor period is on the page (v2, list products).
            yield self.say(
                "money.disk_priced", size=size, free=free, extra=size - free, price=self._shown(price)
            )
        else:
            yield self.say("money.disk_extra", size=size, free=free, extra=size - free)

    def balance(self, balance: Decimal) -> Iterator[str]:
        charge, rate = pricing.charged_now(self.offer, self.body), pricing.hourly(self.offer, self.body)
        has = self._shown(balance)
        if charge is not None:
            left = pricing.minus(balance, charge)
            if left >= 0:
                yield self.say("money.balance_left", balance=has, left=self._shown(left))
            else:
                yield self.say(
                    "money.balance_short", balance=has, short=self._shown(pricing.minus(charge, balance))
                )
        elif rate is None:
            yield self.say("money.balance", balance=has)
        elif balance <= 0 < rate:
            yield self.say("money.balance_empty", balance=has)
        elif rate > 0:
            hours = _hours(Fraction(balance) / Fraction(rate))
            yield self.say("money.balance_hours", balance=has, hours=hours)
        else:
            yield self.say("money.balance", balance=has)

    @property
    def _count(self) -> int | None:
        return pricing.count_of(self.offer, self.body)

    def _shown(self, amount: Decimal) -> str:
        return shown(amount, self.offer.currency)

    def _by_the_hour(self, unit: Price, count: int, now: datetime | None) -> Iterator[str]:
        rate = pricing.times(unit.final, count)
        # Billed from pulling until stopped, by the second (novita.ai/docs/guides/gpu-instance-pricing).
        if count == 1:
            key = "money.hourly_cpu" if self.offer.type == "cpu" else "money.hourly"
            yield self.say(key, total=self._shown(rate))
        else:
            yield self.say(
                "money.hourly_product", price=self._shown(unit.final), gpus=count, total=self._shown(rate)
            )
        yield from self._listed(unit, count, "money.listed_hourly")
        seconds, clock = until_morning(now)
        yield self.say(
            "money.left_on",
            three=self._shown(pricing.times(rate, 3)),
            clock=clock,
            morning=self._shown(pricing.to_cents(Fraction(rate) * seconds / 3600)),
        )

    def _prepaid(self, unit: Price, count: int) -> Iterator[str]:
        charge = pricing.times(unit.final, count)
        months = months_words(pricing.months_of(self.body) or 1, self.say)
        if count == 1:
            yield self.say("money.prepaid", total=self._shown(charge), months=months)
        else:
            yield self.say(
                "money.prepaid_product",
                price=self._shown(unit.final),
                gpus=count,
                total=self._shown(charge),
                months=months,
            )
        yield from self._listed(unit, count, "money.listed")
        hours = pricing.HOURS_PER_MONTH * (pricing.months_of(self.body) or 1)
        rate = self._shown(pricing.to_cents(Fraction(charge) / hours))
        yield self.say("money.prepaid_hourly", rate=rate, hours=pricing.HOURS_PER_MONTH)

    def _renewal(self) -> Iterator[str]:
        """With auto-renew: by how many months, and what each time costs at today's price."""
        if not renews(self.body):
            return
        count = pricing.whole_at(self.body, (*_RENEW, "months"))
        if count is None:
            # v2 takes 0 and does not say what it means.
            yield self.say("money.renews_unknown")
            return
        each, months = _renewal(self.offer, self.body), months_words(count, self.say)
        if each is None:
            yield self.say("money.renews", months=months)
        else:
            yield self.say("money.renews_at", months=months, total=self._shown(each))

    def _against_on_demand(self) -> Iterator[str]:
        """Compare spot with on-demand in plain words; a share saved is rounded down."""
        spot, on_demand, gpus = self.offer.spot, self.offer.postpaid, self._count
        if spot is None or not pricing.is_price(spot.final) or gpus is None:
            return
        if on_demand is None or not pricing.is_price(on_demand.final):
            yield self.say("money.spot_unknown")
            return
        less = pricing.minus(on_demand.final, spot.final)
        shares = {"price": self._shown(pricing.times(on_demand.final, gpus))}
        if less < 0:
            more = pricing.minus(spot.final, on_demand.final)
            yield self.say("money.spot_dearer", more=self._shown(pricing.times(more, gpus)), **shares)
        elif less == 0:
            yield self.say("money.spot_same", **shares)
        else:
            percent = (Fraction(less) * 100 / Fraction(on_demand.final)).__floor__()
            share = str(percent) if percent else "<1"
            yield self.say("money.spot_saves", share=share, **shares)

    def _listed(self, unit: Price, gpus: int, key: str) -> Iterator[str]:
        if unit.listed is not None and pricing.is_price(unit.listed) and unit.listed != unit.final:
            listed, final = pricing.times(unit.listed, gpus), pricing.times(unit.final, gpus)
            yield self.say(key, listed=self._shown(listed), final=self._shown(final))

    def _unknown_price(self, mode: str) -> str:
        name = self.offer.name or self.offer.id
        months = pricing.months_of(self.body)
        if mode == BillingMode.PREPAID and months is not None:
            return self.say("money.unknown_months", product=name, months=months_words(months, self.say))
        return self.say("money.unknown_price", product=name, mode=self.say(f"mode.{mode}"))


def _hours(hours: Fraction) -> str:
    """Return hours rounded down: to tenths below ten, else whole."""
    if hours >= 10:
        return f"{hours.__floor__():,}"
    whole, tenths = divmod((hours * 10).__floor__(), 10)
    return f"{whole}.{tenths}" if tenths else str(whole)
