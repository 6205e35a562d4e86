"""The command ``ppio-widgets``: the demo, the practice cloud, a class, secrets in notebooks, the doctor."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets import __version__
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.secrets.credentials import PRACTICE_KEY_VARIABLE, PRACTICE_PORT, draw_practice_key

if TYPE_CHECKING:
    from typing import TextIO

    from ppio_widgets.locale.words import Words
    from ppio_widgets.practice.classroom.lesson import Lesson
    from ppio_widgets.practice.server import Place, PracticeServer

LAB = "jupyterlab>=4.2,<5"  # what the extra `lab` brings; every index has it, of this package nobody knows
FOLDER = "ppio-widgets-demo"
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
    demo.add_argument("--folder", type=Path, default=Path(FOLDER), help=say("command.folder"))
    demo.add_argument("--lang", choices=LANGUAGES, help=say("command.lang"))
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
    taught = commands.add_parser("class", help=say("command.class"), allow_abbrev=False)
    taught.add_argument("lesson", metavar="LESSON", help=say("command.lesson"))
    taught.add_argument("--check", action="store_true", help=say("command.check_lesson"))
    taught.add_argument("--roster", type=Path, metavar="FILE.csv", help=say("command.roster"))
    taught.add_argument("--file", type=Path, help=say("command.file"))
    taught.add_argument("--port", type=int, default=PRACTICE_PORT, help=say("command.port"))
    taught.add_argument("--host", default="127.0.0.1", help=say("command.host"))
    taught.add_argument("--cert", type=Path, metavar="FILE.pem", help=say("command.cert"))
    taught.add_argument("--key", type=Path, metavar="FILE.pem", help=say("command.key"))
    taught.add_argument("--url", default="", help=say("command.url"))
    given = parser.parse_args(arguments)
    commanded = {
        "demo": _demo,
        "practice": _practice,
        "class": _class,
        "check-notebook": _check,
        "doctor": _doctor,
    }
    return commanded[given.command](given)


def _demo(given: argparse.Namespace) -> int:
    """Open JupyterLab on a copy of the quickstart, on a practice cloud of its own even where a key is set.

    That cloud is served by this process and not by the kernels, which are handed one key: an
    instance outlives the kernel that launched it, every notebook sees it, and the addresses on its
    card open.
    """
    say = words(given.lang)
    if find_spec("jupyterlab") is None:
        command = f'"{sys.executable}" -m pip install "{LAB}"'
        print(say("command.no_lab", command=command), file=sys.stderr)
        return 1
    folder = Path(os.path.expanduser(given.folder)).absolute()  # noqa: PTH111 - `Path`'s raises without a home
    try:
        new, kept = _copy_notebooks(folder)
    except OSError as error:
        print(say("command.not_copied", folder=str(folder), reason=_reason(error, say)), file=sys.stderr)
        return 1
    print(say("command.copied", folder=str(folder), new=new, kept=kept))
    print(say("command.starting"), flush=True)
    # As the default page it is in the address that is printed, too.
    quickstart = f"/lab/tree/{say.language}/quickstart.ipynb"
    arguments = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url={quickstart}"]
    arguments += ["--no-browser"] if given.no_browser else []
    arguments += ["--port", str(given.port)] if given.port else []
    # A container's only user is often root, which JupyterLab refuses unless told.
    arguments += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    from ppio_widgets.practice.server import serving  # noqa: PLC0415 - only this command needs it
    from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE  # noqa: PLC0415 - the others need none of them

    with serving() as server, tempfile.TemporaryDirectory(prefix="ppio-widgets-demo-") as spare:
        os.environ.update(
            {
                **_jupyter(Path(spare), say),
                "PPIO_WIDGETS_LANG": say.language,
                "PPIO_WIDGETS_PRACTICE": "1",
                BASE_URL_VARIABLE: server.url,
                PRACTICE_KEY_VARIABLE: draw_practice_key("demo"),
            }
        )
        from jupyterlab.labapp import LabApp  # noqa: PLC0415 - by now it is told where its folders are

        LabApp.launch_instance(arguments)
    return 0


def _copy_notebooks(folder: Path) -> tuple[int, int]:
    """Copy the notebooks that the folder has not; returns how many came, and how many were there before."""
    from ppio_widgets.runtime.files import publish, written  # noqa: PLC0415 - only this command needs it

    package = Path(__file__).parent
    installed = package / "notebooks"
    source = installed if installed.is_dir() else package.parent / "notebooks"
    if not folder.exists():
        folder.mkdir(parents=True)
        # It may lie in a checkout, which does not become dirty by it.
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    notebooks = sorted(source.glob("*/*.ipynb"))
    kept = 0
    for notebook in notebooks:
        own = folder / notebook.parent.name  # of a language
        own.mkdir(exist_ok=True)
        with written(own, notebook.stem, notebook.read_text(encoding="utf-8")) as spare:
            try:
                publish(spare, own / notebook.name)
            except FileExistsError:
                kept += 1
    return len(notebooks) - kept, kept


def _jupyter(spare: Path, say: Words) -> dict[str, str]:
    """Return where Jupyter finds the demo's defaults, behind a person's own, and what it writes to."""
    from jupyter_core import paths  # noqa: PLC0415 - it comes with JupyterLab

    settings = spare / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps(QUIET), encoding="utf-8")
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    found = {
        "JUPYTER_CONFIG_PATH": f"{spare}{os.pathsep}{before}" if before else str(spare),
        # Of an environment's kernels and a home's, those that have this package.
        "JUPYTER_PREFER_ENV_PATH": "1",
        # A person's tabs stay as they are.
        "JUPYTERLAB_WORKSPACES_DIR": str(spare / "workspaces"),
    }
    homes = {
        "JUPYTER_CONFIG_DIR": Path(paths.jupyter_config_dir()),
        "JUPYTER_DATA_DIR": Path(paths.jupyter_data_dir()),
        "JUPYTER_RUNTIME_DIR": Path(paths.jupyter_runtime_dir()),
    }
    closed = next((home for home in homes.values() if not _writable(home)), None)
    if closed:
        print(say("command.forgetful", folder=str(closed)), flush=True)
        found |= {name: str(spare / name) for name in (*homes, "IPYTHONDIR")}
    return found


def _writable(folder: Path) -> bool:
    """Whether a folder can be written, or made where there is none yet."""
    there = next(one for one in (folder, *folder.parents) if os.access(one, os.F_OK))
    return os.access(there, os.W_OK | os.X_OK)


def _practice(given: argparse.Namespace) -> int:
    """Serve the practice cloud on loopback until interrupted."""
    from ppio_widgets.practice.server import PracticeServer  # noqa: PLC0415 - `demo` needs no httpx

    say = words()
    try:
        server = PracticeServer(given.port)
    except (OSError, OverflowError) as error:  # taken or not allowed; no such port at all
        print(say("command.port_taken", port=given.port, reason=_reason(error, say)), file=sys.stderr)
        return 1
    print(say("command.serving", url=server.url, key=draw_practice_key("me")), flush=True)
    _serve(server)
    return 0


def _serve(server: PracticeServer) -> None:
    """Serve until interrupted: no exception at whichever line, it ends between two requests."""
    from ppio_widgets.runtime import threads  # noqa: PLC0415 - only a server needs it

    with server:
        signal.signal(
            signal.SIGINT, lambda *_seen: threads.run(server.shutdown, name="ppio-shutdown", daemon=False)
        )
        server.serve_forever()
        print()


def _class(given: argparse.Namespace) -> int:
    """Serve a class on a lesson until interrupted, or say what is wrong with the lesson's file."""
    from ppio_widgets.errors import InputError  # noqa: PLC0415 - the others need none of it
    from ppio_widgets.practice.classroom.lesson import read_lesson, source  # noqa: PLC0415 - as above

    say = words()
    try:
        text = _text(Path(given.lesson)) if given.lesson.endswith(".toml") else source(given.lesson)
        if given.check:
            return _check_lesson(text)
        _teach(given, read_lesson(text))
    except InputError as error:
        _tell(sys.stderr, str(error))
        return 1
    except (OSError, OverflowError) as error:  # taken or not allowed; no such port at all
        _tell(sys.stderr, say("command.port_taken", port=given.port, reason=_reason(error, say)))
        return 1
    return 0


def _check_lesson(text: str) -> int:
    """Say every fault of a lesson's file."""
    from ppio_widgets.practice.classroom.lesson import examine  # noqa: PLC0415 - only a class needs it

    say = words()
    lesson, faults = examine(text)
    for fault in faults:
        _tell(sys.stderr, fault.sentence(say))
    if lesson is None:
        return 1
    _tell(sys.stdout, say("command.lesson_sound", id=lesson.id, n=len(lesson.exercises)))
    return 0


def _teach(given: argparse.Namespace, lesson: Lesson) -> None:
    """Serve a class, and go on from its file where there is one."""
    from ppio_widgets.practice.classroom.cloud import ClassCloud  # noqa: PLC0415 - only a class needs it
    from ppio_widgets.practice.classroom.record import Record  # noqa: PLC0415 - as above
    from ppio_widgets.practice.classroom.roster import Roster, read_roster  # noqa: PLC0415 - as above
    from ppio_widgets.practice.server import PracticeServer  # noqa: PLC0415 - as above

    say = words()
    place = _place(given)
    roster = Roster(read_roster(_text(given.roster)) if given.roster else None)
    with closing(Record(given.file or Path(f"{lesson.id}.class"))) as record:
        cloud = ClassCloud(lesson, roster, record=record)
        server = PracticeServer(given.port, cloud, place=place)
        key = "command.class_on" if record.parts else "command.class_file"
        page = f"{server.url}/practice/v1/teacher/page#key={cloud.teacher_key}"
        _tell(sys.stdout, say(key, file=str(record), n=len(cloud.students())))
        _tell(sys.stdout, say("command.class_students", url=server.url))
        _tell(sys.stdout, say("command.class_teacher", url=page))
        sys.stdout.flush()
        _serve(server)


def _text(path: Path) -> str:
    """Return what a file of a teacher holds; an `InputError` says why it cannot be read."""
    from ppio_widgets.runtime.files import contents, reason  # noqa: PLC0415 - only a class needs it
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415 - as above

    try:
        return contents(path, 1024 * 1024).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise input_error("class_text", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise input_error("class_file", file=str(path), reason=reason(error)) from None


def _place(given: argparse.Namespace) -> Place:
    """Return where a class is served: off this machine only with TLS, its own or a proxy's."""
    import ssl  # noqa: PLC0415 - only a class needs it

    from ppio_widgets.practice.server import Place  # noqa: PLC0415 - as above
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415 - as above

    if given.url and not _is_address(given.url):
        raise input_error("class_url", url=given.url)
    if given.host not in ("127.0.0.1", "::1", "localhost") and not (given.cert or given.url):
        raise input_error("class_open", host=given.host)
    tls = None
    if given.cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            tls.load_cert_chain(given.cert, given.key)
        except OSError as error:  # of SSL, too
            raise input_error("class_cert", file=str(given.cert), reason=type(error).__name__) from None
    return Place(given.host, tls, given.url.rstrip("/"))


def _is_address(url: str) -> bool:
    """Whether an address is one by which students reach a class."""
    from ppio_widgets.errors import HostRefused  # noqa: PLC0415 - only a class needs it
    from ppio_widgets.secrets.hosts import read_host  # noqa: PLC0415 - as above

    try:
        return read_host(url, practises=True).base_url.startswith("https://")
    except HostRefused:
        return False


def _reason(error: Exception, say: Words) -> str:
    """Return why a file or a port could not be used."""
    from ppio_widgets.runtime.files import reason  # noqa: PLC0415 - `check-notebook` needs none of it

    why = reason(error)
    return why if isinstance(why, str) else why.sentence(say)


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
