"""A field of the API costs four places: the model, its words, its place in the form, its option.

A copy of the package gets a text field and a list of objects that the API does not have, in these four
places alone, and a Python of its own finds them wherever a field has to be.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ppio_widgets

ROOT = Path(ppio_widgets.__file__).parent

MODEL = '''
class Probe(_Part):
    """What is asked whether the instance is well."""

    path: StrictStr = Field(min_length=1)
    every: StrictInt | None = Field(None, ge=1)


class CreateInstanceRequest'''
WORDS = {
    "field.color": "Color",
    "field.probes.*.path": "Path of probe",
    "field.probes.*.every": "Seconds of probe",
    "list.probes": "Probes",
    "row.probes": "Probe {n}",
    "row.add.probes": "Add probe",
    "row.remove.probes": "Remove this probe",
    "row.menu.probes": "Duplicate or move this probe",
    "row.undo.probes": "Put the probe back",
    "option.color": "its color",
    "option.probe": "what is asked",
}

# Run in the copy: prints what it found where.
FINDS = """
import json
from ppio_widgets import Instance, LaunchForm, check, launch
from ppio_widgets.formats.diff import changes
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.reading import read_any
from ppio_widgets.request.draft import compact
from ppio_widgets.locale.words import words

body = {
    "name": "made-up", "product_id": "a100-80g", "image": "ubuntu:24.04", "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
    "color": "red", "probes": [{"path": "/health", "every": 5}, {"path": "/a,b"}],
}
def every(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)
def of(draft):
    return {key: draft.get(key) for key in ("color", "probes")}
form = LaunchForm(body, practice=True, language="en")
wrong = check({**body, "probes": [{"every": 5}]})
found = {"errors": {str(path): text for path, text in wrong.errors().items()}}
found["form"] = of(form.value)
for head in [one for one in every(form) if "ppw-section" in one._dom_classes]:
    head.value = True
found["controls"] = [one.description for one in every(form) if getattr(one, "description", "")]
for name in ("json", "curl", "python", "line"):
    text = form.face(name)
    if name == "python":
        text = text[text.index("{"):text.rindex("}") + 1]
        found[name] = of(eval(text))
    else:
        found[name] = of(read_any(text).draft)
said = read_line("--color red --probe path=/health,every=5", lambda _text: None).draft
found["options"] = of(compact(said).body)
found["diff"] = [one.sentence(words("en")) for one in changes({**body, "color": "blue", "probes": []}, body)]
launched = launch(body, practice=True).wait(60)
found["instance"] = str(launched.instance.refresh())
found["answer"] = launched.instance.client.get_reply(f"/gpus/v2/instances/{launched.id}", {}).value
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
shell.run_line_magic("load_ext", "ppio_widgets")
again = shell.run_line_magic("ppio_launch", f"--practice --like {launched.id} --name other --yes")
found["like"] = of(again.plan.body)
form.close()
print(json.dumps(found))
"""


@pytest.mark.long
def test_a_made_up_field_is_found_everywhere_after_four_places(tmp_path):
    shutil.copytree(ROOT, tmp_path / "ppio_widgets", ignore=shutil.ignore_patterns("__pycache__"))

    def edit(name, before, after):
        path = tmp_path / "ppio_widgets" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, (name, before)
        path.write_text(text.replace(before, after), encoding="utf-8")

    edit("request/models.py", "\nclass CreateInstanceRequest", MODEL)
    edit(
        "request/models.py",
        "    auto_migrate: AutoMigrate | None = None\n",
        "    auto_migrate: AutoMigrate | None = None\n    color: StrictStr | None = None\n"
        "    probes: tuple[Probe, ...] | None = None\n",
    )
    for language in ("en", "zh"):
        path = tmp_path / "ppio_widgets" / "locale" / f"{language}.json"
        path.write_text(
            json.dumps({**json.loads(path.read_text(encoding="utf-8")), **WORDS}), encoding="utf-8"
        )
    edit("widgets/form/sections.py", '("envs",)', '("envs", "color", "probes")')
    edit(
        "formats/line/options.py",
        '        Option("--network-ip", ("network", "ip"), "text", "IP"),\n',
        '        Option("--network-ip", ("network", "ip"), "text", "IP"),\n'
        '        Option("--color", ("color",), "text", "TEXT"),\n'
        '        Option("--probe", ("probes",), "row", "NAME=VALUE,…", repeated=True),\n',
    )
    ran = subprocess.run(
        [sys.executable, "-c", FINDS], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    made_up = {"color": "red", "probes": [{"path": "/health", "every": 5}, {"path": "/a,b"}]}
    assert list(found["errors"]) == ["('probes', 0, 'path')"]
    assert {
        name: found[name] for name in ("form", "json", "curl", "python", "line", "like")
    } == dict.fromkeys(("form", "json", "curl", "python", "line", "like"), made_up)
    assert found["options"] == {"color": "red", "probes": [{"path": "/health", "every": 5}]}
    assert {"Color", "Path of probe 1", "Seconds of probe 2", "Add probe"} <= set(found["controls"])
    assert [line for line in found["diff"] if "Color" in line and "blue" in line and "red" in line]
    assert [line for line in found["diff"] if "/health" in line or "Probe" in line]
    assert {key: found["answer"][key] for key in made_up} == made_up
    assert "Color: red" in found["instance"]
    assert "Path of probe 1: /health" in found["instance"]
