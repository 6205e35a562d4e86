"""An image's address: what can be none, and what one with a slip was to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import RequestInvalid, check
from ppio_widgets.locale import words
from ppio_widgets.request.models import can_be_address
from ppio_widgets.request.validation import corrected_address
from tests.support.bodies import MINIMAL, images

PARTS = st.from_regex(r"[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?", fullmatch=True)
ADDRESSES = st.builds(
    "{}{}/{}{}".format,
    st.sampled_from(["docker.io/", "localhost:5000/", "registry.example.com/", ""]),
    PARTS,
    PARTS,
    st.sampled_from(["", ":latest", ":1.0-cuda12.4", f"@sha256:{'0a' * 32}", f":1@sha256:{'b' * 64}"]),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nginx：1.27", "nginx:1.27"),
        ("registry。cn／ns／app：v1", "registry.cn/ns/app:v1"),
        ("python：3，11", "python:3.11"),
        ("nginx:latest，", "nginx:latest"),
        ("nginx:latest。", "nginx:latest"),
        (" nginx:latest", "nginx:latest"),
        ("nginx:latest\n", "nginx:latest"),
        ("nginx： latest", "nginx:latest"),
        ("ｎｇｉｎｘ:1", "nginx:1"),
        ("nginx\u200b:1", "nginx:1"),
        ("nginx\u3000", "nginx"),
    ],
)
def test_a_slip_is_an_error_that_shows_the_address(typed, meant):
    report = check({**MINIMAL, "image": typed})
    assert list(report.problems) == [("image",)]
    assert report.errors("en")["image",].endswith(f"Write {meant}")
    assert report.errors("zh")["image",].endswith(meant)
    assert report.advice == (), "nothing is said of the tag of what is no address"
    with pytest.raises(RequestInvalid, match="image: "):
        report.require()
    assert check({**MINIMAL, "image": meant}).request is not None


@pytest.mark.parametrize(
    "typed", ["docker pull nginx", "镜像:1", "a b", "nginx:版本", "ubuntu：", "Ｕbuntu:1", "："]
)
def test_without_an_address_that_was_surely_meant_none_is_proposed(typed):
    assert check({**MINIMAL, "image": typed}).errors("en") == {
        ("image",): words("en")("problem.image_address")
    }


@given(ADDRESSES)
def test_every_address_passes_and_comes_back_from_its_full_width_form(address):
    assert can_be_address(address)
    assert corrected_address(address) is None
    wide = address.translate({ord(mark): other for mark, other in zip(":/.@", "：／。＠", strict=True)})
    assert wide == address or corrected_address(wide) == address
    assert corrected_address(f" {address}\t") == address


@given(images(500) | st.text(st.sampled_from("aZ0:/.@-_ ，。：／、　é中\u200b\n"), max_size=30))
def test_what_is_proposed_is_an_address_and_only_where_there_is_none(text):
    meant = corrected_address(text)
    if meant is not None:
        assert not can_be_address(text)
        assert can_be_address(meant)
        assert corrected_address(meant) is None


def test_the_placeholders_show_an_address_that_would_be_taken():
    for language in ("en", "zh"):
        assert ":" in words(language)("hint.image")
        assert "：" not in words(language)("hint.image")
