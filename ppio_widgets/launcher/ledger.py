"""The ledger: one small file for each launch, written before and after it is sent.

It holds on NFS homes and across kernels: a launch is claimed by an exclusive link,
changed by write, fsync and rename. It survives the kernel; only what is in it can
be looked up afterwards.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ppio_widgets.errors import ConsentNeeded, LaunchRefused
from ppio_widgets.launcher.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_VARIABLE = "PPIO_WIDGETS_STATE_DIR"

LARGEST_FILE = 1024 * 1024

# What file systems answer that know no sync of a folder.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)


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
            with self._written(record) as spare:
                _publish(spare, self._path(record.launch_id))
            ours = True
            _sync_folder(self.folder)
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
            with self._written(record) as spare:
                spare.replace(self._path(record.launch_id))
            _sync_folder(self.folder)
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

    @contextmanager
    def _written(self, record: Record) -> Iterator[Path]:
        """Yield a file under another name that holds the whole record and stands on the disk."""
        spare = self.folder / f".{record.launch_id}.{os.getpid()}.{threading.get_ident()}.tmp"
        try:
            _write(spare, record.to_json(), os.O_TRUNC)
            yield spare
        finally:
            with suppress(OSError):
                spare.unlink(missing_ok=True)


def _write(path: Path, text: str, flag: int) -> None:
    """Write ASCII (the JSON's escapes) so that it stands on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _publish(spare: Path, path: Path) -> None:
    """Give a whole file its name, unless there is one of that name: then `FileExistsError`.

    A link is exclusive on every file system that has links, NFS too, and nobody ever sees
    half a record. Elsewhere it is made exclusively and then written.
    """
    try:
        os.link(spare, path)
    except FileExistsError:
        if spare.stat().st_nlink < 2:  # else it was ours, and only the answer of NFS got lost
            raise
    except OSError:
        try:
            _write(path, spare.read_text(), os.O_EXCL)
        except FileExistsError:
            raise
        except OSError:
            path.unlink(missing_ok=True)
            raise


def ledger_for(*, practice: bool) -> Ledger:
    """Return the user's ledger, or the throw-away one of a practice cloud."""
    if practice:
        return Ledger(_throw_away())
    given = os.environ.get(STATE_VARIABLE)
    return Ledger(Path(given or platformdirs.user_state_dir("ppio-widgets")) / "launches")


@cache
def _practice_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ppio-widgets-practice-", ignore_cleanup_errors=True)


def _throw_away() -> str:
    return _practice_folder().name


def _sync_folder(folder: Path) -> None:
    """Make a rename last; where folders cannot be synced it lasts as well as it can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(descriptor)
