"""The lists of an account as cards: its instances, and what can be rented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.cards.card import Card, Table
from ppio_widgets.cloud.answers import plain, status_words
from ppio_widgets.request import pricing

if TYPE_CHECKING:
    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.plan import Products
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer, Price

LONGEST_CELL = 40

_OF_INSTANCES = ("id", "name", "status", "product", "hours", "cost", "region", "mode")
_OF_PRODUCTS = ("id", "gpu", "most", "free", "stock", "postpaid", "spot")


def board_drawn(board: Board, say: Words) -> dict[str, str]:
    """Return instances as text and HTML."""
    return _drawn(board.head(say), instance_table(board, say), say)


def products_drawn(products: Products, say: Words) -> dict[str, str]:
    """Return products as text and HTML."""
    heads = tuple(say(f"products.{column}") for column in _OF_PRODUCTS)
    rows = tuple(_product(offer, say) for offer in products.offers)
    return _drawn(products.head(say), Table(heads, rows, "products.more"), say)


def instance_table(board: Board, say: Words) -> Table:
    """Return a row for each instance."""
    heads = tuple(say(f"board.{column}") for column in _OF_INSTANCES)
    return Table(heads, tuple(_instance(one, board, say) for one in board.instances), "board.more")


def _drawn(head: str, table: Table, say: Words) -> dict[str, str]:
    card = Card(head, table=table if table.rows else None)
    return {"text/plain": card.as_text(say), "text/html": card.as_html(say)}


def _instance(one: InstanceDetail, board: Board, say: Words) -> tuple[str, ...]:
    offer = board.offers.get(one.product_id)
    seconds, cost = one.seconds_on(board.now), one.cost_so_far(offer, board.now)
    status = status_words(one.status, say)
    told = one.error or one.message
    mode = f"mode.{one.mode}"
    return (
        plain(one.id),
        plain(one.name, LONGEST_CELL),
        plain(f"{status}: {told}", 3 * LONGEST_CELL) if told else status,
        plain(offer.name if offer and offer.name else one.product_id, LONGEST_CELL),
        "?" if seconds is None else f"{seconds / 3600:,.1f}",
        "?" if cost is None else f"≈ {pricing.shown(cost, offer.currency if offer else '')}",
        plain(one.region),
        say(mode) if mode in say else plain(one.mode),
    )


def _product(offer: Offer, say: Words) -> tuple[str, ...]:
    memory = "" if offer.gpu_memory_gb is None else f"{offer.gpu_memory_gb} GB"
    gpu = offer.gpu_name or offer.name
    return (
        plain(offer.id),
        plain(gpu if memory in gpu else f"{gpu} {memory}".strip(), LONGEST_CELL),
        _count(offer.gpu_max),
        _count(offer.gpu_free),
        _stock(offer, say),
        _price(offer.postpaid, offer),
        _price(offer.spot, offer),
    )


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _stock(offer: Offer, say: Words) -> str:
    """Return the API's word for the stock, or why it cannot be launched now."""
    if not (offer.deployable and offer.purchasable):
        return say("product.blocked")
    if not offer.available:
        return say("product.sold_out")
    key = f"stock.{offer.stock}"
    return say(key) if key in say else plain(offer.stock, LONGEST_CELL) or "?"


def _price(price: Price | None, offer: Offer) -> str:
    return "-" if price is None else pricing.shown(price.final, offer.currency)
