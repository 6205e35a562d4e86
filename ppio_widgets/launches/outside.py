"""What a line reaches beyond itself: files, relative to the kernel's folder, and the environment."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets import environment
from ppio_widgets.runtime.files import Unfit, contents, reason
from ppio_widgets.secrets.redaction import input_error
from ppio_widgets.secrets.scrub import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

# A body is at most a few kilobytes, an env file as well.
LARGEST_FILE = 1024 * 1024


class Disk:
    """The disk and the environment of the kernel (an `Outside`)."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the kernel."""
        return environment.variables()

    def text(self, path: str) -> str | None:
        """Return what a file holds; None when there is no such file.

        Raises
        ------
        InputError
            When it cannot be opened, is no regular file, is too large or is no text. A null
            character stands in no text, but between the variables of a process
            (``/proc/self/environ``). Nothing of what it holds is told.
        """
        try:
            content = contents(Path(path).expanduser(), LARGEST_FILE)
        except (FileNotFoundError, NotADirectoryError, ValueError, RuntimeError):
            return None  # also what can be no path, and a home that nobody has
        except OSError as error:
            large = isinstance(error, Unfit) and error.why == "large"
            code = "file_large" if large else "file_unreadable"
            raise input_error(code, path=path, kind=reason(error)) from None
        text = _decoded(content)
        if text is None or "\0" in text:
            raise input_error("file_no_text", path=path)
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
