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

# A school at once, and no more memory than that: beyond it an account without instances is forgotten.
MOST_ACCOUNTS = 1000


class PracticeCloud:
    """Practice accounts by their keys, on one clock; tests turn it by hand."""

    def __init__(self, clock: Clock | PracticeClock = time.time) -> None:
        self.clock = PracticeClock.of(clock)
        self._lock = forks.lock()
        self.incidents = Incidents()
        self.sleep: Callable[[float], None] = time.sleep  # until a late answer leaves
        self._accounts: dict[str, PracticeAccount] = {}  # the one used last comes last

    def account(self, key: str) -> PracticeAccount:
        """Return the account of a key; it is made when first asked for, if there is room for one more."""
        with self._lock:
            found = self._accounts.pop(key, None) or self._made(key)
            self._accounts[key] = found
            return found

    @contextmanager
    def call(self, key: str) -> Iterator[PracticeAccount]:
        """Yield the account of a key for one call; what it changes is kept before its answer leaves."""
        yield self.account(key)

    def is_up(self, instance_id: str) -> bool:
        """Whether an instance runs, whosever it is: its address is public. Refused where nobody has it."""
        with self._lock:
            accounts = list(self._accounts.values())
        for account in accounts:
            with suppress(Refused):
                return account.is_up(instance_id)
        raise Refused("no_instance", id=instance_id)

    def waits(self, instance_id: str) -> bool:
        """Whether the next state of an instance waits for a person (`Slow`)."""
        with self._lock:
            accounts = list(self._accounts.values())
        return any(account.waits(instance_id) for account in accounts)

    def _made(self, key: str) -> PracticeAccount:
        """Return a new account, when full in place of one without instances; the lock is held."""
        if len(self._accounts) >= MOST_ACCOUNTS:
            empty = next((key for key, account in self._accounts.items() if account.is_empty), None)
            if empty is None:
                raise Refused("accounts_full", most=MOST_ACCOUNTS)
            del self._accounts[empty]
        return PracticeAccount(self.clock, incidents=self.incidents, student=practice_name(key))


class _Home:
    """Where the practice cloud within a kernel stands: another one may take its place."""

    def __init__(self) -> None:
        self.cloud = PracticeCloud()


def kernel_cloud() -> PracticeCloud:
    """Return the practice cloud within this kernel or host session."""
    return kernel.of(_Home).cloud


def put_kernel_cloud(cloud: PracticeCloud) -> None:
    """Have another cloud take the place of the one within this kernel, as a class does."""
    kernel.of(_Home).cloud = cloud


def kernel_account() -> PracticeAccount:
    """Return this kernel's own account there."""
    return kernel_cloud().account(reveal(require_key(read_host(PRACTICE_ADDRESS))))
