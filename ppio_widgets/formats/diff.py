"""What is different between two bodies, field by field and row by row, in words.

Rows are the same row when they are about the same thing: a variable by its key, a port by its
number, a volume by its mount point, a region by itself. In which order they stand is no
difference, but for two variables of one key, where it may decide which of them counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.draft import as_json, compact, is_env_value, is_same
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
    comparison = _Comparison(values_unknown, redactor or Redactor())
    found = comparison.changes(old.body, new.body, tree(), ())
    return tuple(replace(one, path=(old if one.is_gone_row else new).in_draft(one.path)) for one in found)


@dataclass(frozen=True)
class _Comparison:
    """Compares; knows what may be compared, and what may be seen."""

    values_unknown: bool
    redactor: Redactor

    def changes(  # noqa: PLR0913 - of a row, what it is about, and why none of its values may be seen
        self, before: Any, after: Any, node: Node | None, path: Path, *, row: str = "", secret: str = ""
    ) -> Iterator[Change]:
        if isinstance(node, Group) and _both(before, after, Mapping):
            before, after = before or {}, after or {}
            for name in {**node.fields, **before, **after}:
                place, inner = (*path, name), node.fields.get(name)
                yield from self.changes(
                    before.get(name), after.get(name), inner, place, row=row, secret=secret
                )
        elif isinstance(node, Rows) and _both(before, after, list):
            yield from self._rows(before or [], after or [], node, path)
        elif not is_same(before, after) and not (self.values_unknown and is_env_value(path)):
            # Variables that are no rows may be anything.
            why = "env" if path[0] == "envs" and len(path) < 3 else secret
            yield Change(path, self._seen(before, why), self._seen(after, why), row)

    def _seen(self, value: Any, secret: str) -> Any:
        if value is None or isinstance(value, EnvRef):  # a reference may be seen
            return value
        return Hidden(secret) if secret else self.redactor.hides(_text(value)) or value

    def _rows(self, before: Sequence[Any], after: Sequence[Any], rows: Rows, path: Path) -> Iterator[Change]:
        old, new = _by_subject(before, path), _by_subject(after, path)
        gone: list[Change] = []
        for subject in {**new, **old}:
            shown = "…" if self.redactor.finds(subject) else subject
            # The value of a variable is seen where its name is harmless.
            told = f"env {subject}" if is_name(shown) and len(subject) <= LONGEST_NAME else "env"
            secret = told if path == ("envs",) and looks_secret(subject) else ""
            pairs = zip_longest(old.get(subject, []), new.get(subject, []), fillvalue=(-1, None))
            for (place, row), (new_place, new_row) in pairs:
                if new_row is None:
                    gone.append(Change((*path, place), _kept(row, path), None, shown))
                elif row is None:
                    yield Change((*path, new_place), None, _kept(new_row, path), shown)
                else:
                    there = (*path, new_place)
                    yield from self.changes(row, new_row, rows.item, there, row=shown, secret=secret)
        yield from gone


def _both(before: Any, after: Any, kind: type) -> bool:
    """Whether two values are of a kind, or one is and the other is not there."""
    return all(value is None or isinstance(value, kind) for value in (before, after))


# What a row is about: the first of these that it has.
_SUBJECTS = {"envs": ("key",), "ports": ("port",), "volumes": ("mount_point", "id", "type")}


def _by_subject(rows: Sequence[Any], path: Path) -> dict[str, list[tuple[int, Any]]]:
    """Return the rows with their places, by what each is about."""
    found: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for place, row in enumerate(rows):
        found[_subject(row, path)].append((place, row))
    if path != ("envs",):  # in which the order may decide
        for same in found.values():
            same.sort(key=lambda placed: _text(placed[1]))
    return found


def _subject(row: Any, path: Path) -> str:
    if not isinstance(row, Mapping):
        return str(row) if path != ("envs",) else "…"
    known = (row[name] for name in _SUBJECTS.get(str(path[0]), ()) if name in row)
    subject = str(next(known, "…"))
    # In the place of a variable's name its value may stand as well.
    return "…" if path == ("envs",) and key_fault(subject) in ("equals", "lines") else subject


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
    return value if isinstance(value, str) else as_json(value)
