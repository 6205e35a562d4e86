"""What an account is charged: for how long, at which price, and as the API tells it.

Postpaid and spot are charged for each second of the class's clock, all GPUs together, from *pulling* until a
stop or a delete is asked for; the disk above the free part too, at a price for a day, until a delete is asked
for; months that are bought, and bought again, at once. Amounts are whole 1/10000 yuan, the unit of the API's
balances: what a charge comes to is rounded as of now, and the rows of a statement are what it grew by. So
they add up to what is taken from the balance, whatever they are cut into.

The shape is that of v1 "bill list" and "bill monthly list", of which the rows of GPUs were not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import TypeAdapter

from ppio_widgets.request import pricing

Kind = Literal["gpu", "disk", "months"]

HOUR, DAY = 3600, 86400
# What a price is for, in seconds; what has none is due at once.
_UNITS: dict[Kind, int] = {"gpu": HOUR, "disk": DAY, "months": 0}
# Amounts are whole parts of a yuan; the API's `pricePrecision` divides them.
PARTS, _DIGITS = 10_000, 4
LONGEST_BILL = 31 * DAY

# The days of a bill are China's.
_ZONE = timezone(timedelta(hours=8))
_METHODS = {"postpaid": 1, "prepaid": 2, "spot": 3}


@dataclass
class Charge:
    """What one instance is charged for, from a moment of the class until another: endless while it goes on.

    `price` is in yuan: of all GPUs for an hour, of the disk for a day, of all months.
    """

    instance: str
    kind: Kind
    mode: str
    product: str
    price: Decimal
    begins: float
    ends: float = float("inf")

    @property
    def seconds(self) -> int:
        """For how many seconds the price is; 0 where it is due at once."""
        return _UNITS[self.kind]

    def length(self, until: float) -> int:
        """Return the seconds that are charged until a moment: those that begin on the clock's face."""
        return max(0, int(min(until, self.ends)) - int(self.begins))

    def parts(self, until: float) -> int:
        """Return what it comes to until a moment, in 1/10000 yuan, rounded half up."""
        share = Fraction(self.length(until), self.seconds) if self.seconds else int(until >= self.begins)
        return int(Fraction(self.price) * PARTS * share + Fraction(1, 2))


_CHARGES = TypeAdapter(list[Charge])


class Bill:
    """The charges of one account, and the money that it has."""

    def __init__(self, money: Decimal) -> None:
        self.paid_in = to_parts(money)
        # Those that go on, and those that came to an end, with their sum.
        self.open: list[Charge] = []
        self.closed: list[Charge] = []
        self._closed_parts = 0

    def state(self) -> dict[str, Any]:
        """Return all of it as JSON, to go on from (`restore`)."""
        charges = {
            name: _CHARGES.dump_python(getattr(self, name), mode="json") for name in ("open", "closed")
        }
        return {"paid_in": self.paid_in, **charges}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what was once its state."""
        self.paid_in = state["paid_in"]
        self.open = _CHARGES.validate_python(state["open"])
        self.closed, self._closed_parts = [], 0
        for charge in _CHARGES.validate_python(state["closed"]):
            self._close(charge)

    def begin(self, charge: Charge) -> None:
        """Charge something from now on, or now."""
        if charge.seconds:
            self.open.append(charge)
        else:
            self._close(charge)

    def end(self, instance: str, moment: float, *kinds: Kind) -> None:
        """Charge an instance for these kinds no longer."""
        for one in [one for one in self.open if one.instance == instance and one.kind in kinds]:
            one.ends = moment
            self.open.remove(one)
            self._close(one)

    def spent(self, moment: float) -> int:
        """Return what was charged until now, or will have been if nothing changes, in 1/10000 yuan."""
        return self._closed_parts + sum(one.parts(moment) for one in self.open)

    def left(self, moment: float) -> int:
        """Return what is left of the money, in 1/10000 yuan; below zero where the disks went on."""
        return self.paid_in - self.spent(moment)

    def used_up(self, since: float, until: float) -> float | None:
        """Return when the money is used up, as nothing else changes between two moments; None for not yet."""
        if self.left(until) > 0:
            return None
        low, high = int(since) - 1, int(until)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.left(middle) > 0 else (low, middle)
        return max(since, float(high))

    def statement(self, cycle: str, since: float, until: float, owner: str = "") -> list[dict[str, Any]]:
        """Return what was charged by time from one moment to another, by instance and cycle, oldest first."""
        rows = []
        for charge in self._of(owner):
            low, high = max(since, charge.begins), min(until, charge.ends)
            for begins, ends in _cycles(_CYCLES[cycle], low, high) if charge.seconds else ():
                before, after = max(since, begins), min(until, ends)
                seconds = charge.length(after) - charge.length(before)
                if seconds:
                    parts = charge.parts(after) - charge.parts(before)
                    rows.append(_row(charge, begins, ends, seconds, parts))
        return sorted(rows, key=lambda row: (row["startTime"], row["ownerID"]))

    def purchases(self, owner: str = "") -> list[dict[str, Any]]:
        """Return the months that were bought, oldest first."""
        return [
            _row(one, one.begins, one.ends, int(one.ends - one.begins), one.parts(one.begins))
            for one in self._of(owner)
            if not one.seconds
        ]

    def _of(self, owner: str) -> Iterator[Charge]:
        return (one for one in (*self.closed, *self.open) if owner in ("", one.instance))

    def _close(self, charge: Charge) -> None:
        self.closed.append(charge)
        self._closed_parts += charge.parts(charge.ends)


def to_parts(yuan: Decimal) -> int:
    """Return an amount in 1/10000 yuan, rounded half up."""
    return int((Fraction(yuan) * PARTS + Fraction(1, 2)).__floor__())


def to_yuan(parts: int) -> Decimal:
    """Return 1/10000 yuan as yuan, exactly."""
    return pricing.amount(parts, _DIGITS) or Decimal(0)


def _hour(there: datetime) -> tuple[datetime, datetime]:
    begins = there.replace(minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(hours=1)


def _day(there: datetime) -> tuple[datetime, datetime]:
    begins = _hour(there)[0].replace(hour=0)
    return begins, begins + timedelta(days=1)


def _week(there: datetime) -> tuple[datetime, datetime]:
    begins = _day(there)[0] - timedelta(days=there.weekday())
    return begins, begins + timedelta(days=7)


def _month(there: datetime) -> tuple[datetime, datetime]:
    begins = _day(there)[0].replace(day=1)
    return begins, (begins + timedelta(days=31)).replace(day=1)


_Cycle = Callable[[datetime], tuple[datetime, datetime]]
_CYCLES: dict[str, _Cycle] = {"Hour": _hour, "Day": _day, "Week": _week, "Month": _month}
CYCLES = tuple(_CYCLES)


def _cycles(cycle: _Cycle, since: float, until: float) -> Iterator[tuple[float, float]]:
    """Yield the beginning and the end of each cycle that has a part between two moments."""
    while since < until:
        begins, ends = (one.timestamp() for one in cycle(datetime.fromtimestamp(since, _ZONE)))
        yield begins, ends
        since = ends


def _row(charge: Charge, begins: float, ends: float, seconds: int, parts: int) -> dict[str, Any]:
    amount = {"amount": str(parts), "payAmount": str(parts), "payAmountDisplay": f"{to_yuan(parts):.2f}"}
    decimals = {name: f"{to_yuan(parts):.4f}" for name in ("amountDecimal", "payableDecimal")}
    return {
        "startTime": str(int(begins)),
        "endTime": str(int(ends)),
        "billingMethod": _METHODS[charge.mode],
        "productName": f"{charge.product} (disk)" if charge.kind == "disk" else charge.product,
        "ownerID": charge.instance,
        "billNum0": str(seconds),
        "basePrice0": f"{charge.price:f}",
        "discountPrice0": f"{charge.price:f}",
        **amount,
        **decimals,
        "voucherAmountDecimal": "0.0000",
        "pricePrecision": PARTS,
    }
