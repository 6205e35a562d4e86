"""A real JupyterLab, a real Chromium, and the practice cloud on a real loopback socket."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import pytest

from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.server import serving
from tests.support.chromium import find_chromium, on_ci
from tests.support.practice import RICH, OneAccount
from tests.support.wire import free_port

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECOND = ".ppio-static[class*='ppw-of-']"  # the static card that belongs to a view
PATIENCE = 60_000  # milliseconds; a wait for a condition, not a pause
VIEWPORT = {"width": 1500, "height": 1400}
# All that a form loads is there, or could not be had.
SETTLED = """form => form.matches('.ppw-card, .ppw-board')
    || !!form.querySelector('.f-product_id > .ppw-link') && !/Loading what|正在加载/.test(form.textContent)"""
# To open a notebook in JupyterLab costs a quarter of what it costs to load JupyterLab.
CLOSE_ALL = "() => [...jupyterapp.shell.widgets('main')].forEach(one => one.dispose())"
OPEN = """async path => {
    const panel = await jupyterapp.commands.execute('docmanager:open', {path});
    await panel.context.ready;
}"""


@pytest.fixture(scope="session")
def practice():
    with serving(OneAccount(PracticeAccount(balance=RICH))) as server:
        yield server


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None:
        tell = "no Chromium: see `make test`, which installs one"
        (pytest.fail if on_ci() else pytest.skip)(tell)
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - not needed without a browser

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def until(condition, what):
    """Wait for a condition of a server; one that cannot be asked yet is not met yet."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        with suppress(OSError):
            if condition():
                return
        time.sleep(0.1)
    pytest.fail(f"not within {PATIENCE / 1000:.0f} s: {what}")


class Lab:
    """A JupyterLab server in a folder of its own; where another one differs is a method or a constant."""

    PROGRAM: tuple[str, ...] = ("jupyterlab", "--LabApp.expose_app_in_browser=True")
    PAGE = "/lab/tree/{name}?reset&token={token}"

    def __init__(self, folder: Path, practice_url: str, *options: str, python: str = sys.executable) -> None:
        self.token = secrets.token_hex(8)
        self.folder = folder / "work"
        self.folder.mkdir(parents=True)
        self.settings = folder / "settings"
        self._log = (folder / "lab.log").open("wb")
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "PPIO_WIDGETS_PRACTICE": "1",
            "PPIO_WIDGETS_LANG": "en",
            "PPIO_GPU_BASE_URL": practice_url,
        }
        self._quieten()
        self._process = subprocess.Popen(
            [python, "-m", *self.command(), *options],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def command(self) -> list[str]:
        return [
            *self.PROGRAM,
            *("--no-browser", "--ip=127.0.0.1", "--allow-root"),
            *(f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"),
            # The server drops messages beyond 3 MB in 3 s: 33 forms in a cell are about as much.
            "--ZMQChannelsWebsocketConnection.limit_rate=False",
            f"--ServerApp.root_dir={self.folder}",
        ]

    def _quieten(self) -> None:
        """Have no news fetched."""
        plugins = self.settings / "@jupyterlab" / "apputils-extension"
        plugins.mkdir(parents=True)
        news = {"fetchNews": "false", "checkForUpdates": False}
        (plugins / "notification.jupyterlab-settings").write_text(json.dumps(news))

    def get(self, path: str, method: str = "GET"):
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.base + path, None, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as answer:  # noqa: S310
            content = answer.read()
        return json.loads(content) if content else None

    def answers(self) -> bool:
        return self.get("/api/status") is not None

    def address(self, path: Path) -> str:
        """Where a notebook is shown."""
        return self.base + self.PAGE.format(name=path.name, token=self.token)

    def leave(self, page) -> None:
        """Close what a page shows, so that it can show another notebook."""
        page.evaluate(CLOSE_ALL)

    def kernel_is_ready(self) -> bool:
        kernels = [session["kernel"] for session in self.get("/api/sessions")]
        return any(kernel["execution_state"] == "idle" and kernel["connections"] >= 1 for kernel in kernels)

    def end_kernels(self) -> None:
        for session in self.get("/api/sessions"):
            self.get(f"/api/sessions/{session['id']}", method="DELETE")

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        finally:
            self._log.close()


@contextmanager
def begun(server):
    """Wait until a server answers, and end it in the end."""
    try:
        until(server.answers, f"{server.PROGRAM[0]} answers")
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, practice, chromium):
    with begun(Lab(tmp_path_factory.mktemp("lab"), practice.url)) as server:
        yield server


class Notebook:
    """One notebook in one page."""

    def __init__(self, lab: Lab, page) -> None:
        self.lab = lab
        self.page = page
        self.path: Path | None = None  # its file

    def open(self, cells: list[str] | Path) -> None:
        path = self.lab.folder / f"{secrets.token_hex(4)}.ipynb"
        if isinstance(cells, Path):
            path.write_bytes(cells.read_bytes())
        else:
            sheet = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            sheet.metadata["kernelspec"] = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            nbformat.write(sheet, path)
        self.show_file(path)
        # Selectors alone are not enough: before this the first Control+Enter can be lost.
        until(self.lab.kernel_is_ready, "the kernel is idle and connected")

    def show_file(self, path: Path) -> None:
        if self.page.url == "about:blank":
            self.load(path)
        else:
            self.show_instead(path)

    def load(self, path: Path) -> None:
        """Load the whole page with a notebook."""
        self.path = path
        self.page.goto(self.lab.address(path))
        self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=PATIENCE)

    def show_instead(self, path: Path) -> None:
        """Open a notebook in the JupyterLab that is there, in the place of all that it shows."""
        self.path = path
        self.lab.leave(self.page)
        self.page.evaluate(OPEN, path.name)
        self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=PATIENCE)

    def cell(self, number: int):
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def run(self, number: int) -> None:
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run_to_its_end(self, number: int) -> None:
        """Run a cell, and wait until it has run: another shell of the kernel may take the next click."""
        from playwright.sync_api import expect  # noqa: PLC0415 - not needed without a browser

        self.run(number)
        expect(self.cell(number).locator(".jp-InputPrompt")).to_have_text(re.compile(r"^\[\d+\]:$"))

    def output(self, number: int):
        """What a cell shows; a static card beside a view is another matter, see `card`."""
        return self.cell(number).locator(f".jp-OutputArea-output:not(:empty, :has(> {SECOND}))")

    def card(self, number: int = 0):
        """The second output of a view: what is left of it without its kernel."""
        return self.cell(number).locator(f".jp-OutputArea-output > {SECOND}")

    def form(self, number: int = 0, *, is_loading: bool = False):
        """The view of a cell; a form with all that it loads, unless some of it is still to come."""
        form = self.output(number).locator(".ppw")
        form.wait_for(timeout=PATIENCE)
        if not is_loading:  # what comes moves what stands below it, also from under a pressed button
            until(lambda: form.evaluate(SETTLED), "all that the form loads")
        return form

    def body(self, form) -> dict:
        """The body that the preview shows."""
        return json.loads(form.locator("pre").inner_text())


def launch_of(form):
    """The button that asks, with the price on it where it is known; without a product it asks for one."""
    return form.get_by_role("button", name=re.compile(r"^(Launch( · .+)?|Choose a GPU)$"))


def choose(form, product_id):
    """Choose a product by its id, as somebody does who knows it."""
    search = form.get_by_role("textbox", name="Search products")
    search.fill(product_id)
    search.press("Enter")
    form.locator("pre").filter(has_text=f'"product_id": "{product_id}"').wait_for(timeout=PATIENCE)


def head_of(form, section):
    """The head of a section under More; its summary is a part of its name."""
    return form.get_by_role("button", name=re.compile(rf"^{section}(?!\S)"))


def open_sections(form, *sections):
    """Open sections under More."""
    from playwright.sync_api import expect  # noqa: PLC0415 - not needed without a browser

    for section in sections:
        head = head_of(form, section)
        head.click()
        expect(head).to_have_attribute("aria-expanded", "true")
        # What is drawn for the first time is drawn with all that follows, also under a pressed button.
        expect(head.locator("xpath=following-sibling::*[1][contains(@class, 'ppw-inside')]")).to_be_visible()


def typed_beside(form, name):
    """Where another value is typed than those that stand side by side."""
    form.get_by_role("radiogroup", name=name).get_by_role("radio").last.check()
    return form.get_by_role("textbox", name=name, exact=True)


def let_read(button):
    """Wait until a question takes an answer, as whoever answers by keyboard does; a click waits by itself."""
    from playwright.sync_api import expect  # noqa: PLC0415 - not needed without a browser

    expect(button).to_have_css("opacity", "1")


def new_page(chromium):
    context = chromium.new_context(viewport=VIEWPORT)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


@pytest.fixture(scope="session")
def kept(chromium):
    """The page, if there is one, in which one test after another opens its notebook."""
    pages = []
    yield pages
    for page in pages:
        page.context.close()


@pytest.fixture
def new_page_first():
    """Asked for by a test that needs a page in which nothing was shown before."""


@pytest.fixture
def own_page(new_page_first):
    """Asked for by a test that changes its page itself, so that no other one may have it afterwards."""


@contextmanager
def page_for(request, lab, chromium, kept):
    """The page that the tests before had, unless this one needs another; it goes when something failed."""
    failed = request.session.testsfailed
    if "new_page_first" in request.fixturenames:
        while kept:
            kept.pop().context.close()
    page = kept.pop() if kept else new_page(chromium)
    is_whole = False
    try:
        page.set_viewport_size(VIEWPORT)
        yield page
        is_whole = request.session.testsfailed == failed
    finally:
        if is_whole and "own_page" not in request.fixturenames:
            page.context.clear_permissions()
            lab.leave(page)
            kept.append(page)
        else:
            page.context.close()
        lab.end_kernels()


@pytest.fixture
def notebook(request, lab, chromium, kept):
    faults: list[str] = []

    def heard(error):
        faults.append(str(error))

    with page_for(request, lab, chromium, kept) as page:
        page.on("pageerror", heard)
        try:
            yield Notebook(lab, page)
        finally:
            page.remove_listener("pageerror", heard)
    assert [fault for fault in faults if re.search("ppw|widget", fault)] == []
