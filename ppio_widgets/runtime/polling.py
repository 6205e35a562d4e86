"""Looking again and again, on the thread that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


def poll(look: Callable[[], float | None], called_off: threading.Event | None = None) -> bool:
    """Look until there is nothing left to wait for; False when it was called off before.

    `look` returns the seconds until the next one, None for no more. Nothing is waited for after the last one.
    """
    event = called_off if called_off is not None else forks.event()
    while (pause := look()) is not None:
        if threads.wait(event, pause):
            return False
    return True
