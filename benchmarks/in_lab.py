"""The forms in JupyterLab 4 in a headless Chromium: what a person waits for.

Each form gets a page and a kernel of its own in each round; its module is imported and a first widget
is shown before, so that neither the import nor the loading of ipywidgets' scripts is counted. Times are
taken in the page, from the event to the paint.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from benchmarks.figures import Notes
from benchmarks.peers import LIMIT, NAMES, OURS, SHARED, UNLOADED
from ppio_widgets.practice.server import serving
from tests.browser.conftest import CHROMIUM_FLAGS, PATIENCE, Lab, Notebook, until
from tests.support.chromium import find_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from benchmarks.figures import Figure

ROWS = (0, 50)
KEYS = 12
ADDS = 4
BURST = 30
ATTEMPTS = 3
QUIET = 600  # milliseconds without a change in the output: then a form has settled
FIELD = ".bench-name :is(input, textarea)"
# What adds a variable, and what each row of one has.
ADD_AND_ROW = {
    "ipyautoui": ("button:has(.fa-plus)", ".fa-minus"),
    "ipywidgets-jsonschema": ("button:has-text('Add entry')", ".fa-trash"),
    "hand-made": ("button:has-text('Add envs')", ".widget-hbox"),
    "hand-made, shared": ("button:has-text('Add envs')", ".widget-hbox"),
    "ppio_widgets": ("button:has-text('Add variable')", ".ppw-row"),
}
ADD_AND_ROW[UNLOADED] = ADD_AND_ROW[OURS]
ADD_AND_ROW[LIMIT] = ("button:has-text('Add envs')", ".row")
# In the order in which they take turns.
SHOWN = (*NAMES, UNLOADED, LIMIT)
SCRIPT = Path(__file__).with_name("timing.js").read_text(encoding="utf-8")

PREPARE = """\
from benchmarks.bodies import body
from benchmarks.peers import load
Form = load({name!r})
Form.first()"""
OPEN = """\
form = Form(body({rows}, {stem!r}))
form.mark()
form.widget"""
UNFOLD = "form.unfold()"


def measure(rounds: int) -> list[Figure]:
    """Take turns with all forms."""
    notes = Notes("in_lab")
    with tempfile.TemporaryDirectory() as folder, serving() as practice, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_FLAGS))
        lab = Lab(Path(folder), practice.url)
        try:
            until(lambda: lab.get("/api/status") is not None, "JupyterLab answers")
            for _round in range(rounds):
                for rows in ROWS:
                    for name in SHOWN:
                        _until_measured(lab, browser, name, Case(rows), notes)
                for name in (SHARED, OURS):
                    _until_measured(lab, browser, name, Case(ROWS[-1], "KEY"), notes)
        finally:
            browser.close()
            lab.close()
    return notes.figures()


class Case(NamedTuple):
    """So many variables, called so: what is called KEY looks secret."""

    rows: int
    stem: str = "STEP"

    def __str__(self) -> str:
        return f"{self.rows} rows{' that look secret' if self.stem == 'KEY' else ''}"


def _until_measured(lab: Lab, browser: Browser, name: str, case: Case, notes: Notes) -> None:
    """Measure one form; a page that stalls, where messages were lost on their way, is opened anew."""
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _one(lab, browser, name, case, notes)
        except PlaywrightError as error:  # noqa: PERF203 - once in a page's life
            print(f"{name}, {case}: opened anew after {error.message}", file=sys.stderr)
    return _one(lab, browser, name, case, notes)


def _one(lab: Lab, browser: Browser, name: str, case: Case, notes: Notes) -> None:
    context = browser.new_context(viewport={"width": 1500, "height": 1400})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    try:
        notebook = Notebook(lab, page)
        notebook.open([PREPARE.format(name=name), OPEN.format(**case._asdict()), UNFOLD])
        page.evaluate(SCRIPT)
        notebook.run(0)
        notebook.output(0).locator("input").wait_for()
        opened = _open(notebook)
        notes.take(f"open, {case}", name, ms_to_name=opened["ready"], ms_to_settled=opened["settled"])
        for seconds in _keys(page):
            notes.take(f"key to preview, {case}", name, ms=seconds)
        notes.take(f"{BURST} keys, {case}", name, ms=_burst(page))
        for seconds in _adds(notebook, name):
            notes.take(f"add to row, {case}", name, ms=seconds)
    finally:
        context.close()
        lab.end_kernels()


def _timed(page: Page, event: str, condition: str, action: Any, **options: Any) -> dict[str, float]:
    page.evaluate(
        "([event, condition, options]) => __arm(event, condition, options)", [event, condition, options]
    )
    action()
    found: dict[str, float] = page.evaluate("() => window.__done")
    return found


def _open(notebook: Notebook) -> dict[str, float]:
    notebook.cell(1).locator(".cm-content").click()
    run = lambda: notebook.page.keyboard.press("Control+Enter")  # noqa: E731 - one key, here only
    return _timed(notebook.page, "keydown", "open", run, quiet=QUIET)


def _keys(page: Page) -> Iterator[float]:
    """Type into the name, each key when the one before is in the preview."""
    field = page.locator(FIELD)
    field.click()
    field.press("End")
    for number in range(KEYS):
        yield _timed(page, "keydown", "preview", lambda n=number: page.keyboard.press("abcdef"[n % 6]))[
            "ready"
        ]


def _burst(page: Page) -> float:
    """Type faster than anybody does; the time until the preview has all of it."""
    before = len(page.locator(FIELD).input_value())
    text = ("abcdefghij" * BURST)[:BURST]
    keys = lambda: page.keyboard.type(text)  # noqa: E731
    return _timed(page, "keydown", "burst", keys, keys=before + BURST)["ready"]


def _adds(notebook: Notebook, name: str) -> Iterator[float]:
    """Press Add, in the list of variables, which some forms have to open first."""
    page = notebook.page
    notebook.run(2)
    button, row = ADD_AND_ROW[name]
    add = notebook.output(1).locator(button).locator("visible=true").last
    for _number in range(ADDS):
        yield _timed(page, "click", "row", add.click, rows=row)["ready"]
