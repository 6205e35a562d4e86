import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.formats.line.tokens import as_word, split_line, typed
from tests.support.bodies import text


@pytest.mark.parametrize(
    ("line", "before", "raw", "stands_for", "mark"),
    [
        ("", [], "", "", ""),
        ("--na", [], "--na", "--na", ""),
        ("--name ", ["--name"], "", "", ""),
        ("--name demo --im", ["--name", "demo"], "--im", "--im", ""),
        ("--name 'my de", ["--name"], "'my de", "my de", "'"),
        ('--name="my de', [], '--name="my de', "--name=my de", '"'),
        (r"--name my\ de", ["--name"], r"my\ de", "my de", ""),
        ("--body {'a': 1} --im", ["--body", "{'a': 1}"], "--im", "--im", ""),
        ("stop 'it''s", ["stop"], "'it''s", "its", "'"),
    ],
)
def test_a_line_that_ends_in_a_word_is_taken_apart(line, before, raw, stands_for, mark):
    found = typed(line)
    assert [word.text for word in found.before] == before
    assert (found.raw, found.text, found.mark) == (raw, stands_for, mark)


@given(st.text(max_size=40))
def test_any_line_can_be_unfinished(line):
    found = typed(line)
    assert found is None or line.endswith(found.raw)


@given(st.lists(text(1, 12), max_size=3), text(0, 12))
def test_finished_words_are_those_that_the_line_reads(values, last):
    line = " ".join([*map(as_word, values), ""])
    found = typed(line + as_word(last))
    assert [word.text for word in found.before] == values
    assert found.text == last


@given(text(0, 24), st.sampled_from(["", "'", '"']))
def test_what_is_written_is_read_as_one_word_that_is_neither_an_option_nor_of_the_notebook(value, mark):
    (word,) = split_line(as_word(value, mark))
    assert (word.text, word.is_flag) == (value, False)
    assert word.quoted or not value.startswith(("$", "{", "@", "-"))


@given(text(0, 24), text(0, 24), st.sampled_from(["", "'", '"']))
def test_a_word_left_open_goes_on(value, rest, mark):
    begun = as_word(value, mark, closed=False)
    found = typed(begun)
    assert found.text == value
    assert typed(begun + "x").text == f"{value}x"
