"""Words to people, in English and 中文: ``en.json`` and ``zh.json`` hold the same keys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ppio_widgets import environment
from ppio_widgets.locale.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Language = Literal["en", "zh"]

# A sentence that ends in one of these takes no blank behind it.
_FULL_WIDTH = "。，：；！？）"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Words:
    """The sentences of one language: ``say("status.running", name="demo")``."""

    def __init__(self, language: Language) -> None:
        self.language = language
        text = Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8")
        self._sentences: dict[str, str] = json.loads(text)

    def __call__(self, key: str, /, **params: object) -> str:
        """Return the sentence of `key` with `params` filled in, whatever is in those visible."""
        shown = {name: visible(value) if isinstance(value, str) else value for name, value in params.items()}
        return self._sentences[key].format_map(shown)

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def first(self, *keys: str, **params: object) -> str:
        """Return the sentence of the first of `keys` that exists."""
        return self(next(key for key in keys if key in self._sentences), **params)

    def ended(self, text: str) -> str:
        """Return somebody else's words as a sentence: with a full stop, where they have no end."""
        return text if text.endswith((*".!?…", *_FULL_WIDTH)) else text + self("sentence.end")

    def keys(self) -> set[str]:
        """All keys of this language."""
        return set(self._sentences)


def joined(parts: Iterable[str]) -> str:
    """Return sentences one behind the other; empty ones are left out."""
    text = ""
    for part in filter(None, parts):
        text += part if not text or text[-1] in _FULL_WIDTH else f" {part}"
    return text


@runtime_checkable
class Sayable(Protocol):
    """What is put into words late: an error, a span of time, a reason."""

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""


def filled(say: Words, key: str, params: Mapping[str, object]) -> str:
    """Return a sentence whose parameters may be such as are put into words late."""
    inner = {
        name: value.sentence(say) if isinstance(value, Sayable) else value for name, value in params.items()
    }
    return say(key, **inner)


@dataclass(frozen=True)
class Phrase:
    """One sentence, or a part of one, that is put into words late; so are its parameters."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict, hash=False)

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        return filled(say, self.key, self.params)


@dataclass(frozen=True)
class Span:
    """A length of time that is put into words late: ``"5 min"``."""

    seconds: float

    def sentence(self, say: Words) -> str:
        """Return it in its largest unit that is at least two of them."""
        for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if self.seconds >= 2 * length:
                return say(f"span.{unit}", n=round(self.seconds / length))
        return say("span.seconds", n=round(self.seconds))


@cache
def _load(language: Language) -> Words:
    return Words(language)


def words(language: str | None = None) -> Words:
    """Return the words of a language, or of the one that the environment names first.

    What begins with *zh* is Chinese (``"zh_CN.UTF-8"``), all else English.
    """
    if language is None:
        names = ("PPIO_WIDGETS_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
        language = next((value for name in names if (value := environment.variable(name))), "en")
    return _load("zh" if language.lower().startswith("zh") else "en")
