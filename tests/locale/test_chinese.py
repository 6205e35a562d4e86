"""Chinese as a teacher in China writes it: no phrase that reads as translated, and one word for one thing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What was written, and what is said instead.
MENDED = {
    "四副面孔|面孔": "四种写法",
    "应答": "响应",
    "机器知道|访问自己": "怎样连接这台机器",
    "没有阻碍|没有什么阻碍|无物阻碍": "检查通过",
    "回读|读回确认": "反复查询，直到状态确实变了",
    "计时器|倒计时器": "定时器",
    "实例面板|仪表盘": "看板",
}
TEXTS = sorted(
    path
    for pattern in (
        "README*.md",
        "ppio_widgets/locale/zh.json",
        "ppio_widgets/practice/classroom/lessons/*.toml",
        "notebooks/**/*.ipynb",
        "docs/zh/**/*.md",
    )
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("unwanted", MENDED)
def test_no_phrase_that_reads_as_translated_returns(unwanted):
    found = {
        path.relative_to(ROOT).as_posix(): match[0]
        for path in TEXTS
        if (match := re.search(unwanted, path.read_text(encoding="utf-8")))
    }
    assert found == {}, f"say: {MENDED[unwanted]}"


def test_bold_text_ends_before_its_mark_or_a_blank_follows():
    """Between a mark and a letter ``**`` is two asterisks to Markdown; Chinese has no blank there."""
    unread = []
    for path in TEXTS:
        for line in path.read_text(encoding="utf-8").splitlines():
            bold, after = line.split("**")[1::2], line.split("**")[2::2]
            unread += [
                line
                for said, then in zip(bold, after, strict=False)
                if re.search("[，。：；！？、）]$", said) and re.match(r"\w", then)
            ]
    assert unread == []


def test_all_places_with_chinese_are_read():
    places = {path.relative_to(ROOT).parts[0] for path in TEXTS}
    assert {"README.md", "docs", "notebooks", "ppio_widgets"} <= places
    assert sum(bool(re.search("[\u4e00-\u9fff]", path.read_text(encoding="utf-8"))) for path in TEXTS) > 40
