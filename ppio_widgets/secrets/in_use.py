"""Which secrets this process knows, so that they can be kept out of what is shown, saved or shared.

A secret is an API key, or a variable of the environment whose name says that it is secret, or whose value
holds what looks like a key, as the password in an address does. What only looks like a secret is the business
of `patterns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ppio_widgets import environment
from ppio_widgets.locale.text import text_at
from ppio_widgets.request.envref import LONGEST_NAME, is_name
from ppio_widgets.secrets.credentials import (
    KEY_VARIABLES,
    KEYRING_SERVICE,
    SHORTEST,
    ApiKey,
    ask_keyring,
    is_practice_key,
    keys_at_hand,
    reveal,
)
from ppio_widgets.secrets.hosts import read_host
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Their names have a secret's word in them (print working directory), their values are folders.
_FOLDERS = ("PWD", "OLDPWD")

# Where a secret may be repeated: in what an instance is found by (its name, its product); in what else is
# told of it (an address, a command, an image, a region); in sentences, as errors are.
Where: TypeAlias = Literal["name", "field", "sentence"]

# In an answer shorter values are words like any other, and hiding them would ruin every text.
_SHORTEST_IN_ANSWER = 6
# From then on the value of a variable counts as a secret though its name does not say so.
_SHORTEST_UNNAMED = 16


@dataclass(frozen=True)
class Secret:
    """A secret, and where it is known from; it does not show itself."""

    source: str  # the variable of the environment, or who keeps the key
    value: str = field(repr=False)
    kind: Literal["key", "env", "password"] = "env"
    word_in: frozenset[Where] = frozenset()  # where its value is a word like any other

    @property
    def last_four(self) -> str:
        """What may be shown of a key, and of nothing else."""
        return self.value[-4:]

    @property
    def reason(self) -> str:
        """Why it is hidden: ``"key"``, ``"env HF_TOKEN"``, ``"password"``."""
        return f"env {self.source}" if self.kind == "env" and self.source else self.kind


def secrets_in_use(*, with_keyring: bool = False, variables: Collection[str] = ()) -> tuple[Secret, ...]:
    """Return each secret that is at hand, once.

    With `with_keyring` the system's keyring is asked for the keys of the known hosts as well. The values of
    `variables` are secret because somebody said so.
    """
    keys = [Secret(key.source, reveal(key), "key") for key in keys_at_hand()]
    if with_keyring:
        kept = (ask_keyring(read_host(base_url).name) for base_url in KEY_VARIABLES)
        keys += [Secret(f"keyring:{KEYRING_SERVICE}", value.strip(), "key") for value in kept if value]
    named = [
        Secret(name, value.strip())
        for name, value in environment.variables().items()
        if _is_secret(name, value, said=name in variables)
    ]
    found: dict[str, Secret] = {}
    for one in (*keys, *named):
        if len(one.value) >= SHORTEST and not is_practice_key(one.value):
            found.setdefault(one.value, one)
    return tuple(found.values())


def sent_secrets(key: ApiKey, values: Collection[str]) -> Iterator[Secret]:
    """Yield the secrets of a request: its key, and the values that were taken from the environment."""
    yield Secret(key.source, reveal(key), "key")
    sources = {value: name for name, value in environment.variables().items()} if values else {}
    for value in values:
        yield Secret(sources.get(value, ""), value)


def secrets_in_answer(answer: Mapping[str, Any]) -> Iterator[Secret]:
    """Yield what one instance, as a server told it, holds as a secret.

    These are passwords, and the values of variables. Most of those are words, though (a model, ``jupyter``):
    one that looks secret neither by its name nor by itself is one where it is short, or the instance's name
    or product; in a sentence it is none.
    """
    words = (text_at(answer, "name"), text_at(answer, "product_id"))
    tools = answer.get("tools")
    for tool in tools.values() if isinstance(tools, Mapping) else ():
        password = text_at(tool, "password")
        if len(password) >= _SHORTEST_IN_ANSWER:
            yield Secret("", password, "password")
    rows = answer.get("envs")
    for row in rows if isinstance(rows, list) else ():
        name, value = text_at(row, "key"), text_at(row, "value")
        if len(value) >= _SHORTEST_IN_ANSWER:
            told = len(name) <= LONGEST_NAME and is_name(name)
            yield Secret(name if told else "", value, word_in=_word_in(name, value, words))


def _word_in(name: str, value: str, words: Collection[str]) -> frozenset[Where]:
    if looks_secret(name) or looks_like_key(value):
        return frozenset()
    if len(value) < _SHORTEST_UNNAMED:
        return frozenset(("name", "field"))
    return frozenset(("name",)) if value in words else frozenset()


def _is_secret(name: str, value: str, *, said: bool) -> bool:
    """Whether a variable holds a secret; where a file lies is none (SSH_AUTH_SOCK)."""
    if name in _FOLDERS or not (said or looks_secret(name) or looks_like_key(value)):
        return False
    with suppress(OSError, ValueError):
        return not (Path(value).is_absolute() and Path(value).exists())
    return True
