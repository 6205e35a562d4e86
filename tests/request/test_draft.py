"""Numbers as people type them: read exactly, or refused with the reason, in form, line and Python alike."""

import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import check
from ppio_widgets.errors import InputError
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.locale.words import LANGUAGES
from ppio_widgets.request.draft import read_whole, why_not_whole, with_value
from tests.support.bodies import MINIMAL

GPUS = ("resource", "gpu_num")
DISK = ("resource", "rootfs_size_gb")
PORT = ("ports", 0, "port")
FULL_WIDTH = str.maketrans("0123456789.,+-", "０１２３４５６７８９．，＋－")

blanks = st.text(" \t\u3000\xa0\n", max_size=2)
numbers = st.integers(-(10**17), 10**17)


def written(number, *, grouped, point, wide):
    text = f"{number:,}" if grouped else str(number)
    text += point
    return text.translate(FULL_WIDTH) if wide else text


@given(numbers, blanks, blanks, st.booleans(), st.sampled_from(["", ".0", ".00"]), st.booleans())
def test_what_is_read_is_the_number_that_was_typed(number, before, behind, grouped, point, wide):
    typed = before + written(number, grouped=grouped, point=point, wide=wide) + behind
    assert read_whole(typed, GPUS) == number
    for unit in ("GB", " gb", "\u3000ＧＢ", "g"):
        assert read_whole(typed.strip() + unit, DISK) == number
        assert read_whole(typed.strip() + unit, GPUS) is None
    assert read_whole(typed, PORT) == (None if grouped and "," in f"{number:,}" else number)


@given(
    st.text("0123459.,+-eE_ GgBbTtKk０５．，。%/x²①٣\u3000\u200b", max_size=12),
    st.sampled_from([GPUS, DISK, PORT]),
)
def test_anything_else_is_refused(text, path):
    number = read_whole(text, path)
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    if path == DISK:
        plain = re.sub(r"(?i)\s*gb?$", "", plain)
    if number is None:
        assert why_not_whole(text, path) in ("fraction", "unclear", "unit", "gb", "port", "")
        return
    assert why_not_whole(text, path) == ""
    assert not re.search("[²①٣]", text), "what only resembles a digit is none"
    assert re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0+)?", plain)
    assert Decimal(plain.replace(",", "")) == number
    assert not re.search(r"\.000$|^0,", plain), "thousands, perhaps"


REFUSED = [
    (GPUS, "--gpus", "2.5", "whole_fraction", "fraction"),
    (GPUS, "--gpus", "２．５", "whole_fraction", "fraction"),
    (GPUS, "--gpus", "1,5", "whole_unclear", "two ways"),
    (GPUS, "--gpus", "1.000", "whole_unclear", "two ways"),
    (GPUS, "--gpus", "0,500", "whole_unclear", "two ways"),
    (GPUS, "--gpus", "2 GB", "whole_unit", "unit"),
    (GPUS, "--gpus", "2个", "whole_unit", "unit"),
    (GPUS, "--gpus", "two", "whole", "whole number"),
    (GPUS, "--gpus", "1e3", "whole", "whole number"),
    (GPUS, "--gpus", "²", "whole", "whole number"),
    (DISK, "--rootfs", "20 TB", "whole_gb", "GB"),
    (DISK, "--rootfs", "20 GiB", "whole_gb", "GB"),
    (DISK, "--rootfs", "20.5 GB", "whole_gb", "GB"),
    (PORT, "--port", "80,443", "whole_port", "repeat"),
    (PORT, "--port", "8000-8010", "whole_port", "repeat"),
    (PORT, "--port", "8080 8081", "whole_port", "repeat"),
    (("tools", "jupyter", "port"), "--jupyter", "80,443", "whole_port", "8888/http"),
    (("billing", "prepaid", "months"), "--months", "1.5", "whole_fraction", "fraction"),
]


@pytest.mark.parametrize(("path", "flag", "typed", "code", "hint"), REFUSED)
def test_what_is_refused_has_the_right_reason_in_form_and_line(path, flag, typed, code, hint):
    body = {**MINIMAL, "billing": {"mode": "prepaid", "prepaid": {"months": 1}}}
    body |= {"ports": [{"port": 1, "protocol": "tcp"}], "tools": {"jupyter": {"enabled": True}}}
    if path == PORT:
        body["ports"] = [{"port": typed, "protocol": "tcp"}]
    else:
        body = with_value(body, path, typed)
    report = check(body)
    assert {path: problem.code for path, problem in report.problems.items()} == {path: code}
    assert all(report.errors(language)[path] for language in LANGUAGES)
    with pytest.raises(InputError) as caught:
        read_line(f"{flag} '{typed}'", {}.__getitem__)
    assert hint in str(caught.value)
    assert typed in str(caught.value)


@pytest.mark.parametrize(
    ("line", "path", "number"),
    [
        ("--gpus ２", GPUS, 2),
        ("--gpus 2.0", GPUS, 2),
        ("--gpus ' 2 '", GPUS, 2),
        ("--rootfs 1,000", DISK, 1000),
        ("--rootfs 20GB", DISK, 20),
        ("--rootfs '２０ ＧＢ'", DISK, 20),
        ("--months 12.0", ("billing", "prepaid", "months"), 12),
        ("--auto-renew １２", ("billing", "prepaid", "auto_renew", "months"), 12),
        ("--jupyter ８８８８/http", ("tools", "jupyter", "port"), 8888),
    ],
)
def test_the_line_reads_what_the_form_reads(line, path, number):
    draft = read_line(line, {}.__getitem__).draft
    for part in path:
        draft = draft[part]
    assert draft == number
    assert type(draft) is int


def test_a_port_of_the_line_may_be_full_width_as_well():
    assert read_line("--port ８０８０/tcp", {}.__getitem__).draft["ports"] == [
        {"port": 8080, "protocol": "tcp"}
    ]
