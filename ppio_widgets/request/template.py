"""Filling a draft from a template, and what that would overwrite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.draft import value_at, with_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ppio_widgets.request.places import Template
    from ppio_widgets.request.schema import Path


@dataclass(frozen=True)
class Filling:
    """A template put over a draft.

    Attributes
    ----------
    draft : dict
        The new draft.
    fills : tuple of tuple
        Paths that were empty before.
    overwrites : tuple of tuple
        Paths whose value would be another one.
    """

    draft: dict[str, Any]
    fills: tuple[Path, ...]
    overwrites: tuple[Path, ...]


def fill(draft: Mapping[str, Any], template: Template) -> Filling:
    """Return what choosing a template would make of a draft; nothing is changed."""
    fills: list[Path] = []
    overwrites: list[Path] = []
    filled = dict(draft)
    for path, value in _values(template):
        before = value_at(draft, path)
        if before == value or str(before) == str(value):
            continue
        (fills if before in (None, "", [], ()) else overwrites).append(path)
        filled = with_value(filled, path, value)
    return Filling(filled, tuple(fills), tuple(overwrites))


def _values(template: Template) -> Iterator[tuple[Path, Any]]:
    """Yield what a template says; what it leaves open stays as it is."""
    yield from (
        ((name,), value)
        for name in ("image", "registry_auth_id", "command", "entrypoint")
        if (value := getattr(template, name))
    )
    if template.ports:
        yield ("ports",), [{"port": port, "protocol": protocol} for port, protocol in template.ports]
    if template.envs:
        yield ("envs",), [{"key": key, "value": value} for key, value in template.envs]
    if template.rootfs_size_gb is not None:
        yield ("resource", "rootfs_size_gb"), template.rootfs_size_gb
    if template.min_cuda_version:
        yield ("resource", "min_cuda_version"), template.min_cuda_version
