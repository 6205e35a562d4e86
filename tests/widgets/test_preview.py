import html
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.form.html import css_string, esc
from ppio_widgets.form.preview import preview
from tests.bodies import bodies


def more(n):
    return f"… {n} more"


@given(bodies)
def test_the_preview_is_the_exact_json(body):
    text = html.unescape(re.sub(r"</?[bius]>", "", preview(body, more)))
    shown = json.loads(re.sub(r"\\\\u([0-9a-f]{4})", r"\\u\1", text)) if "\\\\u" in text else json.loads(text)
    assert shown == body


@given(st.text())
def test_escaped_text_has_no_tag_no_quote_and_no_control(text):
    safe = esc(text)
    assert not set(safe) & set("<>\"'")
    assert safe.isprintable()


@given(st.text())
def test_a_css_string_cannot_be_left(text):
    inner = css_string(text)[1:-1]
    assert not set(inner) & set("\"'<>{};()\n")
    assert re.sub(r"\\[0-9a-f]+ ", "", inner).isprintable()


def test_long_lists_and_long_texts_fold():
    text = preview({"envs": [{"key": f"K{n}"} for n in range(500)], "command": "x" * 4000}, more)
    assert "… 497 more" in text
    assert "… 3920 more" in text
    assert len(text) < 700
