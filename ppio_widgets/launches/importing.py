"""A text from elsewhere as a draft, with the kernel's files and without anybody's secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets import environment
from ppio_widgets.cloud.answers import plain
from ppio_widgets.errors import PpioError
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import Outside
from ppio_widgets.formats.reading import read_any
from ppio_widgets.launches.presets import load_preset
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.draft import DEFAULTS, Draft, merged
from ppio_widgets.request.proposals import numbered
from ppio_widgets.runtime.files import Unfit, contents, reason
from ppio_widgets.secrets.redaction import Redactor, input_error, unrepeated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.launches.ledger import Record


# Where the practice cloud is, as our own curl line has it.
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::|\Z)")


def import_text(text: str, *, any_file: bool = False) -> Imported:
    """Read a JSON body, a curl line, a ``%ppio_launch`` line or a docker run.

    The value of a variable that is a secret is not taken: a reference to the kernel's
    environment stands in its place, and that is said. A field that a secret stands in
    elsewhere is left out, and that is said too. With `any_file` the text may name any file, as in a call
    that a person wrote; else only one below the kernel's folder. An `InputError` repeats no secret.
    """
    failed: PpioError
    try:
        return _screened(read_any(text, outside=Disk() if any_file else _DiskBelow()))
    except PpioError as error:
        failed = unrepeated(error)
    raise failed


def import_preset(name: str) -> Imported:
    """Read a preset as a text from elsewhere is: somebody may have typed a secret into its file."""
    return _screened(Imported("json", load_preset(name)))


def import_launch(record: Record, is_taken: Callable[[str], bool]) -> Imported:
    """Return the body of an earlier launch under a free name; it has no values of variables."""
    body = dict(record.body)
    envs = [str(row.get("key", "")) for row in body.pop("envs", ())]
    body["name"] = numbered(record.name, is_taken)
    left_out = (LeftOut("launch_envs", {"names": ", ".join(map(plain, envs))}),) if envs else ()
    return _screened(Imported("json", body, left_out))


def told_cloud(found: Imported, target: Target) -> Imported:
    """Say that a curl line goes to another cloud than a form, which keeps its own."""
    own_practice = target.practice and _LOOPBACK.match(found.host)
    if not found.host or found.host == target.name or own_practice:
        return found
    code = "curl_cloud_practice" if target.practice else "curl_cloud"
    one = _unsaid(LeftOut(code, {"host": found.host, "own": target.name}), Redactor.in_use())
    return replace(found, left_out=(one, *found.left_out))


def over(found: Imported, draft: Draft) -> Draft:
    """Return what a form holds once a text is applied to it.

    A body replaces everything. A docker run knows nothing of products and billing: what the
    form says of them stays.
    """
    if found.kind == "docker":
        return merged(draft, found.draft)
    return merged(DEFAULTS, found.draft) if found.kind == "line" else found.draft


def _screened(found: Imported) -> Imported:
    """Return it without secrets, saying what was left out; nothing that is said repeats one."""
    redactor = Redactor.in_use()
    said = [_unsaid(one, redactor) for one in found.left_out]
    clean = redactor.scrub(found.draft)
    if clean.references:
        shown = [UNSAID if redactor.finds(name) else name for name in clean.references]
        said.append(LeftOut("secrets", {"names": ", ".join(shown), "first": shown[0]}))
    if clean.left_out:
        said.append(LeftOut("secret_fields", {"names": ", ".join(clean.left_out)}))
    draft = clean.body if clean.references or clean.left_out else found.draft
    return replace(found, draft=draft, left_out=tuple(said))


def _unsaid(one: LeftOut, redactor: Redactor) -> LeftOut:
    return LeftOut(one.code, redactor.unsaid(one.params))


# A body is at most a few kilobytes, an env file as well.
LARGEST_FILE = 1024 * 1024


class Disk(Outside):
    """The disk and the environment of the kernel."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the kernel."""
        return environment.variables()

    def text(self, path: str) -> str | None:
        """Return what a file holds; None when there is no such file.

        An `InputError` where it cannot be opened, is no regular file, is too large or is no text, tells
        nothing of it. A null character stands in no text, but between the variables of a process
        (``/proc/self/environ``).
        """
        try:
            content = contents(Path(path).expanduser(), LARGEST_FILE)
        except (FileNotFoundError, NotADirectoryError, ValueError, RuntimeError):
            return None  # also what can be no path, and a home that nobody has
        except OSError as error:
            large = isinstance(error, Unfit) and error.why == "large"
            code = "file_large" if large else "file_unreadable"
            raise input_error(code, path=path, kind=reason(error)) from None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:  # raised on, it would hold the content
            text = "\0"
        if "\0" in text:
            raise input_error("file_no_text", path=path)
        return text

    def holds_secret(self, text: str) -> bool:
        """Whether a secret that is at hand here, or what looks like a key, stands in a text."""
        return bool(self._redactor.finds(text))

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor.in_use()


class _DiskBelow(Disk):
    """The disk below the kernel's folder; whoever wrote a text may want another file to be sent."""

    def text(self, path: str) -> str | None:
        """Return what a file holds; `PermissionError` for one elsewhere, whatever links lead to it."""
        try:
            there = Path(path).expanduser().resolve()
            is_below = there.is_relative_to(Path.cwd().resolve())
        except (ValueError, RuntimeError):  # no path at all, or nobody's home
            return None
        if not is_below:
            raise PermissionError(path)
        return super().text(str(there))
