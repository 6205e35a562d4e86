"""Solara serves several people in one process: each has a form, a key and instances of their own."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Lab, begun, launch_of, let_read, new_page
from tests.support.hosts import environments

APP = """import os
import solara
from ppio_widgets import InstanceBoard, LaunchForm
from ppio_widgets.secrets.credentials import ApiKey, find_key, remember_key
from ppio_widgets.secrets.hosts import read_host

os.environ.pop("PPIO_GPU_BASE_URL", None)  # the practice cloud of each session
HOST = read_host("https://api.ppio.com")


@solara.component
def Page():
    typed = solara.use_router().search
    if typed:
        remember_key(HOST, ApiKey(typed, "typed"))
    key = find_key(HOST)
    solara.Text(f"The key ends in {key.last_four}." if key else "There is no key.")
    solara.display(solara.use_memo(lambda: LaunchForm(practice=True), []))
    solara.display(solara.use_memo(lambda: InstanceBoard(practice=True), []))
"""


class Solara(Lab):
    """A server with one app, which each page gets anew."""

    PROGRAM = ("solara", "run")

    def command(self):
        (self.folder / "app.py").write_text(APP, encoding="utf-8")
        options = ("--no-open", "--production", "--host=127.0.0.1", f"--port={self.port}")
        return [*self.PROGRAM, str(self.folder / "app.py"), *options]

    def answers(self):
        return self.get("/readyz") is not None


@pytest.fixture(scope="module")
def solara(tmp_path_factory, practice):
    python = environments() / "solara" / "bin" / "python"
    with begun(Solara(tmp_path_factory.mktemp("solara"), practice.url, python=str(python))) as server:
        yield server


@pytest.fixture
def visit(solara, chromium):
    """Opens the app as somebody who was never there, with what is behind the `?` of the address."""

    @contextmanager
    def visit(query=""):
        page = new_page(chromium)
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{solara.base}/?{query}")
        form = page.locator(".ppw:has(.f-name)")
        expect(launch_of(form)).to_have_text("Launch · ¥1.48/h", timeout=PATIENCE)
        expect(form.locator(".ppw-price")).to_have_css("border-top-width", "1px")
        expect(page.locator(".ppw-board")).to_contain_text("on the practice cloud")
        yield page
        page.context.close()
        assert faults == []

    return visit


def instances(page):
    return page.locator(".ppw-board .ppw-line")


def has_only(page, key):
    """Nobody else's key, instance or text is there."""
    expect(page.get_by_text(key)).to_be_visible()
    expect(instances(page)).to_have_count(0)
    expect(page.locator(".ppw-machine")).to_have_count(0)
    expect(page.locator("pre").first).not_to_contain_text("of-the-first")


def test_each_visitor_has_a_form_a_key_and_instances_of_their_own(visit):
    with visit() as second:
        with visit("sk_of_the_first_0001") as first:
            expect(first.get_by_text("The key ends in 0001.")).to_be_visible()
            form = first.locator(".ppw:has(.f-name)")
            form.get_by_role("textbox", name="Name", exact=True).fill("of-the-first")
            expect(form.locator("pre").first).to_contain_text("of-the-first")
            launch_of(form).click()
            yes = form.get_by_role("button", name="Yes, launch it")
            let_read(yes)
            yes.click()
            live = form.locator(".ppw-machine .ppw-live")
            expect(live).to_contain_text(re.compile("of-the-first.*running", re.DOTALL), timeout=PATIENCE)
            expect(instances(first)).to_have_count(1, timeout=PATIENCE)
            with visit() as third:
                has_only(third, "There is no key.")
            has_only(second, "There is no key.")
            second.get_by_role("textbox", name="Name", exact=True).fill("of-the-second")
            expect(second.locator("pre").first).to_contain_text("of-the-second")
            expect(form.locator("pre").first).to_contain_text("of-the-first")
        with visit("sk_of_the_fourth_0004") as fourth:
            has_only(fourth, "The key ends in 0004.")
        has_only(second, "There is no key.")
