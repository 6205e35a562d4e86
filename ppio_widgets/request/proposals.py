"""What a form says before anybody typed it: values that follow from the product and the template."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.choices import repository_and_tag, said_by
from ppio_widgets.request.draft import DEFAULTS, value_at
from ppio_widgets.request.pricing import is_cpu
from ppio_widgets.request.products import Wanted, least_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ppio_widgets.request.offers import Offer, Template
    from ppio_widgets.request.schema import Path

PRODUCT: Path = ("product_id",)
NAME: Path = ("name",)
IMAGE: Path = ("image",)
_MODE: Path = ("billing", "mode")
_GPUS: Path = ("resource", "gpu_num")
_DISK: Path = ("resource", "rootfs_size_gb")
# Where something may be proposed; what a person changes there is never proposed again.
PROPOSABLE: tuple[Path, ...] = (
    PRODUCT,
    NAME,
    IMAGE,
    ("registry_auth_id",),
    ("command",),
    ("entrypoint",),
    ("ports",),
    ("envs",),
    _MODE,
    _GPUS,
    _DISK,
    ("resource", "min_cuda_version"),
)

# Of a name what the image, and what the GPU says; with a number it is far from where a server may cut.
_LONGEST_PART = 12
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"-[0-9]{1,6}\Z", re.ASCII)
_BRANDS = frozenset({"nvidia", "geforce", "tesla", "quadro", "amd", "intel"})


def proposals(offer: Offer | None, template: Template | None) -> dict[Path, Any]:
    """Return the values that follow from a product and a template, as far as they are known; no name."""
    found: dict[Path, Any] = {path: value_at(DEFAULTS, path) for path in (_MODE, _GPUS, _DISK)}
    found |= said_by(template) if template is not None else {}
    if offer is not None:
        found[_GPUS] = offer.gpu_min or 1
        found[_DISK] = max(offer.rootfs_min_gb or 0, min(found[_DISK], offer.rootfs_max_gb or found[_DISK]))
    return found


def cheapest(offers: Iterable[Offer], template: Template | None, draft: Mapping[str, Any]) -> Offer | None:
    """Return what costs least for an hour of all that can be launched now with a template's disk.

    One whose disk is free comes before one where a part of it costs extra.
    """
    mode = str(value_at(draft, _MODE) or "")
    wanted = Wanted(type="cpu" if is_cpu(draft) else "gpu", mode=mode, in_stock=True)
    needed = (template.rootfs_size_gb if template is not None else None) or value_at(DEFAULTS, _DISK)
    fits = [
        offer
        for offer in wanted.found_in(offers)
        if least_cost(offer, mode) is not None and needed <= (offer.rootfs_max_gb or needed)
    ]
    free = (offer for offer in fits if needed <= (offer.rootfs_free_gb or 0))
    return next(free, fits[0] if fits else None)


def free_name(image: object, offer: Offer | None, is_taken: Callable[[str], bool]) -> str | None:
    """Return a name that nothing has, such as ``pytorch-a100-1``; None where nothing says what it is."""
    parts = filter(None, (_software(image), "" if offer is None else _hardware(offer)))
    stem = "-".join(parts)
    return numbered(stem, is_taken) if stem else None


def numbered(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return a name with the first number behind it that makes it free; one that it ends with gives way."""
    stem = _NUMBER.sub("", name)
    return next(found for number in count(1) if not is_taken(found := f"{stem}-{number}"))


def _software(image: object) -> str:
    repository, _tag = repository_and_tag(image) if isinstance(image, str) else ("", "")
    return _part(repository.rpartition("/")[2])


def _hardware(offer: Offer) -> str:
    """Return a GPU as people call it: its words to the first that has a number, without the maker's."""
    if offer.type == "cpu":
        return "cpu"
    words = [one for one in offer.gpu_name.casefold().split() if one not in _BRANDS]
    numbered = next((n for n, one in enumerate(words) if re.search("[0-9]", one)), 0)
    return _part("".join(words[: numbered + 1]))


def _part(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.casefold())[:_LONGEST_PART].strip("-")
