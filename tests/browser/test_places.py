"""The form where people put it: in boxes, in a view of its own, twice, above a kernel that is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import launch_of, until

BODY = {
    "name": "placed",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}
BEGIN = f"""
import ipywidgets as w
from ppio_widgets import Instance, InstanceBoard, LaunchForm, launch
from ppio_widgets.widgets.launch_controls import ConfirmCard
from ppio_widgets.widgets.instance_card import LaunchCard
from ppio_widgets.widgets.instance_card import InstanceCard
from ppio_widgets.api import connect
BODY = {BODY!r}
def form(name="placed"):
    return LaunchForm({{**BODY, "name": name}}, practice=True)
"""
OTHERS = """
made = launch({**BODY, "name": "boxed"}, practice=True)
line = ConfirmCard({**BODY, "name": "line"}, connect(practice=True))
w.VBox([InstanceBoard(practice=True), InstanceCard(made.instance), LaunchCard(made), line])
"""
# Everything that a stylesheet decides about an element and its texts before and after.
LOOKS = """root => [...root.querySelectorAll('*')].flatMap(one => ['', '::before', '::after'].map(part => {
  const style = getComputedStyle(one, part || null);
  return [one.className, part, style.content, style.color, style.display, style.gridRowStart,
    style.gridColumnStart, style.fontSize, style.margin, style.padding, style.borderColor,
    style.background].join('|');
}))"""

# All copies of the stylesheets, and those that the browser works out.
SHEETS = """['.ppw-sheet', '.ppw-sheet:not([media])'].map(
  selector => [...document.querySelectorAll(selector)].map(one => one.textContent))"""


def launch(form):
    launch_of(form).click()
    form.get_by_role("button", name="Yes, launch it").click()


def runs(view):
    expect(view.locator(".ppw-live").last).to_contain_text("running (id ")


def priced(form):
    """Wait for the price of the product: the catalogue is there."""
    expect(launch_of(form)).to_have_text("Launch · ¥12.60/h")


def scrolled(view, selector):
    """Scroll the nearest scroller around a view so that its top is gone; returns where both are."""
    return view.evaluate(
        """(root, selector) => {
          const scroller = root.closest(selector);
          const top = () => root.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
          scroller.scrollTop += top() + 200;
          const side = root.querySelector('.ppw-side').getBoundingClientRect();
          return [top(), side.top - scroller.getBoundingClientRect().top];
        }""",
        selector,
    )


def test_where_it_is_put_it_loads_launches_scrolls_and_changes_nothing_above(notebook):
    page = notebook.page
    page.set_viewport_size({"width": 1500, "height": 800})
    boxes = ("w.VBox([{}])", "w.HBox([{}])", "w.Tab([{}])", "w.Accordion([{}], selected_index=0)")
    cells = [box.format(f"form('in-box-{number}')") for number, box in enumerate(boxes)]
    notebook.open([BEGIN, "form()", *cells, OTHERS])
    notebook.run(0)
    notebook.run(1)
    first = notebook.form(1)
    priced(first)
    hint = '"1–8, 6 free"'
    until(lambda: any(hint in one for one in first.evaluate(LOOKS)), "hints are among them")
    looks = first.evaluate(LOOKS)
    forms = [first, *(notebook.output(number).locator(".ppw") for number in range(2, 6))]
    for number, form in enumerate(forms[1:], 2):
        notebook.run(number)
        priced(form)
    notebook.run(6)
    others = notebook.output(6)
    expect(others.locator(".ppw-board")).to_contain_text("on the practice cloud")
    expect(others.locator(".ppw-question")).to_contain_text("¥12.60")
    for form in forms:
        assert scrolled(form, ".jp-WindowedPanel-outer") == pytest.approx((-200, 8), abs=2)
    assert first.evaluate(LOOKS) == looks, "later forms change nothing in the first"
    brought, counting = page.evaluate(SHEETS)
    assert len(brought) > 20
    assert sorted(counting) == sorted({*brought}), "of each stylesheet one copy counts"
    tab = forms[3]
    launch(tab)
    runs(tab)  # by then its card has taken the focus, and with it the active cell

    notebook.output(2).locator(".ppw-banner").click(button="right")
    page.get_by_text("Create New View for Cell Output").click()
    view = page.locator(".jp-LinkedOutputView .ppw")
    priced(view)
    assert scrolled(view, ".jp-OutputArea") == pytest.approx((-200, 8), abs=2)
    launch(view)
    runs(others.locator(".ppw-card").nth(0))
    runs(others.locator(".ppw-card").nth(1))
    runs(view)
    runs(forms[1])
    for number, count in enumerate((1, 1, 1, 1, 1, 4), 1):
        expect(notebook.card(number)).to_have_count(count)
        expect(notebook.card(number).first).to_be_hidden()


@pytest.mark.usefixtures("own_page")
def test_keys_clicks_and_a_kernel_that_is_gone(notebook, lab):
    page = notebook.page
    notebook.open([BEGIN, "made = form('first')\nmade", "made.launches"])
    notebook.run(0)
    notebook.run(1)
    form = notebook.form(1)
    priced(form)
    launch(form)
    runs(form)
    form.get_by_role("button", name="Launch another", exact=True).click()

    # Keys with Ctrl are JupyterLab's, from a list, a button and a text alike; others are not the notebook's.
    side = page.locator("#jp-left-stack")
    for control in (
        form.get_by_role("combobox", name="In region"),
        form.get_by_role("button", name="Add port"),
        form.get_by_role("textbox", name="Name", exact=True),
    ):
        control.focus()
        shown = side.is_visible()
        page.keyboard.press("Control+b")
        expect(side).to_be_visible(visible=not shown)
        control.focus()
        page.keyboard.press("Control+Shift+c")
        palette = page.locator("#modal-command-palette")
        expect(palette).to_be_visible()
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
        control.focus()
        page.keyboard.press("x")
    saved = [path.stat().st_mtime_ns for path in lab.folder.glob("*.ipynb")]
    form.get_by_role("button", name="Add port").focus()
    page.keyboard.press("Control+s")
    until(lambda: [path.stat().st_mtime_ns for path in lab.folder.glob("*.ipynb")] != saved, "it is saved")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)

    # The cell runs again: the machine keeps its live card, with the buttons that stop it.
    live = form.locator(".ppw-live")
    identity = live.text_content().partition("(id ")[2].partition(")")[0]
    notebook.run(1)
    form = notebook.form(1)
    expect(form.locator(".ppw-launched .ppw-live")).to_contain_text(f"running (id {identity})")
    expect(form.locator(".ppw-launched").get_by_role("button", name="Stop …")).to_be_visible()
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text(identity)

    # An answer is heard, and a kernel that gives none is said to give none.
    silent = form.locator(".ppw-silent")
    form.get_by_role("button", name="Add port").click()
    expect(form.locator(".l-ports .ppw-row")).to_have_count(1)
    lab.end_kernels()
    button = launch_of(form)
    button.click()
    expect(silent).to_have_text("The kernel does not answer: it is busy, or gone.")
    assert form.locator(".ppw-question").count() == 0
