"""Whether a text that nobody could read gives a secret away: then no field may keep it.

Rather once too often: what is lost is a text that was pasted and can be pasted again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ppio_widgets.launcher.shareable import holds_secret
from ppio_widgets.request.envref import looks_secret
from ppio_widgets.request.fields import leaves
from ppio_widgets.request.options import BY_FLAG

if TYPE_CHECKING:
    from collections.abc import Iterator

# Not what a shell fills in, nor an empty text, nor a reference.
_VALUE = r"""(?!\$\w|\$\{\w+\})[^\s"'\\{}\[\],]"""

# NAME=value, "name": "value", name: value.
_NAMED = re.compile(rf"""([A-Za-z_][\w-]*)\\?["']?\s*[=:]\s*\\?["']?{_VALUE}""", re.ASCII)
# A row of the variables: its name, then its value.
_ROW = re.compile(
    rf"""["']key\\?["']\s*:\s*\\?["']([\w-]+)\\?["']\s*,\s*\\?["']value\\?["']\s*:\s*\\?["']{_VALUE}""",
    re.ASCII,
)
# --password value
_OPTION = re.compile(rf"""(?<!\S)--?([A-Za-z][\w-]*)\s+["']?(?!-){_VALUE}""", re.ASCII)
# The header with a key, and a user with a password; two numbers are a user and a group.
_SIGNED_IN = re.compile(
    r"""authorization\s*:\s*(?!(?:(?:bearer|basic|token)\s+)?(?:\$|%s))[^\s"'\\]"""
    r"""|(?<!\S)(?:-u|--user)[ =]?["']?(?![0-9]+:[0-9]+(?:\s|\Z))[^\s:"'$]+:[^\s"'$]""",
    re.IGNORECASE,
)

# Names of the contract and of the line's options; they say how to get at a secret, not which.
_OURS = frozenset(
    {*(name.rpartition(".")[2] for name in leaves()), *(flag.removeprefix("--") for flag in BY_FLAG)}
)


def gives_secret_away(text: str) -> bool:
    """Whether a text holds a secret, or a value under a name that says so.

    Parameters
    ----------
    text : str
        A command, a part of a JSON text, anything.
    """
    return holds_secret(text) or _SIGNED_IN.search(text) is not None or any(map(looks_secret, _names(text)))


def _names(text: str) -> Iterator[str]:
    """Yield the names that a value follows."""
    for found in (*_NAMED.finditer(text), *_OPTION.finditer(text)):
        if found[1] not in _OURS:
            yield found[1]
    for found in _ROW.finditer(text):
        yield found[1]
