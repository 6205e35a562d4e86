"""What a launch would do, before it does it: the body, what blocks, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import LaunchRefused
from ppio_widgets.formats.writing import face
from ppio_widgets.locale import words
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import to_json
from ppio_widgets.request.envref import reference_names, taken
from ppio_widgets.request.offers import age, is_old
from ppio_widgets.request.price_text import cost_sentences, rented, terms
from ppio_widgets.request.pricing import AboveCeiling, above_ceiling, unit_price
from ppio_widgets.request.validation import Report, field_name, named
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words
from ppio_widgets.secrets.credentials import KEY_VARIABLES, PRACTICE_KEY_VARIABLE, PRACTICE_PORT

if TYPE_CHECKING:
    from decimal import Decimal

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.locale import Words
    from ppio_widgets.request.advice import Advice
    from ppio_widgets.request.offers import Offer

# Classes by which front ends leave an HTML output's ``$…$`` alone: a formula can hold a link.
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"


# How a curl text calls the key of a host that is neither known nor a practice cloud: no other key goes there.
STRANGERS_KEY = "GPU_API_KEY"


def price_moment(offer: Offer) -> str:
    """Return when an offer's prices were told, by the answer's own time; ``"?"`` where that is not known."""
    now = threads.clock.now()
    time, since = offer.time, age(offer, threads.tick())
    if time is not None and time.told_at:
        return moment_words(time.told_at, now)
    return moment_words(now - since, now) if isfinite(since) else "?"


@dataclass(frozen=True)
class LaunchPlan:
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
        What is worth knowing of the line that it comes from.
    """

    report: Report
    target: Target
    offer: Offer | None = None
    balance: Decimal | None = None
    ceiling: Decimal | None = None
    price_asked: bool = True
    notes: tuple[Advice, ...] = ()

    def face(self, name: str, say: Words | None = None) -> str:
        """Return what would be sent as text that can be run as it stands; it holds no secret.

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
        return face(
            name,
            self.report.body,
            say or words(),
            practice=where.practice,
            base_url=base_url,
            key_name=PRACTICE_KEY_VARIABLE if where.practice else KEY_VARIABLES.get(base_url, STRANGERS_KEY),
            address=where.base_url,
            allow_host=where.allow_host,
        )

    def taken(self, say: Words) -> str:
        """Return in a sentence what is taken from the kernel's environment, or that placeholders are sent."""
        return taken(reference_names(self.report.body), say, practice=self.target.practice)

    def costs(self, say: Words) -> list[str]:
        """Return what it will cost, what of that is not known, and of when an old price is."""
        told = cost_sentences(self.offer, self.report.body, say, balance=self.balance, asked=self.price_asked)
        return [*told[:1], *filter(None, [self.price_age(say)]), *told[1:]]

    @property
    def price_is_old(self) -> bool:
        """Whether it has a price that was told too long ago to count."""
        offer = self.offer if unit_price(self.offer, self.report.body) is not None else None
        return offer is not None and is_old(offer, threads.tick())

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

    def above(self, say: Words) -> str:
        """Return why the ceiling stops it, or an empty text."""
        above = self.above_ceiling
        return above.sentence(say) if above is not None else ""

    @property
    def above_ceiling(self) -> AboveCeiling | None:
        """Why the ceiling stops it, or None."""
        if self.ceiling is None:
            return None
        return above_ceiling(self.offer, self.report.body, self.ceiling, old=self.price_is_old)

    def blockers(self, say: Words) -> list[tuple[str, str]]:
        """Return what still blocks: pairs of field and sentence."""
        return [(field_name(path, say), text) for path, text in self.report.errors(say).items()]

    def named_blockers(self, say: Words) -> list[str]:
        """Return what still blocks, each as one text."""
        return [say("problem.named", name=name, text=text) for name, text in self.blockers(say)]

    def question(self, say: Words) -> dict[str, str]:
        """Return what a person is asked to confirm, in parts: what, where, and all that it commits to.

        Raises
        ------
        RequestInvalid
            While something still blocks.
        """
        request = self.report.require()
        return {
            "name": request.name,
            "product": request.product_id,
            "gpus": rented(self.report.body, say),
            "mode": terms(self.report.body, say),
            "cloud": self.target.words(say),
        }

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html(words())}

    def __repr__(self) -> str:
        say = words()
        head = say("plan.head", cloud=self.target.words(say))
        return "\n".join([head, self._body(), *self._verdict(say), *self._asides(say)])

    def _asides(self, say: Words) -> list[str]:
        return [*filter(None, [self.taken(say)]), *self.costs(say)]

    def _verdict(self, say: Words) -> list[str]:
        """Return what blocks and what is advised, a line each."""
        blockers = [f"  - {text}" for text in self.named_blockers(say)]
        advice = [f"  - {text}" for text in self.named_advice(say)]
        lines = [say("plan.blocked"), *blockers] if blockers else [say("plan.ready")]
        return [*lines, *([say("plan.advice"), *advice] if advice else [])]

    def named_advice(self, say: Words) -> list[str]:
        """Return what warns and lets pass, each as one text."""
        return [named(one, say) for one in self._advice]

    def named_doubts(self, say: Words) -> list[str]:
        """Return the advice that something else may be sent than was meant, each as one text."""
        return [named(one, say) for one in self._advice if one.is_doubt]

    @property
    def _advice(self) -> tuple[Advice, ...]:
        return (*self.report.advice, *self.notes)

    def _body(self) -> str:
        return "\n".join(visible(line) for line in to_json(self.report.body).split("\n"))

    def _html(self, say: Words) -> str:
        head = escape(say("plan.head", cloud=self.target.words(say)))
        asides = "".join(f"<li>{escape(text)}</li>" for text in self._asides(say))
        parts = [f"<p><b>{head}</b></p><pre>{escape(self._body())}</pre>"]
        for title, texts in (
            ("plan.blocked", self.named_blockers(say)),
            ("plan.advice", self.named_advice(say)),
        ):
            items = "".join(f"<li>{escape(text)}</li>" for text in texts)
            parts += [f"<p>{say(title)}</p><ul>{items}</ul>"] if items else []
        ready = "" if self.report.problems else f"<p>{say('plan.ready')}</p>"
        return f"<div class='{NO_FORMULAS}'>{''.join(parts)}{ready}<ul>{asides}</ul></div>"
