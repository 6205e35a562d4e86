"""The only ways for text to become HTML or CSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ppio_widgets.cloud.instances import is_web
from ppio_widgets.locale.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.locale.words import Words

# Classes by which front ends leave an HTML output's ``$…$`` alone: a formula can hold a link.
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"


def esc(text: object) -> Markup:
    """Return text that is safe between tags and in quoted attributes; what is HTML already stays."""
    return text if isinstance(text, Markup) else escape(visible(str(text)))


def html(pattern: str, *parts: object) -> Markup:
    """Return HTML of ours with texts in the places of its ``{}``."""
    return Markup(pattern).format(*map(esc, parts))  # noqa: S704 - the pattern is a literal of ours


def each(pattern: str, parts: Iterable[object]) -> Markup:
    """Return HTML of ours once for each text."""
    return Markup("").join(html(pattern, one) for one in parts)


def link(address: str, name: str = "") -> Markup:
    """Return an address as a link that opens beside the notebook; anything else as text."""
    if not is_web(address):
        return esc(address)
    return html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', address, name or address)


def named(label: object, text: object, say: Words) -> Markup:
    """Return a text, or HTML, behind its label."""
    return Markup(say("problem.named", name=esc(label), text=esc(text)))  # noqa: S704 - both are escaped


def css_string(text: str) -> str:
    """Return text as a CSS string inside a ``<style>`` element.

    All but a small allowlist is written as a hex escape, so that nothing can end
    the string, the rule or the element.
    """
    safe = "".join(
        char if char.isalnum() or char in " .,:-" else f"\\{ord(char):x} " for char in visible(text)
    )
    return f'"{safe}"'
