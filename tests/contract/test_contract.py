"""The models against the create schema of the contract, body by body.

They agree on every body but for the differences named here, each with its reason.
"""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from pydantic import ValidationError

from ppio_widgets import CreateInstanceRequest
from ppio_widgets.cloud.answers import InstanceStatus
from ppio_widgets.request.schema import Group, Leaf, Rows, leaves, tree
from tests.support.bodies import FULL, MINIMAL, bodies

# Whoever collects the tests waits for it: in C it takes a tenth of the time.
DOCUMENT = yaml.load((Path(__file__).parent / "openapi.yaml").read_bytes(), yaml.CSafeLoader)
SCHEMAS = DOCUMENT["components"]["schemas"]


def resolve(schema):
    """The schema without references, so that no resolver is needed."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return resolve(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]])
        return {key: resolve(value) for key, value in schema.items()}
    return [resolve(item) for item in schema] if isinstance(schema, list) else schema


SCHEMA = resolve(SCHEMAS["CreateInstanceRequest"])
VALIDATOR = OAS30Validator(SCHEMA)


def schema_takes(body):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return VALIDATOR.is_valid(body)


def models_take(body):
    try:
        CreateInstanceRequest.model_validate(body)
    except ValidationError:
        return False
    return True


def unknown_keys(body, node=None):
    node = node or tree()
    if isinstance(node, Group) and isinstance(body, dict):
        return any(
            key not in node.fields or unknown_keys(value, node.fields[key]) for key, value in body.items()
        )
    if isinstance(node, Rows) and isinstance(body, list):
        return any(unknown_keys(item, node.item) for item in body)
    return False


def prepaid_without_its_mode(body):
    billing = body.get("billing")
    return isinstance(billing, dict) and (billing.get("mode") == "prepaid") != ("prepaid" in billing)


def env_without_key(body):
    envs = body.get("envs")
    return isinstance(envs, list) and any(isinstance(env, dict) and not env.get("key") for env in envs)


# Bodies that the schema takes and the models do not; why:
DIFFERENCES = {
    "prepaid.months is required with mode prepaid, and only used there": prepaid_without_its_mode,
    "a misspelt key would be dropped in silence on a billed call": unknown_keys,
    "an environment variable without a name says nothing": env_without_key,
    "an empty product id names no product": lambda body: body.get("product_id") == "",
}


def agree(body):
    expected = schema_takes(body) and not any(differs(body) for differs in DIFFERENCES.values())
    return models_take(body) == expected


LONG = st.sampled_from([1, 255, 256, 500, 501, 511, 512, 4095, 4096]).map(lambda size: "x" * size)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [-5, -1, 0, 1, 2, 65535, 65536, 10**20, 1.5, "", "8080", "prepaid", "tcp", "gpu", [], {}, [{}], ["x"]]
    ),
    LONG,
)


@st.composite
def mutated(draw):
    """Copies of a valid body, each spoilt in its own way: to draw the body is what takes time."""
    body = draw(bodies)
    return [spoilt(draw, body) for _ in range(20)]


def spoilt(draw, sound):
    """The body with one or two places replaced, taken away or added."""
    body = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 2))):
        place = body
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and draw(st.booleans()):
                place = inner
                continue
            action = draw(st.sampled_from(["replace", "remove", "add"]))
            if action == "replace":
                place[key] = draw(ODD)
            elif action == "remove":
                del place[key]
            elif isinstance(place, dict):
                place[draw(st.sampled_from(["extra", "mode", "prepaid", "key", "id"]))] = draw(ODD)
            break
    return body


@settings(max_examples=300)
@given(bodies)
def test_valid_bodies_are_taken_by_both(body):
    assert schema_takes(body)
    assert models_take(body)


@settings(max_examples=100)
@given(mutated())
def test_models_and_schema_agree_on_broken_bodies(broken):
    for body in broken:
        assert agree(body), (body, schema_takes(body), models_take(body))


def _at(body, path):
    for part in path:
        body = body[part]
    return body


def _breaks(leaf: Leaf):
    """Values just outside the limits of one leaf."""
    wrong_kind = {
        "whole": ["1", True, 1.5, None],
        "text": [1, True, None, []],
        "switch": ["true", 1],
        "choice": ["other", 1],
    }
    yield from wrong_kind[leaf.kind]
    if leaf.low is not None:
        yield leaf.low - 1
    if leaf.high is not None:
        yield leaf.high + 1
    if leaf.longest is not None:
        yield "x" * (leaf.longest + 1)


@pytest.mark.parametrize("pattern", leaves())
def test_every_limit_broken_by_itself_is_refused_by_both(pattern):
    path = [0 if part == "*" else part for part in pattern.split(".")]
    for value in _breaks(leaves()[pattern]):
        body = copy.deepcopy(FULL)
        _at(body, path[:-1])[path[-1]] = value
        assert not schema_takes(body), value
        assert not models_take(body), value


@pytest.mark.parametrize("reason", DIFFERENCES)
def test_each_named_difference_is_a_real_one(reason):
    examples = [
        {**MINIMAL, "billing": {"mode": "prepaid"}},
        {**MINIMAL, "billing": {"mode": "spot", "prepaid": {"months": 1}}},
        {**MINIMAL, "imagee": "x"},
        {**MINIMAL, "envs": [{"value": "x"}]},
        {**MINIMAL, "product_id": ""},
    ]
    shown = [body for body in examples if DIFFERENCES[reason](body)]
    assert shown
    assert all(schema_takes(body) and not models_take(body) for body in shown)


def test_the_models_have_every_field_of_the_schema_and_no_other():
    def fields(schema, path=()):
        if schema.get("type") == "object":
            return {
                found for key, inner in schema["properties"].items() for found in fields(inner, (*path, key))
            }
        if schema.get("type") == "array":
            return fields(schema["items"], (*path, "*"))
        return {".".join(path)}

    assert set(leaves()) == fields(SCHEMA)


def test_the_examples_of_the_contract_are_taken():
    example = DOCUMENT["paths"]["/gpus/v2/instances"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    assert schema_takes(example)
    assert models_take(example)


def test_every_status_of_the_contract_is_known_and_two_more():
    told = SCHEMAS["InstanceStatus"]["properties"]["status"]["x-known-values"]
    assert {*InstanceStatus} == {*told, "stopped", "not_seen"}
