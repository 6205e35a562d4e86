"""The API key: masked everywhere, and where it comes from."""

from __future__ import annotations

import os
import re
from typing import NoReturn

from ppio_widgets.cloud.host import PPIO, Host
from ppio_widgets.errors import CredentialsError

# The key of every practice cloud. It opens nothing else, so it may be printed.
PRACTICE_KEY = "sk_practice_no_money"

# Each key goes to its own host and to no other (PPIO's skills and Novita's CLI name them so).
KEY_VARIABLES = {PPIO: "PPIO_API_KEY", "https://api.novita.ai": "NOVITA_API_KEY"}

_KEY = re.compile(r"[\x21-\x7e]{8,512}")


class ApiKey:
    """An API key that does not show itself.

    Parameters
    ----------
    value : str
        The key; white space around it is dropped.
    source : str
        Where it came from, for people: ``"PPIO_API_KEY"``.

    Raises
    ------
    CredentialsError
        When the text cannot be a key. The message never holds the value.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        value = value.strip()
        if not _KEY.fullmatch(value):
            raise CredentialsError("key_shape", source=source)
        self._value = value
        self.source = source

    @property
    def last_four(self) -> str:
        """What may be shown of it."""
        return self._value[-4:]

    def __repr__(self) -> str:
        return f"ApiKey(•••• from {self.source})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is neither pickled nor copied")


def reveal(key: ApiKey) -> str:
    """Return the key's value; called where the header is made and nowhere else."""
    return key._value  # noqa: SLF001 - the one door


def mask(content: bytes, key: ApiKey) -> bytes:
    """Return an answer without the key, should the server repeat it in its words."""
    return content.replace(key._value.encode(), "••••".encode())  # noqa: SLF001


def find_key(host: Host, argument: str | ApiKey | None = None) -> ApiKey | None:
    """Return the key for a host, or None when there is none.

    The argument first; on loopback then only the fixed practice key, so that no
    real key goes to whatever listens there; elsewhere the host's own variable.
    """
    if argument is not None:
        return argument if isinstance(argument, ApiKey) else ApiKey(argument, "api_key")
    if host.loopback:
        return ApiKey(PRACTICE_KEY, "practice")
    variable = KEY_VARIABLES.get(host.base_url)
    value = os.environ.get(variable, "") if variable else ""
    return ApiKey(value, variable) if variable and value.strip() else None


def require_key(host: Host, argument: str | ApiKey | None = None) -> ApiKey:
    """Return the key for a host.

    Raises
    ------
    CredentialsError
        When there is none; the message says where it can come from.
    """
    key = find_key(host, argument)
    if key is None:
        variable = KEY_VARIABLES.get(host.base_url, "api_key=")
        raise CredentialsError("key_missing", host=host.name, variable=variable)
    return key
