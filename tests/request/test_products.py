"""Finding a product: filters keep what fits, a row says what it is, and the table has a row of each."""

from decimal import Decimal
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.columns import fitted, width
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.choices import (
    Wanted,
    closest_offer,
    least_cost,
    limits,
    memory_of,
    offer_row,
    table,
)
from ppio_widgets.request.offers import Offer, Price
from ppio_widgets.request.pricing import shown

_sizes = st.none() | st.integers(1, 512)
_regions = st.lists(st.sampled_from(["r-1", "r-2", "r-3"]), unique=True).map(tuple)
_offers = st.builds(
    Offer,
    id=st.text("abc", min_size=1, max_size=3),
    name=st.sampled_from(["", "8C16G", "A100"]),
    type=st.sampled_from(["gpu", "cpu"]),
    gpu_memory_gb=_sizes,
    memory_gb=_sizes,
    cpu=_sizes,
    regions=_regions,
    postpaid=st.none() | st.builds(Price, st.decimals(0, 99, places=2)),
)
_lists = st.lists(_offers, max_size=8)


@given(_lists, st.integers(1, 4), st.text("abc", min_size=1, max_size=3), st.permutations(["a", "b", "c"]))
def test_a_page_keeps_the_order_that_was_seen_and_what_is_chosen(offers, most, chosen, earlier):
    by_id = {one.id: one for one in offers}
    page = Wanted(type="gpu").page(by_id, most, chosen, earlier)
    shown = [one.id for one in page.shown]
    seen = [one for one in shown[shown[:1] == [chosen] :] if one in earlier]
    assert seen == sorted(seen, key=earlier.index)
    assert (chosen in shown) == (chosen in by_id)
    assert len(shown) <= most
    assert page.found == sum(one.type == "gpu" for one in by_id.values())
    assert page.fitting == sum(one.type == "gpu" for one in page.shown)


@given(_lists, st.sampled_from(["r-1", "r-2", "r-9"]))
def test_a_region_keeps_what_has_it_and_what_names_none(offers, region):
    found = Wanted(region=region).found_in(offers)
    assert all(not one.regions or region in one.regions for one in found)
    assert len(found) == sum(one.sold_in(region) for one in offers)
    assert all(one in found for one in offers if not one.regions)


@given(_lists, st.sampled_from(["gpu", "cpu"]), st.integers(1, 512))
def test_type_and_memory_keep_what_fits(offers, kind, size):
    assert {one.type for one in Wanted(type=kind).found_in(offers)} <= {kind}
    found = Wanted(type=kind, memory_gb=size).found_in(offers)
    assert all((memory_of(one) or 0) >= size for one in found)
    assert len(found) == sum(one.type == kind and (memory_of(one) or 0) >= size for one in offers)


@given(_lists)
def test_gpu_products_come_first(offers):
    kinds = [one.type for one in Wanted().found_in(offers)]
    assert kinds == sorted(kinds, reverse=True)
    assert len(kinds) == len(offers)


@pytest.mark.parametrize("language", LANGUAGES)
@given(offer=_offers.filter(lambda one: one.type == "cpu"))
def test_a_cpu_product_is_told_without_gpus(language, offer):
    bare = Offer(offer.id, offer.name.replace("A100", ""), "cpu", cpu=offer.cpu, memory_gb=offer.memory_gb)
    say = words(language)
    text = offer_row(bare, "postpaid", say) + " ".join(limits(bare, say).values())
    assert "GPU" not in text
    assert offer.cpu is None or str(offer.cpu) in text
    assert offer.memory_gb is None or f"{offer.memory_gb} GB" in text


def test_rows():
    say = words("en")
    cpu = Offer("cpu", "8C16G", "cpu", cpu=8, memory_gb=16, postpaid=Price(Decimal("0.64")), currency="CNY")
    assert offer_row(cpu, "postpaid", say) == "8C16G · 8 cores · 16 GB · ¥0.64/h"
    assert limits(cpu, say) == {"resource.gpu_num": "required by the API; keep 1"}


# -- the table

_names = st.sampled_from(["", "A100", "RTX 4090", "显卡 甲", "A" * 40 + "1", "A" * 40 + "2"]) | st.text(
    max_size=12
)
_prices = st.none() | st.builds(Price, st.decimals(0, 99999, places=3))
_told = st.builds(
    Offer,
    id=st.text("abc-", min_size=1, max_size=4),
    gpu_name=_names,
    type=st.sampled_from(["gpu", "cpu"]),
    gpu_memory_gb=_sizes,
    memory_gb=_sizes,
    cpu=_sizes,
    gpu_min=st.sampled_from([None, 1, 8]),
    gpu_free=st.none() | st.integers(0, 9999),
    regions=st.lists(st.text("xyz", min_size=1, max_size=30), max_size=4, unique=True).map(tuple),
    postpaid=_prices,
    spot=_prices,
    deployable=st.booleans(),
    stock=st.sampled_from(["", "none", "low"]),
    currency=st.sampled_from(["CNY", "USD", ""]),
)
_tables = st.lists(_told, min_size=1, max_size=12, unique_by=lambda one: one.id)


@given(offers=_tables, language=st.sampled_from(LANGUAGES))
def test_each_product_has_a_row_of_its_own_in_columns_of_one_width(offers, language):
    found = table(offers, words(language))
    assert len(found.rows) == len(set(found.rows)) == len(offers)
    for offer, row in zip(offers, found.rows, strict=True):
        name, _tab, rest = _read(row).partition("\t")
        assert name.isprintable()
        assert rest.isprintable(), "a row is one line"
        assert width(name) <= found.columns[0].width
        prices = [offer.postpaid, offer.spot]
        assert all(shown(one.final, offer.currency)[:9] in rest for one in prices if one is not None)
        regions = "".join(offer.regions)
        many = len(offer.regions) > 2 or len(offers) > 1
        assert not offer.available or many or not regions or offer.regions[0] in rest
    begins = {_begin(row, offer) for offer, row in zip(offers, found.rows, strict=True)} - {None}
    assert len(begins) <= 1, "the regions stand below each other"


def _read(row):
    """A row with blanks and hyphens at which lines may end."""
    return row.replace("\xa0", " ").replace("-\u2060", "-")


def _begin(row, offer):
    """Where in a row the one region of a product stands; None where other words stand before it."""
    rest = _read(row).partition("\t")[2]
    if not offer.available or len(offer.regions) != 1 or rest.count(offer.regions[0]) != 1:
        return None
    return width(rest[: rest.index(offer.regions[0])])


@given(offers=_tables, mode=st.sampled_from(["", "spot", "postpaid"]))
def test_what_can_be_launched_comes_first_and_then_what_the_smallest_launch_costs(offers, mode):
    found = Wanted(mode=mode).found_in(offers)
    for kind in ("gpu", "cpu"):
        of_kind = [one for one in found if one.type == kind]
        assert [one.available for one in of_kind] == sorted((one.available for one in of_kind), reverse=True)
        costs = [least_cost(one, mode) for one in of_kind if one.available]
        known = [cost for cost in costs if cost is not None]
        assert costs == [*sorted(known), *[None] * (len(costs) - len(known))]


@given(offers=_tables, number=st.integers(0, 11))
def test_an_order_is_that_of_the_products_not_of_the_listing(offers, number):
    turned = [*offers[number:], *offers[:number]]
    assert Wanted().found_in(offers) == Wanted().found_in(turned)


def test_a_name_that_is_not_there_is_close_to_one_that_is():
    offers = [Offer("a100-80g", gpu_name="A100"), Offer("prod-4090", gpu_name="RTX 4090")]
    assert closest_offer("a100-80", offers).id == "a100-80g"
    assert closest_offer("4090", offers).id == "prod-4090"
    assert closest_offer("zzz", offers) is None
    assert closest_offer("x", []) is None


@given(text=st.text(max_size=40), columns=st.integers(1, 20))
def test_what_is_cut_fits(text, columns):
    assert width(fitted(text, columns)) <= max(columns, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_columns_of_the_table_do_not_depend_on_how_wide_a_font_draws(language):
    """Behind the tab only the last column has wide characters, and no price can be broken in two."""
    price = Price(Decimal("12.60"))
    offers = [
        Offer("a", gpu_name="A100", gpu_memory_gb=80, cpu=16, memory_gb=128, gpu_free=3, postpaid=price),
        Offer("b", gpu_name="H200", gpu_min=8, gpu_free=0, stock="none", spot=price),
        Offer("c", gpu_name="显卡", purchasable=False, regions=("一", "二", "三")),
    ]
    found = table(offers, words(language))
    assert len(set(found.rows)) == len(offers)
    for offer, row in zip(offers, found.rows, strict=True):
        # Why it cannot be launched stands where the others have two columns.
        widths = [column.width for column in found.columns[1 : -1 if offer.available else -2]]
        first, rest = row.split("\t")
        cells = rest.split("  ", len(widths))[: len(widths)]
        assert [len(cell) for cell in cells] == widths[: len(cells)]
        assert all(east_asian_width(letter) not in "WF" for cell in cells for letter in cell)
        assert len(first) <= found.columns[0].width
