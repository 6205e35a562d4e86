"""The product as a person meets it: JupyterLab 4, Chromium, a practice cloud on a socket."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from ppio_widgets.request.draft import DEFAULTS

from .conftest import choose, launch_of, let_read, open_sections, typed_beside, until

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
IMPORT = "from ppio_widgets import LaunchForm\n"
FORM = "from ppio_widgets import LaunchForm\nform = LaunchForm(practice=True)\nform"
# A form in which nothing is proposed.
EMPTY = f"{IMPORT}form = LaunchForm({DEFAULTS!r}, practice=True)\nform"


def ids(practice):
    return [row["id"] for row in practice.cloud.one.page(limit=100)["data"]]


def tree(page, role):
    """Names of a role as a screen reader hears them."""
    devtools = page.context.new_cdp_session(page)
    nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (node.get("name", {}).get("value") or "").strip()
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in role
    ]


def fill(form, **texts):
    for label, value in texts.items():
        form.get_by_role("textbox", name=label, exact=True).fill(value)


def test_the_quickstart_by_hand(notebook, practice):
    notebook.open(QUICKSTART)
    notebook.run(0)
    form = notebook.form(0)
    expect(form.get_by_text("Practice cloud.")).to_be_visible()
    # What the template says is there already; it can be removed like any other row.
    open_sections(form, "Access", "Environment")
    for list_name, count in (("ports", 1), ("envs", 2)):
        rows = form.locator(f".l-{list_name} .ppw-row")
        expect(rows).to_have_count(count)
        for left in reversed(range(count)):
            rows.last.get_by_role("button", name="Remove").click()
            expect(rows).to_have_count(left)
    choose(form, "a100-80g")
    fill(form, Name="by-hand", Image="ubuntu:24.04")

    form.get_by_role("button", name="Add port").click()
    form.get_by_role("button", name="Add port").click()
    form.get_by_role("textbox", name="Port 1").fill("8080")
    form.get_by_role("textbox", name="Port 2").fill("9090")
    form.get_by_role("combobox", name="Protocol of port 2").select_option("tcp")
    form.get_by_role("button", name="Add variable").click()
    form.get_by_role("textbox", name="Variable 1", exact=True).fill("EPOCHS")
    form.get_by_role("textbox", name="Value of variable 1").fill('a="b" <c> 中文')
    form.get_by_role("button", name="Add volume").click()
    form.get_by_role("combobox", name="Type of volume 1").select_option("network")
    form.get_by_role("combobox", name="Storage of volume 1").fill("ns-1")
    form.get_by_role("textbox", name="Mount point of volume 1").fill("/data")
    form.get_by_role("button", name="Add region").click()
    form.get_by_role("combobox", name="Region 1").fill("cn-east-1")
    form.locator(".l-ports").get_by_role("button", name="Remove").first.click()
    expect(form.locator(".l-ports .ppw-row")).to_have_count(1)
    expected = {
        "name": "by-hand",
        "product_id": "a100-80g",
        "image": "ubuntu:24.04",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 60, "min_cuda_version": "12.4"},
        "envs": [{"key": "EPOCHS", "value": 'a="b" <c> 中文'}],
        "ports": [{"port": 9090, "protocol": "tcp"}],
        "volumes": [{"type": "network", "id": "ns-1", "mount_point": "/data"}],
        "candidate_regions": ["cn-east-1"],
    }
    until(lambda: notebook.body(form) == expected, "the preview shows the whole body")
    for list_name in ("envs", "volumes", "candidate_regions"):
        form.locator(f".l-{list_name}").get_by_role("button", name="Remove").click()
        expect(form.locator(f".l-{list_name} .ppw-row")).to_have_count(0)
        del expected[list_name]
    until(lambda: notebook.body(form) == expected, "the preview shows what is left")

    before = ids(practice)
    launch_of(form).click()
    expect(form.get_by_role("alertdialog", name="Rent 1 × A100 80 GB for ¥12.60 per hour?")).to_be_visible()
    expect(form.get_by_text("by-hand on the practice cloud: postpaid")).to_be_visible()
    assert ids(practice) == before
    form.get_by_role("button", name="Yes, launch it").dblclick()
    expect(form.get_by_role("progressbar", name="Progress of the launch")).to_be_visible()
    status = form.locator(".ppw-live")
    expect(status).to_contain_text("running (id ", timeout=30_000)
    new = [one for one in ids(practice) if one not in before]
    assert len(new) == 1, "a double click is one launch"
    expect(status).to_contain_text(new[0])


def test_the_line_with_its_confirmation(notebook, practice):
    line = "%ppio_launch --practice --name by-line --product a100-80g --image ubuntu:24.04 --port 8888/http"
    notebook.open(
        ["%load_ext ppio_widgets", line, f"x = {line} --yes --again\nx.wait(60)", "%ppio_launch --nam x"]
    )
    notebook.run(0)
    before = ids(practice)
    notebook.run(1)
    card = notebook.form(1)
    expect(notebook.output(1).locator(".ppw")).to_have_count(1)
    expect(card.locator("pre")).to_contain_text("by-line")
    expect(card).to_contain_text("¥12.60")  # with its price it is asked anew
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Yes, launch it")).to_have_count(0)
    assert ids(practice) == before
    notebook.run(1)
    card = notebook.form(1)
    card.get_by_role("button", name="Yes, launch it").click()
    expect(card.locator(".ppw-live")).to_contain_text("(id ", timeout=30_000)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("by-line on the practice cloud: running (id ", timeout=60_000)
    assert len(ids(practice)) == len(before) + 2
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("There is no option --nam. Did you mean --name?")


def test_keyboard_and_names(notebook):
    notebook.open([EMPTY, "print('other cell')"])
    notebook.run(0)
    form = notebook.form(0)
    page = notebook.page
    expect(form.locator(".ppw-offers")).to_be_visible()
    # No control without a name.
    form.get_by_role("button", name="Add port").click()
    form.get_by_role("button", name="Add volume").click()
    expect(form.get_by_role("textbox", name="Port 1")).to_be_visible()
    expect(form.get_by_role("textbox", name="Mount point of volume 1")).to_be_visible()
    form.get_by_role("button", name="Add region").click()
    expect(form.get_by_role("combobox", name="Region 1")).to_be_focused()
    inputs = tree(page, ("textbox", "combobox", "checkbox", "button", "radiogroup"))
    for name in (
        "Name",
        "Kind of product",
        "Search products",
        "Image",
        "Billing mode",
        "GPUs",
        "Port 1",
        "Protocol of port 1",
        "Launch",
    ):
        assert name in inputs, name
    unnamed = form.evaluate(
        "root => [...root.querySelectorAll('input,select,button')]"
        ".filter(e => !(e.labels?.length || e.textContent.trim())).length"
    )
    assert unnamed == 0
    # The notebook's shortcuts stay out of a focused dropdown, checkbox or button: x would cut the cell.
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    for control in (
        form.get_by_role("combobox", name="In region"),
        form.get_by_role("radio", name="On demand"),
        form.get_by_role("checkbox", name="Run Jupyter on the instance"),
        form.get_by_role("button", name="Add region"),
    ):
        control.focus()
        for key in ("x", "b", "d", "d", "a"):
            page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    # After Add the new row has the focus, after Remove the Add button.
    form.get_by_role("button", name="Add variable").focus()
    page.keyboard.press("Enter")
    expect(form.get_by_role("textbox", name="Variable 1", exact=True)).to_be_focused()
    page.keyboard.type("KEY")
    page.keyboard.press("Tab")
    page.keyboard.type("v")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("button", name="Add variable")).to_be_focused()
    # From Launch to the question, by keyboard alone.
    choose(form, "a100-80g")
    fill(form, Name="keys", Image="i")
    form.locator(".l-ports").get_by_role("button", name="Remove").click()
    expect(form.get_by_role("button", name="Add port")).to_be_focused()
    launch_of(form).focus()
    page.keyboard.press("Enter")
    question = form.get_by_role("alertdialog", name="Rent 1 × A100 80 GB for ¥12.60 per hour?")
    expect(question).to_be_focused()
    page.keyboard.press("Tab")
    cancel = question.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    let_read(cancel)
    page.keyboard.press("Enter")
    expect(launch_of(form)).to_be_focused()


def test_errors_stand_beside_their_fields_and_copy_copies(notebook):
    notebook.open([EMPTY])
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    form = notebook.form(0)
    typed_beside(form, "GPUs").fill("0")
    beside = "e => getComputedStyle(e, '::after').content"
    error = "A whole number, at least 1."
    expect(form.locator(".ppw-todo")).to_contain_text(error)
    count = form.locator(".f-resource-gpu_num")
    until(lambda: count.evaluate(beside).startswith(json.dumps(error)), "it stands beside the field as well")
    fill(form, Name='</style><img src=x onerror="document.title=1">')
    form.get_by_role("button", name="Copy").click()
    expect(form.get_by_text("Copied.")).to_be_visible()
    copied = json.loads(notebook.page.evaluate("navigator.clipboard.readText()"))
    assert copied["name"] == '</style><img src=x onerror="document.title=1">'
    assert notebook.page.title() != "1"


def test_running_the_cell_again_offers_what_was_typed(notebook):
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    fill(form, Name="precious")
    expect(form.locator("pre")).to_contain_text("precious")
    notebook.run(0)
    restore = notebook.output(0).get_by_role("button", name="Restore what was typed")
    restore.click()
    expect(notebook.output(0).locator(".ppw pre")).to_contain_text("precious")
    expect(restore).to_have_count(0)


def test_nothing_is_cut_off_in_any_width_and_theme(notebook):
    """The dark theme is chosen in the page that has shown the light one, as a person does."""
    widths = (1500, 1000, 720)
    notebook.open([f"{IMPORT}LaunchForm({BUSY!r}, practice=True)"] * len(widths))
    for number, width in enumerate(widths):
        notebook.page.set_viewport_size({"width": width, "height": 1400})
        notebook.run(number)
        form = notebook.form(number)
        launch_of(form).click()
        # What is wrong under More is seen.
        expect(form.get_by_role("textbox", name="Port 2")).to_be_visible()
    try:
        for dark in (False, True):
            choose_theme(notebook, dark=dark)
            for number, width in enumerate(widths):
                notebook.page.set_viewport_size({"width": width, "height": 1400})
                all_fits(notebook.form(number), width, dark=dark)
    finally:
        choose_theme(notebook, dark=False)


def choose_theme(notebook, *, dark):
    choose = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
    notebook.page.evaluate(choose, f"JupyterLab {'Dark' if dark else 'Light'}")
    light = "false" if dark else "true"
    notebook.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")


def all_fits(form, width, *, dark):
    """Nothing reaches out of it, its fields have the theme's colours, and the panel stands where it fits."""
    wider = form.evaluate(
        "root => [...root.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right"
        " > root.getBoundingClientRect().right + 1 && getComputedStyle(e).position !== 'absolute'"
        " && e.checkVisibility()).length"
    )
    assert wider == 0, width
    field = form.locator("input[type=text]").first
    background = field.evaluate("e => getComputedStyle(e).backgroundColor")
    channels = [int(part) for part in background.strip("rgba()").split(",")[:3]]
    assert (sum(channels) < 300) == dark, width
    side = form.locator(".ppw-panel").bounding_box()
    first = form.locator(".ppw-form").bounding_box()
    beside = first["width"] + side["width"] < width and width == 1500
    assert (side["x"] > first["x"] + 100) == beside, width


BUSY = {
    "name": "finetune-qwen",
    "product_id": "a100-80g",
    "billing": {"mode": "prepaid", "prepaid": {"months": 1}},
    "resource": {"gpu_num": 0, "rootfs_size_gb": 60, "min_cuda_version": "12.4"},
    "command": "bash -c 'python train.py --epochs 3 --learning-rate 1e-4 --output /data/runs/first'",
    "envs": [{"key": "HF_HOME", "value": "/data/hf"}, {"value": 'a=b "c" <d>'}],
    "ports": [{"port": 8080, "protocol": "http"}, {"port": 70000, "protocol": "tcp"}],
    "volumes": [
        {"type": "local", "mount_point": "/work"},
        {"type": "network", "id": "ns-12", "mount_point": "/data"},
    ],
    "candidate_regions": ["cn-east-1"],
    "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}},
}
