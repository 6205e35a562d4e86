"""The pretend cloud: the same wire, no money, and any practice key is an account of its own.

A cloud in memory (`cloud`) has an account for each key (`account`), and answers the API's calls
(`routes`) either behind an httpx transport in this process (`transport`) or on loopback
(`server`). What it refuses is in `catalogue`, what goes wrong there on purpose, for lessons, in
`mishaps`. It is imported lazily, by whoever opens a cloud for a person, and knows nothing of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.credentials import require_key, reveal
from ppio_widgets.secrets.hosts import read_host

if TYPE_CHECKING:
    from ppio_widgets.practice.account import PracticeAccount

# Where the cloud within a kernel seems to be; nothing listens there for it.
ADDRESS = "http://localhost"


def kernel_cloud() -> PracticeCloud:
    """Return the practice cloud within this kernel or host session."""
    return kernel.of(PracticeCloud)


def kernel_account() -> PracticeAccount:
    """Return this kernel's own account there."""
    return kernel_cloud().account(reveal(require_key(read_host(ADDRESS))))
