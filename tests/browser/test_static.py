"""What is left of a view: unseen beside it while it lives, and there when its notebook is opened again."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

from tests.support.hostile import ACTING, TEXTS

from .conftest import PATIENCE, launch_of, until
from .test_hostile import HANDLERS

BODY = {
    "name": "left",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}
FORM = f"from ppio_widgets import LaunchForm\nform = LaunchForm({BODY!r}, practice=True)\nform"
VIEW = "application/vnd.jupyter.widget-view+json"


def saved(notebook, text):
    """Save as a person does, until a text is in the file."""
    path = notebook.path

    def is_there():
        # A focused control of a form keeps the notebook's shortcuts away, so the focus leaves it first.
        notebook.cell(1).locator(".cm-content").click()
        notebook.page.keyboard.press("Control+s")
        return text in path.read_text(encoding="utf-8")

    until(is_there, f"{text!r} is saved")
    return path


def begun(notebook):
    """A notebook that names its kernel begins it by itself; what ends all kernels later ends it, too."""
    until(
        lambda: notebook.path.name in [one["path"] for one in notebook.lab.get("/api/sessions")],
        "its kernel is begun",
    )


def copied(path, name, **metadata):
    """Another notebook with the same cells: whoever did not sign it does not trust it."""
    sheet = json.loads(path.read_text(encoding="utf-8"))
    copy = path.with_name(f"{path.stem}-{name}.ipynb")
    copy.write_text(json.dumps({**sheet, "metadata": metadata}), encoding="utf-8")
    return copy


def trust(lab, path: Path):
    notary = NotebookNotary(data_dir=str(lab.settings.parent / "data"))
    notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


# Whether the view begins and ends where the outputs do, looked at in one moment.
FILLS = """area => {
    const [one, other] = [area, area.querySelector('.jp-OutputArea-output:has(.ppw)')].map(
        node => node.getBoundingClientRect());
    return Math.abs(one.y - other.y) < 1 && Math.abs(one.height - other.height) < 1;
}"""


def is_out_of_sight(notebook):
    """The card takes no room: the view begins where the outputs begin."""
    expect(notebook.card()).to_be_attached()
    expect(notebook.card()).to_be_hidden()
    return notebook.cell(0).locator(".jp-OutputArea").first.evaluate(FILLS)


def is_useful(card, identity):
    for text in (
        f"left on the practice cloud: running (id {identity})",
        f"%ppio show {identity}",
        "As of 20",
    ):
        expect(card).to_be_visible(timeout=PATIENCE)
        expect(card).to_contain_text(text)


HOSTILE = """\
import json, re
from pathlib import Path
from IPython.display import display
from ppio_widgets.api import connect
from ppio_widgets.widgets.launch_controls import ConfirmCard
texts = json.loads(Path("static.json").read_text())[FIRST:][:11]
for text in [text.encode("utf-8", "replace").decode()[:120] for text in texts]:
    key = " ".join(text.replace("=", "").split()) or "K"
    body = {"name": text, "product_id": text, "image": re.sub("[^!-~]", "", text) or "i", "command": text,
            "billing": {"mode": "postpaid"}, "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
            "envs": [{"key": key, "value": text}]}
    card = ConfirmCard(body, connect(practice=True))
    display(card)
    card.session.disarm()
    card.close()
    display(card.launch)
"""


@pytest.fixture
def launched(notebook, practice):
    """A form that launched, saved once its card says so: the file, and the id."""
    notebook.open([FORM, "form.close()"])
    notebook.run(0)
    form = notebook.form(0)
    launch_of(form).click()
    form.get_by_role("button", name="Yes, launch it").click()
    expect(form.locator(".ppw-machine")).to_contain_text("running (id ")
    identity = practice.cloud.one.page(name="left")["data"][0]["id"]
    expect(notebook.card()).to_contain_text(f"running (id {identity})")
    yield saved(notebook, f"running (id {identity})"), identity
    practice.cloud.one.act(identity, "delete")


def test_live_it_is_not_seen_not_even_after_a_reload_and_closed_it_takes_the_place(notebook, launched):
    path, identity = launched
    assert is_out_of_sight(notebook)
    notebook.load(path)
    begun(notebook)
    form = notebook.form(0)
    expect(form.locator(".ppw-machine")).to_contain_text(f"running (id {identity})")
    assert is_out_of_sight(notebook)
    until(notebook.lab.kernel_is_ready, "the kernel is connected again")
    notebook.run(1)
    expect(notebook.cell(0).locator(".ppw")).to_have_count(0)
    is_useful(notebook.card(), identity)


def test_saved_it_is_seen_trusted_untrusted_and_without_a_kernel(notebook, lab, launched):
    path, identity = launched
    lab.end_kernels()
    dead = notebook.cell(0).get_by_text("model not found")

    notebook.show_instead(path)
    begun(notebook)
    is_useful(notebook.card(), identity)
    expect(dead).to_be_attached()
    expect(dead).to_be_hidden()

    strange = copied(path, "strange", kernelspec={"name": "python3", "display_name": "Python 3"})
    notebook.show_instead(strange)
    begun(notebook)
    is_useful(notebook.card(), identity)
    expect(notebook.output(0)).to_contain_text("The live view needs the kernel that made it.")
    expect(dead).to_have_count(0)

    for trusted in (True, False):
        alone = copied(path, f"alone-{trusted}", told=trusted)
        if trusted:
            trust(lab, alone)
        lab.end_kernels()
        notebook.show_instead(alone)
        notebook.page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
        is_useful(notebook.card(), identity)
        assert lab.get("/api/sessions") == []


def test_a_form_that_launched_nothing_says_how_to_get_it_back(notebook, lab):
    notebook.open([FORM, "pass"])
    notebook.run(0)
    notebook.form(0)
    path = saved(notebook, "nothing was launched from it")
    assert is_out_of_sight(notebook)
    lab.end_kernels()
    notebook.show_instead(path)
    begun(notebook)
    expect(notebook.card()).to_be_visible(timeout=PATIENCE)
    expect(notebook.card()).to_contain_text("%ppio_launch --form --name left --product a100-80g")
    outputs = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["outputs"]
    assert [VIEW in one["data"] for one in outputs] == [False, True]


@pytest.mark.usefixtures("own_page")
def test_hostile_text_on_it_is_only_text(notebook, lab):
    eyes = Path(__file__).with_name("eyes.js").read_text(encoding="utf-8")
    notebook.page.add_init_script(f"({eyes})({json.dumps([ACTING.pattern, HANDLERS])})")
    (lab.folder / "static.json").write_text(json.dumps(list(TEXTS.values())))
    # JupyterLab shows the first 50 outputs of a cell only.
    notebook.open([HOSTILE.replace("FIRST", str(first)) for first in (0, 11, 22)])
    for number in range(3):
        notebook.run(number)
        cards = notebook.cell(number).locator(".jp-OutputArea-output > .ppio-static")
        expect(cards).to_have_count(22, timeout=PATIENCE)
        expect(cards.last).to_contain_text("cancelled; nothing was sent")
        expect(notebook.card(number)).to_have_count(22)
    notebook.page.evaluate("__look()")
    assert notebook.page.evaluate("__seen.faults") == []
    assert notebook.page.evaluate("window.pwned") is None
