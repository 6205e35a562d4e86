"""A class as its teacher serves it: the command, with a lesson that has the quickstart and lesson 1."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from ppio_widgets import Classroom
from ppio_widgets.practice.classroom.lesson import source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Seconds until the server has printed where it is.
PATIENCE = 60


class Class:
    """A class that is served by a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process, self._seen = process, psutil.Process(process.pid)
        self.megabytes = 0.0
        self.page = self._told(r"https?://\S+#key=\S+")
        self.url = self.page.partition("/practice/")[0]
        self.room = Classroom.connect(self.page)
        self._began, self._busy = time.monotonic(), self._seconds()

    def _told(self, pattern: str) -> str:
        """Return what of the command's lines is such a text."""
        found = (re.search(pattern, line) for line in self._process.stdout)
        return next(one[0] for one in found if one)

    def weigh(self) -> None:
        """Note how much memory it has now."""
        self.megabytes = max(self.megabytes, self._seen.memory_info().rss / 2**20)

    @property
    def share(self) -> float:
        """How much of a core it has had since it began."""
        return (self._seconds() - self._busy) / (time.monotonic() - self._began)

    def _seconds(self) -> float:
        times = self._seen.cpu_times()
        return times.user + times.system


@contextmanager
def served(folder: Path) -> Iterator[Class]:
    """Serve a class until the block is over."""
    lesson = folder / "both.toml"
    first, quick = source("first-bill"), source("quickstart")
    lesson.write_text(f"{first}\n{quick[quick.index('[[exercise]]') :]}", encoding="utf-8")
    command = [sys.executable, "-m", "ppio_widgets", "class", str(lesson), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--file", str(folder / "both.class")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PPIO_WIDGETS_LANG": "en"},
        text=True,
    )
    try:
        yield Class(process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        process.stdout.close()
        process.wait()
