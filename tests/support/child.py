"""What runs in other processes: a launch that is killed somewhere, and racers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches import reconcile
from ppio_widgets.runtime.files import STATE_VARIABLE
from tests.support.ground import BODY, PATIENCE, launch_on
from tests.support.wire import REAL_KEY

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier

PACKAGES = ("ppio_widgets", "httpx", "httpcore", "h11")


@dataclass(frozen=True)
class Point:
    """Where a process dies by itself.

    Attributes
    ----------
    kind : str
        Name of a call (``"fsync"``, ``"link"``, ``"replace"``, ``"send"``, ``"recv"``),
        ``"line"`` for a line of ours, ``"any line"`` for one of the wire's libraries too, or
        ``"nowhere"``.
    number : int
        Which of them, from 1.
    when : str
        ``"before"`` the call, ``"after"`` it or ``"within"``, with a part of the bytes sent.
    """

    kind: str
    number: int = 0
    when: str = "before"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hooked(call, point: Point):
    """Return a call that dies at the point; the first bytes that it sends may have left by then."""
    count = [0]

    def hook(*given, **options):
        count[0] += 1
        here = count[0] == point.number
        if here and point.when == "before":
            die()
        if here and point.when == "within":
            call(given[0], given[1][: max(1, len(given[1]) // 3)])
            die()
        done = call(*given, **options)
        if here:
            die()
        return done

    return hook


class LineCount:
    """Counts lines as they are run, on every thread, and dies at one."""

    def __init__(self, point: Point) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._packages = PACKAGES if point.kind == "any line" else PACKAGES[:1]
        self._last = point.number if point.kind in ("line", "any line") else 0
        self._wanted: dict[str, bool] = {}

    def start(self) -> None:
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame, event, _arg):
        name = frame.f_code.co_filename
        wanted = self._wanted.get(name)
        if wanted is None:
            wanted = any(f"/{package}/" in name for package in self._packages)
            self._wanted[name] = wanted
        return self._step if wanted else None

    def _step(self, _frame, event, _arg):
        if event == "line":
            with self._lock:
                self.count += 1
                if self.count == self._last:
                    die()
        return self._step


def _settle_in(folder: str) -> None:
    os.environ[STATE_VARIABLE] = folder
    os.environ["PPIO_WIDGETS_LANG"] = "en"
    for name in ("PPIO_API_KEY", "NOVITA_API_KEY", "PPIO_GPU_BASE_URL", "PPIO_WIDGETS_PRACTICE"):
        os.environ.pop(name, None)


def launch_and_die(url: str, folder: str, again: bool, point: Point, report: Connection) -> None:  # noqa: FBT001
    """Launch when the other side is ready; say, should it come to that, how many lines it took."""
    _settle_in(folder)
    reconcile.LOOK_PAUSES = ()
    owners = {"send": socket.socket, "recv": socket.socket, "replace": Path, "fsync": os, "link": os}
    owner = owners.get(point.kind)
    if owner is not None:
        setattr(owner, point.kind, hooked(getattr(owner, point.kind), point))
    lines = LineCount(point)
    client = PpioClient(REAL_KEY, base_url=url)
    report.send("ready")
    report.recv()
    if point.kind in ("line", "any line"):
        lines.start()
    launch = launch_on(client, BODY)
    launch.stop_following()
    launch.submit(again=again)
    launch.wait_for_outcome(PATIENCE)
    sys.settrace(None)
    report.send(lines.count)
    report.recv()  # whoever is still to kill it finds it alive


def race(folder: str, url: str, start: Barrier, orders: Connection) -> None:
    """Launch by order, at the same moment as the others or so many seconds after, until there are no more."""
    reconcile.LOOK_PAUSES = ()
    client = PpioClient(REAL_KEY, base_url=url)
    with suppress(EOFError):
        while True:
            number, launch_id, name, again, after = orders.recv()
            _settle_in(f"{folder}/{number}")
            launch = launch_on(client, {**BODY, "name": name}, launch_id=launch_id)
            launch.stop_following()
            start.wait(PATIENCE)
            threading.Event().wait(after)
            launch.submit(again=again)
            launch.wait_for_outcome(PATIENCE)
            orders.send((launch.state, launch.id, launch.error.code if launch.error else ""))
