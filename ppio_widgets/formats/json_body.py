"""A whole body from a cell, a file, a line or the notebook; nothing is read from a disk here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ppio_widgets.formats.line.options import BODY_FILE
from ppio_widgets.formats.line.tokens import LineError
from ppio_widgets.request.json_text import read_json
from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.secrets.patterns import looks_like_key


class Outside(Protocol):
    """What a line can reach beyond itself; the magic hands it in."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the kernel."""

    def text(self, path: str) -> str | None:
        """Return what a file holds; None when there is no such file.

        Raises
        ------
        LineError
            When it cannot be read.
        """

    def holds_secret(self, text: str) -> bool:
        """Whether a secret that is known here, or what looks like one, stands in a text."""


class Nothing:
    """No file is there, and no variable."""

    environ: Mapping[str, str] = {}

    def text(self, _path: str) -> None:
        """Return that there is no such file."""

    def holds_secret(self, text: str) -> bool:
        """Go by the looks: nothing is known."""
        return looks_like_key(text)


def body_of(value: Any) -> Mapping[str, Any]:
    """Return the body that an object of the notebook stands for.

    Parameters
    ----------
    value : mapping, CreateInstanceRequest, LaunchForm or LaunchPlan
        The last two are known by what they have: no ring outside is imported here.

    Raises
    ------
    LineError
        For anything else.
    """
    if isinstance(value, CreateInstanceRequest):
        return value.body()
    of_plan = getattr(getattr(value, "report", None), "body", None)
    of_form = getattr(value, "value", None)
    for body in (value, of_plan, of_form):
        if isinstance(body, Mapping):
            return body
    raise LineError("body_object", kind=type(value).__name__)


def body_in_text(text: str, outside: Outside, option: str = "--body") -> Mapping[str, Any]:
    """Return the body that is given as text: JSON, or the path of a file that holds it.

    Parameters
    ----------
    text : str
    outside : Outside
    option : str
        What it was given by, for a message.

    Raises
    ------
    LineError
        When it is neither, or the file cannot be read or is no JSON.
    """
    of_line = option == "--body"
    content = None if text.lstrip().startswith(("{", "[")) else outside.text(text)
    if content is not None:
        value, _ = read_json(content, "file_json", path=text)
    elif text.endswith(BODY_FILE):
        raise LineError("file_missing", option=option, path=text)
    else:
        value, _ = read_json(text, "body_json" if of_line else "import_json")
    return _object(value, "body_object" if of_line else "body_kind")


def body_in_cell(cell: str) -> Mapping[str, Any]:
    """Return the body that stands in the cell of ``%%ppio_launch``.

    Raises
    ------
    LineError
        When the cell is empty, or no JSON: lines are counted from the magic's own.
    """
    if not cell.strip():
        raise LineError("cell_empty")
    value, _ = read_json(cell, "cell_json", before="\n")
    return _object(value, "body_object")


def _object(value: Any, code: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LineError(code, kind=type(value).__name__)
    return value
