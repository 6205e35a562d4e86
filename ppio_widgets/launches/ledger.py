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
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ppio_widgets.errors import ConsentNeeded, LaunchRefused
from ppio_widgets.launches.names import alike, folded, neighbours
from ppio_widgets.launches.states import UNRESOLVED, LaunchState
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.runtime.files import (
    contents,
    keep_private,
    publish,
    reason,
    state_folder,
    sync_folder,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ppio_widgets.locale.words import Sayable


LARGEST_FILE = 1024 * 1024

_ENDING = ".json"
INDEX = "index"
INDEX_VERSION = 2
LARGEST_INDEX = 64 * 1024 * 1024
# So many records are read again and again before their names are put into the index.
MOST_UNINDEXED = 32

# Of the practice cloud so many launches are kept: they are witnesses of nothing that is billed.
MOST_PRACTICE = 100

VERSION = 1

# What stands in the file for a field of each type.
_IN_JSON: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "dict[str, Any]": (dict,),
    "tuple[str, ...]": (list,),
    "tuple[str, ...] | None": (list, type(None)),
    "LaunchState": (str,),
}

# The states that a record can have; it is written only from the sending on.
_WRITTEN = ("sending", "succeeded", "rejected", "not_sent", "unknown", "absent")


@dataclass(frozen=True)
class Record:
    """One launch in the ledger."""

    launch_id: str  # ours, and the file's name
    host: str  # base URL that the request went to
    account: str  # the key's last four characters
    body: dict[str, Any] = field(default_factory=dict)  # of the request, without the values of variables
    sent_at: float = 0.0  # Unix seconds of this machine's clock, when the request was about to leave
    offset: float | None = None  # seconds that the server's clock was ahead of ours then, where known
    # What time it was just before in the class of a practice cloud, which dates its instances; 0 for none.
    class_time: float = 0.0
    name_was_free: bool = False  # just before
    # Ids of all that were listed just before and may be of this name: none of them is its instance.
    # None where nobody looked, or a version before this one wrote it.
    listed: tuple[str, ...] | None = None
    state: LaunchState = LaunchState.SENDING
    instance_id: str | None = None
    source: str = ""  # who said what became of it: "answer", "listing", "person"
    practice: bool = False
    absences: int = 0  # complete look-ups in a row that did not find it
    absent_since: float = 0.0  # when the first of them was made
    candidates: tuple[str, ...] = ()  # ids of instances that it may be, when that is not clear
    absent_date: float = 0.0  # the server's clock at the first of these look-ups, 0 where not told
    missed: str = ""  # why the last look-up proved nothing, in a sentence
    gone: str = ""  # "removed" or "not_seen" once that is proved; such an id is not asked for
    gone_at: float = 0.0

    @property
    def name(self) -> str:
        """The instance's name, exactly as it was sent."""
        name = self.body.get("name")
        return name if isinstance(name, str) else ""

    @property
    def unresolved(self) -> bool:
        """Whether a machine may be running that nobody knows the id of."""
        return self.state in UNRESOLVED

    def rivals(self, other: Record) -> bool:
        """Whether another launch can be mistaken for this one: on the same host, with a name alike.

        Under whichever key: two keys may be of one account.
        """
        if self.launch_id == other.launch_id or self.host != other.host:
            return False
        return alike(self.name, other.name)

    def to_json(self) -> str:
        """Return it as it stands in its file."""
        # While it is being looked up, what is known for sure is that it is not known.
        state = LaunchState.UNKNOWN if self.state is LaunchState.RECONCILING else self.state
        told = asdict(replace(self, state=state))
        if not self.class_time:  # of every launch but those in a class
            del told["class_time"]
        return json.dumps({"version": VERSION, **told}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Record | None:
        """Read a file; None when it is torn, of another version, or not a record at all."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            return None
        known = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        if not _is_sound(known):
            return None
        listed = known.get("listed")
        return cls(
            **{
                **known,
                "state": LaunchState(known["state"]),
                "candidates": tuple(str(one) for one in known.get("candidates", ())),
                "listed": None if listed is None else tuple(str(one) for one in listed),
            }
        )


def _is_sound(data: Mapping[str, Any]) -> bool:
    """Whether each value is of its kind, so that a damaged file cannot pass for a record."""
    required = ("launch_id", "host", "account", "body", "sent_at", "state")
    if not all(name in data for name in required):
        return False
    types = {one.name: str(one.type) for one in fields(Record) if one.name in data}
    if not all(isinstance(data[name], _IN_JSON[kind]) for name, kind in types.items()):
        return False
    times = [data[name] for name, kind in types.items() if "float" in kind and data[name] is not None]
    # Not infinite, not NaN, and not so large that it cannot be reckoned with.
    return (
        data["state"] in _WRITTEN
        and (data["state"] == LaunchState.SUCCEEDED.value) == bool(data.get("instance_id"))
        and all(abs(time) < 1e12 for time in times)
    )


def new_launch_id() -> str:
    """Return an id short enough to be typed."""
    return secrets.token_hex(4)


def without_env_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body that keeps the names of its variables only."""
    envs = body.get("envs")
    if not isinstance(envs, list | tuple):
        return dict(body)
    keys = [row["key"] for row in envs if isinstance(row, Mapping) and "key" in row]
    return {**body, "envs": [{"key": key} for key in keys]}


@dataclass(frozen=True)
class Contents:
    """What the ledger holds.

    Records come unresolved ones first, then the newest. `unreadable` files are torn, of a later version, or
    cannot be read; `closed` says why the folder itself cannot be, or is not believed; `passed` are launches
    whose outcome is known, and that were not asked for.
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
    """The launches of one user on one machine (or one shared home); of settled ones only so many are kept.

    Its folder is made with mode 0700 when first written to; its files have 0600. One that is another
    user's, or stays open to others, is not used.
    """

    def __init__(self, folder: Path | str, most: int | None = None) -> None:
        self.folder = Path(folder)
        self._most = most

    def claim(self, record: Record) -> None:
        """Write a new record; exactly one caller of all kernels can do so: the lock is the record's file.

        Where it cannot be written, nothing may be sent without consent (`ConsentNeeded`).
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
        """Replace a record, or return why it could not be written.

        One that has an instance's id is never replaced by one without.
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

    def inspect(self) -> Contents:
        """Return the launches whose outcome is not known; nothing is changed, neither rights nor index."""
        try:
            stems = self._stems()
        except FileNotFoundError:
            return Contents()
        except OSError as error:
            return self._closed(error)
        found = self._sorted({stem: self.get(stem) for stem in stems}, frozenset())
        return replace(found, records=tuple(one for one in found.records if one.unresolved))

    def _closed(self, error: OSError) -> Contents:
        return Contents(closed=ConsentNeeded("ledger_closed", folder=str(self.folder), reason=reason(error)))

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
            return self._closed(error)

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
        return Ledger(kernel.of(PracticeFolder).path, MOST_PRACTICE)
    return Ledger(state_folder() / "launches")


class PracticeFolder:
    """Where practice is written down; it goes with its kernel, and with the process that made it only."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="ppio-widgets-practice-")
        self._removal = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        forks.tell(self)

    def after_fork(self) -> None:
        """Leave it to the parent: a child that ends in order would remove it there."""
        self._removal.detach()
