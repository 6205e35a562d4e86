"""The search for a lost answer: on a growing schedule by itself, and on demand."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.errors import log_fault
from ppio_widgets.launches.reconcile import look_once
from ppio_widgets.launches.states import UNRESOLVED, LaunchState
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.ledger import Ledger
    from ppio_widgets.launches.wire import Wire

# Pauses before each look: four fall into a minute and a quarter, then it takes its time.
LOOK_PAUSES = (2.0, 8.0, 20.0, 45.0, 60.0, 120.0, 240.0, 480.0)


class Search:
    """Looks one launch up until it is settled, or for a quarter of an hour.

    Parameters
    ----------
    launch : Launch
    wire : PpioClient
    ledger : Ledger

    Attributes
    ----------
    going : bool
        Whether another look is to come by itself.
    """

    def __init__(self, launch: Launch, wire: Wire, ledger: Ledger) -> None:
        self.going = False
        self._launch = launch
        self._wire = wire
        self._ledger = ledger
        self._one_at_a_time = forks.lock()
        self._schedule = forks.lock()
        self._pauses: Iterator[float] = iter(())
        self._wake = forks.event()

    def begin(self, *, at_once: bool = False) -> None:
        """Begin the schedule, or begin it anew; where threads do not exist, whoever waits keeps to it."""
        if self._launch.record is None:  # a copy in a forked child: it is the parent's to look up
            return
        if not threads.HAS_THREADS:
            if at_once:
                self.look()
            return
        try:
            with self._schedule:
                self._pauses = iter((0.0, *LOOK_PAUSES) if at_once else LOOK_PAUSES)
                begun, self.going = self.going, True
            if begun:
                self._wake.set()
                return
            self._wake.clear()
            threads.run(self._run, name="ppio-look", daemon=True)
        except BaseException as error:
            self.going = False  # first: else somebody would wait for a look that nobody makes
            log_fault("search", error)
            if not isinstance(error, Exception):
                raise

    def after_fork(self) -> None:
        """Look no more: who is told on this thread may have forked, and then it goes on there as well."""
        self.going, self._pauses = False, iter(())

    def keep_to_schedule(self, timeout: float | None) -> None:
        """Look on the thread that waits, as there is no other, until it is settled or the time is over."""
        began = threads.tick()
        self._pauses = iter(LOOK_PAUSES)
        try:
            while (pause := self._next_pause()) is not None:
                left = pause if timeout is None else began + timeout - threads.tick()
                if left <= 0:
                    return
                threads.clock.wait(threading.Event(), min(pause, left))
                self.look()
        finally:
            self.going = False
            self._launch.tell()

    def end(self) -> None:
        """Stop: there is nothing to look for any more."""
        self._wake.set()

    def look(self) -> None:
        """Look once, now."""
        with self._one_at_a_time:
            try:
                self._look()
            except BaseException:
                self._launch.break_off_look()
                raise

    def _look(self) -> None:
        record = self._launch.begin_look()
        if record is None:
            return
        seen = replace(record, state=LaunchState.UNKNOWN, absences=0)
        try:
            self._launch.tell()
            seen = look_once(record, self._wire, self._ledger, threads.clock.now())
        except Exception as error:  # noqa: BLE001 - a look that fails leaves it unknown
            log_fault("search", error)
        finally:  # an Interrupt leaves it unknown as well
            self._launch.end_look(seen)

    def _run(self) -> None:
        try:
            while (pause := self._next_pause()) is not None:
                if threads.clock.wait(self._wake, pause):
                    self._wake.clear()  # it is settled, or begins anew
                else:
                    self._look_alone()
            self._launch.tell()
        except BaseException as error:  # noqa: BLE001 - it is said that nobody looks any more
            self.going = False
            try:
                self._launch.tell()
            finally:
                log_fault("search", error)

    def _look_alone(self) -> None:
        """Look, on a thread where nobody is there to be told: the next look comes whatever is raised."""
        try:
            self.look()
        except BaseException as error:  # noqa: BLE001
            log_fault("search", error)

    def _next_pause(self) -> float | None:
        with self._schedule:
            pause = next(self._pauses, None) if self._launch.state in UNRESOLVED else None
            self.going = pause is not None
            return pause
