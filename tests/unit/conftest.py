from __future__ import annotations

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launcher import launch as launch_module
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.server import serving
from tests.clock import Clock
from tests.unit.wire import wait_for_launches

OURS = (
    "PPIO_API_KEY",
    "NOVITA_API_KEY",
    "PPIO_GPU_BASE_URL",
    "PPIO_WIDGETS_PRACTICE",
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    wait_for_launches()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def account(clock):
    return PracticeAccount(clock)


@pytest.fixture(scope="session")
def _any_server():
    with serving() as server:
        yield server


@pytest.fixture
def server(_any_server, account):
    """The practice cloud on loopback, with an account of its own for each test."""
    _any_server.account = account
    return _any_server


@pytest.fixture
def client(server):
    with PpioClient(base_url=server.url) as client:
        yield client
        wait_for_launches()


@pytest.fixture
def quick(monkeypatch):
    """Launches look often."""
    monkeypatch.setattr(launch_module, "POLL_SECONDS", 0.002)
    monkeypatch.setattr(launch_module, "SLOWEST_POLL_SECONDS", 0.01)
