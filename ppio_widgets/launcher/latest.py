"""The body that was last launched, or changed in a form, in this kernel; `%ppio preset save` asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_latest: Mapping[str, Any] | None = None


def note_body(body: Mapping[str, Any]) -> None:
    """Know a body as the one last worked on, unless it is empty."""
    global _latest  # noqa: PLW0603 - one a kernel is the point
    _latest = body or _latest


def latest_body() -> Mapping[str, Any] | None:
    """Return the body last worked on in this kernel; None where there was none."""
    return _latest
