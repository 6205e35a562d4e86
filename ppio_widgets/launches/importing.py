"""A text from elsewhere as a draft, with the kernel's files and without anybody's secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets.errors import PpioError
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.reading import read_any
from ppio_widgets.launches.outside import Disk
from ppio_widgets.launches.presets import load_preset
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.draft import Draft, merged, with_defaults
from ppio_widgets.secrets.scrub import Secrets, unrepeated, with_references, without_secret_fields

if TYPE_CHECKING:
    from ppio_widgets.cloud.client import Target


# Where the practice cloud is, as our own curl line has it.
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::|\Z)")


def import_text(text: str, *, any_file: bool = False) -> Imported:
    """Read a JSON body, a curl line, a ``%ppio_launch`` line or a docker run.

    The value of a variable that is a secret is not taken: a reference to the kernel's
    environment stands in its place, and that is said. A field that a secret stands in
    elsewhere is left out, and that is said too.

    Parameters
    ----------
    text : str
    any_file : bool
        Whether a file that the text names may be any, as in a call that a person wrote. One
        of a text that is pasted has to lie below the kernel's folder.

    Raises
    ------
    InputError
        For a text that is none of them, or cannot be read. It repeats no secret.
    """
    failed: PpioError
    try:
        return _screened(read_any(text, read_file=_read_file if any_file else _read_below))
    except PpioError as error:
        failed = unrepeated(error)
    raise failed


def import_preset(name: str) -> Imported:
    """Read a preset as a text from elsewhere is: somebody may have typed a secret into its file.

    Raises
    ------
    PresetRefused
    """
    return _screened(Imported("json", load_preset(name)))


def told_cloud(found: Imported, target: Target) -> Imported:
    """Say that a curl line goes to another cloud than a form, which keeps its own."""
    own_practice = target.practice and _LOOPBACK.match(found.host)
    if not found.host or found.host == target.name or own_practice:
        return found
    code = "curl_cloud_practice" if target.practice else "curl_cloud"
    one = _unsaid(LeftOut(code, {"host": found.host, "own": target.name}), Secrets())
    return replace(found, left_out=(one, *found.left_out))


def over(found: Imported, draft: Draft) -> Draft:
    """Return what a form holds once a text is applied to it.

    A body replaces everything. A docker run knows nothing of products and billing: what the
    form says of them stays.
    """
    if found.kind == "docker":
        return merged(draft, found.draft)
    return with_defaults(found.draft) if found.kind == "line" else found.draft


def _screened(found: Imported) -> Imported:
    """Return it without secrets, saying what was left out; nothing that is said repeats one."""
    secrets = Secrets()
    said = [_unsaid(one, secrets) for one in found.left_out]
    draft, names = with_references(found.draft, secrets)
    draft, fields = without_secret_fields(draft, secrets)
    if names:
        shown = [UNSAID if secrets(name) else name for name in names]
        said.append(LeftOut("secrets", {"names": ", ".join(shown), "first": shown[0]}))
    if fields:
        said.append(LeftOut("secret_fields", {"names": ", ".join(fields)}))
    return replace(found, draft=draft if names or fields else found.draft, left_out=tuple(said))


def _unsaid(one: LeftOut, secrets: Secrets) -> LeftOut:
    params = {
        name: UNSAID if isinstance(value, str) and secrets(value) else value
        for name, value in one.params.items()
    }
    return LeftOut(one.code, params)


def _read_file(path: str) -> str:
    text = Disk().text(path)
    if text is None:
        raise FileNotFoundError(path)
    return text


def _read_below(path: str) -> str:
    """Read a file below the kernel's folder; whoever wrote the text may want another one to be sent.

    Raises
    ------
    PermissionError
        For one that lies elsewhere, whatever links lead to it.
    """
    try:
        there = Path(path).expanduser().resolve()
        is_below = there.is_relative_to(Path.cwd().resolve())
    except (ValueError, RuntimeError):  # no path at all, or nobody's home
        raise FileNotFoundError(path) from None
    if not is_below:
        raise PermissionError(path)
    return _read_file(str(there))
