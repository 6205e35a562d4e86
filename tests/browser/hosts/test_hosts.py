"""What a person does, in every place that shows notebooks; `words.json` has the names of the actions."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, closing

import pytest
from playwright.sync_api import expect

from ppio_widgets.practice.server import serving
from ppio_widgets.request.draft import DEFAULTS
from tests.browser.access import pale
from tests.browser.conftest import PATIENCE, choose, head_of, launch_of, let_read, new_page, until
from tests.browser.test_policy import BY_HAND, SHORTCUTS
from tests.support.bodies import MINIMAL

IMPORT = "from ppio_widgets import InstanceBoard, LaunchForm\n"
FORM = f"{IMPORT}LaunchForm(practice=True)"
EMPTY = f"{IMPORT}LaunchForm({DEFAULTS!r}, practice=True)"  # nothing is proposed
BOARD = f"{IMPORT}InstanceBoard(practice=True)"
QUESTION = "Rent 1 × A100 80 GB for ¥12.60 per hour?"
LEDGER = "%load_ext ppio_widgets\n%ppio launches"
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
def account(served, page, practice):
    """The account that is launched from."""
    return served.host.sheet(served.server, page).account(practice)


@pytest.fixture
def existing(account):
    """The instance of a name that is there; each goes with the test."""
    seen = set()

    def existing(name):
        rows = account.page(name=name)["data"]
        seen.update(row["id"] for row in rows)
        return rows

    yield existing
    for identity in seen & {row["id"] for row in account.page(limit=1000)["data"]}:
        account.act(identity, "delete")


def form_of(name, cloud="practice=True"):
    body = {**MINIMAL, "name": name, "product_id": "a100-80g"}
    return f"{IMPORT}form = LaunchForm({body!r}, {cloud})\nform"


def key_of(name):
    """A key of the stand-in of the live service."""
    return f"sk_{name}.0123456789abcdef"


def line_of(name, *options):
    options = " ".join(options)
    launch = f"%ppio_launch --practice --name {name} --product a100-80g --image ubuntu:24.04 {options}"
    return f"%load_ext ppio_widgets\n{launch}"


def answer(view, words):
    """Answer a question once it could be read."""
    yes = view.get_by_role("button", name=words)
    let_read(yes)
    yes.click()


def running(form):
    """The card of a form's instance, once it runs."""
    card = form.locator(".ppw-machine").first
    expect(card.locator(".ppw-state")).to_have_text("running", timeout=PATIENCE)
    return card


def identity_of(card):
    """The id of the instance of a card."""
    told = card.locator(".ppw-live")
    expect(told).to_contain_text(re.compile(r"running \(id \S+\)"))
    return re.search(r"running \(id (\S+)\)", told.text_content())[1]


def launch(form):
    """Launch what a form holds; returns the card of the instance, which runs."""
    launch_of(form).click()
    expect(form.get_by_text(QUESTION)).to_be_visible()
    answer(form, "Yes, launch it")
    return running(form)


def row_of(board, name):
    """The box of an instance that runs, in a board that shows this name alone."""
    board.get_by_role("textbox", name="Name or id").fill(name)
    board.get_by_role("button", name="Refresh").click()
    box = board.get_by_role("checkbox", name=re.compile(f"{name}: running|running {name}"))
    expect(box).to_be_visible(timeout=PATIENCE)
    return box


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


def is_scriptless(view):
    """Whether no script of ours runs here; then the view says what it cannot do."""
    said = view.get_by_text(SHORTCUTS)
    runs = "'ppw' in window"
    until(
        lambda: said.is_visible() or view.page.evaluate(runs),
        "a script runs, or the view says that none does",
    )
    return said.is_visible()


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
    for section in ("Access", "Environment"):
        head_of(form, section).click()
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


def test_focused(opened, instead):
    _sheet, form = opened(EMPTY)
    head = head_of(form, "Access")
    head.click()
    form.get_by_role("button", name="Add port").click()
    port = form.get_by_role("textbox", name="Port 1")
    expect(port).to_be_visible()
    if is_scriptless(form):
        expect(port).not_to_be_focused()
        expect(head).not_to_have_attribute("aria-expanded", "true")
        instead("stays")
    else:
        expect(port).to_be_focused()
        expect(head).to_have_attribute("aria-expanded", "true")


def test_pressed(opened, page, instead):
    sheet, form = opened(FORM)
    expect(launch_of(form)).to_have_text("Launch · ¥1.48/h", timeout=PATIENCE)
    is_cut = is_scriptless(form)
    form.get_by_role("combobox").first.focus()
    page.keyboard.press("x")
    if is_cut:
        expect(sheet.cell(0).locator(".ppw")).to_have_count(0)
        instead("heard")
    else:
        head_of(form, "Access").click()
        form.get_by_role("button", name="Add port").click()
        expect(form.get_by_role("textbox", name="Port 1")).to_be_visible()


def test_copied(opened, page, name, instead):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sheet, form = opened(form_of(name))
    expect(launch_of(form)).to_have_text("Launch · ¥12.60/h", timeout=PATIENCE)
    page.evaluate("navigator.clipboard.writeText('')")
    form.get_by_role("button", name="Copy").click()
    by_hand = form.get_by_text(BY_HAND)
    if is_scriptless(form):
        expect(by_hand).to_be_visible()
        form.get_by_role("textbox", name="Request body as JSON").press("Control+a")
        page.keyboard.press("Control+c")
        instead("by hand")
    else:
        expect(form.get_by_text("Copied.")).to_be_visible()
    copied = "navigator.clipboard.readText()"
    until(lambda: page.evaluate(copied).startswith("{"), "it is copied")
    assert json.loads(page.evaluate(copied)) == sheet.body(form)


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
    expect(card.get_by_text(QUESTION)).to_be_visible()
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Yes, launch it")).to_have_count(0)
    assert existing(name) == []
    sheet.run(1)
    card = sheet.form(1)
    expect(card.get_by_text(QUESTION)).to_be_visible()
    answer(card, "Yes, launch it")
    expect(card.locator(".ppw-live")).to_contain_text("running (id ", timeout=PATIENCE)
    assert len(existing(name)) == 1


def test_dry_run(served, page, existing, name):
    sheet = served.host.open(served.server, page, [line_of(name, "--dry-run")])
    sheet.run(0)
    plan = sheet.output(0).filter(has_text=f'"name": "{name}"')
    expect(plan).to_contain_text("¥12.60", timeout=PATIENCE)
    expect(plan.locator("pre").first).to_have_css("font-family", re.compile("monospace"))
    assert existing(name) == []


def test_board(opened, account, existing, name):
    _sheet, board = opened(BOARD)
    account.create({**MINIMAL, "name": name, "product_id": "a100-80g"})
    row_of(board, name).check()
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
    dead = sheet.cell(0).get_by_text(re.compile("^(Error displaying|Loading) widget"))
    expect(dead).to_be_attached(timeout=PATIENCE)
    expect(dead).to_be_hidden()


def test_renewed(opened, existing, name):
    """The next kernel knows nothing of the launch; the cloud does."""
    sheet, form = opened(form_of(name), BOARD)
    launch(form)
    sheet.reopen()
    sheet.run(1)
    row_of(sheet.form(1), name)
    assert len(existing(name)) == 1


def test_apart(served, chromium, name):
    """Each kernel draws a practice key, so each person has an account; all launch by the same name."""
    with ExitStack() as stack:
        cloud = stack.enter_context(serving()).url
        begin = f"import os\nos.environ['PPIO_GPU_BASE_URL'] = {cloud!r}\n"
        sheets = []
        for seat in served.server.seats():
            page = new_page(chromium)
            stack.callback(seat.end_kernels)
            stack.enter_context(closing(page.context))
            sheet = served.host.open(seat, page, [begin + form_of(name), BOARD])
            sheet.run(0)
            sheets.append(sheet)
        forms = [sheet.form(0) for sheet in sheets]
        for form in forms:
            launch_of(form).click()
        for form in forms:
            answer(form, "Yes, launch it")
        ids = [identity_of(running(form)) for form in forms]
        assert len(set(ids)) == len(sheets) > 1
        for own, sheet in zip(ids, sheets, strict=True):
            sheet.run(1)
            row_of(sheet.form(1), name)
            shown = sheet.page.content()
            assert [one for one in ids if one in shown] == [own]


def test_signed_in(served, opened, chromium, live, name):
    sheet, form = opened(live.cell() + form_of(name, ""))
    expect(form.get_by_text("Practice cloud.")).to_be_visible()
    form.get_by_role("button", name="Sign in to launch for real").click()
    field = form.get_by_label("API key for api.ppio.com, then Enter")
    field.fill(key_of(name))
    field.press("Enter")
    expect(form.get_by_role("note")).to_contain_text(
        "bills your account. Key from the sign-in field, ending in cdef."
    )
    expect(field).to_have_count(0)
    card = launch(form)
    assert len(live.account(key_of(name)).page(name=name)["data"]) == 1
    assert key_of(name) not in sheet.page.content()
    with closing(new_page(chromium).context) as context:
        visitor = served.host.sheet(served.server, context.pages[0])
        visitor.show_file(sheet.path)
        expect(visitor.form(0).get_by_role("button", name="Sign in to launch for real")).to_be_visible()
    stop(card)


def test_culled(served, opened, page, live, name):
    """What is launched for money is written down where the next server finds it."""
    key = key_of(name)
    begin = f"{live.cell()}os.environ['PPIO_API_KEY'] = {key!r}\n"
    sheet, form = opened(begin + form_of(name, ""), f"{IMPORT}InstanceBoard()", LEDGER)
    launch(form)
    (row,) = live.account(key).page(name=name)["data"]
    page.goto("about:blank")
    served.server.cull()
    sheet.show_file(sheet.path)
    until(served.server.kernel_is_ready, "the kernel of the new server is idle and connected")
    sheet.run(0)
    form = sheet.form(0)
    sheet.run(2)
    expect(sheet.output(2)).to_contain_text(row["id"])
    sheet.run(1)
    board = sheet.form(1)
    row_of(board, name).check()
    launch_of(form).click()
    answer(form, "Yes, launch it")
    expect(form.get_by_text(f"is already there (id {row['id']}").first).to_be_visible()
    form.get_by_role("button", name="Cancel").click()
    board.get_by_role("button", name="Stop …").click()
    answer(board, re.compile("^Yes, stop"))
    expect(board).to_contain_text("confirmed stopped at", timeout=PATIENCE)
    assert [row["status"]["status"] for row in live.account(key).page(name=name)["data"]] == ["exited"]


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
def test_console(served, opened, page, instead):
    """The last: by now it has heard all that was done before."""
    _sheet, form = opened(FORM)
    expect(launch_of(form)).to_be_visible()
    page.evaluate("console.error('ppw: is this heard?')")

    def is_heard():
        page.evaluate("0")  # what the page has told arrives while something is asked of it
        return any("is this heard?" in one for one in served.faults)

    until(is_heard, "the console is listened to")
    errors = [one for one in served.faults if "is this heard?" not in one]
    if is_scriptless(form):
        assert [one for one in errors if "Content Security Policy" not in one] == []
        assert errors
        instead("refused")
    else:
        assert errors == []
