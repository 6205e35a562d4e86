"""What there is once in a notebook's kernel, and what can be known of the notebook that the code runs in.

The one place outside ``magics`` that asks IPython, and only if it is already loaded. A server that runs
the code of several people in one process (Solara, Panel) is asked in the same way whose turn it is.
"""

from __future__ import annotations

import itertools
import re
import sys
import threading
import weakref
from contextlib import suppress
from contextvars import Context, ContextVar
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ppio_widgets import environment
from ppio_widgets.runtime import forks
from ppio_widgets.runtime.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answers = Literal["buttons", "input"]

# What lives further out than who asks for it, as ``module:name`` of this package: who chooses a "cloud", who
# writes down that an instance is gone, who draws a type. The package says so as it is imported, nobody later.
outer_names: dict[str, str] = {}

# The oldest that will do of what a notebook has loaded already; pyproject.toml says the same.
FLOORS = {"IPython": (8, 6), "ipywidgets": (8, 1)}

T = TypeVar("T")

HAS_THREADS = sys.platform not in ("emscripten", "wasi")


def refuse_old() -> None:
    """Raise `ImportError` where a version runs that is too old for this package.

    pip may have put a newer one on the disk meanwhile (Colab): until a restart the kernel goes on with the
    one that it has loaded.
    """
    old = []
    for name, floor in FLOORS.items():
        version = str(getattr(sys.modules.get(name), "__version__", ""))
        read = re.match(r"(\d+)\.(\d+)", version)
        if read is not None and tuple(map(int, read.groups())) < floor:
            old.append({"name": name, "found": version, "floor": ".".join(map(str, floor))})
    if old:
        from ppio_widgets.locale.words import words  # noqa: PLC0415 - rarely needed, and read from a file

        say = words()
        raise ImportError(say("kernel.old", needed=", ".join(say("kernel.needed", **one) for one in old)))


class _Pages:
    """The front ends, by the session that their messages name, whose outputs are on a page with widgets."""

    def __init__(self) -> None:
        self.with_widgets: set[str] = set()


class Kernel:
    """A notebook's kernel, or one person's session of a server: all that there is once in each.

    What one person typed or chose (keys, looks, the practice account) is kept here and never in a module:
    one process may serve several people. In a session (`served`) there are no cells, and no outputs. Without
    `threads` (Pyodide) all that waits shares the one that there is, see `runtime.threads`.
    """

    def __init__(
        self, clock: Clock | None = None, *, served: bool = False, threads: bool = HAS_THREADS
    ) -> None:
        self.clock = clock or Clock()
        self.served = served
        self.threads = threads
        # Each is given once, so that what is named by one has its name alone on a page.
        self.numbers = itertools.count(1)
        self._lock = forks.rlock()
        self._owned: dict[Any, Any] = {}

    def of(self, kind: Callable[[], T]) -> T:
        """Return the one `kind` of this kernel; it is made when first asked for."""
        with self._lock:
            if kind not in self._owned:
                self._owned[kind] = kind()
            return self._owned[kind]  # type: ignore[no-any-return]

    def enter(self) -> None:
        """Be the current one in this context (`contextvars`) on threads of ours, whatever the host says."""
        _entered.set(self)


# By the host's own object of a session (its `id`); None is the kernel, or the process without one.
_kernels: dict[int | None, Kernel] = {}
_opening = forks.lock()
# On a thread of ours: the kernel that began it. The host knows none there, or another one's.
_entered: ContextVar[Kernel] = ContextVar("ppio_widgets_kernel")


class OwnThread(threading.Thread):
    """A thread of ours.

    On another one it does not count which kernel a context has entered: what a thread of ours hands to a
    server's loop (a message to a page) takes its context along, and the next visitor may be served in it.
    """


def current() -> Kernel:
    """Return this kernel, or the host session whose code runs."""
    entered = _entered.get(None)
    if entered is not None and isinstance(threading.current_thread(), OwnThread):
        return entered
    host = _host_session()
    key = None if host is None else id(host)
    with _opening:
        if key not in _kernels:
            _kernels[key] = Kernel(served=host is not None)
            if host is not None:  # what a visitor typed goes with the visit
                weakref.finalize(host, _kernels.pop, key, None)
        return _kernels[key]


def of(kind: Callable[[], T]) -> T:
    """Return the current kernel's one `kind`."""
    return current().of(kind)


def is_one_persons() -> bool:
    """Whether this is an IPython kernel, which is one person's; a server that several visit is none."""
    app = sys.modules.get("ipykernel.kernelapp")
    return app is not None and app.IPKernelApp.initialized() and _host_session() is None


def _host_session() -> object | None:
    """Return the server's own object of the session whose code runs; None outside of such servers.

    A server that is not loaded already is not asked.
    """
    solara = sys.modules.get("solara.server.kernel_context")
    inside = False
    with suppress(RuntimeError):  # outside of any page
        inside = solara is not None and solara.has_current_context()
    if solara is not None and inside:  # one that ends now is an error, and never taken for the process
        context: object = solara.get_current_context()
        return context
    panel, bokeh = sys.modules.get("panel.io.state"), sys.modules.get("bokeh.io.doc")
    try:
        document = panel.state.curdoc if panel is not None else bokeh.curdoc() if bokeh is not None else None
    except RuntimeError:  # the document that was asked for is gone
        return None
    document = getattr(document, "_doc", document)  # from behind the proxy of an unlocked callback
    return document if getattr(document, "session_context", None) is not None else None


def shell() -> Any:
    """Return the running IPython shell, or None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_variable(name: str) -> bool:
    """Whether a name is a variable that the person made, as ``%who`` lists it: ``_`` and ``In`` are not."""
    running = shell()
    names = getattr(running, "user_ns", {})
    if name.startswith("_") or name not in names:
        return False
    hidden = getattr(running, "user_ns_hidden", {})
    return name not in hidden or names[name] is not hidden[name]


def cell_id() -> str | None:
    """Return the front end's id of the cell that is running; None where it tells none (nbclassic)."""
    metadata = _parent().get("metadata") or {}
    of_colab = metadata.get("colab")
    value = metadata.get("cellId") or (of_colab.get("cell_id") if isinstance(of_colab, dict) else None)
    return value if isinstance(value, str) and value else None


def execution() -> int | None:
    """Return the number of the execution that is running."""
    count = getattr(shell(), "execution_count", None)
    return count if isinstance(count, int) else None


def who_answers() -> Answers | None:
    """Return how a question can be answered here, or None where nobody can.

    A front end with widgets tells the id of the cell (JupyterLab, Notebook 7, Colab) or
    is Voilà: there are buttons, as in the session of a server (Solara, Panel). One that tells none
    (nbclassic, a server that runs the cells of a shared notebook) has them once a widget of a cell of its own
    was heard of (`hear_widget`). Else the front end may allow input, or a terminal is there. nbclient and
    papermill offer neither.
    """
    if cell_id() is not None or is_voila() or _host_session() is not None:
        return "buttons"
    if asker() in of(_Pages).with_widgets:
        return "buttons"
    return "input" if takes_input() else None


def is_voila() -> bool:
    """Whether Voilà makes a page of what runs, once all of it ran."""
    return (environment.variable("SERVER_SOFTWARE") or "").startswith("voila")


def asker() -> str:
    """Return which front end asked for what runs now, as its messages name it; empty where none did."""
    return _sender(_parent())


def hear_widget(message: Mapping[str, Any], asked_by: str) -> None:
    """Take note of a message of a widget: who sent it has widgets, and so has who asked for that widget.

    These are two where a server runs the cells and a page shows them. A console of the same kernel is
    neither, as long as the two name different sessions; a front end that names none counts for nobody.
    """
    of(_Pages).with_widgets.update({_sender(message), asked_by} - {""})


def outer(name: str) -> Any:
    """Return what the package names for something that lives further in, imported now."""
    module, _, inside = outer_names[name].partition(":")
    return getattr(import_module(f"ppio_widgets.{module}"), inside)


def publish(bundle: Mapping[str, str], display_id: str, *, update: bool = False) -> None:
    """Show an output in the running cell, or put something else in its place; nothing where there is none.

    An update may come from any thread and at any time: it goes by the id, not by the cell. The bundle is by
    MIME type; an empty one is an output that takes no room.
    """
    publisher = getattr(shell(), "display_pub", None)
    if publisher is None or current().served:
        return
    transient = {"display_id": display_id}
    send = partial(publisher.publish, data=dict(bundle), metadata={}, transient=transient, update=update)
    if update:
        # In no cell's context: then it counts as of the cell that runs now, which is all that nbclient hears.
        with suppress(LookupError):  # ipykernel 7.0 knows no such cell
            Context().run(send)
            return
    send()


def takes_input() -> bool:
    """Whether a cell can ask for a line of text here: the front end allows it, or a terminal is there."""
    parent = _parent()
    if parent:
        return bool(parent.get("content", {}).get("allow_stdin"))
    return sys.stdin is not None and sys.stdin.isatty()


def _sender(message: Mapping[str, Any]) -> str:
    return str((message.get("header") or {}).get("session") or "")


def _parent() -> dict[str, Any]:
    """Return the message that asked for this execution; empty outside a kernel."""
    running = shell()
    for host in (running, getattr(running, "kernel", None)):  # in Pyodide only the shell's kernel tells it
        get_parent = getattr(host, "get_parent", None)
        if callable(get_parent):
            parent: object = None
            with suppress(AttributeError):  # Pyodide's, before the first message
                parent = get_parent()
            return parent if isinstance(parent, dict) else {}
    return {}
