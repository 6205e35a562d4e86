"""Answers, read strictly: what is not surely the API's own, fresh and about what was asked is not certain.

Everything that decides (look-up, read-back, following, timer, list and board) reads through here. What an
answer says becomes a plain value; what speaks against it is one `Odd`, and never becomes a state.

An answer may carry secrets (env values in a listing, passwords of tools). Only
what is named here is kept; the rest is dropped on arrival.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ppio_widgets.errors import AccessDenied, AnswerUnreadable, ApiError, PpioError, is_gone
from ppio_widgets.locale import Phrase
from ppio_widgets.locale.text import Mask, visible
from ppio_widgets.runtime import forks

if TYPE_CHECKING:
    from ppio_widgets.cloud.http import Exchange
    from ppio_widgets.locale import Words

LONGEST_WORDS = 300

# Where an instance rests (PPIO GPU API v1 status list); anything else is "in progress".
RUNNING = "running"
# Ours and no server's: not found was proved (`launcher.unseen`), and nobody said "removed".
NOT_SEEN = "not_seen"
GONE = ("removed", NOT_SEEN)
ENDED = ("exited", "stopped", *GONE)

# Why an answer is not certain; the words of each are `odd.…` in ``locale/``.
Odd = Literal[
    "status",  # a success that is not 200
    "cut",  # too large, or in an encoding that nobody asked for
    "json",  # no JSON in UTF-8, such as a page
    "twice",  # JSON that names a key twice
    "shape",  # JSON of another shape
    "error",  # an error beside data
    "age",  # kept by somebody on the way
    "date",  # dated before an earlier answer
    "id",  # about another instance
    "data",  # no list of rows
    "row",  # a row that cannot be read
    "more",  # not said whether there is more
    "cursor",  # more, and no way there
    "total",  # other counts than its rows
]
# Some servers leave out what is empty or false: such a listing proves no absence, and is no fault.
LEFT_OUT: tuple[Odd, ...] = ("data", "more")

# Dates have whole seconds, and the clocks behind one address differ.
DATES_DIFFER_SECONDS = 2.0

T = TypeVar("T")


@dataclass(frozen=True)
class InstanceInfo:
    """What is kept of an instance.

    Attributes
    ----------
    id, name, status : str
        `name` exactly as it came, to be compared; `status` is one of the API's
        words, ``"running"``; unknown ones are kept.
    error, message : str
        The server's own, empty when all is well.
    created_at : int
        Unix seconds, 0 when not told.
    """

    id: str
    name: str = ""
    status: str = ""
    error: str = ""
    message: str = ""
    created_at: int = 0

    @property
    def at_rest(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in (RUNNING, *ENDED) or bool(self.error)

    @property
    def is_gone(self) -> bool:
        """Whether it is removed, or proved not to be there any more."""
        return self.status in GONE


def read_instance(answer: Any, mask: Mask = str) -> InstanceInfo | None:
    """Read one instance; None when it has no usable id. `mask` hides secrets in its words.

    ``status`` is an object ``{status, error, message}`` (PPIO GPU API v2, get
    instance); older clients saw a plain text, which is taken too.
    """
    if not isinstance(answer, Mapping):
        return None
    identity = answer.get("id")
    if not isinstance(identity, str) or not identity:
        return None
    status = answer.get("status")
    triple = status if isinstance(status, Mapping) else {"status": status}
    status_said = _said(triple.get("status"), mask)
    created = answer.get("created_at")
    name = answer.get("name")
    return InstanceInfo(
        id=identity,
        name=name if isinstance(name, str) else "",
        status="" if status_said == NOT_SEEN else status_said,
        error=_said(triple.get("error"), mask),
        message=_said(triple.get("message"), mask),
        created_at=created if isinstance(created, int) and not isinstance(created, bool) else 0,
    )


@dataclass(frozen=True)
class Reply:
    """An answer that is the API's and fresh.

    Attributes
    ----------
    value : mapping
        Its JSON, as it came.
    server_time : float
        The server's clock as Unix seconds, 0 where not told.
    counted : tuple of (str, str)
        The headers that count its rows.
    """

    value: Mapping[str, Any] = field(repr=False)
    server_time: float = 0.0
    counted: tuple[tuple[str, str], ...] = ()


class Dates:
    """The latest ``Date`` of each host's answers; one lies with each kernel or session."""

    def __init__(self) -> None:
        self._lock = forks.lock()
        self._latest: dict[str, float] = {}

    def latest(self, host: str) -> float:
        """Return the latest, 0 where none was told."""
        with self._lock:
            return self._latest.get(host, 0.0)

    def note(self, host: str, date: float) -> None:
        """Take the Date of an answer that was believed."""
        with self._lock:
            self._latest[host] = max(date, self._latest.get(host, 0.0))

    def begin(self, host: str, date: float) -> None:
        """Take the Date of an answer that nobody can have kept: a clock may have been set."""
        with self._lock:
            if date:
                self._latest[host] = date


def not_certain(host: str, odd: Odd) -> AnswerUnreadable:
    """Return that an answer is not certain, and why."""
    return AnswerUnreadable("answer_unreadable", host=host, reason=Phrase(f"odd.{odd}"))


def read_reply(exchange: Exchange, host: str, earlier: float, mask: Mask = str) -> Reply | PpioError:
    """Read what came of a GET that was answered.

    Parameters
    ----------
    exchange : Exchange
    host : str
        For the words.
    earlier : float
        The latest ``Date`` of the host's answers when this one was asked for, 0 for none.
    mask : callable
        Hides secrets in the server's words.

    Returns
    -------
    Reply or PpioError
        An error comes back bare: an exception raised here would carry the answer in its frames.
    """
    if not 200 <= exchange.status < 300:
        error = read_error(exchange.status, exchange.content, exchange.retry_after, mask)
        odd = _stale(exchange, earlier) or _not_the_apis(exchange.content)
        error.server_time = 0.0 if odd else exchange.date
        # Only "not found" makes a state; every other error stays what it is, whoever said it.
        return not_certain(host, odd) if odd and is_gone(error) else error
    found = _parsed(exchange.content)
    odd = _odd(exchange, found, earlier)
    if odd is not None:
        return not_certain(host, odd)
    return Reply(found, exchange.date, exchange.counted)


def _odd(exchange: Exchange, found: Any, earlier: float) -> Odd | None:
    if exchange.status != 200:
        return "status"
    if exchange.cut:
        return "cut"
    if isinstance(found, _Unread):
        return found.odd
    if not isinstance(found, Mapping):
        return "shape"
    return "error" if tells_error(found) else _stale(exchange, earlier)


def _stale(exchange: Exchange, earlier: float) -> Odd | None:
    if exchange.age > exchange.seconds:
        return "age"
    return "date" if exchange.date and exchange.date < earlier - DATES_DIFFER_SECONDS else None


def _not_the_apis(content: bytes) -> Odd | None:
    """Return what speaks against an error's being the API's own."""
    found = _parsed(content)
    if isinstance(found, _Unread):
        return found.odd
    told = isinstance(found, Mapping) and isinstance(found.get("reason"), str) and not found.get("data")
    return None if told else "shape"


def tells_error(answer: Mapping[str, Any]) -> bool:
    """Whether an answer says, beside its data, that something went wrong."""
    told = answer.get("error") or answer.get("errors")
    return bool(told) or str(answer.get("code", 0)) not in ("0", "200", "None")


@dataclass(frozen=True)
class Listing:
    """All instances that a name may mean.

    Attributes
    ----------
    instances : tuple of InstanceInfo
    server_time : float
        The server's clock as Unix seconds, 0 where not told.
    odd : str or None
        Why what is not listed may be there all the same; None where the listing is certain.
    """

    instances: tuple[InstanceInfo, ...] = ()
    server_time: float = 0.0
    odd: Odd | None = None

    @property
    def certain(self) -> bool:
        """Whether what is not listed is surely not there."""
        return self.odd is None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a listing.

    Attributes
    ----------
    rows : tuple
        Those that could be read.
    size : int
        How many it had.
    cursor : str
        What leads to the next page; empty on the last.
    odd : str or None
        What speaks against its being whole.
    totals : tuple of int
        How many there are on all pages, as often as it says so.
    server_time : float
    """

    rows: tuple[T, ...]
    size: int
    cursor: str = ""
    odd: Odd | None = None
    totals: tuple[int, ...] = ()
    server_time: float = 0.0


def read_page(reply: Reply, read: Callable[[Any], T | None]) -> Page[T]:
    """Read one page of a listing, each row by `read`, which returns None for one that cannot be read."""
    rows, more, cursor = (reply.value.get(key) for key in ("data", "has_more", "next_cursor"))
    listed = rows if isinstance(rows, list) else []
    found = tuple(one for one in map(read, listed) if one is not None)
    totals, contradicted = _totals(reply, len(listed))
    cursor = "" if cursor is None else cursor
    odd: Odd | None = None
    if not isinstance(rows, list):
        odd = "data" if rows is None and "data" in reply.value else "shape"
    elif len(found) < len(listed):
        odd = "row"
    elif contradicted:
        odd = "total"
    elif not isinstance(more, bool | None) or not isinstance(cursor, str):
        odd = "shape"
    elif more is not None and more != bool(cursor):
        odd = "cursor"
    elif more is None:
        odd = "more"
    leads_on = isinstance(cursor, str) and more is not False
    return Page(found, len(listed), cursor if leads_on else "", odd, totals, reply.server_time)


def ends_of(pages: Sequence[Page[Any]]) -> tuple[float, Odd | None]:
    """Return the server's clock on the last page that tells it, and what speaks first against the pages."""
    times = [page.server_time for page in pages if page.server_time]
    return times[-1] if times else 0.0, next((page.odd for page in pages if page.odd), None)


def _totals(reply: Reply, size: int) -> tuple[tuple[int, ...], bool]:
    """Return every total that is told, and whether a range contradicts the rows of this page."""
    told = [reply.value.get("total"), *(text for name, text in reply.counted if name == "x-total-count")]
    contradicted = False
    for name, text in reply.counted:
        if name == "content-range":
            first, last, total = _range(text)
            contradicted = contradicted or last - first + 1 != size
            told.append(total)
    numbers = [one for one in map(_number, told) if one is not None]
    return tuple(numbers), contradicted


def _range(text: str) -> tuple[int, int, str]:
    """Return first, last and total of a Content-Range; what cannot be read fits no page."""
    found = re.fullmatch(r"\s*[\w-]+ (?:(\d+)-(\d+)|\*)/(\d+|\*)\s*", text, re.ASCII)
    if found is None:
        return 0, -2, ""
    return int(found[1] or 0), int(found[2] or -1), found[3]


def _number(value: Any) -> int | None:
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None


@dataclass(frozen=True)
class _Unread:
    odd: Odd


class _Twice(ValueError):
    """A key is named twice."""


def read_json(content: bytes) -> Any:
    """Return the JSON of an answer, or None when it is none."""
    found = _parsed(content)
    return None if isinstance(found, _Unread) else found


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except _Twice:
        return _Unread("twice")
    except (ValueError, RecursionError):
        return _Unread("json")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) < len(listed):
        raise _Twice
    return found


def _no_number(_text: str) -> Any:
    raise ValueError


def read_error(status: int, content: bytes, retry_after: float | None = None, mask: Mask = str) -> ApiError:
    """Turn any error answer into one clear error.

    `retry_after` is how many seconds the server asks to wait; `mask` hides secrets in its words.

    Bodies seen: ``{code, reason, message, metadata}``, ``{message}``,
    ``{error: {…}}`` or ``{error: "…"}``, plain text, an HTML page.
    """
    answer = read_json(content)
    reason = message = ""
    if isinstance(answer, Mapping):
        inner = answer.get("error")
        source = {**answer, **inner} if isinstance(inner, Mapping) else answer
        reason = _said(source.get("reason") or source.get("type"), mask)
        words = (source.get(key) for key in ("message", "error", "title", "detail"))
        message = next((_said(word, mask) for word in words if isinstance(word, str) and word.strip()), "")
    elif isinstance(answer, str):
        message = _said(answer, mask)
    else:
        # Masked on both sides: tags may stand within a secret, and be part of one.
        message = _said(_without_tags(mask(content.decode("utf-8", "replace"))), mask)
    kind = AccessDenied if status in (401, 403) else ApiError
    return kind("api", status=status, reason=reason, message=message, retry_after=retry_after)


def plain(value: Any, longest: int = LONGEST_WORDS) -> str:
    """Return text from outside on one line, shortened, control characters visible."""
    if not isinstance(value, str):
        return ""
    text = visible(" ".join(value.split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def status_words(status: str, say: Words) -> str:
    """Return an instance's status in words; an unknown one as it is."""
    key = f"status.{status}"
    return say(key) if key in say else say("status.other", status=plain(status) or "?")


def _said(value: Any, mask: Mask) -> str:
    """Return the server's words, secrets masked before they can be shortened out of shape."""
    return plain(mask(value)) if isinstance(value, str) else ""


def _without_tags(text: str) -> str:
    """Return the words of an HTML page; other text stays as it is."""
    if not re.search(r"<(!doctype|html|head|body|h1|p)\b", text, re.IGNORECASE):
        return text
    # What is never closed reaches to the end, so that no page takes longer than its length.
    text = re.sub(r"(?is)<(script|style|title)\b.*?(?:</\1\s*>|\Z)", " ", text)
    return unescape(re.sub(r"<[^>]*(?:>|\Z)", " ", text))
