"""Secrets that are at hand here, so that they can be kept out of what is saved or shared.

What is known is an API key, or a variable of the environment whose name says that it is
secret, or whose value holds what looks like a key, as the password in an address does. What
only looks like a secret is the business of `ppio_widgets.secrets.patterns`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets import environment
from ppio_widgets.request.envref import looks_secret
from ppio_widgets.secrets.credentials import KEY_VARIABLES, SHORTEST, is_practice_key, keys_at_hand, reveal
from ppio_widgets.secrets.hosts import read_host
from ppio_widgets.secrets.key_sources import KEYRING_SERVICE, ask_keyring
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import forms

if TYPE_CHECKING:
    from collections.abc import Collection

# Their names have a secret's word in them (print working directory), their values are folders.
_FOLDERS = ("PWD", "OLDPWD")


@dataclass(frozen=True)
class Known:
    """A secret, and where it is known from; it does not show itself.

    Attributes
    ----------
    source : str
        The variable of the environment, or who keeps the key.
    is_key : bool
        Whether it is an API key; only of those may the last four characters be shown.
    """

    source: str
    value: str = field(repr=False)
    is_key: bool = False

    @property
    def last_four(self) -> str:
        """What may be shown of a key."""
        return self.value[-4:]

    def forms(self) -> frozenset[bytes]:
        """Return every form in which it may be written."""
        return forms(self.value)


def known_secrets(*, ask_vault: bool = False, variables: Collection[str] = ()) -> tuple[Known, ...]:
    """Return each secret that is at hand, once.

    Parameters
    ----------
    ask_vault : bool
        Whether to ask the system's keyring for the keys of the known hosts as well.
    variables : collection of str, optional
        Names of the environment that are secret because somebody said so.
    """
    keys = [Known(key.source, reveal(key), is_key=True) for key in keys_at_hand()]
    if ask_vault:
        kept = (ask_keyring(read_host(base_url).name) for base_url in KEY_VARIABLES)
        keys += [Known(f"keyring:{KEYRING_SERVICE}", value.strip(), is_key=True) for value in kept if value]
    named = [
        Known(name, value.strip())
        for name, value in environment.variables().items()
        if _is_secret(name, value, said=name in variables)
    ]
    found: dict[str, Known] = {}
    for one in (*keys, *named):
        if len(one.value) >= SHORTEST and not is_practice_key(one.value):
            found.setdefault(one.value, one)
    return tuple(found.values())


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
