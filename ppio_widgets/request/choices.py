"""What a person picks: a product out of a table, what it allows, a template, the CUDA version of an image."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ppio_widgets.locale.columns import fitted, width
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import value_at, with_value
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import count_of, is_prepaid, percent_more, shown, times, whole_price
from ppio_widgets.request.schema import path_of
from ppio_widgets.runtime.times import read_span, span_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price, Template
    from ppio_widgets.request.schema import Path


# Which products fit, in what order, and the cells of each in a table


class Page(NamedTuple):
    """The products that are shown, so many of them `fitting`, of so many that were `found`."""

    shown: tuple[Offer, ...]
    fitting: int
    found: int


@dataclass(frozen=True)
class Wanted:
    """What a person looks for."""

    text: str = ""  # words that all have to occur in the id, the name or the GPU's name
    memory_gb: int = 0  # at least so much, see `memory_of`; 0: any
    region: str = ""  # empty, as mode and type: any
    mode: str = ""
    type: str = ""
    in_stock: bool = False  # only what can be launched now

    def found_in(self, offers: Iterable[Offer]) -> list[Offer]:
        """Return what fits: GPUs first, then what can be launched now, then what costs least."""
        words = self.text.casefold().split()
        return sorted((offer for offer in offers if self._fits(offer, words)), key=self._rank)

    def page(
        self, offers: Mapping[str, Offer], most: int, chosen: str = "", earlier: Sequence[str] = ()
    ) -> Page:
        """Return so many products that fit: those of `earlier` first, in that order.

        What is chosen is always among them, before the others where it does not fit.
        """
        found = self.found_in(offers.values())
        places = {one: number for number, one in enumerate(earlier)}
        found.sort(key=lambda offer: places.get(offer.id, len(places)))
        shown, fits = found[:most], {offer.id for offer in found}
        if chosen in offers and chosen not in [offer.id for offer in shown]:
            shown = [offers[chosen], *shown][:most]
        return Page(tuple(shown), sum(offer.id in fits for offer in shown), len(found))

    def _rank(self, offer: Offer) -> tuple[object, ...]:
        least = least_cost(offer, self.mode)
        return (offer.type == "cpu", not offer.available, least is None, least or 0, offer.id)

    def _fits(self, offer: Offer, words: list[str]) -> bool:
        known = f"{offer.id} {offer.name} {offer.gpu_name} {memory_of(offer) or ''}gb".casefold()
        return (
            all(word in known for word in words)
            and (not self.memory_gb or (memory_of(offer) or 0) >= self.memory_gb)
            and (not self.region or offer.sold_in(self.region))
            and (not self.type or self.type == offer.type)
            and (not self.mode or not offer.modes or self.mode in offer.modes)
            and (not self.in_stock or offer.available)
        )


def least_cost(offer: Offer, mode: str = "") -> Decimal | None:
    """Return what the smallest launch costs in an hour: eight times the price where only eights are sold."""
    price = _hourly(offer, mode)
    return None if price is None else price.final * (offer.gpu_min or 1)


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
    name = offer.title
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
    if not offer.allowed:
        parts.append(say("product.not_allowed"))
    elif not (offer.deployable and offer.purchasable):
        parts.append(say("product.blocked"))
    elif not offer.available:
        parts.append(say("product.sold_out"))
    return " · ".join(parts)


# The columns of the table and how wide each may get. Those between the first and the last are written in
# narrow characters alone: a wide one is as wide as the font likes.
_WIDEST = {"gpu": 20, "memory": 8, "on_demand": 11, "spot": 11, "free": 5, "host": 14, "regions": 0}
_ON_THE_RIGHT = ("memory", "on_demand", "spot", "free")
MOST_NAMED_REGIONS = 2
GAP = "  "  # between two columns
# A blank and a hyphen at which no line ends: a page too narrow for a row leaves out whole cells, never half
# of a price.
_BLANK, _HYPHEN = "\u00a0", "-\u2060"


class Column(NamedTuple):
    """A column of the table: its head, how many characters wide it is, and on which side its cells stand."""

    head: str
    width: int
    on_right: bool


class Table(NamedTuple):
    """A table of products: its columns, and a row of each product as one text; no two rows are the same.

    Between the first cell of a row and the others stands a tab, for a stop behind the first column.
    """

    columns: tuple[Column, ...]
    rows: tuple[str, ...]


def table(offers: Sequence[Offer], say: Words) -> Table:
    """Return a table of products."""
    kind = "cpu" if any(offer.type == "cpu" for offer in offers) else "gpu"
    head = {name: say.first(f"product.column.{name}@{kind}", f"product.column.{name}") for name in _WIDEST}
    rows = [{name: _on_one_line(cell) for name, cell in _cells(offer, say).items()} for offer in offers]
    for row in rows:
        row["gpu"] = fitted(row["gpu"], _WIDEST["gpu"])
        row["regions"] = _whole(row["regions"])
    names = Counter(row["gpu"] for row in rows)
    for offer, row in zip(offers, rows, strict=True):
        if names[row["gpu"]] > 1:  # told apart at the end, where there is room
            row["regions"] = f"{row['regions']}{GAP}{_whole(_on_one_line(offer.id))}".strip()
    columns = {}
    for name, most in _WIDEST.items():
        widest = max((width(row.get(name, "")) for row in rows), default=0)
        wide = max(width(head[name]), min(most, widest))  # the last one is as wide as the page leaves it
        columns[name] = Column(head[name], wide, name in _ON_THE_RIGHT)
    return Table(tuple(columns.values()), tuple(_line(row, columns) for row in rows))


def _on_one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _line(cells: Mapping[str, str], columns: Mapping[str, Column]) -> str:
    first, *between, _last = (_cell(cells[name], column) for name, column in columns.items() if name in cells)
    return f"{first.rstrip()}\t{GAP.join([*between, cells['regions']])}".rstrip()


def _cell(text: str, column: Column) -> str:
    cut = fitted(text, column.width)
    blanks = " " * (column.width - width(cut))
    return _whole(blanks + cut if column.on_right else cut + blanks)


def _whole(cell: str) -> str:
    return cell.replace(" ", _BLANK).replace("-", _HYPHEN)


def _cells(offer: Offer, say: Words) -> dict[str, str]:
    memory, least = memory_of(offer), offer.gpu_min or 1
    name = offer.title
    memory_gb = offer.memory_gb if offer.type != "cpu" else None  # of a CPU product it has a column
    host = filter(None, [f"{offer.cpu}" if offer.cpu else "", f"{memory_gb} GB" if memory_gb else ""])
    free = "" if offer.gpu_free is None else str(offer.gpu_free)
    why = ""
    if not offer.allowed:
        free, why = "–", say("product.not_allowed")
    elif not (offer.deployable and offer.purchasable):
        free, why = "–", say("product.not_sold")
    elif not offer.available:
        free, why = "0", say("product.sold_out")
    many = len(offer.regions) > MOST_NAMED_REGIONS
    regions = say("product.regions", n=len(offer.regions)) if many else ", ".join(offer.regions)
    cells = {
        "gpu": say("product.from", name=name, n=least) if least > 1 else name,
        "memory": f"{memory} GB" if memory else "",
        "on_demand": _amount(offer.postpaid, offer),
        "spot": _amount(offer.spot, offer),
        "free": free,
    }
    # Why it cannot be launched stands where every page has room, in the place of what it would have.
    return {**cells, "regions": why} if why else {**cells, "host": " · ".join(host), "regions": regions}


def _amount(price: Price | None, offer: Offer) -> str:
    return "–" if price is None else shown(price.final, offer.currency)


def _hourly(offer: Offer, mode: str) -> Price | None:
    return offer.spot if mode == BillingMode.SPOT else offer.postpaid


# What a product allows, and what it costs


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
