"""A lesson as Markdown with its outputs: the notebook is run on the practice cloud, in its own kernel.

Its exercises are done as the page answers them: a block ``python answer=CELL`` is run in place of a cell.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ppio_widgets.locale.words import Language

log = logging.getLogger(__name__)
log.setLevel(logging.WARNING)

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TITLE = re.compile(r"# .*\n")
# To another notebook: on the site that is another page.
_LINK = re.compile(r"\]\(([\w-]+)\.ipynb")
_ANSWER = re.compile(r"^```python answer=([\w-]+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_WIDGET = "application/vnd.jupyter.widget-view+json"
_RUN = {"en": "Run this lesson in the browser", "zh": "在浏览器中运行这一课"}


def offer(site: str, notebook: Path, language: Language) -> str:
    """Return the link to a lesson on the site of JupyterLite; nothing where no address of one is set."""
    address = f"{site.rstrip('/')}/lab/index.html?path={language}/{notebook.name}"
    return f"[{_RUN[language]}]({address})\n\n" if site else ""


def answers(page: str) -> dict[str, str]:
    """Return what a page answers: what is run in place of a cell of its lesson, by the id of that."""
    return dict(_ANSWER.findall(page))


def done(notebook: Path, answered: Mapping[str, str]) -> nbformat.NotebookNode:
    """Return a notebook in which what is answered takes the place of its cells."""
    book = nbformat.read(notebook, as_version=4)
    for cell in book.cells:
        cell.source = answered.get(cell.id, cell.source)
    return book


def lesson(notebook: Path, answered: Mapping[str, str]) -> str:
    """Return a notebook as Markdown, without its title, which the page has; its exercises are done."""
    book = done(notebook, answered)
    with tempfile.TemporaryDirectory() as state:
        given = {name: value for name, value in os.environ.items() if "_API_KEY" not in name}
        given |= {"PPIO_WIDGETS_STATE_DIR": state, "PPIO_WIDGETS_PRACTICE": "1", "IPYTHONDIR": state}
        quiet = ["--log-level=ERROR"]
        client = NotebookClient(book, timeout=300, kernel_name="python3", extra_arguments=quiet, log=log)
        client.execute(env=given)
    for cell, untouched in zip(book.cells, nbformat.read(notebook, as_version=4).cells, strict=True):
        cell.source = untouched.source
    text = "\n\n".join(part for cell in book.cells for part in _cell(cell))
    return _LINK.sub(r"](\1.md", _TITLE.sub("", text, count=1))


def _cell(cell: nbformat.NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
        return
    yield _fenced("python", cell.source)
    for output in cell.outputs:
        yield from _output(output)


def _output(output: nbformat.NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield _said(output.text)
    elif output.output_type == "error":
        yield _said("\n".join(output.traceback))
    elif "text/html" in output.data:
        yield _fenced("{raw} html", f'<div class="lesson-output">{output.data["text/html"]}</div>')
    elif _WIDGET not in output.data:
        yield _said(output.data["text/plain"])


def _said(text: str) -> str:
    """Return what a cell printed or answered; its lines are broken where the page ends."""
    return _fenced("{code-block} text", f":class: lesson-output\n\n{_COLOURS.sub('', text)}")


def _fenced(kind: str, text: str) -> str:
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", text)), 0)
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"
