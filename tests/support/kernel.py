"""A real kernel, run as a front end runs it."""

from __future__ import annotations

import atexit
import itertools
import os
import queue
import shutil
from functools import cache
from tempfile import mkdtemp

from jupyter_client.manager import KernelManager
from traitlets.config import Config

_NUMBERS = itertools.count()
PATIENCE = 60  # seconds
HIDDEN = ("PPIO_API_KEY", "NOVITA_API_KEY", "PPIO_WIDGETS_PRACTICE", "PPIO_GPU_BASE_URL")


def environment(folder):
    """Return the environment of a kernel that has no key, and folders of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    own = {"IPYTHONDIR": str(folder), "PPIO_WIDGETS_STATE_DIR": str(folder / "state")}
    return kept | own | {"PPIO_WIDGETS_LANG": "en"}


def channels():
    """Return how a kernel is reached: by files of its own in place of ports.

    A port that is free when it is chosen may be another process's before the kernel has it: it dies.
    """
    return Config(KernelManager={"transport": "ipc", "ip": f"{_folder()}/{next(_NUMBERS)}"})


@cache
def _folder():
    made = mkdtemp(prefix="ppio-kernels-")  # a socket's path may be about 100 letters long
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def real_kernel(**given):
    """Start a kernel and wait until it is there; returns its manager and a client."""
    manager = KernelManager(kernel_name="python3", config=channels())
    manager.start_kernel(**given)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(PATIENCE)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return manager, client


class Kernel:
    def __init__(self, client):
        self.client = client

    def run(self, code, *, cell=None, stdin=False, answer="n", metadata=None):
        """Run a cell as a front end does; returns the reply and what it published.

        `cell` is its id as JupyterLab tells it; `metadata` is what another front end tells.
        """
        message = self.ask(code, cell=cell, stdin=stdin, metadata=metadata)
        return self.answered(message, stdin=stdin, answer=answer)

    def ask(self, code, *, cell=None, stdin=False, metadata=None):
        """Have a cell run, and wait for nothing; returns the message that asks for it."""
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": stdin,
                "stop_on_error": True,
            },
        )
        message["metadata"] = metadata or ({"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        return message

    def answered(self, message, *, stdin=False, answer="n"):
        """Wait until a cell has run; returns the reply and what it published."""
        published = []
        while True:
            if stdin and self.client.stdin_channel.msg_ready():
                self.client.stdin_channel.get_msg(timeout=5)
                self.client.input(answer)
            try:
                got = self.client.get_iopub_msg(timeout=0.2 if stdin else PATIENCE)
            except queue.Empty:
                if not stdin:
                    raise
                continue
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                # An update goes by its display id alone: one of a thread may come between two cells.
                if got["msg_type"] == "update_display_data":
                    published.append(got)
                continue
            published.append(got)
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
        while True:  # asked often enough whether it is there, a kernel has more than one answer to that
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"], published

    def value(self, code):
        _, published = self.run(code)
        return next(
            one["content"]["data"]["text/plain"] for one in published if one["msg_type"] == "execute_result"
        )


def text_of(published):
    return "".join(one["content"].get("text", "") for one in published if one["msg_type"] == "stream")
