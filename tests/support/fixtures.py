from __future__ import annotations

import threading

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.instances import watcher
from ppio_widgets.launches import reconcile
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.server import serving
from ppio_widgets.runtime import kernel
from tests.support.clock import Clock, LaunchClock
from tests.support.practice import RICH, OneAccount
from tests.support.threads import wait_for_threads
from tests.support.wire import wait_for_launches

OURS = (
    "PPIO_API_KEY",
    "NOVITA_API_KEY",
    "PPIO_GPU_BASE_URL",
    "PPIO_WIDGETS_PRACTICE",
    "PPIO_WIDGETS_PRACTICE_KEY",
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
)

LOOK_PAUSES = reconcile.LOOK_PAUSES


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def account(clock):
    return PracticeAccount(clock, RICH)


@pytest.fixture(scope="session")
def _any_server():
    with serving() as server:
        yield server


@pytest.fixture
def server(_any_server, account):
    """The practice cloud on loopback, with an account of its own for each test."""
    _any_server.cloud = OneAccount(account)
    return _any_server


@pytest.fixture
def client(server):
    with PpioClient(base_url=server.url) as client:
        yield client
        wait_for_launches()
        wait_for_threads("ppio-deadline")  # one that was called off may still be asking


@pytest.fixture
def quick(monkeypatch):
    """Launches look often."""
    monkeypatch.setattr(watcher, "POLL_SECONDS", 0.002)
    for name in ("MOVING", "RESTING", "FAILING"):
        monkeypatch.setattr(watcher, f"SLOWEST_{name}_SECONDS", 0.01)
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", (0.001,) * 4)


class Starving:
    """A system that has only so many threads left for us; None is as many as are asked for."""

    def __init__(self) -> None:
        self.left: int | None = None
        self._lock = threading.Lock()

    def take(self) -> None:
        with self._lock:
            if self.left == 0:
                raise RuntimeError("can't start new thread")
            if self.left is not None:
                self.left -= 1


@pytest.fixture
def starved(monkeypatch):
    """The system has no more threads left than a test says."""
    starving = Starving()

    def start(thread):
        starving.take()
        threading.Thread.start(thread)

    monkeypatch.setattr(kernel.OwnThread, "start", start)
    return starving


@pytest.fixture
def time(monkeypatch):
    """The clock of a launch, turned by hand, and the real schedule of looks."""
    clock = LaunchClock()
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", LOOK_PAUSES)
    kernel.current().clock = clock
    return clock
