"""For all tests: properties take the time they need, and on CI always the same examples."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from ppio_widgets.launches import ledger
from tests.support.chromium import on_ci
from tests.support.kernels import own_kernel
from tests.support.leftovers import left_behind, open_views

# Jsonschema would compile a grammar for it, a second and a half of each worker; no schema here has an IRI.
sys.modules.setdefault("rfc3987_syntax", None)

settings.register_profile(
    "ppio", deadline=None, derandomize=on_ci(), suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("quick", settings.get_profile("ppio"), max_examples=20)
settings.load_profile("ppio")

TESTS = Path(__file__).parent
# The files that take longest, in this order before all others. Those with a browser are two workers', each of
# which starts one JupyterLab and one Chromium for all of them.
FIRST = (
    *("browser/test_consent.py", "browser/test_access.py", "browser/test_form.py"),
    *("browser/test_lab.py", "browser/test_market.py", "browser/test_demo.py"),
    *("browser/test_hostile.py", "browser/test_places.py", "browser/test_static.py"),
    *("browser/test_picture.py", "browser/test_card.py", "browser/test_board.py"),
    *("browser/test_teacher.py", "browser/test_typed.py"),
    *("browser/test_env_row.py", "browser/test_import.py"),
    "browser/hosts/test_hosts.py",
    *("notebooks/test_notebooks.py", "notebooks/test_sweep.py", "notebooks/test_static.py"),
    *("docs/test_code.py", "notebooks/test_refusal.py", "package/test_field.py"),
)
SECOND_BROWSER = "browser/test_hostile.py"
BROWSERS = ("browser", "hosts", "lite")  # folders


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker more than there are cores: at any time about one of them waits for a kernel or a browser."""
    return 1 + (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give a file to one worker, and half of the files with a browser as if they were one."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - without workers it is not needed

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0].removeprefix("tests/")
            if not path.startswith("browser/"):
                return path
            return f"browsers {path in FIRST[FIRST.index(SECOND_BROWSER) :]}"

    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    """The longest files begin first."""
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path.relative_to(TESTS).as_posix(), len(FIRST)))


@pytest.fixture(autouse=True)
def _no_loop_runs(request):
    """Where no browser is needed no loop runs; Playwright's counts as running while its browser is there."""
    if request.path.parent.name in BROWSERS or "chromium" in request.fixturenames:
        yield
        return
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


@pytest.fixture(autouse=True)
def _own_kernel():
    """Each test is a kernel of its own, and its clock is nobody else's."""
    with own_kernel():
        yield


@pytest.fixture(autouse=True)
def _own_ledgers(monkeypatch, tmp_path):
    """Each test has ledgers and presets of its own, and no key of the user's."""
    for vault in ("keyring", "google.colab"):
        monkeypatch.setitem(sys.modules, vault, None)
    monkeypatch.setenv("PPIO_WIDGETS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PPIO_WIDGETS_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr(ledger, "PracticeFolder", lambda: SimpleNamespace(path=mkdtemp(dir=tmp_path)))


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(_own_kernel, _own_ledgers):
    """Fail a test that leaves a view open or a thread of ours going; wait for those that are about to end.

    What a test makes, it closes; by then its ledgers, and all that it patched, are still its own.
    """
    threads, views = threading.enumerate(), open_views()
    yield
    left = list(left_behind(threads, views))
    if left:
        pytest.fail("; ".join(left), pytrace=False)
