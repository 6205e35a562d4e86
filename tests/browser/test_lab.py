"""The product as a person meets it: JupyterLab 4, Chromium, a practice cloud on a socket."""

from __future__ import annotations

import json
import threading

from playwright.sync_api import expect

from ppio_widgets.request.draft import DEFAULTS

from .conftest import choose, launch_of, open_sections, typed_beside, until

IMPORT = "from ppio_widgets import LaunchForm\n"
FORM = "from ppio_widgets import LaunchForm\nform = LaunchForm(practice=True)\nform"
# A form in which nothing is proposed.
EMPTY = f"{IMPORT}form = LaunchForm({DEFAULTS!r}, practice=True)\nform"


def ids(practice):
    return [row["id"] for row in practice.cloud.one.page(limit=100)["data"]]


def fill(form, **texts):
    for label, value in texts.items():
        form.get_by_role("textbox", name=label, exact=True).fill(value)


def test_a_form_by_hand(notebook, practice):
    notebook.open([FORM])
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
    expect(status).to_contain_text("running (id ")
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
    expect(card.locator(".ppw-live")).to_contain_text("(id ")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("by-line on the practice cloud: running (id ")
    assert len(ids(practice)) == len(before) + 2
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("There is no option --nam. Did you mean --name?")


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
    expect(form.locator("pre")).to_contain_text("onerror")  # the kernel has heard of it, on whichever shell
    form.get_by_role("button", name="Copy").click()
    expect(form.get_by_text("Copied.", exact=True)).to_be_visible()
    copied = json.loads(notebook.page.evaluate("navigator.clipboard.readText()"))
    assert copied["name"] == '</style><img src=x onerror="document.title=1">'
    assert notebook.page.title() != "1"


def test_what_was_copied_is_said_while_the_catalogue_arrives_and_is_copied_anew(
    notebook, practice, monkeypatch
):
    arrives, tell_balance = threading.Event(), practice.cloud.one.balance

    def late_balance():
        assert arrives.wait(120)
        return tell_balance()

    monkeypatch.setattr(practice.cloud.one, "balance", late_balance)
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.open([EMPTY])
    notebook.run(0)
    form = notebook.form(0, is_loading=True)
    fill(form, Name="copied-early")
    choose(form, "a100-80g")
    copy, told = form.get_by_role("button", name="Copy"), form.get_by_text("Copied.", exact=True)
    copy.click()
    expect(told).to_be_visible()
    arrives.set()
    expect(form.locator(".ppw-price")).to_contain_text("Balance")
    expect(told).to_be_visible()
    page.evaluate("navigator.clipboard.writeText('something else')")
    copy.click()
    until(lambda: "copied-early" in page.evaluate("navigator.clipboard.readText()"), "it is copied once more")
    expect(told).to_be_visible()
    fill(form, Name="another")
    expect(told).to_have_count(0)


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
