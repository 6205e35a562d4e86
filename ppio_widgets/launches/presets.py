"""Presets: bodies to begin with, one readable file each, without secrets.

A file holds the JSON of a body and nothing else, so that it can be shared. Names that differ
in case only are one preset everywhere, as on some systems they are one file.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from ppio_widgets import environment
from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import PresetRefused
from ppio_widgets.formats.diff import Change, changes
from ppio_widgets.formats.json_body import JsonFault
from ppio_widgets.launches.history import last_body_of
from ppio_widgets.locale.words import joined
from ppio_widgets.request.draft import to_json
from ppio_widgets.runtime.files import Unfit, contents, reason, sync_folder, written
from ppio_widgets.secrets.redaction import Hidden, Redactor, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.locale.words import Words

CONFIG_VARIABLE = "PPIO_WIDGETS_CONFIG_DIR"

# In UTF-8 and with its ending still a file's name everywhere (255 bytes).
LONGEST_NAME = 60

LARGEST_FILE = 1024 * 1024

# Windows keeps these for itself, whatever ending follows.
_OF_WINDOWS = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Saved:
    """Where it was saved, which values became references, and whether it replaced a preset."""

    path: Path
    made_refs: tuple[str, ...] = ()
    replaced: bool = False


def save_preset(name: str, body: Mapping[str, Any]) -> Saved:
    """Save a body, complete or not, under a name; its secrets are left out (see `without_secrets`)."""
    name = _sound(name)
    clean, made_refs = without_secrets(body)
    folder = presets_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _path(name)
        there = path.exists()
        with written(folder, "preset", to_json(clean) + "\n") as spare:
            spare.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise _refused("preset_unwritable", error, name=name) from None
    return Saved(path, made_refs, there)


def load_preset(name: str) -> dict[str, Any]:
    """Return the body that a preset holds, as it stands in its file."""
    name = _sound(name)
    found: dict[str, Any] | PresetRefused
    try:
        found = _read(name, _path(name))
    except FileNotFoundError:
        found = _missing(name)
    if isinstance(found, PresetRefused):
        raise found
    return found


def load_presets() -> Iterator[tuple[str, dict[str, Any] | PresetRefused]]:
    """Yield each preset, in order: its name, and its body or why it cannot be read."""
    stems = {_key(stem): stem for stem in sorted(_stems(), reverse=True)}  # of two alike the first
    for name in _ordered(stems.values()):
        with suppress(FileNotFoundError):  # it was deleted meanwhile
            yield unicodedata.normalize("NFC", name), _read(name, presets_folder() / f"{name}.json")


def preset_names() -> list[str]:
    """Return the names of all presets, in order."""
    return _ordered({unicodedata.normalize("NFC", stem) for stem in _stems()})


def delete_preset(name: str) -> None:
    """Delete a preset; where there is none, it is not said which was likely meant: that would be gone."""
    name = _sound(name)
    try:
        _path(name).unlink()
    except FileNotFoundError:
        raise _missing(name, suggests=False) from None
    except OSError as error:
        raise _refused("preset_unwritable", error, name=name) from None


def presets_folder() -> Path:
    """Return where the presets lie; it need not exist."""
    given = environment.variable(CONFIG_VARIABLE)
    return Path(given or platformdirs.user_config_dir("ppio-widgets")) / "presets"


def _read(name: str, path: Path) -> dict[str, Any] | PresetRefused:
    """Return the body that a file holds, or why there is none; the reason quotes nothing of the file."""
    of = {"name": name, "file": str(path)}
    try:
        # Some editors of Windows begin a file with a mark of its encoding.
        text = contents(path, LARGEST_FILE).decode("utf-8-sig")
        body = json.loads(text)
    except FileNotFoundError:
        raise
    except OSError as error:
        large = isinstance(error, Unfit) and error.why == "large"
        return (
            PresetRefused("preset_text", **of) if large else _refused("preset_unreadable", error, name=name)
        )
    except json.JSONDecodeError as error:
        return PresetRefused("preset_json", problem=JsonFault.found(text, error), **of)
    except (ValueError, RecursionError):  # not UTF-8; a number, or brackets, without end
        return PresetRefused("preset_text", **of)
    return body if isinstance(body, dict) else PresetRefused("preset_object", **of)


def _refused(code: str, error: OSError, **of: str) -> PresetRefused:
    return PresetRefused(code, folder=str(presets_folder()), reason=reason(error), **of)


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (_key(name), name))


def _missing(name: str, *, suggests: bool = True) -> PresetRefused:
    """Say what there is instead, the name that was likely meant first where it `suggests` one."""
    names = preset_names()
    by_key = {_key(one): one for one in names if suggests}
    close = [by_key[key] for key in difflib.get_close_matches(_key(name), by_key, 3)]
    if close:
        return PresetRefused("preset_meant", name=name, meant=", ".join(close), names=", ".join(names))
    if names:
        return PresetRefused("preset_missing", name=name, names=", ".join(names))
    return PresetRefused("preset_none", name=name)


def _sound(name: str) -> str:
    """Return a name as a file is called."""
    name = unicodedata.normalize("NFC", name)
    if not _is_sound(name):
        raise PresetRefused("preset_name", name=plain(name), longest=LONGEST_NAME)
    if _OF_WINDOWS.fullmatch(name):
        raise PresetRefused("preset_name_windows", name=name)
    return name


def _is_sound(name: str) -> bool:
    return (
        0 < len(name) <= LONGEST_NAME
        and all(_is_letter(char) or char in "-_. " for char in name)
        and name[0] not in "-. "
        and name[-1] not in ". "
    )


def _is_letter(char: str) -> bool:
    """Whether it is a letter, a digit or a mark that belongs to one, of any script."""
    kind = unicodedata.category(char)
    return kind[0] in "LM" or kind == "Nd"


def _key(name: str) -> str:
    """Return what two spellings of one name share."""
    return unicodedata.normalize("NFC", name).casefold()


def _stems() -> list[str]:
    """Return the names of the files that a preset can be in; other files there are not ours."""
    folder = presets_folder()
    try:
        found = list(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise _refused("presets_unreadable", error) from None
    return [path.stem for path in found if path.suffix == ".json" and _is_sound(path.stem)]


def _path(name: str) -> Path:
    """Return the file of a preset: the one that is there, whatever its case, or the one to be."""
    alike = [stem for stem in _stems() if _key(stem) == _key(name)]
    stem = name if name in alike or not alike else min(alike)
    return presets_folder() / f"{stem}.json"


MOST_SHOWN = 12
MOST_IN_A_LINE = 3

# An old one comes from a file, and may hold a token that nobody would look for in this notebook.
_VEILED = (("command",), ("entrypoint",))


@dataclass(frozen=True)
class Since:
    """Changes since the last ``"launch"`` of a name or a ``"preset"``; an old command is hidden."""

    what: str
    name: str
    changes: tuple[Change, ...]

    def sentences(self, say: Words) -> list[str]:
        """Return what changed, a line each after one that says since when."""
        if not self.changes:
            return [say(f"since.{self.what}_same", name=self.name)]
        told = [one.sentence(say) for one in self.changes[:MOST_SHOWN]]
        more = len(self.changes) - len(told)
        rest = [say("since.more", n=more)] if more > 0 else []
        return [say(f"since.{self.what}", name=self.name), *told, *rest]

    def line(self, say: Words) -> str:
        """Return what changed in one line."""
        if not self.changes:
            return say(f"since.{self.what}_same", name=self.name)
        told = [one.sentence(say) for one in self.changes[:MOST_IN_A_LINE]]
        more = len(self.changes) - len(told)
        rest = [say("since.more", n=more)] if more > 0 else []
        return joined([say(f"since.{self.what}", name=self.name), " · ".join([*told, *rest])])


def changed_since(body: Mapping[str, Any], target: Target, preset: str = "") -> Since | None:
    """Compare a body with the last launch of its name, and where there is none with its preset.

    Reads the ledger and the presets: not for the kernel's own thread.
    """
    what, name = "launch", str(body.get("name", ""))
    before = last_body_of(name, target)
    if before is None:
        what, name = "preset", preset
        with suppress(PresetRefused):
            before = load_preset(preset) if preset else None
    if before is None:
        return None
    found = changes(before, body, values_unknown=what == "launch", redactor=Redactor.in_use())
    return Since(what, name, _veiled(found))


def _veiled(found: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return the changes without what a command was before; that it is another one is still said."""
    return tuple(
        replace(one, before=Hidden(one.path[0]))
        if one.path in _VEILED and one.before is not None and not isinstance(one.before, Hidden)
        else one
        for one in found
    )
