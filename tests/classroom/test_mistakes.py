"""The usual mistakes of the lessons, in a real kernel: a check says what is missing, with a hint."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from ppio_widgets.locale.words import LANGUAGES
from ppio_widgets.practice.classroom.lesson import packaged
from tests.support.kernel import channels, environment


def rent(name, product="3090.8c30g.os", gpus=1):
    line = f"--name {name} --product {product} --gpus {gpus} --image ubuntu:24.04"
    return f"%ppio_launch --practice {line} --rootfs 20 --again --yes"


# By lesson: what is done, the check, and what is said of it in each language.
MISTAKES = {
    "first-bill": [
        ("", "1.0 12.60", {"en": "✗ 12.60 is too low", "zh": "✗ 12.60 太低"}),
        (rent("me-a", "prod-t4-16g"), "1.2", {"en": "✗ me-a: 16 GB", "zh": "✗ me-a：显存 16 GB"}),
        (f"{rent('me-again')}\n{rent('me-again')}", "1.4", {"en": "✗ Instances: 2", "zh": "✗ 实例：2 台"}),
        ("", "1.5 0", {"en": "✗ Instances: 3", "zh": "✗ 实例：3 台"}),
    ],
    "the-line": [
        ("", "2.1 5", {"en": "✗ 5 is too low", "zh": "✗ 5 太低"}),
        (rent("solo"), "2.2", {"en": "✗ solo: variables", "zh": "✗ solo：环境变量"}),
        (rent("big"), "2.4", {"en": "✗ big: ¥1.48 an hour", "zh": "✗ big：每小时 ¥1.48"}),
    ],
    "the-request": [
        ("", "3.1 6", {"en": "✗ 6 is too high", "zh": "✗ 6 太高"}),
        (rent("by-hand"), "3.2", {"en": "✗ by-hand: ports", "zh": "✗ by-hand：端口"}),
        (rent("colleague", gpus=2), "3.3", {"en": "✗ colleague: ¥2.96", "zh": "✗ colleague：每小时 ¥2.96"}),
    ],
    "prices": [
        (
            rent("spot", "a100-80g"),
            "4.1 12.60",
            {"en": "✗ spot: billed as postpaid", "zh": "✗ spot：计费模式 postpaid"},
        ),
        (
            rent("cheap", "prod-l40s-48g"),
            "4.2",
            {"en": "✗ cheap: ¥4.9 an hour", "zh": "✗ cheap：每小时 ¥4.9"},
        ),
        (rent("month", "prod-t4-16g"), "4.4 0.88", {"en": "✗ 0.88 is too low", "zh": "✗ 0.88 太低"}),
    ],
    "when-it-goes-wrong": [
        (rent("instead"), "5.1", {"en": "✗ instead: 24 GB", "zh": "✗ instead：显存 24 GB"}),
        (f"{rent('found')}\n{rent('found')}", "5.3", {"en": "✗ Instances: 2", "zh": "✗ 实例：2 台"}),
        ("", "5.7", {"en": "✗ Instances: 3", "zh": "✗ 实例：3 台"}),
    ],
    "build-it": [
        ("sheet = 1", "6.1 sheet", {"en": "✗ Your form stopped", "zh": "✗ 您的表单出错"}),
        ("", "6.2", {"en": "✗ Check it in your notebook", "zh": "✗ 请在笔记本中检查"}),
        (f"{rent('twice')}\n{rent('twice')}", "6.3", {"en": "✗ Instances on: 2", "zh": "✗ 开着的实例：2 台"}),
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_check_says_what_is_missing_and_a_hint(tmp_path, language):
    cells, expected = [nbformat.v4.new_code_cell("%load_ext ppio_widgets")], []
    for lesson, mistakes in MISTAKES.items():
        cells.append(nbformat.v4.new_code_cell(f"%ppio class start {lesson}"))
        for deed, check, said in mistakes:
            cells.append(nbformat.v4.new_code_cell(f"{deed}\n%ppio check {check}".strip()))
            hint = packaged(lesson).exercise(check.split()[0]).hint
            expected.append((cells[-1], said[language], hint))
    sheet = nbformat.v4.new_notebook(cells=cells)
    own = environment(tmp_path) | {"PPIO_WIDGETS_LANG": language}
    NotebookClient(sheet, timeout=120, kernel_name="python3", config=channels()).execute(env=own)
    for cell, said, hint in expected:
        told = "".join(one.text for one in cell.outputs if one.output_type == "stream")
        assert said in told, cell.source
        assert getattr(hint, language) in told, cell.source
