"""A whole body from a cell, a file, a line or the notebook; nothing is read from a disk here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.request.options import BODY_FILE
from ppio_widgets.request.shapes import looks_like_key
from ppio_widgets.request.tokens import LineError


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


def body_in_text(text: str, outside: Outside) -> Mapping[str, Any]:
    """Return the body that ``--body`` gives as text: JSON, or the path of a file that holds it.

    Raises
    ------
    LineError
        When it is neither, or the file cannot be read or is no JSON.
    """
    content = None if text.lstrip().startswith(("{", "[")) else outside.text(text)
    if content is not None:
        return _object(_parsed(content, "file_json", path=text))
    if text.endswith(BODY_FILE):
        raise LineError("file_missing", option="--body", path=text)
    return _object(_parsed(text, "body_json"))


def body_in_cell(cell: str) -> Mapping[str, Any]:
    """Return the body that stands in the cell of ``%%ppio_launch``.

    Raises
    ------
    LineError
        When the cell is empty, or no JSON: lines are counted from the magic's own.
    """
    if not cell.strip():
        raise LineError("cell_empty")
    return _object(_parsed(cell, "cell_json", above=1))


def _parsed(text: str, code: str, above: int = 0, **params: object) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason, line, column = error.msg, error.lineno, error.colno
    except (ValueError, RecursionError) as error:  # a number of too many digits; too deep
        reason, line, column = str(error), 1, 1
    raise LineError(code, reason=reason, line=line + above, column=column, **params)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LineError("body_object", kind=type(value).__name__)
    return value
