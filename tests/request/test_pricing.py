import ast
import inspect
import re
import string
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request import offers as offer
from ppio_widgets.request import price_text, pricing
from ppio_widgets.request.offers import Offer, Price
from ppio_widgets.request.price_text import cost_sentences, figures, headline, product_words, warnings
from ppio_widgets.request.pricing import above_ceiling, charged_now, hourly, read_amount, shown
from ppio_widgets.runtime.times import until_morning
from tests.support.bodies import bodies

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 6, 1, 12, tzinfo=CHINA)  # 21 hours before the next morning's nine
A100 = Offer(
    "prod-1",
    name="A100 80 GB",
    rootfs_free_gb=60,
    modes=("postpaid", "prepaid", "spot"),
    postpaid=Price(Decimal("12.600"), Decimal("18.000")),
    spot=Price(Decimal("6.000")),
    prepaid={
        1: Price(Decimal("9072.000"), Decimal("12960.000")),
        3: Price(Decimal("27216.000")),
    },
    storage_price=Decimal("0.005"),
    currency="CNY",
)


def body_of(mode="postpaid", gpus=1, rootfs=20, months=None, renew=None, product="prod-1"):
    billing = {"mode": mode}
    if months is not None:
        billing["prepaid"] = {"months": months}
        if renew is not None:
            billing["prepaid"]["auto_renew"] = renew
    return {
        "name": "demo",
        "product_id": product,
        "image": "ubuntu:24.04",
        "billing": billing,
        "resource": {"gpu_num": gpus, "rootfs_size_gb": rootfs},
    }


def sentences(body, a_offer=A100, language="en", **options):
    return cost_sentences(a_offer, body, words(language), now=NOON, **options)


def amount(value, precision):
    """What an answer's whole number is with so many decimals."""
    return Decimal(f"{value}E-{precision}")


# Prices as answers give them, and whole offers of them.
_numbers = st.integers(0, 2**63 - 1)
_precisions = st.integers(0, 12)
_currencies = st.sampled_from(["CNY", "USD", ""])


@st.composite
def offers(draw):
    precision = draw(_precisions)
    prices = st.builds(lambda value: Price(amount(value, precision)), _numbers)
    listed = st.builds(lambda a, b: Price(amount(a, precision), amount(b, precision)), _numbers, _numbers)
    some = st.none() | prices | listed
    return Offer(
        "prod-1",
        rootfs_free_gb=draw(st.none() | st.integers(0, 100)),
        postpaid=draw(some),
        spot=draw(some),
        prepaid=draw(st.dictionaries(st.integers(1, 36), prices | listed, max_size=3)),
        storage_price=draw(st.none() | st.builds(amount, _numbers, _precisions)),
        currency=draw(_currencies),
    )


# --- amounts


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("12.6", "CNY", "¥12.60"),
        ("12.600", "CNY", "¥12.60"),
        ("0.35", "USD", "$0.35"),
        ("0.005", "CNY", "¥0.005"),
        ("0.00500", "CNY", "¥0.005"),
        ("9072.000", "CNY", "¥9,072.00"),
        ("1234567.891", "USD", "$1,234,567.891"),
        ("0", "CNY", "¥0.00"),
        ("1E+6", "CNY", "¥1,000,000.00"),
        ("1E-12", "CNY", "¥0.000000000001"),
        ("-3", "CNY", "-¥3.00"),
        ("3", "", "3.00"),
        ("3", "EUR", "3.00"),
        ("NaN", "CNY", "NaN"),
        ("Infinity", "CNY", "Infinity"),
    ],
)
def test_an_amount_is_shown(value, currency, text):
    assert shown(Decimal(value), currency) == text


@given(st.integers(1 - 2**63, 2**63 - 1), _precisions, _currencies)
def test_what_is_shown_is_exact(value, precision, currency):
    with localcontext(Context(prec=3)):
        text = shown(amount(value, precision), currency)
    digits = text.replace(",", "").replace("¥", "").replace("$", "")
    assert Fraction(digits) == Fraction(value, 10**precision)
    assert len(text.partition(".")[2]) >= 2


# --- amounts that people give

_WIDE = str.maketrans("0123456789.$", "０１２３４５６７８９．＄")


@given(
    whole=st.integers(0, 10**12 - 1),
    decimals=st.none() | st.text("0123456789", max_size=12),
    sign=st.sampled_from(["", "¥", "￥", "$", "¥ "]),
    blanks=st.sampled_from(["", " ", "\t", "\u3000", "\u00a0"]),
    wide=st.booleans(),
)
def test_an_amount_is_read_as_it_is_typed(whole, decimals, sign, blanks, wide):
    number = f"{whole}" if decimals is None else f"{whole}.{decimals}"
    typed = f"{blanks}{sign}{number}{blanks}"
    with localcontext(Context(prec=3)):
        found = read_amount(typed.translate(_WIDE) if wide else typed)
    assert Fraction(found) == Fraction(Decimal(number))


@pytest.mark.parametrize(
    ("text", "amount"), [("15", 15), ("１５", 15), ("￥１２．５", 12.5), (".5", 0.5), ("12.", 12)]
)
def test_these_are_amounts(text, amount):
    assert read_amount(text) == Decimal(str(amount))


NO_AMOUNTS = [
    *(
        "ten",
        "15 yuan",
        "15元",
        "NaN",
        "nan",
        "Infinity",
        "-5",
        "+5",
        "1e3",
        "1e400",
        "1,000",
        "1，000",
        "1_000",
    ),
    *("", " ", "¥", ".", "1.2.3", "0x10", "15²", "①⑤", "١٥", "1/2", "½", "¥¥5", "5¥", "9" * 13, "1\n2"),
]


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_these_are_none(text):
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (15, "15"),
        (12.5, "12.5"),
        (12.1, "12.1"),
        (Decimal("1E+1"), "10"),
        (Decimal("0E-999999"), "0"),
        (Decimal("1E-999999"), None),
        (Decimal(1) / 3, "0.3333333333333333333333333333"),
        (Decimal("-0"), "0"),
        (10**12 - 1, "999999999999"),
        (True, None),
        (-1, None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (float("inf"), None),
        (Decimal("1E+400"), None),
        (10**12, None),
        pytest.param(10**5000, None, id="digits"),
        (Fraction(1, 3), None),
        (1j, None),
        (None, None),
        ([15], None),
        (b"15", None),
    ],
)
def test_a_number_is_an_amount_too(value, amount):
    found = read_amount(value)
    assert found == (None if amount is None else Decimal(amount))
    assert found is None or len(f"{found:f}") < 40


@given(st.text() | st.floats() | st.decimals() | st.integers() | st.none() | st.binary())
def test_whatever_is_given_is_a_sound_amount_or_none(value):
    found = read_amount(value)
    assert found is None or (found.is_finite() and 0 <= found < 10**12 and read_amount(f"{found:f}") == found)


# --- what it costs


@given(_numbers, _precisions, st.integers(1, 10**30), st.sampled_from(["postpaid", "spot"]))
def test_an_hour_is_price_times_gpus(value, precision, gpus, mode):
    an_offer = Offer("prod-1", **{mode: Price(amount(value, precision))})
    with localcontext(Context(prec=3)):
        rate = hourly(an_offer, body_of(mode, gpus))
    assert Fraction(rate) == Fraction(value * gpus, 10**precision)
    assert charged_now(an_offer, body_of(mode, gpus)) is None


@given(_numbers, _precisions, st.integers(1, 64), st.integers(1, 36))
def test_prepaid_is_charged_at_once_and_compared_by_the_hour(value, precision, gpus, months):
    an_offer = Offer("prod-1", prepaid={months: Price(amount(value, precision))})
    body = body_of("prepaid", gpus, months=months)
    with localcontext(Context(prec=3)):
        charge, rate = charged_now(an_offer, body), hourly(an_offer, body)
    assert Fraction(charge) == Fraction(value * gpus, 10**precision)
    exact = Fraction(value * gpus, 10**precision * 720 * months)
    assert exact <= Fraction(rate) < exact + Fraction(1, 10**6)


def test_the_documented_example_agrees_with_itself():
    assert hourly(A100, body_of()) == hourly(A100, body_of("prepaid", months=1)) == Decimal("12.6")
    assert charged_now(A100, body_of("prepaid", gpus=2, months=1)) == Decimal(18144)


@pytest.mark.parametrize(
    "body",
    [
        body_of(product="another"),
        body_of("prepaid", months=2),
        body_of("prepaid"),
        body_of("prepaid", months=True),
        body_of("later"),
        body_of(["spot"]),
        body_of(gpus=0),
        body_of(gpus=True),
        body_of(gpus="2 "),
        {"product_id": "prod-1", "billing": {"mode": "spot"}},
        {"product_id": "prod-1", "billing": "spot", "resource": [1]},
        {},
    ],
)
def test_what_is_not_known_is_none_and_above_any_ceiling(body):
    assert hourly(A100, body) is None
    assert charged_now(A100, body) is None
    assert above_ceiling(A100, body, Decimal(10**9)).code == "price_unknown"


def test_a_price_that_is_not_told_is_unknown():
    an_offer = replace(A100, postpaid=None)
    assert hourly(an_offer, body_of()) is None
    assert "unknown" in sentences(body_of(), an_offer)[0]


def test_without_an_offer_nothing_is_known():
    assert hourly(None, body_of()) is None
    assert charged_now(None, body_of("prepaid", months=1)) is None


@pytest.mark.parametrize("mode", ["postpaid", "spot"])
def test_a_listed_price_is_plainly_per_gpu(mode):
    for gpus in (1, 4):
        told = " ".join(sentences(body_of(mode, gpus)))
        assert "assumed" not in told
        assert "documented" not in told
    assert "per GPU and hour × 4 GPUs" in told


@given(_numbers, _precisions, st.integers(1, 64), st.sampled_from(["postpaid", "spot", "prepaid"]))
def test_a_cpu_product_is_priced_as_a_whole_and_said_without_gpus(value, precision, count, mode):
    price = Price(amount(value, precision))
    an_offer = replace(A100, type="cpu", name="8 cores", postpaid=price, spot=price, prepaid={2: price})
    body = {**body_of(mode, count, months=2), "type": "cpu"}
    whole = hourly(an_offer, body) if mode != "prepaid" else charged_now(an_offer, body)
    assert whole == price.final
    told = sentences(body, an_offer) + sentences(body, None)
    assert "GPU" not in " ".join(told)
    assert shown(whole, "CNY") in told[0]
    assert all("GPU" not in text for text in sentences(body, an_offer, "zh") + sentences(body, None, "zh"))


# --- the ceiling


@given(offers(), bodies, _numbers, _precisions)
def test_a_ceiling_lets_through_only_what_is_known_to_be_below(an_offer, body, value, precision):
    body = {**body, "product_id": "prod-1"}
    ceiling = amount(value, precision)
    found = above_ceiling(an_offer, body, ceiling)
    rate = hourly(an_offer, body)
    if rate is None:
        assert found.code == "price_unknown"
    elif Fraction(rate) > Fraction(ceiling):
        assert found.code == "price_above"
    else:
        assert found is None
    for language in LANGUAGES:
        assert found is None or shown(ceiling, an_offer.currency) in found.sentence(words(language))


def test_a_ceiling_is_of_all_gpus_together():
    assert above_ceiling(A100, body_of(), Decimal("12.6")) is None
    assert above_ceiling(A100, body_of(), Decimal("12.59")).code == "price_above"
    above = above_ceiling(A100, body_of(gpus=2), Decimal(15))
    assert "¥25.20 per hour, above the price ceiling of ¥15.00" in above.sentence(words("en"))
    prepaid = above_ceiling(A100, body_of("prepaid", months=1), Decimal(12))
    assert "720 hours a month" in prepaid.sentence(words("en"))
    assert "720" in prepaid.sentence(words("zh"))


def test_a_ceiling_that_is_no_number_lets_nothing_pass():
    assert above_ceiling(A100, body_of(), Decimal("NaN")).code == "price_above"
    assert above_ceiling(A100, body_of(), Decimal("Infinity")) is None
    assert above_ceiling(None, body_of(), Decimal("Infinity")).code == "price_unknown"


# --- sentences


def test_postpaid():
    assert sentences(body_of()) == [
        "Costs ¥12.60 per hour for 1 GPU, by the second, from pulling until stopped.",
        "List price ¥18.00 per hour; you pay ¥12.60.",
        "3 hours ≈ ¥37.80; left on until tomorrow 09:00 UTC+08:00 ≈ ¥264.60.",
        "The system disk of 20 GB costs nothing extra: 60 GB are free.",
    ]


def test_several_gpus_are_shown_as_a_product():
    first, second, *_ = sentences(body_of(gpus=2))
    assert first == (
        "Costs ¥12.60 per GPU and hour × 2 GPUs = ¥25.20 per hour. "
        "Billed by the second, from pulling until stopped."
    )
    assert second == "List price ¥36.00 per hour; you pay ¥25.20."


def test_prepaid():
    assert sentences(body_of("prepaid", months=1)) == [
        "Costs ¥9,072.00, charged now for 1 month.",
        "List price ¥12,960.00; you pay ¥9,072.00.",
        "Averages ¥12.60 per hour, at 720 hours a month.",
        "Cannot be released early.",
        "The system disk of 20 GB costs nothing extra: 60 GB are free.",
    ]
    assert sentences(body_of("prepaid", gpus=2, months=3))[0] == (
        "Costs ¥27,216.00 per GPU × 2 GPUs = ¥54,432.00 for 3 months, charged now. "
        "That it is per GPU is assumed."
    )


@pytest.mark.parametrize(
    ("renew", "text"),
    [
        (
            {"enabled": True, "months": 1},
            "Renews by 1 month until you turn it off, today for ¥18,144.00 each time.",
        ),
        (
            {"enabled": True, "months": 2},
            "Renews by 2 months until you turn it off; the price of a renewal is unknown.",
        ),
        ({"enabled": True, "months": 0}, "by how many months is not set"),
        ({"enabled": True}, "by how many months is not set"),
    ],
)
def test_auto_renew(renew, text):
    assert any(text in one for one in sentences(body_of("prepaid", gpus=2, months=1, renew=renew)))


@pytest.mark.parametrize("renew", [None, {}, {"enabled": False, "months": 3}, {"months": 3}])
def test_no_auto_renew(renew):
    assert not any("renew" in one.lower() for one in sentences(body_of("prepaid", months=1, renew=renew)))


@pytest.mark.parametrize(
    ("spot", "on_demand", "text"),
    [
        ("6", "12.6", "Saves about 52% compared with on-demand (¥12.60 per hour)."),
        ("12.59", "12.6", "Saves about <1% compared with on-demand (¥12.60 per hour)."),
        ("0", "12.6", "Saves about 100% compared with on-demand (¥12.60 per hour)."),
        (
            "15",
            "12.6",
            "Costs ¥2.40 per hour more than on-demand (¥12.60 per hour), and can be reclaimed.",
        ),
        ("6", "6.000", "Saves nothing: on-demand also costs ¥6.00 per hour, and is not reclaimed."),
        ("6", None, "The on-demand price is unknown"),
    ],
)
def test_spot_against_on_demand(spot, on_demand, text):
    an_offer = replace(
        A100, spot=Price(Decimal(spot)), postpaid=Price(Decimal(on_demand)) if on_demand else None
    )
    told = sentences(body_of("spot"), an_offer)
    assert told[0].startswith(f"Costs {shown(Decimal(spot), 'CNY')} per hour for 1 GPU, by the second")
    assert any(one.startswith(text) for one in told)
    assert any("reclaimed after its first hour" in one and "one hour's notice" in one for one in told)


def test_spot_compares_all_gpus_together():
    dear = replace(A100, spot=Price(Decimal(15)))
    told = " ".join(sentences(body_of("spot", gpus=2), dear))
    assert "Costs ¥4.80 per hour more than on-demand (¥25.20 per hour)" in told


@pytest.mark.parametrize(
    ("rootfs", "change", "text"),
    [
        (60, {}, "costs nothing extra: 60 GB are free."),
        (100, {}, "60 GB are free. The other 40 GB cost extra, listed at ¥0.005 per GB. No document says"),
        (100, {"storage_price": None}, "The other 40 GB cost extra, at an unknown price."),
        (20, {"rootfs_free_gb": None}, "How much of the system disk of 20 GB is free is unknown"),
    ],
)
def test_the_disk(rootfs, change, text):
    assert text in sentences(body_of(rootfs=rootfs), replace(A100, **change))[-1]


@pytest.mark.parametrize(
    ("body", "balance", "text"),
    [
        (body_of(), "100", "The balance of ¥100.00 covers about 7.9 hours at this price."),
        (body_of(), "12600", "The balance of ¥12,600.00 covers about 1,000 hours at this price."),
        (body_of(), "25.2", "The balance of ¥25.20 covers about 2 hours at this price."),
        (body_of(), "0", "The balance is ¥0.00 and covers none of this; the launch may be refused."),
        (body_of(), "-5", "The balance is -¥5.00 and covers none of this; the launch may be refused."),
        (
            body_of("prepaid", months=1),
            "10000",
            "The balance of ¥10,000.00 covers it; ¥928.00 would be left.",
        ),
        (
            body_of("prepaid", months=1),
            "9000",
            "The balance of ¥9,000.00 is ¥72.00 short of it; the launch may",
        ),
        (body_of("prepaid", months=2), "9000", "The balance is ¥9,000.00."),
    ],
)
def test_the_balance(body, balance, text):
    assert sentences(body, balance=Decimal(balance))[-1].startswith(text)


def test_what_is_free_is_covered_by_any_balance():
    free = replace(A100, postpaid=Price(Decimal(0)))
    assert sentences(body_of(), free, balance=Decimal(0))[-1] == "The balance is ¥0.00."
    assert sentences(body_of(), free)[0].startswith("Costs ¥0.00 per hour")


@pytest.mark.parametrize(
    ("an_offer", "body", "text"),
    [
        (None, body_of(), "The price of prod-1 is unknown."),
        (replace(A100, id="x"), body_of(), "The price of prod-1 is unknown."),
        (None, {}, "Choose a product to see what it costs."),
        (A100, body_of("later"), "Choose a billing mode to see what it costs."),
        (A100, body_of("prepaid", months=2), "The price of A100 80 GB for 2 months is unknown"),
        (A100, body_of("prepaid"), "The price of A100 80 GB with billing mode prepaid is unknown"),
        (replace(A100, spot=None), body_of("spot"), "The price of A100 80 GB with billing mode spot is"),
        (A100, body_of(gpus=None), "Costs ¥12.60 per GPU; set the number of GPUs to see the total."),
    ],
)
def test_what_is_unknown_is_said_to_be(an_offer, body, text):
    told = sentences(body, an_offer)
    assert told[0].startswith(text)
    assert "≈" not in "".join(told)


RENEWING = {"enabled": True, "months": 3}


@pytest.mark.parametrize(
    ("body", "committed"),
    [
        (body_of(), "Commits to 1 GPU, postpaid, billed from pulling until stopped."),
        (body_of("spot", gpus=2), "Commits to 2 GPUs, spot, billed from pulling until stopped."),
        (body_of("prepaid", months=1), "Commits to 1 GPU, prepaid for 1 month, charged now."),
        (
            body_of("prepaid", gpus=8, months=12, renew=RENEWING),
            "Commits to 8 GPUs, prepaid for 12 months, charged now, renewing by 3 months until turned off.",
        ),
        (
            body_of("prepaid", months=1, renew={"enabled": True, "months": 0}),
            "Commits to 1 GPU, prepaid for 1 month, charged now, renewing until turned off (months not set).",
        ),
        (body_of("prepaid"), "Commits to 1 GPU, prepaid, charged now (months not set)."),
        (body_of(gpus=None), "Commits to 1 instance, postpaid, billed from pulling until stopped."),
        (
            {**body_of("prepaid", months=2), "type": "cpu"},
            "Commits to 1 CPU instance, prepaid for 2 months, charged now.",
        ),
    ],
)
@pytest.mark.parametrize("an_offer", [None, replace(A100, postpaid=None, spot=None, prepaid={})])
def test_without_a_price_it_is_said_what_it_commits_to(body, committed, an_offer):
    told = sentences(body, an_offer)
    assert "unknown" in told[0]
    assert told[1] == committed
    assert ("Cannot be released early." in told) == (body["billing"]["mode"] == "prepaid")


@given(
    body=bodies,
    mode=st.sampled_from(["postpaid", "prepaid", "spot"]),
    months=st.integers(1, 60),
    renew=st.none() | st.integers(1, 60),
    gpus=st.integers(1, 64),
    asked=st.booleans(),
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_commitment_names_every_quantity(language, body, mode, months, renew, gpus, asked):
    renewing = None if renew is None else {"enabled": True, "months": renew}
    drawn = body_of(mode, gpus, months=months if mode == "prepaid" else None, renew=renewing)
    body = {**body, "product_id": "p", **{key: drawn[key] for key in ("billing", "resource")}}
    say = words(language)
    told = cost_sentences(None, body, say, asked=asked)
    unknown = "unknown" if language == "en" else "未知"
    assert (unknown in told[0]) == asked
    assert unknown not in " ".join(told[1:])
    counted = price_text.rented(body, say)
    assert pricing.is_cpu(body) or str(gpus) in counted
    assert counted in told[1]
    if mode == "prepaid":
        assert price_text.months_words(months, say) in told[1]
        assert renew is None or price_text.months_words(renew, say) in told[1]
        assert ("charged now" if language == "en" else "立即扣款") in told[1]
    else:
        assert ("billed from pulling" if language == "en" else "从拉取镜像（pulling）起计费") in told[1]


def test_a_price_that_was_not_asked_is_not_called_unknown():
    assert sentences(body_of(), None, asked=False) == [
        "The price was not looked up.",
        "Commits to 1 GPU, postpaid, billed from pulling until stopped.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@given(an_offer=offers(), body=bodies, value=st.none() | _numbers)
def test_any_body_at_any_offer_is_put_into_words(language, an_offer, body, value):
    body = {**body, "product_id": "prod-1"}
    balance = None if value is None else amount(value, 4)
    with localcontext(Context(prec=3)):
        told = cost_sentences(an_offer, body, words(language), balance=balance, now=NOON)
    text = "\n".join(told)
    assert all(told)
    rate, charge = hourly(an_offer, body), charged_now(an_offer, body)
    exact = charge if charge is not None else rate
    if exact is None:
        missing = {"en": "unknown|Choose a|set the number", "zh": "未知|请选择|请填写"}[language]
        assert re.search(missing, text)
    else:
        assert shown(exact, an_offer.currency) in told[0]
    if charge is None and rate is not None:
        assert f"≈ {shown(pricing.times(rate, 3), an_offer.currency)}" in text
    if balance is not None:
        assert shown(balance, an_offer.currency) in told[-1]


@pytest.mark.parametrize("mode", ["postpaid", "prepaid", "spot"])
def test_chinese_is_chinese(mode):
    told = sentences(body_of(mode, gpus=2, months=1, renew={"enabled": True}), language="zh")
    assert all(one.endswith("。") for one in told)
    total = {"postpaid": "¥25.20", "spot": "¥12.00", "prepaid": "¥18,144.00"}[mode]
    assert total in told[0]


@pytest.mark.parametrize("currency", ["CNY", "USD", ""])
def test_the_currency_is_the_offers(currency):
    text = " ".join(sentences(body_of(), replace(A100, currency=currency), balance=Decimal(5)))
    signs = {"CNY": "¥", "USD": "$", "": ""}
    assert {letter for letter in text if letter in "¥$"} == set(signs[currency])


# --- time


@pytest.mark.parametrize(
    ("now", "seconds", "clock"),
    [
        (NOON, 21 * 3600, "09:00 UTC+08:00"),
        (datetime(2026, 6, 1, 0, 30, tzinfo=CHINA), 32 * 3600 + 1800, "09:00 UTC+08:00"),
        (datetime(2026, 6, 1, 12, tzinfo=timezone.utc), 21 * 3600, "09:00 UTC"),
        (datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Asia/Kolkata")), 21 * 3600, "09:00 UTC+05:30"),
        (datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("America/St_Johns")), 21 * 3600, "09:00 UTC-02:30"),
        # Summer time begins and ends in the night between.
        (datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin")), 20 * 3600, "09:00 UTC+02:00"),
        (datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin")), 22 * 3600, "09:00 UTC+01:00"),
    ],
)
def test_tomorrow_morning(now, seconds, clock):
    assert until_morning(now) == (seconds, clock)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_tomorrow_morning_of_the_kernels_clock(now):
    seconds, clock = until_morning(now)
    assert 8 * 3600 <= seconds <= 35 * 3600
    assert clock.startswith("09:00 UTC")


def test_now_is_the_kernels_clock():
    seconds, _ = until_morning()
    assert 8 * 3600 <= seconds <= 35 * 3600


@given(_numbers, _precisions, st.integers(0, 86399))
def test_left_on_until_tomorrow_is_rounded_to_cents_from_the_exact_product(value, precision, second):
    an_offer = Offer("prod-1", postpaid=Price(amount(value, precision)))
    now = datetime(2026, 6, 1, tzinfo=CHINA) + timedelta(seconds=second)
    exact = Fraction(value, 10**precision) * (33 * 3600 - second) / 3600
    cents = (exact * 100 + Fraction(1, 2)).__floor__()
    text = " ".join(cost_sentences(an_offer, body_of(), words("en"), now=now))
    assert f"≈ {cents // 100:,}.{cents % 100:02}." in text


# --- no float, and words that exist


@pytest.mark.parametrize("module", [pricing, price_text, offer])
def test_no_float_is_written_or_made(module):
    tree = ast.parse(inspect.getsource(module))
    # The seconds of an answer's time are no money.
    tree.body = [one for one in tree.body if getattr(one, "name", "") != "PriceTime"]
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is float
    ]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not names & {"float", "round", "total_seconds", "timestamp", "random", "math"}


@given(offers(), bodies)
def test_every_amount_is_a_decimal(an_offer, body):
    body = {**body, "product_id": "prod-1"}
    for value in (hourly(an_offer, body), charged_now(an_offer, body)):
        assert value is None or type(value) is Decimal


def test_both_languages_have_the_same_placeholders():
    english, chinese = words("en")._sentences, words("zh")._sentences
    assert set(english) == set(chinese)
    for key, text in english.items():
        if key.startswith(("money.", "advice.", "problem.")):
            fields = [
                {name for _, name, _, _ in string.Formatter().parse(one)} for one in (text, chinese[key])
            ]
            assert fields[0] == fields[1], key


# -- figures and the question


def cents(value):
    """A fraction to two decimals, half up, as text."""
    whole = (value * 100 + Fraction(1, 2)).__floor__()
    return Decimal(whole).scaleb(-2)


@given(
    an_offer=offers(),
    mode=st.sampled_from(["postpaid", "spot", "prepaid"]),
    gpus=st.integers(1, 8),
    rootfs=st.integers(1, 200),
    months=st.sampled_from([1, 3, 12]),
    stops=st.none() | st.integers(60, 10**6).map(Fraction),
    balance=st.none() | st.decimals(0, 10**6, places=4),
    language=st.sampled_from(LANGUAGES),
)
def test_figures_are_an_independent_sum(an_offer, mode, gpus, rootfs, months, stops, balance, language):
    body = body_of(mode, gpus, rootfs, months if mode == "prepaid" else None)
    told = figures(an_offer, body, words(language), balance=balance, stops_after=stops, now=NOON)
    price = {"postpaid": an_offer.postpaid, "spot": an_offer.spot, "prepaid": an_offer.prepaid.get(months)}[
        mode
    ]
    if price is None:
        assert told.amount == "–"
        assert not told.lines
        return
    total = sum((Fraction(price.final) for _ in range(gpus)), Fraction(0))
    assert Fraction(told.amount.lstrip("¥$").replace(",", "")) == total
    assert told.is_hourly is (mode != "prepaid")
    amounts = [figure.removeprefix("≈ ") for _what, figure in told.lines if figure.startswith("≈ ")]
    spans = [*([stops] if stops is not None else []), Fraction(21 * 3600)] if mode != "prepaid" else []
    assert amounts == [shown(cents(total * span / 3600), an_offer.currency) for span in spans]
    disk = dict(told.lines)[
        words(language)("figures.disk", size=rootfs if an_offer.rootfs_free_gb is not None else "?")
    ]
    if an_offer.rootfs_free_gb is not None and rootfs > an_offer.rootfs_free_gb:
        assert str(rootfs - an_offer.rootfs_free_gb) in disk


def test_a_question_names_what_is_rented_and_its_rate():
    say = words("en")
    card = replace(A100, gpu_name="A100", gpu_memory_gb=80)
    assert headline(card, body_of(), say) == "Rent 1 × A100 80 GB for ¥12.60 per hour?"
    assert headline(card, body_of(gpus=8), say) == "Rent 8 × A100 80 GB for ¥100.80 per hour?"
    assert (
        headline(card, body_of("prepaid", 2, months=3), say)
        == "Rent 2 × A100 80 GB for ¥54,432.00, paid now for 3 months?"
    )
    assert (
        headline(card, body_of("prepaid", 2, months=5), say) == "Rent 2 × A100 80 GB? Its price is unknown."
    )
    assert headline(None, body_of(), say) == "Rent 1 × prod-1? Its price is unknown."
    cpu = Offer("cpu.1", name="CPU 8C16G", type="cpu", postpaid=Price(Decimal("0.64")), currency="CNY")
    body = {**body_of(product="cpu.1"), "type": "cpu"}
    assert headline(cpu, body, say) == "Rent CPU 8C16G for ¥0.64 per hour?"
    assert product_words(None, {}) == "?"


def test_a_question_warns_of_what_may_be_regretted():
    say = words("en")
    lost, kept = (
        "Nothing survives a delete: its files are lost.",
        "Only its network storage survives a delete.",
    )
    assert warnings(A100, body_of(), say) == [lost]
    network = {**body_of(), "volumes": [{"type": "network", "id": "x", "mount_point": "/d"}]}
    assert warnings(A100, network, say) == [kept]
    local = {**body_of(), "volumes": [{"type": "local", "mount_point": "/d"}]}
    assert warnings(A100, local, say) == [lost]
    assert warnings(A100, body_of("prepaid", months=1), say) == ["Cannot be released early.", lost]
    assert warnings(A100, body_of("spot"), say) == [lost]
    dear = replace(A100, spot=Price(Decimal("13.00")))
    (warned, _lost) = warnings(dear, body_of("spot"), say)
    assert warned.startswith("Costs ¥0.40 per hour more than on-demand")
