"""The teacher's page: a document that holds no data and no key; a browser fills it with what it is told.

One file with its style and its script in it, so that it works offline and below any path; its policy lets
nothing else run and no other server be asked. The same data as a table for a spreadsheet is the export.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.classroom.cloud import MOST_TIMES, MOST_YUAN
from ppio_widgets.practice.failures import verbs
from ppio_widgets.runtime.times import LONGEST_SPAN

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# But for a balance below zero, which is a number there too.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# What the script fills in.
_FILLED = ("all", "h", "m", "n", "price", "rate", "sum", "time", "verb", "what", "who", "words")
# The fields at fault for which the page has words of its own, and what it may be asked for at most.
_WRONG = ("notice", "seconds", "student", "times", "yuan")
_LIMITS = {"days": f"{LONGEST_SPAN / 86400:g}", "most_times": MOST_TIMES, "most_yuan": MOST_YUAN}


@cache
def _document() -> tuple[str, str]:
    """Return the document, and the policy that allows its own style and script."""
    here = Path(__file__)
    frame, style, script = (
        here.with_suffix(f".{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    names = [key.removeprefix("teacher.") for key in sorted(words("en").keys()) if key.startswith("teacher.")]
    filled = {part: f"{{{part}}}" for part in _FILLED}
    said = {
        language: {
            **{name: words(language)(f"teacher.{name}", **filled) for name in names},
            **{f"wrong.{field}": words(language)(f"wrong.{field}", **_LIMITS) for field in _WRONG},
            **{f"verb.{verb}": words(language)(f"verb.{verb}") for verb in verbs()},
        }
        for language in LANGUAGES
    }
    # No text can end the element that it stands in.
    told = json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")
    parts = {"style": style, "script": script, "words": told}
    text = re.sub(r"\{(style|script|words)\}", lambda found: parts[found[1]], frame)
    policy = (
        f"default-src 'none'; connect-src 'self'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text, policy


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page() -> httpx.Response:
    """Return the page as an answer; it is the same for everybody, and nobody keeps or frames it."""
    text, policy = _document()
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return httpx.Response(200, headers=headers, html=text)


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def sheet(state: Mapping[str, Any]) -> str:
    """Return what the page shows as CSV: a line for each student, exercises as 1 or 0.

    It begins with a mark by which Excel reads Chinese names as what they are.
    """
    exercises = [one["id"] for one in state["lesson"]["exercises"]]
    text = io.StringIO("\ufeff")
    text.seek(0, io.SEEK_END)
    rows = csv.writer(text)
    rows.writerow(["student", "name", "spent", "left", "on", *exercises, "last_error"])
    for one in state["students"]:
        passed = [int(bool(one["exercises"].get(key))) for key in exercises]
        error = (one["last_error"] or {}).get("reason", "")
        cells = [one["student"], one["name"], one["spent"], one["left"], len(one["on"]), *passed, error]
        rows.writerow(map(_cell, cells))
    return text.getvalue()
