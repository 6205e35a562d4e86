"""What ``%load_ext ppio_widgets`` registers: names only; what they do is imported with the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from ppio_widgets.formats.line import options
from ppio_widgets.locale.words import words
from ppio_widgets.magics import completion, greeting
from ppio_widgets.magics.completers import launch_completer
from ppio_widgets.magics.verbs import ppio_completer
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ppio_widgets.launches.launch import Launch

COMPLETERS = {"ppio_launch": launch_completer, "ppio": ppio_completer}
_LAUNCH = "ppio_widgets.launches.launch.Launch"


@magics_class
class PpioMagics(Magics):
    """``%ppio_launch``, ``%%ppio_launch`` and ``%ppio``."""

    @no_var_expand
    @line_cell_magic
    @without_frames
    def ppio_launch(self, line: str, cell: str | None = None) -> Any:
        """Launch a PPIO GPU instance from a line; without options, open the form."""
        from ppio_widgets.magics import launch_magic  # noqa: PLC0415 - heavy, on first use

        return launch_magic.run(line, self._lookup, cell)

    @no_var_expand
    @line_magic
    @without_frames
    def ppio(self, line: str) -> Any:
        """Sign in and out, choose the cloud, see and settle launches, see and stop instances."""
        from ppio_widgets.magics import ppio_magic  # noqa: PLC0415 - heavy, on first use

        return ppio_magic.run(line, self._lookup)

    def _lookup(self, expression: str) -> Any:
        return eval(expression, self.shell.user_global_ns, self.shell.user_ns)  # noqa: S307 - the person's own notebook


# For `%ppio?`: asked by IPython when it is shown, in the language of that moment.
PpioMagics.ppio.getdoc = lambda: words()("ppio.usage")
PpioMagics.ppio_launch.getdoc = lambda: options.usage(words())


@without_frames
def _display_launch(launch: Launch) -> None:
    """Display a launch; nothing where this execution has shown it already."""
    if launch.shown_in != kernel.execution():
        display(launch._repr_mimebundle_(), raw=True)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics, and how a `Launch` is displayed; tell of what was left open or on."""
    shell.register_magics(PpioMagics(shell))
    completion.install(shell, COMPLETERS)
    shell.display_formatter.ipython_display_formatter.for_type(_LAUNCH, _display_launch)
    greeting.tell_of_open_launches()
    greeting.greet_soon()


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take away what loading registered."""
    completion.remove(shell)
    for name in COMPLETERS:
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(name, None)
    shell.magics_manager.registry.pop(PpioMagics.__name__, None)
    shell.display_formatter.ipython_display_formatter.pop(_LAUNCH, None)
