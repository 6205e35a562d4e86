"""What a form observes: the draft, the report, where the launch stands.

The session is the only truth of a form. Views call its verbs and observe its
traits; they keep no data of their own and never ask each other anything.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from traitlets import Dict, HasTraits, Instance, UseEnum

from ppio_widgets.errors import LaunchRefused
from ppio_widgets.launcher.launch import Launch, LaunchState
from ppio_widgets.launcher.plan import LaunchPlan, Target
from ppio_widgets.request.check import Report, check
from ppio_widgets.request.draft import with_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.request.fields import Path

# While a launch is in one of these, a form may not begin another.
_BUSY = (LaunchState.SENDING,)


class LaunchSession(HasTraits):
    """One person's way from a draft to a machine.

    Parameters
    ----------
    client : PpioClient
        The cloud that a launch goes to.
    draft : mapping, optional
        What to begin with.

    Attributes
    ----------
    launches : tuple of Launch
        Every launch that was sent from here, in their order.
    """

    draft = Dict(help="What is typed so far; replaced, never changed in place.")
    report = Instance(Report, help="The check of the draft.")
    status = UseEnum(LaunchState, default_value=LaunchState.DRAFT, help="Where the launch stands.")
    launch = Instance(Launch, allow_none=True, help="The launch that was last begun.")
    seen = Instance(object, allow_none=True, help="What was last seen of its instance.")

    def __init__(self, client: PpioClient, draft: Mapping[str, Any] | None = None) -> None:
        self.lock = threading.RLock()
        self.closed = False
        self.launches: tuple[Launch, ...] = ()
        self.client = client
        self.target = Target.of(client)
        super().__init__(draft=dict(draft or {}), report=check(draft or {}))

    @property
    def plan(self) -> LaunchPlan:
        """What a launch would do now."""
        return LaunchPlan(self.report, self.target)

    @property
    def has_launched(self) -> bool:
        """Whether an instance was already made from here."""
        return any(launch.id is not None for launch in self.launches)

    def replace(self, draft: Mapping[str, Any]) -> None:
        """Take a whole new draft; an open confirmation is withdrawn."""
        with self.lock:
            self.disarm()
            self.report = check(draft)
            self.draft = dict(draft)

    def set(self, path: Path, value: Any) -> None:
        """Take one value (``None``: unset) at a path of keys."""
        with self.lock:
            self.replace(with_value(self.draft, path, value))

    def arm(self) -> bool:
        """Open the confirmation.

        Returns
        -------
        bool
            False when something blocks or a launch is in flight.
        """
        with self.lock:
            if self.closed or self.status in _BUSY or self.report.request is None:
                return False
            self.begin()
            return True

    def begin(self) -> Launch:
        """Return a new launch whose confirmation is open.

        Raises
        ------
        RequestInvalid
            When something still blocks.
        """
        with self.lock:
            self.report.require()
            launch = self._begin()
            launch.arm()
            self.status = LaunchState.ARMED
            return launch

    def disarm(self) -> None:
        """Withdraw an open confirmation."""
        with self.lock:
            if self.status is LaunchState.ARMED:
                if self.launch is not None:
                    self.launch.withdraw()
                self.launch = self._before
                self.status = self.launch.state if self.launch else LaunchState.DRAFT

    def confirm(self) -> Launch | None:
        """Send what was confirmed; None when no confirmation is open (any more)."""
        with self.lock:
            if self.closed or self.status is not LaunchState.ARMED or self.launch is None:
                return None
            return self._submit(self.launch)

    def send(self) -> Launch:
        """Send the draft without a confirmation: the call itself is consent.

        Raises
        ------
        RequestInvalid
            When something still blocks.
        LaunchRefused
            When the session is closed.
        """
        with self.lock:
            if self.closed:
                raise LaunchRefused("form_closed")
            self.report.require()
            if self.status in _BUSY and self.launch is not None:
                return self.launch
            return self._submit(self._begin())

    def close(self) -> None:
        """Stop following; a launch in flight is not stopped."""
        with self.lock:
            self.disarm()
            self.closed = True
            for launch in (self.launch, self._before):
                if launch is not None:
                    launch.stop_following()
            self.unobserve_all()

    _before: Launch | None = None

    def _begin(self) -> Launch:
        self.disarm()
        self._before = self.launch
        self.launch = Launch(self.plan, self.client)
        return self.launch

    def _submit(self, launch: Launch) -> Launch:
        if self._before is not None:
            self._before.stop_following()
        self.launches = (*self.launches, launch)
        launch.subscribe(self._on_launch)
        launch.submit()
        return launch

    def _on_launch(self, launch: Launch) -> None:
        """Take over what became of the launch; called on its threads."""
        with self.lock:
            if self.closed or launch is not self.launch:
                return
            self.status = launch.state
            self.seen = launch.instance
