"""What the wheel holds of the contract is the contract's own, and answers are compared with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ppio_widgets.cloud.answers import Reply
from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.cloud.resources import BALANCE, PRODUCTS, REGIONS
from ppio_widgets.doctor import contract
from ppio_widgets.doctor.contract import INSTANCE, NEEDED, Comparison, Difference
from ppio_widgets.secrets.redaction import Redactor
from tests.contract.test_contract import DOCUMENT, resolve
from tests.support.wire import REAL_KEY

FILE = Path(contract.__file__).with_name("contract.json")


def reduced(schema):
    """What of a schema decides whether an answer is as the contract says."""
    if "allOf" in schema:
        parts = [reduced(one) for one in schema["allOf"]]
        return {
            "is": "object",
            "fields": {name: one for part in parts for name, one in part["fields"].items()},
        }
    if schema["type"] == "object":
        fields = {name: reduced(one) for name, one in schema.get("properties", {}).items()}
        return {
            "is": "object",
            "fields": fields,
            **({"open": True} if schema.get("additionalProperties") else {}),
        }
    if schema["type"] == "array":
        return {"is": "array", "items": reduced(schema["items"])}
    words = schema.get("enum") or schema.get("x-known-values")
    return {"is": schema["type"], **({"words": words} if words else {})}


def answers():
    """Each read that the package makes, by its path, and an example of its answer."""
    for path in NEEDED:
        told = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        yield path, resolve(told["schema"]), told["example"]


def test_the_file_is_the_contract_and_nothing_else():
    """Written by: python -c "from tests.doctor.test_contract import write; write()"."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == {path: reduced(one) for path, one, _ in answers()}


def write():
    found = {path: reduced(one) for path, one, _ in answers()}
    lines = ",\n".join(f" {json.dumps(path)}: {json.dumps(one)}" for path, one in found.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def compared(path, *values):
    comparison = Comparison(path, contract.contract()[path], Redactor())
    for value in values:
        comparison.take(Reply(value))
    return comparison


@pytest.mark.parametrize(("path", "example"), [(path, example) for path, _, example in answers()])
def test_the_examples_of_the_contract_differ_in_nothing(path, example):
    found = compared(path, example)
    assert found.differences() == ()
    assert found.odd is None


def at(schema, path):
    """Whether a schema has a field at a path."""
    for part in path.split("."):
        name, rows = part.removesuffix("[]"), part.endswith("[]")
        schema = schema["fields"].get(name)
        if schema is None:
            return False
        schema = schema["items"] if rows else schema
    return True


def test_whatever_is_needed_is_in_the_contract():
    wanted = [(path, one) for path, needed in NEEDED.items() for one in needed]
    assert wanted
    assert [one for one in wanted if not at(contract.contract()[one[0]], one[1])] == []


def row(**more):
    price = {"final_price": 12600, "base_price": 18000, "unit": "per_hour"}
    spec = {"gpu": {"max": 8}, "rootfs": {"min_gb": 10}}
    return {
        "id": "a",
        "name": "A",
        "resource_spec": spec,
        "pricing": {"precision": 3, "postpaid": price},
        **more,
    }


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (PRODUCTS, {"data": [row(colour="red")]}, [Difference("field", "data[].colour")]),
        (PRODUCTS, {"data": [row(type="npu")]}, [Difference("word", "data[].type", "npu")]),
        (PRODUCTS, {"data": [row(region_ids=[7])]}, [Difference("kind", "data[].region_ids[]", "integer")]),
        (PRODUCTS, {"data": [row(deployable="yes")]}, [Difference("kind", "data[].deployable", "string")]),
        (PRODUCTS, {"data": [row(pricing={"postpaid": None})]}, [
            Difference("missing", "data[].pricing.postpaid"),
            Difference("missing", "data[].pricing.precision"),
        ]),
        (PRODUCTS, {"data": [row(pricing=None)]}, [Difference("missing", "data[].pricing")]),
        (PRODUCTS, {"data": [row(pricing=None), row()]}, []),
        (PRODUCTS, {"data": []}, []),
        (PRODUCTS, {"data": None}, []),
        (PRODUCTS, {"data": {}}, [Difference("kind", "data", "object")]),
        (BALANCE, {"availableBalance": 12.5}, [Difference("kind", "availableBalance", "number")]),
        (REGIONS, {"data": [{"id": "r", "name": True}]}, [Difference("kind", "data[].name", "boolean")]),
        (INSTANCE, {"id": "i", "name": "n", "status": "running"}, [Difference("kind", "status", "string")]),
    ],
)  # fmt: skip
def test_each_way_to_differ_is_told_by_its_place(path, value, expected):
    assert [replace(one, path="") for one in compared(path, value).differences()] == expected


def test_only_what_this_package_needs_breaks_it():
    found = compared(BALANCE, {"availableBalance": 1, "cashBalance": 2, "more": 3})
    assert {one.at for one in found.differences() if found.breaks(one)} == {"availableBalance"}


@pytest.mark.parametrize(
    "secret", [REAL_KEY, "a value with blanks", "x" * 41, "x" * 39 + "!", "line\nbreak", "<b>", "ключ"]
)
def test_a_name_or_a_word_that_may_be_a_value_is_not_repeated(secret):
    value = {"id": "i", "name": "n", secret: 1, "status": {"status": secret}, "billing": {"mode": secret}}
    found = compared(INSTANCE, value).differences()
    assert [(one.how, one.at, one.found) for one in found] == [
        ("field", "…", ""),
        ("word", "billing.mode", "…"),
        ("word", "status.status", "…"),
    ]
    assert secret not in repr(found)


@pytest.mark.parametrize(
    ("value", "odd"),
    [
        ({"data": [], "has_more": True, "next_cursor": ""}, "cursor"),
        ({"data": [], "has_more": False, "next_cursor": "x"}, "cursor"),
        ({"data": [None], "has_more": False}, "row"),
        ({"rows": []}, "shape"),
        ({"data": []}, None),
        ({"data": None, "has_more": False}, None),
    ],
)
def test_a_page_that_contradicts_itself_is_odd(value, odd):
    assert compared(INSTANCES, value).odd == odd
