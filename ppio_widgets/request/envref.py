"""A value taken by name from the kernel's own environment, at the moment of sending.

Until then only the name is known: to the draft, the request, every face and the
ledger. `on_wire` is the one place that looks the value up, and it never does for a practice
cloud: whoever shares one could read it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets import environment
from ppio_widgets.errors import RequestInvalid
from ppio_widgets.locale.text import UNSAID, is_half

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

# How a reference is written in JSON: {"$env": "HF_TOKEN"}.
MARK = "$env"

# The contract's limit of an env value (PPIO GPU API v2, create instance).
LONGEST_VALUE = 4095

# So much of a name is shown.
LONGEST_NAME = 52

# They hold the account's own key. By that name no instance gets it: a body from elsewhere could
# ask for it, and whoever made its image could then launch at the account's expense.
ACCOUNT_KEYS = frozenset({"PPIO_API_KEY", "NOVITA_API_KEY"})

_PLACEHOLDER = "practice-placeholder-for-"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# How other magics name a variable within a text: `$name`, `{name}`, `{name * 2:.1f}`.
_DOLLAR = re.compile(r"\$([^\W\d]\w*)")
_BRACES = re.compile(r"\{([^{}]*)\}")
# In an expression: texts, attributes and numbers, and what is left, names.
_NAMES = re.compile(r"""\"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\.\s*\w+|\d\w*|([^\W\d]\w*)""")

# Stands where a text is meant as it is: no name goes on across it.
LITERAL = "\0"


@dataclass(frozen=True)
class EnvRef:
    """A variable of the kernel's environment, in place of an env value.

    Parameters
    ----------
    name : str
        Its name in the environment of the kernel, ``"HF_TOKEN"``.
    """

    name: str

    def __repr__(self) -> str:
        return f"EnvRef({self.name!r})"

    def as_json(self) -> dict[str, str]:
        """Return it as it is written in JSON."""
        return {MARK: self.name}


def reference(value: Any) -> EnvRef | None:
    """Return the reference that a value of a draft is, ``{"$env": "NAME"}`` as well; None for any other."""
    if isinstance(value, EnvRef):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        name = value.get(MARK)
        return EnvRef(name) if isinstance(name, str) else None
    return None


def is_name(text: object) -> bool:
    """Whether a text can be the name of a variable: letters, digits and ``_``, no digit first."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def key_fault(key: str) -> Literal["lines", "equals", "blank", ""]:
    """Return why no process can have a variable of that name, or nobody means it; empty for a sound one.

    A name ends before the first ``=`` (POSIX, environment variables). A line break or a blank
    around it came along with what was pasted.
    """
    if len(key.splitlines()) > 1 or key.endswith(("\n", "\r")):
        return "lines"
    if "=" in key:
        return "equals"
    return "blank" if key != key.strip() else ""


def is_account_key(name: str) -> bool:
    """Whether a variable is the one of an account's own key; in any case, as Windows makes no difference."""
    return name.upper() in ACCOUNT_KEYS


def reference_names(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of all variables that a body takes from the kernel's environment, each once."""
    found = (reference(row.get("value")) for row in _env_rows(body) if isinstance(row, Mapping))
    return tuple(dict.fromkeys(one.name for one in found if one is not None))


def _env_rows(body: Mapping[str, Any]) -> Sequence[Any]:
    """Return the rows of the variables: nowhere else may a reference stand."""
    rows = body.get("envs")
    return rows if isinstance(rows, list | tuple) else ()


def placeholder(name: str) -> str:
    """Return what stands for the value of a variable on a practice cloud."""
    return f"{_PLACEHOLDER}{name}"


def placeholder_name(value: object) -> str:
    """Return the name of the variable that a placeholder stands for; empty for any other value."""
    name = value.removeprefix(_PLACEHOLDER) if isinstance(value, str) else ""
    return name if name != value and is_name(name) else ""


def taken(names: Sequence[str], say: Words, *, practice: bool) -> str:
    """Return in a sentence what is taken from the kernel's environment, or replaced; empty for none."""
    known = [name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in names]
    key = "taken.placeholders" if practice else "taken.from_kernel"
    return say(key, names=", ".join(known)) if known else ""


def on_wire(body: Mapping[str, Any], *, practice: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body as it goes on the wire, and what in it has to stay secret; see `resolved`.

    On a practice cloud placeholders stand for the values, and the environment is not looked at.
    """
    if not practice:
        return resolved(body, environment.variables())
    return resolved(body, {name: placeholder(name) for name in reference_names(body)})[0], ()


def resolved(body: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a new body with the value of each reference in its place, and these values: they stay secret.

    A variable that is not set, holds an account's own key or what cannot be sent raises a `RequestInvalid`,
    which names the variables, all of a kind at once, and never a value.
    """
    names = reference_names(body)
    values = {name: environ[name] for name in names if is_name(name) and name in environ}
    refusal = _refusal(names, values)
    if refusal is not None:
        del values, environ  # no frame of the traceback holds them
        raise refusal
    wire = dict(body)
    if names:
        wire["envs"] = [_filled(row, values) for row in _env_rows(body)]
    return wire, tuple(filter(None, dict.fromkeys(values.values())))


def refused(body: Mapping[str, Any], *, practice: bool) -> RequestInvalid | None:
    """Return why `on_wire` would refuse a body now, or None; it names the variables only."""
    try:
        on_wire(body, practice=practice)
    except RequestInvalid as error:
        return error.with_traceback(None)  # its frames hold what was resolved
    return None


def _filled(row: Any, values: Mapping[str, str]) -> Any:
    ref = reference(row.get("value")) if isinstance(row, Mapping) else None
    return row if ref is None else {**row, "value": values[ref.name]}


def _refusal(names: tuple[str, ...], values: Mapping[str, str]) -> RequestInvalid | None:
    """Return why values cannot be sent, or None; it names the variables only."""
    unset = [name for name in names if name not in values]
    reasons = {
        "env_account_key": [name for name in names if is_account_key(name)],
        "env_unset": unset,
        "env_long": [name for name, value in values.items() if len(value) > LONGEST_VALUE],
        # Bytes that are no UTF-8 come as lone surrogates.
        "env_text": [name for name, value in values.items() if any(map(is_half, value))],
    }
    facts = {"first": next(iter(unset), ""), "longest": LONGEST_VALUE}
    found = ((code, ", ".join(named)) for code, named in reasons.items() if named)
    return next((RequestInvalid(code, names=named, **facts) for code, named in found), None)


# Whether a name is a variable that the person has made in the notebook.
IsVariable = Callable[[str], bool]


def no_variable(_name: str) -> bool:
    """Know no variable: for a line that is read outside of a notebook."""
    return False


def variables_in(text: str, is_variable: IsVariable) -> tuple[str, ...]:
    """Return where a text names variables, as it stands there."""
    if "$" not in text and "{" not in text:
        return ()
    found = [match[0] for match in _DOLLAR.finditer(text) if is_variable(match[1])]
    for match in _BRACES.finditer(text):
        names = (one[1] for one in _NAMES.finditer(match[1]))
        if any(name and is_variable(name) for name in names):
            found.append(match[0])
    return tuple(dict.fromkeys(one.replace(LITERAL, UNSAID) for one in found))
