"""One page of a listing is read strictly; the tests of client and catalogue read whole ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cloud.answers import Reply
from ppio_widgets.cloud.instances import read_instance
from ppio_widgets.cloud.paging import read_page

ROW = {"id": "i", "name": "n", "status": {"status": "running"}, "created_at": 5}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "has_more", "next_cursor", "total", "id", "status"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("answer", "cursor", "odd"),
    [
        ({"data": [ROW], "has_more": False, "next_cursor": ""}, "", None),
        ({"data": [ROW], "has_more": True, "next_cursor": "c"}, "c", None),
        ({"data": [], "has_more": False}, "", None),
        ({"data": [ROW], "has_more": False, "total": 1, "trace_id": "x"}, "", None),
        ({"data": [], "next_cursor": "c"}, "c", "more"),
        ({"data": []}, "", "more"),
        ({"data": None, "has_more": False}, "", "data"),
        ({"data": None}, "", "data"),
        ({}, "", "shape"),
        ({"data": {}}, "", "shape"),
        ({"data": [None], "has_more": False}, "", "row"),
        ({"data": [{**ROW, "id": ""}], "has_more": False}, "", "row"),
        ({"data": [], "has_more": True}, "", "cursor"),
        ({"data": [], "has_more": True, "next_cursor": None}, "", "cursor"),
        ({"data": [], "has_more": False, "next_cursor": "c"}, "", "cursor"),
        ({"data": [], "has_more": "no"}, "", "shape"),
        ({"data": [], "has_more": False, "next_cursor": 5}, "", "shape"),
    ],
)
def test_a_page_is_read_strictly(answer, cursor, odd):
    page = read_page(Reply(answer), read_instance)
    assert (page.cursor, page.odd) == (cursor, odd)


@pytest.mark.parametrize(
    ("header", "odd"),
    [
        ("items 0-0/1", None),
        ("items 0-0/*", None),
        ("items 0-4/5", "total"),
        ("items */0", "total"),
        ("nonsense", "total"),
    ],
)
def test_a_range_fits_the_rows_of_its_page(header, odd):
    reply = Reply({"data": [ROW], "has_more": False}, counted=(("content-range", header),))
    assert read_page(reply, read_instance).odd == odd


@given(anything, st.text(max_size=12))
def test_whatever_comes_a_page_is_read_or_not(answer, header):
    value = answer if isinstance(answer, dict) else {"data": answer}
    page = read_page(Reply(value, counted=(("content-range", header),)), read_instance)
    assert all(one.id for one in page.rows)
    assert len(page.rows) <= page.size
