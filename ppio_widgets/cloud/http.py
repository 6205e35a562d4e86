"""One HTTP request and all that can be learnt of it, as plain values.

No exception leaves here: those of the wire hold the request, and the request holds
the key. Whether a request has left is told by httpx's trace extension and not by
the kind of exception: most kinds occur both ways.
"""

from __future__ import annotations

import contextvars
import json
import logging
import math
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PpioError, frames_of, log_fault, log_line
from ppio_widgets.runtime import clock, forks, threads
from ppio_widgets.secrets.redaction import Hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from ppio_widgets.cloud.proxies import Why
    from ppio_widgets.secrets.redaction import Redactor

    Note = Callable[["WireEntry"], None]

# Steps of the wire during which nothing of a request leaves; as any other begins it may have left.
_HARMLESS = frozenset(
    (
        *("connect_tcp", "connect_unix_socket", "setup_socks5_connection", "start_tls", "retry"),
        *("response_closed", "close"),
    )
)
_ENDS_OF_STEPS = (".complete", ".failed")
# TLS takes the plain socket over, and the one that was seen first is an empty shell then.
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")
_ENDS_OF_TLS = tuple(f"start_tls{end}" for end in _ENDS_OF_STEPS)
LONGEST_PAUSE = 3600.0
_PRACTICE_TIME = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?); *rate=([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_COUNTS = ("content-range", "x-total-count")

# What is told of the wire's own events, by their ends; what begins TLS is connected after it.
_EVENTS = {
    "connect_tcp.complete": "connected",
    "start_tls.complete": "connected",
    "send_request_body.complete": "sent",
}
# Headers that hold a key, or may.
_SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie")
# Of an answer these are shown; of all else, which may be somebody's secret, only that it is there.
_TOLD = frozenset(
    (
        *("id", "name", "status", "created_at", "product_id", "data", "total", "has_more", "next_cursor"),
        *("code", "reason", "message", "metadata", "error", "errors"),
    )
)
_UNTOLD = "…"
# What Python calls a certificate that nobody vouches for, or that is another host's.
UNTRUSTED = "SSLCertVerificationError"

_LARGEST_TOLD = 200_000
_LONGEST_TOLD = 2_000
_MOST_ROWS, _DEEPEST = 20, 20


class TookTooLong(Exception):
    """Raised as the request is about to leave, so that nothing does."""


@dataclass(frozen=True)
class Limits:
    """How much, and how long."""

    # Bytes of the largest answer.
    size: int
    # After which the connection is shut down; httpx has no total time.
    seconds: float
    # After which the request may no longer leave, for one that is billed; the time asleep counts.
    leave_within: float | None = None


@dataclass(frozen=True)
class WireEntry:
    """One request and its answer as they were on the wire; what is secret in them is hidden.

    `events` are pairs of ``"connected"``, ``"sent"``, ``"head"`` (of the answer) and ``"end"``, as far as it
    came, and the milliseconds since it was asked for.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    # 0 without an answer; then `failure` is the kind of exception that ended it.
    status: int = 0
    failure: str = ""
    # JSON, or a text; None where there is none, or it is too large. `size` is in bytes.
    answer: Any = None
    size: int = 0
    events: tuple[tuple[str, float], ...] = ()


# Who hears of the requests that are made meanwhile, on this thread.
_note: contextvars.ContextVar[Note | None] = contextvars.ContextVar("ppio_widgets_note", default=None)


@contextmanager
def noted_by(note: Note) -> Iterator[None]:
    """Have each request that is made meanwhile, and what came of it, told to `note`."""
    before = _note.set(note)
    try:
        yield
    finally:
        _note.reset(before)


def _kind(error: BaseException) -> str:
    """Return the kind of an exception; of a certificate that was not accepted that of its cause."""
    cause: BaseException | None = error
    while cause is not None and type(cause).__name__ != UNTRUSTED:
        cause = cause.__cause__ or cause.__context__
    return UNTRUSTED if cause is not None else type(error).__name__


@dataclass
class Exchange:
    """One request and what came of it."""

    # 0 without an answer, and until the whole of it is there.
    status: int = 0
    # The answer as it came; its words may repeat a secret. Empty when it is cut: too large, or in an
    # encoding that nobody asked for.
    content: bytes = field(default=b"", repr=False)
    cut: bool = False
    # The kind of exception that ended it, and what is wrong with the way that it was to go.
    failure: str = ""
    why: Why | None = None
    # Whether a person's Interrupt ended it.
    interrupted: bool = False
    # The server's clock as Unix seconds, 0 where not told.
    date: float = 0.0
    # Seconds that the server asks to wait, at most an hour.
    retry_after: float | None = None
    # From the asking to the head of the answer.
    seconds: float = 0.0
    # Seconds that somebody on the way says to have kept it; endless where that is no number.
    age: float = 0.0
    # What time it is in the class of a practice cloud, and how fast that goes; None where not told.
    in_class: tuple[float, float] | None = None
    # The headers that count what the answer holds.
    counted: tuple[tuple[str, str], ...] = ()
    # Milliseconds from the asking to each event.
    events: dict[str, float] = field(default_factory=dict)
    _handed_over: bool = False
    _traced: bool = False
    _leaving: bool = False
    _began: float = 0.0
    _leave_until: float = 0.0
    _shut_at: float = 0.0
    _shut: bool = False
    _socket: socket.socket | None = None
    _handshake: ExitStack = field(default_factory=ExitStack)
    _watchdog: threading.Timer | None = None
    _must_be_watched: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cause(self) -> Why | str:
        """Why it failed, for the words."""
        return self.why or self.failure

    @property
    def left(self) -> bool:
        """Whether a byte of the request may have left: of a transport that tells no events nobody knows."""
        return self._leaving or (self._handed_over and not self._traced)

    def run(
        self,
        http: httpx.Client,
        request: httpx.Request,
        auth: httpx.Auth | None,
        limits: Limits,
    ) -> None:
        """Make the request."""
        request.extensions["trace"] = self.trace
        self._began = began = time.monotonic()
        self._shut_at = began + limits.seconds
        self._must_be_watched = limits.leave_within is not None
        within = limits.seconds if limits.leave_within is None else limits.leave_within
        # By a clock that counts sleep: others judge by then that it never left.
        self._leave_until = clock.steady() + min(limits.seconds, within)
        try:
            try:
                self._handed_over = True
                self._read(http.send(request, auth=auth, stream=True), limits.size)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it may hold the request
                self._handed_over = not isinstance(error, PpioError)  # our own refusal, before the wire
                self.failure = _kind(error)
                self.interrupted = not isinstance(error, Exception)
                what = (request.method, request.url.path, self.failure, frames_of(error))
                log_line(logging.INFO, "%s %s: %s in %s", *what)
            finally:
                self._let_go()
        finally:  # twice, as an Interrupt may come between: a watchdog that is left would wait for minutes
            self._let_go()
        seconds = time.monotonic() - began
        log_line(logging.INFO, "%s %s: %s in %.2f s", request.method, request.url.path, self.status, seconds)

    def tell(self, request: httpx.Request, redactor: Redactor) -> None:
        """Tell who listens what was on the wire; whatever that raises changes nothing of what came of it."""
        note = _note.get()
        if note is None:
            return
        try:
            self._mark("end")
            note(self._entry(request, redactor))
        except BaseException as error:  # noqa: BLE001 - an Interrupt as well: its frames hold the request
            self.interrupted = self.interrupted or not isinstance(error, Exception)
            log_fault("the record of the wire", error)

    def _entry(self, request: httpx.Request, redactor: Redactor) -> WireEntry:
        content = self.content
        return WireEntry(
            request.method,
            redactor.redact(request.url.raw_path.decode("ascii")),
            tuple(_header(name, value, redactor) for name, value in request.headers.raw),
            _body(request.content, redactor),
            self.status,
            "" if self.status else self.failure,
            _answer(content, redactor) if self.status and len(content) <= _LARGEST_TOLD else None,
            len(content),
            tuple(self.events.items()),
        )

    def _mark(self, event: str) -> None:
        self.events[event] = round((time.monotonic() - self._began) * 1000, 1)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take one event of the wire (httpx's trace extension)."""
        self._traced = True
        told = _EVENTS.get(".".join(event.split(".")[-2:]))
        if told == "connected" or (told and self._leaving):  # what a proxy is asked first is not our request
            self._mark(told)
        if event.endswith("start_tls.started"):
            self._handshake.enter_context(forks.within_openssl())
        elif event.endswith(_ENDS_OF_TLS):
            self._handshake.close()
        if event.endswith(_CONNECTED):
            self._take_socket(info.get("return_value"))
        if event.endswith(_ENDS_OF_STEPS) or event.rpartition(".")[0].rpartition(".")[2] in _HARMLESS:
            return
        if getattr(info.get("request"), "method", b"") == b"CONNECT":
            return  # what a proxy is asked first is not our request
        with self._lock:
            if self._leaving:
                return
            if self._shut or clock.steady() > self._leave_until:
                raise TookTooLong
            if self._socket is not None:  # a transport in memory has no socket, and answers at once
                self._watch()
            self._leaving = True

    def _take_socket(self, stream: Any) -> None:
        ask = getattr(stream, "get_extra_info", None)
        connection = ask("socket") if callable(ask) else None
        if not isinstance(connection, socket.socket):
            return
        with self._lock:
            self._socket = connection
            try:
                self._watch()
            except RuntimeError:  # nobody else knows of the connection yet
                connection.close()
                raise

    def _watch(self) -> None:
        """Begin the watchdog, once; where there is no thread for it, what is billed does not leave.

        Everything else goes without one: a stop above all, which ends what is billed.
        """
        if self._watchdog is None:
            try:
                self._watchdog = _watchdog(self._shut_at - time.monotonic(), self._shut_down)
            except RuntimeError:
                if self._must_be_watched:
                    raise

    def _let_go(self) -> None:
        """Leave the handshake, and call the watchdog off."""
        self._handshake.close()
        with self._lock:
            if self._watchdog is not None:
                self._watchdog.cancel()
                self._watchdog = None

    def _shut_down(self) -> None:
        with self._lock:
            self._shut = True
            connection = self._socket
        if connection is not None:
            with suppress(OSError):
                # The plain socket's method: TLS's own would drop its state under the reading thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _read(self, response: httpx.Response, limit: int) -> None:
        """Read the answer as it is on the wire; one that is too large is cut."""
        try:
            self._mark("head")
            self.seconds = time.monotonic() - self._began
            self.date = _date(response.headers.get("date"))
            self.in_class = _in_class(response.headers.get("practice-time"))
            self.age = _age(response.headers.get("age"))
            self.counted = tuple(
                (name, response.headers[name]) for name in _COUNTS if name in response.headers
            )
            self.retry_after = _pause(response.headers.get("retry-after"), self.date)
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            parts: list[bytes] = []
            size = 0
            self.cut = encoding not in ("", "identity")
            # A transport of this process may hand over an answer that is read already.
            source = [response.content] if response.is_stream_consumed else response.iter_raw()
            for part in () if self.cut else source:
                size += len(part)
                if size > limit:
                    self.cut = True
                    parts = []
                    break
                parts.append(part)
            self.content = b"".join(parts)
            self.status = response.status_code
        finally:
            response.close()


def _watchdog(seconds: float, task: Callable[[], None]) -> threading.Timer:
    watchdog = threading.Timer(seconds, contextvars.copy_context().run, (task,))
    watchdog.daemon = True
    watchdog.name = "ppio-watchdog"
    if threads.exist():  # else the browser ends it some day
        watchdog.start()
    return watchdog


def _header(name: bytes, value: bytes, redactor: Redactor) -> tuple[str, str]:
    """Return a header of a request; of the one that holds the key nothing is told but how."""
    told = name.decode("latin-1")
    if told.lower() in _SECRET_HEADERS:
        return told, f"{'Bearer ' if value.startswith(b'Bearer ') else ''}{Hidden('key')}"
    return told, redactor.redact(value.decode("latin-1"))


def _body(content: bytes, redactor: Redactor) -> Any:
    """Return the body of a request; hidden is what was taken from the environment, or looks secret."""
    found = json.loads(content) if content else None
    if not isinstance(found, Mapping):
        return None
    return redactor.redact_body(found)


def _answer(content: bytes, redactor: Redactor) -> Any:
    """Return what is told of an answer: no value of a variable, no password, no address."""
    try:
        return _told(json.loads(content), redactor)
    except (ValueError, RecursionError):
        return redactor.redact(content.decode("utf-8", "replace"))[:_LONGEST_TOLD]


def _told(value: Any, redactor: Redactor, *, whole: bool = False, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return _UNTOLD
    if isinstance(value, str):
        return redactor.redact(value)[:_LONGEST_TOLD]
    if isinstance(value, list):
        rows = [_told(one, redactor, whole=whole, depth=depth + 1) for one in value[:_MOST_ROWS]]
        return [*rows, *([_UNTOLD] if len(value) > _MOST_ROWS else [])]
    if not isinstance(value, Mapping):
        return value
    told: dict[str, Any] = {}
    for name, one in value.items():
        if whole or name in _TOLD:
            inside = whole or name == "metadata"
            told[redactor.redact(name)] = _told(one, redactor, whole=inside, depth=depth + 1)
        else:
            told[redactor.redact(name)] = _UNTOLD
    return told


def _date(text: str | None) -> float:
    """Return an HTTP date as Unix seconds, 0 when it is none."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def _in_class(text: str | None) -> tuple[float, float] | None:
    """Return time and rate of a `Practice-Time`, None when it is none."""
    found = _PRACTICE_TIME.fullmatch(text or "")
    return None if found is None else (float(found[1]), float(found[2]))


def _age(text: str | None) -> float:
    """Return the seconds of an Age; endless for one that is no number, as something has kept the answer."""
    if text is None:
        return 0.0
    number = text.strip()
    return float(number) if number.isascii() and number.isdigit() else math.inf


def _pause(text: str | None, date: float) -> float | None:
    """Return the seconds of a Retry-After, given as a number or as a date."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text.strip()[:9]), LONGEST_PAUSE)
    until = _date(text)
    return min(max(0.0, until - (date or time.time())), LONGEST_PAUSE) if until else None
