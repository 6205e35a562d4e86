"""What is different between two bodies, field by field and row by row, in words.

Rows are the same row when they are about the same thing: a variable by its key, a port by its
number, a volume by its mount point, a region by itself. In which order they stand is no
difference, but for two variables of one key, where it may decide which of them counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.json_body import is_same
from ppio_widgets.request.draft import compact, is_env_value
from ppio_widgets.request.envref import LONGEST_NAME, EnvRef, is_name, key_fault
from ppio_widgets.request.schema import Group, Node, Path, Rows, pattern, tree
from ppio_widgets.request.validation import field_name
from ppio_widgets.secrets.patterns import looks_secret
from ppio_widgets.secrets.redaction import Hidden, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ppio_widgets.locale.words import Words

# Of a command or a variable only so much is shown.
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Change:
    """One difference: a value, or a whole row; None where there was or is none.

    The value of a variable whose name looks secret is not kept, nor one that a secret stands in: a `Hidden`
    stands for it. Of a row of the variables only the key.
    """

    path: Path  # in the later body; of a row that is gone, in the earlier one
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)
    row: str = ""  # what its row is about: "8080", "HF_TOKEN", "/data"; empty outside of rows

    @property
    def is_row(self) -> bool:
        """Whether it is about a whole row."""
        return isinstance(self.path[-1], int)

    @property
    def is_gone_row(self) -> bool:
        """Whether it is about a row that is only in the earlier body."""
        return self.is_row and self.after is None

    def sentence(self, say: Words) -> str:
        """Return it in words: ``"GPUs: 1 → 2"``, ``"Port 8080 added"``."""
        name = self._name(say)
        if self.is_row and None in (self.before, self.after):
            return say("diff.added" if self.before is None else "diff.removed", name=name)
        if self.is_row or (isinstance(self.before, Hidden) and isinstance(self.after, Hidden)):
            return say("diff.changed", name=name)
        before, after = (_shown(value, self.path, say) for value in (self.before, self.after))
        if self.before is None:
            return say("diff.set", name=name, after=after)
        return say(
            "diff.unset" if self.after is None else "diff.turned", name=name, before=before, after=after
        )

    def _name(self, say: Words) -> str:
        """Return the field's name; that of a row says what the row is about, not where it stands."""
        if not self.row:
            return field_name(self.path, say)
        row = say(f"row.{self.path[0]}", n=self.row)
        named = f"field.{pattern(self.path)}"
        if len(self.path) == 2 or is_env_value(self.path) or named not in say:
            return row
        return f"{say(named)} {self.row}"


@dataclass(frozen=True)
class _Sight:
    """What may be compared, and what may be seen."""

    blind: bool
    redactor: Redactor

    def subject(self, text: str) -> str:
        return "…" if self.redactor.finds(text) else text

    def both(self, before: Any, after: Any, secret: str = "") -> tuple[Any, Any]:
        """Return two values, or what stands for one that must not be seen; `secret` says why none may."""
        return self._value(before, secret), self._value(after, secret)

    def _value(self, value: Any, secret: str) -> Any:
        if value is None or isinstance(value, EnvRef):  # a reference may be seen
            return value
        return Hidden(secret) if secret else self.redactor.hides(_text(value)) or value


def changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    values_unknown: bool = False,
    redactor: Redactor | None = None,
) -> tuple[Change, ...]:
    """Return what is different between two bodies or drafts, in the order of the contract.

    With `values_unknown` one of them has no values of variables, as those of the ledger: then only keys are
    compared. Hidden is what the redactor knows as a secret, and what looks like one.
    """
    old, new = compact(before), compact(after)
    found = _changes(old.body, new.body, tree(), (), _Sight(values_unknown, redactor or Redactor()))
    return tuple(replace(one, path=(old if one.is_gone_row else new).in_draft(one.path)) for one in found)


def _changes(before: Any, after: Any, node: Node | None, path: Path, sight: _Sight) -> Iterator[Change]:
    if isinstance(node, Group) and _both(before, after, Mapping):
        before, after = before or {}, after or {}
        names = [name for name in node.fields if name in before or name in after]
        names += [name for name in {**before, **after} if name not in node.fields]
        for name in names:
            inner = node.fields.get(name)
            yield from _changes(before.get(name), after.get(name), inner, (*path, name), sight)
    elif isinstance(node, Rows) and _both(before, after, list):
        yield from _of_rows(before or [], after or [], path, sight)
    elif not is_same(before, after):
        # Variables that are no rows may be anything.
        yield Change(path, *sight.both(before, after, "env" if path == ("envs",) else ""))


def _both(before: Any, after: Any, kind: type) -> bool:
    """Whether two values are of a kind, or one is and the other is not there."""
    return all(value is None or isinstance(value, kind) for value in (before, after))


def _of_rows(before: Sequence[Any], after: Sequence[Any], path: Path, sight: _Sight) -> Iterator[Change]:
    old, new = _by_subject(before, path), _by_subject(after, path)
    gone: list[Change] = []
    for subject in {**new, **old}:
        was, now = old.get(subject, []), new.get(subject, [])
        if path != ("envs",):
            was, now = _without_common(was, now)
        shown = sight.subject(subject)
        for (place, row), (new_place, new_row) in zip_longest(was, now, fillvalue=(-1, None)):
            if new_row is None:
                gone.append(Change((*path, place), _kept(row, path), None, shown))
            elif row is None:
                yield Change((*path, new_place), None, _kept(new_row, path), shown)
            else:
                yield from _of_row(row, new_row, (*path, new_place), subject, sight)
    yield from gone


_Row = tuple[int, Any]


def _by_subject(rows: Sequence[Any], path: Path) -> dict[str, list[_Row]]:
    """Return the rows with their places, by what each is about."""
    found: dict[str, list[_Row]] = defaultdict(list)
    for place, row in enumerate(rows):
        found[_subject(row, path)].append((place, row))
    return found


def _subject(row: Any, path: Path) -> str:
    if not isinstance(row, Mapping):
        return str(row) if path != ("envs",) else "…"
    names = {"envs": ("key",), "ports": ("port",), "volumes": ("mount_point", "id", "type")}
    known = (row[name] for name in names.get(str(path[0]), ()) if name in row)
    subject = str(next(known, "…"))
    # In the place of a variable's name its value may stand as well.
    return "…" if path == ("envs",) and key_fault(subject) in ("equals", "lines") else subject


def _without_common(was: list[_Row], now: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Take out what is in both, wherever it stands."""
    left, rest = [], list(now)
    for one in was:
        twin = next((other for other in rest if is_same(one[1], other[1])), None)
        if twin is None:
            left.append(one)
        else:
            rest.remove(twin)
    return left, rest


def _of_row(before: Any, after: Any, path: Path, subject: str, sight: _Sight) -> Iterator[Change]:
    of_variable = path[0] == "envs"
    shown = sight.subject(subject)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        if not is_same(before, after):
            yield Change(path, *sight.both(before, after, "env" if of_variable else ""), shown)
        return
    told = f"env {subject}" if is_name(shown) and len(subject) <= LONGEST_NAME else "env"
    secret = told if of_variable and looks_secret(subject) else ""
    for name in {**before, **after}:
        old, new, place = before.get(name), after.get(name), (*path, name)
        if not (is_same(old, new) or (sight.blind and is_env_value(place))):
            yield Change(place, *sight.both(old, new, secret), shown)


def _kept(row: Any, path: Path) -> Any:
    """Return what is kept of a row: of a variable its key only."""
    if path != ("envs",):
        return row
    return {"key": row["key"]} if isinstance(row, Mapping) and "key" in row else Hidden("env")


def _shown(value: Any, path: Path, say: Words) -> str:
    if isinstance(value, EnvRef):
        return f"${value.name}"
    if isinstance(value, Hidden):
        return str(value)
    if isinstance(value, bool):
        return say("diff.yes" if value else "diff.no")
    if path == ("billing", "mode") and f"mode.{value}" in say:
        return say(f"mode.{value}")
    text = _text(value)
    if is_env_value(path):
        text = f'"{text}"'  # so that an empty one is seen, and "$NAME" typed is no reference
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
