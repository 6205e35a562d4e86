"""The body that was last launched, or changed in a form, in this kernel; `%ppio preset save` asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Latest:
    """The body itself; None before there was one."""

    body: Mapping[str, Any] | None = None


def note_body(body: Mapping[str, Any]) -> None:
    """Know a body as the one last worked on, unless it is empty."""
    if body:
        kernel.of(_Latest).body = body


def latest_body() -> Mapping[str, Any] | None:
    """Return the body last worked on in this kernel; None where there was none."""
    return kernel.of(_Latest).body
