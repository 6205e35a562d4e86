"""What can be rented or mounted, and what a launch would do before it does it: body, blockers, cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.answers import plain
from ppio_widgets.cloud.catalogue import RULES, Catalogue
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.errors import LaunchRefused
from ppio_widgets.formats.writing import write
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.locale.words import words
from ppio_widgets.request.advice import Advice, some
from ppio_widgets.request.choices import Wanted
from ppio_widgets.request.envref import LONGEST_NAME, is_name, reference_names, refused, taken
from ppio_widgets.request.offers import price_moment
from ppio_widgets.request.price_text import cost_sentences, figures, headline, rented, terms, warnings
from ppio_widgets.request.pricing import AboveCeiling, above_ceiling, unit_price
from ppio_widgets.request.validation import Report, field_name, named
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import local_time
from ppio_widgets.secrets.credentials import KEY_VARIABLES, PRACTICE_KEY_VARIABLE, PRACTICE_PORT
from ppio_widgets.secrets.redaction import Redactor, rows_written_out

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ppio_widgets.cloud.answers import ClassTime
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.errors import RequestInvalid
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Storage
    from ppio_widgets.request.price_text import Figures
    from ppio_widgets.request.schema import Path

# How a curl text calls the key of a host that is neither known nor a practice cloud: no other key goes there.
STRANGERS_KEY = "GPU_API_KEY"

# Where an error of the price ceiling stands, which is not of the body: named as the form's own parameter.
CEILING: Path = ("max_hourly_price",)


def each_named(errors: Mapping[Path, str], say: Words) -> list[str]:
    """Return each error with the name of its field before it."""
    return [say("problem.named", name=field_name(path, say), text=text) for path, text in errors.items()]


def written_out(body: Mapping[str, Any], among: Collection[Any] | None = None) -> tuple[Advice, ...]:
    """Return that variables which look secret have their value in a body, and how it is taken by name.

    With `among` only rows count that are there as well.
    """
    rows = [] if among is not None and not among else rows_written_out(body)
    keys = dict.fromkeys(row["key"] for row in rows if among is None or row in among)
    if not keys:
        return ()
    names = [key if is_name(key) and len(key) <= LONGEST_NAME else UNSAID for key in keys]
    first = next((name for name in names if name != UNSAID), "NAME")
    return (Advice(("envs",), "written_out", {"names": some(names), "first": first}),)


@dataclass(frozen=True)
class Asked:
    """What a person is asked before something is rented."""

    headline: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LaunchPlan(Displayed):
    """A draft, judged, and the cloud it would go to. Showing a plan never sends.

    Attributes
    ----------
    report : Report
    target : Target
    offer : Offer or None
        The product, where the catalogue told it.
    balance : Decimal or None
        Of the account, where it could be read.
    ceiling : Decimal or None
        The most that one hour may cost, all GPUs together.
    price_asked : bool
        Whether the cloud was asked for the price, so that without one it is unknown.
    notes : tuple of Advice
        What is worth knowing of the line or the draft that it comes from.
    class_time : ClassTime or None
        The time of its class, where its cloud has one: a night there is not a night here.
    """

    report: Report
    target: Target
    offer: Offer | None = None
    balance: Decimal | None = None
    ceiling: Decimal | None = None
    price_asked: bool = True
    notes: tuple[Advice, ...] = ()
    class_time: ClassTime | None = field(default=None, compare=False)

    @property
    def now(self) -> datetime | None:
        """What the clock shows where it is billed, in the kernel's zone; None for the kernel's own."""
        return None if self.class_time is None else local_time(self.class_time.now())

    @property
    def body(self) -> dict[str, Any]:
        """The one compacted body: what is recorded, compared and sent derives from it."""
        return self.report.body

    @property
    def shown_body(self) -> dict[str, Any]:
        """The body as it may be seen: dots stand for what is secret in it."""
        return Redactor.in_use().redact_body(self.body)

    def face(self, name: str, say: Words | None = None) -> str:
        """Return what would be sent as text that can be run as it stands; a reference stays a name.

        Parameters
        ----------
        name : str
            ``"json"``, ``"curl"``, ``"python"`` or ``"line"``.
        say : Words, optional
            For its comments.
        """
        where = self.target
        listens = f"http://127.0.0.1:{PRACTICE_PORT}" if where.practice else f"https://{where.name}"
        base_url = where.base_url or listens
        return write(
            self.body,
            name,
            say or words(),
            practice=where.practice,
            base_url=base_url,
            key_name=PRACTICE_KEY_VARIABLE if where.practice else KEY_VARIABLES.get(base_url, STRANGERS_KEY),
            address=where.base_url,
            allow_host=where.allow_host,
        )

    def taken(self, say: Words) -> str:
        """Return in a sentence what is taken from the kernel's environment, or that placeholders are sent."""
        return taken(reference_names(self.body), say, practice=self.target.practice)

    def costs(self, say: Words) -> list[str]:
        """Return what it will cost, what of that is not known, and of when an old price is."""
        told = cost_sentences(
            self.offer, self.body, say, balance=self.balance, asked=self.price_asked, now=self.now
        )
        return [*told[:1], *filter(None, [self.price_age(say)]), *told[1:]]

    def figures(self, say: Words, timer_seconds: float | None = None) -> Figures:
        """Return what it costs in figures; `timer_seconds` are those after which it is stopped."""
        stops_after = None if timer_seconds is None else Fraction(timer_seconds)
        return figures(
            self.offer, self.body, say, balance=self.balance, stops_after=stops_after, now=self.now
        )

    @property
    def price_is_old(self) -> bool:
        """Whether it has a price that was told too long ago to count."""
        offer = self.offer if unit_price(self.offer, self.body) is not None else None
        return offer is not None and offer.time.is_old(threads.tick())

    def price_age(self, say: Words) -> str:
        """Return of when an old price is; empty for any other."""
        if self.offer is None or not self.price_is_old:
            return ""
        return say("money.old", moment=price_moment(self.offer))

    def refuse_price(self) -> None:
        """Pass when the price is fresh and at or below the ceiling, or there is none.

        Raises
        ------
        LaunchRefused
            When it is above, not known under a ceiling, or old.
        """
        above = self.above_ceiling
        if above is not None:
            raise LaunchRefused("price", reason=above)
        if self.offer is not None and self.price_is_old:
            raise LaunchRefused("price_old", moment=price_moment(self.offer))

    @property
    def above_ceiling(self) -> AboveCeiling | None:
        """Why the ceiling stops it, or None."""
        if self.ceiling is None:
            return None
        return above_ceiling(self.offer, self.body, self.ceiling, old=self.price_is_old)

    def errors(self, say: Words) -> dict[Path, str]:
        """Return a sentence for each path that has an error: the body's, and the price ceiling."""
        found, above = self.report.errors(say), self.refused_price
        # Of a body that is not whole yet the price cannot be known: that is no error of the ceiling.
        if above is not None and (not found or above.code == "price_above"):
            found[CEILING] = above.sentence(say)
        return found

    @property
    def refused_price(self) -> AboveCeiling | None:
        """Why the ceiling stops a launch, or None; an old price is asked for again before it is judged."""
        above = self.above_ceiling
        return None if above is None or above.code == "price_old" else above

    def blockers(self, say: Words) -> list[str]:
        """Return what a launch would be refused for now, each as one text."""
        unset = self._refused_values
        return [*each_named(self.errors(say), say), *([unset.sentence(say)] if unset else [])]

    @property
    def _refused_values(self) -> RequestInvalid | None:
        return refused(self.body, practice=self.target.practice)

    def question(self, say: Words) -> Asked:
        """Return what a person is asked: what for which rate, each other charge, what may be regretted.

        Raises
        ------
        RequestInvalid
            While something still blocks.
        """
        facts = self.facts(say)
        warned = warnings(self.offer, self.body, say)
        told = self.costs(say)
        priced = unit_price(self.offer, self.body) is not None
        if priced and self.body["resource"]["gpu_num"] == 1:
            told = told[1:]  # the headline says it
        lines = (say("ask.what", **facts), *(text for text in told if text not in warned))
        return Asked(headline(self.offer, self.body, say), lines, tuple(warned))

    def facts(self, say: Words) -> dict[str, str]:
        """Return what would be launched, where, and how it is billed, each in a few words.

        Raises
        ------
        RequestInvalid
            While something still blocks.
        """
        request = self.report.require()
        return {
            "name": request.name,
            "product": request.product_id,
            "gpus": rented(self.body, say),
            "mode": terms(self.body, say),
            "cloud": self.target.words(say),
        }

    def __repr__(self) -> str:
        return f"<LaunchPlan of {plain(self.report.body.get('name')) or '?'} for {self.target.name}>"

    def asides(self, say: Words) -> list[str]:
        """Return what is taken from the kernel, and what it costs."""
        taken = "" if self._refused_values else self.taken(say)
        return [*filter(None, [taken]), *self.costs(say)]

    def named_advice(self, say: Words) -> list[str]:
        """Return what warns and lets pass, each as one text."""
        return [named(one, say) for one in self.advice]

    def named_doubts(self, say: Words) -> list[str]:
        """Return the advice that something else may be sent than was meant, each as one text."""
        return [named(one, say) for one in self.advice if one.is_doubt]

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What warns and lets pass."""
        return (*self.report.advice, *self.notes)


@dataclass(frozen=True)
class Products(Displayed):
    """What can be rented, found by a `text`: first what can be launched now, then the cheapest."""

    offers: tuple[Offer, ...]
    text: str = ""
    cloud: str = ""

    def __len__(self) -> int:
        return len(self.offers)

    def head(self, say: Words) -> str:
        """Return how many there are, where, and what the prices are for."""
        count = len(self.offers)
        key = "products.none_like" if self.text else "products.none"
        if count:
            key = "products.one" if count == 1 else "products.head"
        return say(key, n=count, cloud=self.cloud, text=self.text)

    def __repr__(self) -> str:
        return f"<Products: {len(self)} on {plain(self.cloud)}>"


def list_products(client: PpioClient, text: str = "") -> Products:
    """List what a cloud's catalogue has with all words of a text in id, name or GPU, asking it once."""
    catalogue = Catalogue(client)
    error = catalogue.load("offers").error
    if error is not None:
        raise error
    catalogue.load(RULES)
    found = Wanted(text).found_in(catalogue.snapshot().products)
    return Products(tuple(found), text, Target.of(client).words(words()))


@dataclass(frozen=True)
class Storages(Displayed):
    """The network storages of an account, which a launch in their region can mount."""

    storages: tuple[Storage, ...]
    cloud: str = ""

    def __len__(self) -> int:
        return len(self.storages)

    def head(self, say: Words) -> str:
        """Return how many there are, and where."""
        count = len(self.storages)
        key = "none" if not count else "one" if count == 1 else "head"
        return say(f"storages.{key}", n=count, cloud=self.cloud)

    def __repr__(self) -> str:
        return f"<Storages: {len(self)} on {plain(self.cloud)}>"


def list_storages(client: PpioClient) -> Storages:
    """List the network storages of an account, asking for them once."""
    catalogue = Catalogue(client)
    error = catalogue.load("storages").error
    if error is not None:
        raise error
    return Storages(catalogue.snapshot().storages, Target.of(client).words(words()))
