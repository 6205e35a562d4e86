"""What stands around the package names only what is there: workflows, hubs, Binder, forms, the citation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import ppio_widgets
from ppio_widgets.secrets.credentials import PRACTICE_PORT, is_practice_key

ROOT = Path(__file__).parents[2]
FOLDERS = (".github", ".devcontainer", "binder", "deploy")
FILES = [
    ROOT / "CITATION.cff",
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.is_file()),
]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def text_of(*names):
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


def read(*names):
    return yaml.safe_load(text_of(*names))


def jobs(path):
    return read(path)["jobs"]


def steps(path):
    return [step for job in jobs(path).values() for step in job.get("steps", ())]


def targets():
    """Return the targets of the Makefile that have a name of their own."""
    lines = re.findall(r"^([a-z][\w\- ]*):", text_of("Makefile"), re.MULTILINE)
    return {name for line in lines for name in line.split()}


def made(text):
    """What a text asks make for."""
    return re.findall(r"\bmake ([a-z][\w\-]*)", text)


def variables_of(text):
    return set(re.findall(r"\b(?:PPIO|NOVITA)_[A-Z_]+\b", text))


@each_file
def test_a_file_can_be_read_and_names_no_address(path):
    text = text_of(path)
    if path.suffix in {".yml", ".yaml", ".cff"}:
        assert isinstance(yaml.safe_load(text), dict)
    elif path.suffix == ".json":
        assert isinstance(json.loads(text), dict)
    elif path.suffix == ".py":
        compile(text, path.name, "exec")
    assert re.findall(r"https?://(?!127\.0\.0\.1)[^\s\"]*", text) == []
    assert re.findall(r"\b(?:pypi|npmjs|pythonhosted)\.(?:org|com)\b", text) == []


# What a checkout gets beside its own files.
BESIDE = re.compile(
    r"\.(?!github$|devcontainer$|ci$|gitignore$).*|_lite|build|dist|node_modules|__pycache__|.*\.egg-info"
)


def own_files(folder=ROOT):
    """All files of the project that are text."""
    for path in sorted(folder.iterdir()):
        if BESIDE.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from own_files(path)
        elif path.suffix not in {".png", ".webp", ".pdf", ".ico", ".woff2"}:
            yield path


def test_no_file_names_the_host_of_an_index():
    hosts = re.compile(r"\b(?:pypi|npmjs|pythonhosted)\.(?:org|com)\b")
    files = list(own_files())
    assert len(files) > 500
    assert [path for path in files if hosts.search(path.read_text(encoding="utf-8"))] == []


@each_file
def test_what_is_made_can_be_made_and_what_is_named_is_there(path):
    text = text_of(path)
    assert set(made(text)) <= targets()
    named = re.findall(r"\b(?:docs/[\w/.\-]+\.md|deploy/[\w/.]+|tests/[\w/]+\.py)", text)
    assert [one for one in named if not (ROOT / one).exists()] == []


@each_file
def test_each_variable_that_is_set_is_one_of_the_reference(path):
    known = variables_of(text_of("docs", "en", "reference", "environment.md"))
    assert variables_of(text_of(path)) <= known


def test_the_workflows_make_what_contributors_make():
    asked = {name for path in WORKFLOWS for step in steps(path) for name in made(step.get("run", ""))}
    assert asked >= {"test", "kernels", "hosts", "test-lite", "docs", "test-docs", "picture", "package"}


@each_workflow
def test_a_workflow_may_little_and_takes_actions_of_a_fixed_version(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"]
    used = [one["uses"] for one in (*steps(path), *jobs(path).values()) if "uses" in one]
    assert used
    for one in used:
        if one.startswith("./"):
            assert (ROOT / one).is_file()
        else:
            assert re.fullmatch(r"[\w\-]+/[\w\-]+@(?:release/)?v\d+", one), one
    assert all("timeout-minutes" in job or "uses" in job for job in jobs(path).values())
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        # What somebody else may name reaches a shell as a variable alone.
        assert "${{" not in step.get("run", "")
    assert "secrets." not in text_of(path)


def test_only_what_publishes_may_do_more():
    more = {
        (path.stem, name): job["permissions"]
        for path in WORKFLOWS
        for name, job in jobs(path).items()
        if "permissions" in job
    }
    assert more == {
        ("docs", "publish"): {"pages": "write", "id-token": "write"},
        ("release", "publish"): {"id-token": "write"},
    }
    assert all("run" not in step for name in ("docs", "release") for step in published(name)["steps"])


def published(name):
    return jobs(ROOT / ".github" / "workflows" / f"{name}.yml")["publish"]


def test_a_release_is_tested_then_built_then_published_without_a_password():
    release = ROOT / ".github" / "workflows" / "release.yml"
    named = jobs(release)
    assert named["test"]["uses"].endswith("/test.yml")
    assert (named["build"]["needs"], named["publish"]["needs"]) == ("test", "build")
    assert named["publish"]["environment"] == "pypi"
    assert not [step for step in named["publish"]["steps"] if "password" in step.get("with", {})]
    # YAML reads the word `on` as true.
    assert read(release)[True] == {"push": {"tags": ["v*"]}}


def test_each_python_that_is_promised_is_tested_and_the_oldest_with_the_oldest():
    matrix = jobs(ROOT / ".github" / "workflows" / "test.yml")["pythons"]["strategy"]["matrix"]
    promised = re.search(r"^PYTHONS := (.*)$", text_of("Makefile"), re.MULTILINE)[1].split()
    assert matrix["python"] == promised
    (oldest,) = matrix["include"]
    assert oldest["python"] == promised[0]
    assert {*matrix["target"], oldest["target"]} == {"rooms", "test-oldest"} <= targets()


def test_an_issue_form_asks_for_the_report_and_for_no_key():
    bug = read(ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml")
    asked = {part["id"]: part for part in bug["body"] if "id" in part}
    assert "ppio-widgets doctor --report doctor.md" in asked["doctor"]["attributes"]["description"]
    assert asked["doctor"]["validations"]["required"]
    (warning,) = (part["attributes"]["value"] for part in bug["body"] if part["type"] == "markdown")
    assert warning.startswith("**No key")
    assert asked["clean"]["attributes"]["options"][0]["required"]
    for path in FORMS:
        for part in read(path).get("body", ()):
            title = part["attributes"].get("label", "")
            assert part["type"] == "markdown" or re.search(r"[\u4e00-\u9fff]", title), title
            assert not re.search(r"\bkey|密钥", title), title


def test_the_citation_is_of_this_version():
    citation = read("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == ppio_widgets.__version__
    project = text_of("pyproject.toml")
    assert f'license = "{citation["license"]}"' in project
    assert f'name = "{citation["title"]}"' in project
    assert [f'authors = [{{ name = "{one["name"]}" }}]' in project for one in citation["authors"]] == [True]


@pytest.mark.skipif(os.name == "nt", reason="Binder's images are Linux")
def test_a_binder_practises_and_starts_what_it_is_asked_to():
    started = [str(ROOT / "binder" / "start"), sys.executable, "-c"]
    asked = "import os, sys; print(os.environ['PPIO_WIDGETS_PRACTICE'], sys.argv[1:])"
    told = subprocess.run([*started, asked, "a b"], check=True, capture_output=True, text=True)
    assert told.stdout == "1 ['a b']\n"
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)
    (extra,) = re.findall(r"^\.\[(\w+)\]$", text_of("binder", "requirements.txt"), re.MULTILINE)
    assert re.search(rf"^{extra} = \[", text_of("pyproject.toml"), re.MULTILINE)


def test_each_user_of_a_hub_on_one_computer_has_an_account_of_their_own():
    settings = SimpleNamespace(Spawner=SimpleNamespace())
    hub = {"get_config": lambda: settings}
    exec(compile(text_of("deploy", "tljh", "ppio_widgets.py"), "settings", "exec"), hub)  # noqa: S102 - as the hub does
    given = settings.Spawner.environment

    def key(name):
        return given["PPIO_WIDGETS_PRACTICE_KEY"](SimpleNamespace(user=SimpleNamespace(name=name)))

    names = ["a", "b", "张三", "a b/../c", "x" * 300]
    assert all(is_practice_key(key(name)) for name in names)
    assert len({key(name) for name in names}) == len(names)
    assert key("a") == key("a")
    assert given["PPIO_GPU_BASE_URL"] == f"http://127.0.0.1:{PRACTICE_PORT}"
    assert f"ppio-widgets practice --port {PRACTICE_PORT}\n" in text_of(
        "deploy", "tljh", "ppio-practice.service"
    )
    assert given["PPIO_WIDGETS_PRACTICE"] == "1"


def test_on_a_read_only_image_the_home_and_temporary_files_are_volumes():
    values = read("deploy", "kubernetes", "values.yaml")
    context = values["hub"]["config"]["KubeSpawner"]["container_security_context"]
    assert context["readOnlyRootFilesystem"]
    storage = values["singleuser"]["storage"]
    assert storage["type"] == "dynamic"
    mounted = {one["name"]: one["mountPath"] for one in storage["extraVolumeMounts"]}
    assert mounted == {"tmp": "/tmp"}  # noqa: S108 - the container's
    assert {one["name"] for one in storage["extraVolumes"]} == mounted.keys()
    assert values["singleuser"]["extraEnv"]["PPIO_WIDGETS_PRACTICE"] == "1"
    image = values["singleuser"]["image"]
    assert image["tag"] == ppio_widgets.__version__
    assert f"{image['name']}:{image['tag']} dist" in text_of("deploy", "kubernetes", "Dockerfile")


READ_ONLY = """
from IPython.core.interactiveshell import InteractiveShell
from ppio_widgets import launch
from ppio_widgets.errors import PpioError
body = {"name": "a", "product_id": "a100-80g", "image": "ubuntu:24.04", "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20}}
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "ppio_widgets")
print(launch(body, practice=True).wait(60).instance.status)
shell.user_ns["body"] = body
try:
    shell.run_line_magic("ppio", "preset save small @body")
except Exception as error:
    print(error)
"""


@pytest.mark.long
def test_where_no_folder_can_be_written_people_practise_and_are_told_what_is_not_kept(tmp_path):
    closed = tmp_path / "file"  # below it nobody can write, not even root
    closed.touch()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PPIO_", "NOVITA_"))
    }
    place = {
        "HOME": str(closed / "home"),
        "PYTHONPATH": str(ROOT),
        "PPIO_WIDGETS_LANG": "en",
        "LOCALAPPDATA": str(closed),
    }
    given = {"env": kept | place, "cwd": tmp_path, "capture_output": True, "text": True, "encoding": "utf-8"}
    done = subprocess.run([sys.executable, "-c", READ_ONLY], check=True, **given)
    lines = done.stdout.splitlines()
    assert lines[-2] == "running"
    assert f"could not be changed in {closed}" in lines[-1]
    assert "PPIO_WIDGETS_CONFIG_DIR moves the folder" in lines[-1]
    doctor = subprocess.run(
        [sys.executable, "-m", "ppio_widgets", "doctor", "--practice"], check=False, **given
    )
    assert doctor.returncode == 1
    said = " ".join(doctor.stdout.split())
    assert "Launches cannot be written down" in said
    assert "Set PPIO_WIDGETS_STATE_DIR to a folder of your own." in said
