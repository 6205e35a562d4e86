"""An image's address: what it may be written with, its tag, and the CUDA version that the tag names."""

from __future__ import annotations

import re

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
