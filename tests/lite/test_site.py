"""The site that `make lite` builds: a notebook opens ready to run, an instance lives in the browser.

The server only hands out files, from a folder as a course has it, and its pages may ask nobody else.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ppio_widgets.practice.classroom.lesson import packaged
from tests.browser.conftest import Notebook, launch_of, let_read, new_page
from tests.support.bodies import MINIMAL
from tests.support.lessons import LESSONS, answers, done

FORM = 2  # its cell in lesson 1
PATIENCE = 240_000  # milliseconds; to start Python in a browser takes ten seconds of a core that is free
BODY = {**MINIMAL, "name": "lite", "product_id": "a100-80g"}
LOST = {**BODY, "name": "lost", "image": "registry.practice.invalid/lessons/lost-answer:1"}


class LiteNotebook(Notebook):
    """A notebook of the site, in JupyterLab."""

    def open(self, name):
        self.page.goto(f"{self.lab.url}/lab/index.html?path={name}")
        self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=PATIENCE)

    def write(self, number, code):
        """Put other code into a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def shown(self, number):
        self.run(number)
        form = self.output(number).locator(".ppw")
        form.wait_for(timeout=PATIENCE)
        return form


@pytest.fixture
def notebook(host, chromium):
    page = new_page(chromium)
    faults = []
    page.on("pageerror", lambda error: faults.append(f"{error}\n{error.stack}"))
    try:
        yield LiteNotebook(host, page)
    finally:
        page.context.close()
    assert host.refused == [], "it asked somebody else"
    assert faults == []


def confirm(place, name):
    yes = place.get_by_role("button", name=name)
    let_read(yes)
    yes.click()


def state_of(card):
    return card.locator(".ppw-state")


def test_a_lesson_opens_ready_to_run_and_its_form_launches_and_stops(notebook):
    notebook.open("en/01-first-bill.ipynb")
    notebook.run(0)
    form = notebook.shown(FORM)
    # styled: the request stands beside the form, in letters of one width
    expect(form.locator("pre")).to_have_css("font-family", re.compile("monospace"))
    assert form.locator(".ppw-side").bounding_box()["x"] > form.bounding_box()["x"] + 300
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h", timeout=PATIENCE)
    launch_of(form).click()
    confirm(form, "Yes, launch it")
    card = form.locator(".ppw-machine").first
    expect(state_of(card)).to_have_text("running", timeout=PATIENCE)
    card.get_by_role("button", name="Stop …").click()
    confirm(card, "Yes, stop it")
    expect(state_of(card)).to_have_text("stopped", timeout=PATIENCE)


def test_a_lesson_in_chinese_opens_ready_to_run(notebook):
    notebook.open("zh/01-first-bill.ipynb")
    notebook.run(0)
    expect(notebook.shown(FORM).get_by_role("button", name=re.compile("^创建实例"))).to_be_visible()


@pytest.mark.parametrize("lesson", ["quickstart", *LESSONS])
def test_a_lesson_is_gone_through_to_its_end(notebook, lesson):
    notebook.open(f"en/{lesson}.ipynb")
    cells = [cell for cell in done("en", lesson).cells if cell.cell_type == "code"]
    answered = answers("en", lesson)
    for number, cell in enumerate(cells):
        if cell.id in answered:
            notebook.write(number, cell.source)
    last = len(cells) - 1
    notebook.write(last, f"{cells[last].source}\n%ppio class")
    for number in range(len(cells)):
        notebook.run(number)
    ids = [one.id for one in packaged(re.sub(r"\d\d-", "", lesson)).exercises]
    for key in ids:
        expect(notebook.cell(last)).to_contain_text(f"✓ {key} ", timeout=PATIENCE)


def test_a_lost_answer_is_looked_up(notebook):
    notebook.open("en/quickstart.ipynb")
    notebook.write(0, f"from ppio_widgets import LaunchForm\nLaunchForm({LOST!r}, practice=True)")
    form = notebook.shown(0)
    launch_of(form).click()
    confirm(form, "Yes, launch it")
    card = form.locator(".ppw-machine").first
    expect(state_of(card)).to_have_text("running", timeout=PATIENCE)
