"""What runs a notebook or a line without a page: programs of Jupyter, as a person starts them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

from tests.support.kernel import environment

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("PPIO_WIDGETS_KERNELS", ROOT / ".venv-kernels"))
PATIENCE = 120

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"
LAUNCHED = "demo on the practice cloud: "
NOBODY = "Nobody can confirm here, so nothing was sent: add --yes to launch, or --dry-run to look."

# Notebooks are run by these; `make kernels` brings papermill.
RUNNERS = {
    "nbclient": ("-c", "from nbclient.cli import main; main()", "{notebook}", "--output", "{output}"),
    "nbconvert": ("-m", "nbconvert", "--to", "notebook", "--execute", "{notebook}", "--output", "{output}"),
    "papermill": ("-m", "papermill", "{notebook}", "{output}.ipynb"),
}


def is_there(program):
    """Whether `make kernels` has put a program into a folder of its own."""
    return (FOLDER / program / ".ready").exists()


def surroundings(folder, *programs):
    """Return an environment in which these programs are found, and nobody's settings."""
    paths = [*(str(FOLDER / one) for one in programs), str(ROOT)]
    own = {"PYTHONPATH": os.pathsep.join(paths), "HOME": str(folder), "TERM": "dumb", "NO_COLOR": "1"}
    return environment(folder) | own


def run_notebook(runner, notebook, folder):
    """Run a notebook; returns the process, and the file that it wrote or would have written."""
    output = folder / "output"
    words = [word.format(notebook=notebook, output=output) for word in RUNNERS[runner]]
    programs = [runner] if is_there(runner) else []
    process = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=PATIENCE,
        env=surroundings(folder, *programs),
    )
    return process, output.with_suffix(".ipynb")


def talk(command, env, *turns):
    """Run a command on a terminal of its own; a turn is what it shows and what is typed then."""
    ours, its = os.openpty()
    process = subprocess.Popen(
        [sys.executable, *command], stdin=its, stdout=its, stderr=its, env=env, start_new_session=True
    )
    os.close(its)
    shown, read, waiting = "", 0, list(turns)
    try:
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                got = os.read(ours, 65536)
            except OSError:  # nobody is at the other end any more
                break
            shown += got.decode("utf-8", "replace")
            while waiting and waiting[0][0] in shown[read:]:
                words, typed = waiting.pop(0)
                read = shown.index(words, read) + len(words)
                os.write(ours, f"{typed}\n".encode())
    finally:
        os.close(ours)
        process.kill()
        process.wait()
    assert waiting == [], shown
    return shown
