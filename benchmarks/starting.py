"""What loading costs: `%load_ext ppio_widgets` in a kernel that has ipywidgets, and a bare import.

Each value comes from a fresh Python. ``-X importtime`` says which modules a bare import brings.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Notes
from tests.support.kernel import environment

if TYPE_CHECKING:
    from benchmarks.figures import Figure

HEAVY = ("httpx", "pydantic", "ipywidgets")

# An IPython shell as a kernel has one, with ipywidgets loaded, and then the extension.
LOAD = """\
import time, ipywidgets, ipykernel.ipkernel
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
began = time.perf_counter()
shell.run_line_magic("load_ext", "ppio_widgets")
print((time.perf_counter() - began) * 1000)
"""
IMPORT = """\
import time
began = time.perf_counter()
import ppio_widgets
print((time.perf_counter() - began) * 1000)
"""


def measure(rounds: int) -> list[Figure]:
    """Start one Python after the other."""
    notes = Notes("starting")
    with tempfile.TemporaryDirectory() as folder:
        for _round in range(rounds * 3):
            for what, code in (("%load_ext ppio_widgets", LOAD), ("import ppio_widgets", IMPORT)):
                notes.take(what, "ppio_widgets", ms=float(_python(Path(folder), "-c", code)[0]))
        _out, modules = _python(Path(folder), "-X", "importtime", "-c", "import ppio_widgets")
    brought = {line.rsplit("|", 1)[-1].strip().partition(".")[0] for line in modules.splitlines()}
    for name in HEAVY:
        notes.take("import ppio_widgets", f"brings {name}", modules=float(name in brought))
    return notes.figures()


def _python(folder: Path, *arguments: str) -> tuple[str, str]:
    """Return what a fresh Python wrote to its two streams."""
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, *arguments], check=True, capture_output=True, text=True, env=environment(folder)
    )
    return done.stdout.strip(), done.stderr
