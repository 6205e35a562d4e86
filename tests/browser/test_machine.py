"""After the launch, as a person meets it: follow, open, stop, read back, delete."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.bodies import MINIMAL

from .conftest import choose, launch_of, let_read, open_sections, until
from .test_lab import FORM, fill

BODY = {**MINIMAL, "product_id": "a100-80g"}


def status(practice, identity):
    rows = practice.cloud.one.page(limit=1000)["data"]
    return next((row["status"]["status"] for row in rows if row["id"] == identity), "removed")


def test_from_the_launch_to_the_end_of_the_bill(notebook, practice):
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    choose(form, "a100-80g")
    fill(form, Name="followed", Image="ubuntu:24.04")
    open_sections(form, "Access")
    form.get_by_role("checkbox", name="Run Jupyter on the instance").check()
    form.get_by_role("radio", name="after 3 h").check()
    launch_of(form).click()
    expect(form.locator(".ppw-question")).to_contain_text("will stop it 3 h after the launch")
    form.get_by_role("button", name="Yes, launch it").click()
    card = form.locator(".ppw-machine")
    expect(card.locator("[aria-current=step]")).to_contain_text("billing has started")
    expect(card.locator("[aria-current=step]")).to_have_text("running", timeout=60_000)
    expect(card.locator(".ppw-figures")).to_contain_text("¥12.60/h")
    expect(card).to_contain_text("The timer is the kernel's, not PPIO's")

    identity = practice.cloud.one.page(name="followed")["data"][0]["id"]
    until(lambda: practice.cloud.one.is_up(identity), "its Jupyter answers")
    with notebook.page.expect_popup() as opened:
        card.get_by_role("link", name="Open Jupyter").click()
    expect(opened.value.locator("p")).to_contain_text("here the instance")
    opened.value.close()
    card.get_by_role("button", name="Copy").click()
    assert notebook.page.evaluate("getSelection().toString()").startswith("ssh -p 22 root@")

    card.get_by_role("button", name="Stop …").click()
    expect(card).to_contain_text("Stopping loses the container disk and local volumes")
    sure = card.get_by_role("button", name="Yes, stop it")
    expect(card.get_by_role("alertdialog")).to_be_focused()
    assert status(practice, identity) == "running"
    let_read(sure)
    sure.press("Enter")
    expect(card).to_contain_text("confirmed stopped at", timeout=30_000)
    assert status(practice, identity) == "exited"
    card.get_by_role("button", name="More actions").click()
    card.get_by_role("button", name="Delete …").click()
    card.get_by_role("button", name="Yes, delete it for good").click()
    expect(card).to_contain_text("confirmed deleted at", timeout=30_000)
    assert status(practice, identity) == "removed"
    expect(card.get_by_role("button")).to_have_text(["Launch another like this"])
