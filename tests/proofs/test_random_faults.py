"""Faults put together at random, each judged by what the server knows of it."""

from __future__ import annotations

import json
import random
import select
from dataclasses import dataclass
from itertools import pairwise

import pytest

from ppio_widgets.cloud import http
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.states import LaunchState
from tests.support.fault_server import close, reset, rests, served, stall
from tests.support.ground import BODY, PATIENCE, SOAK, concluded, files_agree, launch_on
from tests.support.practice import refusal
from tests.support.wire import REAL_KEY, nothing_there

pytestmark = pytest.mark.usefixtures("quick")

SEED = 20_241_124
FAULTS = 2_000 if SOAK else 150
SHARE = 50

LIMIT = 1024 * 1024

# What answers say: some name an instance, most do not.
CONTENTS = (
    *(b'{"id": "i-7f3a"}',) * 6,
    *(b' {"status": {"status": "toCreate"}, "id": "i-7f3a"}\n', b'{"id": "i-7f3a", "n": 1e999}'),
    *(b"", b"null", b"[]", b"{}", b'"i-7f3a"', b"i-7f3a", b'[{"id": "i-7f3a"}]', b'{"ID": "i-7f3a"}'),
    *(b'{"id": ""}', b'{"id": null}', b'{"id": 7}', b'{"id": ["i-7f3a"]}', b'{"data": {"id": "i-7f3a"}}'),
    *(b'{"id": "i-7f3a"', b'{"id": "i-7f3a"}}', b"{'id': 'i-7f3a'}", b'\xff\xfe{"id": 1}', b"\x00" * 40),
    *(json.dumps(refusal(code)[1]).encode() for code in ("no_right", "too_often", "no_instance")),
    b"<html><body>oops</body></html>",
    *(b'{"id": "i-7f3a", "more": "' + b"x" * LIMIT + b'"}', b"[" * 50_000),
)
STATUSES = (
    *(200,) * 15,
    *(201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308),
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 418),
    *(421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 520, 599),
)
# Written here once more, so that a slip of the wire's own list is seen.
REFUSED = {307, 308, 400, 401, 402, 403, 404, 405, 406, 411, 412, 413, 414, 415, 422, 429, 431, 451}
HEADERS = (
    b"Content-Type: application/json",
    b"Content-Type: text/html; charset=gbk",
    b"Content-Type: \xe4\xb8\xad",
    b"Date: yesterday",
    b"Retry-After: 1",
    b"Retry-After: a while",
    b"Location: http://127.0.0.1:9/",
    b"Set-Cookie: a=b; Secure",
    b"X-Long: " + b"y" * 3_000,
    b"Connection: close",
)
ENCODED = (b"Content-Encoding: gzip", b"Content-Encoding: br, identity")
BROKEN = (b"no colon", b"X: a\x00b", b"Content-Length: many", b": no name")

SUCCEEDED = (LaunchState.SUCCEEDED, "i-7f3a")
REJECTED = (LaunchState.REJECTED, None)
UNKNOWN = (LaunchState.UNKNOWN, None)
NOT_SENT = (LaunchState.NOT_SENT, None)


@dataclass(frozen=True)
class Fault:
    """One way in which a create call can go.

    Attributes
    ----------
    course : str
        ``"none"``: ended at once. ``"some"``: ended after `some` bytes of the request.
        ``"late"``: answered when the request was read. ``"early"``: half of the answer
        is said before the request is read.
    framing : str
        How the end of the answer is told: ``"length"``, ``"chunks"`` or ``"close"``.
    said : float
        Which share of the answer is said.
    pieces : tuple of float
        Where it is put into several sends.
    """

    again: bool
    course: str
    some: int
    status: int
    content: bytes
    headers: tuple[bytes, ...]
    encoded: bytes
    broken: bytes
    framing: str
    interim: bool
    share: float
    pieces: tuple[float, ...]
    end: object

    @classmethod
    def of(cls, number):
        dice = random.Random(f"{SEED}-{number}")  # noqa: S311 - the same each time, and no secret
        return cls(
            again=dice.random() < 0.5,
            course=dice.choices(("none", "some", "late", "early"), (1, 3, 12, 2))[0],
            some=dice.randint(1, 300),
            status=dice.choice(STATUSES),
            content=dice.choice(CONTENTS),
            headers=tuple(dice.sample(HEADERS, dice.randint(0, 3))),
            encoded=dice.choice(ENCODED) if dice.random() < 0.1 else b"",
            broken=dice.choice(BROKEN) if dice.random() < 0.1 else b"",
            framing=dice.choices(("length", "chunks", "close"), (3, 1, 1))[0],
            interim=dice.random() < 0.1,
            share=1.0 if dice.random() < 0.6 else dice.random(),
            pieces=tuple(sorted(dice.random() for _ in range(dice.randint(0, 3)))),
            end=dice.choices((close, reset, stall), (6, 2, 1))[0],
        )

    @property
    def bodiless(self):
        return self.status in (204, 304)

    @property
    def head(self):
        lines = [b"HTTP/1.1 %d Said" % self.status, *self.headers]
        lines += [line for line in (self.encoded, self.broken) if line]
        if self.bodiless or self.framing == "length":
            lines.append(b"Content-Length: %d" % (0 if self.bodiless else len(self.content)))
        elif self.framing == "chunks":
            lines.append(b"Transfer-Encoding: chunked")
        first = b"HTTP/1.1 100 Continue\r\n\r\n" if self.interim else b""
        return first + b"\r\n".join([*lines, b"", b""])

    @property
    def body(self):
        if self.bodiless:
            return b""
        if self.framing != "chunks":
            return self.content
        middle = len(self.content) // 2
        parts = [part for part in (self.content[:middle], self.content[middle:]) if part]
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"

    @property
    def answer(self):
        """As much of it as is said."""
        whole = self.head + self.body
        return whole[: round(len(whole) * self.share)]

    def play(self, server, connection):
        if self.course != "none":
            select.select([connection], [], [], PATIENCE)  # the first byte is there
        if self.course == "some":
            server.hear_exactly(connection, self.some)
        elif self.course == "late":
            server.read(connection)
            self._say(connection, self.answer)
        elif self.course == "early":
            middle = len(self.answer) // 2
            self._say(connection, self.answer[:middle])
            server.read(connection)
            self._say(connection, self.answer[middle:])
        self.end(server, connection)

    def _say(self, connection, text):
        places = [0, *(round(len(text) * piece) for piece in self.pieces), len(text)]
        for start, stop in pairwise(places):
            connection.sendall(text[start:stop])

    def allowed(self):
        """What may be said of it truthfully."""
        if self.course == "none":
            return {UNKNOWN, NOT_SENT}
        if self.course == "some":
            return {UNKNOWN}
        known = self._known()
        # A reset, or our own end of listening, may overtake what was said before it.
        return {known} if self.end is close else {known, UNKNOWN}

    def _known(self):
        answer, head = self.answer, self.head
        if self.broken or len(answer) < len(head):
            return UNKNOWN
        whole = len(answer) == len(head) + len(self.body)
        content = self.content
        if self.framing == "close" and not self.bodiless:
            content, whole = answer[len(head) :], True  # it ends where it ends
        if not whole and not (self.status in REFUSED and self._unread(len(answer) - len(head))):
            return UNKNOWN
        if self.status in REFUSED:
            return REJECTED
        if not 200 <= self.status < 300 or self.bodiless or self.encoded or len(content) > LIMIT:
            return UNKNOWN
        try:
            named = json.loads(content)["id"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return UNKNOWN
        return SUCCEEDED if named == "i-7f3a" else UNKNOWN

    def _unread(self, said):
        """Whether the rest of it is not waited for: what is encoded or too large is not read."""
        return bool(self.encoded) or said > LIMIT + 100


@pytest.mark.parametrize("first", range(0, FAULTS, SHARE))
def test_no_fault_is_misjudged(first, tmp_path, monkeypatch):
    for number in range(first, first + SHARE):
        fault = Fault.of(number)
        folder = tmp_path / f"{number}" / "launches"
        with (
            served(nothing_there, fault.play, rests) as server,
            PpioClient(REAL_KEY, base_url=server.url) as client,
        ):
            monkeypatch.setattr(http, "_watchdog", server.watchdog)
            launch = concluded(launch_on(client, ledger=Ledger(folder)), again=fault.again)
            assert (launch.state, launch.id) in fault.allowed(), (number, fault)
            server.finish()
            # A client that has its answer early may be gone before its request is read.
            assert server.posts in {"late": (1,), "early": (0, 1)}.get(fault.course, (0,)), number
            assert server.posts_in_part <= 1, number
            assert [json.loads(one.content) for one in server.received if one.method == "POST"] in (
                [],
                [BODY],
            )
        files_agree(launch, folder)
