"""The secret sweep over notebooks: as saved, as executed, as a page, and as `check-notebook` sees them."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import nbformat
from nbclient import NotebookClient

from ppio_widgets.__main__ import main
from ppio_widgets.secrets.in_use import secrets_in_use
from tests.support.bodies import MINIMAL
from tests.support.kernel import channels
from tests.support.sweep import ENV_SECRET, KEY, hits
from tests.support.wire import faulty, packed

CELLS = """\
%load_ext ppio_widgets
%xmode Verbose
import logging, os
logging.basicConfig(level=logging.DEBUG)
---
from ppio_widgets import EnvRef, LaunchForm, PpioClient, api, launch
api.LOOK_UP_SECONDS = 0.1
BODY = BODY | {"envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}
client = PpioClient(lambda: os.environ["SWEEP_KEY"], base_url=URL)
form = LaunchForm(BODY, client=client)
form
---
import threading
[one.join(20) for one in threading.enumerate() if one.name == "ppio-catalogue"]
form.launch().wait_for_answer(20), form.session.plan, client, vars(client), form.session.launch.record
---
launch(BODY, base_url=URL, api_key=lambda: os.environ["SWEEP_KEY"])
---
client.get_instance("i-1")
---
%ppio launches
---
%ppio_launch --name demo --product p --image i --env HF_TOKEN --dry-run
---
%ppio_launch --name demo --api-key nope --yes
---
form.value, form.errors, form.request, form.session.draft
---
from ppio_widgets import Instance, InstanceBoard
board = InstanceBoard(client=client)
board
---
from ppio_widgets.widgets.instance_card import InstanceCard
one = Instance("i-2", client)
display(one)
InstanceCard(one)
---
import time
from ipywidgets.widgets.widget import _instances
while sum("rented-before" in str(widget.get_state()) for widget in list(_instances.values())) < 2:
    time.sleep(0.01)
board, vars(board.session), board.session.board, one, vars(one), one._repr_html_()
---
%ppio_launch --name demo --product p --image i --env-file my.env --dry-run
---
%ppio_launch --name demo --product p --image i --env-file broken.env --dry-run
---
from ppio_widgets.locale.words import words
from ppio_widgets.launches.importing import Disk
from ppio_widgets.formats.writing import FORMATS, write
from ppio_widgets.formats.reading import read_any
say = words("en")
read = read_any("docker run --env-file my.env -e API=$HF_TOKEN -e SWEEP_KEY img", outside=Disk())
print(*(write(read.draft, name, say) for name in FORMATS), *(one.sentence(say) for one in read.left_out))
read
---
LaunchForm(read.draft, client=client)
---
from ppio_widgets.launches.presets import save_preset
from ppio_widgets.formats.diff import changes
typed = BODY | {"envs": [{"key": "HF_TOKEN", "value": os.environ["HF_TOKEN"]}]}
saved = save_preset("typed", typed)
saved, changes(BODY, typed), [one.sentence(say) for one in changes(typed, BODY)]
---
del typed
%ppio preset save formed @form
%ppio preset show formed
%ppio preset show typed
%ppio preset list
---
%ppio preset show by-hand
---
%ppio_launch --preset typed --dry-run
---
from IPython.core.completer import provisionalcompleter
options = ("--env HF", "--env HF_TOKEN=", "--env-file ", "--preset ", "--body @", "--api-key ", "--like ")
lines = [f"%ppio_launch {option}" for option in options] + ["%ppio preset show ", "%ppio show "]
with provisionalcompleter():
    print([list(get_ipython().Completer.completions(line, len(line))) for line in lines])
---
%whos
---
# What threads sent since their own cells ended is not kept by nbclient: all widgets say their state again.
[widget.send_state() for widget in list(_instances.values())]
None
---
%history -o
In, Out, _, __, ___
"""

# What is seen of each carrier, so that it was there to be swept.
CARRIERS = (
    *("DEBUG:httpcore", "INFO:ppio_widgets", "BALANCE_NOT_ENOUGH", "env HF_TOKEN"),
    *("rented-before", "bad ••••", "ssh root@", "SWEEP_KEY", "file's value is not read", "HTTP %{http_code}"),
    *("••••(env HF_TOKEN) → $HF_TOKEN", "typed.json", "by-hand", "<Completion", "Data/Info"),
    "load_ext ppio_widgets",
)

OTHER = {
    "id": "i-2",
    "name": "rented-before",
    "status": {"status": "running", "error": "", "message": f"bad {ENV_SECRET}"},
    "created_at": 1_700_000_000,
    "product_id": "p",
    "image": "i",
    "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}, {"key": "API", "value": KEY}],
    "tools": {
        "ssh": {"command": "ssh root@h", "password": ENV_SECRET},
        "jupyter": {"endpoint": f"https://h/lab?token={quote(KEY)}", "token": KEY},
    },
}


def echoes(server, connection):
    """Refuse the first create call, lose the answer to the next, and repeat what was sent by then."""
    request = server.read(connection)
    if request is None:
        return
    secret = ENV_SECRET if server.posts else ""
    echo = {"message": f"key {KEY} secret {secret}", "reason": "BALANCE_NOT_ENOUGH"}
    if request.target.startswith("/gpus/v2/instances/i-2"):
        connection.sendall(packed(200, json.dumps(OTHER).encode()))
    elif request.target.startswith("/gpus/v2/instances?"):
        rows = [] if "name=" in request.target else [OTHER]
        page = {"data": rows, "next_cursor": "", "has_more": False}
        connection.sendall(packed(200, json.dumps(page).encode()))
    elif request.method == "GET" or server.posts == 1:
        connection.sendall(packed(400, json.dumps(echo).encode()))


def test_a_saved_and_executed_notebook_and_its_page(monkeypatch, tmp_path, capsys):
    for name in [one.source for one in secrets_in_use()]:  # this machine's own
        monkeypatch.delenv(name)
    for name in ("PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("SWEEP_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    put(tmp_path)
    with faulty(echoes) as server:
        sheet = executed(f"BODY, URL = {MINIMAL!r}, {server.url!r}\n{CELLS}", tmp_path)
        sent = [request for request in server.received if request.method == "POST"]
    assert ENV_SECRET in json.loads(sent[0].content)["envs"][0]["value"]
    errors = [one["ename"] for one in outputs(sheet) if "ename" in one]
    assert errors == ["OutcomeUnknown", "ApiError", *["UsageError"] * 3]
    state = json.dumps(sheet.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"])
    assert state.count("rented-before") >= 2  # the board's and the card's
    saved = nbformat.writes(sheet)
    from nbconvert import HTMLExporter  # noqa: PLC0415 - a second for whoever only collects the tests

    page, _ = HTMLExporter().from_notebook_node(sheet)
    ledger = "".join(path.read_text() for path in (tmp_path / "state").rglob("*.json"))
    presets = "".join(
        (tmp_path / "config" / "presets" / f"{name}.json").read_text() for name in ("typed", "formed")
    )
    assert [one for one in CARRIERS if one not in saved] == []
    assert "BALANCE_NOT_ENOUGH" in page
    assert '"name": "demo"' in ledger
    assert presets.count('"$env": "HF_TOKEN"') == 2
    assert hits(saved + page + ledger + presets) == []
    assert os.environ["SWEEP_KEY"] == KEY
    assert judged(sheet, tmp_path, capsys) == 0
    for secret, source in ((KEY, "SWEEP_KEY"), (ENV_SECRET, "HF_TOKEN")):
        told = {"output_type": "stream", "name": "stdout", "text": f"it is {secret}"}
        spoilt = {**sheet, "cells": [*sheet.cells[:-1], {**sheet.cells[-1], "outputs": [told]}]}
        assert judged(nbformat.from_dict(spoilt), tmp_path, capsys) == 1, source


def put(folder):
    """Files that hold the secrets, as a person may have them."""
    (folder / "my.env").write_text(f"HF_TOKEN={ENV_SECRET}\n", encoding="utf-8")
    (folder / "broken.env").write_text(f"A=1\nHF TOKEN {ENV_SECRET}\n", encoding="utf-8")
    (folder / "config" / "presets").mkdir(parents=True)
    typed = {**MINIMAL, "command": f"login {KEY}", "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}]}
    (folder / "config" / "presets" / "by-hand.json").write_text(json.dumps(typed), encoding="utf-8")


def executed(text, folder):
    """Run a notebook as Run All does, except that it goes on where a cell fails."""
    cells = [nbformat.v4.new_code_cell(source) for source in text.split("---\n")]
    for cell in cells:
        cell.metadata["tags"] = ["raises-exception"]
    sheet = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        sheet,
        timeout=120,
        kernel_name="python3",
        config=channels(),
        store_widget_state=True,
        resources=resources,
    )
    with client.setup_kernel(cwd=str(folder)):
        for index, cell in enumerate(sheet.cells):
            client.execute_cell(cell, index)
        client.set_widgets_metadata()
    return sheet


def outputs(sheet):
    return [output for cell in sheet.cells for output in cell.outputs]


def judged(sheet, folder, capsys):
    """What `check-notebook` makes of it; that says no secret either."""
    path = folder / "sheet.ipynb"
    nbformat.write(sheet, path)
    status = main(["check-notebook", str(path)])
    assert hits("".join(capsys.readouterr())) == []
    return status
