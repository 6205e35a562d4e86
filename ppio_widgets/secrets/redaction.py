"""The one that hides secrets: in texts, in messages, in bodies; whatever it hides says why.

Which are known is in `in_use`, what looks like one in `patterns`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.errors import InputError, PresetRefused
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.draft import compact, to_json
from ppio_widgets.request.envref import EnvRef, is_name, key_fault, reference, reference_names
from ppio_widgets.request.schema import tree
from ppio_widgets.secrets.in_use import Secret, Where, secrets_in_use
from ppio_widgets.secrets.patterns import (
    Sighting,
    base64_readings,
    coded_in,
    coded_piece,
    is_placeholder,
    looks_like_key,
    looks_secret,
    sightings,
    written_in,
    written_pieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ppio_widgets.errors import PpioError

MASK = "••••"

# Values of environment variables are secrets here, and many of them are "1" or "on". To hide those wherever
# they occur would ruin every text and protect nothing: they are hidden only where they are the whole text.
# JSON's own words are never hidden.
SHORTEST = 4
_NO_SECRETS = frozenset({"true", "false", "null"})

# A private key goes on to its last line.
_TO_THE_END = re.compile(r"[^-]*(?:-----END [A-Z ]*-----)?")

# So many pieces are looked for in a text one by one; of more, those that the text has are looked up.
_FEW = 50


@dataclass(frozen=True)
class Scrubbed:
    """A body without secrets."""

    body: dict[str, Any]
    references: tuple[str, ...]  # the variables whose value is a reference now
    left_out: Mapping[str, str]  # the fields that a secret stood in, each with why


@dataclass(frozen=True)
class Hidden:
    """Stands for a whole text that must not be seen, and says why."""

    reason: str

    def __str__(self) -> str:
        return f"{MASK}({self.reason})"


def _met(by_piece: Mapping[str, Sequence[Secret]], text: str) -> Iterator[Secret]:
    """Yield what is kept under the pieces that stand in a text; the empty one stands in each."""
    met: Iterable[str]
    if len(by_piece) <= _FEW:
        met = [piece for piece in by_piece if piece in text]
    else:
        lengths = {len(piece) for piece in by_piece}
        met = dict.fromkeys(text[at : at + n] for n in lengths for at in range(len(text) - n + 1))
    return chain.from_iterable(by_piece.get(piece, ()) for piece in met)


class Redactor:
    """Knows secrets: hides them in a text, finds them, takes them out of a body. It does not show them.

    What looks like a key is hidden and found as well, whoever knows it. Secrets are kept by their pieces:
    all forms are looked for only of those whose piece is in a text, so that the time for a text hardly grows
    with the number of secrets.
    """

    __slots__ = ("_by_value", "_coded", "_short", "_written")

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._by_value: dict[str, Secret] = {}
        for one in secrets:
            before = self._by_value.get(one.value)
            # Of one value the strictest counts, of those the last.
            if one.value not in _NO_SECRETS and (before is None or one.word_in <= before.word_in):
                self._by_value[one.value] = one
        self._short: dict[str, Secret] = {}
        self._written: dict[str, list[Secret]] = {}
        self._coded: dict[str, list[Secret]] = {}
        for one in self._by_value.values():
            if len(one.value) >= SHORTEST:
                for piece in written_pieces(one.value):
                    self._written.setdefault(piece, []).append(one)
                self._coded.setdefault(coded_piece(one.value), []).append(one)
            elif word := one.value.strip():
                self._short[word] = one

    @classmethod
    def in_use(cls, variables: Sequence[str] = ()) -> Redactor:
        """Return one that knows the secrets at hand here, the values of `variables` among them."""
        return cls(secrets_in_use(variables=variables))

    def __repr__(self) -> str:
        return f"Redactor({MASK})"

    def with_more(self, secrets: Iterable[Secret]) -> Redactor:
        """Return one that hides these as well."""
        new = [one for one in secrets if self._by_value.get(one.value) != one]
        return Redactor((*self._by_value.values(), *new)) if new else self

    def redact(self, text: str, where: Where = "sentence") -> str:
        """Return a text with ``••••(why)`` in place of every secret, in any of its forms.

        Forms that overlap are hidden together, so that no piece of one is left beside another. What is a
        word like any other where the text stands is none.
        """
        whole = self._short.get(text.strip())
        if whole is not None and where not in whole.word_in:
            return str(Hidden(self._why(whole)))
        parts, end = [], 0
        for start, stop, one in sorted(self.sees(text, where), key=itemgetter(0, 1)):
            if start >= end:
                parts += [text[end:start], str(Hidden(self._why(one)))]
            end = max(end, stop)
        return "".join([*parts, text[end:]])

    def sees(self, text: str, where: Where = "sentence") -> Iterator[tuple[int, int, Secret | Sighting]]:
        """Yield where in a text a secret stands, in any of its forms, and which.

        Known ones come first; what looks like a key and is known whole is seen once.
        """
        known: list[tuple[int, int]] = []
        for start, stop, one in self._places(text, where):
            yield start, stop, one
            known.append((start, stop))
        covered, left = 0, deque(sorted(known))
        for seen in sorted(sightings(text), key=attrgetter("secret")):
            covered = max(covered, seen.secret)
            while left and left[0][0] <= covered:
                covered = max(covered, left.popleft()[1])
            last = _TO_THE_END.match(text, seen.end) if seen.kind == "private" else None
            stop = last.end() if last else seen.end
            if covered < stop:  # else all of it is known
                yield seen.start, stop, seen

    def finds(self, text: str) -> str:
        """Return why a secret stands in a text; nothing where there is none."""
        for _start, _stop, one in self.sees(text):
            return f"{one.reason} {one.shown}" if isinstance(one, Sighting) else self._why(one)
        return ""

    def hides(self, text: str) -> Hidden | None:
        """Return what stands for a text in which there is a secret, None where there is none."""
        return next((Hidden(self._why(one)) for _start, _stop, one in self.sees(text)), None)

    def redact_body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body as it may be seen: with dots for every secret in it, references as they are.

        A secret is also the value of a variable whose name says so, and of such a field that the contract
        does not know.
        """
        fields = tree().fields
        return {
            name: str(Hidden("name")) if name not in fields and looks_secret(str(name)) else self._seen(value)
            for name, value in body.items()
        }

    def _seen(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list | tuple):
            return [self._seen(one) for one in value]
        if not isinstance(value, Mapping) or reference(value) is not None:
            return value
        shown = {self.redact(str(name)): self._seen(one) for name, one in value.items()}
        key, said = value.get("key"), value.get("value")
        if isinstance(key, str) and looks_secret(key) and said and reference(said) is None:
            shown["value"] = str(Hidden(f"env {self.redact(key)}"))
        return shown

    def scrub(self, body: Mapping[str, Any]) -> Scrubbed:
        """Return a body, complete or not, without blanks and without secrets.

        In place of the value of a variable that is a secret stands a reference. It is one when the name of
        its variable says so, or when a secret stands in it. Where no reference can stand, the field is left
        out, of the variables only the row; also a field that the contract does not know, when its name says
        that it is secret.
        """
        whole = compact(body).body
        clean: dict[str, Any] = {}
        left_out: dict[str, str] = {}
        for name, value in whole.items():
            is_envs = name == "envs" and isinstance(value, list)
            rows = [self._scrub_row(row) for row in value] if is_envs else [value]
            why = [self.finds(to_json({name: row})) for row in rows]
            if not is_envs and name not in tree().fields and looks_secret(name):
                why = [why[0] or "name"]
            kept = [row for row, reason in zip(rows, why, strict=True) if not reason]
            if len(kept) < len(rows):
                # What is no field of ours may be the secret itself.
                left_out[UNSAID if self.finds(name) else name] = next(filter(None, why))
            if kept:
                clean[name] = kept if is_envs else value
        envs = clean.get("envs")
        made = [row["key"] for row in envs if row not in whole["envs"]] if isinstance(envs, list) else []
        return Scrubbed(clean, tuple(dict.fromkeys(made)), left_out)

    def unsaid(self, params: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters of a message without those that a secret stands in."""
        return {
            name: UNSAID if isinstance(value, str) and self.finds(value) else value
            for name, value in params.items()
        }

    def _why(self, one: Secret | Sighting) -> str:
        """Return why it is hidden, without the name of a variable that repeats a secret itself."""
        name = one.source if isinstance(one, Secret) and one.kind == "env" else ""
        return "env" if any(self._places(name, "sentence")) else one.reason

    def _places(self, text: str, where: Where) -> Iterator[tuple[int, int, Secret]]:
        """Yield where in a text a secret stands that is no word there, and which."""
        readings = base64_readings(text) if self._coded else ""
        for by_piece, read, found_in in (
            (self._written, text, written_in),
            (self._coded, readings, coded_in),
        ):
            for one in _met(by_piece, read):
                # No form is shorter than its secret.
                if where not in one.word_in and len(one.value) <= len(text):
                    yield from ((start, stop, one) for start, stop in found_in(one.value, text))

    def _scrub_row(self, row: Any) -> Any:
        """Return a row of the variables; another one where a reference is now its value."""
        if not isinstance(row, Mapping) or not isinstance(key := row.get("key"), str):
            return row
        value = row.get("value")
        if value is None or value == "" or reference(value) is not None:
            return row
        if not looks_secret(key) and not self.finds(to_json({"value": value})):
            return row
        return {**row, "value": EnvRef(self._kernel_name(key, value))}

    def _kernel_name(self, key: str, value: Any) -> str:
        """Return the kernel's variable that holds the value, or is to: by the same name where possible."""
        holder = self._by_value.get(value) if isinstance(value, str) else None
        if holder is not None and environment.variable(holder.source) == value != environment.variable(key):
            return holder.source
        name = re.sub(r"[^A-Za-z0-9_]", "_", key)
        return name if is_name(name) else f"_{name}"


def rows_written_out(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of the variables that look secret, by name or value, and have their value as text."""
    rows = body.get("envs")
    return [row for row in rows if _is_written_out(row)] if isinstance(rows, list | tuple) else []


def _is_written_out(row: Any) -> bool:
    key, value = (row.get("key"), row.get("value")) if isinstance(row, Mapping) else (None, None)
    if not isinstance(key, str) or not isinstance(value, str) or not value:
        return False
    return (looks_secret(key) or looks_like_key(value)) and not is_placeholder(value)


def without_secrets(body: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body that may be shared, and the variables whose value is a reference now.

    Raises
    ------
    PresetRefused
        When a secret stands where no reference can: in a command, say.
    """
    clean = Redactor.in_use(reference_names(body)).scrub(body)
    if any(map(_holds_more, body.get("envs") or ())):
        raise PresetRefused("preset_env_key")
    for field, why in clean.left_out.items():
        # What is no field of ours may be the secret itself, of a kind that nobody recognises.
        raise PresetRefused("preset_secret", field=field if field in tree().fields else UNSAID, source=why)
    return clean.body, clean.references


# What of a message repeats something that was given.
_REPEATED = ("value", "word", "path", "name")

# Of a path so much is shown at its beginning and at its end: a whole body may stand in place of one.
_HEAD, _TAIL = 30, 49


def unrepeated(error: PpioError) -> PpioError:
    """Return an error whose message repeats no secret."""
    return type(error)(error.code, **Redactor.in_use().unsaid(error.params))


def input_error(code: str, **params: object) -> InputError:
    """Return an error about what was given, made safe to print.

    What looks like a key is not repeated in its message, and of a path only as much as a path has.
    """
    return InputError(code, **{name: _repeatable(name, value) for name, value in params.items()})


def hide_given(error: PpioError) -> None:
    """Take out of a message what it repeats of what was given."""
    error.params = {name: UNSAID if name in _REPEATED else value for name, value in error.params.items()}


def _holds_more(row: Any) -> bool:
    """Whether in the place of a variable's name perhaps its value stands as well."""
    key = row.get("key") if isinstance(row, Mapping) else None
    return isinstance(key, str) and key_fault(key) in ("equals", "lines")


def _repeatable(name: str, value: object) -> object:
    """Return what a message may repeat of a parameter."""
    if not isinstance(value, str):
        return value
    if looks_like_key(value):
        return UNSAID
    is_long = name == "path" and len(value) > _HEAD + _TAIL + 1
    return f"{value[:_HEAD]}{UNSAID}{value[-_TAIL:]}" if is_long else value


# A value, up to the quotation mark that closes it, or without any as far as a word goes.
_WORD = r"""\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|<[^<>\n]*>|[^\s"'\\{}\[\],]+"""
_VALUE = rf"""(?=\\?["']([^"'\\\n]*)|({_WORD}))"""
# --password value; a row of the variables; NAME=value, "name": "value", authorization: bearer value.
_NAMED = re.compile(
    rf"""(?:(?<!\S)--?([A-Za-z][\w-]*)\s+(?!-)
    |["']key\\?["']\s*:\s*\\?["']([\w-]+)\\?["']\s*,\s*\\?["']value\\?["']\s*:\s*
    |([A-Za-z_][\w-]*)\\?["']?\s*[=:]\s*(?:\\?["']?(?:bearer|basic|token)\s+)?){_VALUE}""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# A user with a password; two numbers are a user and a group.
_USER = re.compile(rf"""(?<!\S)(?:-u|--user)[ =]?["']?(?![0-9]+:[0-9]+(?:\s|\Z))[^\s:"'$]+:({_WORD})""")


# Names of the contract and of the line's options: they say how to get at a secret, not which.
_OURS = ("key", "registry_auth_id", "registry-auth")


def gives_secret_away(text: str) -> bool:
    """Whether a text holds a secret, or a value under a name that says so and no placeholder.

    Of a text that nobody could read: rather once too often than not.
    """
    if Redactor.in_use().finds(text):
        return True
    values = [found[1] for found in _USER.finditer(text)]
    for option, key, name, quoted, bare in (found.groups() for found in _NAMED.finditer(text)):
        named = option or key or name
        if named.lower().endswith("authorization") or (looks_secret(named) and named not in _OURS):
            values.append(quoted or bare or "")
    return any(value and not is_placeholder(value) for value in values)
