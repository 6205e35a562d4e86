"""A file of variables, by docker's own rules for ``--env-file``."""

from __future__ import annotations

from ppio_widgets.request.envref import EnvRef, is_name
from ppio_widgets.request.tokens import LineError


def read_env_file(text: str) -> list[tuple[str, str | EnvRef]]:
    """Return the variables of a file in its order.

    A line is ``KEY=VALUE`` with the value verbatim, quotes and trailing blanks included; ``#`` begins a
    comment only where a line begins; a bare ``KEY`` is taken from the environment.

    Raises
    ------
    LineError
        For a line without a key, or whose key has a blank inside; the message has its number only.
    """
    rows: list[tuple[str, str | EnvRef]] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r").lstrip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not key or " " in key or "\t" in key or not (equals or is_name(key)):
            raise LineError("docker_env_file_line", number=number)
        rows.append((key, value if equals else EnvRef(key)))
    return rows
