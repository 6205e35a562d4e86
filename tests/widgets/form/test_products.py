"""The table of products: what it lists, that a filter never chooses, and that many stay usable."""

import re
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from ppio_widgets.request.choices import least_cost
from ppio_widgets.request.offers import Price
from tests.support.bodies import MINIMAL
from tests.widgets.conftest import (
    choose,
    choose_product,
    displayed,
    every,
    find,
    find_all,
    message,
    press,
    shown,
    table,
    type_into,
)

SEARCH = "Search products"


@pytest.fixture
def opened(make_form, live):
    """A form on a live cloud, where nothing is chosen for anybody."""
    return displayed(make_form(client=live))


def ids(form):
    return [key for _row, key in table(form).options]


def told(form, *offers):
    """Have the catalogue tell these products of GPUs alone."""
    form.session.snapshot = replace(form.session.snapshot, offers=tuple(offers))


def many(form, count, **changed):
    model = form.session.snapshot.offer("a100-80g")
    names = [f"A{n % 7}00" for n in range(count)]
    return [
        replace(
            model,
            id=f"prod-{n:04}",
            gpu_name=name,
            postpaid=Price(Decimal(n + 1) / 10),
            regions=(f"r-{n % 5}",),
            **changed,
        )
        for n, name in enumerate(names)
    ]


def test_there_are_twelve_rows_and_fifty_when_asked_for(opened):
    told(opened, *many(opened, 80))
    type_into(find(opened, SEARCH), "prod")
    assert len(ids(opened)) == 12
    assert "12 of 80 that fit" in shown(opened)
    press(find(opened, "Show up to 50"))
    assert len(ids(opened)) == 50
    press(find(opened, "Show 12"))
    assert len(ids(opened)) == 12


def test_the_smallest_launch_that_can_be_made_now_costs_least_in_the_first_row(opened):
    offers = [opened.session.snapshot.offer(one) for one in ids(opened)]
    assert [one.available for one in offers] == sorted((one.available for one in offers), reverse=True)
    costs = [least_cost(one) for one in offers if one.available]
    assert costs == sorted(costs)
    eights = next(row for row, key in table(opened).options if key.endswith("8x"))
    assert " ".join(eights.split()).startswith("H200 from 8 ")


@pytest.mark.parametrize("key", ["4", "zzz", "h100", ""])
def test_a_key_in_the_filter_never_chooses(opened, key):
    type_into(find(opened, SEARCH), key)
    assert "product_id" not in opened.value
    assert all(one.index is None for one in every(opened) if "ppw-offers" in one._dom_classes)


@pytest.mark.parametrize(
    ("name", "value"), [(SEARCH, "h200"), ("Memory per GPU", 24), ("In region", "cn-south-1"), ("Spot", True)]
)
def test_what_is_chosen_stays_the_first_row_whatever_is_filtered(opened, name, value):
    choose(table(opened), "a100-80g")
    control = find(opened, name)
    if name in ("Memory per GPU", "In region"):
        choose(control, value)
    else:
        type_into(control, value)
    assert opened.value["product_id"] == "a100-80g"
    assert table(opened).value == "a100-80g"
    assert ids(opened).count("a100-80g") == 1
    fits = [one for one in ids(opened) if one != "a100-80g"]
    assert fits, "what fits is listed as well"


def test_it_stays_also_when_nothing_fits(opened):
    choose(table(opened), "a100-80g")
    type_into(find(opened, SEARCH), "no such thing")
    assert ids(opened) == ["a100-80g"]
    assert table(opened).value == "a100-80g"
    assert "0 of 0 that fit" in shown(opened)


def test_of_rows_that_would_read_alike_each_can_be_chosen(opened):
    twins = [replace(one, regions=("r-1",), gpu_name="A100") for one in many(opened, 3)]
    told(opened, *(replace(one, postpaid=twins[0].postpaid) for one in twins))
    rows = [row for row, _key in table(opened).options]
    assert len(set(rows)) == len(rows) == 3
    for key in ids(opened):
        choose(table(opened), key)
        assert opened.value["product_id"] == key
        assert table(opened).value == key


def test_what_is_sold_out_comes_last_and_blocks_a_launch_with_its_reason(make_form, live, cloud):
    form = displayed(make_form({**MINIMAL, "product_id": ""}, client=live))
    gone = [one for one in form.session.snapshot.offers if not one.available]
    assert ids(form)[-2:] == [one.id for one in gone if one.id in ids(form)][:2]
    assert {"prod-h100-80g", "prod-a800-80g"} <= {one.id for one in gone}
    choose_product(form, "prod-h100-80g")
    assert "sold out" in form.errors["product_id",]
    press(find(form, "Launch"))
    assert not find_all(form, "Yes, launch it")
    assert re.search(r"ppw-todo.*sold out", shown(form))
    assert cloud.posts == 0


def test_enter_takes_the_first_row_that_fits(opened):
    type_into(find(opened, SEARCH), "4090")
    first = ids(opened)[0]
    choose_product(opened, "4090")
    assert opened.value["product_id"] == first


def test_enter_takes_the_row_that_is_seen_first_also_when_prices_changed_since(opened):
    """The rows stay where they were seen: what costs least by now may be another one."""
    dear, cheap = many(opened, 2)
    told(opened, replace(dear, postpaid=Price(Decimal(1))), replace(cheap, postpaid=Price(Decimal(2))))
    type_into(find(opened, SEARCH), "prod")
    assert ids(opened) == [dear.id, cheap.id]
    told(opened, replace(dear, postpaid=Price(Decimal(3))), replace(cheap, postpaid=Price(Decimal(2))))
    assert ids(opened) == [dear.id, cheap.id]
    message(find(opened, SEARCH), {"method": "custom", "content": {"event": "submit"}})
    assert opened.value["product_id"] == dear.id


def test_an_id_that_is_not_listed_can_be_typed(opened):
    choose_product(opened, "prod-of-tomorrow")
    assert opened.value["product_id"] == "prod-of-tomorrow"
    type_into(find(opened, SEARCH), "prod-another")
    press(find(opened, "Use prod-another as the product id"))
    assert opened.value["product_id"] == "prod-another"


def test_products_of_cpus_are_a_list_of_their_own(opened):
    choose(find(opened, "Kind of product"), "cpu")
    assert opened.value["type"] == "cpu"
    assert ids(opened) == ["cpu.8c16g", "cpu.32c64g"]
    choose_product(opened, "32c")
    assert opened.value["product_id"] == "cpu.32c64g"
    choose(find(opened, "Kind of product"), "gpu")
    assert "type" not in opened.value


def test_enter_takes_no_product_of_the_other_kind(opened):
    choose(find(opened, "Kind of product"), "cpu")
    choose_product(opened, "a100")
    assert opened.value["product_id"] == "a100", "no CPU product has it: it is an id"


def test_a_thousand_products_stay_usable(opened, wire):
    told(opened, *many(opened, 1000))
    text = find(opened, SEARCH)
    spent = []
    for typed in ("a", "a3", "a30", "a300", "a300 prod", "a30", ""):
        wire.clear()
        began = time.thread_time()
        type_into(text, typed)
        spent.append(time.thread_time() - began)
        assert wire.size() <= 6_000
        assert wire.count("comm_open") == 0
        assert len(ids(opened)) == 12
    assert min(spent) < 0.05
    assert sorted(spent)[len(spent) // 2] < 0.05, "half of the keys"
    choose_product(opened, "a300")
    assert opened.value["product_id"] == "prod-0003"
