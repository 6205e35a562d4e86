"""A lesson's file: what it may hold, and every fault of one by its path."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.__main__ import main
from ppio_widgets.errors import InputError
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.classroom.lesson import (
    Bound,
    examine,
    faults_of,
    packaged,
    packaged_ids,
    read_lesson,
)

SOUND = """
id = "small"
title = { en = "Small", zh = "小课" }
minutes = 10
budget = 20.5
[allow]
products = ["a100-80g"]
max_hourly = "¥12.60"
name = "{student}-*"
locked = { "resource.rootfs_size_gb" = 20, "tools.jupyter.enabled" = true }
on_for = "1h30m"
[[exercise]]
id = "1.1"
say = { en = "Do it, {student}.", zh = "{student}，请做。" }
expect = { on = ">=1", billing = "spot", ports = [8888, "22/tcp"], envs = { A = "1" } }
[[incident]]
after = "1.1"
do = "sold-out"
"""


def faults(text):
    return {fault.path: fault.code for fault in examine(text)[1]}


def test_a_sound_file_is_read():
    lesson = read_lesson(SOUND)
    assert (lesson.id, str(lesson.budget), lesson.clock, lesson.stock) == ("small", "20.5", 1.0, "endless")
    assert lesson.rules("s07").told() == {
        "products": ["a100-80g"],
        "max_hourly": "12.60",
        "name": "s07-*",
        "locked": {"resource.rootfs_size_gb": 20, "tools.jupyter.enabled": True},
    }
    (exercise,) = lesson.exercises
    assert exercise.say.told("s07") == {"en": "Do it, s07.", "zh": "s07，请做。"}
    assert (exercise.expect.ports, exercise.expect.billing) == (("8888", "22/tcp"), ("spot",))


@pytest.mark.parametrize("key", packaged_ids())
def test_each_packaged_lesson_is_sound_and_named_by_its_file(key):
    lesson = packaged(key)
    assert lesson.id == key
    assert lesson.exercises


def test_a_lesson_that_is_not_packaged_is_told_which_are():
    with pytest.raises(InputError, match="first-bill"):
        packaged("../first-bill")


# What is changed in the sound file, and the fault that it makes.
BROKEN = [
    ('zh = "小课"', 'zh = ""', "title.zh", "missing"),
    (', zh = "小课"', "", "title.zh", "missing"),
    ("minutes = 10", "minutes = 0", "minutes", "greater_than_equal"),
    ("minutes = 10", "minutes = 1500", "minutes", "less_than_equal"),
    ("minutes = 10", 'minutes = "10"', "minutes", "whole"),
    ("minutes = 10", "minutes = 10\nminuts = 10", "minuts", "unknown_meant"),
    ("minutes = 10", "minutes = 10\nqqq = 1", "qqq", "unknown"),
    ("minutes = 10", 'minutes = 10\nclock = "fast"', "clock", "number"),
    ("minutes = 10", 'minutes = 10\nstock = "some"', "stock", "choice"),
    ("20.5", '"much"', "budget", "amount"),
    ("20.5", "true", "budget", "amount"),
    ('"small"', '"Small!"', "id", "id"),
    ('"a100-80g"', '"a100"', "allow.products[0]", "product_meant"),
    ('["a100-80g"]', '"a100-80g"', "allow.products", "rows"),
    ("{student}-*", "{name}-*", "allow.name", "placeholder"),
    ("rootfs_size_gb", "rootfs", "allow.locked", "locked"),
    ('_gb" = 20', '_gb" = true', "allow.locked", "locked"),
    ("1h30m", "soon", "allow.on_for", "span"),
    ('">=1"', '"1+"', "exercise[0].expect.on", "bound"),
    ('">=1"', "true", "exercise[0].expect.on", "bound"),
    ('"spot"', '"rent"', "exercise[0].expect.billing[0]", "choice"),
    ("[8888", "[70000", "exercise[0].expect.ports[0]", "port"),
    ("{ A =", "{ 1A =", "exercise[0].expect.envs", "envs"),
    ('expect = { on = ">=1"', 'expect = { name = ">=1"', "exercise[0].expect.name", "unknown_meant"),
    ("on = ", 'prediction = { of = "spend" }, on = ', "exercise[0].expect.prediction.of", "choice"),
    ("on = ", "prediction = { }, on = ", "exercise[0].expect.prediction", "prediction"),
    (
        "on = ",
        'prediction = { value = 1, within = "near" }, on = ',
        "exercise[0].expect.prediction.within",
        "tolerance",
    ),
    ('after = "1.1"', 'after = "1.2"', "incident[0].after", "exercise_meant"),
    ('after = "1.1"', 'after = "1.1"\nat = "00:20"', "incident[0]", "when"),
    ('after = "1.1"', "", "incident[0]", "when"),
    ('after = "1.1"', 'at = "20 min"', "incident[0].at", "moment"),
    ('"sold-out"', '"soldout"', "incident[0].do", "verb_meant"),
    (SOUND[SOUND.index("expect") : SOUND.index("[[inc")], "expect = { }\n", "exercise[0].expect", "nothing"),
    ("[allow]", "[allow", "", "toml"),
    ('">=1"', '"<0"', "exercise[0].expect.on", "never"),
    ('max_hourly = "¥12.60"', 'max_hourly = "¥0.1"', "allow.max_hourly", "impossible"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "code"), BROKEN)
def test_a_fault_is_named_by_its_path(old, new, path, code):
    assert old in SOUND
    assert faults(SOUND.replace(old, new, 1)) == {path: code}


def test_every_fault_is_named_at_once_and_in_both_languages():
    text = SOUND
    for old, new, _path, _code in (BROKEN[0], BROKEN[2], BROKEN[11], BROKEN[18], BROKEN[31]):
        text = text.replace(old, new, 1)
    found = examine(text)[1]
    assert len(found) == 5
    for language in LANGUAGES:
        said = [fault.sentence(words(language)) for fault in found]
        assert all(path in line for path, line in zip(faults(text), said, strict=True))
        assert len(set(said)) == 5


@pytest.mark.parametrize("code", sorted({code for *_rest, code in BROKEN}))
def test_each_fault_has_a_sentence_without_a_hole(code):
    old, new, _path, _code = next(row for row in BROKEN if row[-1] == code)
    for language in LANGUAGES:
        for fault in examine(SOUND.replace(old, new, 1))[1]:
            assert fault.sentence(words(language))


def test_two_exercises_of_one_id_are_a_fault():
    twice = SOUND + SOUND[SOUND.index("[[exercise]]") : SOUND.index("[[incident]]")]
    assert faults(twice) == {"exercise[1].id": "twice"}


def test_every_contradiction_is_told_beside_any_other_fault():
    text = (
        SOUND.replace("minutes = 10", "minutes = 0")
        .replace("12.60", "0.10")
        .replace('"1.1"\ndo', '"9.9"\ndo')
    )
    more = SOUND[SOUND.index("[[exercise]]") : SOUND.index("[[incident]]")]
    empty = 'id = "1.2"\nsay = { en = "Do.", zh = "做。" }\n'
    text += f"""{more}
[[exercise]]
{empty}expect = {{ named = "a" }}
[[exercise]]
{empty.replace("1.2", "1.3")}expect = {{ prediction = {{ value = 1, of = "left" }} }}
"""
    assert faults(text) == {
        "minutes": "greater_than_equal",
        "allow.max_hourly": "impossible",
        "exercise[1].id": "twice",
        "exercise[2].expect": "nothing",
        "exercise[3].expect.prediction": "prediction",
        "incident[0].after": "exercise",
    }


# What the rules of a lesson are, and where it is told that nothing can be launched by them.
IMPOSSIBLE = [
    ('locked = { "resource.rootfs_size_gb" = 5 }', "allow.locked", "locked"),
    ('locked = { "billing.mode" = "gratis" }', "allow.locked", "locked"),
    ('locked = { "resource.gpu_num" = 99 }', "allow.locked", "locked"),
    ('products = ["prod-h100-80g", "prod-v100-32g", "prod-a800-80g"]', "allow.products", "impossible"),
    ("max_hourly = 0.1", "allow.max_hourly", "impossible"),
    ('products = ["a100-80g"]\nmax_hourly = 1', "allow", "impossible"),
    ('products = ["cpu.8c16g"]\nbilling = ["spot"]', "allow", "impossible"),
    ('billing = ["postpaid"]\nlocked = { "billing.prepaid.months" = 1 }', "allow", "impossible"),
]
POSSIBLE = [
    'products = ["cpu.8c16g"]',
    'products = ["prod-h200-141g.8x"]\nmax_hourly = 300',
    'billing = ["prepaid"]\nlocked = { "billing.prepaid.months" = 12 }',
    'products = ["prod-h100-80g", "prod-t4-16g"]',
    'locked = { "network.id" = "net-of-the-class", "image" = "ubuntu:24.04" }',
    'name = "{student}"',
]
ALLOW = SOUND[SOUND.index("[allow]") : SOUND.index("[[exercise]]")]


@pytest.mark.parametrize(("rules", "path", "code"), IMPOSSIBLE)
def test_rules_by_which_nothing_can_be_launched_are_a_fault(rules, path, code):
    assert faults(SOUND.replace(ALLOW, f"[allow]\n{rules}\n")) == {path: code}


@pytest.mark.parametrize("rules", POSSIBLE)
def test_rules_by_which_something_can_be_launched_are_none(rules):
    assert faults(SOUND.replace(ALLOW, f"[allow]\n{rules}\n")) == {}


def test_what_may_be_chosen_is_told_in_no_language():
    (fault,) = examine(SOUND.replace("minutes = 10", 'minutes = 10\nstock = "some"'))[1]
    assert fault.sentence(words("zh")).endswith("：endless, shared。")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_it_raise(text):
    lesson, found = examine(text)
    assert (lesson is None) == bool(found)
    assert all(fault.sentence(words("zh")) for fault in found)


@settings(max_examples=200, deadline=None)
@given(
    place=st.sampled_from(["id", "title", "allow", "exercise", "incident", "budget", "clock"]), value=_VALUES
)
def test_no_value_makes_it_raise(place, value):
    read = {"id": "a", "title": {"en": "a", "zh": "a"}, "minutes": 1, "budget": 1, place: value}
    found = faults_of(read)[1]
    assert all(fault.sentence(words("en")) for fault in found)


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        (">=24", (24, 25), (23,)),
        ("<=2", (2, 1), (3,)),
        (">1", (2,), (1,)),
        ("<1", (0,), (1,)),
        (3, (3,), (2, 4)),
    ],
)
def test_comparisons(text, yes, no):
    bound = read_lesson(SOUND.replace('">=1"', repr(text).replace("'", '"'))).exercises[0].expect.on
    assert isinstance(bound, Bound)
    assert all(map(bound.holds, yes))
    assert not any(map(bound.holds, no))


def test_the_command_names_every_fault_and_says_so_when_there_is_none(tmp_path, capsys):
    file = tmp_path / "lesson.toml"
    file.write_text(
        SOUND.replace("minutes = 10", "minutes = 0\nminuts = 0").replace('">=1"', '"1+"'), encoding="utf-8"
    )
    assert main(["class", "--check", str(file)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["minutes", "exercise[0].expect.on", "minuts"]
    file.write_text(SOUND, encoding="utf-8")
    assert main(["class", "--check", str(file)]) == 0
    assert "small" in capsys.readouterr().out
    assert main(["class", "--check", "first-bill"]) == 0


def test_a_file_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["class", "--check", str(tmp_path / "none.toml")]) == 1
    assert "no such file" in capsys.readouterr().err
