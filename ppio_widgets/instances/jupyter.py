"""Whether the Jupyter of an instance answers, as far as that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import RUNNING
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instances import InstanceDetail

# After so long a Jupyter that does not answer is not tried any more; the link is there all the same.
KNOCK_SECONDS = 600.0


class Jupyter:
    """Knows for which start of its instance it was seen to answer."""

    def __init__(self) -> None:
        self._answered_for: int | None = None

    def answers(self, seen: InstanceDetail) -> bool:
        """Whether it was seen to answer since the last start."""
        return seen.status == RUNNING and self._answered_for == seen.started_at

    def is_awaited(self, seen: InstanceDetail) -> bool:
        """Whether it is there, has not answered yet, and was started a short while ago."""
        waits = seen.status == RUNNING and bool(seen.jupyter_url) and not self.answers(seen)
        # A start that lies ahead is none: with it a server could have its address tried for ever.
        return waits and 0 <= threads.clock.now() - seen.started_at < KNOCK_SECONDS

    def knock(self, client: PpioClient, seen: InstanceDetail) -> bool:
        """Try it once; whether it answered."""
        answered = client.knock(seen.jupyter_url)
        if answered:
            self._answered_for = seen.started_at
        return answered
