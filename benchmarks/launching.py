"""What a launch costs beside its one request, over loopback: ledger writes, threads, the judging.

The bare request is an `httpx.Client` made with a ready TLS context, one POST on a connection of its own.
The look-up before sending is timed and taken off: it is a request of its own that a bare POST has not.
"""

from __future__ import annotations

import json
import os
import ssl
import tempfile
import time
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.bodies import body
from benchmarks.figures import Notes
from ppio_widgets import Launch, PpioClient
from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.practice.server import serving
from ppio_widgets.request.validation import check
from ppio_widgets.secrets.credentials import draw_practice_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Figure
    from ppio_widgets.cloud.instances import Listing

PER_ROUND = 10
ROWS = 5


class TimedClient(PpioClient):
    """A client that says how long the look-up before sending took."""

    looked = 0.0

    def look(self, name: str, may_be: Callable[[str], bool] | None = None) -> Listing:
        """Look, and take the time."""
        began = time.perf_counter()
        try:
            return super().look(name, may_be)
        finally:
            self.looked = time.perf_counter() - began


def measure(rounds: int) -> list[Figure]:
    """Take turns: a bare POST, the client's own call, a launch."""
    notes = Notes("launching")
    context = ssl.create_default_context()
    with tempfile.TemporaryDirectory() as folder, serving() as server:
        os.environ["PPIO_GPU_BASE_URL"] = server.url
        for number in range(-1, rounds * PER_ROUND):
            ledger = Ledger(f"{folder}/{number}")  # a ledger as it is at first: empty
            taken = notes if number >= 0 else Notes("")
            wanted = {**body(ROWS), "name": f"bench-{number}"}
            taken.take("create", "httpx.Client.post", ms=_bare(server.url, context, wanted) * 1000)
            with TimedClient(draw_practice_key("bench"), base_url=server.url) as client:
                _launch(client, ledger, wanted, taken)
    return notes.figures()


def _bare(url: str, context: ssl.SSLContext, wanted: dict[str, Any]) -> float:
    headers = {"Authorization": f"Bearer {draw_practice_key('bench')}", "Content-Type": "application/json"}
    content = json.dumps({**wanted, "name": f"{wanted['name']}-bare"})
    began = time.perf_counter()
    with httpx.Client(verify=context, trust_env=False) as http:
        http.post(f"{url}/gpus/v2/instances", content=content, headers=headers).raise_for_status()
    return time.perf_counter() - began


def _launch(client: TimedClient, ledger: Ledger, wanted: dict[str, Any], notes: Notes) -> None:
    began = time.perf_counter()
    launch = Launch(LaunchPlan(check(wanted), Target.of(client)), client, ledger=ledger)
    launch.submit()
    launch.wait_for_answer(60)
    seconds = time.perf_counter() - began
    if launch.id is None:
        raise RuntimeError(f"the practice cloud refused: {launch!r}")
    launch.stop_following()
    notes.take("create", "launch", ms=(seconds - client.looked) * 1000)
    notes.take("create", "its look-up before sending", ms=client.looked * 1000)
