"""What a proposal is, and what stands around the word that is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ppio_widgets.locale import words
from ppio_widgets.magics.known import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.formats.line.tokens import Word
    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Proposal:
    """One way to go on.

    Attributes
    ----------
    text : str
        What the word would stand for.
    about : str
        Shown beside it.
    closed : bool
        False where the word goes on: a folder, ``network:``.
    plain : bool
        Whether it is written as it is, without quotes: an option, ``@name``.
    """

    text: str
    about: str = ""
    closed: bool = True
    plain: bool = False


@dataclass(frozen=True)
class LineContext:
    """What else is known where a word is typed.

    Attributes
    ----------
    others : tuple of Word
        The words of the line before and behind it.
    bodies : iterable of (str, str)
        Names of the notebook that ``--body @`` can take, and what they are.
    """

    others: tuple[Word, ...] = ()
    bodies: Iterable[tuple[str, str]] = ()

    @cached_property
    def say(self) -> Words:
        """The words of the environment's language."""
        return words()

    @cached_property
    def flags(self) -> frozenset[str]:
        """The options of the line."""
        return frozenset(word.text.partition("=")[0] for word in self.others if word.is_flag)

    @cached_property
    def known(self) -> Known:
        """The cloud that the line would go to."""
        return Known.of(
            practice="--practice" in self.flags,
            base_url=self.value("--base-url"),
            allow_host=self.value("--allow-host"),
        )

    def values(self, flag: str) -> list[str]:
        """Return what stands behind an option on the line, as often as it is given."""
        found = []
        for word, following in zip(self.others, (*self.others[1:], None), strict=True):
            if word.is_flag and word.text.startswith(f"{flag}="):
                found.append(word.text.partition("=")[2])
            elif word.is_flag and word.text == flag and following and not following.is_flag:
                found.append(following.text)
        return found

    def value(self, flag: str, default: str = "") -> str:
        """Return what stands behind an option on the line, or `default`."""
        return next(iter(self.values(flag)), default)


def beginning(text: str, proposals: Iterable[Proposal]) -> list[Proposal]:
    """Return the proposals that begin with what is typed, or else those that speak of it."""
    found = list(proposals)
    begun = [one for one in found if one.text.startswith(text)]
    return begun or [one for one in found if text.casefold() in one.about.casefold()]
