"""Money, exact: what an offer costs for a body, in numbers and in the sentences of form, line and plan.

All amounts are `Decimal`, and no operation here rounds unless its name or its
docstring says so. Nothing is invented: what an answer did not give is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from fractions import Fraction
from numbers import Number
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.errors import LaunchRefused
from ppio_widgets.request.draft import plain, value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime.times import as_given, until_morning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price

# A month in hours, for comparing only. The documented example of a product agrees with it:
# 12600 per hour x 720 = 9072000 per month (PPIO GPU API v2, list products).
HOURS_PER_MONTH = 720

_SIGNS: Mapping[str, str] = {"CNY": "¥", "USD": "$"}

# Decimals of an hourly price that had to be divided.
_HOURLY_DECIMALS = 6

# An amount as it is typed, once its full-width letters are plain ones. No comma: it is a
# decimal point to some and groups digits for others, a thousand times as much.
_TYPED = re.compile(r"[¥$]?\s*([0-9]{1,12}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_LONGEST = 60  # digits of a number that may be one

_MOST_DECIMALS = 12  # of an amount in an answer

# Never rounds: Python's own recipe for exact arithmetic (decimal, FAQ).
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

_RENEW = ("billing", "prepaid", "auto_renew")
_DISK = ("resource", "rootfs_size_gb")


@dataclass(frozen=True)
class AboveCeiling:
    """Why a price ceiling stops a launch; its parameters are amounts as shown, and the billing mode."""

    code: Literal["price_above", "price_unknown", "price_old"]  # one that is old counts as unknown
    params: Mapping[str, str]

    def sentence(self, say: Words) -> str:
        """Return it in words; prepaid says how months became hours."""
        key = f"money.{self.code}"
        return say.first(f"{key}@{self.params['mode']}", key, **self.params)


def amount(value: int, places: object) -> Decimal | None:
    """Return ``value / 10**places`` exactly, or None where that many decimals cannot be meant."""
    if type(places) is int and 0 <= places <= _MOST_DECIMALS:
        return _scaled(value, places)
    return None


def read_amount(value: object) -> Decimal | None:
    """Return an amount that a person gave, exactly: one grammar for form, line and call.

    It is a number, or text like ``15``, ``12.5`` or ``¥12.5``; full-width letters are as good. None for what
    is no amount: words, a unit, a comma, an exponent, below zero, not finite.
    """
    if isinstance(value, Number):
        try:
            # A float through its text: 12.1 is meant, not the nearest binary. Nothing is minus zero.
            number = Decimal(str(value)) or Decimal(0)
        except (InvalidOperation, ValueError):  # True, a Fraction; a whole number of too many digits
            return None
        value = f"{number:f}" if -_LONGEST <= number.adjusted() <= _LONGEST else ""
    typed = _TYPED.fullmatch(plain(value)) if isinstance(value, str) else None
    return Decimal(typed[1]) if typed else None


def read_ceiling(value: object, code: str = "ceiling") -> Decimal | None:
    """Return the most that one hour may cost, as `read_amount` reads it; None for None: any price.

    What is no amount raises a `LaunchRefused`; `code` names its sentence.
    """
    ceiling = read_amount(value)
    if ceiling is None and value is not None:
        raise LaunchRefused(code, value=as_given(value))
    return ceiling


def shown(amount: Decimal, currency: str) -> str:
    """Return an amount as people read it: ``¥9,072.00``, and more than two decimals only to be exact."""
    if not amount.is_finite():
        return str(amount)
    # copy_abs, unlike abs, never rounds to the thread's precision.
    whole, _, decimals = format(amount.copy_abs(), ",f").partition(".")
    sign = "-" if amount < 0 else ""
    return f"{sign}{_SIGNS.get(currency, '')}{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def times(amount: Decimal, count: int) -> Decimal:
    """Return `count` times an amount, exactly."""
    return _EXACT.multiply(amount, Decimal(count))


def minus(amount: Decimal, other: Decimal) -> Decimal:
    """Return a difference, exactly."""
    return _EXACT.subtract(amount, other)


def to_cents(value: Fraction) -> Decimal:
    """Return an estimate rounded to two decimals, half up."""
    return _scaled((value * 100 + Fraction(1, 2)).__floor__(), 2)


def mode_of(body: Mapping[str, Any]) -> str:
    """Return the billing mode, or an empty text."""
    mode = value_at(body, ("billing", "mode"))
    return mode if isinstance(mode, str) else ""


def is_prepaid(body: Mapping[str, Any]) -> bool:
    """Whether months are bought ahead."""
    return mode_of(body) == BillingMode.PREPAID


def gpus_of(body: Mapping[str, Any]) -> int | None:
    """Return the number of GPUs, if there is one."""
    return whole_at(body, ("resource", "gpu_num"))


def is_cpu(body: Mapping[str, Any]) -> bool:
    """Whether a body asks for a CPU instance; unset means gpu (PPIO GPU API v2, create instance)."""
    return bool(value_at(body, ("type",)) == "cpu")


def count_of(offer: Offer, body: Mapping[str, Any]) -> int | None:
    """Return what a listed price is multiplied by, if it is known; a CPU product is priced as a whole."""
    # "Unit price x time x number of cards" for postpaid and spot
    # (novita.ai/docs/guides/gpu-instance-pricing). For prepaid no page says so; it is the higher reading.
    return 1 if offer.type == "cpu" else gpus_of(body)


def months_of(body: Mapping[str, Any]) -> int | None:
    """Return the months that are bought, if there is such a number."""
    return whole_at(body, ("billing", "prepaid", "months"))


def whole_at(body: Mapping[str, Any], path: tuple[str, ...]) -> int | None:
    """Return the whole number from 1 at `path`, or None."""
    value = value_at(body, path)
    return value if type(value) is int and value >= 1 else None


def offer_for(offer: Offer | None, body: Mapping[str, Any]) -> Offer | None:
    """Return the offer if it is of the body's product: another's price says nothing about this one."""
    return offer if offer is not None and offer.id == value_at(body, ("product_id",)) else None


def unit_price(offer: Offer | None, body: Mapping[str, Any]) -> Price | None:
    """Return the listed price for the body's billing mode (and months), or None when it is not known."""
    offer = offer_for(offer, body)
    if offer is None:
        return None
    months = months_of(body)
    prices: Mapping[str, Price | None] = {
        BillingMode.POSTPAID: offer.postpaid,
        BillingMode.SPOT: offer.spot,
        BillingMode.PREPAID: offer.prepaid.get(months) if months else None,
    }
    return prices.get(mode_of(body))


def charged_now(offer: Offer | None, body: Mapping[str, Any]) -> Decimal | None:
    """Return what a prepaid launch charges at once; None for the other modes or when it is not known."""
    return whole_price(offer, body) if is_prepaid(body) else None


def hourly(offer: Offer | None, body: Mapping[str, Any]) -> Decimal | None:
    """Return what a body costs per hour, all GPUs together, or None when it is not known.

    The disk is not in it: the period of its price is not documented. That of prepaid, over 720 hours a month,
    is only for comparing with a ceiling, and is rounded *up*, so that rounding never brings it under one.
    """
    whole = whole_price(offer, body)
    if whole is None or not is_prepaid(body):
        return whole
    hours = HOURS_PER_MONTH * (months_of(body) or 1)
    return _scaled((Fraction(whole) * 10**_HOURLY_DECIMALS / hours).__ceil__(), _HOURLY_DECIMALS)


def above_ceiling(
    offer: Offer | None, body: Mapping[str, Any], ceiling: Decimal, *, old: bool = False
) -> AboveCeiling | None:
    """Return why a price ceiling stops this launch, or None when it does not.

    It is the most that one hour may cost, all GPUs together; NaN lets nothing pass. A price that is `old` has
    to be asked for again before it counts.
    """
    rate = hourly(offer, body)
    currency = offer.currency if offer is not None else ""
    params = {"ceiling": shown(ceiling, currency), "mode": mode_of(body)}
    if rate is None:
        return AboveCeiling("price_unknown", params)
    if old:
        return AboveCeiling("price_old", params)
    if ceiling.is_nan() or rate > ceiling:
        return AboveCeiling("price_above", {**params, "hourly": shown(rate, currency)})
    return None


def whole_price(offer: Offer | None, body: Mapping[str, Any]) -> Decimal | None:
    """Return the price of all GPUs, or of the CPU product, for an hour or for the months bought."""
    price = unit_price(offer, body)
    count = count_of(offer, body) if offer is not None else None
    return times(price.final, count) if price is not None and count is not None else None


def _scaled(value: int, places: int) -> Decimal:
    return _EXACT.scaleb(Decimal(value), -places)


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
    known = offer_for(offer, body)
    product = value_at(body, ("product_id",))
    if not product:
        return [say("money.no_product")]
    if mode_of(body) not in tuple(BillingMode):
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
    if is_prepaid(body):
        sentences.append(say("money.no_release"))
    elif mode_of(body) == BillingMode.SPOT:
        sentences.append(say("money.reclaim"))
    return sentences


def rented(body: Mapping[str, Any], say: Words) -> str:
    """Return what is rented, in a few words: ``2 GPUs``."""
    count = gpus_of(body)
    if is_cpu(body) or count is None:
        return say("money.cpu" if is_cpu(body) else "money.instance")
    return say("money.gpu") if count == 1 else say("money.gpus", n=count)


def terms(body: Mapping[str, Any], say: Words) -> str:
    """Return how a body is billed, with months and renewal: ``prepaid for 12 months, charged now``."""
    mode = mode_of(body)
    named = say(f"mode.{mode}") if mode in tuple(BillingMode) else mode
    if not is_prepaid(body):
        return say("money.terms_hourly", mode=named)
    months = months_of(body)
    if months is None:
        found = say("money.terms_prepaid_unset", mode=named)
    else:
        found = say("money.terms_prepaid", mode=named, months=months_words(months, say))
    if not renews(body):
        return found
    count = whole_at(body, (*_RENEW, "months"))
    if count is None:
        return say("money.terms_renewing_unset", terms=found)
    return say("money.terms_renewing", terms=found, months=months_words(count, say))


def charges(offer: Offer | None, body: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """Return each price that a body commits to, by kind; None where it is not known.

    ``hour`` or ``months`` is that of all GPUs, ``renewal`` of each renewal, ``disk`` of an extra GB.
    """
    known, prepaid = offer_for(offer, body), is_prepaid(body)
    found = {"months" if prepaid else "hour": whole_price(known, body)}
    if prepaid and renews(body):
        found["renewal"] = None if known is None else _renewal(known, body)
    size, free = whole_at(body, _DISK), known.rootfs_free_gb if known else None
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
    months, gpus = whole_at(body, (*_RENEW, "months")), count_of(offer, body)
    price = offer.prepaid.get(months or 0)
    return times(price.final, gpus) if price is not None and gpus is not None else None


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
        unit = unit_price(self.offer, self.body)
        if unit is None:
            yield self._unknown_price()
            yield from commitment(self.body, self.say)
            return
        count = count_of(self.offer, self.body)
        if count is None:
            yield self._say("money.unknown_gpus", price=unit.final)
        else:
            yield from self._total(unit, count, now)
        if is_prepaid(self.body):
            yield self._say("money.no_release")
            if renews(self.body):
                yield self._renewal()
        elif mode_of(self.body) == BillingMode.SPOT:
            if count is not None:
                yield self._against_on_demand(unit.final, count)
            yield self._say("money.reclaim")

    def disk(self) -> Iterator[str]:
        """Say what of the system disk costs nothing; above it only what is documented."""
        size, free = whole_at(self.body, _DISK), self.offer.rootfs_free_gb
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
        charge, rate = charged_now(self.offer, self.body), hourly(self.offer, self.body)
        if charge is not None:
            left, short = minus(balance, charge), minus(charge, balance)
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
        total, months = times(unit.final, count), months_of(self.body) or 1
        prepaid = is_prepaid(self.body)
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
            yield self._say(key, listed=times(unit.listed, count), final=total)
        if prepaid:
            rate = to_cents(Fraction(total) / (HOURS_PER_MONTH * months))
            yield self._say("money.prepaid_hourly", rate=rate, hours=HOURS_PER_MONTH)
        else:
            seconds, clock = until_morning(now)
            morning = to_cents(Fraction(total) * seconds / 3600)
            yield self._say("money.left_on", three=times(total, 3), clock=clock, morning=morning)

    def _renewal(self) -> str:
        """Say by how many months it renews, and what each time costs at today's price."""
        count = whole_at(self.body, (*_RENEW, "months"))
        if count is None:
            # v2 takes 0 and does not say what it means.
            return self._say("money.renews_unknown")
        each = _renewal(self.offer, self.body)
        key = "money.renews" if each is None else "money.renews_at"
        return self._say(key, months=months_words(count, self.say), total=each)

    def _against_on_demand(self, spot: Decimal, count: int) -> str:
        """Compare spot with on-demand in plain words; a share saved is rounded down."""
        if self.offer.postpaid is None:
            return self._say("money.spot_unknown")
        on_demand = self.offer.postpaid.final
        price = times(on_demand, count)
        if spot > on_demand:
            more = times(minus(spot, on_demand), count)
            return self._say("money.spot_dearer", more=more, price=price)
        if spot == on_demand:
            return self._say("money.spot_same", price=price)
        percent = (Fraction(minus(on_demand, spot)) * 100 / Fraction(on_demand)).__floor__()
        return self._say("money.spot_saves", share=str(percent) if percent else "<1", price=price)

    def _unknown_price(self) -> str:
        name, mode = self.offer.name or self.offer.id, mode_of(self.body)
        months = months_of(self.body)
        if is_prepaid(self.body) and months is not None:
            return self._say("money.unknown_months", product=name, months=months_words(months, self.say))
        return self._say("money.unknown_price", product=name, mode=self.say(f"mode.{mode}"))


def _hours(hours: Fraction) -> str:
    """Return hours rounded down: to tenths below ten, else whole."""
    if hours >= 10:
        return f"{hours.__floor__():,}"
    whole, tenths = divmod((hours * 10).__floor__(), 10)
    return f"{whole}.{tenths}" if tenths else str(whole)
