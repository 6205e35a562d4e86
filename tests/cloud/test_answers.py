import json
import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud.answers import (
    LONGEST_WORDS,
    InstanceStatus,
    Odd,
    not_certain,
    plain,
    read_error,
    read_json,
)
from ppio_widgets.cloud.instances import InstanceDetail, read_instance
from ppio_widgets.errors import AccessDenied, ApiError
from ppio_widgets.locale.words import Span, words

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "status", "error", "message", "reason", "type", "created_at"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
pieces = st.lists(
    st.sampled_from(
        [
            b"<html>",
            b"<script>",
            b"</script >",
            b"<",
            b">",
            b"<p",
            b"&amp;",
            b"&#0;",
            b"&#27;",
            b"\x1b[31m",
            b"\xff",
            b"\n",
        ]
    )
    | st.binary(max_size=8),
    max_size=12,
).map(b"".join)

PAGE = (
    b"<!DOCTYPE html><html><head><title>t</title><style>p{}</style></head>"
    b"<body><script>x()</script><h1>502 &amp; gone</h1>\n<p>try later</p></body></html>"
)


def is_safe(text):
    return len(text) <= LONGEST_WORDS and text.isprintable()


def words_of(content, status=400):
    error = read_error(status, content if isinstance(content, bytes) else json.dumps(content).encode())
    return error.message, error.reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {
                "code": 400,
                "reason": "VALIDATOR_PARAM",
                "message": "name: too long",
                "metadata": {"field": "name"},
            },
            ("name: too long", "VALIDATOR_PARAM"),
        ),
        ({"message": "no stock"}, ("no stock", "")),
        ({"error": {"message": "no stock", "type": "stock"}}, ("no stock", "stock")),
        ({"error": {"code": 5}, "message": "outer"}, ("outer", "")),
        ({"error": "no stock"}, ("no stock", "")),
        ({"title": "Bad", "detail": "no stock"}, ("Bad", "")),
        ({"detail": [{"loc": ["name"]}]}, ("", "")),
        ({"message": " ", "error": "no stock"}, ("no stock", "")),
        ("no stock", ("no stock", "")),
        (["no", "stock"], ('["no", "stock"]', "")),
        (b"404 page not found\n", ("404 page not found", "")),
        (b"a < b", ("a < b", "")),
        (
            PAGE,
            ("502 & gone try later", ""),
        ),
        (b"<html><body><p>cut <scrip", ("cut", "")),
        (b"<html><body>cut<script>var x = 1", ("cut", "")),
        (b"", ("", "")),
        (b'{"message": "cu', ('{"message": "cu', "")),
        (b"\xe4\xbd", ("�", "")),
    ],
)
def test_the_servers_own_words_are_found_in_every_shape(content, expected):
    assert words_of(content) == expected


@pytest.mark.parametrize(
    ("status", "kind"), [(400, ApiError), (401, AccessDenied), (403, AccessDenied), (500, ApiError)]
)
def test_401_and_403_are_about_access(status, kind):
    error = read_error(status, b"")
    assert (type(error), error.status) == (kind, status)
    assert str(status) in str(error)


def test_no_words_are_said_to_be_none_in_the_language_of_the_reader():
    error = read_error(502, b"")
    assert error.sentence(words("en")) == (
        "The server answered 502: no reason was given. Try again later; if it goes on, ask support."
    )
    assert "没有说明原因" in error.sentence(words("zh"))


@settings(deadline=None)
@given(
    st.integers(300, 599),
    st.one_of(st.binary(), pieces, anything.map(lambda value: json.dumps(value).encode())),
)
def test_any_error_answer_becomes_one_safe_line(status, content):
    error = read_error(status, content)
    assert is_safe(error.message)
    assert is_safe(error.reason)
    for language in ("en", "zh"):
        assert error.sentence(words(language)).isprintable()


@settings(deadline=None)
@given(st.text() | st.text(st.characters(max_codepoint=0x2100), max_size=700))
def test_plain_text_is_one_line_of_printable_characters(text):
    assert is_safe(plain(text))


@given(anything)
def test_plain_takes_anything(value):
    assert is_safe(plain(value))


def test_control_characters_and_direction_marks_become_visible():
    assert plain("a\x1b[31mb\u202ec\ud800\n\td") == "a\\u001b[31mb\\u202ec\\ud800 d"
    assert plain("中文 é 😀") == "中文 é 😀"


def test_long_words_are_shortened():
    assert plain("x" * LONGEST_WORDS) == "x" * LONGEST_WORDS
    assert plain("x" * 1000) == "x" * (LONGEST_WORDS - 1) + "…"


@pytest.mark.parametrize("piece", [b"<script>", b"<", b"<p ", b"<title", b"&", b" ", b"</script"])
def test_a_page_made_to_be_slow_is_read_quickly(piece):
    page = b"<html>" + piece * (1_000_000 // len(piece))
    begun = time.process_time()
    read_error(500, page)
    assert time.process_time() - begun < 2


def test_an_instance_keeps_only_what_is_named():
    answer = {
        "id": "abc",
        "name": "demo\n",
        "status": {"status": "pulling", "error": "e", "message": "m"},
        "created_at": 1700000000,
        "envs": [{"key": "A", "value": "s3cret"}],
    }
    assert read_instance(answer, asked_for=None) == InstanceDetail(
        "abc", "demo\n", "pulling", "e", "m", 1700000000
    )


def test_an_older_plain_status_is_taken():
    assert read_instance({"id": "abc", "status": "running"}) == InstanceDetail("abc", status="running")


@pytest.mark.parametrize("answer", [None, [], "abc", {}, {"id": ""}, {"id": 5}, {"id": None}])
def test_no_id_is_no_instance(answer):
    assert read_instance(answer) is None


@given(anything)
def test_any_answer_is_an_instance_or_none(answer):
    assert isinstance(read_instance(answer), InstanceDetail | None)
    odd = answer if isinstance(answer, dict) else dict.fromkeys(("name", "status", "created_at"), answer)
    info = read_instance({**odd, "id": "abc"})
    assert info.id == "abc"
    assert all(is_safe(text) for text in (info.name, info.status, info.error, info.message))
    assert type(info.created_at) is int


@given(st.binary() | pieces)
def test_any_bytes_are_the_json_that_they_say_or_none(content):
    try:
        expected = json.loads(content)
    except (ValueError, RecursionError):
        expected = None
    read = read_json(content)
    assert read is None or json.dumps(read) == json.dumps(expected)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_any_json_is_read(value):
    assert read_json(json.dumps(value).encode()) == value


def test_json_made_to_be_deep_or_long_is_none():
    assert read_json(b"[" * 100_000) is None
    assert read_json(b"9" * 10_000) is None


@pytest.mark.parametrize(
    ("seconds", "words_en", "words_zh"),
    [
        (0, "0 s", "0 秒"),
        (119, "119 s", "119 秒"),
        (120, "2 min", "2 分钟"),
        (7200, "2 h", "2 小时"),
        (3 * 86400, "3 days", "3 天"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(seconds, words_en, words_zh):
    assert Span(seconds).sentence(words("en")) == words_en
    assert Span(seconds).sentence(words("zh")) == words_zh


@pytest.mark.parametrize("odd", get_args(Odd))
def test_every_reason_has_its_words(odd):
    assert "Not certain: the answer of h " in not_certain("h", odd).sentence(words("en"))
    assert "不能确定：h 的响应" in not_certain("h", odd).sentence(words("zh"))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"a": 1}', {"a": 1}),
        ('{"a": "\u4f60"}'.encode(), {"a": "\u4f60"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "x"}'.encode("utf-16"), None),
        (b'{"a": "\xff"}', None),
        (b'{"a": 1, "a": 2}', None),
        (b'{"b": {"a": 1, "a": 1}}', None),
        (b'{"a": NaN}', None),
    ],
)
def test_json_is_utf8_and_names_no_key_twice(content, found):
    assert read_json(content) == found


@pytest.mark.parametrize("status", InstanceStatus)
def test_a_status_is_its_word_wherever_it_is_shown_or_stored(status):
    word = status.value
    assert type(word) is str
    assert (str(status), f"{status}", repr(status)) == (word, word, repr(word))
    assert json.dumps({status: status}) == json.dumps({word: word})
    assert {word: 1}[status] == 1
