"""Lesson 1 with the mouse to its end, as a student of a served class does it, and what its teacher sees."""

from __future__ import annotations

import re

import nbformat
import pytest
from playwright.sync_api import expect

from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.classroom.roster import Roster, Student
from ppio_widgets.practice.server import serving
from tests.support.lessons import NOTEBOOKS

from .conftest import choose, launch_of, let_read

LESSON = NOTEBOOKS / "en" / "01-first-bill.ipynb"
# Its cells with code, in their order, after the one that takes part.
JOIN, SETUP, GUESS, FORM, FIRST, HOURS, WATCH, AGAIN, BILL, SUM, NIGHT = range(11)
SOON = 60_000  # milliseconds; an instance comes up in six seconds of a core that is free


def said(notebook, number, words):
    expect(notebook.cell(number).locator(".jp-OutputArea-output", has_text=words).first).to_be_visible(
        timeout=SOON
    )


def answer(notebook, number, value):
    """Put a guess in place of the 0 at the end of a line, and ask."""
    notebook.cell(number).locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.press("Backspace")
    notebook.page.keyboard.type(value)
    notebook.page.keyboard.press("Control+Enter")


def confirm(place, question, yes):
    place.get_by_role("button", name=question).click()
    button = place.get_by_role("button", name=yes)
    let_read(button)
    button.click()


def state_of(card):
    return card.locator(".ppw-state")


def cards_of(form):
    return form.locator(".ppw-machine")


def paragraph(form, words):
    """What the form shows; its voice may say the same to a screen reader."""
    return form.get_by_role("paragraph").filter(has_text=words)


def end(card):
    """Stop a machine and wait for the word, then delete it."""
    confirm(card, "Stop …", "Yes, stop it")
    expect(card.get_by_text("confirmed stopped").first).to_be_visible(timeout=SOON)
    card.get_by_role("button", name="More actions").click()
    confirm(card, "Delete …", "Yes, delete it for good")
    expect(card.get_by_text("confirmed deleted").first).to_be_visible(timeout=SOON)


@pytest.fixture
def room():
    with serving(ClassCloud(packaged("first-bill"), Roster({"s07": Student("s07", "Li Lei")}))) as server:
        yield server


@pytest.fixture
def board(room, chromium):
    """The teacher's page of the class, in a browser of its own."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(f"{room.url}/practice/v1/teacher/page#key={room.cloud.teacher_key}")
    yield page
    context.close()


def lesson_in(room, folder):
    """The lesson with a first cell by which a student takes part in a class."""
    sheet = nbformat.read(LESSON, 4)
    joining = f"%env PPIO_GPU_BASE_URL={room.url}\n%load_ext ppio_widgets\n%ppio class join s07 4711"
    sheet.cells.insert(0, nbformat.v4.new_code_cell(joining))
    path = folder / LESSON.name
    nbformat.write(sheet, path)
    return path


def test_a_student_does_lesson_one_with_the_mouse_to_its_end_and_the_teacher_sees_it(
    notebook, room, board, tmp_path
):
    notebook.open(lesson_in(room, tmp_path))
    notebook.run(JOIN)
    said(notebook, JOIN, "You take part as s07.")
    notebook.run(SETUP)
    said(notebook, SETUP, "You are in a class already")
    answer(notebook, GUESS, "189")
    said(notebook, GUESS, "✓ 1.0 is passed.")

    notebook.run(FORM)
    form = notebook.form(FORM)
    choose(form, "3090.8c30g.os")
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h")
    name = form.get_by_role("textbox", name="Name", exact=True)
    expect(name).to_have_value(re.compile("^s07-"))
    confirm(form, re.compile("^Launch · "), "Yes, launch it")
    card = cards_of(form).first
    expect(state_of(card)).to_have_text("running", timeout=SOON)
    notebook.run(FIRST)
    said(notebook, FIRST, "✓ 1.2 is passed.")
    answer(notebook, HOURS, "2.96")
    said(notebook, HOURS, "✓ 1.3 is passed.")
    notebook.run(WATCH)
    expect(state_of(notebook.cell(WATCH).locator(".ppw-machine"))).to_have_text("running", timeout=SOON)

    # The form opens again below the card; this time the answer gets lost, and is looked up.
    form.get_by_role("button", name="Launch another", exact=True).click()
    choose(form, "3090.8c30g.os")
    name.fill("s07-again")
    confirm(form, re.compile("^Launch · "), "Yes, launch it")
    student = board.get_by_role("row").filter(has_text="Li Lei")
    expect(student).to_contain_text(re.compile(r"s07-\S+ \+1.*3 of 6 passed.*lost-answer"), timeout=SOON)
    again = cards_of(form).filter(has_text="s07-again").first
    expect(paragraph(form, "Its answer was lost; a look-up found it.")).to_be_visible(timeout=SOON)
    expect(state_of(again)).to_have_text("running", timeout=SOON)
    notebook.run(AGAIN)
    said(notebook, AGAIN, "✓ 1.4 is passed.")

    end(notebook.cell(WATCH).locator(".ppw-machine"))
    end(again)
    notebook.run(BILL)
    bill = notebook.cell(BILL).locator(".jp-OutputArea-output").first
    expect(bill).to_contain_text("Charged ¥", timeout=SOON)
    total = re.search(r"¥(\d+\.\d\d)", bill.inner_text())[1]
    answer(notebook, SUM, total)
    said(notebook, SUM, "✓ 1.5 is passed.")
    board.get_by_label("h", exact=True).fill("15")
    board.get_by_role("button", name="Jump").click()
    expect(board.get_by_role("status")).to_contain_text("Done: Jump 15 h.")
    notebook.run(NIGHT)
    said(notebook, NIGHT, "✓ 1.6 is passed.")
    exercises = packaged("first-bill").exercises
    expect(notebook.page.get_by_text(re.compile(r"✓ 1\.\d is passed\."))).to_have_count(len(exercises))
    expect(student).to_contain_text("6 of 6 passed", timeout=SOON)
    expect(student).not_to_contain_text("3090.8c30g.os")
