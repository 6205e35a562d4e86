"""What the site of JupyterLite is built from fits the package, and names what is there."""

from __future__ import annotations

import json
import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SOURCE = Path(__file__).parents[2] / "lite"


def pinned():
    lines = (SOURCE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    return {canonicalize_name(one.name): one.specifier for one in wanted}


def test_every_wheel_of_the_site_is_one_version_that_the_package_takes():
    versions = {name: re.fullmatch(r"==([\w.]+)", str(wanted)) for name, wanted in pinned().items()}
    assert [name for name, version in versions.items() if version is None] == []
    needed = [one for one in map(Requirement, requires("ppio-widgets")) if not one.marker]
    assert len(needed) > 5
    for one in needed:
        assert one.specifier.contains(versions[canonicalize_name(one.name)][1]), one


def test_the_site_has_one_version_of_pyodide():
    wanted = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", wanted["pyodide"])


def test_notebooks_install_nothing_since_a_kernel_of_the_site_has_it_all():
    texts = [path.read_text(encoding="utf-8") for path in (SOURCE.parent / "notebooks").glob("*/*.ipynb")]
    assert texts
    assert [text for text in texts if re.search(r"(pip|piplite|micropip)[ .]install", text)] == []


def test_a_kernel_of_the_site_only_practises_and_has_the_package_from_its_start():
    site = json.loads((SOURCE / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    kernel = site["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["disablePyPIFallback"] is True
    assert kernel["loadPyodideOptions"]["env"]["PPIO_WIDGETS_PRACTICE"] == "1"
    assert "ppio-widgets" in kernel["loadPyodideOptions"]["packages"]
