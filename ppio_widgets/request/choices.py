"""What a person picks: a product that fits, what it allows, a template, the CUDA version of an image."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.draft import value_at, with_value
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price, Template
    from ppio_widgets.request.schema import Path

# So many rows a list shows; more are found by narrowing the filter.
MOST_MATCHES = 50


@dataclass(frozen=True)
class Wanted:
    """What a person looks for."""

    text: str = ""  # words that all have to occur in the id, the name or the GPU's name
    memory_gb: int = 0  # at least so much, see `memory_of`; 0: any
    region: str = ""  # empty, as mode and type: any
    mode: str = ""
    type: str = ""

    def found_in(self, offers: Sequence[Offer]) -> list[Offer]:
        """Return what fits: GPUs first, then what can be launched now, then the cheapest."""
        words = self.text.casefold().split()
        return sorted((offer for offer in offers if self._fits(offer, words)), key=self._rank)

    def _rank(self, offer: Offer) -> tuple[object, ...]:
        price = _hourly(offer, self.mode)
        cost = (price is None, price.final if price is not None else 0)
        return (offer.type == "cpu", not offer.available, cost, offer.id)

    def _fits(self, offer: Offer, words: list[str]) -> bool:
        known = f"{offer.id} {offer.name} {offer.gpu_name} {memory_of(offer) or ''}gb".casefold()
        return (
            all(word in known for word in words)
            and (not self.memory_gb or (memory_of(offer) or 0) >= self.memory_gb)
            and (not self.region or offer.sold_in(self.region))
            and (not self.type or self.type == offer.type)
            and (not self.mode or not offer.modes or self.mode in offer.modes)
        )


def memory_of(offer: Offer) -> int | None:
    """Return the GB of memory that a product is chosen by: of one GPU, or of a CPU product."""
    return offer.memory_gb if offer.type == "cpu" else offer.gpu_memory_gb


def closest_offer(text: str, offers: Sequence[Offer]) -> Offer | None:
    """Return the product that was likely meant by an id that is not there, or by a name."""
    named = Wanted(text).found_in(offers)
    if named:
        return named[0]
    by_id = {offer.id.casefold(): offer for offer in offers}
    close = difflib.get_close_matches(text.casefold(), by_id, 1)
    return by_id[close[0]] if close else None


def offer_row(offer: Offer, mode: str, say: Words) -> str:
    """Return a product as one line: ``A100 80 GB · 8 GPU max · 6 free · ¥12.60/h``."""
    name = offer.gpu_name or offer.name or offer.id
    memory = f"{offer.gpu_memory_gb} GB" if offer.gpu_memory_gb else ""
    parts = [f"{name} {memory}".strip() if memory not in name else name]
    if offer.type == "cpu":
        parts += [say("product.cores", n=offer.cpu)] if offer.cpu else []
        parts += [say("product.host_memory", n=offer.memory_gb)] if offer.memory_gb else []
    if offer.gpu_max is not None:
        parts.append(say("product.max", n=offer.gpu_max))
    if offer.gpu_free is not None:
        parts.append(say("product.free", n=offer.gpu_free))
    price = _hourly(offer, mode)
    known = "" if price is None else shown(price.final, offer.currency)
    parts.append(say("product.price", price=known) if known else say("product.no_price"))
    if not (offer.deployable and offer.purchasable):
        parts.append(say("product.blocked"))
    elif not offer.available:
        parts.append(say("product.sold_out"))
    return " · ".join(parts)


def limits(offer: Offer, say: Words) -> dict[str, str]:
    """Return what a product allows, in a few words for each field that it bounds."""
    found: dict[str, str] = {}
    if span := _span(offer.gpu_min, offer.gpu_max):
        free = "" if offer.gpu_free is None else say("product.free", n=offer.gpu_free)
        found["resource.gpu_num"] = say("product.limits", span=span, free=free) if free else span
    elif offer.type == "cpu":
        found["resource.gpu_num"] = say("product.cpu_count")
    if span := _span(offer.rootfs_min_gb, offer.rootfs_max_gb, " GB"):
        free = "" if offer.rootfs_free_gb is None else say("product.disk_free", n=offer.rootfs_free_gb)
        found["resource.rootfs_size_gb"] = say("product.limits", span=span, free=free) if free else span
    if offer.modes:
        found["billing.mode"] = ", ".join(offer.modes)
    if offer.prepaid:
        found["billing.prepaid.months"] = ", ".join(str(months) for months in sorted(offer.prepaid))
    return found


def _span(low: int | None, high: int | None, unit: str = "") -> str:
    if low is None and high is None:
        return ""
    return f"{'' if low is None else low}–{'' if high is None else high}{unit}"


def _hourly(offer: Offer, mode: str) -> Price | None:
    return offer.spot if mode == BillingMode.SPOT else offer.postpaid


# What people and vendors write in tags: cuda12.4, cuda-12.4.1, cu12.4 | cuda-12-1, cuda_12_1 |
# cu128, cuda118. A CUDA minor has had one digit so far. Something like "cuda12-3.10" or
# "nocuda12.4" is not taken for a version.
_MARK = r"(?<![a-z])cu(?:da)?"
_IN_TAG = re.compile(
    rf"{_MARK}[-_]?(\d\d)\.(\d)(?:\.\d+)?(?![\d.])"
    rf"|(?<![a-z])cuda(?:-(\d\d)-|_(\d\d)_)(\d)(?![\d.])"
    rf"|{_MARK}(\d\d)(\d)(?![\d.])",
    re.IGNORECASE | re.ASCII,
)

# The tags of NVIDIA's own image begin with the version: 12.4.1-cudnn-devel-ubuntu22.04.
_NVIDIA = re.compile(r"(?:.*/)?nvidia/cuda", re.IGNORECASE)
_LEADING = re.compile(r"\A(\d\d)\.(\d)(?:\.\d+)?(?![\d.])", re.ASCII)

# Majors that are believable; 9 and older had one digit, and no machine here runs them.
_MAJORS = range(10, 20)


def repository_and_tag(image: str) -> tuple[str, str]:
    """Return an address without tag and digest, and its tag (empty without one)."""
    address = image.partition("@")[0]
    head, slash, last = address.rpartition("/")  # a colon before it belongs to a registry's port
    name, _, tag = last.partition(":")
    return head + slash + name, tag


def cuda_proposal(image: str) -> tuple[str, str] | None:
    """Return the CUDA version that an image's tag names, and the part of the tag that says so.

    None when the tag names none, or more than one.
    """
    repository, tag = repository_and_tag(image)
    found = list(_IN_TAG.finditer(tag))
    if not found and _NVIDIA.fullmatch(repository):
        found = list(_LEADING.finditer(tag))
    versions = {tuple(filter(None, match.groups())): match[0] for match in found}
    if len(versions) != 1:
        return None
    [((major, minor), part)] = versions.items()
    return (f"{major}.{minor}", part) if int(major) in _MAJORS else None


@dataclass(frozen=True)
class Filling:
    """A template put over a draft: the new draft, what was empty, and what would be another value."""

    draft: dict[str, Any]
    fills: tuple[Path, ...]
    overwrites: tuple[Path, ...]


def fill(draft: Mapping[str, Any], template: Template) -> Filling:
    """Return what choosing a template would make of a draft; what it leaves open stays as it is."""
    said: dict[Path, Any] = {
        ("image",): template.image,
        ("registry_auth_id",): template.registry_auth_id,
        ("command",): template.command,
        ("entrypoint",): template.entrypoint,
        ("ports",): [{"port": port, "protocol": protocol} for port, protocol in template.ports],
        ("envs",): [{"key": key, "value": value} for key, value in template.envs],
        ("resource", "rootfs_size_gb"): template.rootfs_size_gb,
        ("resource", "min_cuda_version"): template.min_cuda_version,
    }
    fills: list[Path] = []
    overwrites: list[Path] = []
    filled = dict(draft)
    for path, value in said.items():
        before = value_at(draft, path)
        if value in (None, "", []) or str(before) == str(value):
            continue
        (fills if before in (None, "", [], ()) else overwrites).append(path)
        filled = with_value(filled, path, value)
    return Filling(filled, tuple(fills), tuple(overwrites))
