"""``ppio-widgets check-notebook``: keys and secrets in saved notebooks, before they are shared.

Everything in a notebook is looked through: sources, outputs, metadata, the state of widgets,
attachments. Nothing that is found is shown whole.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PpioError
from ppio_widgets.locale.words import words
from ppio_widgets.runtime.files import contents, reason
from ppio_widgets.secrets.in_use import Secret, secrets_in_use
from ppio_widgets.secrets.patterns import Sighting, written_out
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ppio_widgets.locale.words import Words

# Kinds of output that are base64: what looks like a key there is chance.
_PACKED = ("image/", "audio/", "video/", "font/", "application/pdf", "application/octet-stream")

# Of a notebook before format 4.
_OLD_PICTURES = ("png", "jpeg", "pdf")

# All of it is held in memory, several times over; the plots of a long course fit in.
LARGEST_NOTEBOOK = 256 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """Where in a notebook a text stands; cells and outputs are counted from one."""

    key: str
    cell: int = 0
    output: int = 0

    def sentence(self, say: Words) -> str:
        """Return it in words: ``"cell 3, output 1"``."""
        return say(f"place.{self.key}", cell=self.cell, output=self.output)


@dataclass(frozen=True)
class Finding:
    """A secret, or what looks like one."""

    place: Place
    # "known_key", "known_value", how it looks: "key", "token", "private", "password", or "named": by its name
    kind: str
    shown: str  # what may be shown of it

    def sentence(self, say: Words) -> str:
        """Return it in words: ``"cell 3, output 1: looks like an API key (sk_…a1b2)"``."""
        what = say(f"found.{self.kind}", shown=self.shown)
        return say("problem.named", name=self.place.sentence(say), text=what)


def check_notebooks(files: Sequence[str], tell: Callable[[str], Any], complain: Callable[[str], Any]) -> int:
    """Look through notebooks; `tell` gets each finding, `complain` each file that cannot be read.

    Returns 2 when some file could not be looked through, else 1 when anything was found, else 0.
    """
    say = words()
    known = secrets_in_use(with_keyring=True)
    found = faults = 0
    for file in files:
        try:
            findings = look_through(Path(file), known)
        except PpioError as error:
            faults += 1
            complain(error.sentence(say))
            continue
        found += len(findings)
        for one in findings:
            tell(say("problem.named", name=file, text=one.sentence(say)))
    if not found and not faults:
        tell(say("found.nothing", n=len(files)))
    return 2 if faults else int(found > 0)


def look_through(path: Path, known: Sequence[Secret] = ()) -> list[Finding]:
    """Return what one notebook holds, in the order of its cells; each secret once for each place.

    Looked for are the known secrets, in every form, what only looks like one, and in sources what is written
    out behind a secret's name. A file that cannot be read,
    or is no notebook, raises a `PpioError`.
    """
    redactor = Redactor(known)
    order: dict[Place, int] = {}
    found: list[Finding] = []
    for place, text, packed in _texts(_read(path)):
        order.setdefault(place, len(order))
        seen = list(redactor.sees(text))
        if place.key == "source":
            for name, start, stop in written_out(text):
                if not any(begin < stop and start < end for begin, end, _one in seen):
                    found.append(Finding(place, "named", redactor.redact(name)))
        for _start, _stop, one in seen:
            if isinstance(one, Sighting):
                if not packed:  # else it is chance
                    found.append(Finding(place, one.kind, one.shown))
            elif one.kind == "key":
                found.append(Finding(place, "known_key", one.last_four))
            else:
                found.append(Finding(place, "known_value", one.source))
    return sorted(dict.fromkeys(found), key=lambda one: order[one.place])


# A place, a text that stands there, and whether that is base64.
_Text = tuple[Place, str, bool]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = contents(path, LARGEST_NOTEBOOK)
    except (OSError, ValueError) as error:
        raise PpioError("notebook_unreadable", file=str(path), reason=reason(error)) from None
    data: Any = None
    with suppress(ValueError, RecursionError):
        data = json.loads(content)
    if not isinstance(data, dict) or not isinstance(data.get("cells", data.get("worksheets")), list):
        raise PpioError("notebook_none", file=str(path))
    return data


def _texts(notebook: Mapping[str, Any]) -> Iterator[_Text]:
    """Yield every text of a notebook, cell by cell; before format 4 all of it counts as metadata."""
    cells = notebook.get("cells")
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        parts = cell.items() if isinstance(cell, dict) else [("", cell)]
        for name, part in parts:
            if name == "outputs" and isinstance(part, list):
                for count, output in enumerate(part, 1):
                    yield from _strings(output, Place("output", number, count))
            else:
                key = {"metadata": "cell_metadata", "attachments": "attachment"}.get(name, "source")
                yield from _strings({name: part}, Place(key, number))
    for name, part in notebook.items():
        if name == "metadata" and isinstance(part, dict):
            rest = {key: value for key, value in part.items() if key != "widgets"}
            yield from _strings(rest, Place("metadata"))
            yield from _strings(part.get("widgets"), Place("widgets"))
        elif name != "cells" or not isinstance(part, list):
            yield from _strings({name: part}, Place("metadata"))


def _strings(value: Any, place: Place) -> Iterator[_Text]:
    """Yield the texts in any JSON, its keys too; without recursion, as a file may be nested deeply."""
    left = [(value, False)]
    while left:
        one, packed = left.pop()
        if isinstance(one, str):
            yield place, one, packed
        elif isinstance(one, dict):
            for key, inner in one.items():
                yield place, key, False
                left.append((inner, packed or _is_packed(key, one)))
        elif isinstance(one, list):
            if all(isinstance(item, str) for item in one):
                yield place, "".join(one), packed
                # Lines, as notebooks keep a text, are one text only; other lists are also many.
                if all(item.endswith("\n") for item in one[:-1]):
                    continue
            left += [(item, packed) for item in reversed(one)]


def _is_packed(key: str, around: Mapping[str, Any]) -> bool:
    """Whether what stands under a key is base64: a picture, a buffer of a widget."""
    if key.startswith(_PACKED):
        return key != "image/svg+xml"
    return key in _OLD_PICTURES or (key == "data" and around.get("encoding") == "base64")
