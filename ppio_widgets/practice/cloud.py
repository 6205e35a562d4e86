"""A cloud in memory: an account for each practice key, and nobody sees another's."""

from __future__ import annotations

import time
from contextlib import suppress

from ppio_widgets.practice.account import Clock, PracticeAccount
from ppio_widgets.practice.failures import Refused
from ppio_widgets.runtime import forks

# A school at once, and no more memory than that: beyond it an account without instances is forgotten.
MOST_ACCOUNTS = 1000


class PracticeCloud:
    """Practice accounts by their keys.

    Parameters
    ----------
    clock : callable, optional
        Returns Unix seconds; tests turn it by hand.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._lock = forks.lock()
        self._accounts: dict[str, PracticeAccount] = {}  # the one used last comes last

    def now(self) -> float:
        """Return the cloud's clock, as Unix seconds."""
        return self._clock()

    def account(self, key: str) -> PracticeAccount:
        """Return the account of a key; it is made when first asked for.

        Raises
        ------
        Refused
            429 ``RATE_LIMIT_EXCEEDED`` when there is no room for one more.
        """
        with self._lock:
            found = self._accounts.pop(key, None) or self._made()
            self._accounts[key] = found
            return found

    def is_up(self, instance_id: str) -> bool:
        """Whether what runs on an instance answers, whosever it is: its address is public.

        Raises
        ------
        Refused
            When nobody has such an instance.
        """
        with self._lock:
            accounts = list(self._accounts.values())
        for account in accounts:
            with suppress(Refused):
                return account.is_up(instance_id)
        raise Refused(400, "RESOURCE_NOT_FOUND", "instance not found", {"id": instance_id})

    def _made(self) -> PracticeAccount:
        """Return a new account, when full in place of one without instances; the lock is held."""
        if len(self._accounts) >= MOST_ACCOUNTS:
            empty = next((key for key, account in self._accounts.items() if account.is_empty), None)
            if empty is None:
                message = f"this practice cloud has {MOST_ACCOUNTS} accounts, and each has instances"
                raise Refused(429, "RATE_LIMIT_EXCEEDED", message)
            del self._accounts[empty]
        return PracticeAccount(self._clock)
