"""Finding a product: filters keep what fits, a row says what it is."""

from decimal import Decimal
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.choices import (
    LONGEST_SUMMARY,
    cuda_proposal,
    limits,
    offered,
    repository_and_tag,
    summary,
)
from ppio_widgets.request.draft import compact
from ppio_widgets.request.offers import Offer, Price, Template
from ppio_widgets.request.products import Wanted, memory_of, offer_row, table
from tests.support.bodies import FULL

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


@pytest.mark.parametrize(("language", "told"), [("en", "1–8, 6 free"), ("zh", "1–8，空闲 6")])
def test_what_a_product_allows_is_told_with_the_marks_of_its_language(language, told):
    offer = Offer("x", gpu_min=1, gpu_max=8, gpu_free=6)
    assert limits(offer, words(language))["resource.gpu_num"] == told


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
    widths = [column.width for column in found.columns[1:-1]]
    for row in found.rows:
        first, rest = row.split("\t")
        cells = rest.split("  ", len(widths))[: len(widths)]
        assert [len(cell) for cell in cells] == widths[: len(cells)]
        assert all(east_asian_width(letter) not in "WF" for cell in cells for letter in cell)
        assert len(first) <= found.columns[0].width
