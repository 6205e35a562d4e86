"""What the launcher needs of the wire; `PpioClient` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.answers import InstanceInfo, Listing
    from ppio_widgets.cloud.outcome import Verdict
    from ppio_widgets.secrets.hosts import Host


class Wire(Protocol):
    """The calls of a client that a launch makes."""

    host: Host
    is_practice: bool

    @property
    def account(self) -> str:
        """Label of the account."""

    def send_create(
        self, body: Mapping[str, Any], secrets: tuple[str, ...] = (), *, waited: float = 0.0
    ) -> Verdict:
        """Send the create call once."""

    def get_instance(self, instance_id: str) -> InstanceInfo:
        """Return one instance."""

    def look(self, name: str, may_be: Callable[[str], bool]) -> Listing:
        """Return every instance that a name may mean; a row that cannot be read counts where it may be it."""
