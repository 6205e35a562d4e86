"""Answers, read strictly: what is not surely the API's own, fresh and about what was asked is not certain.

Everything that decides (look-up, read-back, following, timer, list and board) reads through here. What an
answer says becomes a plain value; what speaks against it is one `Odd`, and never becomes a state.

An answer may carry secrets (env values in a listing, passwords of tools): see `instances`.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from html import unescape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ppio_widgets.errors import AccessDenied, AnswerUnreadable, ApiError, PpioError, is_gone
from ppio_widgets.locale.text import Mask, is_half, visible
from ppio_widgets.locale.words import Phrase
from ppio_widgets.runtime import forks, threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.http import Exchange
    from ppio_widgets.locale.words import Words

LONGEST_WORDS = 300

LARGEST_WHOLE = 10**9
LONGEST_ID = 255
LONGEST_TEXT = 4095


class InstanceStatus(str, Enum):
    """Where an instance stands: the API's words (PPIO GPU API v1, list instances), and one of ours.

    A member is its word wherever it is compared, sent, stored or shown. A server may say others: a status
    is a text, and an unknown one is "in progress".
    """

    TO_CREATE = "toCreate"
    CREATING = "creating"
    PULLING = "pulling"
    RUNNING = "running"
    TO_START = "toStart"
    STARTING = "starting"
    TO_STOP = "toStop"
    STOPPING = "stopping"
    EXITED = "exited"
    STOPPED = "stopped"
    TO_RESTART = "toRestart"
    RESTARTING = "restarting"
    TO_REMOVE = "toRemove"
    REMOVING = "removing"
    REMOVED = "removed"
    TO_RESET = "toReset"
    RESETTING = "resetting"
    MIGRATING = "migrating"
    FREEZING = "freezing"
    # Ours and no server's: not found was proved (`instances.watched`), and nobody said "removed".
    NOT_SEEN = "not_seen"

    __str__ = str.__str__
    __repr__ = str.__repr__


OFF = (InstanceStatus.EXITED, InstanceStatus.STOPPED)
GONE = (InstanceStatus.REMOVED, InstanceStatus.NOT_SEEN)
ENDED = (*OFF, *GONE)
# Here it rests; anything else is on its way.
RESTING = (InstanceStatus.RUNNING, *ENDED)

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


@dataclass(frozen=True)
class Reply:
    """An answer that is the API's and fresh: its JSON as it came."""

    value: Mapping[str, Any] = field(repr=False)
    # The server's clock as Unix seconds, 0 where not told.
    server_time: float = 0.0
    # The headers that count its rows.
    counted: tuple[tuple[str, str], ...] = ()


class Dates(dict[str, float]):
    """The latest ``Date`` of each host's answers; one lies with each kernel or session."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = forks.lock()

    def note(self, host: str, date: float, *, anew: bool = False) -> None:
        """Take the Date of an answer that was believed; `anew` of one that nobody can have kept.

        By that one a clock may have been set back.
        """
        with self._lock:
            self[host] = (date if anew else 0.0) or max(date, self.get(host, 0.0))


class ClassTime(NamedTuple):
    """What time it was in a class, in Unix seconds, and how fast it went, when this kernel heard it."""

    time: float
    rate: float
    tick: float

    def now(self) -> float:
        """Return what time it is there now, unless a teacher has turned it since."""
        return self.time + self.rate * max(0.0, threads.tick() - self.tick)


class ClassTimes(dict[Hashable, ClassTime]):
    """What each practice cloud last told of the time of its class; one lies with each kernel or session.

    Answers overlap: each request has a number as it begins, and the one that began last counts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = forks.lock()
        self._asked = itertools.count(1)
        self._told: dict[Hashable, int] = {}

    def ask(self) -> int:
        """Return the number of a request that begins now."""
        return next(self._asked)

    def note(self, place: Hashable, told: ClassTime, asked: int) -> None:
        """Take what the answer to a request told."""
        with self._lock:
            if asked > self._told.get(place, 0):
                self[place], self._told[place] = told, asked


def not_certain(host: str, odd: Odd) -> AnswerUnreadable:
    """Return that an answer is not certain, and why."""
    return AnswerUnreadable("answer_unreadable", host=host, reason=Phrase(f"odd.{odd}"))


def read_reply(exchange: Exchange, host: str, earlier: float, mask: Mask = str) -> Reply | PpioError:
    """Read what came of a GET that was answered.

    `earlier` is the latest ``Date`` of the host's answers when this one was asked for, 0 for none; `mask`
    hides secrets in the server's words. An error is returned: one that is raised here would carry the
    answer in its frames.
    """
    if not 200 <= exchange.status < 300:
        error = read_error(exchange.status, exchange.content, exchange.retry_after, mask)
        odd = _stale(exchange, earlier) or _not_the_apis(exchange.content)
        error.server_time = 0.0 if odd else exchange.date
        # Only "not found" makes a state; every other error stays what it is, whoever said it.
        return not_certain(host, odd) if odd and is_gone(error) else error
    found, odd = _parsed(exchange.content)
    if exchange.status != 200:
        odd = "status"
    elif exchange.cut:
        odd = "cut"
    elif odd is None and not isinstance(found, Mapping):
        odd = "shape"
    elif odd is None:
        odd = "error" if tells_error(found) else _stale(exchange, earlier)
    return not_certain(host, odd) if odd else Reply(found, exchange.date, exchange.counted)


def _stale(exchange: Exchange, earlier: float) -> Odd | None:
    if exchange.age > exchange.seconds:
        return "age"
    return "date" if exchange.date and exchange.date < earlier - DATES_DIFFER_SECONDS else None


def _not_the_apis(content: bytes) -> Odd | None:
    """Return what speaks against an error's being the API's own."""
    found, odd = _parsed(content)
    told = isinstance(found, Mapping) and isinstance(found.get("reason"), str) and not found.get("data")
    return odd if odd or told else "shape"


def tells_error(answer: Mapping[str, Any]) -> bool:
    """Whether an answer says, beside its data, that something went wrong."""
    told = answer.get("error") or answer.get("errors")
    return bool(told) or str(answer.get("code", 0)) not in ("0", "200", "None")


class _Twice(ValueError):
    """A key is named twice."""


def read_json(content: bytes) -> Any:
    """Return the JSON of an answer, or None when it is none."""
    return _parsed(content)[0]


def _parsed(content: bytes) -> tuple[Any, Odd | None]:
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number), None
    except _Twice:
        return None, "twice"
    except (ValueError, RecursionError):
        return None, "json"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
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
    text = visible(" ".join(value.split())) if isinstance(value, str) else ""
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


# What is of another kind than expected is not told. Nothing of this raises, whatever comes: a frame of a
# traceback would hold the answer.


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_rows(value: Any) -> list[Any]:
    """Return an array, or an empty one."""
    return value if isinstance(value, list) else []


def as_flag(value: Any) -> bool | None:
    """Return a boolean, or None."""
    return value if isinstance(value, bool) else None


def as_whole(value: Any, low: int = 0, high: int = LARGEST_WHOLE) -> int | None:
    """Return a whole number within bounds, or None; ``true`` is none."""
    sound = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return value if sound else None


def as_text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return text exactly as it came; empty for what is none, too long, or could not be sent on.

    JSON may hold half of a surrogate pair, which has no UTF-8.
    """
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return "" if any(map(is_half, value)) else value


def as_id(value: Any, longest: int = LONGEST_ID) -> str:
    """Return an id exactly as it came; empty for one that nobody could read or type."""
    sound = (
        isinstance(value, str) and len(value) <= longest and value.isprintable() and value == value.strip()
    )
    return value if sound else ""


def as_ids(value: Any) -> tuple[str, ...]:
    """Return the ids in an array, each once."""
    return tuple(dict.fromkeys(one for row in as_rows(value) if (one := as_id(row))))
