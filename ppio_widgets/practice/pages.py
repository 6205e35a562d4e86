"""The pages behind a pretend machine's addresses: what would be its Jupyter, and its logs.

Served on loopback they open in a browser; inside a process nothing does.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from ppio_widgets.locale import words
from ppio_widgets.practice.refused import Refused

if TYPE_CHECKING:
    from ppio_widgets.practice.cloud import PracticeCloud

_PAGE = re.compile(r"/machines/([0-9a-f]+)/(jupyter|log/instance|log/system)")
_HOST = re.compile(r"([0-9a-f]+)\.[\w.-]+\.practice\.invalid")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost):[0-9]+")


def served_at(host: str) -> str:
    """Return the base address of the pages, when they can be reached at all."""
    return f"http://{host}" if _LOOPBACK.fullmatch(host) else ""


def page(cloud: PracticeCloud, path: str, host: str) -> tuple[int, str] | None:
    """Return status and HTML of a machine's page; None for a path that is none."""
    found = _PAGE.fullmatch(path) or _HOST.fullmatch(host)
    if found is None:
        return None
    say = words()
    try:
        up = cloud.is_up(found[1])
    except Refused:
        return 404, _html(say("practice.no_machine"))
    return (200, _html(say("practice.page", id=found[1]))) if up else (502, _html(say("practice.booting")))


def _html(text: str) -> str:
    return f"<!doctype html><meta charset=utf-8><title>{escape(text)}</title><p>{escape(text)}</p>"
