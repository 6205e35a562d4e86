"""The files of this package: how each is opened, written, and kept from others.

Only a regular file of a bounded size is ever read: what a name leads to may be a pipe that never
ends, a device, or larger than the memory. Nobody ever sees a file half written: a spare file comes
first, then its name. What is written stands on the disk before it gets its name; it holds on NFS
homes and across kernels.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from ppio_widgets import environment
from ppio_widgets.locale.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ppio_widgets.locale.words import Sayable

STATE_VARIABLE = "PPIO_WIDGETS_STATE_DIR"

# What a system says of a file or a port, each in our words; of anything else its name is said.
_SAID = frozenset(
    {"EACCES", "EADDRINUSE", "EDQUOT", "EIO", "EISDIR", "EMFILE"}
    | {"ENAMETOOLONG", "ENOENT", "ENOSPC", "ENOTDIR", "EPERM", "EROFS"}
)

# What file systems answer that know no sync of a folder.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)

# What systems answer that know no sync of a file (Pyodide), or allow none: no disk that fails says so.
_NO_SYNC = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)

# Only where a system has them; a pipe does not keep its reader waiting, a terminal is not taken over.
_FOR_READING = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"))


class Unfit(OSError):
    """A file that is not read, or a folder that is not used, although the system would allow it."""

    def __init__(self, why: Literal["irregular", "large", "foreign", "open"]) -> None:
        super().__init__(why)
        self.why = why


def state_folder() -> Path:
    """Return where this package keeps what outlives a kernel; it may not be there yet."""
    return Path(environment.variable(STATE_VARIABLE) or platformdirs.user_state_dir("ppio-widgets"))


def reason(error: Exception) -> str | Sayable:
    """Return why a file or a port could not be used; nothing of what it holds is in it."""
    if isinstance(error, Unfit):
        return Phrase(f"disk.{error.why}")
    name = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
    return Phrase(f"system.{name}") if name in _SAID else name


def contents(path: Path, most: int) -> bytes:
    """Return all that a file holds, unless that is more than `most` bytes.

    Raises `Unfit` for a larger one, a folder, a pipe and a device, else `OSError` when there is none or the
    system does not allow it, and `ValueError` for a text that can be no path.
    """
    _require_regular(path.stat())  # before it is opened: to open a device may already do something
    with os.fdopen(os.open(path, _FOR_READING), "rb") as file:
        told = os.fstat(file.fileno())  # of what was opened, whatever has its name by now
        _require_regular(told)
        # A file of the system (``/proc``) tells no size, and any may grow meanwhile.
        found = b"" if told.st_size > most else file.read(most + 1)
    if told.st_size > most or len(found) > most:
        raise Unfit("large")
    return found


def _require_regular(told: os.stat_result) -> None:
    if not stat.S_ISREG(told.st_mode):
        raise Unfit("irregular")


def keep_private(folder: Path) -> None:
    """Close a folder to others; raises `Unfit` when it is another user's or stays open."""
    told = folder.stat()
    if not hasattr(os, "geteuid"):  # Windows: the profile's own rights hold
        return
    if told.st_uid != os.geteuid():
        raise Unfit("foreign")
    if told.st_mode & 0o077:
        with suppress(OSError):
            folder.chmod(0o700)
        if folder.stat().st_mode & 0o077:
            raise Unfit("open")


def require_writable(folder: Path) -> None:
    """Pass where files of ours could be written in a folder, there or to be made; nothing is tried.

    Raises `Unfit` when it is another user's, else `OSError`.
    """
    place = next((one for one in (folder, *folder.parents) if os.path.lexists(one)), folder)
    told = place.stat()
    if not stat.S_ISDIR(told.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "")
    if place == folder and hasattr(os, "geteuid") and told.st_uid != os.geteuid():
        raise Unfit("foreign")
    if not os.access(place, os.W_OK | os.X_OK):
        read_only = hasattr(os, "statvfs") and os.statvfs(place).f_flag & os.ST_RDONLY
        raise OSError(errno.EROFS if read_only else errno.EACCES, "")


@contextmanager
def written(folder: Path, stem: str, text: str) -> Iterator[Path]:
    """Yield a file under a spare name that holds the whole text, with mode 0600, and stands on the disk."""
    spare = folder / f".{stem}.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        _write(spare, text)
        yield spare
    finally:
        with suppress(OSError):
            spare.unlink(missing_ok=True)


def publish(spare: Path, path: Path) -> None:
    """Give a whole file its name, unless there is one of that name: then `FileExistsError`.

    A link is exclusive on every file system that has links, NFS too. Elsewhere, as in Pyodide, whose `os`
    knows none, the name is taken by an empty file, whose place the whole one takes. What is weaker there:
    for a moment, and for good after a crash in it, an empty file has the name, which is no record and lets
    nothing be sent. Nobody ever sees half a file.
    """
    try:
        os.link(spare, path)
    except FileExistsError:
        if spare.stat().st_nlink < 2:  # else it was ours, and only the answer of NFS got lost
            raise
    except (OSError, AttributeError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            spare.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def append(descriptor: int, text: str, size: int) -> None:
    """Add a text to a file of so many bytes so that it stands on the disk; where that fails, nothing is."""
    rest = text.encode()
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        _sync(descriptor)
    except BaseException:
        os.ftruncate(descriptor, size)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename last; where folders cannot be synced it lasts as well as it can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor, _NOT_FOR_FOLDERS)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """Write a text so that it stands on the disk, where a system can make sure of that."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        _sync(file.fileno())


def _sync(descriptor: int, harmless: Sequence[int] = ()) -> None:
    """Have what was written stand on the disk; only a system that cannot be asked for it is no error."""
    if not hasattr(os, "fsync"):
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (*_NO_SYNC, *harmless):
            raise
