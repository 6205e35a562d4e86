"""The table of the verbs of ``%ppio``, and what Tab proposes in its lines; `ppio_magic` has what they do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.tokens import Word
from ppio_widgets.magics import completers
from ppio_widgets.magics.completion import Proposal, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion import LineContext


def _plain(choices: Iterable[str], text: str, about: str) -> list[Proposal]:
    return [Proposal(one, about, plain=True) for one in choices if one.startswith(text)]


def _nothing(_text: str, _context: LineContext) -> list[Proposal]:
    return []


def _on_or_off(text: str, _context: LineContext) -> list[Proposal]:
    return _plain(("on", "off"), text, "practice")


@dataclass(frozen=True)
class VerbOption:
    """An option of a verb: the argument it becomes, what it takes (a switch nothing), what Tab proposes."""

    argument: str
    metavar: str = ""
    completes: Source = _nothing


@dataclass(frozen=True)
class Verb:
    """A verb of ``%ppio``; its words to people stand in ``ppio.usage`` of the locale.

    `run` is the function of `ppio_magic` that gets the words and, by their arguments, the options; text
    that it returns is printed. `takes` says how many words there may be, `completes` what Tab proposes
    for the next one. A verb that `acts` bills or destroys, and is never proposed for a mistyped one. One
    that `reads_words` gets the words as they were typed, and who knows the notebook's variables.
    """

    run: str
    takes: Sequence[int] = (0,)
    completes: Source = _nothing
    options: Mapping[str, VerbOption] = field(default_factory=dict)
    acts: bool = False
    reads_words: bool = False


_SOME = range(1, 1000)
_HOST = {
    "--base-url": VerbOption("base_url", "URL", completers.base_urls),
    "--allow-host": VerbOption("allow_host", "HOST"),
}
_CLOUD = {"--practice": VerbOption("practice"), **_HOST}
_FILTERS = {
    "--name": VerbOption("name", "TEXT", completers.names),
    "--status": VerbOption("status", "WORD", completers.statuses),
}
_YES = {"--yes": VerbOption("yes")}

VERBS: Mapping[str, Verb] = {
    "ls": Verb("ls", options={**_FILTERS, **_CLOUD}),
    "products": Verb("products", range(1000), completers.gpus, _CLOUD),
    "show": Verb("show", (1,), completers.instances, _CLOUD),
    "stop": Verb("stop", _SOME, completers.running_first, _CLOUD, acts=True),
    "start": Verb("start", _SOME, completers.stopped_first, _CLOUD, acts=True),
    "delete": Verb("delete", _SOME, completers.instances, {**_YES, **_CLOUD}, acts=True),
    "auto-renew": Verb("auto_renew", range(2, 1000), completers.renewing, _CLOUD),
    "login": Verb("login", options=_HOST),
    "logout": Verb("logout"),
    "practice": Verb("practice", (1,), _on_or_off),
    "launches": Verb("launches"),
    "launches look": Verb("look", (0, 1)),
    "launches absent": Verb("absent", (2,)),
    "launches forget": Verb("forget", (1,)),
    "preset save": Verb("preset_save", range(2, 1000), completers.preset_to_save, reads_words=True),
    "preset list": Verb("preset_list"),
    "preset show": Verb("preset_show", (1,), completers.presets),
    "preset delete": Verb("preset_delete", (1,), completers.presets),
    "help": Verb("usage"),
}
FIRST_WORDS = tuple(dict.fromkeys(name.partition(" ")[0] for name in VERBS))


def known_verb(given: Sequence[str]) -> str | None:
    """Return the verb that a line begins with, by its two words or its one."""
    return next((name for name in (" ".join(given[:2]), given[0]) if name in VERBS), None)


def apart(given: Sequence[Word], options: Mapping[str, VerbOption]) -> tuple[list[Word], dict[str, Word]]:
    """Return the words of a verb, and by their flags the values of its options (of a switch itself)."""
    left: list[Word] = []
    found: dict[str, Word] = {}
    coming = iter(given)
    for word in coming:
        option = options.get(word.text) if word.is_flag else None
        if option is None or word.text in found:
            left.append(word)
        else:
            found[word.text] = next(coming, Word()) if option.metavar else word
    return left, found


def ppio_completer(line: Typed, context: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word of ``%ppio`` that is completed, and the ways to go on."""
    return line.raw, _proposals(line.before, line.text, context)


def _proposals(before: Sequence[Word], text: str, context: LineContext) -> list[Proposal]:
    typed = [word.text for word in before]
    if not typed:
        return _plain(FIRST_WORDS, text, "%ppio")
    seconds = [name.partition(" ")[2] for name in VERBS if name.startswith(f"{typed[0]} ")]
    if seconds and not typed[1:]:
        return _plain(seconds, text, typed[0])
    name = known_verb(typed)
    if name is None:
        return []
    verb = VERBS[name]
    last = verb.options.get(typed[-1])
    if last is not None and last.metavar:
        return last.completes(text, context)
    if text.startswith("-") or not max(verb.takes):
        return _plain([flag for flag in verb.options if flag not in typed], text, name)
    given = [word.text for word in apart(before[len(name.split()) :], verb.options)[0]]
    return verb.completes(text, replace(context, given=given)) if len(given) < max(verb.takes) else []
