"""Text from outside, made harmless: what could act is spelled out as in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

# Hides in a text what may not be shown.
Mask = Callable[[str], str]

# Stands in a message for what it must not repeat.
UNSAID = "…"

# The blank of Chinese text; Python counts it as not printable.
_WIDE_BLANK = "\u3000"


def visible(text: str) -> str:
    """Return text with control and direction characters spelled out, so that none can act."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == _WIDE_BLANK else _spelt(char) for char in text)


def whole(text: str) -> str:
    """Return text with lone halves of characters spelled out: no message can carry one."""
    return text if text.isascii() else "".join(_spelt(char) if is_half(char) else char for char in text)


def is_half(char: str) -> bool:
    """Whether a character is a lone surrogate."""
    return "\ud800" <= char <= "\udfff"


def text_at(answer: Any, *path: str) -> str:
    """Return the text at a path of keys; empty for anything else."""
    for key in path:
        answer = answer.get(key) if isinstance(answer, Mapping) else None
    return answer if isinstance(answer, str) else ""


def _spelt(char: str) -> str:
    return json.dumps(char)[1:-1]
