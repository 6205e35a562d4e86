"""For all tests: properties take the time they need, and on CI always the same examples."""

from __future__ import annotations

import os
import sys
import threading
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

# Seconds of the files that take longest, of which each worker has some.
SECONDS = {
    "browser/test_consent.py": 110,
    "browser/test_static.py": 70,
    "browser/test_lab.py": 60,
    "browser/test_hostile.py": 60,
    "browser/test_places.py": 50,
    "browser/test_typed.py": 35,
    "browser/test_machine.py": 30,
    "notebooks/test_notebooks.py": 45,
    "notebooks/test_static.py": 31,
    "notebooks/test_readme.py": 20,
    "magics/test_kernel_static.py": 20,
    "notebooks/test_refusal.py": 10,
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker more than there are cores: at any time about one of them waits for a kernel or a browser."""
    return 1 + (os.cpu_count() or 1)


def pytest_collection_modifyitems(items):
    """The longest files begin first; those with a browser, which mostly wait, among those that compute."""
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    longest = sorted(files, key=lambda path: -SECONDS.get(f"{path.parent.name}/{path.name}", 0))
    browsers = [path for path in longest if path.parent.name == "browser"]
    others = [path for path in longest if path not in browsers]
    for number, path in enumerate(browsers):
        others.insert(number * (1 + len(files) // len(browsers)), path)
    items[:] = [item for path in others for item in files[path]]


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
