from __future__ import annotations

import copy
import json
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud import resources
from ppio_widgets.request.offers import (
    Network,
    Offer,
    Price,
    Region,
    RegistryAuth,
    Storage,
    Template,
)
from ppio_widgets.secrets.hosts import read_host

# The documented example (PPIO GPU API v2, list products).
PRODUCT = {
    "id": "prod-a100-80g",
    "name": "A100-80G",
    "type": "gpu",
    "category": "instance",
    "description": "NVIDIA A100 80GB",
    "region_ids": ["c-east-1"],
    "resource_spec": {
        "gpu": {
            "spec_id": "spec-a100-80g",
            "name": "A100",
            "memory_gb": 80,
            "min": 1,
            "max": 8,
            "available": 6,
            "max_available": 6,
        },
        "cpu": 16,
        "memory_gb": 128,
        "rootfs": {"min_gb": 50, "max_gb": 500, "free_gb": 50},
    },
    "pricing": {
        "precision": 3,
        "postpaid": {"base_price": 18000, "final_price": 12600, "unit": "per_hour"},
        "spot": {"base_price": 12600, "final_price": 6000, "unit": "per_hour"},
        "prepaid": [
            {"spec_id": "s", "duration_months": 1, "final_price": 9072000, "base_price": 12960000},
        ],
        "storage_price_per_gb": 50,
    },
    "billing_methods": ["postpaid", "prepaid", "spot"],
    "inventory_state": "normal",
    "deployable": True,
    "activity": {"is_activity_product": False, "active": False, "purchasable": True},
}
OFFER = Offer(
    id="prod-a100-80g",
    name="A100-80G",
    gpu_name="A100",
    gpu_memory_gb=80,
    gpu_min=1,
    gpu_max=8,
    gpu_free=6,
    cpu=16,
    memory_gb=128,
    rootfs_min_gb=50,
    rootfs_max_gb=500,
    rootfs_free_gb=50,
    regions=("c-east-1",),
    modes=("postpaid", "prepaid", "spot"),
    postpaid=Price(Decimal("12.600"), Decimal("18.000")),
    spot=Price(Decimal("6.000"), Decimal("12.600")),
    prepaid={1: Price(Decimal("9072.000"), Decimal("12960.000"))},
    storage_price=Decimal("0.050"),
    stock="normal",
    currency="CNY",
)
TEMPLATE = {
    "id": "tpl-1",
    "owner_id": "o",
    "name": "PyTorch",
    "type": "instance",
    "visibility": "community",
    "image": "pytorch/pytorch:2.6.0-cuda12.4",
    "registry_auth_id": "20",
    "command": "python x.py\n  --all",
    "entrypoint": "/bin/sh -c",
    "rootfs_size_gb": 60,
    "ports": [{"protocol": "http", "port": 8080}, {"protocol": "tcp", "port": 22}],
    "envs": [{"key": "A", "value": " 1 "}, {"key": "EMPTY", "value": ""}, {"key": "NONE"}],
    "metadata": {"readme": "# r", "description": "for\nall", "author": "a", "tags": ["t"]},
    "min_cuda_version": "12.4",
    "created_at": 1,
}
IMAGE = {
    "name": "pytorch",
    "image": "r/pytorch:1",
    "tags": [{"tag": "1", "image": "r/pytorch:1"}, {"tag": "2", "image": "r/pytorch:2"}, {"tag": "3"}],
}
REGION = {
    "id": "c-1",
    "name": "c-1 (Hangzhou)",
    "gpus": ["A100"],
    "feature": {"network_volume": True, "instance_vpc_network": False},
}
STORAGE = {
    "storageId": "s-1",
    "storageName": "data",
    "storageSize": 100,
    "clusterId": "5",
    "clusterName": "c",
}
AUTH = {"id": "20", "name": "test", "username": "me", "password": "xxxxxxxx"}
NETWORK = {"id": "n-1", "owner_id": "u", "name": "dev", "status": {"status": "running"}, "region_id": "c-1"}

READERS = {
    "offer": (resources.read_offer, PRODUCT),
    "region": (partial(resources.read_row, Region), REGION),
    "network": (partial(resources.read_row, Network), NETWORK),
    "storage": (partial(resources.read_row, Storage), STORAGE),
    "auth": (partial(resources.read_row, RegistryAuth), AUTH),
    "template": (partial(resources.read_row, Template), TEMPLATE),
    "images": (resources.read_images, IMAGE),
    "balance": (resources.read_balance, {"availableBalance": "1000000"}),
}
VALUES = (Offer, Region, Network, Storage, RegistryAuth, Template, Decimal)


def keys_of(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys_of(inner)
    if isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


KEYS = sorted({key for _read, row in READERS.values() for key in keys_of(row)} | {"password"})
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["12", "-5", "per_hour", "per_day", "postpaid", "quantum", "\ud800", "a\x00b", " x "])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


def places(row, path=()):
    """Every path in a row."""
    inner = row.items() if isinstance(row, dict) else enumerate(row) if isinstance(row, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def with_value(row, path, value):
    changed = copy.deepcopy(row)
    place = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def offer(**changes):
    return resources.read_offer({**PRODUCT, **changes})


def priced(**pricing):
    return offer(pricing={**PRODUCT["pricing"], **pricing})


@pytest.mark.long
@settings(max_examples=150)
@given(anything, st.sampled_from(sorted(READERS)))
def test_no_reader_raises_whatever_comes(answer, name):
    value = READERS[name][0](answer)
    assert value is None or isinstance(value, (*VALUES, tuple))


@pytest.mark.long
@settings(max_examples=100)
@given(anything, st.sampled_from(sorted(READERS)))
def test_no_reader_raises_when_one_place_is_odd(odd, name):
    read, row = READERS[name]
    for path in places(row):
        value = read(with_value(row, path, odd))
        assert value is None or isinstance(value, (*VALUES, tuple)), path
        assert "float" not in repr(value), path
        repr(value).encode()  # half a surrogate pair would stop here


@given(st.sampled_from(list(places(PRODUCT))), anything)
def test_a_field_of_a_wrong_kind_drops_that_field_and_not_the_row(path, value):
    if path in {("id",), ("category",)}:
        return
    seen = resources.read_offer(with_value(PRODUCT, path, value))
    assert seen is not None
    assert seen.id == "prod-a100-80g"
    if path[0] != "pricing":
        assert (seen.postpaid, seen.spot, seen.prepaid) == (OFFER.postpaid, OFFER.spot, OFFER.prepaid)
    if path[0] != "resource_spec":
        assert (seen.gpu_name, seen.gpu_max, seen.rootfs_max_gb) == ("A100", 8, 500)


def test_the_documented_product_is_read_in_full():
    assert resources.read_offer(PRODUCT, "CNY") == OFFER


@pytest.mark.parametrize("name", [name for name in READERS if name not in ("images", "balance")])
@pytest.mark.parametrize(
    "key", [None, "", " ", 5, True, ["a"], {}, " a", "a\n", "a\x00", "\ud800", "x" * 256]
)
def test_a_row_without_a_usable_id_is_no_row(name, key):
    read, row = READERS[name]
    field = "storageId" if name == "storage" else "id"
    assert read({**row, field: key}) is None
    assert read({one: value for one, value in row.items() if one != field}) is None


@pytest.mark.parametrize("name", READERS)
def test_unknown_fields_change_nothing(name):
    read, row = READERS[name]
    assert read({**row, "brand_new": {"id": [1]}, "🆕": None}) == read(row)


def test_unknown_words_are_kept_and_break_nothing():
    seen = offer(type="tpu", inventory_state="plenty", billing_methods=["postpaid", "barter", 5, "postpaid"])
    assert (seen.type, seen.stock, seen.modes) == ("tpu", "plenty", ("postpaid", "barter"))
    assert seen.available
    assert offer(category="serverless") is None
    assert offer(category="bare-metal") is not None


@given(st.integers(0, 10**18), st.integers(0, 12))
def test_an_amount_is_the_integer_arithmetic_whatever_the_context(amount, precision):
    with localcontext() as context:
        context.prec = 2
        seen = priced(precision=precision, postpaid={"final_price": amount, "base_price": 7})
    assert type(seen.postpaid.final) is Decimal
    assert Fraction(seen.postpaid.final) == Fraction(amount, 10**precision)
    assert -seen.postpaid.final.as_tuple().exponent == precision


@pytest.mark.parametrize("precision", [None, -1, 13, 10**30, "3", 3.0, True, [3]])
def test_without_a_precision_no_price_is_known(precision):
    seen = priced(precision=precision)
    assert (seen.postpaid, seen.spot, seen.prepaid, seen.storage_price) == (None, None, {}, None)


@pytest.mark.parametrize("amount", [None, -1, 12.6, "12600", True, 10**19, [1], float("nan")])
def test_an_amount_that_is_no_whole_number_is_not_known(amount):
    assert priced(postpaid={"final_price": amount, "base_price": 1}).postpaid is None
    assert priced(postpaid={"final_price": 1, "base_price": amount}).postpaid == Price(Decimal("0.001"))


def test_a_price_in_another_unit_is_not_known():
    assert priced(postpaid={"final_price": 1, "unit": "per_day"}).postpaid is None
    assert priced(postpaid={"final_price": 1, "unit": None}).postpaid is None
    assert priced(postpaid={"final_price": 1}).postpaid == Price(Decimal("0.001"))


def test_zero_for_nothing_is_a_price_left_out_and_zero_for_something_is_a_gift():
    assert priced(spot={"base_price": 0, "final_price": 0, "unit": "per_hour"}).spot is None
    assert priced(spot={"base_price": 5, "final_price": 0}).spot == Price(Decimal("0.000"), Decimal("0.005"))
    assert priced(storage_price_per_gb=0).storage_price is None


def test_of_two_prices_for_the_same_months_the_higher_one_counts():
    blocks = [
        {"duration_months": months, "final_price": price, "base_price": price}
        for months, price in ((3, 20), (1, 5), (1, 9), (1, 7), (0, 1), ("2", 1))
    ]
    assert [(months, price.final) for months, price in priced(prepaid=blocks).prepaid.items()] == [
        (1, Decimal("0.009")),
        (3, Decimal("0.020")),
    ]


def test_limits_of_zero_are_left_out_and_none_free_is_told():
    gpu = {"name": "A100", "memory_gb": 0, "min": 0, "max": 0, "available": 0}
    seen = offer(resource_spec={"gpu": gpu, "cpu": 0, "rootfs": {"min_gb": 9, "max_gb": 5, "free_gb": 0}})
    assert (seen.gpu_min, seen.gpu_max, seen.gpu_free, seen.gpu_memory_gb) == (0, None, 0, None)
    assert (seen.rootfs_min_gb, seen.rootfs_max_gb, seen.rootfs_free_gb, seen.cpu) == (None, None, 0, None)
    assert not seen.available


def test_of_a_cpu_product_nothing_is_told_of_gpus():
    gpu = {"name": "", "memory_gb": 0, "min": 0, "max": 0, "available": 0}
    seen = offer(type="cpu", resource_spec={"gpu": gpu, "cpu": 8, "memory_gb": 16})
    assert (seen.gpu_min, seen.gpu_max, seen.gpu_free, seen.gpu_name) == (None, None, None, "")
    assert (seen.type, seen.cpu, seen.memory_gb) == ("cpu", 8, 16)
    assert seen.available, "no GPU free is no matter"
    assert resources.read_offer({"id": "a"}, product_type="cpu").type == "cpu"
    assert resources.read_offer({"id": "a", "type": "gpu"}, product_type="cpu").type == "gpu"


def test_what_blocks_a_product():
    assert not offer(deployable=False).available
    assert not offer(activity={"purchasable": False}).available
    assert not offer(inventory_state="none").available
    assert offer(deployable=None, activity=None).available


def test_places_are_read():
    assert resources.read_row(Region, REGION) == Region(
        "c-1", "c-1 (Hangzhou)", has_storage=True, has_network=False
    )
    assert resources.read_row(Region, {"id": "c-1", "feature": {"network_volume": 1}}) == Region("c-1")
    assert resources.read_row(Network, NETWORK) == Network("n-1", "dev", "c-1")
    assert resources.read_row(Network, {"id": "n-1", "name": 5}) == Network("n-1")
    assert resources.read_row(Storage, STORAGE) == Storage("s-1", "data", 100, "5")
    assert resources.read_row(RegistryAuth, AUTH) == RegistryAuth("20", "test", "me")


def test_a_template_is_read_exactly_as_it_fills_in():
    assert resources.read_row(Template, TEMPLATE) == Template(
        id="tpl-1",
        name="PyTorch",
        image="pytorch/pytorch:2.6.0-cuda12.4",
        registry_auth_id="20",
        command="python x.py\n  --all",
        entrypoint="/bin/sh -c",
        ports=((8080, "http"), (22, "tcp")),
        envs=(("A", " 1 "), ("EMPTY", ""), ("NONE", "")),
        rootfs_size_gb=60,
        min_cuda_version="12.4",
        visibility="community",
        description="for all",
    )


def test_the_odd_rows_of_a_template_are_left_out():
    seen = resources.read_row(
        Template,
        {
            **TEMPLATE,
            "ports": [
                {"port": 0, "protocol": "tcp"},
                {"port": "80", "protocol": "tcp"},
                {"port": 80},
                5,
                None,
            ],
            "envs": [
                {"key": "", "value": "x"},
                {"key": "A", "value": 5},
                {"value": "x"},
                {"key": "\ud800"},
                [],
            ],
            "command": "x" * 2048,
            "image": "x" * 501,
        },
    )
    assert (seen.ports, seen.envs, seen.command, seen.image) == ((), (), "", "")


def test_images_are_read_tag_by_tag():
    assert resources.read_images(IMAGE) == ("r/pytorch:1", "r/pytorch:2")
    assert resources.read_images({"name": "x", "image": "r/x:1"}) == ("r/x:1",)
    assert resources.read_images({"name": "x", "tags": [{"tag": "1"}]}) == ()


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ("1000000", Decimal(100)),
        ("1", Decimal("0.0001")),
        ("-25000", Decimal("-2.5")),
        ("0", Decimal(0)),
        ("1.5", None),
        ("", None),
        ("1e5", None),
        ("١٢", None),
        ("9" * 19, None),
        (" 5", None),
        ("5\n", None),
        (1000000, None),
        (None, None),
    ],
)
def test_a_balance_is_in_ten_thousandths(available, expected):
    assert resources.read_balance({"availableBalance": available}) == expected


def test_the_currency_follows_the_host():
    assert resources.currency_of(read_host("https://api.ppio.com"), practice=False) == "CNY"
    assert resources.currency_of(read_host("https://api.novita.ai"), practice=False) == "USD"
    assert resources.currency_of(read_host("http://127.0.0.1:9"), practice=True) == "CNY"
    strange = read_host("https://gpu.example.com", allow_host="gpu.example.com")
    assert resources.currency_of(strange, practice=False) == ""


@given(st.text(min_size=6), anything, st.sampled_from(["password", "Password", "secret", "token"]))
def test_a_password_reaches_no_value(password, odd, key):
    marked = f"§{password}§"
    for answer in ({**AUTH, key: marked}, {**AUTH, "username": None, key: {"value": marked, "odd": odd}}):
        seen = resources.read_row(RegistryAuth, answer)
        assert seen is not None
        assert marked not in repr(seen)
        assert marked not in repr(vars(seen))


def test_env_values_of_a_template_are_not_in_its_repr():
    seen = resources.read_row(Template, {**TEMPLATE, "envs": [{"key": "HF_TOKEN", "value": "hf_5eCr3t"}]})
    assert seen.envs == (("HF_TOKEN", "hf_5eCr3t"),)
    assert "hf_5eCr3t" not in repr(seen)


def test_a_row_straight_from_json_text():
    assert resources.read_offer(json.loads(json.dumps(PRODUCT)), "CNY") == OFFER
