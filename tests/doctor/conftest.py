"""The fixtures of tests in this process."""

from __future__ import annotations

from tests.support.fixtures import (
    _any_server,
    _plain_environment,
    account,
    client,
    clock,
    quick,
    server,
    starved,
    time,
)

__all__ = [
    "_any_server",
    "_plain_environment",
    "account",
    "client",
    "clock",
    "quick",
    "server",
    "starved",
    "time",
]
