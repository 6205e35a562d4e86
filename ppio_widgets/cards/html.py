"""The only ways for text to become HTML or CSS."""

from __future__ import annotations

import html

from ppio_widgets.cloud.instances import is_web
from ppio_widgets.locale.text import visible


def esc(text: object) -> str:
    """Return text that is safe between tags and in quoted attributes."""
    return html.escape(visible(str(text)))


def link(address: str, name: str = "") -> str:
    """Return an address as a link that opens beside the notebook; anything else as text."""
    text = esc(address)
    if not is_web(address):
        return text
    return f'<a href="{text}" target="_blank" rel="noopener noreferrer">{esc(name) or text}</a>'


def css_string(text: str) -> str:
    """Return text as a CSS string inside a ``<style>`` element.

    All but a small allowlist is written as a hex escape, so that nothing can end
    the string, the rule or the element.
    """
    safe = "".join(
        char if char.isalnum() or char in " .,:-" else f"\\{ord(char):x} " for char in visible(text)
    )
    return f'"{safe}"'
