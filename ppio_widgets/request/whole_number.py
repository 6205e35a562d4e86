"""Whole numbers as people type them: ``20``, full-width digits, ``2.0``, ``1,000``, ``20 GB``.

What can be read in two ways is not read at all: a number is never another one than was meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ppio_widgets.request.schema import Path

# Why a text is no whole number: a fraction; two readings (1,5); a unit, or another one than GB;
# more than one port; and empty for what is no number at all.
Fault = Literal["fraction", "unclear", "unit", "gb", "port", ""]

# Signs as Chinese input methods write them (U+FF01 to U+FF5E), and what else stands for one.
_ASCII: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    0x3002: ".",
    0x2212: "-",
}

# At most as many digits as a 64-bit number has, so that int() cannot refuse. Behind a point three
# zeros could be thousands.
_LONGEST = 64
_DIGITS = r"[+-]?[0-9]{1,18}"
_THOUSANDS = r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5}"
_NO_FRACTION = r"(?:\.0{1,2}|\.0{4,18})?"
_QUANTITY = re.compile(rf"({_DIGITS}|{_THOUSANDS}){_NO_FRACTION}")
_GIGABYTES = re.compile(rf"({_DIGITS}|{_THOUSANDS}){_NO_FRACTION}\s*(?:GB?)?", re.IGNORECASE)
_PORT = re.compile(rf"({_DIGITS}){_NO_FRACTION}")

_SEVERAL = re.compile(r"[0-9]+\s*(?:[^0-9\s.]|\s)\s*[0-9].*")
_UNCLEAR = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}\.[0-9]{3}|[0-9]+(?:[.,][0-9]+)*,[0-9]+(?:[.,][0-9]+)*)")
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_WITH_UNIT = re.compile(r"[+-]?[0-9][0-9.,]*\s*[^\W\d_][^0-9]*")


def read_whole(text: str, path: Path) -> int | None:
    """Return the number that a text says; None when it says none, or not for certain.

    Parameters
    ----------
    text : str
    path : tuple
        Of the field that it is for: only a size in GB takes its unit, and in a port a comma
        stands between two of them.
    """
    form = _GIGABYTES if _is_gigabytes(path) else _PORT if _is_port(path) else _QUANTITY
    found = form.fullmatch(_plain(text))
    return int(found[1].replace(",", "")) if found else None


def why_not_whole(text: str, path: Path) -> Fault:
    """Return why `read_whole` reads no number from a text; empty where it does."""
    if read_whole(text, path) is not None:
        return ""
    plain = _plain(text)[:_LONGEST]
    if _is_port(path) and _SEVERAL.fullmatch(plain):
        return "port"
    if _UNCLEAR.fullmatch(plain):
        return "unclear"
    if _FRACTION.fullmatch(plain):
        return "fraction"
    if _WITH_UNIT.fullmatch(plain):
        return "gb" if _is_gigabytes(path) else "unit"
    return ""


def _plain(text: str) -> str:
    return text.translate(_ASCII).strip()


def _is_gigabytes(path: Path) -> bool:
    return str(path[-1]).endswith("_gb")


def _is_port(path: Path) -> bool:
    return path[-1] == "port"
