"""A class as a file: what it is made of, each part as it was last, written before an answer leaves.

A line holds all parts that one call has changed, so that they are there together or not at all. A line that
a crash cut off belongs to a call that nobody got an answer to, and does not count. The file is private: it
holds what students typed, and the teacher's key.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ppio_widgets.runtime import files
from ppio_widgets.secrets.redaction import input_error

if sys.platform != "win32":  # there, two servers on one file are not noticed
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ppio_widgets.errors import InputError

MOST_BYTES = 256 * 1024 * 1024
# So much is added before the file is written anew, with each part once.
_GROWTH = 16 * 1024 * 1024


class Record:
    """The file of a class. `parts` is what it holds; an `InputError` says why it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.parts: dict[str, Any] = {}
        self._written: dict[str, str] = {}
        self._file = -1
        self._size = self._whole = 0  # as it is, and as it was when it was last written anew
        self._lock = _locked(path)
        try:
            if path.exists():
                self._read(files.contents(path, MOST_BYTES))
            self._rewrite()
        except (OSError, ValueError) as error:
            self.close()
            raise _unusable(path, error) from None

    def __str__(self) -> str:
        return str(self._path)

    def write(self, parts: Mapping[str, Any]) -> bool:
        """Have the file hold these parts as they are now; returns whether that was anything new.

        Raises `OSError` where it cannot be written; then nothing of it is there.
        """
        texts = {key: json.dumps(value, ensure_ascii=False) for key, value in parts.items()}
        new = {key: text for key, text in texts.items() if self._written.get(key) != text}
        if not new:
            return False
        if self._size > self._whole + _GROWTH:
            self._rewrite(new)
            return True
        line = ", ".join(f"{json.dumps(key)}: {text}" for key, text in new.items())
        files.append(self._file, f"{{{line}}}\n", self._size)
        self._size = os.fstat(self._file).st_size
        self._written.update(new)
        return True

    def close(self) -> None:
        """Let another server have the file."""
        for descriptor in (self._file, self._lock):
            with suppress(OSError):  # there is none
                os.close(descriptor)

    def _read(self, content: bytes) -> None:
        *lines, _cut_off = content.split(b"\n")
        for line in lines:
            found = json.loads(line)
            if not isinstance(found, dict):
                raise ValueError  # noqa: TRY004 - as what is no JSON
            self.parts.update(found)
        self._written = {key: json.dumps(value, ensure_ascii=False) for key, value in self.parts.items()}

    def _rewrite(self, new: Mapping[str, str] = MappingProxyType({})) -> None:
        """Write the file anew, each part once, and go on behind that; after a failure behind the old one."""
        parts = {**self._written, **new}
        text = "".join(f"{{{json.dumps(key)}: {part}}}\n" for key, part in parts.items())
        with files.written(self._path.parent, self._path.name, text) as spare:
            file = os.open(spare, os.O_WRONLY | os.O_APPEND)
            try:
                spare.replace(self._path)
            except BaseException:
                os.close(file)
                raise
        self._file, before = file, self._file
        self._written, self._size = parts, os.fstat(file).st_size
        self._whole = self._size
        if before >= 0:
            os.close(before)
        files.sync_folder(self._path.parent)


def _locked(path: Path) -> int:
    """Return what keeps another server from this file: a lock that ends with the process."""
    if sys.platform == "win32":
        return -1
    try:
        descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except (OSError, ValueError) as error:  # a folder that is named by dots has no name beside it
        raise _unusable(path, error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise input_error("class_file_used", file=str(path)) from None
    return descriptor


def _unusable(path: Path, error: Exception) -> InputError:
    if isinstance(error, OSError):
        return input_error("class_file", file=str(path), reason=files.reason(error))
    return input_error("class_file_damaged", file=str(path))
