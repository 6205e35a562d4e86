"""The SSH command that a server tells: it is offered for copying only if it can do nothing but connect.

Whoever copies it runs it on a machine of theirs. ``-o ProxyCommand=…`` runs a program there, ``-L`` and
``-R`` open their network, ``-A`` hands over their keys, and so does what a shell reads in other characters.
"""

from __future__ import annotations

import re

# Which port, key file and version of IP; nothing else is needed to connect.
_OPTION = r"-[46TCqtv]|-p ?[0-9]{1,5}|-i ?[A-Za-z0-9_~][A-Za-z0-9_./~-]*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USER = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)"
_COMMAND = re.compile(rf"ssh(?: (?:{_OPTION}))* {_USER}@{_HOST}(?: (?:{_OPTION}))*")


def is_ssh_command(text: str) -> bool:
    """Whether a text is ``ssh`` with known options and one ``user@host``, and nothing else."""
    return _COMMAND.fullmatch(text) is not None
