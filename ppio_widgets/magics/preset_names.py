"""Presets by their names, for completion: their folder is listed as one of files is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.magics.completion_context import Proposal, beginning

if TYPE_CHECKING:
    from ppio_widgets.magics.completion_context import LineContext


def presets(text: str, _scene: LineContext) -> list[Proposal]:
    """Return the presets whose names begin so; none where their folder cannot be read."""
    from ppio_widgets.errors import PresetRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.launches.presets import preset_names  # noqa: PLC0415

    try:
        names = preset_names()
    except PresetRefused:
        return []
    return beginning(text, (Proposal(name) for name in names))
