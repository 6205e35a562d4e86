"""What ``%load_ext ppio_widgets`` registers: names only; the heavy imports wait for the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.magics import completion, greeting
from ppio_widgets.magics.completers import launch_completer
from ppio_widgets.magics.launch_magic import LaunchMagics
from ppio_widgets.magics.ppio_magic import PpioMagics, ppio_completer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

COMPLETERS = {"ppio_launch": launch_completer, "ppio": ppio_completer}
_LAUNCH = ("ppio_widgets.launches.launch", "Launch")


def load(shell: InteractiveShell) -> None:
    """Register the magics, and how a `Launch` displays itself; tell of what was left open or on."""
    magics = LaunchMagics(shell)
    shell.register_magics(magics, PpioMagics(shell))
    completion.install(shell, COMPLETERS)
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type_by_name(*_LAUNCH, magics.display_launch)
    greeting.tell_of_open_launches()
    greeting.greet_soon()


def unload(shell: InteractiveShell) -> None:
    """Take away what `load` registered."""
    completion.remove(shell)
    for name in COMPLETERS:
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(name, None)
    for magics in (LaunchMagics, PpioMagics):
        shell.magics_manager.registry.pop(magics.__name__, None)
    formatter = shell.display_formatter.ipython_display_formatter
    key = ".".join(_LAUNCH)
    formatter.deferred_printers.pop(_LAUNCH, None)
    for known in list(formatter.type_printers):
        if f"{known.__module__}.{known.__qualname__}" == key:
            formatter.pop(known)
