"""What a person pastes and types arrives as it was meant: lines, variables, addresses, numbers."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from ppio_widgets.practice import server

from .conftest import choose, launch_of, open_sections, typed_beside, until
from .test_lab import EMPTY

SCRIPT = "#!/bin/bash\nset -e\nfor n in 1 2; do\n\techo \"$n\" '中文' \\\n    >> /data/log\ndone\n"
PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ==\nabc/+123==\n-----END CERTIFICATE-----\n"
ENV = "# of the project\nEPOCHS=3\nexport NOTE='two words'\nHF_TOKEN=hf_s3cretS3cret\n"


@pytest.fixture
def sent(monkeypatch):
    """The bodies of all create calls that reach the served practice cloud."""
    bodies = []
    answer = server.answer

    def noting(cloud, request):
        if request.method == "POST":
            bodies.append(json.loads(request.content))
        return answer(cloud, request)

    monkeypatch.setattr(server, "answer", noting)
    return bodies


@pytest.fixture
def form(notebook):
    notebook.open([EMPTY])
    notebook.run(0)
    return notebook.form(0)


def paste(control, text):
    """Paste with the browser's own clipboard, as a person does."""
    page = control.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    control.click()
    page.keyboard.press("Control+V")


def text_box(form, name):
    return form.get_by_role("textbox", name=name, exact=True)


def height(control):
    return control.bounding_box()["height"]


def test_a_pasted_script_and_a_pasted_certificate_are_sent_whole(notebook, form, sent):
    choose(form, "a100-80g")
    for name, value in {"Name": "pasted", "Image": "ubuntu:24.04"}.items():
        text_box(form, name).fill(value)
    open_sections(form, "Start command")
    paste(text_box(form, "Command"), SCRIPT)
    paste(text_box(form, "Entrypoint"), "/bin/bash\n-c")
    form.get_by_role("button", name="Add variable").click()
    expect(text_box(form, "Variable 1")).to_be_focused()
    notebook.page.keyboard.type("CERTIFICATE")
    paste(text_box(form, "Value of variable 1"), PEM)
    expected = {
        "name": "pasted",
        "product_id": "a100-80g",
        "image": "ubuntu:24.04",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
        "entrypoint": "/bin/bash\n-c",
        "command": SCRIPT,
        "envs": [{"key": "CERTIFICATE", "value": PEM}],
    }
    until(lambda: notebook.body(form) == expected, "the preview shows every line")
    expect(form.locator(".ppw-make")).to_have_count(0)
    launch_of(form).click()
    confirm = form.get_by_role("button", name="Yes, launch it")
    expect(confirm).to_be_visible()
    confirm.click()
    expect(form.locator(".ppw-live")).to_contain_text("(id ")
    assert sent == [expected]


def test_lines_that_are_pasted_into_a_field_of_one_line_are_seen_and_told(notebook, form):
    """A browser joins them: ``demo`` and ``2`` would be sent as ``demo2``."""
    for button in ("Add variable", "Add port", "Add volume"):
        form.get_by_role("button", name=button).click()
    # By class: what is told beside a field becomes a part of its accessible name.
    name, image, port, mount = (
        form.locator(f".f-{one} input") for one in ("name", "image", "ports-port", "volumes-mount_point")
    )
    count = typed_beside(form, "GPUs")
    paste(name, "demo\n2")
    expect(name).to_have_value("demo↵2")
    until(lambda: notebook.body(form).get("name") == "demo\n2", "nothing of it is lost")
    expect(form).to_contain_text("A line break stands in it, and would be sent.")
    name.fill("demo")
    expect(form).not_to_contain_text("A line break stands in it")
    # One at the end is what was copied with the line; Windows has two characters for one.
    paste(image, "ubuntu\r\n:24.04\r\n")
    expect(image).to_have_value("ubuntu↵:24.04")
    form.get_by_role("button", name="Write ubuntu:24.04").click()
    expect(image).to_have_value("ubuntu:24.04")
    image.fill("")
    paste(image, "ubuntu:22.04\n")
    expect(image).to_have_value("ubuntu:22.04")
    count.fill("")
    paste(count, "1\n2")
    expect(form.locator(".ppw-todo")).to_contain_text("GPUs")
    assert (
        "gpu_num" not in notebook.body(form)["resource"] or notebook.body(form)["resource"]["gpu_num"] != 12
    )
    for control, text in ((port, "80\n80"), (mount, "/data\n/b")):
        paste(control, text)
        expect(control).to_have_value(text.replace("\n", "↵"))
    expect(form).to_contain_text("The mount point has blanks")
    paste(text_box(form, "Variable 1"), "A\nB")
    expect(form.locator(".ppw-todo")).to_contain_text("A name has no line break")


@pytest.mark.parametrize("into", ["Variable 1", "Value of variable 1"])
def test_the_text_of_an_env_file_becomes_rows_after_a_click(notebook, form, into):
    form.get_by_role("button", name="Add variable").click()
    paste(text_box(form, into), ENV)
    make = form.get_by_role("button", name="Make 3 rows")
    expect(make).to_be_visible()
    field = "key" if into == "Variable 1" else "value"

    def pasted():
        return [one.get(field) for one in notebook.body(form).get("envs", ())]

    until(lambda: pasted() == [ENV], "nothing is changed before")
    make.click()
    expect(form.locator(".l-envs .ppw-row")).to_have_count(3)
    expect(form.locator(".ppw-make")).to_have_count(0)
    expect(text_box(form, "Value of variable 2")).to_have_value("two words")
    expect(text_box(form, "Kernel variable for variable 3")).to_have_value("HF_TOKEN")
    expect(form.locator(".ppw-note")).to_contain_text("HF_TOKEN: secret by name or value")
    expect(form.get_by_role("button", name="Add variable")).to_be_focused()
    expect(form.locator("pre")).to_contain_text("•••• (from $HF_TOKEN)")
    held = "root => root.outerHTML + [...root.querySelectorAll('input, textarea')].map(e => e.value)"
    assert "s3cret" not in form.evaluate(held)


def test_an_area_looks_like_an_input_until_it_has_lines(notebook, form):
    looks_like_an_input(notebook, form)


@pytest.mark.usefixtures("own_page")
def test_so_it_does_in_a_browser_where_an_area_does_not_grow_by_itself(notebook, form):
    notebook.page.evaluate("CSS.supports = () => false")
    notebook.page.add_style_tag(content=".ppw textarea { field-sizing: fixed !important; }")
    looks_like_an_input(notebook, form)


def looks_like_an_input(notebook, form):
    page = notebook.page
    open_sections(form, "Start command")
    command, name = text_box(form, "Command"), text_box(form, "Name")
    command.click()
    page.keyboard.type("python train.py")
    assert height(command) == height(name) == 28
    page.keyboard.press("Enter")
    page.keyboard.type("echo done")
    until(lambda: 40 < height(command) < 60, "two lines are seen")
    until(lambda: notebook.body(form).get("command") == "python train.py\necho done", "Enter breaks the line")
    form.get_by_role("button", name="Add variable").click()
    expect(text_box(form, "Variable 1")).to_be_focused()
    page.keyboard.type("A")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("x")
    until(lambda: notebook.body(form).get("envs") == [{"key": "A", "value": "x"}], "a name has no line break")
    assert height(text_box(form, "Variable 1")) == height(text_box(form, "Value of variable 1")) == 28


def test_a_full_width_address_and_number_are_written_right_with_one_click(notebook, form):
    image, disk = text_box(form, "Image"), text_box(form, "System disk, GB")
    image.click()
    notebook.page.keyboard.insert_text("registry。cn／ns／app：v1")
    expect(form.locator(".ppw-todo")).to_contain_text("Write registry.cn/ns/app:v1")
    form.get_by_role("button", name="Write registry.cn/ns/app:v1").click()
    expect(image).to_have_value("registry.cn/ns/app:v1")
    expect(form.get_by_role("button", name="Write registry")).to_have_count(0)
    disk.fill("")
    notebook.page.keyboard.insert_text("６０ GB")
    until(lambda: notebook.body(form)["resource"].get("rootfs_size_gb") == 60, "the body holds the number")
    expect(disk).to_have_value("６０ GB")
    assert notebook.body(form)["image"] == "registry.cn/ns/app:v1"
