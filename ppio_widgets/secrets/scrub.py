"""A body without secrets: what is left of it may be shared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.errors import PresetRefused
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.draft import compact, to_json
from ppio_widgets.request.envref import EnvRef, is_name, key_fault, looks_secret, reference, reference_names
from ppio_widgets.request.schema import tree
from ppio_widgets.secrets.in_use import known_secrets
from ppio_widgets.secrets.patterns import sightings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppio_widgets.errors import PpioError
    from ppio_widgets.secrets.in_use import Known


class Secrets:
    """The secrets at hand here, to look for in texts; it does not show them.

    Parameters
    ----------
    known : sequence of Known, optional
        By default those of `known_secrets`.
    """

    def __init__(self, known: Sequence[Known] | None = None) -> None:
        self.known = known_secrets() if known is None else known
        self._forms = [(form, one.source) for one in self.known for form in one.forms()]

    def __repr__(self) -> str:
        return "Secrets(••••)"

    def __call__(self, text: str) -> bool:
        """Whether a secret stands in a text."""
        return bool(self.source_in(text))

    def source_in(self, text: str) -> str:
        """Return where a secret in a text is known from, or how it begins; nothing where there is none."""
        content = text.encode("utf-8", "surrogatepass")
        known = (source for form, source in self._forms if form in content)
        return next(known, "") or next((seen.shown for seen in sightings(text)), "")


def without_secrets(
    body: Mapping[str, Any], secrets: Secrets | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body with a reference in place of each value that is a secret.

    It is one when the name of its variable says so, when it holds a secret that is at hand here
    (an API key, or what the environment keeps under such a name), or when it looks like a key.

    Parameters
    ----------
    body : mapping
        Of a request, complete or not.
    secrets : Secrets, optional
        By default those at hand, and what the body itself takes from the environment.

    Returns
    -------
    tuple
        A new body without blanks, and the names of the variables whose value is now a reference.

    Raises
    ------
    PresetRefused
        When a secret stands where no reference can: in a command, say.
    """
    secrets = secrets or Secrets(known_secrets(variables=reference_names(body)))
    clean, made = with_references(body, secrets)
    if any(map(_holds_more, clean.get("envs") or ())):
        raise PresetRefused("preset_env_key")
    for name, value in clean.items():
        source = secrets.source_in(to_json({name: value}))
        if source:
            # What is no field of ours may be the secret itself.
            field = name if name in tree().fields else UNSAID
            raise PresetRefused("preset_secret", field=field, source=source)
    return clean, made


def with_references(
    body: Mapping[str, Any], secrets: Secrets | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body with a reference in place of each value of a variable that is a secret.

    Parameters
    ----------
    body : mapping
    secrets : Secrets, optional
        By default those at hand.

    Returns
    -------
    tuple
        A new body without blanks, and the names of the variables whose value is now a reference.
    """
    secrets = secrets or Secrets()
    clean = compact(body).body
    made: list[str] = []
    rows = clean.get("envs")
    if isinstance(rows, list):
        clean["envs"] = [_clean_row(row, secrets, made) for row in rows]
    return clean, tuple(dict.fromkeys(made))


def without_secret_fields(
    body: Mapping[str, Any], secrets: Secrets
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body without what no reference can stand for, and the names of the fields that it was in.

    Of the variables only the rows with a secret are left out, of everything else the whole field;
    also a field that the contract does not know, when its name says that it is a secret.

    Parameters
    ----------
    body : mapping
        As `with_references` returns it.
    secrets : Secrets
    """
    clean: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in body.items():
        kept: Any = value
        if name == "envs" and isinstance(value, list):
            kept = [row for row in value if not secrets(to_json({name: row}))]
        elif secrets(to_json({name: value})) or (name not in tree().fields and looks_secret(name)):
            kept = None
        if kept != value:
            left_out.append(UNSAID if secrets(name) else name)
        if kept not in (None, []):
            clean[name] = kept
    return clean, tuple(dict.fromkeys(left_out))


def holds_secret(text: str) -> bool:
    """Whether a secret that is at hand here stands in a text, in any form, or what looks like a key."""
    return Secrets()(text)


def unrepeated(error: PpioError) -> PpioError:
    """Return an error whose message repeats no secret."""
    secrets = Secrets()
    params = {
        name: UNSAID if isinstance(value, str) and secrets(value) else value
        for name, value in error.params.items()
    }
    return type(error)(error.code, **params)


def _clean_row(row: Any, secrets: Secrets, made: list[str]) -> Any:
    """Return a row of the variables; the name of one whose value was replaced is added to `made`."""
    if not isinstance(row, Mapping) or not isinstance(key := row.get("key"), str):
        return row
    value = row.get("value")
    if value is None or value == "" or reference(value) is not None:
        return row
    if not looks_secret(key) and not secrets(to_json({"value": value})):
        return row
    made.append(key)
    return {**row, "value": EnvRef(_kernel_name(key, value, secrets.known))}


def _holds_more(row: Any) -> bool:
    """Whether in the place of a variable's name perhaps its value stands as well."""
    key = row.get("key") if isinstance(row, Mapping) else None
    return isinstance(key, str) and key_fault(key) in ("equals", "lines")


def _kernel_name(key: str, value: Any, known: Sequence[Known]) -> str:
    """Return the kernel's variable that holds the value, or is to: by the same name where possible."""
    holders = [
        one.source for one in known if one.value == value and environment.variable(one.source) == value
    ]
    if holders and environment.variable(key) != value:
        return holders[0]
    name = re.sub(r"[^A-Za-z0-9_]", "_", key)
    return name if is_name(name) else f"_{name}"
