"""The forms that are compared: each shows the same body, with a preview of its JSON.

A module each, with one class; `load` imports a module only when its form is wanted, so that no
peer pays for the import of another.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers.face import Peer

OURS = "ppio_widgets"
UNLOADED = "ppio_widgets, nothing loaded"
DEFAULT = "hand-made"
SHARED = "hand-made, shared"
LIMIT = "the limit: one model with its own JavaScript"

# In the order in which they take turns.
_HOMES = {
    "ipyautoui": "autoui",
    "ipywidgets-jsonschema": "jsonschema_form",
    DEFAULT: "by_hand",
    SHARED: "by_hand_shared",
    OURS: "ours",
}
NAMES = tuple(_HOMES)


def load(name: str) -> type[Peer]:
    """Return the class of a form, or of what is only shown in JupyterLab.

    `UNLOADED` shows what of ours the load of the catalogue costs; `LIMIT` is what a page can do at best.
    """
    if name == UNLOADED:
        unloaded: type[Peer] = import_module(f"{__name__}.ours").Unloaded
        return unloaded
    home = "own_script" if name == LIMIT else _HOMES[name]
    form: type[Peer] = import_module(f"{__name__}.{home}").Form
    return form


def most_rows(name: str) -> int:
    """Return with how many rows a form is still measured: some would take minutes with more."""
    return 200 if name in ("ipyautoui", "ipywidgets-jsonschema") else 1000
