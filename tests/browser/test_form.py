"""The form as a person decides with it: how many clicks and keys, in which order, and where the focus is."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

from ppio_widgets.practice import transport

from .conftest import PATIENCE, head_of, launch_of, let_read, until
from .test_lab import EMPTY, FORM, IMPORT, fill, ids

# A served practice cloud that takes any key: to the kernel, which does not take this one for a practice
# key, it is a cloud that bills.
LIVE = f"""{IMPORT}import os
from ppio_widgets import PpioClient
LaunchForm(client=PpioClient("sk_made_up_0123456789", base_url=os.environ["PPIO_GPU_BASE_URL"]))"""
CHINESE = f"{IMPORT}LaunchForm(practice=True, language='zh')"

# Counts in the page whatever a person does there; keys that are held for another one are a part of it.
COUNT = """() => {
    window.ppwDone ||= ['pointerdown', 'keydown'].forEach((kind) => addEventListener(kind, (event) => {
        if (event.isTrusted && !['Shift', 'Control'].includes(event.key)) done[kind]++;
    }, true)) || true;
    window.done = {pointerdown: 0, keydown: 0};
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    const box = (one.closest('.widget-radio-box') || one).getBoundingClientRect();
    const words = one.labels?.[0]?.textContent || one.getAttribute('aria-label') || one.textContent;
    const name = one.type === 'radio' ? one.closest('.widget-radio-box').ariaLabel : words;
    const side = !!one.closest('.ppw-side');
    // What has the focus is scrolled into sight; the side stays where it is.
    const from = side ? 0 : one.closest('.ppw')?.getBoundingClientRect().y;
    return {inside: !!one.closest('.ppw'), name, side, x: box.x, y: box.y - from, bottom: box.bottom - from};
}"""
SCROLLER = ".jp-WindowedPanel-outer"


class Counted:
    """What a person does in a page from now on, in clicks and keys."""

    def __init__(self, page):
        self.page = page
        page.evaluate(COUNT)

    @property
    def clicks_and_keys(self):
        done = self.page.evaluate("done")
        return done["pointerdown"], done["keydown"]


def focused(page):
    """What has the focus, which is in the form whatever happened."""
    found = page.evaluate(FOCUSED)
    assert found["inside"], found
    return found


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, name, key="Tab", most=40):
    """Press Tab until something has the focus; returns what had it on the way."""
    passed = []
    while not re.match(name, (passed or [focused(page)])[-1]["name"]):
        assert len(passed) < most, [one["name"] for one in passed]
        page.keyboard.press(key)
        passed.append(focused(page))
    return passed


def runs(form):
    expect(form.locator(".ppw-machine")).to_contain_text("running (id ", timeout=PATIENCE)


def show(notebook, number):
    """Run a cell, and wait until all that is proposed is there."""
    notebook.run(number)
    form = notebook.form(number)
    expect(launch_of(form)).to_contain_text("¥1.48/h")
    return form


def test_few_clicks_and_keys_from_the_notebook_to_a_machine(notebook, practice, monkeypatch):
    page = notebook.page
    notebook.open([FORM, FORM, LIVE, "pass"])
    before = ids(practice)

    # On the practice cloud: Run, Launch, Yes.
    counted = Counted(page)
    page.get_by_role("button", name=re.compile("^Run this cell and advance")).click()
    form = notebook.form(0)
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h")
    assert counted.clicks_and_keys == (1, 0)
    launch_of(form).click()
    form.get_by_role("button", name="Yes, launch it").click()
    runs(form)
    assert counted.clicks_and_keys == (3, 0), "two of them in the form"
    assert len({*ids(practice)} - {*before}) == 1

    by_keys_alone(notebook)
    monkeypatch.setattr(transport, "is_practice_key", lambda _key: True)
    where_it_is_billed(notebook, practice)


def by_keys_alone(notebook):
    """From the cell to a machine that runs, and that is stopped."""
    page = notebook.page
    # It is opened by Shift+Enter, and left behind; Shift+Tab goes back into it.
    notebook.cell(1).locator(".cm-content").click()
    counted = Counted(page)
    press(page, "Shift+Enter")
    form = notebook.form(1)
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h")
    press(page, "Shift+Tab")
    tab_to(page, "Launch", "Shift+Tab")
    press(page, "Enter")
    expect(form.get_by_role("alertdialog")).to_be_focused()
    press(page, "Tab", "Tab")
    yes = form.get_by_role("button", name="Yes, launch it")
    expect(yes).to_be_focused()
    let_read(yes)
    press(page, "Enter")
    runs(form)
    assert counted.clicks_and_keys == (0, 11)
    card = form.locator(".ppw-machine")
    expect(card).to_be_focused()
    tab_to(page, "Stop …")
    press(page, "Enter")
    expect(card.get_by_role("alertdialog")).to_be_focused()
    tab_to(page, "Yes, stop it")
    let_read(card.get_by_role("button", name="Yes, stop it"))
    press(page, "Enter")
    expect(card).to_contain_text("confirmed stopped at", timeout=PATIENCE)
    clicks, keys = counted.clicks_and_keys
    assert clicks == 0
    assert keys <= 24
    focused(page)


def where_it_is_billed(notebook, practice):
    """Nothing that costs is chosen for anybody."""
    notebook.run(2)
    form = notebook.form(2)
    expect(form.get_by_text("Launching here rents an instance and bills your account.")).to_be_visible()
    products = form.locator(".ppw-offers").get_by_role("radio")
    expect(products.first).to_be_visible()
    assert {"product_id", "image", "name"}.isdisjoint(notebook.body(form))
    expect(form.locator(".ppw-price")).to_contain_text("Choose a GPU")
    before = ids(practice)
    counted = Counted(notebook.page)
    form.get_by_role("radio", name="RTX 3090").click()
    form.get_by_role("radio", name="PyTorch 2.6").click()
    expect(launch_of(form)).to_have_text("Launch · 1.48/h")  # nobody says in which money
    launch_of(form).click()
    form.get_by_role("button", name="Yes, launch it").click()
    runs(form)
    assert counted.clicks_and_keys == (4, 0)
    assert len({*ids(practice)} - {*before}) == 1


# A section, what it says while nothing is in it, its button that adds a row, a field of it, what is typed
# there, and what it says then.
SECTIONS = [
    ("Access", "no port, no Jupyter", "Add port", "Port 1", "8080", "Ports 8080/http"),
    ("Environment", "no variable", "Add variable", "Variable 1", "EPOCHS", "EPOCHS"),
    (
        *("Storage", "no volume: files are lost on delete"),
        *("Add volume", "Mount point of volume 1", "/data", "/data"),
    ),
    ("Start command", "the image's own", "", "Command", "python train.py", "own command"),
    ("Region and network", "any region, no VPC network", "Add region", "Region 1", "cn-east-1", "cn-east-1"),
    ("Limits", "no price ceiling", "", "Minimum CUDA", "12.1", "CUDA 12.1 or newer"),
]


def field(form, name):
    """A field by its name, with whatever stands beside it."""
    return form.get_by_role("textbox", name=name).or_(form.get_by_role("combobox", name=name)).first


def test_sections_rows_and_whatever_opens_keep_the_focus(notebook):
    page = notebook.page
    notebook.open([EMPTY])
    notebook.run(0)
    form = notebook.form(0)
    expect(form.locator(".ppw-offers")).to_be_visible()

    for section, nothing, add, name, typed, said in SECTIONS:
        head = head_of(form, section)
        expect(head).to_have_accessible_name(f"{section} {nothing}")
        expect(head).to_have_attribute("aria-expanded", "false")
        head.focus()
        press(page, "Enter")
        expect(head).to_have_attribute("aria-expanded", "true")
        expect(head).to_be_focused()
        # Drawn once: whoever opens it anew and types before the kernel hears of it types in what stays.
        inside = form.locator(".ppw-section.mod-active + .ppw-inside")
        expect(inside).to_be_visible()
        inside.evaluate("node => node.dataset.drawn = 'once'")
        press(page, "Escape")
        expect(head).to_have_attribute("aria-expanded", "false")
        expect(head).to_be_focused()
        expect(inside).to_have_count(0)
        press(page, "Enter", "Enter", "Enter")
        expect(form.locator(".ppw-shown:not([data-rung])")).to_have_count(1)  # the kernel has heard of it
        expect(inside).to_have_attribute("data-drawn", "once")
        press(page, "Escape")
        expect(head).to_have_attribute("aria-expanded", "false")
        # Another shell of the kernel may take the next click: it has heard of this one first.
        expect(form.locator(".ppw-shown:not([data-rung])")).to_have_count(1)
        if add:
            form.get_by_role("button", name=add).click()
        else:
            head.click()
        expect(head).to_have_attribute("aria-expanded", "true")
        control = field(form, name)
        if add and section != "Storage":
            expect(control).to_be_focused()
        control.focus()
        page.keyboard.type(typed)
        expect(form.locator("pre")).to_contain_text(typed)
        press(page, "Escape")
        expect(control).to_have_count(0)
        expect(head).to_be_focused()
        expect(head).to_have_accessible_name(f"{section} {said}")
    body = notebook.body(form)
    assert body["ports"] == [{"port": 8080, "protocol": "http"}]
    assert body["volumes"] == [{"type": "local", "mount_point": "/data"}]

    rows_by_keyboard_and_mouse(notebook, form)

    what_opens_closes(notebook, form)


def what_opens_closes(notebook, form):
    """A section by an error, an explanation, and what the form can start from; Esc closes what is open."""
    page = notebook.page
    # What blocks is shown: its section opens with the attempt.
    head = head_of(form, "Access")
    head.click()
    fill(form, **{"Port 1": "70000"})
    head.click()
    expect(head).to_have_attribute("aria-expanded", "false")
    launch_of(form).focus()
    press(page, "Enter")
    expect(head).to_have_attribute("aria-expanded", "true")
    wrong = field(form, "Port 1")
    expect(wrong).to_be_visible()
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(launch_of(form)).to_be_focused()

    # An explanation, and what the form can start from.
    mark = form.locator(".ppw-beside summary").first
    mark.focus()
    press(page, "Enter")
    told = form.get_by_text("The disk (rootfs) holds the image and your files")
    expect(told).to_be_visible()
    press(page, "Escape")
    expect(told).to_be_hidden()
    expect(mark).to_be_focused()
    start = form.get_by_role("button", name="Start from…")
    start.focus()
    press(page, "Enter")
    pasted = form.get_by_role("textbox", name="Paste")
    expect(pasted).to_be_visible()
    focused(page)
    opener = form.locator(".ppw-start button").first
    expect(opener).to_have_attribute("aria-expanded", "true")
    pasted.focus()
    press(page, "Escape")
    expect(pasted).to_have_count(0)
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
    # What is applied closes it as well, and takes its button with it.
    press(page, "Enter")
    pasted.fill('{"name": "pasted"}')
    form.get_by_role("button", name="Fill the form with it").focus()
    press(page, "Enter")
    expect(pasted).to_have_count(0)
    expect(opener).to_be_focused()


def rows_by_keyboard_and_mouse(notebook, form):
    """Add, move, duplicate, remove and put back, on the list of variables."""
    page = notebook.page

    def said(*keys):
        until(lambda: [one["key"] for one in notebook.body(form)["envs"]] == list(keys), keys)

    def way(number, words):
        """What the open menu of a row offers."""
        return form.locator(".l-envs .ppw-row").nth(number - 1).get_by_role("button", name=words, exact=True)

    head_of(form, "Environment").click()
    expect(field(form, "Variable 1")).to_have_value("EPOCHS")
    add = form.get_by_role("button", name="Add variable")
    for number, key in ((2, "SEED"), (3, "RATE")):
        add.focus()
        press(page, "Enter")
        expect(field(form, f"Variable {number}")).to_be_focused()
        page.keyboard.type(key)
    said("EPOCHS", "SEED", "RATE")
    # By keyboard, as often as wanted: the button that moved the row keeps the focus.
    way(3, "More").focus()
    press(page, "Enter")
    expect(way(3, "Up")).to_be_visible()
    expect(way(3, "More")).to_have_attribute("aria-expanded", "true")
    press(page, "Tab", "Tab")
    expect(way(3, "Up")).to_be_focused()
    press(page, "Enter")
    said("EPOCHS", "RATE", "SEED")
    expect(way(2, "Up")).to_be_focused()
    press(page, "Enter")
    said("RATE", "EPOCHS", "SEED")
    expect(way(1, "Up")).to_be_focused()
    press(page, "Escape")
    expect(way(1, "Up")).to_have_count(0)
    expect(way(1, "More")).to_be_focused()
    # By mouse.
    way(1, "More").click()
    way(1, "Down").click()
    said("EPOCHS", "RATE", "SEED")
    expect(way(2, "Down")).to_be_focused()
    way(2, "Duplicate").click()
    said("EPOCHS", "RATE", "RATE", "SEED")
    expect(field(form, "Variable 3")).to_be_focused()
    fill(form, **{"Variable 3": "RATE_2"})
    # What is removed can be put back, where it was.
    way(3, "Remove").click()
    said("EPOCHS", "RATE", "SEED")
    back = form.get_by_role("button", name="Put the variable back")
    expect(back).to_be_visible()
    expect(add).to_be_focused()
    press(page, "Tab")
    expect(back).to_be_focused()
    press(page, "Enter")
    expect(field(form, "Variable 3")).to_be_focused()
    expect(field(form, "Variable 3")).to_have_value("RATE_2")
    said("EPOCHS", "RATE", "RATE_2", "SEED")
    expect(back).to_have_count(0)
    head_of(form, "Environment").click()


def in_order(stops):
    """Whether each stop stands behind or below the one before, the form before what stands beside it."""
    for side in (False, True):
        part = [one for one in stops if one["side"] == side]
        assert part
        for before, after in itertools.pairwise(part):
            down = after["y"] + after["bottom"] - before["y"] - before["bottom"]
            is_behind = after["x"] > before["x"] and down > -40
            assert down > 10 or is_behind, (before, after)
    assert [one["side"] for one in stops] == sorted(one["side"] for one in stops)


def fits(form):
    reaching_out = form.evaluate(
        """root => [...root.querySelectorAll('*')].filter((one) => one.checkVisibility()
            && one.getBoundingClientRect().right > root.getBoundingClientRect().right + 1
            && getComputedStyle(one).position !== 'absolute').map((one) => one.className || one.tagName)"""
    )
    assert reaching_out == []


def is_in_sight(control, height):
    box = control.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= height


def test_wide_and_narrow_in_english_and_chinese(notebook):
    page = notebook.page
    notebook.open([FORM, CHINESE])
    form = show(notebook, 0)
    scroller = page.locator(SCROLLER)
    top = "scroller => { scroller.scrollTop = 0; }"
    page.set_viewport_size({"width": 1440, "height": 900})
    scroller.evaluate(top)
    until(lambda: is_in_sight(launch_of(form), 900), "the page has its new size")
    columns, panel = form.locator(".ppw-form").bounding_box(), form.locator(".ppw-panel").bounding_box()
    assert panel["x"] > columns["x"] + columns["width"]
    assert form.locator("pre").bounding_box()["y"] < 900, "the request is open beside"
    assert notebook.body(form)["name"].startswith("pytorch-rtx3090-")
    form.get_by_role("button", name="Start from…").focus()
    stops = [focused(page), *tab_to(page, "Copy")]
    in_order(stops)
    head_of(form, "Limits").scroll_into_view_if_needed()
    assert is_in_sight(launch_of(form), 900)

    page.evaluate("jupyterapp.shell.collapseLeft()")
    for width in (820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        scroller.evaluate(top)
        launch, price = launch_of(form), form.locator(".ppw-price")
        until(lambda price=price: price.bounding_box()["y"] > 900, f"the price's place is below at {width}")
        until(lambda launch=launch: is_in_sight(launch, 900), f"the bar is there at {width}")
        expect(launch).to_have_text("Launch · ¥1.48/h")
        expect(head_of(form, "Request")).to_have_attribute("aria-expanded", "false")
        expect(form.locator("pre")).to_be_hidden()
        fits(form)
        form.get_by_role("button", name="Start from…").focus()
        in_order([focused(page), *tab_to(page, "The cost in words")])
    page.evaluate("jupyterapp.shell.expandLeft()")

    page.set_viewport_size({"width": 1440, "height": 900})
    notebook.run(1)
    chinese = notebook.form(1)
    button = chinese.get_by_role("button", name="创建实例 · ¥1.48/小时")
    expect(button).to_be_visible()
    for head in ("访问", "环境变量", "存储", "运行命令", "区域与网络", "限制"):
        expect(head_of(chinese, head)).to_be_visible()
    button.click()
    question = chinese.get_by_role("alertdialog", name=re.compile("A100|RTX 3090"))
    expect(question).to_be_focused()
    expect(question).to_contain_text("¥1.48")
    press(page, "Escape")
    expect(button).to_be_focused()
    fits(chinese)


# On how many lines the last cell of a row stands; what is below the first is not seen.
LINES = """row => {
    const text = document.createTreeWalker(row, NodeFilter.SHOW_TEXT).nextNode();
    const range = document.createRange();
    range.setStart(text, text.data.lastIndexOf('4\\u00a0个'));
    range.setEnd(text, text.data.trimEnd().length);
    return new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size;
}"""


def test_in_chinese_too_a_cell_of_the_table_is_seen_whole_or_not_at_all(notebook, own_page):
    page = notebook.page
    notebook.open([CHINESE])
    notebook.run(0)
    row = notebook.form(0).locator(".ppw-offers label").filter(has_text="个区域")
    for width in range(1200, 1440, 20):
        page.set_viewport_size({"width": width, "height": 900})
        assert row.evaluate(LINES) == 1, width


def test_on_a_projector_the_steps_the_price_and_the_request_stand_on_one_screen(notebook, own_page):
    page = notebook.page
    page.set_viewport_size({"width": 1280, "height": 720})
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    expect(form.locator("pre").filter(has_text='"product_id"')).to_be_visible()
    page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    form.evaluate("root => root.scrollIntoView()")
    steps = form.locator(
        ":is(.ppw-form, .ppw-part) > :is(.f-product_id, .ppw-step, .f-image, .ppw-segments, .f-name)"
    )
    expect(steps).to_have_count(7)
    for one in (*steps.all(), launch_of(form), form.locator(".ppw-price"), form.locator("pre")):
        expect(one).to_be_in_viewport(ratio=1)
    rows = form.locator(".ppw-offers .widget-radio-box > label")
    assert rows.count() > 8
    least = min(one.bounding_box()["height"] for one in rows.all())
    assert least > 24, "what is long scrolls, and is not squeezed"
    rows.last.scroll_into_view_if_needed()
    expect(rows.last).to_be_in_viewport(ratio=0.9)


# A form whose catalogue comes when the next cell asks for it.
LATE = """\
from ppio_widgets import LaunchForm
form = LaunchForm()
load, form.session.load = form.session.load, lambda: None
form"""


def test_the_table_comes_into_the_room_that_was_kept_for_it(notebook, own_page):
    page = notebook.page
    notebook.open([LATE, "load()"])
    notebook.run(0)
    form = notebook.form(0, is_loading=True)
    table = form.locator(".f-product_id")
    sizes = ({"width": 1440, "height": 900}, {"width": 1280, "height": 720})

    def heights():
        for size in sizes:
            page.set_viewport_size(size)
            yield table.bounding_box()["height"]

    before = list(heights())
    notebook.run(1)
    expect(notebook.form(0).locator(".ppw-offers")).to_be_visible()
    assert list(heights()) == pytest.approx(before, abs=6)
