"""The table of the verbs of ``%ppio``, and what Tab proposes in its lines; `ppio_magic` has what they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.options import BY_FLAG, Option
from ppio_widgets.formats.line.tokens import Word
from ppio_widgets.magics.completers import plain, proposed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion import LineContext, Proposal


@dataclass(frozen=True)
class Verb:
    """A verb of ``%ppio``; its words to people stand in ``ppio.usage`` of the locale.

    `run` is the function of `ppio_magic` that gets the words and, by their names, the options; text
    that it returns is printed. `takes` says how many words there may be, `source` what Tab proposes for
    the next one (as of an option). A verb that `acts` bills or destroys, and is never proposed for a
    mistyped one. One that `reads_words` gets the words as they were typed, and who knows the notebook's
    variables.
    """

    run: str
    takes: Sequence[int] = (0,)
    source: str = ""
    options: Sequence[Option] = ()
    acts: bool = False
    reads_words: bool = False

    def option(self, word: Word) -> Option | None:
        """Return the option that a word is, if it is one of this verb."""
        return next((one for one in self.options if word.is_flag and one.flag == word.text), None)


_MOST = 1000
_SOME = range(1, _MOST)
_HOST = (BY_FLAG["--base-url"], BY_FLAG["--allow-host"])
_CLOUD = (BY_FLAG["--practice"], *_HOST)
_NAME = Option("--name", metavar="TEXT", source="names")
_REPORT = Option("--report", metavar="FILE")
_STATUS = Option("--status", metavar="WORD", source="statuses")

VERBS: Mapping[str, Verb] = {
    "ls": Verb("ls", options=(_NAME, _STATUS, *_CLOUD)),
    "products": Verb("products", range(_MOST), "gpus", _CLOUD),
    "storages": Verb("storages", options=_CLOUD),
    "show": Verb("show", (1,), "instances", _CLOUD),
    "stop": Verb("stop", _SOME, "running_first", _CLOUD, acts=True),
    "start": Verb("start", _SOME, "stopped_first", _CLOUD, acts=True),
    "delete": Verb("delete", _SOME, "instances", (BY_FLAG["--yes"], *_CLOUD), acts=True),
    "auto-renew": Verb("auto_renew", range(2, _MOST), "renewing", _CLOUD),
    "login": Verb("login", options=_HOST),
    "logout": Verb("logout"),
    "practice": Verb("practice", (1,), "on_or_off"),
    "launches": Verb("launches"),
    "launches look": Verb("look", (0, 1)),
    "launches found": Verb("found", (2,)),
    "launches absent": Verb("absent", (2,)),
    "launches forget": Verb("forget", (1,)),
    "preset save": Verb("preset_save", range(2, _MOST), "preset_to_save", reads_words=True),
    "preset list": Verb("preset_list"),
    "preset show": Verb("preset_show", (1,), "presets"),
    "preset delete": Verb("preset_delete", (1,), "presets"),
    "class": Verb("lesson"),
    "class join": Verb("join", (0, 1, 2)),
    "class start": Verb("start_class", (1,), "lessons"),
    "check": Verb("check", (1, 2), "exercises", reads_words=True),
    "bill": Verb("bill", options=_CLOUD),
    "doctor": Verb("doctor", options=(_REPORT, *_CLOUD)),
    "help": Verb("usage"),
}
FIRST_WORDS = tuple(dict.fromkeys(name.partition(" ")[0] for name in VERBS))


def known_verb(given: Sequence[str]) -> str | None:
    """Return the verb that a line begins with, by its two words or its one."""
    return next((name for name in (" ".join(given[:2]), given[0]) if name in VERBS), None)


def apart(given: Sequence[Word], verb: Verb) -> tuple[list[Word], dict[Option, Word]]:
    """Return the words of a verb, and by its options their values (of a switch itself)."""
    left: list[Word] = []
    found: dict[Option, Word] = {}
    coming = iter(given)
    for word in coming:
        option = verb.option(word)
        if option is None or option in found:
            left.append(word)
        else:
            found[option] = next(coming, Word()) if option.metavar else word
    return left, found


def ppio_completer(line: Typed, context: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word of ``%ppio`` that is completed, and the ways to go on."""
    return line.raw, _proposals(line.before, line.text, context)


def _proposals(before: Sequence[Word], text: str, context: LineContext) -> list[Proposal]:
    typed = [word.text for word in before]
    if not typed:
        return plain(((one, "%ppio") for one in FIRST_WORDS), text)
    seconds = [name.partition(" ")[2] for name in VERBS if name.startswith(f"{typed[0]} ")]
    if seconds and not typed[1:]:
        return plain(((one, typed[0]) for one in seconds), text)
    name = known_verb(typed)
    if name is None:
        return []
    verb = VERBS[name]
    last = verb.option(before[-1])
    if last is not None and last.metavar:
        return proposed(last.source, text, context)
    if text.startswith("-") or not max(verb.takes):
        return plain(((one.flag, name) for one in verb.options if one.flag not in typed), text)
    given = [word.text for word in apart(before[len(name.split()) :], verb)[0]]
    more = len(given) < max(verb.takes)
    return proposed(verb.source, text, replace(context, given=given)) if more else []
