import ast
import html
import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ppio_widgets
from ppio_widgets.request.envref import EnvRef
from ppio_widgets.secrets.in_use import Secret
from ppio_widgets.secrets.patterns import is_placeholder
from ppio_widgets.secrets.redaction import MASK, Redactor, input_error
from tests.support.wire import ENV_SECRET, REAL_KEY

# Nothing can be told from a mask that holds the mask's own dots.
SECRETS = st.text(min_size=4, max_size=40).filter(
    lambda text: "•" not in text and text not in ("true", "false", "null")
)
TEXT = st.text(max_size=40)
HIDDEN = f"{MASK}(env)"
BEYOND_ASCII = "naïve 密钥 😀 <&>\"'\\/\n\t\x7f%+"


def redact_text(text, secrets):
    return Redactor([Secret("", secret) for secret in secrets]).redact(text)


def lower_hex(quoted):
    """Percent-encoding with small letters: %2f."""
    head, *rest = quoted.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


def inner(quoted):
    return quoted[1:-1]


def php(text):
    return inner(json.dumps(text)).replace("/", "\\/")


def go(text):
    said = inner(json.dumps(text, ensure_ascii=False))
    for char in "<>&\u2028\u2029":
        said = said.replace(char, f"\\u{ord(char):04x}")
    return said


ENCODINGS = {
    "plain": lambda text: text,
    "quote": quote,
    "quote all": lambda text: quote(text, safe=""),
    "quote_plus": quote_plus,
    "encodeURIComponent": lambda text: quote(text, safe="!'()*"),
    "quote lower": lambda text: lower_hex(quote(text)),
    "quote_plus lower": lambda text: lower_hex(quote_plus(text)),
    "JSON": lambda text: inner(json.dumps(text)),
    "JSON not ASCII": lambda text: inner(json.dumps(text, ensure_ascii=False)),
    "JSON of PHP": php,
    "JSON of Go": go,
    "repr": lambda text: inner(repr(text)),
    "ascii": lambda text: inner(ascii(text)),
    "bytes": lambda text: inner(repr(text.encode())[1:]),
    "HTML": html.escape,
    "HTML text": lambda text: html.escape(text, quote=False),
    "HTML of PHP": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "HTML decimal": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@given(secret=SECRETS, before=TEXT, behind=TEXT)
@example(secret=REAL_KEY, before="Bearer ", behind="")
@example(secret=ENV_SECRET, before="?token=", behind="&x=1")
@example(secret=BEYOND_ASCII, before="it's \"", behind='"')
@example(secret="it's 'mine'", before="", behind='"')
@example(secret="aaaa", before="aaa", behind="aaaaaa")
@example(secret="\udcff\udc80_not_utf8", before="", behind="")
def test_no_form_of_a_secret_remains(encode, secret, before, behind):
    try:
        written = encode(secret)
        whole = encode(before + secret + behind)
    except UnicodeEncodeError:
        return  # this one cannot write a lone surrogate
    for text in (before + written + behind, whole):
        shown = redact_text(text, [secret])
        assert MASK in shown
        assert written not in shown


@given(secret=SECRETS, before=st.binary(max_size=12), behind=st.binary(max_size=12), urlsafe=st.booleans())
@example(secret=REAL_KEY, before=b"Bearer ", behind=b"", urlsafe=False)
@example(secret=REAL_KEY, before=b"user:", behind=b"\n", urlsafe=False)
@example(secret="??>>??>>~~~", before=b"", behind=b"", urlsafe=True)
def test_nothing_of_a_secret_is_left_in_base64_around_it(secret, before, behind, urlsafe):
    encode = urlsafe_b64encode if urlsafe else b64encode
    whole = encode(before + secret.encode() + behind)
    shown = redact_text(f"<{whole.decode()}>", [secret]).encode()
    assert HIDDEN.encode() in shown
    # Whoever decodes what is left, from wherever in it, finds no secret.
    for piece in shown.strip(b"<>").split(HIDDEN.encode()):
        for start in range(4):
            sound = piece[start:].translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=")
            sound = sound[: len(sound) // 4 * 4]
            assert secret.encode() not in urlsafe_b64decode(sound)
    kept = len(before) // 3 * 4
    assert shown[1:].startswith(whole[: max(kept - 1, 0)]) or secret.encode() in before


@pytest.mark.parametrize("before", [b"", b"1", b"12", b"Bearer "])
def test_base64_is_masked_with_the_characters_that_hold_a_part_of_it(before):
    whole = b64encode(before + REAL_KEY.encode() + b"...").decode()
    first, last = 8 * len(before) // 6, -(-8 * (len(before) + len(REAL_KEY)) // 6)
    assert redact_text(f"({whole})", [REAL_KEY]) == f"({whole[:first]}{HIDDEN}{whole[last:]})"


@given(
    secret=st.text(st.sampled_from("abc+/?>~\xfe\xff6é"), min_size=4, max_size=12),
    before=st.text(st.sampled_from("%2BbFf\\/+-_=aA"), max_size=6),
    skipped=st.binary(max_size=3),
    behind=st.text(st.sampled_from("%2BbFf\\/+-_=aA"), max_size=6),
    many=st.booleans(),
)
def test_whatever_stands_around_a_form_it_is_found(secret, before, skipped, behind, many):
    others = [Secret("", f"other-{n:04d}-{n}") for n in range(60 * many)]
    redactor = Redactor([*others, Secret("", secret)])
    coded = b64encode(skipped + secret.encode()).decode().rstrip("=")
    for encode in ENCODINGS.values():
        assert MASK in redactor.redact(before + encode(secret) + behind)
        assert redactor.finds(before + encode(secret) + behind) == "env"
    for slash, plus in (("/", "+"), ("\\/", "+"), ("_", "-"), ("%2F", "%2B"), ("%2f", "%2b")):
        assert MASK in redactor.redact(before + coded.replace("/", slash).replace("+", plus) + behind)


@pytest.mark.parametrize("slash", ["\\/", "%2F", "%2f"])
def test_base64_within_a_url_or_in_json_that_escapes_slashes(slash):
    secret = "??>>??>>~~~"
    coded = b64encode(secret.encode()).decode()
    assert "/" in coded
    written = coded.replace("/", slash).replace(
        "+", "%2B" if slash == "%2F" else "%2b" if "%" in slash else "+"
    )
    shown = redact_text(f"x={written}", [secret])
    assert shown.rstrip("=") == f"x={HIDDEN}"


def test_what_overlaps_is_masked_together():
    assert redact_text("<abcdefgh>", ["abcd", "cdefgh"]) == f"<{HIDDEN}>"
    assert redact_text("<abcdefgh>", ["cdef", "abcdefgh", "abcd"]) == f"<{HIDDEN}>"
    assert redact_text("<abcdefgh>", ["abcd", "efgh"]) == f"<{HIDDEN}{HIDDEN}>"


@pytest.mark.parametrize("short", ["1", "on", "gpu", "密"])
def test_a_short_secret_is_masked_only_as_the_whole_text(short):
    text = f"{short} of {short}: code 101, gpu on, 密钥"
    assert redact_text(text, [short]) == text
    assert redact_text(f" {short}\n", [short]) == HIDDEN


@pytest.mark.parametrize("word", ["true", "false", "null", "", "  ", "\n"])
def test_words_of_json_and_blanks_are_no_secrets(word):
    for text in ('{"more": true, "last": false, "next": null}', word, ""):
        assert redact_text(text, [word]) == text


@given(st.text(), st.lists(SECRETS, max_size=3))
def test_without_a_secret_any_text_stays_and_with_some_none_is_left(text, secrets):
    assert redact_text(text, []) == text
    shown = redact_text(text, secrets).replace(HIDDEN, MASK)
    assert all(secret not in shown for secret in secrets)


@given(st.text(st.characters()))
def test_any_text_comes_back(text):
    assert redact_text(text, [REAL_KEY]) == text


@pytest.mark.long
def test_large_answers_and_large_secrets_are_no_trouble():
    secret = "a" * 500 + "b"
    assert redact_text("a" * 4_000_000, [secret]) == "a" * 4_000_000
    pem = "-----BEGIN KEY-----\n" + "MIIE+/==\n" * 4000
    assert redact_text(json.dumps({"error": pem}), [pem]) == f'{{"error": "{HIDDEN}"}}'
    assert redact_text(REAL_KEY * 10_000, [REAL_KEY]).replace(HIDDEN, "") == ""


@pytest.mark.long
def test_an_input_error_is_made_where_secrets_are_hidden_and_nowhere_else():
    package = Path(ppio_widgets.__file__).parent
    makers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "InputError"
    }
    assert makers == {"secrets/redaction.py"}


def test_an_input_error_repeats_no_key_and_of_a_path_only_its_ends():
    assert REAL_KEY not in str(input_error("line_stray", word=f"x={REAL_KEY}"))
    assert len(str(input_error("file_no_text", path="a" * 4000))) < 200


KNOWN = (
    Secret("PPIO_API_KEY", REAL_KEY, "key"),
    Secret("HF_TOKEN", "hunter2-secret"),
    Secret("", "pw-0815", "password"),
)
REASONS = [
    (REAL_KEY, "key"),
    ("hunter2-secret", "env HF_TOKEN"),
    ("pw-0815", "password"),
    ("sk_9f8e7d6c5b4a39281706", "key?"),
    ("hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "token?"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\nAAAA\n-----END PRIVATE KEY-----", "private key?"),
    ("://me:tr0ub4dor@db.example.com", "password?"),
]


@pytest.mark.parametrize(("secret", "reason"), REASONS)
def test_whatever_is_hidden_says_why(secret, reason):
    redactor = Redactor(KNOWN)
    shown = redactor.redact(f"before {secret} behind")
    assert f"before {MASK}({reason})" in shown
    assert shown.endswith(" behind")
    assert secret not in shown
    assert redactor.finds(f"before {secret} behind").startswith(reason)
    assert redactor.redact(shown) == shown
    assert redactor.finds(shown) == ""
    assert is_placeholder(f"{MASK}({reason})")
    assert secret not in repr(redactor) + repr(KNOWN)


def test_what_is_known_says_so_although_it_looks_like_a_key():
    assert Redactor(KNOWN).redact(f"Bearer {REAL_KEY}") == f"Bearer {MASK}(key)"
    assert Redactor(KNOWN).redact("db://me:hunter2-secret@h") == f"db://me:{MASK}(env HF_TOKEN)@h"


@pytest.mark.parametrize(
    "text", ["sk_9f8e{}7d6c5b4a39281706", "Bearer sk_9f8e7d6c5b4a39281706.{}", "a://b:x{}y@h"]
)
def test_what_looks_like_a_key_is_hidden_whole_although_a_part_of_it_is_known(text):
    shown = Redactor([Secret("HF_TOKEN", "abcd1234")]).redact(text.format("abcd1234"))
    assert shown.partition("@")[0] in (f"{MASK}(key?)", f"{MASK}(token?)", f"a{MASK}(password?)")


@pytest.mark.parametrize("password", ["x(hunter2)", "***(hunter2)", "....(a)"])
def test_only_our_own_stand_in_has_a_reason_in_it(password):
    assert "hunter2" not in Redactor().redact(f"db://me:{password}@host")
    assert not is_placeholder(password)


@pytest.mark.parametrize(
    "text", ["", "fine", "sk_learn_pipeline_of_mine", "Bearer YOUR_API_KEY", "http://me@host/"]
)
def test_where_nothing_is_found_nothing_is_hidden(text):
    assert Redactor(KNOWN).finds(text) == ""
    assert Redactor(KNOWN).redact(text) == text


def test_a_body_is_scrubbed_with_a_reason_for_each_field_that_is_left_out(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hunter2-secret")
    rows = [
        {"key": "A_TOKEN", "value": "typed"},
        {"key": "B", "value": "hunter2-secret"},
        {"key": "C", "value": "fine"},
        {"key": f"D={REAL_KEY}", "value": "x"},
    ]
    body = {"name": "n", "command": f"run {REAL_KEY}", "envs": rows, "my_secret": "x", REAL_KEY: "y"}
    clean = Redactor(KNOWN).scrub(body)
    assert clean.body == {
        "name": "n",
        "envs": [
            {"key": "A_TOKEN", "value": EnvRef("A_TOKEN")},
            {"key": "B", "value": EnvRef("HF_TOKEN")},
            {"key": "C", "value": "fine"},
        ],
    }
    assert clean.references == ("A_TOKEN", "B")
    assert clean.left_out == {"command": "key", "envs": "key", "my_secret": "name", "…": "key"}


def test_a_body_is_shown_without_its_secrets_and_with_its_references():
    rows = [
        {"key": "A_TOKEN", "value": "typed"},
        {"key": "B", "value": f"x {REAL_KEY}"},
        {"key": "C_TOKEN", "value": EnvRef("C_TOKEN")},
        {"key": "D_TOKEN", "value": {"$env": "D_TOKEN"}},
        {"key": "E_TOKEN", "value": ""},
        {"key": "F", "value": "fine"},
    ]
    body = {"name": "n", "command": f"run {REAL_KEY}", "envs": rows, "my_secret": "x", "ports": [{"port": 1}]}
    shown = Redactor(KNOWN).redact_body(body)
    assert [row["value"] for row in shown["envs"]] == [
        "••••(env A_TOKEN)",
        "x ••••(key)",
        EnvRef("C_TOKEN"),
        {"$env": "D_TOKEN"},
        "",
        "fine",
    ]
    assert (shown["name"], shown["command"], shown["my_secret"]) == ("n", "run ••••(key)", "••••(name)")
    assert shown["ports"] == [{"port": 1}]
    assert Redactor().redact_body({"name": "n", "envs": [rows[5]]}) == {"name": "n", "envs": [rows[5]]}
