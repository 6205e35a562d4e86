"""What a proposal is, and what stands around the word that is being typed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PpioError
from ppio_widgets.locale import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.cloud.instances import InstanceDetail
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


@dataclass(frozen=True)
class Known:
    """One cloud, as far as this kernel knows it.

    Attributes
    ----------
    base_url : str
        Empty where no cloud is chosen, or where nobody has used one in this kernel yet.
    """

    base_url: str = ""

    @classmethod
    def of(cls, *, practice: bool, base_url: str = "", allow_host: str = "") -> Known:
        """Return the cloud that a line would go to, by the options with which it names one."""
        # Making a client is no I/O, but importing it takes a while: nothing is known before anyway.
        api = sys.modules.get("ppio_widgets.api")
        if api is None:
            return cls()
        try:
            client = api.connect(
                practice=practice or None,
                base_url=base_url or None,
                allow_host=allow_host or None,
                need_key=False,
            )
            return cls(client.host.base_url)
        except PpioError:
            return cls()

    def all(self, kind: str) -> tuple[Any, ...]:
        """Return what a catalogue told of a kind last: ``"offers"``, ``"storages"``."""
        if not self.base_url:
            return ()
        from ppio_widgets.cloud.recent_offers import told  # noqa: PLC0415 - loaded already

        found = told(self.base_url, kind)
        return found.value if found is not None else ()

    def age(self, kind: str) -> float:
        """Return how many seconds ago that was; 0 where there is nothing."""
        from ppio_widgets.cloud.recent_offers import told  # noqa: PLC0415
        from ppio_widgets.runtime import threads  # noqa: PLC0415

        found = told(self.base_url, kind)
        return threads.tick() - found.at if found is not None else 0.0

    @property
    def instances(self) -> tuple[InstanceDetail, ...]:
        """The instances that were seen last, newest first."""
        if not self.base_url:
            return ()
        from ppio_widgets.cloud.recent import last_seen  # noqa: PLC0415

        return last_seen(self.base_url)
