"""The environments of hosts, which `make hosts` and `make class` set up."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environments() -> Path | None:
    """Where they are; without them only what the tests' own environment can serve is tried."""
    folder = os.environ.get("PPIO_WIDGETS_HOSTS")
    return ROOT / folder if folder else None
