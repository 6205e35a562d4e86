"""What all instances cost together, and which of them fit in what order."""

from decimal import Decimal

import pytest

from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.instances.listing import Board, kind_of
from ppio_widgets.locale.words import words
from ppio_widgets.request.offers import Offer, Price

SAY = words("en")
OFFERS = {
    "a": Offer("a", postpaid=Price(Decimal("12.60")), currency="CNY"),
    "b": Offer("b", postpaid=Price(Decimal("0.35")), currency="CNY"),
    "d": Offer("d", spot=Price(Decimal(2)), currency="USD"),
}


def one(name, product="a", status="running", mode="postpaid", **more):
    return InstanceDetail(f"i-{name}", name, status, product_id=product, mode=mode, gpu_num=1, **more)


ALL = (
    one("cheap", "b", created_at=5),
    one("dear", created_at=4),
    one("Unknown", "no-such", created_at=3),
    one("paid", mode="prepaid", created_at=2),
    one("off", status="exited", created_at=6),
    one("dollar", "d", status="pulling", mode="spot", created_at=1),
    one("broken", status="running", error="no disk", created_at=7),
)


def names(found):
    return [seen.name for seen in found]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("cost", ["dear", "broken", "dollar", "cheap", "Unknown", "paid", "off"]),
        ("age", ["broken", "off", "cheap", "dear", "Unknown", "paid", "dollar"]),
        ("name", ["broken", "cheap", "dear", "dollar", "off", "paid", "Unknown"]),
    ],
)
def test_orders(order, expected):
    assert names(Board(ALL, OFFERS).found(order=order)) == expected


def test_filters_by_text_and_kind():
    board = Board(ALL, OFFERS)
    assert names(board.found(" UNK ")) == ["Unknown"]
    assert names(board.found("i-of")) == ["off"]
    assert names(board.found(kind="failed")) == ["broken"]
    assert names(board.found("d", "moving")) == ["dollar"]
    assert {seen.name: kind_of(seen) for seen in ALL if kind_of(seen) != "running"} == {
        "off": "off",
        "dollar": "moving",
        "broken": "failed",
    }
    assert dict(board.counts) == {"running": 4, "off": 1, "moving": 1, "failed": 1}


def test_the_total_says_what_is_not_in_it():
    assert Board(ALL, OFFERS).bill(SAY) == [
        "¥25.55 + $2.00/h now",
        "price not known: 1",
        "paid in advance: 1",
        "disks not counted",
    ]


def test_without_prices_no_total_is_invented():
    assert Board(ALL[:2]).bill(SAY) == ["price not known: 2", "disks not counted"]


def test_where_nothing_is_on_nothing_is_billed():
    off = (one("off", status="exited"),)
    assert Board(off, OFFERS).bill(SAY) == ["nothing is billed by the hour now", "disks not counted"]
    assert Board(()).bill(SAY) == []
