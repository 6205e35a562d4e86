"""What is uploaded: complete, readable as the page of a package, and of use where no checkout is."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from readme_renderer import markdown

import ppio_widgets

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ppio_widgets"
NOTEBOOKS = ROOT / "notebooks"
# One environment is another's ground: its packages are seen, what it points to (a checkout) is not.
GROUND = Path(sysconfig.get_path("purelib"))

USED = """
import json, sys
import ppio_widgets
from ppio_widgets import LaunchForm, check
form = LaunchForm(practice=True, language="zh")
form.value = {**form.value, "name": "wheel"}
told = [ppio_widgets.__file__, sys.path, check(form.value).body["name"]]
print(json.dumps(told, ensure_ascii=False))
"""

COPIED = """
from pathlib import Path
from ppio_widgets.__main__ import _copy_notebooks
_copy_notebooks(Path("demo"))
"""

pytestmark = pytest.mark.long


def build(kind, source, folder):
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(packed.read(name).decode())


def contents(wheel):
    with zipfile.ZipFile(wheel) as packed:
        return {one.filename: packed.read(one) for one in packed.infolist()}


def test_a_wheel_holds_all_that_the_package_reads_and_nothing_else(wheel):
    expected = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {
        f"ppio_widgets/{path.relative_to(ROOT).as_posix()}": path.read_bytes()
        for path in NOTEBOOKS.glob("*/*.ipynb")
    }
    assert {Path(name).suffix for name in expected} >= {".py", ".json", ".css", ".js", ".ipynb", ".typed"}
    packed = contents(wheel)
    own = {name: packed.pop(name) for name in list(packed) if name.startswith("ppio_widgets/")}
    assert own == expected
    assert {Path(name).name: name for name in packed}.keys() == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "LICENSE"),
    }


def test_a_wheel_made_of_the_sdist_is_the_same(wheel, sdist, tmp_path):
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert {path.name for path in source.iterdir()} >= {"tests", "docs", "LICENSE", "README.md", "PKG-INFO"}
    again = build("wheel", source, tmp_path / "again")
    assert contents(again) == contents(wheel)


def test_the_metadata_says_who_for_whom_and_for_which_python(metadata):
    assert metadata["Version"] == ppio_widgets.__version__
    assert metadata["Author"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert metadata["License-Expression"] == "BSD-3-Clause"
    classifiers = metadata.get_all("Classifier")
    for beginning in ("Development Status", "Intended Audience", "Programming Language :: Python :: 3.1"):
        assert any(one.startswith(beginning) for one in classifiers)
    oldest = metadata["Requires-Python"].removeprefix(">=")
    versions = [one.rpartition(" ")[2] for one in classifiers if re.search(r":: 3\.\d+$", one)]
    assert versions[0] == oldest
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"PYTHONS := {' '.join(versions)}\n" in makefile, "those that `make test-pythons` looks for"


def test_the_page_of_the_package_renders_and_has_no_link_that_leads_nowhere(metadata):
    assert metadata["Description-Content-Type"] == "text/markdown"
    page = markdown.render(metadata.get_payload(), stream=(said := io.StringIO()))
    assert page, said.getvalue()
    targets = re.findall(r"(?:href|src)=\"([^\"]*)\"", page)
    assert targets
    assert [one for one in targets if not one.startswith(("https://", "#"))] == []
    for words in ("Three ways to launch", "The first real launch", "SECURITY.md", "表单"):
        assert words in page


def test_an_installed_wheel_is_of_use_without_the_checkout(wheel, tmp_path):
    folder = tmp_path / "environment 环境"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    own = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (Path(own) / "ground.pth").write_text(f"{GROUND}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--ignore-installed", wheel], check=True, capture_output=True, cwd=tmp_path)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PPIO"))}

    def told(*command):
        given = {"env": plain, "cwd": tmp_path, "text": True, "encoding": "utf-8"}
        return subprocess.run(command, check=True, capture_output=True, **given).stdout

    assert told(scripts / "ppio-widgets", "--version") == f"{ppio_widgets.__version__}\n"
    said = told(python, "-c", USED)
    assert str(ROOT) not in said.replace(str(GROUND), "")
    assert str(folder) in said
    assert '"wheel"' in said
    told(python, "-c", COPIED)
    copied, ours = (
        {path.relative_to(place) for path in place.glob("*/*.ipynb")}
        for place in (tmp_path / "demo", NOTEBOOKS)
    )
    assert copied == ours
