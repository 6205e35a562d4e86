"""What is different from the last launch of the same name, or from the preset that was the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PresetRefused
from ppio_widgets.formats.diff import HIDDEN, Change, changes
from ppio_widgets.launches.history import last_body_of
from ppio_widgets.launches.presets import load_preset
from ppio_widgets.secrets.scrub import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.locale import Words

MOST_SHOWN = 12

# An old one comes from a file, and may hold a token that nobody would look for in this notebook.
_VEILED = (("command",), ("entrypoint",))


@dataclass(frozen=True)
class Since:
    """Changes, and since what.

    Attributes
    ----------
    what : str
        ``"launch"`` or ``"preset"``.
    name : str
    changes : tuple of Change
        An old command or entrypoint is not kept: dots stand for it.
    """

    what: str
    name: str
    changes: tuple[Change, ...]

    def sentences(self, say: Words) -> list[str]:
        """Return what changed, a line each after one that says since when."""
        if not self.changes:
            return [say(f"since.{self.what}_same", name=self.name)]
        told = [one.sentence(say) for one in self.changes[:MOST_SHOWN]]
        more = len(self.changes) - len(told)
        rest = [say("since.more", n=more)] if more > 0 else []
        return [say(f"since.{self.what}", name=self.name), *told, *rest]


def changed_since(body: Mapping[str, Any], target: Target, preset: str = "") -> Since | None:
    """Compare a body with the last launch of its name, and where there is none with its preset.

    Reads the ledger and the presets: not for the kernel's own thread.

    Parameters
    ----------
    body : mapping
    target : Target
        The cloud that it would go to.
    preset : str
        Name of the preset that it began with.

    Returns
    -------
    Since or None
        None when there is nothing to compare it with.
    """
    name = str(body.get("name", ""))
    before = last_body_of(name, target)
    if before is not None:
        return Since("launch", name, _veiled(changes(before, body, values_unknown=True, is_secret=Secrets())))
    if not preset:
        return None
    try:
        return Since("preset", preset, _veiled(changes(load_preset(preset), body, is_secret=Secrets())))
    except PresetRefused:
        return None


def _veiled(found: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return the changes without what a command was before; that it is another one is still said."""
    return tuple(
        replace(one, before=HIDDEN) if one.path in _VEILED and one.before is not None else one
        for one in found
    )
