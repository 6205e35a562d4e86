"""A cloud in memory: an account for each practice key, and nobody sees another's."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.clock import PracticeClock
from ppio_widgets.practice.failures import Refused
from ppio_widgets.practice.incidents import Incidents
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.secrets.credentials import PRACTICE_ADDRESS, practice_name, require_key, reveal
from ppio_widgets.secrets.hosts import read_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ppio_widgets.practice.clock import Clock


MOST_ACCOUNTS = 1000


class PracticeCloud:
    """Practice accounts by their keys, on one clock; tests turn it by hand."""

    def __init__(self, clock: Clock | PracticeClock = time.time) -> None:
        self.clock = PracticeClock.of(clock)
        self._lock = forks.lock()
        self.incidents = Incidents()
        self.sleep: Callable[[float], None] = time.sleep  