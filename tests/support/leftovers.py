"""What a test must not leave behind: open views, and threads that act in the tests after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets.widgets.widget import _instances

from ppio_widgets.instances import watcher
from ppio_widgets.runtime import kernel
from ppio_widgets.widgets.view import View
from tests.support.threads import threads_that_stay, where

if TYPE_CHECKING:
    import threading
    from collections.abc import Container, Iterator


def open_views(earlier: Container[View] = ()) -> list[View]:
    """Return the forms, cards and boards that are open, but for those that were there earlier."""
    return [one for one in list(_instances.values()) if isinstance(one, View) and one not in earlier]


def left_behind(threads: Container[threading.Thread], views: Container[View]) -> Iterator[str]:
    """Give a sentence for each view and each thread that is left, beside the earlier ones, and end it."""
    for view in open_views(views):
        view.close()
        yield f"a {type(view).__name__} was left open"
    stay = threads_that_stay(earlier=threads)
    yield from (f"a thread outlives the test: {where(one)}" for one in stay)
    if stay:
        end_watches()


def end_watches() -> None:
    """End what is watched: no thread polls on behind the tests that follow."""
    for one in list(kernel.of(watcher.Watchers).watches):
        one.end()
