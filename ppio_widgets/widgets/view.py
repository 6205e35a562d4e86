"""A view belongs to the cell that made it: running the cell again closes it.

What a view asks a cloud for it asks once a page has drawn it: then the constant script presses a button that
nobody sees. Where no script may run, loading begins a moment after IPython displayed the view or, in a
container (`VBox`, `Tab`), of which nobody tells, a few seconds after it was made. Where there are no buttons,
nothing is drawn, and loading begins at once.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager, suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from traitlets import TraitError

from ppio_widgets.cards.html import html
from ppio_widgets.errors import log_fault
from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markupsafe import Markup

    from ppio_widgets.locale.words import Words
    from ppio_widgets.widgets.saved_output import SavedOutput

_ANSWERS = ("·", "··")

# By then a page whose scripts run has told of the view.
UNANNOUNCED_SECONDS = 5.0
DISPLAYED_SECONDS = 1.0  # of one that was displayed by itself
VOILA_SECONDS = 30.0  # its page is yet to be made, and misses what is told meanwhile


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a callback of a `Guarded`.

    It runs under the session's lock, does nothing after `close` or while the controls are being filled, and
    turns any exception into a status line and one log record: its type and our frames, never its text, which
    may hold what was typed.
    """

    @wraps(method)
    def callback(self: Guarded, *args: Any) -> None:
        with self.session.lock:
            if self.session.closed or self._is_filling:
                return
            try:
                method(self, *args)
            except Exception as error:  # noqa: BLE001 - whatever a view raises
                log_fault("form", error)
                with suppress(Exception):  # a page that cannot be told hears nothing of this either
                    self.show_fault(type(error).__name__)

    return callback


class Guarded:
    """What has callbacks: it knows its session, which has a lock and an end, and can show a failure."""

    session: Any
    say: Words
    _is_filling = False

    def show_fault(self, kind: str) -> None:
        """Tell the person, in the status line, that something of ours failed."""
        raise NotImplementedError

    def _hear(self, source: Any, call: Callable[[], object], *traits: str) -> None:
        """Call when one of the traits of a session or a control changes."""
        source.observe(partial(self._on_news, call), traits)

    def _button(self, words: str, on_press: Callable[[], object], *classes: str, **traits: Any) -> w.Button:
        button = theme.control(w.Button, *classes, description=words, **traits)
        button.on_click(partial(self._on_news, on_press))
        return button

    @contextmanager
    def _filling(self) -> Iterator[None]:
        """Change the controls without taking it for what a person does."""
        self._is_filling = True
        try:
            yield
        finally:
            self._is_filling = False

    @guarded
    def _on_news(self, call: Callable[[], object], news: Any) -> None:
        """Take what a person did, whatever another thread showed in the control meanwhile."""
        control = getattr(news, "owner", None)
        if isinstance(control, w.Widget) and news.name == "value" and control.value != news.new:
            with self._filling(), suppress(TraitError):  # no choice any longer
                control.value = news.new
        call()


class Part(Guarded):
    """A piece of a view or of another piece: it observes its owner's session, or one of its own."""

    def __init__(self, owner: Guarded, session: Any = None) -> None:
        self.session = owner.session if session is None else session
        self.say = owner.say
        self._tell_fault = owner.show_fault

    def show_fault(self, kind: str) -> None:
        """Have the view tell it."""
        self._tell_fault(kind)

    def close(self) -> None:
        """Close every widget and every part that it holds, out of sight as well."""
        for held in vars(self).values():
            close_all(held)


def close_all(held: Any) -> None:
    """Close a widget with all in it, a part, or those in a list or a dict; anything else stays."""
    if isinstance(held, list | tuple | dict):
        for one in held.values() if isinstance(held, dict) else held:
            close_all(one)
    elif isinstance(held, Part):
        held.close()
    elif isinstance(held, w.Widget):
        close_all(getattr(held, "children", ()))
        held.close()


class _Page:
    """What is known of the pages of this kernel or session, and of the views of its cells.

    A cell may make several views, and each of them takes over what the earlier ones knew: `replaced` has the
    execution of a cell that last replaced something, and what.
    """

    def __init__(self) -> None:
        self.runs_scripts = False
        self.made: dict[str, weakref.WeakSet[View]] = {}
        self.replaced: dict[str, tuple[int | None, list[View]]] = {}


class View(Guarded, w.Box):
    """A box that shows a session in the cell that made it; it has `session` and `say` before it is built.

    `remains` is what is left of it in a notebook without its kernel; `parts` are closed with it; `top` is
    HTML above its children. `execution` is that of the cell that made it.
    """

    children: Any  # a trait of ipywidgets, which ships no types
    _told: w.HTML  # where a fault is told
    _css = "ppw-card"
    _top_css: tuple[str, ...] = ()

    def __init__(
        self,
        remains: SavedOutput,
        children: Sequence[w.Widget],
        parts: Sequence[Part],
        top: str = "",
    ) -> None:
        self._remains = remains
        self._parts = parts
        self._appeared = False
        self._unannounced = forks.event()
        self.execution = kernel.execution()
        self._top = theme.html(self._with_looks(top), *self._top_css)
        # Out of sight. The script presses it when the view comes to a page, and after each click; by
        # changing its words the kernel answers. Its tooltip is what the script says where none comes.
        self._shown = self._button(_ANSWERS[0], self._on_shown, "ppw-shown", tooltip=self.say("form.silent"))
        children = [self._top, *children, self._shown]
        super().__init__(children=children, layout=theme.looks().shared(), _dom_classes=["ppw", self._css])
        # Only now, when the new one stands, may the old ones go.
        replaced, cell, page = earlier(), kernel.cell_id(), kernel.of(_Page)
        for view in replaced:
            if not view.busy:
                view.close()
        if cell:
            page.replaced[cell] = self.execution, replaced
            page.made.setdefault(cell, weakref.WeakSet()).add(self)
        if kernel.who_answers() == "buttons":
            remains.place()
            if not page.runs_scripts:
                self._await_script(UNANNOUNCED_SECONDS)

    @property
    def busy(self) -> bool:
        """Whether it must not be closed by a new one."""
        return False

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed; all else stays."""
        self._told.value = html("<p class=ppw-bad>{}</p>", self.say("form.fault", kind=kind))

    def appear(self) -> None:
        """Begin what a view on a page does: load, watch; called once."""
        self.session.watch()

    def close(self) -> None:
        """Close every widget and follow nothing any longer; what was launched goes on."""
        if "_parts" not in self.__dict__ or self.session.closed:  # one that was not built is closed as well
            return
        self.session.close()
        self._unannounced.set()
        for part in self._parts:
            part.close()
        self._remains.close()
        close_all(self.children)
        super().close()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Be displayed (IPython's hook): beside the view there is always something that needs no kernel."""
        shown = dict(super()._repr_mimebundle_(**options))
        if kernel.who_answers() != "buttons":
            self._appear()
            return {**shown, **self._remains.bundle()}
        if not kernel.of(_Page).runs_scripts:
            self._await_script(DISPLAYED_SECONDS)
        self._remains.show()
        return {**shown, "text/html": str(self._remains.pointer())}

    def _drop(self, widget: w.Widget) -> None:
        """Take a child away and close it."""
        self.children = [child for child in self.children if child is not widget]
        close_all(widget)

    def _with_looks(self, top: str) -> Markup:
        """Return what stands on top behind the stylesheet and the script, which every view brings along.

        Where that script may not run, the notebook's shortcuts reach the view: there it says so.
        """
        unscripted = html("<p class=ppw-bare>{}</p>", self.say("form.shortcuts"))
        return self._remains.style + theme.stylesheet() + theme.script() + unscripted + top

    def _await_script(self, seconds: float) -> None:
        self._unannounced.set()
        seconds = VOILA_SECONDS if kernel.is_voila() else seconds
        self._unannounced = threads.after(seconds, self._on_unannounced)

    def _appear(self) -> None:
        with self.session.lock:
            first, self._appeared = not self._appeared, True
        self._unannounced.set()
        if first and not self.session.closed:
            self.appear()

    def _on_shown(self) -> None:
        """Hear from the script that the view is on a page, or that somebody clicked; answer each time."""
        kernel.of(_Page).runs_scripts = True
        first, second = _ANSWERS
        self._shown.description = second if self._shown.description == first else first
        self._remains.stay()
        self._appear()

    @guarded
    def _on_unannounced(self) -> None:
        if not kernel.of(_Page).runs_scripts:
            self._appear()


def earlier() -> list[View]:
    """Return what this run of a cell replaces: what earlier ones made and was open; none without an id."""
    cell, execution, page = kernel.cell_id() or "", kernel.execution(), kernel.of(_Page)
    still_open = [
        view for view in page.made.get(cell, ()) if not view.session.closed and view.execution != execution
    ]
    by_execution, closed = page.replaced.get(cell, (None, []))
    return [*(closed if by_execution == execution else []), *still_open]
