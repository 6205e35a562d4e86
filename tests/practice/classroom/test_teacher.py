"""What a teacher does from Python while a class runs, over a real socket and within a kernel."""

from __future__ import annotations

import csv
import json
import re
import stat
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from ppio_widgets import Classroom
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import AccessDenied, ApiError, InputError, MomentUnreadable, OutcomeUnknown
from ppio_widgets.locale.words import words
from ppio_widgets.practice import classroom
from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.classroom.page import page, sheet
from ppio_widgets.practice.classroom.roster import Roster, Student
from ppio_widgets.practice.cloud import put_kernel_cloud
from ppio_widgets.practice.failures import AnswerLost, Refused
from ppio_widgets.practice.server import serving
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.secrets.credentials import reveal

BODY = {
    "product_id": "3090.8c30g.os",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}
HOSTILE = '=cmd|"<img src=x onerror=pwned=1>'


class Hands:
    """A clock that is turned by hand."""

    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def cloud(hands):
    roster = Roster({"s01": Student("s01", "Anna"), "s02": Student("s02", HOSTILE)})
    return ClassCloud(packaged("first-bill"), roster, hands)


@pytest.fixture
def server(cloud):
    with serving(cloud) as served:
        yield served


@pytest.fixture
def room(server, cloud):
    return Classroom.connect(server.url, cloud.teacher_key)


@pytest.fixture
def anna(server, cloud):
    return PpioClient(cloud.join("s01", "4711")["key"], base_url=server.url)


def rent(client, name, **other):
    return client.create_instance(CreateInstanceRequest(**{**BODY, "name": name, **other}))


def rent_raw(client, name):
    """Send a name as a JSON escape, as no form of ours does; returns the status."""
    address = f"{client.host.base_url}/gpus/v2/instances"
    key = client.require_key()
    headers = {"Authorization": f"Bearer {reveal(key)}"}
    return httpx.post(address, content=json.dumps({**BODY, "name": name}), headers=headers).status_code


def row(room, student="s01"):
    return next(one for one in room.progress().students if one.student == student)


def test_the_address_of_the_page_is_enough(server, cloud):
    room = Classroom.connect(f"{server.url}/practice/v1/teacher/page#key={cloud.teacher_key}")
    assert room.progress().lesson == "first-bill"
    assert cloud.teacher_key not in repr(room)


def test_the_class_of_this_kernel_needs_no_address(cloud):
    put_kernel_cloud(cloud)
    room = Classroom.connect()
    room.clock(0)
    assert room.progress().rate == 0


def test_where_there_is_no_class_a_sentence_says_how_one_begins():
    with pytest.raises(InputError, match="%ppio class start"):
        Classroom.connect()


def test_progress_tells_who_has_spent_what_and_what_is_on(room, anna, hands):
    rent(anna, "s01-first")
    hands.now += 10
    room.jump("2h")
    told = row(room)
    assert (told.name, told.on) == ("Anna", ("s01-first",))
    assert 0 < told.spent < 10
    assert told.spent + told.left == 100
    assert row(room, "s02").spent == 0


def test_the_clock_is_frozen_goes_on_and_jumps(room, hands):
    room.clock(0)
    before = room.progress().now
    hands.now += 100
    assert room.progress().now == before
    room.clock(60)
    hands.now += 100
    assert room.progress().now == before + 6000
    room.jump("8h")
    assert room.progress().now == before + 6000 + 8 * 3600


def test_whoever_is_on_for_longer_than_the_lesson_allows_is_yellow(room, anna, hands):
    rent(anna, "s01-first")
    hands.now += 10
    room.jump("2h")
    assert not row(room).yellow
    room.jump("24h")
    assert row(room).yellow
    assert not row(room, "s02").yellow


def test_an_incident_strikes_one_student_once(room, anna, cloud, server):
    ben = PpioClient(cloud.join("s02", "0815")["key"], base_url=server.url)
    room.incident("INSUFFICIENT_RESOURCE", student="s01")
    rent(ben, "s02-first")
    with pytest.raises(ApiError, match="INSUFFICIENT_RESOURCE"):
        rent(anna, "s01-first")
    rent(anna, "s01-first")
    assert row(room).last_error == "INSUFFICIENT_RESOURCE"


def test_an_incident_may_be_named_by_its_status_and_strike_a_product(room, anna):
    room.incident("403", product="4090.16c62g.os", times=2)
    rent(anna, "s01-first")
    for _each in range(2):
        with pytest.raises(AccessDenied):
            rent(anna, "s01-second", product_id="4090.16c62g.os")
    rent(anna, "s01-second", product_id="4090.16c62g.os")


def waiting(cloud):
    return [(one["verb"], one["student"]) for one in cloud.board()["incidents"]]


def test_an_incident_for_all_waits_until_it_has_struck_each(room, anna, cloud):
    room.incident("sold-out")
    assert waiting(cloud) == [("sold-out", "")]
    for student in ("s01", "s02"):
        assert waiting(cloud) == [("sold-out", "")]
        account = cloud.account(cloud.join(student, "4711")["key"])
        with pytest.raises(Refused):
            account.create({**BODY, "name": f"{student}-first"})
    assert waiting(cloud) == []
    rent(anna, "s01-first")


def test_an_incident_is_called_off_for_one_or_for_all_and_no_other_is(room, anna, cloud, server):
    ben = PpioClient(cloud.join("s02", "0815")["key"], base_url=server.url)
    room.incident("sold-out", times=9)
    room.incident("sold-out", student="s01", times=9)
    room.incident("quota", student="s02")
    room.call_off("INSUFFICIENT_RESOURCE", student="s01")
    rent(anna, "s01-first")
    with pytest.raises(ApiError, match="INSUFFICIENT_RESOURCE"):
        rent(ben, "s02-first")
    room.call_off("sold-out")
    assert waiting(cloud) == [("quota", "s02")]
    with pytest.raises(ApiError, match="CREATE_INSTANCE_LIMIT"):
        rent(ben, "s02-first")
    rent(ben, "s02-first")
    with pytest.raises(InputError, match='The nearest is "sold-out"'):
        room.call_off("sold-uot")


def test_a_spot_instance_that_an_incident_strikes_has_an_hours_notice(room, anna, hands):
    made = rent(anna, "s01-cheap", billing={"mode": "spot"})
    hands.now += 10
    room.clock(0)
    room.incident("spot-reclaimed", student="s02")
    room.incident("spot-reclaimed", product="4090.16c62g.os")
    assert anna.get_instance(made).spot == "running"
    room.incident("spot-reclaimed")
    assert anna.get_instance(made).spot == "notified"
    room.jump("59m")
    assert row(room).on == ("s01-cheap",)
    room.jump("2m")
    assert row(room).on == ()
    assert anna.get_instance(made).spot == "terminated"


def test_a_spot_instance_is_reclaimed_after_its_notice(room, anna, hands):
    rent(anna, "s01-cheap", billing={"mode": "spot"})
    hands.now += 10
    assert room.reclaim(notice="1h") == 1
    assert room.reclaim("s02") == 0
    assert row(room).on == ("s01-cheap",)
    room.jump("2h")
    hands.now += 10
    assert row(room).on == ()


def test_a_student_is_paid_to_the_cent(room):
    room.pay("s01", "20.50")
    told = row(room)
    assert (told.left, told.spent) == (Decimal("120.50"), 0)
    assert row(room, "s02").left == 100


def test_a_pin_that_was_forgotten_is_made_anew_and_all_else_stays(room, anna, server, cloud):
    rent(anna, "s01-first")
    for _each in range(6):
        with pytest.raises(Refused):
            cloud.join("s01", "0000")
    room.forget_pin("s01")
    with pytest.raises(AccessDenied):
        list(anna.list_instances())
    again = PpioClient(cloud.join("s01", "0815")["key"], base_url=server.url)
    assert [one.name for one in again.list_instances()] == ["s01-first"]
    with pytest.raises(Refused, match="not the PIN"):
        cloud.join("s01", "4711")
    for nobody in ("", "s99"):
        with pytest.raises(ApiError, match="no student"):
            room.forget_pin(nobody)


@pytest.mark.parametrize(("language", "said"), [("en", "may have been done"), ("zh", "可能已经执行")])
def test_a_lever_whose_answer_is_lost_may_have_been_pulled(cloud, monkeypatch, language, said):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    put_kernel_cloud(cloud)
    room = Classroom.connect()

    def lost():
        raise AnswerLost

    with monkeypatch.context() as patched:
        patched.setattr(cloud, "keep", lambda *_students: lost())
        with pytest.raises(OutcomeUnknown, match=said) as told:
            room.pay("s01", 20)
    assert "progress()" in str(told.value)
    assert row(room).left == 120


def test_a_reset_begins_anew_for_one_or_for_all(room, anna, hands):
    rent(anna, "s01-first")
    hands.now += 10
    room.jump("2h")
    room.pay("s02", 5)
    room.reset("s01")
    assert (row(room).on, row(room).spent, row(room).left) == ((), 0, 100)
    assert list(anna.list_instances()) == []
    assert row(room, "s02").left == 105
    room.reset()
    assert row(room, "s02").left == 100


def test_the_export_is_a_sheet_that_runs_no_formula(room, tmp_path):
    path = room.export(str(tmp_path / "class.csv"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    assert (first["student"], first["name"], first["left"], first["1.2"]) == ("s01", "Anna", "100.00", "0")
    assert second["name"] == f"'{HOSTILE}"


def test_a_balance_below_zero_is_that_amount_in_the_table_the_sheet_and_the_card(hands, tmp_path):
    cloud = ClassCloud(packaged("quickstart"), clock=hands)
    put_kernel_cloud(cloud)
    room = Classroom.connect()
    key, transport = cloud.join("s01", "4711")["key"], PracticeTransport(cloud)
    client = PpioClient(key, base_url="http://localhost", transport=transport)
    disk = {"gpu_num": 1, "rootfs_size_gb": 500}
    rent(client, "s01-large", product_id="a100-80g", resource=disk)
    hands.now += 10
    room.jump("60h")
    told = row(room)
    assert told.left < 0
    assert told.spent + told.left == 200
    path = room.export(str(tmp_path / "class.csv"))
    [line] = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    assert line["left"] == f"{told.left}"
    assert f"-¥{-told.left}" in str(room.progress())


def test_a_balance_that_is_used_up_has_no_sign(cloud, hands):
    account = cloud.account(cloud.join("s01", "4711")["key"])
    account.create({**BODY, "product_id": "a100-80g", "name": "s01-first"})
    hands.now += 10
    cloud.clock.jump(3600 * 24 * 30)
    assert -Decimal("0.005") < account.left < 0
    row = next(one for one in cloud.board()["students"] if one["student"] == "s01")
    assert (row["spent"], row["left"]) == ("100.00", "0.00")


def test_an_export_that_cannot_be_written_says_why(room, tmp_path):
    with pytest.raises(InputError, match="Choose another file"):
        room.export(str(tmp_path / "no" / "class.csv"))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda room: room.clock("fast"), '"fast" is no rate'),
        (lambda room: room.clock(-1), '"-1" is no rate'),
        (lambda room: room.clock(1e9), "is no rate"),
        (lambda room: room.incident("sold-uot"), 'The nearest is "sold-out"'),
        (lambda room: room.incident("sold-out", times=0), '"0" is no count'),
        (lambda room: room.pay("s01", "-5"), '"-5" is no amount'),
        (lambda room: room.pay("s01", 0), '"0" is no amount'),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_nothing_is_sent(room, cloud, call, said):
    before = (cloud.clock.rate, row(room))
    with pytest.raises(InputError, match=said) as told:
        call(room)
    assert "\n" not in str(told.value)
    assert (cloud.clock.rate, row(room)) == before


def test_a_length_of_time_is_read_as_everywhere(room):
    for call in (room.jump, lambda span: room.reclaim(notice=span)):
        with pytest.raises(MomentUnreadable, match="write it like 3h"):
            call("soon")


def test_whom_the_class_does_not_know_is_refused(room):
    for call in (lambda: room.pay("s99", 5), lambda: room.reset("s99"), lambda: room.reclaim("s99")):
        with pytest.raises(ApiError, match="s99"):
            call()


def test_a_student_has_no_levers(server, cloud):
    key = cloud.join("s01", "4711")["key"]
    room = Classroom.connect(server.url, key)
    for call in (room.progress, lambda: room.clock(0), room.reset, lambda: room.pay("s01", 9)):
        with pytest.raises(AccessDenied, match=r"Ask your teacher; alone, use Classroom\.connect\(\)"):
            call()
    assert cloud.clock.rate == 60


@pytest.mark.parametrize(("language", "said"), [("en", "students: 2"), ("zh", "学生 2 名")])
def test_progress_is_shown_as_a_card(room, monkeypatch, language, said):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    told = room.progress()
    assert said in str(told)
    assert "2027-01-15" in str(told)
    assert "Anna" in str(told)
    shown = told._repr_mimebundle_()
    assert said in shown["text/html"]
    assert "<img" not in shown["text/html"]
    assert len(repr(told)) < 200


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "waiting: no GPU free (sold-out) · everyone · ×2; too many instances (quota) · Anna · ×1"),
        ("zh", "待触发：卖完了（sold-out） · 全班 · ×2; 实例数量已达上限（quota） · Anna · ×1"),
    ],
)
def test_progress_tells_what_is_waiting_as_the_page_does(room, anna, monkeypatch, language, said):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    assert room.progress().waiting == ()
    assert "waiting" not in str(room.progress())
    room.incident("sold-out", product="a100-80g", times=2)
    room.incident("quota", student="s01")
    told = room.progress()
    assert said in str(told)
    assert said in told._repr_mimebundle_()["text/html"]
    first, second = told.waiting
    assert (first.verb, first.student, first.product, first.times) == ("sold-out", "", "a100-80g", 2)
    assert (second.verb, second.student, second.product, second.times) == ("quota", "s01", "", 1)
    assert len(repr(told)) < 200
    with pytest.raises(ApiError):
        rent(anna, "s01-first")
    assert [one.verb for one in room.progress().waiting] == ["sold-out"]


def test_an_incident_that_nobody_here_knows_is_told_by_its_verb(room, monkeypatch):
    other = {**room._state(), "incidents": [{"verb": "<b>new", "student": "s99"}, "odd", {"times": 2}]}
    monkeypatch.setattr(room, "_state", lambda: other)
    shown = room.progress()
    assert "waiting: <b>new (<b>new) · s99 · ×0" in str(shown)
    assert "<b>new" not in shown._repr_mimebundle_()["text/html"]


def test_a_name_that_is_no_text_keeps_nobody_from_the_page(room, anna):
    assert rent_raw(anna, "s01-\ud800") == 400
    assert rent_raw(anna, "s01-whole") == 200
    assert row(room).on == ("s01-whole",)


def test_the_page_says_all_its_words_and_no_others():
    here = Path(classroom.__file__).parent
    text = "".join((here / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "js"))
    said = {
        name
        for found in re.findall(
            r"""say\("(\w+)"|data-(?:say|label)="(\w+)"|say\([\w()]+ \? "(\w+)" : "(\w+)"\)"""
            r"""|\["(\w+)", "[a-z]*"\]""",
            text,
        )
        for name in found
        if name
    }
    assert said == {
        key.removeprefix("teacher.") for key in sorted(words("en").keys()) if key.startswith("teacher.")
    }


def test_the_page_holds_no_key_and_lets_nothing_else_run(server, cloud):
    told = page()
    assert cloud.teacher_key not in told.text
    assert "sk_practice" not in told.text
    policy = told.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (told.headers["Cache-Control"], told.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "http:" not in told.text
    assert "https:" not in told.text


def test_a_sheet_of_nobody_has_its_heads():
    assert sheet({"lesson": {"exercises": [{"id": "1.1"}]}, "students": []}).strip() == (
        "\ufeffstudent,name,spent,left,on,1.1,last_error"
    )
