"""What all faults share: a launch with secrets in it, and what has to agree afterwards."""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from email.utils import formatdate
from urllib.parse import quote

from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import Ledger, without_env_values
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.wire import ENV_SECRET, REAL_KEY, row, says

# Seconds. A disk that is busy may keep a launch waiting; only a failure takes as long.
PATIENCE = 60

# `make soak` runs the long versions.
SOAK = os.environ.get("PPIO_WIDGETS_SOAK") == "1"

BODY = {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}]}


def launch_on(client, body=BODY, **options):
    return Launch(LaunchPlan(check(body), Target.of(client)), client, **options)


def concluded(launch, *, again=False):
    assert launch.submit(again=again)
    assert launch.wait_for_outcome(PATIENCE).wait(PATIENCE).settled
    return launch


def files_agree(launch, folder, body=BODY):
    """What lies on the disk is what the launch says, for its owner's eyes only, and holds no secret."""
    files = sorted(path for path in folder.parent.rglob("*") if path.is_file())
    written = [path.name for path in files]
    if launch.record is None:
        assert written == []
        return
    assert written == [f"{launch.launch_id}.json"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    holds_no_secret(files[0].read_text())
    (record,) = Ledger(folder).read().records
    assert record == launch.record
    assert (record.state, record.instance_id) == (launch.state, launch.id)
    assert record.body == without_env_values(body)
    assert record.account == f"…{REAL_KEY[-4:]}"


def holds_no_secret(text):
    for secret in (REAL_KEY, ENV_SECRET):
        for form in (secret, quote(secret, safe=""), b64encode(secret.encode()).decode()):
            assert form not in text


def submitted(client, *, again=False, **options):
    launch = launch_on(client, **options)
    assert launch.submit(again=again)
    launch.wait_for_outcome(PATIENCE)
    return launch


class Listings:
    """Pages of a listing by a server whose clock goes with the turned one, or differs from it."""

    def __init__(self, clock):
        self.clock = clock
        self.ahead = 0.0
        self.dated = True

    def row(self, name="demo", identity="i-1", *, age=0.0, status="running", **more):
        """An instance made so many seconds before now."""
        return {**row(name, identity, created=self.clock.time + self.ahead - age, status=status), **more}

    def page(self, *rows, more=False, cursor="", **odd):
        """A play that says one page; a row may be a function of now."""

        def play(server, connection):
            data = [one() if callable(one) else one for one in rows]
            page = {"data": data, "next_cursor": cursor, "has_more": more, **odd}
            says(200, page, *self._date())(server, connection)

        return play

    def says(self, status, content):
        def play(server, connection):
            says(status, content() if callable(content) else content, *self._date())(server, connection)

        return play

    def _date(self):
        return [f"Date: {formatdate(self.clock.time + self.ahead, usegmt=True)}"] if self.dated else []
