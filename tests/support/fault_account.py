"""An account of a cloud whose listing lags, and that keeps names as it likes them."""

from __future__ import annotations

import json
import threading
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.practice import refusal
from tests.support.wire import packed


def same(name):
    return name


class Account:
    """Makes what it is asked for; its listing shows it so many seconds later.

    Attributes
    ----------
    made : dict
        Its instances by id: as a listing has them, and when they were made.
    odd : dict
        Answers by id in place of the instance: status and JSON, or bytes.
    blind : set of str
        Keys that do not see its instances: they are another account's.
    """

    def __init__(self, clock, *, change=same, lag=0.0):
        self.clock, self.change, self.lag = clock, change, lag
        self.made = {}
        self.odd = {}
        self.blind = set()
        self.asked = []
        self.loses = False
        self.listing = None
        self._lock = threading.Lock()

    def make(self, name, *, age=0.0):
        """Make one as somebody else would."""
        with self._lock:
            return self._make(name, age)

    def posts(self):
        return self.asked.count("POST")

    def play(self, server, connection):
        request = server.read(connection)
        if request is None:
            return
        with self._lock:
            status, content = self._answer(request)
        if status:
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            date = f"Date: {formatdate(self.clock.now(), usegmt=True)}"
            connection.sendall(packed(status, text, date))

    def _make(self, name, age=0.0):
        identity = f"i-{len(self.made)}"
        created = self.clock.now() - age
        self.made[identity] = (
            {
                "id": identity,
                "name": self.change(name),
                "status": {"status": "running", "error": "", "message": ""},
                "created_at": int(created),
            },
            created,
        )
        return identity

    def _answer(self, request):
        place = urlsplit(request.target)
        blind = request.headers["authorization"].removeprefix("Bearer ") in self.blind
        identity = unquote(place.path.partition("/instances/")[2])
        self.asked.append(identity or ("POST" if request.method == "POST" else "list"))
        if request.method == "POST":
            identity = self._make(json.loads(request.content)["name"])
            return (0, None) if self.loses else (200, {"id": identity})
        if identity in self.odd:
            return self.odd[identity]
        if identity and (blind or identity not in self.made):
            return refusal("no_instance")
        if identity:
            return 200, self.made[identity][0]
        if self.listing is not None:
            return self.listing
        wanted = parse_qs(place.query).get("name", [""])[0]
        rows = [
            row
            for row, created in self.made.values()
            if not blind and created + self.lag <= self.clock.now() and wanted in row["name"]
        ]
        return 200, {"data": rows, "next_cursor": "", "has_more": False}
