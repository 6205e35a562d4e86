"""What a class allows: the products, billing modes, names and prices of its lesson, and the fields it locks.

One judgement, for the form, the line and the call before anything is sent, and for the server of the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.draft import is_same, value_at, with_value
from ppio_widgets.request.pricing import hourly, mode_of, read_amount, shown
from ppio_widgets.request.schema import Path, leaves, path_of
from ppio_widgets.request.validation import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer

_PRODUCT: Path = ("product_id",)
_MODE: Path = ("billing", "mode")
_NAME: Path = ("name",)


@dataclass(frozen=True)
class Rules:
    """What may be launched; a part that is empty, or None, limits nothing.

    `max_hourly` is the most that one hour may cost, all GPUs together. In `name` a ``*`` stands for any text.
    `locked` has the value that a field must have, by its dotted name.
    """

    products: tuple[str, ...] = ()
    billing: tuple[str, ...] = ()
    max_hourly: Decimal | None = None
    name: str = ""
    locked: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return self != Rules()

    def sells(self, product_id: str) -> bool:
        """Whether a product may be rented."""
        return not self.products or product_id in self.products

    def marked(self, offers: Iterable[Offer]) -> tuple[Offer, ...]:
        """Return products, each with whether it may be rented."""
        return tuple(one if self.sells(one.id) else replace(one, allowed=False) for one in offers)

    def bills(self, mode: str) -> bool:
        """Whether a billing mode may be used."""
        return not self.billing or mode in self.billing

    def names(self, name: str) -> bool:
        """Whether an instance may have a name; however many stars a class tells, in one pass."""
        first, *between = self.name.split("*")
        if not between:
            return name == first or not first
        last = between.pop()
        if not name.startswith(first):
            return False
        at = len(first)
        for part in between:
            found = name.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return name.endswith(last) and len(name) - len(last) >= at

    def named(self, stem: str) -> str:
        """Return a name as it has to be, with a stem in place of what is free in it."""
        return stem if self.names(stem) else self.name.replace("*", stem, 1).replace("*", "")

    def limits(self, say: Words, currency: str) -> dict[str, str]:
        """Return what is limited in a few words for each field, to stand beside it."""
        found = {name: say("rule.locked", value=_as_written(value)) for name, value in self.locked.items()}
        if self.max_hourly is not None:
            found["product_id"] = say("rule.price", most=shown(self.max_hourly, currency))
        if self.name:
            found.setdefault("name", say("rule.name", like=self.name))
        if self.billing:
            found.setdefault("billing.mode", say("rule.billing", modes=", ".join(self.billing)))
        return found

    def over(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Return a draft with the locked values over it."""
        result = dict(draft)
        for name, value in self.locked.items():
            result = with_value(result, path_of(name), value)
        return result

    def broken(self, body: Mapping[str, Any], offer: Offer | None = None) -> dict[Path, Problem]:
        """Return what of a body is not allowed, by path; what is missing there is the contract's to say.

        A price that is not known breaks nothing.
        """
        return dict(reversed([*self._broken(body, offer)]))  # of two at a path the first counts

    def _broken(self, body: Mapping[str, Any], offer: Offer | None) -> Iterator[tuple[Path, Problem]]:
        product, mode, name = value_at(body, _PRODUCT), mode_of(body), value_at(body, _NAME)
        if isinstance(product, str) and not self.sells(product):
            yield _PRODUCT, Problem("rule_product", {"products": ", ".join(self.products)})
        if mode and not self.bills(mode):
            yield _MODE, Problem("rule_billing", {"modes": ", ".join(self.billing)})
        if isinstance(name, str) and not self.names(name):
            yield _NAME, Problem("rule_name", {"like": self.name})
        for key, value in self.locked.items():
            # A switch that is not set is off.
            if not is_same(value_at(body, path_of(key), False if value is False else None), value):
                yield path_of(key), Problem("rule_locked", {"value": _as_written(value)})
        rate = hourly(offer, body)
        if self.max_hourly is not None and rate is not None and rate > self.max_hourly:
            currency = offer.currency if offer is not None else ""
            amounts = {"rate": shown(rate, currency), "most": shown(self.max_hourly, currency)}
            yield _PRODUCT, Problem("rule_price", amounts)

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it, without what limits nothing; `read_rules` reads it."""
        parts = {
            "products": list(self.products),
            "billing": list(self.billing),
            "max_hourly": None if self.max_hourly is None else f"{self.max_hourly:f}",
            "name": self.name,
            "locked": dict(self.locked),
        }
        return {key: value for key, value in parts.items() if value not in (None, "", [], {})}


# Those of every cloud that is no class.
NO_RULES = Rules()


def read_rules(allow: object) -> Rules:
    """Return the rules that JSON tells; what cannot be one is left out: the server judges as well."""
    told = allow if isinstance(allow, Mapping) else {}
    name, locked = told.get("name"), told.get("locked")
    return Rules(
        _texts(told.get("products")),
        _texts(told.get("billing")),
        read_amount(told.get("max_hourly")),
        name if isinstance(name, str) else "",
        {key: value for key, value in locked.items() if _can_be_locked(key, value)}
        if isinstance(locked, Mapping)
        else {},
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _can_be_locked(key: object, value: object) -> bool:
    """Whether a field can be locked at a value: it has one alone, and is in no row."""
    return key in leaves() and "*" not in str(key) and isinstance(value, str | int | bool)


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
