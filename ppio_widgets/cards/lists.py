"""Lists as cards: instances, products, storages, students of a class, what a launch said on the wire."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from markupsafe import Markup

from ppio_widgets.cards.card import Card, Fact, Part, Table
from ppio_widgets.cards.html import NO_FORMULAS, css_string, each, html
from ppio_widgets.cloud.answers import plain, status_words
from ppio_widgets.cloud.instances import is_ssh_command, is_web
from ppio_widgets.errors import PpioError
from ppio_widgets.instances.listing import kind_of
from ppio_widgets.locale.words import Span
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.price_text import months_words
from ppio_widgets.runtime.times import local_zone, moment_words, table_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.cloud.http import WireEntry
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.cloud.resources import Bill, Charge
    from ppio_widgets.instances.listing import Board, Row
    from ppio_widgets.launches.launch import Wire
    from ppio_widgets.launches.plan import Products, Storages
    from ppio_widgets.locale.words import Words
    from ppio_widgets.practice.classroom.teacher import Progress, StudentProgress
    from ppio_widgets.request.offers import Offer, Price, Storage

LONGEST_CELL = 40
# Of a body or an answer on the wire.
MOST_LINES = 80


def board_card(board: Board, say: Words) -> Card:
    """Return instances as a card."""
    return Card(board.head(say), table=instance_table(board, say))


def products_card(products: Products, say: Words) -> Card:
    """Return products as a card."""
    rows = [_product(offer, say) for offer in products.offers]
    return Card(products.head(say), table=_table("products", rows, say))


def storages_card(storages: Storages, say: Words) -> Card:
    """Return network storages as a card, with what mounts one."""
    rows = [_storage(one, say) for one in storages.storages]
    facts = (Fact("", say("storages.mount")),) if rows else ()
    return Card(storages.head(say), table=_table("storages", rows, say), facts=facts)


def bill_card(bill: Bill, say: Words) -> Card:
    """Return what an account was charged as a card: the sum, and what each instance comes to."""
    until = moment_words(bill.until, 0.0)
    total = pricing.charged(bill.total, bill.currency)
    key = "bill.head" if bill.charges else "bill.none"
    rows = [_billed(charges, bill, say) for charges in bill.by_instance()]
    facts = [] if bill.practice else [Fact("", say("bill.late"))]
    if bill.bought_before:
        before = pricing.charged(bill.bought_before, bill.currency)
        facts.append(Fact("", say("bill.before", total=before)))
    span = Span(86400.0 * ceil((bill.until - bill.since) / 86400)).sentence(say)  # its rows are days
    title = say(key, total=total, span=span, moment=until)
    return Card(title, table=_table("bill", rows, say), facts=tuple(facts))


def _billed(charges: tuple[Charge, ...], bill: Bill, say: Words) -> dict[str, str]:
    """Return the cells of what one instance was charged for one product."""
    first = charges[0]
    known = [one.seconds for one in charges if one.seconds is not None]
    span = Span(float(sum(known))).sentence(say) if len(known) == len(charges) else "–"
    return {
        "name": plain(bill.names.get(first.instance, ""), LONGEST_CELL) or "–",
        "id": plain(first.instance, LONGEST_CELL),
        "product": plain(first.product, LONGEST_CELL),
        "billed": _months(first, bill, say) if first.bought else span,
        "amount": pricing.charged(sum((one.amount for one in charges), Decimal(0)), bill.currency),
    }


def _months(bought: Charge, bill: Bill, say: Words) -> str:
    """Return since when months are paid, and how many: of a live bill, whose rows nobody saw, not that."""
    moment = moment_words(bought.begins, 0.0)
    count, rest = divmod(bought.ends - bought.begins, pricing.HOURS_PER_MONTH * 3600)
    if not bill.practice or rest or count < 1:
        return say("bill.months", moment=moment)
    return say("bill.months_known", months=months_words(count, say), moment=moment)


def wire_card(wire: Wire, say: Words) -> Card:
    """Return what was on the wire as a card: each request, and what came of it."""
    title = say("wire.title", n=len(wire)) if wire else say("wire.none")
    told = "\n\n".join("\n".join(_entry(one, say)) for one in wire)
    return Card(title, code=told).without_secrets(say)


def _entry(entry: WireEntry, say: Words) -> Iterator[str]:
    """Yield the lines of a request and of its answer, as they are on the wire."""
    yield f"{entry.method} {entry.target} HTTP/1.1"
    yield from (f"{name}: {value}" for name, value in entry.headers)
    if entry.body is not None:
        yield from ("", *_content(entry.body, say))
    times = " · ".join(say(f"wire.{event}", ms=f"{ms:g}") for event, ms in entry.events)
    status = say("wire.status", status=entry.status) if entry.status else ""
    yield from ("", " · ".join(filter(None, [status or say("wire.failed", kind=entry.failure), times])))
    if entry.answer is not None:
        yield from _content(entry.answer, say)
    elif entry.size:
        yield say("wire.large", n=entry.size)


def _content(value: object, say: Words) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    lines = text.split("\n")
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([say("preview.more_lines", n=more)] if more > 0 else [])]


def class_card(progress: Progress, say: Words) -> Card:
    """Return where each student of a class stands."""
    on = sum(len(one.on) for one in progress.students)
    told = {"lesson": plain(progress.lesson), "n": len(progress.students), "on": on}
    # With its day: a class jumps from one to the next.
    when = {"time": moment_words(progress.now, 0), "rate": f"{progress.rate:g}"}
    rows = [_progress(one, progress.exercises, say) for one in progress.students]
    return Card(
        say("classroom.title", **told, **when),
        parts=(Part(say("teacher.waiting", what=_waiting(progress, say))),) if progress.waiting else (),
        table=replace(_table("teacher", rows, say), more="preview.more"),
    )


def instance_table(board: Board, say: Words) -> Table:
    """Return a row for each instance."""
    return _table("board", [_instance(one, board, say) for one in board.instances], say)


def costliest(board: Board, say: Words, most: int) -> Table:
    """Return a row for each of so many instances, in the order of the live board: by what costs."""
    found = board.found()
    table = _table("board", [_instance(one, board, say) for one in found[:most]], say)
    return replace(table, more="preview.more", cut=len(found[most:]))


_COLUMNS = ("status", "name", "product", "region", "rate", "cost", "since", "stops", "ways")

_LABELLED = ((5, "rate"), (6, "cost"), (7, "since"), (8, "stops"))


def board_heads(board: Board, say: Words) -> Markup:
    """Return the heads of the live rows; its title names what chooses them all."""
    words = (say(f"board.{name}", zone=local_zone(board.now)) for name in _COLUMNS)
    return _cells(say("board.choose_all"), each("<i>{}</i>", words))


def board_labels(say: Words) -> Markup:
    """Return what names the cells of a row, as a stylesheet: where it is narrow, no heads are above them."""
    labels = ((place, css_string(say(f"board.label.{name}"))) for place, name in _LABELLED)
    rules = "".join(
        f".ppw-line .ppw-cells>:nth-child({place})::before{{content:{text}}}" for place, text in labels
    )
    return Markup(f"<style>@container (max-width:899px){{{rules}}}</style>")  # noqa: S704 - escaped above


def board_row(row: Row, board: Board, say: Words) -> Markup:
    """Return an instance as the label of its live row; its title is its short name.

    A constant script makes buttons of what can be copied: a label takes no other HTML than this.
    """
    one, offer = row.seen, board.offers.get(row.seen.product_id)
    kind, status = kind_of(one), plain(status_words(one.status, say), LONGEST_CELL)
    name = plain(one.name or one.id, LONGEST_CELL)
    if not row.there:
        kind, status = "off", say("board.gone")
    rate = board.rates.get(one.id)
    cost = one.cost_so_far(offer, board.counted)
    currency = offer.currency if offer else ""
    gpu = plain(one.product_name(offer), LONGEST_CELL)
    since = (one.started_at or one.created_at) if one.is_on else one.stopped_at
    cells = (
        _money(rate, currency) if row.there and one.id in board.rates else _unbilled(row, say),
        _so_far(cost, currency) if row.there else "–",
        table_moment(since, board.now) if since else "?",
        _stops(row, board.now, say),
    )
    return _cells(
        say("board.row", name=name, status=status),
        html("<em class='ppw-state ppw-{}'>{}</em><b title='{}'>{}</b>", kind, status, plain(one.id), name),
        each("<i>{}</i>", (f"{one.gpu_num} × {gpu}" if one.gpu_num else gpu, plain(one.region))),
        each("<i>{}</i>", cells),
        html("<i>{}</i>", _ways_in(one, say) if row.there and one.is_on else ""),
        _told(row, say),
    )


def _cells(title: str, *cells: Markup) -> Markup:
    """Return cells as a label without formulas: in those, text from elsewhere could be a link."""
    whole = html("<span class='ppw-cells {}' title='{}'>{}</span>", NO_FORMULAS, title, Markup().join(cells))
    # As characters, so that no front end takes what stands between two of them out of its sanitizer.
    return Markup(str(whole).replace("$", "&#36;").replace("\\", "&#92;"))  # noqa: S704 - both are escaped


def _money(amount: Decimal | None, currency: str) -> str:
    return "?" if amount is None else pricing.shown(amount, currency)


def _so_far(cost: Decimal | None, currency: str) -> str:
    return "?" if cost is None else f"≈ {pricing.shown(cost, currency)}"


def _unbilled(row: Row, say: Words) -> str:
    """Return why nothing is billed by the hour."""
    return say("board.paid") if row.there and row.seen.is_on else "–"


def _stops(row: Row, now: float, say: Words) -> str:
    """Return when an instance ends by itself, as far as is known here."""
    one = row.seen
    if not row.there or not one.is_on:
        return "–"
    if row.stops_at:
        return table_moment(row.stops_at, now)
    if one.mode != BillingMode.PREPAID:
        return say("board.never")
    if not one.ends_at:
        return "?"
    key = {True: "board.renews", False: "board.ends", None: "board.may_renew"}[one.renews]
    return say(key, moment=table_moment(one.ends_at, now))


def _ways_in(one: InstanceDetail, say: Words) -> Markup:
    opened = html('<a href="{}">{}</a>', one.jupyter_url, say("board.open"))
    copied = html(
        "<code>{}</code><span class=ppw-way title='{}'>SSH</span>", one.ssh_command, say("copy.done")
    )
    ways = ((is_web(one.jupyter_url), opened), (is_ssh_command(one.ssh_command), copied))
    return Markup(" ").join(way for known, way in ways if known)


def _told(row: Row, say: Words) -> Markup:
    """Return what came of the last action and what the server says of it; empty for nothing."""
    one, result = row.seen, row.result
    told = [html("<strong class=ppw-bad>{}</strong>", plain(one.error))] if one.error else []
    told += [html("<strong>{}</strong>", plain(one.message))] if one.message else []
    if isinstance(result, PpioError):
        told.append(html("<strong class=ppw-bad>{}</strong>", result.sentence(say)))
    elif result is not None:
        told.append(html("<strong>{}</strong>", result or "…"))
    return Markup().join(told)


def _table(kind: str, rows: list[dict[str, str]], say: Words) -> Table:
    """Return rows of cells by the names of their columns as a table; each name has its words."""
    heads = [say(f"{kind}.{name}") for name in rows[0]] if rows else []
    return Table(tuple(heads), tuple(tuple(row.values()) for row in rows), f"{kind}.more")


def _instance(one: InstanceDetail, board: Board, say: Words) -> dict[str, str]:
    offer = board.offers.get(one.product_id)
    seconds, cost = one.seconds_on(board.now), one.cost_so_far(offer, board.now)
    status, told, mode = status_words(one.status, say), one.error or one.message, f"mode.{one.mode}"
    return {
        "id": plain(one.id),
        "name": plain(one.name, LONGEST_CELL),
        "status": plain(f"{status}: {told}", 3 * LONGEST_CELL) if told else status,
        "product": plain(one.product_name(offer), LONGEST_CELL),
        "hours": "?" if seconds is None else f"{seconds / 3600:,.1f}",
        "cost": _so_far(cost, offer.currency if offer else ""),
        "region": plain(one.region),
        "mode": say(mode) if mode in say else plain(one.mode),
    }


def _progress(one: StudentProgress, exercises: tuple[str, ...], say: Words) -> dict[str, str]:
    name = plain(one.name or one.student, LONGEST_CELL)
    return {
        "student": say("classroom.yellow", name=name) if one.yellow else name,
        "spent": pricing.shown(one.spent, "CNY"),
        "left": pricing.shown(one.left, "CNY"),
        "on": plain(", ".join(one.on), LONGEST_CELL) or "–",
        "exercises": "".join("✓" if key in one.passed else "·" for key in exercises),
        "error": plain(one.last_error, LONGEST_CELL) or "–",
    }


def _waiting(progress: Progress, say: Words) -> str:
    """Return what is still to strike, in the words of the teacher's page."""
    names = {one.student: one.name for one in progress.students}
    told = []
    for one in progress.waiting:
        key = f"verb.{one.verb}"
        what = say("teacher.verb", what=say(key) if key in say else plain(one.verb), verb=plain(one.verb))
        who = plain(names.get(one.student) or one.student, LONGEST_CELL) or say("teacher.all")
        told.append(f"{what} · {who} · ×{one.times}")
    return "; ".join(told)


def _product(offer: Offer, say: Words) -> dict[str, str]:
    memory = "" if offer.gpu_memory_gb is None else f"{offer.gpu_memory_gb} GB"
    gpu = offer.gpu_name or offer.name
    return {
        "id": plain(offer.id),
        "gpu": plain(gpu if memory in gpu else f"{gpu} {memory}".strip(), LONGEST_CELL),
        "gpus": "?" if offer.gpu_max is None else _span(offer.gpu_min or 1, offer.gpu_max),
        "free": "?" if offer.gpu_free is None else str(offer.gpu_free),
        "stock": _stock(offer, say),
        "postpaid": _price(offer.postpaid, offer),
        "spot": _price(offer.spot, offer),
    }


def _storage(storage: Storage, say: Words) -> dict[str, str]:
    size = storage.size_gb
    return {
        "id": plain(storage.id),
        "name": plain(storage.name, LONGEST_CELL) or "–",
        "region": plain(storage.region) or "?",
        "size": "?" if size is None else say("storages.gb", n=size),
    }


def _span(least: int, most: int) -> str:
    return str(most) if least >= most else f"{least}–{most}"


def _stock(offer: Offer, say: Words) -> str:
    """Return the API's word for the stock, or why it cannot be launched now."""
    if not offer.allowed:
        return say("product.not_allowed")
    if not (offer.deployable and offer.purchasable):
        return say("product.blocked")
    if not offer.available:
        return say("product.sold_out")
    key = f"stock.{offer.stock}"
    return say(key) if key in say else plain(offer.stock, LONGEST_CELL) or "?"


def _price(price: Price | None, offer: Offer) -> str:
    return "-" if price is None else pricing.shown(price.final, offer.currency)
