"""A process as Pyodide is: no threads, links, fsync, OpenSSL, locks or sockets; and a loop that goes on.

Run as a script it does what a person does in a notebook there, and prints a line of JSON for each: its name,
and what went wrong. Time goes by only while the loop, or a person, waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import selectors
import socket
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tests.support.lessons import LESSONS, done

EPOCH = 1_700_000_000.0


class Loop(asyncio.SelectorEventLoop):
    """A loop for which the time goes by at once: `turn` lets it, wherever that is."""

    def __init__(self) -> None:
        self.passed = 0.0
        super().__init__(_Selector(self.turn))

    def time(self) -> float:
        return self.passed

    def now(self) -> float:
        return EPOCH + self.passed

    def turn(self, seconds: float) -> None:
        self.passed += seconds


class _Selector(selectors.SelectSelector):
    def __init__(self, turn) -> None:
        super().__init__()
        self.turn = turn

    def select(self, timeout=None):
        self.turn(timeout or 0.0)
        return super().select(0)


def as_in_pyodide() -> None:
    """Take away what is not there; nothing of ours is imported yet."""

    def refuse(*_given, **_options):
        raise RuntimeError("can't start new thread")

    class NoSocket(socket.socket):
        def __init__(self, *_given, **_options) -> None:
            raise OSError("no sockets")

    sys.platform = "emscripten"
    sys.modules["fcntl"] = None  # type: ignore[assignment]
    threading.Thread.start = refuse  # type: ignore[method-assign]
    socket.socket = NoSocket  # type: ignore[misc]
    del os.link, os.fsync, os.register_at_fork, hashlib.pbkdf2_hmac


async def until(so) -> None:
    """Let the time go by until it is so."""
    for _turn in range(2000):
        if so():
            return
        await asyncio.sleep(0.25)
    raise AssertionError("not in time")


async def form_opens_launches_stops_and_deletes(_folder) -> None:
    form = LaunchForm(MINIMAL, practice=True, language="en")
    form._repr_mimebundle_()
    await until(lambda: "¥12.60 per hour" in shown(form))
    await answered(form, "Launch", "Yes, launch it")
    await until(lambda: state(form) == "running")
    await answered(form, "Stop …", "Yes, stop it")
    await until(lambda: "confirmed stopped" in shown(form))
    await answered(form, "Delete …", "Yes, delete it for good")
    await until(lambda: "confirmed deleted" in shown(form))
    assert names() == []
    form.close()


async def form_looks_a_lost_answer_up(_folder) -> None:
    form = LaunchForm(LOST, practice=True, language="en")
    form._repr_mimebundle_()
    await answered(form, "Launch", "Yes, launch it")
    await until(lambda: "a look-up found it" in shown(form))
    await until(lambda: state(form) == "running")
    assert names() == ["demo"]
    form.close()


async def call_runs_by_the_loop_alone(_folder) -> None:
    made = launch(MINIMAL, practice=True)
    assert made.source == "answer"
    await until(lambda: made.settled)
    assert made.seen.status == "running"


async def call_waits_stops_and_deletes(_folder) -> None:
    made = launch(LOST, practice=True)
    assert made.source == "listing"
    assert made.wait(60).seen.status == "running"
    assert "confirmed stopped" in made.instance.stop().outcome
    assert "confirmed deleted" in made.instance.delete().outcome
    assert names() == []


async def timer_stops_its_instance(_folder) -> None:
    made = launch(MINIMAL, practice=True).wait(60)
    timer = made.instance.stop_after("1h")
    await asyncio.sleep(3500)
    assert timer.state == "waiting"
    await until(lambda: timer.state == "done")
    assert kernel_account().get(made.id)["status"]["status"] == "exited"


async def timer_fires_while_somebody_waits(_folder) -> None:
    made = launch(MINIMAL, practice=True).wait(60)
    timer = made.instance.stop_after("90s")
    other = launch({**MINIMAL, "name": "other"}, practice=True).wait(60)
    other.instance.wait(until="exited", timeout=300)
    assert (timer.state, made.instance.known.status) == ("done", "exited")


async def cancelled_timer_never_fires(_folder) -> None:
    made = launch(MINIMAL, practice=True).wait(60)
    timer = made.instance.stop_after("60s")
    timer.cancel()
    await asyncio.sleep(600)
    assert kernel_account().get(made.id)["status"]["status"] == "running"


async def question_is_withdrawn(_folder) -> None:
    form = LaunchForm(MINIMAL, practice=True, language="en")
    form._repr_mimebundle_()
    press(find(form, "Launch"))
    assert form.session.status is LaunchState.ARMED
    await until(lambda: form.session.status is LaunchState.DRAFT)
    assert names() == []
    form.close()


async def board_lists_by_itself(_folder) -> None:
    board = InstanceBoard(practice=True, language="en")
    board._repr_mimebundle_()
    await until(lambda: "No instances" in shown(board))
    kernel_account().create(MINIMAL)
    await until(lambda: "One instance" in shown(board) and "¥12.60/h now" in shown(board))
    board.close()


async def ledger_survives_its_kernel(folder) -> None:
    plan = LaunchPlan(check(MINIMAL), Target.of(client := connect(practice=True)))
    made = Launch(plan, client, ledger=Ledger(folder))
    made.submit()
    kernel._kernels = {}  # another kernel
    (record,) = Ledger(folder).read().records
    assert (record.launch_id, record.instance_id, record.state) == (made.launch_id, made.id, "succeeded")
    assert Ledger(folder).read().unreadable == ()
    try:
        Ledger(folder).claim(record)
    except LaunchRefused:
        return
    raise AssertionError("claimed twice")


def plays(name):
    """A case in which a lesson is gone through, its exercises done."""

    async def case(_folder) -> None:
        shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        for cell in done("en", name).cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source).raise_error()
                await asyncio.sleep(1)
        cloud = kernel_cloud()
        assert [*cloud.progress(ALONE).passed] == [one.id for one in cloud.lesson.exercises]

    case.__name__ = f"lesson_{name}"
    return case


async def answered(view, question, answer) -> None:
    """Press a button, read the question, and answer it."""
    press(find(view, question))
    await asyncio.sleep(1)
    press(find(view, answer))


def state(view) -> str:
    """The state that the card shows."""
    found = re.search(r"ppw-state[^>]*>(?:<[^>]*>)*([^<]+)", shown(view))
    return found[1].strip() if found else ""


def names() -> list[str]:
    return [row["name"] for row in kernel_account().page()["data"]]


CASES = (
    form_opens_launches_stops_and_deletes,
    form_looks_a_lost_answer_up,
    call_runs_by_the_loop_alone,
    call_waits_stops_and_deletes,
    timer_stops_its_instance,
    timer_fires_while_somebody_waits,
    cancelled_timer_never_fires,
    question_is_withdrawn,
    board_lists_by_itself,
    ledger_survives_its_kernel,
    *map(plays, ("quickstart", *LESSONS)),
)

if __name__ == "__main__":
    import comm  # noqa: F401 - what the libraries are made of is there before
    import httpx  # noqa: F401
    import IPython  # noqa: F401
    import ipywidgets  # noqa: F401
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    sysconfig.get_config_vars()  # of what this Python was built for
    loop = Loop()
    as_in_pyodide()
    time.time = loop.now

    from ppio_widgets import InstanceBoard, LaunchForm, LaunchRefused, launch
    from ppio_widgets.api import connect
    from ppio_widgets.cloud.client import Target
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.ledger import Ledger
    from ppio_widgets.launches.plan import LaunchPlan
    from ppio_widgets.launches.states import LaunchState
    from ppio_widgets.practice.classroom.student import ALONE
    from ppio_widgets.practice.cloud import kernel_account, kernel_cloud
    from ppio_widgets.request.validation import check
    from ppio_widgets.runtime import clock, kernel
    from tests.support.bodies import MINIMAL
    from tests.support.practice import LOST_ANSWER
    from tests.widgets.conftest import find, press, shown

    LOST = {**MINIMAL, "image": f"{LOST_ANSWER}:1"}

    class LoopClock(clock.Clock):
        """The loop's clock; who waits lets the time go by."""

        def now(self) -> float:
            return loop.now()

        monotonic = now

        def sleep(self, seconds: float) -> None:
            loop.turn(seconds)

    for case in CASES:
        fault = ""
        kernel._kernels = {None: kernel.Kernel(LoopClock())}
        with tempfile.TemporaryDirectory() as folder:
            try:
                with redirect_stdout(StringIO()):
                    loop.run_until_complete(case(Path(folder) / "launches"))
            except Exception:  # noqa: BLE001 - the test says it
                fault = traceback.format_exc()
        sys.stdout.write(json.dumps([case.__name__, fault]) + "\n")
