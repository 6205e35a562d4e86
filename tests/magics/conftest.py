"""A real IPython shell, without a history file; cells run as a person's do, and what they open is closed."""

from __future__ import annotations

import atexit
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ppio_widgets.practice.cloud import kernel_account
from tests.support.leftovers import open_views

OURS = (
    *("PPIO_API_KEY", "NOVITA_API_KEY", "PPIO_WIDGETS_PRACTICE"),
    *("PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE_KEY"),
)


@pytest.fixture
def shell(monkeypatch, tmp_path):
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the shell puts its own there
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "ppio_widgets")
    before = open_views()
    yield shell
    for view in open_views(before):
        view.close()
    shell.run_line_magic("unload_ext", "ppio_widgets")
    # Its own end, `reset`, collects all garbage of the test process each time, and once more at exit.
    atexit.unregister(shell.atexit_operations)
    shell.user_ns.clear()
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell):
    """Run a cell and return its value; errors are raised."""

    def run(cell):
        result = shell.run_cell(cell, store_history=False)
        result.raise_error()
        return result.result

    return run


@pytest.fixture
def names():
    """The names of the instances in this kernel's practice account."""
    return lambda: [row["name"] for row in kernel_account().page()["data"]]
