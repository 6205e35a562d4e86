"""Fields that the API does not know: a button removes each, or gives it the name that was meant."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale.text import UNSAID
from ppio_widgets.request.draft import renamed, value_at, without
from ppio_widgets.request.schema import dotted
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.request.schema import Path

MOST_OFFERED = 4
LONGEST_NAME = 40

# A path, and the name that was meant or none.
_Found = tuple["Path", str]


class UnknownFields:
    """The buttons, made when there is such a field and closed when it is gone.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    show_fault : callable
        See `guard.View`.
    on_filled : callable
        Called with the draft that is to be shown.
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        on_filled: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        self._on_filled = on_filled
        self._found: list[_Found] = []
        self._buttons: list[w.Widget] = []

    def buttons(self) -> list[w.Widget]:
        """Return the buttons for the fields of the draft as it is."""
        found = self._in_draft()
        if found != self._found:
            self.close()
            self._found = found
            self._buttons = [button for path, meant in found for button in self._of(path, meant)]
        return self._buttons

    def close(self) -> None:
        """Close the buttons."""
        for button in self._buttons:
            button.close()
        self._found, self._buttons = [], []

    def _in_draft(self) -> list[_Found]:
        problems = self.session.report.problems
        found = [
            (path, str(problem.params.get("meant", "")))
            for path, problem in problems.items()
            if problem.code in ("unknown", "unknown_meant")
        ]
        return found[:MOST_OFFERED]

    def _of(self, path: Path, meant: str) -> list[w.Widget]:
        name = dotted(path)
        name = UNSAID if looks_like_key(name) else name
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        remove = theme.button(self._say("problem.remove", name=name), "ppw-fix")
        remove.on_click(partial(self._on_remove, path))
        if not meant or value_at(self.session.draft, (*path[:-1], meant)) is not None:
            return [remove]
        rename = theme.button(self._say("problem.rename", name=name, meant=meant), "ppw-fix")
        rename.on_click(partial(self._on_rename, path, meant))
        return [rename, remove]

    @guarded
    def _on_remove(self, path: Path, _button: Any) -> None:
        self._on_filled(without(self.session.draft, path))

    @guarded
    def _on_rename(self, path: Path, meant: str, _button: Any) -> None:
        self._on_filled(renamed(self.session.draft, path, meant))
