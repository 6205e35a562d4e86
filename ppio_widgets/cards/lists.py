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


def board_card(board: Board, say: Words) -> Card:
    """Return instances as a card."""
    return Card(board.head(say), table=instance_table(board, say))


def products_card(products: Products, say: Words) -> Card:
    """Return products as a card."""
    rows = [_product(offer, say) for offer in products.offers]
    return Card(products.head(say), table=_table("products", rows, say))


def instance_table(board: Board, say: Words) -> Table:
    """Return a row for each instance."""
    return _table("board", [_instance(one, board, say) for one in board.instances], say)


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
        "product": plain(offer.name if offer and offer.name else one.product_id, LONGEST_CELL),
        "hours": "?" if seconds is None else f"{seconds / 3600:,.1f}",
        "cost": "?" if cost is None else f"≈ {pricing.shown(cost, offer.currency if offer else '')}",
        "region": plain(one.region),
        "mode": say(mode) if mode in say else plain(one.mode),
    }


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


def _span(least: int, most: int) -> str:
    return str(most) if least >= most else f"{least}–{most}"


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
