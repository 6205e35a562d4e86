"""Tab in lines of ``%ppio_launch`` and ``%ppio``: a matcher for IPython's completer.

It only reads what this kernel knows already: no request is made and nothing is loaded while
somebody types. In a line of ours the other matchers, of files and of Python, are kept out;
everywhere else it answers with nothing and disturbs nobody.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from ppio_widgets.errors import InputError, PpioError
from ppio_widgets.formats.line.tokens import as_word, split_line, typed
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.formats.line.tokens import Typed, Word
    from ppio_widgets.locale.words import Words

log = logging.getLogger("ppio_widgets")

MATCHER = "ppio_widgets"
LONGEST_ABOUT = 100

# `%ppio …`, `x = %ppio_launch …`, and `%%ppio_launch …` where a cell begins.
_LINE = re.compile(r"(?:[^=#]*=)?[ \t]*%(ppio_launch|ppio)[ \t]+")
_CELL = re.compile(r"[ \t]*%%(ppio_launch)[ \t]+")
_HEAD = re.compile(r"\s*%%ppio_launch(?!\w)")

# What `--body @name` takes beside a dict, known by name: nothing of a stranger's object is called.
_BODIES = frozenset({"CreateInstanceRequest", "LaunchForm", "LaunchPlan"})


@dataclass(frozen=True)
class Proposal:
    """One way to go on: what the word would stand for, and what is shown beside it.

    `closed` is False where the word goes on (a folder, ``network:``); `plain` is True where it is
    written without quotes (an option, ``@name``).
    """

    text: str
    about: str = ""
    closed: bool = True
    plain: bool = False


@dataclass(frozen=True)
class LineContext:
    """What is known where a word is typed: the line's other words, and the names that can be a body."""

    others: tuple[Word, ...] = ()
    bodies: Iterable[tuple[str, str]] = ()
    given: Sequence[str] = ()  # of a verb of ``%ppio``: the words before

    @cached_property
    def say(self) -> Words:
        """The words of the environment's language."""
        return words()

    @cached_property
    def flags(self) -> frozenset[str]:
        """The options of the line."""
        return frozenset(word.text.partition("=")[0] for word in self.others if word.is_flag)

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

    @cached_property
    def base_url(self) -> str:
        """The cloud that the line would go to; empty where none is chosen, or none was used here yet."""
        # Making a client is no I/O, but importing it takes a while: nothing is known before anyway.
        api = sys.modules.get("ppio_widgets.api")
        if api is None:
            return ""
        try:
            client = api.connect(
                practice="--practice" in self.flags or None,
                base_url=self.value("--base-url") or None,
                allow_host=self.value("--allow-host") or None,
                need_key=False,
                join=False,
            )
        except PpioError:
            return ""
        return str(client.host.base_url)

    def told(self, kind: str) -> tuple[Any, ...]:
        """Return what the cloud's catalogue told of a kind last: ``"offers"``, ``"storages"``."""
        found = self._told(kind)
        return found.value if found is not None else ()

    def age(self, kind: str) -> float:
        """Return how many seconds ago that was; 0 where there is nothing."""
        found = self._told(kind)
        return threads.tick() - found.at if found is not None else 0.0

    def _told(self, kind: str) -> Any:
        recent = sys.modules.get("ppio_widgets.cloud.recent")
        return recent.told(self.base_url, kind) if recent is not None else None

    @property
    def instances(self) -> tuple[InstanceDetail, ...]:
        """The instances that were seen last, newest first."""
        recent = sys.modules.get("ppio_widgets.cloud.recent")
        return recent.last_seen(self.base_url) if recent is not None else ()


# Of an unfinished line of one magic: the part of its last word that is completed, and the ways to go on.
Completer = Callable[["Typed", LineContext], tuple[str, list[Proposal]]]


def install(shell: InteractiveShell, completers: Mapping[str, Completer]) -> None:
    """Add the matcher to a shell's completer; `completers` are those of each magic."""
    remove(shell)

    @context_matcher(identifier=MATCHER, priority=100)
    def match(context: CompletionContext) -> dict[str, Any]:
        try:
            return _matches(context, completers, _bodies(shell.user_ns, shell.user_ns_hidden))
        except Exception as error:  # noqa: BLE001 - nobody asked for more than a hint
            log.info("completion: %s", type(error).__name__)
            return _nothing()

    shell.Completer.custom_matchers.append(match)


def remove(shell: InteractiveShell) -> None:
    """Take the matcher away again."""
    matchers = shell.Completer.custom_matchers
    for matcher in list(matchers):
        if getattr(matcher, "matcher_identifier", "") == MATCHER:
            matchers.remove(matcher)


def _nothing() -> dict[str, Any]:
    return {"completions": []}  # a new one each time: IPython writes into it


def _matches(
    context: CompletionContext, completers: Mapping[str, Completer], bodies: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    before, behind = _around(context)
    # Below the first line of a cell magic stands JSON.
    found = (_CELL if _HEAD.match(context.full_text) else _LINE).match(before)
    line = typed(before[found.end() :]) if found is not None else None
    if found is None or line is None:
        return _nothing()
    fragment, proposals = completers[found[1]](line, LineContext((*line.before, *_words(behind)), bodies))
    completions = [
        SimpleCompletion(
            one.text if one.plain else as_word(one.text, line.mark, closed=one.closed),
            type=visible(one.about)[:LONGEST_ABOUT],
        )
        for one in proposals
        if one.text and one.text.isprintable()  # a line break would end the line
    ]
    if not completions and not line.raw.startswith(("$", "{")):
        # What was typed, once more: it keeps out others, who would make `import` of a name.
        completions = [SimpleCompletion(fragment)]
    return {
        "completions": completions[: context.limit],
        "matched_fragment": fragment,
        "suppress": True,
        "ordered": True,
    }


def _around(context: CompletionContext) -> tuple[str, str]:
    """Return the line up to the cursor and behind it; a backslash at its end goes on below."""
    text, lines = context.full_text, context.full_text.split("\n")
    cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
    before, behind = (part.replace("\\\n", " ") for part in (text[:cursor], text[cursor:]))
    return before.rpartition("\n")[2], behind.partition("\n")[0]


def _words(behind: str) -> list[Word]:
    try:
        return split_line(behind)
    except InputError:  # a quotation is open: what stands in it is no option
        return []


def _bodies(names: Mapping[str, Any], hidden: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of the notebook that can be a body, without asking any object anything."""
    for name, value in sorted(names.items()):
        kind = type(value)
        ours = kind.__name__ in _BODIES and kind.__module__.startswith("ppio_widgets.")
        if (ours or issubclass(kind, dict)) and not name.startswith("_") and name not in hidden:
            yield name, kind.__name__
