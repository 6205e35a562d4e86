"""What the figures depend on: versions, and the kind of the machine, without any name of it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version

import psutil

from tests.support.chromium import find_chromium

PACKAGES = (
    "ppio-widgets",
    "ipyautoui",
    "ipywidgets-jsonschema",
    "anywidget",
    "ipywidgets",
    "traitlets",
    "ipykernel",
    "jupyterlab",
    "pydantic",
    "httpx",
    "playwright",
)


def surroundings() -> dict[str, str]:
    """Return what to write beside the figures."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[2] if hasattr(os, "getloadavg") else 0.0
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB"
    return {
        "Machine": f"{machine}; load of the quarter of an hour before: {load:.1f}",
        "Python": platform.python_version(),
        "Chromium": _chromium(),
        **{name: version(name) for name in PACKAGES},
    }


def _chromium() -> str:
    path = find_chromium()
    if path is None:
        return "none"
    done = subprocess.run([path, "--version"], check=False, capture_output=True, text=True)  # noqa: S603
    return next((word for word in done.stdout.split() if word[0].isdigit()), "unknown")
