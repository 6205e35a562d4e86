"""What a form says by itself: it follows its cause, and never takes the place of what was typed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.request.choices import least_cost
from ppio_widgets.request.draft import DEFAULTS, value_at, with_value
from ppio_widgets.request.offers import Offer, Price, Template
from ppio_widgets.request.proposals import PROPOSABLE, Proposals, cheapest, numbered

CHEAP = Offer("cheap", gpu_name="NVIDIA T4", rootfs_free_gb=10, postpaid=Price(Decimal(1)))
ROOMY = Offer("roomy", gpu_name="NVIDIA RTX 4090 D", rootfs_free_gb=100, postpaid=Price(Decimal(3)))
EIGHT = Offer("eight", gpu_name="H200", gpu_min=8, gpu_max=8, rootfs_free_gb=100, postpaid=Price(Decimal(2)))
GONE = Offer("gone", gpu_free=0, rootfs_free_gb=100, postpaid=Price(Decimal("0.1")))
CPU = Offer("cpu", type="cpu", rootfs_free_gb=100, postpaid=Price(Decimal("0.5")))
PRODUCTS = (CHEAP, ROOMY, EIGHT, GONE, CPU)
TORCH = Template(
    "t", image="pytorch/pytorch:2.6", ports=((8888, "http"),), rootfs_size_gb=60, visibility="official"
)
VLLM = Template("v", image="vllm/vllm-openai:1", command="serve", visibility="private")
STRANGER = Template("s", image="who/knows:1", visibility="community")


def find(product):
    return next((one for one in PRODUCTS if one.id == product), None)


def free(_name):
    return False


def opened(templates=(STRANGER, TORCH, VLLM)):
    """A form on the practice cloud, with its draft."""
    found = Proposals()
    found.begin(PRODUCTS, templates, DEFAULTS)
    return found, found.over(DEFAULTS, find, free)


def typed(found, draft, path, value):
    changed = with_value(draft, path, value)
    found.note(draft, changed)
    return found.over(changed, find, free)


def test_the_cheapest_that_has_room_for_the_first_template_is_proposed_with_it():
    _found, draft = opened()
    assert draft["product_id"] == "roomy", "not sold out, and its disk of 60 GB is free"
    assert draft["image"] == TORCH.image, "no stranger's"
    assert draft["resource"] == {"gpu_num": 1, "rootfs_size_gb": 60}
    assert draft["name"] == "pytorch-rtx4090-1"


def test_without_a_template_there_is_a_product():
    _found, draft = opened(())
    assert draft["product_id"] == "roomy"
    assert "image" not in draft


def test_of_a_body_of_cpus_a_cpu_product_is_proposed():
    found, draft = opened()
    draft = typed(found, draft, ("type",), "cpu")
    found.begin(PRODUCTS, (TORCH,), draft)
    assert found.over(draft, find, free)["product_id"] == "cpu"


@pytest.mark.parametrize(
    ("product", "gpus", "name"), [("eight", 8, "pytorch-h200-1"), ("cheap", 1, "pytorch-t4-1")]
)
def test_count_and_name_follow_the_product(product, gpus, name):
    found, draft = opened()
    draft = typed(found, draft, ("product_id",), product)
    assert draft["resource"]["gpu_num"] == gpus
    assert draft["name"] == name


def test_a_name_stays_while_nothing_it_is_made_of_changes():
    found, draft = opened()
    taken = {draft["name"]}
    again = found.over(with_value(draft, ("command",), "x"), find, taken.__contains__)
    assert again["name"] == draft["name"], "a launch that is doubled by mistake is asked about"


def test_another_cloud_forgets_what_was_chosen_for_a_person_and_keeps_what_he_chose():
    found, draft = opened()
    draft = found.over(found.choose(draft, VLLM), find, free)
    found.forget()
    draft = found.over(draft, find, free)
    assert "product_id" not in draft
    assert draft["image"] == VLLM.image
    bare, draft = opened()
    bare.forget()
    assert bare.over(draft, find) == DEFAULTS


VALUES = ["", "typed:1", "eight", 3, None, [{"key": "A"}]]


@given(
    steps=st.lists(st.tuples(st.sampled_from(PROPOSABLE), st.sampled_from(VALUES)), max_size=6),
    begins=st.integers(0, 6),
    chosen=st.none() | st.sampled_from([TORCH, VLLM]),
)
def test_no_default_takes_the_place_of_what_was_typed(steps, begins, chosen):
    found, said = Proposals(), {}
    draft = found.over(DEFAULTS, find, free)
    for number, (path, value) in enumerate(steps):
        if number == begins:
            found.begin(PRODUCTS, (TORCH, VLLM), draft)
            draft = found.over(draft, find, free)
        before = value_at(draft, path)
        draft = typed(found, draft, path, value)
        if before != value or path in said:
            said[path] = value
    assert {path: value_at(draft, path) for path in said} == said
    assert not set(found.values) & set(said)
    assert {path: value_at(draft, path) for path in found.values} == found.values
    if chosen is not None:
        overwritten = found.filling(draft, chosen).overwrites
        assert set(overwritten) <= {path for path, value in said.items() if value not in (None, "")}
        draft = found.over(found.choose(draft, chosen), find, free)
        assert draft["image"] == chosen.image
        assert found.filling(draft, chosen).overwrites == ()


_offers = st.lists(
    st.builds(
        Offer,
        id=st.text("ab", min_size=1, max_size=4),
        type=st.sampled_from(["gpu", "cpu"]),
        gpu_min=st.sampled_from([None, 1, 8]),
        gpu_free=st.sampled_from([None, 0, 4]),
        rootfs_free_gb=st.sampled_from([None, 20, 100]),
        rootfs_max_gb=st.sampled_from([None, 30, 500]),
        postpaid=st.none() | st.builds(Price, st.decimals(0, 99, places=2)),
    ),
    max_size=6,
)


@given(offers=_offers, template=st.none() | st.just(TORCH))
def test_nothing_that_fits_as_well_costs_less(offers, template):
    chosen = cheapest(offers, template, DEFAULTS)
    needed = 60 if template else 20
    fits = [
        one
        for one in offers
        if one.type == "gpu" and one.available and one.postpaid and needed <= (one.rootfs_max_gb or needed)
    ]
    if not fits:
        assert chosen is None
        return
    alike = [one for one in fits if (one.rootfs_free_gb or 0) >= needed] or fits
    assert chosen in alike
    assert least_cost(chosen) == min(map(least_cost, alike))


@given(name=st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True), taken=st.sets(st.integers(1, 5)))
def test_a_numbered_name_is_free_and_a_number_gives_way_to_another(name, taken):
    stem = numbered(name, free).removesuffix("-1")
    used = {f"{stem}-{number}" for number in taken}
    found = numbered(name, used.__contains__)
    assert found not in used
    assert numbered(found, used.__contains__) == found


def test_a_disk_is_within_what_a_product_takes():
    small = replace(CHEAP, rootfs_min_gb=30, rootfs_max_gb=40)
    found = Proposals()
    found.begin((small,), (), DEFAULTS)
    assert found.over(DEFAULTS, lambda _id: small, free)["resource"]["rootfs_size_gb"] == 30
