"""Money, exact: what an offer costs for a body. Numbers only; `price_text` puts them into sentences.

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
from ppio_widgets.runtime.times import as_given

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_CENT = Decimal("0.01")

_MOST_DECIMALS = 12  # of an amount in an answer

# Never rounds: Python's own recipe for exact arithmetic (decimal, FAQ).
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

# What of a body is typed at length and never says anything about its price.
_UNPRICED = frozenset(("name", "image", "entrypoint", "command", "envs", "ports"))


@dataclass(frozen=True)
class AboveCeiling:
    """Why a price ceiling stops a launch; its parameters are amounts as shown, and the billing mode."""

    code: Literal["price_above", "price_unknown", "price_old"]  # one that is old counts as unknown
    params: Mapping[str, str]

    def sentence(self, say: Words) -> str:
        """Return it in words; prepaid says how months became hours."""
        key = f"money.{self.code}"
        return say.first(f"{key}@{self.params['mode']}", key, **self.params)


def priced_part(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a body its price may depend on."""
    return {name: value for name, value in body.items() if name not in _UNPRICED}


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


def read_balance(value: object) -> Decimal | None:
    """Return an amount of an account as `read_amount` reads it; it may be below zero, as ``-4.06``."""
    text = str(value)
    amount = read_amount(text.removeprefix("-"))
    return -amount if amount and text.startswith("-") else amount


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


def charged(amount: Decimal, currency: str) -> str:
    """Return what was charged as people read it: to the cent, and exactly where that is less than one."""
    return shown(amount if abs(amount) < _CENT else Decimal(f"{amount:.2f}"), currency)


def times(amount: Decimal, count: int) -> Decimal:
    """Return `count` times an amount, exactly."""
    return _EXACT.multiply(amount, Decimal(count))


def minus(amount: Decimal, other: Decimal) -> Decimal:
    """Return a difference, exactly."""
    return _EXACT.subtract(amount, other)


def percent_more(price: Decimal, other: Decimal) -> int:
    """Return by how many percent a price is above another one, rounded up; what is saved, rounded down."""
    return (Fraction(minus(price, other)) * 100 / Fraction(other)).__ceil__()


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


def type_of(body: Mapping[str, Any]) -> str:
    """Return of which type the product is that a body asks for: ``"gpu"`` or ``"cpu"``."""
    return "cpu" if is_cpu(body) else "gpu"


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
