"""The views for everybody: by keyboard alone, heard, in strong colours, large, narrow and at rest."""

from __future__ import annotations

import re
from itertools import pairwise

from playwright.sync_api import expect

from ppio_widgets.practice.failures import LOST_ANSWER

from .access import choose_theme, pale, violations
from .conftest import let_read, until

BEGIN = f"""\
from ppio_widgets import InstanceBoard, LaunchForm
from ppio_widgets.launches import reconcile
reconcile.LOOK_PAUSES = ()
def form(name, image="ubuntu:24.04", **more):
    body = {{"name": name, "product_id": "a100-80g", "image": image, "billing": {{"mode": "postpaid"}},
            "resource": {{"gpu_num": 1, "rootfs_size_gb": 20}}, **more}}
    return LaunchForm(body, practice=True)
LOST = {LOST_ANSWER + ":1"!r}
"""
DEFAULTS = "from ppio_widgets import LaunchForm\nLaunchForm(practice=True)"
EMPTY = "from ppio_widgets import LaunchForm\nLaunchForm({}, practice=True)"
SECTIONS = ("Access", "Environment", "Storage", "Start command", "Region and network", "Limits")
HIGH_CONTRAST = "JupyterLab Dark High Contrast"


def launch_of(form):
    return form.get_by_role("button", name=re.compile(r"^Launch( · .+)?$"))


def head_of(form, section):
    return form.get_by_role("button", name=re.compile(rf"^{section}\b(?!…)"))


def priced(form):
    expect(form.locator(".ppw-amount")).to_contain_text("¥")
    return form


def open_all(form):
    """Open every section, with a row in each list."""
    for section in SECTIONS:
        head_of(form, section).click()
        expect(head_of(form, section)).to_have_attribute("aria-expanded", "true")
    for name in ("Add port", "Add variable", "Add volume", "Add region"):
        form.get_by_role("button", name=name).click()
    expect(form.locator(".l-candidate_regions .ppw-row")).to_have_count(1)


def try_to_launch(form):
    launch_of(form).click()
    expect(form.locator(".ppw-voice")).to_contain_text("block the launch")


def test_axe_finds_nothing_in_any_state_of_the_form(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, EMPTY])
    notebook.run(0)
    form = priced(notebook.form(0))
    found = violations(page, "prefilled")
    opener = form.get_by_role("button", name="Start from…")
    opener.click()
    expect(form.get_by_role("textbox", name="Paste")).to_be_visible()
    found += violations(page, "Start from… open")
    page.keyboard.press("Escape")
    expect(form.get_by_role("textbox", name="Paste")).to_have_count(0)
    form.get_by_role("button", name="Show up to 50").click()
    expect(form.get_by_role("button", name="Show 12", exact=True)).to_be_visible()
    found += violations(page, "all products")
    launch_of(form).click()
    let_read(form.get_by_role("button", name="Yes, launch it"))
    found += violations(page, "question")
    page.keyboard.press("Escape")
    notebook.run(1)
    form = notebook.form(1)
    expect(form.get_by_role("radio", name=re.compile("A100"))).to_be_visible()
    found += violations(page, "empty")
    open_all(form)
    form.locator(".ppw-more").first.click()
    expect(form.locator(".ppw-menu")).to_be_visible()
    form.locator(".ppw-help summary").first.click()
    found += violations(page, "everything open")
    try_to_launch(form)
    found += violations(page, "errors")
    assert found == []


def test_axe_finds_nothing_in_any_state_of_the_card_and_the_board(notebook, practice):
    page = notebook.page
    cells = [
        "runs = form('access-runs')\nruns",
        "runs.launch()",
        "lost = form('access-lost', LOST)\nlost",
        "lost.launch()",
    ]
    cells += [
        "failed = form('access-failed', 'registry.practice.invalid/no/image:1')\nfailed",
        "failed.launch()",
    ]
    notebook.open([BEGIN, *cells, "InstanceBoard(practice=True)"])
    notebook.run(0)
    notebook.run(1)
    form = priced(notebook.form(1))
    notebook.run(2)
    card = form.locator(".ppw-machine")
    expect(card).to_be_visible()
    found = violations(page, "launching")
    expect(card).to_contain_text("running (id ", timeout=30_000)
    found += violations(page, "running")
    card.get_by_role("button", name="Stop …").click()
    sure = card.get_by_role("button", name="Yes, stop it")
    let_read(sure)
    found += violations(page, "question of the card")
    sure.click()
    expect(card).to_contain_text("confirmed stopped at", timeout=30_000)
    found += violations(page, "stopped")
    for cell, state in ((3, "unknown"), (5, "failed")):
        notebook.run(cell)
        form = priced(notebook.form(cell))
        notebook.run(cell + 1)
        expect(form.locator(".ppw-status .ppw-bad")).to_be_visible(timeout=30_000)
        found += violations(page, state)
    notebook.run(7)
    board = notebook.form(7)
    expect(board).to_contain_text("access-runs")
    found += violations(page, "board")
    board.get_by_role("listbox", name="Instances").select_option(index=0)
    delete = board.get_by_role("button", name="Delete")
    expect(delete).to_be_visible()
    found += violations(page, "board with a choice")
    delete.click()
    let_read(board.get_by_role("button", name="Yes, delete"))
    found += violations(page, "question of the board")
    assert found == []


def test_every_text_placeholder_and_border_is_strong_enough_in_every_theme(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, EMPTY])
    notebook.run(0)
    form = priced(notebook.form(0))
    launch_of(form).click()
    let_read(form.get_by_role("button", name="Yes, launch it"))
    notebook.run(1)
    form = notebook.form(1)
    open_all(form)
    form.locator(".ppw-help summary").first.click()
    try_to_launch(form)
    try:
        for theme in ("JupyterLab Light", "JupyterLab Dark", HIGH_CONTRAST):
            choose_theme(page, theme)
            found, looked = pale(page)
            assert found == [], theme
            assert looked["text"] > 100
            assert looked["placeholder"] > 5
            assert looked["border"] > 20
            assert looked["primary"] >= 2
    finally:
        choose_theme(page, "JupyterLab Light")


def test_what_changes_is_said_once_and_fields_say_what_they_are(notebook):
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

    notebook.run(1)
    form = notebook.form(1)
    said = form.get_by_role("status")
    image = form.get_by_role("textbox", name="Image", exact=True).or_(
        form.get_by_role("combobox", name="Image", exact=True)
    )
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


def test_the_order_of_tab_is_that_of_the_screen_and_no_key_reaches_the_notebook(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, "print('another cell')"])
    notebook.run(0)
    form = priced(notebook.form(0))
    open_all(form)
    form.get_by_role("button", name="Start from…").focus()
    stops = []
    while (stop := form.evaluate(STOP)) is not None:
        stops.append(stop)
        if stop["takes_no_letters"]:
            for key in ("b", "x", "d", "d", "a", "m"):
                page.keyboard.press(key)
        page.keyboard.press("Tab")
        assert len(stops) < 200
    assert len(stops) > 40
    names = [stop["name"] for stop in stops]
    assert names[0] == "Start from…"
    assert names.index("Launch · ¥1.48/h") > names.index("Add region")
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


def test_escape_closes_what_is_open_and_gives_the_focus_back(notebook):
    page = notebook.page
    notebook.open([DEFAULTS])
    notebook.run(0)
    form = priced(notebook.form(0))
    start = form.locator(".ppw-start button").first
    start.focus()
    page.keyboard.press("Enter")
    paste = form.get_by_role("textbox", name="Paste")
    expect(paste).to_be_visible()
    expect(start).to_have_attribute("aria-expanded", "true")
    paste.focus()
    page.keyboard.press("Escape")
    expect(paste).to_have_count(0)
    expect(start).to_be_focused()
    expect(start).to_have_attribute("aria-expanded", "false")

    # What is applied closes it as well, and takes its button with it.
    page.keyboard.press("Enter")
    paste.fill('{"name": "pasted"}')
    form.get_by_role("button", name="Fill the form with it").focus()
    page.keyboard.press("Enter")
    expect(paste).to_have_count(0)
    expect(start).to_be_focused()

    form.get_by_role("button", name="Add port").focus()
    page.keyboard.press("Enter")
    expect(form.locator(".ppw-row").last.get_by_role("textbox")).to_be_focused()
    menu = form.get_by_role("button", name="More").first
    expect(menu).to_have_attribute("aria-expanded", "false")
    menu.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    form.get_by_role("button", name="Duplicate").focus()
    page.keyboard.press("Escape")
    expect(form.get_by_role("button", name="Duplicate")).to_have_count(0)
    expect(menu).to_be_focused()
    mark = form.locator(".ppw-inside .ppw-help summary").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(form.locator(".ppw-help[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(form.locator(".ppw-help[open]")).to_have_count(0)
    expect(mark).to_be_focused()
    page.keyboard.press("Escape")
    expect(head_of(form, "Access")).to_have_attribute("aria-expanded", "false")
    expect(head_of(form, "Access")).to_be_focused()


def test_from_the_question_to_the_card_the_focus_is_never_lost(notebook):
    page = notebook.page
    notebook.open([DEFAULTS])
    notebook.run(0)
    form = priced(notebook.form(0))
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
    expect(form.locator(".ppw-machine")).to_be_focused(timeout=30_000)
    assert page.evaluate("window.__lost") is False


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


def test_large_narrow_and_at_rest(notebook):
    page = notebook.page
    notebook.open([DEFAULTS, EMPTY])
    notebook.run(0)
    form = priced(notebook.form(0))
    notebook.run(1)
    other = notebook.form(1)
    open_all(other)
    # What JupyterLab and its file list leave of 1280 x 720 at twice the size; and 320 pixels.
    for width, height, left in ((640, 360, 272), (688, 640, 320)):
        page.set_viewport_size({"width": width, "height": height})
        for one in (form, other):
            assert one.evaluate("root => Math.round(root.getBoundingClientRect().width)") == left
            assert one.evaluate(BEYOND) == [], width
            launch_of(one).scroll_into_view_if_needed()
            expect(launch_of(one)).to_be_in_viewport(ratio=1)

    # JupyterLab's presentation mode makes everything larger.
    page.set_viewport_size({"width": 1500, "height": 1400})
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
SIZES = """root => [...root.querySelectorAll('*')]
  .filter((one) => [...one.childNodes].some((text) => text.nodeType === Node.TEXT_NODE && text.data.trim()))
  .map((one) => [one.outerHTML.slice(0, 120), parseFloat(getComputedStyle(one).fontSize)])
  .filter(([, size]) => size)"""
MOVING = """root => [...root.querySelectorAll('*')].flatMap((one) => {
  const {transitionProperty, transitionDuration, animationName} = getComputedStyle(one);
  const moves = transitionProperty !== 'none' && parseFloat(transitionDuration) > 0;
  return moves || animationName !== 'none' ? [one.outerHTML.slice(0, 120)] : [];
})"""
