"""Text from outside, made harmless: what could act is spelled out as in JSON."""

from __future__ import annotations

import json

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


def _spelt(char: str) -> str:
    return json.dumps(char)[1:-1]
