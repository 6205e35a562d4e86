"""What only `make class` does is collected where there is the hub that it brings."""

from __future__ import annotations

from tests.browser.conftest import chromium
from tests.support.hosts import environments

__all__ = ["chromium"]

collect_ignore = [] if environments() else ["test_hub.py", "test_mistakes.py"]
