"""The text of an env file, by python-dotenv's rules, and what of it goes into a body.

``${NAME}`` is left as it is written: what it stands for would come from the kernel's
environment unseen, and that may be a secret. A value stands in the plan, in the preview
and so in the saved notebook. One that looks secret, by its name or in itself, is therefore
never taken: the name alone is, as ``--env NAME`` does, and the value comes from the kernel's
environment when the request is sent. A name without ``=`` is taken so as well, as docker
does.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dotenv.parser import parse_stream

from ppio_widgets.errors import InputError
from ppio_widgets.request.envref import EnvRef, is_name
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from ppio_widgets.formats.json_body import Outside

# A sentence for the person: ``line.<code>`` in the words, and its parameters.
Note = tuple[str, Mapping[str, str]]

_BREAK = re.compile(r"\r\n|\n|\r")
_FILLED_BY_DOTENV = re.compile(r"\$\{[^}]*\}")


class EnvRows(NamedTuple):
    """What env files say: rows of a body, a value a text or an `EnvRef`, and what is worth saying of them."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[Note, ...]


def read_env_text(
    text: str, is_secret: Callable[[str], bool] = looks_like_key
) -> list[tuple[str, str | None]]:
    """Read the text of an env file: each name once, with the last of its values; None where no ``=`` is.

    An `InputError` for a line that cannot be read, or has a secret in place of a name: a file may hold
    nothing but a token. It tells the number of the line and nothing of what stands there.
    """
    found: dict[str, str | None] = {}
    for binding in parse_stream(io.StringIO(text.removeprefix("\ufeff"))):
        key, value = binding.key, binding.value
        code = (
            "env_file_line"
            if binding.error or (value is None and key is not None and not is_name(key))
            else ""
        )
        if code or (key is not None and is_secret(key)):
            statement = binding.original.string
            blank = statement[: len(statement) - len(statement.lstrip())]  # dotenv counts the lines before it
            raise input_error(
                code or "env_file_token", line=binding.original.line + len(_BREAK.findall(blank))
            )
        if key is not None:
            found[key] = value
    return list(found.items())


def rows_of_files(paths: Sequence[str], typed: Collection[str], outside: Outside) -> EnvRows:
    """Read env files into rows; of two values for a name the later one counts, and one of `typed` over all.

    An `InputError` where a file is not there or cannot be read, or where a secret cannot be taken by its
    name: the kernel has another value, or no variable can be called so.
    """
    pairs: dict[str, str | None] = {}
    for path in paths:
        text = outside.text(path)
        if text is None:
            raise input_error("file_missing", option="--env-file", path=path)
        pairs.update(read_env_text(text, outside.holds_secret))
    load = "; ".join(f"load_dotenv({path!r}, interpolate=False)" for path in paths)
    left = {key: value for key, value in pairs.items() if key not in typed}
    return _rows(left, outside, "env_file_secret", f"from dotenv import load_dotenv; {load}")


def rows_of_text(text: str, outside: Outside) -> EnvRows:
    """Read the text of an env file into rows, by the rules of `rows_of_files`."""
    pairs = dict(read_env_text(text, outside.holds_secret))
    return _rows(pairs, outside, "env_text_secret", "")


def variables_in(text: str) -> int:
    """Return how many variables a text names; 0 for one that is none of an env file, or has no value."""
    try:
        pairs = read_env_text(text)
    except InputError:
        return 0
    return len(pairs) if any(value is not None for _key, value in pairs) else 0


def _rows(pairs: Mapping[str, str | None], outside: Outside, refusal: str, load: str) -> EnvRows:
    """Return the rows of variables; `load` is how the secret ones get into the kernel."""
    environ = outside.environ
    secrets = {
        key: value
        for key, value in pairs.items()
        if value and (looks_secret(key) or outside.holds_secret(value))
    }
    refused = [key for key, value in secrets.items() if not is_name(key) or environ.get(key, value) != value]
    if refused:
        raise input_error(refusal, names=", ".join(refused))
    taken = {key: None if key in secrets else value for key, value in pairs.items()}
    rows = [{"key": key, "value": EnvRef(key) if value is None else value} for key, value in taken.items()]
    missing = [key for key in secrets if key not in environ]
    as_written = [key for key, value in taken.items() if value and _FILLED_BY_DOTENV.search(value)]
    notes: list[Note] = []
    if missing:
        load = load or f'import os, getpass; os.environ["{missing[0]}"] = getpass.getpass()'
        notes.append(("env_by_name", {"names": ", ".join(missing), "load": load}))
    if as_written:
        notes.append(("env_as_written", {"names": ", ".join(as_written)}))
    return EnvRows(tuple(rows), tuple(notes))
