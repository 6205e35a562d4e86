"""Notebooks without a kernel: as a front end with widgets saves them, as nbclient does, and as a page."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.bodies import MINIMAL
from tests.support.kernel import channels
from tests.support.sweep import ENV_SECRET, KEY, hits

BODY = {**MINIMAL, "product_id": "a100-80g"}
VIEW = "application/vnd.jupyter.widget-view+json"
CELLS = f"""\
from ppio_widgets import EnvRef, InstanceBoard, LaunchForm, launch
BODY = {BODY!r} | {{"envs": [{{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}}]}}
form = LaunchForm(BODY, practice=True)
form
---
board = InstanceBoard(practice=True)
board
---
one = launch(BODY | {{"name": "by-call"}}, practice=True)
one.wait(30)
---
one.instance
---
form.launch().wait_for_answer(30)
board.session.refresh()
form.session.launch.instance.wait()
form.close()
board.close()
"""


@pytest.fixture
def executed(monkeypatch, tmp_path):
    """Executes the notebook; a secret is in the environment, and a key that is not used."""
    monkeypatch.delenv("PPIO_GPU_BASE_URL", raising=False)
    monkeypatch.delenv("PPIO_WIDGETS_PRACTICE", raising=False)
    for name, value in (("PPIO_API_KEY", KEY), ("HF_TOKEN", ENV_SECRET), ("PPIO_WIDGETS_LANG", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def execute():
        cells = [nbformat.v4.new_code_cell(text) for text in CELLS.split("---\n")]
        sheet = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(
            sheet, timeout=120, kernel_name="python3", config=channels(), store_widget_state=False
        ).execute()
        nbformat.validate(sheet)
        from nbconvert import HTMLExporter  # noqa: PLC0415 - a second for whoever only collects the tests

        page, _ = HTMLExporter().from_notebook_node(sheet)
        assert hits(nbformat.writes(sheet) + page) == []
        return [cell.outputs for cell in sheet.cells], page

    return execute


@pytest.mark.filterwarnings("ignore:Widget state not found:UserWarning")
def test_what_nbclient_leaves_says_what_it_was_and_how_to_get_it_back(executed):
    (form, board, launched, machine, _last), page = executed()
    for outputs in (form, board, launched, machine):
        (output,) = outputs
        assert {"text/plain", "text/html"} <= set(output.data)
    assert VIEW in form[0].data
    assert VIEW in board[0].data
    for shown in (form[0].data["text/plain"], form[0].data["text/html"], page):
        assert "%ppio_launch --form --name demo" in shown
        assert "--env HF_TOKEN" in shown
    assert "No instances on the practice cloud." in page
    assert "by-call on the practice cloud: running (id " in page
    assert page.count("This practice cloud ends with its kernel; nothing of it comes back.") == 2
    assert "%ppio show " not in page


@pytest.mark.filterwarnings("ignore:Widget state not found:UserWarning")
def test_what_a_front_end_with_widgets_saves_has_a_card_with_the_outcome(executed, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")  # so the kernel takes nbclient for one
    (form, board, launched, _machine, _last), page = executed()
    for outputs, said in (
        (form, "demo on the practice cloud: running (id "),
        (board, "2 instances on the practice cloud"),
        (launched, "by-call on the practice cloud: running (id "),
    ):
        card, view = outputs
        assert VIEW in view.data
        assert "is above" in view.data["text/html"]
        assert said in card.data["text/plain"]
        assert "ppio-static" in card.data["text/html"]
        assert said in page
    for card, _view in (form, board):
        assert "This practice cloud ends with its kernel" in card.data["text/plain"]
    assert "%ppio " not in page
    assert "nothing was launched" not in page
