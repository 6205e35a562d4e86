"""What a line reaches beyond itself: files, relative to the kernel's folder, and the environment."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets.launcher.shareable import Secrets
from ppio_widgets.request.tokens import LineError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A body is at most a few kilobytes, an env file as well.
LARGEST_FILE = 1024 * 1024


class Disk:
    """The disk and the environment of the kernel (an `Outside`)."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the kernel."""
        return os.environ

    def text(self, path: str) -> str | None:
        """Return what a file holds; None when there is no such file.

        Raises
        ------
        LineError
            When it cannot be opened, is too large or is no text. A null character stands in
            no text, but between the variables of a process (``/proc/self/environ``). Nothing
            of what it holds is told.
        """
        try:
            file = Path(path).expanduser()
            if not file.is_file():  # nor is anything read that may never end, such as a pipe
                return None
            with file.open("rb") as opened:
                content = opened.read(LARGEST_FILE + 1)
        except (OSError, ValueError, RuntimeError) as error:
            kind = type(error).__name__
            raise LineError("file_unreadable", path=path, kind=kind) from None
        if len(content) > LARGEST_FILE:
            raise LineError("file_large", path=path)
        text = _decoded(content)
        if text is None or "\0" in text:
            raise LineError("file_no_text", path=path)
        return text

    def holds_secret(self, text: str) -> bool:
        """Whether a secret that is at hand here, or what looks like a key, stands in a text."""
        return self._secrets(text)

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets()


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # raised on, it would hold the content
        return None
