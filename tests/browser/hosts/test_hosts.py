"""What a person does, in every place that shows notebooks; `words.json` has the names of the actions."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from ppio_widgets.request.draft import DEFAULTS
from tests.browser.access import pale
from tests.browser.conftest import PATIENCE, choose, launch_of, let_read, open_sections, until
from tests.support.bodies import MINIMAL

IMPORT = "from ppio_widgets import InstanceBoard, LaunchForm\n"
FORM = f"{IMPORT}LaunchForm(practice=True)"
EMPTY = f"{IMPORT}LaunchForm({DEFAULTS!r}, practice=True)"  # nothing is proposed
BOARD = f"{IMPORT}InstanceBoard(practice=True)"
# What reaches out of a view, save what scrolls by itself.
BEYOND = """root => [...root.querySelectorAll('*')]
  .filter(one => one.checkVisibility() && !one.closest('.ppw-offers, .ppw-readout, .ppw-tabs'))
  .filter(one => one.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
  .map(one => one.outerHTML.slice(0, 120))"""
# Where a field begins, where the words of its label do, and where its input does.
PLACES = """field => {
  const words = document.createRange();
  words.selectNodeContents(field.querySelector('.widget-label'));
  return [field, words, field.querySelector('input')].map(one => one.getBoundingClientRect().x);
}"""
# How light the fields are, each of 255.
FIELDS = """root => [...root.querySelectorAll('input[type=text], select, textarea')]
  .filter(one => one.checkVisibility())
  .map(one => Number(getComputedStyle(one).backgroundColor.match(/[0-9.]+/)[0]))"""


def short(action):
    """One of the few actions that `make test` tries as well."""
    action.short = True
    return action


@pytest.fixture
def opened(served, page):
    """Opens cells, runs the first and returns the sheet with its view."""

    def opened(*cells):
        sheet = served.host.open(served.server, page, [*cells])
        sheet.run(0)
        return sheet, sheet.form(0)

    return opened


@pytest.fixture
def existing(practice):
    """The instance of a name that is there; each goes with the test."""
    seen = set()

    def existing(name):
        rows = practice.cloud.one.page(name=name)["data"]
        seen.update(row["id"] for row in rows)
        return rows

    yield existing
    for identity in seen & {row["id"] for row in practice.cloud.one.page(limit=1000)["data"]}:
        practice.cloud.one.act(identity, "delete")


def form_of(name):
    body = {**MINIMAL, "name": name, "product_id": "a100-80g"}
    return f"{IMPORT}form = LaunchForm({body!r}, practice=True)\nform"


def line_of(name, *options):
    options = " ".join(options)
    launch = f"%ppio_launch --practice --name {name} --product a100-80g --image ubuntu:24.04 {options}"
    return f"%load_ext ppio_widgets\n{launch}"


def answer(view, words):
    """Answer a question once it could be read."""
    yes = view.get_by_role("button", name=words)
    let_read(yes)
    yes.click()


def launch(form):
    """Launch what a form holds; returns the card of the instance, which runs."""
    launch_of(form).click()
    expect(form.get_by_role("alertdialog")).to_contain_text("¥12.60")
    answer(form, "Yes, launch it")
    card = form.locator(".ppw-machine").first
    expect(card.locator(".ppw-state")).to_have_text("running", timeout=PATIENCE)
    return card


def stop(view):
    view.get_by_role("button", name="Stop …").click()
    answer(view, "Yes, stop it")
    expect(view).to_contain_text("confirmed stopped at", timeout=PATIENCE)


def is_legible(view, *, is_dark):
    """Fields are as light or dark as the page, no text is pale, nothing reaches out."""
    fields = view.evaluate(FIELDS)
    assert fields
    assert all((lightness < 100) is is_dark for lightness in fields), fields
    strange, looked = pale(view)
    assert looked["text"] > 50
    assert strange == []
    assert view.evaluate(BEYOND) == []


@short
def test_shown(opened):
    _sheet, form = opened(FORM)
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h", timeout=PATIENCE)
    expect(form.get_by_text("Practice cloud.")).to_be_visible()
    expect(form.locator("pre")).to_contain_text('"product_id"')
    expect(form.locator("pre")).to_have_css("font-family", re.compile("monospace"))
    number, label, control = form.locator(".f-name").evaluate(PLACES)
    assert number + 10 < label < control, "a step has its number, its label and its field side by side"
    is_legible(form, is_dark=False)


@short
def test_rows(opened):
    sheet, form = opened(EMPTY)
    form.get_by_role("textbox", name="Name", exact=True).fill("名字 <b>")
    open_sections(form, "Access", "Environment")
    for _ in range(2):
        form.get_by_role("button", name="Add port").click()
    form.get_by_role("textbox", name="Port 1").fill("8080")
    form.get_by_role("textbox", name="Port 2").fill("9090")
    form.get_by_role("combobox", name="Protocol of port 2").select_option("tcp")
    form.get_by_role("button", name="Add variable").click()
    form.get_by_role("textbox", name="Variable 1", exact=True).fill("EPOCHS")
    form.get_by_role("textbox", name="Value of variable 1").fill('a="b"')
    form.locator(".l-ports").get_by_role("button", name="Remove").first.click()
    expect(form.locator(".l-ports .ppw-row")).to_have_count(1)
    expected = {
        "name": "名字 <b>",
        "ports": [{"port": 9090, "protocol": "tcp"}],
        "envs": [{"key": "EPOCHS", "value": 'a="b"'}],
    }
    until(lambda: expected.items() <= sheet.body(form).items(), "the preview shows what was typed")


def test_chosen(opened):
    sheet, form = opened(EMPTY)
    choose(form, "a100-80g")
    form.get_by_role("radio", name="PyTorch 2.6").check()
    form.get_by_role("button", name="Replace").click()
    until(lambda: sheet.body(form).get("image", "").startswith("pytorch/"), "the template's image is taken")
    assert sheet.body(form)["product_id"] == "a100-80g"
    expect(launch_of(form)).to_have_text("Launch · ¥12.60/h")


def test_copied(opened, page, name):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sheet, form = opened(form_of(name))
    expect(launch_of(form)).to_have_text("Launch · ¥12.60/h", timeout=PATIENCE)
    form.get_by_role("button", name="Copy").click()
    expect(form.get_by_text("Copied.")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == sheet.body(form)


@short
def test_launched(opened, existing, name):
    _sheet, form = opened(form_of(name))
    card = launch(form)
    (row,) = existing(name)
    expect(card.locator(".ppw-live")).to_contain_text(f"running (id {row['id']})")
    stop(card)
    assert [row["status"]["status"] for row in existing(name)] == ["exited"]
    card.get_by_role("button", name="More actions").click()
    card.get_by_role("button", name="Delete …").click()
    answer(card, "Yes, delete it for good")
    expect(card).to_contain_text("confirmed deleted at", timeout=PATIENCE)
    assert existing(name) == []


def test_line(opened, existing, name):
    sheet, card = opened(line_of(name), line_of(name))
    expect(card.get_by_role("alertdialog")).to_contain_text("¥12.60")
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Yes, launch it")).to_have_count(0)
    assert existing(name) == []
    sheet.run(1)
    card = sheet.form(1)
    expect(card.get_by_role("alertdialog")).to_contain_text("¥12.60")
    answer(card, "Yes, launch it")
    expect(card.locator(".ppw-live")).to_contain_text("running (id ", timeout=PATIENCE)
    assert len(existing(name)) == 1


def test_dry_run(served, page, existing, name):
    sheet = served.host.open(served.server, page, [line_of(name, "--dry-run")])
    sheet.run(0)
    plan = sheet.output(0).filter(has_text=f'"name": "{name}"')
    expect(plan).to_contain_text("¥12.60", timeout=PATIENCE)
    assert existing(name) == []


def test_board(opened, practice, existing, name):
    practice.cloud.one.create({**MINIMAL, "name": name, "product_id": "a100-80g"})
    _sheet, board = opened(BOARD)
    board.get_by_role("textbox", name="Name or id").fill(name)
    box = board.get_by_role("checkbox", name=f"{name}: running", exact=True)
    expect(box).to_be_visible(timeout=PATIENCE)
    box.check()
    board.get_by_role("button", name="Stop …").click()
    answer(board, re.compile("^Yes, stop"))
    expect(board).to_contain_text("confirmed stopped at", timeout=PATIENCE)
    assert [row["status"]["status"] for row in existing(name)] == ["exited"]


def test_again(opened, existing, name):
    sheet, form = opened(form_of(name))
    launch(form)
    (row,) = existing(name)
    sheet.run(0)
    expect(form.locator(".ppw-launched .ppw-live")).to_contain_text(f"running (id {row['id']})")
    expect(form.get_by_role("button", name="Launch another", exact=True)).to_be_visible()
    stop(form.locator(".ppw-machine"))


def test_reopened(opened, existing, name):
    sheet, form = opened(form_of(name))
    launch(form)
    (row,) = existing(name)
    card = sheet.card(0)
    expect(card).to_contain_text(f"running (id {row['id']})")
    expect(card).to_be_hidden()
    sheet.save(f"running (id {row['id']})")
    sheet.reopen()
    expect(card).to_be_visible(timeout=PATIENCE)
    expect(card).to_contain_text(f"{name} on the practice cloud: running (id {row['id']})")
    dead = sheet.cell(0).get_by_text("Error displaying widget")
    expect(dead).to_be_attached(timeout=PATIENCE)
    expect(dead).to_be_hidden()


def test_dark(served, page, name):
    sheet = served.host.open(served.server, page, [form_of(name)])
    with sheet.dark():
        sheet.run(0)
        form = sheet.form(0)
        expect(launch_of(form)).to_have_text("Launch · ¥12.60/h", timeout=PATIENCE)
        is_legible(form, is_dark=True)
        launch_of(form).click()
        let_read(form.get_by_role("button", name="Yes, launch it"))
        is_legible(form, is_dark=True)


@short
def test_console(served, opened, page):
    """The last: by now it has heard all that was done before."""
    _sheet, form = opened(FORM)
    expect(launch_of(form)).to_be_visible()
    page.evaluate("console.error('ppw: is this heard?')")
    until(lambda: any("is this heard?" in one for one in served.faults), "the console is listened to")
    assert [one for one in served.faults if "is this heard?" not in one] == []
