"""Whether a text that nobody could read gives a secret away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.launcher.pasted import gives_secret_away
from tests.bodies import bodies

PLAIN = [
    "",
    "docker run -u 1000:1000 -e HF_TOKEN -e HF_TOKEN=$HF_TOKEN -e A=${B} --token $T ubuntu",
    'curl -H "Authorization: Bearer $PPIO_API_KEY" -H "Authorization: Bearer ${KEY}" https://a',
    "printf 'Authorization: Bearer %s' \"$KEY\"",
    '{"envs": [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}, {"key": "A_TOKEN", "value": ""}',
    '{"envs": [{"key": "EPOCHS", "value": "3"}, {"key": "MONKEY", "value": "x"}',
    '"registry_auth_id": "auth-1", "tools": {"jupyter"',
    "%ppio_launch --registry-auth auth-1 --env HF_TOKEN --network-ip 1",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_a_value_under_a_telling_name_gives_nothing_away(text):
    assert not gives_secret_away(text)


@pytest.mark.parametrize("name", ["HF_TOKEN", "PGPASSWORD", "apiKey", "aws-secret-access-key"])
@pytest.mark.parametrize(
    "written",
    [
        *(
            "{}=x",
            "-e {}=x",
            "-e '{}=x",
            '"{}": "x"',
            '{{\\"{}\\": \\"x\\"',
            "{}: x",
            "{} = 'x'",
            "--{} x",
            "--{}=x",
        ),
        *("--{} 'x", '{{"key": "{}", "value": "x"', "{{'key':'{}','value':'x'", '-d \'{{"{}":"x'),
    ],
)
def test_a_value_under_a_telling_name_does(name, written):
    assert gives_secret_away(f"some words {written.format(name)}")


@pytest.mark.parametrize(
    "written",
    ["-u me:hunter2", "--user=me:hunter2", "Authorization: hunter2", "-H 'authorization:Basic aGk6"],
)
def test_a_user_with_a_password_does(written):
    assert gives_secret_away(f"curl {written}")


@given(st.text(st.sampled_from("aTOKEN_KEY=:\"'\\$`{}[], -\n1"), max_size=200))
def test_any_text_is_judged(text):
    assert gives_secret_away(text) in (True, False)


@given(bodies, st.integers(0, 400))
def test_a_secret_cut_out_of_a_body_is_seen_and_its_reference_is_not(body, cut):
    row = {"key": "HF_TOKEN", "value": "hunter2"}
    text = json.dumps({"envs": [row], **{name: body[name] for name in ("billing", "resource")}})
    assert gives_secret_away(text[: 50 + cut])
    assert not gives_secret_away(text.replace('"hunter2"', '{"$env": "HF_TOKEN"}')[: 60 + cut])
