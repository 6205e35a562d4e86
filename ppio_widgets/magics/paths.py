"""File names that begin with what is typed, from the one folder that it names."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A folder may be anything; nobody chooses from more.
_MOST_ENTRIES = 2000


def paths(typed: str, wanted: Callable[[str], bool]) -> list[str]:
    """Return files that are wanted, by their name, and folders with a slash behind.

    Parameters
    ----------
    typed : str
        What the path begins with, ``"data/bo"``; ``~`` is the home folder.
    wanted : callable
        Of a file's name. A hidden folder is shown once its dot is typed.
    """
    folder, name = os.path.split(typed)
    before = typed[: len(typed) - len(name)]
    try:
        with os.scandir(Path(folder).expanduser()) as entries:
            found = [(entry.name, entry.is_dir()) for entry in islice(entries, _MOST_ENTRIES)]
    except (OSError, ValueError, RuntimeError):  # no such folder, or one that nobody may read
        return []
    return [
        f"{before}{entry}{'/' if is_folder else ''}"
        for entry, is_folder in sorted(found)
        if entry.startswith(name) and (_seen(entry, name) if is_folder else wanted(entry))
    ]


def _seen(folder: str, typed: str) -> bool:
    return not folder.startswith(".") or typed.startswith(".")
