"""An Interrupt at any line of the wire leaves no frame with the key, a password or an env value."""

from __future__ import annotations

import json
import random
import threading
import traceback
from pathlib import Path

import h11
import httpcore
import httpx
import pytest
from IPython.core.interactiveshell import InteractiveShell

from ppio_widgets import api
from ppio_widgets.request import envref
from tests.support.bodies import MINIMAL
from tests.support.ground import SOAK
from tests.support.injection import PACKAGE, Injection
from tests.support.sweep import ENV_SECRET, KEY, hits
from tests.support.wire import faulty, packed, wait_for_launches

SEED = 14_012
POINTS = 3_000 if SOAK else 30

WIRE = (PACKAGE / "cloud", envref.__file__, *(Path(one.__file__).parent for one in (httpx, httpcore, h11)))
OURS = tuple(str(one) for one in (PACKAGE, *WIRE))

OTHER = {
    "id": "i-2",
    "name": "rented",
    "status": {"status": "running", "error": "", "message": f"bad {ENV_SECRET}"},
    "created_at": 1_700_000_000,
    "product_id": "p",
    "image": "i",
    "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}, {"key": "API", "value": KEY}],
    "tools": {"ssh": {"command": "ssh root@h", "password": ENV_SECRET}},
}

SETUP = """\
%load_ext ppio_widgets
%xmode Verbose
import os
from ppio_widgets import EnvRef, Instance, PpioClient, api, check, launch
BODY = BODY | {"envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}
key = lambda: os.environ["SWEEP_KEY"]
client = PpioClient(key, base_url=URL)
request = check(BODY).require()
"""

CELLS = (
    "PpioClient(key, base_url=URL).account",
    "PpioClient(base_url='https://api.ppio.com').require_key()",
    "client.get_instance('i-2')",
    "client.get_instance('i-2')",
    "client.get_body('i-2')",
    "list(client.list_instances())",
    "client.look('rented')",
    "client.act('i-2', 'stop')",
    "client.create_instance(request)",
    "len(client.reveal_ssh_password('i-2'))",
    "Instance('i-2', client)",
    "Instance('i-2', client).refresh().status",
    "api.priced_plan(check(BODY), client)",
    "launch(BODY, base_url=URL, api_key=key, again='unchecked').wait(0.1)",
    "%ppio login",
    "%ppio preset save mine @BODY",
    "%ppio_launch --name demo --product p --image i --env HF_TOKEN --dry-run",
)


def answers(server, connection):
    request = server.read(connection)
    if request is None:
        return
    path = request.target.partition("?")[0]
    page = {"data": [OTHER], "next_cursor": "", "has_more": False}
    found = OTHER if path.endswith("/i-2") else page if request.method == "GET" else {"id": "i-2"}
    connection.sendall(packed(200, json.dumps(found).encode()))


@pytest.fixture
def shell(monkeypatch):
    """A real shell of IPython; what it shows of errors is kept."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.shown = []
    monkeypatch.setattr(
        made, "_showtraceback", lambda _kind, _error, lines: made.shown.append("\n".join(lines))
    )
    yield made
    made.run_line_magic("unload_ext", "ppio_widgets")
    InteractiveShell.clear_instance()


@pytest.fixture
def raised(monkeypatch):
    """What was raised on threads and nobody caught."""
    found = []
    monkeypatch.setattr(threading, "excepthook", lambda hook: found.append(hook.exc_value))
    return found


def held_by(error):
    """Yield the text of every value that the frames of an exception, and of what is behind it, hold."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        yield from (shown(one), shown(vars(one)))
        for frame, _line in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                for value in frame.f_locals.values():
                    yield from (shown(value), shown(getattr(value, "__dict__", "")))


def shown(value):
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - of a thing that is half made
        return ""


def run(shell, cell, injection):
    """Run a cell with an Interrupt somewhere; returns what could be seen of it."""
    shell.shown.clear()
    with injection.on():
        result = shell.run_cell(cell)
    error = result.error_before_exec or result.error_in_exec
    wait_for_launches()
    return [*shell.shown, *(held_by(error) if error is not None else ())]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("quick")
def test_an_interrupt_shows_no_secret(shell, raised, monkeypatch, capfd):
    monkeypatch.setenv("SWEEP_KEY", KEY)
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: KEY)
    monkeypatch.setattr(api, "LOOK_UP_SECONDS", 0.1)
    with faulty(answers) as server:
        shell.user_ns |= {"BODY": MINIMAL, "URL": server.url}
        shell.run_cell(SETUP)
        assert shell.shown == []
        sites = []
        for cell in CELLS:
            counting = Injection(folders=WIRE)
            run(shell, cell, counting)
            sites += [(cell, *site) for site in counting.sites()]
        dice = random.Random(SEED)  # noqa: S311 - no secret
        chosen = dice.sample(sites, POINTS) if len(sites) > POINTS else dice.choices(sites, k=POINTS)
        found, hit = [], 0
        for cell, place, nth in chosen:
            injection = Injection(KeyboardInterrupt, place, nth, folders=WIRE)
            seen = run(shell, cell, injection)
            seen += [text for error in raised for text in held_by(error)]
            hit += bool(injection.where)
            if hits("\n".join(seen)):
                found.append(f"{cell}: {injection.where}")
            raised.clear()
        shell.run_cell("client.close()")
    assert "\n".join(found) == ""
    assert hit > POINTS / 2
    assert hits("".join(capfd.readouterr())) == []
    mode = shell.InteractiveTB.mode
    assert mode == "Verbose"
