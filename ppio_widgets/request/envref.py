"""A value taken by name from the kernel's own environment, at the moment of sending.

Until then only the name is known: to the draft, the request, every face and the
ledger. `on_wire` is the one place that looks the value up, and it never does for a practice
cloud: whoever shares one could read it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets import environment
from ppio_widgets.errors import RequestInvalid
from ppio_widgets.locale.text import UNSAID

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
    return tuple(dict.fromkeys(ref.name for ref in _references(body)))


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

    Raises
    ------
    RequestInvalid
        When a variable is not set, or its value cannot be sent, or it is the one of an account's own key. The
        error names the variables, all of a kind at once, and never a value.
    """
    names = reference_names(body)
    values = {name: environ[name] for name in names if is_name(name) and name in environ}
    refusal = _refusal(names, values)
    if refusal is not None:
        del values, environ  # no frame of the traceback holds them
        raise refusal
    wire = {key: _filled(value, values) for key, value in body.items()}
    return wire, tuple(dict.fromkeys(value for value in values.values() if value))


def _refusal(names: tuple[str, ...], values: Mapping[str, str]) -> RequestInvalid | None:
    """Return why values cannot be sent, or None; it names the variables only."""
    own = [name for name in names if is_account_key(name)]
    if own:
        return RequestInvalid("env_account_key", names=", ".join(own))
    unset = [name for name in names if name not in values]
    if unset:
        return RequestInvalid("env_unset", names=", ".join(unset), first=unset[0])
    too_long = [name for name, value in values.items() if len(value) > LONGEST_VALUE]
    if too_long:
        return RequestInvalid("env_long", names=", ".join(too_long), longest=LONGEST_VALUE)
    no_text = [name for name, value in values.items() if not _is_text(value)]
    return RequestInvalid("env_text", names=", ".join(no_text)) if no_text else None


def _references(value: Any) -> Iterator[EnvRef]:
    ref = reference(value)
    if ref is not None:
        yield ref
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _references(inner)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    ref = reference(value)
    if ref is not None:
        return values[ref.name]
    if isinstance(value, Mapping):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, values) for inner in value]
    return value


def _is_text(value: str) -> bool:
    """Whether a value can be written as UTF-8: bytes that are none come as lone surrogates.

    Looked at, not tried: the exception would hold the value.
    """
    return not any("\ud800" <= char <= "\udfff" for char in value)


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
