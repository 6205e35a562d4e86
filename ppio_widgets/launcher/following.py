"""Following an instance until it runs, or until it is clear that it will not."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.errors import ApiError, PpioError, frames_of

if TYPE_CHECKING:
    import threading

    from ppio_widgets.launcher.launch import Launch
    from ppio_widgets.launcher.wire import Wire

log = logging.getLogger("ppio_widgets")

POLL_SECONDS = 2.0
SLOWEST_POLL_SECONDS = 30.0


def follow(launch: Launch, wire: Wire, stop: threading.Event) -> None:
    """Look at a launch's instance until it rests; a failed look is tried again, more slowly."""
    pause = POLL_SECONDS
    while not stop.is_set():
        try:
            seen = wire.get_instance(str(launch.id))
            pause = POLL_SECONDS
            launch.see(seen)
        except Exception as error:  # noqa: BLE001 - nobody else would look again
            if launch.instance is not None and is_gone(error):
                launch.see(replace(launch.instance, status="removed"))
            elif isinstance(error, PpioError):
                log.info("follow: %s", type(error).__name__)
            else:
                log.error("follow: %s in %s", type(error).__name__, frames_of(error))  # noqa: TRY400 - no text of it
            pause = min(pause * 2, SLOWEST_POLL_SECONDS)
        if launch.settled or stop.wait(pause):
            return


def is_gone(error: Exception) -> bool:
    """Whether the server knows no such instance (PPIO's v2 API answers 400, not 404)."""
    return isinstance(error, ApiError) and (error.status == 404 or error.reason == "RESOURCE_NOT_FOUND")
