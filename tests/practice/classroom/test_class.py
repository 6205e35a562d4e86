"""A class as its students meet it: own accounts, rules, shared stock, incidents; and kept in a file."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from decimal import Decimal

import httpx
import pytest

from ppio_widgets.errors import InputError
from ppio_widgets.practice import account as accounts
from ppio_widgets.practice.classroom.cloud import ALIVE_SECONDS, ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged, read_lesson
from ppio_widgets.practice.classroom.record import Record
from ppio_widgets.practice.classroom.roster import Roster, read_roster
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import Refused
from ppio_widgets.practice.transport import PracticeTransport
from tests.support.clock import Clock
from tests.support.wire import PATIENCE

LESSON = """
id = "small"
title = { en = "Small", zh = "小课" }
minutes = 10
budget = 100
stock = "shared"
clock = 60
[allow]
products = ["3090.8c30g.os", "4090.24c120g.os", "a100-80g"]
billing = ["postpaid", "spot"]
max_hourly = 12
name = "{student}-*"
locked = { "resource.rootfs_size_gb" = 20 }
on_for = "2h"
[[exercise]]
id = "1.1"
say = { en = "Have one on.", zh = "开一台。" }
expect = { on = 1, named = "{student}-*" }
[[exercise]]
id = "1.2"
say = { en = "Predict.", zh = "估算。" }
expect = { prediction = { value = 5 } }
[[incident]]
after = "1.2"
do = "sold-out"
[[incident]]
at = "01:00"
do = "rate-limit"
"""
BODY = {
    "name": "s01-a",
    "product_id": "3090.8c30g.os",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}
INSTANCES = "/gpus/v2/instances"


class Pupil:
    """A student of a class with a client of their own."""

    def __init__(self, cloud, name, pin="4711"):
        self.http = httpx.Client(base_url="http://localhost", transport=PracticeTransport(cloud))
        self.name = name
        self.http.headers["Authorization"] = f"Bearer {cloud.join(name, pin)['key']}"

    def rent(self, **changes):
        return self.http.post(INSTANCES, json={**BODY, "name": f"{self.name}-a", **changes})

    def check(self, exercise, answer=None):
        told = self.http.post("/practice/v1/check", json={"exercise": exercise, "answer": answer})
        return told.json()["passed"]

    def lesson(self):
        return self.http.get("/practice/v1/lesson").json()

    def names(self):
        return [one["name"] for one in self.http.get(INSTANCES).json()["data"]]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cloud(clock):
    return ClassCloud(read_lesson(LESSON), clock=clock)


def reason(answer):
    return answer.status_code, answer.json()["reason"]


def test_a_cloud_that_is_no_class_says_so():
    with httpx.Client(base_url="http://localhost", transport=PracticeTransport(PracticeCloud())) as http:
        for method, path in (("GET", "lesson"), ("POST", "join"), ("POST", "check"), ("GET", "teacher")):
            assert reason(http.request(method, f"/practice/v1/{path}")) == (404, "RESOURCE_NOT_FOUND")


def test_nobody_sees_or_stops_a_neighbours(cloud, clock):
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    made = anna.rent().json()["id"]
    clock.turn(10)
    assert (anna.names(), ben.names()) == (["s01-a"], [])
    assert ben.http.get(f"{INSTANCES}/{made}").status_code == 400
    assert ben.http.delete(f"{INSTANCES}/{made}").status_code == 400
    assert (anna.check("1.1"), ben.check("1.1")) == (True, False)
    assert [one["passed"] for one in anna.lesson()["exercises"]] == [True, False]
    assert [one["passed"] for one in ben.lesson()["exercises"]] == [False, False]


def test_a_key_of_nobody_and_a_teachers_key_rent_nothing(cloud):
    anna = Pupil(cloud, "s01")
    for key in ("sk_practice_s01.0000", "sk_practice_s09.4711", cloud.teacher_key):
        anna.http.headers["Authorization"] = f"Bearer {key}"
        assert reason(anna.rent()) == (401, "CLASS_KEY")


FORBIDDEN = [
    ({"product_id": "prod-t4-16g"}, "product_id"),
    ({"product_id": "a100-80g"}, "product_id"),  # above the ceiling
    ({"resource": {"gpu_num": 8, "rootfs_size_gb": 20}, "product_id": "4090.24c120g.os"}, "product_id"),
    ({"billing": {"mode": "prepaid", "prepaid": {"months": 1}}}, "billing.mode"),
    ({"name": "s02-a"}, "name"),
    ({"resource": {"gpu_num": 1, "rootfs_size_gb": 60}}, "resource.rootfs_size_gb"),
]


@pytest.mark.parametrize(("changes", "field"), FORBIDDEN)
def test_what_the_lesson_does_not_allow_is_refused_with_the_field_and_the_reason(cloud, changes, field):
    anna = Pupil(cloud, "s01")
    answer = anna.rent(**changes)
    assert reason(answer) == (403, "CLASS_RULE")
    assert answer.json()["metadata"] == {"field": field}
    assert answer.json()["message"].startswith(f"{field}: ")
    assert anna.names() == []
    (row,) = cloud.board()["students"]
    assert row["last_error"]["reason"] == "CLASS_RULE"


def stock(pupil, product):
    rows = pupil.http.get("/gpus/v2/products", params={"type": "gpu", "category": "instance"}).json()["data"]
    (row,) = (row for row in rows if row["id"] == product)
    return row["resource_spec"]["gpu"]["available"], row["inventory_state"]


def test_shared_stock_is_sold_out_by_the_class_and_free_again(cloud, clock):
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    pair = {"product_id": "4090.24c120g.os", "resource": {"gpu_num": 2, "rootfs_size_gb": 20}}
    assert stock(ben, "4090.24c120g.os") == (4, "low")
    made = [anna.rent(**pair).json()["id"], ben.rent(**pair).json()["id"]]
    assert stock(ben, "4090.24c120g.os") == (0, "none")
    assert reason(Pupil(cloud, "s03").rent(**pair)) == (400, "INSUFFICIENT_RESOURCE")
    clock.turn(10)
    assert ben.http.delete(f"{INSTANCES}/{made[1]}").status_code == 200
    assert stock(ben, "4090.24c120g.os") == (2, "low")
    assert Pupil(cloud, "s03").rent(**pair).status_code == 200


def slowly(refusals):
    """Judge a launch so that others have time to be judged beside it."""

    def judged(body, taken):
        found = list(refusals(body, taken))
        for _other in range(50):
            time.sleep(0)
        return found

    return judged


def test_of_many_who_want_the_last_gpus_at_once_only_so_many_get_them(cloud, monkeypatch):
    pupils = [Pupil(cloud, f"s{number:02}") for number in range(12)]
    pair = {"product_id": "4090.24c120g.os", "resource": {"gpu_num": 2, "rootfs_size_gb": 20}}
    ready, statuses = threading.Barrier(len(pupils)), []
    monkeypatch.setattr(accounts, "refusals", slowly(accounts.refusals))

    def want(pupil):
        ready.wait(PATIENCE)
        statuses.append(pupil.rent(**pair).status_code)

    threads = [threading.Thread(target=want, args=(one,)) for one in pupils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 2 + [400] * 10


def test_an_incident_after_an_exercise_strikes_whoever_has_passed_it(cloud):
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    assert not anna.check("1.2", "4")
    assert anna.rent().status_code == 200
    assert anna.check("1.2", "5")
    assert anna.check("1.2", "5")  # passed again, it strikes no more often
    assert reason(anna.rent()) == (400, "INSUFFICIENT_RESOURCE")
    assert anna.rent().status_code == 200
    assert ben.rent().status_code == 200


def test_an_incident_at_a_time_strikes_everybody_once(cloud, clock):
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    clock.turn(59)
    assert anna.rent().status_code == 200
    clock.turn(2)
    assert [anna.rent().status_code, anna.rent().status_code] == [429, 200]
    assert [one["verb"] for one in cloud.board()["incidents"]] == ["rate-limit"]
    assert [ben.rent().status_code, ben.rent().status_code] == [429, 200]
    assert cloud.board()["incidents"] == []
    late = Pupil(cloud, "s03")
    assert [late.rent().status_code, late.rent().status_code] == [429, 200]


def test_what_is_started_again_is_not_free_any_more(cloud, clock):
    anna = Pupil(cloud, "s01")
    cloud.pay("s01", Decimal(100))
    four = {"product_id": "4090.24c120g.os", "resource": {"gpu_num": 4, "rootfs_size_gb": 20}}
    made = anna.rent(**four).json()["id"]
    clock.turn(10)
    anna.http.put(f"{INSTANCES}/{made}/stop")
    clock.turn(10)
    others = (Pupil(cloud, f"s{number:02}").rent(**four) for number in range(2, 20))
    assert reason(next(told for told in others if told.status_code != 200)) == (400, "INSUFFICIENT_RESOURCE")
    assert reason(anna.http.put(f"{INSTANCES}/{made}/start")) == (400, "INSUFFICIENT_RESOURCE")
    assert anna.http.get(f"{INSTANCES}/{made}").json()["status"]["status"] == "exited"


@pytest.mark.parametrize(
    "given",
    [
        '{"exercise": "\\ud800"}',
        '{"exercise": "1.2", "answer": "\\udfff"}',
        '{"exercise": "1.2", "answer": ' + "[" * 500 + "]" * 500 + "}",
    ],
)
@pytest.mark.parametrize("path", ["/practice/v1/check", "/practice/v1/join", INSTANCES])
def test_what_cannot_be_told_again_is_no_json_and_hurts_nobody(file, clock, path, given):
    cloud, record = going_on(file, clock)
    anna = Pupil(cloud, "s01")
    body = json.dumps({**BODY, "command": "COMMAND"}).replace('"COMMAND"', given)
    assert reason(anna.http.post(path, content=body if path == INSTANCES else given)) == (400, "REQUEST")
    teacher = {"Authorization": f"Bearer {cloud.teacher_key}"}
    assert anna.http.get("/practice/v1/teacher", headers=teacher).status_code == 200
    assert anna.rent().status_code == 200
    record.close()


def test_one_student_cannot_fill_the_class(cloud, clock):
    cloud.set_rate(1)
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    large = {"envs": [{"key": f"A{number}", "value": "x" * 4000} for number in range(90)]}
    made = anna.rent(**large).json()["id"]
    assert reason(anna.rent(**large)) == (400, "CLASS_ROOM")
    anna.http.delete(f"{INSTANCES}/{made}")
    clock.turn(100)
    assert reason(anna.rent(**large)) == (400, "CLASS_ROOM")
    assert ben.rent(**large).status_code == 200
    cloud.reset("s01")
    assert anna.rent(**large).status_code == 200


def test_a_restart_makes_nobody_quicker(clock):
    in_time = """
[[exercise]]
id = "1.3"
say = { en = "Stop in time.", zh = "及时停止。" }
expect = { stopped_within = "2h" }
"""
    cloud = ClassCloud(read_lesson(LESSON + in_time), clock=clock)
    anna = Pupil(cloud, "s01")
    made = anna.rent().json()["id"]
    clock.turn(10)
    cloud.jump(3 * 3600)
    for act, on in (("restart", True), ("stop", False), ("start", True), ("stop", False)):
        assert anna.http.put(f"{INSTANCES}/{made}/{act}").status_code == 200
        clock.turn(10)
        assert [len(one["on"]) for one in cloud.board()["students"]] == [on]
        assert [one["yellow"] for one in cloud.board()["students"]] == [act == "restart"]
    told = anna.http.post("/practice/v1/check", json={"exercise": "1.3"}).json()["findings"]
    assert [one["ok"] for one in told] == [False]
    assert told[0]["params"]["found"] == "3h20m"


def test_a_student_begins_anew(cloud):
    anna, ben = Pupil(cloud, "s01"), Pupil(cloud, "s02")
    anna.rent(), ben.rent(), anna.check("1.2", "5")
    cloud.reset("s01")
    assert (anna.names(), anna.lesson()["left"], anna.lesson()["exercises"][1]["passed"]) == (
        [],
        "100.00",
        False,
    )
    assert ben.names() == ["s02-a"]
    with pytest.raises(Refused):
        cloud.reset("s09")


# The file


@pytest.fixture
def file(tmp_path):
    return tmp_path / "small.class"


def going_on(file, clock, roster=None, lesson=LESSON):
    record = Record(file)
    try:
        return ClassCloud(read_lesson(lesson), roster, clock, record), record
    except BaseException:
        record.close()
        raise


def test_a_class_goes_on_where_it_was(file, clock):
    cloud, record = going_on(file, clock, Roster(read_roster("s01,Anna\ns02,Ben")))
    anna = Pupil(cloud, "s01")
    made = anna.rent().json()["id"]
    clock.turn(10)
    anna.check("1.1"), anna.check("1.2", "5")
    cloud.pay("s01", Decimal(7))
    cloud.incident("quota", "s02")
    cloud.jump(3600)
    anna.rent(product_id="prod-t4-16g")
    before, seen = cloud.board(), anna.http.get(f"{INSTANCES}/{made}").json()
    record.close()

    cloud, record = going_on(file, clock, Roster(read_roster("s01,Anna\ns02,Ben")))
    after, again = cloud.board(), Pupil(cloud, "s01")
    assert {**after, "now": 0, "students": []} == {**before, "now": 0, "students": []}
    assert before["now"] <= after["now"] <= before["now"] + ALIVE_SECONDS * 60
    for old, new in zip(before["students"], after["students"], strict=True):
        assert {**old, "spent": 0, "left": 0} == {**new, "spent": 0, "left": 0}
        assert Decimal(old["spent"]) + Decimal(old["left"]) == Decimal(new["spent"]) + Decimal(new["left"])
    assert again.http.get(f"{INSTANCES}/{made}").json() == seen  # its password, too
    assert again.http.get(INSTANCES).json()["data"][0]["id"] == made
    assert reason(again.rent()) == (400, "INSUFFICIENT_RESOURCE")
    record.close()


def test_while_it_is_not_served_no_time_passes_in_class(file, clock):
    cloud, record = going_on(file, clock)
    Pupil(cloud, "s01").rent()
    clock.turn(20)
    told = Pupil(cloud, "s01").lesson()
    record.close()
    clock.turn(86400)
    cloud, record = going_on(file, clock)
    again = Pupil(cloud, "s01").lesson()
    assert told["now"] <= again["now"] <= told["now"] + 2 * ALIVE_SECONDS * 60
    assert Decimal(again["spent"]) - Decimal(told["spent"]) < 1
    record.close()


def test_what_the_teachers_page_alone_has_shown_is_not_taken_back(file, clock):
    cloud, record = going_on(file, clock)
    Pupil(cloud, "s01").rent()
    size = file.stat().st_size
    for _look in range(900):
        clock.turn(2)
        told = cloud.board()
    assert file.stat().st_size < size + 900 * 40  # not all of it with each look
    record.close()
    clock.turn(86400)
    cloud, record = going_on(file, clock)
    again = cloud.board()
    record.close()
    assert told["now"] <= again["now"] <= told["now"] + 2 * ALIVE_SECONDS * 60
    assert Decimal(told["students"][0]["spent"]) <= Decimal(again["students"][0]["spent"])


def test_after_a_restart_a_neighbour_who_guesses_keeps_nobody_out(file, clock):
    cloud, record = going_on(file, clock)
    anna = Pupil(cloud, "s01")
    record.close()
    cloud, record = going_on(file, clock)
    anna.http = httpx.Client(
        base_url="http://localhost", transport=PracticeTransport(cloud), headers=anna.http.headers
    )
    ben = Pupil(cloud, "s02")
    for guess in range(6):
        last = ben.http.post("/practice/v1/join", json={"student": "s01", "pin": f"000{guess}"})
    assert reason(last) == (429, "CLASS_GUESSES")
    assert anna.rent().status_code == 200
    record.close()


def test_the_file_is_private_and_holds_no_pin(file, clock):
    cloud, record = going_on(file, clock)
    Pupil(cloud, "s01", "Secret77").rent()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Secret77" not in file.read_text(encoding="utf-8")
    record.close()


def test_an_answer_leaves_only_when_it_is_written(file, clock, monkeypatch):
    cloud, record = going_on(file, clock)
    anna = Pupil(cloud, "s01")

    write = os.write

    def full(descriptor, data):
        write(descriptor, bytes(data)[:20])
        raise OSError(28, "")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="28"):
            anna.rent()
    assert anna.names() == ["s01-a"]  # it was made, and is written with the next that is
    record.close()
    cloud, record = going_on(file, clock)
    assert Pupil(cloud, "s01").names() == ["s01-a"]
    record.close()


def test_of_half_a_line_nothing_counts(file, clock):
    cloud, record = going_on(file, clock)
    anna = Pupil(cloud, "s01")
    anna.rent()
    whole = file.read_bytes()
    anna.rent(name="s01-b")
    record.close()
    added = file.read_bytes()[len(whole) :]
    for length in (1, len(added) // 2, len(added) - 1):
        file.write_bytes(whole + added[:length])
        cloud, record = going_on(file, clock)
        assert Pupil(cloud, "s01").names() == ["s01-a"]
        record.close()


@pytest.mark.parametrize("content", [b"[]\n", b"{\n", b"\xff\n", b'{"lesson": "small"}\n{]\n{}\n'])
def test_a_file_that_is_no_class_is_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        Record(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b'{"name": "mine"}', b'{"lesson": "small"}'])
def test_a_file_of_something_else_is_refused_and_stays(file, clock, content):
    file.write_bytes(content + b"\n")
    with pytest.raises(InputError, match="damaged"):
        going_on(file, clock)


def test_a_file_that_cannot_be_written_anew_is_written_with_the_next(file):
    record = Record(file)
    record.write({"a": "x" * 17_000_000})
    folder = file.parent
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(OSError, match="No such file"):
        record.write({"b": 1})
    away.rename(folder)
    assert record.write({"b": 1})
    assert record.write({"c": 2})
    record.close()
    again = Record(file)
    assert (again.parts["b"], again.parts["c"]) == (1, 2)
    again.close()


def test_a_file_of_another_lesson_and_one_in_use_are_refused(file, clock):
    _cloud, record = going_on(file, clock)
    with pytest.raises(InputError, match="Another server"):
        Record(file)
    record.close()
    with pytest.raises(InputError, match="small"):
        going_on(file, clock, lesson=LESSON.replace('"small"', '"other"'))


def test_a_file_that_grew_is_written_anew(file, monkeypatch):
    monkeypatch.setattr("ppio_widgets.practice.classroom.record._GROWTH", 200)
    record = Record(file)
    for number in range(100):
        record.write({"number": number, "same": "x" * 20})
    assert file.stat().st_size < 500
    record.close()
    assert Record(file).parts == {"number": 99, "same": "x" * 20}


class Served:
    """The command in a process of its own."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "ppio_widgets", "class", "lesson.toml", "--port", "0"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        told = ""
        while "teacher/page#key=" not in told:
            line = self.process.stdout.readline()
            assert line
            told += line
        self.url = re.search(r"PPIO_GPU_BASE_URL=(\S+)", told)[1]
        self.teacher = re.search(r"#key=(\S+)", told)[1]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process.stdout.close()


@pytest.fixture
def serve(tmp_path):
    """The command, begun as often as a test asks for it; none of them outlives the test."""
    begun = []

    def begin():
        begun.append(Served(tmp_path))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()


@pytest.mark.long
def test_a_server_that_is_killed_at_any_moment_loses_nothing_and_does_nothing_twice(tmp_path, serve):
    lesson = LESSON.replace("budget = 100", "budget = 100000").replace('stock = "shared"', "")
    lesson = (
        lesson[: lesson.index("[allow]")]
        + lesson[lesson.index("[[exercise]]") : lesson.index("[[incident]]")]
    )
    (tmp_path / "lesson.toml").write_text(lesson, encoding="utf-8")
    sure, asked, teachers = {}, set(), set()
    served = serve()
    for around, moment in enumerate((0.05, 0.2, 0.35)):
        teachers.add(served.teacher)
        with httpx.Client(base_url=served.url, trust_env=False, timeout=PATIENCE) as http:
            joined = http.post("/practice/v1/join", json={"student": "s01", "pin": "4711"})
            key = {"Authorization": f"Bearer {joined.json()['key']}"}
            listed = {}
            cursor = "0"
            while cursor:
                page = http.get(INSTANCES, params={"cursor": cursor}, headers=key).json()
                listed.update({one["id"]: one["name"] for one in page["data"]})
                cursor = page["next_cursor"]
            assert sure.items() <= listed.items()
            assert len(set(listed.values())) == len(listed)
            assert set(listed.values()) <= asked
            killer = threading.Timer(moment, served.kill)
            first = 1 if moment > 0.3 else 0  # the last time something is sure, however slow the server is
            for number in range(1000):
                if number == first:
                    killer.start()
                name = f"n-{around}-{number}"
                asked.add(name)
                try:
                    made = http.post(INSTANCES, json={**BODY, "name": name}, headers=key)
                except httpx.TransportError:
                    break
                sure[made.json()["id"]] = name
            killer.join()
        served = serve()
    assert sure
    assert len(teachers) == 1
    assert all(json.loads(line) for line in (tmp_path / "small.class").read_text().splitlines())


def test_thirty_students_at_once_and_nobody_sees_a_neighbour(cloud, clock):
    ready, seen, lock = threading.Barrier(30), {}, threading.Lock()

    def learn(name):
        ready.wait(PATIENCE)
        pupil = Pupil(cloud, name)
        pupil.rent(), pupil.check("1.1"), pupil.check("1.2", "5"), pupil.lesson()
        with lock:
            seen[name] = pupil.names(), [one["passed"] for one in pupil.lesson()["exercises"]]

    threads = [threading.Thread(target=learn, args=(f"s{number:02}",)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {name: ([f"{name}-a"], [True, True]) for name in (f"s{number:02}" for number in range(30))}
    assert len(cloud.board()["students"]) == 30


def test_a_packaged_lesson_can_be_played_alone():
    cloud = ClassCloud(packaged("quickstart"))
    assert cloud.board()["students"] == []
    assert Pupil(cloud, "me").lesson()["id"] == "quickstart"
