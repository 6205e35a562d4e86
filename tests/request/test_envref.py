import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ppio_widgets import CreateInstanceRequest, EnvRef, RequestInvalid, check
from ppio_widgets.locale.words import words
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.failures import Refused
from ppio_widgets.request.draft import compact, to_json
from ppio_widgets.request.envref import ACCOUNT_KEYS, is_name, reference, resolved
from ppio_widgets.request.models import EnvVar
from ppio_widgets.request.schema import Leaf, leaves
from ppio_widgets.request.validation import judge
from ppio_widgets.secrets.credentials import KEY_VARIABLES
from ppio_widgets.secrets.patterns import looks_secret
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs, env_names
from tests.support.practice import RICH

AT = ("envs", 0, "value")


def with_value(value):
    return {**MINIMAL, "envs": [{"key": "A", "value": value}]}


def names_of(body):
    values = [row.get("value") for row in body.get("envs", ())]
    return [value.name for value in values if isinstance(value, EnvRef)]


def test_a_reference_is_its_name_and_never_changes():
    ref = EnvRef("HF_TOKEN")
    assert repr(ref) == "EnvRef('HF_TOKEN')"
    assert ref == EnvRef("HF_TOKEN") != EnvRef("OTHER")
    assert ref.as_json() == {"$env": "HF_TOKEN"}
    assert copy.deepcopy(ref) == pickle.loads(pickle.dumps(ref)) == ref  # noqa: S301 - our own
    with pytest.raises(AttributeError):
        ref.name = "OTHER"


@pytest.mark.parametrize(
    "value", ["$X", {}, {"$env": 5}, {"$env": "X", "more": 1}, {"env": "X"}, ["$env"], None]
)
def test_only_an_object_with_one_name_is_a_reference(value):
    assert reference(value) is None
    assert reference({"$env": "X"}) == reference(EnvRef("X")) == EnvRef("X")


@pytest.mark.parametrize(
    "key",
    [
        *("KEY", "TOKEN", "SECRET", "PASS", "PASSWORD", "PWD", "CRED", "CREDS", "CREDENTIALS", "AUTH"),
        *("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "apiKey", "APIKey", "api-key", "api.key"),
        *(
            "PGPASSWORD",
            "MYSQL_PWD",
            "db_pass",
            "OPENAI_API_KEY",
            "OPENAI_APIKEY",
            "HFTOKEN",
            "KEY_2",
            "TOKEN2",
        ),
        *("GOOGLE_APPLICATION_CREDENTIALS", "clientSecret", "wandbApiKey", "BASIC_AUTH", "oauth_client"),
        *("REDIS_PASSWD", "SSH_PASSPHRASE", "PUBLIC_TOKEN"),
    ],
)
def test_a_name_that_tells_of_a_secret(key):
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        *("MONKEY", "TURKEY_COUNT", "KEYBOARD_LAYOUT", "keyboardLayout", "AUTHOR", "AUTHORS", "PASSENGER"),
        *("PASSIVE", "COMPASS", "BYPASS_CACHE", "MAX_TOKENS", "MAX_NEW_TOKENS", "TOKENIZERS_PARALLELISM"),
        *("SECRETARY", "CREDIT", "SACRED", "PUBLIC_KEY", "SSH_PUBLIC_KEY", "EPOCHS", "PATH", "GREETING", ""),
        *("LR", "K0", "hotkeys", "变量", "123"),
    ],
)
def test_a_name_that_does_not(key):
    assert not looks_secret(key)


@given(st.text())
def test_any_name_is_judged(key):
    assert looks_secret(key) in (True, False)
    assert looks_secret(f"{key}_API_KEY") or "PUBLIC" in key.upper()


@given(env_names)
def test_names_are_letters_digits_and_underlines(name):
    assert is_name(name)
    assert not any(map(is_name, (f"1{name}", f"{name}-", f"{name}\n", f" {name}", "", None, 5)))


@given(bodies_with_refs)
def test_draft_to_request_to_json_to_draft_is_the_identity_with_references(body):
    request = check(body).require()
    assert request.body() == body
    text = to_json(request.body())
    assert check(json.loads(text)).request == request
    assert check(json.loads(text)).body == body
    assert to_json(json.loads(text)) == text
    for mode in ("python", "json"):
        assert check(request.model_dump(mode=mode, exclude_none=True)).request == request


@given(bodies_with_refs, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_the_body_for_the_wire_has_the_values_and_no_reference(body, value):
    before = copy.deepcopy(body)
    wire, secrets = resolved(body, dict.fromkeys(names_of(body), value))
    assert body == before
    assert secrets == ((value,) if value else ())
    assert "$env" not in json.dumps([row for row in wire["envs"] if row.get("value") == value])
    assert judge(wire)[1] == {}
    for row, sent in zip(body["envs"], wire["envs"], strict=True):
        expected = {**row, "value": value} if isinstance(row.get("value"), EnvRef) else row
        assert sent == expected


@given(bodies)
def test_a_body_without_references_goes_as_it_is(body):
    assert resolved(body, {}) == (body, ())


def test_each_value_is_named_once_as_a_secret_and_an_empty_one_is_none():
    rows = [
        {"key": key, "value": EnvRef(name)} for key, name in [("A", "X"), ("B", "Y"), ("C", "X"), ("D", "E")]
    ]
    wire, secrets = resolved({"envs": rows}, {"X": "s1", "Y": "s2", "E": "", "OTHER": "s3"})
    assert secrets == ("s1", "s2")
    assert [row["value"] for row in wire["envs"]] == ["s1", "s2", "s1", ""]


def test_the_json_of_a_reference_never_reaches_the_wire():
    wire, _ = resolved(with_value({"$env": "X"}), {"X": "v"})
    assert wire == with_value("v")


def refusal(body, environ):
    with pytest.raises(RequestInvalid) as caught:
        resolved(body, environ)
    assert caught.value.__context__ is None
    return caught.value


def test_every_variable_that_is_not_set_is_named_with_the_way_out():
    rows = [{"key": key, "value": EnvRef(key)} for key in ("HF_TOKEN", "HOME_X", "WANDB_API_KEY", "HF_TOKEN")]
    error = refusal({"envs": rows}, {"HOME_X": "set"})
    assert error.params["names"] == "HF_TOKEN, WANDB_API_KEY"
    assert 'os.environ["HF_TOKEN"] = getpass.getpass()' in str(error)
    assert "HF_TOKEN, WANDB_API_KEY" in error.sentence(words("zh"))


@pytest.mark.parametrize("name", ["", "A=B", "\ud800", "A\0"])
def test_what_cannot_be_a_name_is_not_asked_of_the_environment(name):
    class Strict(dict):
        def __contains__(self, key):
            raise AssertionError

    assert refusal(with_value(EnvRef(name)), Strict()).code == "env_unset"


@pytest.mark.parametrize(
    ("value", "code"),
    [("s3cret" + "x" * 4090, "env_long"), ("s3cret\udcff", "env_text"), ("\ud83d s3cret", "env_text")],
)
def test_a_value_that_cannot_be_sent_is_refused_and_not_shown(value, code):
    error = refusal(with_value(EnvRef("HF_TOKEN")), {"HF_TOKEN": value})
    assert error.code == code
    for say in (words("en"), words("zh")):
        assert "HF_TOKEN" in error.sentence(say)
        assert "s3cret" not in error.sentence(say)
    assert "s3cret" not in repr(vars(error)) + repr(error.args)
    assert resolved(with_value(EnvRef("A")), {"A": "é" * 4095})[1] == ("é" * 4095,)


@pytest.mark.parametrize("name", [*KEY_VARIABLES.values(), "Ppio_Api_Key"])
def test_an_accounts_own_key_is_never_a_value_however_the_body_comes(name):
    error = refusal(with_value({"$env": name}), {name: "sk_s3cret_0123456789"})
    assert error.code == "env_account_key"
    for say in (words("en"), words("zh")):
        assert name in error.sentence(say)
    for value in (EnvRef(name), {"$env": name}):
        report = check(with_value(value))
        assert report.request is None
        assert "another name" in report.errors("en")["envs", 0, "value"]
    with pytest.raises(ValidationError):
        EnvVar(key="A", value=EnvRef(name))
    assert not check(with_value(EnvRef(f"MY_{name}"))).errors().get(("envs", 0, "value"))


def test_the_accounts_own_keys_are_those_that_a_client_looks_for():
    assert set(KEY_VARIABLES.values()) == ACCOUNT_KEYS


def test_both_spellings_are_taken_and_kept_as_the_same():
    for value in (EnvRef("HF_TOKEN"), {"$env": "HF_TOKEN"}):
        report = check(with_value(value))
        assert report.errors() == {}
        assert (
            report.body["envs"]
            == report.require().body()["envs"]
            == [{"key": "A", "value": EnvRef("HF_TOKEN")}]
        )
        assert "HF_TOKEN" not in repr(report.require())


@pytest.mark.parametrize("name", ["1A", "A B", "A-B", "", "变量", "A\n", 5, None])
def test_a_bad_name_is_one_error(name):
    errors = check(with_value(EnvRef(name))).errors("en")
    assert list(errors) == [AT]
    assert "letters, digits and _" in errors[AT]
    assert "字母" in check(with_value(EnvRef(name))).errors("zh")[AT]


@pytest.mark.parametrize(
    "value", [{"$env": 5}, {"$env": "A", "more": "B"}, {"env": "A"}, {"$env": ["A"]}, {}]
)
def test_an_object_that_is_no_reference_is_one_error(value):
    errors = check(with_value(value)).errors("en")
    assert list(errors) == [AT]
    assert '{"$env": "NAME"}' in errors[AT]
    assert check(with_value(value)).errors("zh")[AT]


def test_a_reference_stands_for_the_value_of_a_variable_only():
    assert list(check({**MINIMAL, "command": EnvRef("A")}).errors()) == [("command",)]
    assert list(check({**MINIMAL, "command": {"$env": "A"}}).errors()) == [("command",)]
    assert list(check({**MINIMAL, "envs": [{"key": EnvRef("A")}]}).errors()) == [("envs", 0, "key")]


def test_a_reference_to_nothing_is_blank():
    assert "envs" not in compact({**MINIMAL, "envs": [{"key": "", "value": EnvRef("")}]}).body
    assert "envs" not in compact({**MINIMAL, "envs": [{"value": {"$env": ""}}]}).body


def test_the_field_is_still_the_contracts():
    assert leaves()["envs.*.value"] == Leaf("text", longest=4095)
    schema = CreateInstanceRequest.model_json_schema()["$defs"]["EnvVar"]["properties"]["value"]
    assert {"type": "string", "maxLength": 4095} in schema["anyOf"]


def test_a_request_with_a_reference_is_frozen_and_equal_to_its_copy():
    request = check(with_value(EnvRef("A"))).require()
    with pytest.raises(ValidationError):
        request.envs[0].value = "x"
    assert request.model_copy(deep=True) == request
    assert json.loads(request.model_dump_json())["envs"] == [{"key": "A", "value": {"$env": "A"}}]


def test_on_the_wire_a_reference_is_refused_as_the_api_would():
    body = with_value({"$env": "A"})
    assert {path: problem.code for path, problem in judge(body)[1].items()} == {AT: "text"}
    with pytest.raises(ValidationError):
        CreateInstanceRequest.model_validate(body)
    with pytest.raises(Refused) as caught:
        PracticeAccount().create(body)
    assert caught.value.answer["metadata"] == {"field": "envs[0].value"}
    assert "$env" not in str(caught.value)
    assert PracticeAccount(balance=RICH).create(FULL)["id"]
