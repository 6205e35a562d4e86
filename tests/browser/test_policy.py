"""Where inline script is forbidden: what the kernel does holds, and the form says what it cannot do there."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from .conftest import PATIENCE, Notebook, begun, head_of, launch_of, let_read, page_for, until
from .policy import StrictLab
from .test_card import BODY, status
from .test_consent import CELLS

FORM = f"""\
from ppio_widgets import InstanceBoard, LaunchForm
LaunchForm({ ({**BODY, "name": "strict"})!r}, practice=True)"""
SHORTCUTS = "Press no letters on lists or buttons: the notebook hears them, and x cuts the cell."
BY_HAND = "Select it, then press Ctrl+C."
SELECTED = "getSelection().toString()"


@pytest.fixture(scope="session")
def strict(tmp_path_factory, practice, chromium):
    with begun(StrictLab(tmp_path_factory.mktemp("strict"), practice.url)) as server:
        yield server


@pytest.fixture
def sheet(request, own_page, strict, chromium):
    with page_for(request, strict, chromium, []) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield Notebook(strict, page)
        assert page.evaluate("'ppw' in window") is False, "no script of ours ran"


def typed(sheet, form):
    """Type, open a section, add a row; the request shows all of it."""
    form.get_by_role("textbox", name="Name", exact=True).fill("strict-1")
    head_of(form, "Environment").click()
    form.get_by_role("button", name="Add variable").click()
    form.get_by_role("textbox", name="Variable 1", exact=True).fill("EPOCHS")
    form.get_by_role("textbox", name="Value of variable 1").fill("3")
    expect(form.locator("pre")).to_contain_text('{"key": "EPOCHS", "value": "3"}')
    expect(form.locator("pre")).to_contain_text('"name": "strict-1"')
    return sheet.body(form)


def copied(page, begin):
    """What is copied by hand, where something was selected: the clipboard is another process's."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.keyboard.press("Control+c")
    read = "navigator.clipboard.readText()"
    until(lambda: page.evaluate(read).startswith(begin), f"{begin!r} is copied")
    return page.evaluate(read)


def is_selected_by_a_click(command):
    command.click()
    assert command.page.evaluate(SELECTED).strip() == command.inner_text()
    assert copied(command.page, "ssh -p 22 root@").strip() == command.inner_text()


def asked_early(sheet, form):
    """No answer counts as long as the question could not be read."""
    sheet.run_to_its_end(1)
    launch_of(form).click()
    yes = form.get_by_role("button", name="Yes, launch it")
    let_read(yes)
    yes.click()
    expect(form.get_by_text("Read first, then answer.")).to_be_visible()
    sheet.run_to_its_end(2)
    return yes


def test_typing_copying_and_consent_hold_where_no_script_runs(sheet, practice):
    sheet.open([FORM, CELLS["no time passes"], CELLS["time passes"], "InstanceBoard(practice=True)"])
    sheet.run(0)
    form = sheet.form(0)
    expect(form.get_by_text(SHORTCUTS)).to_be_visible(timeout=PATIENCE)
    expect(launch_of(form)).to_contain_text("¥12.60/h", timeout=PATIENCE)
    body = typed(sheet, form)

    form.get_by_role("button", name="Copy").click()
    area = form.get_by_role("textbox", name="Request body as JSON")
    expect(form.get_by_text(BY_HAND)).to_be_visible()
    area.press("Control+a")
    assert json.loads(copied(sheet.page, "{")) == body

    rows = practice.cloud.one.page
    asked_early(sheet, form).click()
    card = form.locator(".ppw-machine")
    expect(card.locator(".ppw-state")).to_have_text("running", timeout=PATIENCE)
    (row,) = rows(name="strict-1")["data"]
    expect(card.get_by_text(BY_HAND)).to_be_visible()
    expect(card.get_by_role("button", name="Copy")).to_have_count(0)
    is_selected_by_a_click(card.get_by_text("ssh -p 22 root@"))

    sheet.run(3)
    board = sheet.form(3)
    expect(board.get_by_text(SHORTCUTS)).to_be_visible(timeout=PATIENCE)
    is_selected_by_a_click(board.get_by_title("strict-1: running").get_by_text("ssh -p 22 root@"))

    card.get_by_role("button", name="Stop …").click()
    yes = card.get_by_role("button", name="Yes, stop it")
    let_read(yes)
    yes.click()
    expect(card).to_contain_text("confirmed stopped at", timeout=PATIENCE)
    assert status(practice, row["id"]) == "exited"
    practice.cloud.one.act(row["id"], "delete")


def test_where_scripts_run_nothing_of_that_is_said(notebook):
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    expect(form.locator(".ppw-voice")).to_be_attached()
    said = form.get_by_text(SHORTCUTS)
    expect(said).to_have_css("display", "none")
    expect(said).to_have_css("animation-name", "none")
