"""An image's address: what it may be written with, its tag, and the CUDA version that the tag names."""

from __future__ import annotations

import re
import unicodedata

# What people and vendors write in tags: cuda12.4, cuda-12.4.1, cu12.4 | cuda-12-1, cuda_12_1 |
# cu128, cuda118. A CUDA minor has had one digit so far. Something like "cuda12-3.10" or
# "nocuda12.4" is not taken for a version.
_MARK = r"(?<![a-z])cu(?:da)?"
_IN_TAG = re.compile(
    rf"{_MARK}[-_]?(?P<a>\d\d)\.(?P<b>\d)(?:\.\d+)?(?![\d.])"
    rf"|(?<![a-z])cuda(?P<sep>[-_])(?P<c>\d\d)(?P=sep)(?P<d>\d)(?![\d.])"
    rf"|{_MARK}(?P<e>\d\d)(?P<f>\d)(?![\d.])",
    re.IGNORECASE | re.ASCII,
)

# The tags of NVIDIA's own image begin with the version: 12.4.1-cudnn-devel-ubuntu22.04.
_NVIDIA = re.compile(r"(?:.*/)?nvidia/cuda", re.IGNORECASE)
_LEADING = re.compile(r"(?P<a>\d\d)\.(?P<b>\d)(?:\.\d+)?(?![\d.])", re.ASCII)

# Majors that are believable; 9 and older had one digit, and no machine here runs them.
_MAJORS = range(10, 20)


# What registries take (reference grammar of distribution, an OCI registry): host, repository, tag, digest.
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@[A-Za-z][A-Za-z0-9+._-]*:[0-9A-Fa-f]{32,}"
_ADDRESS = re.compile(rf"(?:{_HOST})?{_PART}(?:/{_PART})*(?:{_TAG})?(?:{_DIGEST})?")
_LONGEST = 500

_BLANKS_AT_MARKS = re.compile(r"\s*([:/@.])\s*")
_ENDS_A_SENTENCE = ".,;、"
_MARKS = str.maketrans({"。": ".", "∶": ":", ",": "."})


def can_be_address(image: str) -> bool:
    """Whether a text has only characters that an address may have: those of ASCII, and no blank."""
    return image.isascii() and not any(char.isspace() or not char.isprintable() for char in image)


def corrected_address(image: str) -> str | None:
    """Return the address that one with blanks or full-width marks was to be; None where that is open.

    A comma within it was to be a point, as no address has one.
    """
    if len(image) > _LONGEST or can_be_address(image):
        return None
    seen = "".join(char for char in image if unicodedata.category(char) != "Cf")
    plain = unicodedata.normalize("NFKC", seen).strip().rstrip(_ENDS_A_SENTENCE + "。").translate(_MARKS)
    address = _BLANKS_AT_MARKS.sub(r"\1", plain)
    return address if _ADDRESS.fullmatch(address) else None


def repository_and_tag(image: str) -> tuple[str, str]:
    """Return an address without tag and digest, and its tag (empty without one)."""
    address = image.partition("@")[0]
    head, slash, last = address.rpartition("/")  # a colon before it belongs to a registry's port
    name, _, tag = last.partition(":")
    return head + slash + name, tag


def has_digest(image: str) -> bool:
    """Whether an address names its image by content (``@sha256:…``), which never changes."""
    return "@" in image


def cuda_proposal(image: str) -> tuple[str, str] | None:
    """Return the CUDA version that an image's tag names, and the part of the tag that says so.

    None when the tag names none, or more than one.
    """
    repository, tag = repository_and_tag(image)
    found = list(_IN_TAG.finditer(tag))
    if not found and _NVIDIA.fullmatch(repository):
        found = [match for match in [_LEADING.match(tag)] if match]
    versions = {_version(match): match[0] for match in found}
    if len(versions) != 1:
        return None
    [(version, part)] = versions.items()
    return (version, part) if int(version.partition(".")[0]) in _MAJORS else None


def _version(match: re.Match[str]) -> str:
    major, minor = [text for name, text in match.groupdict().items() if name != "sep" and text is not None]
    return f"{major}.{minor}"
