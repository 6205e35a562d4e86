"""Choosing a product and knowing its price, in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .conftest import launch_of, open_sections, typed_beside, until
from .test_lab import EMPTY, fill, ids


def test_from_the_list_to_a_launch_with_the_cost_in_sight(notebook, practice):
    notebook.open([EMPTY])
    notebook.run(0)
    form = notebook.form(0)
    fill(form, Name="from-the-list")
    # The first row says what the columns are.
    products = form.locator(".ppw-offers").get_by_role("radio")
    expect(products.first).to_have_accessible_name(re.compile(r"T4\s+16\sGB\s.*¥0\.88"))
    expect(form.get_by_role("radio", checked=True).and_(products)).to_have_count(0)
    form.get_by_role("textbox", name="Search products").fill("a100")
    expect(products).to_have_count(1)
    products.check()
    until(lambda: notebook.body(form).get("product_id") == "a100-80g", "the body holds it")
    expect(products).to_be_checked()
    for role, name in (("radiogroup", "Memory per GPU"), ("combobox", "In region")):
        expect(form.get_by_role(role, name=name)).to_be_visible()

    # The product sets the limits; what does not fit is an error, and stays as it was typed.
    gpus = typed_beside(form, "GPUs")
    gpus.fill("9")
    expect(form.locator(".ppw-todo")).to_contain_text("GPUs: This product takes 1 to 8 GPUs.")
    expect(gpus).to_have_value("9")
    gpus.fill("2")
    expect(form.locator(".ppw-price")).to_contain_text("¥25.20 per hour")

    # A template fills what is empty, and asks before it replaces what was typed.
    open_sections(form, "Limits")
    fill(form, **{"Minimum CUDA": "12.1"})
    form.get_by_role("radio", name="PyTorch 2.6").check()
    expect(form.get_by_text("Overwrites what is there: System disk, GB, Minimum CUDA.")).to_be_visible()
    form.get_by_role("button", name="Replace").click()
    expect(form.get_by_role("textbox", name="Image", exact=True)).to_have_value(re.compile("^pytorch/"))
    expect(form.get_by_role("textbox", name="Minimum CUDA", exact=True)).to_have_value("12.4")
    expect(form.get_by_role("radiogroup", name="GPUs").get_by_role("radio", name="2")).to_be_checked()

    before = ids(practice)
    launch_of(form).click()
    question = form.locator(".ppw-question")
    expect(question).to_contain_text("Rent 2 × A100 80 GB for ¥25.20 per hour?")
    expect(question).to_contain_text("3 hours ≈ ¥75.60")
    form.get_by_role("button", name="Yes, launch it").click()
    expect(form.locator(".ppw-live")).to_contain_text("(id ")
    (made,) = [one for one in ids(practice) if one not in before]
    row = next(row for row in practice.cloud.one.page(limit=100)["data"] if row["id"] == made)
    assert row["product_id"] == "a100-80g"
    assert row["resource_specs"] == {"rootfs_size_gb": 60, "gpu_num": 2}
