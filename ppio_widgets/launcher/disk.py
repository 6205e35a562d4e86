"""Small files that nobody ever sees half written: a spare file first, then its name.

What is written stands on the disk before it gets its name; it holds on NFS homes and
across kernels.
"""

from __future__ import annotations

import errno
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What file systems answer that know no sync of a folder.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)


@contextmanager
def written(folder: Path, stem: str, text: str) -> Iterator[Path]:
    """Yield a file under another name that holds the whole text and stands on the disk.

    Parameters
    ----------
    folder : path
        Where it is to be; it has to exist.
    stem : str
        Part of the spare name, which begins with a dot.
    text : str
        Written as UTF-8, with mode 0600.
    """
    spare = folder / f".{stem}.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        _write(spare, text, os.O_TRUNC)
        yield spare
    finally:
        with suppress(OSError):
            spare.unlink(missing_ok=True)


def publish(spare: Path, path: Path) -> None:
    """Give a whole file its name, unless there is one of that name: then `FileExistsError`.

    A link is exclusive on every file system that has links, NFS too, and nobody ever sees
    half a file. Elsewhere, as in Pyodide, whose `os` knows none, it is made exclusively and then
    written.
    """
    try:
        os.link(spare, path)
    except FileExistsError:
        if spare.stat().st_nlink < 2:  # else it was ours, and only the answer of NFS got lost
            raise
    except (OSError, AttributeError):
        try:
            _write(path, spare.read_text(encoding="utf-8"), os.O_EXCL)
        except FileExistsError:
            raise
        except OSError:
            path.unlink(missing_ok=True)
            raise


def sync_folder(folder: Path) -> None:
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


def _write(path: Path, text: str, flag: int) -> None:
    """Write a text so that it stands on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
