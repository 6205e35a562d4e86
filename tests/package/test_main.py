import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets.__main__ import LAB, main
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.wire import PATIENCE

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "ppio_widgets"]


@pytest.fixture
def served():
    """The command, serving on a port of its own choice."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    with subprocess.Popen(
        [*COMMAND, "practice", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.long
def test_practice_serves_until_it_is_interrupted(served):
    first = served.stdout.readline()
    url = re.search(r"http://127\.0\.0\.1:\d+", first)[0]
    address, of_key, exported = (served.stdout.readline() for _line in range(3))
    assert address.endswith(f"%env PPIO_GPU_BASE_URL={url}\n")  # one variable each
    key = re.search(r"%env PPIO_WIDGETS_PRACTICE_KEY=(sk_practice_me-[0-9a-f]{4}\.[0-9a-f]{16})$", of_key)[1]
    assert exported.endswith(f"export PPIO_GPU_BASE_URL={url} PPIO_WIDGETS_PRACTICE_KEY={key}\n")
    with PpioClient(key, base_url=url) as client, PpioClient(base_url=url) as neighbour:
        made = client.create_instance(check(MINIMAL).require())
        assert [info.id for info in client.list_instances()] == [made]
        assert list(neighbour.list_instances()) == []
    served.send_signal(signal.SIGINT)
    assert (served.wait(PATIENCE), served.stderr.read()) == (0, "")
    rest = served.stdout.read()
    assert f"curl {url}/gpus/v2/instances -H 'Authorization: Bearer {key}'" in rest


def test_a_port_that_is_taken_gives_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["practice", "--port", str(port)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert f"Port {port} cannot be used" in shown.err


@pytest.mark.parametrize("port", ["-1", "65536", "99999999999999999999"])
def test_a_port_that_cannot_be_gives_one_line(capsys, port):
    assert main(["practice", "--port", port]) == 1
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert f"Port {port} cannot be used" in shown.err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{ppio_widgets.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["explode"], ["practice", "--port", "x"], ["practice", "--po", "1"]]
)
def test_arguments_that_cannot_be_read_end_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: ppio-widgets" in capsys.readouterr().err


def test_help_speaks_the_language_of_the_reader(capsys, monkeypatch):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "练习云" in capsys.readouterr().out


def test_demo_without_jupyterlab_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr("ppio_widgets.__main__.find_spec", lambda _name: None)
    assert main(["demo"]) == 1
    assert f'"{sys.executable}" -m pip install "{LAB}"' in capsys.readouterr().err
    assert f'lab = ["{LAB}"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_doctor_ends_with_0_where_all_is_well_and_writes_its_report(capsys, tmp_path):
    file = tmp_path / "doctor.md"
    assert main(["doctor", "--practice", "--report", str(file)]) == 0
    shown = capsys.readouterr()
    assert "All was found well." in shown.out
    assert f"Report written to {file}." in shown.out
    assert "All was found well." in file.read_text(encoding="utf-8")
    assert shown.err == ""


def test_the_doctor_ends_with_1_where_something_is_to_be_done(capsys, monkeypatch):
    monkeypatch.delenv("PPIO_API_KEY", raising=False)
    assert main(["doctor", "--base-url", "https://api.ppio.com"]) == 1
    assert "ppio-widgets doctor --report doctor.md" in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_one_line(capsys, tmp_path):
    assert main(["doctor", "--practice", "--report", str(tmp_path / "no" / "x.md")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_doctor_shows_whatever_a_stream_can_carry():
    """A terminal without Unicode, in Chinese, and narrow."""
    variables = {"PYTHONIOENCODING": "ascii", "PPIO_WIDGETS_LANG": "zh", "COLUMNS": "40"}
    command = [*COMMAND, "doctor", "--practice"]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **variables}
    )
    assert answer.stderr == ""
    assert "\\u4e00" in answer.stdout


def test_the_package_itself_imports_nothing_heavy():
    heavy = {"httpx", "pydantic", "ipywidgets", "IPython", "tomllib", "tomli", "ppio_widgets.practice"}
    code = f"import sys, ppio_widgets; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


LOADS = """
import sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
before = {*sys.modules}
shell.run_line_magic("load_ext", "ppio_widgets")
print(*sorted({*sys.modules} - before))
"""


def test_loading_the_extension_imports_nothing_that_waits_for_the_first_use(tmp_path):
    variables = {**os.environ, "PPIO_WIDGETS_STATE_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)}
    command = [sys.executable, "-c", LOADS]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    loaded = {*answer.stdout.splitlines()[-1].split()}
    packages = {name.partition(".")[0] for name in loaded}
    assert not packages & {"httpx", "pydantic", "ipywidgets", "html", "tomllib", "tomli"}
    ours = {name.removeprefix("ppio_widgets.") for name in loaded if name.startswith("ppio_widgets.")}
    assert not ours & {
        "secrets.redaction",
        "secrets.patterns",
        "request.envref",
        "request.offers",
        "practice",
    }
