"""What `make` does before anything runs: it sets environments up, whatever became of the last time.

A Python of straw takes the place of the real one. It makes environments of straw, notes what it was asked
for, and fails where it is told to.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STRAW = """\
#!/bin/sh
echo "$PIP_INDEX_URL$*" >> "$STRAW_LOG"
case "$*" in *"$STRAW_FAILS"*) [ -n "$STRAW_FAILS" ] && exit 1 ;; esac
here=$(dirname "$0")
case "$*" in
  "-m venv"*) for folder; do :; done; mkdir -p "$folder/bin"; touch "$folder/pyvenv.cfg"
    cp "$0" "$folder/bin/python" ;;
  "-m ensurepip"*) touch "$here/pip" ;;
  "-c import pip") [ -e "$here/pip" ] ;;
  "-m pip"*) [ -e "$here/pip" ] && cp "$0" "$here/ppio-widgets" ;;
esac
"""

# What the make that runs these tests hands on to all that it starts.
OF_MAKE = ("MAKE", "MFLAGS", "ARGS", "VENV", "PYTHON", "STRAW")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make is a system's that has sh")


class Checkout:
    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "log"
        self.straw = folder / "straw python"
        self.straw.write_text(STRAW)
        self.straw.chmod(0o755)
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        self.ran = ""

    def make(self, *arguments, fails="", **variables):
        """Run make; returns what the Python was asked for, one call a line."""
        self.log.write_text("")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_MAKE)}
        told = {
            "STRAW_LOG": str(self.log),
            "STRAW_FAILS": fails,
            "PYTHON": str(self.straw),
            "PIP_INDEX_URL": "",
        }
        done = subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=kept | told | variables,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.ran = done.stdout
        assert (done.returncode != 0) == bool(fails), done.stdout
        return self.log.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "a clone 克隆"
    folder.mkdir()
    return Checkout(folder)


def installing(calls):
    return [call for call in calls if " install " in call]


DEMO = "demo --no-browser"


def test_a_demo_sets_up_once_and_starts(checkout):
    calls = checkout.make("demo", "ARGS=--no-browser")
    assert calls[-1] == DEMO
    assert [call.endswith("--editable .[lab]") for call in installing(calls)] == [False, True]
    assert "Setting up .venv." in checkout.ran
    assert not [call for call in calls if " -q" in call], "pip shows what it does"
    assert checkout.make("demo", "ARGS=--no-browser") == [DEMO]


def test_the_dependencies_are_asked_of_the_index_that_the_environment_names(checkout):
    calls = checkout.make("demo", PIP_INDEX_URL="mirror:")
    assert {call.partition(":")[0] for call in installing(calls)} == {"mirror"}


@pytest.mark.parametrize("step", ["-m venv", "ensurepip", "pip>=25.1", "--editable"])
def test_what_was_interrupted_begins_anew(checkout, step):
    checkout.make("demo", fails=step)
    calls = checkout.make("demo")
    assert any(call.startswith("-m venv") for call in calls)
    assert calls[-1] == "demo"


def test_what_was_interrupted_counts_as_ready_for_nothing(checkout):
    checkout.make("demo")
    checkout.make("pytest", fails="--group dev")
    calls = checkout.make("demo")
    assert len(installing(calls)) == 2
    assert calls[-1] == "demo"


def test_the_environment_of_earlier_days_gets_the_pip_that_it_lacks(checkout):
    """Of a set-up that ended between venv and pip; no word told of it."""
    made(checkout.folder / ".venv", checkout, "pip")
    calls = checkout.make("pytest")
    assert not any(call.startswith("-m venv") for call in calls)
    assert [call.rpartition(" ")[2] for call in installing(calls)] == ["pip>=25.1", "dev"]


def test_an_environment_without_pip_is_used_as_it_is(checkout):
    mine = made(checkout.folder / ".venv", checkout, "mine")
    calls = checkout.make("demo")
    assert not any(call.startswith("-m venv") for call in calls)
    assert "-m ensurepip" in calls
    assert mine.exists()
    assert calls[-1] == "demo"


def test_an_environment_whose_python_is_gone_is_made_again(checkout):
    checkout.make("demo")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    (checkout.folder / ".venv" / ".lab-ready").unlink()
    assert checkout.make("demo")[-1] == "demo"


def test_an_environment_that_somebody_else_made_is_never_removed(checkout):
    mine = made(checkout.folder / "own", checkout, "mine")
    checkout.make("demo", "VENV=own", fails="--editable")
    checkout.make("demo", "VENV=own")
    assert mine.exists()
    (mine.parent / "python").unlink()
    (mine.parents[1] / ".lab-ready").unlink()
    assert checkout.make("demo", "VENV=own", fails="never") == []
    assert "The Python of own does not start" in checkout.ran
    assert mine.exists()


@pytest.mark.parametrize("target", ["demo", "clean"])
@pytest.mark.parametrize("name", ["VENV", "LITE"])
@pytest.mark.parametrize("folders", ["mine other", ""])
def test_a_name_with_a_blank_or_none_removes_nothing(checkout, target, name, folders):
    mine = made(checkout.folder / "mine", checkout, "kept")
    checkout.make(target, f"{name}={folders}", fails="never")
    assert "one folder" in checkout.ran
    assert mine.exists()


def test_what_is_cleaned_away_is_named_by_nothing_but_the_call(checkout):
    mine = made(checkout.folder / "mine", checkout, "kept")
    checkout.make("clean", VENV="mine", LITE="mine")
    assert mine.exists()


def test_a_site_takes_the_place_of_no_other_folder(tmp_path):
    kept = tmp_path / "kept"
    kept.touch()
    command = [sys.executable, ROOT / "lite" / "build.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "name another folder" in done.stderr
    assert kept.exists()


def test_a_folder_that_is_no_environment_is_left_as_it_is(checkout):
    own = checkout.folder / "mine" / "kept"
    own.parent.mkdir()
    own.touch()
    assert checkout.make("demo", "VENV=mine", fails="never") == []
    assert "mine is no environment of Python: name another folder." in checkout.ran
    assert [*own.parent.iterdir()] == [own]


def test_a_python_that_makes_no_environments_is_told_so(checkout):
    checkout.make("demo", fails="ensurepip")
    assert "pip is missing" in checkout.ran
    assert "python3-venv" in checkout.ran


def test_each_python_that_is_installed_runs_the_tests_of_the_rooms(checkout):
    here, home = checkout.folder / "bin", checkout.folder / "home"
    shim, own, failing = (here / f"python{version}" for version in ("9.1", "9.2", "9.3"))
    here.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")  # pyenv's, where another version is chosen
    shim.chmod(0o755)
    real = home / ".pyenv" / "versions" / "9.1.4" / "bin" / "python"
    real.parent.mkdir(parents=True)
    for python in (real, own, failing):
        shutil.copy(checkout.straw, python)
    path = f"{here}{os.pathsep}{os.environ['PATH']}"
    given = {"PATH": path, "HOME": str(home)}
    calls = checkout.make("test-pythons", "PYTHONS=9.1 9.2 9.4", **given)
    assert len([call for call in calls if call.startswith("-m pytest")]) == 2
    assert [call.split()[-1] for call in calls if call.startswith("-m venv")] == [".venv-9.1", ".venv-9.2"]
    told = checkout.ran.splitlines()[-3:]
    assert told == ["Python 9.1: passed", "Python 9.2: passed", "Python 9.4: NOT RUN, it is not installed"]
    checkout.make("test-pythons", "PYTHONS=9.2 9.3", fails="-m pytest", **given)
    assert checkout.ran.count(": FAILED") == 2


def made(folder, checkout, *more):
    """An environment that somebody else made, without pip; returns the last thing in it."""
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    for name in ("python", *more):
        shutil.copy(checkout.straw, folder / "bin" / name)
    return folder / "bin" / more[-1]


def imports(path):
    """The modules that a module names as it is read, and their names as its own."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*within, *filter(None, [node.module])))
            yield from (module, *(f"{module}.{one.name}" for one in node.names))


def test_what_is_tried_on_each_python_needs_nothing_of_what_drives_a_browser():
    """The group `browser` is no part of it; a hub is tried only where `make class` brings one."""
    others = ("browser", "kernels", "lite", "classroom/test_hub", "classroom/test_mistakes")
    within = {path: path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("*.py")}
    waiting = [path for path, name in within.items() if not name.startswith(others)]
    assert len(waiting) > 200
    seen, named = set(waiting), {}
    while waiting:
        path = waiting.pop()
        for module in imports(path):
            named[module.partition(".")[0]] = path
            found = ROOT.joinpath(*module.split(".")).with_suffix(".py")
            if found in within and found not in seen:
                seen.add(found)
                waiting.append(found)
    assert {"httpx", "pytest", "tests"} <= set(named)
    assert named.keys() & {"axe_playwright_python", "playwright"} == set()
