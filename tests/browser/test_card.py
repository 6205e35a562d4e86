"""The card of a launch, as a person meets it: at the top of the form, to the end of the bill."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.bodies import MINIMAL

from .conftest import let_read, open_sections, until

BODY = {
    **MINIMAL,
    "name": "carded",
    "product_id": "a100-80g",
    "ports": [{"port": 8080, "protocol": "http"}],
    "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}},
}
FORM = f"from ppio_widgets import LaunchForm\nform = LaunchForm({BODY!r}, practice=True, stop='3h')\nform"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 560, "height": 900}


def launch(form):
    """Launch what the form holds; returns its card."""
    form.locator(".ppw-launch").click()
    expect(form.get_by_role("alertdialog")).to_contain_text("will stop it 3 h after the launch")
    yes = form.get_by_role("button", name="Yes, launch it")
    let_read(yes)
    yes.click()
    card = form.locator(".ppw-machine").first
    expect(card).to_be_focused()
    return card


def top_of(locator):
    return locator.bounding_box()["y"]


def overlap(one, other):
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def status(practice, identity):
    rows = practice.cloud.one.page(limit=1000)["data"]
    return next((row["status"]["status"] for row in rows if row["id"] == identity), "removed")


def runs(card):
    """Wait until its instance runs and its Jupyter answers; each step says how long it took."""
    expect(card.locator("[aria-current=step]")).to_contain_text("billing has started")
    expect(card.locator(".ppw-state")).to_have_text("running")
    expect(card.get_by_role("list")).to_contain_text("Jupyter answers")
    expect(card.locator(".ppw-steps .ppw-done").first).to_have_text(re.compile(r"queued \d+ s"))
    expect(card.locator(".ppw-figures")).to_contain_text("¥12.60/h")
    expect(card.locator(".ppw-figures")).to_contain_text("by this kernel's timer")
    expect(card).to_contain_text("The timer is the kernel's, not PPIO's")


def is_entered(card):
    """Open Jupyter, copy the command for SSH, find ports and logs."""
    with card.page.expect_popup() as opened:
        card.get_by_role("link", name="Open Jupyter").click()
    expect(opened.value.locator("p")).to_contain_text("here the instance")
    opened.value.close()
    card.get_by_role("button", name="Copy").click()
    assert card.page.evaluate("getSelection().toString()").startswith("ssh -p 22 root@")
    expect(card.get_by_role("link", name="8080/http")).to_have_attribute("target", "_blank")
    expect(card.get_by_role("link", name="Log (instance)")).to_be_visible()


def has_a_menu_for_keys(card):
    """Esc closes it, a question as well, and the focus goes back to its button; so does a press elsewhere."""
    keys = card.page.keyboard
    more = card.get_by_role("button", name="More actions")
    restart, delete = (card.get_by_role("button", name=name) for name in ("Restart …", "Delete …"))
    expect(more).to_have_attribute("aria-expanded", "false")
    more.focus()
    keys.press("Enter")
    expect(restart).to_be_visible()
    expect(more).to_have_attribute("aria-expanded", "true")
    keys.press("Tab")
    expect(restart).to_be_focused()
    keys.press("Escape")
    expect(restart).to_have_count(0)
    expect(more).to_be_focused()
    keys.press("Enter")
    expect(delete).to_be_visible()
    keys.press("Tab")
    keys.press("Tab")
    expect(delete).to_be_focused()
    keys.press("Enter")
    expect(card.get_by_role("alertdialog")).to_be_focused()
    expect(delete).to_have_count(0)
    keys.press("Escape")
    expect(more).to_be_focused()
    more.click()
    expect(delete).to_be_visible()
    card.locator(".ppw-figures").click()
    expect(delete).to_have_count(0)


def folded(form, *, is_folded):
    """See whether the form is folded below its cards."""
    fold = form.get_by_role("button", name="Launch another", exact=True)
    expect(fold).to_have_attribute("aria-expanded", "false" if is_folded else "true")
    expect(form.locator(".ppw-columns")).to_be_visible(visible=not is_folded)
    return fold


def is_stopped_and_deleted(card, practice, identity):
    """Each is asked first, and then confirmed by looking."""
    card.get_by_role("button", name="Stop …").click()
    expect(card).to_contain_text("Stopping loses the container disk and local volumes")
    expect(card.get_by_role("alertdialog")).to_be_focused()
    assert status(practice, identity) == "running"
    yes = card.get_by_role("button", name="Yes, stop it")
    let_read(yes)
    yes.press("Enter")
    expect(card).to_be_focused()
    expect(card).to_contain_text("confirmed stopped at")
    expect(card.locator(".ppw-state")).to_have_text("stopped")
    assert status(practice, identity) == "exited"
    card.get_by_role("button", name="More actions").click()
    card.get_by_role("button", name="Delete …").click()
    card.get_by_role("button", name="Yes, delete it for good").click()
    expect(card).to_contain_text("confirmed deleted at")
    assert status(practice, identity) == "removed"
    expect(card.get_by_role("button")).to_have_text(["Launch another like this"])


def test_a_launch_has_its_card_at_the_top_until_the_end_of_its_bill(notebook, practice):
    notebook.open([FORM])
    notebook.page.set_viewport_size(WIDE)
    notebook.run(0)
    form = notebook.form(0)
    expect(form.locator(".ppw-columns")).to_be_visible()
    card = launch(form)
    identity = practice.cloud.one.page(name="carded")["data"][0]["id"]
    assert top_of(card) < top_of(folded(form, is_folded=True))
    runs(card)
    until(lambda: practice.cloud.one.is_up(identity), "its Jupyter answers")
    is_entered(card)
    has_a_menu_for_keys(card)

    # The cell runs again, and the page is loaded again: the instance keeps its live card.
    notebook.run(0)
    expect(form.locator(".ppw-machine .ppw-live")).to_contain_text(f"running (id {identity})")
    folded(form, is_folded=False)
    until(lambda: identity in saved(notebook), "the notebook is saved with its card")
    notebook.load(notebook.path)
    form = notebook.form(0)
    card = form.locator(".ppw-machine")
    expect(card.locator(".ppw-live")).to_contain_text(f"running (id {identity})")
    until(notebook.lab.kernel_is_ready, "the kernel is connected again")

    # Another one like it fills the form, and launches nothing.
    fold = folded(form, is_folded=False)
    card.get_by_role("button", name="More actions").click()
    card.get_by_role("button", name="Launch another like this").click()
    expect(form.get_by_role("textbox", name="Name", exact=True)).to_have_value("carded-1")
    expect(fold).to_be_focused()
    assert len(practice.cloud.one.page(name="carded")["data"]) == 1

    is_stopped_and_deleted(card, practice, identity)


def saved(notebook):
    notebook.page.keyboard.press("Control+s")
    return notebook.path.read_text("utf-8")


def test_two_cards_the_newest_first_and_yes_never_where_the_button_stood_that_asked(notebook, practice):
    notebook.open([FORM.replace("carded", "paired")])
    page = notebook.page
    notebook.run(0)
    form = notebook.form(0)
    card = launch(form)
    card.get_by_role("button", name="More actions").click()
    card.get_by_role("button", name="Launch another like this").click()
    expect(form.get_by_role("textbox", name="Name", exact=True)).to_have_value("paired-1")
    open_sections(form, "Access")
    row = form.locator(".ppw-row").first
    row.locator(".ppw-more").click()
    menu, around = row.locator(".ppw-menu").bounding_box(), row.bounding_box()
    assert menu["y"] + menu["height"] <= around["y"] + around["height"], "the menu of a row stands in it"
    card = launch(form)
    expect(form.locator(".ppw-machine .ppw-live b")).to_have_text(["paired-1", "paired"])
    expect(form.locator(".ppw-columns")).to_be_hidden()
    expect(card.locator(".ppw-state")).to_have_text("running")
    expect(card.get_by_role("list")).to_contain_text("Jupyter answers")  # nothing moves its buttons any more
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for name, answer in (("Stop …", "Yes, stop it"), ("Delete …", "Yes, delete it for good")):
            if name == "Delete …":
                card.get_by_role("button", name="More actions").click()
            button = card.get_by_role("button", name=name)
            expect(button).to_be_visible()
            before = button.bounding_box()
            button.click()
            yes = card.get_by_role("button", name=answer)
            expect(yes).to_be_visible()
            assert not overlap(before, yes.bounding_box()), (size, name)
            card.get_by_role("button", name="Cancel").click()
            expect(yes).to_have_count(0)
    for row in practice.cloud.one.page(name="paired")["data"]:
        until(lambda one=row["id"]: status(practice, one) == "running", "nothing was answered")
        practice.cloud.one.act(row["id"], "delete")


def test_a_click_opens_what_the_launch_said_on_the_wire_without_the_key(notebook, practice):
    notebook.open([FORM.replace("carded", "wired")])
    notebook.run(0)
    card = launch(notebook.form(0))
    form = notebook.form(0)
    told = form.locator(".ppw-wire-told")
    expect(told).to_have_count(0)
    form.get_by_role("button", name="Wire", exact=True).click()
    expect(told).to_contain_text("POST /gpus/v2/instances HTTP/1.1")
    expect(told).to_contain_text("Authorization: Bearer ••••(key)")
    expect(told).to_contain_text('"name": "wired"')
    expect(told).to_contain_text(
        re.compile(r"Status 200 · .*sent after [\d.]+ ms · answer began after [\d.]+ ms")
    )
    assert "sk_practice_" not in notebook.page.content() + saved(notebook)
    form.get_by_role("button", name="Wire", exact=True).click()
    expect(told).to_have_count(0)
    expect(card).to_be_visible()
    practice.cloud.one.act(practice.cloud.one.page(name="wired")["data"][0]["id"], "delete")


STEPPED = """import os
del os.environ["PPIO_GPU_BASE_URL"]  # in the kernel's own cloud
from ppio_widgets import Slow
"""


def test_a_button_leads_an_instance_from_state_to_state(notebook):
    form = FORM.replace("carded", "stepped").replace("practice=True", "practice=Slow(step=True)")
    notebook.open([STEPPED + form])
    notebook.run(0)
    card = launch(notebook.form(0))
    state, step = card.locator(".ppw-state"), card.get_by_role("button", name="Next state")
    for told in ("queued", "being created", "pulling the image"):
        expect(state).to_have_text(told)
        step.click()
    expect(state).to_have_text("running")
    expect(step).to_have_count(0)
