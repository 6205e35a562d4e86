"""The shapes of answers, read defensively: whatever comes becomes a plain value.

An answer may carry secrets (env values in a listing, passwords of tools). Only
what is named here is kept; the rest is dropped on arrival.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from ppio_widgets.errors import AccessDenied, ApiError

LONGEST_WORDS = 300


@dataclass(frozen=True)
class InstanceInfo:
    """What is kept of an instance.

    Attributes
    ----------
    id, name, status : str
        `status` is one of the API's words, ``"running"``; unknown ones are kept.
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


def read_instance(answer: Any) -> InstanceInfo | None:
    """Read one instance; None when it has no usable id.

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
    return InstanceInfo(
        id=identity,
        name=plain(answer.get("name")),
        status=plain(triple.get("status")),
        error=plain(triple.get("error")),
        message=plain(triple.get("message")),
        created_at=created if isinstance(created, int) and not isinstance(created, bool) else 0,
    )


def read_json(content: bytes) -> Any:
    """Return the JSON of an answer, or None when it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def read_error(status: int, content: bytes) -> ApiError:
    """Turn any error answer into one clear error.

    Bodies seen: ``{code, reason, message, metadata}``, ``{message}``,
    ``{error: {…}}`` or ``{error: "…"}``, plain text, an HTML page.
    """
    answer = read_json(content)
    reason = message = ""
    if isinstance(answer, Mapping):
        inner = answer.get("error")
        source = {**answer, **inner} if isinstance(inner, Mapping) else answer
        reason = plain(source.get("reason") or source.get("type"))
        words = (source.get(key) for key in ("message", "error", "title", "detail"))
        message = next((plain(word) for word in words if isinstance(word, str) and word.strip()), "")
    elif isinstance(answer, str):
        message = plain(answer)
    else:
        message = plain(_without_tags(content.decode("utf-8", "replace")))
    kind = AccessDenied if status in (401, 403) else ApiError
    return kind("api", status=status, reason=reason, message=message)


def plain(value: Any, longest: int = LONGEST_WORDS) -> str:
    """Return text from outside on one line, shortened, control characters visible."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value.split())
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _without_tags(text: str) -> str:
    """Return the words of an HTML page; other text stays as it is."""
    if not re.search(r"<(!doctype|html|head|body|h1|p)\b", text, re.IGNORECASE):
        return text
    # What is never closed reaches to the end, so that no page takes longer than its length.
    text = re.sub(r"(?is)<(script|style|title)\b.*?(?:</\1\s*>|\Z)", " ", text)
    return unescape(re.sub(r"<[^>]*(?:>|\Z)", " ", text))
