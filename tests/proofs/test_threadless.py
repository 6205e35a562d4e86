"""The whole way of an instance as in Pyodide: without threads, links, fsync, locks of files and sockets."""

import json
import os
import subprocess
import sys

import pytest

from tests.support import threadless

PATIENCE = 120


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """What went wrong in a process where all of that is taken away, by what was done."""
    environ = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PPIO_WIDGETS_LANG": "en",
        "HOME": str(tmp_path_factory.mktemp("home")),
    }
    command = [sys.executable, "-m", threadless.__name__]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("case", [one.__name__ for one in threadless.CASES])
def test_without_threads(case, faults):
    assert faults[case] == ""
