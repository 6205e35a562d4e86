"""Whether a text that nobody could read gives a secret away: then no field may keep it.

Rather once too often: what is lost is a text that was pasted and can be pasted again. What only stands for
a secret, as in documentation, is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.options import BY_FLAG
from ppio_widgets.request.schema import leaves
from ppio_widgets.secrets.patterns import is_placeholder, looks_secret
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

# Up to the quotation mark that closes it, or without any as far as a word goes.
_WORD = r"""\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|<[^<>\n]*>|[^\s"'\\{}\[\],]+"""
_VALUE = rf"""(?=\\?["']([^"'\\\n]*)|({_WORD}))"""

# NAME=value, "name": "value", name: value.
_NAMED = re.compile(rf"""([A-Za-z_][\w-]*)\\?["']?\s*[=:]\s*{_VALUE}""", re.ASCII)
# A row of the variables: its name, then its value.
_ROW = re.compile(
    rf"""["']key\\?["']\s*:\s*\\?["']([\w-]+)\\?["']\s*,\s*\\?["']value\\?["']\s*:\s*{_VALUE}""", re.ASCII
)
# --password value
_OPTION = re.compile(rf"""(?<!\S)--?([A-Za-z][\w-]*)\s+(?!-){_VALUE}""", re.ASCII)
# The header with a key, and a user with a password; two numbers are a user and a group.
_HEADER = re.compile(
    rf"""authorization\\?["']?\s*:\s*\\?["']?(?:(?:bearer|basic|token)\s+)?({_WORD})""", re.IGNORECASE
)
_USER = re.compile(rf"""(?<!\S)(?:-u|--user)[ =]?["']?(?![0-9]+:[0-9]+(?:\s|\Z))[^\s:"'$]+:({_WORD})""")

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
    return bool(Redactor.in_use().finds(text)) or any(not is_placeholder(value) for value in _values(text))


def _values(text: str) -> Iterator[str]:
    """Yield what stands where a secret does."""
    named = [found for found in (*_NAMED.finditer(text), *_OPTION.finditer(text)) if found[1] not in _OURS]
    for found in (*named, *_ROW.finditer(text)):
        value = found[2] or found[3]
        if value and looks_secret(found[1]):
            yield value
    for found in (*_HEADER.finditer(text), *_USER.finditer(text)):
        yield found[1]
