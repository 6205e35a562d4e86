"""The forms in a real kernel, as a front end meets them over ZMQ: messages, bytes on the wire, time.

Each form has a kernel of its own; they take turns. What counts is what arrives on iopub between the
request and the kernel being idle again: whole messages, headers and signatures included.
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

from benchmarks.figures import Notes
from benchmarks.peers import NAMES
from tests.support.kernel import environment

if TYPE_CHECKING:
    from benchmarks.figures import Figure

ROWS = (0, 50)
KEYS = 10
PATIENCE = 60_000

PREPARE = """\
import os
os.environ["PPIO_WIDGETS_PRACTICE"] = "1"
from ipywidgets.widgets.widget import _instances
from benchmarks.bodies import body
from benchmarks.peers import load
Form = load({name!r})
Form(body(0)).close()"""
OPEN = "form = Form(body({rows}))\nform.widget"
IDS = "form.unfold()\nprint('|'.join((form.name.comm.comm_id, form.add.comm.comm_id)))"
COUNT = "print(len(_instances))"
FRAMES_BEFORE_HEADER = 2  # the delimiter is behind the topics, then comes the signature


class Kernel:
    """A real kernel, with the socket on which it publishes read frame by frame."""

    def __init__(self, name: str, folder: Path) -> None:
        self._manager, self._client = start_new_kernel(kernel_name="python3", env=environment(folder))
        self._iopub = self._manager.connect_iopub()
        self._iopub.subscribe(b"")
        self.run(PREPARE.format(name=name))

    def close(self) -> None:
        """End it."""
        self._iopub.close()
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str) -> tuple[dict[str, float], str]:
        """Run a cell; return what it cost and what it printed."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return self._ask("execute_request", content, cell="the form")

    def send(self, comm_id: str, data: dict[str, Any]) -> dict[str, float]:
        """Send a widget's message; return what came of it and how long it took."""
        return self._ask("comm_msg", {"comm_id": comm_id, "data": data})[0]

    def _ask(self, kind: str, content: dict[str, Any], cell: str = "") -> tuple[dict[str, float], str]:
        message = self._client.session.msg(kind, content)
        message["metadata"] = {"cellId": cell} if cell else {}
        began = time.perf_counter()
        self._client.shell_channel.send(message)
        costs, said = self._until_idle(message["header"]["msg_id"])
        return {**costs, "ms": (time.perf_counter() - began) * 1000}, said

    def _until_idle(self, msg_id: str) -> tuple[dict[str, float], str]:
        """Count what the kernel publishes about a request."""
        costs = {"comm_opens": 0.0, "other_messages": 0.0, "bytes": 0.0}
        said = ""
        while self._iopub.poll(PATIENCE):
            frames = self._iopub.recv_multipart()
            header, parent, _metadata, content = frames[frames.index(b"<IDS|MSG>") + FRAMES_BEFORE_HEADER :][
                :4
            ]
            if json.loads(parent).get("msg_id") != msg_id:
                continue
            kind, what = json.loads(header)["msg_type"], json.loads(content)
            if kind.startswith("comm_"):
                costs["comm_opens" if kind == "comm_open" else "other_messages"] += 1
                costs["bytes"] += sum(len(frame) for frame in frames)
            elif kind == "stream":
                said += what["text"]
            elif kind == "error":
                raise RuntimeError("\n".join(what["traceback"]))
            elif kind == "status" and what["execution_state"] == "idle":
                return costs, said
        raise TimeoutError(f"the kernel was not idle within {PATIENCE / 1000:.0f} s")


def measure(rounds: int) -> list[Figure]:
    """Take turns with all forms: open, type, add a row, run the cell again."""
    notes = Notes("real_kernel")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kernels = {}
        for name in NAMES:
            kernels[name] = Kernel(name, folder)
            stack.callback(kernels[name].close)
        for _round in range(rounds):
            for rows in ROWS:
                for name, kernel in kernels.items():
                    _one(kernel, name, rows, notes)
    return notes.figures()


def _one(kernel: Kernel, name: str, rows: int, notes: Notes) -> None:
    start = int(kernel.run(COUNT)[1])
    notes.take(f"open, {rows} rows", name, **kernel.run(OPEN.format(rows=rows))[0])
    name_id, add_id = kernel.run(IDS)[1].strip().split("|")
    for number in range(KEYS):
        data = {"method": "update", "state": {"value": f"demo{number}"}, "buffer_paths": []}
        notes.take(f"key, {rows} rows", name, **kernel.send(name_id, data))
    click = {"method": "custom", "content": {"event": "click"}}
    notes.take(f"add a row, {rows} rows", name, **kernel.send(add_id, click))
    once = int(kernel.run(COUNT)[1])
    kernel.run(OPEN.format(rows=rows))
    again = int(kernel.run(COUNT)[1])
    what = f"run the cell again, {rows} rows"
    notes.take(what, name, models_of_one=once - start, models_then=again - start)
    # Closed from outside, so that a kernel is not slower in each round than in the one before.
    kernel.run("form.close()\nfor one in list(_instances.values()): one.close()")
