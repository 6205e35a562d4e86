import html
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.cards.body import preview
from ppio_widgets.cards.html import css_string, esc
from ppio_widgets.locale.words import words
from ppio_widgets.request.draft import to_json
from tests.support.bodies import bodies, bodies_with_refs

SAY = words("en")


@given(bodies)
def test_the_preview_is_the_exact_json(body):
    text = html.unescape(re.sub(r"</?[bius]>", "", preview(body, SAY)))
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
    text = preview({"envs": [{"key": f"K{n}"} for n in range(500)], "command": "x" * 4000}, SAY)
    assert "… 497 more" in text
    assert "… 3920 more" in text
    assert len(text) < 700


def test_a_row_that_refers_never_folds():
    rows = [{"key": f"K{n}", "value": "v"} for n in range(500)]
    rows[50] = {"key": "B", "value": EnvRef("HF_TOKEN")}
    text = preview({"envs": rows}, SAY)
    assert "… 47 more" in text
    assert "•••• (from $HF_TOKEN)" in text
    assert "… 449 more" in text
    assert len(text) < 900


@given(bodies_with_refs)
def test_a_reference_is_dots_and_a_name_in_the_preview_and_an_object_in_the_copy(body):
    names = [row["value"].name for row in body["envs"] if isinstance(row.get("value"), EnvRef)]
    shown = re.findall(r"<s>•••• \(from \$(\w+)\)</s>", preview(body, SAY))
    assert shown == names
    copied = [row.get("value") for row in json.loads(to_json(body))["envs"]]
    assert [value["$env"] for value in copied if isinstance(value, dict)] == names


def test_a_reference_in_the_preview_is_escaped_and_no_longer_than_a_line():
    body = {"envs": [{"key": "K", "value": EnvRef("<b>" + "x" * 4000)}]}
    text = preview(body, SAY)
    assert "<b>x" not in text
    assert len(text) < 300
    assert "••••（取自 $K）" in preview({"envs": [{"value": EnvRef("K")}]}, words("zh"))
