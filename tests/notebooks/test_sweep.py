"""The secret sweep over notebooks: as saved, as executed, and as a page."""

from __future__ import annotations

import json
import os

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

from tests.bodies import MINIMAL
from tests.sweep import ENV_SECRET, KEY, hits
from tests.unit.wire import faulty, packed

CELLS = """\
%load_ext ppio_widgets
%xmode Verbose
import logging, os
logging.basicConfig(level=logging.DEBUG)
---
from ppio_widgets import EnvRef, LaunchForm, PpioClient, api, launch
api.LOOK_UP_SECONDS = 0.1
BODY = {BODY!r} | {{"envs": [{{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}}]}}
client = PpioClient(lambda: os.environ["SWEEP_KEY"], base_url={URL!r})
form = LaunchForm(BODY, client=client)
form
---
import threading
[one.join(20) for one in threading.enumerate() if one.name == "ppio-catalogue"]
form.launch().wait_for_answer(20), form.session.plan, client, vars(client), form.session.launch.record
---
launch(BODY, base_url={URL!r}, api_key=lambda: os.environ["SWEEP_KEY"])
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
"""


def echoes(server, connection):
    """Refuse the first create call, lose the answer to the next, and repeat what was sent by then."""
    request = server.read(connection)
    if request is None:
        return
    secret = ENV_SECRET if server.posts else ""
    echo = {"message": f"key {KEY} secret {secret}", "reason": "BALANCE_NOT_ENOUGH"}
    if request.target.startswith("/gpus/v2/instances?"):
        page = {"data": [], "next_cursor": "", "has_more": False}
        connection.sendall(packed(200, json.dumps(page).encode()))
    elif request.method == "GET" or server.posts == 1:
        connection.sendall(packed(400, json.dumps(echo).encode()))


def test_a_saved_and_executed_notebook_and_its_page(monkeypatch, tmp_path):
    for name in ("PPIO_API_KEY", "PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("SWEEP_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    with faulty(echoes) as server:
        filled = CELLS.format(BODY=MINIMAL, URL=server.url)
        cells = [nbformat.v4.new_code_cell(text) for text in filled.split("---\n")]
        for cell in cells[3:]:
            cell.metadata["tags"] = ["raises-exception"]
        sheet = nbformat.v4.new_notebook(cells=cells)
        client = NotebookClient(sheet, timeout=120, kernel_name="python3", store_widget_state=True)
        with client.setup_kernel():
            for index, cell in enumerate(sheet.cells):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    assert hits(str(error)) == []
            client.set_widgets_metadata()
        sent = [request for request in server.received if request.method == "POST"]
    assert ENV_SECRET in json.loads(sent[0].content)["envs"][0]["value"]
    assert sheet.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    saved = nbformat.writes(sheet)
    page, _ = HTMLExporter().from_notebook_node(sheet)
    ledger = "".join(path.read_text() for path in (tmp_path / "state").rglob("*.json"))
    assert "HF_TOKEN" in saved
    assert "BALANCE_NOT_ENOUGH" in page
    assert '"name": "demo"' in ledger
    assert hits(saved + page + ledger) == []
    assert os.environ["SWEEP_KEY"] == KEY
