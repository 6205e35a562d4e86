"""Values side by side: another one can be typed, and what is said beside them follows the product."""

import re

import pytest

from tests.support.bodies import MINIMAL
from tests.widgets.conftest import (
    choose,
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

A100 = {**MINIMAL, "product_id": "a100-80g"}
GPUS = ("resource", "gpu_num")


def labels(form, name):
    return [label for label, _value in find(form, name).options]


def other(form, name):
    """The text control beside segments, which has their name."""
    _radios, text = find_all(form, name)
    return text


def test_a_number_of_gpus_that_is_no_segment_is_typed_beside_them(make_form, wire):
    form = displayed(make_form(A100))
    gpus = find(form, "GPUs")
    assert labels(form, "GPUs") == ["1", "2", "4", "8", "other …"]
    wire.clear()
    message(gpus, {"method": "update", "state": {"index": 4}, "buffer_paths": []})
    assert other(form, "GPUs").value == "1", "until another one is typed"
    assert form.value["resource"]["gpu_num"] == 1
    type_into(other(form, "GPUs"), "3")
    assert form.value["resource"]["gpu_num"] == 3
    assert form.errors == {}
    assert "<b>¥37.80</b> per hour" in shown(form)
    choose(gpus, "2")
    assert len(find_all(form, "GPUs")) == 1, "nothing is typed any more"
    assert form.value["resource"]["gpu_num"] == 2


@pytest.mark.parametrize("typed", ["3x", "two", "1,5", "0", "-2"])
def test_a_typing_error_stays_blocks_and_has_no_price(make_form, cloud, typed):
    form = displayed(make_form(A100))
    type_into(find(form, "GPUs"), typed)
    assert other(form, "GPUs").value == typed
    assert GPUS in form.errors
    assert not any(re.search(r"\d\.\d\d", label) for label in labels(form, "Billing mode"))
    press(find(form, "Launch"))
    assert not find_all(form, "Yes, launch it")
    assert cloud.posts == 0


def test_a_count_from_outside_that_is_no_segment_is_shown_as_typed(make_form):
    form = make_form({**A100, "resource": {"gpu_num": 3, "rootfs_size_gb": 20}})
    assert other(form, "GPUs").value == "3"
    form.value = A100
    assert len(find_all(form, "GPUs")) == 1
    assert find(form, "GPUs").value == "1"


def test_payment_says_what_each_mode_costs(make_form):
    form = displayed(make_form(A100))
    by_mode = {value: label for label, value in find(form, "Billing mode").options}
    assert "¥12.60/h" in by_mode["postpaid"]
    assert "−52 %" in by_mode["spot"], "¥6.00 instead of ¥12.60, rounded down"
    assert "/month" in by_mode["prepaid"]
    choose(find(form, "GPUs"), "2")
    by_mode = {value: label for label, value in find(form, "Billing mode").options}
    assert "¥25.20/h" in by_mode["postpaid"]
    assert find(form, "Billing mode").value == "postpaid"
    choose(find(form, "Billing mode"), "prepaid")
    assert all("¥" in label for label in labels(form, "Months")[:-1])


def test_spot_that_is_dearer_says_so(make_form):
    form = displayed(make_form({**A100, "product_id": "prod-l40s-48g"}))
    by_mode = {value: label for label, value in find(form, "Billing mode").options}
    assert "+12 %" in by_mode["spot"], "¥5.44 instead of ¥4.90, rounded up"


def test_beside_never_stands_the_sum_of_a_night(make_form):
    form = displayed(make_form(A100))
    assert labels(form, "Stop by itself") == [
        "never · 12 h ≈ ¥151.20",
        "after 1 h",
        "after 3 h",
        "after 8 h",
        "at …",
    ]
    assert find(form, "Stop by itself").value == ""
    choose(find(form, "GPUs"), "2")
    assert labels(form, "Stop by itself")[0] == "never · 12 h ≈ ¥302.40"
    choose(find(form, "Billing mode"), "prepaid")
    assert labels(form, "Stop by itself")[0] == "never", "it is paid already"


def test_a_time_that_is_typed_stays_while_prices_change(make_form):
    form = displayed(make_form(A100))
    type_into(find(form, "Stop by itself"), "90min")
    choose(table(form), "prod-h200-141g.8x")
    assert other(form, "Stop by itself").value == "90min"
    assert form.session.timer
    choose(find(form, "Stop by itself"), "3h")
    assert form.session.timer.after == 3 * 3600


def test_a_choice_of_time_says_what_it_comes_to(make_form):
    form = displayed(make_form(A100))
    choose(find(form, "Stop by itself"), "3h")
    assert "≈ ¥37.80" in shown(form)
    assert "stop" in next(one.value for one in every(form) if "ppw-price" in one._dom_classes)


def test_a_choice_from_outside_that_is_none_is_shown_without_acting_characters(make_form):
    form = displayed(make_form({**A100, "billing": {"mode": "\u202eevil\x1b[2J"}}))
    assert labels(form, "Billing mode")[-1] == "\\u202eevil\\u001b[2J"
    assert form.value["billing"]["mode"] == "\u202eevil\x1b[2J"


def test_what_a_product_is_not_sold_in_is_not_offered(make_form):
    form = displayed(make_form(A100))
    choose(table(form), "prod-h200-141g.8x")
    offer = form.session.offer
    assert [value for _label, value in find(form, "Billing mode").options] == list(offer.modes)
    assert [value for _label, value in find(form, "GPUs").options[:-1]] == ["8"]


def test_segments_cost_one_model_each(wire, make_form):
    form = make_form()
    wire.clear()
    type_into(find(form, "GPUs"), "3")
    assert wire.count("comm_open") == 1, "the text beside them, when it is first needed"
    assert wire.size() <= 3_500
