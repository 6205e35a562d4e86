"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
# Those that no site is made of.
LOOSE = (README, DOCS / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")

_FENCE = re.compile(r"^(`{3,})(.*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_PLACE = re.compile(r"<a id=\"(.*?)\">")


def pages(language: str) -> dict[str, Path]:
    """Return the pages of a language by their path, in the order of that."""
    folder = DOCS / language
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.md"))}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: their language, and what is in them."""
    return [(kind, content) for _fence, kind, content in _FENCE.findall(text_of(page))]


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return _FENCE.sub("", text_of(page))


def links(page: Path) -> list[str]:
    """Return where the links and pictures of a page lead, but for other sites."""
    return [link for link in _LINK.findall(prose(page)) if not re.match(r"\w+:", link)]


def anchors(page: Path) -> set[str]:
    """Return the places of a page that a link may name: its headings, as on GitHub, and what is marked."""
    headings = (re.sub(r"[^\w\- ]", "", heading.strip().lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings} | set(_PLACE.findall(text_of(page)))
