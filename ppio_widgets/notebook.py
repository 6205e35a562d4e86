"""What can be known of the notebook that the code runs in.

The one place outside ``magics`` that asks IPython, and only if it is already
loaded: forms and magics both need to know which cell they stand in.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

Answers = Literal["buttons", "input"]

# The widget that displays a class, both as ``module:name``. The package says so in its
# outermost ring; what is displayed lives further in and knows no widgets.
live_views: dict[str, str] = {}

T = TypeVar("T")

# By session, what there is one of in each.
_owned: dict[Hashable, dict[Any, Any]] = {}
_owning = threading.RLock()


def of(kind: Callable[[], T]) -> T:
    """Return the one `kind` of this kernel or host session; it is made when first asked for.

    What one person typed or chose (keys, looks, the practice account) is kept here and never in
    a module: one process may serve several people.
    """
    with _owning:
        owned = _owned.setdefault(session_id(), {})
        if kind not in owned:
            owned[kind] = kind()
        return owned[kind]  # type: ignore[no-any-return]


def session_id() -> Hashable:
    """Return what tells this kernel or host session from the others of its process."""
    return None


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
    """Return the front end's id of the cell that is running; None where it tells none."""
    value = _parent().get("metadata", {}).get("cellId")
    return value if isinstance(value, str) and value else None


def execution() -> int | None:
    """Return the number of the execution that is running."""
    count = getattr(shell(), "execution_count", None)
    return count if isinstance(count, int) else None


def who_answers() -> Answers | None:
    """Return how a question can be answered here, or None where nobody can.

    A front end with widgets tells the id of the cell (JupyterLab, Notebook 7) or
    is Voilà: there are buttons. Else the front end may allow input, or a
    terminal is there. nbclient and papermill offer neither.
    """
    if cell_id() is not None or os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return "buttons"
    return "input" if takes_input() else None


def live_view(thing: Any) -> Any:
    """Return the widget that displays a thing; None where nobody can click, or there is no such widget."""
    kind = type(thing)
    view = live_views.get(f"{kind.__module__}:{kind.__qualname__}")
    if view is None or who_answers() != "buttons":
        return None
    module, _, name = view.partition(":")
    return getattr(import_module(module), name)(thing)


def publish(bundle: Mapping[str, str], display_id: str, *, update: bool = False) -> None:
    """Show an output in the running cell, or put something else in its place; nothing outside IPython.

    An update may come from any thread and at any time: it goes by the id, not by the cell.

    Parameters
    ----------
    bundle : mapping of str to str
        By MIME type; an empty one is an output that takes no room.
    display_id : str
    update : bool
        Whether to replace what was shown by this id, wherever that was.
    """
    publisher = getattr(shell(), "display_pub", None)
    if publisher is not None:
        publisher.publish(data=dict(bundle), metadata={}, transient={"display_id": display_id}, update=update)


def takes_input() -> bool:
    """Whether a cell can ask for a line of text here: the front end allows it, or a terminal is there."""
    parent = _parent()
    if parent:
        return bool(parent.get("content", {}).get("allow_stdin"))
    return sys.stdin is not None and sys.stdin.isatty()


def _parent() -> dict[str, Any]:
    """Return the message that asked for this execution; empty outside a kernel."""
    get_parent = getattr(shell(), "get_parent", None)
    parent = get_parent() if callable(get_parent) else None
    return parent if isinstance(parent, dict) else {}
