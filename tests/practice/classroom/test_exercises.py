"""Each exercise of a lesson is passed by the right deed, and by none of at least three wrong ones."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.failures import LESSONS, AnswerLost, Refused
from tests.support.clock import Clock

SMALL, MIDDLE, LARGE, T4 = "3090.8c30g.os", "4090.16c62g.os", "a100-80g", "prod-t4-16g"
L40S, L20 = "prod-l40s-48g", "prod-l20-48g"
POSTPAID, SPOT = {"mode": "postpaid"}, {"mode": "spot"}
MONTH = {"mode": "prepaid", "prepaid": {"months": 1}}
RENEWING = {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 1}}}
NAME, PIN = "s07", "4711"


class Student:
    """One student of a class, who acts as the API lets them."""

    def __init__(self, lesson):
        self.turned = Clock()
        self.cloud = ClassCloud(packaged(lesson), clock=self.turned)
        self.key = self.cloud.join(NAME, PIN)["key"]
        self.account = self.cloud.account(self.key)
        self.ids = {}

    def rent(self, name, product=SMALL, gpus=1, image="ubuntu:24.04", ports=(), envs=None, billing=POSTPAID):
        body = {
            "name": name,
            "product_id": product,
            "image": image,
            "billing": billing,
            "resource": {"gpu_num": gpus, "rootfs_size_gb": 20},
            "ports": [{"port": port, "protocol": protocol} for port, protocol in ports],
            "envs": [{"key": key, "value": value} for key, value in (envs or {}).items()],
        }
        before = {one.id for one in self.account.seen()}
        with suppress(AnswerLost, Refused):
            self.account.create({key: part for key, part in body.items() if part})
        self.ids.setdefault(name, []).extend({one.id for one in self.account.seen()} - before)
        self.turned.now += 10  # it is running

    def act(self, name, action):
        self.account.act(self.ids[name].pop(), action)
        self.turned.now += 10

    def check(self, exercise, answer):
        verdict = self.cloud.check(self.key, exercise, answer)
        return verdict["passed"], {one["code"] for one in verdict["findings"] if not one["ok"]}


def rent(name, **how):
    return lambda student: student.rent(name, **how)


def delete(name):
    return lambda student: student.act(name, "delete")


def stop(name):
    """Stop it; it is still there."""

    def stopped(student):
        one = student.ids[name][-1]
        student.act(name, "stop")
        student.ids[name].append(one)

    return stopped


def status(student, name):
    told = student.account.get(student.ids[name][-1])
    return told["status"]["status"], told["spotStatus"], float(told["spotReclaimTime"])


def test_lesson_4_leaves_its_spot_instance_until_4_2_is_passed_and_takes_it_an_hour_later():
    student = Student("prices")
    student.rent("spot", LARGE, billing=SPOT)
    student.turned.now += 300
    assert student.check("4.1", "6")[0]
    assert status(student, "spot") == ("running", "running", 0)
    student.rent("cheap", L20)
    assert student.check("4.2", "")[0]
    soon = student.cloud.clock.time() + 3600
    assert status(student, "spot") == ("running", "notified", pytest.approx(soon, abs=1))
    student.cloud.clock.jump(7200)
    student.turned.now += 10
    assert status(student, "spot")[:2] == ("exited", "terminated")
    student.act("spot", "delete")
    assert student.check("4.3", "")[0]


def minutes(student, number):
    student.turned.now += number * 60


def test_lesson_1_pays_for_two_machines_of_the_dearest_kind_by_its_timetable():
    student = Student("first-bill")
    student.rent("s07-first", "a10.12c48g.os")
    assert student.check("1.2", "")[0]
    minutes(student, 12)
    student.rent("s07-again", "a10.12c48g.os")
    minutes(student, 12)
    assert student.account.left > 10
    assert all(one.on for one in student.account.seen())


def test_lesson_5_pays_for_its_a100_all_the_while_and_for_the_last_launch():
    student = Student("when-it-goes-wrong")
    student.rent("instead", LARGE)
    minutes(student, 32)
    student.cloud.clock.jump(40 * 3600)
    student.rent("last")
    assert student.check("5.6", "")[0]
    assert all(one.on for one in student.account.seen())


def jump(seconds):
    return lambda student: student.cloud.clock.jump(seconds)


def pay(yuan):
    return lambda student: student.account.pay(Decimal(yuan))


def reclaim(student):
    student.cloud.reclaim(NAME, 3600)


def renew_no_more(name):
    off = {"auto_renew": {"enabled": False, "months": 0}}
    return lambda student: student.account.set_auto_renew(student.ids[name][-1], off)


@dataclass(frozen=True)
class Case:
    """Deeds and an answer; of wrong ones what the cloud finds missing."""

    deeds: tuple = ()
    answer: str = ""
    missing: set = field(default_factory=set)


def right(*deeds, answer=""):
    return Case(deeds, answer)


def wrong(*deeds, answer="", missing):
    return Case(deeds, answer, set(missing.split()))


PORT, WEB = ((8888, "http"),), ((8080, "http"),)
SOLO = {"ports": PORT, "envs": {"EPOCHS": "3"}}
VLLM = "vllm/vllm-openai:v0.8.5"
SERVED = {"image": VLLM, "ports": ((8000, "http"),), "envs": {"VLLM_LOGGING_LEVEL": "INFO"}}
FOUR = (rent("solo"), rent("secret"), rent("big", product=MIDDLE), rent("pair", gpus=2))
BOTH = (rent("s07-a"), rent("s07-b"), delete("s07-a"))
THREE = (rent("by-hand"), rent("colleague"), rent("served"))

MONTHS = 31 * 86_400
TAKEN = (rent("spot", product=LARGE, billing=SPOT), reclaim, jump(7200))
TIDY = (*TAKEN, delete("spot"), rent("cheap", product=L20), delete("cheap"))
RENTED = (rent("month", product=T4, billing=RENEWING), jump(MONTHS))
LOST = {
    name: f"{LESSONS}{verb}:1"
    for name, verb in (("found", "lost-answer"), ("unknown", "lost-answer-unknown"))
}
STUCK = rent("stuck", product=T4, image=f"{LESSONS}image-not-found:1")
ABSENT = rent("absent", product=T4, image=f"{LESSONS}lost-answer-absent:1")
FIVE = tuple(rent(name, product=T4) for name in ("instead", "found", "absent", "last"))
TWICE = (rent("twice"), rent("twice"))
WEB_TOO = ((8888, "http"), (6006, "http"))

# By lesson and exercise: the right deed, and three wrong ones.
CASES = {
    ("quickstart", "0.1"): [
        right(rent("a-line", ports=PORT)),
        wrong(missing="on none"),
        wrong(rent("a-line", ports=WEB), missing="ports"),
        wrong(rent("a-line", ports=PORT, image="ubuntu"), missing="image_fixed"),
    ],
    ("quickstart", "0.2"): [
        right(rent("a-python")),
        wrong(missing="count none"),
        wrong(rent("python"), missing="count none"),
        wrong(rent("a-python", product=MIDDLE), missing="hourly"),
    ],
    ("quickstart", "0.3"): [
        right(rent("a"), rent("b"), delete("a"), delete("b")),
        wrong(missing="deleted"),
        wrong(rent("a"), rent("b"), delete("a"), delete("b"), rent("c"), missing="count"),
        wrong(rent("a"), rent("b"), delete("a"), stop("b"), missing="count deleted"),
    ],
    ("first-bill", "1.0"): [
        right(answer="189"),
        wrong(answer="12.60", missing="prediction_low"),
        wrong(answer="302.40", missing="prediction_high"),
        wrong(answer="fifteen hours", missing="answer_unreadable"),
    ],
    ("first-bill", "1.2"): [
        right(rent("s07-a")),
        wrong(rent("s07-a", product=T4), missing="gpu_memory_gb"),
        wrong(rent("s07-a", product=MIDDLE), missing="hourly"),
        wrong(rent("s07-a"), rent("s07-b"), missing="on"),
    ],
    ("first-bill", "1.3"): [
        right(rent("s07-a"), answer="3"),
        wrong(rent("s07-a"), answer="1.48", missing="prediction_low"),
        wrong(rent("s07-a"), missing="answer_missing"),
        wrong(answer="2.96", missing="on none"),
    ],
    ("first-bill", "1.4"): [
        right(rent("s07-a"), rent("s07-again")),
        wrong(rent("s07-again"), rent("s07-again"), missing="on count"),
        wrong(rent("s07-a"), missing="on count"),
        wrong(rent("s07-again"), stop("s07-again"), missing="on"),
    ],
    ("first-bill", "1.5"): [
        right(*BOTH, delete("s07-b"), answer="0.86"),
        wrong(
            rent("s07-a"),
            rent("s07-b"),
            delete("s07-a"),
            stop("s07-b"),
            answer="0.86",
            missing="count deleted",
        ),
        wrong(
            rent("s07-a"),
            rent("s07-b"),
            delete("s07-a"),
            delete("s07-b"),
            answer="9",
            missing="prediction_high",
        ),
        wrong(answer="0", missing="deleted"),
    ],
    ("first-bill", "1.6"): [
        right(*BOTH, delete("s07-b"), jump(54_000)),
        right(pay(100), *BOTH, jump(172_800), delete("s07-b"), jump(54_000)),
        wrong(*BOTH, jump(54_000), missing="count deleted off_for"),
        wrong(*BOTH, stop("s07-b"), jump(54_000), missing="count deleted"),
        wrong(*BOTH, jump(54_000), delete("s07-b"), missing="off_for"),
        wrong(*BOTH, delete("s07-b"), missing="off_for"),
        wrong(jump(54_000), missing="deleted none"),
    ],
    ("the-line", "2.1"): [
        right(answer="15.00"),
        wrong(answer="5", missing="prediction_low"),
        wrong(answer="7.5", missing="prediction_low"),
        wrong(answer="45", missing="prediction_high"),
    ],
    ("the-line", "2.2"): [
        right(rent("solo", **SOLO)),
        wrong(rent("solo", ports=PORT, envs={"EPOCHS": "$epochs"}), missing="envs"),
        wrong(rent("solo", **{**SOLO, "ports": WEB}), missing="ports"),
        wrong(rent("first-look", **SOLO), missing="on none"),
    ],
    ("the-line", "2.3"): [
        right(rent("secret", envs={"HF_TOKEN": "practice-placeholder-for-HF_TOKEN"})),
        wrong(rent("secret"), missing="envs"),
        wrong(rent("secret", envs={"HF-TOKEN": "x"}), missing="envs"),
        wrong(rent("solo", envs={"HF_TOKEN": "x"}), missing="on none"),
    ],
    ("the-line", "2.4"): [
        right(rent("big", product=MIDDLE)),
        wrong(rent("big"), missing="hourly"),
        wrong(missing="on none"),
        wrong(rent("big", product=MIDDLE), rent("big", product=MIDDLE), missing="on"),
    ],
    ("the-line", "2.5"): [
        right(rent("pair", gpus=2)),
        wrong(rent("pair"), missing="hourly"),
        wrong(rent("two-cards", gpus=2), missing="on none"),
        wrong(rent("pair", gpus=2), stop("pair"), missing="on none"),
    ],
    ("the-line", "2.6"): [
        right(*FOUR, delete("solo"), delete("secret"), delete("big"), delete("pair")),
        wrong(*FOUR, delete("solo"), delete("secret"), delete("big"), missing="count deleted"),
        wrong(*FOUR, delete("solo"), delete("secret"), delete("big"), stop("pair"), missing="count deleted"),
        wrong(missing="deleted"),
    ],
    ("the-request", "3.1"): [
        right(answer="5"),
        wrong(answer="3", missing="prediction_low"),
        wrong(answer="6", missing="prediction_high"),
        wrong(answer="name", missing="answer_unreadable"),
    ],
    ("the-request", "3.2"): [
        right(rent("by-hand", ports=WEB)),
        wrong(rent("by-hand"), missing="ports"),
        wrong(rent("by-hand", ports=((8080, "tcp"),)), missing="ports"),
        wrong(rent("by-hand", ports=WEB, image="ubuntu:latest"), missing="image_fixed"),
    ],
    ("the-request", "3.3"): [
        right(rent("colleague", ports=WEB)),
        wrong(rent("colleague", gpus=2, ports=WEB), missing="hourly"),
        wrong(rent("colleague"), missing="ports"),
        wrong(rent("formats", ports=WEB), missing="on none"),
    ],
    ("the-request", "3.4"): [
        right(rent("served", **SERVED)),
        wrong(rent("served", **{**SERVED, "envs": {}}), missing="envs"),
        wrong(rent("served", **{**SERVED, "image": "vllm/vllm-openai:latest"}), missing="image_tag"),
        wrong(missing="on none"),
    ],
    ("the-request", "3.5"): [
        right(*THREE, delete("by-hand"), delete("colleague"), delete("served")),
        wrong(*THREE, delete("by-hand"), delete("served"), missing="count deleted"),
        wrong(*THREE, delete("by-hand"), delete("colleague"), stop("served"), missing="count deleted"),
        wrong(missing="deleted"),
    ],
    ("prices", "4.1"): [
        right(rent("spot", product=LARGE, billing=SPOT), answer="6"),
        wrong(rent("spot", product=LARGE), answer="12.60", missing="hourly billing"),
        wrong(rent("spot", product=MIDDLE, billing=SPOT), answer="1.25", missing="gpu_memory_gb"),
        wrong(rent("spot", product=LARGE, billing=SPOT), answer="12.60", missing="prediction_high"),
    ],
    ("prices", "4.2"): [
        right(rent("cheap", product=L20)),
        wrong(rent("cheap", product=L40S), missing="hourly"),
        wrong(rent("cheap", product=L40S, billing=SPOT), missing="hourly"),
        wrong(rent("cheap", product=T4), missing="gpu_memory_gb"),
    ],
    ("prices", "4.3"): [
        right(*TAKEN, delete("spot")),
        wrong(*TAKEN, missing="count deleted"),
        wrong(rent("spot", product=LARGE, billing=SPOT), missing="count deleted reclaimed"),
        wrong(rent("spot", product=LARGE, billing=SPOT), delete("spot"), missing="reclaimed"),
        wrong(missing="deleted reclaimed"),
    ],
    ("prices", "4.4"): [
        right(rent("month", product=T4, billing=RENEWING), answer="633.60"),
        wrong(rent("month", product=T4), answer="633.60", missing="billing"),
        wrong(rent("month", billing=RENEWING), answer="633.60", missing="gpu_memory_gb"),
        wrong(rent("month", product=T4, billing=RENEWING), answer="0.88", missing="prediction_low"),
    ],
    ("prices", "4.5"): [
        right(*RENTED, answer="1267.20"),
        wrong(rent("month", product=T4, billing=RENEWING), answer="633.60", missing="spent"),
        wrong(rent("month", product=T4, billing=MONTH), jump(MONTHS), answer="633.60", missing="on spent"),
        wrong(*RENTED, answer="633.60", missing="prediction_low"),
    ],
    ("prices", "4.6"): [
        right(*TIDY, *RENTED, renew_no_more("month"), jump(MONTHS)),
        wrong(*TIDY, *RENTED, jump(MONTHS), missing="on deleted spent"),
        wrong(*TIDY, *RENTED, renew_no_more("month"), missing="on deleted"),
        wrong(*TIDY, missing="deleted"),
    ],
    ("when-it-goes-wrong", "5.1"): [
        right(rent("instead", product=LARGE)),
        wrong(rent("instead", product="prod-h100-80g"), missing="on none"),
        wrong(rent("instead", product=L40S), missing="gpu_memory_gb"),
        wrong(rent("h100", product=LARGE), missing="on none"),
    ],
    ("when-it-goes-wrong", "5.2"): [
        right(STUCK, delete("stuck")),
        wrong(STUCK, missing="count deleted"),
        wrong(STUCK, STUCK, delete("stuck"), missing="count"),
        wrong(missing="deleted"),
    ],
    ("when-it-goes-wrong", "5.3"): [
        right(rent("found", product=T4, image=LOST["found"])),
        wrong(rent("found", product=T4, image=LOST["found"]), rent("found", product=T4), missing="count"),
        wrong(rent("found-2", product=T4), missing="count"),
        wrong(rent("found", product=T4), delete("found"), missing="count"),
    ],
    ("when-it-goes-wrong", "5.4"): [
        right(ABSENT, rent("absent", product=T4)),
        wrong(ABSENT, missing="on count"),
        wrong(ABSENT, rent("absent", product=T4), rent("absent", product=T4), missing="on count"),
        wrong(ABSENT, rent("absent", product=T4), stop("absent"), missing="on"),
    ],
    ("when-it-goes-wrong", "5.5"): [
        right(rent("unknown", product=T4, image=LOST["unknown"]), delete("unknown")),
        wrong(rent("unknown", product=T4, image=LOST["unknown"]), missing="count deleted"),
        wrong(
            rent("unknown", product=T4, image=LOST["unknown"]),
            rent("unknown", product=T4),
            delete("unknown"),
            missing="count",
        ),
        wrong(missing="deleted"),
    ],
    ("when-it-goes-wrong", "5.6"): [
        right(rent("last")),
        wrong(missing="on count none"),
        wrong(rent("last"), rent("last"), missing="on count"),
        wrong(rent("last", product=T4), missing="hourly"),
    ],
    ("when-it-goes-wrong", "5.7"): [
        right(*FIVE, delete("instead"), delete("found"), delete("absent"), delete("last")),
        wrong(*FIVE, delete("instead"), delete("found"), delete("absent"), missing="count deleted"),
        wrong(
            *FIVE, delete("instead"), delete("found"), delete("absent"), stop("last"), missing="count deleted"
        ),
        wrong(missing="deleted"),
    ],
    ("build-it", "6.1"): [
        right(answer="preview"),
        wrong(missing="kernel"),
        wrong(answer="sheet", missing="kernel"),
        wrong(answer="rows", missing="kernel"),
    ],
    ("build-it", "6.2"): [
        right(answer="rows"),
        wrong(missing="kernel"),
        wrong(answer="sheet", missing="kernel"),
        wrong(answer="preview", missing="kernel"),
    ],
    ("build-it", "6.3"): [
        right(*TWICE, delete("twice"), delete("twice"), rent("twice")),
        wrong(*TWICE, missing="on alone"),
        wrong(*TWICE, delete("twice"), missing="alone"),
        wrong(rent("once"), missing="on none"),
        wrong(rent("twice"), stop("twice"), missing="on none"),
    ],
    ("build-it", "6.4"): [
        right(rent("by-line", ports=WEB_TOO)),
        wrong(rent("by-line", ports=PORT), missing="ports"),
        wrong(rent("by-line"), missing="ports"),
        wrong(rent("by-mouse", ports=WEB_TOO), missing="on none"),
    ],
}


def judged(lesson, exercise, case):
    student = Student(lesson)
    for deed in case.deeds:
        deed(student)
    return student.check(exercise, case.answer)


@pytest.mark.parametrize(("lesson", "exercise"), CASES)
def test_an_exercise_is_passed_by_the_right_deed_alone(lesson, exercise):
    cases = CASES[lesson, exercise]
    found = [judged(lesson, exercise, case) for case in cases]
    assert found == [(not case.missing, case.missing) for case in cases]
    assert cases[0].missing == set()
    assert len([case for case in cases if case.missing]) >= 3


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, _exercise in CASES}))
def test_every_exercise_of_a_lesson_is_tried(lesson):
    tried = [exercise for one, exercise in CASES if one == lesson]
    assert tried == [one.id for one in packaged(lesson).exercises]
