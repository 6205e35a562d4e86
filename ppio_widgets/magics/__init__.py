"""IPython: the line magic ``%ppio_launch``, registered by ``%load_ext ppio_widgets``.

`launch_magic` reads a line and asks who can answer; the form and the launcher do
the rest. Loading registers names only; the heavy imports wait for the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.magics.launch_magic import PpioMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NAMES = ("ppio_launch",)
_LAUNCH = ("ppio_widgets.launcher.launch", "Launch")


def load(shell: InteractiveShell) -> None:
    """Register the magics, and how a `Launch` displays itself."""
    magics = PpioMagics(shell)
    shell.register_magics(magics)
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type_by_name(*_LAUNCH, magics.display_launch)


def unload(shell: InteractiveShell) -> None:
    """Take away what `load` registered."""
    for name in _NAMES:
        shell.magics_manager.magics["line"].pop(name, None)
    shell.magics_manager.registry.pop(PpioMagics.__name__, None)
    formatter = shell.display_formatter.ipython_display_formatter
    key = ".".join(_LAUNCH)
    formatter.deferred_printers.pop(_LAUNCH, None)
    for known in list(formatter.type_printers):
        if f"{known.__module__}.{known.__qualname__}" == key:
            formatter.pop(known)
