"""Versions that already run and are too old are refused at import, in a sentence that says what to do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ppio_widgets.runtime.kernel import FLOORS

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
STAND_INS = """
import sys
from types import SimpleNamespace

for name, version in {versions!r}.items():
    sys.modules[name] = SimpleNamespace(__version__=version, get_ipython=lambda: None)
import ppio_widgets
print("imported")
"""


def imported(**versions):
    """Import the package in a process that has loaded these versions already."""
    command = [sys.executable, "-c", STAND_INS.format(versions=versions)]
    environment = {"PPIO_WIDGETS_LANG": "en", "PYTHONPATH": str(PYPROJECT.parent)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    ("versions", "needed"),
    [
        ({"IPython": "7.34.0"}, "IPython ≥ 8.6 (7.34.0 runs here)"),
        ({"ipywidgets": "7.7.1"}, "ipywidgets ≥ 8.1 (7.7.1 runs here)"),
        ({"IPython": "9.0.1", "ipywidgets": "8.0.7"}, "ipywidgets ≥ 8.1 (8.0.7 runs here)"),
        (
            {"IPython": "7.34.0", "ipywidgets": "7.7.1"},  # Colab
            "IPython ≥ 8.6 (7.34.0 runs here), ipywidgets ≥ 8.1 (7.7.1 runs here)",
        ),
    ],
)
def test_what_is_too_old_is_refused_in_one_sentence(versions, needed):
    process = imported(**versions)
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        f"ImportError: Install {needed}, then restart the kernel (in Colab: the runtime)."
    )


@pytest.mark.parametrize(
    "versions", [{"IPython": "8.6.0", "ipywidgets": "8.1.0"}, {"IPython": "10.0.dev"}, {"ipywidgets": "odd"}]
)
def test_what_is_new_enough_or_tells_no_version_is_taken(versions):
    process = imported(**versions)
    assert process.stdout == "imported\n", process.stderr


def test_the_floors_are_those_that_pip_installs():
    stated = re.findall(r'"(ipython|ipywidgets)>=(\d+)\.(\d+)', PYPROJECT.read_text(encoding="utf-8"))
    assert {name.lower(): floor for name, floor in FLOORS.items()} == {
        name: (int(major), int(minor)) for name, major, minor in stated
    }
