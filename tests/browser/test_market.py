"""Choosing a product and knowing its price, in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .test_lab import FORM, fill, ids, tree


def test_from_the_list_to_a_launch_with_the_cost_in_sight(notebook, practice):
    notebook.open([FORM])
    notebook.run(0)
    form = notebook.form(0)
    fill(form, Name="from-the-list")
    form.get_by_role("button", name="Find a product").click()
    products = form.get_by_role("listbox", name="Products")
    # The front end keeps blanks together.
    expect(products.locator("option").first).to_have_text(re.compile(r"T4\s16\sGB\s.*¥0\.88/h"))
    form.get_by_role("textbox", name="Search products").fill("a100")
    expect(products.locator("option")).to_have_count(1)
    products.select_option(index=0)
    expect(form.get_by_role("textbox", name="Product", exact=True)).to_have_value("a100-80g")
    assert {"Products", "Search products", "Memory per GPU"} <= set(
        tree(notebook.page, {"listbox", "textbox", "combobox"})
    )
    form.get_by_role("button", name="Close the list").click()

    # The product sets the limits; what does not fit is an error, and stays as it was typed.
    gpus = form.get_by_role("textbox", name="GPUs")
    gpus.fill("9")
    expect(form.locator(".ppw-todo").first).to_contain_text("GPUs")
    gpus.fill("2")
    expect(form.locator(".ppw-costs")).to_contain_text("× 2 GPUs = ¥25.20 per hour")

    form.get_by_role("button", name="Use a template").click()
    form.get_by_role("combobox", name="Template").select_option(label="PyTorch 2.6 (tpl-pytorch-2.6)")
    expect(form.get_by_text("Overwrites what is there: System disk, GB.")).to_be_visible()
    form.get_by_role("button", name="Apply it").click()
    expect(form.get_by_role("textbox", name="Image", exact=True)).to_have_value(re.compile("^pytorch/"))
    expect(gpus).to_have_value("2")

    before = ids(practice)
    form.get_by_role("button", name="Launch", exact=True).click()
    question = form.locator(".ppw-question")
    expect(question).to_contain_text("¥25.20 per hour")
    expect(question).to_contain_text("3 hours ≈ ¥75.60")
    form.get_by_role("button", name="Yes, launch it").click()
    expect(form.locator(".ppw-live")).to_contain_text("(id ", timeout=30_000)
    (made,) = [one for one in ids(practice) if one not in before]
    row = next(row for row in practice.cloud.one.page(limit=100)["data"] if row["id"] == made)
    assert row["product_id"] == "a100-80g"
    assert row["resource_specs"] == {"rootfs_size_gb": 60, "gpu_num": 2}
