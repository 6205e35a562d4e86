"""Import as a person meets it: a text that cannot be read stays, and a click ends an unknown field."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.support.bodies import MINIMAL

FORM = "from ppio_widgets import LaunchForm\nform = LaunchForm({}, practice=True)\nform"
BODY = {**MINIMAL, "odd<b>": 1, "imgae": MINIMAL["image"]}
del BODY["image"]
POWERSHELL = "PS C:\\> docker run -d `\n>> --gpus all `\n>> -p 8000:8000 `\n>> vllm/vllm-openai:latest"


def test_what_is_pasted_is_kept_until_it_is_read_and_fields_are_fixed_with_a_click(notebook):
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    form.get_by_role("button", name="Start from…").click()
    field = form.get_by_role("textbox", name="Paste")
    text = json.dumps(BODY)[:-1] + ",}"
    field.fill(text)
    expect(form.locator(".ppw-bad")).to_contain_text("is one too many: remove it")
    expect(field).to_have_value(text)
    field.fill(POWERSHELL)
    expect(form.locator(".ppw-notice")).to_contain_text("Image: vllm/vllm-openai:latest (was not set)")
    expect(form.locator(".ppw-notice .ppw-told b")).to_have_text(
        ["This would change:", "Not taken over:", "Assumed:"]
    )
    expect(field).to_have_value("")
    field.fill(json.dumps(BODY))
    expect(form.locator(".ppw-notice")).to_contain_text("Name: demo (was not set)")
    form.get_by_role("button", name="Fill the form with it").click()
    expect(form.locator(".ppw-todo")).to_contain_text("Did you mean image?")
    remove = form.get_by_role("button", name="Remove odd<b>")
    rename = form.get_by_role("button", name="Rename imgae to image")
    expect(remove).to_be_visible()
    boxes = [one.bounding_box() for one in (form.locator(".ppw-todo"), rename, remove)]
    assert min(box["height"] for box in boxes) > 0
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1, "below what blocks"
    rename.focus()
    notebook.page.keyboard.press("Enter")
    expect(form.get_by_role("textbox", name="Image", exact=True)).to_have_value(MINIMAL["image"])
    remove.click()
    expect(form.locator(".ppw-todo")).to_have_count(0)
    expect(remove).to_have_count(0)
