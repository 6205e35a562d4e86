"""The hub's people need a hub, which only `make class` brings: their test is collected where there is one."""

from __future__ import annotations

from tests.browser.conftest import chromium
from tests.browser.hosts.host import environments

__all__ = ["chromium"]

collect_ignore = [] if environments() else ["test_hub.py"]
