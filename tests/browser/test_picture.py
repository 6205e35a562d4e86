"""The pictures of README and docs, light and dark; `make picture` writes them into `docs/pictures`."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest
from nbconvert.filters.markdown import markdown2html
from playwright.sync_api import expect

from ppio_widgets.locale.words import LANGUAGES
from tests.support.webp import Frame, animated

from .access import THEMES, choose_theme
from .conftest import PATIENCE, let_read

# The practice cloud of the kernel itself, as whoever tries it out has it.
OWN = """import os
os.environ.pop("PPIO_GPU_BASE_URL")
"""
FORM = "from ppio_widgets import LaunchForm\n\nLaunchForm(practice=True)"
BOARD = "from ppio_widgets import InstanceBoard\n\nInstanceBoard(practice=True)"
SEVERAL = f"""{OWN}
from ppio_widgets import launch
body = {{
    "image": "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel",
    "billing": {{"mode": "postpaid"}},
    "resource": {{"gpu_num": 1, "rootfs_size_gb": 60}},
    "tools": {{"jupyter": {{"enabled": True, "port": 8888, "protocol": "http"}}}},
}}
rented = {{"finetune-qwen": "a100-80g", "notebook-4090": "4090.16c62g.os", "yesterday": "3090.8c30g.os"}}
made = [launch({{**body, "name": name, "product_id": id}}, practice=True) for name, id in rented.items()]
made[-1].wait(60).instance.stop()
made += [launch({{**body, "name": "vllm-server", "product_id": "a100-80g"}}, practice=True)]
"""
LAUNCH = re.compile(r"^Launch · ¥")
STOP = re.compile(r"^Stop( ?…)?$")
MOST = 1_500_000  # bytes of the one that moves
DOCS = Path(__file__).parents[2] / "docs"
# What is in brackets leads elsewhere, which paper does not.
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# Nor does it say where it is.
ITSELF = re.compile(r"^\[[^\]]*\]\([^)]*\.pdf\).*$", re.MULTILINE)
PAPER = """<meta charset=utf-8><style>
    body { font: 10.5pt/1.35 system-ui, 'Noto Sans CJK SC', sans-serif; }
    h1 { font-size: 18pt; margin: 0 0 8pt; }
    h2 { font-size: 12pt; margin: 10pt 0 4pt; break-after: avoid; }
    pre, code { font: 9pt/1.4 ui-monospace, 'Noto Sans Mono CJK SC', monospace; }
    pre, table { break-inside: avoid; margin: 4pt 0; }
    table { border-collapse: collapse; font: inherit; }
    .anchor-link { display: none; }
    td, th { border-top: 0.5pt solid #999; padding: 2pt 6pt; text-align: left; }
</style>"""
# What fades in, as a question does, is there, or is gone: of that nothing fades in any more.
SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.target.closest('.ppw'))
    .map(one => one.finished))"""
# Where a person clicks: a picture of a page has no pointer.
POINTER = """at => {
    const made = document.createElement('div');
    const dot = document.getElementById('pointer') || document.body.appendChild(made);
    dot.id = 'pointer';
    dot.hidden = !at.x;
    Object.assign(dot.style, {
        position: 'fixed', left: `${at.x - 14}px`, top: `${at.y - 14}px`, width: '28px', height: '28px',
        borderRadius: '50%', background: '#f60', opacity: 0.45, pointerEvents: 'none', zIndex: 9999,
    });
}"""


@pytest.fixture
def folder(tmp_path):
    return Path(os.environ.get("PPIO_WIDGETS_PICTURES", tmp_path))


class Film:
    """What a page shows at one moment after another."""

    def __init__(self, page):
        self.page = page
        self.frames = []
        self._devtools = page.context.new_cdp_session(page)

    def shoot(self, milliseconds):
        size = self.page.viewport_size
        shot = self._devtools.send("Page.captureScreenshot", {"format": "webp", "quality": 82})
        content = base64.b64decode(shot["data"])
        self.frames.append(Frame(content, size["width"], size["height"], milliseconds))

    def click(self, button):
        """Show where the click goes, click, and show what comes of it."""
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.page.evaluate(POINTER, at)
        self.shoot(900)
        button.click()
        self.page.evaluate(POINTER, {"x": 0, "y": 0})


@pytest.fixture
def bare(notebook):
    """A notebook; what a picture needs of its page goes with the test."""
    yield notebook
    choose_theme(notebook.page, THEMES[0])
    notebook.page.evaluate("jupyterapp.shell.expandLeft(); document.getElementById('pointer')?.remove()")


def opened(notebook, cell, width, height, *, setup=OWN):
    """The view that a cell shows, with nothing of JupyterLab beside it."""
    notebook.page.set_viewport_size({"width": width, "height": height})
    notebook.open([setup, cell])
    notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
    notebook.run(0)
    expect(notebook.cell(0)).to_contain_text("[1]:", timeout=PATIENCE)
    notebook.run(1)
    return notebook.form(1)


def launch_of(form):
    button = form.get_by_role("button", name=LAUNCH)
    expect(button).to_be_visible(timeout=PATIENCE)
    return button


def told(form, words):
    """Where the form says how the instance stands, scrolled to."""
    found = form.get_by_role("status").filter(has_text=re.compile(words)).first
    expect(found).to_be_visible(timeout=PATIENCE)
    found.scroll_into_view_if_needed()


def shoot(shown, page, target):
    """Take a picture and, for dark pages, its dark twin."""
    for theme, path in zip(THEMES, (target, target.with_stem(f"{target.stem}-dark")), strict=True):
        choose_theme(page, theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.evaluate(SETTLED)
        shown.screenshot(path=path)
        assert path.stat().st_size > 5_000
    choose_theme(page, THEMES[0])


def test_picture_of_the_form(bare, folder):
    form = opened(bare, FORM, 1280, 1700)
    launch_of(form)
    shoot(form, bare.page, folder / "form.png")


def test_picture_of_the_board(bare, folder):
    board = opened(bare, BOARD, 1200, 1000, setup=SEVERAL)
    for words in ("finetune-qwen", "running", "stopped"):
        expect(board).to_contain_text(words, timeout=PATIENCE)
    shoot(board, bare.page, folder / "board.png")


def test_pictures_of_a_launch_until_it_has_stopped(bare, folder):
    """One that moves, from the form to the stop; of it the question, and the card of what runs."""
    form = opened(bare, FORM, 1040, 860)
    film, button = Film(bare.page), launch_of(form)
    form.evaluate("e => e.scrollIntoView()")
    film.shoot(2500)
    film.click(button)
    yes = form.get_by_role("button", name="Yes, launch it")
    let_read(yes)
    film.shoot(2500)
    shoot(form.locator(".ppw-asked:visible"), bare.page, folder / "question.png")
    film.click(yes)
    told(form, "pulling|running")
    film.shoot(1500)
    told(form, "running")
    film.shoot(2500)
    shoot(bare.page, bare.page, folder / "card.png")
    film.click(form.get_by_role("button", name=STOP))
    yes = form.get_by_role("button", name="Yes, stop it")
    let_read(yes)
    film.shoot(2000)
    film.click(yes)
    told(form, r"\bstopped\b(?! …)")  # not: checked until it has stopped …
    film.shoot(3000)
    target = folder / "launch.webp"
    target.write_bytes(animated(film.frames))
    assert target.stat().st_size < MOST
    assert plays(bare.page, target) == len(film.frames)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cheat_sheet_is_one_sheet_of_paper(chromium, folder, language):
    text = (DOCS / language / "start" / "cheat-sheet.md").read_text(encoding="utf-8")
    page = chromium.new_page()
    page.set_content(PAPER + markdown2html(LINK.sub(r"\1", ITSELF.sub("", text))))
    target = folder / f"cheat-sheet.{language}.pdf"
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "14mm")
    page.pdf(path=target, format="A4", margin=margin)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", target.read_bytes())) == 1


def plays(page, target):
    """How many pictures a browser finds in the one that moves."""
    return page.evaluate(
        """async data => {
            const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
            const decoder = new ImageDecoder({data: bytes, type: 'image/webp'});
            await decoder.tracks.ready;
            const track = decoder.tracks.selectedTrack;
            for (let at = 0; at < track.frameCount; at++) await decoder.decode({frameIndex: at});
            return track.frameCount;
        }""",
        base64.b64encode(target.read_bytes()).decode(),
    )
