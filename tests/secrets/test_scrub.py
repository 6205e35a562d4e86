"""Whether a text that nobody could read gives a secret away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.secrets.redaction import gives_secret_away
from tests.support.bodies import bodies

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

# What pages write in the place of a secret.
STAND_INS = [
    *(
        "<token>",
        "<your token>",
        "<authorization>",
        "{{API 密钥}}",
        "{{ api_key }}",
        "{API_KEY}",
        "[API_KEY]",
    ),
    *("%PPIO_API_KEY%", "$HF_TOKEN", "${HF_TOKEN}", "$env:HF_TOKEN", "%s", "...", "…", "***", "xxxxxxxx"),
    *(
        "YOUR_KEY_HERE",
        "your-api-key",
        "yourpassword",
        "sk-xxxx",
        "sk-...",
        "hf_XXXXXXXX",
        "sk-your-key-here",
    ),
    *(
        "YOUR_API_KEY_1",
        "my-secret-token",
        "API_KEY",
        "token",
        "replace-me",
        "你的密钥",
        "changeme",
        "PASTE_KEY_HERE",
    ),
]
SECRETS = [
    *("hunter2", "x", "correct-horse-battery", "Test1024", "s3cret", "${A:-s3cret}", "AbCdEfGh", "12345678"),
    *("sk-ab12", "xx", "hf_AbCdEf", "<>", "$(cat key)", "myDogRex", "xxx(hunter2)"),
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_a_value_under_a_telling_name_gives_nothing_away(text):
    assert not gives_secret_away(text)


WRITTEN = [
    *("-e HF_TOKEN={}", '-e "HF_TOKEN={}"', "-H 'Authorization: Bearer {}'", "-H 'authorization: {}'"),
    *('{{"HF_TOKEN": "{}"}}', '{{"key": "HF_TOKEN", "value": "{}"}}', "--token '{}'", "-u 'me:{}'"),
    *("export HF_TOKEN={}", "$env:HF_TOKEN = '{}'"),
]


@pytest.mark.parametrize("written", WRITTEN)
def test_what_only_stands_for_a_secret_gives_nothing_away(written):
    for stand_in in STAND_INS:
        if " " in stand_in and "'" not in written and '"' not in written:
            continue
        assert not gives_secret_away(written.format(stand_in)), stand_in


@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_in_its_place_does(written):
    for secret in SECRETS:
        if "'" in written or '"' in written or " " not in secret:
            assert gives_secret_away(written.format(secret)), secret


@pytest.mark.parametrize(
    "name", ["HF_TOKEN", "PGPASSWORD", "apiKey", "aws-secret-access-key", "registry_password"]
)
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
    [
        "-u me:hunter2",
        "--user=me:hunter2",
        "Authorization: hunter2",
        "-H 'authorization:Basic aGk6",
        "Proxy-Authorization: Basic x",
    ],
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
