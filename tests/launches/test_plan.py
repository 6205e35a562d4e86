"""What a person is asked before something is rented: one headline, each charge a line, what is regretted."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request import pricing
from ppio_widgets.request.offers import Offer, Price
from ppio_widgets.request.price_text import months_words
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL

SAY = words("en")
A100 = Offer(
    "a100-80g",
    gpu_name="A100",
    gpu_memory_gb=80,
    gpu_max=8,
    rootfs_free_gb=60,
    rootfs_max_gb=500,
    storage_price=Decimal("0.02"),
    postpaid=Price(Decimal("12.60")),
    spot=Price(Decimal("6.00")),
    prepaid={1: Price(Decimal(9072)), 12: Price(Decimal(90000))},
    currency="CNY",
)


def asked(offer=A100, say=SAY, balance=None, **changed):
    body = {**MINIMAL, "product_id": "a100-80g", **changed}
    plan = LaunchPlan(check(body, offer=offer), Target("api.ppio.com", practice=False), offer, balance)
    return plan.question(say)


def prepaid(months=1, renews=None):
    renewal = {} if renews is None else {"auto_renew": {"enabled": True, "months": renews}}
    return {"mode": "prepaid", "prepaid": {"months": months, **renewal}}


def line_with(found, text):
    return next(number for number, one in enumerate(found.lines) if text in one)


def test_the_headline_has_the_rate_and_no_line_repeats_it():
    found = asked()
    assert found.headline == "Rent 1 × A100 80 GB for ¥12.60 per hour?"
    assert found.lines[0].startswith("demo on ")
    assert not any("Costs ¥12.60 per hour" in one for one in found.lines)


def test_months_renewal_and_disk_are_a_line_each_in_this_order():
    found = asked(
        billing=prepaid(12, 1), resource={"gpu_num": 1, "rootfs_size_gb": 100}, balance=Decimal(100000)
    )
    assert found.headline == "Rent 1 × A100 80 GB for ¥90,000.00, paid now for 12 months?"
    renewal, disk, balance = (
        line_with(found, text) for text in ("¥9,072.00", "system disk of 100 GB", "balance of ¥100,000.00")
    )
    assert 0 < renewal < disk < balance
    assert "40 GB" in found.lines[disk]
    assert "¥0.02" in found.lines[disk]


def test_what_of_a_price_is_not_known_is_asked_as_unknown():
    found = asked(offer=None)
    assert found.headline == "Rent 1 × a100-80g? Its price is unknown."
    assert asked(replace(A100, postpaid=None)).headline == "Rent 1 × A100 80 GB? Its price is unknown."


@pytest.mark.parametrize(
    ("offer", "billing", "warned"),
    [
        (A100, {"mode": "postpaid"}, ["Nothing survives a delete"]),
        (A100, {"mode": "spot"}, ["Nothing survives a delete"]),
        (
            replace(A100, spot=Price(Decimal(13))),
            {"mode": "spot"},
            ["more than on-demand", "Nothing survives"],
        ),
        (A100, prepaid(), ["Cannot be released early", "Nothing survives"]),
    ],
)
def test_it_warns_of_what_may_be_regretted_and_says_none_of_it_twice(offer, billing, warned):
    found = asked(offer, billing=billing)
    assert len(found.warnings) == len(warned)
    assert all(text in one for text, one in zip(warned, found.warnings, strict=True))
    assert not set(found.warnings) & set(found.lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_stored_on_the_network_survives(language):
    say = words(language)
    volume = {"type": "network", "id": "ns-1", "mount_point": "/data"}
    assert say("ask.network_survives") in asked(say=say, volumes=[volume]).warnings
    assert say("ask.nothing_survives") in asked(say=say, volumes=[{**volume, "type": "local"}]).warnings


@given(
    unit=st.decimals(Decimal("0.0001"), 9999, places=4),
    gpus=st.integers(1, 8),
    months=st.none() | st.sampled_from([1, 12]),
    language=st.sampled_from(LANGUAGES),
)
def test_the_rate_of_the_headline_is_the_price_of_the_body(unit, gpus, months, language):
    say = words(language)
    offer = replace(A100, postpaid=Price(unit), prepaid={1: Price(unit), 12: Price(unit * 12)})
    billing = {"mode": "postpaid"} if months is None else prepaid(months)
    body = {**MINIMAL, "product_id": "a100-80g", "billing": billing}
    body["resource"] = {"gpu_num": gpus, "rootfs_size_gb": 20}
    total = pricing.whole_price(offer, body)
    assert total == unit * gpus * (months or 1 if months == 12 else 1)
    found = asked(offer, say, billing=billing, resource=body["resource"])
    assert pricing.shown(total, "CNY") in found.headline
    assert months is None or months_words(months, say) in found.headline
