"""A body without secrets: what is left of it may be shared."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets.cloud.known import known_secrets
from ppio_widgets.cloud.shapes import sightings
from ppio_widgets.errors import PresetRefused
from ppio_widgets.request.draft import compact
from ppio_widgets.request.envref import EnvRef, is_name, looks_secret, reference
from ppio_widgets.request.fields import tree
from ppio_widgets.request.json_text import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.cloud.known import Known


def without_secrets(body: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body with a reference in place of each value that is a secret.

    It is one when the name of its variable says so, when it holds a secret that is at hand here
    (an API key, or what the environment keeps under such a name), or when it looks like a key.

    Parameters
    ----------
    body : mapping
        Of a request, complete or not.

    Returns
    -------
    tuple
        A new body without blanks, and the names of the variables whose value is now a reference.

    Raises
    ------
    PresetRefused
        When a secret stands where no reference can: in a command, say.
    """
    known = known_secrets()
    clean, made = with_references(body, known)
    for name, value in clean.items():
        source = _secret_in(to_json({name: value}), known)
        if source:
            # What is no field of ours may be the secret itself.
            field = name if name in tree().fields else "…"
            raise PresetRefused("preset_secret", field=field, source=source)
    return clean, made


def with_references(
    body: Mapping[str, Any], known: Sequence[Known] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body with a reference in place of each value of a variable that is a secret.

    Parameters
    ----------
    body : mapping
    known : sequence of Known, optional
        The secrets at hand; by default they are looked for.

    Returns
    -------
    tuple
        A new body without blanks, and the names of the variables whose value is now a reference.
    """
    known = known_secrets() if known is None else known
    clean = compact(body).body
    made: list[str] = []
    rows = clean.get("envs")
    if isinstance(rows, list):
        clean["envs"] = [_clean_row(row, known, made) for row in rows]
    return clean, tuple(dict.fromkeys(made))


def holds_secret(text: str) -> bool:
    """Whether a text holds, in any form, a secret that is at hand here."""
    content = text.encode("utf-8", "surrogatepass")
    return any(form in content for one in known_secrets() for form in one.forms())


def _clean_row(row: Any, known: Sequence[Known], made: list[str]) -> Any:
    """Return a row of the variables; the name of one whose value was replaced is added to `made`."""
    if not isinstance(row, Mapping) or not isinstance(key := row.get("key"), str):
        return row
    value = row.get("value")
    if value is None or value == "" or reference(value) is not None:
        return row
    if not looks_secret(key) and not _secret_in(to_json({"value": value}), known):
        return row
    made.append(key)
    return {**row, "value": EnvRef(_kernel_name(key, value, known))}


def _kernel_name(key: str, value: Any, known: Sequence[Known]) -> str:
    """Return the kernel's variable that holds the value, or is to: by the same name where possible."""
    holders = [one.source for one in known if one.value == value and os.environ.get(one.source) == value]
    if holders and os.environ.get(key) != value:
        return holders[0]
    name = re.sub(r"[^A-Za-z0-9_]", "_", key)
    return name if is_name(name) else f"_{name}"


def _secret_in(text: str, known: Sequence[Known]) -> str:
    """Return what may be said of a secret in a text: where it is known from, or how it begins; or nothing."""
    content = text.encode("utf-8", "surrogatepass")
    for one in known:
        if any(form in content for form in one.forms()):
            return one.source
    return next((seen.shown for seen in sightings(text)), "")
