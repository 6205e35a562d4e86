"""Build a site of JupyterLite with the notebooks: ``python lite/build.py FOLDER``.

It runs in an environment with the dependency group ``lite``. Into the folder go Pyodide, the wheels that
``requirements.txt`` names and the wheel of this checkout; their list is Pyodide's own lock file, so that
a kernel of the site has them from its start, and asks no package index.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
# Wheels of the kernel itself, of which the page has the other half.
KERNEL = Path(sys.prefix) / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
# The parts of Pyodide that a page loads.
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def run(*command: str | Path, place: Path = HERE, **changes: str) -> None:
    """Run a command in a folder and this environment with changes, or end with its failure."""
    subprocess.run(command, check=True, cwd=place, env={**os.environ, **changes})


def add_pyodide(folder: Path, work: Path) -> Path:
    """Put Pyodide, without packages, into a folder; returns its lock file."""
    shutil.copy(HERE / "package.json", work)
    run("npm", "install", "--prefix", work, "--no-package-lock", "--ignore-scripts", "--silent")
    for name in PYODIDE:
        shutil.copy(work / "node_modules" / "pyodide" / name, folder)
    return folder / "pyodide-lock.json"


def add_wheels(folder: Path, info: Mapping[str, str]) -> list[Path]:
    """Put the wheels beside Pyodide, and return them."""
    wanted = HERE / "requirements.txt"
    ours = ("--no-binary", "markupsafe", HERE.parent, "markupsafe")
    # Without a compiler MarkupSafe is Python alone.
    run(*PIP, "wheel", "--no-deps", "--wheel-dir", folder, "--constraint", wanted, *ours, CC="false")
    platform = ("--platform", f"pyemscripten_{info['abi_version']}_wasm32")
    version = ("--python-version", python_version(info))
    chosen = ("--only-binary", ":all:", "--no-deps", "--find-links", folder, *platform, *version)
    run(*PIP, "download", *chosen, "--dest", folder, "--requirement", wanted)
    for wheel in KERNEL.glob("*.whl"):
        shutil.copy(wheel, folder)
    return sorted(folder.glob("*.whl"))  # of two versions the later one counts


def python_version(info: Mapping[str, str]) -> str:
    """Return which Python Pyodide has, as markers say it."""
    return ".".join(info["python"].split(".")[:2])


def entry(wheel: Path, info: Mapping[str, str]) -> dict[str, object]:
    """Return what Pyodide's lock file says of a wheel."""
    (found,) = distributions(path=[str(wheel)])
    place = {"sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}
    place |= {"python_version": python_version(info), "python_full_version": info["python"]}
    needed = [Requirement(one) for one in found.requires or ()]
    depends = {canonicalize_name(one.name) for one in needed if not one.marker or one.marker.evaluate(place)}
    code = [Path(file).parts[0] for file in found.files or () if file.suffix in {".py", ".so"}]
    return {
        "name": canonicalize_name(found.name),
        "version": found.version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted({one.removesuffix(".py") for one in code}),
        "depends": sorted(depends),
        "unvendored_tests": False,
    }


def main(work: Path) -> None:
    """Build the site anew, in a folder that has nothing else."""
    folder = work / "source" / "static" / "pyodide"
    if work.exists() and not folder.exists() and any(work.iterdir()):
        sys.exit(f"{work} holds something else: name another folder")
    shutil.rmtree(work, ignore_errors=True)
    folder.mkdir(parents=True)
    lock = add_pyodide(folder, work)
    # The packages that it names are not in the package from npm: those of the site take their place.
    info = json.loads(lock.read_text(encoding="utf-8"))["info"]
    entries = [entry(wheel, info) for wheel in add_wheels(folder, info)]
    packages = {one["name"]: one for one in entries}
    missing = {name for one in entries for name in one["depends"]} - packages.keys()
    if missing:
        sys.exit(f"lite/requirements.txt lacks {', '.join(sorted(missing))}")
    lock.write_text(json.dumps({"info": info, "packages": packages}), encoding="utf-8")
    for name in ("jupyter-lite.json", "jupyter_lite_config.json"):
        shutil.copy(HERE / name, work / "source")
    built = ("--lite-dir", work / "source", "--contents", HERE.parent / "notebooks")
    # It keeps there what it has done already.
    build = (sys.executable, "-m", "jupyterlite_core", "build", *built, "--output-dir", work / "site")
    run(*build, place=work)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
