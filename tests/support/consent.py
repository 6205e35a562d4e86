"""Answering a question the way a person does: after reading it."""

from __future__ import annotations

from ppio_widgets.runtime import kernel
from tests.support.threads import wait_for_threads

# More than a question asks for.
READING_SECONDS = 1.0


def let_read() -> None:
    """Let the time pass in which a question takes no answer; call it between asking and answering.

    A price that comes to be known meanwhile has to be read as well, so it is waited for.
    """
    wait_for_threads("ppio-catalogue")
    clock = kernel.current().clock
    before = clock.monotonic
    clock.monotonic = lambda: before() + READING_SECONDS  # type: ignore[method-assign]
