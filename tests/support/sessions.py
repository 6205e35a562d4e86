"""Servers that run several people's code in one process, as far as the product asks them whose turn it is."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Visit:
    """One person's session; like Solara's context and Bokeh's document it can be referred to weakly."""

    __hash__ = None  # Solara's is a dataclass, which no dict takes as a key

    def __init__(self) -> None:
        self.session_context = object()


class Solara:
    """`solara.server.kernel_context`: by thread, and a thread that it does not know has none."""

    def __init__(self, monkeypatch) -> None:
        self._by_thread: dict[int, Visit | None] = {}
        module = ModuleType("solara.server.kernel_context")
        module.has_current_context = self._has
        module.get_current_context = self._get
        monkeypatch.setitem(sys.modules, "solara.server.kernel_context", module)

    def _has(self) -> bool:
        return self._by_thread.get(threading.get_ident()) is not None

    def _get(self) -> Visit:
        visit = self._by_thread.get(threading.get_ident())
        if visit is None:
            raise RuntimeError("Tried to get the current context for thread, but no known context found.")
        return visit

    @contextmanager
    def turn_of(self, visit: Visit) -> Iterator[None]:
        self._by_thread[threading.get_ident()] = visit
        try:
            yield
        finally:
            self._by_thread[threading.get_ident()] = None


class Bokeh:
    """`bokeh.io.curdoc`: one for the whole process, so that a thread may see another person's."""

    def __init__(self, monkeypatch) -> None:
        self._patched: list[Visit] = []
        self._default = SimpleNamespace(session_context=None)
        module = ModuleType("bokeh.io.doc")
        module.curdoc = lambda: (self._patched or [self._default])[-1]
        monkeypatch.setitem(sys.modules, "bokeh.io.doc", module)

    @contextmanager
    def turn_of(self, visit: Visit) -> Iterator[None]:
        self._patched.append(visit)
        try:
            yield
        finally:
            self._patched.pop()


class Panel(Bokeh):
    """`panel.io.state`: what its context says, else Bokeh's."""

    def __init__(self, monkeypatch) -> None:
        super().__init__(monkeypatch)
        own: ContextVar[Visit | None] = ContextVar("curdoc", default=None)
        curdoc = sys.modules["bokeh.io.doc"].curdoc

        class State:
            @property
            def curdoc(self) -> Visit | None:
                found = own.get() or curdoc()
                return found if found.session_context is not None else None

        self._own = own
        module = ModuleType("panel.io.state")
        module.state = State()
        monkeypatch.setitem(sys.modules, "panel.io.state", module)

    @contextmanager
    def turn_of(self, visit: Visit) -> Iterator[None]:
        token = self._own.set(visit)
        try:
            yield
        finally:
            self._own.reset(token)


SERVERS: tuple[Callable[..., Solara | Bokeh], ...] = (Solara, Bokeh, Panel)
