"""For all tests: properties take the time they need, and on CI always the same examples."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.chromium import on_ci

settings.register_profile(
    "ppio", deadline=None, derandomize=on_ci(), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ppio")
