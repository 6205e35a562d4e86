"""Who is in a class: names, PINs that are first come, keys, and how few guesses are taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.errors import InputError
from ppio_widgets.practice.classroom.roster import Roster, parts_of, read_roster
from ppio_widgets.practice.failures import Refused
from ppio_widgets.secrets.credentials import is_practice_key


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


def refused(call, *given):
    with pytest.raises(Refused) as refusal:
        call(*given)
    return refusal.value.answer["reason"]


def test_the_first_join_makes_the_pin_and_later_ones_need_it():
    roster = Roster()
    student, key = roster.join(" S07 ", "4711")
    assert (student, key.rpartition("-")[0]) == ("s07", "sk_practice_s07.4711")
    assert roster.join("s07", "4711") == (student, key)
    assert refused(roster.join, "s07", "4712") == "CLASS_PIN"
    assert roster.student("sk_practice_s07.4711") == "s07"
    assert [one.id for one in roster] == ["s07"]


@pytest.mark.parametrize(
    "key", ["sk_practice_s07.4712", "sk_practice_s08.4711", "sk_practice_s07", "sk_practice_.4711"]
)
def test_a_key_that_nobody_joined_with_is_refused(key):
    roster = Roster()
    roster.join("s07", "4711")
    assert refused(roster.student, key) == "CLASS_KEY"


@pytest.mark.parametrize("name", ["", "teacher", "TEACHER", "-a", "a b", "王", "a" * 41, "../x", None, 7])
def test_names_are_checked(name):
    assert refused(Roster().join, name, "4711") == "CLASS_NAME"


@pytest.mark.parametrize("pin", ["", "123", "12 34", "p" * 33, "４７１１", None, 4711])
def test_pins_are_checked(pin):
    assert refused(Roster().join, "s07", pin) == "CLASS_PIN_FORM"


def test_few_guesses_are_taken_by_join_and_by_key_together_and_who_is_in_goes_on():
    ticks = Ticks()
    roster = Roster(clock=ticks)
    _, key = roster.join("s07", "4711")
    for guess in range(3):
        assert refused(roster.join, "s07", f"000{guess}") == "CLASS_PIN"
    for guess in range(2):
        assert refused(roster.student, f"sk_practice_s07.111{guess}") == "CLASS_KEY"
    assert roster.student(key) == "s07"
    assert roster.join("s07", parts_of(key)[1]) == ("s07", key)
    for guess in ("4711", "9999", f"9999-{key.rpartition('-')[2]}", "4711-", "4711-0123456789abcdef"):
        assert refused(roster.join, "s07", guess) == "CLASS_GUESSES"
        assert refused(roster.student, f"sk_practice_s07.{guess}") == "CLASS_GUESSES"
    ticks.now += 61
    assert roster.join("s07", "4711")[0] == "s07"


def test_whoever_goes_on_lets_nobody_guess_more_often():
    roster = Roster(clock=Ticks())
    _, key = roster.join("s07", "4711")
    for guess in range(5):
        assert roster.student(key) == roster.student("sk_practice_s07.4711") == roster.join("s07", "4711")[0]
        assert refused(roster.join, "s07", f"000{guess}") == "CLASS_PIN"
    assert refused(roster.student, "sk_practice_s07.4711") == "CLASS_GUESSES", "a right guess tells nothing"


@pytest.mark.parametrize("text", ["", "s07,Anna", "s07,Anna,4711"])
def test_after_a_restart_no_wrong_pins_keep_out_who_has_joined(text):
    def roster():
        return Roster(read_roster(text) if text else None)

    before = roster()
    _, key = before.join("s07", "4711")
    for _restart in range(2):
        after = roster()
        after.resume(json.loads(json.dumps(before.state())))
        for guess in range(6):
            refused(after.join, "s07", f"000{guess}")
        assert refused(after.join, "s07", "4711") == "CLASS_GUESSES"
        assert after.student(key) == "s07"
        assert after.join("s07", parts_of(key)[1]) == ("s07", key)
        before = after
    after.forget_pin("s07")
    assert refused(after.student, key) == "CLASS_KEY"
    assert after.join("s07", "4712")[0] == "s07"
    assert refused(after.student, key) == "CLASS_KEY"


def test_a_key_of_another_class_is_worth_its_pin_alone():
    key, roster = Roster().join("s07", "4711")[1], Roster()
    student, mine = roster.join("s07", parts_of(key)[1])
    assert (student, mine != key, roster.student(key), roster.student(mine)) == ("s07", True, "s07", "s07")
    refusals = [refused(roster.join, "s07", f"000{guess}") for guess in range(6)]
    assert refusals[-1] == refused(roster.student, key) == "CLASS_GUESSES"


def test_on_a_list_only_those_on_it_may_join():
    roster = Roster(read_roster("student,name,pin\ns01,Anna\ns02,王芳,0815\n"))
    assert refused(roster.join, "s03", "4711") == "CLASS_NAME"
    assert roster.join("s01", "4711")[0] == "s01"
    assert refused(roster.join, "s02", "4711") == "CLASS_PIN"
    assert roster.join("s02", "0815")[0] == "s02"
    assert [one.name for one in roster] == ["Anna", "王芳"]


def test_a_pin_stands_nowhere():
    roster = Roster(read_roster("s01,Anna,Secret77"))
    roster.join("s01", "Secret77")
    assert "Secret77" not in str(roster.state()) + repr(list(roster)) + str(
        vars(roster.join.__self__)["_students"]
    )


def test_a_list_goes_on_with_the_pins_that_were_made():
    before = Roster()
    before.join("s01", "4711")
    after = Roster(read_roster("s01,Anna\ns02,Ben"))
    after.resume(before.state())
    assert refused(after.join, "s01", "0000") == "CLASS_PIN"
    assert after.student("sk_practice_s01.4711") == "s01"
    assert [(one.id, one.name) for one in after] == [("s01", "Anna"), ("s02", "Ben")]


@pytest.mark.parametrize("pin", ["", "4712"])
def test_a_pin_of_the_list_that_was_forgotten_opens_nothing_after_a_restart(pin):
    roster = Roster(read_roster("s01,Anna,0815"))
    roster.forget_pin("s01")
    if pin:
        roster.join("s01", pin)
    for _restart in range(2):
        before, roster = roster, Roster(read_roster("s01,Anna,0815"))
        roster.resume(before.state())
        assert refused(roster.student, "sk_practice_s01.0815") == "CLASS_KEY"
    assert roster.join("s01", pin or "4713")[0] == "s01"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "roster_size"),
        ("student,name\n", "roster_size"),
        ("s01\nS 2", "roster_name"),
        ("s01\nteacher", "roster_name"),
        ("s01,Anna,12", "roster_pin"),
        ("s01,Anna,1234,x", "roster_pin"),
        ("s01\ns02\nS01", "roster_twice"),
        ("\n".join(f"s{one}" for one in range(501)), "roster_size"),
    ],
)
def test_a_list_with_a_fault_is_refused_by_its_line(text, code):
    with pytest.raises(InputError) as error:
        read_roster(text)
    assert error.value.code == code


def test_a_list_of_a_spreadsheet_is_read():
    found = read_roster('\ufeffStudent,Name,PIN\r\ns01,"Li, Wei",4711\r\n\r\n s02 , Ben \r\n')
    assert [(one.id, one.name, bool(one.digest)) for one in found.values()] == [
        ("s01", "Li, Wei", True),
        ("s02", "Ben", False),
    ]


@given(st.text(max_size=12), st.text(max_size=12))
def test_whoever_is_in_has_a_practice_key_of_their_own(name, pin):
    try:
        student, key = Roster().join(name, pin)
    except Refused:
        return
    assert is_practice_key(key)
    assert key.rpartition("-")[0] == f"sk_practice_{student}.{pin.partition('-')[0]}"
