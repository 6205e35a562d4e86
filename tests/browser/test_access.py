"""The views for everybody: by keyboard alone, heard, in strong colours, large, narrow and at rest."""

from __future__ import annotations

import re
from itertools import pairwise

from playwright.sync_api import expect

from tests.support.practice import LOST_ANSWER

from .access import choose_theme, pale, violations
from .conftest import PATIENCE, launch_of, let_read, open_sections, until
from .test_card import FORM as RENTED

DEFAULTS = "from ppio_widgets import LaunchForm\nLaunchForm(practice=True)"
EMPTY = "from ppio_widgets import LaunchForm\nLaunchForm({}, practice=True)"
# One of which nobody knows whether it was made, and one that is refused.
IN_TROUBLE = f"""\
import ipywidgets as w
from ppio_widgets import InstanceBoard, LaunchForm
from ppio_widgets.launches import reconcile
reconcile.LOOK_PAUSES = ()
images = {{"lost": {LOST_ANSWER + ":1"!r}, "refused": "registry.practice.invalid/no/image:1"}}
body = {{"billing": {{"mode": "postpaid"}}, "resource": {{"gpu_num": 1, "rootfs_size_gb": 20}}}}
forms = [
    LaunchForm({{**body, "product_id": "a100-80g", "name": "access-" + name, "image": image}}, practice=True)
    for name, image in images.items()
]
for form in forms:
    form.launch()
w.VBox(forms)"""
SECTIONS = ("Access", "Environment", "Storage", "Start command", "Region and network", "Limits")
HIGH_CONTRAST = "JupyterLab Dark High Contrast"


def priced(form):
    expect(form.locator(".ppw-amount")).to_contain_text("¥")
    return form


def open_all(form):
    """Open every section, with a row in each list."""
    open_sections(form, *SECTIONS)
    for name in ("Add port", "Add variable", "Add volume", "Add region"):
        form.get_by_role("button", name=name).click()
    expect(form.locator(".l-candidate_regions .ppw-row")).to_have_count(1)


def try_to_launch(form):
    launch_of(form).click()
    expect(form.locator(".ppw-voice")).to_contain_text("block the launch")


def test_the_form_is_for_everybody_in_every_state_theme_and_size(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, EMPTY])
    notebook.run(0)
    form = priced(notebook.form(0))
    found = violations(form, "prefilled")
    form.get_by_role("button", name="Start from…").click()
    expect(form.get_by_role("textbox", name="Paste")).to_be_visible()
    found += violations(form, "Start from… open")
    page.keyboard.press("Escape")
    expect(form.get_by_role("textbox", name="Paste")).to_have_count(0)
    form.get_by_role("button", name="Show up to 50").click()
    expect(form.get_by_role("button", name="Show 12", exact=True)).to_be_visible()
    found += violations(form, "all products")
    launch_of(form).click()
    let_read(form.get_by_role("button", name="Yes, launch it"))
    found += violations(form, "question")
    notebook.run(1)
    other = notebook.form(1)
    expect(other.get_by_role("radio", name=re.compile("A100"))).to_be_visible()
    found += violations(other, "empty")
    open_all(other)
    other.locator(".ppw-more").first.click()
    expect(other.locator(".ppw-menu")).to_be_visible()
    other.locator(".ppw-help summary").first.click()
    found += violations(other, "everything open")
    try_to_launch(other)
    found += violations(other, "errors")
    try:
        choose_theme(page, HIGH_CONTRAST)
        assert max(other.evaluate(FIELDS)) < 100, "fields are dark"
        looked = []
        for one in (form, other):
            strange, counts = pale(one)
            found += strange
            looked.append(counts)
    finally:
        choose_theme(page, "JupyterLab Light")
    assert found == []
    for kind, least in (("text", 100), ("placeholder", 5), ("border", 20), ("primary", 2)):
        assert sum(counts[kind] for counts in looked) >= least, kind
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Cancel").click()
    expect(form.get_by_role("alertdialog")).to_have_count(0)
    in_every_size(page, form, other)


def in_every_size(page, form, other):
    """In every width nothing reaches out; texts grow with the page's, and nothing moves if unwanted."""
    other.get_by_role("textbox", name="Command").fill("bash -c 'python train.py --output /data/runs/first'")
    # What JupyterLab and its file list leave of 1280 x 720 at twice the size; and 320 pixels.
    for width, height, left in ((1000, 1400, None), (720, 1400, None), (640, 360, 272), (688, 640, 320)):
        page.set_viewport_size({"width": width, "height": height})
        for one in (form, other):
            assert left in (None, one.evaluate("root => Math.round(root.getBoundingClientRect().width)"))
            assert one.evaluate(BEYOND) == [], width
            launch_of(one).scroll_into_view_if_needed()
            expect(launch_of(one)).to_be_in_viewport(ratio=1)

    # JupyterLab's presentation mode makes everything larger.
    page.set_viewport_size({"width": 1500, "height": 1400})
    assert other.evaluate(BEYOND) == []
    before = form.evaluate(SIZES)
    page.evaluate("jupyterapp.commands.execute('application:toggle-presentation-mode')")
    after = form.evaluate(SIZES)
    page.evaluate("jupyterapp.commands.execute('application:toggle-presentation-mode')")
    assert len(before) > 100
    smaller = [one for one, other in zip(before, after, strict=True) if other[1] < one[1] * 1.15]
    assert smaller == []

    page.emulate_media(reduced_motion="reduce")
    assert form.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")


# What reaches out of a view; a list of many columns and the request scroll by themselves.
BEYOND = """root => {
  const edge = root.getBoundingClientRect().right + 1;
  const own = (node) => node.closest('.ppw-offers, .ppw-readout, .ppw-tabs');
  return [...root.querySelectorAll('*')]
    .filter((one) => one.checkVisibility() && !own(one) && one.getBoundingClientRect().right > edge)
    .map((one) => one.outerHTML.slice(0, 120));
}"""
# How light each field is, of 255.
FIELDS = """root => [...root.querySelectorAll('input[type=text], select, textarea')]
  .filter((one) => one.checkVisibility())
  .map((one) => getComputedStyle(one).backgroundColor.split(/[^0-9.]+/)[1])
  .map(Number)"""
SIZES = """root => [...root.querySelectorAll('*')]
  .filter((one) => [...one.childNodes].some((text) => text.nodeType === Node.TEXT_NODE && text.data.trim()))
  .map((one) => [one.outerHTML.slice(0, 120), parseFloat(getComputedStyle(one).fontSize)])
  .filter(([, size]) => size)"""
MOVING = """root => [...root.querySelectorAll('*')].flatMap((one) => {
  const {transitionProperty, transitionDuration, animationName} = getComputedStyle(one);
  const moves = transitionProperty !== 'none' && parseFloat(transitionDuration) > 0;
  return moves || animationName !== 'none' ? [one.outerHTML.slice(0, 120)] : [];
})"""


def launched_by_keyboard(form):
    """Ask, do not, ask again and say yes; the focus is never lost on the way. Returns the card."""
    page = form.page
    launch_of(form).focus()
    page.keyboard.press("Enter")
    question = form.get_by_role("alertdialog")
    expect(question).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(launch_of(form)).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_focused()
    page.evaluate(LOST)
    yes = question.get_by_role("button", name="Yes, launch it")
    let_read(yes)
    yes.focus()
    page.keyboard.press("Enter")
    card = form.locator(".ppw-machine")
    expect(card).to_be_focused()
    assert page.evaluate("window.__lost") is False
    return card


# Whether two frames one behind the other ever had the focus on the page itself.
LOST = """() => {
  let before = false;
  window.__lost = false;
  const look = () => {
    const now = document.activeElement === document.body;
    window.__lost ||= before && now;
    before = now;
    requestAnimationFrame(look);
  };
  look();
}"""


def test_the_card_and_the_board_are_for_everybody_in_every_state(notebook, practice):
    page = notebook.page
    notebook.open([RENTED.replace("carded", "access-runs"), IN_TROUBLE, "InstanceBoard(practice=True)"])
    notebook.run(0)
    form = priced(notebook.form(0))
    card = launched_by_keyboard(form)
    found = violations(form, "launching")
    expect(card.get_by_role("list")).to_contain_text("Jupyter answers", timeout=PATIENCE)
    found += violations(form, "running")
    card.get_by_role("button", name="More actions").click()
    expect(card.get_by_role("button", name="Delete …")).to_be_visible()
    found += violations(form, "menu open")
    card.get_by_role("button", name="Stop …").click()
    sure = card.get_by_role("button", name="Yes, stop it")
    let_read(sure)
    found += violations(form, "question of the card")
    sure.click()
    expect(card).to_contain_text("confirmed stopped at", timeout=PATIENCE)
    form.get_by_role("button", name="Launch another", exact=True).click()
    expect(form.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    found += violations(form, "stopped, the form open below it")

    notebook.run(1)
    both = notebook.output(1)
    expect(both.get_by_role("button", name="Declare it absent")).to_be_visible(timeout=PATIENCE)
    expect(both).to_contain_text("access-refused was not launched", timeout=PATIENCE)
    found += violations(both, "lost, refused")

    notebook.run(2)
    board = notebook.form(2)
    expect(board.get_by_role("checkbox", name="access-runs: stopped")).to_be_visible(timeout=PATIENCE)
    found += violations(board, "board")
    board.get_by_role("checkbox", name="access-runs: stopped").check()
    delete = board.get_by_role("button", name="Delete …")
    expect(delete).to_be_enabled()
    found += violations(board, "board with a choice")
    delete.click()
    let_read(board.get_by_role("button", name="Yes, delete it for good"))
    found += violations(board, "question of the board")
    page.set_viewport_size({"width": 1100, "height": 900})
    row = board.locator(".ppw-line").first
    until(lambda: row.bounding_box()["height"] > 40, "rows have two lines")
    found += violations(board, "board, rows in two lines")
    assert found == []
    for row in practice.cloud.one.page(name="access-")["data"]:
        practice.cloud.one.act(row["id"], "delete")


def test_what_changes_is_said_once_fields_say_what_they_are_and_tab_follows_the_screen(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, EMPTY])
    notebook.run(0)
    form = priced(notebook.form(0))
    expect(form.get_by_role("status")).to_have_count(1)
    expect(form.locator("[aria-live]")).to_have_count(0)
    said = form.get_by_role("status")
    expect(said).to_have_text("¥1.48 per hour")
    form.evaluate(
        """root => {
          window.__said = [];
          const voice = root.querySelector('[role=status]');
          new MutationObserver(() => window.__said.push(voice.textContent)).observe(voice, {childList: true});
        }"""
    )
    gpus = form.get_by_role("radiogroup", name="GPUs")
    gpus.get_by_role("radio", name="2", exact=True).check(force=True)
    expect(said).to_have_text("¥2.96 per hour")
    form.get_by_role("textbox", name="Name", exact=True).fill("heard")
    expect(form.locator("pre")).to_contain_text("heard")
    gpus.get_by_role("radio", name="4", exact=True).check(force=True)
    expect(said).to_have_text("¥5.92 per hour")
    assert page.evaluate("window.__said") == ["¥2.96 per hour", "¥5.92 per hour"]
    open_all(form)
    tab_follows_the_screen(notebook, form)

    notebook.run(1)
    form = notebook.form(1)
    said = form.get_by_role("status")
    image = form.get_by_role("textbox", name="Image", exact=True).or_(
        form.get_by_role("combobox", name="Image", exact=True)
    )
    expect(said).to_have_text("Choose a GPU")
    expect(image).to_have_attribute("aria-required", "true")
    expect(image).not_to_have_attribute("aria-invalid", "true")
    launch_of(form).click()
    names = "Name, Product, Image, Billing mode, GPUs, System disk, GB"
    expect(said).to_have_text(f"6 things block the launch: {names}")
    expect(image).to_have_attribute("aria-invalid", "true")
    expect(image).to_have_accessible_description("Say which image to run.")
    for group in (
        form.get_by_role("radiogroup", name="GPUs"),
        form.locator(".ppw-offers").get_by_role("radiogroup"),
    ):
        expect(group).to_have_attribute("aria-required", "true")
        expect(group).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".ppw-offers").get_by_role("radiogroup")).to_have_accessible_description(
        "Say which product to rent."
    )
    image.fill("ubuntu:24.04")
    expect(image).not_to_have_attribute("aria-invalid", "true")
    expect(image).to_have_accessible_description("")
    # Tried again, it is said again, as it is by now.
    launch_of(form).click()
    expect(said).to_have_text("5 things block the launch: Name, Product, Billing mode, GPUs, System disk, GB")
    form.evaluate("root => { root.querySelector('[role=status]').textContent = ''; }")
    launch_of(form).click()
    expect(said).to_have_text("5 things block the launch: Name, Product, Billing mode, GPUs, System disk, GB")


def tab_follows_the_screen(notebook, form):
    """From the first control to the last one; no key on the way reaches the notebook, but for Ctrl+S."""
    page = notebook.page
    form.get_by_role("button", name="Start from…").focus()
    stops = []
    while (stop := form.evaluate(STOP)) is not None:
        stops.append(stop)
        if stop["takes_no_letters"]:
            page.keyboard.press("b")  # a cell below
        page.keyboard.press("Tab")
        assert len(stops) < 200
    assert len(stops) > 40
    names = [stop["name"] for stop in stops]
    assert names[0] == "Start from…"
    assert names.index("Launch · ¥5.92/h") > names.index("Add region")
    for one, after in pairwise(stops):
        where = one["name"], after["name"]
        assert one["side"] <= after["side"], where
        if one["side"] == after["side"]:
            assert after["bottom"] > one["top"], where
            in_a_line = after["top"] < one["bottom"] and one["top"] < after["bottom"]
            assert not in_a_line or after["left"] >= one["left"], where
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2
    sheet = notebook.lab.folder / notebook.path.name
    saved = sheet.stat().st_mtime_ns
    form.get_by_role("radio", name="never").focus()
    page.keyboard.press("Control+s")
    until(lambda: sheet.stat().st_mtime_ns != saved, "it is saved")


# What has the focus and where it stands on the sheet, or in the side; None outside of the form.
STOP = """root => {
  const node = document.activeElement;
  if (!root.contains(node)) return null;
  const side = root.querySelector('.ppw-side').contains(node);
  const {top, bottom, left} = (node.closest('label') || node).getBoundingClientRect();
  const begin = side ? 0 : root.getBoundingClientRect().top;
  return {
    name: (node.labels?.[0] || node).textContent,
    side, left, top: top - begin, bottom: bottom - begin,
    takes_no_letters: node.matches('button, summary, [type=checkbox], [type=radio], a'),
  };
}"""
