"""Waiting for an instance without watching it: a look now and then, on the thread that waits."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import OFF, InstanceStatus
from ppio_widgets.errors import ApiError, CredentialsError, PpioError, is_gone
from ppio_widgets.instances.actions import SLOWEST_POLL_SECONDS
from ppio_widgets.instances.watcher import POLL_SECONDS
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.instances.instance import Instance

log = logging.getLogger("ppio_widgets")


def wait_for(instance: Instance, until: str, timeout: float | None) -> None:
    """Return when the instance is so far, rests elsewhere, or the time is over.

    Raises
    ------
    ApiError, CredentialsError
        When it cannot be looked at at all; what passes is tried again, more slowly.
    """
    began, pause, quiet = threads.tick(), POLL_SECONDS, threading.Event()
    while True:
        try:
            instance.look()
            pause = POLL_SECONDS
        except ApiError as error:
            missing = is_gone(error) and instance.detail is not None  # it is looked for until that is proved
            if 400 <= error.status < 500 and error.status != 429 and not missing:
                raise
            pause = max(min(pause * 2, SLOWEST_POLL_SECONDS), error.retry_after or 0.0)
        except CredentialsError:
            raise
        except PpioError as error:
            log.info("wait: %s", type(error).__name__)
            pause = min(pause * 2, SLOWEST_POLL_SECONDS)
        left = None if timeout is None else began + timeout - threads.tick()
        seen = instance.detail
        if (seen is not None and _is_over(seen, until)) or (left is not None and left <= 0):
            return
        threads.clock.wait(quiet, pause if left is None else min(pause, left))


def _is_over(seen: InstanceDetail, until: str) -> bool:
    there = seen.status == until or (until in OFF and seen.status in OFF)
    return there or bool(seen.error) or seen.is_gone or (seen.at_rest and until == InstanceStatus.RUNNING)
