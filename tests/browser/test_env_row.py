"""Secret values by name, as a person meets them: where the switch stands, and where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import until

FORM = (
    "import os\n"
    "os.environ['HF_TOKEN'] = 'hf_' + 's3cret' * 3\n"
    "from ppio_widgets import LaunchForm\n"
    "form = LaunchForm({}, practice=True)\n"
    "form"
)
SWITCH = "Take variable 1 from the kernel's environment"


@pytest.mark.parametrize("width", [1500, 720])
def test_a_secret_is_taken_from_the_kernel_by_keyboard_alone(notebook, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1400})
    notebook.open([FORM, "form.value['envs']"])
    notebook.run(0)
    form = notebook.form(0)
    form.get_by_role("button", name="Add variable").click()
    expect(form.get_by_role("textbox", name="Variable 1", exact=True)).to_be_focused()
    page.keyboard.type("HF_TOKEN")
    switch = form.get_by_role("checkbox", name=SWITCH)
    expect(switch).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("hf_typed")
    advised = "e => getComputedStyle(e.parentNode, '::after').content"
    expect(form.locator("pre")).to_contain_text("hf_typed")
    until(lambda: "saved with the notebook" in switch.evaluate(advised), "it is told beside it")
    page.keyboard.press("Tab")
    for button in ("Remove", "More"):
        expect(form.locator(".l-envs").get_by_role("button", name=button)).to_be_focused()
        page.keyboard.press("Tab")
    expect(switch).to_be_focused()
    page.keyboard.press(" ")
    name = form.get_by_role("textbox", name="Kernel variable for variable 1", exact=True)
    expect(name).to_have_value("HF_TOKEN")
    expect(switch).to_be_checked()
    expect(switch).to_be_focused()
    expect(form.locator("pre")).to_contain_text("•••• (from $HF_TOKEN)")
    until(lambda: switch.evaluate(advised) in ("none", "normal"), "nothing is told beside it any more")
    held = "root => root.outerHTML + [...root.querySelectorAll('input')].map(e => e.value)"
    assert "hf_typed" not in form.evaluate(held)
    page.keyboard.press(" ")
    expect(form.get_by_role("textbox", name="Value of variable 1", exact=True)).to_have_value("")
    expect(switch).to_be_focused()
    page.keyboard.press(" ")
    expect(name).to_have_value("HF_TOKEN")
    name.fill("1 bad")
    wrong = "Name a variable of the kernel's environment"
    expect(form.locator(".ppw-todo")).to_contain_text(wrong)
    name.fill("HF_TOKEN")
    expect(form.locator(".ppw-todo")).not_to_contain_text(wrong)  # the kernel has heard of it
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("EnvRef('HF_TOKEN')")
    assert "s3crets3cret" not in page.content()
