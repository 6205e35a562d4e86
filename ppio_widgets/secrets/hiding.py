"""Secrets that an answer holds, hidden where another of its fields repeats one.

A server that is broken, or not what it seems, may put a password, an env value or the key
into a name, an address or an error message. How much of that is hidden depends on the
field, since most env values are no secrets but words (a model, a region, ``jupyter``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ppio_widgets.locale.text import Mask, text_at
from ppio_widgets.request.envref import looks_secret
from ppio_widgets.secrets.patterns import sightings
from ppio_widgets.secrets.redaction import MASK

# Shorter ones are words like any other, and masking them would ruin every text.
SHORTEST_SECRET = 6
# From then on the value of a variable counts as a secret though its name does not say so.
SHORTEST_UNNAMED = 16


@dataclass(frozen=True)
class Hiding:
    """What hides the secrets of one answer, by where they may be repeated.

    Attributes
    ----------
    in_names : callable
        For what the instance is found by, its name and product: passwords, keys, and the
        values of variables that look secret by their name or by themselves.
    in_fields : callable
        For addresses, commands, images and regions: long values of other variables as well.
    in_words : callable
        For error messages: all values.
    """

    in_names: Mask
    in_fields: Mask
    in_words: Mask


def hiding(answer: Mapping[str, Any], mask: Mask) -> Hiding:
    """Return what hides the secrets of an answer, beside those that `mask` hides.

    Parameters
    ----------
    answer : mapping
        One instance, as it came.
    mask : callable
        Hides what was sent to the server.
    """
    values = list(_envs(answer))
    secret = [text for key, text in values if looks_secret(key) or any(sightings(text))]
    secret += _passwords(answer)
    long = [text for _key, text in values if len(text) >= SHORTEST_UNNAMED]
    every = [text for _key, text in values]
    return Hiding(_hider(mask, secret), _hider(mask, secret + long), _hider(mask, secret + every))


def is_free(url: str, hide: Mask) -> bool:
    """Whether nothing in an address would be hidden, as it is written and as it is meant.

    Looked at are host and path, which are all that is shown of one. The number of its port
    is no secret, whatever a variable holds.
    """
    parts = urlsplit(url.strip())
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    written = {host, parts.path}
    return all(hide(one) == one for one in written | {unquote(one) for one in written})


def _hider(mask: Mask, secrets: list[str]) -> Mask:
    # The longer first: one may be the beginning of another.
    ordered = sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)

    def hide(text: str) -> str:
        text = mask(text)
        for secret in ordered:
            text = text.replace(secret, MASK)
        return text

    return hide


def _passwords(answer: Mapping[str, Any]) -> Iterator[str]:
    tools = answer.get("tools")
    for tool in tools.values() if isinstance(tools, Mapping) else ():
        yield text_at(tool, "password")


def _envs(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rows = answer.get("envs")
    for row in rows if isinstance(rows, list) else ():
        yield text_at(row, "key"), text_at(row, "value")
