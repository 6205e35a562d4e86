"""How a notebook is worked in a page of JupyterLab and Notebook; another host has a sheet of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.access import THEMES, choose_theme
from tests.browser.conftest import Lab, Notebook, until

if TYPE_CHECKING:
    from ppio_widgets.practice.account import PracticeAccount

LIGHT, DARK = THEMES
# JupyterLab has begun, and has opened again what its page showed before.
IS_THERE = "() => 'jupyterapp' in window"
IS_RESTORED = "() => jupyterapp.restored.then(() => null)"


class Sheet(Notebook):
    """A notebook in a page of a host; cells are counted from 0."""

    def reopen(self) -> None:
        """Show the notebook again, after its kernel has ended."""
        self.lab.end_kernels()
        self.lab.leave(self.page)
        self.show_file(self.path)
        until(self.lab.kernel_is_ready, "the next kernel is idle and connected")

    def save(self, text: str) -> None:
        """Save as a person does, until a text is in the file."""

        def is_there():
            self.cell(0).locator(".cm-content").click()
            self.page.keyboard.press("Control+s")
            return text in self.path.read_text(encoding="utf-8")

        until(is_there, f"{text!r} is saved")

    @contextmanager
    def dark(self):
        """The host's dark theme, before anything runs."""
        choose_theme(self.page, DARK)
        try:
            yield
        finally:
            choose_theme(self.page, LIGHT)

    def account(self, practice) -> PracticeAccount:
        """What is rented from this notebook, as the cloud has it."""
        return practice.cloud.one


class NotebookServer(Lab):
    """Notebook 7: one page for each notebook."""

    PROGRAM = ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True")
    PAGE = "/notebooks/{name}?token={token}"

    def leave(self, page) -> None:
        page.goto("about:blank")
