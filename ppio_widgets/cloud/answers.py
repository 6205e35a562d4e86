"""The shapes of answers, read defensively: whatever comes becomes a plain value.

An answer may carry secrets (env values in a listing, passwords of tools). Only
what is named here is kept; the rest is dropped on arrival.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from ppio_widgets.cloud.instance_id import is_id
from ppio_widgets.errors import AccessDenied, ApiError
from ppio_widgets.locale.escapes import visible
from ppio_widgets.request.draft import value_at

Mask = Callable[[str], str]

LONGEST_WORDS = 300

# Where an instance rests (PPIO GPU API v1 status list); anything else is "in progress".
RUNNING = "running"
ENDED = ("exited", "stopped", "removed")


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
    created = answer.get("created_at")
    name = answer.get("name")
    return InstanceInfo(
        id=identity,
        name=name if isinstance(name, str) else "",
        status=_said(triple.get("status"), mask),
        error=_said(triple.get("error"), mask),
        message=_said(triple.get("message"), mask),
        created_at=created if isinstance(created, int) and not isinstance(created, bool) else 0,
    )


@dataclass(frozen=True)
class Listing:
    """All instances that a name may mean.

    Attributes
    ----------
    instances : tuple of InstanceInfo
    server_time : float
        The server's clock as Unix seconds, 0 where not told.
    certain : bool
        Whether what is not listed is surely not there.
    """

    instances: tuple[InstanceInfo, ...] = ()
    server_time: float = 0.0
    certain: bool = True


@dataclass(frozen=True)
class Page:
    """One page of a listing; `cursor` leads to the next, empty on the last."""

    instances: tuple[InstanceInfo, ...]
    cursor: str
    certain: bool


def read_page(answer: Any) -> Page | None:
    """Read one page of a listing; None when its shape is not the API's in any way.

    Here an instance that cannot be read is not skipped, as it may be the one that
    is looked for. Some servers leave out what is empty or false: then nothing more
    is named, but that proves nothing.
    """
    if not isinstance(answer, Mapping) or "data" not in answer:
        return None
    rows, more, cursor = answer["data"], answer.get("has_more"), answer.get("next_cursor") or ""
    certain = isinstance(rows, list) and isinstance(more, bool)
    rows = [] if rows is None else rows
    if not isinstance(rows, list) or not isinstance(more, bool | None) or not isinstance(cursor, str):
        return None
    instances = [read_instance(row) for row in rows]
    sound = [one for one in instances if one is not None and _is_whole(one)]
    if len(sound) < len(rows) or (more and not cursor):
        return None
    return Page(tuple(sound), cursor if more is not False else "", certain)


def _is_whole(one: InstanceInfo) -> bool:
    """Whether all that a look-up goes by is told."""
    return is_id(one.id) and bool(one.name and one.status) and one.created_at > 0


def read_json(content: bytes) -> Any:
    """Return the JSON of an answer, or None when it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


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


def text_at(answer: Any, *path: str) -> str:
    """Return the text at a path of keys; empty for anything else."""
    value = value_at(answer, path) if isinstance(answer, Mapping) else None
    return value if isinstance(value, str) else ""


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
