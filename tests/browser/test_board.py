"""The board, as a person meets it: choose by mouse and by keyboard, page, stop two, open one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.bodies import MINIMAL

from .conftest import PATIENCE, let_read, until

BODY = {**MINIMAL, "product_id": "a100-80g"}
BOARD = "from ppio_widgets import InstanceBoard\nInstanceBoard(practice=True)"
FORM = "from ppio_widgets import LaunchForm\nLaunchForm(practice=True)"


@pytest.fixture
def make(practice):
    """Makes an instance of a name, and deletes it in the end; returns its id."""
    one, made = practice.cloud.one, []

    def make(name, **more):
        made.append(one.create({**BODY, **more, "name": name})["id"])
        return made[-1]

    yield make
    for identity in made:
        one.act(identity, "delete")


def status(practice, identity):
    rows = practice.cloud.one.page(limit=1000)["data"]
    return next((row["status"]["status"] for row in rows if row["id"] == identity), "removed")


@pytest.fixture
def three(make, practice):
    """The ids, by their names, of three that run: one of them has Jupyter and costs four times as much."""
    jupyter = {"tools": {"jupyter": {"enabled": True, "port": 8888}}}
    ids = {name: make(name) for name in ("board-0", "board-1")}
    ids["board-2"] = make("board-2", resource={"gpu_num": 4, "rootfs_size_gb": 20}, **jupyter)
    until(lambda: all(status(practice, one) == "running" for one in ids.values()), "they run")
    return ids


@pytest.fixture
def board(notebook, three):
    """A board that shows these three."""
    notebook.open([BOARD, FORM])
    notebook.run(0)
    board = notebook.form(0)
    total = board.locator(".ppw-board-head strong")
    expect(total).to_have_text(re.compile(r"¥[0-9,.]+/h now"), timeout=PATIENCE)
    board.get_by_role("textbox", name="Name or id").fill("board-")
    expect(board.locator(".ppw-line")).to_have_count(3)
    expect(board.locator(".ppw-line").first).to_contain_text("board-2")
    return board


def box(board, name, state="running"):
    return board.get_by_role("checkbox", name=f"{name}: {state}", exact=True)


def open_and_copy_choose_nothing(notebook, board, three, practice):
    until(lambda: practice.cloud.one.is_up(three["board-2"]), "its Jupyter answers")
    with notebook.page.expect_popup() as opened:
        board.get_by_role("link", name="Open: board-2").click()
    expect(opened.value.locator("p")).to_contain_text("here the instance")
    opened.value.close()
    board.get_by_role("button", name="SSH: board-1").click()
    copied = notebook.page.evaluate("getSelection().toString()")
    assert copied == f"ssh -p 22 root@{three['board-1']}.cn-east-1.practice.invalid"
    expect(board.get_by_role("checkbox", checked=True)).to_have_count(0)
    expect(board.get_by_role("button", name="Stop …")).to_be_disabled()
    expect(board).to_contain_text("Choose an instance first.")


def stays_a_table_when_a_form_opens_below(notebook, board):
    notebook.run(1)
    expect(notebook.form(1).locator(".ppw-launch")).to_be_visible(timeout=PATIENCE)
    rows = board.locator(".ppw-line").all()
    begins = {tuple(cell.bounding_box()["x"] for cell in row.locator(".ppw-cells > b").all()) for row in rows}
    assert len(begins) == 1, "names stand below each other"
    heads = board.locator(".ppw-heads .ppw-cells > :nth-child(2)")
    assert begins == {(heads.bounding_box()["x"],)}


def test_open_and_copy_choose_nothing_then_two_are_chosen_and_stopped(notebook, board, three, practice):
    open_and_copy_choose_nothing(notebook, board, three, practice)
    stays_a_table_when_a_form_opens_below(notebook, board)
    page = notebook.page
    rows = board.locator(".ppw-line")
    # By mouse, anywhere in the row; by keyboard, with what opens and copies between the rows.
    rows.filter(has_text="board-0").get_by_text("A100").click()
    expect(box(board, "board-0")).to_be_checked()
    expect(board.get_by_role("button", name="SSH: board-1")).to_be_visible(timeout=PATIENCE)
    box(board, "board-1").focus()
    page.keyboard.press("Tab")
    expect(board.get_by_role("button", name="SSH: board-1")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(box(board, "board-1")).to_be_checked()
    expect(board).to_contain_text("2 chosen")
    expect(board.get_by_role("button", name="Start …", exact=True)).to_be_disabled()

    board.get_by_role("button", name="Stop …").click()
    asked = board.get_by_role("alertdialog")
    expect(asked).to_be_focused()
    for name in ("board-0", "board-1"):
        expect(asked).to_contain_text(f"{name} ({three[name]})")
    expect(asked).not_to_contain_text("board-2")
    yes = board.get_by_role("button", name="Yes, stop it")
    let_read(yes)
    yes.click()
    for name in ("board-0", "board-1"):
        expect(rows.filter(has_text=name)).to_contain_text("confirmed stopped at", timeout=PATIENCE)
        expect(box(board, name, "stopped")).to_be_checked()
    assert status(practice, three["board-2"]) == "running"
    # Each row stays where it was, and the focus with what was chosen.
    expect(rows.first).to_contain_text("board-2")
    expect(board.locator(".ppw-line :checked:focus")).to_have_count(1)

    board.get_by_text(re.compile("^Stopped [0-9]+$")).click()
    expect(rows).to_have_count(2)
    board.get_by_role("textbox", name="Name or id").fill("board-1")
    expect(rows).to_have_count(1)
    expect(board).to_contain_text("1 chosen")


@pytest.mark.usefixtures("three")
def test_the_next_fifty(notebook, make):
    for number in range(60):
        make(f"page-{number:02}")
    notebook.open([BOARD])
    notebook.run(0)
    board = notebook.form(0)
    rows = board.locator(".ppw-line")
    board.get_by_role("textbox", name="Name or id").fill("page-")
    expect(board).to_contain_text("1–8 of 60 that fit", timeout=PATIENCE)
    board.get_by_role("combobox", name="Sort by").select_option("name")
    expect(board).to_contain_text("1–50 of 60 that fit")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("page-00")
    board.get_by_role("checkbox", name="Choose all shown").check()
    expect(board).to_contain_text("50 chosen")
    board.get_by_role("button", name="Next 50").click()
    expect(board).to_contain_text("51–60 of 60")
    expect(rows.first).to_contain_text("page-50")
    expect(board.get_by_role("checkbox", checked=True)).to_have_count(0)
    expect(board).to_contain_text("Choose an instance first.")
    board.get_by_role("button", name="Previous 50").click()
    expect(rows.first).to_contain_text("page-00")
