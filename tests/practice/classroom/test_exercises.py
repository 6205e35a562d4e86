"""Each exercise of a lesson is passed by the right deed, and by none of three wrong ones: it says what lacks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from tests.support.clock import Clock

SMALL, MIDDLE, LARGE, T4 = "3090.8c30g.os", "4090.16c62g.os", "a100-80g", "prod-t4-16g"
NAME, PIN = "s07", "4711"


class Student:
    """One student of a class, who acts as the API lets them."""

    def __init__(self, lesson):
        self.turned = Clock()
        self.cloud = ClassCloud(packaged(lesson), clock=self.turned)
        self.key = self.cloud.join(NAME, PIN)["key"]
        self.account = self.cloud.account(self.key)
        self.ids = {}

    def rent(self, name, product=SMALL, gpus=1, image="ubuntu:24.04", ports=(), envs=None):
        body = {
            "name": name,
            "product_id": product,
            "image": image,
            "billing": {"mode": "postpaid"},
            "resource": {"gpu_num": gpus, "rootfs_size_gb": 20},
            "ports": [{"port": port, "protocol": protocol} for port, protocol in ports],
            "envs": [{"key": key, "value": value} for key, value in (envs or {}).items()],
        }
        made = self.account.create({key: part for key, part in body.items() if part})
        self.ids.setdefault(name, []).append(made["id"])
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


def jump(seconds):
    return lambda student: student.cloud.clock.jump(seconds)


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
        wrong(*BOTH, jump(54_000), missing="count deleted"),
        wrong(*BOTH, stop("s07-b"), missing="count deleted"),
        wrong(jump(54_000), missing="deleted"),
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
}


def judged(lesson, exercise, case):
    student = Student(lesson)
    for deed in case.deeds:
        deed(student)
    return student.check(exercise, case.answer)


@pytest.mark.parametrize(("lesson", "exercise"), CASES)
def test_an_exercise_is_passed_by_the_right_deed_alone(lesson, exercise):
    good, *bad = CASES[lesson, exercise]
    assert judged(lesson, exercise, good) == (True, set())
    assert len(bad) == 3
    assert [judged(lesson, exercise, case) for case in bad] == [(False, case.missing) for case in bad]


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, _exercise in CASES}))
def test_every_exercise_of_a_lesson_is_tried(lesson):
    tried = [exercise for one, exercise in CASES if one == lesson]
    assert tried == [one.id for one in packaged(lesson).exercises]
