"""No double click and no held key spends or destroys, on any button that asks; a deliberate answer does.

A real JupyterLab and a real Chromium, and a served practice cloud that notes whatever is asked of it.
`PPIO_WIDGETS_SOAK=1` tries each pace on each button in each window.
"""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from ppio_widgets.practice import server
from tests.support.practice import LOST_ANSWER

from .conftest import PATIENCE, Notebook, launch_of, let_read, page_for, until

SOAK = os.environ.get("PPIO_WIDGETS_SOAK") == "1"
WINDOWS = ((1280, 720), (1440, 900), (820, 1100))
# Milliseconds from the first press to the second, and for how long Enter is held; a keyboard's own pace.
DOUBLE = (80, 150, 250, 400)
HELD = (600, 2000, 5000)
REPEAT = 30

CELLS = {
    "start": f"""\
%load_ext ppio_widgets
from ppio_widgets import Instance, InstanceBoard, LaunchForm, launch
from ppio_widgets.launches import reconcile as search
search.LOOK_PAUSES = ()
def body(name, image="ubuntu:24.04"):
    return {{"name": name, "product_id": "a100-80g", "image": image, "billing": {{"mode": "postpaid"}},
            "resource": {{"gpu_num": 1, "rootfs_size_gb": 20}}}}
LOST = {LOST_ANSWER + ":1"!r}
BODY = body("consent-taken")
RENEWING = {{"mode": "prepaid", "prepaid": {{"months": 1, "auto_renew": {{"enabled": True, "months": 1}}}}}}
names = ("consent-taken", "consent-kept", "consent-kept-off")
taken, kept, off = [launch(body(name), practice=True) for name in names]
renewing, other = [
    launch({{**body(name), "billing": RENEWING}}, practice=True) for name in ("consent-r1", "consent-r2")
]
""",
    "form": "LaunchForm(body('consent-new'), practice=True)",
    "taken": "LaunchForm(BODY, practice=True)",
    "line": "%ppio_launch --practice --body $BODY",
    "lost": "LaunchForm(body('consent-lost', LOST), practice=True)",
    "card": "Instance(kept.id)",
    "renewing": "Instance(renewing.id)",
    "other renewing": "Instance(other.id)",
    # What can be started and what can be stopped.
    "board": "off.wait(60).instance.stop()\nInstanceBoard(practice=True)",
    "no time passes": """\
from ppio_widgets.runtime import kernel
kernel.current().clock.monotonic = lambda: 0.0""",
    "time passes": "del kernel.current().clock.monotonic",
}
LAUNCH, ABSENT = "Yes, launch it", "Yes, it is not there"
ACTIONS = {
    "Stop …": "Yes, stop it",
    "Start …": "Yes, start it",
    "Restart …": "Yes, restart it",
    "Delete …": "Yes, delete it for good",
}
RENEWAL = ("Turn auto-renew off …", "Yes, turn it off")
MORE = "More actions"
IN_MENU = ("Restart …", "Delete …", RENEWAL[0])
# Where a button stands, the button, and the Yes of its question. The first Yes asks for the second.
ASKING = [
    ("form", "Launch", LAUNCH),
    ("taken", LAUNCH, "Launch a copy"),
    ("line", LAUNCH, "Launch a copy"),
    ("lost", "Declare it absent", ABSENT),
    *[("card", name, yes) for name, yes in ACTIONS.items() if name != "Start …"],
    ("renewing", *RENEWAL),
    *[("board", name, yes) for name, yes in ACTIONS.items()],
]


class Sheet(Notebook):
    """One notebook with a view of each kind, and what was asked of its cloud beside looking."""

    def __init__(self, lab, page, wire):
        super().__init__(lab, page)
        self.wire = wire

    def fill(self):
        self.open(list(CELLS.values()))
        self.run(0)
        for cell in list(CELLS)[1:-2]:
            self.show(cell)
        board = self.view("board")
        board.get_by_role("textbox", name="Name or id").fill("consent-kept")
        expect(board.locator(".ppw-line")).to_have_count(2, timeout=PATIENCE)
        for name in ("consent-kept: running", "consent-kept-off: stopped"):
            board.get_by_role("checkbox", name=name).check(timeout=PATIENCE)
        self.button("lost", "Launch").click()
        self.button("lost", LAUNCH).click()
        self.view("lost").get_by_label("Not in the console either").fill("consent-lost")
        for cell, name in (("card", "Restart …"), ("renewing", RENEWAL[0])):
            expect(self.view(cell).get_by_role("button", name=MORE)).to_be_visible(timeout=PATIENCE)
            expect(self.button(cell, name)).to_be_visible(timeout=PATIENCE)

    def show(self, cell):
        self.run(list(CELLS).index(cell))
        self.view(cell).wait_for(timeout=PATIENCE)

    def view(self, cell):
        return self.output(list(CELLS).index(cell)).locator(".ppw")

    def button(self, cell, name):
        if name == "Launch":
            return launch_of(self.view(cell))
        found = self.view(cell).get_by_role("button", name=name, exact=True)
        more = self.view(cell).get_by_role("button", name=MORE)
        if name in IN_MENU and more.count() and not found.count():
            more.click()
            expect(found).to_be_visible(timeout=PATIENCE)
        return found

    def asking(self, cell, name):
        """The button that asks, there to be pressed; the first Yes asks for the second."""
        button = self.button(cell, name)
        if name == LAUNCH:
            if cell == "line":
                self.show(cell)
            else:
                self.button(cell, "Launch").click()
            let_read(button)
        expect(button).to_be_visible()
        button.scroll_into_view_if_needed()
        return button

    def double_click(self, button, delay):
        box = box_of(button)
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for count in (1, 2):
            mouse.down(click_count=count)
            mouse.up(click_count=count)
            self.page.wait_for_timeout(delay if count == 1 else 0)

    def hold_enter(self, button, held):
        button.focus()
        for _ in range(held // REPEAT):
            self.page.keyboard.down("Enter")
            self.page.wait_for_timeout(REPEAT)
        self.page.keyboard.up("Enter")


@contextmanager
def sheets(request, lab, chromium, kept):
    wire = []
    answer = server.answer

    def noted(cloud, request):
        if request.method != "GET":
            wire.append(f"{request.method} {request.url.path}")
        return answer(cloud, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "answer", noted)
        with page_for(request, lab, chromium, kept) as page:
            page.set_viewport_size({"width": 1280, "height": 720})
            sheet = Sheet(lab, page, wire)
            sheet.fill()
            yield sheet


@pytest.fixture(scope="module")
def sheet(request, lab, chromium, kept):
    """All views in one page; whoever asks cancels, so that each button stands as it stood."""
    with sheets(request, lab, chromium, kept) as sheet:
        yield sheet


FIRST = {
    "name": "consent-first",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}


@contextmanager
def halted(process):
    """Whatever comes waits, on whichever thread a kernel takes it."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.usefixtures("new_page_first")
def test_before_the_first_question_of_a_page_nothing_but_the_first_press_arrives(notebook):
    """The kernel stands still, so that no question, and nothing that comes with one, is on the page yet."""
    page = notebook.page
    form = "import os\nfrom ppio_widgets import LaunchForm\nprint('process', os.getpid())\n"
    notebook.open([f"{form}LaunchForm({FIRST!r}, practice=True)"])
    notebook.run(0)
    view = notebook.form(0)
    launch = launch_of(view)
    expect(launch).to_have_text("Launch · ¥12.60/h")
    process = notebook.output(0).get_by_text(re.compile(r"^process \d+")).inner_text()
    with halted(int(process.split()[-1])):
        launch.evaluate(
            "button => { window.hits = []; button.addEventListener('click', e => hits.push(e.detail)); }"
        )
        launch.focus()
        for _repeat in range(20):
            page.keyboard.down("Enter")
        page.keyboard.up("Enter")
        assert page.evaluate("hits") == [0]
        launch.dblclick()
        assert page.evaluate("hits") == [0, 1]
        # An assistive device clicks as often as it is told to.
        launch.evaluate("button => { button.click(); button.click(); }")
        assert page.evaluate("hits") == [0, 1, 0, 0]
        asked = "[typeof ppw.ask, document.querySelectorAll('.ppw-asked').length]"
        assert page.evaluate(asked) == ["undefined", 0]
    expect(view.get_by_role("alertdialog")).to_be_visible(timeout=PATIENCE)


def test_a_question_that_is_asked_anew_has_the_focus_that_its_yes_had(notebook, lab):
    """Another price comes on a thread; what had the focus elsewhere keeps it."""
    page = notebook.page
    reprice = f"""\
import os, threading, time
from ppio_widgets.launches.session import Repriced
def reprice():
    for name in ("price-1", "price-2", "price-3"):
        while not os.path.exists(os.path.join({str(lab.folder)!r}, name)):
            time.sleep(0.05)
        form.session.repriced = Repriced(None)
threading.Thread(target=reprice, daemon=True).start()"""
    form = f"from ppio_widgets import LaunchForm\nform = LaunchForm({FIRST!r}, practice=True)\nform"
    notebook.open([form, reprice])
    notebook.run(0)
    view = notebook.form(0)
    notebook.run(1)
    launch_of(view).click()
    asked = view.get_by_role("alertdialog")
    expect(asked).to_be_focused()
    yes, cancel = (view.get_by_role("button", name=name, exact=True) for name in (LAUNCH, "Cancel"))

    def another_price(name):
        let_read(yes)
        page.evaluate("yes => { window.older = yes; window.paled = [] }", yes.element_handle())
        page.evaluate("addEventListener('animationstart', event => paled.push(event.target.innerText))")
        (lab.folder / name).touch()
        page.wait_for_function("!older.isConnected", timeout=PATIENCE)
        expect(yes).to_be_visible()
        # Neither takes an answer before it was read again.
        page.wait_for_function(f"['Cancel', {LAUNCH!r}].every(one => paled.includes(one))", timeout=PATIENCE)

    another_price("price-1")
    expect(asked).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(yes).to_be_focused()
    another_price("price-2")
    expect(asked).to_be_focused()
    page.keyboard.press("Tab")
    expect(cancel).to_be_focused()
    another_price("price-3")
    expect(cancel).to_be_focused()
    assert box_of(cancel)["x"] < box_of(yes)["x"]
    page.keyboard.press("Tab")
    expect(yes).to_be_focused()
    page.keyboard.press("Escape")
    expect(launch_of(view)).to_be_focused()


def box_of(button):
    """Where a button stands; one that is asked anew meanwhile is another button."""
    while (box := button.bounding_box()) is None:
        expect(button).to_be_visible()
    return box


def apart(one, other):
    return (
        one["x"] + one["width"] <= other["x"]
        or other["x"] + other["width"] <= one["x"]
        or one["y"] + one["height"] <= other["y"]
        or other["y"] + other["height"] <= one["y"]
    )


def only_asks(sheet, cell, name, yes, press, *, cancel):
    """Press what asks: its question opens, away from it, nothing is sent, and it can be cancelled."""
    sent = len(sheet.wire)
    button = sheet.asking(cell, name)
    before = box_of(button)
    press(button)
    asked = sheet.button(cell, yes)
    expect(asked).to_be_visible()
    assert apart(before, box_of(asked)), (cell, name)
    cancel(sheet.view(cell))
    expect(asked).to_have_count(0)
    assert sheet.wire[sent:] == [], (cell, name)


@pytest.mark.parametrize("window", WINDOWS, ids=lambda size: "{}x{}".format(*size))
def test_neither_double_clicks_nor_held_keys_are_an_answer(sheet, window):
    sheet.page.set_viewport_size(dict(zip(("width", "height"), window, strict=True)))

    def escape(view):
        expect(view.get_by_role("alertdialog")).to_be_focused()
        sheet.page.keyboard.press("Escape")

    for number, ask in enumerate(ASKING, WINDOWS.index(window)):
        for delay in DOUBLE if SOAK else DOUBLE[number % 4 : number % 4 + 1]:
            only_asks(sheet, *ask, lambda button, ms=delay: sheet.double_click(button, ms), cancel=escape)
        # How long a key is held has little to do with the window.
        held_here = HELD[:1] if number % 3 == 0 else ()
        for held in HELD if SOAK else held_here:
            only_asks(sheet, *ask, lambda button, ms=held: sheet.hold_enter(button, ms), cancel=escape)


@contextmanager
def no_time_passes(sheet):
    """However slow the page is, its questions are new to the kernel."""
    sheet.run_to_its_end(list(CELLS).index("no time passes"))
    yield
    sheet.run_to_its_end(list(CELLS).index("time passes"))


def test_a_click_on_yes_before_it_was_read_is_told_so(sheet):
    with no_time_passes(sheet):
        sheet.asking("form", "Launch").click()
        view, yes = sheet.view("form"), sheet.button("form", LAUNCH)
        expect(view.get_by_role("alertdialog")).to_be_focused()  # by then it stands where it stays
        box = box_of(yes)
        sheet.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        told = view.get_by_role("alert").filter(has_text="Read first")
        expect(told).to_be_visible()
        sheet.page.keyboard.press("Escape")
        # By keyboard it is the kernel that says so.
        sheet.button("form", "Launch").press("Enter")
        expect(view.get_by_role("alertdialog")).to_be_focused()
        for key in ("Tab", "Tab", "Enter"):
            sheet.page.keyboard.press(key)
        expect(told).to_be_visible()
        expect(yes).to_be_focused()
        sheet.page.keyboard.press("Escape")
        expect(sheet.button("form", "Launch")).to_be_focused()


def test_a_question_says_what_it_is_about_to_a_screen_reader(sheet):
    launch = sheet.asking("form", "Launch")
    expect(launch).to_have_text("Launch · ¥12.60/h")
    launch.click()
    question = sheet.view("form").get_by_role("alertdialog")
    expect(question).to_have_accessible_name("Rent 1 × A100 80 GB for ¥12.60 per hour?")
    expect(question).to_have_accessible_description(re.compile("consent-new on the practice cloud: postpaid"))
    expect(question.get_by_role("button")).to_have_text(["Cancel", LAUNCH])
    sheet.page.keyboard.press("Escape")
    line = sheet.view("line").get_by_role("alertdialog", name="Rent 1 × A100 80 GB for ¥12.60 per hour?")
    sheet.show("line")
    expect(line).to_be_visible()
    expect(line).not_to_be_focused()


def test_where_script_and_stylesheet_do_nothing_the_kernel_still_takes_no_early_answer(sheet):
    """Worse than without them: double clicks and repeats look like single ones, and nothing stops them."""
    page = sheet.page
    page.set_viewport_size({"width": 1280, "height": 720})
    style = page.add_style_tag(content=".ppw .ppw-asked > button { pointer-events: auto !important }")
    page.evaluate(
        """() => {
            window.real = [[UIEvent, 'detail'], [KeyboardEvent, 'repeat'], [HTMLElement, 'focus']].map(
                ([kind, name]) => [kind, name, Object.getOwnPropertyDescriptor(kind.prototype, name)]);
            Object.defineProperty(UIEvent.prototype, 'detail', {get: () => 0, configurable: true});
            Object.defineProperty(KeyboardEvent.prototype, 'repeat', {get: () => false, configurable: true});
            HTMLElement.prototype.focus = () => {};
        }"""
    )

    def escape(view):
        view.locator(".ppw-esc").evaluate("button => button.click()")

    def insist(view):
        for answer in (".ppw-yes", ".ppw-no"):
            view.locator(answer).evaluate("button => button.click()")
        expect(view.get_by_role("alert").filter(has_text="Read first")).to_be_visible()
        escape(view)

    for number, ask in enumerate(ASKING):
        only_asks(
            sheet, *ask, lambda button, ms=DOUBLE[number % 4]: sheet.double_click(button, ms), cancel=escape
        )
    only_asks(sheet, *ASKING[0], lambda button: sheet.hold_enter(button, HELD[1]), cancel=escape)
    for cell, name, yes in ASKING:
        if name == "Delete …":
            only_asks(sheet, cell, name, yes, lambda button: sheet.hold_enter(button, HELD[0]), cancel=escape)
    # Yes itself, however late by the browser's clock: by the kernel's no time has passed.
    with no_time_passes(sheet):
        for cell, name, yes in ASKING:
            if name != LAUNCH:
                only_asks(sheet, cell, name, yes, lambda button: button.click(), cancel=insist)
    style.evaluate("element => element.remove()")
    page.evaluate("real.forEach(([kind, ...own]) => Object.defineProperty(kind.prototype, ...own))")


def test_auto_renew_is_turned_off_by_keys_alone_and_by_assistive_clicks(sheet):
    keys, before = sheet.page.keyboard, len(sheet.wire)
    sheet.button("renewing", RENEWAL[0]).press("Enter")
    expect(sheet.view("renewing").get_by_role("alertdialog")).to_be_focused()
    keys.press("Tab")
    keys.press("Tab")
    expect(sheet.button("renewing", RENEWAL[1])).to_be_focused()
    let_read(sheet.button("renewing", RENEWAL[1]))
    keys.press("Enter")
    for name in RENEWAL:
        let_read(sheet.button("other renewing", name))
        sheet.button("other renewing", name).evaluate("button => button.click()")
    for cell in ("renewing", "other renewing"):
        expect(sheet.view(cell)).to_contain_text("auto-renew confirmed off", timeout=PATIENCE)
    asked = [one.rpartition("/")[2] for one in sheet.wire[before:]]
    assert asked == ["auto-renew"] * 2
    expect(sheet.view("other renewing").locator(".ppw-machine")).to_be_focused()


def test_with_keys_alone_and_with_assistive_clicks_a_question_is_answered(sheet):
    """The last one: it spends and destroys."""
    keys = sheet.page.keyboard

    def click(button):
        let_read(button)
        button.evaluate("button => button.click()")

    def sent(*requests):
        until(lambda: len(sheet.wire) - before >= len(requests), requests)
        assert [one.partition(" ")[0] for one in sheet.wire[before:]] == list(requests)
        return len(sheet.wire)

    def tab_to(cell, name):
        expect(sheet.view(cell).get_by_role("alertdialog")).to_be_focused()
        yes = sheet.button(cell, name)
        keys.press("Tab")
        keys.press("Tab")
        expect(yes).to_be_focused()
        let_read(yes)
        keys.press("Enter")

    before = len(sheet.wire)
    sheet.button("form", "Launch").press("Enter")
    tab_to("form", LAUNCH)
    before = sent("POST")
    expect(sheet.view("form").locator(".ppw-machine")).to_be_focused(timeout=PATIENCE)

    for name in ("Launch", LAUNCH, "Launch a copy"):
        click(sheet.button("taken", name))
    before = sent("POST")

    sheet.show("line")
    yes = sheet.button("line", LAUNCH)
    let_read(yes)
    yes.press("Enter")
    expect(sheet.button("line", LAUNCH)).to_have_count(0)
    tab_to("line", "Launch a copy")
    before = sent("POST")

    click(sheet.button("lost", "Declare it absent"))
    click(sheet.button("lost", ABSENT))
    expect(sheet.button("lost", "Declare it absent")).to_have_count(0)
    expect(sheet.button("lost", "Launch")).to_be_visible()

    sheet.button("card", "Restart …").press("Enter")
    tab_to("card", "Yes, restart it")
    before = sent("PUT")
    expect(sheet.view("card").locator(".ppw-machine")).to_be_focused()

    click(sheet.button("board", "Delete …"))
    click(sheet.button("board", "Yes, delete it for good"))
    sent("DELETE", "DELETE")
    expect(sheet.view("board").locator(".ppw-line :checked:focus")).to_have_count(1)
