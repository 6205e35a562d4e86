"""The pretend cloud: the same wire, no key, no money.

An in-memory account (`account`) answers the API's calls (`routes`) either behind
an httpx transport in this process (`transport`) or on loopback (`server`). What goes
wrong there on purpose, for lessons, is `mishaps`. It is
imported lazily, by whoever opens a cloud for a person, and knows nothing of them.
"""

from __future__ import annotations

from ppio_widgets import notebook
from ppio_widgets.practice.account import PracticeAccount


def kernel_account() -> PracticeAccount:
    """Return the one practice account of this kernel or host session."""
    return notebook.of(PracticeAccount)
