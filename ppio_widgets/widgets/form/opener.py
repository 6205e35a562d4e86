"""A button that opens something below it, which is built when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words


class Opener:
    """What a chooser of products, of templates and of texts to import have in common.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    show_fault : callable
        See `view.Guarded`.
    words : str
        ``words.open`` and ``words.close`` stand on the button.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self, session: LaunchSession, say: Words, show_fault: Callable[[str], None], words: str
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        self._words = words
        self._parts: list[w.Widget] = []
        self._open = theme.button(say(f"{words}.open"), "ppw-find")
        self._open.on_click(self._on_open)
        self.box = theme.box([self._open], "ppw-chooser")

    @property
    def is_open(self) -> bool:
        """Whether something stands below the button."""
        return len(self.box.children) > 1

    def build(self) -> list[w.Widget]:
        """Return what stands below the button, in its order."""
        raise NotImplementedError

    def fill(self) -> None:
        """Bring what stands below the button up to date, before it is shown."""

    def shown(self) -> list[w.Widget]:
        """Return what of it is to be seen now."""
        return self._parts

    def close(self) -> None:
        """Close what is out of sight as well."""
        for widget in self._parts:
            widget.close()

    def fold(self) -> None:
        """Put away what was opened; what was typed there stays."""
        self.box.children = [self._open]
        self._open.description = self._say(f"{self._words}.open")

    @guarded
    def _on_open(self, _button: Any) -> None:
        if self.is_open:
            self.fold()
            return
        self._parts = self._parts or self.build()
        self.fill()
        self.box.children = [self._open, *self.shown()]
        self._open.description = self._say(f"{self._words}.close")
