"""Following a launch's instance until it runs, or until it is clear that it will not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.errors import log_fault
from ppio_widgets.instances.watcher import watch
from ppio_widgets.runtime import forks

if TYPE_CHECKING:
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.watcher import Watch
    from ppio_widgets.launches.launch import Launch


class Following:
    """Begun once at most; ended by itself when the launch is settled.

    Attributes
    ----------
    ended : bool
        Whether nobody looks any more, because somebody said so.
    """

    def __init__(self, launch: Launch) -> None:
        self.ended = False
        self._launch = launch
        self._lock = forks.lock()
        self._begun = False
        self._watch: Watch | None = None

    def begin(self, machine: Instance) -> None:
        """Look from now on; nothing when it was begun or ended before."""
        try:
            with self._lock:
                if self._begun or self.ended:
                    return
                self._begun = True
            self._watch = watch(machine, lambda: self._on_tick(machine))
            self._end_if_over()
        except BaseException as error:
            # No thread left, or an Interrupt: nobody may wait for what nobody sees.
            try:
                self._launch.stop_following()
            finally:
                log_fault(f"launch {self._launch.launch_id}: following did not begin", error)
            if not isinstance(error, Exception):
                raise

    def end(self) -> None:
        """Look no longer; the instance goes on as it is."""
        self.ended = True
        self._end_if_over()

    def _on_tick(self, machine: Instance) -> None:
        if machine.detail is not None:
            self._launch.see(machine.detail)
        self._end_if_over()

    def _end_if_over(self) -> None:
        with self._lock:
            made = self._watch if self.ended or self._launch.settled else None
        if made is not None:
            made.end()
