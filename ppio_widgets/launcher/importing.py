"""A text from elsewhere as a draft, with the kernel's files and without anybody's secrets."""

from __future__ import annotations

from dataclasses import replace

from ppio_widgets.launcher.outside import Disk
from ppio_widgets.launcher.shareable import with_references
from ppio_widgets.request.draft import Draft, merged, with_defaults
from ppio_widgets.request.imported import Imported, LeftOut
from ppio_widgets.request.reading import read_any


def import_text(text: str) -> Imported:
    """Read a JSON body, a curl line, a ``%ppio_launch`` line or a docker run.

    The value of a variable that is a secret is not taken: a reference to the kernel's
    environment stands in its place, and that is said.

    Raises
    ------
    LineError
        For a text that is none of them, or cannot be read.
    """
    found = read_any(text, read_file=_read_file)
    draft, names = with_references(found.draft)
    if not names:
        return found
    said = LeftOut("secrets", {"names": ", ".join(names), "first": names[0]})
    return replace(found, draft=draft, left_out=(*found.left_out, said))


def over(found: Imported, draft: Draft) -> Draft:
    """Return what a form holds once a text is applied to it.

    A body replaces everything. A docker run knows nothing of products and billing: what the
    form says of them stays.
    """
    if found.kind == "docker":
        return merged(draft, found.draft)
    return with_defaults(found.draft) if found.kind == "line" else found.draft


def _read_file(path: str) -> str:
    text = Disk().text(path)
    if text is None:
        raise FileNotFoundError(path)
    return text
