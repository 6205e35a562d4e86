"""JupyterLite: the site of `make lite`, where the kernel and its practice cloud are in the page itself."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from threading import Thread

import nbformat

from tests.browser.conftest import CLOSE_ALL, OPEN
from tests.lite.conftest import Host as Files

from .sheet import IS_RESTORED, IS_THERE, Sheet

ROOT = Path(__file__).parents[3]
PATIENCE = 240_000  # milliseconds; to start Python in a browser takes ten seconds of a core that is free
IS_READY = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SAVE = """([path, content]) => jupyterapp.serviceManager.contents.save(
    path, {type: 'notebook', format: 'json', content})"""
READ = "async path => JSON.stringify((await jupyterapp.serviceManager.contents.get(path)).content)"
END_KERNELS = """async () => {
    const {sessions} = jupyterapp.serviceManager;
    await sessions.refreshRunning();
    await sessions.shutdownAll();
}"""
# Runs code beside the cells and returns what it prints.
ASK = """async code => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, store_history: false});
    let said = '';
    future.onIOPub = ({header, content}) => { if (header.msg_type === 'stream') said += content.text; };
    await future.done;
    return said;
}"""


def place() -> Path:
    """Where the site lies."""
    return ROOT / os.environ["PPIO_WIDGETS_LITE"]


class Site:
    """The site on a server that only hands out files."""

    PROGRAM = ("JupyterLite",)

    def __init__(self) -> None:
        self._files = Files(place())
        self._thread = Thread(target=self._files.serve_forever, daemon=True)
        self._thread.start()
        self.base = self._files.url

    @staticmethod
    def versions() -> dict[str, str]:
        """What the site says that it is made of."""
        page = json.loads((place() / "jupyter-lite.json").read_text(encoding="utf-8"))
        lock = next(place().glob("**/pyodide-lock.json")).read_text(encoding="utf-8")
        packages = json.loads(lock)["packages"]
        return {
            "jupyterlite": page["jupyter-config-data"]["appVersion"],
            "ipywidgets": packages["ipywidgets"]["version"],
            "ipykernel": f"pyodide-kernel {packages['pyodide-kernel']['version']}",
        }

    def answers(self) -> bool:
        return True

    def address(self, path: Path) -> str:
        return f"{self.base}/lab/index.html?path={path.name}"

    def leave(self, page) -> None:
        page.evaluate(END_KERNELS)
        page.evaluate(CLOSE_ALL)

    def end_kernels(self) -> None:
        """They end as the page leaves them."""

    def close(self) -> None:
        self._files.shutdown()
        self._thread.join()
        self._files.server_close()


class Account:
    """The account within a kernel, as tests ask one."""

    def __init__(self, sheet: LiteSheet) -> None:
        self._sheet = sheet

    def _ask(self, call: str, *arguments, **options):
        code = (
            "import json\nfrom ppio_widgets.practice.cloud import kernel_account\n"
            f"print(json.dumps(kernel_account().{call}(*{arguments!r}, **{options!r})))"
        )
        return json.loads(self._sheet.page.evaluate(ASK, code))

    def page(self, **options):
        return self._ask("page", **options)

    def create(self, body):
        return self._ask("create", body)

    def act(self, instance_id, action):
        return self._ask("act", instance_id, action)


class LiteSheet(Sheet):
    """A notebook of the site; its files lie in the browser."""

    def open(self, cells: list[str]) -> None:
        if self.page.url == "about:blank":
            self.page.goto(f"{self.lab.base}/lab/index.html", timeout=PATIENCE)
            self.page.wait_for_function(IS_THERE, timeout=PATIENCE)
            self.page.evaluate(IS_RESTORED)
            self.page.evaluate(CLOSE_ALL)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)"}
        path = Path(f"{secrets.token_hex(4)}.ipynb")
        self.page.evaluate(SAVE, [path.name, json.loads(nbformat.writes(notebook))])
        self.show_file(path)

    def show_file(self, path: Path) -> None:
        self.path = path
        self.page.evaluate(OPEN, path.name)
        self.page.wait_for_function(IS_READY, timeout=PATIENCE)

    def save(self, text: str) -> None:
        self.cell(0).locator(".cm-content").click()
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function(
            "async ([path, text, read]) => (await eval(read)(path)).includes(text)",
            arg=[self.path.name, text, READ],
        )

    def reopen(self) -> None:
        self.lab.leave(self.page)
        self.show_file(self.path)

    def account(self, _practice) -> Account:
        return Account(self)
