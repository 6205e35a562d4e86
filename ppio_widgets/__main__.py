"""The command ``ppio-widgets``: the demo, the practice cloud, secrets in notebooks, the doctor."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets import __version__
from ppio_widgets.locale.words import words
from ppio_widgets.secrets.credentials import PRACTICE_KEY_VARIABLE, PRACTICE_PORT, draw_practice_key

if TYPE_CHECKING:
    from typing import TextIO

QUICKSTART = "quickstart.ipynb"
# By default JupyterLab asks, right above Launch, whether to tell its news.
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    say = words()
    parser = argparse.ArgumentParser(
        prog="ppio-widgets", description=say("command.about"), allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help=say("command.demo"), allow_abbrev=False)
    demo.add_argument("--no-browser", action="store_true", help=say("command.no_browser"))
    demo.add_argument("--port", type=int, help=say("command.port"))
    practice = commands.add_parser("practice", help=say("command.practice"), allow_abbrev=False)
    practice.add_argument("--port", type=int, default=PRACTICE_PORT, help=say("command.port"))
    checked = commands.add_parser("check-notebook", help=say("command.check"), allow_abbrev=False)
    checked.add_argument("files", nargs="+", metavar="FILE.ipynb", help=say("command.check_files"))
    doctor = commands.add_parser(
        "doctor", help=say("command.doctor"), epilog=say("command.doctor_exit"), allow_abbrev=False
    )
    doctor.add_argument("--report", metavar="FILE", help=say("command.report"))
    doctor.add_argument("--practice", action="store_true", default=None, help=say("option.practice"))
    doctor.add_argument("--base-url", metavar="URL", help=say("option.base-url"))
    doctor.add_argument("--allow-host", metavar="HOST", help=say("option.allow-host"))
    given = parser.parse_args(arguments)
    commanded = {"demo": _demo, "practice": _practice, "check-notebook": _check, "doctor": _doctor}
    return commanded[given.command](given)


def _demo(given: argparse.Namespace) -> int:
    """Open JupyterLab on the quickstart, on a practice cloud of its own even where a key is set.

    That cloud is served by this process and not by the kernels, which are handed one key: an
    instance outlives the kernel that launched it, every notebook sees it, and the addresses on its
    card open.
    """
    if find_spec("jupyterlab") is None:
        print(words()("command.no_lab"), file=sys.stderr)
        return 1
    quickstart = _quickstart()
    # As the default page it is in the address that is printed, too.
    arguments = [
        f"--ServerApp.root_dir={quickstart.parent}",
        f"--LabApp.default_url=/lab/tree/{quickstart.name}",
    ]
    arguments += ["--no-browser"] if given.no_browser else []
    arguments += ["--port", str(given.port)] if given.port else []
    # A container's only user is often root, which JupyterLab refuses unless told.
    arguments += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    from jupyterlab.labapp import LabApp  # noqa: PLC0415 - only this command needs it

    from ppio_widgets.practice.server import serving  # noqa: PLC0415
    from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE  # noqa: PLC0415 - the others need none of them

    with serving() as server, tempfile.TemporaryDirectory(prefix="ppio-widgets-demo-") as defaults:
        os.environ.update(
            {
                "JUPYTER_CONFIG_PATH": _with_defaults(Path(defaults)),
                "PPIO_WIDGETS_PRACTICE": "1",
                BASE_URL_VARIABLE: server.url,
                PRACTICE_KEY_VARIABLE: draw_practice_key("demo"),
            }
        )
        LabApp.launch_instance(arguments)
    return 0


def _with_defaults(folder: Path) -> str:
    """Write JupyterLab's defaults for the demo, and return where it looks for them; a person's own count."""
    settings = folder / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps(QUIET), encoding="utf-8")
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    return f"{folder}{os.pathsep}{before}" if before else str(folder)


def _quickstart() -> Path:
    """Return the checkout's notebook, or a fresh copy of the installed one; the lessons lie beside it."""
    package = Path(__file__).parent
    checkout = package.parent / "notebooks" / QUICKSTART
    if checkout.exists():
        return checkout
    folder = Path(tempfile.mkdtemp(prefix="ppio-widgets-demo-"))
    for notebook in sorted((package / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, folder)
    return folder / QUICKSTART


def _practice(given: argparse.Namespace) -> int:
    """Serve the practice cloud on loopback until interrupted."""
    from ppio_widgets.practice.server import PracticeServer  # noqa: PLC0415 - `demo` needs no httpx
    from ppio_widgets.runtime import threads  # noqa: PLC0415 - as the next
    from ppio_widgets.runtime.files import reason  # noqa: PLC0415 - as the next

    try:
        server = PracticeServer(given.port)
    except (OSError, OverflowError) as error:  # taken or not allowed; no such port at all
        why = reason(error)
        told = why if isinstance(why, str) else why.sentence(words())
        print(words()("command.port_taken", port=given.port, reason=told), file=sys.stderr)
        return 1
    with server:
        # No exception at whichever line the server is at: it ends between two requests.
        signal.signal(
            signal.SIGINT, lambda *_seen: threads.run(server.shutdown, name="ppio-shutdown", daemon=False)
        )
        print(words()("command.serving", url=server.url, key=draw_practice_key("me")), flush=True)
        server.serve_forever()
        print()
    return 0


def _check(given: argparse.Namespace) -> int:
    """Look for secrets in saved notebooks."""
    from ppio_widgets.secrets.notebooks import check_notebooks  # noqa: PLC0415 - the others need none of it

    return check_notebooks(given.files, partial(_tell, sys.stdout), partial(_tell, sys.stderr))


def _doctor(given: argparse.Namespace) -> int:
    """Examine all that this package relies on; the exit code is 0 only where all was found well."""
    from ppio_widgets.doctor.checkup import examine  # noqa: PLC0415 - the others need none of it
    from ppio_widgets.errors import InputError  # noqa: PLC0415 - as above

    try:
        found = examine(practice=given.practice, base_url=given.base_url, allow_host=given.allow_host)
        _tell(sys.stdout, str(found))
        if given.report:
            _tell(sys.stdout, words()("doctor.written", file=str(found.save(given.report))))
    except InputError as error:
        _tell(sys.stderr, str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return found.exit_code


def _tell(stream: TextIO, line: str) -> None:
    """Print a line; a hook's stream often has no Unicode, and a finding must be said all the same."""
    coding = stream.encoding or "utf-8"
    print(line.encode(coding, "backslashreplace").decode(coding), file=stream)


if __name__ == "__main__":
    sys.exit(main())
