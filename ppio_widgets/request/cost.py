"""What a launch will cost, in sentences: the same for form, line and plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ppio_widgets.request import money
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.money import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from ppio_widgets.locale import Words
    from ppio_widgets.request.offer import Offer, Price

_MORNING = time(9)
_SECOND = timedelta(seconds=1)


def cost_sentences(
    offer: Offer | None,
    body: Mapping[str, Any],
    say: Words,
    *,
    balance: Decimal | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Say what a body costs, and what of it is not known.

    Parameters
    ----------
    offer : Offer or None
        The body's product; None, or another product's, when its price is not known.
    body : mapping
        A body, or a draft on its way there.
    say : Words
        The language.
    balance : Decimal, optional
        Of the account, if it could be read.
    now : datetime, optional
        Clock times are said in its zone; the kernel's clock and zone without it.

    Returns
    -------
    list of str
        Plain sentences, the price first.
    """
    known = money.offer_for(offer, body)
    if known is None:
        product = value_at(body, ("product_id",))
        return [say("money.unknown_product", product=product) if product else say("money.no_product")]
    bill = _Bill(known, body, say)
    return [*bill.price(now), *bill.disk(), *(bill.balance(balance) if balance is not None else ())]


@dataclass(frozen=True)
class _Bill:
    """One body at one offer; each method says one part."""

    offer: Offer
    body: Mapping[str, Any]
    say: Words

    def price(self, now: datetime | None) -> Iterator[str]:
        mode, unit, gpus = money.mode_of(self.body), money.unit_price(self.offer, self.body), self._gpus
        if mode not in ("postpaid", "prepaid", "spot"):
            yield self.say("money.unknown_mode")
            return
        if unit is None:
            yield self._unknown_price(mode)
        elif gpus is None:
            yield self.say("money.unknown_gpus", price=self._shown(unit.final))
        elif mode == "prepaid":
            yield from self._prepaid(unit, gpus)
        else:
            yield from self._by_the_hour(unit, gpus, now)
        if mode == "prepaid":
            yield self.say("money.no_release")
            yield from self._renewal()
        elif mode == "spot":
            yield from self._against_on_demand()
            yield self.say("money.reclaim")

    def disk(self) -> Iterator[str]:
        """Say what of the system disk costs nothing; above it only what is documented."""
        size, free = money.whole_at(self.body, ("resource", "rootfs_size_gb")), self.offer.rootfs_free_gb
        price = self.offer.storage_price
        if size is None:
            return
        if free is None:
            yield self.say("money.disk_unknown", size=size)
        elif size <= free:
            yield self.say("money.disk_free", size=size, free=free)
        elif price is not None and money.is_price(price):
            # storage_price_per_gb: neither unit nor period is on the page (v2, list products).
            yield self.say(
                "money.disk_priced", size=size, free=free, extra=size - free, price=self._shown(price)
            )
        else:
            yield self.say("money.disk_extra", size=size, free=free, extra=size - free)

    def balance(self, balance: Decimal) -> Iterator[str]:
        charge, rate = money.charged_now(self.offer, self.body), money.hourly(self.offer, self.body)
        has = self._shown(balance)
        if charge is not None:
            left = money.minus(balance, charge)
            if left >= 0:
                yield self.say("money.balance_left", balance=has, left=self._shown(left))
            else:
                yield self.say(
                    "money.balance_short", balance=has, short=self._shown(money.minus(charge, balance))
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
    def _gpus(self) -> int | None:
        return money.gpus_of(self.body)

    def _shown(self, amount: Decimal) -> str:
        return shown(amount, self.offer.currency)

    def _by_the_hour(self, unit: Price, gpus: int, now: datetime | None) -> Iterator[str]:
        rate = money.total(unit.final, gpus)
        # Billed from pulling until stopped, by the second (novita.ai/docs/guides/gpu-instance-pricing).
        if rate == unit.final:
            yield self.say("money.hourly", total=self._shown(rate))
        else:
            yield self.say(
                "money.hourly_product", price=self._shown(unit.final), gpus=gpus, total=self._shown(rate)
            )
            yield self.say("money.per_gpu")
        yield from self._listed(unit, gpus, "money.listed_hourly")
        seconds, clock = until_morning(now)
        yield self.say(
            "money.left_on",
            three=self._shown(money.times(rate, 3)),
            clock=clock,
            morning=self._shown(money.to_cents(Fraction(rate) * seconds / 3600)),
        )

    def _prepaid(self, unit: Price, gpus: int) -> Iterator[str]:
        charge, months = money.total(unit.final, gpus), self._months(money.months_of(self.body) or 1)
        if charge == unit.final:
            yield self.say("money.prepaid", total=self._shown(charge), months=months)
        else:
            yield self.say(
                "money.prepaid_product",
                price=self._shown(unit.final),
                gpus=gpus,
                total=self._shown(charge),
                months=months,
            )
            yield self.say("money.per_gpu")
        yield from self._listed(unit, gpus, "money.listed")
        hours = money.HOURS_PER_MONTH * (money.months_of(self.body) or 1)
        rate = self._shown(money.to_cents(Fraction(charge) / hours))
        yield self.say("money.prepaid_hourly", rate=rate, hours=money.HOURS_PER_MONTH)

    def _renewal(self) -> Iterator[str]:
        """With auto-renew: by how many months, and what each time costs at today's price."""
        renew = ("billing", "prepaid", "auto_renew")
        if value_at(self.body, (*renew, "enabled")) is not True:
            return
        count = money.whole_at(self.body, (*renew, "months"))
        if count is None:
            # v2 takes 0 and does not say what it means.
            yield self.say("money.renews_unknown")
            return
        price, gpus = self.offer.prepaid.get(count), self._gpus
        if price is None or gpus is None or not money.is_price(price.final):
            yield self.say("money.renews", months=self._months(count))
        else:
            each = self._shown(money.total(price.final, gpus))
            yield self.say("money.renews_at", months=self._months(count), total=each)

    def _against_on_demand(self) -> Iterator[str]:
        """Compare spot with on-demand in plain words; a share saved is rounded down."""
        spot, on_demand, gpus = self.offer.spot, self.offer.postpaid, self._gpus
        if spot is None or not money.is_price(spot.final) or gpus is None:
            return
        if on_demand is None or not money.is_price(on_demand.final):
            yield self.say("money.spot_unknown")
            return
        less = money.minus(on_demand.final, spot.final)
        shares = {"price": self._shown(money.total(on_demand.final, gpus))}
        if less < 0:
            more = money.minus(spot.final, on_demand.final)
            yield self.say("money.spot_dearer", more=self._shown(money.total(more, gpus)), **shares)
        elif less == 0:
            yield self.say("money.spot_same", **shares)
        else:
            percent = (Fraction(less) * 100 / Fraction(on_demand.final)).__floor__()
            share = str(percent) if percent else "<1"
            yield self.say("money.spot_saves", share=share, **shares)

    def _listed(self, unit: Price, gpus: int, key: str) -> Iterator[str]:
        if unit.listed is not None and money.is_price(unit.listed) and unit.listed != unit.final:
            listed, final = money.total(unit.listed, gpus), money.total(unit.final, gpus)
            yield self.say(key, listed=self._shown(listed), final=self._shown(final))

    def _unknown_price(self, mode: str) -> str:
        name = self.offer.name or self.offer.id
        months = money.months_of(self.body)
        if mode == "prepaid" and months is not None:
            return self.say("money.unknown_months", product=name, months=self._months(months))
        return self.say("money.unknown_price", product=name, mode=self.say(f"mode.{mode}"))

    def _months(self, count: int) -> str:
        return self.say("money.month") if count == 1 else self.say("money.months", n=count)


def until_morning(now: datetime | None = None) -> tuple[int, str]:
    """Return the seconds until tomorrow 09:00, and that time with its zone: ``09:00 UTC+08:00``.

    In the zone of `now`; in the kernel's when that is None or has no zone.
    """
    zone = now.tzinfo if now is not None else None
    here = now or datetime.now(tz=timezone.utc).astimezone()
    morning = datetime.combine(here.date() + timedelta(days=1), _MORNING, tzinfo=zone)
    if zone is None:  # the system's zone, as it will be then: summer time may begin tonight
        morning = morning.astimezone()
    # Within one zone Python subtracts clock faces, not moments.
    seconds = (morning.astimezone(timezone.utc) - here.astimezone(timezone.utc)) // _SECOND
    return seconds, f"{morning:%H:%M} {zone_of(morning)}"


def zone_of(moment: datetime) -> str:
    """Return the zone of a moment as people read it: ``UTC+08:00``."""
    minutes = (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours:02}:{rest:02}"


def _hours(hours: Fraction) -> str:
    """Return hours rounded down: to tenths below ten, else whole."""
    if hours >= 10:
        return f"{hours.__floor__():,}"
    whole, tenths = divmod((hours * 10).__floor__(), 10)
    return f"{whole}.{tenths}" if tenths else str(whole)
