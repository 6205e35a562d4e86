"""Which secrets this process knows, so that they can be kept out of what is shown, saved or shared.

A secret is an API key, or a variable of the environment whose name says that it is secret, or whose value
holds what looks like a key, as the password in an address does. What only looks like a secret is the business
of `patterns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
from ppio_widgets.secrets.patterns import Forms, looks_like_key, looks_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Their names have a secret's word in them (print working directory), their values are folders.
_FOLDERS = ("PWD", "OLDPWD")

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

    @property
    def last_four(self) -> str:
        """What may be shown of a key, and of nothing else."""
        return self.value[-4:]

    @property
    def reason(self) -> str:
        """Why it is hidden: ``"key"``, ``"env HF_TOKEN"``, ``"password"``."""
        return f"env {self.source}" if self.kind == "env" and self.source else self.kind

    @cached_property
    def forms(self) -> Forms:
        """Every form in which it may be written."""
        return Forms(self.value)


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
    sources: dict[str, str] = {}
    for name in environment.variables() if values else ():
        value = environment.variable(name)  # another thread may have taken it away meanwhile
        if value is not None and value in values:
            sources[value] = name
    for value in values:
        yield Secret(sources.get(value, ""), value)


def secrets_in_answer(answer: Mapping[str, Any]) -> Iterator[Secret]:
    """Yield what one instance, as a server told it, holds as a secret.

    These are passwords, and the values of variables that look secret by their name or by themselves, or are
    long. Most values are words, though (a model, ``jupyter``): what is also the instance's name or product is
    one.
    """
    passwords = [one for one in _passwords(answer) if len(one) >= _SHORTEST_IN_ANSWER]
    envs = [(name, value) for name, value in _secret_envs(answer) if len(value) >= _SHORTEST_IN_ANSWER]
    yield from (Secret("", one, "password") for one in passwords)
    values = {*passwords, *(value for _name, value in envs)}
    for name, value in envs:
        # A server may repeat a secret in a name as well.
        told = is_name(name) and len(name) <= LONGEST_NAME and not _holds_any(name, values)
        yield Secret(name if told else "", value)


def _holds_any(name: str, values: Collection[str]) -> bool:
    """Whether one of the values stands in a name, in a time that does not depend on how many there are."""
    ends = range(_SHORTEST_IN_ANSWER, len(name) + 1)
    return any(name[start:end] in values for end in ends for start in range(end - _SHORTEST_IN_ANSWER + 1))


def _passwords(answer: Mapping[str, Any]) -> Iterator[str]:
    tools = answer.get("tools")
    for tool in tools.values() if isinstance(tools, Mapping) else ():
        yield text_at(tool, "password")


def _secret_envs(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    words = (text_at(answer, "name"), text_at(answer, "product_id"))
    rows = answer.get("envs")
    for row in rows if isinstance(rows, list) else ():
        name, value = text_at(row, "key"), text_at(row, "value")
        is_long = len(value) >= _SHORTEST_UNNAMED and value not in words
        if is_long or looks_secret(name) or looks_like_key(value):
            yield name, value


def _is_secret(name: str, value: str, *, said: bool) -> bool:
    """Whether a variable holds a secret; where a file lies is none (SSH_AUTH_SOCK)."""
    looks = said or looks_secret(name) or looks_like_key(value)
    return looks and name not in _FOLDERS and not _is_place(value)


def _is_place(value: str) -> bool:
    try:
        place = Path(value)
        return place.is_absolute() and place.exists()
    except (OSError, ValueError):
        return False
