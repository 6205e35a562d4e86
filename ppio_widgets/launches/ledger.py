"""The ledger: one small file for each launch, written before and after it is sent.

It holds on NFS homes and across kernels: a launch is claimed by an exclusive link,
changed by write, fsync and rename. It survives the kernel; only what is in it can
be looked up afterwards. Records are witnesses against a second copy and are never
removed; so that a long ledger costs a launch no more than a short one, an index tells
name and instance of each launch whose outcome is known.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from ppio_widgets import environment
from ppio_widgets.errors import ConsentNeeded, LaunchRefused
from ppio_widgets.launches.names import folded, neighbours
from ppio_widgets.launches.record import Record
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.files import contents, keep_private, publish, reason, sync_folder, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ppio_widgets.locale import Sayable

STATE_VARIABLE = "PPIO_WIDGETS_STATE_DIR"

LARGEST_FILE = 1024 * 1024

_ENDING = ".json"
INDEX = "index"
INDEX_VERSION = 2
LARGEST_INDEX = 64 * 1024 * 1024
# So many records are read again and again before their names are put into the index.
MOST_UNINDEXED = 32

# Of the practice cloud so many launches are kept: they are witnesses of nothing that is billed.
MOST_PRACTICE = 100


@dataclass(frozen=True)
class Contents:
    """What the ledger holds.

    Attributes
    ----------
    records : tuple of Record
        Unresolved ones first, then the newest.
    unreadable : tuple of str
        Names of files that are torn, of a later version, or cannot be read.
    closed : ConsentNeeded or None
        Why the folder itself cannot be read, or is not believed.
    passed : frozenset of str
        Launches whose outcome is known, and that were not asked for.
    """

    records: tuple[Record, ...] = ()
    unreadable: tuple[str, ...] = ()
    closed: ConsentNeeded | None = None
    passed: frozenset[str] = frozenset()


class _Entry(NamedTuple):
    """What the index tells of a launch: its folded name, and the id of its instance."""

    name: str
    instance_id: str


class Ledger:
    """The launches of one user on one machine (or one shared home).

    Parameters
    ----------
    folder : path
        Made with mode 0700 when first written to; its files have 0600. One that is another
        user's, or stays open to others, is not used.
    most : int, optional
        How many launches whose outcome is known are kept; by default all of them.
    """

    def __init__(self, folder: Path | str, most: int | None = None) -> None:
        self.folder = Path(folder)
        self._most = most

    def claim(self, record: Record) -> None:
        """Write a new record; exactly one caller of all kernels can do so: the lock is the record's file.

        Raises
        ------
        LaunchRefused
            When the launch was claimed before.
        ConsentNeeded
            When it cannot be written; nothing may be sent without consent then.
        """
        ours = taken = False
        failure: str | Sayable = ""
        try:
            self._make_folder()
            self._prune()
            with written(self.folder, record.launch_id, record.to_json()) as spare:
                publish(spare, self._path(record.launch_id))
            ours = True
            sync_folder(self.folder)
        except OSError as error:
            taken = not ours and self._path(record.launch_id).is_file()
            failure = reason(error)
        if not failure:
            return
        if ours:
            self.release(record)
        if taken:
            raise LaunchRefused("claimed_before", launch_id=record.launch_id)
        raise ConsentNeeded("ledger_unwritable", folder=str(self.folder), reason=failure)

    def release(self, record: Record) -> None:
        """Take a claim back: nothing was sent under it."""
        with suppress(OSError):  # then it stays as unresolved, and is looked up
            self._path(record.launch_id).unlink(missing_ok=True)

    def save(self, record: Record) -> str | Sayable | None:
        """Replace a record; one that has an instance's id is never replaced by one without.

        Returns
        -------
        str, Sayable or None
            Why it could not be written.
        """
        try:
            kept = self.get(record.launch_id)
            if kept is not None and kept.instance_id and not record.instance_id:
                return None
            self._make_folder()
            if kept is not None and not kept.unresolved and _entry(kept) != _entry(record):
                # Another kernel settled it, its own knows better: the index tells what is no longer so.
                (self.folder / INDEX).unlink(missing_ok=True)
            with written(self.folder, record.launch_id, record.to_json()) as spare:
                spare.replace(self._path(record.launch_id))
            sync_folder(self.folder)
        except OSError as error:
            return reason(error)
        return None

    def get(self, launch_id: str) -> Record | None:
        """Return one record; None when there is none that can be read."""
        try:
            record = Record.from_json(contents(self._path(launch_id), LARGEST_FILE))
        except (OSError, ValueError):
            return None
        return record if record is not None and record.launch_id == launch_id else None

    def read(self) -> Contents:
        """Return everything, unresolved launches first; it opens every file."""
        return self._contents(lambda _entry: True)

    def of_name(self, name: str, before: Contents | None = None) -> Contents:
        """Return the launches of a name, however a server may have changed it, and all unresolved ones.

        With what was read of that name `before`, it opens what came since or may have changed.
        """
        if before is not None and before.closed is None:
            return self._again(before)
        may_be = neighbours(name)
        return self._contents(lambda entry: may_be(entry.name))

    def of_instance(self, instance_id: str) -> Contents:
        """Return the launches that made an instance, and others."""
        return self._contents(lambda entry: entry.instance_id == instance_id)

    def unresolved(self) -> Contents:
        """Return the launches whose outcome is not known."""
        found = self._contents(lambda _entry: False)
        return replace(found, records=tuple(one for one in found.records if one.unresolved))

    def _contents(self, wanted: Callable[[_Entry], bool]) -> Contents:
        """Return the settled launches that are wanted, all others, and what cannot be read."""
        stems = self._listed()
        if isinstance(stems, Contents):
            return stems
        index = self._read_index() if len(stems) > MOST_UNINDEXED else {}
        passed = frozenset(stem for stem in stems if stem in index and not wanted(index[stem]))
        found = {stem: self.get(stem) for stem in sorted(stems) if stem not in passed}
        self._index([one for one in found.values() if one and one.launch_id not in index], index, stems)
        return self._sorted(found, passed)

    def _again(self, before: Contents) -> Contents:
        """Return what is there now of what was read; what an outcome is for good is not read once more."""
        stems = self._listed()
        if isinstance(stems, Contents):
            return stems
        known = {one.launch_id: one for one in before.records if _is_final(one)}
        left = (stem for stem in sorted(stems) if stem not in before.passed)
        return self._sorted({stem: known.get(stem) or self.get(stem) for stem in left}, before.passed)

    def _listed(self) -> list[str] | Contents:
        """Return the launches in the folder, or what is to be said where that cannot be read."""
        try:
            keep_private(self.folder)
            return self._stems()
        except FileNotFoundError:
            return Contents()
        except OSError as error:
            return Contents(
                closed=ConsentNeeded("ledger_closed", folder=str(self.folder), reason=reason(error))
            )

    def _sorted(self, found: Mapping[str, Record | None], passed: frozenset[str]) -> Contents:
        records = [record for record in found.values() if record is not None]
        records.sort(key=lambda record: (not record.unresolved, -record.sent_at))
        # One that is gone by now was released meanwhile: nothing was sent under it.
        torn = (stem for stem, one in found.items() if one is None and os.path.lexists(self._path(stem)))
        return Contents(tuple(records), tuple(torn), passed=passed)

    def _read_index(self) -> Mapping[str, _Entry]:
        """Return name and instance of each settled launch that was put into the index.

        What has become of a launch does not change any more then, so it is true as long as the
        file is there. Only what is looked for has its file opened.
        """
        try:
            found = json.loads(contents(self.folder / INDEX, LARGEST_INDEX))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict) or found.get("version") != INDEX_VERSION:
            return {}
        settled = found.get("settled")
        if not isinstance(settled, dict) or not all(map(_is_entry, settled.values())):
            return {}
        return {stem: _Entry(*entry) for stem, entry in settled.items()}

    def _index(self, records: Iterable[Record], index: Mapping[str, _Entry], stems: Iterable[str]) -> None:
        """Put settled launches into the index once there are many; without one all is read again."""
        more = {one.launch_id: _entry(one) for one in records if not one.unresolved}
        if len(more) < MOST_UNINDEXED:
            return
        there = {stem: index[stem] for stem in stems if stem in index}
        text = json.dumps({"version": INDEX_VERSION, "settled": {**there, **more}})
        with suppress(OSError), written(self.folder, INDEX, text) as spare:
            spare.replace(self.folder / INDEX)

    def _prune(self) -> None:
        """Remove the oldest launches whose outcome is known, where only so many are kept."""
        if self._most is None or len(self._stems()) < 2 * self._most:
            return
        settled = [one for one in self.read().records if not one.unresolved]
        for one in settled[self._most :]:
            self.release(one)

    def forget(self, launch_id: str) -> bool:
        """Set a file aside that cannot be read; its text is kept under another name."""
        path = self._path(launch_id)
        if self.get(launch_id) is not None or not path.exists():
            return False
        path.replace(path.with_suffix(".unreadable"))
        return True

    def _path(self, launch_id: str) -> Path:
        return self.folder / f"{launch_id}{_ENDING}"

    def _stems(self) -> list[str]:
        with os.scandir(self.folder) as entries:
            return [entry.name[: -len(_ENDING)] for entry in entries if entry.name.endswith(_ENDING)]

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep_private(self.folder)


def _entry(record: Record) -> _Entry | None:
    """Return what the index tells of a launch; None while its outcome is not known."""
    return None if record.unresolved else _Entry(folded(record.name), record.instance_id or "")


def _is_entry(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value)


def _is_final(record: Record) -> bool:
    """Whether nobody can know better: an absence is what one kernel did not see."""
    return not record.unresolved and record.state is not LaunchState.ABSENT


def ledger_for(*, practice: bool) -> Ledger:
    """Return the user's ledger, or the throw-away one of a practice cloud."""
    if practice:
        return Ledger(kernel.of(_practice_folder).name, MOST_PRACTICE)
    given = environment.variable(STATE_VARIABLE)
    return Ledger(Path(given or platformdirs.user_state_dir("ppio-widgets")) / "launches")


def _practice_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ppio-widgets-practice-", ignore_cleanup_errors=True)
