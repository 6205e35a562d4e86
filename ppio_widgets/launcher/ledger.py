"""The ledger: one small file for each launch, written before and after it is sent.

It holds on NFS homes and across kernels: a launch is claimed by an exclusive link,
changed by write, fsync and rename. It survives the kernel; only what is in it can
be looked up afterwards.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ppio_widgets import notebook
from ppio_widgets.errors import ConsentNeeded, LaunchRefused
from ppio_widgets.launcher.disk import publish, sync_folder, written
from ppio_widgets.launcher.record import Record

STATE_VARIABLE = "PPIO_WIDGETS_STATE_DIR"

LARGEST_FILE = 1024 * 1024


@dataclass(frozen=True)
class Contents:
    """What the ledger holds.

    Attributes
    ----------
    records : tuple of Record
        Unresolved ones first, then the newest.
    unreadable : tuple of str
        Names of files that are torn, of a later version, or cannot be read.
    """

    records: tuple[Record, ...] = ()
    unreadable: tuple[str, ...] = ()


class Ledger:
    """The launches of one user on one machine (or one shared home).

    Parameters
    ----------
    folder : path
        Made with mode 0700 when first written to; its files have 0600.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def claim(self, record: Record) -> None:
        """Write a new record; exactly one caller of all kernels can do so.

        Raises
        ------
        LaunchRefused
            When the launch was claimed before.
        ConsentNeeded
            When it cannot be written; nothing may be sent without consent then.
        """
        ours = taken = False
        failure = ""
        try:
            self._make_folder()
            with written(self.folder, record.launch_id, record.to_json()) as spare:
                publish(spare, self._path(record.launch_id))
            ours = True
            sync_folder(self.folder)
        except OSError as error:
            taken = not ours and self._path(record.launch_id).is_file()
            failure = error.strerror or type(error).__name__
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

    def save(self, record: Record) -> str | None:
        """Replace a record; one that has an instance's id is never replaced by one without.

        Returns
        -------
        str or None
            Why it could not be written.
        """
        try:
            kept = self.get(record.launch_id)
            if kept is not None and kept.instance_id and not record.instance_id:
                return None
            self._make_folder()
            with written(self.folder, record.launch_id, record.to_json()) as spare:
                spare.replace(self._path(record.launch_id))
            sync_folder(self.folder)
        except OSError as error:
            return error.strerror or type(error).__name__
        return None

    def get(self, launch_id: str) -> Record | None:
        """Return one record; None when there is none that can be read."""
        try:
            path = self._path(launch_id)
            if path.stat().st_size > LARGEST_FILE:
                return None
            record = Record.from_json(path.read_bytes())
        except (OSError, ValueError):
            return None
        return record if record is not None and record.launch_id == launch_id else None

    def read(self) -> Contents:
        """Return everything, unresolved launches first."""
        try:
            names = sorted(path.stem for path in self.folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return Contents()
        except OSError:
            return Contents(unreadable=(str(self.folder),))
        found = {name: self.get(name) for name in names}
        records = [record for record in found.values() if record is not None]
        records.sort(key=lambda record: (not record.unresolved, -record.sent_at))
        # One that is gone by now was released meanwhile: nothing was sent under it.
        torn = (name for name, record in found.items() if record is None and self._path(name).exists())
        return Contents(tuple(records), tuple(torn))

    def forget(self, launch_id: str) -> bool:
        """Set a file aside that cannot be read; its text is kept under another name."""
        path = self._path(launch_id)
        if self.get(launch_id) is not None or not path.exists():
            return False
        path.replace(path.with_suffix(".unreadable"))
        return True

    def _path(self, launch_id: str) -> Path:
        return self.folder / f"{launch_id}.json"

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.folder.stat().st_mode & 0o077:
            with suppress(OSError):  # somebody else's folder stays as it is
                self.folder.chmod(0o700)


def ledger_for(*, practice: bool) -> Ledger:
    """Return the user's ledger, or the throw-away one of a practice cloud."""
    if practice:
        return Ledger(_throw_away())
    given = os.environ.get(STATE_VARIABLE)
    return Ledger(Path(given or platformdirs.user_state_dir("ppio-widgets")) / "launches")


def _practice_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ppio-widgets-practice-", ignore_cleanup_errors=True)


def _throw_away() -> str:
    return notebook.of(_practice_folder).name
