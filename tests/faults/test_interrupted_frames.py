"""An Interrupt at any line of the wire leaves no frame with the key, a password or an env value."""

from __future__ import annotations

import json
import random
import sys
import threading
from pathlib import Path

import h11
import httpcore
import httpx
import pytest
from IPython.core.interactiveshell import InteractiveShell

from ppio_widgets.request import envref
from tests.bodies import MINIMAL
from tests.faults.ground import SOAK
from tests.faults.injection import PACKAGE, Injection
from tests.sweep import ENV_SECRET, KEY, hits
from tests.unit.wire import faulty, packed, wait_for_launches

SEED = 14_012
POINTS = 3_000 if SOAK else 60

WIRE = (PACKAGE / "cloud", envref.__file__, *(Path(one.__file__).parent for one in (httpx, httpcore, h11)))

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
api.LOOK_UP_SECONDS = 0.1
BODY = BODY | {"envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}
key = lambda: os.environ["SWEEP_KEY"]
client = PpioClient(key, base_url=URL)
request = check(BODY).require()
"""

CELLS = (
    "PpioClient(key, base_url=URL).account",
    "PpioClient(base_url='https://api.ppio.com').require_key()",
    "client.get_instance('i-2')",
    "client.get_detail('i-2')",
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
    "%ppio preset save latest",
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
    monkeypatch.setattr(made, "_showtraceback", lambda _kind, _error, lines: made.shown.append("\n".join(lines)))
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
    """Yield the text of every value that the frames of an exception hold, and those of what it has inside."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from (repr(one), repr(vars(one)))
        waiting += [one.__cause__, one.__context__]
        step = one.__traceback__
        while step is not None:
            if "/ppio_widgets/" in step.tb_frame.f_code.co_filename or step.tb_frame.f_code.co_filename.startswith(LIBRARIES):
                for value in step.tb_frame.f_locals.values():
                    yield repr(value)
                    yield repr(getattr(value, "__dict__", ""))
                    yield repr(getattr(value, "raw", ""))
            step = step.tb_next


LIBRARIES = tuple(str(one) for one in WIRE)


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
        chosen = dice.sample(sites, POINTS) if POINTS < len(sites) else dice.choices(sites, k=POINTS)
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
    said = "".join(capfd.readouterr())
    at = said.find(ENV_SECRET)
    assert hits(said) == [], said[max(0, at-600):at+300]
    assert shell.InteractiveTB.mode == "Verbose"
    print(len(sites), hit, file=sys.stderr)
