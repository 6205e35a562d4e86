"""The only ways for text to become HTML or CSS."""

from __future__ import annotations

import html
import json

# The blank of Chinese text; Python counts it as not printable.
_WIDE_BLANK = "\u3000"


def visible(text: str) -> str:
    """Return text with control and direction characters spelled out as in JSON, so that none can act."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == _WIDE_BLANK else json.dumps(char)[1:-1] for char in text
    )


def esc(text: object) -> str:
    """Return text that is safe between tags and in quoted attributes."""
    return html.escape(visible(str(text)))


def css_string(text: str) -> str:
    """Return text as a CSS string inside a ``<style>`` element.

    All but a small allowlist is written as a hex escape, so that nothing can end
    the string, the rule or the element.
    """
    safe = "".join(
        char if char.isalnum() or char in " .,:-" else f"\\{ord(char):x} " for char in visible(text)
    )
    return f'"{safe}"'
