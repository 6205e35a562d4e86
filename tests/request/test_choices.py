"""What is picked: usual values with their prices, the CUDA version of an image, what stands in a section."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request import pricing
from ppio_widgets.request.choices import (
    LONGEST_SUMMARY,
    NIGHT_HOURS,
    billing_modes,
    cuda_proposal,
    gpu_counts,
    limits,
    month_counts,
    offered,
    repository_and_tag,
    stops,
    summary,
)
from ppio_widgets.request.draft import compact, with_value
from ppio_widgets.request.offers import Offer, Price, Template
from tests.support.bodies import FULL


@pytest.mark.parametrize(("language", "told"), [("en", "1–8, 6 free"), ("zh", "1–8，空闲 6")])
def test_what_a_product_allows_is_told_with_the_marks_of_its_language(language, told):
    offer = Offer("x", gpu_min=1, gpu_max=8, gpu_free=6)
    assert limits(offer, words(language))["resource.gpu_num"] == told


# --- usual values, side by side

SAY = words("en")
_prices = st.none() | st.builds(Price, st.decimals(Decimal("0.01"), 999, places=4))
offers = st.builds(
    Offer,
    id=st.just("prod-1"),
    type=st.sampled_from(["gpu", "cpu"]),
    gpu_min=st.none() | st.sampled_from([1, 2, 8]),
    gpu_max=st.none() | st.integers(1, 16),
    modes=st.sampled_from([(), ("postpaid",), ("postpaid", "spot"), ("prepaid", "spot", "postpaid")]),
    postpaid=_prices,
    spot=_prices,
    prepaid=st.dictionaries(st.sampled_from([1, 3, 6, 12]), st.builds(Price, st.decimals(1, 9999, places=3))),
    currency=st.sampled_from(["CNY", "USD", ""]),
)


def body_of(mode="postpaid", gpus=1, months=None):
    prepaid = {"prepaid": {"months": months}} if months else {}
    return {"product_id": "prod-1", "billing": {"mode": mode, **prepaid}, "resource": {"gpu_num": gpus}}


def amount_in(label):
    found = re.search(r"[¥$]?([0-9][0-9,]*\.[0-9]{2,})", label)
    return Decimal(found[1].replace(",", "")) if found else None


@given(offer=offers, gpus=st.integers(1, 16), language=st.sampled_from(LANGUAGES))
def test_the_prices_of_payment_and_months_are_what_the_launch_costs(offer, gpus, language):
    say = words(language)
    for label, mode in billing_modes(offer, body_of(gpus=gpus), say):
        if mode == "postpaid":
            assert amount_in(label) == pricing.whole_price(offer, body_of(gpus=gpus))
        elif mode == "prepaid":
            assert amount_in(label) == pricing.whole_price(offer, body_of("prepaid", gpus, 1))
    for label, months in month_counts(offer, body_of("prepaid", gpus), say):
        if offer.prepaid:
            assert amount_in(label) == pricing.whole_price(offer, body_of("prepaid", gpus, int(months)))
        else:
            assert label == months


@given(offer=offers)
def test_only_what_a_product_is_sold_in_is_offered(offer):
    modes = [mode for _label, mode in billing_modes(offer, body_of(), SAY)]
    assert sorted(modes) == sorted(offer.modes or ("postpaid", "prepaid", "spot"))
    months = [int(key) for _label, key in month_counts(offer, body_of("prepaid"), SAY)]
    assert months == (sorted(offer.prepaid) or [1, 3, 6, 12])


@given(spot=st.decimals(Decimal("0.01"), 99, places=3), hourly=st.decimals(Decimal("0.01"), 99, places=3))
def test_a_share_saved_is_never_told_too_high_and_one_paid_more_never_too_low(spot, hourly):
    offer = Offer("prod-1", postpaid=Price(hourly), spot=Price(spot))
    label = next(label for label, mode in billing_modes(offer, body_of("spot"), SAY) if mode == "spot")
    found = re.search(r"([+−])(\d+)", label)
    told = 0 if found is None else int(found[2]) * (1 if found[1] == "+" else -1)
    exact = Fraction(spot - hourly) * 100 / Fraction(hourly)
    assert exact <= told < exact + 1


@given(offer=offers)
def test_counts_are_those_that_a_product_allows(offer):
    counts = [int(key) for _label, key in gpu_counts(offer, body_of(), SAY)]
    least = offer.gpu_min or 1
    assert counts == sorted(set(counts))
    assert counts[0] == least
    assert counts[-1] <= max(least, offer.gpu_max or 8)
    assert [key for _label, key in gpu_counts(None, {}, SAY)] == ["1", "2", "4", "8"]


@given(
    offer=offers,
    gpus=st.integers(1, 16),
    mode=st.sampled_from(["postpaid", "spot"]),
    language=st.sampled_from(LANGUAGES),
)
def test_beside_never_stands_what_a_night_costs(offer, gpus, mode, language):
    never, *others = stops(offer, body_of(mode, gpus), words(language))
    price = pricing.whole_price(offer, body_of(mode, gpus))
    assert amount_in(never[0]) == (None if price is None else price * NIGHT_HOURS)
    assert never[1] == ""
    assert [key for _label, key in others] == ["1h", "3h", "8h"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_told_of_a_night_that_is_not_known_or_is_paid_already(language):
    say = words(language)
    offer = Offer("prod-1", postpaid=Price(Decimal(2)), prepaid={1: Price(Decimal(900))})
    plain = (say("stop.never"), "")
    assert stops(None, body_of(), say)[0] == plain
    assert stops(offer, body_of("prepaid", months=1), say)[0] == plain
    assert stops(offer, {**body_of(), "product_id": "another"}, say)[0] == plain
    assert stops(offer, with_value(body_of(), ("resource", "gpu_num"), "3x"), say)[0] == plain


def test_no_price_is_told_of_a_count_that_is_none():
    offer = Offer("prod-1", postpaid=Price(Decimal(2)), prepaid={1: Price(Decimal(900))})
    odd = with_value(body_of(), ("resource", "gpu_num"), "3x")
    assert not any(amount_in(label) for label, _key in billing_modes(offer, odd, SAY))
    assert month_counts(offer, odd, SAY) == [("1", "1")]


# --- images


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime", ("12.4", "cuda12.4")),
        ("registry.example.com:5000/a/b:cuda12.4.1", ("12.4", "cuda12.4.1")),
        ("vllm:v0.9-cu128", ("12.8", "cu128")),
        ("torch:2.5.1+CU118", ("11.8", "CU118")),
        ("torch:2.5_cuda118", ("11.8", "cuda118")),
        ("torch:py310-cuda-12-1", ("12.1", "cuda-12-1")),
        ("torch:py310-cuda_12_1-devel", ("12.1", "cuda_12_1")),
        ("torch:cuda-12.4", ("12.4", "cuda-12.4")),
        ("torch:cu12.4-py3", ("12.4", "cu12.4")),
        ("torch:cu130", ("13.0", "cu130")),
        ("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04", ("12.4", "12.4.1")),
        ("nvcr.io/nvidia/cuda:11.8.0-base", ("11.8", "11.8.0")),
        ("nvidia/cuda:12.4.1@sha256:12", ("12.4", "12.4.1")),
        ("torch:cuda12.4-cu124", ("12.4", "cu124")),
    ],
)
def test_a_tag_that_names_cuda(image, expected):
    assert cuda_proposal(image) == expected


@pytest.mark.parametrize(
    "image",
    [
        "",
        "ubuntu",
        "ubuntu:24.04",
        "python:3.12",
        "nvidia/cuda",
        "nvidia/cuda:latest",
        "nvidia/cuda@sha256:12.4",
        "someone/cuda:12.4.1-base",
        "nvidia/cuda-samples:12.4.1",
        "cuda12.4/image:1.0",
        "torch:cuda12",
        "torch:cuda12-3.10",
        "torch:cuda12-py310",
        "torch:cuda-12-2024",
        "torch:cuda-12-3.10",
        "torch:cuda12.10",
        "torch:cuda99.4",
        "torch:nocuda12.4",
        "torch:cu1240",
        "torch:cu12",
        "torch:focu128",
        "torch:rocm6.2",
        "torch:cuda12.4-cu121",
        "torch:cuda１２.４",
    ],
)
def test_a_tag_that_does_not(image):
    assert cuda_proposal(image) is None


@given(st.text(alphabet="cuda0123456789.-_:/@nvidi ", max_size=40))
def test_a_proposal_is_in_the_tag(image):
    proposal = cuda_proposal(image)
    if proposal is not None:
        version, part = proposal
        assert part in repository_and_tag(image)[1]
        assert version.replace(".", "") in "".join(letter for letter in part if letter.isdigit())
        for language in LANGUAGES:
            assert version in words(language)("advice.cuda", part=part, version=version)
            assert version in words(language)("advice.cuda.fix", version=version)


SECTIONS = {
    "access": ("ports", "tools.jupyter.enabled", "tools.jupyter.port", "tools.jupyter.protocol"),
    "environment": ("envs",),
    "storage": ("volumes",),
    "start": ("entrypoint", "command", "registry_auth_id"),
    "region": ("candidate_regions", "network.id", "network.ip"),
    "limits": ("resource.min_cuda_version", "auto_migrate.enabled", "auto_migrate.include_system_disk"),
}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "Ports 8080/tcp, 8888/http · Jupyter · its port 8888",
                "GREETING, EMPTY",
                "/data, /work",
                "own entrypoint · own command · registry auth 20",
                "cn-east-1, cn-south-1 · network vpc-east-dev",
                "CUDA 12.4 or newer · moves when its host fails",
            ],
        ),
        (
            "zh",
            [
                "端口 8080/tcp, 8888/http · Jupyter · 端口 8888",
                "GREETING, EMPTY",
                "/data, /work",
                "自定义入口点 · 自定义命令 · 镜像仓库凭证 20",
                "cn-east-1, cn-south-1 · 网络 vpc-east-dev",
                "CUDA 12.4 或更高 · 主机故障时自动迁移",
            ],
        ),
    ],
)
def test_what_stands_in_each_section_is_summed_up(language, told):
    assert [summary(names, FULL, words(language)) for names in SECTIONS.values()] == told
    assert not any(summary(names, {}, words(language)) for names in SECTIONS.values())


@pytest.mark.parametrize("language", LANGUAGES)
@given(
    envs=st.lists(
        st.fixed_dictionaries({"value": st.just("hunter2Zq91xx")}, optional={"key": st.text(max_size=9)}),
        min_size=1,
    )
)
def test_no_summary_holds_the_value_of_a_variable(language, envs):
    for body in ({"envs": envs}, compact({"envs": envs}).body):
        told = summary(("envs",), body, words(language))
        assert "hunter2" not in told
        assert len(told) <= LONGEST_SUMMARY


def test_templates_of_strangers_are_offered_only_to_who_asks():
    known = [
        Template(str(number), visibility=word)
        for number, word in enumerate(["community", "private", "", "official", "odd"])
    ]
    assert [one.id for one in offered(known)] == ["3", "1"]
    assert [one.id for one in offered(known, strangers=True)] == ["3", "1", "0", "2", "4"]
