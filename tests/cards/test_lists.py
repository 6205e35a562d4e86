"""The live rows of the board, as the labels of their check boxes."""

import re
from datetime import datetime
from decimal import Decimal

import pytest

from ppio_widgets.cards import static
from ppio_widgets.cards.lists import board_heads, board_labels, board_row
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import LaunchRefused
from ppio_widgets.instances.listing import Board, Row
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.offers import Offer, Price
from ppio_widgets.runtime.times import table_moment
from tests.support.hostile import TEXTS

SAY = words("en")
# What a label of ipywidgets lets through.
TAGS, ATTRIBUTES = {"a", "b", "code", "em", "i", "span", "strong"}, {"class", "href", "title"}
NOW = datetime(2026, 5, 4, 18, 0).astimezone().timestamp()
OFFERS = {"a": Offer("a", name="A100", postpaid=Price(Decimal("12.60")), currency="CNY")}


def seen(**more):
    made = {"status": "running", "product_id": "a", "mode": "postpaid", "gpu_num": 2, "region": "cn-east-1"}
    return InstanceDetail("i-1", "demo", started_at=int(NOW) - 3600, created_at=1, **{**made, **more})


def cells(one, **more):
    board = Board((one,), OFFERS, now=NOW, counted=NOW)
    text = board_row(Row(one, **more), board, SAY)
    return re.findall(r"<(?:em|b|i|strong)[^>]*>(.*?)</(?:em|b|i|strong)>", text)


def test_a_row_that_runs():
    one = seen(jupyter_url="https://host/lab", ssh_command="ssh -p 22 root@host")
    *told, ways = cells(one, stops_at=NOW + 1800)
    assert told == ["running", "demo", "2 × A100", "cn-east-1", "¥25.20", "≈ ¥25.20", "17:00", "18:30"]
    assert ways == (
        '<a href="https://host/lab">Open</a> <code>ssh -p 22 root@host</code><span class=ppw-way '
        "title='Copied.'>SSH</span>"
    )


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (seen(product_id="b"), ["b", "?", "?", "never"]),
        (seen(status="exited", stopped_at=int(NOW) - 1800), ["A100", "–", "≈ ¥12.60", "–"]),
        (
            seen(mode="prepaid", ends_at=int(NOW) + 86400, renews=False),
            ["A100", "paid", "?", "ends 05-05 18:00"],
        ),
        (
            seen(mode="prepaid", ends_at=int(NOW) + 86400, renews=True),
            ["A100", "paid", "?", "renews 05-05 18:00"],
        ),
        (seen(mode="prepaid", ends_at=int(NOW) + 86400), ["A100", "paid", "?", "may renew 05-05 18:00"]),
        (seen(mode="prepaid"), ["A100", "paid", "?", "?"]),
    ],
)
def test_what_is_not_known_or_not_billed_by_the_hour(one, expected):
    found = cells(one)
    assert [found[2].removeprefix("2 × "), found[4], found[5], found[7]] == expected


def test_what_is_gone_offers_no_way_in():
    told = cells(seen(ssh_command="ssh -p 22 root@host"), there=False)
    assert told[0] == "no longer listed"
    assert told[4:] == ["–", "–", "17:00", "–", ""]


def test_what_the_server_says_and_what_came_of_an_action():
    one = seen(error="no disk", message="soon")
    assert cells(one)[0:1] + cells(one, result="")[-3:] == ["running", "no disk", "soon", "…"]
    assert cells(one, result="confirmed")[-1] == "confirmed"
    refused = LaunchRefused("no_such_instance", name="demo")
    board = Board((one,), OFFERS, now=NOW)
    assert "<strong class=ppw-bad>" in board_row(Row(seen(), result=refused), board, SAY)


def test_nothing_from_outside_is_markup_a_formula_or_a_way_in():
    for text in TEXTS.values():
        one = seen(
            status=text,
            product_id=text,
            region=text,
            error=text,
            message=text,
            jupyter_url=text,
            ssh_command=text,
        )
        one = InstanceDetail(**{**vars(one), "id": text, "name": text})
        row = board_row(Row(one, result=text), Board((one,), {}, now=NOW), SAY)
        assert set(re.findall(r"</?([a-z]+)", row)) <= TAGS
        assert set(re.findall(r"([a-z]+)=", re.sub(r"'[^']*'|>[^<]*<", "", row))) <= ATTRIBUTES
        assert not {"$", "\\"} & set(row)
        assert "<a " not in row


@pytest.mark.parametrize("language", LANGUAGES)
def test_heads_and_labels(language):
    say = words(language)
    heads = board_heads(Board((), now=NOW), say)
    assert heads.count("<i>") == 9
    assert say("board.choose_all") in heads
    assert board_labels(say).count("content") == 4


def test_a_moment_in_a_column_has_its_day_unless_that_is_today():
    assert table_moment(NOW - 60, NOW) == "17:59"
    assert table_moment(NOW - 86400, NOW) == "05-03 18:00"
    assert table_moment(NOW - 366 * 86400, NOW) == "2025-05-03"


def test_the_saved_board_has_the_order_and_the_total_of_the_live_one():
    off = InstanceDetail("i-0", "off", "exited")
    board = Board((off, seen()), OFFERS, "the cloud", now=NOW, counted=NOW)
    text = static.of_board(board, SAY, Target("practice", practice=True)).as_text(SAY)
    assert "¥25.20/h now · disks not counted" in text
    assert text.index("i-1") < text.index("i-0")
    assert [one.id for one in board.found()] == ["i-1", "i-0"]
