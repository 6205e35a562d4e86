"""What a class allows: one judgement, and its way over the wire."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.offers import Offer, Price
from ppio_widgets.request.rules import Rules, read_rules
from tests.support.bodies import MINIMAL

BODY = {
    **MINIMAL,
    "name": "s07-first",
    "product_id": "p1",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 2, "rootfs_size_gb": 20},
}
OFFER = Offer("p1", postpaid=Price(Decimal("7.5")), currency="CNY")
RULES = Rules(("p1", "p2"), ("postpaid", "spot"), Decimal(15), "s07-*", {"resource.rootfs_size_gb": 20})


def test_what_is_allowed_breaks_nothing():
    assert RULES.broken(BODY, OFFER) == {}
    assert not Rules()
    assert Rules().broken({}, None) == {}


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"product_id": "p3"}, ("product_id",), "rule_product"),
        ({"billing": {"mode": "prepaid"}}, ("billing", "mode"), "rule_billing"),
        ({"name": "first"}, ("name",), "rule_name"),
        ({"name": "s070-first"}, ("name",), "rule_name"),
        ({"resource": {"gpu_num": 2}}, ("resource", "rootfs_size_gb"), "rule_locked"),
        ({"resource": {"gpu_num": 2, "rootfs_size_gb": 21}}, ("resource", "rootfs_size_gb"), "rule_locked"),
        ({"resource": {"gpu_num": 3, "rootfs_size_gb": 20}}, ("product_id",), "rule_price"),
    ],
)
def test_what_is_not_allowed_is_named_at_its_field_with_the_way_out(changed, path, code):
    found = RULES.broken({**BODY, **changed}, OFFER)
    assert {at: problem.code for at, problem in found.items()} == {path: code}
    for language in LANGUAGES:
        assert found[path].sentence(path, words(language))


def test_a_switch_that_is_not_set_is_off():
    assert Rules(locked={"auto_migrate.enabled": False}).broken(BODY) == {}
    assert list(Rules(locked={"auto_migrate.enabled": True}).broken(BODY)) == [("auto_migrate", "enabled")]


def test_a_product_that_is_not_allowed_is_said_before_its_price():
    dear = replace(OFFER, id="p3")
    found = RULES.broken({**BODY, "product_id": "p3", "resource": {"gpu_num": 9, "rootfs_size_gb": 20}}, dear)
    assert [problem.code for problem in found.values()] == ["rule_product"]


@given(st.text(max_size=12))
def test_a_name_that_is_proposed_is_allowed(stem):
    for pattern in ("s07-*", "*", "", "a*b*c", "s07-[x]*"):
        rules = Rules(name=pattern)
        assert rules.names(rules.named(stem))


def test_locked_values_come_over_a_draft():
    assert RULES.over({"resource": {"gpu_num": 1}}) == {"resource": {"gpu_num": 1, "rootfs_size_gb": 20}}


@pytest.mark.parametrize("rules", [RULES, Rules(), Rules(max_hourly=Decimal("1.98")), Rules(name="s07-*")])
def test_rules_come_back_as_they_were_told(rules):
    assert read_rules(rules.told()) == rules


@pytest.mark.parametrize(
    "told", [None, [], "x", {"products": 7, "name": 3, "locked": [1], "max_hourly": "x"}]
)
def test_what_can_be_no_rule_is_left_out(told):
    assert read_rules(told) == Rules()


def test_only_a_single_field_can_be_locked():
    given = {"nonsense": 1, "ports.*.port": 1, "resource": {}, "image": "a:b", "billing.mode": ["x"]}
    assert read_rules({"locked": given}).locked == {"image": "a:b"}


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_star_of_a_pattern_stands_for_any_text(pattern, name):
    like = "(?s:.*)".join(map(re.escape, pattern.split("*")))
    assert Rules(name=pattern).names(name) is (not pattern or re.fullmatch(like, name) is not None)


def test_a_pattern_of_many_stars_is_judged_at_once():
    assert not Rules(name="*a" * 5000 + "b").names("a" * 10_000)
