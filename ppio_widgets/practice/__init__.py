"""The pretend cloud: the same wire, no key, no money.

An in-memory account (`account`) answers the API's calls (`routes`) either behind
an httpx transport in this process (`transport`) or on loopback (`server`). What goes
wrong there on purpose, for lessons, is `mishaps`. It is
imported lazily, by whoever opens a cloud for a person, and knows nothing of them.
"""

from __future__ import annotations

from functools import cache

from ppio_widgets.practice.account import PracticeAccount


@cache
def kernel_account() -> PracticeAccount:
    """Return the one practice account of this process."""
    return PracticeAccount()
