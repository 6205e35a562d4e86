"""What this kernel knows of the cloud that a line would go to; nobody is asked, nothing is loaded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PpioError

if TYPE_CHECKING:
    from ppio_widgets.cloud.instances import InstanceDetail


@dataclass(frozen=True)
class Known:
    """One cloud, as far as this kernel knows it.

    Attributes
    ----------
    base_url : str
        Empty where no cloud is chosen, or where nobody has used one in this kernel yet.
    """

    base_url: str = ""

    @classmethod
    def of(cls, *, practice: bool, base_url: str = "", allow_host: str = "") -> Known:
        """Return the cloud that a line would go to, by the options with which it names one."""
        # Making a client is no I/O, but importing it takes a while: nothing is known before anyway.
        api = sys.modules.get("ppio_widgets.api")
        if api is None:
            return cls()
        try:
            client = api.connect(
                practice=practice or None,
                base_url=base_url or None,
                allow_host=allow_host or None,
                need_key=False,
            )
            return cls(client.host.base_url)
        except PpioError:
            return cls()

    def all(self, kind: str) -> tuple[Any, ...]:
        """Return what a catalogue told of a kind last: ``"offers"``, ``"storages"``."""
        if not self.base_url:
            return ()
        from ppio_widgets.cloud.recent import told  # noqa: PLC0415 - loaded already

        found = told(self.base_url, kind)
        return found.value if found is not None else ()

    def age(self, kind: str) -> float:
        """Return how many seconds ago that was; 0 where there is nothing."""
        from ppio_widgets.cloud.recent import told  # noqa: PLC0415
        from ppio_widgets.runtime import threads  # noqa: PLC0415

        found = told(self.base_url, kind)
        return threads.tick() - found.at if found is not None else 0.0

    @property
    def instances(self) -> tuple[InstanceDetail, ...]:
        """The instances that were seen last, newest first."""
        if not self.base_url:
            return ()
        from ppio_widgets.cloud.recent import last_seen  # noqa: PLC0415

        return last_seen(self.base_url)
