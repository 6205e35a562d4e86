"""What a person picks: what a product allows, a template, the CUDA version of an image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.draft import value_at, with_value
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import count_of, is_prepaid, percent_more, shown, times, whole_price
from ppio_widgets.request.schema import path_of
from ppio_widgets.runtime.times import read_span, span_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Template
    from ppio_widgets.request.schema import Path


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
    return found


_COUNTS = (1, 2, 4, 8)


def gpu_counts(offer: Offer | None, _body: Mapping[str, Any], _say: Words) -> list[tuple[str, str]]:
    """Return how many GPUs an instance usually has, as far as the product allows it."""
    least, most = (offer.gpu_min or 1, offer.gpu_max or 8) if offer is not None else (1, 8)
    if offer is not None and offer.type == "cpu":
        most = least
    counts = sorted(
        {least, *(n for n in _COUNTS if least <= n <= most), *([most] if least <= most <= 8 else [])}
    )
    return [(str(n), str(n)) for n in counts]


def billing_modes(offer: Offer | None, body: Mapping[str, Any], say: Words) -> list[tuple[str, str]]:
    """Return the billing modes that the product is sold in, each with what tells it from the others."""
    found = []
    for mode in BillingMode:
        if offer is None or not offer.modes or mode in offer.modes:
            note = "" if offer is None else _mode_note(offer, mode, body, say)
            found.append((f"{say(f'payment.{mode}')} {note}".strip(), mode.value))
    return found


def _mode_note(offer: Offer, mode: BillingMode, body: Mapping[str, Any], say: Words) -> str:
    gpus, hourly = count_of(offer, body), offer.postpaid
    if mode is BillingMode.SPOT and offer.spot is not None and hourly is not None and hourly.final:
        share = percent_more(offer.spot.final, hourly.final)
        return say("payment.share", share=f"{share:+d}".replace("-", "−")) if share else ""
    if mode is BillingMode.POSTPAID and hourly is not None and gpus is not None:
        return say("product.price", price=shown(times(hourly.final, gpus), offer.currency))
    if mode is BillingMode.PREPAID and 1 in offer.prepaid and gpus is not None:
        return say("payment.month", price=shown(times(offer.prepaid[1].final, gpus), offer.currency))
    return ""


def month_counts(offer: Offer | None, body: Mapping[str, Any], _say: Words) -> list[tuple[str, str]]:
    """Return for how many months a product is sold, each with its total."""
    if offer is None or not offer.prepaid:
        return [(str(n), str(n)) for n in (1, 3, 6, 12)]
    gpus = count_of(offer, body)
    if gpus is None:
        return [(str(n), str(n)) for n in sorted(offer.prepaid)]
    return [
        (f"{n} · {shown(times(price.final, gpus), offer.currency)}", str(n))
        for n, price in sorted(offer.prepaid.items())
    ]


# Times after which people have their instance stopped, and the hours of a night.
_STOPS = ("1h", "3h", "8h")
NIGHT_HOURS = 12


def stops(offer: Offer | None, body: Mapping[str, Any], say: Words) -> list[tuple[str, str]]:
    """Return when an instance may be stopped by itself; beside "never" stands what a night would cost."""
    hourly = None if is_prepaid(body) else whole_price(offer, body)
    never = say("stop.never")
    if offer is not None and hourly is not None:
        never = say("stop.night", price=shown(times(hourly, NIGHT_HOURS), offer.currency), n=NIGHT_HOURS)
    after = [(say("stop.after", span=span_words(read_span(span), say)), span) for span in _STOPS]
    return [(never, ""), *after]


# The fields of which there are a few usual values.
SEGMENTS: Mapping[str, Callable[[Offer | None, Mapping[str, Any], Words], list[tuple[str, str]]]] = {
    "resource.gpu_num": gpu_counts,
    "billing.mode": billing_modes,
    "billing.prepaid.months": month_counts,
}


# What stands for a row of a list where it is told in a word; never the value of a variable.
_SUBJECTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "ports": lambda row: "/".join(str(row[part]) for part in ("port", "protocol") if part in row),
    "envs": lambda row: row.get("key"),
    "volumes": lambda row: row.get("mount_point") or row.get("id"),
}
# What says little by itself, and texts that may hold anything: that there is one is said, not what.
_NOT_SUMMED_UP = ("tools.jupyter.protocol", "auto_migrate.include_system_disk", "network.ip")
_ONLY_THAT = ("entrypoint", "command")
MOST_ROWS = 3
LONGEST_SUMMARY = 60


def summary(
    names: Sequence[str], body: Mapping[str, Any], say: Words, hide: Callable[[str], str] = str
) -> str:
    """Return what a body says in some of its fields and lists, in a few words; no value of a variable.

    `hide` takes secrets out of the words before they are cut: half of one would be known by nobody.
    """
    told = [_summed_up(name, value_at(body, path_of(name)), say) for name in names]
    text = hide(" · ".join(filter(None, told)))
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1]}…"


def _summed_up(name: str, value: Any, say: Words) -> str:
    """Return what is said of one field or list; empty where it says nothing."""
    if value in (None, "", [], (), {}, False) or name in _NOT_SUMMED_UP:
        return ""
    if isinstance(value, list | tuple):
        subject = _SUBJECTS.get(name)
        words = [subject(row) if subject and isinstance(row, Mapping) else row for row in value]
        known = [str(word) for word in words if word and not isinstance(word, Mapping)]
        more = len(value) - len(known[:MOST_ROWS])
        told = ", ".join(known[:MOST_ROWS])
        shown = f"{told} +{more}" if told and more else told or str(len(value))
    else:
        shown = "" if value is True or name in _ONLY_THAT else str(value)
    key = f"summary.{name}"
    if key in say:
        return say(key, value=shown)
    return f"{say.first(f'list.{name}', f'field.{name}')} {shown}".strip()


def _span(low: int | None, high: int | None, unit: str = "") -> str:
    if low is None and high is None:
        return ""
    return f"{'' if low is None else low}–{'' if high is None else high}{unit}"


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


def said_by(template: Template) -> dict[Path, Any]:
    """Return what a template says, as a draft has it; nothing of what it leaves open."""
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
    return {path: value for path, value in said.items() if value not in (None, "", [])}


def fill(draft: Mapping[str, Any], template: Template) -> Filling:
    """Return what choosing a template would make of a draft; what it leaves open stays as it is."""
    fills: list[Path] = []
    overwrites: list[Path] = []
    filled = dict(draft)
    for path, value in said_by(template).items():
        before = value_at(draft, path)
        if str(before) == str(value):
            continue
        (fills if before in (None, "", [], ()) else overwrites).append(path)
        filled = with_value(filled, path, value)
    return Filling(filled, tuple(fills), tuple(overwrites))


def offered(templates: Sequence[Template], *, strangers: bool = False) -> list[Template]:
    """Return the templates to choose from: official ones first, then the account's own.

    A community image is the code of somebody whom nobody here knows: it is offered only to who asks for it.
    """
    ranks = {"official": 0, "private": 1}
    known = [one for one in templates if strangers or one.visibility in ranks]
    return sorted(known, key=lambda one: ranks.get(one.visibility, len(ranks)))
