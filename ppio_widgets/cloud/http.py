"""One HTTP request and all that can be learnt of it, as plain values.

No exception leaves here: those of the wire hold the request, and the request holds
the key. Whether a request has left is told by httpx's trace extension and not by
the kind of exception: most kinds occur both ways.
"""

from __future__ import annotations

import contextvars
import logging
import math
import re
import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PpioError, frames_of, log_line
from ppio_widgets.runtime import clock, forks, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from ppio_widgets.cloud.proxies import Why

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
            self._handed_over = True
            self._read(http.send(request, auth=auth, stream=True), limits.size)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it may hold the request
            self._handed_over = not isinstance(error, PpioError)  # that is our own refusal, before the wire
            self.failure = type(error).__name__
            self.interrupted = not isinstance(error, Exception)
            what = (request.method, request.url.path, self.failure, frames_of(error))
            log_line(logging.INFO, "%s %s: %s in %s", *what)
        finally:
            self._handshake.close()
            try:
                self._call_off()
            except BaseException:  # an Interrupt: a watchdog that is left would wait for minutes
                self._call_off()
                raise
        seconds = time.monotonic() - began
        log_line(logging.INFO, "%s %s: %s in %.2f s", request.method, request.url.path, self.status, seconds)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take one event of the wire (httpx's trace extension)."""
        self._traced = True
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

    def _call_off(self) -> None:
        with self._lock:
            if self._watchdog is not None:
                self._watchdog.cancel()

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
