from hypothesis import example, given
from hypothesis import strategies as st

from ppio_widgets.locale.columns import padded, width, wrapped

WORDS = st.text(st.sampled_from("ab -=，。中文（ABé"), max_size=60)


def test_a_chinese_character_takes_two_columns():
    assert width("a中") == 3
    assert padded("中", 4) == "中  "
    assert padded("abc", 2) == "abc"


def test_english_breaks_between_words_and_chinese_anywhere():
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("变量只取名称", 5) == ["变量", "只取", "名称"]
    assert wrapped("变量只，取", 6) == ["变量只，", "取"]


@given(WORDS, st.integers(4, 20))
@example("===== 。", 4)
def test_nothing_is_lost_and_only_one_unit_is_ever_wider(text, columns):
    lines = wrapped(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        inner = line.rstrip("，。 ")  # what closes a sentence may stand out
        assert width(inner) <= columns or len(inner.split()) == 1
