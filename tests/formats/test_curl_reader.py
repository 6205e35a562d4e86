import json
import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef, PpioError
from ppio_widgets.errors import InputError
from ppio_widgets.formats.curl import read_curl, to_curl
from ppio_widgets.locale import LANGUAGES, words
from tests.support.bodies import FULL, MINIMAL

URL = "https://api.ppio.com/gpus/v2/instances"
JSON = json.dumps(MINIMAL)

DOCUMENTED = f"""\
curl --request POST \\
  --url {URL} \\
  --header 'Authorization: Bearer sk_s3cret' \\
  --header 'Content-Type: application/json' \\
  --data '{json.dumps(MINIMAL, indent=2)}'
"""


def plain(read):
    """What was read, where nothing was left out."""
    assert read.left_out == ()
    return read.kind, read.draft


def left_out(text):
    return [(one.code, one.params) for one in read_curl(text).left_out]


def test_the_command_of_the_documentation_is_read_and_its_key_is_dropped():
    read = read_curl(DOCUMENTED)
    assert (read.kind, read.draft) == ("curl", MINIMAL)
    assert [one.code for one in read.left_out] == ["curl_key"]
    assert "s3cret" not in repr(read)
    for language in LANGUAGES:
        assert "PPIO_API_KEY" in read.left_out[0].sentence(words(language))


@pytest.mark.parametrize(
    "text",
    [
        f"curl {URL} -d '{JSON}'",
        f"curl -X POST {URL} --data-raw '{JSON}'",
        f"curl -sSfXPOST '{URL}/' -d'{JSON}'",
        f"$ curl -sS --json '{JSON}' \"{URL}\"",
        f"!curl --data-binary '{JSON}' --url {URL}",
        f"/usr/bin/curl -H content-type:application/json {URL} --data-ascii '{JSON}'",
        f"curl.exe {URL} -d {json.dumps(JSON)}",
        f"curl {URL} --json '{JSON[:20]}' --json '{JSON[20:]}'",
        f"curl {URL.removeprefix('https://')} -d '{JSON}'",
        f"curl \"$BASE/gpus/v2/instances\" -d '{JSON}'",
        f"curl ${{BASE}}/gpus/v2/instances -d '{JSON}' | python -m json.tool > answer.json 2>&1",
        f"curl \\\r\n  {URL} \\\r\n  -d '{JSON}'\r\n",
        f"A=1 curl {URL} -d @- <<EOF\n{JSON}\nEOF\n",
        f"curl {URL} --data-binary @- <<-'EOF' && echo done\n\t{JSON}\n\tEOF\necho later",
        f"curl {URL} -d @- <<< '{JSON}'",
        f"cat <<'END' | curl {URL} -d @-\n{JSON}\nEND",
        f"# a comment's quote\ncurl {URL} -d '{JSON}' # and 'another",
        f"cd /tmp; (curl {URL} -d '{JSON}') &",
    ],
)
def test_curl_is_read_however_it_is_written(text):
    assert plain(read_curl(text)) == ("curl", MINIMAL)


@pytest.mark.parametrize(
    "data",
    [
        r"""$'{"name": "it\'s \\"a\\" \u4f60\xe5\xa5\xbd\u0021"}'""",
        r'''"{\"name\": \"it's \\\"a\\\" 你好!\"}"''',
        r"""'{"name": "it'\''s \"a\" 你好!"}'""",
        r"""'{"name": "it'"'"'s \"a\" '你好\!'"}'""",
        '\'{"name": "it\'\\\n\\\'\'s \\"a\\" 你好!"}\'',
    ],
)
def test_every_way_to_quote_is_known(data):
    assert read_curl(f"curl {URL} -d {data}").draft == {"name": 'it\'s "a" 你好!'}


@pytest.mark.parametrize(
    "data",
    [
        '"{\\"envs\\": [{\\"key\\": \\"A\\", \\"value\\": \\"$HF_TOKEN\\"}]}"',
        """'{"envs": [{"key": "A", "value": "'"$HF_TOKEN"'"}]}'""",
        """'{"envs": [{"key": "A", "value": "'${HF_TOKEN}'"}]}'""",
        '@- <<END\n{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}\nEND',
        """'{"envs": [{"key": "A", "value": {"$env": "HF_TOKEN"}}]}'""",
    ],
)
def test_a_variable_of_the_shell_becomes_a_reference(data):
    expected = {"envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}
    assert plain(read_curl(f"curl {URL} -d {data}")) == ("curl", expected)


def test_a_dollar_that_the_shell_leaves_alone_stays_text():
    envs = [{"key": "A", "value": "$HF_TOKEN"}]
    for data in (
        """'{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}'""",
        '"{\\"envs\\": [{\\"key\\": \\"A\\", \\"value\\": \\"\\$HF_TOKEN\\"}]}"',
        '@- <<\'END\'\n{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}\nEND',
    ):
        assert plain(read_curl(f"curl {URL} -d {data}")) == ("curl", {"envs": envs})


def test_only_the_value_that_the_shell_fills_in_becomes_a_reference():
    rows = [{"key": key, "value": "$HF_TOKEN"} for key in "ABCDEFGHIJKLM"]
    text = json.dumps({"envs": rows})
    text = text.replace('"L", "value": "', '"L", "value": "\'${X}\'0')  # ${X}0, then what is quoted
    text = text.replace('$HF_TOKEN"}]', "'$HF_TOKEN'\"}]")
    read = read_curl(f"curl {URL} -d '{text}'")
    assert read.draft["envs"] == [
        *rows[:-2],
        {"key": "L", "value": "${X}0$HF_TOKEN"},
        {"key": "M", "value": EnvRef("HF_TOKEN")},
    ]
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": "X"})]


def test_an_expansion_that_reads_as_rows_of_its_own_is_text_and_is_said():
    text = '{"envs": [{"key": "A", "value": "\'${B:-"},{"a":"}\'"}]}'
    read = read_curl(f"curl {URL} -d '{text}'")
    assert read.draft == {"envs": [{"key": "A", "value": "${B:-"}, {"a": "}"}]}
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": "B"})]


@pytest.mark.parametrize(
    ("name", "value"), [("HOST", "a-$HOST"), ("HOST", "${HOST:-a}"), ("(…)", "$(hostname)"), ("(…)", "`id`")]
)
def test_what_the_shell_would_fill_in_elsewhere_is_said(name, value):
    read = read_curl(f'curl {URL} -d "{{\\"name\\": \\"{value}\\"}}"')
    assert read.draft == {"name": value}
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": name})]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("-H 'Authorization: Bearer sk_s3cret'", ("curl_key", {})),
        ('-H "authorization: Bearer $PPIO_API_KEY"', ("curl_key", {})),
        ("-u user:s3cret", ("curl_key", {})),
        ("--oauth2-bearer s3cret", ("curl_key", {})),
        ("-H 'X-Trace: s3cret'", ("curl_header", {"name": "X-Trace"})),
        ("-H 'Content-Type: text/plain'", ("curl_header", {"name": "Content-Type"})),
        ("-H s3cret", ("curl_option", {"option": "--header"})),
        ("-H @headers", ("curl_option", {"option": "--header"})),
        ("-K s3cret.conf", ("curl_option", {"option": "--config"})),
        ("-x http://user:s3cret@proxy", ("curl_option", {"option": "--proxy"})),
        ("-b session=s3cret", ("curl_option", {"option": "--cookie"})),
        ("--retry 3", ("curl_option", {"option": "--retry"})),
        ("-kL", ("curl_option", {"option": "--insecure"})),
        ("-6", ("curl_option", {"option": "-6"})),
        ("--not-known-here s3cret", ("curl_option", {"option": "--not-known-here"})),
        ("--'s3cret value'", ("curl_option", {"option": "--…"})),
    ],
)
def test_what_has_no_place_in_a_body_is_named_and_never_its_value(part, expected):
    read = read_curl(f"curl {part} {URL} -d '{JSON}'")
    assert read.draft == MINIMAL
    first = read.left_out[0]
    assert (first.code, first.params) == expected
    assert "s3cret" not in repr(read)
    for language in LANGUAGES:
        assert "s3cret" not in first.sentence(words(language))


@pytest.mark.parametrize(
    "before",
    [
        "printf 'Authorization: Bearer sk_s3cret' | curl --header @-",
        "printf 'Authorization: Bearer %s\\n' sk_s3cret | curl --header @-",
        'echo "authorization: sk_s3cret" | curl -H @-',
        "export PPIO_API_KEY=sk_s3cret; curl",
        "PPIO_API_KEY=sk_s3cret curl",
        "NOVITA_API_KEY='sk_s3cret'\ncurl",
    ],
)
def test_a_key_beside_the_command_is_noticed(before):
    read = read_curl(f"{before} {URL} --data-raw '{JSON}'")
    assert read.draft == MINIMAL
    assert [one.code for one in read.left_out] == ["curl_key"]
    assert "s3cret" not in repr(read)


def test_a_key_in_a_document_is_noticed():
    read = read_curl(
        f"curl {URL} -K - --data-raw '{JSON}' <<END\nheader = \"Authorization: Bearer sk_x\"\nEND"
    )
    assert [one.code for one in read.left_out] == ["curl_key"]


@pytest.mark.parametrize("body", [MINIMAL, FULL, {"envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}])
def test_no_key_is_noticed_where_a_variable_stands_for_it(body):
    assert read_curl(to_curl(body, words("en"))).left_out == ()
    own = f"echo \"Authorization: Bearer $KEY\" | curl {URL} -H @- -d '{JSON}'"
    assert read_curl(own).left_out == ()


def test_the_same_is_left_out_once():
    assert left_out(f"curl -v -v -H 'A: 1' -H 'A: 2' {URL} -d '{JSON}'") == [
        ("curl_option", {"option": "--verbose"}),
        ("curl_header", {"name": "A"}),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "curl_none"),
        ("wget https://api.ppio.com", "curl_none"),
        ("echo curl", "curl_none"),
        (f"curl {URL} -d '{JSON}'; curl {URL} -d '{JSON}'", "curl_many"),
        (f"curl {URL} -d '{JSON}' --next {URL}", "curl_many"),
        (f"curl -d '{JSON}'", "curl_url"),
        (f"curl {URL}/s3cret/stop -d '{JSON}'", "curl_url"),
        (f"curl {URL}?key=s3cret -d '{JSON}'", "curl_url"),
        (f"curl https://api.ppio.com/v3/openai/chat/completions -d '{JSON}'", "curl_url"),
        (f"curl https://evil.example/{URL} -d '{JSON}' --url https://s3cret", "curl_url"),
        (f"curl -X PUT {URL} -d '{JSON}'", "curl_url"),
        (f"curl -G {URL} -d '{JSON}'", "curl_url"),
        (f"curl {URL}", "curl_body"),
        (f'curl {URL} -d "$BODY"', "curl_body"),
        (f'curl {URL} -d "$(cat s3cret)"', "curl_body"),
        (f"curl -X POST {URL}", "curl_body"),
        (f"curl -F name=s3cret {URL}", "curl_body"),
        (f"cat body.json | curl {URL} -d @-", "curl_body"),
        (f"curl {URL} -d @s3cret.json", "curl_file"),
        (f"curl {URL} --json @s3cret.json", "curl_file"),
        (f"curl {URL} -d 's3cret'", "curl_json"),
        (f"curl {URL} -d a=s3cret -d b=2", "curl_json"),
        (f"curl {URL} -d '{'[' * 100_000}'", "curl_json"),
        (f"curl {URL} -d '[\"s3cret\"]'", "body_kind"),
        (f"curl {URL} -d 's3cret", "line_quote"),
        (f'curl {URL} -d "s3cret', "line_quote"),
        (f"curl {URL} -d $'s3cret", "line_quote"),
    ],
)
def test_what_is_no_such_command_is_refused_in_words(text, code):
    with pytest.raises(InputError) as caught:
        read_curl(text)
    error = caught.value
    assert error.code == code
    for language in LANGUAGES:
        assert "s3cret" not in error.sentence(words(language)) + repr(vars(error)) + repr(error.__context__)


def test_a_body_of_any_shape_is_a_draft():
    for draft in (
        {},
        {"envs": 1},
        {"envs": [1, {}, {"value": 2}]},
        {"x": {"$env": "A"}},
        {**FULL, "name": 7},
    ):
        assert read_curl(f"curl {URL} -d {shlex.quote(json.dumps(draft))}").draft == draft


_shell = st.sampled_from(
    [
        *"'\"\\$`{}()<>|&;# \n\ta@-=:",
        "curl ",
        URL,
        " -d ",
        "$'",
        "<<",
        "<<<",
        "EOF",
        "\\x",
        "\\U",
        "ffffffff",
        JSON,
    ]
)


@given(st.lists(_shell, max_size=30).map("".join), st.sampled_from(["", f"curl {URL} -d "]))
def test_any_text_is_read_or_refused_in_words(text, before):
    with suppress(PpioError):
        assert read_curl(before + text).kind == "curl"
